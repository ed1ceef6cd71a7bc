"""Does the SPARQL endpoint keep to the protocol, to its limits and to its audiences, on both graph stores, for real clients?"""

import csv
import io
from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, JSONLD, RDFXML, TSV, TURTLE, XML, SPARQLWrapper

from tests.support.canary import Canary, spellings
from tests.support.service import ServedCatalogue
from tests.support.sparql_service import load

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
DATASETS = "SELECT ?d { ?d a dcat:Dataset } ORDER BY ?d"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
DIRECT = {"Content-Type": "application/sparql-query"}
GRAPH, HIDDEN = "http://example.org/graphs/1", "http://example.org/graphs/hidden"


def triples(count: int, of: str = "s") -> bytes:
    return b"".join(sorted(f'<http://example.org/{of}{i}> <http://example.org/p> "{i}" .\n'.encode() for i in range(count)))


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["d"]["value"].rpartition("/")[2] for row in answer.json()["results"]["bindings"]]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib and SPARQLWrapper use it themselves
class SparqlTests:
    """Subclasses give `catalogue`: a service with the limits of `tests.support.sparql_service`."""

    @pytest.fixture
    def client(self, catalogue: ServedCatalogue) -> Iterator[httpx.Client]:
        with catalogue.client() as client:
            yield client

    # -- ways to ask

    def test_the_three_ways_give_the_same_answer(self, client: httpx.Client) -> None:
        ways = [
            client.get("sparql", params={"query": DATASETS}),
            client.post("sparql", data={"query": DATASETS}),
            client.post("sparql", content=DATASETS, headers=DIRECT),
            client.post("sparql", content=DATASETS.encode(), headers={"Content-Type": "application/sparql-query; charset=UTF-8"}),
        ]
        assert [names(each) for each in ways] == [["open-lab"]] * 4
        assert {each.headers["content-type"] for each in ways} == {"application/sparql-results+json"}

    def test_answers_are_those_of_another_engine(self, client: httpx.Client) -> None:
        everything = rdflib.Graph()
        for dataset in ("open-lab", "open-lab/record", "open-lab/asserted"):
            graph = f"{client.base_url}datasets/{dataset}"
            text = f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
            everything.parse(data=client.get("sparql", params={"query": text, "format": "nt"}).text, format="nt")
        assert len(everything) > 100
        prefixes = "PREFIX zo: <https://w3id.org/zarr-catalog/ns#> PREFIX dcat: <http://www.w3.org/ns/dcat#> "
        for text in (
            "SELECT ?a ?p { ?a a zo:ZarrArray ; zo:path ?p }",
            "SELECT ?t (COUNT(?s) AS ?n) { ?s a ?t . FILTER(STRSTARTS(STR(?t), STR(zo:))) } GROUP BY ?t HAVING (COUNT(?s) > 1)",
            "SELECT DISTINCT ?g ?n { ?g a zo:ZarrGroup OPTIONAL { ?g zo:attribute/zo:key ?n } }",
        ):
            found = client.post("sparql", data={"query": prefixes + text}).json()
            columns, rows = found["head"]["vars"], found["results"]["bindings"]
            ours = {tuple(row.get(name, {}).get("value") for name in columns) for row in rows}
            theirs = {tuple(None if term is None else str(term) for term in row) for row in everything.query(prefixes + text)}
            assert theirs
            assert ours == theirs

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            (None, "application/sparql-results+json"),
            ("*/*", "application/sparql-results+json"),
            ("application/sparql-results+xml", "application/sparql-results+xml"),
            ("text/csv", "text/csv; charset=utf-8"),
            ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
            ("application/json", "application/json"),
            ("application/sparql-results+json;q=0.2, text/csv;q=0.7, */*;q=0.1", "text/csv; charset=utf-8"),
            ("text/*;q=0.3, application/sparql-results+xml;q=0.4", "application/sparql-results+xml"),
            ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
            ("text/turtle, application/sparql-results+xml;q=0.1", "application/sparql-results+xml"),
        ],
    )
    def test_the_format_of_a_table_is_negotiated(self, client: httpx.Client, accept: str | None, media_type: str) -> None:
        with httpx.Client(base_url=client.base_url, timeout=60) as bare:
            del bare.headers["accept"]
            answer = bare.get("sparql", params={"query": DATASETS}, headers={} if accept is None else {"Accept": accept})
        assert answer.headers["content-type"] == media_type
        assert "Accept" in answer.headers["vary"]
        iri = f"{client.base_url}datasets/open-lab"
        if "json" in media_type:
            assert names(answer) == ["open-lab"]
        elif "xml" in media_type:
            found = ElementTree.fromstring(answer.content).iter("{http://www.w3.org/2005/sparql-results#}uri")
            assert [each.text for each in found] == [iri]
        else:
            rows = list(csv.reader(io.StringIO(answer.text), delimiter="," if "csv" in media_type else "\t"))
            assert rows == [["d"], [iri]] if "csv" in media_type else [["?d"], [f"<{iri}>"]]

    @pytest.mark.parametrize(
        ("accept", "parser"),
        [
            ("text/turtle", "turtle"),
            ("application/n-triples", "nt"),
            ("application/ld+json", "json-ld"),
            ("application/rdf+xml", "xml"),
            ("application/json", "json-ld"),
            ("application/rdf+xml;q=0.9, text/turtle;q=0.8", "xml"),
        ],
    )
    def test_the_format_of_triples_is_negotiated(self, client: httpx.Client, accept: str, parser: str) -> None:
        text = f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}"
        answer = client.get("sparql", params={"query": text}, headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == accept.partition(";")[0]
        found = rdflib.Graph().parse(data=answer.text, format=parser)
        assert {(str(s), str(o)) for s, _, o in found} == {(f"http://example.org/s{i}", str(i)) for i in range(50)}

    @pytest.mark.parametrize(
        ("text", "format_", "media_type"),
        [
            ("ASK {}", "xml", "application/sparql-results+xml"),
            ("ASK {}", "json", "application/sparql-results+json"),
            (DATASETS, "csv", "text/csv; charset=utf-8"),
            (DATASETS, "application/sparql-results+xml", "application/sparql-results+xml"),
            ("DESCRIBE <http://example.org/s1>", "json", "application/ld+json"),
            ("DESCRIBE <http://example.org/s1>", "n3", "text/turtle; charset=utf-8"),
            ("DESCRIBE <http://example.org/s1>", "rdf+xml", "application/rdf+xml"),
        ],
    )
    def test_a_format_can_be_named(self, client: httpx.Client, text: str, format_: str, media_type: str) -> None:
        answer = client.get("sparql", params={"query": text, "format": format_}, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type), answer.text

    @pytest.mark.parametrize(
        ("method", "how", "status"),
        [
            ("GET", {"params": {"query": DATASETS}, "headers": {"Accept": "image/png"}}, 406),
            ("GET", {"params": {"query": "DESCRIBE <x:y>"}, "headers": {"Accept": "text/csv"}}, 406),
            ("GET", {"params": {"query": DATASETS, "format": "turtle"}}, 400),
            ("GET", {"params": {"query": DATASETS, "format": "sheet"}}, 400),
            ("GET", {"params": {"query": DATASETS, "format": ["csv", "xml"]}}, 400),
            ("GET", {"params": {"query": "SELECT"}}, 400),
            ("GET", {"params": {"query": ""}}, 400),
            ("GET", {"params": {"query": "SELECT * { ?s nope:p ?o }"}}, 400),
            ("GET", {"params": {"query": "ASK {}", "default-graph-uri": "no iri"}}, 400),
            ("GET", {"params": {"default-graph-uri": GRAPH}}, 400),
            ("POST", {"data": {"format": "json"}}, 400),
            ("POST", {"content": b"\xff\xfe", "headers": DIRECT}, 400),
            ("POST", {"content": b"query=%FF", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
            ("POST", {"content": "ASK {}"}, 415),
            ("POST", {"json": {"query": "ASK {}"}}, 415),
            ("POST", {"content": "ASK {}", "headers": {"Content-Type": "application/sparql-query; charset=latin-1"}}, 415),
            ("POST", {"content": "CLEAR ALL", "headers": {"Content-Type": "application/sparql-update"}}, 403),
            ("POST", {"data": {"update": "CLEAR ALL"}}, 403),
            ("GET", {"params": {"update": "CLEAR ALL"}}, 403),
            ("POST", {"data": {"query": "INSERT DATA { <x:s> <x:p> 1 }"}}, 403),
            ("POST", {"content": "#" * 70_000 + "\nASK {}", "headers": DIRECT}, 413),
            ("POST", {"content": "x" * 3_000_000, "headers": DIRECT}, 413),
            ("PUT", {"content": "ASK {}", "headers": DIRECT}, 405),
            ("DELETE", {}, 405),
        ],
    )
    def test_what_cannot_be_answered_says_why(self, client: httpx.Client, method: str, how: dict, status: int) -> None:
        answer = client.request(method, "sparql", **how)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.json()["detail"]) > 10

    def test_head_and_options(self, client: httpx.Client) -> None:
        full = client.get("sparql", params={"query": DATASETS})
        head = client.head("sparql", params={"query": DATASETS})
        assert head.content == b""
        assert head.headers["content-length"] == full.headers["content-length"] == str(len(full.content))
        options = client.options("sparql")
        assert (options.status_code, options.headers["accept-post"]) == (
            204,
            "application/sparql-query, application/x-www-form-urlencoded",
        )
        asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
        assert client.options("sparql", headers=asked).headers["access-control-allow-origin"] == "*"
        assert client.get("sparql", params={"query": DATASETS}, headers=asked).headers["access-control-allow-origin"] == "*"

    # -- what is seen

    def test_a_key_sees_more(self, catalogue: ServedCatalogue, client: httpx.Client) -> None:
        with catalogue.client(catalogue.read_key) as known:
            assert names(known.get("sparql", params={"query": DATASETS})) == ["closed-lab", "open-lab"]
            assert known.get("sparql", params={"query": DATASETS}).headers["cache-control"].startswith("private")
            assert names(known.get("sparql", params={"query": "SELECT ?d { ?d <x:p> 1 }", "default-graph-uri": HIDDEN})) == []
            hidden = {"query": f"SELECT ?d {{ GRAPH <{HIDDEN}> {{ ?d ?p ?o }} }}"}
            assert len(names(known.get("sparql", params=hidden))) == 20
        assert client.get("sparql", params={"query": "ASK {}"}, headers={"Authorization": "Bearer no"}).status_code == 401
        assert names(client.get("sparql", params=hidden)) == []
        for parameters in (
            {"query": "SELECT ?d { ?d ?p ?o }", "default-graph-uri": HIDDEN},
            {"query": "SELECT ?d { GRAPH ?g { ?d ?p ?o } }", "named-graph-uri": HIDDEN},
            {"query": f"SELECT ?d FROM <{HIDDEN}> {{ ?d ?p ?o }}"},
        ):
            assert names(client.get("sparql", params=parameters)) == [], "it is not in the public audience"

    def test_the_protocol_chooses_the_dataset(self, client: httpx.Client) -> None:
        def count(text: str, **more: object) -> int:
            query = f"SELECT (COUNT(*) AS ?n) {text}"
            answer = client.get("sparql", params={"query": query, **more})  # type: ignore[dict-item]
            assert answer.status_code == 200, answer.text
            return int(answer.json()["results"]["bindings"][0]["n"]["value"])

        other = "http://example.org/graphs/2"
        every, named = "{ ?s ?p ?o }", "{ GRAPH ?g { ?s ?p ?o } }"
        assert count(every, **{"default-graph-uri": GRAPH}) == 50
        assert count(every, **{"default-graph-uri": [GRAPH, other]}) == 60
        assert count(named, **{"default-graph-uri": GRAPH}) == 0
        assert count(named, **{"named-graph-uri": [GRAPH, other]}) == 60
        assert count(every, **{"named-graph-uri": [GRAPH, other]}) == 0
        assert count(f"FROM <{other}> {every}", **{"default-graph-uri": GRAPH}) == 50, "the protocol goes before FROM"
        assert count(every, **{"default-graph-uri": "http://127.0.0.1:1/nothing"}) == 0

    def test_changes_are_seen(self, catalogue: ServedCatalogue, client: httpx.Client) -> None:
        text = {"query": "SELECT ?d { ?d <http://example.org/p> ?o }", "default-graph-uri": "http://example.org/graphs/new"}
        for count in (3, 5, 1):
            load(catalogue, {"http://example.org/graphs/new": triples(count, "new")})
            assert len(names(client.get("sparql", params=text))) == count

    # -- limits

    def test_an_answer_is_whole_or_refused(self, client: httpx.Client) -> None:
        rows = "SELECT (1 AS ?d) { ?a ?p ?o . ?b ?q ?r } LIMIT %d"
        for format_ in ("json", "xml", "csv", "tsv"):
            short = client.get("sparql", params={"query": rows % 2000, "format": format_})
            assert short.status_code == 200, short.text
            assert short.text.count("integer" if format_ in {"json", "xml"} else "1") >= 2000
            long = client.get("sparql", params={"query": rows % 2001, "format": format_})
            assert (long.status_code, long.json()["limit"], long.json()["allowed"]) == (413, "sparql-rows", 2000)
        text = "x" * 700
        large = client.get("sparql", params={"query": f"SELECT ('{text}' AS ?d) {{ ?s ?p ?o . ?a ?b ?c }} LIMIT 1999"})
        assert (large.status_code, large.json()["limit"], large.json()["allowed"]) == (413, "sparql-answer-bytes", 1_000_000)

    def test_no_query_reaches_another_server(self, client: httpx.Client) -> None:
        with Canary() as canary:
            for text in [*spellings(canary.url), f"LOAD <{canary.url}>", f"ASK FROM <{canary.url}> {{ ?s ?p ?o }}"]:
                for answer in (
                    client.get("sparql", params={"query": text}),
                    client.post("sparql", data={"query": text}),
                    client.post("sparql", content=text.encode(), headers=DIRECT),
                    client.post("sparql", data={"update": text}),
                ):
                    assert answer.status_code in {200, 400, 403}, answer.text
            asked = client.get("sparql", params={"query": "ASK { ?s ?p ?o }", "default-graph-uri": canary.url})
            assert asked.json()["boolean"] is False
            assert canary.visits == 0

    # -- the service description

    @pytest.mark.parametrize(
        ("accept", "parser"), [("text/turtle", "turtle"), ("application/ld+json", "json-ld"), ("application/rdf+xml", "xml")]
    )
    def test_it_describes_itself(self, catalogue: ServedCatalogue, client: httpx.Client, accept: str, parser: str) -> None:
        answer = client.get("sparql", headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == accept
        assert len(answer.content) < 20_000
        found = rdflib.Graph().parse(data=answer.text, format=parser)
        endpoint = rdflib.URIRef(f"{catalogue.base}sparql")
        (service,) = found.subjects(rdflib.RDF.type, SD.Service)
        assert (service, SD.endpoint, endpoint) in found
        assert (service, SD.supportedLanguage, SD.SPARQL11Query) in found
        assert (service, SD.feature, SD.UnionDefaultGraph) in found
        assert (service, SD.feature, SD.BasicFederatedQuery) not in found
        again = client.get("sparql", headers={"Accept": accept, "If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert client.get("sparql", headers={"Accept": "image/png"}).status_code == 406

    # -- clients that others wrote

    @pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
    def test_rdflib_asks(self, catalogue: ServedCatalogue, method: str) -> None:
        store = SPARQLStore(f"{catalogue.base}sparql", method=method)  # type: ignore[no-untyped-call]
        graph = rdflib.Graph(store)
        assert [str(row[0]) for row in graph.query(DATASETS)] == [f"{catalogue.base}datasets/open-lab"]
        assert bool(graph.query("ASK { ?s a dcat:Dataset }").askAnswer)
        named = rdflib.Graph(store, identifier=rdflib.URIRef(GRAPH))
        assert len(list(named.triples((rdflib.URIRef("http://example.org/s7"), None, None)))) == 1

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_sparqlwrapper_asks(self, catalogue: ServedCatalogue, method: str) -> None:
        for direct in (False, True) if method == "POST" else (False,):
            wrapper = SPARQLWrapper(f"{catalogue.base}sparql")
            wrapper.setMethod(method)
            wrapper.setRequestMethod("postdirectly" if direct else "urlencoded")
            wrapper.setQuery(DATASETS)
            wrapper.setReturnFormat(JSON)
            found = wrapper.queryAndConvert()
            assert [row["d"]["value"] for row in found["results"]["bindings"]] == [f"{catalogue.base}datasets/open-lab"]
            wrapper.setReturnFormat(XML)
            assert len(wrapper.queryAndConvert().getElementsByTagName("result")) == 1
            wrapper.setReturnFormat(CSV)
            assert wrapper.queryAndConvert().decode().split() == ["d", f"{catalogue.base}datasets/open-lab"]
            wrapper.setReturnFormat(TSV)
            assert wrapper.queryAndConvert().decode().split() == ["?d", f"<{catalogue.base}datasets/open-lab>"]
            wrapper.setQuery(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}")
            wrapper.setReturnFormat(TURTLE)
            assert len(rdflib.Graph().parse(data=wrapper.queryAndConvert(), format="turtle")) == 50
            for form in (XML, RDFXML, JSONLD):
                wrapper.setReturnFormat(form)
                assert len(wrapper.queryAndConvert()) == 50, form


def fill(catalogue: ServedCatalogue) -> ServedCatalogue:
    load(catalogue, {GRAPH: triples(50), "http://example.org/graphs/2": triples(10, "t")})
    load(catalogue, {HIDDEN: triples(20, "hidden")}, "catalog")
    return catalogue


class TestEmbedded(SparqlTests):
    @pytest.fixture
    def catalogue(self, embedded_sparql: ServedCatalogue) -> ServedCatalogue:
        return fill(embedded_sparql)


class TestFuseki(SparqlTests):
    @pytest.fixture
    def catalogue(self, fuseki_sparql: ServedCatalogue) -> ServedCatalogue:
        return fill(fuseki_sparql)
