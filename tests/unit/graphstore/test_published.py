"""Do readers of published copies see whole states, the newest ones, and keep no writer out?"""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pyoxigraph as ox
import pytest

from catalog.errors import GraphStoreUnavailableError, InputError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.door import GraphStore, GraphUpdate, KnowsItsState
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.outside import QueryLimits
from catalog.graphstore.published import PublishedGraphStore
from tests.support.graph_content import COUNT, A, B, content, count_of
from tests.support.graphstore import MAX_ANSWER_BYTES
from tests.support.graphstore_asking import AskingTests, DefaultGraphTests
from tests.support.sources import ROOT


class Served(PublishedGraphStore):
    """A store that is asked as a service asks it, while each change is somebody else's."""

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        with EmbeddedGraphStore(self.folder.parent, self.audience) as writer:
            writer.apply(updates)


class TestPublished(DefaultGraphTests, AskingTests):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[PublishedGraphStore]:
        EmbeddedGraphStore(tmp_path).close()
        with Served(tmp_path, limits=QueryLimits(answer_bytes=MAX_ANSWER_BYTES)) as store:
            yield store

    def test_it_stands_behind_the_door(self, store: GraphStore) -> None:
        assert isinstance(store, GraphStore)
        assert store.check().usable

    def test_it_never_writes(self, tmp_path: Path) -> None:
        with PublishedGraphStore(tmp_path) as store, pytest.raises(GraphStoreUnavailableError, match="reading only"):
            store.apply([GraphUpdate(A, content(1))])


