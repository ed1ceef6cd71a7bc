"""Does the guard let reading through, and nothing else?"""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import CatalogError, ForbiddenError, InputError, LimitExceededError
from catalog.graphstore.guard import guard_query
from tests.support.canary import spellings

HERE = "http://127.0.0.1:1/"
# These only name graphs that are not here: no engine fetches them.
HARMLESS = ("SELECT * FROM", "SELECT * { GRAPH <http", "DESCRIBE <http")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o }",
        "select*{?s ?p ?o}",
        "ASK{}",
        "# SERVICE in a comment\nSELECT * { ?s ?p ?o } # SERVICE <x:y> {}",
        'SELECT * { ?s ?p "SERVICE <x:y> {}" }',
        "SELECT * { ?s ?p 'it is # no comment SERVICE' }",
        'SELECT * { ?s ?p """a "quoted" SERVICE\n# <x:y> """ }',
        'SELECT * { ?s ?p "a\\"SERVICE" }',
        "SELECT ?service $SERVICE { ?service ?p $SERVICE }",
        "PREFIX ex: <http://example.org/> SELECT * { ?s ex:service ex:SERVICE }",
        "SELECT * { ?s <http://example.org/SERVICE> <http://example.org/#service> }",
        "SELECT * { ?s ?p _:service }",
        'SELECT * { ?s ?p "x"@en }',
        "BASE <#> PREFIX : <#> SELECT * { ?s :p :o }",
        "PREFIX : <#frag> BASE <http://example.org/> ASK { :a :b :c }",
        "PREFIX ex: <x:> SELECT * { ?s ex:a\\#b ex:c\\'d }",
        "SELECT * { ?s ?p ?o FILTER(?s<?p&&?o>?p) }",
        "SELECT * { ?s <x:a>/<x:b>|^<x:c>*/(<x:d>+)? ?o }",
        "SELECT (COUNT(*) AS ?n) (1.5e3 AS ?d) (-.5 AS ?m) { }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "DESCRIBE <http://example.org/it's>",
        "SELECT * FROM <http://example.org/g> FROM NAMED <file:///etc/hostname> { ?s ?p ?o }",
        'SELECT * { ?s ?p "caf\\u00E9 \\\\u0022" }',
        "SELECT * { ?s <http://example.org/\\u00E9> ?o }",
        "SELECT * { << ?s ?p ?o >> ?q ?z }",
        "SELECT ?é { ?é ?p ?o }",
    ],
)
def test_reading_passes(text: str) -> None:
    assert guard_query(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <x:s> <x:p> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "DROP ALL",
        "drop silent graph <x:g>",
        "CLEAR DEFAULT",
        "CREATE GRAPH <x:g>",
        "COPY <x:a> TO <x:b>",
        "MOVE <x:a> TO <x:b>",
        "ADD <x:a> TO <x:b>",
        "LOAD <x:y>",
        "WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "PREFIX x: <x:> BASE <y:z> # c\n INSERT DATA {}",
    ],
)
def test_updates_are_forbidden(text: str) -> None:
    with pytest.raises(ForbiddenError, match="only SELECT, ASK, CONSTRUCT and DESCRIBE"):
        guard_query(text)


@pytest.mark.parametrize("text", [text for text in spellings(HERE) if not text.startswith(HARMLESS)])
def test_every_way_out_is_shut(text: str) -> None:
    if "?SERVICE" in text:  # a variable, of which no engine makes a way out
        with pytest.raises(SyntaxError):
            ox.Store().query(guard_query(text).text)
    else:
        with pytest.raises((ForbiddenError, InputError)):
            guard_query(text)


@pytest.mark.parametrize("text", ["PREFIX s: <service:> SELECT * { SERVICE s:x { ?s ?p ?o } }", "ASK{SERVICE<x:y>{}}"])
def test_service_is_named_with_its_place(text: str) -> None:
    with pytest.raises(ForbiddenError, match=rf"SERVICE at line 1, column {text.index('SERVICE') + 1} is not allowed"):
        guard_query(text)


