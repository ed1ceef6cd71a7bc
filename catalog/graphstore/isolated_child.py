"""What runs inside the process that may die? One query after another over a store that nobody writes to.

`catalog.graphstore.isolated` starts it and talks to it: each line on standard input is a task, each task ends with one frame
that says how it went. A frame is one letter, a length of four bytes (big endian), and so many bytes.

Before anything of a user's is read, the process gives up what a query does not need: memory beyond a limit, core files, files to
write, most descriptors, and, where the system allows it, the network. It is nice to others, and the first that the system ends
when memory runs out.
"""

import contextlib
import io
import json
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from catalog.errors import CatalogError, InputError, LimitExceededError

if TYPE_CHECKING:
    import pyoxigraph as ox

HEAD: Final = struct.Struct(">cI")
READY, DATA, END, INPUT, LIMIT, UNAVAILABLE = b"R", b"D", b"E", b"I", b"L", b"U"
DESCRIPTORS: Final = 1024
NICE: Final = 19
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PIECE: Final = 64 * 1024


def send(out: BinaryIO, kind: bytes, body: bytes = b"") -> None:
    """Write one frame."""
    out.write(HEAD.pack(kind, len(body)) + body)
    out.flush()


def confine(memory_bytes: int) -> bool:
    """Give up what a query does not need; whether the network is among it."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    allowed = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    with contextlib.suppress(OSError):
        os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    try:
        os.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    except (OSError, AttributeError):
        return False
    return True


def _limit_time(seconds: float) -> None:
    """End this process by itself should nobody be there to end it: twice what all its cores could use in that time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + 2 * seconds * (os.cpu_count() or 1)) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))


class _Stores:
    """The stores that were asked last: those of the newest copy of each audience."""

    def __init__(self) -> None:
        self._open: dict[str, ox.Store] = {}

    def get(self, folder: str) -> "ox.Store":
        import pyoxigraph as ox  # noqa: PLC0415  the limits come first

        if folder not in self._open:
            self._open.clear()
            there = (Path(folder) / "CURRENT").is_file()
            self._open[folder] = ox.Store.read_only(folder) if there else ox.Store()
        return self._open[folder]


class _Frames(io.RawIOBase):
    """Turns what is written into data frames."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        send(self._out, DATA, bytes(data))
        return len(data)


def _answer(stores: _Stores, task: dict[str, Any], out: BinaryIO) -> None:
    from catalog.graphstore.guard import SafeQuery  # noqa: PLC0415
    from catalog.graphstore.oxigraph import write_answer  # noqa: PLC0415

    _limit_time(task["seconds"])
    pieces = io.BufferedWriter(_Frames(out), _PIECE)
    give = cast("Any", pieces.write)
    safe = SafeQuery(**task["query"])
    try:
        store = stores.get(task["folder"])
        write_answer(store, safe, task["format"], give, max_bytes=task["max_bytes"], max_rows=task["max_rows"])
        pieces.flush()
    finally:
        with contextlib.suppress(OSError):
            pieces.detach()


def _serve(out: BinaryIO) -> None:
    stores = _Stores()
    for line in sys.stdin.buffer:
        try:
            _answer(stores, json.loads(line), out)
        except InputError as error:
            send(out, INPUT, str(error).encode())
        except LimitExceededError as error:
            said = {"message": str(error), "limit": error.limit, "value": error.value, "allowed": error.allowed}
            send(out, LIMIT, json.dumps(said).encode())
        except (CatalogError, OSError) as error:
            send(out, UNAVAILABLE, str(error).encode())
        else:
            send(out, END, str(_resident_bytes()).encode())


def _resident_bytes() -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    return 0


def main() -> None:
    """Answer tasks until standard input ends."""
    out = cast("BinaryIO", os.fdopen(os.dup(1), "wb"))
    alone = confine(int(sys.argv[1]))
    import catalog.graphstore.oxigraph  # noqa: F401, PLC0415  so that no query waits for it

    send(out, READY, b"1" if alone else b"0")
    with contextlib.suppress(BrokenPipeError):
        _serve(out)
    os._exit(0)
