"""Are the pages sound HTML that everybody can use, does no metadata become markup, and does what they offer work?"""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import html5lib
import httpx
import numpy as np
import pytest

from tests.support.linked_data import read_graph
from tests.support.odd_store import INJECTION, ODD_NAMES, write_odd_store
from tests.support.service import ServedCatalogue, served, take_in, take_in_samples

PAGES = (
    "", "catalog", "void", "ns", "ns/ZarrArray", "ns/dtype/float32", "shapes", "shapes/array-shape", "profiles/cf",
    "profiles/cf/units-given", "datasets/odd", "datasets/open-lab", "datasets/odd/nodes/", "datasets/odd/nodes/image",
    "datasets/odd/nodes/image/0", "datasets/odd/nodes/a%20b/a%20b", "datasets/odd/nodes/%3Cb%3E/%3Cb%3E",
    "datasets/odd/nodes/described", "datasets/odd/record", "datasets/odd/distribution", "search", "search?q=sample&kind=arrays",
    "search?q=nothing-has-this-name", "search?kind=arrays&facet=dtype&ndim__gte=1",
    "sparql?query=SELECT+*+%7B%3Fa+%3Fb+%3Fc%7D+LIMIT+200", "sparql?query=DESCRIBE+zo%3AZarrArray",
)  # fmt: skip
HTML = {"Accept": "text/html"}
SCHEMA = "https://schema.org/"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    folder: Path = tmp_path_factory.mktemp("pages")
    write_odd_store(folder / "odd.zarr")
    with served(folder) as made:
        take_in(made, folder / "odd.zarr", "odd")
        take_in_samples(made, folder)
        yield made


@pytest.fixture(scope="module")
def client(catalogue: ServedCatalogue) -> Iterator[httpx.Client]:
    with catalogue.client(follow_redirects=True) as made:
        made.headers.update(HTML)
        yield made


def _page(client: httpx.Client, path: str) -> Any:
    answer = client.get(f"/{path}", headers=HTML)
    assert answer.status_code == 200, answer.text
    # A strict parser raises at the first thing that a browser would have to mend.
    return html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False).parse(answer.text)


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_sound_and_can_be_used_by_everybody(client: httpx.Client, path: str) -> None:
    page = _page(client, path)
    html = page if page.tag == "html" else page.find("html")
    assert html.get("lang") == "en"
    assert _text(html.find(".//title"))
    assert len(html.findall(".//h1")) == 1
    assert len(html.findall(".//main")) == len(html.findall(".//header")) == len(html.findall(".//footer")) == 1
    ids = [each.get("id") for each in html.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    levels = [int(each.tag[1]) for each in html.iter() if isinstance(each.tag, str) and re.fullmatch("h[1-6]", each.tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels)), "no level is left out"
    labels = {each.get("for") for each in html.iter("label")}
    fields = [each for tag in ("input", "textarea", "select") for each in html.iter(tag) if each.get("type") != "hidden"]
    assert all(each.get("id") in labels for each in fields)
    for table in html.iter("table"):
        assert table.find("caption") is not None
        assert all(each.get("scope") in {"col", "row"} for each in table.iter("th"))
    assert all(_text(each) for each in html.iter("a")), "a link says where it leads"
    assert all(each.get("aria-label") for each in html.iter("nav"))
    named = {each.get("aria-labelledby") for each in html.iter("section")}
    assert named <= set(ids)
    assert html.find(".//a[@class='skip']").get("href") == "#content"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_in_metadata_becomes_markup_or_a_script(client: httpx.Client, path: str) -> None:
    page = _page(client, path)
    html = page if page.tag == "html" else page.find("html")
    assert {each.get("type") for each in html.iter("script")} <= {"application/ld+json"}
    assert not [name for each in html.iter() for name in each.attrib if str(name).startswith("on")]
    assert all(urlsplit(each.get("href")).scheme in {"", "http", "https"} for each in html.iter("a"))


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("datasets/no-such-lab", 404, "nothing is known about"),
        ("no/such/address", 404, "nothing at this address"),
        ("search/", 404, "without the slash"),
        ("fn", 404, "https://w3id.org/zarr-catalog/fn# is kept"),
        ("search?standart_name=x", 400, "standart_name"),
        ("sparql?query=SELECT%20*%20%7B%20%3Cb%3E", 400, "line 1, column"),
        ("data/datasets/odd.html?page=0", 400, "page"),
    ],
)
def test_what_cannot_be_had_is_a_page_for_people_and_a_problem_for_programs(
    client: httpx.Client, path: str, status: int, said: str
) -> None:
    browser = client.get(path, headers={"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"})
    assert (browser.status_code, browser.headers["content-type"]) == (status, "text/html; charset=utf-8")
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    main = parser.parse(browser.text).find(".//main")
    assert said in _text(main)
    assert main.find(".//form") is not None, "there is a way to go on"
    for accept in ("*/*", "application/json", "text/turtle, text/html;q=0.5", "application/sparql-results+json,*/*;q=0.8"):
        program = client.get(path, headers={"Accept": accept})
        assert (program.status_code, program.headers["content-type"]) == (status, "application/problem+json")
        assert program.json()["detail"] in _text(main)
        assert "Accept" in program.headers["vary"]


