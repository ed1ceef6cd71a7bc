"""What does the catalogue offer, dataset by dataset, and how much of it is there?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.errors import InputError, NotFoundError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query
from catalog.rdf import terms
from catalog.rdf.dcat import IMAGE_CLASSES, Entry
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, PROV, RDF_TYPE, RDFS_LABEL
from catalog.rdf.void import Counts

PAGE: Final = 50
"""Datasets on one page."""
_SCHEMA = PREFIXES["schema"]

Facts = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """One page of the catalogue: datasets by their ids; ``page`` counts from 1, ``total`` is of all pages."""

    entries: tuple[Entry, ...]
    page: int
    pages: int
    total: int


def read_catalogue(store: GraphStore, iris: Iris, page: int = 1, *, newest: bool = False, size: int = PAGE) -> CataloguePage:
    """One page of the datasets of an audience.

    Parameters
    ----------
    newest
        Sorted by when their stores were last looked at, the latest first, rather than by id.
    size
        Datasets on a page.

    Raises
    ------
    InputError, NotFoundError
        The page is less than 1, or there is none of that number.

    Notes
    -----
    The ids of all datasets are read, the rest of one page of them.
    """
    if page < 1:
        raise InputError(f"the page is {page}; pages are numbered from 1")
    found = store.select(load_query("catalogue-datasets"))
    pairs = {(iri, when) for iri, when in zip(found.values("dataset"), found.values("modified"), strict=True) if iri and when}
    order = sorted(pairs) if not newest else sorted(pairs, key=lambda pair: pair[1], reverse=True)
    pages = max(1, -(-len(order) // size))
    if page > pages:
        raise NotFoundError(f"the catalogue has {pages} pages, and no page {page}")
    shown = [iri for iri, _ in order[(page - 1) * size : page * size]]
    return CataloguePage(tuple(read_entries(store, iris, shown)), page, pages, len(order))


def read_entries(store: GraphStore, iris: Iris, datasets: Sequence[str]) -> list[Entry]:
    """What a catalogue tells of these datasets, in their order; those that this audience does not see are left out."""
    if not datasets:
        return []
    facts = _facts(store, datasets)
    links = (terms.ROOT_NODE, terms.CURRENT_SNAPSHOT)
    more = [target for each in facts.values() for link in links for target in each.get(link, ())]
    facts = {**facts, **_facts(store, more)}
    agents = {value for each in facts.values() for name in ("creator", "publisher") for value in each.get(f"{DCT}{name}", ())}
    facts = {**facts, **_facts(store, sorted(value for value in agents if value.startswith(iris.base)))}
    return [_entry(iris, each, facts) for each in datasets if facts.get(each, {}).get(terms.ACCESS)]


def read_counts(store: GraphStore) -> Counts:
    """How much an audience's catalogue holds."""
    [row] = store.select(load_query("catalogue-counts"))
    plain = {name: term.value if term else "" for name, term in row.items()}
    numbers = {name: int(float(plain[name] or 0)) for name in ("datasets", "groups", "arrays", "triples")}
    return Counts(**numbers, modified=plain["modified"])


def _facts(store: GraphStore, subjects: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    values = [Iri(each) for each in subjects]
    found: dict[str, dict[str, list[str]]] = {}
    if not values:
        return found
    for subject, predicate, target in store.select(load_query("catalogue-facts"), {"subject": values}).rows:
        if subject and predicate and target:
            found.setdefault(subject.value, {}).setdefault(predicate.value, []).append(target.value)
    return {subject: {name: sorted(values) for name, values in about.items()} for subject, about in found.items()}


def _entry(iris: Iris, iri: str, facts: Facts) -> Entry:
    """The dataset's own words come first, then those of its root node, then what the catalogue knows."""
    about = facts[iri]
    root = _first(about, terms.ROOT_NODE)
    state = facts.get(_first(about, terms.CURRENT_SNAPSHOT), {})
    told = (about, facts.get(root, {}))
    groups, arrays = int(_first(state, terms.GROUP_COUNT) or 0), int(_first(state, terms.ARRAY_COUNT) or 0)
    holds = f"A Zarr hierarchy of {arrays} array{'s' * (arrays != 1)} in {groups} group{'s' * (groups != 1)}."
    return Entry(
        id=iris.dataset_id(iri) or "",
        iri=iri,
        title=_told(told, f"{DCT}title", f"{_SCHEMA}name") or _first(about, RDFS_LABEL) or (iris.dataset_id(iri) or ""),
        description=_told(told, f"{DCT}description") or holds,
        access="public" if _first(about, terms.ACCESS) == "public" else "restricted",
        root=root,
        location=_first(about, terms.LOCATION),
        modified=_first(about, f"{DCT}modified"),
        issued=_first(about, f"{DCT}issued") or _first(state, f"{PROV}generatedAtTime"),
        groups=groups,
        arrays=arrays,
        licence=_told(told, f"{DCT}license", f"{_SCHEMA}license"),
        rights=_told(told, f"{DCT}rights"),
        keywords=_all(told, f"{DCAT}keyword", f"{_SCHEMA}keywords"),
        creators=_names(facts, _all(told, f"{DCT}creator", f"{_SCHEMA}creator")),
        publishers=_names(facts, _all(told, f"{DCT}publisher")),
        themes=_all(told, f"{DCAT}theme"),
        conforms_to=_all(told[:1], f"{DCT}conformsTo"),
        is_image=not IMAGE_CLASSES.isdisjoint(facts.get(root, {}).get(RDF_TYPE, ())),
    )


def _first(about: Mapping[str, Sequence[str]], predicate: str) -> str:
    return about.get(predicate, [""])[0]


def _told(told: Iterable[Mapping[str, Sequence[str]]], *predicates: str) -> str:
    return next((value for about in told for predicate in predicates if (value := _first(about, predicate))), "")


def _all(told: Iterable[Mapping[str, Sequence[str]]], *predicates: str) -> tuple[str, ...]:
    return tuple(sorted({value for about in told for predicate in predicates for value in about.get(predicate, ())}))


def _names(facts: Facts, values: Iterable[str]) -> tuple[str, ...]:
    """People and bodies by name where they are described here, else as they were given."""
    named = (_told([facts.get(each, {})], f"{PREFIXES['foaf']}name", f"{_SCHEMA}name", RDFS_LABEL) or each for each in values)
    return tuple(named)
