"""How does a Fuseki answer queries from outside, so that none of them costs more than it may?

They go to the endpoint ``guarded`` of the dataset, which has a short time limit of its own (fuseki/config.ttl); at a server that
has none of that name, to the usual one. Rows and bytes are counted while an answer comes in, and its end is looked at before any
of it is given away. Each query has a connection to itself, which is cut when the asker leaves.

Fuseki notices a cut connection only when it writes. So the place of a query whose asker left, or that was given up before its
first byte, is kept until its time at the server is over: by leaving, no asker gets more queries to run than there are places.

All queries share the server's processor cores with whatever else it answers, and one that computes for ten seconds takes as much
of them as any other: four of them on two cores made all else take three times as long. So each is tried for a moment first, which
is enough for nearly all. What is not done by then is asked once more in one of fewer places, half as many as there are cores.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from catalog.confined.places import Cancel, Places
from catalog.errors import GraphStoreUnavailableError, LimitExceededError, NoSuchServiceError
from catalog.graphstore.door import OUT_OF_TIME
from catalog.graphstore.fuseki_http import SparqlEndpoint, server_seconds
from catalog.graphstore.outside import QueryLimits, places_for, too_many_rows
from catalog.graphstore.row_count import RowCount

ENDPOINT: Final = "guarded"
GRACE_SECONDS: Final = 0.5
"""What the server gets beyond the limit to end the query by itself."""
BRIEF_SECONDS: Final = 1.0
"""For how long each query is tried first."""
_WORTHWHILE: Final = 4.0
"""Seconds that a query may take, from which on it is tried first."""


class FusekiOutside:
    """Queries from outside for one Fuseki.

    Parameters
    ----------
    http
        Speaks to it; keeps no connections.
    limits
        What queries may cost.
    """

    def __init__(self, http: SparqlEndpoint, limits: QueryLimits) -> None:
        self._http = http
        self._limits = limits
        cores = os.cpu_count() or 1
        self._places = places_for(replace(limits, at_once=min(limits.at_once, max(2, cores))))
        at_once = limits.long_at_once or max(1, min(limits.at_once, cores // 2))
        self._long_places = places_for(replace(limits, at_once=at_once))
        self._urls: dict[str, str] = {}

    def endpoint(self, query_url: str, base: str, try_it: Callable[[str], object]) -> str:
        """The guarded endpoint of a dataset, or its usual one where it has none.

        Parameters
        ----------
        query_url, base
            The usual endpoint and the dataset.
        try_it
            Asks an endpoint something, and raises what it answers.
        """
        if query_url not in self._urls:
            guarded = f"{base}/{ENDPOINT}"
            try:
                try_it(guarded)
            except NoSuchServiceError:
                self._urls[query_url] = query_url
            else:
                self._urls[query_url] = guarded
        return self._urls[query_url]

    def answer(
        self,
        url: str,
        text: str,
        accept: str,
        format: str,  # noqa: A002
        cancel: Cancel,
        *,
        params: Sequence[tuple[str, str]],
        authenticate: bool,
        seconds: float,
    ) -> list[bytes]:
        """Answer a query within so many seconds; errors as for `catalog.graphstore.outside.OutsideDoor.answer`."""

        def ask(places: Places, within: float) -> list[bytes]:
            def read(exchange: _Exchange) -> list[bytes]:
                return self._read(url, text, accept, format, params, authenticate, within, exchange)

            return _in_place(places, within, cancel, read)

        if seconds < _WORTHWHILE:
            return ask(self._places, seconds)
        try:
            return ask(self._places, BRIEF_SECONDS)
        except LimitExceededError as error:
            if error.limit != OUT_OF_TIME:
                raise
        return ask(self._long_places, seconds - BRIEF_SECONDS)

    def _read(
        self,
        url: str,
        text: str,
        accept: str,
        format: str,  # noqa: A002
        params: Sequence[tuple[str, str]],
        authenticate: bool,
        seconds: float,
        exchange: "_Exchange",
    ) -> list[bytes]:
        limits, rows, parts = self._limits, RowCount(format), []
        pieces = self._http.pieces(
            url,
            text,
            accept,
            max_bytes=limits.answer_bytes,
            timeout=seconds + GRACE_SECONDS,
            params=params,
            authenticate=authenticate,
            watch=exchange.watch,
        )
        for piece in pieces:
            rows.add(piece)
            if rows.rows > limits.rows:
                raise too_many_rows(limits.rows)
            parts.append(piece)
        return parts


def _in_place(places: Places, seconds: float, cancel: Cancel, read: Callable[["_Exchange"], list[bytes]]) -> list[bytes]:
    """Ask once there is a place, which is given back when the server cannot be working on the question any more."""
    places.take(cancel)
    end = time.monotonic() + server_seconds(seconds + GRACE_SECONDS)
    exchange = _Exchange()
    is_over = False
    try:
        with cancel.calling(exchange.cut):
            parts = read(exchange)
        is_over = True
    except GraphStoreUnavailableError:
        cancel.check()
        raise
    finally:
        exchange.close()
        if is_over or exchange.refused or (exchange.began and not cancel.is_set):
            places.give_back()
        else:
            _later(max(end - time.monotonic(), GRACE_SECONDS), places.give_back)
    return parts


class _Exchange:
    """One request on its connection, seen from beside it."""

    def __init__(self) -> None:
        self.began = False
        self.refused = False
        self._socket: socket.socket | None = None
        self._is_cut = False
        self._lock = threading.Lock()

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of what the HTTP library does."""
        if event == "connection.connect_tcp.complete":
            with self._lock:
                found = info["return_value"].get_extra_info("socket")
                self._socket = socket.socket(fileno=socket.dup(found.fileno()))
                if self._is_cut:
                    self._shut()
        elif event == "connection.connect_tcp.failed":
            self.refused = True
        elif event.endswith(".receive_response_headers.complete"):
            self.began = True

    def cut(self) -> None:
        """Cut the connection, from any thread: whoever reads from it is told at once."""
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
