"""How does a service read an embedded graph store all day without keeping writers out? From published copies.

`published_copies` says what these are. `PublishedGraphStore` reads the newest, looks at each question whether there is a newer
one (one system call), and holds no lock that a writer would wait for. A question that has begun ends on the copy it began with.

Users' queries run in processes of their own (`pool`), over the same copy.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import pyoxigraph as ox

from catalog.confined.places import Cancel
from catalog.errors import CatalogError, GraphStoreUnavailableError, InputError
from catalog.graphstore.bindings import Bindings, Term
from catalog.graphstore.door import MEDIA_TYPES, Answer, GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.federation import CLOSED, Federation
from catalog.graphstore.folder_lock import FolderLock
from catalog.graphstore.guard import SafeQuery, guard_own_query
from catalog.graphstore.isolated import Task
from catalog.graphstore.outside import DEFAULT_LIMITS, QueryLimits, Question, WholeAnswer
from catalog.graphstore.oxigraph import parse_bindings
from catalog.graphstore.oxigraph_reading import PLACES, OxigraphReading
from catalog.graphstore.pool import WorkerPool
from catalog.graphstore.published_copies import HeldCopy, PublishedCopies, publish_folder
from catalog.graphstore.queries import bind
from catalog.graphstore.remembered import MAX_SMALL_ROWS, RememberedAnswers
from catalog.graphstore.text_index import FILE_NAME, TextIndex
from catalog.graphstore.text_search import Candidate, Clock
from catalog.graphstore.text_tables import read_candidates
from catalog.graphstore.text_words import Term as Wanted

OWN_ANSWER_BYTES: Final = 256 * 2**20
"""Largest answer to a question of our own that has a timeout."""
OWN_NICE: Final = 5
"""Niceness of the workers that answer questions of our own: they go before users' queries."""
_LOOK_SECONDS: Final = 1.0
_ROW_CHARACTERS: Final = 1_000
_PAUSE: Final = 0.02


def _is_small(answer: Bindings) -> bool:
    """Whether rows say enough of how much memory an answer takes: it has no long texts."""
    return sum(len(term.value) for row in answer.rows for term in row if term is not None) <= _ROW_CHARACTERS * (len(answer) + 1)


class _OpenCopy:
    """One copy, open for reading, and how many questions it is answering."""

    def __init__(self, name: str | None, held: HeldCopy | None) -> None:
        self.name = name
        self.users = 0
        self._held = held
        self.folder = None if held is None else held.folder
        self.stores = {place: self._open(place) for place in PLACES}

    def _open(self, place: str) -> ox.Store:
        if self.folder is None or not (self.folder / place / "CURRENT").is_file():
            return ox.Store()
        return ox.Store.read_only(str(self.folder / place))

    def close(self) -> None:
        self.stores.clear()
        if self._held is not None:
            self._held.release()


