"""Does the service answer over Fuseki as it does over the embedded store, and say so when Fuseki does not answer?

The same stores are taken into both, under the same base IRI; each store is the other's oracle, and the sources are there beside.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import rdflib
import zarr

from catalog.services.sample import write_sample
from tests.support.chaos_proxy import ChaosProxy, Cut
from tests.support.fuseki import FusekiServer
from tests.support.linked_data import MEDIA_TYPES
from tests.support.same_answers import assert_same
from tests.support.service import ServedCatalogue, listening_socket, running, served, take_in
from tests.support.sparql_service import on_fuseki
from tests.unit.client.conftest import write_weather

BASE = "https://catalogue.example/"
STORES = {"open-lab": "public", "closed-lab": "restricted", "weather": "public"}
MEASUREMENT = "datasets/open-lab/nodes/campaign1/batch1/preparation1/sample1/sample1Dataset"
SST = "datasets/weather/nodes/sst"
ZO = "https://w3id.org/zarr-catalog/ns#"


@dataclass(frozen=True)
class Both:
    """The same catalogue twice.

    Attributes
    ----------
    folder
        Holds the stores, ``{id}.zarr``.
    embedded, fuseki
        Services over it.
    server
        The Fuseki, to be asked behind the service's back.
    """

    folder: Path
    embedded: ServedCatalogue
    fuseki: ServedCatalogue
    server: FusekiServer

    def ask(self, viewer: str, method: str, address: str, **options: Any) -> tuple[httpx.Response, httpx.Response]:
        """What each answers ``anybody``, a ``reader`` or a ``writer``; the embedded one first."""
        answers = []
        for each in (self.embedded, self.fuseki):
            key = {"anybody": "", "reader": each.read_key, "writer": each.write_key}[viewer]
            with each.client(key, follow_redirects=True) as client:
                answers.append(client.request(method, address, **options))
        return answers[0], answers[1]


@pytest.fixture(scope="module")
def both(fuseki_server: FusekiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder: Path = tmp_path_factory.mktemp("both")
    write_sample(folder / "open-lab.zarr", samples=2, seed=1)
    write_sample(folder / "closed-lab.zarr", samples=2, seed=2)
    write_weather(folder / "weather.zarr")
    fuseki_server.clear()
    with (
        served(folder / "embedded", base=BASE) as embedded,
        served(folder / "fuseki", base=BASE, **on_fuseki(fuseki_server)) as fuseki,
    ):
        for catalogue in (embedded, fuseki):
            for dataset_id, access in STORES.items():
                take_in(catalogue, folder / f"{dataset_id}.zarr", dataset_id, access, extents=True)
        yield Both(folder, embedded, fuseki, fuseki_server)
    fuseki_server.clear()


# -- search

SEARCHES: list[dict[str, Any]] = [
    {},
    {"kind": "datasets"},
    {"kind": "nodes", "limit": "1000"},
    {"q": "north sea"},
    {"q": "warmth", "kind": "arrays"},
    {"q": "sample*", "limit": "1000"},
    {"kind": "arrays", "standard_name": "sea_surface_temperature"},
    {"kind": "arrays", "ndim__gte": "2", "dtype__in": "float64,float32", "sort": "-path"},
    {"kind": "arrays", "dims": "lat", "facet": ["dtype", "dataset", "units", "standard_name"]},
    {"kind": "arrays", "path__startswith": "campaign1/", "path__endswith": "Dataset", "sort": "path"},
    {"kind": "arrays", "dataset__title__contains": "buoys", "facet": "dims"},
    {"kind": "datasets", "bbox": "2,51,3,52"},
    {"kind": "datasets", "datetime": "2020-01-02T00:00:00Z/2020-01-03T00:00:00Z"},
]


class TestSearch:
    @pytest.mark.parametrize("viewer", ["anybody", "reader"])
    def test_words_conditions_places_times_and_facets(self, both: Both, viewer: str) -> None:
        for params in SEARCHES if viewer == "reader" else SEARCHES[::3]:
            found = assert_same(both.ask(viewer, "GET", "search", params=params))
            assert found["hits"], params
            assert found["complete"] is True
            shown = json.dumps(found)
            assert viewer == "reader" or "closed-lab" not in shown, params

    def test_what_lies_where_is_found_there_alone(self, both: Both) -> None:
        for params in (
            {"bbox": "2,51,3,52"},
            {"bbox": "20,51,30,52"},
            {"datetime": "2020-01-02/2020-01-03"},
            {"datetime": "2021-01-01/.."},
        ):
            for answer in both.ask("reader", "GET", "search", params={"kind": "datasets", **params}):
                found = [hit["iri"] for hit in answer.json()["hits"]]
                assert found == (
                    [f"{BASE}datasets/weather"]
                    if params in ({"bbox": "2,51,3,52"}, {"datetime": "2020-01-02/2020-01-03"})
                    else []
                )

    def test_a_body_with_a_tree_of_conditions(self, both: Both) -> None:
        tree = {"and": [{"ndim__gte": 2}, {"not": {"dtype": "int64"}}, {"or": [{"path__contains": "s"}, {"dims": "lat"}]}]}
        body = {"kind": "arrays", "filter": tree, "facets": ["dtype", "shape"], "sort": ["dtype", "-path"], "limit": 1000}
        found = assert_same(both.ask("reader", "POST", "search", json=body))
        assert {hit["path"].rpartition("/")[2] for hit in found["hits"]} == {"sst", "ice", "sample1Dataset", "sample2Dataset"}

    @pytest.mark.parametrize("sort", ["", "-path"])
    def test_pages_that_follow_links(self, both: Both, sort: str) -> None:
        pages = []
        for catalogue in (both.embedded, both.fuseki):
            found, address = list[str](), f"search?limit=4&kind=nodes{f'&sort={sort}' if sort else ''}"
            with catalogue.client(catalogue.read_key) as client:
                while address:
                    answer = client.get(address)
                    assert answer.status_code == 200, answer.text
                    found += [hit["iri"] for hit in answer.json()["hits"]]
                    address = "search" + answer.links["next"]["url"] if "next" in answer.links else ""
            pages.append(found)
        nodes = sum(
            1 + len(list(zarr.open_group(both.folder / f"{name}.zarr", mode="r").members(max_depth=None))) for name in STORES
        )
        assert pages[0] == pages[1]
        assert len(set(pages[1])) == len(pages[1]) == nodes

    def test_formats(self, both: Both) -> None:
        for form in ("csv", "arrow", "json"):
            assert_same(both.ask("anybody", "GET", "search", params={"kind": "arrays", "limit": "1000", "format": form}))
        one, other = both.ask("anybody", "GET", "search", params={"kind": "arrays", "limit": "1000", "format": "jsonld"})
        assert one.json() == other.json()
        page = assert_same(both.ask("anybody", "GET", "search?q=sea&kind=arrays", headers={"Accept": "text/html"}))
        assert "weather" in str(page)

    def test_refusals(self, both: Both) -> None:
        for address in ("search?standrd_name=x&kind=arrays", "search?limit=5000", "search?cursor=abc"):
            one, other = both.ask("anybody", "GET", address)
            assert other.status_code in {400, 413}
            assert (other.status_code, other.json()) == (one.status_code, one.json())


# -- SPARQL

TABLES = [
    "SELECT ?a ?p ?n { ?a a zo:ZarrArray ; zo:path ?p ; zo:shape ?n } ORDER BY ?a",
    "SELECT ?t (COUNT(DISTINCT ?s) AS ?n) { ?s a ?t } GROUP BY ?t ORDER BY ?t",
    "SELECT ?d ?title { ?d a dcat:Dataset OPTIONAL { ?d dct:title ?title } } ORDER BY ?d",
    "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), '/datasets/')) } ORDER BY ?g",
    "SELECT ?s ?v { ?s <https://example.org/lab/terms#amountInMillimoles> ?v FILTER(?v > 0.05) } ORDER BY ?s ?v",
]
TABLE_TYPES = ("application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values")


class TestSparql:
    @pytest.mark.parametrize("viewer", ["anybody", "reader"])
    def test_tables(self, both: Both, viewer: str) -> None:
        for text in TABLES:
            names, rows = assert_same(both.ask(viewer, "POST", "sparql", data={"query": text}))
            assert names, text
            assert rows, text

    def test_formats_of_tables(self, both: Both) -> None:
        for media_type in TABLE_TYPES:
            text = "SELECT ?a ?n { ?a a zo:ZarrArray ; zo:path ?n } ORDER BY ?a"
            answers = both.ask("anybody", "GET", "sparql", params={"query": text}, headers={"Accept": media_type})
            results = [rdflib.query.Result.parse(io.BytesIO(each.content), content_type=media_type) for each in answers]
            rows = [[tuple(str(term) for term in row) for row in result] for result in results]
            assert [each.headers["content-type"].partition(";")[0] for each in answers] == [media_type] * 2
            assert rows[0] == rows[1]
            assert (f"{BASE}{SST}", "sst") in rows[1]

    @pytest.mark.parametrize("form", ["json", "xml"])
    def test_yes_and_no(self, both: Both, form: str) -> None:
        for viewer, wanted in (("anybody", False), ("reader", True)):
            text = f"ASK {{ <{BASE}datasets/closed-lab> a dcat:Dataset }}"
            for answer in both.ask(viewer, "GET", "sparql", params={"query": text, "format": form}):
                assert answer.status_code == 200
                found = rdflib.query.Result.parse(io.BytesIO(answer.content), content_type=answer.headers["content-type"])
                assert found.askAnswer is wanted

    @pytest.mark.parametrize("media_type", sorted(MEDIA_TYPES))
    def test_graphs(self, both: Both, media_type: str) -> None:
        text = f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{BASE}datasets/weather> {{ ?s ?p ?o }} }}"
        answers = both.ask("anybody", "GET", "sparql", params={"query": text}, headers={"Accept": media_type})
        triples = assert_same(answers)
        assert answers[1].headers["content-type"].partition(";")[0] == media_type
        assert (rdflib.URIRef(f"{BASE}{SST}"), rdflib.RDF.type, rdflib.URIRef(f"{ZO}ZarrArray")) in triples

    def test_graphs_that_are_named_beside_the_query(self, both: Both) -> None:
        params = {"query": "SELECT ?s { ?s a zo:ZarrArray } ORDER BY ?s", "default-graph-uri": f"{BASE}datasets/open-lab"}
        _, rows = assert_same(both.ask("reader", "GET", "sparql", params=params))
        assert {row["s"][2].rpartition("/nodes/")[0] for row in rows} == {f"{BASE}datasets/open-lab"}

    def test_the_description_and_what_is_refused(self, both: Both) -> None:
        assert_same(both.ask("anybody", "GET", "sparql", headers={"Accept": "text/turtle"}))
        for text in ("SELEKT", "INSERT DATA { <x:a> <x:b> <x:c> }", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"):
            one, other = both.ask("writer", "GET", "sparql", params={"query": text})
            assert other.status_code in {400, 403}
            assert (other.status_code, other.json()["code"]) == (one.status_code, one.json()["code"])


# -- linked data


class TestLinkedData:
    def things(self, both: Both) -> list[str]:
        text = "SELECT DISTINCT ?s { ?s a zo:Snapshot FILTER(CONTAINS(STR(?s), '/datasets/open-lab/')) }"
        _, rows = assert_same(both.ask("anybody", "GET", "sparql", params={"query": text}))
        snapshots = [row["s"][2].removeprefix(BASE) for row in rows]
        assert snapshots
        nodes = ["datasets/open-lab/nodes/", "datasets/open-lab/nodes/campaign1", MEASUREMENT, SST]
        parts = ["datasets/open-lab/record", "datasets/open-lab/asserted", "datasets/weather/distribution"]
        return ["datasets/open-lab", "datasets/weather", *nodes, *parts, *snapshots]

    def test_things_as_rdf_and_as_pages(self, both: Both) -> None:
        for address in self.things(both):
            paged = address in {"datasets/weather", MEASUREMENT, "datasets/open-lab/record"}
            for media_type in ("application/n-triples", "text/html")[: 1 + paged]:
                found = assert_same(both.ask("anybody", "GET", address, headers={"Accept": media_type}))
                assert address.split("/")[1] in str(found) or address.endswith("/asserted"), address
        for media_type in MEDIA_TYPES:
            assert_same(both.ask("reader", "GET", "datasets/closed-lab/nodes/campaign1", headers={"Accept": media_type}))

    @pytest.mark.parametrize("viewer", ["anybody", "reader"])
    def test_the_catalogue_its_figures_and_its_first_page(self, both: Both, viewer: str) -> None:
        for address in ("catalog", "void", "", "ns/dtype/float64"):
            for media_type in ("text/turtle", "text/html") if viewer == "anybody" else ("text/turtle",):
                found = assert_same(both.ask(viewer, "GET", address, headers={"Accept": media_type}))
                assert viewer == "reader" or "closed-lab" not in str(found), address
        catalogue = assert_same(both.ask(viewer, "GET", "catalog", headers={"Accept": "text/turtle"}))
        listed = {str(o) for _, p, o in catalogue if str(p) == "http://www.w3.org/ns/dcat#dataset"}
        seen = [name for name, access in STORES.items() if viewer == "reader" or access == "public"]
        assert listed == {f"{BASE}datasets/{name}" for name in seen}

    def test_a_document_that_is_known_is_not_sent_again(self, both: Both) -> None:
        with both.fuseki.client() as client:
            tag = client.get("data/datasets/open-lab.ttl").headers["etag"]
            again = client.get("data/datasets/open-lab.ttl", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")

    def test_what_is_restricted_is_not_there_without_a_key(self, both: Both) -> None:
        closed = MEASUREMENT.replace("open-lab", "closed-lab")
        for address in (
            "datasets/closed-lab", "data/datasets/closed-lab.ttl", "datasets/closed-lab/record", closed, f"arrays/{closed}",
            f"plan/{closed}", f"resolve?uri={BASE}{closed}", "datasets/closed-lab/zarr/zarr.json",
        ):  # fmt: skip
            one, other = both.ask("anybody", "GET", address)
            assert (one.status_code, other.status_code) == (404, 404), address
            assert one.json() == other.json()
            assert [each.status_code for each in both.ask("reader", "GET", address)] == [200, 200], address


# -- arrays


class TestArrays:
    def test_values_are_those_of_the_source(self, both: Both) -> None:
        source: Any = zarr.open_array(both.folder / "weather.zarr" / "sst", mode="r")[...]
        for select, wanted in (
            ("", source),
            ("time=1:3,lon=::4", source[1:3, :, ::4]),
            ("time=2020-01-02..2020-01-04", source[1:3]),
            ("lat=label(54)", source[:, 2]),
        ):
            for address, params in ((f"arrays/{SST}", {}), ("arrays", {"iri": BASE + SST})):
                params |= {"select": select, "format": "npy"}
                np.testing.assert_array_equal(assert_same(both.ask("anybody", "GET", address, params=params)), wanted)

    @pytest.mark.parametrize("form", ["json", "csv", "arrow"])
    def test_other_formats(self, both: Both, form: str) -> None:
        params = {"select": "time=2020-01-02..2020-01-03,lat=0", "format": form}
        assert_same(both.ask("reader", "GET", f"arrays/{SST}", params=params))

    def test_plans_and_meanings(self, both: Both) -> None:
        plan = assert_same(both.ask("anybody", "GET", f"plan/{SST}", params={"select": "time=0:2"}))
        assert len(plan["keys"]) == 2 * 2  # chunks of (2, 3, 5) in (4, 6, 10)
        assert_same(both.ask("reader", "GET", "plan", params={"iri": BASE + MEASUREMENT}))
        named = next(
            iri for iri, path in json.loads((both.folder / "open-lab.zarr.truth.json").read_text())["uris"].items()
            if path == MEASUREMENT.partition("/nodes/")[2]
        )  # fmt: skip
        for uri in (named, f"{BASE}datasets/weather", BASE + MEASUREMENT):
            found = assert_same(both.ask("anybody", "GET", "resolve", params={"uri": uri}))
            assert BASE in json.dumps(found), uri
        one, other = both.ask("anybody", "GET", "resolve", params={"uri": f"{BASE}datasets/wether"})
        assert (one.status_code, one.json()) == (other.status_code, other.json())
        assert other.status_code == 404

    @pytest.mark.parametrize("dataset_id", list(STORES))
    def test_a_dataset_is_a_store_for_zarr_python(self, both: Both, dataset_id: str) -> None:
        source = zarr.open_group(both.folder / f"{dataset_id}.zarr", mode="r", use_consolidated=False)
        headers = {"Authorization": f"Bearer {both.fuseki.read_key}"} if STORES[dataset_id] == "restricted" else {}
        served_group = zarr.open_group(
            f"{both.fuseki.base}datasets/{dataset_id}/zarr", mode="r", storage_options={"client_kwargs": {"headers": headers}}
        )
        members = dict(source.members(max_depth=None))
        assert members
        assert {path for path, _ in served_group.members(max_depth=None)} == set(members)
        for path, member in members.items():
            assert dict(served_group[path].attrs) == dict(member.attrs)
            if isinstance(member, zarr.Array):
                np.testing.assert_array_equal(served_group[path][...], member[...])  # type: ignore[index]


# -- Fuseki does not answer

ASKED = (
    "health/ready", "search?q=sea", "search?kind=arrays&ndim__gte=1", "sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D",
    "datasets/open-lab", "data/datasets/open-lab.ttl", "", "catalog", "data/catalog.ttl", f"arrays/{SST}",
    f"plan/{SST}", f"resolve?uri={BASE}{SST}", "datasets/open-lab/zarr/zarr.json",
)  # fmt: skip


def _assert_unavailable(client: httpx.Client, address: str, secret: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), (address, answer.text)
    assert int(answer.headers["retry-after"]) > 0, address
    assert answer.json()["code"] == "graph-store-unavailable", address
    assert secret not in answer.text


class TestUnavailable:
    def test_a_service_tells_so_while_fuseki_is_away_and_goes_on_when_it_is_back(self, both: Both) -> None:
        listener = listening_socket()
        base, secret = f"http://127.0.0.1:{listener.getsockname()[1]}/", both.server.password
        proxy = ChaosProxy(both.server.port)
        settings = both.fuseki.settings.model_copy(update={"graph_store": f"fuseki:{proxy.url}/catalog"})
        with running(settings, listener), httpx.Client(base_url=base, timeout=60, follow_redirects=True) as client:
            with proxy:
                for cut in (Cut(0, reset=True), None):  # first before anything was ever opened
                    proxy.cut_request = cut
                    for address in ASKED:
                        if cut is None:
                            assert client.get(address).status_code == 200, address
                        else:
                            _assert_unavailable(client, address, secret)
                    assert client.get("health/live").json() == {"status": "alive"}
            for address in ASKED:  # nothing listens any more
                _assert_unavailable(client, address, secret)
            client.headers["Authorization"] = f"Bearer {both.fuseki.write_key}"
            change = {"content": b'{"title": "x"}', "headers": {"Content-Type": "application/merge-patch+json"}}
            answer = client.patch("datasets/open-lab", **change)
            assert (answer.status_code, answer.json()["code"]) == (503, "graph-store-unavailable")


# -- writing comes last: it changes what both say


class TestWriting:
    def test_what_a_steward_says_is_there_for_all(self, both: Both) -> None:
        patch = {"Content-Type": "application/merge-patch+json"}
        body = {"title": "Nordsee, Bojen", "description": 'a \u2028 line and a "quote"'}
        refused = both.ask("reader", "PATCH", "datasets/weather", content=json.dumps(body), headers=patch)
        assert [each.status_code for each in refused] == [403, 403]
        late = both.ask("writer", "PATCH", "datasets/weather", content=b"{}", headers={**patch, "If-Match": '"some-other"'})
        assert [(each.status_code, each.json()["code"]) for each in late] == [(412, "precondition-failed")] * 2
        known = both.ask("writer", "GET", "data/datasets/weather.nt")[1].headers["etag"]
        done = both.ask("writer", "PATCH", "datasets/weather", content=json.dumps(body), headers=patch)
        assert [each.status_code for each in done] == [200, 200], done[1].text
        assert done[0].json() == done[1].json()
        assert done[1].json()["changed"] is True
        for address in ("datasets/weather", "datasets/weather/curated"):
            found = assert_same(both.ask("anybody", "GET", address, headers={"Accept": "text/turtle"}))
            assert body["title"] in {str(term) for triple in found for term in triple}
        for viewer in ("anybody", "reader"):
            found = assert_same(both.ask(viewer, "GET", "search", params={"q": "nordsee", "kind": "datasets"}))
            assert [hit["iri"] for hit in found["hits"]] == [f"{BASE}datasets/weather"]
        for audience in ("catalog", "public"):
            said = both.server.ask(
                f"{audience}/sparql", f"SELECT ?t {{ <{BASE}datasets/weather> <http://purl.org/dc/terms/title> ?t }}"
            )
            assert "Nordsee, Bojen" in said.text, audience
        with both.fuseki.client(both.fuseki.write_key) as client:
            for tag, status in ((known, 412), (done[1].headers["etag"], 200)):
                answer = client.patch("datasets/weather", content=b"{}", headers={**patch, "If-Match": tag})
                assert answer.status_code == status, answer.text
