"""Is an answer that Fuseki broke off, because the time was up, ever taken for a whole one?

Our configuration with its time limits lowered from 30 and 60 seconds to 1 and 2.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog.confined.places import Cancel, CancelledError
from catalog.errors import GraphStoreUnavailableError, LimitExceededError
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.outside import QueryLimits, Question
from tests.support.fuseki import ROOT, FusekiServer, our_fuseki
from tests.support.graph_content import A, content, count_of

PRODUCT = "{ ?a ?b ?c . ?d ?e ?f }"
VALUES = " ".join(map(str, range(400)))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(f'VALUES ?v{i} {{ {VALUES} }}' for i in range(8))} }}"


@pytest.fixture(scope="module")
def hasty_fuseki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusekiServer]:
    folder = tmp_path_factory.mktemp("hasty")
    ours = (ROOT / "fuseki" / "config.ttl").read_text()
    assert '"30000,60000"' in ours
    config = folder / "config.ttl"
    config.write_text(ours.replace('"30000,60000"', '"1000,2000"'))
    server = our_fuseki(folder, config=config).start()
    with server.store() as store:
        store.apply([GraphUpdate(A, content(5000), b"")])
    yield server
    server.stop()


@pytest.mark.parametrize("form", ["json", "csv", "tsv", "xml"])
def test_the_server_breaks_off_in_mid_answer_under_status_200(hasty_fuseki: FusekiServer, form: str) -> None:
    """The trap itself, in every format: success, and a sentence where the rest should be."""
    types = {"json": "application/sparql-results+json", "xml": "application/sparql-results+xml"}
    answer = hasty_fuseki.ask(
        "catalog/sparql", f"SELECT * {PRODUCT}", types.get(form, f"text/{form.replace('tsv', 'tab-separated-values')}")
    )
    assert answer.status_code == 200
    assert answer.content.endswith(b"##  ****          Incomplete results           ****   ##\n")


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ("SELECT *", "json"),
        ("SELECT *", "csv"),
        ("SELECT *", "tsv"),
        ("SELECT *", "xml"),
        ("CONSTRUCT { ?a ?e ?f }", "turtle"),
        ("CONSTRUCT { ?a ?e ?f }", "ntriples"),
        ("CONSTRUCT { ?a ?e ?f }", "jsonld"),
        ("SELECT (COUNT(*) AS ?n)", "csv"),
    ],
)
def test_a_broken_off_answer_is_no_answer(hasty_fuseki: FusekiServer, head: str, form: str) -> None:
    with hasty_fuseki.store(max_answer_bytes=4 * 1024**3) as store:
        with pytest.raises(LimitExceededError, match="its own time limit") as caught:
            store.query(f"{head} {PRODUCT if 'COUNT' not in head else PRODUCT[:-1] + '. ?g ?h ?i }'}", form)
        assert caught.value.limit == "sparql-seconds"


def test_our_own_queries_take_none_either(hasty_fuseki: FusekiServer) -> None:
    with hasty_fuseki.store() as store, pytest.raises(LimitExceededError, match="time limit"):
        store.select(f"SELECT * {PRODUCT}")


def test_what_we_gave_up_is_not_computed_on(fuseki_server: FusekiServer) -> None:
    """Its own limits are 30 and 60 seconds, and it does not see that a connection was cut; its log says when it ended."""
    log = fuseki_server.folder / "log"
    before = log.stat().st_size
    with fuseki_server.store() as store, pytest.raises(LimitExceededError) as caught:
        store.select(ENDLESS, timeout=1.0)
    assert caught.value.limit == "sparql-seconds"
    deadline = time.monotonic() + 20
    while b"503 Service Unavailable" not in log.read_bytes()[before:] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert b"503 Service Unavailable" in log.read_bytes()[before:]


def test_queries_that_take_long_leave_places_for_others(fuseki_server: FusekiServer) -> None:
    """Two places, both asked for by queries that never end: the others are answered while these go on."""
    leave = Cancel()
    limits = QueryLimits(seconds=30, at_once=2, waiting=4, long_at_once=1)

    def ask() -> str:
        with pytest.raises((CancelledError, LimitExceededError)) as caught:
            store.answer(Question(ENDLESS, "json"), leave)
        return caught.type.__name__

    with fuseki_server.store(limits=limits) as store, ThreadPoolExecutor(2) as threads:
        endless = [threads.submit(ask) for _ in range(2)]
        quick = [store.answer(Question("ASK {}", "json"), Cancel()) for _ in range(5)]
        still = [not each.done() for each in endless]
        leave.set()
        assert [each.result(20) for each in endless] == ["CancelledError"] * 2
    assert still == [True, True]
    assert all(b"true" in b"".join(each.parts) for each in quick)


def test_a_server_that_dies_in_mid_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SIGKILL while rows are coming; and what was acknowledged before is there after."""
    server = our_fuseki(tmp_path_factory.mktemp("killed")).start()
    with server.store() as store:
        store.apply([GraphUpdate(A, content(5000), b"")])
        with store._http._exchange(  # the exchange itself, to be sure that the rows have begun to come
            f"{server.url}/catalog/sparql",
            f"SELECT * {PRODUCT}".encode(),
            {"Content-Type": "application/sparql-query", "Accept": "text/csv"},
            30,
            None,
            authenticate=False,
        ) as response:
            parts = response.iter_bytes()
            next(parts)
            server.stop(9)
            with pytest.raises(Exception, match=r"incomplete|closed|reset|peer") as caught:
                for _ in parts:
                    pass
            assert not isinstance(caught.value, StopIteration)
        with pytest.raises(GraphStoreUnavailableError):
            store.read_graph(A)
    server.start()
    try:
        with server.store() as store:
            assert store.read_graph(A) == content(5000)
            assert count_of(store) == 5000
    finally:
        server.stop()
