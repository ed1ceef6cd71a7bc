"""What do all kinds of store have in common when their documents are looked for?"""

import re
from dataclasses import dataclass

import orjson

from catalog.errors import Problem

DOCUMENT_NAMES = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
"""File names of metadata documents; the first two can say that a folder is an array."""

MAX_DEPTH = 128
"""Folders below each other that are walked."""

MAX_NAMES = 1_000_000
"""Names that are read of one folder."""

_NODE_TYPE = re.compile(rb'"node_type"\s*:\s*"(array|group)"')


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a walk came across: a document with its bytes, or a problem in its place."""

    key: str
    data: bytes | None = None
    problem: Problem | None = None


def is_array_v3(data: bytes) -> bool:
    """Whether the text of a ``zarr.json`` says that its node is an array, below which no node can be.

    The word is looked for in the text; only where it stands more than once (in attributes, say) is the text parsed.
    """
    found = _NODE_TYPE.findall(data)
    if len(found) <= 1:
        return found == [b"array"]
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return bool(found[0] == b"array")
    return isinstance(value, dict) and value.get("node_type") == "array"


def join(folder: str, name: str) -> str:
    """The key of a name inside a folder of the store."""
    return f"{folder}/{name}" if folder else name


def nested_copy(folder: str, name: str) -> Problem:
    """The note that a group inside holds a copy of the documents below it."""
    message = f"holds consolidated metadata of its own in {name}; the documents of the single nodes are used"
    return Problem(folder, "nested-consolidated", message, severity="info")


def too_large(key: str, max_bytes: int) -> Problem:
    """The problem of a document beyond the bound on its size."""
    return Problem(key, "too-large", f"{key!r} has more than {max_bytes} bytes; it was not read")


def too_many(limit: int) -> Problem:
    """The problem of a walk that was stopped."""
    return Problem("", "too-many-nodes", f"more than {limit} folders or nodes; the rest was left out")


def too_deep(folder: str) -> Problem:
    """The problem of a folder that was not entered."""
    return Problem(folder, "too-deep", f"lies {MAX_DEPTH} folders deep; what is in it was left out")


def too_many_folders(count: int) -> Problem:
    """The problem of a walk through folders without any document."""
    return Problem("", "no-documents", f"no metadata document in the first {count} folders; the rest was not looked at")
