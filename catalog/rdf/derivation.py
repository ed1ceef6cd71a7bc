"""What does the catalogue say of arrays that were made from others?

One graph of the new dataset, ``…/derived``: the record of the read, and for each array what it was made of::

    array    a prov:Entity ; prov:wasDerivedFrom source array, values ; prov:wasGeneratedBy making
    making   a prov:Activity, zo:ArrayDerivation ; prov:used values ; prov:wasInformedBy read
    dataset  prov:wasDerivedFrom source dataset

Source: PROV-O, sections 3.1 and 3.3 (wasDerivedFrom, wasInformedBy).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.metadata.read_record import ReadRecord
from catalog.rdf import literals, terms
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCT, PROV, RDF_TYPE
from catalog.rdf.read_record import record_statements, software_triples, values_iri
from catalog.rdf.statements import Statement

WAS_DERIVED_FROM = f"{PROV}wasDerivedFrom"


@dataclass(frozen=True, slots=True)
class Derivation:
    """One new array.

    Attributes
    ----------
    path
        Its path in the new hierarchy.
    parts
        Which parts of the record it was made of, by their places.
    transformation
        What was done to the values, in words; ``""`` where they are as they were read.
    """

    path: str
    parts: tuple[int, ...]
    transformation: str = ""


def derived_lines(
    record: ReadRecord, derivations: Sequence[Derivation], dataset_id: str, iris: Iris, started: str, ended: str
) -> bytes:
    """The graph of a new dataset that says what it was made of, as canonical N-Triples.

    Parameters
    ----------
    record
        What was read for it.
    derivations
        Its arrays.
    dataset_id
        Its id.
    started, ended
        When it was written, as ISO 8601 in UTC.
    """
    statements = set(record_statements(record))
    for position, each in enumerate(derivations):
        making = f"{record.id}#making-{position}"
        triples = _triples(record, each, iris.node(dataset_id, each.path), making)
        statements |= {Statement(*triple) for triple in triples}
        times = ((f"{PROV}startedAtTime", started), (f"{PROV}endedAtTime", ended))
        statements |= {Statement(making, predicate, literals.date_time(text)) for predicate, text in times}
    dataset = iris.dataset(dataset_id)
    statements |= {Statement(dataset, WAS_DERIVED_FROM, f"<{part.dataset}>") for part in record.parts}
    return "".join(sorted(each.line for each in statements)).encode()


def _triples(record: ReadRecord, made: Derivation, node: str, making: str) -> Iterator[tuple[str, str, str]]:
    yield node, RDF_TYPE, f"<{PROV}Entity>"
    yield node, f"{PROV}wasGeneratedBy", f"<{making}>"
    yield making, RDF_TYPE, f"<{PROV}Activity>"
    yield making, RDF_TYPE, f"<{terms.CLASS_ARRAY_DERIVATION}>"
    yield making, f"{PROV}wasInformedBy", f"<{record.id}>"
    if made.transformation:
        yield making, f"{DCT}description", literals.string(made.transformation)
    yield from software_triples(making, record.software[:1])
    for part in made.parts:
        values = values_iri(record, part)
        yield making, f"{PROV}used", f"<{values}>"
        yield node, WAS_DERIVED_FROM, f"<{values}>"
        yield node, WAS_DERIVED_FROM, f"<{record.parts[part].array}>"


def source_datasets(derived: bytes, dataset: str) -> tuple[str, ...]:
    """IRIs of the datasets that a dataset was made from, as its derived graph says."""
    start = f"<{dataset}> <{WAS_DERIVED_FROM}> <".encode()
    lines = derived.splitlines()  # of bytes: a str would part at U+2028 and others as well, and a text could state a source
    return tuple(sorted({line.removeprefix(start).split(b">")[0].decode() for line in lines if line.startswith(start)}))
