"""Do queries that would never end, or kill, stay without effect on everybody else, on both graph stores?"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest

from tests.support.queries_of_death import QUERIES
from tests.support.service import ServedCatalogue
from tests.support.sparql_service import impatient_fuseki, on_fuseki, sparql_service

DATASETS = "SELECT ?d { ?d a dcat:Dataset } ORDER BY ?d"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["d"]["value"].rpartition("/")[2] for row in answer.json()["results"]["bindings"]]


def until_answered(client: httpx.Client, seconds: float = 20.0) -> list[str]:
    """The datasets, once there is a place for the question."""
    deadline = time.monotonic() + seconds
    while (answer := client.get("sparql", params={"query": DATASETS})).status_code in {413, 503} and time.monotonic() < deadline:
        time.sleep(0.1)
    return names(answer)


class ImpatientTests:
    """Subclasses give `catalogue`: a service with a short time limit, where two queries run and two wait."""

    def test_time_is_limited(self, catalogue: ServedCatalogue) -> None:
        with catalogue.client() as client:
            started = time.monotonic()
            answer = client.post("sparql", data={"query": SLOW})
            assert (answer.status_code, answer.json()["limit"]) == (413, "sparql-seconds"), answer.text
            assert time.monotonic() - started < 8
            assert until_answered(client) == ["open-lab"]

    def test_a_full_house_says_so_at_once(self, catalogue: ServedCatalogue) -> None:
        """Two run, two wait."""

        def ask(_: int) -> tuple[int, str]:
            with catalogue.client() as client:
                answer = client.post("sparql", data={"query": SLOW})
                return answer.status_code, answer.headers.get("retry-after", "")

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(ask, range(8)))
        assert {status for status, _ in found} == {413, 503}
        assert all(bool(later) == (status == 503) for status, later in found)
        with catalogue.client() as client:
            assert until_answered(client) == ["open-lab"]

    def test_a_query_ends_when_its_client_leaves(self, catalogue: ServedCatalogue) -> None:
        """More leave than there are places, each long before the time is up."""
        request = f"GET /sparql?query={quote(SLOW)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        started = time.monotonic()
        for _ in range(8):
            with socket.create_connection(("127.0.0.1", catalogue.port)) as leaving:
                leaving.sendall(request)
                time.sleep(0.1)
        with catalogue.client() as client:
            assert until_answered(client) == ["open-lab"]
        assert time.monotonic() - started < 8

    def test_a_full_house_keeps_nobody_from_searching(self, catalogue: ServedCatalogue) -> None:
        done = threading.Event()

        def ask(_: int) -> set[int]:
            found = set()
            with catalogue.client() as client:
                while not done.is_set():
                    found.add(client.post("sparql", data={"query": SLOW}).status_code)
            return found

        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(ask, at) for at in range(8)]
            with catalogue.client() as client:
                searched = [client.get("search", params={"q": "sample", "kind": "groups"}) for _ in range(10)]
            done.set()
        assert 503 in set().union(*(each.result() for each in asked))
        assert [answer.status_code for answer in searched] == [200] * 10, searched[0].text
        with catalogue.client() as client:
            assert until_answered(client) == ["open-lab"]

    def test_queries_of_death_hurt_nobody_else(self, catalogue: ServedCatalogue) -> None:
        pages: set[int] = set()
        seen: list[tuple[int, list[str]]] = []
        done = threading.Event()

        def look() -> None:
            with catalogue.client(catalogue.read_key) as client:
                while not done.is_set():
                    pages.add(
                        client.get("datasets/open-lab", follow_redirects=True, headers={"Accept": "text/turtle"}).status_code
                    )
                    answer = client.get("sparql", params={"query": DATASETS})
                    seen.append((answer.status_code, names(answer) if answer.status_code == 200 else []))

        def ask(text: str) -> httpx.Response:
            with catalogue.client() as client:
                return client.post("sparql", data={"query": text})

        assert len(QUERIES) >= 60
        watching = ThreadPoolExecutor(1).submit(look)
        with ThreadPoolExecutor(2) as threads:
            answers = dict(zip(QUERIES, threads.map(ask, QUERIES.values()), strict=True))
        done.set()
        watching.result(60)
        assert {answer.status_code for answer in answers.values()} <= {200, 403, 413, 503}, answers
        for name, answer in answers.items():
            if answer.status_code == 200:
                json.loads(answer.content)
            else:
                assert answer.json()["detail"], name
        assert pages == {200}
        answered = [found for status, found in seen if status == 200]
        assert answered
        assert all(found == ["closed-lab", "open-lab"] for found in answered)
        with catalogue.client() as client:
            assert until_answered(client) == ["open-lab"]


@pytest.fixture(scope="module")
def impatient_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    with sparql_service(tmp_path_factory.mktemp("impatient"), timeout_s=0.4) as catalogue:
        yield catalogue


@pytest.fixture(scope="module")
def impatient_fuseki_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    folder = tmp_path_factory.mktemp("impatient")
    server = impatient_fuseki(folder / "server").start()
    try:
        with sparql_service(folder, timeout_s=1.0, **on_fuseki(server)) as catalogue:
            yield catalogue
    finally:
        server.stop()


class TestEmbedded(ImpatientTests):
    @pytest.fixture
    def catalogue(self, impatient_embedded: ServedCatalogue) -> ServedCatalogue:
        return impatient_embedded


class TestFuseki(ImpatientTests):
    @pytest.fixture
    def catalogue(self, impatient_fuseki_service: ServedCatalogue) -> ServedCatalogue:
        return impatient_fuseki_service
