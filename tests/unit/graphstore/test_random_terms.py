"""Is whatever is bound as a term just that term? A hundred thousand texts go through real queries, and come back as they were."""

import random
from collections.abc import Iterator, Sequence

import pytest

from catalog.errors import InputError
from catalog.graphstore.bindings import LANG_STRING, Iri, Literal, Term
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.queries import bind

TEXT = "SELECT ?value WHERE {\n#VALUES value\n}\n"
XSD = "http://www.w3.org/2001/XMLSchema#"
COUNT = 100_000
BATCH = 4_000

HOSTILE = [
    '"', "'", "\\", '\\"', '"""', "'''", '" }', '"} #', '") . ?s ?p ?o } #', "<x>", "> <y", "?x", "$value", "${value}",
    "#VALUES value", "\n#VALUES value\n", "\\u0022", "\\U00000022", "\\n", "%22", "\r\n", "\u2028", "\u0085", "\ufeff", "\u202e",
    "\u200b", "\x00", "\x01", "\x7f", "\ufffe", "\U0010ffff", "\U0001d518", "{}", "{{0}}", "%s", "@en", '"@en', "^^<x>", '"^^<x>',
    "BIND", "SERVICE <http://h/> {}", "DROP ALL", "'; DROP ALL; --", "C/C=C\\C", "", " ", "\t", "a" * 2000, "__proto__",
    "}} UNION {{", "\\\\\\", "\\\\'", "/*", "--", "-- \n",
]  # fmt: skip


def texts(seed: int, count: int) -> Iterator[str]:
    """Texts that are all different: hostile pieces, any characters, and both mixed."""
    chance, seen = random.Random(seed), set[str]()
    while len(seen) < count:
        if len(seen) < len(HOSTILE):
            text = HOSTILE[len(seen)]
        else:
            pieces = [
                chance.choice(HOSTILE[:-6]) if chance.random() < 0.4 else _characters(chance) for _ in range(chance.randint(1, 5))
            ]
            text = "".join(pieces)[:200] + str(len(seen)) * (chance.random() < 0.3)
        if text not in seen:
            seen.add(text)
            yield text


def _characters(chance: random.Random) -> str:
    kinds = ((0, 0x7F), (0, 0x2FF), (0x2000, 0x20FF), (0, 0xD7FF), (0xE000, 0x10FFFF))
    first, last = chance.choice(kinds)
    return "".join(chr(chance.randint(first, last)) for _ in range(chance.randint(0, 6)))


def terms(seed: int, count: int) -> list[Term]:
    """Texts as plain literals, some of them with a language or a type."""
    kinds: list[dict[str, str]] = [{}] * 6
    kinds += [{"datatype": LANG_STRING, "language": "en"}, {"datatype": "urn:x:type"}, {"datatype": XSD + "integer"}]
    return [Literal(text, **kinds[number % len(kinds)]) for number, text in enumerate(texts(seed, count))]


def check_round_trip(store: GraphStore, given: Sequence[Term]) -> None:
    """Bind terms, and find the very same ones in the answer, each once."""
    for start in range(0, len(given), BATCH):
        batch = given[start : start + BATCH]
        found = store.select(TEXT, {"value": batch})
        assert len(found.rows) == len(batch)
        assert {row[0] for row in found.rows} == set(batch)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    with EmbeddedGraphStore(tmp_path_factory.mktemp("graphs")) as found:
        yield found


def test_a_hundred_thousand_texts_come_back(store: GraphStore) -> None:
    given = terms(seed=7, count=COUNT)
    assert len(set(given)) == COUNT
    check_round_trip(store, given)


def test_a_term_stays_one_term_where_it_is_compared(store: GraphStore) -> None:
    """A value that got out of its quotes would bring other solutions along, or none."""
    store.apply([GraphUpdate("urn:x:g", b"".join(sorted(b'<urn:x:%d> <urn:x:p> "v%d" .\n' % (n, n) for n in range(5))), b"")])
    query = "SELECT ?s WHERE {\n#VALUES value\n?s <urn:x:p> ?value }"
    assert len(store.select(query, {"value": [Literal("v3")]}).rows) == 1
    for text in texts(seed=8, count=500):
        assert store.select(query, {"value": [Literal(text)]}).rows == [], text


def test_an_iri_comes_back_or_is_refused(store: GraphStore) -> None:
    came_back = 0
    for text in texts(seed=9, count=2_000):
        try:
            found = store.select(TEXT, {"value": [Iri(f"urn:x:{text}")]})
        except InputError:
            continue
        assert list(found.rows) == [(Iri(f"urn:x:{text}"),)]
        came_back += 1
    assert came_back > 100


@pytest.mark.parametrize(
    "value", ["urn:x:>", "urn:x:<", "urn:x: ", "urn:x:\n", "urn:x:{", 'urn:x:"', "urn:x:\\u003E", "urn:x:\x00", "x", ""]
)
def test_what_would_end_an_iri_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        bind(TEXT, {"value": [Iri(value)]})


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="lone surrogate"):
        bind(TEXT, {"value": [Literal(text)]})
