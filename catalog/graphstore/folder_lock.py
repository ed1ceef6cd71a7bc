"""Who may open a graph store's folder? One writer, or any number of readers.

The lock is advisory and lies on a file inside the folder (``flock``): the system gives it back when a process dies, however
it dies.
"""

import contextlib
import errno
import fcntl
import os
import time
from pathlib import Path

from catalog.errors import GraphStoreUnavailableError

LOCK_NAME = "catalog.lock"
_PAUSE = 0.02  # seconds between two tries


class FolderLock:
    """An exclusive (writer) or shared (reader) lock on a folder, held from construction to `release`.

    Parameters
    ----------
    folder
        An existing folder.
    exclusive
        Whether nobody else may hold a lock meanwhile.
    timeout
        Seconds to wait for others to finish.

    Raises
    ------
    GraphStoreUnavailableError
        Others did not finish in time, or the lock file cannot be made.
    """

    def __init__(self, folder: Path, *, exclusive: bool, timeout: float) -> None:
        self._file: int | None = None
        path = folder / LOCK_NAME
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except PermissionError:
            if exclusive:
                raise GraphStoreUnavailableError(
                    f"the graph store in {folder} cannot be written: no right to write {path}"
                ) from None
            file = self._open_to_read(folder, path)
        except OSError as error:
            raise GraphStoreUnavailableError(f"the graph store in {folder} cannot be locked: {error}") from error
        mode = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(file, mode)
            except OSError as error:
                if error.errno in {errno.EWOULDBLOCK, errno.EACCES} and time.monotonic() < deadline:
                    time.sleep(_PAUSE)
                    continue
                os.close(file)
                raise GraphStoreUnavailableError(self._why(folder, exclusive, timeout, error)) from None
            self._file = file
            return

    @staticmethod
    def _open_to_read(folder: Path, path: Path) -> int:
        try:
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise GraphStoreUnavailableError(f"the graph store in {folder} cannot be read: {error}") from error

    @staticmethod
    def _why(folder: Path, exclusive: bool, timeout: float, error: OSError) -> str:
        if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
            return f"the graph store in {folder} cannot be locked: {error}"
        use = "to write" if exclusive else "to read"
        return f"another process uses the graph store in {folder}: waited {timeout:g} s {use}; try again when it is done"

    def release(self) -> None:
        """Give the lock back. Calling it again does nothing."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None
