"""Which datasets meet what a search asks of the datasets of nodes?

A node is in one dataset, and there are few datasets beside their nodes. So what is asked of a node's dataset is asked of all
datasets first, one by one, and then of no node.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from catalog.graphstore.bindings import Bindings, Iri, Term
from catalog.graphstore.compose import part
from catalog.graphstore.queries import load_query
from catalog.services.asking.conditions import Patterns, of_dataset
from catalog.services.asking.filter_tree import All, Either, Leaf, Linked, Not, One, Same, Tree, restrict
from catalog.services.asking.lookup_table import IN_DATASET

MAX_DATASETS: Final = 5000
"""Datasets that are looked at one by one; of more, nodes are."""

Select = Callable[[str, Mapping[str, Sequence[Term]]], Bindings]


def ask_datasets(select: Select, tree: Tree) -> Tree:
    """The same tree, where conditions on the dataset of what is searched for say which datasets meet them."""
    return _Datasets(select).replaced(tree)


class _Datasets:
    def __init__(self, select: Select) -> None:
        self._select = select
        self._every: tuple[str, ...] | None = None

    def replaced(self, tree: Tree) -> Tree:
        match tree:
            case Leaf() if _is_of_dataset(tree):
                return self._found(Same((tree,))) or tree
            case Same():
                mine = tuple(each for each in tree.leaves if _is_of_dataset(each))
                found = self._found(Same(mine)) if mine else None
                rest = tuple(each for each in tree.leaves if each not in mine)
                return tree if found is None else All((found, *((Same(rest),) if rest else ())))
            case All():
                return All(tuple(map(self.replaced, tree.parts)))
            case Either():
                return Either(tuple(map(self.replaced, tree.parts)))
            case Not():
                return Not(self.replaced(tree.part))
        return tree

    def _found(self, wanted: Same) -> Linked | None:
        every = self._datasets()
        if len(every) > MAX_DATASETS:
            return None
        leaves = tuple(map(_of_the_dataset, wanted.leaves))
        patterns = Patterns()
        text = part("all-in", body=restrict("datasets", All((One(every), Same(leaves))), patterns)).value
        rows = self._select(text, patterns.values).rows
        return Linked(IN_DATASET[0].iris[0], tuple(sorted(row[0].value for row in rows if isinstance(row[0], Iri))))

    def _datasets(self) -> tuple[str, ...]:
        if self._every is None:
            found = self._select(load_query("catalogue-datasets"), {}).values("dataset")
            self._every = tuple(sorted({each for each in found if each}))
        return self._every


def _is_of_dataset(leaf: Leaf) -> bool:
    links = leaf.lookup.links
    return not leaf.lookup.computed and (links[0].steps == IN_DATASET if links else of_dataset(leaf.lookup) is not None)


def _of_the_dataset(leaf: Leaf) -> Leaf:
    """The same condition, put on the dataset."""
    lookup = leaf.lookup
    return replace(leaf, lookup=of_dataset(lookup) or replace(lookup, links=lookup.links[1:]))
