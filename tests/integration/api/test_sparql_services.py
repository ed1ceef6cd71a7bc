"""Does a query join what this service knows with what endpoints know that the operator named, and reach no other?

Expected answers are those of rdflib over the union of all data.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import rdflib
from SPARQLWrapper import JSON, SPARQLWrapper

from catalog.cli import main
from catalog.client.catalog import connect
from catalog.errors import ForbiddenError
from tests.support.canary import Canary, spellings
from tests.support.endpoint import EndpointServer
from tests.support.endpoint_door import ntriples
from tests.support.fuseki import FusekiServer
from tests.support.service import ServedCatalogue, served
from tests.support.sparql_service import load, on_fuseki

X = "https://example.org/register#"
USED = f"""@prefix x: <{X}> .
x:run1 x:used x:water ; x:amount 3 . x:run2 x:used x:ethanol ; x:amount 5 . x:run3 x:used x:toluene . x:run4 x:used x:lead ."""
BOILS = f"""@prefix x: <{X}> .
x:water x:boils 99.97 ; x:name "water"@en, "Wasser"@de . x:ethanol x:boils 78.23 ; x:name "ethanol \\"96 %\\"\\n"@en .
x:lead x:name 'lead' ."""
PRICES = f"@prefix x: <{X}> . x:water x:price 1 . x:ethanol x:price 12 . x:toluene x:price 9 ."
HAZARDS = (
    f"@prefix x: <{X}> . x:ethanol x:hazard x:flammable . x:toluene x:hazard x:flammable, x:toxic . x:lead x:hazard x:toxic ."
)

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")

QUERIES = [
    "SELECT * { ?run x:used ?what SERVICE <SERVICE> { ?what x:boils ?t } }",
    "SELECT ?run ?t ?p { ?run x:used ?what SERVICE <SERVICE> { ?what x:boils ?t } SERVICE <FUSEKI> { ?what x:price ?p } }",
    "SELECT * { ?run x:used ?what SERVICE <SERVICE> { ?what x:name ?name } SERVICE <RDFLIB> { ?what x:hazard ?h } }",
    "SELECT * { ?run x:used ?what OPTIONAL { SERVICE <SERVICE> { ?what x:boils ?t } } }",
    "SELECT * { ?run x:used ?what MINUS { SERVICE <SERVICE> { ?what x:boils ?t } } }",
    "SELECT * { ?run x:used ?what FILTER EXISTS { SERVICE <FUSEKI> { ?what x:price ?p FILTER(?p > 5) } } }",
    "SELECT * { ?run x:used ?what FILTER NOT EXISTS { SERVICE <FUSEKI> { ?what x:price ?p FILTER(?p > 5) } } }",
    "SELECT ?h (COUNT(*) AS ?n) { ?run x:used ?what SERVICE <RDFLIB> { ?what x:hazard ?h } } GROUP BY ?h",
    "SELECT * { VALUES ?what { x:ethanol x:lead } SERVICE <FUSEKI> { ?what x:price ?p } ?run x:used ?what }",
    "SELECT * { { SELECT ?what { SERVICE <FUSEKI> { ?what x:price ?p } } ORDER BY ?p LIMIT 1 } ?run x:used ?what }",
    "SELECT * { SERVICE <SERVICE> { { ?what x:boils ?v } UNION { ?what x:name ?v } } }",
    "SELECT ?run { GRAPH ?g { ?run x:used ?what SERVICE <FUSEKI> { ?what x:price 9 } } }",
]


@dataclass(frozen=True)
class World:
    """A service with a list of endpoints, and these endpoints."""

    catalogue: ServedCatalogue
    other: ServedCatalogue
    fuseki: FusekiServer
    odd: EndpointServer
    canary: Canary

    @property
    def endpoints(self) -> dict[str, str]:
        """Address of each good one, by the word that stands for it in queries."""
        return {
            "SERVICE": f"{self.other.base}sparql",
            "FUSEKI": f"{self.fuseki.url}/catalog-rejected/sparql",
            "RDFLIB": f"{self.odd.url}/graph",
        }

    def written(self, query: str) -> str:
        """A query with real addresses."""
        for word, url in self.endpoints.items():
            query = query.replace(f"<{word}>", f"<{url}>")
        return f"PREFIX x: <{X}> {query}"

    def ask(self, query: str, **options: Any) -> httpx.Response:
        with self.catalogue.client(**options) as client:
            return client.post("sparql", data={"query": self.written(query)})


@pytest.fixture(scope="module", params=["embedded", "fuseki"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, fuseki_server: FusekiServer
) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("services")
    fuseki_server.clear()
    fuseki_server.update("catalog-rejected/update", f"INSERT DATA {{ {ntriples(PRICES).decode()} }}")
    with (
        Canary() as canary,
        EndpointServer(HAZARDS, elsewhere=canary.url) as odd,
        served(folder / "other") as other,
    ):
        load(other, {f"{X}boils": ntriples(BOILS)})
        named = f"{other.base} {fuseki_server.url}/catalog-rejected {odd.url}"
        store = on_fuseki(fuseki_server) if request.param == "fuseki" else {}
        given = {"sparql": {"services": named, "timeout_s": 8.0, "concurrency": 2}, "outgoing": {"allowed": named}}
        with served(folder / "front", **given, **store) as catalogue:
            load(catalogue, {f"{X}used": ntriples(USED)})
            yield World(catalogue, other, fuseki_server, odd, canary)


def plain(cell: dict[str, str]) -> tuple[str, str, str]:
    return cell["value"], cell.get("xml:lang", ""), cell.get("datatype", "")


def reckoned(query: str) -> Counter[tuple[tuple[str, tuple[str, str, str]], ...]]:
    """What rdflib finds: each endpoint is a named graph, and so is what the service itself knows."""
    dataset = rdflib.Dataset(default_union=False)
    for turtle, name in ((USED, "used"), (BOILS, "SERVICE"), (PRICES, "FUSEKI"), (HAZARDS, "RDFLIB")):
        dataset.graph(rdflib.URIRef(f"urn:{name}")).parse(data=turtle, format="turtle")
    dataset.parse(data=USED, format="turtle")
    for word in ("SERVICE", "FUSEKI", "RDFLIB"):
        query = query.replace(f"SERVICE <{word}>", f"GRAPH <urn:{word}>")
    found = dataset.query(f"PREFIX x: <{X}> " + query.replace("GRAPH ?g", ""))
    return Counter(
        tuple(
            sorted(
                (str(name), (str(t), getattr(t, "language", None) or "", str(getattr(t, "datatype", None) or "")))
                for name, t in row.asdict().items()
                if name != "g"
            )
        )
        for row in found
    )


@pytest.mark.filterwarnings("ignore:Dataset.:DeprecationWarning", "ignore:ConjunctiveGraph is deprecated")
class TestJoins:
    @pytest.mark.parametrize("query", QUERIES)
    def test_answers_are_those_over_the_union(self, world: World, query: str) -> None:
        wrapper = SPARQLWrapper(f"{world.catalogue.base}sparql", returnFormat=JSON)
        wrapper.setQuery(world.written(query))
        wrapper.setMethod("POST")
        answer: Any = wrapper.queryAndConvert()
        found = Counter(
            tuple(sorted((name, plain(cell)) for name, cell in row.items() if name != "g"))
            for row in answer["results"]["bindings"]
        )
        assert found == reckoned(query)
        assert found

    def test_triples_come_from_both(self, world: World) -> None:
        answer = world.ask("CONSTRUCT { ?run x:costs ?p } { ?run x:used ?what SERVICE <FUSEKI> { ?what x:price ?p } }")
        found = rdflib.Graph().parse(data=answer.text, format="turtle")
        assert {(str(s)[-4:], int(o)) for s, _, o in found} == {("run1", 1), ("run2", 12), ("run3", 9)}

    def test_relative_endpoints_and_prefixed_ones(self, world: World) -> None:
        base = world.other.base
        for head, name in (
            (f"BASE <{base}> ", "<sparql>"),
            (f"PREFIX o: <{base}> ", "o:sparql"),
            (f"BASE <{base}a/b> PREFIX o: <../spar> ", "o:ql"),
        ):
            text = f"{head}PREFIX x: <{X}> SELECT ?t {{ SERVICE#\n{name}{{ x:water x:boils ?t }} }}"
            with world.catalogue.client() as client:
                answer = client.get("sparql", params={"query": text, "format": "csv"})
            assert answer.text.split() == ["t", "99.97"]

    def test_values_go_along(self, world: World) -> None:
        world.odd.requests.clear()
        answer = world.ask("SELECT ?h { VALUES (?what ?n) { (x:lead 1) (x:lead 2) } SERVICE <RDFLIB> { ?what x:hazard ?h } }")
        assert len(answer.json()["results"]["bindings"]) == 2
        ((_, _, question),) = world.odd.requests
        assert {str(row["what"])[-4:] for row in world.odd.graph.query(question)} == {"lead"}

    def test_the_command_and_the_client_ask_alike(self, world: World, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        query = world.written("SELECT ?t { x:run1 x:used ?what SERVICE <SERVICE> { ?what x:boils ?t } }")
        settings = world.catalogue.settings
        with pytest.raises(ForbiddenError, match="CATALOG_SPARQL__SERVICES"):
            connect(settings.graph_store, audience="public", fuseki=settings.fuseki).sparql(query)
        named = {"services": f"{world.other.base}sparql"}  # whoever runs it may reach their own network
        found: Any = connect(settings.graph_store, audience="public", fuseki=settings.fuseki, sparql=named).sparql(query)
        assert "99.97" in str(found)
        monkeypatch.setenv("CATALOG_GRAPH_STORE", settings.graph_store)
        monkeypatch.setenv("CATALOG_SPARQL__SERVICES", named["services"])
        for form in ("table", "csv"):
            monkeypatch.setattr(sys, "argv", ["catalog", "sparql", "--public", "--format", form, query])
            with pytest.raises(SystemExit) as ended:
                main.run()
            assert not ended.value.code
            assert "99.97" in capsys.readouterr().out

    def test_the_description_says_so(self, world: World) -> None:
        with world.catalogue.client() as client:
            found = rdflib.Graph().parse(data=client.get("sparql", headers={"Accept": "text/turtle"}).text, format="turtle")
        assert (None, SD.feature, SD.BasicFederatedQuery) in found


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("html", 503, "text/html"),
            ("html-as-json", 503, "no table"),
            ("boolean", 503, "no table"),
            ("broken", 503, "answered 500"),
            ("unauthorized", 503, "answered 401"),
            ("moved", 503, "redirect"),
            ("moved-for-good", 503, "redirect"),
            ("cut", 503, "no answer that can be read"),
            ("compressed", 503, "compressed"),
            ("many", 413, "10001"),
            ("large", 413, "4194304"),
        ],
    )
    def test_what_goes_wrong_there_is_said(self, world: World, path: str, status: int, words: str) -> None:
        endpoint = f"{world.odd.url}/{path}?key=top-secret"
        answer = world.ask(f"SELECT * {{ SERVICE <{endpoint}> {{ ?s x:p ?v }} }}")
        said = answer.json()
        assert (answer.status_code, said["code"]) == (status, "endpoint-unavailable" if status == 503 else "limit-exceeded")
        assert words in said["detail"]
        assert f"{world.odd.url}/{path}" in said["detail"]
        assert "secret" not in answer.text
        silent = world.ask(f"SELECT * {{ ?run x:amount ?n SERVICE SILENT <{endpoint}> {{ ?s x:p ?v }} }}")
        assert len(silent.json()["results"]["bindings"]) == 2, "what happens there is no error of a query that says SILENT"
        assert world.canary.visits == 0

    def test_the_largest_answer_is_taken_whole(self, world: World) -> None:
        answer = world.ask(f"SELECT (COUNT(DISTINCT ?v) AS ?n) {{ SERVICE <{world.odd.url}/just> {{ ?s x:p ?v }} }}")
        assert answer.json()["results"]["bindings"][0]["n"]["value"] == "10000"

    def test_nothing_goes_along_that_was_not_asked_for(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", world.canary.url)
        monkeypatch.setenv("http_proxy", world.canary.url)
        world.odd.requests.clear()
        with world.catalogue.client(world.catalogue.read_key, trust_env=False) as client:
            client.cookies.set("session", "top-secret")
            text = world.written("ASK { SERVICE <RDFLIB> { ?what x:hazard x:toxic } }")
            assert client.post("sparql", data={"query": text}).json()["boolean"] is True
        ((path, headers, question),) = world.odd.requests
        assert path == "/graph"
        assert headers["accept"] == "application/sparql-results+json"
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        assert not {"authorization", "cookie", "referer", "proxy-authorization", "x-request-id", "traceparent"} & set(headers)
        assert world.catalogue.read_key not in str(headers) + question
        assert world.canary.visits == 0

    def test_who_is_on_no_list_is_not_reached(self, world: World) -> None:
        port = world.odd.url.rpartition(":")[2]
        world.odd.requests.clear()
        refused = [
            world.canary.url,
            f"http://localhost:{port}/graph",
            f"http://127.1:{port}/graph",
            f"https://127.0.0.1:{port}/graph",
            f"http://127.0.0.1:{port}@127.0.0.1:{world.canary.port}/",
            f"http://me:pw@127.0.0.1:{port}/graph",
            f"{world.odd.url}.example.org/graph",
            f"{world.fuseki.url}/catalog/sparql",
            f"{world.fuseki.url}/catalog-rejected/../catalog/sparql",
            f"{world.fuseki.url}/catalog-rejected/%2e%2e/catalog/sparql",
            f"{world.fuseki.url}/catalog-rejectedness/sparql",
            f"file://{__file__}",
            "ftp://127.0.0.1/",
            "s3://bucket/sparql",
            "urn:x",
        ]
        for endpoint in refused:
            for silent in ("", "SILENT "):
                answer = world.ask(f"SELECT * {{ SERVICE {silent}<{endpoint}> {{ ?s ?p ?o }} }}")
                assert answer.status_code in {400, 403}, (endpoint, answer.text)
                assert "pw" not in answer.text
        assert world.canary.visits == 0
        assert not world.odd.requests

    def test_no_spelling_reaches_who_is_on_no_list(self, world: World) -> None:
        for text in spellings(world.canary.url):
            answer = world.ask(text)
            assert answer.status_code in {200, 400, 403}, answer.text
        assert world.canary.visits == 0

    def test_endpoints_that_are_not_listed_and_blocks_inside_blocks_are_refused(self, world: World) -> None:
        world.odd.requests.clear()
        for text in (
            f"SELECT * {{ VALUES ?e {{ <{world.odd.url}/graph> <{world.canary.url}> }} SERVICE ?e {{ ?s ?p ?o }} }}",
            "SELECT * { ?a ?b ?e SERVICE ?e { ?s ?p ?o } }",
            f"SELECT * {{ SERVICE <{world.odd.url}/graph> {{ SERVICE <{world.odd.url}/graph> {{ ?s ?p ?o }} }} }}",
            f"SELECT * {{ SERVICE <{world.odd.url}/graph> {{ ?s ?p ?o }} SERVICE <{world.canary.url}> {{ ?s ?p ?o }} }}",
        ):
            assert world.ask(text).status_code == 403
        assert not world.odd.requests
        assert world.canary.visits == 0

    def test_private_addresses_need_the_other_list_too(self, world: World, tmp_path: Path) -> None:
        with served(tmp_path / "strict", sparql={"services": f"{world.odd.url} localhost"}) as strict, strict.client() as client:
            world.odd.requests.clear()
            for host in ("127.0.0.1", "localhost"):
                url = (
                    f"http://{host}:{world.odd.url.rpartition(':')[2]}/graph"
                    if host == "127.0.0.1"
                    else "http://localhost/sparql"
                )
                answer = client.post("sparql", data={"query": f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}"})
                assert (answer.status_code, "CATALOG_OUTGOING__ALLOWED" in answer.text) == (403, True)
        assert not world.odd.requests


class TestTime:
    def test_a_slow_endpoint_takes_no_more_than_its_share(self, world: World) -> None:
        text = f"SELECT * {{ ?run x:amount ?n SERVICE <{world.odd.url}/never> {{ ?s ?p ?o }} }}"
        started = time.monotonic()
        answer = world.ask(text)
        assert (answer.status_code, answer.json()["code"]) == (503, "endpoint-unavailable")
        assert "within 6 s" in answer.json()["detail"]
        silent = world.ask(text.replace("SERVICE", "SERVICE SILENT"))
        assert len(silent.json()["results"]["bindings"]) == 2
        assert time.monotonic() - started < 2 * 8

    def test_an_asker_who_leaves_closes_the_connection(self, world: World) -> None:
        world.odd.left.clear()
        world.odd.requests.clear()

        def ask() -> None:
            with pytest.raises(httpx.ReadTimeout), world.catalogue.client() as client:
                client.post("sparql", data={"query": f"SELECT * {{ SERVICE <{world.odd.url}/never> {{ ?s ?p ?o }} }}"}, timeout=1)

        thread = threading.Thread(target=ask)
        thread.start()
        assert world.odd.left.wait(5.5), "it is let go when its asker leaves, not when its own 6 s are over"
        thread.join()
        assert world.ask("ASK { SERVICE <RDFLIB> { ?what x:hazard x:toxic } }").json()["boolean"] is True
