"""Small hierarchies written as documents, without any Zarr library."""

import json
from pathlib import Path
from typing import Any


def array_v3(shape: list[int], chunks: list[int] | None = None, **members: Any) -> dict[str, Any]:
    """A v3 array's document: little-endian float32, uncompressed."""
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks or shape}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        **members,
    }


def group_v3(**attributes: Any) -> dict[str, Any]:
    """A v3 group's document."""
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def write_v3(root: Path, nodes: dict[str, dict[str, Any]], *, consolidate: bool = False) -> Path:
    """Write a v3 hierarchy: node path → document; ``consolidate`` puts all into the root's document as well."""
    for path, document in nodes.items():
        folder = root / path if path else root
        folder.mkdir(parents=True, exist_ok=True)
        whole = document
        if consolidate and path == "":
            inside = {key: value for key, value in nodes.items() if key}
            whole = {**document, "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": inside}}
        (folder / "zarr.json").write_text(json.dumps(whole))
    return root


def array_v2(shape: list[int], chunks: list[int] | None = None, **members: Any) -> dict[str, Any]:
    """A v2 array's ``.zarray``: little-endian float32, uncompressed."""
    return {
        "zarr_format": 2,
        "shape": shape,
        "chunks": chunks or shape,
        "dtype": "<f4",
        "compressor": None,
        "fill_value": 0.0,
        "filters": None,
        "order": "C",
        **members,
    }


def write_documents(root: Path, documents: dict[str, Any]) -> Path:
    """Write documents by key; a value that is bytes is written as it stands."""
    for key, value in documents.items():
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return root
