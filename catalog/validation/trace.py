"""Which Zarr nodes does something in the graph concern?

Layouts, dimensions, attributes, and what conventions say of many nodes alike, are shared; a person wants to hear of the groups
and arrays that use them. The way back is a few steps against the direction of the ontology's properties.
"""

from heapq import nsmallest

from rdflib.term import Node, URIRef

from catalog.rdf import terms
from catalog.validation.graphs import TripleTable

MAX_PATHS = 5
"""Paths that are named; the rest is counted."""

_STEPS = 4  # codec ← layout ← array is the longest way; one more for what hangs on a described resource
_PATH, _KEY = URIRef(terms.PATH), URIRef(terms.KEY)
_IN_DATASET, _ROOT_NODE = URIRef(terms.IN_DATASET), URIRef(terms.ROOT_NODE)


class Tracer:
    """Finds Zarr paths in one graph; remembers what it found."""

    def __init__(self, table: TripleTable) -> None:
        self._table = table
        uses = (each for each in table.by_predicate if str(each).startswith(terms.ZO))
        self._uses = [each for each in uses if each not in {_IN_DATASET, _ROOT_NODE}]
        self._found: dict[Node, tuple[tuple[str, ...], int]] = {}

    def nodes(self, focus: Node) -> tuple[tuple[str, ...], int]:
        """The paths of the first few nodes concerned, sorted, and how many there are in all.

        A dataset stands for its root. Nothing is found for what no node uses.
        """
        if focus not in self._found:
            paths = {""} if self._is_dataset(focus) else self._paths(focus)
            self._found[focus] = tuple(nsmallest(MAX_PATHS, paths)), len(paths)
        return self._found[focus]

    def key(self, node: Node) -> str:
        """Key of an attribute; ``""`` for whatever has none."""
        keys = self._table.by_subject.get(node, {}).get(_KEY, ())
        return str(keys[0]) if keys else ""

    def _is_dataset(self, focus: Node) -> bool:
        return bool(self._users(focus, _IN_DATASET)) or _ROOT_NODE in self._table.by_subject.get(focus, {})

    def _users(self, node: Node, predicate: Node) -> list[Node]:
        return self._table.by_predicate.get(predicate, {}).get(node, [])

    def _paths(self, focus: Node) -> set[str]:
        seen, frontier, paths = {focus}, [focus], set[str]()
        for _ in range(_STEPS):
            further: list[Node] = []
            for node in frontier:
                own = self._table.by_subject.get(node, {}).get(_PATH, ())
                paths.update(map(str, own))
                if not own:
                    further += [user for predicate in self._uses for user in self._users(node, predicate) if user not in seen]
            seen.update(further)
            frontier = further
        return paths
