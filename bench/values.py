"""What does it cost to read values through the catalogue, compared with zarr-python opened by path?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from bench.deployment import open_deployment
from bench.measure import Figure, Goal, agree, medians
from bench.sizes import Sizes
from catalog.bridge.array_ref import resolve
from catalog.bridge.read import read_array
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest

GOAL = Goal("at most", 1.05)
_LAYOUTS: dict[str, dict[str, Any]] = {
    "raw": {"chunks": (16, 256, 256), "compressors": None},
    "zstd": {"chunks": (16, 256, 256), "compressors": ZstdCodec(level=1)},
    "sharded": {"chunks": (8, 128, 256), "shards": (32, 256, 256), "compressors": ZstdCodec(level=1)},
}


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: from an array's reference, resolved from the graph beforehand, to its values. The peer: open by path, and read."""
    shape = (-(-sizes.value_bytes // (256 * 256 * 4)), 256, 256)
    store = folder / "values.zarr"
    _write(store, shape)
    with open_deployment(folder / "catalogue") as workspace:
        dataset = ingest(workspace, IngestRequest(str(store))).iri
        refs = {ref.path: ref for ref in resolve(workspace.catalog, dataset, workspace.iris).refs}
    agree("the arrays", sorted(refs), sorted(_LAYOUTS))
    for name, layout in _LAYOUTS.items():
        ref, path = refs[name], str(store / name)
        agree("the values", bool(np.array_equal(read_array(ref), _open_and_read(path))), True)
        ours, peer = medians(3 * sizes.runs, lambda ref=ref: read_array(ref), lambda path=path: _open_and_read(path))
        cells = layout.get("shards", layout["chunks"])
        mebibytes = 4 * np.prod(shape) / 2**20
        yield Figure(f"read values, {name}", ours, peer, GOAL, f"{mebibytes:.3g} MiB in {shape[0] // cells[0] or 1} objects")


def _write(store: Path, shape: tuple[int, ...]) -> None:
    """One array for each layout, of numbers that shrink to about a half."""
    random = np.random.default_rng(1)
    values = random.integers(0, 1 << 16, shape, dtype=np.int32).astype(np.float32)
    group = zarr.open_group(store, mode="w", zarr_format=3)
    for name, layout in _LAYOUTS.items():
        group.create_array(name, shape=shape, dtype=np.float32, **layout)[...] = values


def _open_and_read(path: str) -> Any:
    return zarr.open_array(path, mode="r", zarr_format=3)[...]
