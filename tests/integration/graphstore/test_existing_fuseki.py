"""Does a Fuseki that was there before do as well: one plain dataset, its own login, other people's graphs, an older version?"""

import json
import logging
from collections.abc import Iterator

import pytest

from catalog.errors import ForbiddenError, InputError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.graphstore.fuseki import FusekiGraphStore
from tests.support.fuseki import FusekiServer, older_fuseki
from tests.support.graph_content import EX, A, B, content, count_of
from tests.support.graphstore import MAX_ANSWER_BYTES, GraphStoreTests
from tests.support.graphstore_text import found, sea

STRANGER = "http://stranger.example/graph"


@pytest.fixture(scope="module")
def older_fuseki_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusekiServer]:
    server = older_fuseki(tmp_path_factory.mktemp("older")).start()
    yield server
    server.stop()


def open_plain(server: FusekiServer, **options: object) -> FusekiGraphStore:
    given = {"user": server.user, "password": server.password, "timeout": 60.0, **options}
    return FusekiGraphStore.for_dataset(f"{server.url}/ds", f"{server.url}/ds/update", **given)


@pytest.fixture
def store(older_fuseki_server: FusekiServer) -> Iterator[FusekiGraphStore]:
    older_fuseki_server.update("ds/update", "DROP ALL")
    with open_plain(older_fuseki_server, max_answer_bytes=MAX_ANSWER_BYTES) as store:
        yield store


class TestExistingFuseki(GraphStoreTests):
    union = False
    folds = False

    @pytest.fixture
    def store(self, store: FusekiGraphStore) -> FusekiGraphStore:
        return store

    def test_refused_states_are_seen_only_by_name(self, store: GraphStore) -> None:
        """There is no place for them; they are seen by nobody, least of all in the union."""
        store.apply([GraphUpdate(A, content(3), b""), GraphUpdate(A + "/rejected", content(7, of="bad"), b"")])
        assert count_of(store) == 3
        assert store.read_graph(A + "/rejected") == b""
        with pytest.raises(InputError, match="not kept here"):
            store.query(f"SELECT * {{ GRAPH <{A}/rejected> {{ ?s ?p ?o }} }}")

    def test_refused_states_come_and_go_with_the_others(self, store: GraphStore, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            store.apply([GraphUpdate(A + "/record", content(1), b""), GraphUpdate(A + "/rejected", content(3, of="bad"), b"")])
        assert "keeps no refused states" in caplog.text
        store.apply([GraphUpdate(A, content(5), b""), GraphUpdate(A + "/rejected", None)])
        assert count_of(store) == 5

    def test_the_check_finds_nothing_missing(self, store: GraphStore) -> None:
        """It finds what is open, says what to do, and that the catalogue works all the same."""
        store.apply([GraphUpdate(A, content(3), b"")])
        found = store.check()
        assert found.usable
        assert {check.name: check.outcome for check in found.checks} == {
            "reachable": "ok",
            "version": "ok",
            "union-default-graph": "warn",
            "update": "ok",
            "update-closed": "ok",
            "service-closed": "warn",
            "cors-closed": "warn",
            "rejected": "warn",
            "text-index": "ok",
            "guarded-endpoint": "warn",
        }
        said = {check.name: check.message for check in found.checks}
        assert said["version"] == "Fuseki 5.6.0"
        assert "tdb2:unionDefaultGraph" in said["union-default-graph"]
        assert "arq:httpServiceAllowed" in said["service-closed"]
        assert "--no-cors" in said["cors-closed"]
        assert "ds-rejected" in said["rejected"]
        assert "ds/guarded" in said["guarded-endpoint"]


def test_without_an_index_words_are_found_and_the_check_says_how(store: FusekiGraphStore) -> None:
    sea(store)
    assert found(store, "yeast stress") == ["b"]
    (check,) = (each for each in store.check().checks if each.name == "text-index")
    assert check.outcome == "warn"
    assert "text:TextDataset" in check.message


def test_graphs_of_others_are_never_touched(older_fuseki_server: FusekiServer, store: FusekiGraphStore) -> None:
    theirs = f'<{EX}them> <{EX}p> "1" . <{EX}s0> <{EX}p0> "v0" .'  # the second is a line of ours, too
    older_fuseki_server.update("ds/update", f"INSERT DATA {{ {theirs} GRAPH <{STRANGER}> {{ {theirs} }} }}")
    store.apply([GraphUpdate(A, content(3000), b""), GraphUpdate(B, content(4), b"")])
    store.apply([GraphUpdate(A, content(10)), GraphUpdate(B, None)])
    store.apply([GraphUpdate(A, None)])
    store.check()
    left = older_fuseki_server.ask(
        "ds/sparql",
        "SELECT ?g (COUNT(*) AS ?n) { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o BIND('default' AS ?g) } } GROUP BY ?g",
        "application/sparql-results+json",
    )
    rows = json.loads(left.content)["results"]["bindings"]
    assert {row["g"]["value"]: row["n"]["value"] for row in rows} == {STRANGER: "2", "default": "2"}


def test_its_own_login_is_asked_for(older_fuseki_server: FusekiServer) -> None:
    with open_plain(older_fuseki_server, user=None, password=None) as store:
        with pytest.raises(ForbiddenError, match="CATALOG_FUSEKI__USER"):
            store.query("ASK {}")
        found = store.check()
        assert not found.usable
        assert "CATALOG_FUSEKI__USER" in found.checks[0].message


def test_a_dataset_that_is_not_there(older_fuseki_server: FusekiServer) -> None:
    given = {"user": older_fuseki_server.user, "password": older_fuseki_server.password}
    with FusekiGraphStore.for_dataset(f"{older_fuseki_server.url}/nothing", **given) as store:
        found = store.check()
        assert not found.usable
        assert "CATALOG_FUSEKI__URL" in found.checks[0].message
