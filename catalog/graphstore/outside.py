"""What is a query from outside, what may it cost, and how is it given up?

Users' own queries can be anything that SPARQL can say. They run where they can be killed, under limits, and end when their asker
leaves. An answer is whole, or it is an error: nothing of it is given away before its end was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from catalog.confined.places import Cancel, Places, Room
from catalog.confined.rights import NONE, Rights
from catalog.errors import GraphStoreUnavailableError, LimitExceededError
from catalog.graphstore.door import OUT_OF_TIME
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
    long_at_once
        Those that take long (Fuseki only, whose queries share processor cores with all that it answers); 0: half as many as this
        machine has cores.
    waiting
        Queries that wait for one of these to end; more are refused.
    rights
        What an operator wants of the processes of queries (embedded store only).
    """

    seconds: float = 10.0
    rows: int = 1_000_000
    answer_bytes: int = 64 * 2**20
    memory_bytes: int = 2 * 2**30
    at_once: int = 4
    waiting: int = 16
    long_at_once: int = 0
    rights: Rights = NONE


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
        """The query, if it may run in this format; its SERVICE blocks are still to be filled.

        Raises
        ------
        InputError, ForbiddenError, LimitExceededError
            As `catalog.graphstore.guard.guard_query`; or a graph is no absolute IRI, or the format does not go with the query.
        """
        safe = guard_query(self.text, services=True).over(self.default_graphs, self.named_graphs)
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
            SERVICE where the operator named no such endpoint, or an update.
        LimitExceededError
            The text, the time, the rows or the bytes; never a short answer.
        GraphStoreUnavailableError
            Too many queries are running, or the store did not answer.
        EndpointUnavailableError
            An endpoint that SERVICE names did not answer as it should.
        CancelledError
            The asker left.
        """
        ...


def places_for(limits: QueryLimits) -> Places:
    """Places for queries; one waits at most as long as a query may take."""
    return Places(room_for(limits), lambda: full(limits))


def room_for(limits: QueryLimits) -> Room:
    """How many queries run, and how many wait."""
    return Room(limits.at_once, limits.waiting, limits.seconds)


def full(limits: QueryLimits) -> GraphStoreUnavailableError:
    """The error for who finds no place."""
    return GraphStoreUnavailableError(
        f"{limits.at_once} queries are running, as many as may, and others wait: ask again in a moment"
    )


def out_of_time(seconds: float) -> LimitExceededError:
    """The error for a query that was given up."""
    return LimitExceededError(
        f"the query was given up after {seconds:g} s: narrow it, or add a LIMIT",
        limit=OUT_OF_TIME,
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
