"""Do clients that do nothing go away, and do those that take their time stay?"""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from catalog.api.deadlines import STEP, Deadlines, protocol_with
from tests.support.service import listening_socket

SPAN = 0.6
LARGE = 16 * 2**20
"""More than the buffers of two sockets hold."""


@dataclass
class Server:
    """A server whose app knows a few answers."""

    port: int
    ended: list[str] = field(default_factory=list)

    def connect(self, data: bytes = b"", buffer: int = 0) -> socket.socket:
        client = socket.socket()
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(20)
        client.connect(("127.0.0.1", self.port))
        client.sendall(data)
        return client

    def get(self, path: str) -> bytes:
        with self.connect(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()) as client:
            return rest_of(client)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("not spoken here")
        path = scope["path"]
        try:
            await self._answer(path, receive, send)
        finally:
            self.ended.append(path)

    async def _answer(self, path: str, receive: Receive, send: Send) -> None:
        if path == "/echo":
            size, more = 0, True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                size, more = size + len(message["body"]), message["more_body"]
            await _send(send, str(size).encode())
        elif path == "/events":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
            for number in range(4):
                await asyncio.sleep(SPAN * 1.2)
                await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif path == "/large":
            await _send(send, b"x" * LARGE)
        elif path == "/refuse":
            await _send(send, b"no")
        else:
            await _send(send, b"here")


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    for start in range(0, len(body), 2**16):
        more = start + 2**16 < len(body)
        await send({"type": "http.response.body", "body": body[start : start + 2**16], "more_body": more})


def rest_of(client: socket.socket, pause: float = 0.0) -> bytes:
    """All that comes until the server closes."""
    parts = []
    while True:
        try:
            part = client.recv(2**16)
        except ConnectionError:
            break
        if not part:
            break
        parts.append(part)
        time.sleep(pause)
    return b"".join(parts)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    listener = listening_socket()
    found = Server(listener.getsockname()[1])
    config = uvicorn.Config(
        found.app,
        http=protocol_with(Deadlines(SPAN, SPAN, SPAN), 200),
        h11_max_incomplete_event_size=2**14,
        log_config=None,
        lifespan="off",
        interface="asgi3",
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield found
    running.should_exit = True
    thread.join(30)
    listener.close()
    assert not thread.is_alive()


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n"
BODY = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 0),
        (b"G", 408),
        (HEAD, 408),
        (BODY, 408),
        (BODY + b"x" * 100, 408),
        (BODY.replace(b"Length: 100000", b"Length: 7"), 408),
    ],
    ids=["nothing", "a letter", "half a head", "no body", "a bit of a body", "a short body that does not come"],
)
def test_who_stops_is_sent_away(server: Server, data: bytes, status: int) -> None:
    began = time.monotonic()
    with server.connect(data) as client:
        answer = rest_of(client)
    assert SPAN * 0.8 < time.monotonic() - began < SPAN + 5
    if not status:
        assert answer == b""
        return
    head, _, body = answer.partition(b"\r\n\r\n")
    assert _status(answer) == status
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "too-slow"


def test_a_hundred_halves_go_and_others_are_answered_meanwhile(server: Server) -> None:
    clients = [server.connect(HEAD if number % 2 else BODY) for number in range(100)]
    waited = []
    for _ in range(10):
        began = time.monotonic()
        assert server.get("/").endswith(b"here")
        waited.append(time.monotonic() - began)
    began = time.monotonic()
    assert {_status(rest_of(client)) for client in clients} == {408}
    assert time.monotonic() - began < 10
    assert max(waited) < 5
    for client in clients:
        client.close()


def test_a_drop_at_a_time_is_not_enough(server: Server) -> None:
    for begin, drop in ((HEAD, b"A: b\r\n"), (BODY, b"x")):
        with server.connect(begin) as client:
            began = time.monotonic()
            try:
                while time.monotonic() - began < 8:
                    client.sendall(drop)
                    time.sleep(0.05)
            except ConnectionError:
                pass
            assert time.monotonic() - began < 6, "bytes that come one by one buy no time"


def test_half_a_second_head_is_no_better(server: Server) -> None:
    with server.connect(HEAD + b"\r\n") as client:
        answer = b""
        while not answer.endswith(b"here"):
            answer += client.recv(1000)
        client.sendall(b"GET / HTT")
        assert _status(rest_of(client)) == 408


def test_two_heads_at_once_are_both_answered(server: Server) -> None:
    with server.connect(HEAD + b"\r\n" + HEAD + b"Connection: close\r\n\r\n") as client:
        assert rest_of(client).count(b"here") == 2


def test_a_slow_body_that_moves_arrives(server: Server) -> None:
    pieces = 8
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (pieces * STEP)
    with server.connect(head) as client:
        for _ in range(pieces):
            client.sendall(b"x" * STEP)
            time.sleep(SPAN / 2)
        assert rest_of(client).endswith(str(pieces * STEP).encode())


def test_a_stream_of_events_is_left_alone(server: Server) -> None:
    assert server.get("/events").count(b"data: ") == 4


def test_who_does_not_read_is_sent_away(server: Server) -> None:
    server.ended.clear()
    clients = [server.connect(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n", buffer=4096) for _ in range(20)]
    deadline = time.monotonic() + 10
    while server.ended.count("/large") < len(clients):
        assert time.monotonic() < deadline, "an answer that nobody reads is still being written"
        time.sleep(0.05)
    for client in clients:
        assert len(rest_of(client)) < LARGE
        client.close()


def test_who_reads_slowly_gets_it_all(server: Server) -> None:
    with server.connect(b"GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", buffer=2**17) as client:
        began = time.monotonic()
        assert len(rest_of(client, 0.008).partition(b"\r\n\r\n")[2]) == LARGE
        assert time.monotonic() - began > SPAN


def test_who_goes_on_sending_after_the_answer_is_cut_off(server: Server) -> None:
    with server.connect(b"POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000000\r\n\r\n") as client:
        answer = b""
        while not answer.endswith(b"no"):
            answer += client.recv(1000)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10:
                client.sendall(b"x" * 1000)
                time.sleep(0.01)
        except ConnectionError:
            pass
        assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (HEAD + b"X: " + b"x" * 2**15, 431, "limit-exceeded"),
        (b"GET /" + b"x" * 2**15, 431, "limit-exceeded"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "input"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400, "input"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX y: z\r\n\r\n", 400, "input"),
    ],
)
def test_what_is_no_request_is_told_so(server: Server, data: bytes, status: int, code: str) -> None:
    with server.connect() as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(data)
        answer = rest_of(client)
    assert (_status(answer), json.loads(answer.partition(b"\r\n\r\n")[2])["code"]) == (status, code)


def test_those_who_wait_longest_make_room(server: Server) -> None:
    clients = [server.connect(HEAD) for _ in range(300)]
    for _ in range(5):
        assert server.get("/").endswith(b"here"), "200 connections are kept, and half-open ones are the first to go"
    for client in clients:
        client.close()
