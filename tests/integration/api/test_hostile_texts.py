"""Does any text become more than a text: a formula, a header, a line of the log, a page, a triple, a part of a query?"""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from catalog.bootstrap import open_workspace
from catalog.metadata.key import fault_of_key
from tests.support.reparse import read_with_pyoxigraph, read_with_rdflib
from tests.support.service import ServedCatalogue, served, take_in
from tests.support.zoo.specimen import array, group
from tests.unit.graphstore.test_random_terms import HOSTILE, texts

FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://h","x")', "\uff1d1", "=1\n=2")
PAGES = (
    "<script>alert(1)</script>",
    "<!doctype html><html><body onload=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
)
BREAKS = (
    "a\r\nX-Injected: 1",
    "a\nSet-Cookie: x=1",
    "a\r\n\r\n<html>",
    "a\x00b",
    "a\u2028b",
    "a\x85b",
    '"; filename="x.html',
    "a\x1b[2Jb",
)
STRINGS = int(os.environ.get("HOSTILE_TEXTS", "20000"))
"""How many texts go through searches; `HOSTILE_TEXTS=100000` for as many as docs/reference/safety.md tells of."""
BATCH = 500
LAST = "last"
ACCEPTED = (
    "text/html", "text/html, */*;q=0.1", "*/*", "text/turtle", "application/ld+json", "application/n-triples",
    "application/rdf+xml", "text/csv", "application/sparql-results+xml", "image/svg+xml",
)  # fmt: skip
ASKED = ("=", "in", "starts-with", "ends-with", "contains")


@dataclass(frozen=True)
class Scene:
    """A service over one dataset whose arrays have hostile texts as names, attributes, units and dimensions."""

    catalogue: ServedCatalogue
    labels: dict[str, str]


def _names() -> list[str]:
    """Names of arrays: every hostile text that can be a key."""
    given = [*HOSTILE, *FORMULAS, *PAGES, *(chr(code) for code in range(0x20, 0x100)), "%zz", "%00", "..%2f", "$(x)", "`x`"]
    plain = [text.replace("/", "\u2215") for text in given]
    return sorted({text for text in plain if text and len(text) < 200 and fault_of_key(text) is None})


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("texts")
    labels: dict[str, str] = {}
    nodes: dict[str, Any] = {}
    values = [*HOSTILE, *FORMULAS, *PAGES, *BREAKS, *texts(3, 300)]
    names = _names()
    for number, value in enumerate(values):
        path = names[number] if number < len(names) else f"n{number}"
        labels[path] = value
        attributes = {"lab_label": value, "units": value, value: number, "long_name": value}
        nodes[path] = {**array(), "attributes": attributes, "dimension_names": [value]}
    nodes[LAST] = array()
    nodes["long"] = {**array(), "attributes": {"lab_label": "x" * 10**6}}
    labels["long"] = "x" * 10**6
    root = {**group(title=FORMULAS[0], description=PAGES[0]), "consolidated_metadata": {"kind": "inline", "metadata": nodes}}
    (folder / "s.zarr").mkdir()
    (folder / "s.zarr" / "zarr.json").write_bytes(json.dumps(root).encode("utf-8", "surrogatepass"))
    for path in (LAST, names[0]):
        (folder / "s.zarr" / path / "c").mkdir(parents=True, exist_ok=True)
        (folder / "s.zarr" / path / "c" / "0").write_bytes(b"<h1>")
    with served(folder / "catalogue") as catalogue:
        take_in(catalogue, folder / "s.zarr", "lab", extents=False)
        yield Scene(catalogue, labels)


@pytest.fixture
def client(scene: Scene) -> Iterator[httpx.Client]:
    with scene.catalogue.client() as made:
        yield made


