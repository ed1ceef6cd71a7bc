"""Which graphs are in force, and who may see them?

Everything that writes a dataset's graphs does it here, in both audiences. The public one is written first: where a crash cuts
between the two, what was withdrawn is no longer shown, and the next ingest does the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.graphstore.door import GraphUpdate
from catalog.metadata.dataset import Dataset
from catalog.rdf.dataset import record_ntriples
from catalog.rdf.derivation import source_datasets
from catalog.rdf.history import history_with
from catalog.rdf.iris import ASSERTED, CURATED, DERIVED, HISTORY, RECORD, REJECTED
from catalog.services.registry import Registry
from catalog.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Graphs:
    """Content of a dataset's graphs, as canonical N-Triples; of ``derived``, None leaves what is there."""

    structure: bytes
    asserted: bytes
    curated: bytes
    derived: bytes | None = None


Before = tuple[bytes | None, bytes | None]
"""What the structure and asserted graphs hold now; None where only the graph store knows."""


def put_in_force(workspace: Workspace, dataset: Dataset, graphs: Graphs, known: Dataset | None, before: Before) -> None:
    """Replace a dataset's graphs by an accepted state.

    Parameters
    ----------
    known
        What the catalogue recorded of the dataset until now.
    before
        What its graphs hold there.
    """
    iris, public = workspace.iris, dataset.access == "public"
    structure, asserted = iris.graph(dataset.id), iris.graph(dataset.id, ASSERTED)
    shown = _public_before(workspace, dataset.id, known, before)
    origin = iris.graph(dataset.id, DERIVED)
    derived = workspace.catalog.read_graph(origin) if graphs.derived is None else graphs.derived
    history = _history(workspace, dataset, known)
    workspace.public.apply(
        [
            GraphUpdate(structure, graphs.structure if public else None, previous=shown[0]),
            GraphUpdate(asserted, graphs.asserted if public else None, previous=shown[1]),
            GraphUpdate(iris.graph(dataset.id, CURATED), graphs.curated if public else None),
            GraphUpdate(origin, derived if public and _may_be_told(workspace, dataset, derived) else None),
            *history[0],
            _public_record(workspace, dataset),
        ]
    )
    workspace.catalog.apply(
        [
            GraphUpdate(structure, graphs.structure, previous=before[0]),
            GraphUpdate(asserted, graphs.asserted, previous=before[1]),
            *([] if graphs.derived is None else [GraphUpdate(origin, graphs.derived)]),
            *history[1],
            GraphUpdate(iris.graph(dataset.id, REJECTED), None),
            _record(workspace, dataset),
        ]
    )


def _history(workspace: Workspace, dataset: Dataset, known: Dataset | None) -> tuple[list[GraphUpdate], list[GraphUpdate]]:
    """What changes in the graph of replaced snapshots: for the public audience, and for the other."""
    before, after = known.current if known else None, dataset.current
    if known is None or before is None or after is None:
        return [], []
    name, replaced = workspace.iris.graph(dataset.id, HISTORY), before.digest != after.digest
    if not replaced and known.access == dataset.access:
        return [], []
    kept = workspace.catalog.read_graph(name)
    history = history_with(kept, workspace.iris, dataset.id, before, after) if replaced else kept
    shown = GraphUpdate(name, history if dataset.access == "public" else None)
    return [shown], [GraphUpdate(name, history, previous=kept)]


def _public_before(workspace: Workspace, dataset_id: str, known: Dataset | None, before: Before) -> Before:
    """What the public graphs hold: the same, where their own record, written together with them, names the same state."""
    shown = Registry(workspace.public, workspace.iris).by_id(dataset_id)
    states = [(each.current.structure, each.current.asserted) for each in (known, shown) if each and each.current]
    same = states[0] == states[1] if len(states) == 2 else known is None and shown is None
    return before if same else (None, None)


def put_aside(workspace: Workspace, dataset: Dataset, content: bytes) -> None:
    """Keep a refused state where it can be asked about; the last accepted one stays in force."""
    rejected = GraphUpdate(workspace.iris.graph(dataset.id, REJECTED), content)
    workspace.catalog.apply([rejected, _record(workspace, dataset)])


