"""Is a SERVICE block found as the grammar has it, and what is asked in its place?"""

import random

import pytest
import rdflib.plugins.sparql as rdflib_sparql

from catalog.errors import ForbiddenError, InputError, LimitExceededError
from catalog.graphstore.federation import Federation
from catalog.graphstore.guard import guard_query
from catalog.graphstore.service_blocks import ServiceBlock
from tests.support.endpoint_door import Door

E = "http://e.example/sparql"


def blocks(text: str) -> tuple[ServiceBlock, ...]:
    return guard_query(text, services=True).services


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ ?s a ?t service<{E}>{{?s ?p ?o}}}}",
        f"SELECT * {{ SERVICE#c {{\n<{E}> # }}\n{{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE\t\r\n<{E}>\n{{ ?s ?p ?o }} }}",
        "SELECT * { SERVICE <http://e.ex\\u0061mple/sparql> { ?s ?p ?o } }",
        "PREFIX x: <http://e.example/> SELECT * { SERVICE x:sparql { ?s ?p ?o } }",
        "BASE <http://e.example/> PREFIX x: <spa> SELECT * { SERVICE x:rql { ?s ?p ?o } }",
        "PREFIX : <http://e.example/sparql> SELECT * { SERVICE : { ?s ?p ?o } }",
        "BASE <http://e.example/a/b> SELECT * { SERVICE <../sparql> { ?s ?p ?o } }",
        "BASE <http://e.example/a/b> BASE <c/d> SELECT * { SERVICE </sparql> { ?s ?p ?o } }",
        f"SELECT * {{ ?a ?b ?c OPTIONAL {{ SERVICE <{E}> {{ ?s ?p ?o }} }} }}",
        f"SELECT * {{ ?a ?b ?c MINUS {{ SERVICE <{E}> {{ ?s ?p ?o }} }} }}",
        f"SELECT * {{ ?a ?b ?c FILTER NOT EXISTS {{ SERVICE <{E}> {{ ?s ?p ?o }} }} }}",
        f"SELECT * {{ ?a ?b ?c {{ SELECT ?s {{ SERVICE <{E}> {{ ?s ?p ?o }} }} }} }}",
        f"SELECT * {{ GRAPH ?g {{ SERVICE <{E}> {{ ?s ?p ?o }} }} }}",
        f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{E}> {{ ?s ?p ?o }} }}",
        f"ASK {{ ?service ?p 'SERVICE <x:y> {{' . SERVICE <{E}> {{ ?s ?p ?o }} # SERVICE <x:z> {{ }}\n }}",
    ],
)
def test_every_way_to_write_one_is_found(text: str) -> None:
    (block,) = blocks(text)
    assert block.endpoint == E
    assert block.variables == {"s", "p", "o"}
    assert text[block.start :][:7].upper() == "SERVICE"
    assert text[: block.end].endswith("}")
    assert rdflib_sparql.prepareQuery(text[: block.start] + " {} " + text[block.end :])
    assert rdflib_sparql.prepareQuery(block.question).algebra.name == "SelectQuery"


@pytest.mark.parametrize(
    ("pattern", "variables"),
    [
        ("?s ?p '}' # }\n", {"s", "p"}),
        ('?s ?p """ } \\""" { """ ', {"s", "p"}),
        ("?s <http://e.example/%7D> ?o FILTER(?o < 3 && ?o > 1)", {"s", "o"}),
        ("{ ?s ?p 1 } UNION { $s ?p 2 } FILTER EXISTS { ?s ?p ?x }", {"s", "p", "x"}),
        ("SELECT ?s { ?s ?p ?o } LIMIT 3", {"s", "p", "o"}),
        ("GRAPH ?g { ?s ?p ?o }", {"g", "s", "p", "o"}),
        ("", set()),
    ],
)
def test_what_stands_inside_is_asked_as_it_stands(pattern: str, variables: set[str]) -> None:
    (block,) = blocks(f"SELECT * {{ SERVICE SILENT <{E}> {{{pattern}}} ?z ?y ?x }}")
    assert block.silent
    assert block.variables == variables
    assert f"WHERE {{{pattern}}}" in block.question
    assert rdflib_sparql.prepareQuery(block.question)


