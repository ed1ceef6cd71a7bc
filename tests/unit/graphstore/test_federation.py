"""Does a query with SERVICE answer what the specification says: the join with what the endpoint answers?

The endpoints are rdflib graphs behind a door that opens no socket; the engine here is Oxigraph. The oracle is rdflib, asked the
same query with GRAPH in place of SERVICE over a dataset in which the endpoint's data are a named graph.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rdflib

from catalog.confined.places import Cancel, CancelledError
from catalog.errors import (
    CatalogError,
    EndpointUnavailableError,
    ForbiddenError,
    GraphStoreUnavailableError,
    InputError,
    LimitExceededError,
)
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.federation import Federation
from catalog.graphstore.guard import guard_query
from catalog.graphstore.queries import write_iri, write_literal
from catalog.graphstore.service_answers import ServiceLimits
from tests.support.endpoint_door import Answer, Door, endpoint, failing, ntriples
from tests.support.graph_content import EX, HOSTILE, ODD_IRIS, A

E = "http://e.example/sparql"
INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


def saying(body: Any) -> Answer:
    return lambda _: body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedGraphStore]:
    with EmbeddedGraphStore(tmp_path) as store:
        yield store


def join(store: EmbeddedGraphStore, door: Door, **limits: int) -> None:
    store._federation = Federation(door, ServiceLimits(**limits))


def rows(store: EmbeddedGraphStore, text: str, **options: Any) -> Counter[tuple[tuple[str, str], ...]]:
    answer = json.loads(store.query(text, "json", **options).body)
    return Counter(tuple(sorted((n, term(c)) for n, c in row.items())) for row in answer["results"]["bindings"])


def term(cell: dict[str, str]) -> str:
    if cell["type"] == "uri":
        return write_iri(cell["value"])
    return write_literal(cell["value"], cell.get("datatype", "http://www.w3.org/2001/XMLSchema#string"), cell.get("xml:lang"))


def reckoned(here: str, there: dict[str, str], text: str) -> Counter[tuple[tuple[str, str], ...]]:
    """What rdflib finds where endpoints are named graphs."""
    dataset = rdflib.Dataset()
    dataset.parse(data=here, format="turtle")
    for name, turtle in there.items():
        dataset.graph(rdflib.URIRef(f"http://{name}.example/sparql")).parse(data=turtle, format="turtle")
    found = dataset.query(text.replace("SERVICE SILENT", "GRAPH").replace("SERVICE", "GRAPH"))
    return Counter(tuple(sorted((str(n), t.n3()) for n, t in row.asdict().items())) for row in found)


PREFIX = "PREFIX x: <http://x.example/> "
QUERIES = [
    "SELECT * { ?s x:p ?o SERVICE <E> { ?s x:q ?v } }",
    "SELECT * { SERVICE <E> { ?s x:q ?v } ?s x:p ?o }",
    "SELECT ?s ?v { ?s x:p ?o SERVICE <E> { ?s x:q ?v } }",
    "SELECT (COUNT(*) AS ?n) (SUM(?v) AS ?sum) { ?s x:p ?o SERVICE <E> { ?s x:q ?v } }",
    "SELECT * { ?s x:p ?o OPTIONAL { SERVICE <E> { ?s x:q ?v } } }",
    "SELECT * { ?s x:p ?o OPTIONAL { SERVICE <E> { ?s x:q ?v } FILTER(?v < ?o) } }",
    "SELECT * { ?s x:p ?o MINUS { SERVICE <E> { ?s x:q ?v } } }",
    "SELECT * { ?s x:p ?o MINUS { SERVICE <E> { ?t x:q ?v } } }",
    "SELECT * { ?s x:p ?o FILTER EXISTS { SERVICE <E> { ?s x:q ?v } } }",
    "SELECT * { ?s x:p ?o FILTER NOT EXISTS { SERVICE <E> { ?s x:q ?v } } }",
    "SELECT * { ?s x:p ?o FILTER NOT EXISTS { ?s x:r ?w SERVICE <E> { ?s x:q ?v } } }",
    "SELECT * { { ?s x:p ?o } UNION { SERVICE <E> { ?s x:q ?o } } }",
    "SELECT * { ?s x:p ?o { SELECT DISTINCT ?s (?v + 1 AS ?m) { SERVICE <E> { ?s x:q ?v } } } }",
    "SELECT * { ?s x:p ?o SERVICE <E> { { SELECT DISTINCT ?s (?w * 2 AS ?v) { ?s x:q ?w } } } }",
    "SELECT * { ?s x:p ?o SERVICE <E> { ?s x:q ?v OPTIONAL { ?s x:r ?w } } }",
    "SELECT * { SERVICE <E> { ?s x:q ?v OPTIONAL { ?s x:r ?o } } ?s x:p ?o }",
    "SELECT * { ?s x:p ?o SERVICE <E> { ?s x:q ?v } SERVICE <F> { ?s x:r ?w } }",
    "SELECT * { VALUES ?s { x:a x:b x:c } SERVICE <E> { ?s x:q ?v } }",
    "SELECT * { VALUES (?s ?k) { (x:a 1) (x:a 1) (x:b 2) (x:c 3) (<http://x.example/a> 4) } SERVICE <E> { ?s x:q ?v } }",
    "SELECT * { VALUES (?s ?v) { (x:a 1) (x:b UNDEF) (x:c 3) } SERVICE <E> { ?s x:q ?v } }",
    "SELECT * { VALUES ?o { 1 2 3 } SERVICE <E> { ?s x:q ?v OPTIONAL { ?s x:r ?o } } }",
    "SELECT * { VALUES ?o { 1 2 3 } ?s x:p ?o SERVICE <E> { ?s x:q ?v MINUS { ?s x:r ?o ; x:q ?o } } }",
    "SELECT * { VALUES ?o { 1 2 3 } SERVICE <E> { ?s x:q ?v } SERVICE <F> { ?s x:r ?o } }",
    "SELECT * { SERVICE <E> { ?s x:q ?v } MINUS { ?s x:r ?o } VALUES ?s { x:a x:b } }",
    "SELECT * { ?s x:p ?o SERVICE <E> { x:a x:q 1 } }",
    "SELECT DISTINCT ?v { SERVICE <E> { ?s x:q ?v } } ORDER BY ?v",
    "SELECT * { ?s x:p ?o SERVICE <E> { ?s x:q ?v } BIND(?v + ?o AS ?t) FILTER(?t > 2) }",
]


def some_triples(chance: random.Random, predicates: str) -> str:
    """Turtle: some of four subjects have small numbers by some predicates."""
    lines = {
        f"x:{chance.choice('abcd')} x:{chance.choice(predicates)} {chance.randint(1, 4)} ." for _ in range(chance.randint(3, 12))
    }
    return "@prefix x: <http://x.example/> . " + " ".join(sorted(lines))


@pytest.mark.filterwarnings("ignore:Dataset.:DeprecationWarning")  # rdflib uses them itself
@pytest.mark.parametrize("query", QUERIES)
def test_answers_are_those_of_another_engine_over_the_union(tmp_path: Path, query: str) -> None:
    text = PREFIX + query.replace("<E>", f"<{E}>").replace("<F>", "<http://f.example/sparql>")
    chance = random.Random(query)
    found_any = 0
    for n in range(5):
        here, e, f = (some_triples(chance, predicates) for predicates in ("pr", "qr", "r"))
        with EmbeddedGraphStore(tmp_path / str(n)) as store:
            store.apply([GraphUpdate(A, ntriples(here))])
            join(store, Door(e=endpoint(e), f=endpoint(f)))
            found = rows(store, text)
        assert found == reckoned(here, {"e": e, "f": f}, text)
        found_any += len(found)
    assert found_any


@pytest.mark.parametrize("before", ["", "VALUES ?s { <x:s> <x:z> } "])
def test_alone_in_graph_it_joins_with_the_name_of_each_graph(store: EmbeddedGraphStore, before: str) -> None:
    """SPARQL 1.1 Query Language, section 18.6: Graph(?g, P) is the union over all named graphs of P joined with ?g."""
    names = [A, EX + "references/b"]
    store.apply([GraphUpdate(name, ntriples("<x:s> <x:p> 1 .")) for name in names])
    join(store, Door(e=endpoint("<x:s> <x:q> 1 . <x:t> <x:q> 2 .")))
    found = rows(store, f"SELECT * {{ {before}GRAPH ?g {{ SERVICE <{E}> {{ ?s <x:q> ?v }} }} }}")
    assert {row for row in found if dict(row)["g"] in map(write_iri, names)} == {
        (("g", write_iri(name)), ("s", f"<x:{s}>"), ("v", term({"type": "literal", "value": v, "datatype": INTEGER})))
        for name in names
        for s, v in [("s", "1"), ("t", "2")]
        if not before or s == "s"
    }
    assert set(found.values()) == {1}


@pytest.mark.parametrize("silent", ["", "SILENT "])
@pytest.mark.parametrize("listed", ["?e { <E> <F> <F> }", "(?e) { (<E>) (<F>) (<F>) }"])
def test_a_variable_stands_for_the_endpoints_that_are_listed(store: EmbeddedGraphStore, listed: str, silent: str) -> None:
    """SPARQL 1.1 Federated Query, section 4: the union over its values of what each answers, joined with the value."""
    f = "http://f.example/sparql"
    door = Door(e=endpoint("<x:s> <x:q> 1 ."), f=endpoint(f"<x:s> <x:q> 2, 3 . <x:s> <x:own> <{f}> ."))
    join(store, door)
    values = listed.replace("<E>", f"<{E}>").replace("<F>", f"<{f}>")
    found = rows(store, f"SELECT * {{ VALUES {values} SERVICE {silent}?e {{ <x:s> <x:q> ?v }} }}")
    assert found == Counter(
        (("e", write_iri(name)), ("v", term({"type": "literal", "value": v, "datatype": INTEGER})))
        for name, v in [(E, "1"), (f, "2"), (f, "3"), (f, "2"), (f, "3")]  # one is listed twice, and asked once
    )
    assert len(door.questions) == 2
    own = rows(store, f"SELECT * {{ VALUES {values} SERVICE {silent}?e {{ ?s <x:own> ?e }} }}")
    assert own == Counter({(("e", write_iri(f)), ("s", "<x:s>")): 2})


def test_each_endpoint_of_a_variable_counts_and_has_to_be_allowed(store: EmbeddedGraphStore) -> None:
    many = " ".join(f"<http://{letter}.example/sparql>" for letter in "abcdefghi")
    door = Door(**{letter: endpoint("<x:a> <x:p> 1 .") for letter in "abcdefghi"})
    join(store, door)
    with pytest.raises(LimitExceededError, match="9"):
        store.query(f"SELECT * {{ VALUES ?e {{ {many} }} SERVICE ?e {{ ?s ?p ?o }} }}")
    with pytest.raises(ForbiddenError, match=r"z\.example"):
        store.query(f"SELECT * {{ VALUES ?e {{ <{E}> <http://z.example/> }} SERVICE SILENT ?e {{ ?s ?p ?o }} }}")
    assert not door.questions
    door.answers[E] = failing
    text = f"SELECT * {{ VALUES ?e {{ <{E}> <http://f.example/sparql> }} SERVICE SILENT ?e {{ ?s ?p ?v }} }}"
    assert sorted(map(len, rows(store, text))) == [1, 4], "of the one that fails, its name alone"


def test_each_term_comes_as_it_is_and_nothing_of_it_is_syntax(store: EmbeddedGraphStore) -> None:
    odd = [*ODD_IRIS, "urn:x#y", "mailto:o'neill@x.example", "tag:a,2020:b#c'd"]
    cells: list[dict[str, str]] = [{"type": "literal", "value": value} for value in HOSTILE]
    cells += [{"type": "literal", "value": value, "xml:lang": "de-ch"} for value in HOSTILE]
    cells += [{"type": "typed-literal", "value": value, "datatype": EX + "own#type"} for value in HOSTILE]
    cells += [{"type": "uri", "value": value} for value in odd]
    cells += [{"type": "literal", "value": "007", "datatype": EX + "n"}]
    table = {"head": {"vars": ["v"]}, "results": {"bindings": [{"v": cell} for cell in cells]}}
    join(store, Door(e=saying(table)))
    assert rows(store, f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?v }} }}") == Counter((("v", term(cell)),) for cell in cells)


def test_blank_nodes_join_with_themselves_inside_an_answer_and_with_nothing_else(store: EmbeddedGraphStore) -> None:
    e = endpoint("@prefix x: <http://x.example/> . [] x:p 1, 2 . [] x:p 3 .")
    join(store, Door(e=e, f=e))
    one = f"SERVICE <{E}> {{ ?b <http://x.example/p> ?v }}"
    text = f"SELECT ?b (COUNT(*) AS ?n) {{ {one} FILTER(isIRI(?b)) }} GROUP BY ?b"
    answer = json.loads(store.query(text, "json").body)["results"]["bindings"]
    assert sorted(row["n"]["value"] for row in answer) == ["1", "2"]
    assert all("/.well-known/genid/" in row["b"]["value"] for row in answer)
    two = f"ASK {{ {one} SERVICE <http://f.example/sparql> {{ ?b ?q ?w }} }}"
    assert json.loads(store.query(two, "json").body)["boolean"] is False


def test_columns_that_were_not_asked_for_bind_nothing(store: EmbeddedGraphStore) -> None:
    cell = {"type": "literal", "value": "1"}
    for name in ("secret", "v) { } } INSERT DATA { <x:s> <x:p> 1 } #", ""):
        join(store, Door(e=saying({"head": {"vars": ["v", name]}, "results": {"bindings": [{"v": cell, name: cell}]}})))
        assert rows(store, f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?v }} }}") == Counter([(("v", '"1"'),)])


def test_empty_answers_and_answers_without_columns(store: EmbeddedGraphStore) -> None:
    none: dict[str, Any] = {"head": {"vars": ["s"]}, "results": {"bindings": []}}
    for table, count in (
        (none, 0),
        ({"head": {}, "results": {"bindings": [{}, {}]}}, 2),
        ({"head": {"vars": []}, "results": {"bindings": []}}, 0),
    ):
        join(store, Door(e=saying(table)))
        answer = store.query(f"SELECT (COUNT(*) AS ?n) {{ SERVICE <{E}> {{ <x:s> ?p ?s }} }}", "csv").body
        assert answer.split() == [b"n", str(count).encode()]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>no</html>",
        b'{"head": {"vars": ["v"]}, "results": {"bindings": [{"v": {"type": "literal", "value": "1"}}',
        b"[" * 100_000,
        b'{"boolean": true}',
        {"head": {"vars": "v"}, "results": {"bindings": []}},
        {"head": {"vars": ["v"]}, "results": {"bindings": {"v": 1}}},
        {"head": {"vars": [1]}, "results": {"bindings": []}},
        *(
            {"head": {"vars": ["v"]}, "results": {"bindings": [{"v": cell}]}}
            for cell in (
                "x",
                {"type": "uri"},
                {"type": "uri", "value": "relative"},
                {"type": "uri", "value": "http://x.example/a b"},
                {"type": "uri", "value": "http://x.example/> } #"},
                {"type": "uri", "value": "java:java.lang.System.exit"},
                {"type": "triple", "value": {"subject": 1}},
                {"type": "literal", "value": 1},
                {"type": "literal", "value": "\ud800"},
                {"type": "bnode", "value": "\ud800"},
                {"type": "literal", "value": "x", "xml:lang": 'en" . } #'},
                {"type": "literal", "value": "x", "xml:lang": "ar", "its:dir": "rtl"},
                {"type": "literal", "value": "x", "datatype": "x y"},
                {"type": "literal", "value": "x", "datatype": "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"},
            )
        ),
    ],
)
def test_what_is_no_answer_is_an_error_that_names_the_endpoint(store: EmbeddedGraphStore, body: Any) -> None:
    key = "?key=top-secret"
    door = Door()
    door.answers[E + key] = saying(body)
    join(store, door)
    text = f"SELECT * {{ SERVICE <{E}{key}> {{ ?s ?p ?v }} }}"
    with pytest.raises(EndpointUnavailableError, match=E) as caught:
        store.query(text)
    assert "secret" not in str(caught.value)
    assert rows(store, text.replace("SERVICE", "SERVICE SILENT")) == Counter([()])


def test_silent_makes_one_empty_solution_of_a_failure(store: EmbeddedGraphStore) -> None:
    join(store, Door(e=failing, f=endpoint("<x:a> <x:p> 1 .")))
    text = f"SELECT * {{ SERVICE <http://f.example/sparql> {{ ?s ?p ?o }} SERVICE SILENT <{E}> {{ ?s ?q ?v }} }}"
    assert len(rows(store, text)) == 1
    with pytest.raises(EndpointUnavailableError):
        store.query(text.replace(" SILENT", ""))


def test_silent_hides_an_answer_that_is_too_large_and_no_refusal(store: EmbeddedGraphStore) -> None:
    table = {"head": {"vars": ["v", "w"]}, "results": {"bindings": [{}] * 11}}
    text = f"SELECT * {{ SERVICE SILENT <{E}> {{ ?v ?p ?w }} }}"
    join(store, Door())
    with pytest.raises(ForbiddenError):
        store.query(text)
    for limits, said in ({"rows": 10}, ("rows", 11, 10)), ({"terms": 21}, ("terms", 22, 21)):
        join(store, Door(e=saying(table)), **limits)
        with pytest.raises(LimitExceededError) as caught:
            store.query(text.replace(" SILENT", ""))
        assert (caught.value.limit, caught.value.value, caught.value.allowed) == (f"sparql-service-{said[0]}", *said[1:])
        assert rows(store, text) == Counter({(): 1})
    join(store, Door(e=saying(table)), rows=11, terms=22)
    assert rows(store, text) == Counter({(): 11})


def test_many_blocks_are_refused_before_anybody_is_asked(store: EmbeddedGraphStore) -> None:
    door = Door(e=saying({"head": {"vars": []}, "results": {"bindings": [{}]}}))
    join(store, door)
    with pytest.raises(LimitExceededError, match="9 SERVICE blocks"):
        store.query("SELECT * {" + f" SERVICE <{E}> {{ }}" * 9 + "}")
    with pytest.raises(ForbiddenError, match="not on the list"):
        store.query(f"SELECT * {{ SERVICE <{E}> {{ }} SERVICE <http://f.example/sparql> {{ }} }}")
    assert not door.questions
    store.query("SELECT * {" + f" SERVICE <{E}> {{ }}" * 8 + "}")
    assert len(door.questions) == 8


def test_a_large_answer_is_no_large_text_of_a_user(store: EmbeddedGraphStore) -> None:
    table = {
        "head": {"vars": ["v"]},
        "results": {"bindings": [{"v": {"type": "literal", "value": "x" * 100 + str(n)}} for n in range(10_000)]},
    }
    join(store, Door(e=saying(table)))
    answer = store.query(f"SELECT (COUNT(DISTINCT ?v) AS ?n) {{ SERVICE <{E}> {{ ?s ?p ?v }} }}", "csv", timeout=30)
    assert answer.body.split() == [b"n", b"10000"]


def test_without_a_list_nobody_is_asked(store: EmbeddedGraphStore) -> None:
    with pytest.raises(ForbiddenError, match="CATALOG_SPARQL__SERVICES"):
        store.query(f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?o }} }}")
    with pytest.raises(ForbiddenError, match="CATALOG_SPARQL__SERVICES"):
        store.select(f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?o }} }}")


def test_relative_endpoints_are_those_of_the_base() -> None:
    door = Door(e=endpoint("<x:a> <x:p> 1 ."))
    safe = guard_query("SELECT * { SERVICE <sparql> { <a> ?p ?o } }", services=True)
    with pytest.raises(InputError, match="'sparql'"):
        Federation(door).fill(safe, None)
    filled, left = Federation(door).fill(replace(safe, base="http://e.example/here"), 8.0)
    assert not filled.services
    assert 0 < left < 8
    assert "BASE <http://e.example/here> " in door.questions[0]


def test_syntax_errors_name_the_lines_of_the_user(store: EmbeddedGraphStore) -> None:
    join(store, Door(e=endpoint("<x:a> <x:p> 1 .")))
    with pytest.raises(InputError, match="line 6"):
        store.query(f"SELECT *\n{{\nSERVICE <{E}> {{\n?s ?p ?o\n}}\n?s ?s }}")


def test_whoever_leaves_stops_the_exchange(store: EmbeddedGraphStore) -> None:
    door, cancel = Door(e=None, f=None), Cancel()
    federation = Federation(door, ServiceLimits(at_once=1))
    safe = guard_query(f"SELECT * {{ SERVICE SILENT <{E}> {{ }} SERVICE <http://f.example/sparql> {{ }} }}", services=True)
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            federation.fill(safe, 30, cancel)
        except (CatalogError, CancelledError) as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert door.begun.wait(10)
    with pytest.raises(GraphStoreUnavailableError, match="other endpoints"):
        federation.fill(safe, 30, Cancel())
    cancel.set()
    thread.join(10)
    assert [type(each) for each in ended] == [CancelledError]
    assert all(each.stopped.is_set() for each in door.exchanges)
    with pytest.raises(CancelledError):
        federation.fill(safe, 30, cancel)
    assert len(door.exchanges) <= 2
