"""What does a store say of a document, or of any object, without giving it?

When it was written last, its size, the name of its content: enough to suspect that a copy is stale, never enough to prove that
it is not.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from catalog.errors import CatalogError


@dataclass(frozen=True, slots=True)
class Signs:
    """What a store says of a document without giving it.

    Attributes
    ----------
    modified
        When it was written last, in seconds since 1970 in UTC; None where the store does not say.
    size
        Bytes, None likewise.
    etag
        Names its content; ``""`` likewise.
    """

    modified: float | None = None
    size: int | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of a stored object, and what its store says of the whole.

    Attributes
    ----------
    data
        The part; shorter than was asked for where the object ends.
    start
        Where in the object it begins.
    signs
        Of the whole object, as far as the store tells without being asked again.
    """

    data: bytes
    start: int
    signs: Signs


def differ(one: Signs, other: Signs) -> str:
    """In which sign two looks at a document differ; ``""`` where they do not, as far as both tell."""
    if one.etag and other.etag:
        return "ETag" if one.etag != other.etag else ""
    return "size" if one.size is not None and other.size is not None and one.size != other.size else ""


@dataclass(frozen=True, slots=True)
class Glance:
    """The first names below a store's root, in the order of their characters, as one request gives them.

    Attributes
    ----------
    signs
        Key → what is said of it; chunks are among them.
    last
        The last key; ``""`` where that was all.
    """

    signs: dict[str, Signs]
    last: str = ""

    def shows(self, key: str) -> bool:
        """Whether a key that is not among them is not there."""
        return not self.last or key <= self.last


def signs_of_files(open_file: Callable[[str], int | None], keys: Iterable[str]) -> dict[str, Signs | CatalogError | None]:
    """What the file system says of each file; None where there is none.

    Parameters
    ----------
    open_file
        Gives a descriptor of the file at a key, or None, or raises a CatalogError.
    """
    return {key: _signs_of_file(open_file, key) for key in keys}


def _signs_of_file(open_file: Callable[[str], int | None], key: str) -> Signs | CatalogError | None:
    try:
        descriptor = open_file(key)
    except CatalogError as error:
        return error
    if descriptor is None:
        return None
    try:
        status = os.fstat(descriptor)
        return Signs(status.st_mtime, status.st_size)
    finally:
        os.close(descriptor)


def signs_of_headers(headers: Mapping[str, str]) -> Signs:
    """What the headers of an answer say. Source: RFC 9110, sections 8.6, 8.8.2 and 8.8.3."""
    length = headers.get("Content-Length", "")
    try:
        modified: float | None = parsedate_to_datetime(headers.get("Last-Modified", "")).timestamp()
    except (ValueError, OverflowError):
        modified = None
    size = int(length) if length.isascii() and length.isdecimal() and len(length) < 19 else None
    return Signs(modified, size, headers.get("ETag", ""))


def signs_of_entry(entry: Mapping[str, Any]) -> Signs:
    """What a library says of an object, under whichever names it uses; a time of creation says nothing of changes."""
    times = (entry.get(name) for name in ("LastModified", "last_modified", "mtime", "modified", "updated"))
    modified = next((time for each in times if (time := _seconds(each)) is not None), None)
    sizes = (entry.get(name) for name in ("size", "Size", "ContentLength"))
    size = next((each for each in sizes if type(each) is int), None)
    etag = next((each for name in ("ETag", "etag") if isinstance(each := entry.get(name), str)), "")
    return Signs(modified, size, etag)


def _seconds(value: object) -> float | None:
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value.timestamp()
    except (ValueError, OverflowError):
        return None
    return float(value) if type(value) in {int, float} else None  # type: ignore[arg-type]
