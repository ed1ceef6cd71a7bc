"""Does the service outlive what its users have it decode and parse, without growing, and does nothing outlive the service?

``catalog serve`` runs as a process of its own; chunks are as somebody hostile would write them.
"""

import bz2
import json
import lzma
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numcodecs
import numpy as np
import psutil
import pytest
import zarr

from catalog.api.keys import digest_of, make_key
from catalog.bootstrap import open_workspace
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.settings import load_settings
from tests.support.service import listening_socket, served, take_in

COMMAND = Path(sys.executable).with_name("catalog")
GIB = 2**30
SECRET = "canary-in-the-settings-31"
CREDENTIALS = json.dumps({"https://h.example/": {"type": "bearer", "token": SECRET}})


class Served:
    """The command, running."""

    def __init__(self, folder: Path, **settings: str) -> None:
        with listening_socket() as free:
            port = free.getsockname()[1]
        self.base, self.log, self.key = f"http://127.0.0.1:{port}/", folder / f"log-{port}", make_key()
        given = {
            "CATALOG_GRAPH_STORE": f"embedded:{folder / 'graphs'}",
            "CATALOG_API__PORT": str(port),
            "CATALOG_API__WRITE_KEYS": digest_of(self.key),
            **settings,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([COMMAND, "serve"], env={**os.environ, **given}, stderr=log, stdout=log)
        for _ in range(1200):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.get("health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def get(self, address: str, **params: str) -> httpx.Response:
        return httpx.get(f"{self.base}{address}", params=params, timeout=60)

    def read(self, name: str, **params: str) -> httpx.Response:
        return self.get(f"arrays/datasets/zoo/nodes/{name}", **params)

    @property
    def resident_bytes(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def workers(self, entry: str = "") -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [each for each in children if entry in " ".join(each.cmdline())]


def write_v2(folder: Path, name: str, chunk: bytes | None, **members: Any) -> None:
    """An array of format 2 with one chunk as it is given."""
    document = {"zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "<i4", "compressor": None, "fill_value": 0, "order": "C"}
    document |= {"filters": None, **members}
    (folder / name).mkdir(parents=True)
    (folder / name / ".zarray").write_text(json.dumps(document))
    if chunk is not None:
        (folder / name / "0").write_bytes(chunk)


def write_zoo(folder: Path) -> None:
    """A good array, and what a stranger might write: few bytes that decode to a GiB, and elements of two."""
    folder.mkdir()
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    good = zarr.open_array(folder / "good", mode="w", shape=(20, 30), chunks=(7, 8), dtype="f8", zarr_format=2)
    good[:] = np.arange(600).reshape(20, 30)
    zeros = bytes(2**26)  # a stream of each; sixteen after each other are one, too
    write_v2(folder, "bz2", 16 * bz2.compress(zeros), compressor={"id": "bz2", "level": 9})
    xz = {"id": "lzma", "preset": 0, "format": 1, "check": -1, "filters": None}
    write_v2(folder, "lzma", 16 * lzma.compress(zeros, preset=0), compressor=xz)
    deflate = zlib.compressobj(1)
    packed = b"".join([*(deflate.compress(zeros) for _ in range(16)), deflate.flush()])
    write_v2(folder, "zlib", packed, compressor={"id": "zlib", "level": 1})
    write_v2(folder, "zstd", numcodecs.Zstd(1).encode(bytes(GIB)), compressor={"id": "zstd", "level": 1})
    for name, kind in (("bytes", "|S2147483646"), ("void", "|V2147483646"), ("texts", "<U500000000")):
        write_v2(folder, name, None, dtype=kind, fill_value=None)
    write_v2(folder, "broken", b"\x28\xb5\x2f\xfd", compressor={"id": "zstd", "level": 1})


BOMBS = {"bz2": 413, "zlib": 413, "lzma": 413, "zstd": 413, "bytes": 413, "void": 413, "texts": 413, "broken": 422}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("confined")
    write_zoo(folder / "zoo.zarr")
    with open_workspace(load_settings(graph_store=f"embedded:{folder / 'graphs'}")) as workspace:
        ingest(workspace, IngestRequest(str(folder / "zoo.zarr"), dataset_id="zoo", access="public"))
    return folder


@pytest.fixture(scope="module")
def service(catalogue: Path) -> Iterator[Served]:
    started = Served(catalogue, CATALOG_CREDENTIALS=CREDENTIALS, CATALOG_WORKERS__READ_S="4")
    yield started
    started.process.kill()
    started.process.wait()


def gone(pids: list[int]) -> bool:
    for _ in range(200):
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_the_service_says_whether_its_processes_have_a_network(service: Served) -> None:
    assert service.get("sparql", query="ASK {}").status_code == 200
    (queries, *_) = service.workers("isolated_child")
    networks = {Path(f"/proc/{pid}/ns/net").readlink() for pid in (queries.pid, service.process.pid)}
    assert f'"without_network": {str(len(networks) == 2).lower()}' in service.log.read_text()


def test_bombs_are_refused_and_the_service_grows_by_none(service: Served) -> None:
    assert service.read("good").status_code == 200
    before = service.resident_bytes
    for name, status in BOMBS.items():
        answer = service.read(name)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (name, answer.text)
    assert service.resident_bytes - before < 32 * 2**20
    assert service.process.poll() is None
    assert service.read("good", format="json").json()["values"] == np.arange(600.0).reshape(20, 30).tolist()


def test_who_decodes_is_another_process(service: Served) -> None:
    service.read("good")
    (worker, *_) = service.workers("read_child")
    os.kill(worker.pid, signal.SIGKILL)
    assert service.read("good").status_code == 200
    assert worker.pid not in [each.pid for each in service.workers("read_child")]


def test_a_decoder_that_never_ends_is_given_up_and_others_are_answered_meanwhile(service: Served) -> None:
    service.read("good")
    for worker in service.workers("read_child"):
        os.kill(worker.pid, signal.SIGSTOP)
    stopped = [worker.pid for worker in service.workers("read_child")]
    answers: list[httpx.Response] = []
    asked = [threading.Thread(target=lambda: answers.append(service.read("good"))) for _ in stopped]
    for each in asked:
        each.start()
    time.sleep(0.5)
    started = time.monotonic()
    assert service.read("good").status_code == 200
    assert service.get("search").status_code == 200
    assert time.monotonic() - started < 4 + 10  # a new process is started on a busy machine
    for each in asked:
        each.join(30)
    assert {(answer.status_code, answer.json()["limit"]) for answer in answers} == {(413, "read_s")}
    assert gone(stopped)


def test_credentials_are_on_no_command_line_and_in_no_environment(service: Served) -> None:
    service.read("good")
    workers = service.workers("confined")
    assert any("read_child" in " ".join(worker.cmdline()) for worker in workers)
    for worker in workers:
        assert SECRET.encode() not in Path(f"/proc/{worker.pid}/environ").read_bytes()
        assert SECRET not in " ".join(worker.cmdline())
    assert SECRET not in service.log.read_text()


def test_rdf_is_parsed_and_judged_in_another_process(service: Served) -> None:
    def patch(content: bytes, kind: str) -> httpx.Response:
        headers = {"Content-Type": kind, "Authorization": f"Bearer {service.key}"}
        return httpx.patch(f"{service.base}datasets/zoo", content=content, headers=headers, timeout=60)

    title = b'<> <http://purl.org/dc/terms/title> "Zoo" .'
    assert patch(title, "text/turtle").json()["accepted"] is True
    (judge,) = service.workers("judge_child")
    os.kill(judge.pid, signal.SIGSTOP)
    answers: list[httpx.Response] = []
    asked = threading.Thread(target=lambda: answers.append(patch(b"<> <urn:p> <urn:o> .", "text/turtle")))
    asked.start()
    time.sleep(2)  # until the change is there
    assert service.get("search").status_code == 200
    os.kill(judge.pid, signal.SIGSEGV)
    os.kill(judge.pid, signal.SIGCONT)
    asked.join(30)
    assert (answers[0].status_code, answers[0].json()["limit"]) == (413, "judge_memory_bytes")
    assert service.process.poll() is None
    deep = b'{"@id": "", "urn:p": ' + b'{"urn:q": ' * 30 + b"1" + b"}" * 31
    assert patch(deep, "application/ld+json").status_code in {200, 422}
    assert patch(b"this is no Turtle", "text/turtle").status_code == 400
    assert patch(title, "text/turtle").json()["statements"] == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_service(catalogue: Path, how: signal.Signals) -> None:
    service = Served(catalogue)
    assert service.read("good").status_code == 200
    workers = [each.pid for each in service.workers("confined")]
    assert workers
    if how == signal.SIGKILL:
        os.kill(service.workers("read_child")[0].pid, signal.SIGSTOP)
    service.process.send_signal(how)
    service.process.wait(60)
    assert gone(workers)


def test_nothing_is_decoded_parsed_or_judged_in_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service runs in this process here, where all that is forbidden; its own processes know nothing of that."""
    root = zarr.open_group(tmp_path / "lab.zarr", mode="w")
    for name, shape in (("lat", (6,)), ("line", (6,))):
        made = root.create_array(name, shape=shape, dtype="f8", dimension_names=["lat"])
        made[:] = np.arange(6) * 10

    def here(*_: object, **__: object) -> None:
        raise AssertionError("done in the service's own process")

    with served(tmp_path / "catalogue") as catalogue, catalogue.client(catalogue.write_key) as client:
        take_in(catalogue, tmp_path / "lab.zarr", "lab")
        monkeypatch.setattr("catalog.stores.arrays.ArrayReader._values", here)
        for name in ("read_statements", "parse_patch"):
            monkeypatch.setattr(f"catalog.services.curate.{name}", here)
        monkeypatch.setattr("catalog.validation.pyshacl_validator.PyShaclValidator.validate", here)
        line = "arrays/datasets/lab/nodes/line"
        for form in ("npy", "json", "csv", "arrow"):
            assert client.get(line, params={"format": form, "select": "lat=0:4"}).status_code == 200
        assert client.get(line, params={"select": "lat=label(40)", "format": "json"}).json()["values"] == 40.0
        title = {"title": "A line"}
        done = client.patch("datasets/lab", json=title, headers={"Content-Type": "application/merge-patch+json"})
        assert done.json()["accepted"] is True
        done = client.patch("datasets/lab", content=b"<> a <urn:x> .", headers={"Content-Type": "text/turtle"})
        assert (done.status_code, done.json()["statements"]) == (200, 1)
