"""How is work stopped that would run for ever, or end its process? In a confined process of its own, which is killed.

A `Process` works on one task at a time and outlives none that does not end well. It is told what it needs over a pipe: neither
its command line nor its environment, which others on the machine can see, hold anything of it.
"""

import contextlib
import fcntl
import json
import mmap
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from catalog.confined.places import Cancel, CancelledError
from catalog.confined.rights import NONE, Rights
from catalog.confined.wire import DATA, END, FAULT, HEAD, MAX_WORDS, MEMORY, MOST, READY, REFUSED, TASK, error_from_bytes
from catalog.errors import CatalogError

START_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_READ_BYTES: Final = 64 * 1024
_PIPE_BYTES: Final = 2**20
_F_SETPIPE_SZ: Final = 1031
_LARGE_BYTES: Final = 4 * 2**20
_KINDS: Final = frozenset({READY, DATA, END, REFUSED, MEMORY, FAULT})


Buffer = bytearray | mmap.mmap
"""A piece of an answer."""


class NoAnswerError(Exception):
    """The process gave no answer to its task; which of these it is, says why."""


class NotStartedError(NoAnswerError):
    """The process does not start."""


class OutOfTimeError(NoAnswerError):
    """The time was up; the process was killed."""


class OutOfMemoryError(NoAnswerError):
    """The work needs more memory than the process may have."""


class DiedError(NoAnswerError):
    """The process ended in the middle of its work; ``signal`` is by which signal, 0 where by none."""

    def __init__(self, by: int) -> None:
        super().__init__(f"it ended by {signal.Signals(by).name}" if by in set(signal.Signals) else "it ended")
        self.signal = by


class FaultError(RuntimeError):
    """A fault of ours inside the process; the message is for the log alone."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a process may have.

    Attributes
    ----------
    memory_bytes
        Its address space.
    network
        Whether it keeps the network.
    nice
        How far it lets others go first, 0 to 19.
    rights
        What an operator wants of it.
    reads
        Folders that it has to be able to read, beside its own program.
    """

    memory_bytes: int
    network: bool = False
    nice: int = 19
    rights: Rights = NONE
    reads: tuple[str, ...] = ()


