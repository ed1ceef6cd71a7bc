"""Do both ways of decoding give the same values of every published array that is read here?"""

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from catalog.bridge.chunk_plan import plan_chunks
from catalog.bridge.read import read_planned
from catalog.bridge.selection import select
from catalog.metadata.array import Array
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.metadata.layout import array_document
from catalog.stores.arrays import open_array
from catalog.stores.pipeline import PipelineName
from tests.support.corpora import find_corpora

EXPECTED_FILE = find_corpora() / "expected.json"
NAMES = {"zarr.json", ".zarray", ".zgroup", ".zattrs"}
MAX_BYTES = 4 * 2**20


def outcome(store: Path, array: Array, pipeline: PipelineName) -> Any:
    """The values of the array's beginning, or the kind of error."""
    text = ",".join(f"dim{axis}=0:{min(size, 64)}" for axis, size in enumerate(array.shape))
    document = array_document(array.layout, array.shape, array.dimension_names)
    try:
        plan = plan_chunks(array, select(array, text))
        with open_array(str(store), array.path, document, zarr_format=array.zarr_format, pipeline=pipeline) as reader:
            return read_planned(reader, plan)
    except ValueError as error:
        return type(error)


def test_every_published_array(corpora: Path) -> None:
    compared = 0
    for name in json.loads(EXPECTED_FILE.read_text()):
        paths = sorted(path for path in (corpora / name).rglob("*") if path.name in NAMES)
        try:
            arrays = parse_hierarchy([Document(p.relative_to(corpora / name).as_posix(), p.read_bytes()) for p in paths]).arrays
        except ValueError:
            continue
        for array in arrays:
            if (
                array.unreadable
                or prod(min(size, 64) for size in array.shape) * (array.layout.data_type.item_size or 16) > MAX_BYTES
            ):
                continue
            fused, batched = (outcome(corpora / name, array, pipeline) for pipeline in ("fused", "batched"))
            where = f"{name} {array.path}"
            if isinstance(fused, np.ndarray):
                assert (fused.shape, fused.dtype) == (batched.shape, batched.dtype), where
                assert fused.tobytes() == batched.tobytes() or fused.tolist() == batched.tolist(), where
                compared += 1
            else:
                assert fused is batched, where
    assert compared >= 500
