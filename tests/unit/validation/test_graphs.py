"""Does our reading of canonical N-Triples give what rdflib's gives?"""

import itertools
import warnings

import pytest
from rdflib import Graph
from rdflib.term import BNode, Literal, URIRef

from catalog.errors import InputError
from catalog.validation.graphs import TripleTable, as_rdflib, parse_term, read_graphs

XSD = "http://www.w3.org/2001/XMLSchema#"
# Source of the terms: RDF 1.1 N-Triples, sections 2 and 4.
GRAPH = "\n".join(
    [
        "<http://e/a> <http://e/p> <http://e/b> .",
        '<http://e/a> <http://e/p> "plain" .',
        '<http://e/a> <http://e/p> "" .',
        '<http://e/a> <http://e/p> "a \\" quote, a \\\\ backslash, a\\nline, a\\ttab" .',
        '<http://e/a> <http://e/p> "\\u00E9 \\U0001F600 é 😀" .',
        '<http://e/a> <http://e/p> "next line \x85, line separator \u2028, vertical tab \x0b" .',
        '<http://e/a> <http://e/p> "ends with a dot . " .',
        '<http://e/a> <http://e/q> "farbe"@de-CH .',
        f'<http://e/a> <http://e/q> "9223372036854775808"^^<{XSD}integer> .',
        f'<http://e/a> <http://e/q> "1.5e+300"^^<{XSD}double> .',
        f'<http://e/a> <http://e/q> "true"^^<{XSD}boolean> .',
        '<http://e/a> <http://e/q> "[1,2]"^^<https://w3id.org/zarr-catalog/ns#json> .',
        "<http://e/b> <http://e/q> _:n1 .",
        '_:n1 <http://e/p> "nameless" .',
        "",
    ]
)


def test_same_triples_as_rdflib_reads() -> None:
    read, oracle = as_rdflib(read_graphs([GRAPH.encode()])), Graph()
    oracle.parse(data=GRAPH, format="nt")
    assert len(oracle) == 14
    nameless = {term for triple in oracle for term in triple if isinstance(term, BNode)}
    assert len(nameless) == 1
    expected = {tuple(BNode("n1") if term in nameless else term for term in triple) for triple in oracle}
    assert set(read) == expected
    assert len(read) == 14


def test_a_lexical_form_stays_as_it_was_written() -> None:
    term = parse_term(f'"007"^^<{XSD}integer>')
    assert isinstance(term, Literal)
    assert (str(term), term.value) == ("007", 7)


def test_xsd_string_is_the_plain_string() -> None:
    """RDF 1.1 Concepts, section 3.3: a simple literal is a literal of type xsd:string."""
    assert parse_term(f'"m"^^<{XSD}string>') == parse_term('"m"') == Literal("m")


@pytest.mark.parametrize(
    "text", [f'"yes"^^<{XSD}boolean>', f'"x"^^<{XSD}integer>', f'"31 June"^^<{XSD}date>', f'"TRUE"^^<{XSD}boolean>']
)
def test_what_does_not_fit_its_type_is_known_as_such(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        term = parse_term(text)
    assert isinstance(term, Literal)
    assert term.ill_typed is True
    assert str(term) == text[1 : text.index('"', 1)]


def test_the_union_has_each_triple_once() -> None:
    one, two = b'<http://e/a> <http://e/p> "x" .\n', b'<http://e/a> <http://e/p> "y" .\n'
    table = read_graphs([one, one + two, b"", two])
    assert len(table) == 2


@pytest.mark.parametrize(
    "line",
    [
        "<http://e/a> <http://e/p> .",
        "<http://e/a> <http://e/p> <http://e/b>",
        "<http://e/a> <http://e/p> <http://e/b> <http://e/g> .",
        "<http://e/a>  <http://e/p> <http://e/b> .",
        '<http://e/a> <http://e/p> "open .',
        '<http://e/a> <http://e/p> "\\x" .',
        '<http://e/a> <http://e/p> "\\U00110000" .',
        "# a comment",
        "@prefix e: <http://e/> .",
    ],
)
def test_anything_else_is_refused_with_its_place(line: str) -> None:
    good = "<http://e/a> <http://e/p> <http://e/b> .\n"
    with pytest.raises(InputError, match="line 2 of graph 2 is not a triple"):
        read_graphs([good.encode(), f"<http://e/c> <http://e/p> <http://e/b> .\n{line}\n".encode()])


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="graph 1 is not UTF-8"):
        read_graphs([b'<http://e/a> <http://e/p> "\xff" .\n'])


def test_every_pattern_finds_what_rdflib_finds() -> None:
    """Each of subject, predicate, object given or open, with terms that are there and one that is not."""
    oracle, table = Graph(), TripleTable()
    subjects, predicates = [URIRef(f"http://e/s{i}") for i in range(3)], [URIRef(f"http://e/p{i}") for i in range(2)]
    values = [*subjects, Literal("s0"), Literal(1)]
    for index, triple in enumerate(itertools.product(subjects, predicates, values)):
        if index % 3:
            oracle.add(triple)
            table.add(triple)
            table.add(triple)  # a second time changes nothing
    other = URIRef("http://e/other")
    for pattern in itertools.product([None, other, *subjects], [None, other, *predicates], [None, other, *values]):
        assert sorted(map(str, as_rdflib(table).triples(pattern))) == sorted(map(str, oracle.triples(pattern)))
    assert len(table) == len(oracle)
