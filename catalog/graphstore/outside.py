"""What is a query from outside, what may it cost, and how is it given up?

Users' own queries can be anything that SPARQL can say. They run where they can be killed, under limits, and end when their asker
leaves. An answer is whole, or it is an error: nothing of it is given away before its end was seen.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from catalog.errors import GraphStoreUnavailableError, LimitExceededError
from catalog.graphstore.guard import SafeQuery, guard_query


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What queries from outside may cost.

    Attributes
    ----------
    seconds
        Until a query is given up, from its begin. A graph store with a shorter limit of its own keeps to that.
    rows
        Most rows of a table, or triples in N-Triples.
    answer_bytes
        Largest serialised answer.
    memory_bytes
        Address space of the process of one query (embedded store only).
    at_once
        Queries that run side by side; of each audience.
    waiting
        Queries that wait for one of these to end; more are refused.
    """

    seconds: float = 10.0
    rows: int = 1_000_000
    answer_bytes: int = 64 * 2**20
    memory_bytes: int = 2 * 2**30
    at_once: int = 4
    waiting: int = 16


DEFAULT_LIMITS = QueryLimits()


@dataclass(frozen=True, slots=True)
class Question:
    """A query from outside.

    Attributes
    ----------
    text
        As it was sent.
    format
        As for `catalog.graphstore.door.GraphStore.query`.
    default_graphs, named_graphs
        The dataset that the protocol's parameters describe, in place of what FROM says; both empty: none. Graphs are those of
        the audience; any other is empty.
    base
        What relative IRIs are relative to; ``""``: nothing.
    """

    text: str
    format: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base: str = ""

    def guarded(self) -> SafeQuery:
        """The query, if it may run in this format.

        Raises
        ------
        InputError, ForbiddenError, LimitExceededError
            As `catalog.graphstore.guard.guard_query`; or a graph is no absolute IRI, or the format does not go with the query.
        """
        safe = guard_query(self.text).over(self.default_graphs, self.named_graphs)
        safe.check_format(self.format)
        return replace(safe, base=self.base)


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """A serialised answer, complete as it stands, in the pieces in which it came."""

    parts: Sequence[bytes]
    media_type: str

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return sum(map(len, self.parts))


class CancelledError(Exception):
    """Whoever asked has left; nobody is there to be told."""


@dataclass
class Cancel:
    """The asker's way to say that the answer is not wanted any more; from any thread, at any time."""

    _acts: list[Callable[[], None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_set: bool = False

    @property
    def is_set(self) -> bool:
        """Whether the asker has left."""
        return self._is_set

    def set(self) -> None:
        """Give the query up."""
        with self._lock:
            self._is_set = True
            for act in self._acts:
                act()

    @contextmanager
    def calling(self, act: Callable[[], None]) -> Iterator[None]:
        """Let `act` be called when the query is given up during the body; never after it.

        Raises
        ------
        CancelledError
            It was given up before; the body did not run.
        """
        with self._lock:
            self.check()
            self._acts.append(act)
        try:
            yield
        finally:
            with self._lock:
                self._acts.remove(act)

    def check(self) -> None:
        """Stop here if the asker has left.

        Raises
        ------
        CancelledError
            They have.
        """
        if self._is_set:
            raise CancelledError


@runtime_checkable
class OutsideDoor(Protocol):
    """A graph store that answers queries from outside."""

    limits: QueryLimits

    def answer(self, question: Question, cancel: Cancel) -> WholeAnswer:
        """Answer a query from outside.

        Raises
        ------
        InputError
            A syntax error, a graph that is no absolute IRI, or a format that does not go with the form of the query.
        ForbiddenError
            SERVICE, or an update.
        LimitExceededError
            The text, the time, the rows or the bytes; never a short answer.
        GraphStoreUnavailableError
            Too many queries are running, or the store did not answer.
        CancelledError
            The asker left.
        """
        ...


class Places:
    """A limited number of places for queries that run, and for some that wait; first come, first served.

    Parameters
    ----------
    limits
        How many.
    """

    def __init__(self, limits: QueryLimits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._running = 0
        self._queue: list[object] = []

    def take(self, cancel: Cancel) -> None:
        """Wait for a place, at most as long as a query may take.

        Raises
        ------
        GraphStoreUnavailableError
            Too many wait already, or none became free.
        CancelledError
            The asker left.
        """
        ticket = object()
        with self._changed:
            if len(self._queue) >= self._limits.waiting and self._running >= self._limits.at_once:
                raise self._full()
            self._queue.append(ticket)
        try:
            with cancel.calling(self._wake), self._changed:
                free = self._changed.wait_for(
                    lambda: cancel.is_set or (self._running < self._limits.at_once and self._queue[0] is ticket),
                    timeout=self._limits.seconds,
                )
                cancel.check()
                if not free:
                    raise self._full()
                self._running += 1
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def give_back(self) -> None:
        """Let somebody else have the place."""
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _full(self) -> GraphStoreUnavailableError:
        return GraphStoreUnavailableError(
            f"{self._limits.at_once} queries are running, as many as may, and others wait: ask again in a moment"
        )


def out_of_time(seconds: float) -> LimitExceededError:
    """The error for a query that was given up."""
    return LimitExceededError(
        f"the query was given up after {seconds:g} s: narrow it, or add a LIMIT",
        limit="sparql-seconds",
        value=max(1, round(seconds)),
        allowed=max(1, round(seconds)),
    )


def too_many_rows(allowed: int) -> LimitExceededError:
    """The error for an answer with too many rows."""
    return LimitExceededError(
        f"the answer has more than {allowed} rows: add a LIMIT, and ask for the rest with OFFSET",
        limit="sparql-rows",
        value=allowed + 1,
        allowed=allowed,
    )


def too_large(allowed: int) -> LimitExceededError:
    """The error for an answer with too many bytes."""
    return LimitExceededError(
        f"the answer is larger than {allowed} bytes: ask for fewer columns, or add a LIMIT",
        limit="sparql-answer-bytes",
        value=allowed + 1,
        allowed=allowed,
    )
