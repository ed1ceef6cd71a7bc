"""Does anybody get through the gate? Canaries on this machine, and in a network of their own, would see it."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import CatalogError, ForbiddenError, InputError, StoreUnavailableError
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.stores import connector
from catalog.stores.credentials import Bearer, Credentials
from catalog.stores.gate import ANYWHERE, Outgoing
from catalog.stores.policy import Timeouts
from catalog.stores.source import open_source
from tests.support.canary import Canary
from tests.support.forbidden_urls import forbidden_urls
from tests.support.http_server import Reply, Request, WebServer
from tests.support.namespace_probe import WAYS
from tests.support.workspace import open_test_workspace
from tests.unit.stores.trees import GROUP3, write

ROOT = Path(__file__).parents[3]
STRICT = Outgoing(private="refuse")
AMAZON = ("bucket.s3.amazonaws.com", "s3.amazonaws.com", "bucket.s3.us-east-1.amazonaws.com")
QUICK = Timeouts(connect=2, read=2, total=4, retry=0)
STAND_IN = "127.0.0.2"
"""An address of this machine that takes the part of a public one; macOS has it only where it was added."""


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as canary:
        yield canary


@pytest.fixture
def canary6() -> Iterator[Canary]:
    with Canary("::1") as canary:
        yield canary


@pytest.mark.parametrize("way", WAYS)
def test_no_form_of_a_forbidden_url_reaches_this_machine(way: str, canary: Canary, canary6: Canary) -> None:
    urls = [*forbidden_urls(("127.0.0.1",), canary.port), *forbidden_urls(("::1",), canary6.port)]
    assert len(set(urls)) >= 200
    for url in urls:
        with pytest.raises((InputError, ForbiddenError)):
            WAYS[way](url, STRICT)
    assert canary.visits + canary6.visits == 0
    with suppress(CatalogError):
        WAYS["source"](canary.url, ANYWHERE)
    assert canary.visits == 1, "the canary is awake"


def test_no_form_of_a_forbidden_url_is_ingested(tmp_path: Path, canary: Canary) -> None:
    with open_test_workspace(tmp_path) as workspace:
        object.__setattr__(workspace, "outgoing", STRICT)
        for url in forbidden_urls(("127.0.0.1",), canary.port):
            for request in (IngestRequest(url), IngestRequest(url, dataset_id="d", relocate=True)):
                with pytest.raises((InputError, ForbiddenError)):
                    ingest(workspace, request)
    assert canary.visits == 0


def _namespace() -> list[str]:
    """The command that runs another in a network of its own, as far as this machine lets us."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if (
            shutil.which("unshare")
            and shutil.which("ip")
            and not subprocess.run([*command, "true"], capture_output=True, check=False).returncode
        ):
            return command
    pytest.skip("this machine gives no network of one's own (unshare --net)")


def test_no_canary_on_any_forbidden_address_is_visited() -> None:
    command = [*_namespace(), sys.executable, "-m", "tests.support.namespace_probe"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=300, text=True).stdout)
    assert found["urls"] >= 400
    for tried in ("closed", "strangers"):
        assert found[tried] == {"visits": dict.fromkeys(found["control"]["visits"], 0), "let_through": []}
    assert min(found["control"]["visits"].values()) >= 10, "with the gate open, every canary is reached"


class Names:
    """What a resolver answers: for each name, one list of addresses after the other; the last one for good."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self._ask = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)
        public = connector.is_public_address
        monkeypatch.setattr(connector, "is_public_address", lambda text: text == STAND_IN or public(text))
        monkeypatch.setattr(connector, "_is_own", lambda text: text != STAND_IN and text.startswith("127."))

    def _resolve(self, host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host not in self.answers:
            return self._ask(host, port, *args, **more)
        self.asked.append(host)
        answers = self.answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A server with a store at the address that takes the part of a public one."""
    from http.server import ThreadingHTTPServer

    def bind(server: ThreadingHTTPServer) -> None:
        server.server_address = (STAND_IN, server.server_address[1])  # type: ignore[assignment]
        server.socket.bind(server.server_address)
        server.server_address = server.socket.getsockname()
        server.server_name, server.server_port = STAND_IN, server.server_address[1]

    write(tmp_path / "s", {"zarr.json": GROUP3})
    with monkeypatch.context() as patched:
        patched.setattr(ThreadingHTTPServer, "server_bind", bind)
        server = WebServer(tmp_path)
        server.__enter__()
    yield server
    server.__exit__(None, None, None)


def read(url: str, outgoing: Outgoing = STRICT, credentials: Credentials | None = None) -> bytes | None:
    source = open_source(url, outgoing=outgoing, timeouts=QUICK, credentials=credentials)
    try:
        return source.read("zarr.json", 10_000)
    finally:
        source.close()


def test_a_public_name_is_read(public: WebServer, names: Names) -> None:
    names.answers["data.example.org"] = [[STAND_IN]]
    assert read(f"http://data.example.org:{public.port}/s") == GROUP3
    assert names.asked == ["data.example.org"], "what was checked is what was connected to"


