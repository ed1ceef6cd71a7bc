"""Does a change through a broken network happen whole, or not at all, and is that told truthfully?"""

from collections.abc import Iterator
from typing import Any

import pytest

from catalog.errors import CatalogError, GraphStoreUnavailableError, UnavailableError
from catalog.graphstore.delta import plan_delta, write_sequence
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.fuseki import FusekiGraphStore
from catalog.graphstore.one_operation import write_operation
from tests.support.chaos_proxy import ChaosProxy, Cut
from tests.support.fuseki import FusekiServer
from tests.support.graph_content import A, B, content, count_of, lines_of

OLD = (content(4), content(2, of="record"))
NEW = (lines_of(content(2), content(5, of="new")), content(3, of="next"))
STATES = {(b"", b""), OLD, NEW}


@pytest.fixture
def proxy(fuseki: FusekiServer) -> Iterator[ChaosProxy]:
    with ChaosProxy(fuseki.port) as proxy:
        proxy.only = b"update"
        yield proxy


def store_behind(proxy: ChaosProxy, fuseki: FusekiServer, **options: Any) -> FusekiGraphStore:
    options = {"user": fuseki.user, "password": fuseki.password, "timeout": 20.0, **options}
    return FusekiGraphStore(f"{proxy.url}/catalog/sparql", f"{proxy.url}/catalog-update/update", **options)


def updates(before: tuple[bytes, bytes] | None, after: tuple[bytes, bytes]) -> list[GraphUpdate]:
    known = before or (b"", b"")
    return [GraphUpdate(graph, new, old) for graph, new, old in zip((A, B), after, known, strict=True)]


def body_of(before: tuple[bytes, bytes] | None, after: tuple[bytes, bytes]) -> bytes:
    return write_operation(
        [plan_delta(each.graph, each.previous or b"", each.ntriples or b"") for each in updates(before, after)]
    )


def cut_points(body: bytes) -> list[int]:
    """Line ends, both sides of each, and of each bracket and full stop; the ends of the text."""
    marks = {at for at, byte in enumerate(body) if byte in b"\n{}.;"}
    points = {0, 1, len(body) - 2, len(body) - 1} | {at + step for at in marks for step in (0, 1, 2)}
    return sorted(point for point in points if point < len(body))


class TestCutRequests:
    @pytest.mark.parametrize("chunked", [False, True])
    @pytest.mark.parametrize("reset", [False, True])
    @pytest.mark.parametrize("before", [None, OLD], ids=["first", "change"])
    def test_a_request_cut_anywhere_changes_nothing(
        self, proxy: ChaosProxy, fuseki: FusekiServer, before: tuple[bytes, bytes] | None, reset: bool, chunked: bool
    ) -> None:
        body = body_of(before, NEW)
        points = cut_points(body)
        assert len(points) >= 60
        start = before or (b"", b"")
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            if before:
                direct.apply(updates(None, before))
            for point in points[:: 3 if reset or chunked else 1]:
                proxy.cut_request = Cut(point, reset=reset, chunked=chunked)
                with pytest.raises(CatalogError):
                    store.apply(updates(before, NEW))
                assert (direct.read_graph(A), direct.read_graph(B)) == start, (
                    f"cut after {point} of {len(body)}: {body[:point][-60:]!r}"
                )
            proxy.cut_request = None
            store.apply(updates(before, NEW))
            assert (direct.read_graph(A), direct.read_graph(B)) == NEW

    def test_several_operations_would_not_have_stood_this(self, proxy: ChaosProxy, fuseki: FusekiServer) -> None:
        """The trap is real: of a request of several operations Fuseki carries out those that arrived, and says 204."""
        deltas = [plan_delta(each.graph, each.previous or b"", each.ntriples or b"") for each in updates(OLD, NEW)]
        sequence = write_sequence(deltas)
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            direct.apply(updates(None, OLD))
            proxy.cut_request = Cut(sequence.index(b";\nINSERT"))
            store._http.update(f"{proxy.url}/catalog-update/update", sequence)
            assert (direct.read_graph(A), direct.read_graph(B)) not in STATES

    def test_what_is_dropped_is_dropped_whole(self, proxy: ChaosProxy, fuseki: FusekiServer) -> None:
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            direct.apply(updates(None, OLD))
            for point in range(0, 220, 7):
                proxy.cut_request = Cut(point)
                with pytest.raises(CatalogError):
                    store.apply([GraphUpdate(A, None), GraphUpdate(B, None)])
                assert (direct.read_graph(A), direct.read_graph(B)) == OLD
            proxy.cut_request = None
            store.apply([GraphUpdate(A, None), GraphUpdate(B, None)])
            assert count_of(direct) == 0


