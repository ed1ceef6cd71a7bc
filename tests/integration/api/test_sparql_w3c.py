"""Does the endpoint pass the W3C's tests of the protocol, of the service description and of the formats of results?

The suite is read where the corpora have it. What is not met stands in ``sparql-exceptions.txt``, with the reason.
"""

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF

from tests.support.service import ServedCatalogue
from tests.support.sparql_service import SKOLEM, SUITE

MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = rdflib.Namespace("http://www.w3.org/2011/http#")
CNT = rdflib.Namespace("http://www.w3.org/2011/content#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")

EXCEPTIONS = dict(
    line.split(": ", 1)
    for line in (Path(__file__).parent / "sparql-exceptions.txt").read_text().splitlines()
    if line and not line.startswith("#")
)
TABULAR = {
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
}
TRIPLES = {"text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"}


def entries(name: str) -> dict[str, tuple[rdflib.Graph, Any]]:
    """The tests of one manifest; none where the corpora are absent (a test says so)."""
    path = SUITE / name / "manifest.ttl"
    if not path.is_file():
        return {}
    graph = rdflib.Graph().parse(path, format="turtle", publicID=path.as_uri())
    (manifest,) = graph.subjects(RDF.type, MF.Manifest)
    found = list(Collection(graph, graph.value(manifest, MF.entries)))
    return {f"{name}/{str(entry).rpartition('#')[2]}": (graph, entry) for entry in found}


PROTOCOL = entries("protocol")
TABLES = entries("csv-tsv-res") | entries("json-res")


def test_the_suite_is_there(corpora: Path) -> None:
    assert corpora.is_dir()
    assert len(PROTOCOL) == 34
    assert len(TABLES) == 10
    assert {each.rpartition(" ")[2] for each in EXCEPTIONS} <= {*PROTOCOL, *TABLES}, "an exception names a test"


def send(catalogue: ServedCatalogue, graph: rdflib.Graph, request: Any) -> httpx.Response:
    path = str(graph.value(request, HT.absolutePath)).replace("/sparql/", "sparql", 1)
    headers: dict[str, str] = {}
    if (listed := graph.value(request, HT.headers)) is not None:
        for header in Collection(graph, listed):
            headers[str(graph.value(header, HT.fieldName))] = str(graph.value(header, HT.fieldValue))
    body = graph.value(request, HT.body)
    content = None
    if body is not None:
        content = str(graph.value(body, CNT.chars)).encode(str(graph.value(body, CNT.characterEncoding)))
    with httpx.Client(timeout=60) as client:
        return client.request(str(graph.value(request, HT.methodName)), catalogue.base + path, headers=headers, content=content)


class W3cTests:
    """Subclasses give `catalogue`, and the name of their graph store."""

    store = ""

    @pytest.mark.parametrize("name", PROTOCOL)
    def test_protocol(self, catalogue: ServedCatalogue, name: str) -> None:
        graph, entry = PROTOCOL[name]
        (requests,) = graph.objects(graph.value(entry, MF.action), HT.requests)
        for request in Collection(graph, requests):
            answer = send(catalogue, graph, request)
            expected = graph.value(request, HT.resp)
            classes = {str(each)[-3] for each in graph.objects(expected, MF.expectedStatus)}
            if name in EXCEPTIONS:
                assert answer.status_code in {403, 415}, "refused, and not by mistake"
                return
            assert str(answer.status_code)[0] in classes, answer.text
            media_type = answer.headers["content-type"].partition(";")[0]
            match str(graph.value(expected, MF.expectedFormat)):
                case "boolean":
                    assert media_type in {"application/sparql-results+json", "application/sparql-results+xml"}
                case "tabular":
                    assert media_type in TABULAR
                case "RDF":
                    assert media_type in TRIPLES
            wanted = graph.value(expected, MF.expectedBoolean)
            if wanted is not None:
                assert answer.json()["boolean"] is bool(wanted.toPython())  # type: ignore[union-attr]

    def test_get_on_the_endpoint_returns_rdf(self, catalogue: ServedCatalogue) -> None:
        """returns-rdf, has-endpoint-triple."""
        answer = httpx.get(catalogue.base + "sparql", timeout=60)
        assert answer.headers["content-type"].partition(";")[0] in TRIPLES
        found = rdflib.Graph().parse(data=answer.text, format="turtle")
        assert (None, SD.endpoint, rdflib.URIRef(catalogue.base + "sparql")) in found

    def test_the_description_conforms_to_the_schema(self, catalogue: ServedCatalogue) -> None:
        """conforms-to-schema: each property of the vocabulary stands between the classes that it is made for."""
        found = rdflib.Graph().parse(data=httpx.get(catalogue.base + "sparql", timeout=60).text, format="turtle")
        domains = {
            **dict.fromkeys(("endpoint", "feature", "defaultEntailmentRegime", "supportedLanguage", "resultFormat"), SD.Service),
            "defaultDataset": SD.Service,
            "defaultGraph": SD.Dataset,
        }
        ranges = {"defaultDataset": SD.Dataset, "defaultGraph": SD.Graph}
        used = {str(each).removeprefix(str(SD)) for each in found.predicates() if str(each).startswith(str(SD))}
        assert {"endpoint", "supportedLanguage", "resultFormat", "defaultDataset", "defaultGraph"} <= used <= set(domains)
        for name in used:
            for subject, value in found.subject_objects(SD[name]):
                assert (subject, RDF.type, domains[name]) in found
                assert isinstance(value, rdflib.URIRef)
                assert name not in ranges or (value, RDF.type, ranges[name]) in found

    @pytest.mark.parametrize("name", TABLES)
    def test_formats_of_results(self, catalogue: ServedCatalogue, name: str) -> None:
        graph, entry = TABLES[name]
        action = graph.value(entry, MF.action)
        query, data, result = (
            Path(str(each).removeprefix("file://"))
            for each in (graph.value(action, QT.query), graph.value(action, QT.data), graph.value(entry, MF.result))
        )
        form = {".csv": "csv", ".tsv": "tsv", ".srj": "json"}[result.suffix]
        given = {
            "query": query.read_text(),
            "format": form,
            "default-graph-uri": f"http://example.org/suite/{data.parent.name}/{data.name}",
        }
        answer = httpx.get(catalogue.base + "sparql", params=given, timeout=60)
        assert answer.status_code == 200, answer.text
        is_same = read(answer.content, form) == read(result.read_bytes(), form)
        assert is_same != (f"{self.store} {name}" in EXCEPTIONS), answer.text


