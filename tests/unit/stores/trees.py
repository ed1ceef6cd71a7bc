"""Stores to be read: made by zarr-python, which is not what is tested, or written out by hand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr

GROUP3 = b'{"zarr_format": 3, "node_type": "group"}'
GROUP2 = b'{"zarr_format": 2}'

VALUES = np.arange(60, dtype="<i4").reshape(6, 10)
TEXTS = np.array(["a", "ä", "", "long " * 20], dtype=object)


def array3(**changes: Any) -> bytes:
    """A ``zarr.json`` of an array of 4 bytes, in one chunk."""
    fields: dict[str, Any] = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [4],
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4]}},
        "chunk_key_encoding": {"name": "default"},
        "fill_value": 7,
        "codecs": [{"name": "bytes"}],
    }
    return json.dumps(fields | changes).encode()


def array2(**changes: Any) -> bytes:
    """A ``.zarray`` of an array of 4 bytes, in one chunk."""
    fields: dict[str, Any] = {
        "zarr_format": 2,
        "shape": [4],
        "chunks": [4],
        "dtype": "|u1",
        "compressor": None,
        "fill_value": 7,
        "filters": None,
        "order": "C",
    }
    return json.dumps(fields | changes).encode()


def consolidated3(members: Mapping[str, bytes]) -> bytes:
    """A root ``zarr.json`` with the documents of its members in it."""
    inline = {"kind": "inline", "must_understand": False, "metadata": {path: json.loads(text) for path, text in members.items()}}
    return json.dumps(json.loads(GROUP3) | {"consolidated_metadata": inline}).encode()


def consolidated2(documents: Mapping[str, bytes]) -> bytes:
    """A ``.zmetadata`` with these documents in it."""
    metadata = {key: json.loads(text) for key, text in documents.items()}
    return json.dumps({"zarr_consolidated_format": 1, "metadata": metadata}).encode()


def write(folder: Path, tree: Mapping[str, bytes]) -> Path:
    """Files below a folder, by key."""
    for key, data in tree.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_real(folder: Path, zarr_format: int) -> Path:
    """A hierarchy that zarr-python wrote: groups, attributes, compression, a missing chunk, text, and in v3 shards."""
    root = zarr.create_group(folder, zarr_format=zarr_format, attributes={"title": "Grüße"})
    inner = root.create_group("my group", attributes={"n": 1})
    plain = inner.create_array("plain", shape=VALUES.shape, chunks=(2, 5), dtype="<i4", fill_value=-1)
    plain[:4] = VALUES[:4]  # the last row of chunks stays away
    inner.create_array("scalar", shape=(), dtype="<f8", fill_value=0.5)
    if zarr_format == 3:
        sharded = root.create_array("sharded", shape=VALUES.shape, chunks=(2, 5), shards=(6, 10), dtype="<i4", fill_value=0)
        sharded[:] = VALUES
    return folder


def documents_in(folder: Path) -> dict[str, bytes]:
    """The metadata documents below a folder, by key."""
    names = {"zarr.json", ".zgroup", ".zarray", ".zattrs"}
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.name in names}
