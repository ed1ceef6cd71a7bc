"""What does it cost to read values through the catalogue, compared with zarr-python opened by path, and with bare files?"""

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
from catalog.bridge.read_many import Wanted, read_many
from catalog.bridge.selection import select
from catalog.bridge.staleness import Policy
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest

GOAL = Goal("at most", 1.05)
LESS = Goal("at most", 1.0)
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
        ours, peer, bare = medians(
            sizes.runs, lambda ref=ref: read_array(ref), lambda path=path: _open_and_read(path), lambda path=path: _files(path)
        )
        cells = layout.get("shards", layout["chunks"])
        mebibytes = 4 * np.prod(shape) / 2**20
        yield Figure(f"read values, {name}", ours, peer, GOAL, f"{mebibytes:.3g} MiB in {shape[0] // cells[0] or 1} objects")
        yield Figure(f"read values, {name}, against the files' bytes", ours, bare)
    yield from _many(sizes, folder)


def _many(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """A small part of each of many arrays: resolved by one query and read at once; the peer opens each by its path."""
    store, count = folder / "many.zarr", sizes.small_reads
    group = zarr.open_group(store, mode="w", zarr_format=3)
    for number in range(count):
        group.create_array(f"a{number:04}", shape=(100, 100), chunks=(50, 50), dtype="f4")[...] = number
    with open_deployment(folder / "many") as workspace:
        dataset = ingest(workspace, IngestRequest(str(store))).iri

        def ours(check: Policy) -> list[Any]:
            refs = resolve(workspace.catalog, dataset, workspace.iris).refs
            outcomes = read_many([Wanted(ref, select(ref.array, "dim0=10:20,dim1=30:40")) for ref in refs], check=check)
            return [outcome.get() for outcome in outcomes]

        def peer() -> list[Any]:
            paths = [str(store / f"a{number:04}") for number in range(count)]
            return [zarr.open_array(path, mode="r", zarr_format=3)[10:20, 30:40] for path in paths]

        agree("the values", bool(np.array_equal(ours("always"), peer())), True)
        checked, unchecked, theirs = medians(sizes.runs, lambda: ours("always"), lambda: ours("never"), peer)
        yield Figure(f"{count} small reads from one query", checked, theirs, LESS, "each looked at for changes")
        yield Figure(f"{count} small reads from one query, unchecked", unchecked, theirs, LESS)


def _files(path: str) -> int:
    return sum(len(file.read_bytes()) for file in (Path(path) / "c").rglob("*") if file.is_file())


def _write(store: Path, shape: tuple[int, ...]) -> None:
    """One array for each layout, of numbers that shrink to about a half."""
    random = np.random.default_rng(1)
    values = random.integers(0, 1 << 16, shape, dtype=np.int32).astype(np.float32)
    group = zarr.open_group(store, mode="w", zarr_format=3)
    for name, layout in _LAYOUTS.items():
        group.create_array(name, shape=shape, dtype=np.float32, **layout)[...] = values


def _open_and_read(path: str) -> Any:
    return zarr.open_array(path, mode="r", zarr_format=3)[...]