class TestLostAnswers:
    @pytest.mark.parametrize("before", [None, OLD], ids=["first", "change"])
    def test_a_lost_answer_is_recognised_as_done(
        self, proxy: ChaosProxy, fuseki: FusekiServer, before: tuple[bytes, bytes] | None
    ) -> None:
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            if before:
                direct.apply(updates(None, before))
            proxy.lose_answer = True
            store.apply(updates(before, NEW))
            assert (direct.read_graph(A), direct.read_graph(B)) == NEW
            store.apply(updates(before, NEW))  # and a repeat, with what is now an outdated notion of the present
            proxy.lose_answer = False
            store.apply(updates(before, NEW))
            assert (direct.read_graph(A), direct.read_graph(B)) == NEW

    def test_a_lost_answer_to_a_drop_is_recognised(self, proxy: ChaosProxy, fuseki: FusekiServer) -> None:
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            direct.apply(updates(None, OLD))
            proxy.lose_answer = True
            store.apply([GraphUpdate(A, None), GraphUpdate(B, None)])
            assert count_of(direct) == 0

    def test_when_nothing_can_be_found_out_that_is_said(self, proxy: ChaosProxy, fuseki: FusekiServer) -> None:
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            proxy.lose_answer, proxy.only = True, b"/catalog"
            with pytest.raises(UnavailableError):
                store.apply(updates(None, NEW))
            proxy.lose_answer = False
            store.apply(updates(None, NEW))
            assert (direct.read_graph(A), direct.read_graph(B)) == NEW

    def test_what_somebody_else_changed_meanwhile_is_not_mixed_with_ours(self, fuseki: FusekiServer) -> None:
        theirs = (content(3, of="theirs"), content(2, of="record"))
        with fuseki.store() as store, fuseki.store() as other:
            store.apply(updates(None, OLD))
            other.apply(updates(OLD, theirs))
            store.apply(updates(OLD, NEW))
            assert (store.read_graph(A), store.read_graph(B)) == NEW


class TestCutAnswers:
    @pytest.mark.parametrize("form", ["json", "csv", "tsv", "xml", "turtle", "ntriples", "jsonld"])
    def test_an_answer_cut_anywhere_is_none(self, proxy: ChaosProxy, fuseki: FusekiServer, form: str) -> None:
        text = "SELECT ?s ?o { ?s ?p ?o }" if form in {"json", "csv", "tsv", "xml"} else "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            direct.apply(updates(None, OLD))
            whole = store.query(text, form).body
            proxy.only = b"/catalog/sparql"
            for point in range(1, len(whole), max(1, len(whole) // 25)):
                proxy.cut_answer = Cut(point)
                with pytest.raises(GraphStoreUnavailableError):
                    store.query(text, form)
            proxy.cut_answer = None
            assert len(store.query(text, form).body) == len(whole)

    def test_our_own_reads_are_whole_too(self, proxy: ChaosProxy, fuseki: FusekiServer) -> None:
        with fuseki.store() as direct, store_behind(proxy, fuseki) as store:
            direct.apply(updates(None, OLD))
            assert count_of(store) == 6
            proxy.only, proxy.cut_answer = b"/catalog/sparql", Cut(4)
            for read in (lambda: store.read_graph(A), lambda: count_of(store), lambda: store.ask("ASK {}")):
                with pytest.raises(GraphStoreUnavailableError):
                    read()


class TestOutages:
    def test_a_server_that_is_gone_is_said_to_be(self, fuseki: FusekiServer) -> None:
        with ChaosProxy(fuseki.port) as proxy:
            store = store_behind(proxy, fuseki)
        for act in (lambda: store.query("ASK {}"), lambda: store.apply(updates(None, NEW)), lambda: store.read_graph(A)):
            with pytest.raises(GraphStoreUnavailableError, match="is it running"):
                act()
        found = store.check()
        assert not found.usable
        assert [check.name for check in found.checks] == ["reachable"]
        store.close()
