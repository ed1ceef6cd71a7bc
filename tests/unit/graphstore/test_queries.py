"""Do values enter queries as terms, and nothing else?"""

import re

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import InputError, NotFoundError
from catalog.graphstore.bindings import Bindings, Blank, Iri, Literal
from catalog.graphstore.guard import guard_query
from catalog.graphstore.queries import bind, load_query, write_term
from tests.support.graph_content import HOSTILE, ODD_IRIS
from tests.support.sources import ROOT

TEXT = "SELECT ?v {\n  #VALUES v\n}"
UPDATES = {"default-as-union", "drop-graphs"}
FILES = sorted(path.stem for path in (ROOT / "catalog" / "graphstore" / "queries").glob("*.rq"))


def seen_by_engine(term: Iri | Literal) -> list[object]:
    return [row["v"] for row in ox.Store().query(bind(TEXT, {"v": [term]}))]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_strings_are_one_term(text: str) -> None:
    assert seen_by_engine(Literal(text)) == [ox.Literal(text)]
    assert seen_by_engine(Literal(text, "http://example.org/type")) == [
        ox.Literal(text, datatype=ox.NamedNode("http://example.org/type"))
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_string_is_one_term(text: str) -> None:
    assert seen_by_engine(Literal(text)) == [ox.Literal(text)]
    assert seen_by_engine(Literal(text, language="en")) == [ox.Literal(text, language="en")]


@given(st.text())
def test_an_iri_is_one_term_or_refused(text: str) -> None:
    try:
        written = write_term(Iri("x:" + text))
    except InputError:
        assert set(text) & {*map(chr, range(0x21)), *'<>"{}|^`\\'} or any("\ud800" <= each <= "\udfff" for each in text)
        return
    assert written == f"<x:{text}>"


@pytest.mark.parametrize("iri", ODD_IRIS)
def test_odd_iris_are_one_term(iri: str) -> None:
    assert seen_by_engine(Iri(iri)) == [ox.NamedNode(iri)]


@pytest.mark.parametrize(
    "term",
    [
        Iri("relative"),
        Iri(""),
        Iri("http://x/ y"),
        Iri("http://x/>"),
        Iri("http://x/\n"),
        Iri("http://x/\ud800"),
        Iri("1x:y"),
        Literal("\ud800"),
        Literal("a", language="en us"),
        Literal("a", language=""),
        Literal("a", language='en" . }'),
        Literal("a", language="en\n"),
        Literal("a", "not an iri"),
        Literal("a", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"),
        Blank("b0"),
    ],
)
def test_what_is_no_term_is_refused(term: Iri | Literal | Blank) -> None:
    with pytest.raises(InputError):
        bind(TEXT, {"v": [term]})


def test_several_and_none() -> None:
    rows = ox.Store().query(bind(TEXT, {"v": [Iri("x:a"), Literal("b")]}))
    assert [str(row["v"]) for row in rows] == ["<x:a>", '"b"']  # type: ignore[union-attr]
    assert list(ox.Store().query(bind(TEXT, {"v": []}))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [None, {}, {"w": []}, {"v": [], "w": []}])
def test_markers_and_values_must_agree(values: dict[str, list[Iri]] | None) -> None:
    with pytest.raises(InputError, match="takes values for"):
        bind(TEXT, values)


def test_a_value_is_no_marker() -> None:
    """What is bound is not looked at again."""
    bound = bind("SELECT * {\n#VALUES a\n#VALUES b\n}", {"a": [Literal("\n#VALUES b\n")], "b": [Literal("x")]})
    assert bound == 'SELECT * {\nVALUES ?a { "\\n#VALUES b\\n" }\nVALUES ?b { "x" }\n}'


@pytest.mark.parametrize("name", [each for each in FILES if each not in UPDATES])
def test_our_own_queries_pass_the_guard(name: str) -> None:
    guard_query(load_query(name))


@pytest.mark.parametrize("name", FILES)
def test_each_query_says_what_it_asks(name: str) -> None:
    assert load_query(name).startswith("# ")


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_reckoned_inside_a_graph_pattern(name: str) -> None:
    """Jena works such a pattern out for every graph there is, whatever is known of its variables."""
    bodies = re.findall(r"\bGRAPH\s+\S+\s*(\{(?:[^{}]|\{[^{}]*\})*\})", load_query(name))
    assert not [body for body in bodies if re.search(r"\bBIND\b", body)]


@pytest.mark.parametrize("name", ["no-such", "../fuseki", "", "READ-GRAPH", "read-graph.rq"])
def test_an_unknown_query_is_not_found(name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        load_query(name)
    assert "read-graph" in caught.value.near


def test_bindings_are_rows_and_mappings() -> None:
    table = Bindings(("a", "b"), [(Iri("x:1"), None), (Literal("2"), Blank("b"))])
    assert len(table) == 2
    assert list(table) == [{"a": Iri("x:1"), "b": None}, {"a": Literal("2"), "b": Blank("b")}]
    assert table.values("a") == ["x:1", "2"]
    assert table.values("b") == [None, "b"]
    with pytest.raises(KeyError):
        table.values("c")
