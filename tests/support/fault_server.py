"""A server that breaks the rules of HTTP in exactly one way: it answers each connection with bytes that a test wrote down.

::

    with FaultServer(lambda say, head: say(b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nshort")) as server:
        read(server.url)
"""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

Say = Callable[[bytes], None]


class ResetConnectionError(Exception):
    """Raised by an answer: the connection is reset in place of being closed."""


@dataclass
class FaultServer:
    """Answers every request with what ``answer`` says, then closes the connection.

    Attributes
    ----------
    answer
        Called with a function that sends bytes and with the request's head.
    certificate
        Folder in which a certificate of its own is made, for ``https``; None for plain ``http``.
    heads
        The heads of all requests so far.
    """

    answer: Callable[[Say, bytes], None]
    certificate: Path | None = None
    heads: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._context = _own_certificate(self.certificate) if self.certificate else None
        self.url = f"{'https' if self._context else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait, but not longer than the server lives; True where it has ended."""
        return self._ended.wait(seconds)

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            line = connection
            if self._context:  # what wraps it takes it over, and is closed itself
                line = stack.enter_context(self._context.wrap_socket(connection, server_side=True))
            head = b""
            while b"\r\n\r\n" not in head and head[:1] != b"\x16":  # a client that begins with TLS where none is spoken
                piece = line.recv(65536)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            try:
                self.answer(line.sendall, head)
            except ResetConnectionError:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _own_certificate(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody else has signed, made now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pair = folder / "own.pem"
    pair.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context
