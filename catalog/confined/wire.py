"""What do a process and the confined ones that it started say to each other?

To the confined process: frames of a number of seconds (double), a length (four bytes) and so many bytes, big endian. From it: one
letter, a length, and so many bytes. What comes from it is read as numbers and texts alone, for who fed it may have taken it over.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any, Final

from catalog.errors import CatalogError, LimitExceededError, MetadataError, NotFoundError, Problem, StoreBusyError

TASK: Final = struct.Struct(">dI")
HEAD: Final = struct.Struct(">cI")
READY, DATA, END, REFUSED, MEMORY, FAULT = b"R", b"D", b"E", b"X", b"M", b"F"
MAX_WORDS: Final = 4 * 2**20
"""Bytes of a frame that is no data."""
MOST: Final = 2**32 - 1
"""Bytes of one frame."""


def error_to_bytes(error: CatalogError) -> bytes:
    """An error of ours as JSON."""
    said: dict[str, Any] = {"code": error.code, "message": str(error)}
    if isinstance(error, LimitExceededError):
        said |= {"limit": error.limit, "value": error.value, "allowed": error.allowed}
    elif isinstance(error, NotFoundError):
        said["near"] = list(error.near)
    elif isinstance(error, MetadataError):
        said["problems"] = [each.to_dict() for each in error.problems[:1000]]
    elif isinstance(error, StoreBusyError):
        said["retry_after"] = error.retry_after
    return json.dumps(said).encode()


def error_from_bytes(body: bytes) -> CatalogError:
    """The error again, of the same kind.

    Raises
    ------
    ValueError
        It is none.
    """
    said = json.loads(body)
    kind = next((each for each in _kinds(CatalogError) if each.code == said["code"]), None)
    if kind is None:
        raise ValueError("an error of no kind that is known")
    message = str(said["message"])
    if issubclass(kind, LimitExceededError):
        return kind(message, limit=str(said["limit"]), value=int(said["value"]), allowed=int(said["allowed"]))
    if issubclass(kind, NotFoundError):
        return kind(message, [str(each) for each in said["near"]])
    if issubclass(kind, MetadataError):
        return kind(message, [Problem(**each) for each in said["problems"]])
    if issubclass(kind, StoreBusyError):
        return kind(message, None if said["retry_after"] is None else float(said["retry_after"]))
    return kind(message)


def _kinds(kind: type[CatalogError]) -> Iterator[type[CatalogError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)
