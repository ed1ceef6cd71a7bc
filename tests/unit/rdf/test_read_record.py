"""Says the record of a read the same in every format, and reads it back as it was?"""

import json
from dataclasses import replace

import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.namespace import PROV, RDF, RDFS

from catalog.errors import InputError
from catalog.metadata.read_record import PartRead, ReadRecord
from catalog.rdf.read_record import parse_record, record_lines, record_statements
from catalog.rdf.record_files import serialise
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import load_shapes

BASE = "http://localhost:8000/datasets/d"
ZO = rdflib.Namespace("https://w3id.org/zarr-catalog/ns#")
SCHEMA = rdflib.Namespace("https://schema.org/")
PART = PartRead(
    array=f"{BASE}/nodes/a%20b",
    dataset=BASE,
    snapshot=f"{BASE}/snapshots/{'1' * 64}",
    snapshot_digest="1" * 64,
    digest="2" * 64,
    document='{"fill_value":"NaN","node_type":"array","shape":[4,10]}',
    dimension_names=("y", None),
    selection='y=0:4,dim1=[3,1,2]',
    shape=(4, 3),
    data_type="float32",
    sha256="a" * 64,
    requested='"y"=world(0:4) ',
    region=f"{BASE}/nodes/tables/t#roi-1",
    notes=("one", "two"),
)  # fmt: skip
RECORD = ReadRecord(
    id="urn:uuid:7d0ce0a2-6a1f-4f0e-8c35-0d6f5f8f6a11",
    started="2026-11-21T12:00:00Z",
    ended="2026-11-21T12:00:01Z",
    parts=(
        PART,
        replace(PART, selection="y=0,dim1=0:10", shape=(10,), region="", requested="", notes=()),
        replace(PART, array=f"{BASE}/nodes/c", reductions=(("mean", ("y", 'a "b", c')), ("max", ()))),
    ),
    software=(("zarr-linked-catalog", "0.1.0"), ("numpy", "2.0"), ("zarr", "3.1")),
    query='SELECT ?a { ?a <urn:p> "C/C=C\\\\C" }\n# "; DROP\t\u007f\u0001é',
    agent="Ann Example",
)  # fmt: skip


def graph_of(data: bytes, kind: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=data, format=kind)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own JSON-LD parser uses it
def test_json_ld_turtle_and_n_triples_say_the_same() -> None:
    statements = record_statements(RECORD)
    graphs = [
        graph_of(serialise(statements, f"r.{suffix}"), kind)
        for suffix, kind in (("nt", "nt"), ("ttl", "turtle"), ("jsonld", "json-ld"), ("json", "json-ld"))
    ]
    assert len(graphs[0]) == len(statements) > 60
    assert all(isomorphic(graphs[0], other) for other in graphs[1:])
    assert not [term for triple in graphs[0] for term in triple if isinstance(term, rdflib.BNode)]


@pytest.mark.parametrize("suffix", ["jsonld", "json", "ttl", "nt"])
@pytest.mark.parametrize("agent", ["Ann Example", "https://orcid.org/0000-0002-1825-0097", ""])
def test_it_is_read_back_as_it_was(suffix: str, agent: str) -> None:
    record = replace(RECORD, agent=agent, query=RECORD.query if agent else "", checked=not agent)
    name = f"r.{suffix}"
    assert parse_record(serialise(record_statements(record), name), name) == record


def test_a_citation_tool_finds_what_it_knows() -> None:
    """By PROV-O alone: the values, what generated them, and what they come from."""
    graph = graph_of(record_lines(RECORD), "nt")
    read = rdflib.URIRef(RECORD.id)
    assert (read, RDF.type, PROV.Activity) in graph
    sources = {
        str(source)
        for values in graph.subjects(PROV.wasGeneratedBy, read)
        for source in graph.objects(values, PROV.wasDerivedFrom)
    }
    assert {f"{BASE}/nodes/a%20b", f"{BASE}/nodes/c"} <= sources
    [query] = graph.subjects(RDF.type, PROV.Plan)
    assert (read, PROV.used, query) in graph
    assert str(graph.value(query, ZO.queryText)) == RECORD.query
    names = {
        str(graph.value(agent, SCHEMA.name)): graph.value(agent, SCHEMA.softwareVersion)
        for agent in graph.objects(read, PROV.wasAssociatedWith)
    }
    assert names == {
        "zarr-linked-catalog": rdflib.Literal("0.1.0"),
        "numpy": rdflib.Literal("2.0"),
        "zarr": rdflib.Literal("3.1"),
        "Ann Example": None,
    }
    states = set(graph.subjects(RDF.type, ZO.ArrayState))
    assert len(states) == 2, "an array that is read twice is described once"


def test_it_conforms_to_the_shapes_for_records() -> None:
    shapes = load_shapes(core=False, recommended=False, profiles=["prov"])
    assert PyShaclValidator().validate([record_lines(RECORD)], shapes).conforms
    broken = record_lines(RECORD).replace(RECORD.parts[0].sha256.encode(), b"a" * 63)
    report = PyShaclValidator().validate([broken], shapes)
    assert {result.shape.rpartition("#")[2] for result in report.results} == {"values-digest"}


def test_a_record_without_digest_says_why_and_comes_back() -> None:
    unread = replace(RECORD, parts=tuple(replace(part, sha256="", data_type="") for part in RECORD.parts))
    graph = rdflib.Graph().parse(data=record_lines(unread), format="nt")
    for values in graph.subjects(RDF.type, ZO.ArrayValues):
        assert graph.value(values, SCHEMA.sha256) is None
        assert "not read for this record" in str(graph.value(values, RDFS.comment))
    shapes = load_shapes(core=False, recommended=False, profiles=["prov"])
    assert PyShaclValidator().validate([record_lines(unread)], shapes).conforms
    assert parse_record(record_lines(unread), "r.nt") == unread


def test_the_context_is_inside() -> None:
    context = json.loads(serialise(record_statements(RECORD), "r.jsonld"))["@context"]
    assert isinstance(context, dict), "nothing has to be fetched"
    assert context["prov"] == "http://www.w3.org/ns/prov#"


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        (b"{", "r.jsonld", "r.jsonld"),
        (b"", "r.txt", "ends in"),
        (b"<urn:a> <urn:b> <urn:c> .", "r.ttl", "holds 0 readings"),
        (record_lines(RECORD).replace(b"selectionText", b"selectionTexts"), "r.nt", "not the record of a read"),
        (record_lines(RECORD).replace(b'"[4,3]"', b'"4x3"'), "r.nt", "not the record of a read"),
        (record_lines(RECORD).replace(b'"[4,3]"', b'"[[4]]"'), "r.nt", "another form"),
        (record_lines(RECORD).replace(b'"1"^^', b'"7"^^'), "r.nt", "numbered"),
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(data: bytes, name: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        parse_record(data, name)


def test_a_remote_context_is_not_fetched() -> None:
    with pytest.raises(InputError):
        parse_record(b'{"@context": "https://example.org/context.jsonld", "@id": "urn:x"}', "r.jsonld")


def test_other_endings_are_refused() -> None:
    with pytest.raises(InputError, match=r"\.jsonld, \.json, \.ttl, \.nt"):
        serialise((), "r.rdf")
