"""Does the embedded store behave as every graph store must, and keep its folder from others?"""

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from catalog.errors import GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.support.graph_content import COUNT, A, B, content, count_of, lines_of
from tests.support.graphstore import MAX_ANSWER_BYTES, GraphStoreTests
from tests.support.sources import ROOT


class TestEmbedded(GraphStoreTests):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[EmbeddedGraphStore]:
        with EmbeddedGraphStore(tmp_path, max_answer_bytes=MAX_ANSWER_BYTES) as store:
            yield store


def put(store: EmbeddedGraphStore, lines: bytes = content(5)) -> None:
    store.apply([GraphUpdate(A, lines)])


class TestSharing:
    def test_a_second_writer_waits_and_then_says_who_holds_what(self, tmp_path: Path) -> None:
        with EmbeddedGraphStore(tmp_path):
            started = time.monotonic()
            with pytest.raises(GraphStoreUnavailableError, match=f"another process uses the graph store in {tmp_path}/catalog"):
                EmbeddedGraphStore(tmp_path, lock_timeout=0.3)
            assert time.monotonic() - started >= 0.3

    def test_a_writer_that_waits_long_enough_gets_its_turn(self, tmp_path: Path) -> None:
        first = EmbeddedGraphStore(tmp_path)
        put(first)
        threading.Timer(0.3, first.close).start()
        with EmbeddedGraphStore(tmp_path, lock_timeout=20) as second:
            assert second.read_graph(A) == content(5)
            put(second, content(6))

    def test_readers_share_and_keep_writers_out(self, tmp_path: Path) -> None:
        with EmbeddedGraphStore(tmp_path) as store:
            put(store)
        with EmbeddedGraphStore(tmp_path, writable=False) as one, EmbeddedGraphStore(tmp_path, writable=False) as two:
            assert one.read_graph(A) == two.read_graph(A) == content(5)
            assert count_of(one) == 5
            with pytest.raises(GraphStoreUnavailableError, match="another process"):
                EmbeddedGraphStore(tmp_path, lock_timeout=0)
            with pytest.raises(GraphStoreUnavailableError, match="reading only"):
                put(one)

    def test_audiences_do_not_know_each_other(self, tmp_path: Path) -> None:
        with EmbeddedGraphStore(tmp_path) as everything, EmbeddedGraphStore(tmp_path, "public") as public:
            put(everything)
            public.apply([GraphUpdate(B, content(1), b""), GraphUpdate(B + "/rejected", content(9, of="bad"), b"")])
            assert public.read_graph(A) == b""
            assert everything.read_graph(B) == b""
            assert public.read_graph(B + "/rejected") == b"", "only those who see everything see what was refused"

    def test_a_reader_of_what_is_not_there_finds_nothing_and_makes_nothing(self, tmp_path: Path) -> None:
        with EmbeddedGraphStore(tmp_path / "none", writable=False) as store:
            assert store.read_graph(A) == b""
            assert count_of(store) == 0
            assert store.query("ASK {}", timeout=5).body == b'{"head":{},"boolean":true}'
        assert not (tmp_path / "none").exists()

    @pytest.mark.parametrize("audience", ["", "../x", "a/b", "a b", "."])
    def test_an_audience_is_a_plain_name(self, tmp_path: Path, audience: str) -> None:
        with pytest.raises(InputError, match="audience"):
            EmbeddedGraphStore(tmp_path, audience)

    def test_closed_is_closed(self, tmp_path: Path) -> None:
        store = EmbeddedGraphStore(tmp_path)
        store.close()
        store.close()
        for act in (lambda: put(store), lambda: store.read_graph(A), lambda: store.query("ASK {}")):
            with pytest.raises(GraphStoreUnavailableError, match="closed"):
                act()
        EmbeddedGraphStore(tmp_path, lock_timeout=0).close()

    def test_what_was_written_is_there_after_reopening(self, tmp_path: Path) -> None:
        with EmbeddedGraphStore(tmp_path) as store:
            store.apply([GraphUpdate(A, content(3000), b""), GraphUpdate(A + "/rejected", content(4), b"")])
            put(store, content(2990))
        for writable in (False, True):
            with EmbeddedGraphStore(tmp_path, writable=writable) as store:
                assert store.read_graph(A) == content(2990)
                assert count_of(store) == 2990
                assert store.read_graph(A + "/rejected") == content(4)


