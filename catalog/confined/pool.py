"""How do many ask at once, each stoppable? With processes that are kept warm.

A process that answered well works on the next task; one that had to be killed, died, or has grown is replaced by another, which
is started beforehand, so that nobody waits for it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from catalog.confined.places import Cancel, Places, Room
from catalog.confined.process import NotStartedError, Process
from catalog.errors import CatalogError

MAX_RESIDENT_BYTES: Final = 512 * 2**20
"""Memory beyond which a process is replaced after its answer."""


class Pool[P: Process]:
    """Processes for one kind of work.

    Parameters
    ----------
    start
        Starts one.
    room
        How many work at once, and how many wait.
    full, closed
        The errors for who finds no place, and for who comes when all is over.
    """

    def __init__(
        self, start: Callable[[], P], room: Room, full: Callable[[], CatalogError], closed: Callable[[], CatalogError]
    ) -> None:
        self._start, self._room, self._full, self._over = start, room, full, closed
        self._places = Places(room, full)
        self._lock = threading.Lock()
        self._idle: list[P] = []
        self._busy: set[P] = set()
        self._starting = False
        self._closed = False

    @property
    def pids(self) -> set[int]:
        """Ids of the processes."""
        with self._lock:
            return {process.pid for process in (*self._idle, *self._busy)}

    def warm(self) -> None:
        """Start one process in the background, unless one is being started."""
        with self._lock:
            if self._starting or self._closed:
                return
            self._starting = True
        threading.Thread(target=self._add, name="confined-process", daemon=True).start()

    @contextmanager
    def lent(self, cancel: Cancel) -> Iterator[P]:
        """A process for one task.

        Raises
        ------
        CatalogError
            ``full`` or ``closed``.
        CancelledError
            The asker left before there was a place.
        """
        self._places.take(cancel)
        try:
            process = self._take()
            try:
                yield process
            finally:
                self._give_back(process)
        finally:
            self._places.give_back()

    def _take(self) -> P:
        while True:
            with self._lock:
                if self._closed:
                    raise self._over()
                process = self._idle.pop() if self._idle else None
                if process is not None and process.is_alive:
                    self._busy.add(process)
                    return process
            if process is not None:  # something ended it while it had nothing to do
                process.close()
                continue
            process = self._started()
            with self._lock:
                self._busy.add(process)
            return process

    def _started(self) -> P:
        try:
            return self._start()
        except OSError:  # no memory, or no room for another process
            raise self._full() from None

    def _give_back(self, process: P) -> None:
        keep = process.is_usable and process.resident_bytes < MAX_RESIDENT_BYTES
        with self._lock:
            self._busy.discard(process)
            keep = keep and not self._closed
            if keep:
                self._idle.append(process)
            replace = not keep and not self._closed and not self._idle
        if not keep:
            process.close()
        if replace:
            self.warm()

    def _add(self) -> None:
        process = None
        try:
            process = self._start()
            process.begin()  # who takes it waits until it is ready, which takes less time than to start another
        except (NotStartedError, OSError):  # whoever asks next tries again, and is told
            keep = False
        else:
            keep = True
        with self._lock:
            self._starting = False
            keep = keep and not self._closed and len(self._idle) + len(self._busy) < self._room.at_once
            if keep and process is not None:
                self._idle.append(process)
        if not keep and process is not None:
            process.close()

    def close(self) -> None:
        """End all processes; what they work on fails. Calling it again does nothing."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for process in idle:
            process.close()
        for process in busy:
            process.kill()
