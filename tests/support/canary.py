"""A port of this machine that nobody should ever connect to, and the ways to make a query do so."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Canary:
    """Listens, counts who comes, and sends them away with an empty answer; on a free port of this machine unless one is named."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.visits = 0
        self._listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="canary")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            with client, contextlib.suppress(OSError):
                client.settimeout(1)
                client.recv(4096)
                client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def spellings(url: str) -> list[str]:
    """Queries that reach another server where SERVICE is open, or look like it; `url` ends with a slash."""
    escaped = "".join(f"\\u{ord(letter):04X}" for letter in url[:4]) + url[4:]
    some = "{ ?s ?p ?o }"
    return [
        f"SELECT * {{ SERVICE <{url}> {some} }}",
        f"SELECT * {{ SERVICE SILENT <{url}> {some} }}",
        f"SELECT * {{ service <{url}> {some} }}",
        f"SELECT * {{ SeRvIcE<{url}>{some} }}",
        f"SELECT * {{ SERVICESILENT<{url}>{some} }}",
        f"SELECT * {{ SERVICE#c\n<{url}> {some} }}",
        f"SELECT * {{ SERVICE#c\r<{url}> {some} }}",
        f"SELECT * {{ SERVICE\t\n\r <{url}>\n{some} }}",
        f"SELECT * {{ SERVICE <{escaped}> {some} }}",
        f"PREFIX x: <{url}> SELECT * {{ SERVICE x: {some} }}",
        f"PREFIX x: <{url}> SELECT * {{ SERVICE x:y {some} }}",
        f"PREFIX : <{url}> SELECT * {{ SERVICE:y {some} }}",
        f"PREFIX SERVICE: <{url}> SELECT * {{ ?a ?b true SERVICE:x {some} }}",
        f"PREFIX : <{url}> SELECT * {{ ?a ?b trueSERVICE:x {some} }}",
        f"PREFIX : <{url}> SELECT * {{ ?a ?b 1SERVICE:x {some} }}",
        f"PREFIX : <{url}> SELECT * {{ ?a ?b 1.SERVICE:x {some} }}",
        f"BASE <{url}> SELECT * {{ SERVICE <y> {some} }}",
        f"BASE <{url}> SELECT * {{ SERVICE <> {some} }}",
        f"SELECT * {{ VALUES ?u {{ <{url}> }} SERVICE ?u {some} }}",
        f"SELECT * {{ BIND(<{url}> AS ?u) SERVICE ?u {some} }}",
        f'SELECT * {{ BIND(IRI("{url}") AS ?u) SERVICE $u {some} }}',
        f"SELECT * {{ FILTER EXISTS {{ SERVICE <{url}> {some} }} }}",
        f"SELECT * {{ FILTER NOT EXISTS {{ SERVICE <{url}> {some} }} }}",
        f"SELECT * {{ OPTIONAL {{ SERVICE <{url}> {some} }} }}",
        f"SELECT * {{ {{ SELECT * {{ SERVICE <{url}> {some} }} }} }}",
        f"SELECT * {{ FILTER(1<2)SERVICE<{url}>{some} }}",
        f"SELECT * {{ MINUS{{}}SERVICE<{url}>{some} }}",
        f"SELECT * {{ ?a ?b ?c .SERVICE<{url}>{some} }}",
        f'SELECT * {{ ?a ?b "x"SERVICE<{url}>{some} }}',
        f'SELECT * {{ ?a ?b "x\\"SERVICE"SERVICE<{url}>{some} }}',
        f"SELECT * {{ ?a ?b '''x''''SERVICE<{url}>{some} }}",
        f'SELECT * {{ FILTER(?s<#>"""\n?x)SERVICE<{url}>{some}#"""\n}}',
        f"SELECT * {{ FILTER(?s<'>')SERVICE<{url}>{some}FILTER(?s='') }}",
        f"PREFIX u: <urn:x> SELECT * {{ FILTER(?s<u:x#>'''\n)SERVICE<{url}>{some}#'''\n}}",
        f"SELECT * {{ ?s ?p ex:a\\'SERVICE<{url}>{some}#'\n }}",
        f"SELECT * {{ ?s <x:p>?SERVICE<{url}>{some} }}",
        f"SELECT * {{ \\u0053ERVICE <{url}> {some} }}",
        f"SELECT * {{ ?a ?b 'x\\u0027 SERVICE <{url}> {some} #' }}",
        f"SELECT * {{ GRAPH ?g {{ SERVICE <{url}> {some} }} }}",
        f"ASK {{ SERVICE <{url}> {some} }}",
        f"DESCRIBE ?s {{ SERVICE <{url}> {some} }}",
        f"CONSTRUCT {some} WHERE {{ SERVICE <{url}> {some} }}",
        f"LOAD <{url}>",
        f"LOAD SILENT <{url}>",
        f"LOAD <{url}> INTO GRAPH <x:g>",
        f"#c\nLOAD#c\n<{url}>",
        f"INSERT {some} WHERE {{ SERVICE <{url}> {some} }}",
        f"DELETE WHERE {{ ?s ?p ?o }} ; LOAD <{url}>",
        f"SELECT * {{}} ; LOAD <{url}>",
        f"PREFIX x: <{url}> LOAD x:y",
        f"SELECT * FROM <{url}> {some}",
        f"SELECT * FROM NAMED <{url}> {{ GRAPH ?g {some} }}",
        f"SELECT * {{ GRAPH <{url}> {some} }}",
        f"DESCRIBE <{url}>",
        f"SELECT (<java:java.net.URL>('{url}') AS ?x) {{}}",
    ]
