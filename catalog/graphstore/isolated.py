"""How is a query stopped that would run for ever? In a process of its own, which is killed at the deadline.

Oxigraph evaluates without a way to interrupt it, and deep recursion ends its process. The child opens the store for reading while
the parent keeps everybody's writes away, answers one query, and is gone. Where the system allows it, it has no network either.

The child reads one JSON line (folder, query, format, limits) and writes one status byte and the answer, or an error's words.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from catalog.errors import CatalogError, GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.guard import SafeQuery

MEMORY_BYTES: Final = 8 * 1024**3
"""Address space of the child."""

_DONE, _INPUT, _LIMIT, _UNAVAILABLE = b"0", b"1", b"2", b"3"
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def query_in_process(folder: Path, safe: SafeQuery, format: str, timeout: float, max_bytes: int) -> bytes:  # noqa: A002
    """Answer a guarded query in a child process.

    Parameters
    ----------
    folder
        An Oxigraph store that nobody writes to meanwhile.
    safe, format, max_bytes
        As for `catalog.graphstore.oxigraph.answer_query`.
    timeout
        Seconds, greater than 0, until the child is killed. Starting it takes about a tenth of one.

    Raises
    ------
    LimitExceededError
        The deadline passed, or the answer or the memory it needs is too large.
    InputError
        The query does not parse.
    GraphStoreUnavailableError
        The store could not be read.
    """
    if not timeout > 0:
        raise InputError(f"a timeout is a number of seconds above 0, not {timeout!r}")
    task = {
        "folder": str(folder),
        "query": {**asdict(safe), "prefixes": dict(safe.prefixes)},
        "format": format,
        "max_bytes": max_bytes,
    }
    root = str(Path(__file__).resolve().parents[2])
    child = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, {root!r}); import catalog.graphstore.isolated as i; i.main()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    try:
        out, _ = child.communicate(json.dumps(task).encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        raise LimitExceededError(
            f"the query was given up after {timeout:g} s: narrow it, or allow more time",
            limit="sparql-seconds",
            value=int(timeout),
            allowed=int(timeout),
        ) from None
    finally:
        child.kill()
        child.communicate()
    return _read_answer(out, child.returncode, max_bytes)


def _read_answer(out: bytes, code: int, max_bytes: int) -> bytes:
    status, body = out[:1], out[1:]
    if code == 0 and status == _DONE:
        return body
    words = body.decode(errors="replace")
    if code == 0 and status == _INPUT:
        raise InputError(words)
    if code == 0 and status == _LIMIT:
        raise LimitExceededError(words, limit="sparql-answer-bytes", value=max_bytes + 1, allowed=max_bytes)
    if code == 0 and status == _UNAVAILABLE:
        raise GraphStoreUnavailableError(words)
    raise LimitExceededError(
        "the query needs more memory or stack than one query may have: narrow it",
        limit="sparql-memory",
        value=0,
        allowed=MEMORY_BYTES,
    )


def _confine() -> None:
    """Give up memory beyond the limit, core files, and, where the system lets us, the network."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        os.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def main() -> None:
    """Answer the one query on standard input (the child's side)."""
    task = json.loads(sys.stdin.buffer.read())
    _confine()
    import pyoxigraph as ox  # noqa: PLC0415  the limits come first

    from catalog.graphstore.oxigraph import answer_query  # noqa: PLC0415

    try:
        there = (Path(task["folder"]) / "CURRENT").is_file()
        store = ox.Store.read_only(task["folder"]) if there else ox.Store()
        body = answer_query(store, SafeQuery(**task["query"]), task["format"], task["max_bytes"])
        status = _DONE
    except InputError as error:
        status, body = _INPUT, str(error).encode()
    except LimitExceededError as error:
        status, body = _LIMIT, str(error).encode()
    except (CatalogError, OSError) as error:
        status, body = _UNAVAILABLE, str(error).encode()
    sys.stdout.buffer.write(status + body)
    sys.stdout.buffer.flush()
    os._exit(0)
