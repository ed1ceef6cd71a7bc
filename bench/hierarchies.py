"""Stores to measure with: climate-like hierarchies of any size, as one consolidated document."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA_TYPES = ("float32", "float64", "int16", "uint8")
V2_TYPES = {"float32": "<f4", "float64": "<f8", "int16": "<i2", "uint8": "|u1"}
CHUNKS = ((73, 90, 90), (1, 180, 360), (365, 30, 30))
QUANTITIES = ("air_temperature", "air_pressure", "relative_humidity", "eastward_wind", "northward_wind")


PLAIN = {"standard_name": "quantity", "long_name": "caption", "units": "measured_in", "valid_range": "between"}
"""Keys that mean the same to a reader and belong to no convention."""


def write_v3(folder: Path, groups: int, arrays: int, seed: int = 0, *, cf: bool = True) -> Path:
    """Write a Zarr v3 store of ``groups`` groups, with ``arrays`` arrays shared out among them.

    Parameters
    ----------
    seed
        Stores of different seeds differ in attributes and sizes, as stores of one collection do.
    cf
        Whether they follow CF; else they have as many attributes with the same values, which follow no convention.
    """
    inside = dict(_nodes_v3(groups, arrays, seed))
    title = _title(seed)
    if not cf:
        del title["Conventions"]
        for node in inside.values():
            node["attributes"] = {PLAIN.get(key, key): value for key, value in node["attributes"].items()}
    consolidated = {"kind": "inline", "must_understand": False, "metadata": inside}
    root = {"zarr_format": 3, "node_type": "group", "attributes": title, "consolidated_metadata": consolidated}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_text(json.dumps(root, indent=2))
    return folder


def write_v2(folder: Path, groups: int, arrays: int, seed: int = 0) -> Path:
    """The same hierarchy as a Zarr v2 store."""
    documents: dict[str, Any] = {".zgroup": {"zarr_format": 2}, ".zattrs": _title(seed)}
    for path, node in _nodes_v3(groups, arrays, seed):
        documents |= {f"{path}/{name}": document for name, document in _as_v2(node).items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".zgroup").write_text(json.dumps(documents[".zgroup"]))
    (folder / ".zmetadata").write_text(json.dumps({"zarr_consolidated_format": 1, "metadata": documents}, indent=4))
    return folder


def change_one_attribute(folder: Path, value: str) -> None:
    """Give one array in the middle of a v3 store another attribute."""
    document = folder / "zarr.json"
    root = json.loads(document.read_bytes())
    arrays = [node for node in root["consolidated_metadata"]["metadata"].values() if node["node_type"] == "array"]
    arrays[len(arrays) // 2]["attributes"]["comment"] = value
    document.write_text(json.dumps(root, indent=2))


def _title(seed: int) -> dict[str, Any]:
    return {"title": f"collection {seed}", "institution": "somewhere", "Conventions": "CF-1.11"}


def _nodes_v3(groups: int, arrays: int, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and document of each node below the root."""
    per_group = -(-arrays // groups)
    for group in range(groups):
        path = f"run-{group:05}"
        yield path, {"zarr_format": 3, "node_type": "group", "attributes": {"run": group, "experiment": f"e{seed}"}}
        for index in range(group * per_group, min((group + 1) * per_group, arrays)):
            yield f"{path}/variable-{index - group * per_group:03}", _array_v3(index, seed)


def _array_v3(index: int, seed: int) -> dict[str, Any]:
    quantity = QUANTITIES[index % len(QUANTITIES)]
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [365 + (index + seed) % 20, 180, 360],
        "data_type": DATA_TYPES[index % len(DATA_TYPES)],
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": CHUNKS[index % len(CHUNKS)]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 1, "checksum": False}},
        ],
        "attributes": {
            "standard_name": quantity,
            "long_name": f"{quantity.replace('_', ' ').capitalize()}, monthly mean",
            "units": ("K", "Pa", "1", "m s-1")[index % 4],
            "valid_range": [-1.5 * (index % 5), 1e5],
            "tracking_id": f"hdl:21.14100/{seed:08}-{index:08}",
        },
        "dimension_names": ["time", "lat", "lon"],
        "storage_transformers": [],
    }


def _as_v2(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if node["node_type"] == "group":
        return {".zgroup": {"zarr_format": 2}, ".zattrs": node["attributes"]}
    array = {
        "zarr_format": 2,
        "shape": node["shape"],
        "chunks": node["chunk_grid"]["configuration"]["chunk_shape"],
        "dtype": V2_TYPES[node["data_type"]],
        "compressor": {"id": "zstd", "level": 1, "checksum": False},
        "fill_value": 0,
        "filters": None,
        "order": "C",
        "dimension_separator": "/",
    }
    return {".zarray": array, ".zattrs": {**node["attributes"], "_ARRAY_DIMENSIONS": node["dimension_names"]}}
