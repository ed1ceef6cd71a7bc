"""How does a text index stay in step with the embedded store beside it? It follows each change; a mark says what it may lack.

``DIR/{audience}/text.sqlite`` is the index (`catalog.graphstore.text_tables`). ``text.changing`` names the graphs that are about
to change, before they do. A writer that ends well takes it away once the index is on disk; after one that was killed, the next
writer reads the graphs it names again. The file of another version of this code, of other properties, of other letters
(Unicode), or a damaged one is made anew from the whole store: some seconds for each million triples.

*The index serves the store*, not the other way round: where it cannot be written, the store still is, and texts are looked at one
by one until a writer puts it right.

Source: SQLite, "Write-Ahead Logging", section 3.
"""

import contextlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from catalog.graphstore.delta import Delta
from catalog.graphstore.store_log import sync_path
from catalog.graphstore.text_search import Candidate, Clock
from catalog.graphstore.text_tables import (
    Entry,
    add_texts,
    drop_graph,
    is_ours,
    make_tables,
    read_candidates,
    remove_texts,
    texts_in_graph,
    texts_of,
)
from catalog.graphstore.text_words import Term

FILE_NAME: Final = "text.sqlite"
MARK_NAME: Final = "text.changing"
_log = logging.getLogger(__name__)

Changes = dict[str, tuple[bool, list[Entry], list[Entry]]]
"""For each graph whether it goes, what goes and what comes."""


class TextIndex:
    """The index of one audience, kept in step with its store by whoever may write.

    Parameters
    ----------
    folder
        Folder of the audience.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._mark = folder / MARK_NAME
        self._db: sqlite3.Connection | None = None
        self._marked: set[str] = set()
        self._behind = False

    @property
    def is_marked(self) -> bool:
        """Whether somebody is writing to the index, or was killed meanwhile."""
        return self._mark.exists()

    @property
    def is_in_step(self) -> bool:
        """Whether what the index says is what the store holds."""
        if self._db is not None:
            return not self._behind
        return self._path.is_file() and not self.is_marked

    def candidates(self, terms: Sequence[Term], clock: Clock) -> list[Candidate] | None:
        """The best texts that hold any of the terms; None where there is no index that can be used."""
        return read_candidates(self._path, terms, clock, live=self._db is not None) if self.is_in_step else None

    def backups(self) -> dict[str, Callable[[Path], None]]:
        """What copies the index while nobody writes to it, by its name; nothing where it is absent or behind.

        A copy is one whole file. It raises OSError where it cannot be made.
        """
        return {FILE_NAME: self._copy} if self.is_in_step else {}

    def _copy(self, target: Path) -> None:
        if self._db is None:
            shutil.copyfile(self._path, target)
            return
        try:
            with closing(sqlite3.connect(target)) as copy:
                self._db.backup(copy)
        except sqlite3.Error as error:
            raise OSError(f"the text index {self._path} cannot be copied: {error}") from error

    def repair(self, store: ox.Store) -> None:
        """Put right what a writer that was killed left behind; does nothing where there is nothing of that kind."""
        if self.is_marked:
            self._open(store)

    @contextlib.contextmanager
    def following(self, store: ox.Store, deltas: Sequence[Delta]) -> Iterator[None]:
        """Let the index follow a change that the body makes to the store.

        Raises
        ------
        OSError
            The mark could not be written; the body did not run.
        """
        changes = _changes(deltas)
        if changes == {}:
            yield
            return
        self._open(store)
        self._set_marks(each.graph for each in deltas)
        in_step, self._behind = not self._behind, True
        yield
        if changes is not None and in_step:
            self._behind = False
            self._change(changes)

    def close(self) -> None:
        """See the index on disk, in one file. Calling it again does nothing."""
        db, self._db = self._db, None
        if db is None:
            return
        try:
            with closing(db):
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            self._behind = True
            _log.warning("the text index %s could not be closed: %s", self._path, error)
        if self._behind:
            return
        with contextlib.suppress(OSError):  # the next writer looks at some graphs in vain
            self._mark.unlink(missing_ok=True)
            sync_path(self._mark.parent)
        self._marked.clear()

    def _open(self, store: ox.Store) -> None:
        """Open the index to write, in step with the store; make it where it has to be made."""
        if self._db is not None and not self._behind:
            return
        try:
            if not self._can_follow(store):
                self._make(store)
            self._behind = False
        except (sqlite3.Error, OSError) as error:
            self._give_up(f"could not be opened: {error}")

    def _can_follow(self, store: ox.Store) -> bool:
        """Open the index as it is, and read again what it may not know; False where it is not ours, or damaged."""
        try:
            if self._db is None:
                self._db = _connect(self._path)
            self._marked |= _read_marks(self._mark)
            if ours := is_ours(self._db):
                _read_again(self._db, store, self._marked)
        except sqlite3.OperationalError:  # a full disk, or no right to write
            raise
        except sqlite3.DatabaseError:
            return False
        return ours

    def _make(self, store: ox.Store) -> None:
        if self._db is not None:
            self._db.close()
        _log.info("making the text index %s", self._path)
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._set_marks(("urn:catalog:making",))  # until it is on disk
        self._db = _connect(self._path)
        with self._db:
            make_tables(self._db, store)

    def _set_marks(self, graphs: Iterable[str]) -> None:
        new = [graph for graph in graphs if graph not in self._marked]
        if not new:
            return
        fresh = not self._mark.exists()
        file = os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            os.write(file, "".join(f"{graph}\n" for graph in new).encode())
            os.fsync(file)
        finally:
            os.close(file)
        if fresh:
            sync_path(self._mark.parent)
        self._marked.update(new)

    def _change(self, changes: Changes) -> None:
        if self._db is None:
            self._behind = True
            return
        try:
            with self._db:
                for graph, (emptied, removed, added) in changes.items():
                    if emptied:
                        drop_graph(self._db, graph)
                    remove_texts(self._db, graph, removed)
                    add_texts(self._db, graph, added)
        except sqlite3.Error as error:
            self._give_up(f"could not be written: {error}")

    def _give_up(self, why: str) -> None:
        """Leave the index to the next writer; the store is written all the same."""
        _log.warning("the text index %s %s; texts are looked at one by one meanwhile", self._path, why)
        self._behind = True
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -65536")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _read_marks(mark: Path) -> set[str]:
    try:
        return {line.decode() for line in mark.read_bytes().splitlines()}  # of bytes: a str would part at U+2028 as well
    except FileNotFoundError:
        return set()


def _changes(deltas: Sequence[Delta]) -> Changes | None:
    """What changes in the index; None where a line is not canonical, which whoever writes to the store will say."""
    try:
        found = {
            each.graph: (each.emptied, texts_of(each.graph, each.removed), texts_of(each.graph, each.added)) for each in deltas
        }
    except (SyntaxError, ValueError, IndexError):
        return None
    return {graph: change for graph, change in found.items() if any(change)}


def _read_again(db: sqlite3.Connection, store: ox.Store, graphs: Iterable[str]) -> None:
    with db:
        for graph in graphs:
            drop_graph(db, graph)
            add_texts(db, graph, texts_in_graph(store, graph))
