"""How are strangers' chunks decoded without harm? In processes that may die: not one byte of a chunk reaches our own.

A few hundred bytes can decode to gigabytes, and a codec written in C can end its process. So who serves others plans and checks
here, and has it read there: by warm processes with bounds on memory and time (`catalog.confined`). They keep the network, for
that is where stores are, and hold every URL against the same gate. What comes back are plain bytes.
"""

import pickle
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from catalog.bridge.carried import take_values
from catalog.bridge.read import ReadTask, StoreAccess, Values
from catalog.confined.places import Cancel, Room
from catalog.confined.pool import Pool
from catalog.confined.process import (
    Confinement,
    DiedError,
    FaultError,
    NoAnswerError,
    NotStartedError,
    OutOfMemoryError,
    OutOfTimeError,
    Process,
)
from catalog.errors import CatalogError, LimitExceededError, MetadataError, UnavailableError

_HEAD_BYTES: Final = 4 * 2**20
_BY_HAND: Final = frozenset({signal.SIGKILL, signal.SIGTERM})


DEFAULT_ROOM: Final = Room(at_once=4, waiting=64, seconds=20.0)


@dataclass(frozen=True, slots=True)
class ReadWorkerLimits:
    """What one read may cost the process that does it.

    Attributes
    ----------
    seconds
        Until it is given up.
    memory_bytes
        Address space.
    room
        How many reads go on at once, and how many wait.
    """

    seconds: float = 60.0
    memory_bytes: int = 5 * 2**29
    room: Room = DEFAULT_ROOM


class ReadProcess(Process):
    """A process that reads."""

    def survives(self, error: CatalogError) -> bool:
        """Whether it is as good as before: unless memory ran out."""
        return not _is_out_of_memory(error)


class ReadWorkers:
    """Reads values in processes that may die. Threads share it.

    Parameters
    ----------
    access
        How stores are reached; ``locations`` and ``elsewhere`` stay behind.
    limits
        What one read may cost.
    environment
        Variables that the processes have.
    entry
        The module that reads.
    """

    def __init__(
        self,
        access: StoreAccess,
        limits: ReadWorkerLimits | None = None,
        environment: Mapping[str, str] | None = None,
        entry: str = "catalog.bridge.read_child",
    ) -> None:
        self.limits = limits = limits or ReadWorkerLimits()
        given = replace(access, locations=None, elsewhere=None, workers=None)
        told = pickle.dumps((given, dict(environment or {})))
        confinement = Confinement(limits.memory_bytes, network=True, nice=0)  # somebody waits for the values
        self._pool = Pool(
            lambda: ReadProcess(entry, confinement, told),
            limits.room,
            full=lambda: UnavailableError(f"{limits.room.at_once} reads are going on, and others wait: ask again in a moment"),
            closed=lambda: UnavailableError("the service is being stopped: ask again in a moment"),
        )

    @property
    def pids(self) -> set[int]:
        """Ids of the processes."""
        return self._pool.pids

    def warm(self) -> None:
        """Start one process in the background."""
        self._pool.warm()

    def close(self) -> None:
        """End all processes; reads that go on fail."""
        self._pool.close()

    def asked_by(self, cancel: Cancel) -> "AskedReads":
        """What reads for one asker; the process that does is killed when they leave."""
        return AskedReads(self, cancel)

    def read(self, task: ReadTask, cancel: Cancel | None = None) -> tuple[Values, str]:
        """The values, and the note of an array that grew.

        Parameters
        ----------
        cancel
            How the asker leaves.

        Raises
        ------
        LimitExceededError
            Time (``read_s``) or memory (``read_memory_bytes``) ran out; or as `catalog.bridge.read.read_array`.
        MetadataError
            The process ended on what is stored; or as `read_array`.
        UnavailableError
            Too many reads go on; or as `read_array`.
        CatalogError
            As `read_array`.
        CancelledError
            The asker left.
        """
        cancel = cancel or Cancel()
        try:
            with self._pool.lent(cancel) as process:
                pieces = process.ask(pickle.dumps(task), self.limits.seconds, cancel, self._most(task))
                try:
                    return take_values(pieces)
                except ValueError as error:
                    process.kill()
                    raise FaultError(f"a process that reads gave something else: {error}") from None
        except NoAnswerError as error:
            failure: Exception = error
        except LimitExceededError as error:
            if not _is_out_of_memory(error):
                raise
            failure = OutOfMemoryError()
        raise self._told(task, failure)

    def _most(self, task: ReadTask) -> int:
        """Bytes of an answer: what was planned, a mask, and what is said of it; texts may fill the memory."""
        return self.limits.memory_bytes if task.result_bytes is None else 2 * task.result_bytes + _HEAD_BYTES

    def _told(self, task: ReadTask, failure: Exception) -> CatalogError:
        what = task.ref.iri
        if isinstance(failure, NotStartedError):
            return UnavailableError("a process that reads could not be started: is there memory for one?")
        if isinstance(failure, OutOfTimeError):
            seconds = self.limits.seconds
            return LimitExceededError(
                f"reading {what} was given up after {seconds:g} s: select less, or raise CATALOG_WORKERS__READ_S",
                limit="read_s",
                value=max(1, round(seconds)),
                allowed=max(1, round(seconds)),
            )
        if isinstance(failure, DiedError) and failure.signal not in _BY_HAND:
            return MetadataError(f"{what}: what decodes its chunks ended on what is stored there ({failure})")
        return LimitExceededError(
            f"reading {what} takes more memory than one read may have: select less, or raise CATALOG_WORKERS__READ_MEMORY_BYTES",
            limit="read_memory_bytes",
            value=self.limits.memory_bytes,
            allowed=self.limits.memory_bytes,
        )


@dataclass(frozen=True, slots=True)
class AskedReads:
    """What reads for one asker."""

    workers: ReadWorkers
    cancel: Cancel

    def read(self, task: ReadTask) -> tuple[Values, str]:
        """See `ReadWorkers.read`."""
        return self.workers.read(task, self.cancel)

    def asked_by(self, cancel: Cancel) -> "AskedReads":
        """The same for another asker."""
        return AskedReads(self.workers, cancel)

    def close(self) -> None:
        """Nothing: the processes belong to all askers."""


def _is_out_of_memory(error: CatalogError) -> bool:
    return isinstance(error, LimitExceededError) and error.limit == "memory"
