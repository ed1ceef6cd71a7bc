"""Do references lead to the values that HDF5 gives, over files, HTTP and S3, with the rights of each target and no others?

kerchunk makes the references and h5py says what the values are; neither is used by the program.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.reference import LazyReferenceMapper
from kerchunk.hdf import SingleHdf5ToZarr

from catalog.bridge.array_ref import resolve_one
from catalog.bridge.read import StoreAccess, read_array
from catalog.bridge.selection import select
from catalog.errors import ForbiddenError, MetadataError, NotFoundError, StoreForbiddenError, StoreUnavailableError
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores.credentials import S3, Bearer, Credentials
from catalog.stores.gate import Outgoing
from catalog.stores.objects import run
from catalog.stores.references import open_references
from catalog.stores.source import open_source
from tests.support.http_server import WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.workspace import open_test_workspace

GRID = np.arange(60, dtype="<f4").reshape(6, 10)
PARTS = np.array([1, 2, 3, 4, 7, 7, 7, 7], dtype="<i4")


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_test_workspace(tmp_path_factory.mktemp("catalogue")) as opened:
        yield opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with an HDF5 file, the target of all references here."""
    folder = tmp_path / "a folder"
    (folder / "in").mkdir(parents=True)
    with h5py.File(folder / "in" / "a b.h5", "w") as file:
        file.create_dataset("grid", data=GRID, chunks=(4, 5), compression="gzip", shuffle=True, fillvalue=-1)
        file.create_dataset("parts", shape=(8,), dtype="<i4", chunks=(4,), fillvalue=7)[:4] = [1, 2, 3, 4]
        file.create_group("inner").create_dataset("plain", data=np.arange(5, dtype=">i2"))
    return folder


def references(data: Path, target: str, **changes: Any) -> dict[str, Any]:
    """What kerchunk makes of the file, as if it lay at the target."""
    with (data / "in" / "a b.h5").open("rb") as file:
        made: dict[str, Any] = SingleHdf5ToZarr(file, url=target, inline_threshold=0).translate()
    return made | changes


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def values(workspace: Workspace, url: str, path: str, text: str = "") -> np.ndarray[Any, Any]:
    """Ingest, and read through the bridge what the graph says is there."""
    result = ingest(workspace, IngestRequest(url))
    assert (result.groups, result.arrays, result.accepted) == (2, 3, True)
    ref = resolve_one(workspace.catalog, workspace.iris.node(result.id, path))
    return read_array(ref, select(ref.array, text), access=StoreAccess(credentials=workspace.credentials))


def check_values(workspace: Workspace, url: str) -> None:
    np.testing.assert_array_equal(values(workspace, url, "grid"), GRID)
    np.testing.assert_array_equal(values(workspace, url, "grid", "dim0=3:5,dim1=4:6"), GRID[3:5, 4:6])
    np.testing.assert_array_equal(values(workspace, url, "parts"), PARTS)
    found = values(workspace, url, "inner/plain")
    np.testing.assert_array_equal(found, np.arange(5))
    assert found.dtype == np.dtype(">i2")


def parquet(data: Path, target: str, name: str = "refs.parq") -> Path:
    """The same references as fsspec writes them, two to a file."""
    mapper = LazyReferenceMapper.create(str(data / name), fs=LocalFileSystem(), record_size=2, engine="pyarrow")
    for key, value in sorted(references(data, target)["refs"].items()):  # an array's document first
        mapper[key] = value
    mapper.flush()
    return data / name


# -- files


def test_files_with_a_relative_and_an_absolute_target(workspace: Workspace, data: Path) -> None:
    check_values(workspace, str(write(data / "relative.json", references(data, "in/a b.h5"))))
    check_values(workspace, str(write(data / "absolute.json", references(data, str(data / "in" / "a b.h5")))))


def test_files_with_templates(workspace: Workspace, data: Path) -> None:
    value = references(data, "{{place}}/a b.h5", templates={"place": "in"})
    check_values(workspace, (write(data / "refs.json", value)).as_uri())


def test_files_in_parquet(workspace: Workspace, data: Path) -> None:
    check_values(workspace, str(parquet(data, "in/a b.h5")))


