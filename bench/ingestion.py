"""What does an ingest cost beyond loading its quads, and what does one that finds nothing new?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from bench.deployment import open_deployment
from bench.hierarchies import change_one_attribute, write_v3
from bench.measure import Figure, Goal, agree, median, timed
from bench.sizes import Sizes
from catalog.metadata.dataset import Access
from catalog.rdf.iris import ASSERTED, RECORD
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace

FIRST = Goal("at most", 2)
UNCHANGED = Goal("at most", 0.1)


@dataclass(slots=True)
class _Times:
    """Seconds of each run."""

    first: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: from the URL to graphs in force, validation left out. The peer: a bulk load of the very same quads, and a flush.

    A restricted dataset is written to one graph store and loaded into one, a public one to two and into two.
    """
    store = write_v3(folder / "store.zarr", max(1, sizes.arrays // 20), sizes.arrays)
    accesses: tuple[tuple[Access, int], ...] = (("restricted", 1), ("public", 2))
    for access, stores in accesses:
        times, quads = _Times(), b""
        for run in range(sizes.runs):
            with open_deployment(folder / f"{access}-{run}") as workspace:
                dataset_id = _ingest_thrice(workspace, store, access, times)
                quads = quads or _quads_of(workspace, dataset_id)
            times.bare.append(_bare_load(folder / f"{access}-{run}-bare", quads, stores))
        first = median(times.first)
        note = f"{sizes.arrays} arrays, {quads.count(b'\n')} quads, {stores} graph store{'s' * (stores > 1)}"
        yield Figure(f"first ingest, {access}", first, median(times.bare), FIRST, note)
        yield Figure(f"unchanged ingest, {access}", median(times.unchanged), first, UNCHANGED, "against the first")
        yield Figure(f"one attribute changed, {access}", median(times.changed), first, note="against the first")


def _ingest_thrice(workspace: Workspace, store: Path, access: Access, times: _Times) -> str:
    """Ingest a store that is new, the same, and changed in one attribute; the dataset's id comes back."""
    taken, first = _ingest(workspace, store, access)
    times.first.append(taken)
    taken, again = _ingest(workspace, store, access)
    times.unchanged.append(taken)
    change_one_attribute(store, f"{access}, change {len(times.changed)}")
    taken, changed = _ingest(workspace, store, access)
    times.changed.append(taken)
    agree("what changed", [first.changed, again.changed, changed.changed], [True, False, True])
    return first.id


def _ingest(workspace: Workspace, store: Path, access: Access) -> tuple[float, IngestResult]:
    return timed(lambda: ingest(workspace, IngestRequest(str(store), access=access)))


def _quads_of(workspace: Workspace, dataset_id: str) -> bytes:
    graphs = [workspace.iris.graph(dataset_id, part) for part in ("", ASSERTED, RECORD)]
    return b"".join(workspace.catalog.read_graph(graph).replace(b" .\n", f" <{graph}> .\n".encode()) for graph in graphs)


def _bare_load(folder: Path, quads: bytes, count: int) -> float:
    folder.mkdir()
    stores = [ox.Store(folder / str(number)) for number in range(count)]
    taken, _ = timed(lambda: [_load(store, quads) for store in stores])
    agree("the count of quads", quads.count(b"\n"), len(stores[0]))
    return taken


def _load(store: ox.Store, quads: bytes) -> None:
    store.bulk_load(quads, ox.RdfFormat.N_QUADS, lenient=True)
    store.flush()
