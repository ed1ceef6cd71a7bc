"""Does a mapping file mean what a JSON-LD processor makes of its context, and is what it cannot mean refused?"""

import json
from pathlib import Path
from typing import Any

import pytest
from rdflib import Graph

from catalog.errors import InputError
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from catalog.rdf.mapping_file import parse_mapping
from catalog.rdf.prefixes import PREFIXES
from tests.support.plates import as_v3
from tests.support.zarr_documents import array_v3, group_v3

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "north-lab.jsonld"
NODE = "http://localhost:8000/datasets/d/nodes/a"
LAB = "https://lab.example/terms#"


def described(attributes: dict[str, Any], mapping: bytes) -> tuple[Graph, list[str]]:
    documents = as_v3({"": group_v3(), "a": array_v3([4], attributes=attributes)})
    hierarchy = parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in documents.items()])
    found = describe(hierarchy, "d", Iris(), mappings=[parse_mapping(mapping, "test.jsonld")])
    return Graph().parse(data=found.structure, format="nt"), [problem.kind for problem in found.problems]


def of_node(graph: Graph, namespaces: tuple[str, ...]) -> set[tuple[str, str]]:
    """What the graph says of the node with properties of some namespaces, as N-Triples."""
    query = f"SELECT ?p ?o {{ <{NODE}> ?p ?o }}"
    return {(str(p), o.n3()) for p, o in graph.query(query) if str(p).startswith(namespaces)}  # type: ignore[misc,union-attr]


def test_the_worked_example() -> None:
    attributes = {"exposure_ms": 12.5, "sample_id": "42", "stain": "GFP", "microscope": {"objective": "63x"}}
    graph, problems = described(attributes, EXAMPLE.read_bytes())
    assert problems == []
    assert of_node(graph, (LAB, PREFIXES["sosa"])) == {
        (f"{LAB}exposureTime", '"12.5"^^<http://www.w3.org/2001/XMLSchema#double>'),
        (f"{PREFIXES['sosa']}hasFeatureOfInterest", "<https://lims.example/samples/42>"),
        (f"{LAB}stain", '"GFP"'),
        (f"{LAB}objective", '"63x"'),
    }
    question = f"""PREFIX zo: <{PREFIXES["zo"]}> PREFIX qudt: <{PREFIXES["qudt"]}>
    SELECT ?label ?unit ?type {{
      <{LAB}exposureTime> zo:attributeKey "exposure_ms" ; rdfs:label ?label ; qudt:hasUnit ?unit ; rdfs:range ?type
    }}"""
    [row] = graph.query(question)
    assert [str(term) for term in row] == ["exposure time", "http://qudt.org/vocab/unit/MilliSEC", f"{PREFIXES['xsd']}double"]  # type: ignore[union-attr]
    keys = {str(key) for [key] in graph.query(f"SELECT ?k {{ <{NODE}> <{PREFIXES['zo']}attribute>/<{PREFIXES['zo']}key> ?k }}")}  # type: ignore[misc]
    assert keys == {"/microscope/objective"}, "what is mapped in full is no key and value any more"


