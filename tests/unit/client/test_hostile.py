"""Are values only ever values? What a store or a user writes is neither SPARQL nor HTML here."""

import random
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import catalog
from catalog.client.html import chunks_svg, facts_html, link_html, table_html, text_html
from catalog.client.table import Table
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.queries import write_literal
from catalog.rdf import terms
from catalog.rdf.prefixes import RDF_TYPE
from tests.support.graph_content import HOSTILE

KNOWN = [
    r"C/C=C\C",
    '"; DROP ALL',
    '" } ; DROP ALL ; #',
    "}",
    "} UNION { ?s ?p ?o",
    "'''",
    '"""',
    "\\",
    "\\u0022",
    "#VALUES w1",
    "\n#VALUES w1\n",
    "#PART select",
    "$object",
    "${value}",
    "?item",
    "<x:y>",
    "a\nb\r\nc",
    "\x00\x01\x7f",
    "\u202e\u2066\u200b\ufeff",
    "%s %(x)s {0} {x}",
    "zo:path",
    "unit:K",
    *(text for text in HOSTILE if len(text) < 1000),
]
PIECES = [
    *"\"\\'{}<>?$#;.^|()[]@ \t\n\r\0",
    "DROP",
    "VALUES",
    "\u2028",
    "\u202e",
    "é",
    "\U0001f52c",
    "a",
    "B",
    "0",
    "/",
    "=",
    "%",
    "&",
]
COUNT = 10_000
BASE = "http://localhost:8000/"


def strings() -> list[str]:
    """10,000 different strings of what breaks parsers, and of anything else."""
    chance = random.Random(20)
    found = dict.fromkeys(KNOWN)
    while len(found) < COUNT:
        length = chance.randint(0, 12)
        if chance.random() < 0.7:
            text = "".join(chance.choice(PIECES) for _ in range(length))
        else:
            text = "".join(
                chr(chance.choice([chance.randint(0, 0xD7FF), chance.randint(0xE000, 0x10FFFF)])) for _ in range(length)
            )
        found[text] = None
    return list(found)


STRINGS = strings()
FEW = STRINGS[:600]


def _triples(texts: list[str]) -> Iterator[str]:
    dataset = f"<{BASE}datasets/odd>"
    for number, text in enumerate(texts):
        node = f"<{BASE}datasets/odd/nodes/a{number}>"
        yield f"{node} <{RDF_TYPE}> <{terms.CLASS_ZARR_ARRAY}> .\n"
        yield f"{node} <{terms.IN_DATASET}> {dataset} .\n"
        yield f'{node} <{terms.PATH}> "a{number}" .\n'
        yield f"{node} <{terms.STANDARD_NAME}> {write_literal(text)} .\n"
        if number < len(KNOWN):
            yield f"{node} <{terms.ATTRIBUTE}> <{BASE}attributes/{number}> .\n"
            yield f'<{BASE}attributes/{number}> <{terms.KEY}> "odd" .\n'
            yield f"<{BASE}attributes/{number}> <{terms.VALUE}> {write_literal(text)} .\n"


@contextmanager
def holding(folder: Path, texts: list[str]) -> Iterator[tuple[catalog.Catalog, Path]]:
    with EmbeddedGraphStore(folder) as store:
        store.apply([GraphUpdate(f"{BASE}datasets/odd", "".join(sorted(set(_triples(texts)))).encode())])
    with catalog.connect(folder) as made:
        yield made, folder


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[catalog.Catalog, Path]]:
    with holding(tmp_path_factory.mktemp("odd"), FEW) as made:
        yield made


def content(folder: Path) -> bytes:
    with EmbeddedGraphStore(folder, writable=False) as store:
        return store.read_graph(f"{BASE}datasets/odd")


