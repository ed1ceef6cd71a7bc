"""What stands at a key of a dataset, whatever holds its store, and what does not?"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.bridge.read import StoreAccess
from catalog.errors import (
    ForbiddenError,
    InputError,
    LimitExceededError,
    MetadataError,
    NotFoundError,
    StaleSnapshotError,
    StoreBusyError,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
)
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.serve_store import ServedChunk, ServedDocument, ServedStore, ServeOptions, StoreServer
from catalog.services.serve_store_errors import reading_store, shown_to_public
from catalog.services.workspace import Workspace
from tests.support.served_stores import chunk_files, write_store
from tests.support.zips import zip_folder

SECRET = "/srv/internal/a.zarr"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_store(tmp_path / "s.zarr", 3)
    return tmp_path / "s.zarr"


@pytest.fixture
def server(workspace: Workspace) -> Iterator[StoreServer]:
    made = StoreServer(workspace.archive, workspace.iris, StoreAccess(), ServeOptions(check_s=0))
    yield made
    made.close()


def take_in(workspace: Workspace, url: Any, access: Any = "public", **more: Any) -> None:
    result = ingest(workspace, IngestRequest(str(url), dataset_id="it", access=access, extents=False, **more))
    assert result.accepted


def opened(workspace: Workspace, server: StoreServer, audience: str = "public") -> ServedStore:
    return server.open(getattr(workspace, audience), workspace.catalog, "it")


def data_at(store: ServedStore, key: str, wanted: tuple[int, int | None] = (0, None)) -> bytes:
    found = store.find(key)
    if isinstance(found, ServedDocument):
        return found.data
    with found.open(wanted) as passed:
        return b"".join(passed.pieces)


def references(source: Path, target: Path) -> Path:
    """The store as kerchunk writes references to it: documents inline, chunks as parts of one file."""
    packed, found = target.with_suffix(".bin"), {}
    with packed.open("wb") as file:
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.name != "zarr.json":
                found[path.relative_to(source).as_posix()] = [packed.name, file.tell(), path.stat().st_size]
                file.write(path.read_bytes())
            elif path.is_file():
                found[path.relative_to(source).as_posix()] = path.read_text()
    target.write_text(json.dumps({"version": 1, "refs": found}))
    return target


class TestContainers:
    @pytest.mark.parametrize("kind", ["folder", "zip", "deflated", "references", "mapping"])
    def test_every_chunk_and_parts_of_it(self, workspace: Workspace, source: Path, tmp_path: Path, kind: str) -> None:
        chunks = chunk_files(source)
        access, url, more = StoreAccess(), source, {}
        if kind == "zip":
            url = zip_folder(source, tmp_path / "s.zip")
        elif kind == "deflated":
            url = zip_folder(source, tmp_path / "s.zip", method=zipfile.ZIP_DEFLATED)
        elif kind == "references":
            url = references(source, tmp_path / "refs.json")
        elif kind == "mapping":
            files = {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*") if path.is_file()}
            access, more = StoreAccess(store=files), {"store": files}
            url = "memory://given"  # type: ignore[assignment]
        take_in(workspace, url, **more)
        server = StoreServer(workspace.archive, workspace.iris, access)
        store = opened(workspace, server, "catalog")
        for key, data in chunks.items():
            assert data_at(store, key) == data
            assert data_at(store, key, (3, 11)) == data[3:11]
            assert data_at(store, key, (-5, None)) == data[-5:]
            found = store.find(key)
            assert isinstance(found, ServedChunk)
            signs = found.look()
            assert signs.size == len(data)
            with found.open((0, 4)) as passed:
                assert passed.signs == signs
        assert json.loads(data_at(store, "zarr.json"))["consolidated_metadata"]["metadata"].keys() >= {"grid", "deep/er/cells"}
        absent = store.find("grid/c/3/3")
        assert isinstance(absent, ServedChunk)
        with pytest.raises(NotFoundError, match="fill value"):
            absent.look()
        server.close()

    def test_an_icechunk_repository(self, workspace: Workspace, tmp_path: Path) -> None:
        icechunk = pytest.importorskip("icechunk")
        import zarr

        repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(tmp_path / "r")))
        session = repository.writable_session("main")
        array = zarr.create_array(session.store, name="a/b", shape=(40,), chunks=(10,), dtype="i4", compressors=None)
        array[:30] = range(30)
        session.commit("written")
        take_in(workspace, f"icechunk+{(tmp_path / 'r').as_uri()}")
        server = StoreServer(workspace.archive, workspace.iris, StoreAccess())
        store = opened(workspace, server)
        found = store.find("a/b/c/1")
        assert isinstance(found, ServedChunk)
        assert data_at(store, "a/b/c/1") == bytes(array[10:20].data)  # type: ignore[union-attr, arg-type]
        assert data_at(store, "a/b/c/1", (4, 8)) == (11).to_bytes(4, "little")
        assert found.look().etag
        with pytest.raises(NotFoundError):
            data_at(store, "a/b/c/3")
        server.close()

    def test_a_lone_document_has_no_chunks(self, workspace: Workspace, server: StoreServer, tmp_path: Path) -> None:
        array = {"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i4", "compressor": None, "filters": None, "order": "C"}
        metadata = {".zgroup": {"zarr_format": 2}, "x/.zarray": array | {"fill_value": 0}}
        (tmp_path / "m.json").write_text(json.dumps({"metadata": metadata, "zarr_consolidated_format": 1}))
        take_in(workspace, tmp_path / "m.json")
        store = opened(workspace, server)
        assert json.loads(data_at(store, "x/.zarray"))["shape"] == [4]
        with pytest.raises(StoreUnavailableError):
            data_at(store, "x/0")


class TestKeys:
    def test_what_lies_beside_is_not_given_out(self, workspace: Workspace, server: StoreServer, source: Path) -> None:
        for place in ("notes.txt", "grid/notes.txt", "grid/c/0/notes", "grid/c/9/9", "deep/er/other/c/0"):
            (source / place).parent.mkdir(parents=True, exist_ok=True)
            (source / place).write_text("private")
        take_in(workspace, source)
        store = opened(workspace, server)
        for place in ("notes.txt", "grid/notes.txt", "grid/c/0/notes", "grid/c/9/9", "deep/er/other/c/0"):
            with pytest.raises(NotFoundError):
                store.find(place)

    def test_keys_that_are_not_safe_are_refused(self, workspace: Workspace, server: StoreServer, source: Path) -> None:
        take_in(workspace, source)
        store = opened(workspace, server)
        for key in (
            "..",
            "../x",
            "grid/../zarr.json",
            "/etc/hostname",
            "grid//c",
            "grid\\c",
            "grid\0",
            "zarr.json/",
            "./zarr.json",
        ):
            with pytest.raises(InputError):
                store.find(key)


class TestAudience:
    def test_the_public_reads_what_is_public_wherever_it_lies(
        self, workspace: Workspace, server: StoreServer, source: Path
    ) -> None:
        take_in(workspace, source)
        store = opened(workspace, server)
        assert store.dataset.location == "", "the public record does not name folders of this machine"
        assert data_at(store, "dots/c.0.0") == (source / "dots/c.0.0").read_bytes()

    def test_what_is_restricted_is_not_there(self, workspace: Workspace, server: StoreServer, source: Path) -> None:
        take_in(workspace, source, "restricted")
        with pytest.raises(NotFoundError) as closed:
            opened(workspace, server)
        with pytest.raises(NotFoundError) as absent:
            server.open(workspace.public, workspace.catalog, "at")
        assert str(closed.value) == str(absent.value).replace("'at'", "'it'")
        assert data_at(opened(workspace, server, "catalog"), "dots/c.0.0") == (source / "dots/c.0.0").read_bytes()

    @pytest.mark.parametrize("name", ["", "..", "a b", "x" * 200, "a/../b", "<x>", "a\0"])
    def test_what_cannot_be_an_id_names_no_dataset(self, workspace: Workspace, server: StoreServer, name: str) -> None:
        with pytest.raises(NotFoundError):
            server.open(workspace.public, workspace.catalog, name)


class TestStale:
    def test_a_changed_array_is_refused_until_it_is_ingested_again(
        self, workspace: Workspace, server: StoreServer, source: Path
    ) -> None:
        take_in(workspace, source)
        document = json.loads((source / "dots/zarr.json").read_text())
        (source / "dots/zarr.json").write_text(json.dumps(document | {"data_type": "uint64"}))
        for audience in ("public", "catalog"):
            with pytest.raises(StaleSnapshotError) as error:
                data_at(opened(workspace, server, audience), "dots/c.0.0")
            assert (str(source) in str(error.value)) == (audience == "catalog")
        assert data_at(opened(workspace, server), "grid/c/0/0")
        take_in(workspace, source)
        assert data_at(opened(workspace, server), "dots/c.0.0")

    def test_within_the_time_between_two_looks_the_store_is_not_asked(self, workspace: Workspace, source: Path) -> None:
        take_in(workspace, source)
        server = StoreServer(workspace.archive, workspace.iris, StoreAccess(), ServeOptions(check_s=3600))
        assert data_at(opened(workspace, server), "dots/c.0.0")
        (source / "dots/zarr.json").unlink()
        assert data_at(opened(workspace, server), "dots/c.1.0")
        impatient = StoreServer(workspace.archive, workspace.iris, StoreAccess(), ServeOptions(check_s=0))
        with pytest.raises(StaleSnapshotError):
            data_at(opened(workspace, impatient), "dots/c.1.0")

    def test_documents_that_the_archive_lost_come_from_the_store_while_it_is_the_same(
        self, workspace: Workspace, server: StoreServer, source: Path, tmp_path: Path
    ) -> None:
        take_in(workspace, source)
        expected = data_at(opened(workspace, server), "dots/zarr.json")
        for file in (tmp_path / "catalogue/archive").rglob("*.zst"):
            file.unlink()
        fresh = StoreServer(workspace.archive, workspace.iris, StoreAccess())
        assert data_at(opened(workspace, fresh), "dots/zarr.json") == expected
        (source / "dots/zarr.json").write_text(json.dumps(json.loads(expected) | {"fill_value": 5}))
        other = StoreServer(workspace.archive, workspace.iris, StoreAccess())
        with pytest.raises(StaleSnapshotError):
            data_at(opened(workspace, other), "dots/zarr.json")


class TestOptions:
    def test_the_longest_prefix_says_where_chunks_are_to_be_had(self, workspace: Workspace, source: Path) -> None:
        take_in(workspace, source)
        above, here = source.parent.as_uri(), source.as_uri()
        for redirects, expected in (
            ({above: "https://data.example.org/x/"}, "https://data.example.org/x/s.zarr/grid/c/0/0"),
            ({above: "https://a.example.org", here: "https://b.example.org/y"}, "https://b.example.org/y/grid/c/0/0"),
            ({"https://data.example.org": "https://a.example.org"}, None),
            ({f"{above}/s": "https://a.example.org"}, None),
            ({here: "presigned"}, None),
            ({}, None),
        ):
            server = StoreServer(workspace.archive, workspace.iris, StoreAccess(), ServeOptions(redirects=redirects))
            found = opened(workspace, server).find("grid/c/0/0")
            assert isinstance(found, ServedChunk)
            assert found.redirect() == expected

    @pytest.mark.parametrize("target", ["file:///srv", "s3://bucket", "https://user:pw@h/x", "https://h/x?sig=1", "nonsense"])
    def test_what_a_redirect_cannot_lead_to_is_refused(self, target: str) -> None:
        with pytest.raises((InputError, ForbiddenError)):
            ServeOptions(redirects={"s3://data": target})

    def test_a_callers_token_goes_to_no_store_unless_its_prefix_is_named(self, workspace: Workspace, source: Path) -> None:
        take_in(workspace, source)
        for prefixes in ((), (source.as_uri(),), ("https://data.example.org",)):
            server = StoreServer(workspace.archive, workspace.iris, StoreAccess(), ServeOptions(callers_tokens=prefixes))
            with pytest.raises(ForbiddenError, match="passes no credential"):
                opened(workspace, server).find("grid/c/0/0", "Bearer x")
            assert isinstance(opened(workspace, server).find("zarr.json", "Bearer x"), ServedDocument)

    def test_it_is_not_shown_when_printed(self, workspace: Workspace, source: Path) -> None:
        take_in(workspace, source)
        options = ServeOptions(callers_tokens=("https://data.example.org",))
        server = StoreServer(workspace.archive, workspace.iris, StoreAccess(), options)
        away = replace(opened(workspace, server), location="https://data.example.org/s.zarr")
        found = away.find("grid/c/0/0", "Bearer opensesame")
        assert isinstance(found, ServedChunk)
        assert "opensesame" not in repr(found)
        assert "opensesame" not in repr(found.access)


ERRORS = [
    (StaleSnapshotError(f"array 'a' of file://{SECRET} changed"), StaleSnapshotError),
    (StoreUnauthorizedError(f"file://{SECRET}: 401"), StoreUnauthorizedError),
    (StoreForbiddenError(f"file://{SECRET}: 403"), StoreForbiddenError),
    (ForbiddenError(f"{SECRET}: codec 'x' is not run"), ForbiddenError),
    (MetadataError(f"chunk 'c/0' of {SECRET}"), MetadataError),
    (StoreBusyError(f"https://10.0.0.5{SECRET}: 429", 7.0), StoreBusyError),
    (StoreUnavailableError(f"https://10.0.0.5{SECRET}: no answer"), StoreUnavailableError),
    (NotFoundError(f"there is no folder '{SECRET}'"), StoreUnavailableError),
    (InputError(f"{SECRET} is a file"), StoreUnavailableError),
    (LimitExceededError(f"{SECRET} has 9 bytes", limit="max_bytes", value=9, allowed=5), LimitExceededError),
]


class TestErrors:
    @pytest.mark.parametrize(("error", "kind"), ERRORS)
    def test_the_public_is_told_what_happened_and_not_where(self, error: Any, kind: type[Exception]) -> None:
        with pytest.raises(kind) as told, reading_store("http://c.example/datasets/x/nodes/a", public=True):
            raise error
        assert type(told.value) is kind
        assert "http://c.example/datasets/x/nodes/a" in str(told.value)
        assert SECRET not in str(told.value)
        assert "10.0.0.5" not in str(told.value)
        assert told.value.__cause__ is None

    @pytest.mark.parametrize(("error", "kind"), ERRORS)
    def test_who_has_a_key_is_told_where(self, error: Any, kind: type[Exception]) -> None:
        with pytest.raises(kind, match=SECRET), reading_store("x", public=False):
            raise error

    def test_a_message_that_names_no_place_is_shown_as_it_is(self) -> None:
        harmless = InputError("'lat' = 7 is no label; the labels of http://c.example/datasets/x/nodes/lat are 1, 2")
        assert shown_to_public(harmless, "x", ("http://c.example/",)) is harmless
        for text in ("file:///srv/a", "s3://bucket/a", "'/srv/a'", "(/srv/a)", "in /srv/a"):
            assert text not in str(shown_to_public(InputError(f"no label: {text}"), "x", ("http://c.example/",)))
