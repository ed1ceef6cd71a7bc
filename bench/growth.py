"""Does an operation cost more when the catalogue is larger?"""

import time
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
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace

_ASKED = 50
"""Arrays that are resolved in one round."""


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
    """At each point the newest dataset is asked for, and one more is ingested and deleted again, as often as there are runs.

    The figures are those of a point, and of the point before as the peer: the ratio is the growth, while the catalogue grows
    tenfold.
    """
    probe = write_v3(folder / "probe.zarr", max(1, sizes.dataset_arrays // 20), sizes.dataset_arrays, seed=10**6)
    before: dict[str, float] = {}
    held = 0
    with open_deployment(folder / "catalogue") as workspace:
        for count in sizes.datasets:
            for number in range(held, count):
                newest = _dataset(folder, number, sizes)
                _ingest(workspace, newest)
            held = count
            time.sleep(sizes.settle_s)
            costs = _Costs()
            for _ in range(sizes.runs):
                _ask(workspace, newest, costs)
            for _ in range(sizes.runs):
                _add_and_remove(workspace, probe, costs, sizes)
            for name, taken in costs.taken.items():
                now = median(taken)
                yield Figure(name, now, before.get(name), note=f"beside {count * sizes.dataset_arrays} arrays")
                before[name] = now


def _dataset(folder: Path, number: int, sizes: Sizes) -> Path:
    arrays = sizes.dataset_arrays
    return write_v3(folder / "stores" / f"{number:04}.zarr", max(1, arrays // 20), arrays, seed=number)


def _ingest(workspace: Workspace, store: Path) -> str:
    return ingest(workspace, IngestRequest(str(store), access="public")).id


def _ask(workspace: Workspace, newest: Path, costs: _Costs) -> None:
    """One round of what leaves the catalogue as it is, or nearly so; what is quick is done for many arrays."""
    iris, graphs = workspace.iris, workspace.catalog
    dataset_id = costs.add("unchanged ingest", lambda: _ingest(workspace, newest))
    nodes = [ref.iri for ref in resolve(graphs, iris.node(dataset_id, ""), iris).refs[:_ASKED]]
    found = costs.add("resolve an array", lambda: [resolve(graphs, node, iris).one().iri for node in nodes], len(nodes))
    agree("the arrays", found, nodes)
    listed = costs.add("list, a dataset", lambda: list_datasets(graphs, iris), len(list_datasets(graphs, iris)))
    agree("the dataset is listed", sum(row.id == dataset_id for row in listed), 1)
    costs.add("show a dataset", lambda: [show_dataset(graphs, iris, dataset_id) for _ in nodes], len(nodes))


def _add_and_remove(workspace: Workspace, probe: Path, costs: _Costs, sizes: Sizes) -> None:
    """One more dataset comes and goes."""
    probe_id = costs.add("first ingest, an array", lambda: _ingest(workspace, probe), sizes.dataset_arrays)
    costs.add("delete, an array", lambda: delete(workspace, probe_id), sizes.dataset_arrays)