def read(body: bytes, form: str) -> object:
    """A table as what it says; blank nodes, which have no names that could be compared, are all alike."""
    if form == "json":
        found = json.loads(body)
        if "boolean" in found:
            return bool(found["boolean"])
        rows = [{name: term_of_json(term) for name, term in row.items()} for row in found["results"]["bindings"]]
        return sorted(found["head"]["vars"]), Counter(tuple(sorted(row.items())) for row in rows)
    text = body.decode()
    if form == "csv":
        head, *lines = list(csv.reader(io.StringIO(text)))
        cells = [["blank" if is_blank(cell) else by_value(cell) for cell in line] for line in lines]
    else:
        head, *lines = [line.split("\t") for line in text.rstrip("\n").split("\n")]
        cells = [[term_of_tsv(cell) for cell in line] for line in lines]  # type: ignore[misc]
    rows = Counter(tuple(sorted(zip(head, line, strict=True), key=str)) for line in cells)  # type: ignore[arg-type]
    return sorted(head), rows  # in SELECT *, columns have no order


def is_blank(text: str) -> bool:
    return text.startswith(("_:", SKOLEM, f"<{SKOLEM}"))


def by_value(text: str) -> str:
    """A number in one spelling: graph stores keep values, not spellings."""
    try:
        return str(float(text))
    except ValueError:
        return text


def term_of_json(term: dict[str, str]) -> tuple[str, ...]:
    if term["type"] == "bnode" or is_blank(term["value"]):
        return ("blank",)
    kind = "literal" if term["type"] == "typed-literal" else term["type"]
    datatype = term.get("datatype", "").removesuffix("http://www.w3.org/2001/XMLSchema#string")
    value = by_value(term["value"]) if datatype else term["value"]
    return kind, value, datatype, term.get("xml:lang", "")


def term_of_tsv(cell: str) -> object:
    if not cell or is_blank(cell):
        return "blank" if cell else None
    found = next(iter(rdflib.Graph().parse(data=f"<x:s> <x:p> {cell} .", format="turtle").objects()))
    if isinstance(found, rdflib.Literal):
        datatype = None if found.datatype == rdflib.XSD.string else found.datatype
        return by_value(str(found)) if datatype else str(found), str(datatype), found.language
    return str(found)


class TestEmbedded(W3cTests):
    store = "embedded"

    @pytest.fixture
    def catalogue(self, embedded_sparql: ServedCatalogue) -> ServedCatalogue:
        return embedded_sparql


class TestFuseki(W3cTests):
    store = "fuseki"

    @pytest.fixture
    def catalogue(self, fuseki_sparql: ServedCatalogue) -> ServedCatalogue:
        return fuseki_sparql
