"""How does a dataset leave the catalogue?

All its graphs go, in both audiences, the public one first; so do the links to it in the records of other datasets. What the archive
holds stays: it has no links to follow, and another dataset may hold the same object.
"""

from dataclasses import replace

from catalog.graphstore.door import GraphUpdate
from catalog.metadata.dataset import Dataset
from catalog.rdf.dataset import record_ntriples
from catalog.rdf.iris import ASSERTED, CURATED, RECORD, REJECTED
from catalog.services.registry import Registry
from catalog.services.workspace import Workspace


def delete(workspace: Workspace, name: str) -> Dataset:
    """Remove a dataset, by its id or IRI; what was recorded about it comes back.

    Raises
    ------
    NotFoundError
        There is none; nothing was changed.
    """
    iris = workspace.iris
    registry = Registry(workspace.catalog, iris)
    dataset = registry.require(name)
    dropped = [GraphUpdate(iris.graph(dataset.id, part), None) for part in ("", ASSERTED, CURATED, RECORD)]
    unlinked = [replace(part, part_of=None) for part in registry.parts_of(dataset.id)]
    workspace.public.apply([*dropped, *_records(workspace, [part for part in unlinked if part.access == "public"], "public")])
    workspace.catalog.apply(
        [*dropped, GraphUpdate(iris.graph(dataset.id, REJECTED), None), *_records(workspace, unlinked, "catalog")]
    )
    return dataset


def _records(workspace: Workspace, datasets: list[Dataset], audience: str) -> list[GraphUpdate]:
    return [
        GraphUpdate(workspace.iris.graph(each.id, RECORD), record_ntriples(each, workspace.iris, audience)) for each in datasets
    ]