class TestFormulas:
    def test_no_cell_of_a_table_begins_a_formula(self, scene: Scene, client: httpx.Client) -> None:
        answer = client.get("search", params={"kind": "arrays", "limit": "1000", "format": "csv"})
        assert "attachment" in answer.headers["content-disposition"]
        rows = list(csv.reader(io.StringIO(answer.text, newline="")))
        assert len(rows) == len(scene.labels) + 2
        assert len({len(row) for row in rows}) == 1
        assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _is_number(cell)]
        datasets = client.get("search", params={"kind": "datasets", "format": "csv"}).text
        assert "'" + FORMULAS[0] in datasets

    def test_a_table_of_sparql_is_a_file_as_it_stands(self, client: httpx.Client) -> None:
        query = "SELECT ?v { VALUES ?v { '=1+1' } }"
        answer = client.get("sparql", params={"query": query, "format": "csv"})
        assert (answer.text.split(), answer.headers["x-content-type-options"]) == (["v", "=1+1"], "nosniff")
        assert "attachment" in answer.headers["content-disposition"]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text) is not None


class TestPages:
    @pytest.mark.parametrize("accept", ACCEPTED)
    @pytest.mark.parametrize("query", ["CONSTRUCT { <urn:x> <urn:p> '%s' } {}", "SELECT ('%s' AS ?v) {}", "ASK {} #%s"])
    def test_nothing_of_a_query_is_a_page(self, client: httpx.Client, accept: str, query: str) -> None:
        for page in PAGES:
            answer = client.post("sparql", data={"query": query % page}, headers={"Accept": accept})
            _is_no_page(answer)

    def test_a_chunk_is_a_file(self, client: httpx.Client) -> None:
        answer = client.get(f"datasets/lab/zarr/{LAST}/c/0")
        assert (answer.content, answer.headers["content-type"]) == (b"<h1>", "application/octet-stream")
        assert "attachment" in answer.headers["content-disposition"]
        _is_no_page(answer)

    def test_what_is_told_back_is_no_page(self, client: httpx.Client) -> None:
        for page in PAGES:
            for address in ("search", "resolve", "arrays", "sparql", "plan"):
                for name in ("q", "uri", "iri", "query", "filter", page):
                    _is_no_page(client.get(address, params={name: page}))
            _is_no_page(client.get(f"datasets/{page}"))


def _is_no_page(answer: httpx.Response) -> None:
    assert answer.status_code < 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    media_type = answer.headers.get("content-type", "")
    if media_type.startswith("text/html"):
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        assert "<svg" not in answer.text
        assert "script-src 'self'" in policy
    else:
        assert "sandbox" in policy
        assert not media_type.startswith(("image/svg", "text/xml", "application/xhtml"))


class TestHeadersAndLog:
    def test_no_text_makes_a_header(self, scene: Scene, client: httpx.Client) -> None:
        for path in [*scene.labels][:60:4]:
            for route, more in (
                ("arrays/datasets/lab/nodes/", {"format": "csv"}),
                ("datasets/lab/nodes/", {}),
                ("datasets/lab/zarr/", {}),
            ):
                address = route + quote(path)
                answer = client.get(address, params=more)
                assert answer.status_code < 500, (address, answer.text)
                _headers_are_plain(answer)
        for text in BREAKS:
            for address in ("search", "resolve", "sparql", "arrays"):
                answer = client.get(address, params={"q": text, "uri": text, "query": text, "iri": text, "format": text})
                assert answer.status_code < 500
                _headers_are_plain(answer)

    def test_no_text_makes_a_line_of_the_log(self) -> None:
        program = (
            "import sys, json, structlog, logging\n"
            "from catalog.observability import set_up_logging\n"
            "set_up_logging(sys.argv[1], 'INFO')\n"
            "for text in json.loads(sys.argv[2]):\n"
            "    structlog.get_logger().info('request', path=text)\n"
            "    structlog.get_logger().info(text)\n"
            "    logging.getLogger('other').warning('%s', text)\n"
        )
        for style in ("json", "console"):
            command = [sys.executable, "-c", program, style, json.dumps(BREAKS)]
            lines = subprocess.run(command, capture_output=True, check=True).stderr
            assert lines.count(b"\n") == 3 * len(BREAKS), style
            assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", lines), style


def _headers_are_plain(answer: httpx.Response) -> None:
    for name, value in answer.headers.raw:
        assert not re.search(rb"[\x00-\x1f\x7f]", name + value), (name, value)
    assert not {"x-injected", "set-cookie"} & set(answer.headers)
    disposition = answer.headers.get("content-disposition", "")
    assert disposition.count("filename=") <= 1
    assert ".html" not in disposition