def test_the_form_for_sparql_leads_to_a_page(client: httpx.Client) -> None:
    [form] = [each for each in _page(client, "").iter("form") if each.get("action") == "/sparql"]
    query = _text(form.find(".//textarea"))
    page = _page(client, "sparql?" + urlencode({"query": query}))
    links = {each.get("href") for each in page.find(".//table").iter("a")}
    assert {"/datasets/odd", "/datasets/open-lab"} <= links
    assert _text(page.find(".//textarea")) == query
    [csv] = [each.get("href") for each in page.iter("a") if _text(each) == "CSV"]
    rows = client.get(f"sparql{csv}").text.splitlines()
    assert rows[0] == "dataset,title"
    assert len(rows) - 1 == len(page.findall(".//tbody/tr"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("ASK { ?a a zo:ZarrArray }", "true"),
        ("SELECT ('<b>&' AS ?x) (1.5 AS ?n) (1/0 AS ?nothing) {}", "<b>&1.5"),
        ("SELECT ('größe'@de AS ?x) {}", "größe"),
        ("SELECT * { ?a a <urn:nothing> }", "Nothing in the catalogue fits"),
        ("CONSTRUCT { <urn:a> <urn:b> '<i>' } {}", '<urn:a> <urn:b> "<i>" .'),
        ("SELECT ?a ?b ?c { ?a ?p ?x . ?b ?q ?y . VALUES ?c { 1 } } LIMIT 1001", "First 1000 of 1001 rows"),
    ],
)
def test_answers_for_people(client: httpx.Client, query: str, shown: str) -> None:
    assert shown in _text(_page(client, "sparql?" + urlencode({"query": query})).find(".//main"))


def test_values_are_shown_as_they_are(client: httpx.Client) -> None:
    assert INJECTION in _text(_page(client, "datasets/odd").find(".//h1"))
    assert INJECTION in _text(_page(client, "datasets/odd/nodes/a%20b/a%20b"))
    assert "{{7*7}}" in _text(_page(client, "datasets/odd/nodes/%7B%7B7%2A7%7D%7D"))


