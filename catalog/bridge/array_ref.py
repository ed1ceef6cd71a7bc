"""What must be known to read the arrays that a URI means?

Everything is in the graph: the structure graph of the array's dataset rebuilds its metadata, and the record graph says where its
store lies. Neither is taken from anywhere else, whatever other graphs say about the same IRIs: a location from a stranger would
be read with our credentials.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from catalog.bridge.node_ref import NodeRef, Row, ask_rows, is_own
from catalog.bridge.uri_lookup import Kind, look_up
from catalog.errors import InputError, MetadataError, NotFoundError
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query
from catalog.metadata.array import Array
from catalog.metadata.chunk_grid import parse_shape
from catalog.metadata.dataset import Dataset
from catalog.metadata.layout import Layout, layout_from_json
from catalog.rdf.dataset import read_record
from catalog.rdf.iris import DEFAULT_BASE, RECORD, Iris

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class ArrayRef:
    """What a question resolves to: an array, with all that reading it needs.

    Attributes
    ----------
    iri
        IRI of the array's node.
    dataset, dataset_id
        IRI and id of its dataset.
    location
        URL of the store, without credentials, from the record graph; ``""`` where this audience is not told.
    path
        The array's path below that location.
    array
        Its metadata, rebuilt from the graph; attributes are not part of it.
    digest
        Digest of the node as it was catalogued, attributes included.
    route, metadata_key
        How the metadata had been read (``consolidated``, ``listing``, ``single``), and the key of the consolidated document.
    inferred
        Whether the array was only guessed: the URI asked for is linked to, not described.
    image_axes
        Where dimensions have no name of their own: what the image that the array is a level of calls its axes; empty where
        there is none, and also where the graph was not asked.
    """

    iri: str
    dataset: str
    dataset_id: str
    location: str
    path: str
    array: Array
    digest: str
    route: str
    metadata_key: str
    inferred: bool = False
    image_axes: tuple[str | None, ...] = ()

    def __repr__(self) -> str:
        """Which array; its document may be long."""
        return f"<ArrayRef {self.iri}: {self.array.layout.data_type.name} {self.array.shape}>"

    @property
    def axes(self) -> tuple[str, ...]:
        """A name for each axis: its dimension's own, else that of the image's axis, else ``dimN``; no two are the same."""
        own = self.array.dimension_names
        wanted = [name or axis for name, axis in zip_longest(own, self.image_axes[: len(own)])]
        return tuple(name if name and wanted.count(name) == 1 else f"dim{at}" for at, name in enumerate(wanted))


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a URI means.

    Attributes
    ----------
    uri
        The URI asked for.
    kind
        ``node``: a dataset's or node's IRI; ``described``: attributes make statements about it; ``linked``: it is only linked to.
    refs
        The arrays, sorted by dataset and path; none where the URI is known but no array lies there.
    via
        IRIs of the nodes that it was found at, in the same order; empty for a dataset.
    """

    uri: str
    kind: Kind
    refs: tuple[ArrayRef, ...]
    via: tuple[str, ...] = ()

    @property
    def inferred(self) -> bool:
        """Whether the answer is a guess."""
        return self.kind == "linked"

    def one(self) -> ArrayRef:
        """The array, where there is exactly one.

        Raises
        ------
        NotFoundError
            There is none; the message says where the URI was found.
        InputError
            There are several; the message names the first of them.
        """
        _check_one(self.uri, self.kind, [ref.iri for ref in self.refs], self.via)
        return self.refs[0]


def _check_one(uri: str, kind: Kind, arrays: Sequence[str], via: Sequence[str]) -> None:
    """Refuse none and many, with what was found."""
    if len(arrays) > 1:
        more = f" and {len(arrays) - _SHOWN} more" if len(arrays) > _SHOWN else ""
        raise InputError(f"{uri} means {len(arrays)} arrays, name one of them: {', '.join(arrays[:_SHOWN])}{more}")
    if not arrays:
        how = {"node": "is in the catalogue", "described": "is described", "linked": "is linked to"}[kind]
        where = ", ".join(iri for iri in via[:_SHOWN] if iri != uri)
        raise NotFoundError(f"{uri} {how}{f' at {where}' if where else ''}, but no array lies there")


def resolve(store: GraphStore, uri: str, iris: Iris | None = None) -> Resolution:
    """The arrays that a URI means, ready to be read; `catalog.bridge.uri_lookup` says how they are found.

    Parameters
    ----------
    store
        The graph store of the caller's audience.
    uri
        The IRI of a dataset or node, or any URI in the metadata.
    iris
        Mints the deployment's IRIs; asked for in the graph store where None.

    Raises
    ------
    InputError, NotFoundError
        As `catalog.bridge.uri_lookup.look_up`.
    MetadataError
        The graph does not hold what the catalogue wrote.

    Notes
    -----
    About eight small queries for one array; 0.2 ms more for each further one.
    """
    iris = iris or recorded_iris(store)
    found = look_up(store, uri, iris)
    refs = read_refs(store, found.arrays, iris, inferred=found.kind == "linked")
    return Resolution(uri, found.kind, refs, tuple(node.iri for node in found.via))


def resolve_one(store: GraphStore, uri: str, iris: Iris | None = None, *, bounded: bool = False) -> ArrayRef:
    """The one array that a URI means; like ``resolve(…).one()``, but where there are many, none of them is read.

    Parameters
    ----------
    bounded
        As for `catalog.bridge.uri_lookup.look_up`.

    Raises
    ------
    InputError
        It is no absolute IRI, or means several arrays; the message names the first of them.
    NotFoundError
        Nothing is known under it, or no array lies there.
    MetadataError
        The graph does not hold what the catalogue wrote.
    """
    iris = iris or recorded_iris(store)
    found = look_up(store, uri, iris, bounded=bounded)
    _check_one(uri, found.kind, [node.iri for node in found.arrays], [node.iri for node in found.via])
    return read_refs(store, found.arrays, iris, inferred=found.kind == "linked")[0]


