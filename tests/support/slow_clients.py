"""What do thousands of clients that do nothing cost those who ask for something?

``python -m tests.support.slow_clients`` starts the service with its default settings in another process, lets 2,000 clients begin
a head, 200 begin a body and 200 not read what they asked for, while others ask as usual and one follows a stream of events, and
prints the figures as JSON.
"""

import asyncio
import contextlib
import http.client
import json
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catalog.observability import set_up_logging
from tests.support.served_stores import take_in_all
from tests.support.service import served

HEADS, BODIES, READERS = 2_000, 200, 200
PATIENCE_S = 40.0
"""For how long it is watched; the service should have ended all of them within 15 s."""
EVENTS, EVENT_EVERY_S = 14, 1.3
LARGE = 8 * 2**20
"""Bytes of the answer that nobody reads; more than the buffers of two sockets hold."""

_HALF_HEADS = (b"", b"GET / HT", b"GET /search HTTP/1.1\r\nHost: h\r\nX-A: b\r\n")
_HALF_BODY = b"POST /search HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n{"
_NOT_READ = b"GET /datasets/lab/zarr/a/c/0 HTTP/1.1\r\nHost: h\r\n\r\n"
_ASKED = ("/health/live", "/datasets/lab/zarr/zarr.json", "/search?kind=arrays", "/sparql?query=ASK%20%7B%7D")


def allow_many_files() -> None:
    """Let this process have as many connections open as the machine lets it."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 16_384) if most > 0 else 16_384, most))


@dataclass
class Crowd:
    """Clients that do nothing more, by kind; when each was begun, and when the service ended it."""

    port: int
    clients: dict[socket.socket, tuple[str, float]] = field(default_factory=dict)
    lasted: dict[str, list[float]] = field(default_factory=lambda: {"head": [], "body": []})
    answered: list[float] = field(default_factory=list)

    def join(self, kind: str, data: bytes, *, buffer: int = 0) -> None:
        """One more client."""
        client = socket.socket()
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(30)
        client.connect(("127.0.0.1", self.port))
        with contextlib.suppress(ConnectionError):  # others may have come since, so that this one had to go
            client.sendall(data)
        client.setblocking(False)
        self.clients[client] = (kind, time.monotonic())

    def watch(self, seconds: float) -> None:
        """Until all heads and bodies are ended, and all readers have the first byte of their answers, or the time is up."""
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            for client in self.clients:
                selector.register(client, selectors.EVENT_READ)
            while selector.get_map() and time.monotonic() < until:
                for key, _ in selector.select(0.2):
                    client = key.fileobj
                    assert isinstance(client, socket.socket)
                    kind, began = self.clients[client]
                    if kind == "reader":
                        selector.unregister(client)
                        self.answered.append(time.monotonic())
                    elif _has_ended(client):
                        selector.unregister(client)
                        self.lasted[kind].append(time.monotonic() - began)

    def got(self, kind: str) -> Iterator[int]:
        """Bytes that each client of a kind gets now until the end."""
        for client, (which, _) in self.clients.items():
            if which == kind:
                client.settimeout(30)
                size = 0
                with contextlib.suppress(OSError):
                    while part := client.recv(2**20):
                        size += len(part)
                yield size

    def close(self) -> None:
        for client in self.clients:
            client.close()


def _has_ended(client: socket.socket) -> bool:
    try:
        while client.recv(2**16):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


class Honest(threading.Thread):
    """Asks for one thing after the other, each time by a new connection, until it is told to stop."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.stopped = port, threading.Event()
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()

    def run(self) -> None:
        number = 0
        while not self.stopped.wait(0.03):
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("GET", _ASKED[number % len(_ASKED)])
                answer = connection.getresponse()
                answer.read()
                self.statuses[str(answer.status)] += 1
            except OSError as error:
                self.statuses[type(error).__name__] += 1
            finally:
                connection.close()
            self.seconds.append(time.monotonic() - began)
            number += 1


