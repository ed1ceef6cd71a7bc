"""Can anybody without a key tell whether the catalogue holds restricted datasets?

Two services with the same public content; one of them has a restricted dataset as well. What the OpenAPI document offers is asked
of both, with names, words, IRIs and ETags of the restricted dataset among the values: answers have to be equal byte for byte.
"""

import itertools
import json
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from catalog.services.sample import write_sample
from tests.support.service import ServedCatalogue, served, take_in

REQUESTS = 1500
BASE = "http://catalogue.example/"
SECRET = "closed-lab"
_BY_EACH = {"date", "x-request-id"}
_OF_A_RECORD = re.compile(rb"urn:uuid:[0-9a-f-]{36}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")
"""What two records of the same read differ in: the name of the read, and its time."""
_ACCEPT = (
    "*/*", "text/html", "text/turtle", "application/ld+json", "application/json", "application/sparql-results+json", "text/csv",
    "application/n-triples", "application/rdf+xml", "application/octet-stream", "image/png", "x/y",
)  # fmt: skip
_QUERIES = (
    "SELECT * WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 50",
    "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
    "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g",
    "ASK { <%(secret)s> ?p ?o }",
    "SELECT ?p ?o WHERE { GRAPH <%(secret)s> { ?s ?p ?o } } ORDER BY ?p ?o",
    "SELECT ?o FROM <%(secret)s> WHERE { ?s ?p ?o } ORDER BY ?o",
    "SELECT ?o FROM NAMED <%(secret)s/record> WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o",
    "CONSTRUCT WHERE { <%(secret)s> ?p ?o }",
    "DESCRIBE <%(secret)s>",
    "SELECT ?x WHERE { ?x ?p ?o FILTER(CONTAINS(STR(?x), 'closed')) } ORDER BY ?x",
    "SELECT ?x WHERE { GRAPH <%(secret)s/rejected> { ?x ?p ?o } }",
    "SELECT (GROUP_CONCAT(?s) AS ?all) WHERE { SELECT DISTINCT ?s WHERE { ?s ?p 'closed' } ORDER BY ?s }",
)


@dataclass
class Words:
    """What requests are made of: names of what is open, of what is closed, and of nothing."""

    ids: list[str] = field(default_factory=lambda: ["open-lab", SECRET, "no-such"])
    paths: list[str] = field(default_factory=lambda: ["", "campaign1", "zarr.json", "no/such"])
    iris: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=lambda: ["laboratory", "sample", "closed", SECRET, "water", "nothing-like-it"])
    digests: list[str] = field(default_factory=lambda: ["0" * 64])
    etags: list[str] = field(default_factory=lambda: ['"x"', "*"])
    cursors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedCatalogue, ServedCatalogue]]:
    """The same catalogue twice, the second time with a restricted dataset in it."""
    folder: Path = tmp_path_factory.mktemp("interference")
    write_sample(folder / "open-lab.zarr", samples=2, seed=1)
    write_sample(folder / f"{SECRET}.zarr", samples=3, seed=2)
    with served(folder / "first", base=BASE) as first:
        take_in(first, folder / "open-lab.zarr", "open-lab")
    shutil.copytree(folder / "first", folder / "second")
    with served(folder / "first", base=BASE) as without, served(folder / "second", base=BASE) as with_secret:
        take_in(with_secret, folder / f"{SECRET}.zarr", SECRET, "restricted")
        yield without, with_secret


@pytest.fixture(scope="module")
def words(both: tuple[ServedCatalogue, ServedCatalogue]) -> Words:
    """Names of both datasets, as somebody with a key sees them."""
    found = Words()
    query = f"SELECT DISTINCT ?s WHERE {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), '{BASE}')) }} ORDER BY ?s LIMIT 300"
    with both[1].client(both[1].read_key) as client:
        answer = client.get("sparql", params={"query": query}, headers={"Accept": "application/sparql-results+json"})
        rows = answer.json()["results"]["bindings"]
        found.iris = [row["s"]["value"] for row in rows]
        assert any(SECRET in iri for iri in found.iris), "who has a key sees the restricted dataset"
        marks = [client.get(f"datasets/{SECRET}", follow_redirects=False).headers.get("etag")]
        marks += [client.get(f"datasets/{SECRET}/zarr/zarr.json").headers.get("etag")]
        found.etags += [mark for mark in marks if mark]
        pages = [client.get("search", params={"limit": 2, "kind": kind}).json() for kind in ("nodes", "arrays")]
        found.cursors = [page["next"] for page in pages if page["next"]]
        assert found.cursors, "who has a key gets pages that go on in the restricted dataset"
    found.paths += [iri.partition("/nodes/")[2] for iri in found.iris if "/nodes/" in iri]
    found.digests += [iri.rpartition("/")[2] for iri in found.iris if "/snapshots/" in iri]
    return found


