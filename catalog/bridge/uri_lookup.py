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
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from catalog.bridge.node_ref import NodeRef, Row, RowBudget, ask_nodes, ask_rows
from catalog.errors import InputError, LimitExceededError, NotFoundError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.compose import part
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query, write_iri
from catalog.rdf.iris import ASSERTED, CURATED, RECORD, Iris

MAX_HOPS: Final = 32
"""Unnamed things in a row that a link may lead through."""
MAX_ROWS: Final = 20_000
"""Rows of all queries of one look-up for a stranger; 50 µs each."""
MAX_SECONDS: Final = 10.0
"""For each of its queries that may look at much to find little."""
_NEAR: Final = 5
_HINTS: Final = 10_000
"""IRIs of arrays that are compared to give a hint."""
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


def look_up(store: GraphStore, uri: str, iris: Iris, *, bounded: bool = False) -> Found:
    """Find the arrays that a URI means.

    Parameters
    ----------
    bounded
        Whether a stranger asks: then there are at most `MAX_ROWS` nodes and links on the way.

    Raises
    ------
    InputError
        It is no absolute IRI.
    NotFoundError
        Nothing is known under it; ``near`` has URIs that come close.
    LimitExceededError
        It leads to more than a bounded look-up follows (``lookup-rows``, or ``sparql-seconds``).

    Notes
    -----
    Four small queries at most, and one for each level of the hierarchy below a group; see `look_up_many`.
    """
    try:
        write_iri(uri)
    except InputError as error:
        raise InputError(f"{error}; the array PATH of the dataset ID is {iris.node('ID', 'PATH')}") from error
    finder = Finder(store, iris, RowBudget(MAX_ROWS, MAX_SECONDS) if bounded else None)
    for step in (finder.as_nodes, finder.as_described, finder.as_linked):
        found = step([uri])
        if found:
            return found[uri]
    near = finder.near(uri)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise NotFoundError(f"nothing in the catalogue is called, describes or links to {uri}{hint}", near)


def look_up_many(store: GraphStore, uris: Iterable[str], iris: Iris, *, linked: bool = True) -> dict[str, Found]:
    """Find the arrays that each of many URIs means, each as `look_up` does; those that nothing is known of are absent.

    Parameters
    ----------
    linked
        False: leave out what is only linked to.

    Raises
    ------
    InputError
        One is no absolute IRI.

    Notes
    -----
    As many queries for a thousand URIs as for one.
    """
    rest = list(dict.fromkeys(uris))
    for uri in rest:
        write_iri(uri)
    finder = Finder(store, iris)
    found: dict[str, Found] = {}
    for step in (finder.as_nodes, finder.as_described, *([finder.as_linked] if linked else [])):
        found |= step(rest) if rest else {}
        rest = [uri for uri in rest if uri not in found]
    return found


class _Paths:
    """Nodes by where they lie, so that those below one are found without looking at the others."""

    def __init__(self, nodes: Iterable[NodeRef]) -> None:
        self._nodes: dict[str, list[NodeRef]] = {}
        for node in sorted(nodes, key=_order):
            self._nodes.setdefault(node.dataset_id, []).append(node)

    def below(self, heads: Iterable[NodeRef]) -> set[NodeRef]:
        """The nodes at or below any of these."""
        found: set[NodeRef] = set()
        for head in heads:
            nodes = self._nodes.get(head.dataset_id, [])
            if not head.path:
                found.update(nodes)
                continue
            found.add(head)
            first = bisect_left(nodes, f"{head.path}/", key=_path)
            found.update(nodes[first : bisect_left(nodes, f"{head.path}0", key=_path)])  # "0" comes next after "/"
        return found


