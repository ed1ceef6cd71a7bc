"""Is every value written so that it reads back as itself?"""

import math

import pytest

from catalog.rdf import literals
from tests.support.reparse import XSD, ZO, Value, read_with_pyoxigraph, read_with_rdflib


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("a\tb\nc\rd", '"a\\tb\\nc\\rd"'),
        ("\b\f", '"\\b\\f"'),
        ("\x00\x1b\x1f\x7f", '"\\u0000\\u001B\\u001F\\u007F"'),
        ("é日本\U0001f600", '"é日本\U0001f600"'),
        ("\x80\x85\xa0", '"\x80\x85\xa0"'),
        ("\u2028\u202e\ufeff\ufffe", '"\u2028\u202e\ufeff\ufffe"'),
        ('"> <http://evil.example/> .\n<x> <y> <z', '"\\"> <http://evil.example/> .\\n<x> <y> <z"'),
        ("\\u0022", '"\\\\u0022"'),
    ],
)
def test_strings_in_canonical_form(text: str, written: str) -> None:
    assert literals.string(text) == written


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (literals.integer(-5), Value("-5", f"{XSD}integer")),
        (literals.integer(10**40), Value("1" + "0" * 40, f"{XSD}integer")),
        (literals.boolean(True), Value("true", f"{XSD}boolean")),
        (literals.boolean(False), Value("false", f"{XSD}boolean")),
        (literals.double(0.1), Value("0.1", f"{XSD}double")),
        (literals.double(-0.0), Value("-0.0", f"{XSD}double")),
        (literals.double(1e300), Value("1e+300", f"{XSD}double")),
        (literals.double(math.nan), Value("NaN", f"{XSD}double")),
        (literals.double(math.inf), Value("INF", f"{XSD}double")),
        (literals.double(-math.inf), Value("-INF", f"{XSD}double")),
        (literals.date_time("2026-11-21T09:00:00Z"), Value("2026-11-21T09:00:00Z", f"{XSD}dateTime")),
        (literals.json('{"a":"\\n","b":NaN}'), Value('{"a":"\\n","b":NaN}', f"{ZO}json")),
        (literals.scalar("5"), Value("5")),
        (literals.scalar(5), Value("5", f"{XSD}integer")),
        (literals.scalar(5.0), Value("5.0", f"{XSD}double")),
        (literals.scalar(True), Value("true", f"{XSD}boolean")),
    ],
)
def test_two_parsers_read_the_value(written: str, value: Value) -> None:
    line = f"<http://example.org/s> <http://example.org/p> {written} .\n".encode()
    expected = {("http://example.org/s", "http://example.org/p", value)}
    assert read_with_pyoxigraph(line) == expected
    assert read_with_rdflib(line) == expected