class Process:
    """A confined process that works on tasks, one at a time.

    Parameters
    ----------
    entry
        The module that runs inside, as `catalog.confined.child` has it.
    confinement
        What it may have.
    told
        What the module's ``prepare`` is given.
    """

    def __init__(self, entry: str, confinement: Confinement, told: bytes = b"") -> None:
        root = str(Path(__file__).resolve().parents[2])
        code = f"import sys; sys.path.insert(0, {root!r}); import catalog.confined.child as c; c.main()"
        theirs, self._lifeline = os.pipe()
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-c", code, entry, str(theirs), json.dumps(asdict(confinement))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"},
                pass_fds=(theirs,),
                process_group=0,  # not a session: the kernel may weigh sessions alike, however nice they are
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(theirs)
        assert self._child.stdin is not None  # noqa: S101  for mypy
        assert self._child.stdout is not None  # noqa: S101
        self._in, self._out = self._child.stdin.fileno(), self._child.stdout.fileno()
        os.set_blocking(self._in, False)
        with contextlib.suppress(OSError):  # no Linux, or more than a user may have: slower
            fcntl.fcntl(self._out, _F_SETPIPE_SZ, _PIPE_BYTES)
        self._seen = bytearray()
        self._told: bytes | None = told
        self._is_ready = False
        self._ending = threading.Lock()
        self.is_usable = True
        self.resident_bytes = 0
        self.has_network, self.has_own_user = True, False

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can work on another task."""
        return self.is_usable and self._child.poll() is None

    def wait_until_ready(self, cancel: Cancel | None = None) -> None:
        """Tell it what it has to know, and wait until it is confined and has its libraries.

        Raises
        ------
        NotStartedError
            It does not start.
        CancelledError
            The asker left; the process gets ready all the same.
        """
        if self._is_ready:
            return
        deadline = time.monotonic() + START_SECONDS
        try:
            self._tell(deadline)
            if cancel is not None:
                self._wait_for_word(deadline, cancel)
            kind, body = self._frame(deadline, MAX_WORDS)
        except (OutOfTimeError, DiedError):
            kind, body = b"", bytearray()
        if kind != READY:
            self.kill()
            raise NotStartedError
        without = json.loads(bytes(body))
        self._is_ready, self.has_network, self.has_own_user = True, not without["network"], bool(without["user"])

    def begin(self) -> None:
        """Let it get ready by itself, without waiting for it.

        Raises
        ------
        NotStartedError
            It does not start.
        """
        try:
            self._tell(time.monotonic() + START_SECONDS)
        except (OutOfTimeError, DiedError):
            raise NotStartedError from None

    def _wait_for_word(self, deadline: float, cancel: Cancel) -> None:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        while not poll.poll(1000 * _LOOK_SECONDS):
            cancel.check()
            if time.monotonic() > deadline:
                return

    def _tell(self, deadline: float) -> None:
        told, self._told = self._told, None
        if told is not None:
            with contextlib.suppress(BrokenPipeError):
                self._write(START_SECONDS, told, deadline)

    def ask(self, task: bytes, seconds: float, cancel: Cancel | None = None, max_bytes: int = MOST) -> list[Buffer]:
        """The answer to a task; whole, in pieces.

        Where it does not end well, the process is killed, and `is_usable` says so.

        Parameters
        ----------
        task
            As the module inside takes it.
        seconds
            Until it is given up, greater than 0.
        cancel
            How the asker leaves.
        max_bytes
            Of the answer.

        Raises
        ------
        CatalogError
            What the work raises; see `survives`.
        NoAnswerError, FaultError
            Why there is no answer.
        CancelledError
            The asker left; before it was given the task, the process is as good as before.
        """
        has_task = False
        try:
            self.wait_until_ready(cancel)
            with (cancel or Cancel()).calling(self.kill):
                has_task = True
                return self._answer(task, seconds, max_bytes)
        except BaseException as error:
            if not has_task and isinstance(error, CancelledError):
                raise
            if cancel is not None and cancel.is_set:
                self.kill()
                cancel.check()
            if not (isinstance(error, CatalogError) and self.survives(error)):
                self.kill()
            raise

    def survives(self, error: CatalogError) -> bool:
        """Whether the process is as good as before after its work raised an error."""
        return isinstance(error, CatalogError)

    def _answer(self, task: bytes, seconds: float, max_bytes: int) -> list[Buffer]:
        deadline = time.monotonic() + seconds
        with contextlib.suppress(BrokenPipeError):  # the answer, or its absence, says more
            self._write(seconds, task, deadline)
        parts: list[Buffer] = []
        left = max_bytes
        while True:
            kind, body = self._frame(deadline, left)
            if kind == DATA:
                left -= len(body)
                parts.append(body)
            elif kind == END:
                self.resident_bytes = int(bytes(body))
                return parts
            else:
                raise _failure(kind, bytes(body))

    def _write(self, seconds: float, body: bytes, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._in, select.POLLOUT)
        view = memoryview(TASK.pack(seconds, len(body)) + body)
        while view:
            self._wait(poll, deadline)
            view = view[os.write(self._in, view[:_PIPE_BYTES]) :]

    def _frame(self, deadline: float, max_bytes: int) -> tuple[bytes, Buffer]:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        kind, length = HEAD.unpack(self._take(HEAD.size, poll, deadline))
        if kind not in _KINDS or length > (max_bytes if kind == DATA else MAX_WORDS):
            raise FaultError("a confined process said something that cannot be read")
        return kind, self._take(length, poll, deadline)

    def _take(self, size: int, poll: "select.poll", deadline: float) -> Buffer:
        """So many bytes; large ones are read to where they stay."""
        taken = _room_for(size)
        view = memoryview(taken)
        done = min(size, len(self._seen))
        view[:done] = self._seen[:done]
        del self._seen[:done]
        while done < size:
            self._wait(poll, deadline)
            if size - done >= _READ_BYTES:
                count = os.readv(self._out, [view[done:]])
                done += count
            else:
                piece = os.read(self._out, _READ_BYTES)
                count, more = len(piece), min(len(piece), size - done)
                view[done : done + more] = piece[:more]
                self._seen += piece[more:]
                done += more
            if not count:
                raise self._death()
        return taken

    def _wait(self, poll: "select.poll", deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            self.kill()
            raise OutOfTimeError

    def _death(self) -> Exception:
        """Why the process is no more."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(1)
        self.kill()
        by = -min(0, self._child.returncode)
        return OutOfTimeError() if by == signal.SIGXCPU else DiedError(by)

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
        lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)


def _room_for(size: int) -> Buffer:
    """Room for so many bytes; large pages where it is large, for each page that is touched first costs time."""
    if size < _LARGE_BYTES:
        return bytearray(size)
    room = mmap.mmap(-1, size)
    with contextlib.suppress(OSError, AttributeError):
        room.madvise(mmap.MADV_HUGEPAGE)
    return room


def _failure(kind: bytes, body: bytes) -> Exception:
    if kind == REFUSED:
        try:
            return error_from_bytes(body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return FaultError("a confined process told of an error that cannot be read")
    if kind == MEMORY:
        return OutOfMemoryError()
    return FaultError(body.decode(errors="replace"))
