"""How is a query stopped that would run for ever? In a process of its own, which is killed.

Oxigraph evaluates without a way to interrupt it, and deep recursion ends its process. A `Worker` is such a process, confined and
without a network where the system allows it (`catalog.graphstore.isolated_child`); it answers one query at a time over a store
that nobody writes to meanwhile, and outlives none that does not end well.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from catalog.errors import GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.guard import SafeQuery
from catalog.graphstore.isolated_child import DATA, END, HEAD, INPUT, LIMIT, READY, UNAVAILABLE
from catalog.graphstore.outside import Cancel, out_of_time

MEMORY_BYTES: Final = 8 * 1024**3
"""Address space of a process that answers one query and is gone."""

START_SECONDS: Final = 60.0
_READ_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Task:
    """One query for a worker.

    Attributes
    ----------
    folder
        An Oxigraph store that nobody writes to meanwhile; an empty one where nothing is there.
    safe, format, max_bytes, max_rows
        As for `catalog.graphstore.oxigraph.write_answer`.
    seconds
        Until the query is given up, greater than 0.
    """

    folder: Path
    safe: SafeQuery
    format: str
    seconds: float
    max_bytes: int
    max_rows: int | None = None

    def to_line(self) -> bytes:
        """The task as the child reads it."""
        query = {**asdict(self.safe), "prefixes": dict(self.safe.prefixes)}
        given = {"folder": str(self.folder), "query": query, "format": self.format, "seconds": self.seconds}
        return json.dumps({**given, "max_bytes": self.max_bytes, "max_rows": self.max_rows}).encode() + b"\n"


class Worker:
    """A process that answers queries, one at a time.

    Parameters
    ----------
    memory_bytes
        Its address space.
    """

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        root = str(Path(__file__).resolve().parents[2])
        code = f"import sys; sys.path.insert(0, {root!r}); import catalog.graphstore.isolated_child as c; c.main()"
        self._memory_bytes = memory_bytes
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-c", code, str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"MALLOC_ARENA_MAX": "2"},
            process_group=0,  # not a session: the kernel may weigh sessions alike, however nice they are
        )
        assert self._child.stdin is not None  # noqa: S101  for mypy
        assert self._child.stdout is not None  # noqa: S101
        self._in, self._out = self._child.stdin.fileno(), self._child.stdout.fileno()
        self._seen = bytearray()
        self._is_ready = False
        self._ending = threading.Lock()
        self.is_usable = True
        self.resident_bytes = 0
        self.has_network = True

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can answer another query."""
        return self.is_usable and self._child.poll() is None

    def wait_until_ready(self) -> None:
        """Wait until it is confined and has its libraries.

        Raises
        ------
        GraphStoreUnavailableError
            It does not start.
        """
        if not self._is_ready:
            kind, body = next(self._frames(time.monotonic() + START_SECONDS), (b"", b""))
            if kind != READY:
                self.kill()
                raise GraphStoreUnavailableError("a process for queries could not be started: is there memory for one?")
            self._is_ready, self.has_network = True, body != b"1"

    def answer(self, task: Task, cancel: Cancel | None = None) -> list[bytes]:
        """Answer a query; whole, in pieces.

        Where it does not end well, the process is killed and `is_usable` says so.

        Raises
        ------
        LimitExceededError
            The deadline passed, or the answer or the memory it needs is too large.
        InputError
            The query does not parse, or its timeout is none.
        GraphStoreUnavailableError
            The store could not be read, or the process does not start.
        CancelledError
            The asker left.
        """
        if not task.seconds > 0:
            raise InputError(f"a timeout is a number of seconds above 0, not {task.seconds!r}")
        try:
            self.wait_until_ready()
            if cancel is None:
                return self._answer(task)
            with cancel.calling(self.kill):
                return self._answer(task)
        except BaseException as error:
            if cancel is not None and cancel.is_set:
                self.kill()
                cancel.check()
            if not isinstance(error, InputError):
                self.kill()
            raise

    def _answer(self, task: Task) -> list[bytes]:
        with contextlib.suppress(BrokenPipeError):  # the answer, or its absence, says more
            self._write(task.to_line())
        parts: list[bytes] = []
        for kind, body in self._frames(time.monotonic() + task.seconds):
            if kind == DATA:
                parts.append(body)
                continue
            if kind == END:
                self.resident_bytes = int(body)
                return parts
            _raise(kind, body)
        if not self.is_usable:
            raise out_of_time(task.seconds)
        self.kill()
        if self._child.returncode == -signal.SIGXCPU:
            raise out_of_time(task.seconds)
        raise LimitExceededError(
            "the query needs more memory or stack than one query may have: narrow it",
            limit="sparql-memory",
            value=self._memory_bytes,
            allowed=self._memory_bytes,
        )

    def _write(self, line: bytes) -> None:
        view = memoryview(line)
        while view:
            view = view[os.write(self._in, view) :]

    def _frames(self, deadline: float) -> Iterator[tuple[bytes, bytes]]:
        """Frames until the process ends, or is killed because the time is up."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN | select.POLLHUP)
        while True:
            while (size := self._frame_size()) is not None and len(self._seen) >= size:
                kind, body = bytes(self._seen[:1]), bytes(memoryview(self._seen)[HEAD.size : size])
                del self._seen[:size]
                yield kind, body
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                self.kill()
                return
            piece = os.read(self._out, _READ_BYTES)
            if not piece:
                return
            self._seen += piece

    def _frame_size(self) -> int | None:
        if len(self._seen) < HEAD.size:
            return None
        _, length = HEAD.unpack_from(self._seen)
        return HEAD.size + int(length)

    def kill(self) -> None:
        """End the process, from any thread. Calling it again does nothing."""
        with self._ending:
            self.is_usable = False
            self._child.kill()
            self._child.wait()

    def close(self) -> None:
        """End the process and give back its pipes; nobody reads from it any more."""
        self.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _raise(kind: bytes, body: bytes) -> None:
    words = body.decode(errors="replace")
    if kind == INPUT:
        raise InputError(words)
    if kind == LIMIT:
        said = json.loads(words)
        raise LimitExceededError(said["message"], limit=said["limit"], value=said["value"], allowed=said["allowed"])
    if kind == UNAVAILABLE:
        raise GraphStoreUnavailableError(words)
    raise GraphStoreUnavailableError("the process of a query said something that cannot be read")


def query_in_process(folder: Path, safe: SafeQuery, format: str, timeout: float, max_bytes: int) -> bytes:  # noqa: A002
    """Answer a guarded query in a process that is started for it; that takes about a tenth of a second.

    Parameters and errors as for `Task` and `Worker.answer`.
    """
    task = Task(folder, safe, format, timeout, max_bytes)
    worker = Worker()
    try:
        return b"".join(worker.answer(task))
    finally:
        worker.close()
