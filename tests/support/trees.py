"""A hierarchy written as one JSON value with ``members``, by walking it with zarr-python."""

import json
from collections.abc import Mapping
from typing import Any

import zarr


def tree_of(node: "zarr.Group | zarr.Array[Any]", documents: Mapping[str, bytes]) -> dict[str, Any]:
    """The node with all that is below it; ``documents`` are the store's metadata documents by key."""

    def document(name: str) -> dict[str, Any]:
        key = f"{node.path}/{name}" if node.path else name
        value: dict[str, Any] = json.loads(documents[key]) if key in documents else {}
        return value

    if node.metadata.zarr_format == 3:
        value = document("zarr.json")
    else:
        name = ".zarray" if isinstance(node, zarr.Array) else ".zgroup"
        value = document(name) | {"attributes": document(".zattrs")}
    if isinstance(node, zarr.Group):
        value["members"] = {name: tree_of(child, documents) for name, child in node.members()}
    return value
