"""Are rows counted rightly in what an engine writes, whatever the values hold and wherever it is cut?"""

import json
import random

import pyoxigraph as ox
import pytest

from catalog.graphstore.row_count import RowCount
from tests.support.graph_content import HOSTILE

TRAPS = [
    '},{"x',
    ',{"x":{}',
    '[{"a":1},{"b":2}]',
    "<result>",
    "</result><result>",
    '"\r\n"',
    'a"\n"b',
    "\r\n",
    "\n      {",
    'x,{"',
    '"},{"',
]
FORMATS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}


def count(body: bytes, form: str, step: int) -> int:
    rows = RowCount(form)
    for at in range(0, len(body), step):
        rows.add(body[at : at + step])
    return rows.rows


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    values = [*HOSTILE, *TRAPS]
    for number in range(300):
        value = ox.Literal(values[number % len(values)])
        store.add(ox.Quad(ox.NamedNode(f"http://example.org/{number}"), ox.NamedNode("http://example.org/p"), value))
    return store


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("query", ["SELECT * { ?s ?p ?x }", "SELECT ?x ?y { ?s ?p ?x }", "SELECT ?s { ?s ?p ?x FILTER(false) }"])
def test_rows_of_tables(store: ox.Store, form: str, query: str) -> None:
    expected = 0 if "false" in query else 300
    body = store.query(query).serialize(format=FORMATS[form])
    assert body is not None
    assert {count(body, form, step) for step in (1, 7, 1000, len(body))} == {expected} if len(body) < 50_000 else True
    assert {count(body, form, step) for step in (997, 65_536, len(body))} == {expected}


def test_rows_as_jena_writes_json() -> None:
    """Each row's brace stands on a line of its own, six columns in."""
    random.seed(1)
    rows = [{"x": {"type": "literal", "value": random.choice(TRAPS)}} for _ in range(50)]
    lines = ",\n".join('      { \n        "x": ' + json.dumps(row["x"]) + "\n      }" for row in rows)
    body = ('{ "head": {\n    "vars": [ "x" ]\n  } ,\n  "results": {\n    "bindings": [\n' + lines + "\n    ]\n  }\n}\n").encode()
    assert {count(body, "json", step) for step in (1, 13, len(body))} == {50}


def test_triples(store: ox.Store) -> None:
    body = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    assert body is not None
    assert count(body, "ntriples", 1000) == len(store)
    assert count(body, "turtle", 1000) == 0
