"""What do other endpoints contribute to a query? We ask them ourselves, and hand the engine their answers as data.

No engine of ours sees SERVICE, or has a network to follow it: neither could be held to a list of endpoints. What is asked depends
on the query alone, never on what the graph store holds.

Source: SPARQL 1.1 Federated Query, sections 2.1 (join), 2.3 (SILENT), 4 (evaluation).
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from typing import Final, Protocol, overload
from urllib.parse import urljoin

from catalog.confined.places import Cancel, Places, Room
from catalog.errors import CatalogError, EndpointUnavailableError, GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.guard import SafeQuery, closed_service
from catalog.graphstore.queries import write_iri
from catalog.graphstore.service_answers import ONE_EMPTY, ServiceLimits, shown_endpoint, write_values
from catalog.graphstore.service_blocks import ServiceBlock

DEFAULT_SECONDS: Final = 60.0
"""For a query that has no time limit itself."""
_LEAST_SECONDS: Final = 0.1
_SHARE: Final = 0.75
"""What other endpoints may take of a query's time."""
_HIDDEN: Final = (EndpointUnavailableError, LimitExceededError)
"""Met while an endpoint was asked, so that SILENT hides it. Whom nobody may ask is no failure of anybody."""


class Exchange(Protocol):
    """A request that is under way."""

    def result(self) -> bytes:
        """Wait for the whole answer.

        Raises
        ------
        EndpointUnavailableError
            There is none, or `stop` was called.
        ForbiddenError
            The endpoint's name leads to an address that may not be reached.
        LimitExceededError
            It is too large.
        """
        ...

    def stop(self) -> None:
        """Close the connection, from any thread. Calling it again does nothing."""
        ...


class EndpointDoor(Protocol):
    """How other endpoints are reached, and which of them may be."""

    def admit(self, endpoint: str) -> None:
        """Let an endpoint through.

        Raises
        ------
        ForbiddenError
            The operator did not name it, or it may not be reached.
        """
        ...

    def ask(self, endpoint: str, question: str, *, max_bytes: int, seconds: float) -> Exchange:
        """Begin to ask an endpoint for SPARQL results in JSON."""
        ...


class Federation:
    """Puts the answers of other endpoints into queries; safe to use from threads.

    Parameters
    ----------
    door
        How endpoints are reached; None: none may be.
    limits
        What they may answer.
    """

    def __init__(self, door: EndpointDoor | None = None, limits: ServiceLimits | None = None) -> None:
        self._door = door
        self._limits = limits or ServiceLimits()
        self._places = Places(Room(self._limits.at_once, 0, DEFAULT_SECONDS), self._full)

    @overload
    def fill(self, safe: SafeQuery, seconds: float, cancel: Cancel | None = None) -> tuple[SafeQuery, float]: ...

    @overload
    def fill(self, safe: SafeQuery, seconds: None, cancel: Cancel | None = None) -> tuple[SafeQuery, None]: ...

    def fill(self, safe: SafeQuery, seconds: float | None, cancel: Cancel | None = None) -> tuple[SafeQuery, float | None]:
        """The query with solutions in the places of its SERVICE blocks, and the seconds that it has left.

        Parameters
        ----------
        safe
            As `catalog.graphstore.guard.guard_query` let it through.
        seconds
            What the whole query may take, None where nothing limits it; the endpoints, asked side by side, get three quarters.
        cancel
            Closes the connections.

        Raises
        ------
        ForbiddenError
            An endpoint may not be asked.
        InputError
            An endpoint is no absolute IRI.
        EndpointUnavailableError
            An endpoint did not answer as it should, and the block is not SILENT.
        LimitExceededError
            There are too many blocks, or an answer is too large and its block is not SILENT.
        GraphStoreUnavailableError
            Too many queries ask other endpoints.
        CancelledError
            The asker left.
        """
        blocks = safe.services
        if not blocks:
            return safe, seconds
        if self._door is None:
            raise closed_service(safe.text, blocks[0].start)
        if len(blocks) > self._limits.blocks:
            raise LimitExceededError(
                f"the query has {len(blocks)} SERVICE blocks, at most {self._limits.blocks} are allowed",
                limit="sparql-services",
                value=len(blocks),
                allowed=self._limits.blocks,
            )
        placed = [_placed(block, safe.base) for block in blocks]
        for block in placed:
            self._door.admit(block.endpoint)
        started, cancel = time.monotonic(), cancel or Cancel()
        self._places.take(cancel)
        try:
            answers = self._ask(self._door, placed, _SHARE * (seconds or DEFAULT_SECONDS), cancel)
        finally:
            self._places.give_back()
        filled = replace(safe, text=_splice(safe.text, placed, answers), services=())
        if seconds is None:
            return filled, None
        return filled, max(seconds - (time.monotonic() - started), min(seconds, _LEAST_SECONDS))

    def _ask(self, door: EndpointDoor, blocks: Sequence[ServiceBlock], seconds: float, cancel: Cancel) -> list[str]:
        exchanges: list[Exchange] = []

        def stop() -> None:
            for each in exchanges:
                each.stop()

        try:
            with cancel.calling(stop):
                for block in blocks:
                    asked = door.ask(block.endpoint, block.question, max_bytes=self._limits.answer_bytes, seconds=seconds)
                    exchanges.append(asked)
                cancel.check()  # or else what began meanwhile would not be stopped
                return [self._answer(block, n, exchanges[n], cancel) for n, block in enumerate(blocks)]
        finally:
            stop()

    def _answer(self, block: ServiceBlock, number: int, exchange: Exchange, cancel: Cancel) -> str:
        try:
            return write_values(exchange.result(), block, number, self._limits)
        except CatalogError as error:
            cancel.check()
            if not block.silent or not isinstance(error, _HIDDEN):
                raise
        return ONE_EMPTY

    def _full(self) -> GraphStoreUnavailableError:
        return GraphStoreUnavailableError(
            f"{self._limits.at_once} queries are asking other endpoints, as many as may: ask again in a moment"
        )


CLOSED: Final = Federation()
"""Asks nobody: SERVICE is refused."""


def _placed(block: ServiceBlock, base: str) -> ServiceBlock:
    """A block with an absolute endpoint, and a question that says what it is relative to."""
    endpoint = urljoin(base, block.endpoint)
    head = f"BASE {write_iri(base)} " if base else ""
    with suppress(InputError):
        write_iri(endpoint)
        return replace(block, endpoint=endpoint, question=head + block.question)
    shown = shown_endpoint(block.endpoint)
    raise InputError(f"the endpoint {shown!r} of SERVICE is no absolute IRI: write it out, or add a BASE")


def _splice(text: str, blocks: Sequence[ServiceBlock], answers: Sequence[str]) -> str:
    """The text with answers in place of blocks; what follows keeps its line numbers."""
    parts, at = [], 0
    for _, each in groupby(zip(blocks, answers, strict=True), key=lambda pair: pair[0].start):
        asked = list(each)
        block, answer = asked[0]
        if block.names:
            arms = (f"{{ VALUES ?{one.names} {{ {write_iri(one.endpoint)} }} {said} }}" for one, said in asked)
            answer = f"{{ {' UNION '.join(arms)} }}"
        lines = "\n" * text.count("\n", block.start, block.end)
        # An engine that hands the graph's name on to patterns alone finds none in VALUES.
        names = f"GRAPH ?{block.graph} {{}} " if block.graph else ""
        parts += [text[at : block.start], f" {names}{answer}{lines} "]
        at = block.end
    return "".join([*parts, text[at:]])
