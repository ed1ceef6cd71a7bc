"""A SPARQL endpoint that answers as a test wants: right, wrong, slowly or not at all.

The path says how: ``/graph`` answers from an rdflib graph, the others are wrong in one way each, see `EndpointServer.answers`.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import rdflib

JSON = "application/sparql-results+json"


def table(count: int, *, size: int = 1) -> bytes:
    """An answer with one column ``v`` and so many rows."""
    rows = [{"v": {"type": "literal", "value": f"{n}".zfill(size)}} for n in range(count)]
    return json.dumps({"head": {"vars": ["v"]}, "results": {"bindings": rows}}).encode()


class EndpointServer:
    """Listens on a free port of this machine.

    Parameters
    ----------
    turtle
        What ``/graph`` knows.
    elsewhere
        Where ``/moved`` and ``/moved-for-good`` lead.
    """

    def __init__(self, turtle: str = "", elsewhere: str = "") -> None:
        self.graph = rdflib.Graph().parse(data=turtle, format="turtle")
        self.requests: list[tuple[str, dict[str, str], str]] = []
        self.left = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {
            "/html": (200, {"Content-Type": "text/html"}, b"<!doctype html><title>Log in</title>"),
            "/html-as-json": (200, {"Content-Type": JSON}, b"<!doctype html><title>Log in</title>"),
            "/broken": (500, {"Content-Type": "text/plain"}, b"top-secret"),
            "/unauthorized": (401, {"WWW-Authenticate": "Basic"}, b""),
            "/moved": (307, {"Location": elsewhere}, b""),
            "/moved-for-good": (301, {"Location": elsewhere}, b""),
            "/cut": (200, {"Content-Type": JSON, "Content-Length": "100000"}, table(3)),
            "/compressed": (200, {"Content-Type": JSON, "Content-Encoding": "gzip"}, b"\x1f\x8b"),
            "/many": (200, {"Content-Type": JSON}, table(10_001)),
            "/large": (200, {"Content-Type": JSON}, table(5000, size=1000)),
            "/just": (200, {"Content-Type": JSON}, table(10_000)),
            "/boolean": (200, {"Content-Type": JSON}, b'{"head": {}, "boolean": true}'),
        }
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server._answer(self, "")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                server._answer(self, parse_qs(body.decode()).get("query", [""])[0])

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler, question: str) -> None:
        path = handler.path.partition("?")[0]
        with self._lock:
            self.requests.append((handler.path, {name.lower(): value for name, value in handler.headers.items()}, question))
        if path == "/never":
            handler.connection.settimeout(60)
            if not handler.connection.recv(1):  # the other side has closed it
                self.left.set()
            return
        if path == "/graph":
            with self._lock:
                body = self.graph.query(question).serialize(format="json") or b""
            status, headers = 200, {"Content-Type": JSON}
        else:
            status, headers, body = self.answers[path]
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
