"""Which nodes does the graph tell of, and is it the catalogue that tells?

A node's facts lie in the graph that is called like its dataset. Anybody's graph may hold the same terms about the same IRIs; rows
from there are left out here, for every question of the bridge.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from catalog.errors import LimitExceededError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.compose import part
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query
from catalog.rdf import terms
from catalog.rdf.iris import Iris

BATCH: Final = 1000
"""IRIs in one query."""

_KINDS: Final = {terms.CLASS_ZARR_ARRAY: True, terms.CLASS_ZARR_GROUP: False}

_FAR: Final = frozenset({"resolve-linking"})
"""Queries that may look at much to find little."""

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
    is_array: bool

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]


@dataclass(slots=True)
class RowBudget:
    """How much one look-up for a stranger may still ask for: each row takes time of the process that serves all.

    Attributes
    ----------
    most
        Rows.
    seconds
        For a query that may look at much to find little.
    taken
        Rows that there were.
    """

    most: int
    seconds: float
    taken: int = 0

    def take(self, rows: int, what: str) -> None:
        """Count rows that came in.

        Raises
        ------
        LimitExceededError
            These are too many (``lookup-rows``).
        """
        self.taken += rows
        if self.taken > self.most:
            raise LimitExceededError(
                f"{what} leads to more than can be looked up at once: name what lies below it, or search, which gives pages",
                limit="lookup-rows",
                value=self.taken,
                allowed=self.most,
            )


def ask_rows(
    store: GraphStore, iris: Iris, query: str, name: str, values: Iterable[str], budget: RowBudget | None = None
) -> Iterator[Row]:
    """Rows of one of our queries; those whose ``dataset`` is no dataset of this catalogue are left out.

    Parameters
    ----------
    query, name
        The query, and the name under which it takes IRIs.
    values
        The IRIs; asked for in batches.
    budget
        How many rows there may be; None: any number.

    Raises
    ------
    LimitExceededError
        There are more.
    """
    terms_asked = [Iri(value) for value in values]
    for start in range(0, len(terms_asked), BATCH):
        batch, text = terms_asked[start : start + BATCH], load_query(query)
        if budget is not None:
            text += f"\n{part('limit', number=budget.most - budget.taken + 1).value}"
        rows = store.select(text, {name: batch}, timeout=budget.seconds if budget and query in _FAR else None)
        if budget is not None:
            budget.take(len(rows), batch[0].value)
        for row in rows:
            plain = {column: term.value for column, term in row.items() if term is not None}
            dataset = plain.get("dataset")
            if dataset is None or is_dataset(dataset, iris):
                yield plain


def ask_nodes(
    store: GraphStore, iris: Iris, query: str, name: str, values: Iterable[str], budget: RowBudget | None = None
) -> Iterator[tuple[NodeRef, Row]]:
    """Nodes that a query finds, each with its row; the query gives ``node``, ``dataset``, ``kind`` and ``path``."""
    for row in ask_rows(store, iris, query, name, values, budget):
        dataset_id = iris.dataset_id(row["dataset"])
        if dataset_id is not None and is_own(row) and row["kind"] in _KINDS:
            yield NodeRef(row["node"], dataset_id, row["path"], _KINDS[row["kind"]]), row


def is_dataset(iri: str, iris: Iris) -> bool:
    """Whether an IRI is that of a dataset of this deployment, known or not."""
    dataset_id = iris.dataset_id(iri)
    return dataset_id is not None and iris.dataset(dataset_id) == iri


def is_own(row: Row) -> bool:
    """Whether the node of a row belongs to the dataset whose graph speaks of it."""
    return row["node"].startswith(f"{row['dataset']}/nodes/")