def test_what_was_ingested_is_read_alike_by_two_parsers_and_lies_in_its_graphs(scene: Scene) -> None:
    base = scene.catalogue.base
    with open_workspace(scene.catalogue.settings) as workspace:
        for store in (workspace.catalog, workspace.public):
            rows = store.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").rows
            graphs = {row[0].value for row in rows if row[0] is not None}
            assert graphs <= {f"{base}datasets/lab{end}" for end in ("", "/asserted", "/record", "/curated", "/rejected")} | {
                base
            }
            data = store.read_graph(f"{base}datasets/lab")
            first, second = read_with_pyoxigraph(data), read_with_rdflib(data)
            assert first == second
            assert len(first) == data.count(b"\n")
            strays = {subject for subject, _, _ in first if not subject.startswith((base, "https://w3id.org/zarr-catalog/"))}
            assert not {each for each in strays if not each.startswith("urn:sha256:")}, strays
    title = "http://example.org/p"
    assert not [triple for triple in first if title in triple]


def _batches(scene: Scene) -> Iterator[list[str]]:
    """Texts that are all different, with those that are there among them."""
    there = [label for label in scene.labels.values() if len(label) < 300 and _can_be_asked(label)]
    chance = random.Random(5)
    batch: list[str] = []
    for text in texts(seed=11, count=STRINGS):
        if _can_be_asked(text):
            batch.append(text)
        if len(batch) == BATCH - 20:
            yield list(dict.fromkeys(batch + chance.sample(there, 20)))
            batch = []


def _can_be_asked(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_texts_are_found_where_they_are_and_nowhere_else(scene: Scene, client: httpx.Client) -> None:
    """The answer of a search against the same condition in Python, over what was written."""
    count = 0
    for batch in _batches(scene):
        body = {"kind": "arrays", "limit": 1000, "filter": {"term": "attribute__lab_label", "op": "in", "value": batch}}
        answer = client.post("search", json=body)
        assert answer.status_code == 200, answer.text
        found = {hit["path"] for hit in answer.json()["hits"]}
        wanted = set(batch)
        assert found == {path for path, label in scene.labels.items() if label in wanted}
        count += len(batch)
    assert count >= STRINGS * 0.9


def test_payloads_are_texts_for_every_operator(scene: Scene, client: httpx.Client) -> None:
    holds = {
        "=": lambda label, text: label == text,
        "in": lambda label, text: label == text,
        "starts-with": lambda label, text: label.startswith(text),
        "ends-with": lambda label, text: label.endswith(text),
        "contains": lambda label, text: text in label,
    }
    payloads = [*HOSTILE, *FORMULAS, *PAGES, *BREAKS, *_sparql_payloads()]
    for number, text in enumerate(payloads):
        operator = ASKED[number % len(ASKED)]
        value = [text] if operator == "in" else text
        body = {"kind": "arrays", "limit": 1000, "filter": {"term": "attribute__lab_label", "op": operator, "value": value}}
        answer = client.post("search", json=body)
        if answer.status_code != 200:
            assert answer.status_code in {400, 413}, answer.text
            continue
        found = {hit["path"] for hit in answer.json()["hits"]}
        wanted = {path for path, label in scene.labels.items() if holds[operator](label, text)}
        assert found - {"long"} == wanted - {"long"}, (operator, text)
        words = client.get("search", params={"q": text[:400]})
        assert words.status_code in {200, 400}, words.text


def _sparql_payloads() -> list[str]:
    """Ends of terms and beginnings of something else, in every mixture."""
    ends = ('"', "'", '"""', "\\", ">", "\n", "#", '"@en', '"^^<urn:x>')
    begins = (
        " } DROP ALL #",
        " . ?s ?p ?o ",
        ") FILTER(true",
        " UNION { ?a ?b ?c } ",
        "; DELETE WHERE { ?s ?p ?o }",
        " } SERVICE <http://h/> {",
    )
    return [end + begin for end in ends for begin in begins]