@pytest.mark.parametrize("iri", ["java:java.lang.Math", "JAVA:x", "\\u006Aava:x"])
def test_java_functions_are_closed(iri: str) -> None:
    for text in (f"SELECT (<{iri}>(1) AS ?x) {{}}", f"PREFIX j: <{iri}.> SELECT (j:f() AS ?x) {{}}"):
        with pytest.raises(ForbiddenError, match="Java"):
            guard_query(text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "no query"),
        ("PREFIX x: <x:>", "no query"),
        ("HELLO", "no query at line 1, column 1"),
        ("{ ?s ?p ?o }", "no query at line 1, column 1"),
        ("SELECT *\n{ ?s ?p € }", "line 2, column 9"),
        ("SELECT * { ?s ?p 'abc\n' }", "line 1, column 18"),
        ('SELECT * {\n\n ?s ?p "abc }', "line 3, column 8"),
        ("SELECT * { ?s ?p \\u0022 }", "line 1, column 18"),
        ("SELECT * { ?s ?p '\\u0027' }", "not allowed inside a string"),
        ("SELECT * { ?s ?p '\\\\\\u0027' }", "not allowed inside a string"),
        ("SELECT * { ?s ?p '\\uD800' }", "not allowed inside a string"),
        ("SELECT * { ?s <x:\\u003E> ?o }", "not allowed inside an IRI"),
        ("SELECT * { ?s <x:\\U00110000> ?o }", "not allowed inside an IRI"),
        ("SELECT * { ?s <x:\\n> ?o }", "backslash"),
        ("SELECT * { ?s <#a> ?o }", "ambiguous"),
        ("SELECT * { ?s <urn:x#a> ?o }", "ambiguous"),
        ("SELECT * { ?s nope:a ?o }", "'nope:' at line 1, column 15 is not declared"),
        ("SELECT * { ?s :a ?o }", "':' at line 1"),
        ("SELECT * { ?s\u00a0?p ?o }", "line 1, column 14"),
        ("SELECT '\ud800'", "surrogate"),
    ],
)
def test_what_cannot_be_read_is_located(text: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        guard_query(text)
    assert where in str(caught.value)


def nested(depth: int, opening: str, closing: str) -> str:
    return f"ASK {opening * depth}{closing * depth}"


@pytest.mark.parametrize(
    ("allowed", "refused", "limit"),
    [
        ("ASK {}" + "#" * (64 * 1024 - 6), "ASK {}" + "#" * (64 * 1024 - 5), "sparql-bytes"),
        ("ASK {}#" + "é" * 32764, "ASK {}#" + "é" * 32765, "sparql-bytes"),
        ("ASK {" + " ;" * 3997 + "}", "ASK {" + " ;" * 3998 + "}", "sparql-tokens"),
        (nested(64, "{", "}"), nested(65, "{", "}"), "sparql-nesting"),
        (nested(64, "(", ")"), nested(65, "(", ")"), "sparql-nesting"),
        (nested(64, "[", "]"), nested(65, "[", "]"), "sparql-nesting"),
        (nested(64, "<<", ">>"), nested(65, "<<", ">>"), "sparql-nesting"),
        ("ASK {" + "!" * 63 + "}", "ASK {" + "!" * 64 + "}", "sparql-nesting"),
        ("ASK { ?s " + "/".join(["<x:p>"] * 64) + " ?o }", "ASK { ?s " + "/".join(["<x:p>"] * 65) + " ?o }", "sparql-path-steps"),
        ("ASK { ?s " + "|".join(["<x:p>"] * 64) + " ?o }", "ASK { ?s " + "|".join(["<x:p>"] * 65) + " ?o }", "sparql-path-steps"),
    ],
)
def test_limits_hold_to_the_last_unit(allowed: str, refused: str, limit: str) -> None:
    guard_query(allowed)
    with pytest.raises(LimitExceededError, match=r"at most \d+ are allowed") as caught:
        guard_query(refused)
    assert caught.value.limit == limit
    assert caught.value.value == caught.value.allowed + 1


def test_each_path_has_its_own_steps() -> None:
    paths = " . ".join(f"?s{i} {'/'.join(['<x:p>'] * 40)} ?o" for i in range(5))
    guard_query(f"ASK {{ {paths} }}")


@pytest.mark.parametrize(
    ("text", "form"),
    [("SELECT * {}", "SELECT"), ("ask{}", "ASK"), ("construct where {}", "CONSTRUCT"), ("DESCRIBE <x:y>", "DESCRIBE")],
)
def test_the_form_is_told(text: str, form: str) -> None:
    assert guard_query(f"PREFIX x: <y:> # INSERT\nBASE <z:> {text}").form == form


def test_our_prefixes_are_added_where_they_are_missing() -> None:
    safe = guard_query('PREFIX zo: <mine:> SELECT * { ?s zo:path ?o ; rdf:type "1"^^xsd:integer , "qudt:no" . # unit:no\n}')
    assert safe.prefixes == {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }


@pytest.mark.parametrize(
    ("pattern", "rejected"),
    [
        ("GRAPH <http://x.org/datasets/a/rejected> {}", True),
        ("GRAPH d:rejected {}", True),
        ("GRAPH d:a\\/rejected {}", True),
        ("GRAPH <rejected> {}", True),
        ("GRAPH <http://x.org/datasets/a/reject\\u0065d> {}", True),
        ("GRAPH <http://x.org/datasets/rejected/nodes/> {}", False),
        ("GRAPH ?rejected { ?s ?p 'http://x/rejected' }", False),
        ("?s d:rejectedBy ?o", False),
        ("?s d:unrejected ?o", False),
    ],
)
def test_queries_on_refused_states_are_told(pattern: str, rejected: bool) -> None:
    assert guard_query(f"PREFIX d: <http://x.org/datasets/a/> SELECT * {{ {pattern} }}").rejected is rejected


@given(st.text(max_size=200))
def test_any_text_is_let_through_or_refused_by_an_error_of_ours(text: str) -> None:
    try:
        safe = guard_query(text)
    except CatalogError:
        return
    assert safe.text == text


@given(st.text(st.characters(exclude_characters="\\\"'\n\r", exclude_categories=["Cs"]), max_size=60))
def test_whatever_stands_in_a_string_or_a_comment_is_let_through(text: str) -> None:
    guard_query(f'SELECT * {{ ?s ?p "{text}" }} # {text}')
