"""Is the search over HTTP what it is inside, for whoever asks, in every format?"""

import csv
import io
import json
import re

import pyarrow as pa
import pyoxigraph as ox
import pytest

from tests.support.service import ServedCatalogue

ZO = "https://w3id.org/zarr-catalog/ns#"


def test_get_and_post_find_the_same(sample_service: ServedCatalogue) -> None:
    with sample_service.client(sample_service.read_key) as http:
        address = {
            "kind": "arrays",
            "ndim__gte": "2",
            "dtype__in": "float64,int16",
            "facet": "dtype,dataset",
            "sort": "-path",
            "limit": "3",
        }
        body = {
            "kind": "arrays", "filter": {"ndim__gte": 2, "dtype__in": ["float64", "int16"]}, "facets": ["dtype", "dataset"],
            "sort": ["-path"], "limit": 3,
        }  # fmt: skip
        by_address, by_body = http.get("search", params=address), http.post("search", json=body)
        assert by_address.status_code == by_body.status_code == 200
        one, other = by_address.json(), by_body.json()
        assert one.pop("next") is not None
        assert other.pop("next") is not None
        assert one == other
        assert one["total"]["relation"] == "exact"
        paths = [hit["path"] for hit in one["hits"]]
        assert paths == sorted(paths, reverse=True)
        assert sum(each["count"] for each in one["facets"][0]["values"]) == one["total"]["value"]


def test_without_a_key_only_what_is_public_is_found(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as anybody, sample_service.client(sample_service.read_key) as known:
        for params in ({"kind": "nodes"}, {"kind": "datasets"}, {"kind": "arrays"}, {"q": "sample"}, {"q": "campaign"}):
            request = {**params, "limit": "1000"} | ({"facet": "dataset"} if params.get("kind") != "datasets" else {})
            seen, everything = anybody.get("search", params=request), known.get("search", params=request)
            assert seen.status_code == everything.status_code == 200
            assert "closed-lab" not in seen.text
            assert "closed-lab" in everything.text
            assert seen.json()["total"]["value"] < everything.json()["total"]["value"]
        by_id = [
            http.get("search", params={"dataset": "closed-lab", "limit": "1000"}).json()["hits"] for http in (anybody, known)
        ]
        assert by_id[0] == []
        assert by_id[1]
        assert all("/datasets/closed-lab/nodes/" in hit["iri"] for hit in by_id[1])


def test_pages_follow_links(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as http:
        whole = [hit["iri"] for hit in http.get("search", params={"limit": "1000"}).json()["hits"]]
        found, address = list[str](), "search?limit=5"
        while True:
            answer = http.get(address)
            found += [hit["iri"] for hit in answer.json()["hits"]]
            if "next" not in answer.links:
                break
            address = "search" + answer.links["next"]["url"]
        assert found == whole == sorted(whole)
        assert len(whole) > 5
        cursor = http.get("search?limit=5").json()["next"]
        refused = http.get("search", params={"limit": "5", "kind": "groups", "cursor": cursor})
        assert refused.status_code == 400
        assert "another search" in refused.json()["detail"]


def test_every_format_holds_the_same_hits(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as http:
        params = {"kind": "arrays", "limit": "1000"}
        wanted = {hit["iri"]: hit for hit in http.get("search", params=params).json()["hits"]}
        table = http.get("search", params=params, headers={"Accept": "text/csv"})
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert table.headers["catalog-total"] == str(len(wanted))
        assert table.headers["catalog-complete"] == "true"
        rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
        assert {row["iri"]: json.loads(row["shape"]) for row in rows} == {iri: hit["shape"] for iri, hit in wanted.items()}
        arrow = http.get("search", params={**params, "format": "arrow"})
        assert arrow.headers["content-type"] == "application/vnd.apache.arrow.stream"
        columns = pa.ipc.open_stream(arrow.content).read_all().to_pydict()
        assert dict(zip(columns["iri"], columns["data_type"], strict=True)) == {
            iri: hit["data_type"] for iri, hit in wanted.items()
        }
        linked = http.get("search", params=params, headers={"Accept": "application/ld+json"})
        assert linked.headers["content-type"] == "application/ld+json"
        triples = list(ox.parse(linked.content, format=ox.RdfFormat.JSON_LD))
        assert {each.subject.value for each in triples if each.predicate.value == f"{ZO}shape"} == set(wanted)  # type: ignore[union-attr]
        chosen = http.get("search", params=params, headers={"Accept": "text/csv;q=0.5, application/ld+json;q=0.9, */*;q=0.1"})
        assert chosen.headers["content-type"] == "application/ld+json"
        assert "Accept" in chosen.headers["vary"]


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("search?standrd_name=x&kind=arrays", 400, "near are .*standard_name"),
        ("search?limit=5000", 413, "1000"),
        ("search?kind=things", 400, "allowed are"),
        ("search?format=xlsx", 400, "allowed are json"),
        ("search?kind=arrays&path__regex=(a%2B)%2B", 400, "for ever"),
        ("search?kind=arrays&ndim__gte=many", 400, "takes a number"),
        ("search?cursor=abc", 400, "cursor is none of ours"),
        ("search?bbox=0,0,1", 400, "four numbers"),
        ("search?kind=arrays&size__gt=5", 400, "reckoned"),
        ("search?kind=arrays&shape__gte=5", 400, "no order"),
    ],
)
def test_what_cannot_be_searched_is_a_problem(sample_service: ServedCatalogue, address: str, status: int, said: str) -> None:
    with sample_service.client() as http:
        answer = http.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert re.search(said, answer.json()["detail"])


def test_bodies_that_are_no_search(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as http:
        for body in (b"", b"[]", b"{", b"\xff\xfe", b'{"filter": {"\\ud800": 1}}'):
            assert http.post("search", content=body, headers={"Content-Type": "application/json"}).status_code == 400, body[:20]
        assert http.post("search", content=b"{}", headers={"Content-Type": "text/turtle"}).status_code == 415
        assert http.post("search", content=b"x" * (2**20 + 1)).status_code == 413
        assert http.post("search", content=b"[" * 50_000, headers={"Content-Type": "application/json"}).status_code in {400, 413}
        assert http.get("search", headers={"Accept": "image/png"}).status_code == 406


def test_nothing_found_is_an_answer(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as http:
        answer = http.get("search?kind=arrays&standard_name=nothing_of_the_kind&facet=dtype")
        assert answer.status_code == 200
        assert answer.json() == {
            "kind": "arrays", "total": {"value": 0, "relation": "exact"}, "complete": True, "hits": [],
            "facets": [{"term": "dtype", "values": [], "more": False}], "next": None,
        }  # fmt: skip


def test_it_is_documented(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as http:
        said = http.get("openapi.json").json()["paths"]["/search"]
        examples = said["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            assert http.post("search", json=example["value"]).status_code == 200
        for parameter in said["get"]["parameters"]:
            if "example" in parameter:
                assert http.get("search", params={parameter["name"]: parameter["example"], "kind": "arrays"}).status_code == 200
