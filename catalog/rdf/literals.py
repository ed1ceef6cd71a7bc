"""How is a value written as an N-Triples term?

Canonical N-Triples: only what must be escaped is, so equal graphs have equal bytes.
Source: RDF 1.1 N-Triples, section 4; RDF 1.2 N-Triples "Canonical form".
"""

import math

from catalog.rdf import terms

XSD = "http://www.w3.org/2001/XMLSchema#"

_ESCAPES = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)} | {
    0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\",
}  # fmt: skip
_JSON_TYPE = f"^^<{terms.JSON}>"
_INTEGER_TYPE = f"^^<{XSD}integer>"
_DOUBLE_TYPE = f"^^<{XSD}double>"
_DATE_TIME_TYPE = f"^^<{XSD}dateTime>"
TRUE, FALSE = f'"true"^^<{XSD}boolean>', f'"false"^^<{XSD}boolean>'


def string(text: str) -> str:
    """A plain string."""
    # No printable character but these two is escaped, and most texts hold nothing else.
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{text.translate(_ESCAPES)}"'


def integer(value: int) -> str:
    """An ``xsd:integer`` of any size."""
    return f'"{value}"{_INTEGER_TYPE}'


def boolean(value: bool) -> str:
    """An ``xsd:boolean``."""
    return TRUE if value else FALSE


def double(value: float) -> str:
    """An ``xsd:double``; the shortest text that reads back as the same number."""
    if math.isfinite(value):
        return f'"{value!r}"{_DOUBLE_TYPE}'
    name = "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    return f'"{name}"{_DOUBLE_TYPE}'


def date_time(text: str) -> str:
    """An ``xsd:dateTime`` from ISO 8601 text."""
    return f'"{text}"{_DATE_TIME_TYPE}'


def date(text: str) -> str:
    """An ``xsd:date`` from ISO 8601 text."""
    return f'"{text}"^^<http://www.w3.org/2001/XMLSchema#date>'


def json(text: str) -> str:
    """A ``zo:json`` literal from canonical JSON text."""
    return f'"{text.translate(_ESCAPES)}"{_JSON_TYPE}'


def scalar(value: str | float | bool) -> str:
    """A string, integer, double or boolean by the Python type."""
    if isinstance(value, str):
        return string(value)
    if isinstance(value, bool):
        return boolean(value)
    return integer(value) if isinstance(value, int) else double(value)
