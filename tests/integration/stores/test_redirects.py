"""Does any header with a secret follow a redirect to another server, or out of what its credential is for?"""

import json
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from catalog.errors import ForbiddenError
from catalog.stores.arrays import open_array
from catalog.stores.credentials import Basic, Bearer, Credential, Credentials, Headers
from catalog.stores.source import open_source
from tests.support.fault_server import FaultServer, Say
from tests.support.http_server import Reply, Request, WebServer
from tests.support.secret_words import Words
from tests.unit.stores.trees import GROUP3, array3, write

CODES = (301, 302, 303, 307, 308)
NAMES = ("Cookie", "X-API-Key", "X-Auth-Token", "X-Amz-Security-Token", "Api-Key", "Proxy-Authorization")


def _credentials(words: Words) -> dict[str, Credential]:
    """Eight ways to send a secret, by the name of the header."""
    plain: dict[str, Credential] = {name: Headers({name: words.new()}) for name in NAMES}
    return {**plain, "Authorization (Basic)": Basic("me", words.new()), "Authorization (Bearer)": Bearer(words.new())}


@pytest.fixture
def other(tmp_path: Path) -> Iterator[WebServer]:
    with WebServer(tmp_path) as running:
        yield running


def _read_all(url: str, credentials: Credentials) -> None:
    """Read a document and a chunk; a redirect that is not followed is an error."""
    with closing(open_source(url, credentials=credentials)) as source, suppress(ForbiddenError):
        source.read("zarr.json", 10_000)
    with suppress(ForbiddenError), open_array(url, "a", json.loads(array3()), zarr_format=3, credentials=credentials) as reader:
        reader.read()


def test_no_header_follows_to_another_origin(server: WebServer, other: WebServer, tmp_path: Path) -> None:
    write(tmp_path / "s", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"})
    words = Words()
    asked = 0
    for name, credential in _credentials(words).items():
        for code in CODES:
            server.script = lambda request, code=code: Reply(code, headers={"Location": f"{other.url}{request.path}"})  # type: ignore[misc]
            _read_all(f"{server.url}/s", Credentials({server.url: credential}))
            sent = repr(server.requests)
            assert words.found_in(sent), f"{name} was not sent at all"
            asked += len(server.requests)
            server.requests.clear()
    assert asked >= 2 * len(CODES) * 8
    assert not words.found_in(repr(other.requests))
    assert not other.requests, "another origin is not asked at all"


def test_no_header_leaves_its_prefix_on_the_same_origin(server: WebServer, tmp_path: Path) -> None:
    write(tmp_path / "open", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"})
    words = Words()

    def script(request: Request) -> Reply | None:
        moved = request.path.replace("/closed/", "/open/")
        return None if moved == request.path else Reply(code, headers={"Location": moved})

    server.script = script
    for credential in _credentials(words).values():
        for code in CODES:  # noqa: B007  the script answers with it
            _read_all(f"{server.url}/closed", Credentials({f"{server.url}/closed": credential}))
    outside = [request for request in server.requests if request.path.startswith("/open/")]
    assert len(outside) >= len(CODES) * 8, "redirects on the same origin are followed"
    assert not words.found_in(repr(outside))
    inside = [request for request in server.requests if request.path.startswith("/closed/")]
    assert set(words.found_in(repr(inside))) == set(words.given)


def test_no_header_follows_from_https_to_http(other: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = Words()

    def moved(say: Say, head: bytes) -> None:
        path = head.split(b" ")[1].decode()
        say(f"HTTP/1.1 302 Found\r\nLocation: {other.url}{path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    with FaultServer(moved, certificate=tmp_path) as secure:
        trusting = ssl.create_default_context(cafile=tmp_path / "own.pem")
        monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
        for credential in _credentials(words).values():
            _read_all(f"{secure.url}/s", Credentials({secure.url: credential}))
        assert set(words.found_in(b"\n".join(secure.heads))) == set(words.given), "the secure server was believed and asked"
    assert not other.requests