class TestTrouble:
    @pytest.mark.parametrize("change", ["default graph is ahead", "default graph is behind"])
    @pytest.mark.parametrize("writable", [True, False])
    def test_a_change_that_was_cut_short_is_put_right_when_the_store_is_opened(
        self, tmp_path: Path, change: str, writable: bool
    ) -> None:
        """The mark says that a bulk load was under way; what the named graphs hold is what counts."""
        with EmbeddedGraphStore(tmp_path) as store:
            store.apply([GraphUpdate(A, content(50), b""), GraphUpdate(B, lines_of(content(5), content(5, of="b")), b"")])
        bare = ox.Store(tmp_path / "catalog" / "graphs")
        if change == "default graph is ahead":
            bare.load(content(30, of="never"), ox.RdfFormat.N_TRIPLES)
        else:
            bare.update("DELETE WHERE { ?s <http://example.org/p0> ?o }")
        assert sum(1 for _ in bare.quads_for_pattern(None, None, None, ox.DefaultGraph())) != 55
        del bare
        (tmp_path / "catalog" / "graphs.changing").touch()
        with EmbeddedGraphStore(tmp_path, writable=writable) as store:
            assert count_of(store) == 55
        assert not (tmp_path / "catalog" / "graphs.changing").exists()

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(GraphStoreUnavailableError, match="could not be made"):
            EmbeddedGraphStore(tmp_path / "file")

    def test_a_folder_that_holds_something_else(self, tmp_path: Path) -> None:
        graphs = tmp_path / "catalog" / "graphs"
        graphs.mkdir(parents=True)
        (graphs / "CURRENT").write_text("nonsense")
        for writable in (True, False):
            with pytest.raises(GraphStoreUnavailableError, match=str(tmp_path)):
                EmbeddedGraphStore(tmp_path, writable=writable)

    def test_a_full_disk_loses_nothing_that_was_there(self, tmp_path: Path) -> None:
        """Files of this process may not grow any more, as on a full disk; then they may again."""
        script = f"""
            import resource, signal
            from pathlib import Path
            from catalog.errors import GraphStoreUnavailableError
            from catalog.graphstore.door import GraphUpdate
            from catalog.graphstore.embedded import EmbeddedGraphStore
            from tests.support.graph_content import A, B, content
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            store = EmbeddedGraphStore(Path({str(tmp_path)!r}))
            store.apply([GraphUpdate(A, content(100), b"")])
            for size in (20_000, 1_500):
                resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
                try:
                    store.apply([GraphUpdate(B, content(size), b"")])
                except GraphStoreUnavailableError as error:
                    assert "disk" in str(error), error
                    print("refused")
                finally:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["refused", "refused"]
        with EmbeddedGraphStore(tmp_path) as store:
            assert store.read_graph(A) == content(100)
            assert store.read_graph(B) == b""
            assert count_of(store) == 100
            store.apply([GraphUpdate(B, content(20_000), b"")])
            assert count_of(store) == 20_000


class TestQueriesOfDeath:
    """Queries that end a process or never end, kept to a process of their own."""

    @pytest.mark.parametrize(
        "pattern",
        [
            "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l",
            "?a (<x:p>|!<x:p>)* ?b . ?c (<x:p>|!<x:p>)* ?d . ?e (<x:p>|!<x:p>)* ?f",
            "?s ?p ?o . "
            + " ".join(f"BIND(REPLACE(?x{i}, '', ?x{i}) AS ?x{i + 1})" for i in range(60)).replace("?x0", "STR(?s)"),
            " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(30)),
        ],
        ids=["product", "paths", "doubling", "many products"],
    )
    def test_they_end_at_the_limit_and_the_store_goes_on(self, tmp_path: Path, pattern: str) -> None:
        with EmbeddedGraphStore(tmp_path) as store:
            put(store, content(3000))
            started = time.monotonic()
            try:
                answer = store.query(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}", timeout=2)
            except LimitExceededError:
                pass
            else:
                assert answer.body.startswith(b"{"), "an engine may be clever"
            assert time.monotonic() - started < 20
            assert count_of(store) == 3000

    def test_writing_goes_on_beside_a_query_in_its_process(self, tmp_path: Path) -> None:
        """The query sees the state it began with; the change waits for it."""
        with EmbeddedGraphStore(tmp_path) as store:
            put(store, content(2000))
            answers: list[bytes] = []
            asking = threading.Thread(target=lambda: answers.append(store.query(COUNT, "csv", timeout=60).body))
            asking.start()
            put(store, content(10))
            asking.join()
            assert answers[0].split()[1] in {b"2000", b"10"}
            assert count_of(store) == 10
