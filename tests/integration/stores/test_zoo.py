"""Hostile stores, from a folder, a web server and S3: nothing runs, nothing outside is read, nothing hangs, nothing crashes.

All are taken in by processes of their own, with little memory, which are killed where one store takes longer than it may.
"""

import json
import os
import pickle
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from tests.support.canary import Canary
from tests.support.http_server import WebServer
from tests.support.s3_server import S3Server
from tests.support.zoo import SPECIMENS, Specimen
from tests.support.zoo.codecs import PICKLED
from tests.support.zoo.specimen import CANARY, MARK, PLACES, SECRET

LIMIT = 30.0
"""Seconds that one store may take, to be ingested and read."""

PROBLEMS = 2000
"""Problems that a report may list of one store; the shapes list a thousand of them at most."""

CONTROLS = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


class Worker:
    """A process that takes stores in; another one is started where it dies or has to be killed."""

    def __init__(self, folder: Path, environment: dict[str, str], judge: bool) -> None:
        self.folder, self.environment, self.judge = folder, environment, judge
        self.starts = 0

    def run(self, tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        process: subprocess.Popen[str] | None = None
        try:
            for task in tasks:
                if process is None:
                    process = self._started()
                found = self._answer(process, task)
                if found["outcome"].startswith("ended"):
                    process.kill()
                    process.wait()
                    process = None
                yield found
        finally:
            if process is not None:
                process.kill()
                process.communicate()

    def _started(self) -> subprocess.Popen[str]:
        self.starts += 1
        command = [sys.executable, "-W", "ignore", "-m", "tests.support.zoo.worker", str(self.folder / str(self.starts))]
        command.append("judge" if self.judge else "accept")
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def _answer(self, process: subprocess.Popen[str], task: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(task) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return {"outcome": "ended: before it", "key": task["key"], "seconds": 0.0}
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(LIMIT):
                return {"outcome": f"ended: no answer in {LIMIT:.0f} s", "key": task["key"], "seconds": LIMIT}
        line = process.stdout.readline()
        if not line:
            return {"outcome": f"ended: with {process.wait()}", "key": task["key"], "seconds": 0.0}
        found: dict[str, Any] = json.loads(line)
        return found


class Zoo:
    """Everything that came of all stores, and of what they wanted to happen."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], dict[str, Any]] = {}
        self.visits = 0
        self.seconds = 0.0
        self.mark = Path(f"/tmp/z{os.getpid():07d}"[: len(MARK)])


def _tasks(place: str, urls: dict[str, str], keep: Path) -> list[dict[str, Any]]:
    keep.mkdir()
    return [
        {
            "key": name,
            "id": f"{place}-{name}",
            "place": place,
            "url": urls[name],
            "reads": list(specimen.reads),
            "dry": specimen.dry,
            "access": "public" if place == "file" else "restricted",  # both audiences are written once, which is enough
            "keep": str(keep),
        }
        for name, specimen in SPECIMENS.items()
        if place in specimen.places
    ]


def _written(folder: Path, changes: dict[bytes, bytes]) -> Iterator[tuple[str, bytes]]:
    """Write all stores below a folder; what belongs into the bucket comes back, by key."""
    for name, specimen in SPECIMENS.items():
        content = specimen.content(changes)
        if {"file", "http"} & set(specimen.places):
            specimen.write(folder / name / "s.zarr", content)
        if "s3" in specimen.places:
            yield from ((f"{name}/{key}", data) for key, data in content.items())


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory, s3: S3Server) -> Iterator[Zoo]:
    """All stores, taken in from all places."""
    found, start, folder = Zoo(), time.monotonic(), tmp_path_factory.mktemp("zoo")
    with Canary() as canary, WebServer(folder / "stores") as web:
        changes = {CANARY.encode(): canary.url.encode(), MARK.encode(): str(found.mark).encode()}
        s3.make_bucket("zoo", public=True)
        s3.put("zoo", _written(folder / "stores", changes), public=True)  # to make a client takes longer than to write a store
        urls = {
            "file": {name: str(folder / "stores" / name / "s.zarr") for name in SPECIMENS},
            "http": {name: f"{web.url}/{name}/s.zarr" for name in SPECIMENS},
            "s3": {name: f"s3://zoo/{name}" for name in SPECIMENS},
        }
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CATALOG_"))}
        environment |= {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "ZOO_S3": s3.url}

        def run(places: tuple[str, ...]) -> dict[tuple[str, str], dict[str, Any]]:
            worker = Worker(folder / f"work-{places[0]}", environment, judge=places == ("file",))
            tasks = [task for place in places for task in _tasks(place, urls[place], folder / f"kept-{place}")]
            return {(task["place"], task["key"]): each for task, each in zip(tasks, worker.run(tasks), strict=True)}

        # Two processes: to start one takes as long as a hundred stores, and the shapes are asked in one place.
        with ThreadPoolExecutor(2) as pool:
            for results in pool.map(run, (("file",), ("http", "s3"))):
                found.found |= results
        found.visits = canary.visits
    found.seconds = time.monotonic() - start
    yield found
    found.mark.unlink(missing_ok=True)


RUNS = [(place, specimen) for specimen in SPECIMENS.values() for place in specimen.places]


@pytest.mark.parametrize(("place", "specimen"), RUNS, ids=[f"{specimen.id}-{place}" for place, specimen in RUNS])
def test_it_is_answered_as_it_should_be(zoo: Zoo, place: str, specimen: Specimen) -> None:
    found = zoo.found[place, specimen.id]
    outcome = (place == "file" and specimen.judged) or specimen.outcome
    assert found["outcome"] == outcome, found
    assert specimen.kinds <= set(found["kinds"]), found
    if outcome == "accepted" and not specimen.dry:
        assert found["reads"] == specimen.reads, found
    assert found["seconds"] < LIMIT
    assert found.get("problems", 0) <= PROBLEMS, found


@pytest.mark.parametrize("place", PLACES)
def test_the_graphs_are_clean_and_hold_nothing_from_outside(zoo: Zoo, place: str) -> None:
    kept = [Path(each["graphs"]) for (where, _), each in zoo.found.items() if where == place and "graphs" in each]
    assert len(kept) > 200
    for path in kept:
        data = path.read_bytes()
        assert not CONTROLS.search(data), path.name
        assert SECRET not in data, path.name
        assert b"root:x:0" not in data, path.name
        assert sum(1 for _ in pyoxigraph.parse(data, pyoxigraph.RdfFormat.N_TRIPLES)) == data.count(b"\n"), path.name


def test_nothing_ran_and_nobody_was_asked(zoo: Zoo, tmp_path: Path) -> None:
    assert not zoo.mark.exists()
    assert zoo.visits == 0
    for handle in pickle.loads(PICKLED.replace(MARK.encode(), str(zoo.mark).encode())):  # the trap itself works
        handle.close()
    assert zoo.mark.exists()


def test_the_zoo_is_large_and_nothing_in_it_hangs(zoo: Zoo) -> None:
    assert len(SPECIMENS) >= 120
    slowest = max(each["seconds"] for each in zoo.found.values())
    assert slowest < LIMIT, f"{slowest:.0f} s for one store; {zoo.seconds:.0f} s for all"
    ended = {key: each["outcome"] for key, each in zoo.found.items() if each["outcome"].startswith(("ended", "fault"))}
    assert not ended