def test_each_of_10_000_strings_is_found_as_itself_and_changes_nothing(tmp_path: Path) -> None:
    with holding(tmp_path, STRINGS) as (cat, folder):
        before = content(folder)
        for number, text in enumerate(FEW):
            found = cat.arrays(standard_name=text).iris()
            assert found == [f"{BASE}datasets/odd/nodes/a{number}"], ascii(text)
        for begin in range(0, COUNT, 250):
            batch = STRINGS[begin : begin + 250]
            found = cat.arrays(standard_name__in=batch).iris()
            assert set(found) == {f"{BASE}datasets/odd/nodes/a{at}" for at in range(begin, begin + len(batch))}
        cat._session.release()
        assert content(folder) == before


@pytest.mark.parametrize("text", KNOWN, ids=ascii)
def test_operators_compare_text_as_python_does(odd: tuple[catalog.Catalog, Path], text: str) -> None:
    cat, _ = odd
    expected = {
        "contains": {f"a{at}" for at, each in enumerate(FEW) if text in each},
        "startswith": {f"a{at}" for at, each in enumerate(FEW) if each.startswith(text)},
        "endswith": {f"a{at}" for at, each in enumerate(FEW) if each.endswith(text)},
        "lt": {f"a{at}" for at, each in enumerate(FEW) if each < text},
    }
    for operator, wanted in expected.items():
        assert {each.path for each in cat.arrays(**{f"standard_name__{operator}": text})} == wanted, operator
    wanted = {f"a{at}" for at, each in enumerate(KNOWN_ORDER) if each == text}
    assert {each.path for each in cat.arrays(attribute__odd=text)} == wanted
    assert {each.path for each in cat.arrays(odd=text)} == wanted
    assert {each.path for each in cat.arrays().where("zo:attribute/zo:value", "=", text)} == wanted


KNOWN_ORDER = STRINGS[: len(KNOWN)]


@pytest.mark.parametrize("text", KNOWN, ids=ascii)
def test_a_text_that_is_searched_for_is_only_that(odd: tuple[catalog.Catalog, Path], text: str) -> None:
    cat, _ = odd
    if not text.strip():
        return
    found = {row["path"] for row in cat.search(text, limit=1000)}
    words = re.findall(r"[^\W_]+", without_marks(text))
    assert not words or f"a{KNOWN_ORDER.index(text)}" in found
    for path in found:
        assert all(word in without_marks(FEW[int(path[1:])]) for word in words), path


def without_marks(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))


@pytest.mark.parametrize("text", [each for each in KNOWN if each], ids=ascii)
def test_an_odd_name_of_a_lookup_is_an_error_and_no_query(odd: tuple[catalog.Catalog, Path], text: str) -> None:
    cat, _ = odd
    for ask in (lambda: cat.arrays(**{text: 1}), lambda: cat.arrays().where(text, "=", 1), lambda: cat.arrays().order_by(text)):
        try:
            assert ask().count() == 0
        except catalog.errors.InputError:  # type: ignore[attr-defined]
            continue


def test_odd_keys_of_attributes_are_keys(odd: tuple[catalog.Catalog, Path]) -> None:
    cat, _ = odd
    for text in KNOWN:
        assert cat.arrays(**{f"attribute__{text}": "x"}).count() == 0


# -- HTML --------------------------------------------------------------------------------------------------------------

ACTS = ["alert(1)", "alert`1`", "fetch('//x')", "eval(name)", "import('x')"]
SHELLS = [
    "<script>{}</script>",
    "<ScRiPt >{}</sCrIpT>",
    '"><script>{}</script>',
    "'><script>{}</script>",
    "</td></tr></table><script>{}</script>",
    "<img src=x onerror={}>",
    '" onmouseover="{}',
    "' onfocus='{}' autofocus='",
    "<svg onload={}>",
    "<svg/onload={}>",
    "</svg><svg onload={}>",
    "javascript:{}",
    "JaVaScRiPt:{}",
    " javascript:{}",
    "java\tscript:{}",
    "data:text/html,<script>{}</script>",
    "vbscript:{}",
    'http://x/" onclick="{}',
    "http://x/'onclick='{}",
    "https://x/><img src=x onerror={}>",
    "<a href=javascript:{}>x</a>",
    "<iframe src=javascript:{}>",
    "<body onload={}>",
    "<style>@import'x'</style>{}",
    "<!--><script>{}</script>",
    "<![CDATA[<script>{}</script>]]>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "<math><mi xlink:href=javascript:{}>",
    "<input autofocus onfocus={}>",
    "\x00<script>{}</script>",
]
PAYLOADS = [shell.format(act) for shell in SHELLS for act in ACTS]
TAGS = {"a", "b", "div", "g", "line", "p", "rect", "svg", "table", "tbody", "td", "th", "thead", "tr"}
ATTRIBUTES = {
    *("href", "rel", "style", "xmlns", "width", "height", "viewbox", "role", "aria-label", "fill", "stroke", "stroke-width"),
    *("x1", "x2", "y1", "y2"),
}


