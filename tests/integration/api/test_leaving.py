"""Does the work of a client who leaves in the middle of a slow read end, so that the next one is answered?

The store behind answers some chunks only when the test is over: a read that went on would keep its place until then.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest
import zarr

from tests.support.http_server import Reply, Request, WebServer
from tests.support.service import ServedCatalogue, served, take_in

AT_ONCE = 2
NODES = "datasets/far/nodes"


@dataclass(frozen=True)
class Scene:
    catalogue: ServedCatalogue
    web: WebServer
    released: threading.Event
    others: set[int]

    @property
    def readers(self) -> set[int]:
        """Ids of the processes that read for this service."""
        return _readers() - self.others

    @property
    def asked(self) -> int:
        """How many slow chunks were asked for."""
        return sum("/slow" in path and "/c/" in path for path in self.web.paths)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    root = zarr.open_group(tmp_path / "web" / "far.zarr", mode="w")
    for name, axis in (("slow", "slowx"), ("line", "slowx"), ("slowx", "slowx"), ("quick", "x")):
        made = root.create_array(name, shape=(8,), chunks=(2,), dtype="f8", dimension_names=[axis])
        made[:] = np.arange(8)
    released, others = threading.Event(), _readers()

    def script(request: Request) -> Reply | None:
        if "/slow" in request.path and "/c/" in request.path:
            released.wait(120)
        return None

    with (
        WebServer(tmp_path / "web", script=script) as web,
        served(tmp_path / "catalogue", api={"max_reads": AT_ONCE, "array_check_s": 3600}) as catalogue,
    ):
        take_in(catalogue, f"{web.url}/far.zarr", "far", extents=False)
        yield Scene(catalogue, web, released, others)
        released.set()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def _readers() -> set[int]:
    """Ids of the processes that read for any service of these tests."""
    children = psutil.Process().children(recursive=True)
    return {each.pid for each in children if "catalog.bridge.read_child" in each.cmdline()}


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


POST = "HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n"
ASKED = {
    "values": (f"GET /arrays/{NODES}/slow HTTP/1.1\r\nHost: x\r\n\r\n", 4),
    "points": (f"POST /sample/{NODES}/slow {POST}[[0]]", 1),
    "labels": (f"GET /plan/{NODES}/line?select=slowx=label(3) HTTP/1.1\r\nHost: x\r\n\r\n", 4),
}
"""Requests, and how many slow chunks each wants at once."""


def test_who_leaves_keeps_no_place_process_or_file(scene: Scene) -> None:
    with scene.catalogue.client() as client:
        quick = client.get(f"arrays/{NODES}/quick", params={"format": "json"})
        assert quick.json()["values"] == list(range(8)), quick.text
    files = open_files()
    for what, (request, chunks) in ASKED.items():
        scene.web.requests.clear()
        with ExitStack() as leaving:
            for _ in range(8):
                leaving.enter_context(socket.create_connection(("127.0.0.1", scene.catalogue.port))).sendall(request.encode())
            assert until(lambda wanted=AT_ONCE * chunks: scene.asked >= wanted), f"{what}: {scene.web.paths}"  # type: ignore[misc]
            reading = scene.readers
            assert len(reading) == AT_ONCE, what
        with scene.catalogue.client() as client:
            assert client.get(f"arrays/{NODES}/quick").status_code == 200, what
        assert until(lambda there=reading: not there & scene.readers), f"{what}: who read for them has ended"  # type: ignore[misc]
        assert len(scene.readers) <= AT_ONCE
    scene.released.set()
    assert until(lambda: open_files() <= files), f"{open_files()} files are open, {files} were before"
    with scene.catalogue.client() as client:
        values = client.get(f"arrays/{NODES}/slow", params={"format": "json"}).json()["values"]
        assert values == list(range(8))
