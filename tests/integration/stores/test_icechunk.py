"""Is an Icechunk repository read in the state that its URL names, with the rights that were given?"""

import contextlib
import importlib
import json
from pathlib import Path
from typing import Any

import icechunk
import pytest
import zarr

from catalog.errors import CatalogError, InputError, NotFoundError
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.arrays import open_array
from catalog.stores.credentials import S3, Credentials
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from catalog.stores.url import parse_store_url
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.unit.stores.trees import array3


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, str]:
    """A repository with the array ``old`` in its first state, tagged v1, and ``new`` beside it on main; the first state's id."""
    path = tmp_path / "repo"
    made = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    return path, fill(made)


def fill(made: Any) -> str:
    session = made.writable_session("main")
    root = zarr.create_group(session.store)
    root.create_array("old", shape=(4,), chunks=(4,), dtype="u1", fill_value=7)[:] = [1, 2, 3, 4]
    first = session.commit("first")
    made.create_tag("v1", first)
    made.create_branch("side/way", first)
    session = made.writable_session("main")
    zarr.open_group(session.store, mode="a").create_array("new", shape=(1,), dtype="u1")
    session.commit("second")
    return str(first)


def paths(url: str, **options: Any) -> set[str]:
    source = open_source(url, **options)
    return {node.path for node in parse_hierarchy(read_documents(source).documents).nodes}


@pytest.mark.parametrize(
    ("behind", "wanted"),
    [
        ("", {"", "old", "new"}),
        ("?branch=main", {"", "old", "new"}),
        ("?branch=side/way", {"", "old"}),
        ("?tag=v1", {"", "old"}),
        ("?snapshot={first}", {"", "old"}),
    ],
)
def test_the_url_names_the_state(repository: tuple[Path, str], behind: str, wanted: set[str]) -> None:
    path, first = repository
    url = f"icechunk+{path.as_uri()}{behind.format(first=first)}"
    source = open_source(url)
    assert paths(url) == wanted
    assert source.container == "icechunk"
    assert (source.immutable == first) == ("new" not in wanted)
    assert len(source.immutable) == 20, "an id of Icechunk"
    assert parse_store_url(source.location) == parse_store_url(url)


def test_a_local_repository_is_known_by_its_layout(repository: tuple[Path, str]) -> None:
    assert paths(str(repository[0])) == {"", "old", "new"}
    assert open_source(str(repository[0])).container == "icechunk"


def test_reading_prints_nothing(repository: tuple[Path, str], capfd: pytest.CaptureFixture[str]) -> None:
    # Icechunk 2.3 panics, on standard error, where a range of a document is longer than the document.
    assert paths(str(repository[0])) == {"", "old", "new"}
    assert capfd.readouterr() == ("", "")


def test_a_session_stays_at_its_state(repository: tuple[Path, str]) -> None:
    source = open_source(f"icechunk+{repository[0].as_uri()}")
    writer = icechunk.Repository.open(icechunk.local_filesystem_storage(str(repository[0]))).writable_session("main")
    zarr.open_group(writer.store, mode="a").create_array("newest", shape=(1,), dtype="u1")
    writer.commit("third")
    assert {node.path for node in parse_hierarchy(read_documents(source).documents).nodes} == {"", "old", "new"}


def test_values_are_read(repository: tuple[Path, str]) -> None:
    found = {document.key: document.data for document in read_documents(open_source(str(repository[0]))).documents}
    assert "old/zarr.json" in found
    url = f"icechunk+{repository[0].as_uri()}?tag=v1"
    with open_array(url, "old", json.loads(found["old/zarr.json"]), zarr_format=3) as reader:
        assert reader.read().tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("behind", ["?branch=nope", "?tag=nope", "?snapshot=nope", "?snapshot=ZZZZZZZZZZZZZZZZZZZ0"])
def test_a_state_that_is_not_there_is_told(repository: tuple[Path, str], behind: str) -> None:
    with pytest.raises(NotFoundError, match=behind.partition("=")[0].removeprefix("?")):
        open_source(f"icechunk+{repository[0].as_uri()}{behind}")


def test_what_is_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no Icechunk repository"):
        open_source(f"icechunk+{tmp_path.as_uri()}")
    with pytest.raises(InputError, match="file and s3"):
        open_source("icechunk+https://127.0.0.1:9/x")


def test_without_the_package_the_error_says_what_to_install(
    repository: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str, *rest: Any) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputError, match=r"zarr-linked-catalog\[icechunk\]"):
        open_source(str(repository[0]))


def test_in_s3_the_named_credential_is_used_and_no_other(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.make_bucket("ice")
    storage = icechunk.s3_storage(
        bucket="ice", prefix="repo", region="us-east-1", endpoint_url=s3.url, allow_http=True, force_path_style=True,
        access_key_id=KEY, secret_access_key=SECRET,
    )  # fmt: skip
    fill(icechunk.Repository.create(storage))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ambient")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ambient")
    s3.requests()
    ours = Credentials({"s3://ice/": S3(KEY, SECRET, endpoint_url=s3.url)})
    assert paths("icechunk+s3://ice/repo?tag=v1", credentials=ours) == {"", "old"}
    assert {KEY in request.authorization for request in s3.requests()} == {True}
    anonymous = Credentials({"s3://": S3(endpoint_url=s3.url)})
    with contextlib.suppress(CatalogError):  # the service of the tests gives to anybody, others refuse
        open_source("icechunk+s3://ice/repo", credentials=anonymous)
    assert {request.authorization for request in s3.requests()} == {""}


def test_a_repository_named_as_a_folder_in_s3_is_hinted_at(s3: S3Server) -> None:
    s3.make_bucket("hint")
    s3.put("hint", [("repo/repo", b"x"), ("repo/snapshots/A", b"x"), ("repo/config.yaml", array3())])
    credentials = Credentials({"s3://": S3(KEY, SECRET, endpoint_url=s3.url)})
    with pytest.raises(NotFoundError, match=r"icechunk\+s3://hint/repo"):
        read_documents(open_source("s3://hint/repo", credentials=credentials))
