"""Which documents are inside this consolidated one?

v2 keeps a map from key to document (``.zmetadata``, or the same under another key); v3 keeps a map from node path to document
inside the root's ``zarr.json``. Paths from either are checked like any key from a stranger.
Source: zarr-python, "Consolidated metadata" (v2 format 1; v3 ``inline``).
"""

from catalog.errors import Problem
from catalog.metadata.document import Json, as_object
from catalog.metadata.key import fault_of_key

V2_NAMES = (".zarray", ".zgroup", ".zattrs")


def is_consolidated_v2(value: Json) -> bool:
    """Whether a document is a v2 consolidated one."""
    return isinstance(as_object(value).get("metadata"), dict) and "node_type" not in value


def is_consolidated_v3(value: Json) -> bool:
    """Whether a ``zarr.json`` carries the documents of the nodes below it."""
    return isinstance(as_object(as_object(value).get("consolidated_metadata")).get("metadata"), dict)


def split_v2(value: Json, problems: list[Problem]) -> dict[str, dict[str, Json]]:
    """Node path → the node's documents by name, in the order of the text."""
    nodes: dict[str, dict[str, Json]] = {}
    for key, document in value["metadata"].items():
        path, _, name = key.rpartition("/")
        if name not in V2_NAMES:
            continue
        parts = nodes.get(path)
        if (parts and path) or _accepted(key, problems):
            nodes.setdefault(path, {})[name] = document
    return nodes


def split_v3(value: Json, problems: list[Problem]) -> dict[str, Json]:
    """Node path → the node's document; the root has the path ``""``."""
    root = {key: member for key, member in value.items() if key != "consolidated_metadata"}
    members = value["consolidated_metadata"]["metadata"]
    return {"": root} | {path: document for path, document in members.items() if path and _accepted(path, problems)}


def _accepted(key: str, problems: list[Problem]) -> bool:
    fault = fault_of_key(key)
    if fault:
        problems.append(Problem(key, "unsafe-key", f"{key!r} cannot be a key in a Zarr store: it {fault}; it was left out"))
    return fault is None
