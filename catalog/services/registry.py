"""Which datasets are there, and what is recorded about them?"""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import unquote

from catalog.errors import ConflictError, NotFoundError
from catalog.graphstore.bindings import Iri, Literal
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query
from catalog.metadata.dataset import Dataset
from catalog.rdf.dataset import read_record
from catalog.rdf.iris import DERIVED, RECORD, Iris, safe_id

_NOT_IN_SLUG = re.compile(r"[^A-Za-z0-9._-]+")
_SUFFIX = re.compile(r"(\.ome)?\.zarr[23]?$")


class Registry:
    """Looks up datasets in the record graphs of one graph store."""

    def __init__(self, store: GraphStore, iris: Iris) -> None:
        self._store = store
        self._iris = iris

    def by_id(self, dataset_id: str) -> Dataset | None:
        """The dataset of an id."""
        return self.by_ids([dataset_id]).get(dataset_id)

    def by_ids(self, dataset_ids: Iterable[str]) -> dict[str, Dataset]:
        """The datasets of several ids; unknown ones are left out. One query."""
        graphs = {self._iris.graph(each, RECORD): each for each in dataset_ids}
        if not graphs:
            return {}
        rows: dict[str, list[tuple[str, str, str]]] = {each: [] for each in graphs.values()}
        answer = self._store.select(load_query("record"), {"record": [Iri(graph) for graph in graphs]})
        for record, *triple in answer.rows:
            if record is not None:
                subject, predicate, value = (term.value if term else "" for term in triple)
                rows[graphs[record.value]].append((subject, predicate, value))
        found = {each: read_record(facts, self._iris, each) for each, facts in rows.items()}
        return {each: dataset for each, dataset in found.items() if dataset}

    def by_location(self, location: str) -> Dataset | None:
        """The dataset whose store lies at a location."""
        ids = self._at([location])
        return self.by_id(ids[location]) if location in ids else None

    def whole_of(self, location: str) -> str | None:
        """IRI of the node, in the nearest dataset above, that a location is; None where nothing above is catalogued."""
        above = _folders_above(location)
        ids = self._at(above)
        for folder in above:
            if folder in ids:
                return self._iris.node(ids[folder], unquote(location[len(folder) :].strip("/")))
        return None

    def below(self, location: str) -> list[Dataset]:
        """The datasets whose stores lie below a location."""
        prefix = Literal(location.rstrip("/") + "/")
        answer = self._store.select(load_query("datasets-below"), {"prefix": [prefix]})
        return list(self.by_ids(self._ids(answer.values("dataset"))).values())

    def parts_of(self, dataset_id: str) -> list[Dataset]:
        """The datasets recorded as part of a dataset, or of a node in it."""
        answer = self._store.select(load_query("datasets-part-of"))
        pairs = zip(answer.values("dataset"), answer.values("whole"), strict=True)
        parts = [part for part, whole in pairs if whole and self._iris.dataset_id(whole) == dataset_id]
        return list(self.by_ids(self._ids(parts)).values())

    def derived_from(self, dataset_id: str) -> list[Dataset]:
        """The datasets that were made from a dataset."""
        source = Iri(self._iris.dataset(dataset_id))
        answer = self._store.select(load_query("datasets-derived-from"), {"source": [source]})
        pairs = zip(answer.values("dataset"), answer.values("graph"), strict=True)
        own = [dataset for dataset, graph in pairs if dataset and graph == f"{dataset}/{DERIVED}"]
        return list(self.by_ids(self._ids(own)).values())

    def require(self, name: str) -> Dataset:
        """The dataset of an id, or of the IRI of a dataset or of anything below one.

        Raises
        ------
        NotFoundError
            There is none; ids that come close are named.
        """
        dataset_id = self._iris.dataset_id(name) if "/" in name else name
        known = dataset_id and self.by_id(safe_id(dataset_id))
        if known:
            return known
        near = [each for each in self.ids() if dataset_id and dataset_id.lower() in each.lower()][:5]
        hint = f"; near: {', '.join(near)}" if near else ""
        raise NotFoundError(f"no dataset is called {name!r}{hint}", near)

    def ids(self) -> list[str]:
        """The ids of all datasets, sorted."""
        return self._ids(self._store.select(load_query("datasets")).values("dataset"))

    def _at(self, locations: list[str]) -> dict[str, str]:
        if not locations:
            return {}
        answer = self._store.select(load_query("dataset-by-location"), {"location": [Literal(each) for each in locations]})
        pairs = zip(answer.values("location"), answer.values("dataset"), strict=True)
        return {where: dataset_id for where, iri in pairs if where and iri and (dataset_id := self._iris.dataset_id(iri))}

    def _ids(self, iris: Iterable[str | None]) -> list[str]:
        return sorted({each for iri in iris if iri and (each := self._iris.dataset_id(iri))})


def _folders_above(location: str) -> list[str]:
    """The locations above one, nearest first."""
    scheme, separator, rest = location.partition("://")
    parts = rest.split("/")
    return [f"{scheme}{separator}{'/'.join(parts[:n])}" for n in range(len(parts) - 1, 0, -1)]


def name_of(location: str) -> str:
    """The readable name of a store: the last segment of its location."""
    return unquote(location.rstrip("/").rpartition("/")[2]) or location


def new_id(location: str) -> str:
    """The id of a dataset that was given none: a slug of the store's name, then eight digits of its location's hash."""
    slug = _NOT_IN_SLUG.sub("-", _SUFFIX.sub("", name_of(location))).strip("-._")[:60] or "store"
    return f"{slug}-{hashlib.sha256(location.encode()).hexdigest()[:8]}"


def registration(registry: Registry, location: str, dataset_id: str | None, *, relocate: bool) -> Dataset | None:
    """The dataset that an ingest of a location is about; None where it is a new one.

    Raises
    ------
    ConflictError
        The id belongs to another location and ``relocate`` is not given, or the location to another id.
    """
    here = registry.by_location(location)
    if dataset_id is None:
        return here
    if here and here.id != dataset_id:
        raise ConflictError(f"{location} is the dataset {here.id!r} already: leave --id out, or delete that dataset first")
    named = here or registry.by_id(safe_id(dataset_id))
    if named and named.location != location and not relocate:
        raise ConflictError(
            f"the id {dataset_id!r} belongs to {named.location}: choose another id, or --relocate if that store moved here"
        )
    return named
