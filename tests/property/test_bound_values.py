"""Do values reach a query as they are, whatever they hold? A hundred thousand random texts, through the engine's own parser."""

import random

import pyoxigraph as ox

from catalog.graphstore.bindings import Literal
from catalog.graphstore.queries import bind

PIECES = [
    '"',
    "\\",
    "'",
    "}",
    "{",
    "\n",
    "\r",
    "\t",
    "#",
    "#VALUES w\n",
    "$x",
    "${x}",
    "?item",
    "<x:y>",
    "@en",
    "^^",
    "\\u0022",
    "\x00",
    "\x7f",
]
PIECES += [
    "UNION",
    ". ;",
    "DROP ALL",
    "'''",
    '"""',
    "\u2028",
    "\ufeff",
    "\U0001f52c",
    "\uffff",
    "ü",
    "a",
    " ",
    "*/",
    "--",
    "\\n",
    "%s",
]


def _piece(rng: random.Random) -> str:
    if rng.random() < 0.7:
        return rng.choice(PIECES)
    return chr(rng.choice([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)]))


def test_a_hundred_thousand_texts_come_back_as_they_were() -> None:
    rng = random.Random(11)
    store = ox.Store()
    for _ in range(100):
        texts = ["".join(_piece(rng) for _ in range(rng.randint(0, 12))) for _ in range(1000)]
        bound = bind("SELECT ?w {\n#VALUES w\n}", {"w": [Literal(text) for text in texts]})
        assert [row["w"].value for row in store.query(bound)] == texts