class Reader(HTMLParser):
    """Sees a page as a browser does, and refuses whatever is none of ours."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            if name == "href":
                assert value is not None
                assert value.startswith(("http://", "https://")), value
            if name == "style":
                assert value == "text-align:left;padding:2px 8px;vertical-align:top"
        if tag not in {"line", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in {"line", "rect"}:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def _none(self, data: str) -> None:
        raise AssertionError(data)

    handle_comment = handle_decl = handle_pi = unknown_decl = _none


def read(page: str) -> str:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader.text


def test_there_are_150_payloads() -> None:
    assert len(set(PAYLOADS)) == 150


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_a_payload_is_only_text(payload: str) -> None:
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in payload)
    pages = [
        text_html(payload),
        link_html(payload),
        link_html("http://localhost/", payload),
        table_html([payload], [[payload]], frozenset({(0, 0)})),
        facts_html(text_html(payload), [(payload, link_html(payload))]),
        Table((payload,), [(payload,)])._repr_html_(),
        repr(Table(("a",), [("a",)])),
    ]
    for page in pages[:-1]:
        assert shown in read(page)


def test_payloads_in_a_store_stay_text(tmp_path: Path) -> None:
    """Through files, ingest, graph and query, in each place where a store can put a text."""
    for number, payload in enumerate(PAYLOADS[::6]):
        name = "".join(sign for sign in payload if sign.isprintable()).replace("/", "|")
        root = zarr.open_group(tmp_path / f"{number}.zarr", mode="w", attributes={"Conventions": "CF-1.8", "title": payload})
        array = root.create_array(name, data=np.zeros((4, 6)), chunks=(2, 3), dimension_names=[payload, "x"])
        array.attrs.update({"units": payload, "long_name": payload, "standard_name": payload, payload or "k": payload})
    with catalog.connect(tmp_path / "graphs") as cat:
        for number in range(len(PAYLOADS[::6])):
            cat.ingest(tmp_path / f"{number}.zarr")
        arrays = cat.arrays()
        assert len(arrays) == 25
        queries: list[Any] = [
            arrays,
            cat.datasets(),
            cat,
            *arrays,
            *cat.datasets(),
            cat.search("alert"),
            cat.sparql("SELECT * { ?s ?p ?o }"),
        ]
        text = [read(each._repr_html_()) for each in queries]
        assert "alert(1)" in text[0]
        assert all(repr(each).isprintable() or "\n" in repr(each) for each in queries)


@pytest.mark.parametrize(
    ("shape", "chunks", "lines"),
    [
        ((), None, None),
        ((0,), (1,), None),
        ((10,), (5,), 1),
        ((4, 6), (2, 3), 2),
        ((3, 4, 6), (1, 2, 2), 3),
        ((10**30, 10), (1, 10), 11),
        ((10**6, 10**6), (10, 10), 22),
        ((5, 5), None, 0),
        ((1, 10**40), (1, 1), 11),
    ],
)
def test_a_picture_has_a_line_between_chunks(shape: tuple[int, ...], chunks: tuple[int, ...] | None, lines: int | None) -> None:
    page = chunks_svg(shape, chunks)
    read(page)
    assert page == "" if lines is None else page.count("<line") == lines
