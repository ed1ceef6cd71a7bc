"""Does a local store stay inside its folder, and never hang or run forever?"""

import contextlib
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.errors import (
    ForbiddenError,
    InputError,
    LimitExceededError,
    LinkOutsideError,
    NotAFileError,
    NotFoundError,
    StoreForbiddenError,
)
from catalog.metadata.document import DocumentLimits
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.listing import MAX_DEPTH, is_array_v3
from catalog.stores.local import LocalFolder
from catalog.stores.source import open_source
from tests.unit.stores.suite import Place, documents_of, kinds_of
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, write

SECRET = b'{"zarr_format": 3, "node_type": "group", "attributes": {"secret": true}}'


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write(tmp_path / "outside", {"zarr.json": SECRET, "c/0": b"\1\2\3\4"})
    return write(tmp_path / "store", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"})


def harvest(store: Path, **options: DocumentLimits) -> Harvest:
    return read_documents(open_source(str(store)), **options)


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("nothing", "nothing/below", "dangling"):
        with pytest.raises((NotFoundError, InputError)):
            open_source(str(tmp_path / name))
    with pytest.raises(NotFoundError, match="no folder"):
        open_source(str(tmp_path / "nothing"))
    with pytest.raises(InputError, match="is a file"):
        open_source(str(tmp_path / "file"))


def test_the_root_itself_may_be_a_link(store: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(store)
    assert len(harvest(tmp_path / "link").documents) == 2


# -- links


LINKS: dict[str, Callable[[Path], object]] = {
    "document": lambda s: (s / "b").mkdir() or (s / "b/zarr.json").symlink_to(s.parent / "outside/zarr.json"),
    "folder": lambda s: (s / "b").symlink_to(s.parent / "outside"),
    "relative folder": lambda s: (s / "b").symlink_to("../outside"),
    "link to a link": lambda s: (s / "x").symlink_to("../outside") or (s / "b").symlink_to("x"),
    "folder above": lambda s: (s / "b").symlink_to(".."),
    "whole machine": lambda s: (s / "b").symlink_to("/"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_a_link_out_of_the_store_is_not_followed(store: Path, kind: str) -> None:
    LINKS[kind](store)
    found = harvest(store)
    assert set(documents_of(found)) == {"zarr.json", "a/zarr.json"}
    assert set(kinds_of(found)) == {"link-outside"}
    assert not found.complete
    source = open_source(str(store))
    for key in ("b/zarr.json", "b/outside/zarr.json", "b/etc/hostname"):
        outcome = source.read_many([key], 1000)[key]
        assert outcome is None or isinstance(outcome, LinkOutsideError)


def test_a_chunk_behind_a_link_out_of_the_store_is_not_read(store: Path) -> None:
    (store / "a/c/0").unlink()
    (store / "a/c/0").symlink_to("../../../outside/c/0")
    with Place(str(store)).array("a", array3(), 3) as reader, pytest.raises(ForbiddenError, match="a/c/0"):
        reader.read()
    (store / "a/c").rename(store / "a/c2")
    (store / "a/c").symlink_to("../../outside/c")
    with Place(str(store)).array("a", array3(), 3) as reader, pytest.raises(ForbiddenError, match="a/c/0"):
        reader.read()


def test_a_link_that_stays_inside_is_followed(store: Path) -> None:
    (store / "latest").symlink_to("a")
    (store / "g").mkdir()
    (store / "g/zarr.json").symlink_to("../zarr.json")
    found = harvest(store)
    assert documents_of(found) == {
        "zarr.json": GROUP3, "a/zarr.json": array3(), "latest/zarr.json": array3(), "g/zarr.json": GROUP3,
    }  # fmt: skip
    assert found.complete
    with Place(str(store)).array("latest", array3(), 3) as reader:
        assert reader.read().tolist() == [1, 2, 3, 4]


def test_loops_of_links_end(store: Path) -> None:
    write(store, {"g/zarr.json": GROUP3, "h/zarr.json": GROUP3})
    (store / "self").symlink_to("self")
    (store / "g/up").symlink_to("..")
    (store / "g/here").symlink_to(".")
    (store / "g/other").symlink_to("../h")
    (store / "h/other").symlink_to("../g")
    found = documents_of(harvest(store))
    assert set(found) == {
        "zarr.json", "a/zarr.json", "g/zarr.json", "h/zarr.json", "g/other/zarr.json", "h/other/zarr.json",
    }  # fmt: skip


def test_folders_that_link_to_each_other_end_at_the_bound(store: Path) -> None:
    """Twelve folders, each with a link to each: more ways than anybody can walk."""
    for i in range(12):
        write(store, {f"g{i}/zarr.json": GROUP3})
        for j in range(12):
            (store / f"g{i}/to{j}").symlink_to(f"../g{j}")
    found = harvest(store, limits=DocumentLimits(max_nodes=500))
    assert not found.complete
    assert kinds_of(found) == ["too-many-nodes"]


def test_a_folder_that_becomes_a_link_while_it_is_read_gives_nothing_away(store: Path) -> None:
    """Somebody swaps a group for a link to the outside and back, as fast as possible."""
    write(store, {"g/zarr.json": GROUP3})
    stop = threading.Event()

    def swap() -> None:
        (store / "link").symlink_to("../outside")
        while not stop.is_set():
            (store / "g").rename(store / "real")
            (store / "link").rename(store / "g")
            (store / "g").rename(store / "link")
            (store / "real").rename(store / "g")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        source = open_source(str(store))
        folder = LocalFolder(str(store))
        for _ in range(300):
            assert source.read_many(["g/zarr.json"], 1000)["g/zarr.json"] != SECRET
            assert SECRET not in documents_of(read_documents(source)).values()
            with contextlib.suppress(ForbiddenError):
                assert folder.read("g/zarr.json", 1000) in {GROUP3, None}
    finally:
        stop.set()
        thread.join()


# -- what is no file


def test_a_fifo_does_not_hang(store: Path) -> None:
    (store / "f").mkdir()
    os.mkfifo(store / "f/zarr.json")
    (store / "a/c/0").unlink()
    os.mkfifo(store / "a/c/0")
    found = harvest(store)
    assert [(p.path, p.kind) for p in found.problems] == [("f/zarr.json", "not-a-file")]
    assert not found.complete
    with Place(str(store)).array("a", array3(), 3) as reader, pytest.raises(NotAFileError, match="a/c/0"):
        reader.read()


def test_a_socket_and_a_folder_are_no_documents(store: Path) -> None:
    (store / "d/zarr.json").mkdir(parents=True)
    left, right = socket.socketpair()
    left.close()
    right.close()
    source = open_source(str(store))
    assert source.read("d/zarr.json", 100) is None
    assert source.read("a", 100) is None
    assert source.read("a/zarr.json/x", 100) is None
    found = harvest(store)
    assert set(documents_of(found)) == {"zarr.json", "a/zarr.json"}


@contextlib.contextmanager
def _as_nobody() -> Iterator[Path]:
    """A folder that everybody can enter, and for the time being no right to read everything."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        write(Path(name) / "s", {"zarr.json": GROUP3, "a/zarr.json": array3(), "b/zarr.json": array3(), "b/c/0": b"x"})
        (Path(name) / "s/a/zarr.json").chmod(0)
        (Path(name) / "s/b/c/0").chmod(0)
        (Path(name) / "s/closed").mkdir(mode=0o700)
        (Path(name) / "s/closed").chmod(0)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        try:
            yield Path(name) / "s"
        finally:
            os.seteuid(before)
            (Path(name) / "s/closed").chmod(0o700)


def test_what_may_not_be_read_is_a_problem() -> None:
    with _as_nobody() as store:
        found = harvest(store)
        with pytest.raises(StoreForbiddenError, match=r"a/zarr\.json"):
            open_source(str(store)).read("a/zarr.json", 100)
        with Place(str(store)).array("b", array3(), 3) as reader, pytest.raises(StoreForbiddenError, match="b/c/0"):
            reader.read()
    assert sorted((p.path, p.kind) for p in found.problems) == [("a/zarr.json", "unreadable"), ("closed", "unreadable")]
    assert set(documents_of(found)) == {"zarr.json", "b/zarr.json"}
    assert not found.complete


# -- parts and bounds


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        (None, None, b"0123456789"), (0, 4, b"0123"), (3, None, b"3456789"), (-4, None, b"6789"), (-40, None, b"0123456789"),
        (8, 20, b"89"), (20, 30, b""), (4, 4, b""), (None, 3, b"012"),
    ],
)  # fmt: skip
def test_parts_of_a_file(tmp_path: Path, start: int | None, end: int | None, wanted: bytes) -> None:
    write(tmp_path, {"x": b"0123456789"})
    assert LocalFolder(str(tmp_path)).read("x", 10, start, end) == wanted


def test_the_bound_counts_what_is_read(tmp_path: Path) -> None:
    folder = LocalFolder(str(write(tmp_path, {"x": b"0123456789"})))
    assert folder.read("x", 4, 2, 6) == b"2345"
    with pytest.raises(LimitExceededError, match="at most 9"):
        folder.read("x", 9)


def test_folders_deeper_than_any_store_are_left_out(tmp_path: Path) -> None:
    deep = "/".join("d" * (MAX_DEPTH + 10))
    found = harvest(write(tmp_path, {"zarr.json": GROUP3, f"{deep}/zarr.json": GROUP3}))
    assert kinds_of(found) == ["too-deep"]
    assert not found.complete


def test_folders_without_any_document_are_not_walked_for_ever(tmp_path: Path) -> None:
    for i in range(101):
        for j in range(101):
            (tmp_path / f"{i}/{j}").mkdir(parents=True)
    with pytest.raises(Exception, match="no metadata document in the first"):
        harvest(tmp_path)


def test_members_without_a_root_are_found(tmp_path: Path) -> None:
    """Real stores lack the root's document."""
    tree = {"X/.zarray": array2(), "obs/.zgroup": GROUP2, "obs/.zattrs": b"{}"}
    found = harvest(write(tmp_path, tree))
    assert (found.route, documents_of(found)) == ("listing", tree)


def test_a_folder_whose_name_is_no_key_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"zarr.json": GROUP3, "b\\c/zarr.json": GROUP3, "b\nc/zarr.json": GROUP3})
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    found = harvest(tmp_path)
    assert kinds_of(found) == ["unsafe-key"] * 3
    assert len(found.documents) == 1


def test_no_file_stays_open(store: Path) -> None:
    def count() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    (store / "out").symlink_to("/")
    os.mkfifo(store / "a/.zarray")
    harvest(store)
    before = count()
    for _ in range(20):
        harvest(store)
        harvest(store, limits=DocumentLimits(max_nodes=1))
        next(open_source(str(store)).walk())
    assert count() == before


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (array3(), True),
        (GROUP3, False),
        (b'{"node_type":"array"', True),
        (b'{"attributes": {"node_type": "array"}, "node_type": "group"}', False),
        (b'{"attributes": {"node_type": "group"}, "node_type": "array"}', True),
        (b'{"x": "\\"node_type\\": \\"array\\""}', False),
        (b"<html>", False),
        (b"[]", False),
    ],
)
def test_whether_a_document_is_of_an_array(text: bytes, wanted: bool) -> None:
    assert is_array_v3(text) is wanted
