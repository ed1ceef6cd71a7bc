"""How does the catalogue keep graphs with no server at all? An Oxigraph store in a folder, opened by this process.

``DIR/{audience}/graphs`` holds the graphs that users see and, as its default graph, their union; ``DIR/{audience}/rejected``
holds those that the shapes refused. How several graphs change at once: `catalog.graphstore.oxigraph_write`. A commit
survives the death of the process; that its log is on disk before `apply` returns makes it survive the loss of power.

A query with a timeout runs in a process of its own (`catalog.graphstore.isolated`), because Oxigraph can be stopped in no
other way.

Oxigraph leaves a reader beside a writer undefined, so a lock on the folder keeps processes apart (`folder_lock`), and another one
threads (`read_write_lock`). A service, which reads all the time, reads published copies instead (`published`).
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

import pyoxigraph as ox

from catalog.errors import CatalogError, GraphStoreUnavailableError, InputError
from catalog.graphstore.delta import Delta, plan_delta
from catalog.graphstore.door import MEDIA_TYPES, Answer, GraphUpdate, check_updates, is_rejected, keeps_rejected
from catalog.graphstore.federation import CLOSED, Federation
from catalog.graphstore.folder_lock import FolderLock
from catalog.graphstore.guard import guard_query
from catalog.graphstore.isolated import query_in_process
from catalog.graphstore.oxigraph import answer_query
from catalog.graphstore.oxigraph_reading import PLACES, OxigraphReading, read_graph
from catalog.graphstore.oxigraph_write import make_union, write_deltas
from catalog.graphstore.published_copies import Pace, PublishedCopies, publish_stores
from catalog.graphstore.read_write_lock import ReadWriteLock
from catalog.graphstore.store_log import StoreLog
from catalog.graphstore.text_index import TextIndex
from catalog.graphstore.text_search import Candidate, Clock
from catalog.graphstore.text_words import Term as Wanted

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_GRAPHS, _REJECTED = PLACES
_log = logging.getLogger(__name__)


class EmbeddedGraphStore(OxigraphReading):
    """Named graphs of one audience in a folder.

    Parameters
    ----------
    folder
        Where the audiences lie; made when missing (by a writer).
    audience
        ``catalog`` (everything) or ``public``; the name of the folder inside.
    writable
        A writer excludes everybody else from this audience until `close`; readers share it.
    lock_timeout
        Seconds to wait for others.
    max_answer_bytes
        Largest serialised answer of `query`.
    federation
        Asks the endpoints that SERVICE names in users' queries.

    Raises
    ------
    GraphStoreUnavailableError
        Others use the folder, or it cannot be opened (the message names it).
    """

    def __init__(
        self,
        folder: Path,
        audience: str = "catalog",
        *,
        writable: bool = True,
        lock_timeout: float = 30.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        federation: Federation = CLOSED,
    ) -> None:
        if not audience.isidentifier():
            raise InputError(f"{audience!r} is no audience: use 'catalog' or 'public'")
        self.audience = audience
        self.folder = Path(folder) / audience
        self.writable = writable
        self._max_answer_bytes = max_answer_bytes
        self._federation = federation
        self._threads = ReadWriteLock()
        self._stores: dict[str, ox.Store] = {}
        self._logs = {place: StoreLog(self.folder / place) for place in (_GRAPHS, _REJECTED)}
        self._texts = TextIndex(self.folder)
        self._lock: FolderLock | None = None
        self._copies = PublishedCopies(self.folder)
        self._pace = Pace()
        self._closed = False
        if writable:
            with self._translated("made"):
                self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._open_all(lock_timeout)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _translated(self, verb: str) -> "_Translated":
        return _Translated(self.folder, verb)

    def _open_all(self, timeout: float) -> None:
        if not self.folder.is_dir():
            self._stores = {_GRAPHS: ox.Store(), _REJECTED: ox.Store()}
            return
        if not self.writable and any(self._mark(place).exists() for place in (_GRAPHS, _REJECTED)):
            EmbeddedGraphStore(self.folder.parent, self.audience, lock_timeout=timeout).close()  # a writer puts it right
        if not self.writable and self._texts.is_marked:
            with suppress(GraphStoreUnavailableError):  # we may not be allowed to write; texts are found without an index too
                EmbeddedGraphStore(self.folder.parent, self.audience, lock_timeout=timeout).close()
        self._lock = FolderLock(self.folder, exclusive=self.writable, timeout=timeout)
        for place in (_GRAPHS, _REJECTED):
            with self._translated("opened"):
                self._stores[place] = self._open(place)
                if self.writable and self._mark(place).exists():
                    make_union(self._stores[place], self._mark(place))
        if self.writable:
            self._texts.repair(self._stores[_GRAPHS])

    def _open(self, place: str) -> ox.Store:
        path = self.folder / place
        if place == _REJECTED and not keeps_rejected(self.audience):
            return ox.Store()
        if self.writable:
            return ox.Store(path)
        return ox.Store.read_only(str(path)) if (path / "CURRENT").is_file() else ox.Store()

    def _mark(self, place: str) -> Path:
        return self.folder / f"{place}.changing"

    def _store(self, place: str) -> ox.Store:
        if self._closed:
            raise GraphStoreUnavailableError(f"the graph store in {self.folder} is closed")
        return self._stores[place]

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        """Give several named graphs their next content, in one transaction; see `catalog.graphstore.door.GraphStore.apply`."""
        check_updates(updates)
        if not self.writable:
            raise GraphStoreUnavailableError(f"the graph store in {self.folder} was opened for reading only")
        refused = [update for update in updates if is_rejected(update.graph)] if keeps_rejected(self.audience) else []
        with self._threads.writing():
            if self._copies.wanted:
                with self._translated("written"):
                    self._copies.mark_behind()
            self._apply(_REJECTED, [update for update in refused if update.ntriples])
            self._apply(_GRAPHS, [update for update in updates if not is_rejected(update.graph)])
            self._apply(_REJECTED, [update for update in refused if not update.ntriples])
            if self._copies.behind and self._pace.is_due():
                self._publish()

    def _apply(self, place: str, updates: Sequence[GraphUpdate]) -> None:
        store, mark = self._store(place), self._mark(place)
        with self._translated("written"):
            if mark.exists():  # an earlier change was cut short
                make_union(store, mark)
            deltas = [delta for update in updates if (delta := self._plan(place, update))]
            if deltas and place == _GRAPHS:
                with self._texts.following(store, deltas):
                    write_deltas(store, self._logs[place], deltas, mark)
            elif deltas:
                write_deltas(store, self._logs[place], deltas, None)

    def _plan(self, place: str, update: GraphUpdate) -> Delta:
        previous = update.previous
        present = self._store(place).contains_named_graph(ox.NamedNode(update.graph))
        if not present:
            previous = b""
        elif not previous or not update.ntriples:  # unknown, or not as the caller thinks; a dropped graph goes to its last triple
            previous = self._read(place, update.graph)
        return plan_delta(update.graph, previous, update.ntriples or b"")

    def query(self, text: str, format: str = "json", *, timeout: float | None = None) -> Answer:  # noqa: A002
        """Answer a user's query; see `catalog.graphstore.door.GraphStore.query`."""
        safe = guard_query(text, services=True)
        safe.check_format(format)
        place = _REJECTED if safe.rejected else _GRAPHS
        safe, timeout = self._federation.fill(safe, timeout)
        with self._threads.reading():
            store = self._store(place)
            if timeout is not None and (self.folder / place).is_dir():
                body = query_in_process(self.folder / place, safe, format, timeout, self._max_answer_bytes)
            else:
                body = answer_query(store, safe, format, self._max_answer_bytes)
        return Answer(body, MEDIA_TYPES[format])

    def _candidates(self, terms: Sequence[Wanted], clock: Clock) -> Sequence[Candidate] | None:
        with self._threads.reading():
            return self._texts.candidates(terms, clock)

    def _read(self, place: str, graph: str) -> bytes:
        return read_graph(self._store(place), graph)

    @contextmanager
    def _reading(self, place: str) -> Iterator[ox.Store]:
        with self._threads.reading(), self._translated("read"):
            yield self._store(place)

    def close(self) -> None:
        """Give back files and the lock, and let readers see what was written. Calling it again does nothing."""
        with self._threads.writing():
            try:
                if len(self._stores) == len(PLACES) and self._is_unpublished():
                    self._publish()
            finally:
                self._closed = True
                self._texts.close()
                self._stores.clear()  # an Oxigraph store closes when nothing refers to it
                if self._lock is not None:
                    self._lock.release()
                    self._lock = None

    def _is_unpublished(self) -> bool:
        """Whether readers of copies would miss something; never so where a change was cut short."""
        if not self.writable or any(self._mark(place).exists() for place in PLACES):
            return False
        return self._copies.behind or (self._copies.wanted and self._copies.newest() is None)

    def _publish(self) -> None:
        """Publish; where that fails, what was written is safe all the same, and whoever reads or writes next publishes it."""
        started = time.monotonic()
        try:
            publish_stores(self.folder, self._stores, self._texts.backups())
        except (OSError, RuntimeError) as error:
            _log.warning("what was written to %s is not published yet: %s", self.folder, str(error))
        self._pace.took(time.monotonic() - started)


class _Translated:
    """Turns what Oxigraph and the system raise while a store is opened, read or written into our errors."""

    def __init__(self, folder: Path, verb: str) -> None:
        self._folder, self._verb = folder, verb

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | RuntimeError) and not isinstance(error, CatalogError):
            raise GraphStoreUnavailableError(
                f"the graph store in {self._folder} could not be {self._verb}: {error};"
                " see that the disk has room and that the folder is ours to write"
            ) from error