def test_the_question_has_the_prologue_and_our_own_prefixes() -> None:
    (block,) = blocks(
        "BASE <http://b.example/> # here\nPREFIX dct: <other#>\n"
        f"SELECT ?x {{ ?x a zo:ZarrArray SERVICE <{E}> {{ ?d dct:title ?t ; dcat:keyword <k> }} }}"
    )
    algebra = str(rdflib_sparql.prepareQuery(block.question).algebra)
    for iri in ("http://b.example/other#title", "http://www.w3.org/ns/dcat#keyword", "http://b.example/k"):
        assert iri in algebra


def test_several_blocks_are_found_in_order() -> None:
    found = blocks(f"SELECT * {{ SERVICE <{E}/1> {{ ?a ?b ?c }} ?x ?y ?z SERVICE SILENT <{E}/2> {{ ?d ?e ?f }} }}")
    assert [(each.endpoint[-1], each.silent) for each in found] == [("1", False), ("2", True)]


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("VALUES ?s {{ 1 2 }} {}", "SELECT DISTINCT ?s WHERE { VALUES ?s { 1 2 } }"),
        ("VALUES (?x ?s) {{ (1 2) }} {}", "SELECT DISTINCT ?s WHERE { VALUES (?x ?s) { (1 2) } }"),
        ("?s ?p ?o . VALUES ?s {{ 1 }} FILTER(?s > 0) {}", "SELECT DISTINCT ?s WHERE { VALUES ?s { 1 } }"),
        ("{} VALUES ?s {{ 1 2 }}", None),  # behind it, OPTIONAL and MINUS between them could see the difference
        ("VALUES ?s {{ 1 UNDEF }} {}", None),
        ("VALUES ?x {{ 1 2 }} {}", None),
        ("VALUES ?s {{ 1 2 }} OPTIONAL {{ {} }}", None),
        ("{{ VALUES ?s {{ 1 2 }} }} {}", None),
    ],
)
def test_values_before_it_in_the_same_group_go_along(query: str, sent: str | None) -> None:
    (block,) = blocks("SELECT * { " + query.format(f"SERVICE <{E}> {{ ?s ?p ?o }}") + " }")
    assert ("VALUES" in block.question) == (sent is not None)
    assert sent is None or sent in block.question
    assert rdflib_sparql.prepareQuery(block.question)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT * { ?e a ?t SERVICE ?e { ?s ?p ?o } }", r"VALUES \?e \{"),
        ("SELECT * { SERVICE SILENT $e { ?s ?p ?o } }", r"VALUES \?e \{"),
        (f"SELECT * {{ SERVICE ?e {{ ?s ?p ?o }} VALUES ?e {{ <{E}> }} }}", "before it"),
        (f"SELECT * {{ VALUES ?e {{ <{E}> }} {{ SERVICE ?e {{ ?s ?p ?o }} }} }}", "same group"),
        (f"SELECT * {{ VALUES ?f {{ <{E}> }} SERVICE ?e {{ ?s ?p ?o }} }}", "same group"),
        (f"SELECT * {{ VALUES ?e {{ <{E}> UNDEF }} SERVICE ?e {{ ?s ?p ?o }} }}", "list the endpoints"),
        (f"SELECT * {{ VALUES ?e {{ <{E}> 'x' }} SERVICE ?e {{ ?s ?p ?o }} }}", "list the endpoints"),
        (f"SELECT * {{ VALUES ?e {{ 'x'^^<{E}> }} SERVICE ?e {{ ?s ?p ?o }} }}", "list the endpoints"),
        ("SELECT * { VALUES ?e { } SERVICE ?e { ?s ?p ?o } }", "list the endpoints"),
        (f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?o SERVICE <{E}> {{ ?a ?b ?c }} }} }}", "inside another SERVICE"),
        (f"SELECT * {{ SERVICE <{E}> {{ OPTIONAL {{ service silent <{E}> {{ ?a ?b ?c }} }} }} }}", "inside another SERVICE"),
        (f"SELECT * {{ SERVICE <{E}> }}", "write SERVICE"),
        (f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?o", "closing brace"),
        ("SELECT * { SERVICE { ?s ?p ?o } }", "write SERVICE"),
        ("SELECT * { SERVICE", "write SERVICE"),
        (f"SELECT * {{ SERVICESILENT<{E}>{{ ?s ?p ?o }} }}", "CATALOG_SPARQL__SERVICES"),
        (f"SELECT * {{ FILTER(trueSERVICE:x) }} #{E}", "call that prefix something else"),
        (f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?o }} ; LOAD <{E}> }}", "LOAD"),
        (f"SELECT * {{ SERVICE <{E}> {{ ?s ?p ?o FILTER(<java:java.lang.System.exit>(1)) }} }}", "java"),
        (f"LOAD <{E}>", "LOAD"),
    ],
)
def test_what_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(ForbiddenError, match=words):
        blocks(text)


