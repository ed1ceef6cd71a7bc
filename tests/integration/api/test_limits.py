"""Does the real service refuse what is too much, and does it tell browsers what its answers are?"""

import socket
from pathlib import Path

import pytest

from tests.support.service import ServedCatalogue, served

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "limit"),
    [
        (b"[" * 10_000, 413, "max_json_depth"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, 413, "max_json_depth"),
        (b"[" + b"1," * 30_000 + b"1]", 413, "max_json_values"),
    ],
)
@pytest.mark.parametrize("path", ["/search", "/no/such/address"])
def test_json_that_is_too_much_is_refused_by_name(
    sample_service: ServedCatalogue, path: str, body: bytes, status: int, limit: str
) -> None:
    with sample_service.client() as client:
        answer = client.post(path, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["limit"], answer.json()["code"]) == (status, limit, "limit-exceeded")
    assert answer.json()["value"] > answer.json()["allowed"]


def test_a_body_that_is_too_large_is_refused(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        for content in (b"x" * (2**20 + 1), (b"x" * 2**16 for _ in range(20))):
            answer = client.post("/search", content=content, headers=JSON)
            assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_packed_body_is_refused(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        answer = client.post("/search", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_heads_are_bounded(sample_service: ServedCatalogue) -> None:
    with sample_service.client() as client:
        many = client.get("/health/live", headers={f"x-{number}": "1" for number in range(120)})
        long = client.get("/health/live", headers={"x": "y" * 40_000})
        path = client.get("/health/live?" + "q=1&" * 10_000)
    assert [(each.status_code, each.json()["code"]) for each in (many, long, path)] == [(431, "limit-exceeded")] * 3


@pytest.mark.parametrize("path", ["/health/live", "/no/such/address", "/metrics", "/openapi.json", "/search?q=x"])
def test_answers_say_what_they_are(sample_service: ServedCatalogue, path: str) -> None:
    with sample_service.client() as client:
        headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/", "/data/datasets/open-lab.html", "/data/datasets/open-lab.ttl"])
def test_a_page_that_did_not_change_keeps_its_policy(sample_service: ServedCatalogue, path: str) -> None:
    """A browser puts the headers of a 304 over those that it keeps (RFC 9111, 3.2): another policy there would take its style."""
    with sample_service.client() as client:
        first = client.get(path, headers={"Accept": "text/html"})
        again = client.get(path, headers={"Accept": "text/html", "If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    policy = "content-security-policy"
    assert again.headers.get(policy, first.headers[policy]) == first.headers[policy]


def test_who_only_waits_takes_no_place(tmp_path: Path) -> None:
    with served(tmp_path, api={"head_s": 0.5, "max_running": 1}) as catalogue:
        with socket.create_connection(("127.0.0.1", catalogue.port), timeout=20) as client:
            client.sendall(b"GET / HTTP/1.1\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 408 ")
        with socket.create_connection(("127.0.0.1", catalogue.port), timeout=20) as client, catalogue.client() as other:
            client.sendall(b"POST /search HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n")
            for _ in range(20):
                assert other.get("/health/live").status_code == 200
            client.sendall(b'{"limit": 1}')
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