class Follower(threading.Thread):
    """Follows the stream of events to its end."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.events = port, 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/events")
            self.events = connection.getresponse().read().count(b"data: ")
        connection.close()


def attack(port: int, pid: int, heads: int = HEADS, bodies: int = BODIES, readers: int = READERS) -> dict[str, object]:
    """Let them all come, and say what became of them and of the others."""
    honest, follower, crowd = Honest(port), Follower(port), Crowd(port)
    follower.start()
    honest.start()
    time.sleep(1)
    before = _connections(pid)
    quiet = len(honest.seconds)
    for number in range(readers):
        crowd.join("reader", _NOT_READ, buffer=4096)
        if number < bodies:
            crowd.join("body", _HALF_BODY)
    for number in range(heads):
        crowd.join("head", _HALF_HEADS[number % len(_HALF_HEADS)])
    arrived, most = time.monotonic(), _connections(pid)
    crowd.watch(PATIENCE_S)
    answered = max(crowd.answered, default=arrived)
    while (kept := _connections(pid)) > before + 8 and time.monotonic() < answered + PATIENCE_S:
        time.sleep(0.2)
    if not before:  # a system that does not tell
        time.sleep(15)
    gone = time.monotonic() - answered
    whole = sum(size >= LARGE for size in crowd.got("reader"))
    follower.join(60)
    honest.stopped.set()
    honest.join(60)
    crowd.close()
    waited = sorted(honest.seconds[quiet:])
    return {
        "heads ended": len(crowd.lasted["head"]),
        "bodies ended": len(crowd.lasted["body"]),
        "readers that got it all": whole,
        "longest head, s": round(max(crowd.lasted["head"], default=0), 1),
        "longest body, s": round(max(crowd.lasted["body"], default=0), 1),
        "longest reader, s": round(gone, 1),
        "connections before, with all, after": [before, most, kept],
        "honest requests": len(waited),
        "honest answers": dict(honest.statuses),
        "honest p50, s": round(waited[len(waited) // 2], 3),
        "honest p99, s": round(waited[int(len(waited) * 0.99)], 3),
        "events": follower.events,
    }


def _connections(pid: int) -> int:
    """Sockets that a process has open; 0 where the system does not say."""
    found = 0
    for each in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            found += str(each.readlink()).startswith("socket:")
    return found


# -- the service


def prepare(folder: Path) -> None:
    """A catalogue with one public dataset, whose only chunk is large."""
    import numpy as np
    import zarr

    root = zarr.open_group(folder / "lab.zarr", mode="w", zarr_format=3)
    array = root.create_array("a", shape=(LARGE,), chunks=(LARGE,), dtype="u1", compressors=None)
    array[:] = np.ones(LARGE, "u1")
    with served(folder / "catalogue") as catalogue:
        take_in_all(catalogue, {"lab": str(folder / "lab.zarr")})


async def _events() -> AsyncIterator[bytes]:
    for number in range(EVENTS):
        yield b"data: %d\n\n" % number
        await asyncio.sleep(EVENT_EVERY_S)


def _serve(folder: Path, port: int) -> None:
    """The service as `catalog serve` runs it, with one address more: a stream of events."""
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    from catalog.api.server import make_server
    from catalog.settings import load_settings

    async def events(_: Request) -> StreamingResponse:
        return StreamingResponse(_events(), media_type="text/event-stream")

    place = folder / "catalogue"
    server = make_server(
        load_settings(graph_store=f"embedded:{place / 'graphs'}", archive=str(place / "archive"), api={"port": port})
    )
    server.config.app.router.routes.insert(0, Route("/events", events))  # type: ignore[union-attr]
    server.run()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[int, int]]:
    """The port and process of a service over what `prepare` made."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.support.slow_clients", "serve", str(folder), str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(600):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def main(arguments: list[str]) -> None:
    """Serve, where that is asked for; else attack, and print the figures."""
    set_up_logging()  # to where errors go, as `catalog serve` does
    allow_many_files()
    if arguments[:1] == ["serve"]:
        _serve(Path(arguments[1]), int(arguments[2]))
        return
    with tempfile.TemporaryDirectory(prefix="catalog-slow-clients-") as name:
        prepare(Path(name))
        with running(Path(name)) as (port, pid):
            print(json.dumps(attack(port, pid), indent=1))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
