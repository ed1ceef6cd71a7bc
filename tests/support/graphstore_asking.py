"""What every graph store must do when it is asked."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from catalog.errors import ForbiddenError, InputError, LimitExceededError
from catalog.graphstore.bindings import Blank, Iri, Literal
from catalog.graphstore.door import GraphStore, GraphUpdate
from tests.support.graph_content import BASE, EX, HOSTILE, XSD, A, B, C, content, count_of, graphs_of, lines_of, triple


class DefaultGraphTests:
    """The default graph is the union of the others, but for what the shapes refused."""

    def test_the_default_graph_is_the_union_and_counts_a_triple_once(self, store: GraphStore) -> None:
        shared = content(4, of="shared")
        store.apply([GraphUpdate(A, lines_of(shared, content(3, of="a")), b"")])
        store.apply([GraphUpdate(B, lines_of(shared, content(2, of="b")), b"")])
        assert count_of(store) == 9
        assert count_of(store, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }") == 13

    @pytest.mark.parametrize("size", [4, 4000])
    def test_a_shared_triple_stays_until_the_last_graph_lets_go(self, store: GraphStore, size: int) -> None:
        shared = content(size, of="shared")
        store.apply([GraphUpdate(A, shared, b""), GraphUpdate(B, lines_of(shared, content(1, of="b")), b"")])
        store.apply([GraphUpdate(C, content(size // 2, of="shared"), b"")])
        store.apply([GraphUpdate(A, None)])
        assert count_of(store) == size + 1
        store.apply([GraphUpdate(B, content(1, of="b"))])
        assert count_of(store) == size // 2 + 1
        store.apply([GraphUpdate(C, None), GraphUpdate(A, content(1, of="shared"))])
        assert count_of(store) == 2
        store.apply([GraphUpdate(A, None), GraphUpdate(B, None)])
        assert count_of(store) == 0

    def test_a_triple_may_move_between_graphs(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(3), b""), GraphUpdate(B, content(2, of="b"), b"")])
        store.apply([GraphUpdate(A, None), GraphUpdate(B, lines_of(content(3), content(2, of="b")))])
        assert count_of(store) == 5
        store.apply([GraphUpdate(A, content(1)), GraphUpdate(B, content(2, of="b"))])
        assert count_of(store) == 3

    def test_from_picks_among_the_graphs_here(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(3), b""), GraphUpdate(B, content(2, of="b"), b"")])
        assert count_of(store, f"SELECT (COUNT(*) AS ?n) FROM <{A}> {{ ?s ?p ?o }}") == 3
        assert count_of(store, f"SELECT (COUNT(*) AS ?n) FROM <{A}> FROM <{B}> {{ ?s ?p ?o }}") == 5
        assert count_of(store, f"SELECT (COUNT(*) AS ?n) FROM NAMED <{B}> {{ GRAPH ?g {{ ?s ?p ?o }} }}") == 2
        assert count_of(store, f"SELECT (COUNT(*) AS ?n) FROM NAMED <{B}> {{ ?s ?p ?o }}") == 0
        assert count_of(store, f"SELECT (COUNT(*) AS ?n) FROM <{A}> {{ GRAPH ?g {{ ?s ?p ?o }} }}") == 0
        assert count_of(store, "SELECT (COUNT(*) AS ?n) FROM <http://127.0.0.1:1/none> { ?s ?p ?o }") == 0
        assert count_of(store, "SELECT (COUNT(*) AS ?n) FROM <file:///etc/hostname> { ?s ?p ?o }") == 0

    def test_refused_states_are_seen_only_by_name(self, store: GraphStore) -> None:
        refused = A + "/rejected"
        store.apply([GraphUpdate(A, content(3), b""), GraphUpdate(refused, content(7, of="bad"), b"")])
        assert store.read_graph(refused) == content(7, of="bad")
        assert count_of(store) == 3
        assert graphs_of(store) == {A}
        for text in (
            f"SELECT ?s {{ GRAPH <{refused}> {{ ?s ?p ?o }} }}",
            f"PREFIX a: <{A}/> SELECT ?s {{ GRAPH a:rejected {{ ?s ?p ?o }} }}",
            f"PREFIX d: <{BASE}datasets/> SELECT ?s {{ GRAPH d:a\\/rejected {{ ?s ?p ?o }} }}",
            f"BASE <{A}/> SELECT ?s {{ GRAPH <rejected> {{ ?s ?p ?o }} }}",
            f"BASE <{BASE}> SELECT ?s {{ GRAPH <datasets/a/reject\\u0065d> {{ ?s ?p ?o }} }}",
            f"SELECT ?s FROM <{refused}> {{ ?s ?p ?o }}",
            f"SELECT ?s FROM NAMED <{refused}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            f"SELECT ?s {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g = <{refused}>) }}",
        ):
            assert len(json.loads(store.query(text).body)["results"]["bindings"]) == 7, text
        none = f"GRAPH <{refused}> {{ ?s <x:none> ?o }}"
        answer = store.query(f"SELECT ?s {{ {{ ?s ?p ?o }} UNION {{ {none} }} }}", "csv")
        assert answer.body.split() == [b"s"], "its default graph is empty"

    def test_refused_states_come_and_go_with_the_others(self, store: GraphStore) -> None:
        refused = A + "/rejected"
        store.apply([GraphUpdate(A + "/record", content(1), b""), GraphUpdate(refused, content(3000, of="bad"), b"")])
        store.apply([GraphUpdate(refused, content(2, of="worse"))])
        assert store.read_graph(refused) == content(2, of="worse")
        store.apply([GraphUpdate(A, content(5), b""), GraphUpdate(refused, None)])
        assert store.read_graph(refused) == b""
        assert graphs_of(store) == {A, A + "/record"}


class AskingTests:
    """Queries only read, only here, and an answer is whole or none."""

    def test_every_format_is_what_it_says(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, triple(EX + "s", EX + "p", "x,y\tz"), b"")])
        select, ask, construct = "SELECT ?s ?o { ?s ?p ?o }", "ASK { ?s ?p ?o }", "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
        got = json.loads(store.query(select).body)
        assert got["head"]["vars"] == ["s", "o"]
        assert got["results"]["bindings"] == [
            {"s": {"type": "uri", "value": EX + "s"}, "o": {"type": "literal", "value": "x,y\tz"}}
        ]
        assert list(csv.reader(io.StringIO(store.query(select, "csv").body.decode()))) == [["s", "o"], [EX + "s", "x,y\tz"]]
        assert store.query(select, "tsv").body.splitlines() == [b"?s\t?o", b'<http://example.org/s>\t"x,y\\tz"']
        root = ElementTree.fromstring(store.query(select, "xml").body)
        assert [each.text for each in root.iter("{http://www.w3.org/2005/sparql-results#}uri")] == [EX + "s"]
        assert json.loads(store.query(ask).body)["boolean"] is True
        assert store.query(ask, "csv").body.strip() == b"true"
        assert store.query("ASK { ?s <x:none> ?o }", "tsv").body.strip() == b"false"
        assert b"<boolean>true</boolean>" in store.query(ask, "xml").body
        assert store.query(construct, "ntriples").body == triple(EX + "s", EX + "p", "x,y\tz")
        assert b'"x,y\\tz"' in store.query(construct, "turtle").body
        assert '"x,y\\tz"' in json.dumps(json.loads(store.query(construct, "jsonld").body))
        assert store.query(f"DESCRIBE <{EX}s>", "ntriples").body == triple(EX + "s", EX + "p", "x,y\tz")

    def test_media_types_go_with_the_formats(self, store: GraphStore) -> None:
        media = {form: store.query("SELECT * {}", form).media_type.partition(";")[0] for form in ("json", "csv", "tsv", "xml")}
        assert media == {
            "json": "application/sparql-results+json",
            "csv": "text/csv",
            "tsv": "text/tab-separated-values",
            "xml": "application/sparql-results+xml",
        }
        construct = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
        media = {form: store.query(construct, form).media_type for form in ("turtle", "ntriples", "jsonld")}
        assert media == {"turtle": "text/turtle", "ntriples": "application/n-triples", "jsonld": "application/ld+json"}

    @pytest.mark.parametrize(
        ("text", "form"),
        [
            ("SELECT * {}", "turtle"),
            ("ASK {}", "jsonld"),
            ("DESCRIBE <x:y>", "json"),
            ("SELECT * {}", "table"),
            ("SELECT * {}", ""),
        ],
    )
    def test_a_format_must_go_with_the_query(self, store: GraphStore, text: str, form: str) -> None:
        with pytest.raises(InputError, match="use one of"):
            store.query(text, form)

    def test_our_prefixes_are_declared_unless_the_query_does(self, store: GraphStore) -> None:
        kind = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
        store.apply([GraphUpdate(A, f"<{EX}s> <{kind}> <https://w3id.org/zarr-catalog/ns#ZarrArray> .\n".encode(), b"")])
        assert store.ask("ASK { ?s rdf:type zo:ZarrArray }")
        assert store.query("SELECT ?s { ?s a zo:ZarrArray }", "csv").body.split() == [b"s", f"{EX}s".encode()]
        assert not store.ask(f"PREFIX zo: <{EX}> ASK {{ ?s a zo:ZarrArray }}")

    def test_bindings_are_typed(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(1), b"")])
        rows = store.select(
            """SELECT ?iri ?text ?number ?tag ?none ?blank ?truth {
              BIND(<x:y> AS ?iri) BIND("a\\n\\tb" AS ?text) BIND(5 AS ?number) BIND("w"@en AS ?tag)
              BIND(BNODE() AS ?blank) BIND(1 = 1 AS ?truth) }"""
        )
        assert rows.columns == ("iri", "text", "number", "tag", "none", "blank", "truth")
        iri, text, number, tag, none, blank, truth = rows.rows[0]
        assert (iri, text, none) == (Iri("x:y"), Literal("a\n\tb"), None)
        assert number == Literal("5", XSD + "integer")
        assert tag == Literal("w", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "en")
        assert isinstance(blank, Blank)
        assert truth == Literal("true", XSD + "boolean")
        assert len(rows) == 1

    def test_values_are_bound_as_terms(self, store: GraphStore) -> None:
        names = {f"{EX}s{i}": text for i, text in enumerate(HOSTILE[:-1])}
        store.apply([GraphUpdate(A, lines_of(*(triple(s, EX + "p", text) for s, text in names.items())), b"")])
        text = "SELECT ?s {\n  #VALUES o\n  ?s ?p ?o }"
        for subject, value in names.items():
            assert store.select(text, {"o": [Literal(value)]}).rows == [(Iri(subject),)]
        assert set(store.select(text, {"o": [Literal(value) for value in names.values()]}).values("s")) == set(names)
        assert store.select(text, {"o": []}).rows == []
        assert store.ask("ASK {\n#VALUES s\n ?s ?p ?o }", {"s": [Iri(EX + "s3")]})
        assert not store.ask("ASK {\n#VALUES s\n ?s ?p ?o }", {"s": [Iri(EX + "none")]})

    def test_a_syntax_error_names_its_line(self, store: GraphStore) -> None:
        for text in (
            "SELECT *\n{ ?s zo:p ?o ",
            "SELECT ?s {\n { ?s ?p } }",
            "SELECT ?s {\n ?s ?p ?o ; € }",
            "SELECT *\n{ ?s no:p ?o }",
        ):
            with pytest.raises(InputError, match="line 2"):
                store.query(text)

    @pytest.mark.parametrize(
        "text",
        [
            "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
            "INSERT DATA { <x:s> <x:p> 1 }",
            "DROP ALL",
            "LOAD <http://127.0.0.1:1/>",
            f"DELETE WHERE {{ GRAPH <{A}> {{ ?s ?p ?o }} }}",
        ],
    )
    def test_a_query_only_reads_and_only_here(self, store: GraphStore, text: str) -> None:
        store.apply([GraphUpdate(A, content(2), b"")])
        for ask in (lambda: store.query(text), lambda: store.select(text), lambda: store.ask(text)):
            with pytest.raises(ForbiddenError, match="is not allowed"):
                ask()
        assert store.read_graph(A) == content(2)

    def test_a_query_that_never_ends_is_given_up(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(3000), b"")])
        with pytest.raises(LimitExceededError, match="narrow it"):
            store.query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", timeout=2)
        assert count_of(store) == 3000, "and the store answers the next one"

    def test_an_answer_that_is_too_large_is_refused(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(3000), b"")])
        with pytest.raises(LimitExceededError, match="larger than") as caught:
            store.query("SELECT * { ?a ?b ?c . ?d ?e ?f }", "tsv")
        assert caught.value.limit == "sparql-answer-bytes"

    def test_an_answer_within_the_time_is_whole(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(3000), b"")])
        body = store.query("SELECT ?s ?p ?o { ?s ?p ?o }", "csv", timeout=30).body
        assert len(list(csv.reader(io.StringIO(body.decode())))) == 3001

    @pytest.mark.parametrize("seconds", [0, -1, float("nan")])
    def test_a_timeout_is_a_time(self, store: GraphStore, seconds: float) -> None:
        with pytest.raises(InputError, match="timeout"):
            store.query("ASK {}", timeout=seconds)

    def test_select_and_ask_know_their_forms(self, store: GraphStore) -> None:
        with pytest.raises(InputError, match="use `ask`"):
            store.select("ASK {}")
        with pytest.raises(InputError, match="use `select`"):
            store.ask("SELECT * {}")
        with pytest.raises(InputError, match=r"use `query`|no bindings"):
            store.select("DESCRIBE <x:y>")
