"""Do workers answer side by side, die alone, and come back?"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from catalog.confined.places import Cancel, CancelledError
from catalog.errors import GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.guard import guard_query
from catalog.graphstore.isolated import Task, Worker
from catalog.graphstore.outside import QueryLimits
from catalog.graphstore.pool import WorkerPool

SLOW = (
    "SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"VALUES ?v{i} {{ {' '.join(map(str, range(200)))} }}" for i in range(6))
    + " FILTER(?v0 + ?v5 = -1) }"
)
NOWHERE = Path("/nonexistent")
LIMITS = QueryLimits(seconds=20, at_once=2, waiting=1)


def task(text: str = "ASK {}", seconds: float = 20.0, *, rows: int | None = None, size: int = 2**20) -> Task:
    return Task(NOWHERE, guard_query(text), "json", seconds, size, rows)


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(LIMITS)
    yield pool
    pool.close()


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


class TestPool:
    def test_a_worker_that_answers_well_answers_again(self, pool: WorkerPool) -> None:
        for _ in range(5):
            assert pool.answer(task(), Cancel()) == [b'{"head":{},"boolean":true}']
            with pytest.raises(InputError, match="syntax"):
                pool.answer(task("ASK { ?s ?p }"), Cancel())
        assert len(pool.pids) == 1

    def test_what_takes_too_long_is_killed_and_replaced(self, pool: WorkerPool) -> None:
        pool.answer(task(), Cancel())
        (first,) = pool.pids
        started = time.monotonic()
        with pytest.raises(LimitExceededError) as caught:
            pool.answer(task(SLOW, 0.3), Cancel())
        assert caught.value.limit == "sparql-seconds"
        assert time.monotonic() - started < 30
        assert not exists(first)
        assert until(lambda: len(pool.pids) == 1), "another stands ready before anybody asks"
        assert pool.answer(task(), Cancel())

    def test_an_asker_who_leaves_ends_the_query(self, pool: WorkerPool) -> None:
        cancel = Cancel()
        pool.answer(task(), cancel)
        (worker,) = pool.pids
        busy = psutil.Process(worker).cpu_times().user + 0.2

        def leave() -> None:
            assert until(lambda: psutil.Process(worker).cpu_times().user > busy)
            cancel.set()

        threading.Thread(target=leave).start()
        with pytest.raises(CancelledError):
            pool.answer(task(SLOW), cancel)
        assert not exists(worker)
        with pytest.raises(CancelledError):
            pool.answer(task(), cancel)
        cancel.set()
        assert pool.answer(task(), Cancel())

    def test_who_leaves_after_the_answer_hurts_nobody(self, pool: WorkerPool) -> None:
        cancel = Cancel()
        pool.answer(task(), cancel)
        pids = pool.pids
        cancel.set()
        assert pool.answer(task(), Cancel())
        assert pool.pids == pids

    def test_places_are_limited_and_given_back(self, pool: WorkerPool) -> None:
        cancels = [Cancel() for _ in range(6)]

        def ask(cancel: Cancel) -> str:
            try:
                pool.answer(task(SLOW), cancel)
            except (CancelledError, GraphStoreUnavailableError) as error:
                return type(error).__name__
            return "answered"

        with ThreadPoolExecutor(6) as threads:
            found = [threads.submit(ask, cancel) for cancel in cancels]
            assert until(lambda: sum(each.done() for each in found) == 3), "two run, one waits, three are told so"
            for cancel in cancels:
                cancel.set()
            names = sorted(each.result(20) for each in found)
        assert names == ["CancelledError"] * 3 + ["GraphStoreUnavailableError"] * 3
        assert pool.answer(task(), Cancel())

    def test_a_worker_that_dies_alone_is_noticed(self, pool: WorkerPool) -> None:
        pool.answer(task(), Cancel())
        (first,) = pool.pids
        os.kill(first, signal.SIGKILL)
        assert until(lambda: Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
        assert pool.answer(task(), Cancel()) == [b'{"head":{},"boolean":true}']

    def test_closed_is_closed(self, pool: WorkerPool) -> None:
        pool.answer(task(), Cancel())
        pids = pool.pids
        pool.close()
        pool.close()
        assert not any(map(exists, pids))
        with pytest.raises(GraphStoreUnavailableError, match="closed"):
            pool.answer(task(), Cancel())


class TestWorker:
    def test_it_is_confined(self) -> None:
        worker = Worker(2**30)
        try:
            worker.wait_until_ready()
            limits = Path(f"/proc/{worker.pid}/limits").read_text()
            found = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()}
            assert found["Max address space"] == str(2**30)
            assert found["Max core file size"] == "0"
            assert found["Max file size"] == "0"
            assert int(found["Max open files"]) <= 1024
            own = Path("/proc/self/ns/net").readlink() != Path(f"/proc/{worker.pid}/ns/net").readlink()
            assert own is not worker.has_network
            assert Path(f"/proc/{worker.pid}/environ").read_bytes().split(b"\0")[0].startswith(b"MALLOC_ARENA_MAX")
        finally:
            worker.close()

    def test_too_much_memory_is_its_own_death(self) -> None:
        worker = Worker(2**28)
        growing = "SELECT ?x { VALUES ?s { 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' } BIND(STR(?s) AS ?x0) "
        growing += " ".join(f"BIND(CONCAT(?x{i}, ?x{i}) AS ?x{i + 1})" for i in range(40)) + " BIND(?x40 AS ?x) }"
        with pytest.raises(LimitExceededError) as caught:
            worker.answer(task(growing))
        assert caught.value.limit == "sparql-memory"
        worker.close()

    def test_rows_and_bytes_are_limited(self) -> None:
        worker = Worker()
        many = f"SELECT ?v {{ VALUES ?v {{ {' '.join(map(str, range(500)))} }} }}"
        assert b"".join(worker.answer(task(many, rows=500))).count(b'"v":') == 500
        with pytest.raises(LimitExceededError) as caught:
            worker.answer(task(many, rows=499))
        assert (caught.value.limit, caught.value.allowed) == ("sparql-rows", 499)
        worker.close()
        worker = Worker()
        with pytest.raises(LimitExceededError) as caught:
            worker.answer(task(many, size=1000))
        assert (caught.value.limit, caught.value.allowed) == ("sparql-answer-bytes", 1000)
        worker.close()
