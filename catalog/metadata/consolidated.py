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
    """Document name → node path → document, in the order of the text; the paths are not checked yet."""
    documents: dict[str, dict[str, Json]] = {name: {} for name in V2_NAMES}
    for key, document in value["metadata"].items():
        path, _, name = key.rpartition("/")
        if name in documents and (path or key == name or accept_key(key, problems)):
            documents[name][path] = document
    return documents


def split_v3(value: Json) -> dict[str, Json]:
    """Node path → the node's document, in the order of the text; the paths are not checked yet. The root has the path ``""``."""
    root = {key: member for key, member in value.items() if key != "consolidated_metadata"}
    return {**value["consolidated_metadata"]["metadata"], "": root}


def accept_key(key: str, problems: list[Problem]) -> bool:
    """Whether a key, or a node's path, from a consolidated document is safe; else that is a problem."""
    fault = fault_of_key(key)
    if fault:
        problems.append(Problem(key, "unsafe-key", f"{key!r} cannot be a key in a Zarr store: it {fault}; it was left out"))
    return fault is None
