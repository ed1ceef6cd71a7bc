"""When is what was committed safe from a loss of power?

Oxigraph writes a transaction to the store's log (``*.log``) before it commits it, so it is enough to see that log on disk; a bulk
load sees to its files by itself. A flush makes the log superfluous, but it writes a file for each of nine indexes, which have to
be merged later: 36 ms for 300 triples, where the log takes 7. Yet whoever opens the store reads again what the log still holds,
so from time to time a flush is worth it.

How much that is has to be counted here: Oxigraph uses old log files again, so their sizes do not tell.
"""

import os
from pathlib import Path
from typing import Final

import pyoxigraph as ox

MAX_LINES: Final = 6_000
"""Changed triples in the log from which on a flush is worth it: about 4 MB, or 70 ms to read again."""


class StoreLog:
    """The log of one writable store.

    Parameters
    ----------
    folder
        Where the store lies. What its log held was read and flushed when it was opened.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = 0

    def secure(self, store: ox.Store, lines: int) -> None:
        """Let what was committed survive the loss of power.

        Parameters
        ----------
        store
            The store.
        lines
            Triples that transactions changed since the last call; 0 after a bulk load.

        Raises
        ------
        OSError
            The disk failed.
        """
        self._lines += lines
        if self._lines < MAX_LINES:
            try:
                for path in (*self._folder.glob("*.log"), self._folder):
                    sync_path(path)
            except FileNotFoundError:  # Oxigraph began a new log meanwhile
                pass
            else:
                return
        store.flush()
        self._lines = 0


def sync_path(path: Path) -> None:
    """See what was written to a file, or which files a folder has, on disk.

    Raises
    ------
    OSError
        The disk failed, or there is no such file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
