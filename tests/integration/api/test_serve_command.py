"""Does ``catalog serve`` run as a process of its own: ready, logging in JSON, and gone in an orderly way on SIGTERM?"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from catalog.api.keys import digest_of
from catalog.bootstrap import open_workspace
from catalog.rdf.iris import DEFAULT_BASE
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.sample import write_sample
from catalog.settings import load_settings
from tests.support.service import listening_socket

COMMAND = Path(sys.executable).with_name("catalog")
SLOW = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?b != ?e) }"
"""Takes seconds on any catalogue, as it pairs everything with everything."""


class Served:
    """The command, running."""

    def __init__(self, folder: Path) -> None:
        with listening_socket() as free:
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}/"
        settings = {"CATALOG_GRAPH_STORE": f"embedded:{folder / 'graphs'}", "CATALOG_API__PORT": str(self.port)}
        self.settings = {**os.environ, **settings}
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([COMMAND, "serve"], env=self.settings, stderr=log, stdout=log)

    def wait(self) -> None:
        """Until it is ready."""
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.base}health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready within a minute: {self.log.read_text()}")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """The command over a catalogue with one dataset."""
    write_sample(tmp_path / "lab.zarr")
    with open_workspace(load_settings(graph_store=f"embedded:{tmp_path / 'graphs'}"), base=DEFAULT_BASE) as workspace:
        ingest(workspace, IngestRequest(str(tmp_path / "lab.zarr"), dataset_id="lab", access="public"))
    started = Served(tmp_path)
    try:
        started.wait()
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def test_its_log_is_json_and_it_ends_in_an_orderly_way(service: Served) -> None:
    httpx.get(f"{service.base}health/live", headers={"X-Request-Id": "first"})
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(30) in {0, -signal.SIGTERM}, service.log.read_text()
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    assert [line["path"] for line in lines if line.get("request_id") == "first"] == ["/health/live"]
    assert all({"timestamp", "level", "event"} <= line.keys() for line in lines)


def test_what_was_begun_is_answered_after_sigterm(service: Served) -> None:
    answers: list[httpx.Response] = []
    asked = threading.Thread(
        target=lambda: answers.append(httpx.get(f"{service.base}sparql", params={"query": SLOW}, timeout=60))
    )
    asked.start()
    time.sleep(1)
    service.process.send_signal(signal.SIGTERM)
    asked.join(60)
    service.process.wait(30)
    assert answers, "the connection was cut"
    assert answers[0].status_code in {200, 413}, answers[0].text


def test_another_process_ingests_while_it_serves(service: Served, tmp_path: Path) -> None:
    def ask(dataset: str) -> bool:
        query = f"ASK {{ <http://localhost:8000/datasets/{dataset}> ?p ?o }}"
        answer = httpx.get(
            f"{service.base}sparql", params={"query": query}, headers={"Accept": "application/sparql-results+json"}
        )
        return bool(answer.json()["boolean"])

    assert ask("lab")
    assert not ask("second")
    write_sample(tmp_path / "second.zarr")
    command = [COMMAND, "ingest", str(tmp_path / "second.zarr"), "--id", "second"]
    subprocess.run(command, env=service.settings, check=True, capture_output=True, timeout=60)
    assert ask("second"), "what was ingested is answered at once"


def test_a_key_in_the_settings_in_place_of_its_digest_is_refused(tmp_path: Path) -> None:
    env = {**os.environ, "CATALOG_GRAPH_STORE": f"embedded:{tmp_path}", "CATALOG_API__READ_KEYS": f"{digest_of('a')},zc_secret"}
    done = subprocess.run([COMMAND, "serve"], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "CATALOG_API__READ_KEYS" in done.stderr
    assert "zc_secret" not in done.stderr
