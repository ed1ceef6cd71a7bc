"""Does Fuseki, as the project sets it up, behave as every graph store must?"""

from collections.abc import Iterator

import httpx
import pytest

from catalog.graphstore import fuseki_remembered
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.fuseki import FusekiGraphStore
from tests.support.fuseki import FusekiServer
from tests.support.graphstore import MAX_ANSWER_BYTES, GraphStoreTests


class TestFuseki(GraphStoreTests):
    @pytest.fixture
    def store(self, fuseki: FusekiServer) -> Iterator[FusekiGraphStore]:
        with fuseki.store(max_answer_bytes=MAX_ANSWER_BYTES) as store:
            yield store


def test_what_is_remembered_is_never_older_than_the_question(fuseki: FusekiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuseki_remembered, "WORTH_SECONDS", -1.0)

    def answered() -> int:
        stats = httpx.get(f"{fuseki.url}/$/stats", trust_env=False).json()
        return int(stats["datasets"]["/catalog"]["endpoints"]["sparql"]["Requests"])

    count = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"
    with fuseki.store() as store, fuseki.store("public") as public:
        store.apply([GraphUpdate("urn:g", b"<urn:a> <urn:b> <urn:c> .\n")])
        assert store.select(count, timeout=30).values("n") == ["1"]
        assert public.select(count, timeout=30).values("n") == ["0"]
        assert store.select(count, timeout=30).values("n") == ["1"]
        before = answered()
        assert [store.select(count, timeout=30).values("n") for _ in range(3)] == [["1"]] * 3
        assert answered() == before, "the server is not asked again"
        assert public.select(count, timeout=30).values("n") == ["0"]
        for number in range(2, 5):  # by somebody else, and then by us
            fuseki.update("catalog-update/update", f"INSERT DATA {{ GRAPH <urn:h> {{ <urn:a> <urn:b> {number} }} }}")
            assert [store.select(count, timeout=30).values("n") for _ in range(2)] == [[str(number)]] * 2
        store.apply([GraphUpdate("urn:g", None)])
        assert store.select(count, timeout=30).values("n") == ["3"]
