"""Which nodes does a URI mean?

In this order, and the first that applies is the answer:

1. the IRI of a dataset or node: that array, or the arrays below it;
2. a URI that the attributes of a node describe: that array, or the arrays below that group;
3. a URI that is only linked to: the arrays of the node that links to it, *inferred*. Where the linking nodes have an
   array or group below them that is called like the URI's last segment, only that counts: ``…/sample1Dataset``, linked
   to by what group ``sample1`` describes, is the array ``sample1/sample1Dataset``.

URIs are compared as a whole: ``…/sample1`` is never ``…/sample10``. Links count where a store states them (asserted
graph) or a person added them (curated graph), also those that lead to the URI through unnamed things inside the same
attributes.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from catalog.bridge.node_ref import NodeRef, Row, ask_nodes, ask_rows
from catalog.errors import NotFoundError
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query, write_iri
from catalog.rdf.iris import ASSERTED, CURATED, RECORD, Iris

MAX_HOPS: Final = 32
"""Unnamed things in a row that a link may lead through."""
_NEAR: Final = 5
_SIMILAR: Final = 0.5
_COMPARED: Final = 100

Kind = Literal["node", "described", "linked"]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a URI leads.

    Attributes
    ----------
    kind
        ``node``: it is a dataset's or node's IRI; ``described``: attributes make statements about it; ``linked``: it is only
        linked to.
    arrays
        The arrays, sorted by dataset and path; none where the URI is known but no array lies there.
    via
        The nodes that it was found at, sorted; empty for a dataset.
    """

    kind: Kind
    arrays: tuple[NodeRef, ...]
    via: tuple[NodeRef, ...] = ()


def look_up(store: GraphStore, uri: str, iris: Iris) -> Found:
    """Find the arrays that a URI means.

    Raises
    ------
    InputError
        It is no absolute IRI.
    NotFoundError
        Nothing is known under it; ``near`` has URIs that come close.

    Notes
    -----
    Four small queries at most, and one for each level of the hierarchy below a group.
    """
    write_iri(uri)
    finder = _Finder(store, iris)
    for step in (finder.as_node, finder.as_described, finder.as_linked):
        found = step(uri)
        if found:
            return found
    near = finder.near(uri)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise NotFoundError(f"nothing in the catalogue is called, describes or links to {uri}{hint}", near)


