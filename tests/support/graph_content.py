"""Content to put into graph stores, and how to look at what is there."""

import csv
import io

from catalog.graphstore.bindings import Literal
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import write_literal

BASE = "http://localhost:8000/"
A, B, C = (f"{BASE}datasets/{name}" for name in "abc")
EX = "http://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"

# Literals that break what writes or reads them carelessly.
HOSTILE = [
    'a"b',
    "a\\b",
    "a\\u0041b",
    "\\",
    '\\"',
    "a\nb\rc\td\be\ff",
    "\x01\x1f\x7f",
    "\u0085\u00a0\u2028\u2029\ufeff",
    '" . } } ; DROP ALL ; INSERT DATA { <x:s> <x:p> "',
    "'''\"\"\"#",
    "\U0001f52c ∆ü",
    "e\u0301 \u202eabc",
    "{}<>|^`$",
    "%00%zz",
    "",
    "x" * 70_000,
]

# IRIs that a resolver would write in another way.
ODD_IRIS = [
    f"{BASE}datasets/a/nodes/",
    f"{BASE}datasets/a/nodes/0%2F1",
    f"{BASE}datasets/a/nodes/%E2%88%86",
    "http://example.org//double",
    "HTTP://Example.ORG:80/Case",
    "http://example.org/?q=a&b=%20#frag",
    "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
    "mailto:a@example.org",
    "tag:example.org,2026:x",
    "http://example.org/naïve",
    "http://example.org/it's",
]


def triple(subject: str, predicate: str, value: str) -> bytes:
    """One line; `value` is an IRI when it begins with http, urn and the like, else a plain string."""
    return f"<{subject}> <{predicate}> {f'<{value}>' if value.startswith(EX) else write_literal(value)} .\n".encode()


def content(count: int, *, of: str = "v", subject: str = "s") -> bytes:
    """`count` sorted lines, a thousand subjects at most."""
    lines = [triple(f"{EX}{subject}{i % 1000}", f"{EX}p{i // 1000}", f"{of}{i}") for i in range(count)]
    return b"".join(sorted(lines))


def count_of(store: GraphStore, text: str = COUNT) -> int:
    row = store.select(text).rows[0]
    assert isinstance(row[0], Literal)
    return int(row[0].value)


def lines_of(*parts: bytes) -> bytes:
    return b"".join(sorted(b"".join(parts).splitlines(keepends=True)))


def graphs_of(store: GraphStore) -> set[str]:
    rows = list(csv.reader(io.StringIO(store.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "csv").body.decode())))
    assert rows[0] == ["g"]
    return {row[0] for row in rows[1:]}
