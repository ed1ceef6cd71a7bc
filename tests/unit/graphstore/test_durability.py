"""Is a change on disk when `apply` returns, and can whoever comes next read it?"""

import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from catalog.graphstore import store_log
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore

GRAPH = "http://example.org/g"
DYING = """
import os, sys
from pathlib import Path
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
store = EmbeddedGraphStore(Path(sys.argv[1]))
store.apply([GraphUpdate(sys.argv[2], b'<http://example.org/s> <http://example.org/p> "kept" .\\n')])
os._exit(9)
"""


def _lines(count: int) -> bytes:
    return b"".join(b'<http://example.org/s%d> <http://example.org/p> "value %d" .\n' % (each, each) for each in range(count))


def test_the_log_is_on_disk_as_long_as_it_is_when_apply_returns(tmp_path: Path) -> None:
    synced: dict[int, int] = {}
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        state = os.fstat(descriptor)
        synced[state.st_ino] = state.st_size

    with EmbeddedGraphStore(tmp_path) as store, mock.patch.object(os, "fsync", fsync):
        for count in (1, 2, 3):
            before = _logs(tmp_path)
            store.apply([GraphUpdate(GRAPH, _lines(count))])
            logs = _logs(tmp_path)
            assert sum(logs.values()) > sum(before.values()), "the change is in a log"
            assert {inode: synced.get(inode) for inode in logs} == logs


def _logs(folder: Path) -> dict[int, int]:
    """Inode and size of each log of the graphs' store."""
    states = [path.stat() for path in (folder / "catalog" / "graphs").glob("*.log")]
    return {state.st_ino: state.st_size for state in states}


@pytest.mark.parametrize("limit", [store_log.MAX_LINES, 1])
def test_a_reader_finds_what_is_only_in_the_log_and_what_was_flushed(tmp_path: Path, limit: int) -> None:
    with mock.patch.object(store_log, "MAX_LINES", limit), EmbeddedGraphStore(tmp_path) as store:
        store.apply([GraphUpdate(GRAPH, _lines(3))])
    with EmbeddedGraphStore(tmp_path, writable=False) as reader:
        assert reader.read_graph(GRAPH) == _lines(3)


def test_a_log_is_flushed_before_it_is_long(tmp_path: Path) -> None:
    with mock.patch.object(store_log, "MAX_LINES", 100), EmbeddedGraphStore(tmp_path) as store:
        for number in range(40):
            store.apply([GraphUpdate(f"{GRAPH}{number}", _lines(20))])
            assert max(_logs(tmp_path).values()) < 100_000


def test_small_changes_after_a_large_one_are_not_flushed(tmp_path: Path) -> None:
    files = tmp_path / "catalog" / "graphs"
    with mock.patch.object(store_log, "MAX_LINES", 100), EmbeddedGraphStore(tmp_path) as store:
        new = set(files.glob("*.log"))
        store.apply([GraphUpdate(GRAPH, _lines(100))])
        flushed = set(files.glob("*.log"))
        assert flushed != new, "a flush begins a new log"
        for number in range(3):
            store.apply([GraphUpdate(f"{GRAPH}{number}", _lines(10))])
        assert set(files.glob("*.log")) == flushed


def test_a_process_that_dies_right_after_leaves_the_change(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", DYING, str(tmp_path), GRAPH], check=False)
    assert ended.returncode == 9
    with EmbeddedGraphStore(tmp_path, writable=False) as reader:
        assert reader.read_graph(GRAPH) == b'<http://example.org/s> <http://example.org/p> "kept" .\n'
