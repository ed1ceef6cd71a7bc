"""How do many users ask an embedded store at once, each stoppable? With a pool of worker processes that are kept warm."""

from pathlib import Path

from catalog.confined.places import Cancel
from catalog.confined.pool import Pool
from catalog.errors import GraphStoreUnavailableError
from catalog.graphstore.isolated import Task, Worker
from catalog.graphstore.outside import QueryLimits, full, room_for


class WorkerPool:
    """Worker processes for the queries of one audience.

    Parameters
    ----------
    limits
        How many at once, and their memory.
    nice
        0 to 19, how far they stand back behind other processes.
    folder
        Where the stores lie that they are asked about.
    """

    def __init__(self, limits: QueryLimits, nice: int = 19, folder: Path | None = None) -> None:
        self._pool = Pool(
            lambda: Worker(limits.memory_bytes, nice, rights=limits.rights, folder=folder),
            room_for(limits),
            full=lambda: full(limits),
            closed=lambda: GraphStoreUnavailableError("the graph store is closed"),
        )

    @property
    def pids(self) -> set[int]:
        """Process ids of the workers."""
        return self._pool.pids

    def warm(self) -> None:
        """Start one worker in the background."""
        self._pool.warm()

    def answer(self, task: Task, cancel: Cancel) -> list[bytes]:
        """Answer a query in a worker; errors as for `Worker.answer`.

        Raises
        ------
        GraphStoreUnavailableError
            Too many queries run and wait, or the pool is closed.
        CancelledError
            The asker left; the worker was killed.
        """
        with self._pool.lent(cancel) as worker:
            return worker.answer(task, cancel)

    def close(self) -> None:
        """End all workers; queries that run fail. Calling it again does nothing."""
        self._pool.close()