class Finder:
    """Looks URIs up in one graph store, step by step."""

    def __init__(self, store: GraphStore, iris: Iris, budget: RowBudget | None = None) -> None:
        self._store, self._iris, self._budget = store, iris, budget

    # -- the steps; each returns an answer for those URIs that it has one for ------------------------------------------

    def as_nodes(self, uris: Iterable[str]) -> dict[str, Found]:
        """URIs as the IRIs of datasets and nodes."""
        ids = {uri: each for uri in uris if (each := self._iris.dataset_id(uri)) is not None}
        datasets = {uri: each for uri, each in ids.items() if uri == self._iris.dataset(each)}
        arrays: dict[str, list[NodeRef]] = {}
        for node in self._arrays_of(set(datasets.values())):
            arrays.setdefault(node.dataset_id, []).append(node)
        empty = {self._iris.graph(each, RECORD) for each in datasets.values() if each not in arrays}
        known = {row["record"] for row in self._rows("record", "record", empty)} if empty else set()
        found = {
            uri: Found("node", _sorted(arrays.get(each, ())))
            for uri, each in datasets.items()
            if each in arrays or self._iris.graph(each, RECORD) in known
        }
        nodes = [(node.iri, node) for node in self._nodes("resolve-nodes", "node", [uri for uri in ids if uri not in datasets])]
        return found | self._below("node", nodes)

    def as_described(self, uris: Iterable[str]) -> dict[str, Found]:
        """URIs as things that attributes make statements about."""
        rows = ask_nodes(self._store, self._iris, "resolve-described", "uri", uris, self._budget)
        return self._below("described", [(row["uri"], node) for node, row in rows])

    def as_linked(self, uris: Iterable[str]) -> dict[str, Found]:
        """URIs as things that are linked to."""
        linking = self._linking(uris)
        everything = _Paths(self._descendants(node for via in linking.values() for node in via))
        found = {}
        for uri, via in linking.items():
            below, wanted = everything.below(via), _names_of(uri)
            heads = {(node.dataset_id, node.path) for node in below if node.name in wanted}
            arrays = [node for node in below if node.is_array and (not heads or _lies_under(node, heads))]
            found[uri] = Found("linked", _sorted(arrays), _sorted(via))
        return found

    def _below(self, kind: Kind, told: Iterable[tuple[str, NodeRef]]) -> dict[str, Found]:
        """The arrays at and below nodes: pairs of URI and node."""
        via: dict[str, list[NodeRef]] = {}
        for uri, node in told:
            via.setdefault(uri, []).append(node)
        nodes = {node for each in via.values() for node in each}
        roots = {node.dataset_id for node in nodes if not node.path and not node.is_array}
        below = self._descendants(node for node in nodes if node.path or node.is_array)
        everything = _Paths(below | set(self._arrays_of(roots)))
        return {
            uri: Found(kind, _sorted(node for node in everything.below(each) if node.is_array), _sorted(each))
            for uri, each in via.items()
        }

    def _linking(self, uris: Iterable[str]) -> dict[str, list[NodeRef]]:
        """The nodes that link to each URI, directly or through unnamed things."""
        leads = {uri: {uri} for uri in uris}  # thing → the URIs that it leads to
        found: dict[str, dict[str, set[str]]] = {}  # subject → URI → datasets that state it
        frontier = list(leads)
        for _ in range(MAX_HOPS):
            if not frontier:
                break
            reached = list(self._rows("resolve-linking", "uri", frontier))
            frontier = []
            for row in reached:
                subject, dataset_id = row["subject"], self._iris.dataset_id(row["graph"])
                if not dataset_id or row["graph"] not in self._stating(dataset_id):
                    continue
                targets = leads.get(row["uri"], set())
                for target in targets:
                    found.setdefault(subject, {}).setdefault(target, set()).add(dataset_id)
                if subject.startswith(self._iris.skolem) and not targets <= leads.get(subject, set()):
                    leads.setdefault(subject, set()).update(targets)
                    frontier.append(subject)
        linking: dict[str, list[NodeRef]] = {}
        for node, subject in self._told_of(found):
            for target, datasets in found[subject].items():
                if node.dataset_id in datasets:
                    linking.setdefault(target, []).append(node)
        return linking

    def _told_of(self, subjects: Iterable[str]) -> Iterator[tuple[NodeRef, str]]:
        """The nodes that describe each of these subjects, or that are one of them."""
        for node, row in ask_nodes(self._store, self._iris, "resolve-described", "uri", subjects, self._budget):
            yield node, row["uri"]
        for node in self._nodes("resolve-nodes", "node", [subject for subject in subjects if self._iris.dataset_id(subject)]):
            yield node, node.iri

    def _stating(self, dataset_id: str) -> tuple[str, str]:
        """The graphs whose links count."""
        return self._iris.graph(dataset_id, ASSERTED), self._iris.graph(dataset_id, CURATED)

    # -- the hierarchy -------------------------------------------------------------------------------------------------

    def _rows(self, query: str, name: str, values: Iterable[str]) -> Iterator[Row]:
        return ask_rows(self._store, self._iris, query, name, values, self._budget)

    def _nodes(self, query: str, name: str, values: Iterable[str]) -> list[NodeRef]:
        return [node for node, _ in ask_nodes(self._store, self._iris, query, name, values, self._budget)]

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
            return _similar(uri, self._known("uri", "resolve-known"))
        some = part("limit", number=_HINTS).value
        arrays = self._known("node", "resolve-arrays", some, {"dataset": [Iri(self._iris.dataset(dataset_id))]})
        return _similar(uri, arrays or self._known("dataset", "datasets", some))

    def _known(self, column: str, query: str, rest: str = "", values: Mapping[str, Sequence[Iri]] | None = None) -> list[str]:
        """What a query finds; nothing where that takes too long, for hints are no answer."""
        seconds = None if self._budget is None else self._budget.seconds
        try:
            rows = self._store.select(f"{load_query(query)}\n{rest}", values, timeout=seconds)
        except LimitExceededError:
            return []
        return [value for value in rows.values(column) if value]


def _order(node: NodeRef) -> tuple[str, str]:
    return node.dataset_id, node.path


def _path(node: NodeRef) -> str:
    return node.path


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
