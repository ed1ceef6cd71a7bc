"""Every format says the same, as rdflib reads it; where RDF/XML cannot, it says so."""

from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from catalog.errors import InputError
from catalog.rdf import literals
from catalog.rdf.formats import MEDIA_TYPES, write_format
from tests.support.linked_data import read_graph

DC = "http://purl.org/dc/terms/"


def _parse(data: bytes, ending: str) -> rdflib.Graph:
    return read_graph(data, MEDIA_TYPES[ending])


@pytest.mark.parametrize("ending", MEDIA_TYPES)
@pytest.mark.parametrize(
    "line",
    [
        f'<http://x.org/a> <{DC}title> "a\\rb\\nc\\td & < > \\" ]]> \\uFFFD \\U0001F600" .',
        '<http://x.org/a&b> <http://x.org/ns#été> "5"^^<http://x.org/dt?a=1&b=2> .',
        '<http://x.org/a> <http://x.org/ns#a.b-c> "x"@en-gb .',
        '<http://x.org/a> <http://x.org/ns#%20b> "  x  " .',
        '<http://x.org/a> <http://x.org/ns#9b> "" .',
        '<http://x.org/a> <urn:b> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .',
        "<http://x.org/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://x.org/9> .",
        "<http://x.org/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#_1> <http://x.org/9> .",
        '<http://x.org/a> <http://x.org/b> "<a/>"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral> .',
        f"<geo:12.5,7> <{DC}relation> <http://www.opengis.net/ont/geosparql#asWKT> .",
        f'<http://x.org/a> <{DC}relation> _:b1 .\n_:b1 <{DC}title> "deep" .',
    ],
)
def test_each_format_says_the_same(line: str, ending: str) -> None:
    data = f"{line}\n".encode()
    assert isomorphic(_parse(write_format(data, ending), ending), _parse(data, "nt"))


@pytest.mark.parametrize(
    "line",
    [
        f'<http://x.org/a> <{DC}title> "\\u0001" .',
        f'<http://x.org/a> <{DC}title> "\\uFFFE" .',
        '<http://x.org/a> <http://x.org/b9/> "" .',
        '<http://x.org/a> <http://x.org/ns#9> "" .',
        '<http://x.org/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#li> "" .',
    ],
)
def test_rdf_xml_says_what_it_cannot(line: str) -> None:
    with pytest.raises(InputError, match="RDF/XML"):
        write_format(f"{line}\n".encode(), "rdf")
    data = f"{line}\n".encode()
    assert set(_parse(write_format(data, "ttl"), "ttl")) == set(_parse(data, "nt"))


# Surrogates cannot be written; what XML cannot hold is tested above.
_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["title", "description"]), _TEXT), min_size=1, max_size=4))
def test_any_text_survives(pairs: list[tuple[str, str]]) -> None:
    lines = sorted({f"<http://x.org/s> <{DC}{name}> {literals.string(text)} .\n" for name, text in pairs})
    wanted: Any = {(str(p), str(o)) for _, p, o in ((None, f"{DC}{name}", text) for name, text in pairs)}
    for ending in MEDIA_TYPES:
        found = _parse(write_format("".join(lines).encode(), ending), ending)
        assert {(str(p), str(o)) for _, p, o in found} == wanted, ending


def test_the_same_graph_gives_the_same_bytes() -> None:
    data = f'<http://x.org/a> <{DC}title> "x" .\n<http://x.org/a> <http://www.w3.org/ns/dcat#keyword> "y" .\n'.encode()
    assert all(len({write_format(data, ending) for _ in range(20)}) == 1 for ending in MEDIA_TYPES)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="ttl"):
        write_format(b"", "n3")