def test_a_prefix_that_nobody_declared_is_named() -> None:
    with pytest.raises(InputError, match="'nope:'"):
        blocks("SELECT * { SERVICE nope:x { ?s ?p ?o } }")
    with pytest.raises(InputError, match="'nope:'"):
        blocks(f"SELECT * {{ SERVICE <{E}> {{ ?s nope:x ?o }} }}")


def test_what_stands_inside_says_nothing_of_the_graphs_here() -> None:
    inside = guard_query(f"SELECT * {{ SERVICE <{E}> {{ GRAPH <http://g/rejected> {{ ?s dct:title ?o }} }} }}", services=True)
    assert (inside.graph_patterns, inside.rejected, dict(inside.prefixes)) == (False, False, {})
    beside = guard_query(f"SELECT * {{ GRAPH <http://g/rejected> {{ ?s dct:title ?o }} SERVICE <{E}> {{ }} }}", services=True)
    assert (beside.graph_patterns, beside.rejected, list(beside.prefixes)) == (True, True, ["dct"])


def test_the_limits_are_those_of_any_query() -> None:
    many = "?s ?p ?o . " * 1000
    with pytest.raises(LimitExceededError):
        blocks(f"SELECT * {{ SERVICE <{E}> {{ {many} }} }}")
    with pytest.raises(LimitExceededError):
        blocks(f"SELECT * {{ SERVICE <{E}> {{ {'{' * 70}{'}' * 70} }} }}")


WORDS = ["SERVICE", "service", "SILENT", "OPTIONAL", "UNION", "MINUS", "GRAPH", "VALUES", "UNDEF", "EXISTS", "true", "a"]
TERMS = ["?s", f"<{E}>", "<x>", "x:", "x:y", ":", "1", "1.", "'}'", '"""{"""', "_:b", "@en", "VALUES ?s { 1 }", "{ ?s ?p ?o }"]
SIGNS = [
    "'",
    '"',
    "\\",
    "\\u007D",
    "#",
    "\n",
    " ",
    " ",
    " ",
    "{",
    "}",
    "{|",
    "|}",
    "(",
    ")",
    "<<",
    ">>",
    "<",
    ">",
    ".",
    ";",
    ",",
    "|",
]


def test_no_mixture_of_pieces_leaves_a_service_behind() -> None:
    """What passes where SERVICE may, passes once it is filled where none may, and so does what was asked elsewhere."""
    table = b'{"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "literal", "value": "} SERVICE <x:y> {"}}, {}]}}'
    chance, filled = random.Random(1), 0
    for _ in range(2000):
        pieces = "".join(chance.choices(WORDS + TERMS + SIGNS, k=chance.randint(1, 12)))
        text = f"PREFIX x: <{E}> PREFIX : <{E}> SELECT * {{ {pieces} SERVICE <{E}> {{ ?s ?p ?o }} #'\"\n}}"
        door = Door(e=lambda _: table)
        try:
            safe, _ = Federation(door).fill(guard_query(text, services=True), None)
        except (ForbiddenError, InputError, LimitExceededError):
            continue
        assert guard_query(safe.text).services == ()
        assert all(guard_query(question).form == "SELECT" for question in door.questions)
        filled += bool(door.questions)
    assert filled > 100
