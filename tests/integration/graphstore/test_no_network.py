"""Can a query open a connection? A canary on this machine would see it."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.errors import CatalogError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.guard import guard_query
from tests.support.canary import Canary, spellings
from tests.support.fuseki import FusekiServer
from tests.support.graph_content import A, content

HARMLESS = ("FROM", "DESCRIBE", "GRAPH <")


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as canary:
        yield canary


@pytest.fixture(params=["embedded", "fuseki"])
def store(request: pytest.FixtureRequest, tmp_path: Path, fuseki: FusekiServer) -> Iterator[GraphStore]:
    store: GraphStore = EmbeddedGraphStore(tmp_path) if request.param == "embedded" else fuseki.store()
    store.apply([GraphUpdate(A, content(3), b"")])
    yield store
    store.close()


def test_no_spelling_gets_through_the_door(store: GraphStore, canary: Canary) -> None:
    texts = spellings(canary.url)
    assert len(texts) > 50
    for text in texts:
        calls = [
            partial(store.query, text),
            partial(store.select, text),
            partial(store.ask, text),
            partial(store.query, text, "turtle"),
        ]
        if isinstance(store, EmbeddedGraphStore):
            calls.append(partial(store.query, text, timeout=20))
        for call in calls:
            with contextlib.suppress(CatalogError):
                call()
                assert any(word in text for word in HARMLESS), f"answered: {text}"
    assert canary.visits == 0
    assert store.read_graph(A) == content(3)


def test_the_canary_sees_what_gets_through() -> None:
    """What the guard keeps out is worth keeping out: the bare engine goes there in many of these spellings."""
    with Canary() as canary:
        bare = ox.Store()
        bare.update("INSERT DATA { <x:s> <x:p> 1, true }")
        reached = 0
        for text in spellings(canary.url):
            before = canary.visits
            for run in (bare.query, bare.update):
                with contextlib.suppress(SyntaxError, OSError, RuntimeError, ValueError):
                    list(run(text) or ())  # type: ignore[arg-type]
            reached += canary.visits > before
        assert reached >= 20


def _send(client: httpx.Client, method: str, url: str, **given: Any) -> None:
    """One request; once more where the server had just closed the connection that was to be used again."""
    try:
        client.request(method, url, **given)
    except httpx.RemoteProtocolError:
        client.request(method, url, **given)


def test_no_spelling_gets_through_fuseki_itself(fuseki: FusekiServer, canary: Canary) -> None:
    """By every way of the SPARQL protocol, without our guard in front."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        for text in spellings(canary.url):
            for service in ("catalog/sparql", "catalog", "public/query", "catalog-rejected/sparql"):
                url = f"{fuseki.url}/{service}"
                _send(client, "GET", url, params={"query": text})
                _send(client, "POST", url, data={"query": text})
                _send(client, "POST", url, data={"update": text})
                _send(client, "POST", url, content=text.encode(), headers={"Content-Type": "application/sparql-query"})
                _send(client, "POST", url, content=text.encode(), headers={"Content-Type": "application/sparql-update"})
        for extra in ("default-graph-uri", "named-graph-uri", "using-graph-uri", "graph"):
            for query in ("SELECT * { ?s ?p ?o }", "SELECT * { GRAPH ?g { ?s ?p ?o } }"):
                _send(client, "GET", f"{fuseki.url}/catalog/sparql?query={quote(query)}&{extra}={quote(canary.url)}")
        _send(client, "GET", f"{fuseki.url}/catalog/data?graph={quote(canary.url)}")
        graph = f"<x:s> <http://www.w3.org/2002/07/owl#imports> <{canary.url}> ; <http://www.w3.org/ns/shacl#shapesGraph> <x:t> ."
        context = f'{{"@context": "{canary.url}", "@id": "x:s", "x:p": 1}}'
        for path in ("shacl?graph=default", "data?default", "data", "upload", "", "sparql"):
            for body, kind in ((graph, "text/turtle"), (context, "application/ld+json")):
                for method in ("POST", "PUT"):
                    _send(
                        client,
                        method,
                        f"{fuseki.url}/catalog/{path}",
                        content=body.encode(),
                        headers={"Content-Type": kind, "Connection": "close"},
                    )
    assert canary.visits == 0


WORDS = ["SERVICE", "service", "SILENT", "FILTER", "EXISTS", "OPTIONAL", "UNION", "MINUS", "GRAPH", "PREFIX", "BASE", "true", "a"]
TERMS = [
    "?s",
    "?u",
    "ex:",
    ":",
    "x:y",
    "ex:a\\'",
    "ex:a.",
    "_:b",
    "_:b.",
    "1",
    "1.",
    "1e",
    "@en",
    "@en-",
    "<URL>",
    "VALUES ?u { <URL> }",
]
QUOTES = ["'", '"', "'''", '"""', "\\", "\\u0027", "\\u003E", "\\.", "#", "#x\n", "\n", "\r", " ", "\ufeff", "\u00a0", "\u200b"]
SIGNS = ["<", ">", "<#>", "<'>", "?s<", "<?b&&?c>", ">?d", "{", "}", "{ ?s ?p ?o }", "(", ")", *"&&||.;,-^|/*+!=%"]
PIECES = WORDS + TERMS + QUOTES + SIGNS


@settings(max_examples=1500, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=14))
def test_no_mixture_of_pieces_gets_through_the_guard(pieces: list[str]) -> None:
    """What the guard lets through reaches nobody when the bare engine runs it, whatever the engine takes the pieces for."""
    with Canary() as canary:
        text = (
            "PREFIX ex: <x:> PREFIX : <URL> PREFIX x: <urn:> SELECT * { "
            + "".join(pieces)
            + " SERVICE <URL> { ?s ?p ?o } #'\"\n}"
        )
        text = text.replace("URL", canary.url)
        with contextlib.suppress(CatalogError):
            guard_query(text)
            bare = ox.Store()
            bare.update("INSERT DATA { <x:s> <x:p> 1, true }")
            with contextlib.suppress(SyntaxError, OSError, RuntimeError, ValueError):
                list(bare.query(text))  # type: ignore[arg-type]
            assert canary.visits == 0, text
