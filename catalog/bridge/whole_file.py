"""How does a file appear as a whole, or not at all?

It is written beside its place and moved there when it is complete, so that nobody ever finds half of it.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catalog.errors import ForbiddenError, InputError, UnavailableError


def write_whole(path: Path, write: Callable[[Any], None]) -> None:
    """Write a file, all or nothing; what is there is replaced.

    Parameters
    ----------
    path
        The file.
    write
        Writes to a binary file that is open.

    Raises
    ------
    InputError
        The folder does not exist, or the path is a folder.
    ForbiddenError
        The file may not be written.
    UnavailableError
        Writing failed, for want of room say; what was there before is untouched.
    """
    fault: OSError | None = None
    try:
        _replace(path, write)
    except OSError as error:
        fault = error
    if fault is None:
        return
    if isinstance(fault, PermissionError):
        raise ForbiddenError(f"{str(path)!r} may not be written: {fault.strerror}")
    if isinstance(fault, FileNotFoundError | NotADirectoryError):
        raise InputError(f"{str(path)!r} cannot be written: the folder {str(path.parent)!r} does not exist; make it first")
    if isinstance(fault, IsADirectoryError):
        raise InputError(f"{str(path)!r} is a folder; name a file in it")
    raise UnavailableError(f"{str(path)!r} could not be written: {fault.strerror or fault}")


def _replace(path: Path, write: Callable[[Any], None]) -> None:
    if path.is_dir():
        raise IsADirectoryError
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        # Opened here rather than by `tempfile`, so that the file gets the rights that any other new file gets.
        with part.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
