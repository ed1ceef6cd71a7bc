"""How do readers see a graph store that somebody writes to? As published copies, each complete and never changed.

``DIR/{audience}/published/{number}`` holds a copy of the audience's Oxigraph stores as they were at one moment, made of hard
links, which takes milliseconds and hardly any disk. ``published/newest`` is a symbolic link to the newest one, replaced in one
step.
Writers publish only where the folder ``published`` is, which the first reader makes: who serves nothing pays nothing.

``published/behind`` says that something may have been written after the newest copy was made. It is set before a write and goes
when a copy is made, so that a writer that was killed in between leaves word of it.

A copy that is in use has a shared lock on it, which the system gives back however its user ends; a copy without one, other than
the newest, is removed by whoever publishes or stops using one next.
"""

import contextlib
import fcntl
import functools
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from catalog.errors import GraphStoreUnavailableError
from catalog.graphstore.oxigraph_reading import PLACES
from catalog.graphstore.oxigraph_write import clear_mark, set_mark

MIN_SECONDS: Final = 1.0
"""Between two copies that one writer makes while it goes on writing."""

SHARE: Final = 20
"""Such a copy is made after this many times what the last one took: 5 % of the writer's time at most."""

_NEWEST, _BEHIND, _MAKING, _LOCK = "newest", "behind", "making", "publish.lock"


class HeldCopy:
    """One copy that stays where it is until `release`."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock: int | None = lock

    def release(self) -> None:
        """Let it be removed once it is not the newest. Calling it again does nothing."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class PublishedCopies:
    """The published copies of one audience.

    Parameters
    ----------
    audience_folder
        Folder of the audience.
    """

    def __init__(self, audience_folder: Path) -> None:
        self.folder = audience_folder / "published"
        self._pointer = self.folder / _NEWEST
        self._mark = self.folder / _BEHIND

    @property
    def wanted(self) -> bool:
        """Whether anybody reads copies of this audience."""
        return self.folder.is_dir()

    @property
    def behind(self) -> bool:
        """Whether something may have been written since the newest copy was made."""
        return self._mark.exists()

    def want(self) -> None:
        """Ask writers to publish.

        Raises
        ------
        GraphStoreUnavailableError
            The folder cannot be made.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise GraphStoreUnavailableError(
                f"nothing was published in {self.folder} yet, and it cannot be made ({error}): start once with the right to write"
            ) from error

    def mark_behind(self) -> None:
        """Say that something is about to be written."""
        if not self.behind:
            set_mark(self._mark)

    def newest(self) -> str | None:
        """The name of the newest copy; None before the first one. One system call."""
        try:
            return str(self._pointer.readlink())
        except OSError:
            return None

    def publish(self, backups: Mapping[str, Callable[[Path], None]]) -> None:
        """Make a copy and let it be the newest; remove what nobody uses.

        Parameters
        ----------
        backups
            What copies each part, by the name that the part has inside the copy; called with the path to make. Nothing is
            written to any of them meanwhile.

        Raises
        ------
        OSError
            The disk failed, or is full. The newest copy is what it was.
        """
        with self._alone():
            making = self.folder / _MAKING
            shutil.rmtree(making, ignore_errors=True)  # of somebody who was killed
            making.mkdir()
            try:
                for name, backup in backups.items():
                    backup(making / name)
                number = max((int(path.name) for path in self._copies()), default=0) + 1
                copy = self.folder / f"{number:08}"
                making.rename(copy)
            except BaseException:
                shutil.rmtree(making, ignore_errors=True)
                raise
            link = self.folder / f"{_NEWEST}.next"
            link.unlink(missing_ok=True)
            link.symlink_to(copy.name)
            link.replace(self._pointer)
            clear_mark(self._mark)
            self._remove_unused()

    def hold(self, name: str) -> HeldCopy | None:
        """Keep one copy from being removed; None where it is gone already."""
        path = self.folder / name
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), path.stat()):
                return HeldCopy(path, lock)
        except OSError:  # whoever removes it was faster
            pass
        os.close(lock)
        return None

    def discard(self, name: str) -> None:
        """Forget a copy that cannot be read, so that another is made."""
        with contextlib.suppress(OSError), self._alone():
            self.mark_behind()
            if self.newest() == name:
                self._pointer.unlink()

    def remove_unused(self) -> None:
        """Remove what nobody uses, as far as we may; does nothing while somebody publishes."""
        with contextlib.suppress(OSError), self._alone(wait=False):
            self._remove_unused()

    def _copies(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if path.name.isdecimal()]

    def _remove_unused(self) -> None:
        newest = self.newest()
        for path in self._copies():
            if path.name == newest:
                continue
            with contextlib.suppress(OSError):
                lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path, ignore_errors=True)
                finally:
                    os.close(lock)

    @contextlib.contextmanager
    def _alone(self, *, wait: bool = True) -> Iterator[None]:
        lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield
        finally:
            os.close(lock)


class Pace:
    """When is it time for a writer that goes on writing to publish again?"""

    def __init__(self) -> None:
        self._next = 0.0

    def is_due(self) -> bool:
        """Whether enough time has passed since the last copy."""
        return time.monotonic() >= self._next

    def took(self, seconds: float) -> None:
        """Note what a copy took that was just made."""
        self._next = time.monotonic() + max(MIN_SECONDS, SHARE * seconds)


def publish_stores(audience_folder: Path, stores: Mapping[str, ox.Store], others: Mapping[str, Callable[[Path], None]]) -> None:
    """Publish what the open stores of an audience hold, and `others`; nobody writes to them meanwhile.

    Takes some 50 ms where something was written since the last time: Oxigraph flushes first.

    Raises
    ------
    OSError
        The disk failed, or is full.
    """
    on_disk = {place: store for place, store in stores.items() if (audience_folder / place / "CURRENT").is_file()}
    PublishedCopies(audience_folder).publish({place: store.backup for place, store in on_disk.items()} | dict(others))


def publish_folder(audience_folder: Path, others: Mapping[str, Callable[[Path], None]]) -> None:
    """Publish what an audience's folder holds, and `others`, while no process has it open for writing; takes some milliseconds.

    A change that was cut short is not published: a writer has to put it right before.

    Raises
    ------
    OSError
        The disk failed, or is full.
    """
    if any((audience_folder / f"{place}.changing").exists() for place in PLACES):
        return
    here = [audience_folder / place for place in PLACES if (audience_folder / place / "CURRENT").is_file()]
    PublishedCopies(audience_folder).publish({path.name: functools.partial(_link_store, path) for path in here} | dict(others))


def _link_store(source: Path, target: Path) -> None:
    """Copy a store that nobody has open for writing: sorted files never change and are linked, the few others are copied.

    Oxigraph's own backup does the same, but of a store opened for reading it leaves out what only the log holds.
    """
    target.mkdir()
    for path in source.iterdir():
        if path.suffix == ".sst":
            (target / path.name).hardlink_to(path)
        elif path.is_file() and path.name not in {"LOCK", "LOG"}:
            shutil.copyfile(path, target / path.name)