class TestState:
    def test_it_is_another_once_somebody_wrote_and_else_the_same(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        with PublishedGraphStore(tmp_path) as store:
            assert isinstance(store, KnowsItsState)
            states = [store.state(), store.state()]
            write(tmp_path, 2)
            states += [store.state(), store.state()]
            assert count_of(store) == 2
        assert states[0] == states[1] != states[2] == states[3]
        assert all(states)

    def test_of_nothing_nothing_is_known(self, tmp_path: Path) -> None:
        with PublishedGraphStore(tmp_path) as store:
            assert store.state() == ""

    def test_audiences_and_folders_have_states_of_their_own(self, tmp_path: Path) -> None:
        found = []
        for folder in (tmp_path / "one", tmp_path / "other"):
            for audience in ("catalog", "public"):
                EmbeddedGraphStore(folder, audience).close()
                with PublishedGraphStore(folder, audience) as store:
                    found.append(store.state())
        assert len(set(found)) == 4

    def test_whoever_closed_it_is_told_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        store = PublishedGraphStore(tmp_path)
        store.close()
        with pytest.raises(GraphStoreUnavailableError):
            store.state()


class CountingReads(PublishedGraphStore):
    """A store that counts how often Oxigraph is asked."""

    reads = 0

    def _reading(self, place: str) -> AbstractContextManager[ox.Store]:
        self.reads += 1
        return super()._reading(place)


class TestRemembering:
    def test_the_same_is_asked_once_until_somebody_writes(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        with CountingReads(tmp_path) as store:
            assert [count_of(store) for _ in range(3)] == [1, 1, 1]
            assert store.reads == 1
            write(tmp_path, 2)
            assert [count_of(store) for _ in range(3)] == [2, 2, 2]
            assert store.reads == 2

    def test_other_terms_are_another_question(self, tmp_path: Path) -> None:
        write(tmp_path, 3)
        text = "SELECT ?o WHERE {\n  #VALUES s\n  GRAPH ?g { ?s ?p ?o }\n}"
        with CountingReads(tmp_path) as store:
            found = [store.select(text, {"s": [Iri(f"urn:nothing:{n}")]}) for n in (1, 2, 1)]
            assert [len(each) for each in found] == [0, 0, 0]
            assert store.reads == 2

    def test_long_texts_are_not_kept(self, tmp_path: Path) -> None:
        line = b'<urn:s> <urn:p> "' + b"x" * 100_000 + b'" .\n'
        with EmbeddedGraphStore(tmp_path) as writer:
            writer.apply([GraphUpdate(A, line)])
        with CountingReads(tmp_path) as store:
            for _ in range(2):
                assert len(store.select("SELECT ?o WHERE { <urn:s> ?p ?o }").values("o")[0] or "") == 100_000
            assert store.reads == 2


def write(folder: Path, count: int) -> None:
    with EmbeddedGraphStore(folder, lock_timeout=20) as writer:
        writer.apply([GraphUpdate(A, content(count))])


def copies_of(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "catalog" / "published").iterdir() if path.name.isdecimal())


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class TestFollowing:
    def test_a_reader_keeps_no_writer_out_and_sees_what_it_wrote(self, tmp_path: Path) -> None:
        write(tmp_path, 3)
        with PublishedGraphStore(tmp_path) as store:
            for count in (5, 4000, 7):
                with EmbeddedGraphStore(tmp_path, lock_timeout=0) as writer:
                    writer.apply([GraphUpdate(A, content(count)), GraphUpdate(A + "/rejected", content(count, of="bad"))])
                assert count_of(store) == count
                assert store.read_graph(A) == content(count)
                assert store.read_graph(A + "/rejected") == content(count, of="bad")
                assert str(count).encode() in store.query(COUNT, "csv").body

    def test_a_catalogue_that_nobody_reads_publishes_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, 3)
        assert not (tmp_path / "catalog" / "published").exists()

    def test_a_catalogue_may_come_later(self, tmp_path: Path) -> None:
        with PublishedGraphStore(tmp_path / "later") as store:
            assert count_of(store) == 0
            assert store.query("ASK {}").body == b'{"head":{},"boolean":true}'
            assert not (tmp_path / "later").exists()
            write(tmp_path / "later", 6)
            assert until(lambda: count_of(store) == 6)

    def test_one_writer_that_goes_on_is_followed_with_few_copies(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        with PublishedGraphStore(tmp_path) as store, EmbeddedGraphStore(tmp_path) as writer:
            seen = set()
            started, applied = time.monotonic(), 0
            while time.monotonic() - started < 2.5:
                applied += 1
                writer.apply([GraphUpdate(A, content(applied))])
                seen.add(count_of(store))
            made = int(copies_of(tmp_path)[-1])
            assert applied > 20
            assert 3 <= made <= 5, "one at the start, one a second"
            assert 2 <= len(seen) <= 5
            writer.close()
            assert count_of(store) == applied

    def test_a_first_reader_need_not_wait_for_a_long_run_to_end(self, tmp_path: Path) -> None:
        with EmbeddedGraphStore(tmp_path) as writer:
            writer.apply([GraphUpdate(A, content(2))])
            opened: list[int] = []

            def read() -> None:
                with PublishedGraphStore(tmp_path, lock_timeout=20) as store:
                    opened.append(count_of(store))

            reader = threading.Thread(target=read)
            reader.start()
            assert until((tmp_path / "catalog" / "published").exists)
            writer.apply([GraphUpdate(A, content(3))])
            reader.join(20)
            assert opened == [3]

    def test_a_first_reader_gives_up_in_time(self, tmp_path: Path) -> None:
        with EmbeddedGraphStore(tmp_path), pytest.raises(GraphStoreUnavailableError, match=r"nothing is published.*0\.2 s"):
            PublishedGraphStore(tmp_path, lock_timeout=0.2)

    def test_audiences_are_apart(self, tmp_path: Path) -> None:
        write(tmp_path, 3)
        with EmbeddedGraphStore(tmp_path, "public") as public:
            public.apply([GraphUpdate(B, content(1)), GraphUpdate(B + "/rejected", content(9))])
        with PublishedGraphStore(tmp_path, "public") as store:
            assert count_of(store) == 1
            assert store.read_graph(A) == store.read_graph(B + "/rejected") == b""
            assert store.query(f"ASK {{ GRAPH <{B}/rejected> {{ ?s ?p ?o }} }}", "csv").body == b"false"
        with pytest.raises(InputError, match="audience"):
            PublishedGraphStore(tmp_path, "../catalog")

    def test_a_question_ends_on_the_copy_it_began_with(self, tmp_path: Path) -> None:
        write(tmp_path, 2000)
        with PublishedGraphStore(tmp_path) as store:
            with store._reading("graphs") as held:
                write(tmp_path, 5)
                write(tmp_path, 6)
                assert count_of(store) == 6
                assert len(list(held.named_graphs())) == 1
                assert sum(1 for _ in held) == 4000, "named and default graph"
            assert len(copies_of(tmp_path)) == 1, "left behind until the question was answered"

    def test_threads_see_whole_states_that_never_go_back(self, tmp_path: Path) -> None:
        """Each state holds as many triples in A as in B, and more than the one before."""
        write(tmp_path, 0)
        wrong: list[object] = []
        done = threading.Event()
        with PublishedGraphStore(tmp_path) as store:
            query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g IN (<{A}>, <{B}>)) }}"

            def look() -> None:
                last = 0
                while not done.is_set():
                    found = count_of(store, query)
                    if found % 2 or found < last:
                        wrong.append((last, found))
                    last = found

            threads = [threading.Thread(target=look) for _ in range(4)]
            for thread in threads:
                thread.start()
            for count in range(1, 16):
                with EmbeddedGraphStore(tmp_path) as writer:
                    writer.apply([GraphUpdate(A, content(count)), GraphUpdate(B, content(count, of="b"))])
            done.set()
            for thread in threads:
                thread.join()
            assert count_of(store, query) == 30
        assert wrong == []
        assert len(copies_of(tmp_path)) == 1

    def test_closed_is_closed(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        store = PublishedGraphStore(tmp_path)
        store.close()
        store.close()
        with pytest.raises(GraphStoreUnavailableError, match="closed"):
            store.read_graph(A)


class TestTrouble:
    def _run(self, folder: Path, act: str) -> subprocess.Popen[str]:
        script = f"""
            import sys, time
            from pathlib import Path
            from catalog.graphstore.door import GraphUpdate
            from catalog.graphstore.embedded import EmbeddedGraphStore
            from catalog.graphstore.published import PublishedGraphStore
            from tests.support.graph_content import A, content
            folder = Path({str(folder)!r})
            {act}
            print("ready", flush=True)
            time.sleep(60)
        """
        return subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def _kill_when_ready(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        process.stdout.close()

    def test_what_a_killed_writer_did_not_publish_is_published_by_a_reader(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        with PublishedGraphStore(tmp_path) as store:
            applies = "; ".join(f"w.apply([GraphUpdate(A, content({n}))])" for n in (2, 3, 4))
            self._kill_when_ready(self._run(tmp_path, f"w = EmbeddedGraphStore(folder); {applies}"))
            assert count_of(store) in {1, 2, 3, 4}
            assert until(lambda: count_of(store) == 4)

    def test_what_a_killed_reader_kept_is_removed(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        reader = self._run(tmp_path, "r = PublishedGraphStore(folder); r.read_graph(A)")
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        write(tmp_path, 2)
        assert len(copies_of(tmp_path)) == 2, "the reader still uses the first"
        reader.send_signal(signal.SIGKILL)
        reader.wait(20)
        reader.stdout.close()
        write(tmp_path, 3)
        assert len(copies_of(tmp_path)) == 1

    def test_what_was_left_half_made_is_removed(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        with PublishedGraphStore(tmp_path) as store:
            making = tmp_path / "catalog" / "published" / "making"
            (making / "graphs").mkdir(parents=True)
            write(tmp_path, 2)
            assert count_of(store) == 2
            assert not making.exists()

    @pytest.mark.parametrize("harm", ["empty", "gone", "no pointer"])
    def test_a_copy_that_cannot_be_read_is_made_anew(self, tmp_path: Path, harm: str) -> None:
        write(tmp_path, 2)
        PublishedGraphStore(tmp_path).close()
        published = tmp_path / "catalog" / "published"
        copy = published / copies_of(tmp_path)[-1]
        if harm == "no pointer":
            (published / "newest").unlink()
        elif harm == "gone":
            copy.rename(tmp_path / "elsewhere")
        else:
            for file in (copy / "graphs").iterdir():
                if file.name.startswith("MANIFEST"):
                    file.unlink()
        with PublishedGraphStore(tmp_path, lock_timeout=5) as store:
            assert count_of(store) == 2

    def test_a_change_that_was_cut_short_is_put_right_before_it_is_published(self, tmp_path: Path) -> None:
        write(tmp_path, 5)
        (tmp_path / "catalog" / "graphs.changing").touch()
        with PublishedGraphStore(tmp_path, lock_timeout=5) as store:
            assert count_of(store) == 5
        assert not (tmp_path / "catalog" / "graphs.changing").exists()

    def test_a_copy_that_cannot_be_made_fails_no_write(self, tmp_path: Path) -> None:
        write(tmp_path, 1)
        with PublishedGraphStore(tmp_path) as store:
            lock = tmp_path / "catalog" / "published" / "publish.lock"
            lock.unlink()
            lock.mkdir()
            write(tmp_path, 2)
            assert count_of(store) == 1
            lock.rmdir()
            assert until(lambda: count_of(store) == 2)
