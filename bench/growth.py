"""Does an operation cost more when the catalogue is larger?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.deployment import open_deployment
from bench.hierarchies import write_v3
from bench.measure import Figure, agree, median, timed
from bench.sizes import Sizes
from catalog.bridge.array_ref import resolve
from catalog.services.datasets import list_datasets, show_dataset
from catalog.services.delete import delete
from catalog.services.ingest import IngestRequest, ingest
from catalog.services.workspace import Workspace


@dataclass(slots=True)
class _Costs:
    """Seconds for one unit of each operation, run by run."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, call: Callable[[], Any], units: int = 1) -> Any:
        """Time a call and keep its seconds for one of so many units."""
        seconds, result = timed(call)
        self.taken.setdefault(name, []).append(seconds / units)
        return result


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """At each point, one more dataset is ingested, asked for, and deleted again, as often as there are runs.

    The figures are those of a point, and of the point before as the peer: the ratio is the growth, while the catalogue grows
    tenfold.
    """
    probe = write_v3(folder / "probe.zarr", max(1, sizes.dataset_arrays // 20), sizes.dataset_arrays, seed=10**6)
    before: dict[str, float] = {}
    held = 0
    with open_deployment(folder / "catalogue") as workspace:
        for count in sizes.datasets:
            for number in range(held, count):
                _ingest(workspace, _dataset(folder, number, sizes))
            held = count
            costs = _Costs()
            for _ in range(sizes.runs):
                _probe(workspace, probe, costs, sizes)
            for name, taken in costs.taken.items():
                now = median(taken)
                yield Figure(name, now, before.get(name), note=f"beside {count * sizes.dataset_arrays} arrays")
                before[name] = now


def _dataset(folder: Path, number: int, sizes: Sizes) -> Path:
    arrays = sizes.dataset_arrays
    return write_v3(folder / "stores" / f"{number:04}.zarr", max(1, arrays // 20), arrays, seed=number)


def _ingest(workspace: Workspace, store: Path) -> str:
    return ingest(workspace, IngestRequest(str(store), access="public")).id


def _probe(workspace: Workspace, probe: Path, costs: _Costs, sizes: Sizes) -> None:
    """One round of each operation on one more dataset."""
    iris, graphs = workspace.iris, workspace.catalog
    probe_id = costs.add("first ingest, an array", lambda: _ingest(workspace, probe), sizes.dataset_arrays)
    costs.add("unchanged ingest", lambda: _ingest(workspace, probe))
    node = iris.node(probe_id, "run-00000/variable-000")
    found = costs.add("resolve an array", lambda: resolve(graphs, node, iris).one())
    agree("the array", found.iri, node)
    listed = costs.add("list, a dataset", lambda: list_datasets(graphs, iris), len(list_datasets(graphs, iris)))
    agree("the probe is listed", sum(row.id == probe_id for row in listed), 1)
    costs.add("show a dataset", lambda: show_dataset(graphs, iris, probe_id))
    costs.add("delete, an array", lambda: delete(workspace, probe_id), sizes.dataset_arrays)