def test_contrast_is_enough(client: httpx.Client) -> None:
    """WCAG 2.2, 1.4.3: text against its background at least 4.5 : 1, in the light and in the dark."""
    home = client.get("/").text
    style = client.get(re.search(r'href="(/style[^"]+)"', home)[1]).text  # type: ignore[index]
    for block in re.findall(r":root \{([^}]*)\}", style):
        color = dict(re.findall(r"--(\w+): (#\w+)", block))
        for front, back in (("fore", "back"), ("link", "back"), ("fore", "code")):
            assert _contrast(color[front], color[back]) >= 4.5, (front, back)


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(c * 2 for c in color[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dataset", ["odd", "open-lab"])
def test_search_engines_find_the_dataset(catalogue: ServedCatalogue, client: httpx.Client, dataset: str) -> None:
    page = _page(client, f"datasets/{dataset}")
    block = json.loads(page.find(".//script").text)
    assert block["@context"] == SCHEMA
    assert {"name", "description", "url", "distribution"} <= block.keys()
    block["@context"] = {"@vocab": SCHEMA}
    graph = read_graph(json.dumps(block), "application/ld+json")
    told = {(str(s), str(p), str(o)) for s, p, o in graph}
    iri = f"{catalogue.base}datasets/{dataset}"
    assert (iri, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"{SCHEMA}Dataset") in told
    assert any(p == f"{SCHEMA}contentUrl" and o == f"{iri}/zarr" for _, p, o in told)


def test_links_within_the_service_lead_somewhere(client: httpx.Client) -> None:
    found = set()
    for path in (
        "",
        "catalog",
        "datasets/odd",
        "datasets/odd/nodes/image/0",
        "shapes",
        "ns/ZarrArray",
        "search?kind=arrays&facet=dtype",
    ):
        page = _page(client, path)
        found |= {each.get("href").partition("#")[0] for tag in ("a", "link") for each in page.iter(tag)}
    inside = sorted(each for each in found if each.startswith("/"))
    assert len(inside) > 100
    assert [each for each in inside if client.get(each).status_code != 200] == []


def test_a_facet_leads_to_what_it_counts(client: httpx.Client) -> None:
    counted = {}
    for entry in _page(client, "search?kind=arrays&facet=dtype&limit=1").iter("li"):
        link = entry.find("a")
        if link is not None and link.get("href").startswith("?"):
            counted[link.get("href")] = int(_text(entry).rpartition(": ")[2])
    assert len(counted) > 2
    for href, count in counted.items():
        assert _text(_page(client, f"search{href}").find(".//h2")) == f"{count} found"


def test_an_array_shows_its_structure(client: httpx.Client) -> None:
    page = _page(client, "datasets/odd/nodes/a%20b/a%20b")
    [table] = [each for each in page.iter("table") if _text(each.find("caption")) == "2 dimensions"]
    rows = [[_text(cell) for cell in row] for row in table.iter("tr")]
    assert rows == [["Dimension", "Size", "Chunk", "Shard"], ["time", "4", "2", ""], ["a b", "6", "3", ""]]
    facts = dict(zip(map(_text, page.iter("dt")), map(_text, page.iter("dd")), strict=True))
    assert (facts["Data type"], facts["Chunks"], facts["Zarr format"]) == ("float32", "4 chunks", "3")
    assert "zstd" in facts["Codecs"]


def test_every_node_is_reached_by_links(client: httpx.Client) -> None:
    links = {each.get("href") for each in _page(client, "datasets/odd").iter("a")}
    assert {unquote(each) for each in links} >= {f"/datasets/odd/nodes/{name}" for name in ODD_NAMES}


def test_viewers_are_given_the_address_of_this_service(catalogue: ServedCatalogue, client: httpx.Client) -> None:
    page = _page(client, "datasets/odd/nodes/image")
    links = {_text(each): each.get("href") for each in page.iter("a")}
    store = f"{catalogue.base}datasets/odd/zarr/image"
    assert unquote(links["vizarr"]) == f"https://hms-dbmi.github.io/vizarr/?source={store}"
    state = json.loads(unquote(links["Neuroglancer"].partition("#!")[2]))
    assert state["layers"][0]["source"] == f"zarr://{store}"
    assert f'napari --plugin napari-ome-zarr "{store}"' in _text(page)
    with catalogue.client(catalogue.read_key, follow_redirects=True) as known:
        assert "vizarr" not in known.get("/datasets/closed-lab", headers=HTML).text, "a viewer on the web has no key"


def test_the_code_on_a_page_runs(catalogue: ServedCatalogue, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", catalogue.settings.graph_store)
    page = _page(client, "datasets/odd/nodes/image/0")
    codes = [_code(each) for each in page.iter("code")]
    names: dict[str, Any] = {}
    [ours] = [code for code in codes if code.startswith("import catalog")]
    exec(ours, names)  # what a reader of the page would paste
    assert names["array"].compute().shape == (2, 8, 8)
    [theirs] = [code for code in codes if "import xarray" in code]
    exec(theirs, names)
    assert names["data"].dims == ("c", "y", "x")
    assert np.array_equal(names["data"].values, np.zeros((2, 8, 8)))
    [values, metadata] = [re.search(r'"(http[^"]+)"', code)[1] for code in codes if code.startswith("curl")]  # type: ignore[index]
    assert np.load(BytesIO(client.get(values, headers={"Accept": "*/*"}).content)).shape == (8, 8)
    assert client.get(metadata).json()["shape"] == [2, 8, 8]


def test_the_code_for_a_group_runs(client: httpx.Client) -> None:
    codes = [_code(each) for each in _page(client, "datasets/odd/nodes/a%20b").iter("code")]
    names: dict[str, Any] = {}
    exec(codes[0], names)
    assert dict(names["data"].sizes) == {"time": 4, "a b": 6}


def _code(element: Any) -> str:
    return "".join(element.itertext())


def test_a_search_from_the_form_leads_to_what_was_found(client: httpx.Client) -> None:
    page = _page(client, "search?q=sample1Dataset&kind=arrays")
    found = [each.get("href") for each in page.findall(".//main//tbody//th/a")]
    assert len(found) == 1
    assert found[0].endswith("/sample1Dataset")
    assert client.get(found[0]).status_code == 200
    assert page.find(".//main//input[@name='q']").get("value") == "sample1Dataset"
    assert [each.get("value") for each in page.findall(".//option") if each.get("selected") is not None] == ["arrays"]


def test_the_pages_of_a_search_lead_on_until_all_is_shown(client: httpx.Client) -> None:
    address, shown = "search?kind=arrays&limit=1&q=sample*", []
    while address:
        page = _page(client, address)
        shown += [each.get("href") for each in page.findall(".//main//tbody//th/a")]
        onward = page.find(".//main//a[@rel='next']")
        address = "" if onward is None else f"search{onward.get('href')}"
        assert len(shown) < 20
    assert len(shown) == len(set(shown)) == 2


@pytest.mark.parametrize("words", ['"><script>alert(1)</script>', "' onfocus='x", "{{ 7 * 7 }}"])
def test_what_was_searched_for_stays_text(client: httpx.Client, words: str) -> None:
    page = _page(client, str(httpx.URL("search", params={"q": words})))
    assert page.find(".//main//input[@name='q']").get("value") == words
    assert not page.findall(".//main//script")
