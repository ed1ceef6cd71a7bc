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
    named: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: from the URL to graphs in force, validation left out. The peer: a bulk load of the very same quads, and a flush.

    The same quads are all that the store holds afterwards: those of the named graphs, and those of the default graph, which is a
    real union. A second line is against the quads of the named graphs alone. A restricted dataset is written to one graph store
    and loaded into one, a public one to two and into two.
    """
    store = write_v3(folder / "store.zarr", max(1, sizes.arrays // 20), sizes.arrays)
    accesses: tuple[tuple[Access, int], ...] = (("restricted", 1), ("public", 2))
    for access, stores in accesses:
        times, quads, union = _Times(), b"", b""
        for run in range(sizes.runs):
            with open_deployment(folder / f"{access}-{run}") as workspace:
                dataset_id = _ingest_thrice(workspace, store, access, times)
                quads = quads or _quads_of(workspace, dataset_id)
                union = union or b"".join(sorted(set(_triples_of(workspace, dataset_id).splitlines(keepends=True))))
            times.bare.append(_bare_load(folder / f"{access}-{run}-bare", quads + union, stores))
            times.named.append(_bare_load(folder / f"{access}-{run}-named", quads, stores))
        first = median(times.first)
        count = (quads + union).count(b"\n")
        note = f"{sizes.arrays} arrays, {count} quads, {stores} graph store{'s' * (stores > 1)}"
        yield Figure(f"first ingest, {access}", first, median(times.bare), FIRST, note)
        yield Figure(f"first ingest, {access}, against the named graphs alone", first, median(times.named))
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


def _graphs_of(workspace: Workspace, dataset_id: str) -> list[str]:
    return [workspace.iris.graph(dataset_id, part) for part in ("", ASSERTED, RECORD)]


def _quads_of(workspace: Workspace, dataset_id: str) -> bytes:
    """The quads of the named graphs."""
    graphs = _graphs_of(workspace, dataset_id)
    return b"".join(workspace.catalog.read_graph(graph).replace(b" .\n", f" <{graph}> .\n".encode()) for graph in graphs)


def _triples_of(workspace: Workspace, dataset_id: str) -> bytes:
    """The triples of the named graphs, which the default graph holds once each."""
    return b"".join(map(workspace.catalog.read_graph, _graphs_of(workspace, dataset_id)))


def _bare_load(folder: Path, quads: bytes, count: int) -> float:
    folder.mkdir()
    stores = [ox.Store(folder / str(number)) for number in range(count)]
    taken, _ = timed(lambda: [_load(store, quads) for store in stores])
    agree("the count of quads", quads.count(b"\n"), len(stores[0]))
    return taken


def _load(store: ox.Store, quads: bytes) -> None:
    store.bulk_load(quads, ox.RdfFormat.N_QUADS, lenient=True)
    store.flush()