@pytest.mark.parametrize("outgoing", [STRICT, Outgoing(private="named")])
@pytest.mark.parametrize("addresses", [["127.0.0.1"], [STAND_IN, "127.0.0.1"], ["127.0.0.1", STAND_IN], ["10.0.0.1", STAND_IN]])
def test_a_name_with_one_private_address_is_refused(
    outgoing: Outgoing, addresses: list[str], public: WebServer, names: Names, canary: Canary
) -> None:
    names.answers["data.example.org"] = [addresses]
    with pytest.raises(ForbiddenError, match="no public address") as caught:
        read(f"http://data.example.org:{canary.port}/s", outgoing)
    assert "127.0.0.1" not in str(caught.value), "nobody is told what a name leads to"
    assert canary.visits == 0


def test_a_watched_store_takes_no_connection_of_others_and_leaves_none(public: WebServer, names: Names) -> None:
    names.answers["data.example.org"] = [[STAND_IN]]
    for outgoing in (ANYWHERE, STRICT, ANYWHERE, STRICT):
        assert read(f"http://data.example.org:{public.port}/s", outgoing) == GROUP3
    first, watched, second, again = (request.client_port for request in public.requests)
    assert first == second
    assert len({first, watched, again}) == 3


def test_a_name_that_changes_its_mind_gets_nowhere(public: WebServer, names: Names) -> None:
    with Canary("127.0.0.1", public.port) as canary:
        names.answers["data.example.org"] = [[STAND_IN], ["127.0.0.1"]]
        url = f"http://data.example.org:{public.port}/s"
        assert read(url) == GROUP3
        for _ in range(3):
            with pytest.raises(ForbiddenError):
                read(url)
        assert canary.visits == 0
        names.answers["data.example.org"] = [[STAND_IN], ["127.0.0.1"]] * 20
        outcomes = []
        for _ in range(20):
            with suppress(ForbiddenError):
                outcomes.append(read(url))
        assert outcomes == [GROUP3] * 10
        assert canary.visits == 0


def test_a_bucket_s_name_that_leads_inside_is_refused(names: Names, canary: Canary) -> None:
    names.answers |= {name: [["127.0.0.1"]] for name in AMAZON}
    with pytest.raises(ForbiddenError, match="no public address"):
        read("s3://bucket/s")
    assert names.asked
    assert canary.visits == 0


def _redirecting(public: WebServer, target: str, status: int = 302) -> None:
    public.script = lambda request: Reply(status, headers={"Location": target}) if "/s/" in request.path else None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "http://2130706433:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
     "file:///etc/hostname", "ftp://127.0.0.1:{port}/", "https://127.0.0.1:{port}/", "http://user@127.0.0.1:{port}/"],
)  # fmt: skip
def test_no_redirect_leads_inside(status: int, target: str, public: WebServer, names: Names, canary: Canary) -> None:
    names.answers["data.example.org"] = [[STAND_IN]]
    _redirecting(public, target.format(port=canary.port), status)
    url = f"http://data.example.org:{public.port}/s"
    for outgoing in (STRICT, ANYWHERE):
        with pytest.raises((ForbiddenError, StoreUnavailableError)):
            read(url, outgoing, Credentials({url: Bearer("S3cret")}))
    assert canary.visits == 0
    assert {request.headers["authorization"] for request in public.requests} == {"Bearer S3cret"}


def test_a_redirect_out_of_what_is_vouched_for_is_refused(server: WebServer, tmp_path: Path) -> None:
    write(tmp_path / "data", {"zarr.json": GROUP3})
    write(tmp_path / "other", {"zarr.json": GROUP3})
    vouched = Outgoing(private="refuse", allowed=(f"{server.url}/data",))

    def script(request: Request) -> Reply | None:
        moved = {"/data/a/zarr.json": "/data/zarr.json", "/data/b/zarr.json": "/other/zarr.json"}.get(request.path)
        return Reply(302, headers={"Location": moved}) if moved else None

    server.script = script
    assert read(f"{server.url}/data", vouched) == read(f"{server.url}/data/a", vouched) == GROUP3
    with pytest.raises(ForbiddenError, match="CATALOG_OUTGOING__ALLOWED"):
        read(f"{server.url}/data/b", vouched)
    assert "/other/zarr.json" not in server.paths
    assert read(f"{server.url}/data/b", ANYWHERE) == GROUP3


def test_the_proxy_of_the_process_is_not_used(
    public: WebServer, names: Names, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, canary.url)
    names.answers |= {"data.example.org": [[STAND_IN]]} | {name: [["127.0.0.1"]] for name in AMAZON}
    assert read(f"http://data.example.org:{public.port}/s") == GROUP3
    with pytest.raises(ForbiddenError):
        read("s3://bucket/s")
    assert canary.visits == 0
