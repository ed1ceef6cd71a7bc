"""What do people see, in a browser, of a dataset that somebody hostile wrote? Its texts, and what misleads in them by number.

Source: "Trojan Source" (CVE-2021-42574, CVE-2021-42694), its examples; OWASP Cross Site Scripting Prevention.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.browser import Browser, Visit
from tests.support.service import ServedCatalogue, served, take_in
from tests.unit.metadata.test_misleading import DIRECTIONS, UNSEEN

TROJAN = {
    "user\u202e \u2066 Check if admin\u2069 \u2066": "user[U+202E] [U+2066] Check if admin[U+2069] [U+2066]",
    "\u202e } \u2066if (isAdmin)\u2069 \u2066 begin": "[U+202E] } [U+2066]if (isAdmin)[U+2069] [U+2066] begin",
    "is\u200bAdmin": "is[U+200B]Admin",
    "say\u041dello": "say[U+041D]ello",
    "p\u0430ypal": "p[U+0430]ypal",
    "\u6e29\u5ea6 \u0394t \u00b5m": "\u6e29\u5ea6 \u0394t \u00b5m",
}
"""Names, and how they are shown."""
HOSTILE = [
    "<script>stolen = 1</script>", '"><img src=x onerror="stolen = 1">', "<svg onload=alert(1)>", "' onmouseover='stolen = 1",
    "javascript:stolen = 1", "data:text/html,<script>stolen = 1</script>", "{{ 7 * 7 }}", "</title></textarea><h1>mine</h1>",
    "<link rel=stylesheet href=//elsewhere.example/x.css><img src=http://elsewhere.example/x.png>",
    "<meta http-equiv=refresh content='0;url=http://elsewhere.example/'>", "<iframe src=http://elsewhere.example/></iframe>",
    "]]><!--", "<base href=http://elsewhere.example/>", "<form action=http://elsewhere.example/><button>",
]  # fmt: skip
CODE = """({
    scripts: [...document.scripts].filter(each => each.type !== "application/ld+json").length,
    handlers: [...document.querySelectorAll("*")].filter(
        each => each.getAttributeNames().some(name => name.startsWith("on"))).length,
    foreign: document.querySelectorAll("img, svg, iframe, object, embed, base, meta[http-equiv]").length,
    links: [...document.querySelectorAll("[href], [src], [action]")].map(each => each.href || each.src || each.action).filter(
        each => !each.startsWith("http://") && !each.startsWith("https://")),
    titles: document.querySelectorAll("h1").length,
    stolen: typeof stolen,
})"""
CLEAN = {"scripts": 0, "handlers": 0, "foreign": 0, "links": [], "titles": 1, "stolen": "undefined"}


def write_store(folder: Path) -> None:
    """A group for each name; the root and the first have the texts as keys and as values, and as links."""
    texts = {f"k{number}": text for number, text in enumerate(HOSTILE)} | {text: number for number, text in enumerate(HOSTILE)}
    linked = {
        "@context": {"see": {"@id": "http://www.w3.org/2000/01/rdf-schema#seeAlso", "@type": "@id"}, "title": "http://purl.org/dc/terms/title"},
        "@id": "", "see": ["javascript:stolen=1", "http://elsewhere.example/"], "title": HOSTILE[0],
    }  # fmt: skip
    for name in ("", *TROJAN):
        (folder / name).mkdir(parents=True)
        document = {"zarr_format": 3, "node_type": "group", "attributes": {**texts, **({} if name else linked)}}
        (folder / name / "zarr.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    folder: Path = tmp_path_factory.mktemp("browser")
    write_store(folder / "trojan.zarr")
    with served(folder) as made:
        take_in(made, folder / "trojan.zarr", "trojan")
        yield made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as window:
        yield window


def seen(browser: Browser, catalogue: ServedCatalogue, path: str, status: int = 200) -> Visit:
    """A page on which nothing happened but that it was shown, and nothing is seen in disguise."""
    visit = browser.visit(catalogue.base + path)
    assert [each for each in visit.requests if not each.startswith(catalogue.base)] == []
    said = [each["params"].get("entry", each["params"]).get("text", each["params"]) for each in visit.complaints]
    assert said == (
        [] if status == 200 else [f"Failed to load resource: the server responded with a status of {status} (Not Found)"]
    )
    assert browser.evaluate(CODE) == CLEAN
    assert not set(visit.text) & {*DIRECTIONS, *UNSEEN}
    return visit


def test_a_browser_tells_of_what_these_tests_look_for(browser: Browser, tmp_path: Path) -> None:
    """Or else they could not fail."""
    page = tmp_path / "page.html"
    markup = "<h1>a</h1><img src=http://elsewhere.example/x.png><a href='javascript:x' onclick='y'>b</a>"
    page.write_text(f"<!doctype html>{markup}<script>var stolen = 1; f()</script>")
    visit = browser.visit(page.as_uri())
    assert "http://elsewhere.example/x.png" in visit.requests
    assert {each["method"] for each in visit.complaints} == {"Log.entryAdded", "Runtime.exceptionThrown"}
    found = {"scripts": 1, "handlers": 1, "foreign": 1, "links": ["javascript:x"], "titles": 1, "stolen": "number"}
    assert browser.evaluate(CODE) == found


@pytest.mark.parametrize(
    "path",
    [
        "datasets/trojan",
        "datasets/trojan/nodes/",
        "search?kind=groups",
        "sparql?query=" + quote("SELECT ?l { ?n rdfs:label ?l }"),
    ],
)
def test_names_that_mislead_are_shown_by_number(browser: Browser, catalogue: ServedCatalogue, path: str) -> None:
    visit = seen(browser, catalogue, path)
    for name, shown in TROJAN.items():
        assert shown in visit.text
        assert name == shown or name not in visit.text


@pytest.mark.parametrize("name", TROJAN)
def test_the_page_of_each_has_all_texts_as_texts(browser: Browser, catalogue: ServedCatalogue, name: str) -> None:
    visit = seen(browser, catalogue, f"datasets/trojan/nodes/{quote(name)}")
    assert TROJAN[name] in browser.evaluate("document.querySelector('h1').innerText")
    assert TROJAN[name] in browser.evaluate("document.title")
    for text in HOSTILE:
        assert visit.text.count(text) >= 2, "as a key and as a value"


@pytest.mark.parametrize("text", [*HOSTILE, *TROJAN])
def test_what_is_asked_comes_back_as_a_text(browser: Browser, catalogue: ServedCatalogue, text: str) -> None:
    seen(browser, catalogue, f"search?q={quote(text)}")
    assert browser.evaluate("document.querySelector('input[name=q]').value") in {text, TROJAN.get(text, text)}
