"""Which datasets are there, and what is known about one?"""

from dataclasses import dataclass

from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query
from catalog.metadata.dataset import Dataset
from catalog.rdf.iris import Iris
from catalog.services.registry import Registry


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One line of the list of datasets; ``groups`` and ``arrays`` are 0 where no state was ever accepted."""

    id: str
    iri: str
    name: str
    access: str
    location: str
    groups: int
    arrays: int
    rejected: bool


def list_datasets(store: GraphStore, iris: Iris) -> list[DatasetRow]:
    """Every dataset of an audience, sorted by id."""
    rows = []
    for row in store.select(load_query("datasets")):
        plain = {name: term.value if term else "" for name, term in row.items()}
        rows.append(
            DatasetRow(
                id=iris.dataset_id(plain["dataset"]) or "",
                iri=plain["dataset"],
                name=plain["name"],
                access=plain["access"],
                location=plain["location"],
                groups=int(plain["groups"] or 0),
                arrays=int(plain["arrays"] or 0),
                rejected=bool(plain["rejected"]),
            )
        )
    return rows


def show_dataset(store: GraphStore, iris: Iris, name: str) -> Dataset:
    """What is recorded about a dataset, by its id, its IRI or the IRI of a node in it.

    Raises
    ------
    NotFoundError
        There is none.
    """
    return Registry(store, iris).require(name)
