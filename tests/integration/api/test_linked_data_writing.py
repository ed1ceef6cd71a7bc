"""PATCH writes what people say, checks conditions, and refuses what the shapes refuse; everybody sees the outcome."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import rdflib

from tests.support.linked_data import read_graph
from tests.support.service import ServedCatalogue, served, take_in_samples

PATCH = {"Content-Type": "application/merge-patch+json"}
TURTLE = {"Content-Type": "text/turtle"}
DCT, DCAT = rdflib.Namespace("http://purl.org/dc/terms/"), rdflib.Namespace("http://www.w3.org/ns/dcat#")
ADDRESS = "/datasets/open-lab"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    folder: Path = tmp_path_factory.mktemp("writing")
    with served(folder) as made:
        take_in_samples(made, folder)
        yield made


@pytest.fixture
def steward(catalogue: ServedCatalogue) -> Iterator[httpx.Client]:
    """Somebody with a write key, before a dataset of which nobody has said anything."""
    with catalogue.client(catalogue.write_key) as made:
        assert made.patch(ADDRESS, content=b"", headers=TURTLE).status_code == 200
        yield made


def _curated(client: httpx.Client) -> rdflib.Graph:
    return read_graph(client.get(f"/data{ADDRESS}/curated.nt").content, "application/n-triples")


def test_a_merge_patch_sets_and_takes_out(catalogue: ServedCatalogue, steward: httpx.Client) -> None:
    me = rdflib.URIRef(f"{catalogue.base}datasets/open-lab")
    licence = "https://creativecommons.org/licenses/by/4.0/"
    first = {
        "title": "North Sea",
        "license": licence,
        "keyword": ["sea", "north"],
        "description": {"@value": "Nordsee", "@language": "de"},
        "dct:extent": 5,
        "http://example.org/x": {"@id": "urn:x:1"},
        "dct:issued": {"@value": "2026-01-01", "@type": "xsd:date"},
    }
    answer = steward.patch(ADDRESS, json=first, headers=PATCH)
    assert answer.json() == {"id": "open-lab", "statements": 8, "changed": True, "accepted": True}
    graph = _curated(steward)
    assert graph.value(me, DCT.title) == rdflib.Literal("North Sea")
    assert graph.value(me, DCT.license) == rdflib.URIRef(licence)
    assert {str(each) for each in graph.objects(me, DCAT.keyword)} == {"sea", "north"}
    assert graph.value(me, DCT.description) == rdflib.Literal("Nordsee", lang="de")
    assert graph.value(me, DCT.extent) == rdflib.Literal(5)
    assert graph.value(me, rdflib.URIRef("http://example.org/x")) == rdflib.URIRef("urn:x:1")
    assert graph.value(me, DCT.issued) == rdflib.Literal("2026-01-01", datatype=rdflib.XSD.date)
    second = steward.patch(ADDRESS, json={"title": "Baltic", "keyword": None}, headers=PATCH)
    assert second.json()["statements"] == 6
    graph = _curated(steward)
    assert [str(each) for each in graph.objects(me, DCT.title)] == ["Baltic"]
    assert not list(graph.objects(me, DCAT.keyword))
    with catalogue.client() as anybody:
        assert '"Baltic"' in anybody.get(f"/data{ADDRESS}.ttl").text
        assert '"Baltic"' in anybody.get("/data/catalog.ttl").text
        assert "<h1><bdi>Baltic</bdi></h1>" in anybody.get(f"/data{ADDRESS}.html").text


def test_rdf_becomes_the_whole_graph(catalogue: ServedCatalogue, steward: httpx.Client) -> None:
    steward.patch(ADDRESS, json={"title": "before"}, headers=PATCH)
    text = '@prefix dct: <http://purl.org/dc/terms/> . <> dct:title "after" . <nodes/campaign1> dct:description "the first" .'
    assert steward.patch(ADDRESS, content=text, headers=TURTLE).json()["statements"] == 2
    base = f"{catalogue.base}datasets/open-lab"
    assert set(_curated(steward)) == {
        (rdflib.URIRef(base), DCT.title, rdflib.Literal("after")),
        (rdflib.URIRef(f"{base}/nodes/campaign1"), DCT.description, rdflib.Literal("the first")),
    }
    json_ld = '{"@id": "", "http://purl.org/dc/terms/title": "as JSON-LD"}'
    assert steward.patch(ADDRESS, content=json_ld, headers={"Content-Type": "application/ld+json"}).status_code == 200
    assert [str(o) for o in _curated(steward).objects()] == ["as JSON-LD"]


def test_a_node_is_patched_by_itself(catalogue: ServedCatalogue, steward: httpx.Client) -> None:
    steward.patch(ADDRESS, json={"title": "of the dataset"}, headers=PATCH)
    node = f"{ADDRESS}/nodes/campaign1"
    assert steward.patch(node, json={"comment": "looked at"}, headers=PATCH).json()["statements"] == 2
    assert '"looked at"' in steward.get(f"/data{node}.ttl").text
    assert steward.patch(node, json={"comment": None}, headers=PATCH).json()["statements"] == 1
    assert steward.patch(f"{ADDRESS}/nodes/none", json={"comment": "x"}, headers=PATCH).status_code == 404
    assert steward.patch(node, content="", headers=TURTLE).status_code == 415


def test_a_change_is_made_to_what_the_client_has_seen(steward: httpx.Client) -> None:
    seen = steward.get(f"/data{ADDRESS}.ttl").headers["etag"]
    curated = steward.get(f"/data{ADDRESS}/curated.jsonld").headers["etag"]
    first = steward.patch(ADDRESS, json={"title": "one"}, headers={**PATCH, "If-Match": seen})
    assert first.status_code == 200
    for old in (seen, curated, '"nothing"'):
        late = steward.patch(ADDRESS, json={"title": "two"}, headers={**PATCH, "If-Match": old})
        assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    assert [str(o) for o in _curated(steward).objects()] == ["one"]
    for new in (first.headers["etag"], steward.get(f"/data{ADDRESS}/curated.ttl").headers["etag"]):
        assert steward.patch(ADDRESS, json={"title": "one"}, headers={**PATCH, "If-Match": new}).json()["changed"] is False


def test_who_may_not_write_changes_nothing(catalogue: ServedCatalogue, steward: httpx.Client) -> None:
    for key, status in (("", 401), (catalogue.read_key, 403)):
        with catalogue.client(key) as other:
            assert other.patch(ADDRESS, json={"title": "x"}, headers=PATCH).status_code == status
            assert other.patch("/datasets/closed-lab", json={"title": "x"}, headers=PATCH).status_code == status
    assert len(_curated(steward)) == 0


def test_what_the_shapes_refuse_is_not_written(steward: httpx.Client) -> None:
    graph = "@prefix zo: <https://w3id.org/zarr-catalog/ns#> . <nodes/campaign1> zo:inDataset <http://example.org/other> ."
    plain = steward.patch(ADDRESS, content=graph, headers=TURTLE)
    assert plain.status_code == 400, "what only the catalogue may say"
    refused = steward.patch(ADDRESS, json={"dct:conformsTo": "no IRI"}, headers=PATCH)
    assert (refused.status_code, refused.json()["code"]) == (422, "non-conformant")
    assert any("dataset-specification" in each["shape"] for each in refused.json()["problems"])
    assert len(_curated(steward)) == 0


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", PATCH, 400),
        (b"[]", PATCH, 400),
        (b'{"nonsense": 1}', PATCH, 400),
        (b'{"title": {"a": 1}}', PATCH, 400),
        (b'{"title": [["x"]]}', PATCH, 400),
        (b'{"see-also": {"@id": "x> . <urn:a> <urn:b> <urn:c"}}', PATCH, 400),
        (b'{"title": {"@value": "x", "@language": "en . <urn:a> <urn:b> 1"}}', PATCH, 400),
        (b'{"zo:location": "s3://elsewhere/x"}', PATCH, 400),
        (b"<> <urn:p", TURTLE, 400),
        (b"<http://example.org/> <urn:p> << <urn:a> <urn:b> <urn:c> >> .", TURTLE, 400),
        (b"x", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/json"}, 415),
    ],
)
def test_what_cannot_be_used_is_refused(steward: httpx.Client, content: bytes, headers: dict[str, str], status: int) -> None:
    answer = steward.patch(ADDRESS, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(_curated(steward)) == 0


def test_a_dataset_that_is_not_there_is_not_made(steward: httpx.Client) -> None:
    assert steward.patch("/datasets/none", json={"title": "x"}, headers=PATCH).status_code == 404
