"""Are stored objects passed on as they are, in pieces, and from stores that stay open no longer than they may?"""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import InputError, LinkOutsideError, NotFoundError, StoreUnavailableError
from catalog.stores import stored
from catalog.stores.stored import OpenStores, StoredObjects
from catalog.stores.url import StoreUrl, parse_store_url
from catalog.stores.way import Way
from tests.support.zips import zip_folder

DATA = bytes(range(256)) * 40 + b"end"
PIECE = 1000


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PIECE_BYTES", PIECE)


def url_of(path: Path) -> StoreUrl:
    return parse_store_url(str(path))


def kinds(folder: Path) -> dict[str, StoredObjects]:
    """The same object in stores of several kinds."""
    store = folder / "s.zarr"
    (store / "a/c").mkdir(parents=True)
    (store / "zarr.json").write_text("{}")
    (store / "a/c/0").write_bytes(DATA)
    (store / "a/c/empty").write_bytes(b"")
    mapping = {"a/c/0": DATA, "a/c/empty": b""}
    return {
        "folder": StoredObjects(url_of(store), Way()),
        "stored": StoredObjects(url_of(zip_folder(store, folder / "s.zip")), Way()),
        "deflated": StoredObjects(url_of(zip_folder(store, folder / "d.zip", method=zipfile.ZIP_DEFLATED)), Way()),
        "mapping": StoredObjects(parse_store_url("memory://mapped"), Way(store=mapping)),
    }


RANGES: list[tuple[tuple[int, int | None], slice]] = [
    ((0, None), slice(None)),
    ((0, 1), slice(0, 1)),
    ((5, 2500), slice(5, 2500)),
    ((10_000, None), slice(10_000, None)),
    ((999, 1001), slice(999, 1001)),
    ((0, 10**9), slice(None)),
    ((-7, None), slice(-7, None)),
    ((-2500, None), slice(-2500, None)),
    ((-(10**9), None), slice(None)),
]


class TestOpen:
    @pytest.mark.parametrize(("wanted", "part"), RANGES)
    def test_every_kind_gives_the_part_in_pieces(self, tmp_path: Path, wanted: tuple[int, int | None], part: slice) -> None:
        first, last, _ = part.indices(len(DATA))
        for kind, objects in kinds(tmp_path).items():
            passed = objects.open("a/c/0", wanted)
            assert passed is not None
            pieces = list(passed.pieces)
            assert b"".join(pieces) == DATA[part], kind
            assert (passed.start, passed.end, passed.size) == (first, last, len(DATA)), kind
            assert all(len(piece) <= PIECE for piece in pieces) or kind == "mapping"
            objects.close()

    def test_behind_the_end_there_is_nothing(self, tmp_path: Path) -> None:
        for kind, objects in kinds(tmp_path).items():
            for key, wanted in (("a/c/0", (len(DATA), None)), ("a/c/0", (10**12, 10**12 + 5)), ("a/c/empty", (0, None))):
                passed = objects.open(key, wanted)
                assert passed is not None, kind
                assert (passed.start, b"".join(passed.pieces)) == (passed.end, b""), kind
            objects.close()

    def test_what_is_not_there_is_none(self, tmp_path: Path) -> None:
        for kind, objects in kinds(tmp_path).items():
            assert objects.open("a/c/1") is None, kind
            assert objects.open("a/c/1", (-(10**6), None)) is None, kind
            assert objects.look("a/c/1") is None, kind
            for key in ("../x", "a//b", "/etc/hostname", "a\0"):
                with pytest.raises(InputError):
                    objects.open(key)
            objects.close()

    def test_a_look_says_what_comes_with_the_object(self, tmp_path: Path) -> None:
        for kind, objects in kinds(tmp_path).items():
            passed = objects.open("a/c/0", (3, 9))
            assert passed is not None
            assert objects.look("a/c/0") == passed.signs, kind
            assert passed.signs.etag.startswith('"'), kind
            other = objects.look("a/c/empty")
            assert other is not None
            assert other.etag != passed.signs.etag, kind
            objects.close()

    def test_an_object_that_changes_meanwhile_is_not_mixed(self, tmp_path: Path) -> None:
        objects = kinds(tmp_path)["folder"]
        passed = objects.open("a/c/0")
        assert passed is not None
        next(passed.pieces)
        (tmp_path / "s.zarr/a/c/0").write_bytes(DATA[::-1])
        with pytest.raises(StoreUnavailableError, match="changed"):
            list(passed.pieces)

    def test_names_show_nothing_of_the_file(self, tmp_path: Path) -> None:
        signs = kinds(tmp_path)["folder"].look("a/c/0")
        status = (tmp_path / "s.zarr/a/c/0").stat()
        assert signs is not None
        for number in (status.st_ino, status.st_mtime_ns, status.st_size):
            assert f"{number:x}" not in signs.etag

    def test_links_out_of_the_store_are_not_followed(self, tmp_path: Path) -> None:
        objects = kinds(tmp_path)["folder"]
        (tmp_path / "secret").write_text("x")
        (tmp_path / "s.zarr/a/c/9").symlink_to(tmp_path / "secret")
        with pytest.raises(LinkOutsideError):
            objects.open("a/c/9")

    def test_one_document_has_no_objects(self, tmp_path: Path) -> None:
        (tmp_path / "m.json").write_text('{"metadata": {".zgroup": {"zarr_format": 2}}}')
        with pytest.raises(NotFoundError, match="no chunks"):
            StoredObjects(url_of(tmp_path / "m.json"), Way())


class TestOpenStores:
    def place(self, folder: Path, name: str) -> StoreUrl:
        (folder / name).mkdir()
        (folder / name / "k").write_text(name)
        return url_of(folder / name)

    def test_a_store_stays_open_for_the_next(self, tmp_path: Path) -> None:
        stores, url = OpenStores(), self.place(tmp_path, "a")
        with stores.borrow(url, Way()) as first, stores.borrow(url, Way()) as second:
            assert first is second
        with stores.borrow(url, Way()) as third:
            assert third is first

    def test_the_one_that_was_not_used_for_longest_is_closed_but_not_in_use(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed: list[Any] = []

        def close(objects: StoredObjects) -> None:
            closed.append(objects)

        monkeypatch.setattr(StoredObjects, "close", close)
        stores, urls = OpenStores(most=1), [self.place(tmp_path, name) for name in "abc"]
        with stores.borrow(urls[0], Way()) as first:
            with stores.borrow(urls[1], Way()) as second:
                assert closed == []
            assert closed == []
            with stores.borrow(urls[2], Way()):
                assert closed == [second]
        assert closed == [second, first]
        stores.close()
        assert len(closed) == 3

    def test_a_zip_is_opened_anew_once_it_is_old_and_a_folder_is_not(self, tmp_path: Path) -> None:
        now = [0.0]
        stores = OpenStores(max_age_s=10, clock=lambda: now[0])
        folder = self.place(tmp_path, "a")
        zipped = url_of(zip_folder(tmp_path / "a", tmp_path / "a.zip"))
        for url, again in ((folder, True), (zipped, False)):
            now[0] = 0.0
            with stores.borrow(url, Way()) as first:
                pass
            now[0] = 9.0
            with stores.borrow(url, Way()) as second:
                assert second is first
            now[0] = 11.0
            with stores.borrow(url, Way()) as third:
                assert (third is first) == again
        stores.close()
