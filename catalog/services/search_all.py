"""How does a search that very much meets count it, and show a page of it, without carrying all of it?

How many nodes match is counted by the graph store, dataset by dataset; where nothing is asked for, the datasets' records say it.
The IRIs of a dataset's nodes begin alike, so the datasets in order have all nodes in order, and only those are read that a page
takes: of a large dataset piece by piece, as many nodes at a time as should hold what is still missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.graphstore.bindings import Bindings, Iri, Term
from catalog.graphstore.compose import Text, join, part
from catalog.graphstore.queries import load_query
from catalog.rdf.iris import Iris
from catalog.services.asking.conditions import Patterns
from catalog.services.asking.filter_tree import All, Either, One, Tree, restrict, split, start

RECORDED: Final[Mapping[str, Sequence[str]]] = {
    "arrays": ("arrays",),
    "groups": ("groups",),
    "nodes": ("groups", "arrays"),
}
"""Kinds whose number is recorded → the figures that it is the sum of."""

MAX_TRIED: Final = 3000
"""Nodes that conditions are looked up for, one by one; of more, the conditions' own indexes are read."""
_PIECE: Final = 1000
_SPARE: Final = 1.25

Select = Callable[[str, Mapping[str, Sequence[Term]]], Bindings]


@dataclass(frozen=True, slots=True)
class Matches:
    """How many nodes match.

    Attributes
    ----------
    by_dataset
        Dataset → how many of its nodes, at least 1.
    """

    by_dataset: Mapping[str, int]

    @property
    def total(self) -> int:
        """Of all datasets."""
        return sum(self.by_dataset.values())


class Counting:
    """Counts what matches, and reads it in the order of IRIs, by code points.

    Parameters
    ----------
    select
        Asks the graph store.
    iris
        Of the deployment.
    kind
        One of `catalog.services.asking.filter_tree.MANY`.
    """

    def __init__(self, select: Select, iris: Iris, kind: str) -> None:
        self._select, self._iris, self._kind = select, iris, kind
        self._sizes: dict[str, int] | None = None

    def count(self, tree: Tree) -> Matches:
        """How many match. Where all that is asked is what must not hold, what would hold is taken from what there is."""
        kept, refused = split(tree)
        if refused and not kept and self._kind in RECORDED:
            less = self._count(Either(refused) if len(refused) > 1 else refused[0])
            found = {dataset: count - less.get(dataset, 0) for dataset, count in self._recorded().items()}
        else:
            found = self._count(tree)
        return Matches({dataset: count for dataset, count in found.items() if count})

    def _count(self, tree: Tree) -> dict[str, int]:
        if tree == All(()) and self._kind in RECORDED:
            return self._recorded()
        patterns = Patterns()
        text = part("by-dataset", body=restrict(self._kind, tree, patterns, recorded=False)).value
        rows = self._select(text, patterns.values).rows
        return {row[0].value: int(row[1].value) for row in rows if row[0] is not None and row[1] is not None}

    def _recorded(self) -> dict[str, int]:
        """Dataset → how many nodes of the kind it has; of a kind that is not recorded, how many nodes."""
        if self._sizes is None:
            self._sizes = {}
            for row in self._select(load_query("search-sizes"), {}):
                record, dataset = row["record"], row["dataset"]
                if record is None or dataset is None or (name := self._iris.dataset_id(dataset.value)) is None:
                    continue
                if record.value == self._iris.graph(name, "record"):
                    figures = RECORDED.get(self._kind, RECORDED["nodes"])
                    self._sizes[dataset.value] = sum(int(term.value) for each in figures if (term := row[each]) is not None)
        return self._sizes

    def page(self, tree: Tree, matches: Matches, limit: int, after: str) -> tuple[list[str], bool]:
        """The IRIs of a page, and whether more follow.

        Parameters
        ----------
        tree, matches
            What has to hold, and what `count` says of it.
        limit
            IRIs of the page, 0 or more.
        after
            The last IRI of the page before; ``""``: from the beginning.
        """
        begins = {dataset: self._iris.node(self._iris.dataset_id(dataset) or "", "") for dataset in matches.by_dataset}
        left = sorted((begin, dataset) for dataset, begin in begins.items() if begin > after or after.startswith(begin))
        found: list[str] = []
        while left and limit and len(found) <= limit:
            wanted = limit + 1 - len(found)
            taken, expected = list[str](), 0
            while left and expected < wanted and not (taken and self._is_large(left[0][1])):
                dataset = left.pop(0)[1]
                taken.append(dataset)
                expected += matches.by_dataset[dataset]
                if self._is_large(dataset):
                    break
            if self._is_large(taken[0]):
                found += self._of_large(taken[0], tree, matches.by_dataset[taken[0]], wanted, after)
            else:
                found += sorted(iri for iri in self._of(taken, tree) if iri > after)
        return found[:limit], len(found) > limit

    def _is_large(self, dataset: str) -> bool:
        return self._recorded().get(dataset, 0) > MAX_TRIED

    def _of(self, datasets: Sequence[str], tree: Tree) -> list[str]:
        """What matches in these datasets."""
        patterns = Patterns()
        few = sum(self._recorded().get(each, 0) for each in datasets) <= MAX_TRIED
        text = restrict(self._kind, tree, patterns, few=few)
        return self._all_in(
            join([part("values", name="dataset"), text]), {"dataset": list(map(Iri, datasets)), **patterns.values}
        )

    def _of_large(self, dataset: str, tree: Tree, count: int, wanted: int, after: str) -> list[str]:
        """The first that match in a large dataset, at least as many as are wanted where there are so many."""
        tried = wanted * self._recorded()[dataset] / count
        if tree != All(()) and tried > MAX_TRIED:
            return sorted(iri for iri in self._of([dataset], tree) if iri > after)
        body = join([part("values", name="dataset"), start(self._kind)])
        nodes = sorted(iri for iri in self._all_in(body, {"dataset": [Iri(dataset)]}) if iri > after)
        if tree == All(()):
            return nodes[:wanted]
        found: list[str] = []
        piece = min(_PIECE, int(tried * _SPARE) + 1)
        for at in range(0, len(nodes), piece):
            patterns = Patterns()
            text = restrict(self._kind, All((One(tuple(nodes[at : at + piece])), tree)), patterns)
            found += sorted(self._all_in(text, patterns.values))
            if len(found) >= wanted:
                break
        return found

    def _all_in(self, body: Text, values: Mapping[str, Sequence[Term]]) -> list[str]:
        rows = self._select(part("all-in", body=body).value, values).rows
        return [row[0].value for row in rows if row[0] is not None]
