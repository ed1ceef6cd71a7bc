"""How is a query stopped that would run for ever? In a process of its own, which is killed.

Oxigraph evaluates without a way to interrupt it, and deep recursion ends its process. A `Worker` is such a process, confined and
without a network where the system allows it (`catalog.confined`); inside runs `catalog.graphstore.isolated_child`. It answers one
query at a time over a store that nobody writes to meanwhile, and outlives none that does not end well.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from catalog.confined.places import Cancel
from catalog.confined.process import (
    Confinement,
    DiedError,
    FaultError,
    NotStartedError,
    OutOfMemoryError,
    OutOfTimeError,
    Process,
)
from catalog.confined.rights import NONE, Rights
from catalog.errors import CatalogError, GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.guard import SafeQuery
from catalog.graphstore.outside import out_of_time

MEMORY_BYTES: Final = 8 * 1024**3
"""Address space of a process that answers one query and is gone."""


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

    def to_bytes(self) -> bytes:
        """The task as the child reads it."""
        query = {**asdict(self.safe), "prefixes": dict(self.safe.prefixes)}
        given = {"folder": str(self.folder), "query": query, "format": self.format}
        return json.dumps({**given, "max_bytes": self.max_bytes, "max_rows": self.max_rows}).encode()


class Worker(Process):
    """A process that answers queries, one at a time.

    Parameters
    ----------
    memory_bytes
        Its address space.
    nice
        0 to 19, how far it stands back behind other processes.
    rights
        What an operator wants of it.
    folder
        Where the stores lie that it will be asked about.
    """

    def __init__(
        self, memory_bytes: int = MEMORY_BYTES, nice: int = 19, *, rights: Rights = NONE, folder: Path | None = None
    ) -> None:
        reads = () if folder is None else (str(folder),)
        confinement = Confinement(memory_bytes, nice=nice, rights=rights, reads=reads)
        super().__init__("catalog.graphstore.isolated_child", confinement)
        self._memory_bytes = memory_bytes

    def survives(self, error: CatalogError) -> bool:
        """Whether it is as good as before: after a query that does not parse."""
        return isinstance(error, InputError)

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
            return [bytes(part) for part in self.ask(task.to_bytes(), task.seconds, cancel)]
        except NotStartedError:
            raise GraphStoreUnavailableError("a process for queries could not be started: is there memory for one?") from None
        except OutOfTimeError:
            raise out_of_time(task.seconds) from None
        except (OutOfMemoryError, DiedError):
            raise LimitExceededError(
                "the query needs more memory or stack than one query may have: narrow it",
                limit="sparql-memory",
                value=self._memory_bytes,
                allowed=self._memory_bytes,
            ) from None
        except FaultError:
            raise GraphStoreUnavailableError("the process of a query said something that cannot be read") from None


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
