"""What must be known to read an array?

Everything is in the graph: the structure graph of the array's dataset rebuilds its metadata, and the record graph says
where its store lies. Neither is taken from anywhere else, whatever other graphs say about the same IRIs: a location
from a stranger would be read with our credentials.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.errors import MetadataError, NotFoundError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query
from catalog.metadata.array import Array
from catalog.metadata.chunk_grid import parse_shape
from catalog.metadata.dataset import Dataset
from catalog.metadata.layout import Layout, layout_from_json
from catalog.rdf.dataset import read_record
from catalog.rdf.iris import RECORD, Iris

BATCH: Final = 1000
"""IRIs in one query."""

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NodeRef:
    """A node of a catalogued hierarchy.

    Attributes
    ----------
    iri
        Its IRI.
    dataset_id
        Id of its dataset.
    path
        Its path in the hierarchy; ``""`` is the root.
    is_array
        Whether it is an array; else it is a group.
    """

    iri: str
    dataset_id: str
    path: str
    is_array: bool = True

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]


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


def read_refs(store: GraphStore, nodes: Sequence[NodeRef], iris: Iris, *, inferred: bool = False) -> tuple[ArrayRef, ...]:
    """What is needed to read these arrays, in their order.

    Parameters
    ----------
    store
        The graph store of the caller's audience.
    nodes
        Arrays, as `catalog.bridge.resolve.resolve` finds them.
    iris
        Mints the deployment's IRIs.
    inferred
        Passed on to each.

    Raises
    ------
    NotFoundError
        One of them is not in the catalogue any more.
    MetadataError
        The graph does not hold what the catalogue wrote.

    Notes
    -----
    Three queries for up to 1,000 arrays.
    """
    reader = _Reader(store, iris)
    facts = {row["node"]: row for row in reader.rows("array-facts", "node", (node.iri for node in nodes))}
    names: dict[str, dict[int, str]] = {}
    for row in reader.rows("array-dimensions", "node", facts):
        names.setdefault(row["node"], {})[int(row["index"])] = row["name"]
    records = reader.records({node.dataset_id for node in nodes})
    refs = []
    for node in nodes:
        if node.iri not in facts or node.dataset_id not in records:
            raise NotFoundError(f"{node.iri} is no array in the catalogue any more")
        array = reader.array(facts[node.iri], names.get(node.iri, {}))
        refs.append(_ref(node, array, facts[node.iri]["digest"], records[node.dataset_id], iris, inferred=inferred))
    return tuple(refs)


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


def own_rows(store: GraphStore, iris: Iris, query: str, name: str, values: Iterable[str]) -> Iterator[Row]:
    """Rows of one of our queries, without those that come from a graph that is no dataset's structure graph.

    Parameters
    ----------
    query, name
        The query, and the name under which it takes IRIs.
    values
        The IRIs; asked for in batches.
    """
    terms = [Iri(value) for value in values]
    for start in range(0, len(terms), BATCH):
        for row in store.select(load_query(query), {name: terms[start : start + BATCH]}):
            plain = {column: term.value for column, term in row.items() if term is not None}
            dataset = plain.get("dataset")
            if dataset is None or _is_dataset(dataset, iris):
                yield plain


def _is_dataset(iri: str, iris: Iris) -> bool:
    dataset_id = iris.dataset_id(iri)
    return dataset_id is not None and iris.dataset(dataset_id) == iri


class _Reader:
    """Reads facts about arrays, and each distinct layout once."""

    def __init__(self, store: GraphStore, iris: Iris) -> None:
        self._store, self._iris = store, iris
        self._layouts: dict[tuple[str, str], Layout] = {}

    def rows(self, query: str, name: str, values: Iterable[str]) -> Iterator[Row]:
        """Rows about nodes that lie in the dataset whose graph says so."""
        for row in own_rows(self._store, self._iris, query, name, values):
            if row["node"].startswith(f"{row['dataset']}/nodes/"):
                yield row

    def records(self, dataset_ids: set[str]) -> dict[str, Dataset]:
        """What the record graphs say about these datasets."""
        graphs = {self._iris.graph(each, RECORD): each for each in sorted(dataset_ids)}
        triples: dict[str, list[tuple[str, str, str]]] = {graph: [] for graph in graphs}
        for row in own_rows(self._store, self._iris, "record", "record", graphs):
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
