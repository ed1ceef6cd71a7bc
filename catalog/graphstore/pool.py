"""How do many users ask an embedded store at once, each stoppable? With a pool of worker processes that are kept warm.

A worker that answered well answers the next query; one that had to be killed, died, or has grown is replaced by another, which is
started beforehand, so that no query waits for it.
"""

import contextlib
import threading
from typing import Final

from catalog.errors import CatalogError, GraphStoreUnavailableError
from catalog.graphstore.isolated import Task, Worker
from catalog.graphstore.outside import Cancel, Places, QueryLimits

MAX_RESIDENT_BYTES: Final = 512 * 2**20
"""Memory beyond which a worker is replaced after its answer."""


class WorkerPool:
    """Worker processes for the queries of one audience.

    Parameters
    ----------
    limits
        How many at once, and their memory.
    """

    def __init__(self, limits: QueryLimits) -> None:
        self._limits = limits
        self._places = Places(limits)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._closed = False

    @property
    def pids(self) -> set[int]:
        """Process ids of the workers."""
        with self._lock:
            return {worker.pid for worker in (*self._idle, *self._busy)}

    def warm(self) -> None:
        """Start one worker in the background."""
        threading.Thread(target=self._add, name="query-worker", daemon=True).start()

    def answer(self, task: Task, cancel: Cancel) -> list[bytes]:
        """Answer a query in a worker; errors as for `Worker.answer`.

        Raises
        ------
        GraphStoreUnavailableError
            Too many queries run and wait, or the pool is closed.
        CancelledError
            The asker left; the worker was killed.
        """
        self._places.take(cancel)
        try:
            worker = self._take()
            try:
                return worker.answer(task, cancel)
            finally:
                self._give_back(worker)
        finally:
            self._places.give_back()

    def _take(self) -> Worker:
        while True:
            with self._lock:
                if self._closed:
                    raise GraphStoreUnavailableError("the graph store is closed")
                worker = self._idle.pop() if self._idle else None
                if worker is not None and worker.is_alive:
                    self._busy.add(worker)
                    return worker
            if worker is not None:  # something ended it while it had nothing to do
                worker.close()
                continue
            worker = Worker(self._limits.memory_bytes)
            with self._lock:
                self._busy.add(worker)
            return worker

    def _give_back(self, worker: Worker) -> None:
        keep = worker.is_usable and worker.resident_bytes < MAX_RESIDENT_BYTES
        with self._lock:
            self._busy.discard(worker)
            keep = keep and not self._closed
            if keep:
                self._idle.append(worker)
            replace = not keep and not self._closed and not self._idle
        if not keep:
            worker.close()
        if replace:
            self.warm()

    def _add(self) -> None:
        with contextlib.suppress(CatalogError, OSError):  # whoever asks next tries again, and is told
            worker = Worker(self._limits.memory_bytes)
            try:
                worker.wait_until_ready()
            except CatalogError:
                worker.close()
                raise
            with self._lock:
                if not self._closed and len(self._idle) + len(self._busy) < self._limits.at_once:
                    self._idle.append(worker)
                    return
            worker.close()

    def close(self) -> None:
        """End all workers; queries that run fail. Calling it again does nothing."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for worker in idle:
            worker.close()
        for worker in busy:
            worker.kill()
