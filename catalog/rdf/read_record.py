"""How does the record of a read look as linked data, and how is it read back?

The terms are those of PROV-O, Dublin Core and schema.org, with a few of this project's::

    read    a prov:Activity, zo:ArrayRead ; prov:used state, region, query ; prov:wasAssociatedWith software, agent
    state   a prov:Entity, zo:ArrayState ; prov:specializationOf array ; dct:isPartOf snapshot ; zo:digest ; zo:arrayDocument
    region  a prov:Entity, zo:ArrayRegion ; dct:isPartOf state ; zo:selectionText ; prov:wasDerivedFrom region of interest
    values  a prov:Entity, zo:ArrayValues ; prov:wasGeneratedBy read ; prov:wasDerivedFrom region, array ; schema:sha256

No location of a store is in it: the catalogue knows where the array of an IRI lies.

Source: PROV-O, sections 3.1 to 3.3.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from catalog.errors import InputError
from catalog.metadata.document import Json, canonical_json
from catalog.metadata.read_record import PartRead, ReadRecord
from catalog.rdf import literals, terms
from catalog.rdf.prefixes import DCT, PROV, RDF_TYPE, RDFS_COMMENT
from catalog.rdf.statements import Statement, read_statements

SCHEMA = "https://schema.org/"
SHA256 = f"{SCHEMA}sha256"
_ENTITY, _ACTIVITY, _AGENT, _PLAN = (f"<{PROV}{name}>" for name in ("Entity", "Activity", "Agent", "Plan"))
_NOWHERE = "urn:catalog:nowhere"
UNREAD = "The values were not read for this record, so it has neither their data type nor their SHA-256."
"""What a record says of values without a digest."""

Triple = tuple[str, str, str]


def record_statements(record: ReadRecord) -> list[Statement]:
    """The record as statements, sorted, none twice."""
    return sorted({Statement(*triple) for triple in _triples(record)}, key=lambda each: each.line)


def record_lines(record: ReadRecord) -> bytes:
    """The record as canonical N-Triples."""
    return "".join(each.line for each in record_statements(record)).encode()


def values_iri(record: ReadRecord, position: int) -> str:
    """The values of one part of a record."""
    return f"{record.id}#values-{position}"


def _triples(record: ReadRecord) -> Iterator[Triple]:
    read = record.id
    yield read, RDF_TYPE, _ACTIVITY
    yield read, RDF_TYPE, f"<{terms.CLASS_ARRAY_READ}>"
    yield read, f"{PROV}startedAtTime", literals.date_time(record.started)
    yield read, f"{PROV}endedAtTime", literals.date_time(record.ended)
    if not record.checked:
        yield read, terms.STATE_CHECKED, literals.boolean(False)
    yield from software_triples(read, record.software)
    yield from _agent_triples(record)
    if record.query:
        query = f"{read}#query"
        yield read, f"{PROV}used", f"<{query}>"
        yield query, RDF_TYPE, _PLAN
        yield query, RDF_TYPE, _ENTITY
        yield query, RDF_TYPE, f"<{terms.CLASS_QUERY_TEXT}>"
        yield query, terms.QUERY_TEXT, literals.string(record.query)
        yield query, SHA256, literals.string(hashlib.sha256(record.query.encode()).hexdigest())
    states: dict[tuple[str, str], str] = {}
    for position, part in enumerate(record.parts):
        key = part.array, part.snapshot
        if key not in states:
            states[key] = f"{read}#array-{len(states)}"
            yield from _state_triples(read, states[key], part)
        yield from _part_triples(record, position, part, states[key])


def software_triples(activity: str, software: Sequence[tuple[str, str]]) -> Iterator[Triple]:
    """Which software an activity was done with."""
    for name, version in software:
        iri = f"{activity.partition('#')[0]}#software-{name}"
        yield activity, f"{PROV}wasAssociatedWith", f"<{iri}>"
        yield iri, RDF_TYPE, f"<{PROV}SoftwareAgent>"
        yield iri, RDF_TYPE, _AGENT
        yield iri, f"{SCHEMA}name", literals.string(name)
        yield iri, f"{SCHEMA}softwareVersion", literals.string(version)


def _agent_triples(record: ReadRecord) -> Iterator[Triple]:
    if not record.agent:
        return
    named = not is_agent_iri(record.agent)
    agent = f"{record.id}#agent" if named else record.agent
    yield record.id, f"{PROV}wasAssociatedWith", f"<{agent}>"
    yield agent, RDF_TYPE, _AGENT
    if named:
        yield agent, f"{SCHEMA}name", literals.string(record.agent)


def is_agent_iri(agent: str) -> bool:
    """Whether what says who read is meant as an IRI, and not as a name."""
    return "://" in agent or agent.startswith(("mailto:", "urn:"))


def _state_triples(read: str, state: str, part: PartRead) -> Iterator[Triple]:
    yield read, f"{PROV}used", f"<{state}>"
    yield state, RDF_TYPE, _ENTITY
    yield state, RDF_TYPE, f"<{terms.CLASS_ARRAY_STATE}>"
    yield state, f"{PROV}specializationOf", f"<{part.array}>"
    yield state, f"{DCT}isPartOf", f"<{part.snapshot}>"
    yield state, terms.DIGEST, literals.string(part.digest)
    yield state, terms.ARRAY_DOCUMENT, literals.json(part.document)
    yield state, terms.DIMENSION_NAMES, literals.json(canonical_json(part.names))
    yield part.array, RDF_TYPE, _ENTITY
    yield part.snapshot, RDF_TYPE, _ENTITY
    yield part.snapshot, terms.DIGEST, literals.string(part.snapshot_digest)
    yield part.snapshot, f"{DCT}isVersionOf", f"<{part.dataset}>"


def _part_triples(record: ReadRecord, position: int, part: PartRead, state: str) -> Iterator[Triple]:
    region, values = f"{record.id}#region-{position}", values_iri(record, position)
    yield record.id, f"{PROV}used", f"<{region}>"
    yield region, RDF_TYPE, _ENTITY
    yield region, RDF_TYPE, f"<{terms.CLASS_ARRAY_REGION}>"
    yield region, f"{DCT}isPartOf", f"<{state}>"
    yield region, terms.SELECTION_TEXT, literals.string(part.selection)
    if part.requested:
        yield region, terms.REQUESTED_SELECTION, literals.string(part.requested)
    if part.region:
        yield region, f"{PROV}wasDerivedFrom", f"<{part.region}>"
        yield part.region, RDF_TYPE, _ENTITY
    for note in part.notes:
        yield region, RDFS_COMMENT, literals.string(note)
    yield values, RDF_TYPE, _ENTITY
    yield values, RDF_TYPE, f"<{terms.CLASS_ARRAY_VALUES}>"
    yield values, f"{SCHEMA}position", literals.integer(position)
    yield values, f"{PROV}wasGeneratedBy", f"<{record.id}>"
    yield values, f"{PROV}wasDerivedFrom", f"<{region}>"
    yield values, f"{PROV}wasDerivedFrom", f"<{part.array}>"
    yield values, f"{PROV}generatedAtTime", literals.date_time(record.ended)
    yield values, terms.RESULT_SHAPE, literals.json(canonical_json(list(part.shape)))
    if part.sha256:
        yield values, terms.RESULT_TYPE, literals.string(part.data_type)
        yield values, SHA256, literals.string(part.sha256)
    else:
        yield values, RDFS_COMMENT, literals.string(UNREAD)
    if part.reductions:
        yield values, terms.REDUCTIONS, literals.json(canonical_json([[name, list(axes)] for name, axes in part.reductions]))


def parse_record(data: bytes, name: str) -> ReadRecord:
    """The record that a file holds.

    Parameters
    ----------
    data
        The file's bytes.
    name
        Its name: the ending tells the format.

    Raises
    ------
    InputError
        The file is no RDF, or not the record of one read; the message says what is missing.
    """
    facts: dict[str, dict[str, list[str]]] = {}
    for each in read_statements(data, name, base=f"{_NOWHERE}/", skolem=f"{_NOWHERE}/genid/"):
        facts.setdefault(each.subject, {}).setdefault(each.predicate, []).append(each.target)
    try:
        return _Parsed(facts).record()
    except (LookupError, ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"{name!r} is not the record of a read: {str(error)[:200]}; `catalog get … --record` writes one"
        ) from error


class _Parsed:
    """Statements of a record, by subject and predicate."""

    def __init__(self, facts: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._facts = facts

    def record(self) -> ReadRecord:
        reads = self._of_class(terms.CLASS_ARRAY_READ)
        if len(reads) != 1:
            raise ValueError(f"it holds {len(reads)} readings of arrays; one is needed")
        [read] = reads
        values = self._of_class(terms.CLASS_ARRAY_VALUES)
        ordered = sorted((int(self._one(each, f"{SCHEMA}position")), each) for each in values)
        if [position for position, _ in ordered] != list(range(len(ordered))) or not ordered:
            raise ValueError("its results are not numbered from 0, one after the other")
        agents = [self._iri(target) for target in self._facts[read].get(f"{PROV}wasAssociatedWith", ())]
        software = [each for each in agents if f"{SCHEMA}softwareVersion" in self._facts.get(each, {})]
        versions = [(self._one(each, f"{SCHEMA}name"), self._one(each, f"{SCHEMA}softwareVersion")) for each in software]
        queries = self._of_class(terms.CLASS_QUERY_TEXT)
        people = [each for each in agents if each not in software]
        return ReadRecord(
            id=read,
            started=self._one(read, f"{PROV}startedAtTime"),
            ended=self._one(read, f"{PROV}endedAtTime"),
            parts=tuple(self._part(each) for _, each in ordered),
            software=tuple(sorted(versions, key=lambda each: (not each[0].startswith("zarr-linked"), each))),
            query=self._one(queries[0], terms.QUERY_TEXT) if queries else "",
            agent=self._name(read, people[0]) if people else "",
            checked=self._maybe(read, terms.STATE_CHECKED) != "false",
        )

    def _part(self, values: str) -> PartRead:
        sources = [self._iri(target) for target in self._facts[values].get(f"{PROV}wasDerivedFrom", ())]
        [region] = [each for each in sources if terms.SELECTION_TEXT in self._facts.get(each, {})]
        state = self._one(region, f"{DCT}isPartOf")
        snapshot = self._one(state, f"{DCT}isPartOf")
        shape = json.loads(self._one(values, terms.RESULT_SHAPE))
        names = json.loads(self._one(state, terms.DIMENSION_NAMES))
        if not all(isinstance(size, int) for size in shape) or not all(each is None or isinstance(each, str) for each in names):
            raise ValueError("a shape or the names of dimensions have another form")
        reductions = [_reduction(each) for each in json.loads(self._maybe(values, terms.REDUCTIONS) or "[]")]
        return PartRead(
            array=self._one(state, f"{PROV}specializationOf"),
            dataset=self._one(snapshot, f"{DCT}isVersionOf"),
            snapshot=snapshot,
            snapshot_digest=self._one(snapshot, terms.DIGEST),
            digest=self._one(state, terms.DIGEST),
            document=self._one(state, terms.ARRAY_DOCUMENT),
            dimension_names=tuple(names),
            selection=self._one(region, terms.SELECTION_TEXT),
            shape=tuple(shape),
            data_type=self._maybe(values, terms.RESULT_TYPE),
            sha256=self._maybe(values, SHA256),
            requested=self._maybe(region, terms.REQUESTED_SELECTION),
            region=self._maybe(region, f"{PROV}wasDerivedFrom"),
            notes=tuple(sorted(_plain(each) for each in self._facts[region].get(RDFS_COMMENT, ()))),
            reductions=tuple(reductions),
        )

    def _of_class(self, name: str) -> list[str]:
        return sorted(subject for subject, facts in self._facts.items() if f"<{name}>" in facts.get(RDF_TYPE, ()))

    def _one(self, subject: str, predicate: str) -> str:
        found = self._facts.get(subject, {}).get(predicate, ())
        if len(found) != 1:
            raise ValueError(f"<{subject}> has {len(found)} values of <{predicate}>, and needs one")
        return _plain(found[0])

    def _maybe(self, subject: str, predicate: str) -> str:
        return self._one(subject, predicate) if predicate in self._facts[subject] else ""

    def _name(self, read: str, agent: str) -> str:
        return self._one(agent, f"{SCHEMA}name") if agent == f"{read}#agent" else agent

    @staticmethod
    def _iri(target: str) -> str:
        return target[1:-1] if target.startswith("<") else ""


def _reduction(stated: Json) -> tuple[str, tuple[str, ...]]:
    match stated:
        case [str(name), [*axes]] if all(isinstance(axis, str) for axis in axes):
            return name, tuple(map(str, axes))
    raise ValueError("a reduction has another form than [name, [axis, …]]")


def _plain(target: str) -> str:
    """The IRI, or the text of the literal, in an N-Triples term."""
    # Canonical N-Triples escapes no more than JSON does.
    return target[1:-1] if target.startswith("<") else str(json.loads(target[: target.rindex('"') + 1]))
