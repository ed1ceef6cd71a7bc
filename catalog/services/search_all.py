"""How does a search that asks for everything begin and count, without looking at everything?

Each dataset's record says how many groups and arrays it has, so nothing is counted. The IRIs of a dataset's nodes begin alike, so
the datasets in order have all nodes in order, and only those are read that a page takes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from catalog.graphstore.bindings import Iri
from catalog.graphstore.compose import join, part
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query
from catalog.rdf.iris import Iris
from catalog.services.asking.filter_tree import start

ALL_COUNTED: Final[Mapping[str, Sequence[str]]] = {
    "arrays": ("arrays",),
    "groups": ("groups",),
    "nodes": ("groups", "arrays"),
}
"""Kinds whose number is recorded → the figures that it is the sum of."""


def all_in_order(store: GraphStore, iris: Iris, kind: str, limit: int, after: str) -> tuple[int, list[str], bool]:
    """How many there are of a kind; the IRIs of a page, by code points; and whether more follow.

    Parameters
    ----------
    kind
        A key of `ALL_COUNTED`.
    limit
        IRIs of the page, 0 or more.
    after
        The last IRI of the page before; ``""``: from the beginning.
    """
    sizes = _sizes(store, iris, kind)
    left = sorted((begin, dataset) for dataset, (begin, _) in sizes.items() if begin > after or after.startswith(begin))
    found: list[str] = []
    while left and limit and len(found) <= limit:
        taken, expected = list[str](), 0
        while left and expected <= limit - len(found):
            dataset = left.pop(0)[1]
            taken.append(dataset)
            expected += sizes[dataset][1]
        found += sorted(iri for iri in _nodes(store, kind, taken) if iri > after)
    return sum(count for _, count in sizes.values()), found[:limit], len(found) > limit


def _sizes(store: GraphStore, iris: Iris, kind: str) -> dict[str, tuple[str, int]]:
    """Dataset → what the IRIs of its nodes begin with, and how many there are of a kind."""
    found = {}
    for row in store.select(load_query("search-sizes")):
        record, dataset = row["record"], row["dataset"]
        if record is None or dataset is None or (name := iris.dataset_id(dataset.value)) is None:
            continue
        if record.value == iris.graph(name, "record"):
            count = sum(int(term.value) for figure in ALL_COUNTED[kind] if (term := row[figure]) is not None)
            found[dataset.value] = (iris.node(name, ""), count)
    return {dataset: each for dataset, each in found.items() if each[1]}


def _nodes(store: GraphStore, kind: str, datasets: Sequence[str]) -> list[str]:
    body = join([part("values", name="dataset"), start(kind)])
    rows = store.select(part("all-in", body=body).value, {"dataset": list(map(Iri, datasets))})
    return [row[0].value for row in rows.rows if row[0] is not None]
