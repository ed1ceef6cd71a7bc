"""Are connections to web servers used again, and bounded? (`test_gate` has those that are watched.)"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.stores.credentials import Bearer, Credentials
from catalog.stores.remote import open_objects, run
from catalog.stores.source import open_source
from catalog.stores.url import parse_store_url
from tests.support.http_server import AtOnce, Reply, WebServer
from tests.unit.stores.trees import GROUP3, write


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    write(tmp_path / "s", {"zarr.json": GROUP3})
    with WebServer(tmp_path) as running:
        yield running


def _read(url: str, credentials: Credentials | None = None) -> None:
    source = open_source(url, credentials=credentials)
    try:
        assert source.read("zarr.json", 10_000) == GROUP3
    finally:
        source.close()


def test_one_connection_serves_one_opening_after_the_other_and_no_credential_stays_on_it(server: WebServer) -> None:
    url = f"{server.url}/s"
    for credentials in (None, Credentials({url: Bearer("made-for-this-test")}), None):
        _read(url, credentials=credentials)
    assert len({request.client_port for request in server.requests}) == 1
    assert [request.headers.get("authorization") for request in server.requests] == [None, "Bearer made-for-this-test", None]


def test_no_more_requests_at_once_than_the_store_is_to_have(server: WebServer) -> None:
    server.script = counted = AtOnce(3, Reply(200, GROUP3))
    objects = open_objects(parse_store_url(f"{server.url}/s"), concurrency=3)
    threads = [threading.Thread(target=lambda: run(objects.fetch("zarr.json", 10_000))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run(objects.close())
    assert len(server.requests) == 20
    assert counted.most == 3


def test_a_server_that_closed_the_connection_meanwhile_is_asked_anew(tmp_path: Path) -> None:
    write(tmp_path / "s", {"zarr.json": GROUP3})
    with WebServer(tmp_path) as server:
        _read(f"{server.url}/s")
        server.script = lambda _: Reply(200, GROUP3, {"Connection": "close"})
        _read(f"{server.url}/s")
        server.script = None
        _read(f"{server.url}/s")
        assert len(server.requests) == 3


def test_a_process_ends_at_once_and_without_a_word_though_connections_are_open(server: WebServer) -> None:
    text = (
        "from catalog.stores.source import open_source\n"
        f"source = open_source({server.url + '/s'!r})\n"
        "assert source.read('zarr.json', 10_000)\n"
        "source.close()\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", text], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout + done.stderr == ""
