"""Is every way in which a web server can fail told from every other, quickly, and never taken for data or for nothing there?"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest

from catalog.errors import (
    CatalogError,
    ForbiddenError,
    LimitExceededError,
    StoreBusyError,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
    WebPageError,
)
from catalog.stores.arrays import open_array
from catalog.stores.credentials import Bearer, Credentials
from catalog.stores.documents import read_documents
from catalog.stores.policy import Timeouts
from catalog.stores.source import open_source
from tests.support.fault_server import FaultServer, ResetConnectionError, Say
from tests.support.http_server import Reply, Request, WebServer
from tests.unit.stores.suite import Place, documents_of, kinds_of
from tests.unit.stores.trees import GROUP3, array3, consolidated3, write

pytestmark = pytest.mark.usefixtures("short_pauses")
QUICK = Timeouts(connect=0.5, read=0.4, total=1.0, retry=6.0)
BODY = consolidated3({"a": array3()})


def _plain(status: str, body: bytes = b"", *headers: str) -> Callable[[Say, bytes], None]:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return lambda say, _: say("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def _raw(data: bytes) -> Callable[[Say, bytes], None]:
    return lambda say, _: say(data)


def _reset(say: Say, _: bytes) -> None:
    raise ResetConnectionError


def _reset_half_way(say: Say, _: bytes) -> None:
    say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    time.sleep(0.05)
    raise ResetConnectionError


def _stall(say: Say, _: bytes) -> None:
    say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    time.sleep(0.8)


def _say_nothing(say: Say, _: bytes) -> None:
    time.sleep(0.8)


def _drip(say: Say, _: bytes) -> None:
    """A byte every tenth of a second: each in time, all of them together never."""
    say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(20):
        time.sleep(0.1)
        say(b" ")


def _drip_head(say: Say, _: bytes) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 20:
        time.sleep(0.1)
        say(bytes([letter]))


@dataclass(frozen=True)
class Fault:
    """One fault of a server, what it must be called, and how often it is worth asking."""

    name: str
    answer: Callable[[Say, bytes], None]
    error: type[CatalogError] | None
    match: str = ""
    requests: int = 1
    seconds: float = field(default=1.6)


HTML = b"<!DOCTYPE html><html><title>Sign in</title></html>"
FAULTS = [
    Fault("400", _plain("400 Bad Request"), StoreUnavailableError, "400"),
    Fault(
        "401",
        _plain("401 Unauthorized", b"", 'WWW-Authenticate: Bearer realm="x"'),
        StoreUnauthorizedError,
        "CATALOG_CREDENTIALS",
    ),
    Fault("403", _plain("403 Forbidden"), StoreForbiddenError, "CATALOG_CREDENTIALS"),
    Fault("404", _plain("404 Not Found"), None),
    Fault("410", _plain("410 Gone"), None),
    Fault("429", _plain("429 Too Many Requests", b"", "Retry-After: 0"), StoreBusyError, "429", 5),
    Fault("429-for-long", _plain("429 Too Many Requests", b"", "Retry-After: 3600"), StoreBusyError, "3600 seconds"),
    Fault("503-for-long", _plain("503 Service Unavailable", b"", "Retry-After: 90"), StoreBusyError, "90 seconds"),
    Fault("451", _plain("451 Unavailable For Legal Reasons"), StoreUnavailableError, "451"),
    Fault("500", _plain("500 Internal Server Error"), StoreUnavailableError, "500"),
    Fault("502", _plain("502 Bad Gateway"), StoreUnavailableError, "502", 5, 6.0),
    Fault("503", _plain("503 Service Unavailable"), StoreUnavailableError, "503", 5, 6.0),
    Fault("504", _plain("504 Gateway Timeout"), StoreUnavailableError, "504", 5, 6.0),
    Fault("silence", _say_nothing, StoreUnavailableError, "in time"),
    Fault("stall", _stall, StoreUnavailableError, "in time"),
    Fault("drip", _drip, StoreUnavailableError, "in time"),
    Fault("drip-head", _drip_head, StoreUnavailableError, "in time"),
    Fault("closed", _raw(b""), StoreUnavailableError, "broke", 5, 6.0),
    Fault("reset", _reset, StoreUnavailableError, "broke", 5, 6.0),
    Fault("reset-half-way", _reset_half_way, StoreUnavailableError, "broke", 5, 6.0),
    Fault("short", _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}"), StoreUnavailableError, "broke", 5, 6.0),
    Fault(
        "short-chunked",
        _raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        StoreUnavailableError,
        "broke",
        5,
        6.0,
    ),
    Fault("no-http", _raw(b"220 mail.example.org ESMTP\r\n\r\n"), StoreUnavailableError, "understood"),
    Fault("long-header", _plain("200 OK", BODY, "X-A: " + "a" * 100_000), StoreUnavailableError, "understood"),
    Fault(
        "not-gzip",
        _plain("200 OK", b"no gzip at all", "Content-Encoding: gzip"),
        StoreUnavailableError,
        "broke|understood",
        5,
        6.0,
    ),
    Fault(
        "login", _plain("200 OK", HTML, "Content-Type: text/html; charset=utf-8"), WebPageError, "login page.*CATALOG_CREDENTIALS"
    ),
    Fault("too-large", _plain("200 OK", b" " * 2_000_000), LimitExceededError, "1000000"),
    Fault("part", _plain("206 Partial Content", BODY, "Content-Range: bytes 0-9/10"), StoreUnavailableError, "206"),
    Fault("redirect-nowhere", _plain("302 Found"), StoreUnavailableError, "does not say where"),
    Fault("redirect-away", _plain("302 Found", b"", "Location: http://127.0.0.1:9/x"), ForbiddenError, "http://127.0.0.1:9"),
    Fault("redirect-to-file", _plain("302 Found", b"", "Location: file:///etc/hostname"), ForbiddenError, "file://"),
    Fault("redirect-loop", _plain("302 Found", b"", "Location: /again"), StoreUnavailableError, "more than 3 redirects", 4),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_has_its_own_word_for_a_document(fault: Fault) -> None:
    with FaultServer(fault.answer) as server:
        source = open_source(f"{server.url}/s", timeouts=QUICK)
        start = time.monotonic()
        if fault.error is None:
            assert source.read("zarr.json", 1_000_000) is None
        else:
            with pytest.raises(fault.error, match=fault.match) as caught:
                source.read("zarr.json", 1_000_000)
            assert type(caught.value) is fault.error
            assert f"{server.url}/s/zarr.json" in str(caught.value)
        assert time.monotonic() - start < fault.seconds
        source.close()
    assert source.requests == fault.requests
    # A connection that broke at once is dialled again by the library; each time is one that the server saw.
    assert fault.requests <= len(server.heads) <= 2 * fault.requests


SLOW = {"silence", "stall", "drip", "drip-head"}  # the time limits for values are long
SMALL = {"too-large"}  # two megabytes are no large chunk


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.error and fault.name not in SLOW | SMALL], ids=lambda fault: fault.name
)
def test_no_fault_becomes_a_fill_value(fault: Fault) -> None:
    document = json.loads(array3())
    with FaultServer(fault.answer) as server:
        with (
            open_array(f"{server.url}/s", "a", document, zarr_format=3) as reader,
            pytest.raises(fault.error or AssertionError, match=r"a/c/0"),
        ):
            reader.read()
        assert server.heads


def test_no_server() -> None:
    with FaultServer(_raw(b"")) as server:
        url = server.url
    _fails(url, StoreUnavailableError, "no connection.*ConnectionRefusedError")


def test_no_such_name() -> None:
    _fails("http://no-such-host.invalid", StoreUnavailableError, "no address")


def test_a_certificate_that_nobody_signed(tmp_path: Path) -> None:
    with FaultServer(_plain("200 OK", BODY), certificate=tmp_path) as server:
        _fails(server.url, StoreUnavailableError, "certificate is not valid")
    assert not server.heads, "nothing was told to a server that is not known"


def test_a_server_without_tls() -> None:
    with FaultServer(_plain("200 OK", BODY)) as server:
        _fails(server.url.replace("http:", "https:"), StoreUnavailableError, "secure connection")


def _fails(url: str, error: type[CatalogError], match: str) -> None:
    source = open_source(f"{url}/s", timeouts=QUICK)
    with pytest.raises(error, match=match):
        source.read("zarr.json", 1000)
    source.close()


# -- waiting


@pytest.fixture
def served(tmp_path: Path) -> Iterator[WebServer]:
    write(tmp_path / "s", {"zarr.json": BODY})
    with WebServer(tmp_path) as running:
        yield running


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_server_that_says_when_is_left_alone_until_then(served: WebServer, form: str) -> None:
    times: list[float] = []

    def script(request: Request) -> Reply | None:
        times.append(time.monotonic())
        if len(times) > 1:
            return None
        later = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
        return Reply(429, headers={"Retry-After": later})

    served.script = script
    assert len(Place(f"{served.url}/s").harvest().documents) == 1
    assert 0.9 <= times[1] - times[0] <= 3.5


def test_a_server_that_wants_too_much_time_is_not_waited_for(served: WebServer) -> None:
    served.script = lambda request: Reply(429, headers={"Retry-After": formatdate(time.time() + 7200, usegmt=True)})
    with pytest.raises(StoreBusyError, match="seconds") as caught:
        Place(f"{served.url}/s").harvest()
    assert caught.value.retry_after == pytest.approx(7200, abs=5)
    assert len(served.requests) == 1


@pytest.mark.parametrize("text", ["-5", "soon", "1e9", "9" * 400, "", "٣"])
def test_other_words_for_when_are_passed_over(served: WebServer, text: str) -> None:
    served.script = lambda request: Reply(429, headers={"Retry-After": text.encode().decode("latin-1")})
    with pytest.raises(StoreBusyError) as caught:
        Place(f"{served.url}/s").harvest()
    assert caught.value.retry_after is None
    assert len(served.requests) == 5


# -- tokens


class Tokens:
    """Gives a new token each time, and counts."""

    def __init__(self) -> None:
        self.count, self._lock = 0, threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.count += 1
            return f"secret-{self.count}"


def test_a_token_that_ran_out_is_asked_for_once_more(served: WebServer) -> None:
    tokens = Tokens()
    served.script = lambda request: Reply(401) if request.headers["authorization"] == "Bearer secret-1" else None
    place = Place(f"{served.url}/s", {"credentials": Credentials({served.url: Bearer(tokens)})})
    assert documents_of(place.harvest()) == {"zarr.json": BODY}
    assert [request.headers["authorization"] for request in served.requests] == ["Bearer secret-1", "Bearer secret-2"]


def test_a_server_that_believes_no_token_is_asked_twice_and_no_token_is_told(served: WebServer) -> None:
    tokens = Tokens()
    served.script = lambda request: Reply(401)
    with pytest.raises(StoreUnauthorizedError, match="CATALOG_CREDENTIALS") as caught:
        Place(f"{served.url}/s", {"credentials": Credentials({served.url: Bearer(tokens)})}).harvest()
    assert (tokens.count, len(served.requests)) == (2, 2)
    assert "secret" not in str(caught.value)


def test_a_token_that_is_only_a_text_is_not_tried_again(served: WebServer) -> None:
    served.script = lambda request: Reply(401)
    with pytest.raises(StoreUnauthorizedError):
        Place(f"{served.url}/s", {"credentials": Credentials({served.url: Bearer("secret-1")})}).harvest()
    assert len(served.requests) == 1


@pytest.mark.parametrize("value", [None, "", "two\r\nlines: secret", b"secret", 5])
def test_what_is_no_token_is_told_without_it(served: WebServer, value: object) -> None:
    place = Place(f"{served.url}/s", {"credentials": Credentials({served.url: Bearer(lambda: value)})})  # type: ignore[arg-type,return-value]
    with pytest.raises(StoreUnauthorizedError, match="no token could be had") as caught:
        place.harvest()
    assert "secret" not in str(caught.value)
    assert not served.requests


def test_a_function_that_never_gives_its_token_is_left(served: WebServer) -> None:
    ended = threading.Event()
    source = open_source(
        f"{served.url}/s", credentials=Credentials({served.url: Bearer(lambda: str(ended.wait(20)))}), timeouts=QUICK
    )
    start = time.monotonic()
    with pytest.raises(StoreUnauthorizedError, match="no token could be had: TimeoutError"):
        read_documents(source)
    assert time.monotonic() - start < 15  # of 20
    ended.set()
    source.close()


# -- pages for people


def test_a_page_for_whatever_is_not_there_does_not_hide_a_store(served: WebServer) -> None:
    """As single-page applications are served: every unknown path gives the same page."""
    page = Reply(200, HTML, {"Content-Type": "text/html"})
    write(served.folder / "t", {"zarr.json": GROUP3})
    served.script = lambda request: None if (served.folder / request.path.strip("/")).is_file() else page
    assert documents_of(Place(f"{served.url}/s").harvest()) == {"zarr.json": BODY}
    harvest = Place(f"{served.url}/t").harvest()
    assert documents_of(harvest) == {"zarr.json": GROUP3}
    assert "listing-refused" in kinds_of(harvest)


def test_a_redirect_to_a_login_page_is_a_login_page(served: WebServer) -> None:
    served.script = lambda request: (
        Reply(200, HTML, {"Content-Type": "text/html"})
        if request.path == "/login"
        else Reply(302, headers={"Location": "/login"})
    )
    with pytest.raises(WebPageError, match="login page"):
        Place(f"{served.url}/s").harvest()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (BODY, "text/html"),  # a server that calls everything HTML
        (HTML, "application/octet-stream"),  # for its reader to refuse
    ],
)
def test_a_name_or_a_look_alone_makes_no_page(served: WebServer, body: bytes, kind: str) -> None:
    served.script = lambda request: Reply(200, body, {"Content-Type": kind})
    source = open_source(f"{served.url}/s")
    assert source.read("zarr.json", 10_000) == body
    source.close()
