"""How does the catalogue's own record of a dataset look as triples, and how is it read back?

The record graph is the only one that says where a store lies; the bridge takes read URLs from nowhere else. The public audience
gets a record without locations on this machine or in somebody's own network.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.metadata.address import is_public_location
from catalog.metadata.dataset import Dataset, Snapshot, Waiver
from catalog.rdf import literals, terms
from catalog.rdf.iris import Iris, object_digest, object_iri
from catalog.rdf.prefixes import DCAT, DCT, PROV, RDF_TYPE, RDFS_COMMENT, RDFS_LABEL

ZARR_FORMAT_IRI = "http://edamontology.org/format_3915"

_STRINGS = {
    "digest": terms.DIGEST,
    "source_digest": terms.SOURCE_DIGEST,
    "route": terms.ROUTE,
    "metadata_key": terms.METADATA_KEY,
    "fresh": terms.FRESH,
    "mapping_version": terms.MAPPING_VERSION,
    "shapes_digest": terms.SHAPES_DIGEST,
}
_INTEGERS = {"groups": terms.GROUP_COUNT, "arrays": terms.ARRAY_COUNT, "triples": terms.TRIPLE_COUNT}
_BOOLEANS = {"complete": terms.COMPLETE, "conforms": terms.CONFORMS, "accepted": terms.ACCEPTED}
_OBJECTS = {
    "structure": terms.STRUCTURE_GRAPH,
    "asserted": terms.ASSERTED_GRAPH,
    "documents": terms.DOCUMENTS,
    "report": terms.REPORT,
}
_GENERATED = f"{PROV}generatedAtTime"
_CHECKED = f"{DCT}modified"


def record_ntriples(dataset: Dataset, iris: Iris, audience: str = "catalog") -> bytes:
    """The record graph of a dataset for one audience, as canonical N-Triples."""
    subject, distribution = iris.dataset(dataset.id), iris.distribution(dataset.id)
    shown = audience == "catalog" or is_public_location(dataset.location)
    triples = [
        (subject, RDF_TYPE, f"<{DCAT}Dataset>"),
        (subject, RDFS_LABEL, literals.string(dataset.name)),
        (subject, f"{DCT}identifier", literals.string(dataset.id)),
        (subject, terms.ACCESS, literals.string(dataset.access)),
        (subject, f"{DCAT}distribution", f"<{distribution}>"),
        (subject, _CHECKED, literals.date_time(dataset.checked)),
        (distribution, RDF_TYPE, f"<{DCAT}Distribution>"),
        (distribution, f"{DCT}format", f"<{ZARR_FORMAT_IRI}>"),
    ]
    if shown:
        triples.append((subject, terms.LOCATION, literals.string(dataset.location)))
        triples.append((distribution, f"{DCAT}accessURL", f"<{location_iri(dataset.location)}>"))
    if dataset.part_of:
        triples.append((subject, f"{DCT}isPartOf", f"<{dataset.part_of}>"))
    snapshots = [(terms.CURRENT_SNAPSHOT, dataset.current)]
    if audience == "catalog":
        snapshots.append((terms.REJECTED_SNAPSHOT, dataset.rejected))
        for waiver in dataset.waivers:
            triples += _waiver_triples(subject, iris.waiver(dataset.id, waiver.shape), waiver)
    for predicate, snapshot in snapshots:
        if snapshot:
            name = iris.snapshot(dataset.id, snapshot.digest)
            triples.append((subject, predicate, f"<{name}>"))
            triples += snapshot_triples(name, snapshot)
    return "".join(sorted({f"<{s}> <{p}> {o} .\n" for s, p, o in triples})).encode()


def location_iri(location: str) -> str:
    """A location as an IRI: the few characters that IRIs forbid are percent-encoded."""
    return "".join(f"%{ord(c):02X}" if c in ' <>"{}|\\^`' or ord(c) < 0x20 else c for c in location)


def snapshot_triples(name: str, snapshot: Snapshot) -> Iterable[tuple[str, str, str]]:
    """What is recorded of a snapshot: subject and predicate as IRIs, the object as N-Triples has it."""
    yield name, RDF_TYPE, f"<{terms.CLASS_SNAPSHOT}>"
    for field, predicate in _STRINGS.items():
        yield name, predicate, literals.string(getattr(snapshot, field))
    for field, predicate in _INTEGERS.items():
        yield name, predicate, literals.integer(getattr(snapshot, field))
    for field, predicate in _BOOLEANS.items():
        yield name, predicate, literals.boolean(getattr(snapshot, field))
    for field, predicate in _OBJECTS.items():
        yield name, predicate, f"<{object_iri(getattr(snapshot, field))}>"
    for fmt in snapshot.zarr_formats:
        yield name, terms.ZARR_FORMAT, literals.integer(fmt)
    if snapshot.proved:
        yield name, terms.PROVED_AT, literals.date_time(snapshot.proved)
    if snapshot.proved or snapshot.disagreements:
        yield name, terms.DISAGREEMENT_COUNT, literals.integer(snapshot.disagreements)
    for key in snapshot.stale:
        yield name, terms.STALE_DOCUMENT, literals.string(key)
    if snapshot.consolidated_digest:
        yield name, terms.CONSOLIDATED_DIGEST, literals.string(snapshot.consolidated_digest)
    yield name, _GENERATED, literals.date_time(snapshot.generated)


def _waiver_triples(subject: str, name: str, waiver: Waiver) -> Iterable[tuple[str, str, str]]:
    yield subject, terms.WAIVER, f"<{name}>"
    yield name, RDF_TYPE, f"<{terms.CLASS_WAIVER}>"
    yield name, terms.WAIVED_SHAPE, f"<{waiver.shape}>"
    yield name, terms.WAIVER_OWNER, literals.string(waiver.owner)
    yield name, terms.VALID_UNTIL, literals.date(waiver.until)
    yield name, RDFS_COMMENT, literals.string(waiver.reason)


def read_record(rows: Iterable[tuple[str, str, str]], iris: Iris, dataset_id: str) -> Dataset | None:
    """The dataset that a record graph describes; None where it describes none.

    Parameters
    ----------
    rows
        Subject, predicate and object of its triples; of IRIs and literals the plain text.
    """
    facts: dict[str, dict[str, list[str]]] = {}
    for subject, predicate, value in rows:
        facts.setdefault(subject, {}).setdefault(predicate, []).append(value)
    about = facts.get(iris.dataset(dataset_id))
    if not about or terms.ACCESS not in about:
        return None
    current, rejected = _one(about, terms.CURRENT_SNAPSHOT), _one(about, terms.REJECTED_SNAPSHOT)
    return Dataset(
        id=dataset_id,
        name=_one(about, RDFS_LABEL),
        location=_one(about, terms.LOCATION),
        access="public" if _one(about, terms.ACCESS) == "public" else "restricted",
        part_of=_one(about, f"{DCT}isPartOf") or None,
        current=_read_snapshot(facts[current]) if current in facts else None,
        rejected=_read_snapshot(facts[rejected]) if rejected in facts else None,
        checked=_one(about, _CHECKED),
        waivers=tuple(sorted((_read_waiver(facts[each]) for each in about.get(terms.WAIVER, ()) if each in facts), key=repr)),
    )


def _read_waiver(facts: Mapping[str, list[str]]) -> Waiver:
    predicates = (terms.WAIVED_SHAPE, terms.WAIVER_OWNER, terms.VALID_UNTIL, RDFS_COMMENT)
    return Waiver(*(_one(facts, predicate) for predicate in predicates))


def _one(facts: Mapping[str, list[str]], predicate: str) -> str:
    return facts.get(predicate, [""])[0]


def _read_snapshot(facts: Mapping[str, list[str]]) -> Snapshot:
    fields: dict[str, Any] = {field: _one(facts, predicate) for field, predicate in _STRINGS.items()}
    fields |= {field: int(_one(facts, predicate)) for field, predicate in _INTEGERS.items()}
    fields |= {field: _one(facts, predicate) == "true" for field, predicate in _BOOLEANS.items()}
    fields |= {field: object_digest(_one(facts, predicate)) for field, predicate in _OBJECTS.items()}
    formats = tuple(sorted(int(value) for value in facts.get(terms.ZARR_FORMAT, [])))
    return Snapshot(
        **fields,
        zarr_formats=formats,
        generated=_one(facts, _GENERATED),
        proved=_one(facts, terms.PROVED_AT),
        disagreements=int(_one(facts, terms.DISAGREEMENT_COUNT) or 0),
        stale=tuple(sorted(facts.get(terms.STALE_DOCUMENT, ()))),
        consolidated_digest=_one(facts, terms.CONSOLIDATED_DIGEST),
    )
