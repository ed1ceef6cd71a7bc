"""Are property paths written as SPARQL and as SHACL write them?"""

import pytest
from rdflib import Graph
from rdflib.namespace import SH
from rdflib.plugins.sparql import prepareQuery

from catalog.rdf.prefixes import PREFIXES
from catalog.validation.path_reader import read_property_path
from catalog.validation.property_path import PropertyPath, shown_iri

ZO = PREFIXES["zo"]
KEY, ATTRIBUTE, OTHER = (PropertyPath("property", iri) for iri in (f"{ZO}key", f"{ZO}attribute", "http://example.org/a?b"))

# SHACL, section 2.3.1: the table of paths, each in SPARQL's notation and in Turtle.
PATHS = [
    (KEY, "zo:key", f"<{ZO}key>"),
    (OTHER, "<http://example.org/a?b>", "<http://example.org/a?b>"),
    (PropertyPath("sequence", parts=(ATTRIBUTE, KEY)), "zo:attribute/zo:key", f"( <{ZO}attribute> <{ZO}key> )"),
    (
        PropertyPath("alternative", parts=(ATTRIBUTE, KEY)),
        "zo:attribute|zo:key",
        f"[ <{SH}alternativePath> ( <{ZO}attribute> <{ZO}key> ) ]",
    ),
    (PropertyPath("inverse", parts=(KEY,)), "^zo:key", f"[ <{SH}inversePath> <{ZO}key> ]"),
    (PropertyPath("zero-or-more", parts=(KEY,)), "zo:key*", f"[ <{SH}zeroOrMorePath> <{ZO}key> ]"),
    (PropertyPath("one-or-more", parts=(KEY,)), "zo:key+", f"[ <{SH}oneOrMorePath> <{ZO}key> ]"),
    (PropertyPath("zero-or-one", parts=(KEY,)), "zo:key?", f"[ <{SH}zeroOrOnePath> <{ZO}key> ]"),
    (
        PropertyPath("zero-or-more", parts=(PropertyPath("sequence", parts=(ATTRIBUTE, KEY)),)),
        "(zo:attribute/zo:key)*",
        f"[ <{SH}zeroOrMorePath> ( <{ZO}attribute> <{ZO}key> ) ]",
    ),
    (
        PropertyPath("inverse", parts=(PropertyPath("zero-or-more", parts=(KEY,)),)),
        "^(zo:key*)",
        f"[ <{SH}inversePath> [ <{SH}zeroOrMorePath> <{ZO}key> ] ]",
    ),
    (
        PropertyPath("zero-or-more", parts=(PropertyPath("inverse", parts=(KEY,)),)),
        "(^zo:key)*",
        f"[ <{SH}zeroOrMorePath> [ <{SH}inversePath> <{ZO}key> ] ]",
    ),
]


@pytest.mark.parametrize(("path", "sparql", "turtle"), PATHS, ids=lambda value: value if isinstance(value, str) else "")
def test_written_and_read(path: PropertyPath, sparql: str, turtle: str) -> None:
    assert path.to_sparql() == sparql
    assert path.to_turtle() == turtle
    graph = Graph().parse(data=f"<http://e/s> <{SH.path}> {turtle} .", format="turtle")
    [node] = graph.objects(None, SH.path)
    assert read_property_path(graph, node) == path


@pytest.mark.parametrize(("_", "sparql", "turtle"), PATHS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_sparql_parser_takes_it(_: PropertyPath, sparql: str, turtle: str) -> None:
    prepareQuery(f"SELECT * WHERE {{ ?s {sparql} ?o }}", initNs=PREFIXES)


@pytest.mark.parametrize(
    ("iri", "shown"),
    [
        ("http://www.w3.org/ns/dcat#Dataset", "dcat:Dataset"),
        ("http://qudt.org/vocab/unit/M-PER-SEC", "unit:M-PER-SEC"),
        ("http://www.w3.org/ns/dcat#", "<http://www.w3.org/ns/dcat#>"),
        ("https://w3id.org/zarr-catalog/ns#dtype/int8", "<https://w3id.org/zarr-catalog/ns#dtype/int8>"),
        ("http://example.org/x", "<http://example.org/x>"),
    ],
)
def test_iris_as_people_write_them(iri: str, shown: str) -> None:
    assert shown_iri(iri) == shown