def recorded_iris(store: GraphStore) -> Iris:
    """The IRIs of the deployment that a graph store says it is of."""
    bases = [base for base in store.select(load_query("deployment")).values("base") if base]
    return Iris(bases[0] if bases else DEFAULT_BASE)


def read_refs(store: GraphStore, nodes: Sequence[NodeRef], iris: Iris, *, inferred: bool = False) -> tuple[ArrayRef, ...]:
    """What is needed to read these arrays, in their order.

    Raises
    ------
    NotFoundError
        One of them is not in the catalogue any more.
    MetadataError
        The graph does not hold what the catalogue wrote.
    """
    reader = _Reader(store, iris)
    asked = [node.iri for node in nodes]
    facts = reader.facts("array-facts", asked)
    dimensions = reader.facts("array-dimensions", asked)
    names = reader.names(dimensions.values())
    records = reader.records({node.dataset_id for node in nodes})
    refs = []
    for node in nodes:
        if node.iri not in facts or node.dataset_id not in records:
            raise NotFoundError(f"{node.iri} is no array in the catalogue any more")
        own = dimensions.get(node.iri, {}).get("dimensions", "").split()
        array = reader.array(facts[node.iri], dict(names[each] for each in own if each in names))
        refs.append(_ref(node, array, facts[node.iri]["digest"], records[node.dataset_id], iris, inferred=inferred))
    unnamed = reader.axes(ref.iri for ref in refs if None in ref.array.dimension_names)
    return tuple(replace(ref, image_axes=unnamed[ref.iri]) if ref.iri in unnamed else ref for ref in refs)


def _ref(node: NodeRef, array: Array, digest: str, record: Dataset, iris: Iris, *, inferred: bool) -> ArrayRef:
    current = record.current
    return ArrayRef(
        iri=node.iri,
        dataset=iris.dataset(node.dataset_id),
        dataset_id=node.dataset_id,
        location=record.location,
        path=array.path,
        array=array,
        digest=digest,
        route=current.route if current else "",
        metadata_key=current.metadata_key if current else "",
        inferred=inferred,
    )


class _Reader:
    """Reads facts about arrays, and each distinct layout once."""

    def __init__(self, store: GraphStore, iris: Iris) -> None:
        self._store, self._iris = store, iris
        self._layouts: dict[tuple[str, str], Layout] = {}

    def facts(self, query: str, nodes: Iterable[str]) -> dict[str, Row]:
        """One row for each of these arrays, from the graph of its own dataset."""
        return {row["node"]: row for row in ask_rows(self._store, self._iris, query, "node", nodes) if is_own(row)}

    def names(self, rows: Iterable[Row]) -> dict[str, tuple[int, str]]:
        """Place and name of each named dimension in these rows.

        All datasets that share a dimension state the same of it, so one array that has it is asked, not all of those datasets.
        """
        having = {each: row["node"] for row in rows for each in row["dimensions"].split()}
        found = ask_rows(self._store, self._iris, "array-dimension-names", "node", sorted(set(having.values())))
        return {row["dimension"]: (int(row["index"]), row["name"]) for row in found if is_own(row)}

    def axes(self, nodes: Iterable[str]) -> dict[str, tuple[str | None, ...]]:
        """What images call the axes of these arrays; nothing of an axis that two of them call otherwise."""
        called: dict[str, dict[int, set[str]]] = {}
        for row in ask_rows(self._store, self._iris, "array-samplings", "node", nodes):
            if is_own(row) and row.get("axis"):
                called.setdefault(row["node"], {}).setdefault(int(row["position"]), set()).add(row["axis"])
        return {
            node: tuple(min(names) if len(names := axes.get(at, set())) == 1 else None for at in range(max(axes) + 1))
            for node, axes in called.items()
        }

    def records(self, dataset_ids: set[str]) -> dict[str, Dataset]:
        """What the record graphs say about these datasets."""
        graphs = {self._iris.graph(each, RECORD): each for each in sorted(dataset_ids)}
        triples: dict[str, list[tuple[str, str, str]]] = {graph: [] for graph in graphs}
        for row in ask_rows(self._store, self._iris, "record", "record", graphs):
            triples[row["record"]].append((row["subject"], row["predicate"], row["object"]))
        found = {graphs[graph]: read_record(rows, self._iris, graphs[graph]) for graph, rows in triples.items()}
        return {dataset_id: record for dataset_id, record in found.items() if record}

    def array(self, facts: Row, names: Mapping[int, str]) -> Array:
        """The array that these facts rebuild."""
        shape = _shape(facts)
        layout = self._layout(facts)
        return Array(facts["path"], shape, layout, tuple(names.get(position) for position in range(len(shape))), {})

    def _layout(self, facts: Row) -> Layout:
        key = facts["document"], facts["format"]
        if key not in self._layouts:
            try:
                self._layouts[key] = layout_from_json(facts["document"], int(facts["format"]))
            except (ValueError, TypeError, AttributeError, KeyError) as error:
                raise _broken(facts, "layout") from error
        return self._layouts[key]


def _shape(facts: Row) -> tuple[int, ...]:
    try:
        shape = parse_shape(json.loads(facts["shape"]))
    except ValueError:
        shape = None
    if shape is None:
        raise _broken(facts, "shape")
    return shape


def _broken(facts: Row, what: str) -> MetadataError:
    return MetadataError(f"the graph does not hold the {what} of {facts['node']} as it was written: ingest its dataset again")
