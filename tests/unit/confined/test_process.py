"""Does a confined process give whole answers, die alone, and leave nothing behind?"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.confined.places import Cancel, CancelledError
from catalog.confined.process import Confinement, DiedError, FaultError, OutOfMemoryError, OutOfTimeError, Process
from catalog.errors import CatalogError, LimitExceededError, MetadataError, NotFoundError, StoreBusyError
from tests.support.confined_work import ERRORS

ENTRY = "tests.support.confined_work"
SECRET = b"canary-4711"
ROOT = Path(__file__).resolve().parents[3]


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def ask(process: Process, what: str, argument: Any = None, seconds: float = 20.0, **more: Any) -> bytes:
    return b"".join(process.ask(json.dumps([what, argument]).encode(), seconds, **more))


@pytest.fixture(scope="module")
def warm() -> Iterator[Process]:
    process = Process(ENTRY, Confinement(2**29), SECRET)
    yield process
    process.close()


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process(ENTRY, Confinement(2**29))
    yield process
    process.close()


class TestGood:
    def test_it_is_told_over_the_pipe_alone(self, warm: Process) -> None:
        assert ask(warm, "told") == SECRET
        for name in ("cmdline", "environ"):
            assert SECRET not in Path(f"/proc/{warm.pid}/{name}").read_bytes()

    @pytest.mark.parametrize("size", [0, 1, 65_530, 65_536, 3_000_000, 50_000_001])
    def test_answers_and_tasks_of_any_size_come_whole(self, warm: Process, size: int) -> None:
        assert ask(warm, "bytes", size) == b"x" * size
        if size < 10**7:
            assert ask(warm, "length", "y" * size) == str(size).encode()

    def test_what_is_printed_is_no_part_of_it(self, warm: Process) -> None:
        assert ask(warm, "print") == b"answer"

    @pytest.mark.parametrize("name", list(ERRORS))
    def test_errors_of_ours_come_as_they_are(self, warm: Process, name: str) -> None:
        expected = ERRORS[name]()
        with pytest.raises(CatalogError) as caught:
            ask(warm, "raise", name)
        found = caught.value
        assert (type(found), str(found)) == (type(expected), str(expected))
        for kind, members in {
            LimitExceededError: ("limit", "value", "allowed"),
            NotFoundError: ("near",),
            MetadataError: ("problems",),
            StoreBusyError: ("retry_after",),
        }.items():
            if isinstance(expected, kind):
                assert [getattr(found, each) for each in members] == [getattr(expected, each) for each in members]
        assert warm.is_alive

    def test_it_writes_no_file(self, warm: Process, tmp_path: Path) -> None:
        assert ask(warm, "write", str(tmp_path / "file")) == b"refused"

    def test_who_leaves_before_it_has_the_task_leaves_it_as_good_as_it_was(self, process: Process) -> None:
        gone = Cancel()
        gone.set()
        for _ in range(2):  # while it starts, and when it is ready
            with pytest.raises(CancelledError):
                ask(process, "spin", 60, cancel=gone)
            assert ask(process, "length", "abc", cancel=Cancel()) == b"3"


class TestBad:
    def test_a_fault_has_its_trace_for_the_log(self, process: Process) -> None:
        with pytest.raises(FaultError, match=r"(?s)ValueError: fault 7.*confined_work"):
            ask(process, "fault", 7)
        assert not process.is_alive

    def test_memory(self, process: Process) -> None:
        with pytest.raises(OutOfMemoryError):
            ask(process, "memory", 2**30)
        assert not process.is_alive

    @pytest.mark.parametrize(("what", "by"), [("segfault", signal.SIGSEGV), ("exit", 0)])
    def test_its_death(self, process: Process, what: str, by: int) -> None:
        with pytest.raises(DiedError) as caught:
            ask(process, what)
        assert caught.value.signal == by

    def test_time(self, process: Process) -> None:
        process.wait_until_ready()
        started = time.monotonic()
        with pytest.raises(OutOfTimeError):
            ask(process, "spin", 60, 0.3)
        assert time.monotonic() - started < 30
        assert not Path(f"/proc/{process.pid}").exists()

    def test_one_that_is_stopped_takes_no_task_and_is_given_up(self, process: Process) -> None:
        process.wait_until_ready()
        os.kill(process.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(OutOfTimeError):
            ask(process, "length", "y" * 10**6, 0.3)
        assert time.monotonic() - started < 30

    def test_an_answer_that_is_too_large_is_not_taken(self, process: Process) -> None:
        with pytest.raises(FaultError):
            ask(process, "bytes", 1001, max_bytes=1000)
        assert not process.is_alive


@pytest.mark.parametrize("stopped", [False, True])
def test_it_ends_with_its_starter_whatever_it_does_then(stopped: bool) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from catalog.confined.process import *\n"
        f"process = Process({ENTRY!r}, Confinement(2**29)); process.wait_until_ready(); print(process.pid, flush=True)\n"
        "process.ask(b'[\"spin\", 60]', 60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    starter.kill()
    starter.wait()
    starter.stdout.close()

    def gone() -> bool:
        stat = Path(f"/proc/{pid}/stat")
        try:
            return stat.read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    assert until(gone, 10)