def test_a_list_of_documents(workspace: Workspace, data: Path) -> None:
    path = write(data / "refs.json", [references(data, "in/a b.h5"), references(data, "in/none.h5")])
    result = ingest(workspace, IngestRequest(str(path), dataset_id="d"))
    assert (result.groups, result.arrays) == (5, 6)
    np.testing.assert_array_equal(read_array(resolve_one(workspace.catalog, workspace.iris.node("d", "0/grid"))), GRID)
    with pytest.raises(NotFoundError, match=r"'1/grid/.*' is in file://.*/in/none\.h5, which is not there"):
        read_array(resolve_one(workspace.catalog, workspace.iris.node("d", "1/grid")))


def test_a_target_outside_the_folder_is_reported_and_not_read(workspace: Workspace, data: Path) -> None:
    (data / "other").mkdir()
    path = write(data / "other" / "refs.json", references(data, str(data / "in" / "a b.h5")))
    result = ingest(workspace, IngestRequest(str(path), dataset_id="d"))
    assert (result.arrays, {problem.kind for problem in result.problems}) == (3, {"forbidden-target"})
    with pytest.raises(ForbiddenError, match="outside"):
        read_array(resolve_one(workspace.catalog, workspace.iris.node("d", "grid")))


def test_what_is_behind_a_wrong_range_is_not_taken_for_values(workspace: Workspace, data: Path) -> None:
    value = references(data, "in/a b.h5")
    size = (data / "in" / "a b.h5").stat().st_size
    value["refs"]["parts/0"][1] = size - 4
    value["refs"]["grid/0.0"][1] -= 8
    ingest(workspace, IngestRequest(str(write(data / "refs.json", value)), dataset_id="d"))
    with pytest.raises(MetadataError, match=f"no more than {size} bytes"):
        read_array(resolve_one(workspace.catalog, workspace.iris.node("d", "parts")))
    with pytest.raises(MetadataError, match=r"'0\.0'.*grid"):
        read_array(resolve_one(workspace.catalog, workspace.iris.node("d", "grid")))


# -- HTTP


@pytest.fixture
def web(data: Path) -> Iterator[WebServer]:
    with WebServer(data) as running:
        yield running


@pytest.mark.parametrize("ranges", ["yes", "ignore"])
def test_http_with_a_relative_and_an_absolute_target(workspace: Workspace, data: Path, web: WebServer, ranges: str) -> None:
    web.ranges = ranges
    write(data / "relative.json", references(data, "in/a b.h5"))
    write(data / "absolute.json", references(data, f"{web.url}/in/a%20b.h5"))
    check_values(workspace, f"{web.url}/relative.json")
    check_values(workspace, f"{web.url}/absolute.json")


def test_http_in_parquet(workspace: Workspace, data: Path, web: WebServer) -> None:
    parquet(data, "in/a b.h5")
    check_values(workspace, f"{web.url}/refs.parq")


def test_metadata_ask_no_target_and_a_chunk_asks_for_its_range_alone(data: Path, web: WebServer) -> None:
    value = references(data, "in/a b.h5")
    write(data / "refs.json", value)
    source = open_source(f"{web.url}/refs.json")
    assert source.list_documents() == sorted(key for key in value["refs"] if key.rpartition("/")[2].startswith(".z"))
    assert set(web.paths) == {"/refs.json"}
    assert source.requests == len(web.requests)
    source.close()
    web.requests.clear()
    objects = open_references(f"{web.url}/refs.json", json.dumps(value).encode())
    _, offset, length = value["refs"]["grid/1.0"]
    chunk = run(objects.fetch("grid/1.0", 1000))
    assert chunk == (data / "in" / "a b.h5").read_bytes()[offset : offset + length]
    assert [(request.path, request.headers["range"]) for request in web.requests] == [
        ("/in/a b.h5", f"bytes={offset}-{offset + length - 1}")
    ]
    assert run(objects.fetch("grid/9.9", 1000)) is None
    assert objects.requests == len(web.requests) == 1
    run(objects.close())


def test_a_server_that_gives_another_part_is_not_believed(workspace: Workspace, data: Path, web: WebServer) -> None:
    write(data / "refs.json", references(data, "in/a b.h5"))
    ingest(workspace, IngestRequest(f"{web.url}/refs.json", dataset_id="d"))
    ref = resolve_one(workspace.catalog, workspace.iris.node("d", "parts"))
    web.ranges = "wrong"
    with pytest.raises((StoreUnavailableError, MetadataError)):
        read_array(ref, check="never")