CONTEXT = {
    "@base": "https://lims.example/samples/",
    "@vocab": "https://lab.example/terms#",
    "lab": LAB,
    "plain": "lab:plain",
    "typed": {"@id": "lab:typed", "@type": "http://www.w3.org/2001/XMLSchema#decimal"},
    "day": {"@id": "lab:day", "@type": "http://www.w3.org/2001/XMLSchema#date"},
    "link": {"@id": "lab:link", "@type": "@id"},
    "concept": {"@id": "lab:concept", "@type": "@vocab"},
    "name": {"@id": "lab:name", "@language": "en-GB"},
    "many": {"@id": "lab:many", "@container": "@set"},
}
VALUES: list[dict[str, Any]] = [
    {"plain": "text"},
    {"plain": 5},
    {"plain": True},
    {"plain": ["a", 2, "a"]},
    {"typed": "1.50"},
    {"day": "2026-02-28"},
    {"link": "42"},
    {"link": "a/b?c#d"},
    {"link": "https://other.example/x"},
    {"link": "lab:y"},
    {"link": ["1", "2"]},
    {"concept": "Rat"},
    {"concept": "lab:Mouse"},
    {"name": "colour"},
    {"name": 5},
    {"many": ["x", "y"]},
    {"plain": '"; DROP <a> \\ \n\u202e'},
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib's own JSON-LD parser
@pytest.mark.parametrize("attributes", VALUES, ids=repr)
def test_values_become_what_json_ld_makes_of_them(attributes: dict[str, Any]) -> None:
    """rdflib's JSON-LD processor is the oracle."""
    graph, problems = described(attributes, json.dumps({"@context": CONTEXT}).encode())
    text = json.dumps({"@context": CONTEXT, "@id": NODE, **attributes})
    oracle = Graph().parse(data=text, format="json-ld")
    lower = {(p, o.replace("@en-GB", "@en-gb")) for p, o in of_node(oracle, (LAB,))}
    assert of_node(graph, (LAB,)) == lower
    assert problems == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"typed": "long"},
        {"day": "28.2.2026"},
        {"day": 5},
        {"link": 5},
        {"link": "a b:c"},
        {"plain": {"a": 1}},
        {"plain": [1, {}]},
    ],
    ids=repr,
)
def test_a_value_of_another_type_is_a_problem_and_stays(attributes: dict[str, Any]) -> None:
    graph, problems = described(attributes, json.dumps({"@context": CONTEXT}).encode())
    assert problems == ["mapped-value"]
    attribute = f"<{PREFIXES['zo']}attribute>"
    assert graph.query(f"ASK {{ <{NODE}> {attribute} ?a }}").askAnswer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "@context"),
        ('{"@context": {}, "key": {}}', "'key' is not known"),
        ('{"@context": "https://context.example/c"}', "not fetched"),
        ('{"@context": {"@import": "x"}}', "@import"),
        ('{"@context": {"a": 5}}', "'a' is 5"),
        ('{"@context": {"a": "title"}}', "'a'"),
        ('{"@context": {"a": {"@id": "dct:title", "@reverse": "x"}}}', "@reverse"),
        ('{"@context": {"a": {"@id": "dct:title", "@container": "@index"}}}', "@index"),
        ('{"@context": {"a": {"@id": "dct:title", "@type": "xsd:ENTITY"}}}', "xsd:ENTITY"),
        ('{"@context": {"a": {"@id": "dct:title", "@language": "!"}}}', "language"),
        ('{"@context": {"a": "dcat:accessURL"}}', "for the catalogue"),
        ('{"@context": {"a": "zo:location"}}', "for the catalogue"),
        ('{"@context": {}, "appliesTo": "s3://x/"}', "appliesTo"),
        ('{"@context": {}, "appliesTo": ["/data"]}', "appliesTo"),
        ('{"@context": {}, "keys": {"a": {}}}', "no term 'a'"),
        ('{"@context": {"a": "dct:title"}, "keys": {"/b/a": {}}}', "'term'"),
        ('{"@context": {"a": "dct:title"}, "keys": {"a": {"units": "m"}}}', "'units' is not known"),
        ('{"@context": {"a": "dct:title"}, "keys": {"a": {"unit": "m"}}}', "'unit'"),
        ('{"@context": {"a": "dct:title"}, "keys": {"a": {"min": "0"}}}', "numbers"),
        ('{"@context": {"a": {"@id": "dct:created", "@type": "xsd:date"}}, "keys": {"a": {"min": 0}}}', "numbers"),
        ('{"@context": {"a": {"@id": "dct:source", "@type": "@id"}}, "keys": {"a": {"max": 0}}}', "links"),
        ('{"@context": {"a": "dct:title"}, "keys": {"a": {"in": "x"}}}', "list of values"),
        ('{"@context": {"a": "dct:title"}, "keys": {"a": {"required": "dataset"}}}', "array, group, root"),
        ('{"@context": {"a": "dct:title"}, "keys": {"a": {"severity": "error"}}}', "violation"),
    ],
)
def test_what_is_no_mapping_file(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        parse_mapping(text.encode(), "lab.jsonld")
    assert "'lab.jsonld'" in str(caught.value)


@pytest.mark.parametrize(
    ("prefix", "location", "applies"),
    [
        ("s3://lab/", "s3://lab/a.zarr", True),
        ("s3://lab", "s3://lab/a.zarr", True),
        ("s3://lab", "s3://lab", True),
        ("s3://lab", "s3://laboratory/a.zarr", False),
        ("s3://lab/run-1/", "s3://lab/run-17/a.zarr", False),
        ("file:///data/", "s3://data/", False),
    ],
)
def test_a_mapping_is_about_what_lies_below_its_prefixes(prefix: str, location: str, applies: bool) -> None:
    mapping = parse_mapping(json.dumps({"@context": {}, "appliesTo": [prefix]}).encode(), "x.json")
    assert mapping.applies(location) is applies
