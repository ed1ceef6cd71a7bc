"""What does the value at each of many points cost, compared with one read for each point?

As one read for each of 100,000 points takes minutes, the peers read fewer of them, and both sides are told for one point.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from bench.deployment import open_deployment
from bench.measure import Figure, Goal, agree, medians
from bench.sizes import Sizes
from catalog.bridge.array_ref import ArrayRef, resolve
from catalog.bridge.points import sample
from catalog.bridge.read import read_array
from catalog.bridge.selection import select
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest

FASTER = Goal("faster")
_LAYOUTS: dict[str, dict[str, Any]] = {
    "zstd": {"chunks": (16, 64, 64)},
    "sharded": {"chunks": (8, 32, 64), "shards": (32, 128, 256)},
}


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: `sample` of all points. The peers: reads of single points, through the bridge and zarr-python, and ``vindex``."""
    shape = (max(16, sizes.value_bytes // (4 * 256 * 256 * 4)), 256, 256)
    store, random = folder / "points.zarr", np.random.default_rng(1)
    values = random.integers(0, 1 << 16, shape, dtype=np.int32).astype(np.float32)
    group = zarr.open_group(store, mode="w", zarr_format=3)
    for name, layout in _LAYOUTS.items():
        group.create_array(name, shape=shape, dtype=np.float32, compressors=ZstdCodec(level=1), **layout)[...] = values
    points = random.integers(0, shape, (sizes.points, 3))
    with open_deployment(folder / "catalogue") as workspace:
        dataset = ingest(workspace, IngestRequest(str(store))).iri
        refs = {ref.path: ref for ref in resolve(workspace.catalog, dataset, workspace.iris).refs}
    for name in _LAYOUTS:
        yield from _compared(name, refs[name], str(store / name), points, values, sizes)


def _compared(name: str, ref: ArrayRef, path: str, points: Any, values: Any, sizes: Sizes) -> Iterator[Figure]:
    few, expected = points[: sizes.point_reads], values[tuple(points.T)]
    together = partial(sample, ref, points)
    singly = partial(_by_bridge, ref, few)
    opened = partial(_by_zarr, path, few)
    picked = partial(_by_vindex, path, points)
    agree("the values", bool(np.array_equal(together(), expected)), True)
    agree("the values of vindex", bool(np.array_equal(picked(), expected)), True)
    for peer in (singly, opened):
        agree("the values of single reads", peer(), expected[: len(few)].tolist())
    ours, one, other, vindex = medians(sizes.runs, together, singly, opened, picked)
    each, note = ours / len(points), f"for each point; {len(points)} at once, {len(few)} singly"
    yield Figure(f"sample points, {name}, against bridge reads", each, one / len(few), FASTER, note)
    yield Figure(f"sample points, {name}, against zarr-python opened once", each, other / len(few), FASTER, note)
    yield Figure(f"sample points, {name}, against vindex of all", ours, vindex, FASTER, f"{len(points)} points")


def _by_bridge(ref: ArrayRef, points: Any) -> list[float]:
    """One read for each point; whether the array changed is not asked."""
    parts = ({f"dim{axis}": int(at) for axis, at in enumerate(point)} for point in points)
    return [float(read_array(ref, select(ref.array, part), check="never")) for part in parts]


def _by_zarr(path: str, points: Any) -> list[float]:
    array: Any = zarr.open_array(path, mode="r", zarr_format=3)
    return [float(array[tuple(point)]) for point in points.tolist()]


def _by_vindex(path: str, points: Any) -> Any:
    array: Any = zarr.open_array(path, mode="r", zarr_format=3)
    return array.vindex[tuple(points.T)]
