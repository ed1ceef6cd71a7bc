"""A real web server for a folder, with the manners that web servers have.

::

    with WebServer(folder, listing=403) as server:
        read(server.url + "/a.zarr")
        server.requests
"""

import html
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """One request that the server got."""

    path: str
    query: str
    headers: dict[str, str]
    method: str = "GET"
    client_port: int = 0
    """The same for all requests of one connection."""


@dataclass
class Reply:
    """What the server answers; ``stall`` seconds pass before the second half of the body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stall: float = 0.0
    cut: bool = False


class AtOnce:
    """A script that answers slowly and counts how many requests were there at the same time.

    Parameters
    ----------
    expected
        Until so many were, each waits 0.2 s for others, so that a busy machine finds as many as an idle one.
    reply
        The answer to each; None: what the server has.

    Attributes
    ----------
    most
        The highest count so far.
    """

    def __init__(self, expected: int, reply: Reply | None = None) -> None:
        self.most = 0
        self._now, self._expected, self._reply, self._more = 0, expected, reply, threading.Condition()

    def __call__(self, _: Request) -> Reply | None:
        with self._more:
            self._now += 1
            self.most = max(self.most, self._now)
            self._more.notify_all()
            self._more.wait_for(lambda: self.most >= self._expected, 0.2)
        time.sleep(0.02)
        with self._more:
            self._now -= 1
        return self._reply


@dataclass
class WebServer:
    """Serves a folder on a free port of this machine.

    Attributes
    ----------
    folder
        What is served.
    listing
        ``index``: a page of links; ``no-dots``: the same without names that begin with a dot; a number: that status.
    wanted
        Headers, name and value, without which the answer is ``refusal``.
    ranges
        ``yes``: 206 with the part; ``ignore``: 200 with all; ``mute``: 206 without Content-Range; ``wrong``: 206 with another
        part; ``short``: 206 with fewer bytes than it says.
    dated
        Whether it says when a file was written (in whole seconds, as HTTP has it).
    head
        The status of every HEAD, where they are not answered as they should be.
    script
        Asked first for each request; its reply, if any, is the answer.
    """

    folder: Path
    listing: str | int = "index"
    wanted: dict[str, str] = field(default_factory=dict)
    refusal: int = 401
    ranges: str = "yes"
    dated: bool = True
    head: int = 0
    script: Callable[[Request], Reply | None] | None = None
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits 40 ms for the last one to be confirmed

            def do_GET(self) -> None:
                outer._handle(self)

            do_HEAD = do_GET  # noqa: N815  so that a HEAD is counted like any other request

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # else clients that come side by side wait a second for a place

            def handle_error(self, request: object, client_address: object) -> None:
                if not isinstance(sys.exception(), ConnectionError):  # a client may leave when it likes
                    super().handle_error(request, client_address)  # type: ignore[arg-type]

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def paths(self) -> list[str]:
        """Paths that were asked for, in order."""
        return [request.path for request in self.requests]

    @property
    def counts(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(self.paths)

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(unquote(parts.path), parts.query, headers, handler.command, handler.client_address[1])
        self.requests.append(request)
        is_head = request.method == "HEAD"
        reply = (self.script(request) if self.script else None) or (Reply(self.head) if is_head and self.head else None)
        reply = reply or self._reply(request)
        handler.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if is_head:
            return
        half = len(reply.body) // 2
        try:
            handler.wfile.write(reply.body[:half])
            handler.wfile.flush()
            if reply.stall:
                time.sleep(reply.stall)
            if reply.cut:
                handler.close_connection = True
                return
            handler.wfile.write(reply.body[half:])
        except OSError:
            handler.close_connection = True  # the client has gone

    def _reply(self, request: Request) -> Reply:
        if any(request.headers.get(name.lower()) != value for name, value in self.wanted.items()):
            return Reply(self.refusal, b"who are you?", {"WWW-Authenticate": 'Basic realm="data"'})
        if ".." in request.path.split("/"):
            return Reply(400)
        path = self.folder / request.path.strip("/")
        if path.is_dir():
            return self._index(path, request)
        if not path.is_file():
            return Reply(404, b"nothing here")
        reply = self._part(path.read_bytes(), request.headers.get("range", ""))
        if self.dated:
            reply.headers["Last-Modified"] = formatdate(path.stat().st_mtime, usegmt=True)
        return reply

    def _index(self, path: Path, request: Request) -> Reply:
        if isinstance(self.listing, int):
            return Reply(self.listing, b"no list")
        if not request.path.endswith("/"):
            return Reply(301, headers={"Location": quote(request.path) + "/"})
        names = sorted(p.name + "/" * p.is_dir() for p in path.iterdir())
        if self.listing == "no-dots":
            names = [name for name in names if not name.startswith(".")]
        links = "".join(f'<li><a href="{quote(name)}">{html.escape(name)}</a></li>' for name in names)
        page = f'<html><a href="?C=N;O=D">Name</a> <a href="../">Parent</a><ul>{links}</ul></html>'
        return Reply(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _part(self, data: bytes, wanted: str) -> Reply:
        if not wanted or self.ranges == "ignore":
            return Reply(200, data, {"Content-Type": "application/octet-stream"})
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last) + 1, len(data)) if first and last else len(data)
        if start >= len(data):
            return Reply(416, headers={"Content-Range": f"bytes */{len(data)}"})
        if self.ranges == "wrong":
            start, end = (start - 1, end - 1) if start else (start + 1, min(end + 1, len(data)))
        body = data[start : end - 1] if self.ranges == "short" else data[start:end]
        known = {} if self.ranges == "mute" else {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
        return Reply(206, body, known)