class PublishedGraphStore(OxigraphReading):
    """The graph store of one audience as it was last published; safe to use from threads.

    Parameters
    ----------
    folder
        Where the audiences lie. Nothing there yet: an empty store, until there is.
    audience
        ``catalog`` or ``public``.
    lock_timeout
        Seconds to wait for a writer where nothing was published yet.
    limits
        What users' queries may cost.
    federation
        Asks the endpoints that SERVICE names in users' queries.

    Raises
    ------
    GraphStoreUnavailableError
        Nothing was published yet, and a writer does not finish or the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        audience: str = "catalog",
        *,
        lock_timeout: float = 30.0,
        limits: QueryLimits = DEFAULT_LIMITS,
        federation: Federation = CLOSED,
    ) -> None:
        if not audience.isidentifier():
            raise InputError(f"{audience!r} is no audience: use 'catalog' or 'public'")
        self.audience = audience
        self.folder = Path(folder) / audience
        self.limits = limits
        self._federation = federation
        self._copies = PublishedCopies(self.folder)
        self._pool = WorkerPool(limits, folder=self._copies.folder)
        self._own_pool = WorkerPool(limits, OWN_NICE, self._copies.folder)
        self._guard = threading.Lock()
        self._remembered = RememberedAnswers()
        self._small = RememberedAnswers(MAX_SMALL_ROWS)  # so that what took long makes no room for what did not
        self._closed = self._left = False
        self._looked = time.monotonic()
        self._current = self._open_first(lock_timeout)
        for pool in (self._pool, self._own_pool):
            pool.warm()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_first(self, timeout: float) -> _OpenCopy:
        if not self.folder.is_dir():
            return _OpenCopy(None, None)
        deadline = time.monotonic() + timeout
        if self._copies.newest() is None or self._copies.behind:
            self._try_to_publish()
        while (copy := self._open_newest()) is None:
            if self._try_to_publish():
                continue
            if time.monotonic() > deadline:
                raise GraphStoreUnavailableError(
                    f"nothing is published of the graph store in {self.folder}: waited {timeout:g} s for whoever writes to it"
                )
            time.sleep(_PAUSE)
        return copy

    def _open_newest(self) -> _OpenCopy | None:
        """The newest copy; None where there is none, or one that cannot be read."""
        name = self._copies.newest()
        if name is None or (held := self._copies.hold(name)) is None:
            return None
        try:
            return _OpenCopy(name, held)
        except OSError:  # power was lost while it was made
            held.release()
            self._copies.discard(name)
            return None

    def _try_to_publish(self) -> bool:
        """Publish what is there, unless somebody is writing; whether it was done."""
        self._copies.want()
        try:
            if any((self.folder / f"{place}.changing").exists() for place in (*PLACES, "text")):
                EmbeddedGraphStore(self.folder.parent, self.audience, lock_timeout=0).close()  # a writer puts it right
                return True
            lock = FolderLock(self.folder, exclusive=False, timeout=0)
        except GraphStoreUnavailableError:
            return False
        try:
            publish_folder(self.folder, TextIndex(self.folder).backups())
        except OSError as error:
            raise GraphStoreUnavailableError(f"the graph store in {self.folder} could not be published: {error}") from error
        finally:
            lock.release()
        return True

    def _follow(self) -> _OpenCopy:
        """The newest copy, open; never waits for a writer."""
        if self._closed:
            raise GraphStoreUnavailableError(f"the graph store in {self.folder} is closed")
        if time.monotonic() - self._looked > _LOOK_SECONDS:  # was a writer killed before it published?
            self._looked = time.monotonic()
            if self.folder.is_dir() and (self._copies.newest() is None or self._copies.behind):
                with contextlib.suppress(GraphStoreUnavailableError):
                    self._try_to_publish()
        name = self._copies.newest()
        if name is not None and name != self._current.name and (copy := self._open_newest()):
            old, self._current = self._current, copy
            if not old.users:
                self._leave(old)
        return self._current

    @contextlib.contextmanager
    def _copy(self) -> Iterator[_OpenCopy]:
        with self._guard:
            copy = self._follow()
            copy.users += 1
        try:
            yield copy
        except CatalogError:
            raise
        except (OSError, RuntimeError) as error:
            raise GraphStoreUnavailableError(f"the graph store in {self.folder} could not be read: {error}") from error
        finally:
            with self._guard:
                copy.users -= 1
                if not copy.users and (self._closed or copy is not self._current):
                    self._leave(copy)
            self._remove_left()

    def _leave(self, copy: _OpenCopy) -> None:
        copy.close()
        self._left = True

    def _remove_left(self) -> None:
        if not self._left:
            return
        with self._guard:
            left, self._left = self._left, False
        if left:
            self._copies.remove_unused()

    def state(self) -> str:
        """The copy that answers; see `catalog.graphstore.door.KnowsItsState`."""
        with self._guard:
            name = self._follow().name
        self._remove_left()
        return "" if name is None else f"{self.folder} {name}"

    @contextlib.contextmanager
    def _reading(self, place: str) -> Iterator[ox.Store]:
        with self._copy() as copy:
            yield copy.stores[place]

    def _candidates(self, terms: Sequence[Wanted], clock: Clock) -> Sequence[Candidate] | None:
        with self._copy() as copy:
            return [] if copy.folder is None else read_candidates(copy.folder / FILE_NAME, terms, clock, live=False)

    def _answered(self, bound: SafeQuery) -> Bindings | bool:
        state = self.state()
        if (known := self._small.get(state, bound.text)) is not None:
            return known
        answer = super()._answered(bound)
        if state and isinstance(answer, Bindings) and _is_small(answer):
            self._small.keep(state, bound.text, answer)
        return answer

    def query(self, text: str, format: str = "json", *, timeout: float | None = None) -> Answer:  # noqa: A002
        """Answer a user's query; see `catalog.graphstore.door.GraphStore.query`."""
        answer = self._answer(Question(text, format), Cancel(), self.limits.seconds if timeout is None else timeout)
        return Answer(b"".join(answer.parts), answer.media_type)

    def answer(self, question: Question, cancel: Cancel) -> WholeAnswer:
        """Answer a query from outside; see `catalog.graphstore.outside.OutsideDoor.answer`."""
        return self._answer(question, cancel, self.limits.seconds)

    def _answer(self, question: Question, cancel: Cancel, seconds: float) -> WholeAnswer:
        safe, seconds = self._federation.fill(question.guarded(), seconds, cancel)
        with self._copy() as copy:
            folder = (copy.folder or self.folder / "nothing") / PLACES[safe.rejected]
            task = Task(folder, safe, question.format, seconds, self.limits.answer_bytes, self.limits.rows)
            return WholeAnswer(self._pool.answer(task, cancel), MEDIA_TYPES[question.format])

    def select(
        self,
        text: str,
        values: Mapping[str, Sequence[Term]] | None = None,
        *,
        timeout: float | None = None,
        brief: bool = False,
    ) -> Bindings:
        """Answer one of our own SELECT queries; with a timeout in a worker, which can be stopped, unless it is brief.

        These have workers to themselves: users' queries, of which some never end, take no place from a search.
        """
        if timeout is None or brief:
            return super().select(text, values)
        safe = guard_own_query(text)
        if safe.form != "SELECT":
            raise InputError(f"{safe.form} has no bindings: use `ask` or `query`")
        bound = SafeQuery(bind(text, values), safe.form, safe.prefixes)
        with self._copy() as copy:
            folder = (copy.folder or self.folder / "nothing") / PLACES[0]

            def ask(seconds: float) -> Bindings:
                task = Task(folder, bound, "tsv", seconds, OWN_ANSWER_BYTES)
                return parse_bindings(b"".join(self._own_pool.answer(task, Cancel())))

            return self._remembered.answer(copy.name or "", bound.text, ask, timeout)

    def apply(self, updates: Sequence[GraphUpdate]) -> None:  # noqa: ARG002  it belongs to the door
        """Refuse: published copies never change."""
        raise GraphStoreUnavailableError(f"the graph store in {self.folder} was opened for reading only")

    def close(self) -> None:
        """Let go of the copy and end the workers. Calling it again does nothing."""
        for pool in (self._pool, self._own_pool):
            pool.close()
        with self._guard:
            if not self._closed and not self._current.users:
                self._current.close()
            self._closed = True
