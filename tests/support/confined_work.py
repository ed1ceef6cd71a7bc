"""What runs in confined processes of tests: whatever a task names, good and bad."""

import ctypes
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catalog.confined.child import Answer, Give
from catalog.errors import LimitExceededError, MetadataError, NotFoundError, Problem, StaleSnapshotError, StoreBusyError

ERRORS = {
    "stale": lambda: StaleSnapshotError("it changed"),
    "limit": lambda: LimitExceededError("too much", limit="max_x", value=5, allowed=4),
    "near": lambda: NotFoundError("nothing", ["a", "b"]),
    "metadata": lambda: MetadataError("wrong", [Problem("p", "kind", "message", "/a", "warning", 3, 4)]),
    "busy": lambda: StoreBusyError("later", 2.5),
}


def prepare(told: bytes) -> Answer:
    """Takes ``[what, argument]`` as JSON."""

    def answer(task: bytes, give: Give) -> None:
        what, argument = json.loads(task)
        if what == "told":
            give(told)
        else:
            WORK[what](argument, give)

    return answer


def _print(argument: Any, give: Give) -> None:
    print("this is no frame")  # noqa: T201
    os.write(1, b"nor is this")
    give(b"answer")


def _raise(argument: Any, give: Give) -> None:
    raise ERRORS[argument]()


def _fault(argument: Any, give: Give) -> None:
    raise ValueError(f"fault {argument}")


def _spin(argument: Any, give: Give) -> None:
    end = time.monotonic() + argument
    while time.monotonic() < end:
        pass


def _write(argument: Any, give: Give) -> None:
    try:
        with Path(argument).open("wb", buffering=0) as file:
            file.write(b"x" * 10)
        give(b"written")
    except OSError:
        give(b"refused")


def _connect(argument: Any, give: Give) -> None:
    try:
        socket.create_connection(tuple(argument), timeout=10).close()
        give(b"connected")
    except OSError as error:
        give(os.strerror(error.errno or 0).encode())


WORK: dict[str, Callable[[Any, Give], object]] = {
    "length": lambda argument, give: give(str(len(argument)).encode()),
    "connect": _connect,
    "bytes": lambda argument, give: give(b"x" * argument),
    "memory": lambda argument, give: give(bytes(argument)),
    "segfault": lambda argument, give: ctypes.string_at(0),
    "exit": lambda argument, give: os._exit(3),
    "print": _print,
    "raise": _raise,
    "fault": _fault,
    "spin": _spin,
    "write": _write,
}
