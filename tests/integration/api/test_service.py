"""Does the service start, say how it is, tell who asks, and answer errors in one shape?"""

import base64
import json
import socket

import pytest
from structlog.testing import capture_logs

from catalog.api.problems import MEDIA_TYPE
from tests.support.service import ServedCatalogue


def test_it_is_alive_and_ready(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        assert client.get("/health/live").json() == {"status": "alive"}
        assert client.get("/health/ready").json() == {"status": "ready"}


def test_an_unknown_address_is_a_problem(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        answer = client.get("/no/such/address")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["code"] == "not-found"


def test_a_method_that_is_not_offered_names_those_that_are(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        answer = client.delete("/health/live")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


def _basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{key}".encode()).decode()


@pytest.mark.parametrize(
    ("address", "methods"),
    [("/search", {"GET", "POST"}), ("/datasets/open-lab", {"GET", "HEAD", "PATCH"}), ("/metrics", {"GET"})],
)
def test_all_methods_of_an_address_are_named_whichever_route_refuses(
    sample_service: ServedCatalogue, address: str, methods: set[str]
) -> None:
    with sample_service.client() as client:
        answer = client.delete(address)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == methods


def test_the_openapi_document_says_which_operations_need_a_key(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    assert paths["/search"]["get"]["security"] == [{}, {"key": []}]
    assert paths["/datasets/{dataset_id}"]["patch"]["security"] == [{"write-key": []}]
    assert "security" not in paths["/health/live"]["get"]


@pytest.mark.parametrize("address", ["/search?facet_limit=201", "/search?facet_limit=0", "/sparql?format=AAA"])
def test_what_the_openapi_document_rules_out_is_refused_even_where_it_would_not_matter(
    sample_service: ServedCatalogue, address: str
) -> None:
    with sample_service.client() as client:
        assert client.get(address).status_code == 400


def test_metrics_need_a_key(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        refused = client.get("/metrics")
        assert refused.status_code == 401
        assert "Bearer" in refused.headers["www-authenticate"]
        for header in (f"Bearer {sample_service.read_key}", _basic(sample_service.write_key)):
            answer = client.get("/metrics", headers={"Authorization": header})
            assert answer.status_code == 200
            assert 'catalog_request_seconds_count{method="GET",route="/metrics",status="401"}' in answer.text


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic !!", "Basic d3Jvbmc=", "Digest x", "Bearer \u00e9"])
def test_an_unknown_key_is_refused(sample_service: ServedCatalogue, header: str) -> None:
    with sample_service.client() as client:
        answer = client.get("/metrics", headers={"Authorization": header.encode()})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown-key")
    assert "wrong" not in answer.text


def test_a_request_keeps_its_id_where_it_is_a_plain_word(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        assert client.get("/health/live", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
        made = client.get("/health/live", headers={"X-Request-Id": "a b"}).headers["x-request-id"]
        assert len(made) == 32


def test_a_page_of_any_origin_may_ask(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
        assert client.options("/health/live", headers=asked).headers["access-control-allow-origin"] == "*"
        answer = client.get("/health/live", headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_the_openapi_document_says_what_errors_look_like(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert MEDIA_TYPE in operation["responses"]["4XX"]["content"], (method, path)


def test_each_request_has_one_line_in_the_log_without_its_query(sample_service: ServedCatalogue) -> None:
    with capture_logs() as lines, sample_service.client() as client:
        client.get("/health/live?looked-for=something", headers={"X-Request-Id": "abc-2"})
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/health/live"]
    assert "something" not in json.dumps(lines)


def test_a_line_that_is_no_http_ends_the_connection(sample_service: ServedCatalogue) -> None:
    host, port = sample_service.base.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400")
