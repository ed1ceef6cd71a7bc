"""How long does a connection wait for its client? Not for ever, whoever it is.

uvicorn waits without end for a head, for a body, and for somebody to read an answer, so a few hundred clients that do nothing
keep all others out. Here each of these has a deadline. A client that sends or reads slowly keeps its connection as long as `STEP`
bytes move in each span; an answer that takes long to make, such as a stream of events, is not touched at all.

Where there are more connections than the service keeps, those go first that have waited longest without asking for anything.
"""

import asyncio
import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from catalog.api.problems import MEDIA_TYPE, problem

__all__ = ["STEP", "Deadlines", "protocol_with"]

STEP: Final = 4096
"""Bytes that have to move within each span, so that it begins anew."""
_LOOKS: Final = 8
"""How often it is looked, in a span, whether an answer is taken: a client that stops is noticed that much later at most."""
_LINGER_S: Final = 2.0
"""For how long a client that goes on sending is listened to after its answer, so that it can still read it."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long is waited, in seconds.

    Attributes
    ----------
    head
        For the whole head of a request, once the connection is made or its first byte is there.
    body
        For each `STEP` bytes of a body, or its end.
    write
        For each `STEP` bytes of an answer to be taken.
    """

    head: float = 10.0
    body: float = 10.0
    write: float = 10.0


def protocol_with(deadlines: Deadlines, max_connections: int) -> type[H11Protocol]:
    """The protocol of uvicorn, with deadlines, for one server.

    Parameters
    ----------
    max_connections
        Connections that are kept at the same time.
    """
    members = {"deadlines": deadlines, "max_connections": max_connections, "waiting": {}}
    return type("DeadlineProtocol", (_DeadlineProtocol,), members)


class _DeadlineProtocol(H11Protocol):
    deadlines: Deadlines
    max_connections: int
    waiting: dict["_DeadlineProtocol", None]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._reading = self._writing = ""
        self._read_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._received, self._left, self._looks, self._moved = 0, 0, 0, False
        super().connection_made(transport)
        self._watch_reading()
        if len(self.connections) > self.max_connections:
            next(iter(self.waiting), self)._drop()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._read_timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        self.waiting.pop(self, None)
        super().connection_lost(exc)

    # -- heads and bodies

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        self._watch_reading()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_reading()
        if not self._write_timer and self.transport.get_write_buffer_size():
            self._watch_writing()

    def _watch_reading(self) -> None:
        """Begin a span where another thing is waited for than before; a byte more of the same thing begins none."""
        if self.transport.is_closing():
            return
        awaited = self._awaited()
        if awaited not in {"request", "head"}:
            self.waiting.pop(self, None)
        elif self not in self.waiting:
            self.waiting[self] = None
        if awaited == self._reading:
            return
        self._reading = awaited
        if self._read_timer is not None:
            self._read_timer.cancel()
        spans = {"head": self.deadlines.head, "body": self.deadlines.body, "rest": _LINGER_S}
        # Between two requests, uvicorn's own clock for idle connections runs.
        self._read_timer = self._after(spans[awaited], self._late) if awaited in spans else None

    def _awaited(self) -> str:
        """``head``, ``body``, the ``rest`` of a body that nobody wants any more, another ``request``, or nothing."""
        if self.conn.their_state is h11.SEND_BODY:
            return "rest" if self.cycle is not None and self.cycle.response_complete else "body"
        if self.conn.their_state is not h11.IDLE:
            return ""
        return "head" if self.cycle is None or self.conn.trailing_data[0] else "request"

    def _late(self) -> None:
        self._read_timer = None
        if self._reading == "body" and (self.flow.read_paused or self._received >= STEP):
            self._received = 0
            self._read_timer = self._after(self.deadlines.body, self._late)
        elif self._reading == "head" and self.conn.trailing_data[0]:
            self._tell(408, f"the head of the request was not complete within {self.deadlines.head:g} s", "too-slow")
        elif self._reading == "body" and not self.cycle.response_started:
            self._tell(408, f"the body of the request stopped for {self.deadlines.body:g} s", "too-slow")
        else:
            self._drop()

    # -- answers

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self._write_timer:
            self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._moved = True

    def _watch_writing(self) -> None:
        self._left, self._moved, self._looks = self.transport.get_write_buffer_size(), False, 0
        self._write_timer = self._after(self.deadlines.write / _LOOKS, self._unread)

    def _unread(self) -> None:
        self._write_timer = None
        left = self.transport.get_write_buffer_size()
        if not left:
            return
        self._looks += 1
        if self._moved or self._left - left >= STEP:
            self._watch_writing()
        elif self._looks < _LOOKS:
            self._write_timer = self._after(self.deadlines.write / _LOOKS, self._unread)
        else:
            self.transport.abort()

    # -- ends

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  what uvicorn calls it with
        """Tell of a head or body that cannot be understood, or is too long; in the shape of all errors."""
        if getattr(sys.exception(), "error_status_hint", 400) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._tell(431, "the head of the request is longer than this service reads", "limit-exceeded")
        else:
            self._tell(400, "this is no HTTP request", "input")

    def _tell(self, status: int, detail: str, code: str) -> None:
        """A last answer, and the end of the connection."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            body = problem(status, detail, code).body
            headers = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nx-content-type-options: nosniff\r\n"
            reason = HTTPStatus(status).phrase.encode()
            self.transport.write(
                b"HTTP/1.1 %d %s\r\n%sconnection: close\r\n\r\n" % (status, reason, headers.encode()) + bytes(body)
            )
        self._drop()

    def _drop(self) -> None:
        """End the connection, at the latest when what was written should have been read."""
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._watch_writing()

    def _after(self, seconds: float, action: Any) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, action)