def put_curated(workspace: Workspace, dataset: Dataset, curated: bytes) -> None:
    """Write what people say about a dataset, and its record."""
    graph = workspace.iris.graph(dataset.id, CURATED)
    shown = dataset.access == "public" and dataset.current is not None
    workspace.public.apply([GraphUpdate(graph, curated if shown else None), _public_record(workspace, dataset)])
    workspace.catalog.apply([GraphUpdate(graph, curated), _record(workspace, dataset)])


def put_records(workspace: Workspace, datasets: Sequence[Dataset]) -> None:
    """Write what is recorded about datasets, in every audience that may see them."""
    if not datasets:
        return
    workspace.public.apply([_public_record(workspace, dataset) for dataset in datasets])
    workspace.catalog.apply([_record(workspace, dataset) for dataset in datasets])


def link_parts(workspace: Workspace, parts: Sequence[Dataset], *, always: bool = False) -> None:
    """Link datasets to the nearest one above their stores; where nothing changes, write them only if ``always``."""
    registry = Registry(workspace.catalog, workspace.iris)
    linked = [(part, replace(part, part_of=registry.whole_of(part.location))) for part in parts]
    put_records(workspace, [after for before, after in linked if always or before != after])


def renew_origins(workspace: Workspace, dataset: Dataset) -> None:
    """Show or hide what was made of a dataset, by the access that it is to have: nobody is told of sources that are not public.

    Where something is withdrawn, this comes before the change of the dataset itself, else after it.
    """
    iris, registry = workspace.iris, Registry(workspace.catalog, workspace.iris)
    for each in registry.derived_from(dataset.id):
        origin = iris.graph(each.id, DERIVED)
        derived = workspace.catalog.read_graph(origin)
        told = each.access == "public" and each.current is not None and _may_be_told(workspace, each, derived, dataset)
        workspace.public.apply([GraphUpdate(origin, derived if told else None)])


def _may_be_told(workspace: Workspace, dataset: Dataset, derived: bytes, changing: Dataset | None = None) -> bool:
    """Whether anonymous users may learn what a dataset was made of: all of that is public itself."""
    iris = workspace.iris
    if not derived:
        return False
    ids = [iris.dataset_id(each) for each in source_datasets(derived, iris.dataset(dataset.id))]
    found = Registry(workspace.catalog, iris).by_ids([each for each in ids if each])
    found |= {changing.id: changing} if changing else {}
    return all(each in found and found[each].access == "public" for each in ids)


def remove(workspace: Workspace, dataset: Dataset, parts: Sequence[Dataset]) -> None:
    """Drop all graphs of a dataset, and the links of its parts to it."""
    iris = workspace.iris
    dropped = [GraphUpdate(iris.graph(dataset.id, part), None) for part in ("", ASSERTED, CURATED, DERIVED, HISTORY, RECORD)]
    unlinked = [replace(part, part_of=None) for part in parts]
    workspace.public.apply([*dropped, *(_public_record(workspace, part) for part in unlinked)])
    workspace.catalog.apply(
        [
            *dropped,
            GraphUpdate(iris.graph(dataset.id, REJECTED), None),
            *(_record(workspace, part) for part in unlinked),
        ]
    )


def _record(workspace: Workspace, dataset: Dataset) -> GraphUpdate:
    return GraphUpdate(workspace.iris.graph(dataset.id, RECORD), record_ntriples(dataset, workspace.iris))


def _public_record(workspace: Workspace, dataset: Dataset) -> GraphUpdate:
    """The record that anonymous users see: none of a restricted dataset or of one that was never accepted, no link to one."""
    name = workspace.iris.graph(dataset.id, RECORD)
    if dataset.access != "public" or dataset.current is None:
        return GraphUpdate(name, None)
    whole_id = workspace.iris.dataset_id(dataset.part_of) if dataset.part_of else None
    whole = Registry(workspace.catalog, workspace.iris).by_id(whole_id) if whole_id else None
    shown = dataset if whole and whole.access == "public" else replace(dataset, part_of=None)
    return GraphUpdate(name, record_ntriples(shown, workspace.iris, "public"))
