"""A network that breaks: a TCP proxy on this machine that cuts what goes through it.

::

    with ChaosProxy(port) as proxy:
        proxy.cut_request = Cut(body=100)          # the server gets the head and 100 bytes of the body, then an end
        proxy.lose_answer = True                   # the server does it, the answer never arrives
"""

import contextlib
import re
import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_TARGET = re.compile(rb"^\S+ (\S+)")


@dataclass(frozen=True)
class Cut:
    """Where a message ends too early.

    Attributes
    ----------
    body
        Bytes of the body that still pass.
    reset
        The connection is reset, in place of an orderly end.
    chunked
        The proxy passes the body on in chunks, as proxies may.
    """

    body: int
    reset: bool = False
    chunked: bool = False


class ChaosProxy:
    """Passes requests on to a server of this machine, one connection each, and breaks those whose target matches.

    Attributes
    ----------
    only
        Part of the request's target; others pass unharmed.
    cut_request, cut_answer
        Where requests, and answers, end.
    lose_answer
        The server's whole answer is taken, and not passed on.
    requests
        Targets of the requests that came.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self.only = b"/"
        self.cut_request: Cut | None = None
        self.cut_answer: Cut | None = None
        self.lose_answer = False
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="chaos-proxy")
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), name="chaos-connection")
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(60)
            head, body = _read_head(client)
            match = _LENGTH.search(head)
            length = int(match[1]) if match else 0
            while len(body) < length and (more := client.recv(65536)):
                body += more
            target = _TARGET.match(head)
            self.requests.append(target[1] if target else b"")
            harm = target is not None and self.only in target[1]
            with socket.create_connection(("127.0.0.1", self._target), timeout=60) as server:
                if harm and self.cut_request is not None:
                    self._send_cut(server, head, body, self.cut_request)
                    if self.cut_request.reset:
                        return
                else:
                    server.sendall(head + body)
                self._answer(client, server, self.cut_answer if harm else None, lose=harm and self.lose_answer)

    @staticmethod
    def _send_cut(server: socket.socket, head: bytes, body: bytes, cut: Cut) -> None:
        part = body[: cut.body]
        if cut.chunked:
            head = _LENGTH.sub(b"\r\ntransfer-encoding: chunked\r\n", head)
            part = b"%x\r\n%s\r\n" % (len(part), part) if part else b""
        server.sendall(head + part)
        if cut.reset:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            server.close()
        else:
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _answer(client: socket.socket, server: socket.socket, cut: Cut | None, *, lose: bool) -> None:
        head, body = _read_head(server)
        if not head:
            return
        while not _is_whole(head, body) and (more := server.recv(65536)):
            body += more
        if not lose:
            client.sendall(_closing(head) + (body if cut is None else body[: cut.body]))


def _read_head(sock: socket.socket) -> tuple[bytes, bytes]:
    """The head of a message, blank line included, and what came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return b"", b""
        data += more
    head, mark, body = data.partition(b"\r\n\r\n")
    return head + mark, body


def _is_whole(head: bytes, body: bytes) -> bool:
    if b"chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    length = _LENGTH.search(head)
    return b" 204 " in head[:20] if length is None else len(body) >= int(length[1])


def _closing(head: bytes) -> bytes:
    """The head of a message after which the connection ends."""
    head = re.sub(rb"\r\nconnection:[^\r]*", b"", head, flags=re.IGNORECASE)
    return head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
