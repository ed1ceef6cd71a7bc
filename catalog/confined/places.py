"""How many work side by side, how many wait, and how does an asker say that the answer is not wanted any more?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from catalog.errors import CatalogError


class CancelledError(Exception):
    """Whoever asked has left; nobody is there to be told."""


@dataclass
class Cancel:
    """The asker's way to say that the answer is not wanted any more; from any thread, at any time."""

    _acts: list[Callable[[], None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_set: bool = False

    @property
    def is_set(self) -> bool:
        """Whether the asker has left."""
        return self._is_set

    def set(self) -> None:
        """Give the work up."""
        with self._lock:
            self._is_set = True
            for act in self._acts:
                act()

    @contextmanager
    def calling(self, act: Callable[[], None]) -> Iterator[None]:
        """Let `act` be called when the work is given up during the body; never after it.

        Raises
        ------
        CancelledError
            It was given up before; the body did not run.
        """
        with self._lock:
            self.check()
            self._acts.append(act)
        try:
            yield
        finally:
            with self._lock:
                self._acts.remove(act)

    def check(self) -> None:
        """Stop here if the asker has left.

        Raises
        ------
        CancelledError
            They have.
        """
        if self._is_set:
            raise CancelledError


@dataclass(frozen=True, slots=True)
class Room:
    """How many may work and wait.

    Attributes
    ----------
    at_once
        Work side by side.
    waiting
        Wait for one of these to end; more are refused.
    seconds
        How long one waits.
    """

    at_once: int
    waiting: int
    seconds: float


class Places:
    """A limited number of places for those that work, and for some that wait; first come, first served.

    Parameters
    ----------
    room
        How many.
    full
        The error for who finds no place.
    """

    def __init__(self, room: Room, full: Callable[[], CatalogError]) -> None:
        self._room, self._full = room, full
        self._changed = threading.Condition()
        self._running = 0
        self._queue: list[object] = []

    def take(self, cancel: Cancel) -> None:
        """Wait for a place.

        Raises
        ------
        CatalogError
            ``full``: too many wait already, or no place became free.
        CancelledError
            The asker left.
        """
        ticket, room = object(), self._room
        with self._changed:
            if len(self._queue) >= room.waiting and self._running >= room.at_once:
                raise self._full()
            self._queue.append(ticket)
        try:
            with cancel.calling(self._wake), self._changed:
                free = self._changed.wait_for(
                    lambda: cancel.is_set or (self._running < room.at_once and self._queue[0] is ticket), timeout=room.seconds
                )
                cancel.check()
                if not free:
                    raise self._full()
                self._running += 1
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def give_back(self) -> None:
        """Let somebody else have the place."""
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
