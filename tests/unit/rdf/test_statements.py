"""Does an RDF file come out as what it states, whatever its format, and is nothing fetched?"""

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from catalog.errors import InputError
from catalog.rdf.statements import is_iri, parse_term, read_statements

BASE, SKOLEM = "http://localhost:8000/datasets/d", "http://localhost:8000/.well-known/genid/"
TURTLE = """@prefix dct: <http://purl.org/dc/terms/> .
<> dct:title "North Sea"@en , "Nordsee"@de ; dct:creator [ dct:title "A lab" ] ; dct:extent 5 , 1.50 , true .
<#part> dct:source <nodes/a%20b> .
"""


def written(suffix: str) -> bytes:
    """The statements above in another format, as rdflib writes it."""
    graph = Graph().parse(data=TURTLE, format="turtle", publicID=BASE)
    formats = {".ttl": "turtle", ".nt": "nt", ".jsonld": "json-ld", ".rdf": "xml", ".owl": "pretty-xml"}
    return graph.serialize(format=formats[suffix]).encode()


@pytest.mark.parametrize("suffix", [".ttl", ".nt", ".jsonld", ".rdf", ".owl"])
def test_each_format_states_the_same(suffix: str) -> None:
    found = read_statements(written(suffix), f"x{suffix}", base=BASE, skolem=SKOLEM)
    mine = Graph().parse(data="".join(each.line for each in found), format="nt")
    skolems = {term for triple in mine for term in triple if str(term).startswith(SKOLEM)}
    assert len(skolems) == 1
    text = mine.serialize(format="nt").replace(f"<{next(iter(skolems))}>", "_:b")
    assert isomorphic(Graph().parse(data=text, format="nt"), Graph().parse(data=TURTLE, format="turtle", publicID=BASE))


def test_the_same_file_gives_the_same_names() -> None:
    one, other = (read_statements(TURTLE.encode(), "x.ttl", base=BASE, skolem=SKOLEM) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.ttl", "<> a <b>", "'x.ttl', line 1"),
        ("x.ttl", "<> a <b> .\n<> c .", "line 2"),
        ("x.csv", "a,b", "'.csv'"),
        ("x", "a", ".ttl"),
        ("x.jsonld", '{"@context": "https://context.example/c.jsonld", "a": 1}', "x.jsonld"),
        ("x.rdf", '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>', "x.rdf"),
        ("x.nt", "<http://a b> <urn:p> <urn:o> .", "line 1"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words.replace(".", r"\.")):
        read_statements(text.encode(), name, base=BASE, skolem=SKOLEM)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("<https://a.example/x>", "<https://a.example/x>"),
        ("<nodes/a>", "<http://localhost:8000/datasets/nodes/a>"),
        ("dct:title", "<http://purl.org/dc/terms/title>"),
        ('"x"', '"x"'),
        ('"x"@en', '"x"@en'),
        ("5", '"5"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ('"a\\"b\\\\c"', '"a\\"b\\\\c"'),
    ],
)
def test_terms_are_those_of_turtle(text: str, term: str) -> None:
    assert parse_term(text, BASE) == term


@pytest.mark.parametrize("text", ["", "nope:x", "<a", "<a> , <b>", "<a> . <b> <c> <d>", "[]", "<< <a> <b> <c> >>", 'x" . #'])
def test_what_is_no_single_term_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_term(text, BASE)


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("urn:a", True),
        ("https://a.example/b?c#d", True),
        ("http://a b", False),
        ("relative", False),
        ("", False),
        ("http://a.example/%zz", False),
        ("http://a.example/{x}", False),
        ("http://[a", False),
    ],
)
def test_what_every_graph_store_takes_as_an_iri(text: str, sound: bool) -> None:
    assert is_iri(text) is sound


NESTED = 30_000
"""Far more than the parser bears."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", "<a:s> <a:p> " + "<<( <a:s> <a:p> " * NESTED + "<a:o>" + " )>>" * NESTED + " ."),
        ("a.ttl", "<a:s> <a:p> " + "<<( <a:s> <a:p> #>>\n" * NESTED + "<a:o>" + " )>>" * NESTED + " ."),
        (
            "a.ttl",
            "@prefix e: <a:> . <a:s#'> <a:p> e:b\\' , " + "<<( <a:s> <a:p> " * NESTED + "1" + " )>>" * NESTED + " , e:c\\' .",
        ),
        ("a.ttl", "<a:s> <a:p> '''it's \\''' # ''' , " + "<< <a:s> <a:p> " * NESTED + "1" + " >>" * NESTED + " ."),
        ("a.nt", "<a:s> <a:p> " + "<<( <a:s> <a:p> " * NESTED + "<a:o>" + " )>>" * NESTED + " ."),
        ("a.jsonld", '{"@id": "urn:a:", "urn:a:p": ' * NESTED + "1" + "}" * NESTED),
        ("a.jsonld", '{"@id": "urn:a:}}\\"", "urn:a:p": ' * NESTED + "1" + "}" * NESTED),
    ],
)
def test_what_would_end_the_process_is_refused_before(name: str, text: str) -> None:
    with pytest.raises(InputError):
        read_statements(text.encode(), name, base=BASE, skolem=SKOLEM)


def test_brackets_in_texts_iris_and_comments_are_no_nesting() -> None:
    marks = "<<" * 400
    text = f'<urn:s> <urn:p> "{marks}" , """a "{marks}""" , \'{marks}\' , <urn:o#x> . # {marks}\n'
    found = read_statements(text.encode(), "a.ttl", base=BASE, skolem=SKOLEM)
    assert len(found) == 4
    assert sum(statement.target.count(marks) for statement in found) == 3
    braces = "{" * 400
    [statement] = read_statements(f'{{"@id": "urn:s", "urn:p": "{braces}"}}'.encode(), "a.jsonld", base=BASE, skolem=SKOLEM)
    assert braces in statement.target


@pytest.mark.parametrize("text", ["<< <a> <b> <c> >>", "<<( " * NESTED + "1"])
def test_a_triple_term_is_no_term_here(text: str) -> None:
    with pytest.raises(InputError):
        parse_term(text, BASE)