def test_references_from_the_web_reach_no_file_and_no_other_server_of_this_machine(
    workspace: Workspace, data: Path, web: WebServer
) -> None:
    with WebServer(data) as canary:
        for target in ((data / "in" / "a b.h5").as_uri(), str(data / "in" / "a b.h5"), f"{canary.url}/in/a%20b.h5"):
            write(data / "refs.json", references(data, target))
            ingest(workspace, IngestRequest(f"{web.url}/refs.json", dataset_id="d"))
            with pytest.raises(ForbiddenError, match="may"):
                read_array(resolve_one(workspace.catalog, workspace.iris.node("d", "grid")))
        assert canary.requests == []


def test_the_protocols_that_are_allowed_count_for_targets_too(workspace: Workspace, data: Path, web: WebServer) -> None:
    write(data / "refs.json", references(data, "s3://refs-private/in/a.h5"))
    ingest(workspace, IngestRequest(f"{web.url}/refs.json", dataset_id="d"))
    ref = resolve_one(workspace.catalog, workspace.iris.node("d", "grid"))
    with pytest.raises(ForbiddenError, match="'s3' is not allowed"):
        read_array(ref, access=StoreAccess(outgoing=Outgoing(frozenset({"http"}))))


def test_each_target_has_its_own_credential(workspace: Workspace, data: Path, web: WebServer) -> None:
    with WebServer(data, wanted={"authorization": "Bearer other"}) as other:
        write(data / "refs.json", references(data, f"{other.url}/in/a%20b.h5"))
        web.wanted = {"authorization": "Bearer first"}
        known = Credentials({web.url: Bearer("first"), f"{other.url}/in": Bearer("other")})
        check_values(replace(workspace, credentials=known), f"{web.url}/refs.json")
        assert {request.headers.get("authorization") for request in web.requests} == {"Bearer first"}
        assert {request.headers.get("authorization") for request in other.requests} == {"Bearer other"}


def test_a_target_that_does_not_answer_is_named_with_the_reason(workspace: Workspace, data: Path, web: WebServer) -> None:
    write(data / "refs.json", references(data, f"{web.url}/none/a.h5"))
    ingest(workspace, IngestRequest(f"{web.url}/refs.json", dataset_id="d"))
    ref = resolve_one(workspace.catalog, workspace.iris.node("d", "grid"))
    with pytest.raises(NotFoundError, match=f"{web.url}/none/a.h5, which is not there"):
        read_array(ref)
    with WebServer(data) as gone:
        pass
    write(data / "refs.json", references(data, f"{gone.url}/in/a.h5"))
    ingest(workspace, IngestRequest(f"{web.url}/refs.json", dataset_id="d"))
    access = StoreAccess(credentials=Credentials({gone.url: Bearer("t")}))
    with pytest.raises(StoreUnavailableError, match=f"{gone.url}/in/a.h5, which could not be read: .*no connection"):
        read_array(resolve_one(workspace.catalog, workspace.iris.node("d", "grid")), access=access)


# -- S3


@pytest.fixture(scope="module", autouse=True)
def _buckets(s3: S3Server) -> None:
    for name in ("refs-private", "refs-public"):
        s3.make_bucket(name, public=name == "refs-public")


def test_s3_with_a_relative_and_an_absolute_target(workspace: Workspace, data: Path, s3: S3Server) -> None:
    write(data / "relative.json", references(data, "in/a b.h5"))
    write(data / "absolute.json", references(data, "s3://refs-private/x/in/a%20b.h5"))
    parquet(data, "in/a b.h5")
    s3.upload(data, "refs-private", "x")
    known = replace(workspace, credentials=Credentials({"s3://": S3(key=KEY, secret=SECRET, endpoint_url=s3.url)}))
    check_values(known, "s3://refs-private/x/relative.json")
    check_values(known, "s3://refs-private/x/absolute.json")
    check_values(known, "s3://refs-private/x/refs.parq")


def test_a_file_here_may_point_to_s3_with_the_right_of_that_bucket(workspace: Workspace, data: Path, s3: S3Server) -> None:
    s3.upload(data, "refs-private", "y")
    path = write(data / "refs.json", references(data, "s3://refs-private/y/in/a%20b.h5"))
    right = S3(key=KEY, secret=SECRET, endpoint_url=s3.url)
    check_values(replace(workspace, credentials=Credentials({"s3://refs-private/y/in": right})), str(path))
    none = replace(workspace, credentials=Credentials({"s3://": S3(endpoint_url=s3.url), "s3://refs-private/z": right}))
    s3.requests()
    with pytest.raises(StoreForbiddenError, match=r"s3://refs-private/y/in/a%20b\.h5, which could not be read"):
        values(none, str(path), "grid")
    asked = s3.requests()
    assert asked
    assert not any(request.authorization for request in asked)