class _Finder:
    """Looks a URI up in one graph store, step by step."""

    def __init__(self, store: GraphStore, iris: Iris) -> None:
        self._store, self._iris = store, iris

    # -- the steps; each returns an answer, or None to go on -----------------------------------------------------------

    def as_node(self, uri: str) -> Found | None:
        """The URI as the IRI of a dataset or node."""
        dataset_id = self._iris.dataset_id(uri)
        if dataset_id is None:
            return None
        if uri == self._iris.dataset(dataset_id):
            arrays = self._arrays_of([dataset_id])
            known = arrays or any(self._rows("record", "record", [self._iris.graph(dataset_id, RECORD)]))
            return Found("node", _sorted(arrays)) if known else None
        return self._below("node", self._nodes("resolve-nodes", "node", [uri]))

    def as_described(self, uri: str) -> Found | None:
        """The URI as something that attributes make statements about."""
        return self._below("described", self._nodes("resolve-described", "uri", [uri]))

    def as_linked(self, uri: str) -> Found | None:
        """The URI as something that is linked to."""
        via = self._linking(uri)
        if not via:
            return None
        below = self._descendants(via)
        wanted = _names_of(uri)
        heads = {(node.dataset_id, node.path) for node in below if node.name in wanted}
        arrays = [node for node in below if node.is_array and (not heads or _lies_under(node, heads))]
        return Found("linked", _sorted(arrays), _sorted(via))

    def _below(self, kind: Kind, via: Sequence[NodeRef]) -> Found | None:
        if not via:
            return None
        arrays = {node for node in self._descendants([node for node in via if node.path]) if node.is_array}
        arrays |= {node for node in via if node.is_array}
        arrays.update(self._arrays_of({node.dataset_id for node in via if not node.path and not node.is_array}))
        return Found(kind, _sorted(arrays), _sorted(via))

    def _linking(self, uri: str) -> list[NodeRef]:
        """The nodes that link to a URI, directly or through unnamed things."""
        unnamed = f"{self._iris.base}.well-known/genid/"
        seen, frontier = {uri}, [uri]
        subjects: dict[str, set[str]] = {}
        for _ in range(MAX_HOPS):
            if not frontier:
                break
            reached = list(self._rows("resolve-linking", "uri", frontier))
            frontier = []
            for row in reached:
                subject, dataset_id = row["subject"], self._iris.dataset_id(row["graph"])
                if dataset_id and row["graph"] in self._stating(dataset_id):
                    subjects.setdefault(subject, set()).add(dataset_id)
                    if subject.startswith(unnamed) and subject not in seen:
                        seen.add(subject)
                        frontier.append(subject)
        return [node for node, subject in self._told_of(subjects) if node.dataset_id in subjects[subject]]

    def _told_of(self, subjects: Iterable[str]) -> Iterator[tuple[NodeRef, str]]:
        """The nodes that describe each of these subjects, or that are one of them."""
        for node, row in ask_nodes(self._store, self._iris, "resolve-described", "uri", subjects):
            yield node, row["uri"]
        for node in self._nodes("resolve-nodes", "node", [subject for subject in subjects if self._iris.dataset_id(subject)]):
            yield node, node.iri

    def _stating(self, dataset_id: str) -> tuple[str, str]:
        """The graphs whose links count."""
        return self._iris.graph(dataset_id, ASSERTED), self._iris.graph(dataset_id, CURATED)

    # -- the hierarchy -------------------------------------------------------------------------------------------------

    def _rows(self, query: str, name: str, values: Iterable[str]) -> Iterator[Row]:
        return ask_rows(self._store, self._iris, query, name, values)

    def _nodes(self, query: str, name: str, values: Iterable[str]) -> list[NodeRef]:
        return [node for node, _ in ask_nodes(self._store, self._iris, query, name, values)]

    def _arrays_of(self, dataset_ids: Iterable[str]) -> list[NodeRef]:
        iris = [self._iris.dataset(dataset_id) for dataset_id in dataset_ids]
        return [node for node in self._nodes("resolve-arrays", "dataset", iris) if node.is_array]

    def _descendants(self, nodes: Iterable[NodeRef]) -> set[NodeRef]:
        """The nodes themselves and everything below them."""
        found = set(nodes)
        groups = [node.iri for node in found if not node.is_array]
        while groups:
            children = set(self._nodes("resolve-children", "parent", groups)) - found
            found |= children
            groups = [node.iri for node in children if not node.is_array]
        return found

    # -- hints ---------------------------------------------------------------------------------------------------------

    def near(self, uri: str) -> tuple[str, ...]:
        """Known URIs whose last segment is the same or similar, best first."""
        dataset_id = self._iris.dataset_id(uri)
        if dataset_id is None:
            return _similar(uri, [value for value in self._store.select(load_query("resolve-known")).values("uri") if value])
        arrays = [node.iri for node in self._arrays_of([dataset_id])]
        if arrays:
            return _similar(uri, arrays)
        return _similar(uri, [value for value in self._store.select(load_query("datasets")).values("dataset") if value])


def _order(node: NodeRef) -> tuple[str, str]:
    return node.dataset_id, node.path


def _sorted(nodes: Iterable[NodeRef]) -> tuple[NodeRef, ...]:
    return tuple(sorted(set(nodes), key=_order))


def _lies_under(node: NodeRef, heads: set[tuple[str, str]]) -> bool:
    """Whether a node is one of the heads or lies below one."""
    path = node.path
    while True:
        if (node.dataset_id, path) in heads:
            return True
        if not path:
            return False
        path = path.rpartition("/")[0]


def _last_segment(uri: str) -> str:
    """What stands after the last ``/`` or ``#``, a ``/`` or ``#`` at the end left out."""
    shortened = uri.rstrip("/#")
    return shortened[max(shortened.rfind("/"), shortened.rfind("#")) + 1 :]


def _names_of(uri: str) -> set[str]:
    """The names that a node called like the URI can have: the last segment as it stands, and decoded."""
    segment = _last_segment(uri)
    return {segment, unquote(segment)} - {""}


def _similar(uri: str, known: Iterable[str]) -> tuple[str, ...]:
    """The URIs that come closest: by last segment, and among those with the same one by how they begin."""
    by_segment: dict[str, list[str]] = {}
    for each in known:
        by_segment.setdefault(_last_segment(each)[:_COMPARED].lower(), []).append(each)
    close = difflib.get_close_matches(_last_segment(uri)[:_COMPARED].lower(), by_segment, n=_NEAR, cutoff=_SIMILAR)
    found = [each for name in close for each in sorted(by_segment[name], key=lambda each: (-_begins_alike(each, uri), each))]
    return tuple(found[:_NEAR])


def _begins_alike(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    differing = (position for position, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))
