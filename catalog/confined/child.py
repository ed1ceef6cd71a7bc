"""What runs inside the process that may die? A module that somebody else wrote for it, on one task after the other.

The module has a function ``prepare``: it takes what its starter has to tell once, before any task, and gives a function that
takes a task and gives its answer away piece by piece (`Answer`). `catalog.confined.process` starts all this and talks to it.

Before anything of a user's is read, the process gives up what its work does not need (`catalog.confined.rights`). It is nice to
others, the first that the system ends when memory runs out, and killed by the system when its starter is gone, whatever it is
doing then.
"""

import contextlib
import fcntl
import importlib
import json
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from catalog.confined.rights import Rights, confine
from catalog.confined.wire import DATA, END, FAULT, HEAD, MEMORY, MOST, READY, REFUSED, TASK, error_to_bytes
from catalog.errors import CatalogError

Give = Callable[[Any], None]
"""Takes a piece of an answer: bytes, or a view of some."""
Answer = Callable[[bytes, Give], None]
"""Takes a task, and gives its answer."""

_F_SETSIG: Final = 10
_MAX_FAULT: Final = 4000


def tie(lifeline: int) -> None:
    """Let the system kill this process when the other end of a pipe is closed, as it is when the starter ends in any way.

    No thread of this process could do it: decoders keep Python's lock, and a stopped process runs none. Where the system cannot
    (F_SETSIG is Linux's), the end of standard input ends the process, after the task.
    """
    with contextlib.suppress(OSError):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, _F_SETSIG, int(signal.SIGKILL))
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(lifeline, 0)
    if poll.poll(0):
        os._exit(0)


def _limit_time(seconds: float) -> None:
    """End this process by itself should nobody be there to end it: twice what all its cores could use in that time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + 2 * seconds * (os.cpu_count() or 1)) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _resident_bytes() -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    return 0


def _receive() -> tuple[float, bytes] | None:
    head = sys.stdin.buffer.read(TASK.size)
    if len(head) < TASK.size:
        return None
    seconds, length = TASK.unpack(head)
    body = sys.stdin.buffer.read(length)
    return (seconds, body) if len(body) == length else None


def _send(out: BinaryIO, kind: bytes, body: Any = b"") -> None:
    if len(body) > MOST:
        raise MemoryError
    out.write(HEAD.pack(kind, len(body)))
    out.write(body)


def _answered(answer: Answer, task: bytes, out: BinaryIO) -> tuple[bytes, bytes]:
    """Give the pieces of an answer away; how it ended, and what there is to say of that."""
    try:
        answer(task, lambda piece: _send(out, DATA, piece))
    except CatalogError as error:
        return REFUSED, error_to_bytes(error)
    except MemoryError:
        return MEMORY, b""
    except BrokenPipeError:
        raise
    except Exception as error:
        words = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        return FAULT, words[-_MAX_FAULT:].encode(errors="replace")
    return END, str(_resident_bytes()).encode()


def _work(out: BinaryIO, answer: Answer) -> None:
    while (given := _receive()) is not None:
        seconds, task = given
        _limit_time(seconds)
        kind, words = _answered(answer, task, out)
        del given, task
        _send(out, kind, words)
        out.flush()


def main() -> None:
    """Work on tasks until standard input ends; the arguments are module, lifeline, and as JSON what it may have."""
    entry, lifeline, may = sys.argv[1:]
    out = cast("BinaryIO", os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # whatever a library prints is no frame
    tie(int(lifeline))
    given: dict[str, Any] = json.loads(may)
    rights = Rights(**given.pop("rights"))
    without = confine(**given, rights=rights)
    if rights.must_be_alone and not (given["network"] or without.network):
        os._exit(0)
    told = _receive()
    if told is None:
        os._exit(0)
    answer: Answer = importlib.import_module(entry).prepare(told[1])
    _send(out, READY, json.dumps(asdict(without)).encode())
    out.flush()
    with contextlib.suppress(BrokenPipeError):
        _work(out, answer)
    os._exit(0)