def _value(name: str, words: Words, rng: random.Random) -> str:
    """Something to put where an address has a parameter of this name."""
    arrays = [iri for iri in words.iris if iri.endswith("Dataset")] * 4  # else hardly any values would be asked for
    pools = {
        "query": [query % {"secret": BASE + "datasets/" + SECRET} for query in _QUERIES],
        "uri": [*words.iris, "https://example.org/lab/sample1", "https://example.org/lab/sample3"],
        "iri": [*words.iris, *arrays],
        "q": words.texts,
        "digest": words.digests,
        "select": ["", "time=0:3", "dim0=0,dim1=0:5", "time=1,wavelength=[3,1,2]", "x=1"],
        "level": ["", "", "", "1"],
        "in": ["", "", "label"],
        "tolerance": ["", "", "1"],
        "path": [iri.removeprefix(BASE) for iri in [*words.iris, *arrays] if "/nodes/" in iri] + words.paths,
        "cursor": ["", "AAAA", *words.cursors],
        "kind": ["datasets", "nodes", "arrays"],
        "facet": ["dtype", "ndim", "dtype,ndim"],
        "sort": ["path", "-ndim"],
        "filter": ['{"ndim": 2}', '{"not": {"dtype": "float32"}}'],
        "state": ["", *words.digests],
        "missing": ["fill", "mask", "no"],
        "format": ["json", "csv", "npy", "arrow", "png", "html", "ttl", "nothing"],
        "limit": ["1", "5", "100", "0"],
    }
    if name in pools:
        return rng.choice(pools[name])
    if name.endswith("id"):
        return rng.choice(words.ids)
    return rng.choice([*words.paths, *words.texts, *words.ids])


def _requests(document: dict[str, Any], words: Words) -> Iterator[httpx.Request]:
    """Requests for everything that the document offers, in turn, without end; the same ones each time."""
    offered = [
        (p, m, o) for p, item in sorted(document["paths"].items()) for m, o in sorted(item.items()) if m in {"get", "post"}
    ]
    bodies = [
        *({"kind": kind, "text": text} for text in words.texts for kind in ("datasets", "nodes")),
        *({"kind": kind, "limit": 5, "facets": ["dtype", "ndim"]} for kind in ("datasets", "nodes", "arrays")),
        *({"kind": kind, "limit": 1, "sort": ["-path"]} for kind in ("nodes", "arrays")),
        {"filter": {"term": "path", "op": "starts-with", "value": "campaign"}},
        {"kind": "arrays", "filter": {"or": [{"ndim": 2}, {"not": {"dtype": "float64"}}]}},
        {"kind": "arrays", "sample": 2, "seed": "closed"},
        {"filter": {"no_such_term": 1}},
        {},
    ]
    arrays = [iri for iri in words.iris if iri.endswith("Dataset")]
    points = [{"time": [0, 2], "wavelength": [1, 1]}, {"time": [1], "wavelength": [2]}, {"x": [1]}]
    for number, (path, method, operation) in enumerate(itertools.cycle(offered)):
        # Each operation has chances of its own, so that another one that is added changes nothing for it.
        rng = random.Random(f"{number // len(offered)} {method} {path}")
        plain = rng.random() < 0.4  # what most people send: for an array, what is needed and nothing else
        values = {
            each["name"]: _value(each["name"], words, rng) for each in operation.get("parameters", ()) if each["in"] != "header"
        }
        names = [name for name in values if f"{{{name}" in path]
        needed = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query" and each.get("required")}
        address = path
        for name in names:
            for spelling in (f"{{{name}}}", f"{{{name}:path}}"):
                address = address.replace(spelling, quote(values[name], safe="/"))
        asked = {name: value for name, value in values.items() if name not in names and not plain and rng.random() < 0.5}
        asked |= {name: values[name] for name in needed}
        if plain and "iri" in asked:
            asked["iri"] = rng.choice(arrays)
        headers = {"Accept": "*/*" if plain else rng.choice(_ACCEPT), "X-Request-Id": "same", "Host": "catalogue.example"}
        if rng.random() < 0.2:
            headers["If-None-Match"] = rng.choice(words.etags)
        if rng.random() < 0.1:
            headers["Range"] = "bytes=0-9"
        url = f"{BASE}{address.lstrip('/')}"
        if method == "post" and "sparql" in path:
            yield httpx.Request("POST", url, params=asked, headers=headers, data={"query": _value("query", words, rng)})
        elif method == "post":
            yield httpx.Request(
                "POST",
                url,
                params=asked,
                headers=headers,
                json=rng.choice((points[:1] if plain else points) if path.startswith(("/sample", "/record")) else bodies),
            )
        else:
            yield httpx.Request(rng.choice(["GET", "GET", "GET", "HEAD"]), url, params=asked, headers=headers)


def _ask(catalogue: ServedCatalogue, client: httpx.Client, request: httpx.Request) -> tuple[int, list[tuple[str, str]], bytes]:
    url = request.url.copy_with(host="127.0.0.1", port=catalogue.port)
    answer = client.send(httpx.Request(request.method, url, headers=request.headers, content=request.content))
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in _BY_EACH)
    content = answer.content
    if url.path.startswith("/record") and answer.status_code == 200:
        content = b"".join(sorted(_OF_A_RECORD.sub(b"", content).splitlines(keepends=True)))
    return answer.status_code, headers, content


def test_anonymous_answers_are_equal_byte_for_byte(both: tuple[ServedCatalogue, ServedCatalogue], words: Words) -> None:
    without, with_secret = both
    outcomes: dict[str, set[int]] = {}
    with without.client() as one, with_secret.client() as other:
        document = one.get("openapi.json").json()
        for request in itertools.islice(_requests(document, words), REQUESTS):
            first, second = _ask(without, one, request), _ask(with_secret, other, request)
            assert first == second, f"{request.method} {request.url} {dict(request.headers)} {request.content[:300]!r}"
            outcomes.setdefault(request.url.path.split("/")[1], set()).add(first[0])
    answered = {name for name, statuses in outcomes.items() if statuses & {200, 206, 303, 304, 307}}
    assert {"search", "sparql", "datasets", "arrays", "sample", "record", "resolve"} <= answered, json.dumps(
        {k: sorted(v) for k, v in outcomes.items()}
    )
