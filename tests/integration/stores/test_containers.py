"""Do containers on servers cope with servers that are as they are? And are both formats told on every kind of store?"""

from pathlib import Path

import pytest

from catalog.errors import InputError, MetadataError, StoreUnauthorizedError, StoreUnavailableError
from catalog.stores.credentials import S3, Basic, Credentials
from catalog.stores.source import open_source
from tests.support.http_server import WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.zips import zip_folder
from tests.unit.stores.suite import Place, documents_of
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, consolidated2, write

TREE = {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"}
BOTH = {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/.zarray": array2(), "a/.zattrs": b"{}"}


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    return zip_folder(write(tmp_path / "s", TREE), tmp_path / "s.zip")


@pytest.mark.parametrize("ranges", ["yes", "ignore"])
def test_a_zip_is_read_from_servers_with_and_without_ranges(server: WebServer, zipped: Path, ranges: str) -> None:
    server.ranges = ranges
    harvest = Place(f"{server.url}/s.zip").harvest()
    assert (harvest.container, set(documents_of(harvest))) == ("zip", {"zarr.json", "a/zarr.json"})
    assert harvest.requests == len(server.requests)


@pytest.mark.parametrize("ranges", ["wrong", "short", "mute"])
def test_a_server_that_gives_other_parts_is_not_believed(server: WebServer, zipped: Path, ranges: str) -> None:
    server.ranges = ranges
    with pytest.raises(StoreUnavailableError):
        open_source(f"{server.url}/s.zip")


def test_a_login_is_asked_for_and_used(server: WebServer, zipped: Path) -> None:
    server.wanted = Basic("user", "word").headers()
    with pytest.raises(StoreUnauthorizedError):
        open_source(f"{server.url}/s.zip")
    options = {"credentials": Credentials({server.url: Basic("user", "word")})}
    assert Place(f"{server.url}/s.zip", options).harvest().container == "zip"


def test_a_signed_url_goes_along_with_each_request(server: WebServer, zipped: Path) -> None:
    Place(f"{server.url}/s.zip?X-Signature=abc").harvest()
    assert {request.query for request in server.requests} == {"X-Signature=abc"}


def test_a_broken_zip_is_refused_everywhere(server: WebServer, s3: S3Server, zipped: Path) -> None:
    cut = zipped.read_bytes()[:-30]
    (server.folder / "cut.zip").write_bytes(cut)
    s3.make_bucket("cut")
    s3.put("cut", [("cut.zip", cut)])
    for place in (Place(f"{server.url}/cut.zip"), Place("s3://cut/cut.zip", {"credentials": rights(s3)})):
        with pytest.raises(MetadataError, match="no zip that can be read"):
            place.source()


def rights(s3: S3Server) -> Credentials:
    return Credentials({"s3://": S3(KEY, SECRET, endpoint_url=s3.url)})


def test_a_lone_document_on_servers_takes_one_request(server: WebServer, s3: S3Server) -> None:
    document = consolidated2({".zgroup": GROUP2, "a/.zarray": array2()})
    (server.folder / "meta.json").write_bytes(document)
    s3.make_bucket("lone")
    s3.put("lone", [("meta.json", document)])
    for place in (Place(f"{server.url}/meta.json"), Place("s3://lone/meta.json", {"credentials": rights(s3)})):
        harvest = place.harvest()
        assert (harvest.container, harvest.requests, documents_of(harvest)) == ("document", 1, {"meta.json": document})
    assert len(server.requests) == 1


def test_a_folder_called_like_a_file_is_a_folder_on_servers(server: WebServer, s3: S3Server) -> None:
    write(server.folder / "s.zip", TREE)
    s3.make_bucket("called")
    s3.upload(server.folder / "s.zip", "called", "s.zip")
    for place in (Place(f"{server.url}/s.zip"), Place("s3://called/s.zip", {"credentials": rights(s3)})):
        harvest = place.harvest()
        assert (harvest.container, set(documents_of(harvest))) == ("", {"zarr.json", "a/zarr.json"})


def test_what_holds_no_store_is_refused(server: WebServer) -> None:
    (server.folder / "x.json").write_bytes(b'{"hello": "world"}')
    with pytest.raises(InputError, match="nothing that holds a Zarr store"):
        open_source(f"{server.url}/x.json")


def test_both_formats_are_told_on_http(server: WebServer) -> None:
    write(server.folder / "both", BOTH)
    harvest = Place(f"{server.url}/both").harvest()
    assert set(documents_of(harvest)) == {"zarr.json", "a/zarr.json"}
    assert [(p.path, p.kind, p.severity) for p in harvest.problems] == [("a", "both-formats", "info")]


@pytest.mark.parametrize("chunks", [1, 2500])
def test_both_formats_are_told_on_s3_however_many_chunks_lie_between(s3: S3Server, chunks: int) -> None:
    bucket = f"both{chunks}"
    s3.make_bucket(bucket)
    s3.put(bucket, [*((f"s/{key}", data) for key, data in BOTH.items()), *((f"s/a/{n}", b"x") for n in range(chunks))])
    s3.requests()
    harvest = Place(f"s3://{bucket}/s", {"credentials": rights(s3)}).harvest()
    assert set(documents_of(harvest)) == {"zarr.json", "a/zarr.json"}
    assert [(p.path, p.kind, p.severity) for p in harvest.problems] == [("a", "both-formats", "info")]
    assert harvest.requests == len(s3.requests())
