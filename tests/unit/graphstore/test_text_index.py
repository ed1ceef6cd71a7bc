"""Does the text index stay in step with its store, whatever happens to either?"""

import logging
import random
import re
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import pytest

from catalog.errors import InputError
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.published import PublishedGraphStore
from catalog.graphstore.text_properties import INDEXED
from tests.support.graph_content import EX, A, B, lines_of, triple
from tests.support.graphstore_text import TITLE, found, record, sea
from tests.support.sources import ROOT


def index_of(folder: Path, audience: str = "catalog") -> Path:
    return folder / audience / "text.sqlite"


def mark_of(folder: Path) -> Path:
    return folder / "catalog" / "text.changing"


def outcome(store: EmbeddedGraphStore | PublishedGraphStore) -> str:
    return next(check.outcome for check in store.check().checks if check.name == "text-index")


def put(folder: Path, title: str) -> None:
    with EmbeddedGraphStore(folder) as store:
        store.apply([GraphUpdate(A + "/record", record(A, triple(A, TITLE, title)))])


def read(folder: Path, words: str) -> list[str]:
    with EmbeddedGraphStore(folder, writable=False) as store:
        return found(store, words)


def rows_of(folder: Path) -> set[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(f"{index_of(folder).as_uri()}?immutable=1", uri=True)) as db:
        rows = db.execute("SELECT iri, subject, property, text FROM texts JOIN graphs ON graphs.id = texts.graph").fetchall()
    assert len(rows) == len(set(rows))
    return set(rows)


def test_it_is_one_file_once_the_writer_is_done(tmp_path: Path) -> None:
    put(tmp_path, "One sea")
    assert sorted(path.name for path in (tmp_path / "catalog").iterdir()) == ["catalog.lock", "graphs", "rejected", "text.sqlite"]
    assert read(tmp_path, "sea") == ["a"]


def test_what_holds_no_text_needs_no_index(tmp_path: Path) -> None:
    with EmbeddedGraphStore(tmp_path) as store:
        store.apply([GraphUpdate(A, triple(EX + "s", EX + "p", "nothing that is indexed"), b"")])
        assert outcome(store) == "ok"
        assert found(store, "nothing") == []
    assert not index_of(tmp_path).exists()


def test_audiences_know_nothing_of_each_other(tmp_path: Path) -> None:
    put(tmp_path, "Secret sea")
    with EmbeddedGraphStore(tmp_path, "public") as store:
        store.apply([GraphUpdate(B + "/record", record(B, triple(B, TITLE, "Open sea")), b"")])
        assert found(store, "sea") == ["b"]
    assert b"Secret" in index_of(tmp_path).read_bytes()
    assert b"Secret" not in index_of(tmp_path, "public").read_bytes()


def remove(path: Path) -> None:
    path.unlink()


def age(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 7")


def damage(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [remove, age, damage, empty])
def test_reading_does_without_and_the_next_write_makes_it_anew(tmp_path: Path, spoil: object) -> None:
    put(tmp_path, "First sea")
    spoil(index_of(tmp_path))  # type: ignore[operator]
    with EmbeddedGraphStore(tmp_path, writable=False) as store:
        assert found(store, "first") == ["a"]
        assert outcome(store) == "warn"
    with EmbeddedGraphStore(tmp_path) as store:
        store.apply([GraphUpdate(B + "/record", record(B, triple(B, TITLE, "Second sea")), b"")])
        assert found(store, "sea") == ["a", "b"]
        assert outcome(store) == "ok"
    assert {text for *_, text in rows_of(tmp_path)} == {"First sea", "Second sea"}
    assert read(tmp_path, "sea") == ["a", "b"]


def test_a_store_is_written_even_where_its_index_cannot_be(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, "First sea")
    index_of(tmp_path).unlink()
    index_of(tmp_path).mkdir()
    with caplog.at_level(logging.WARNING):
        put(tmp_path, "Second sea")
    assert "texts are looked at one by one" in caplog.text
    assert read(tmp_path, "second") == ["a"]
    index_of(tmp_path).rmdir()
    put(tmp_path, "Third sea")
    assert {text for *_, text in rows_of(tmp_path)} == {"Third sea"}


def test_content_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    with EmbeddedGraphStore(tmp_path) as store:
        store.apply([GraphUpdate(A + "/record", record(A, triple(A, TITLE, "First sea")), b"")])
        for bad in (b'<x:s> <x:p> "a .\n', b"no\n", f'<{A}> <{TITLE}> "Bad sea" .\n<x:s> <x:p> _:b .\n'.encode()):
            with pytest.raises(InputError):
                store.apply([GraphUpdate(A + "/record", bad)])
            assert found(store, "sea") == ["a"]
        store.apply([GraphUpdate(B + "/record", record(B, triple(B, TITLE, "Second sea")), b"")])
        assert found(store, "sea") == ["a", "b"]
    assert {text for *_, text in rows_of(tmp_path)} == {"First sea", "Second sea"}


KILLED = {
    "before the store": "catalog.graphstore.embedded.write_deltas",
    "before the index": "catalog.graphstore.text_index.TextIndex._change",
    "before it is on disk": "catalog.graphstore.text_index.TextIndex.close",
}


@pytest.mark.parametrize("place", KILLED.values(), ids=list(KILLED))
def test_what_a_killed_writer_left_is_put_right(tmp_path: Path, place: str) -> None:
    put(tmp_path, "First sea")
    code = f"""
        import os
        from unittest import mock
        from pathlib import Path
        from catalog.graphstore.door import GraphUpdate
        from catalog.graphstore.embedded import EmbeddedGraphStore
        from tests.support.graphstore_text import TITLE, record
        from tests.support.graph_content import A, triple
        with mock.patch({place!r}, side_effect=lambda *_: os._exit(9)):
            with EmbeddedGraphStore(Path({str(tmp_path)!r})) as store:
                store.apply([GraphUpdate(A + "/record", record(A, triple(A, TITLE, "Second ocean")))])
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=False)
    assert ended.returncode == 9
    assert mark_of(tmp_path).exists()
    written = place != KILLED["before the store"]
    assert read(tmp_path, "ocean") == (["a"] if written else [])
    assert read(tmp_path, "sea") == ([] if written else ["a"])
    assert not mark_of(tmp_path).exists()
    assert {text for *_, text in rows_of(tmp_path)} == {"Second ocean" if written else "First sea"}


def test_the_index_holds_what_the_store_holds_after_any_changes(tmp_path: Path) -> None:
    """The oracle reads the graphs line by line."""
    chosen = random.Random(5)
    graphs = [A, A + "/record", A + "/asserted", B, B + "/rejected"]
    properties = [*INDEXED[:4], EX + "p"]
    for _ in range(6):
        with EmbeddedGraphStore(tmp_path) as store:
            for _ in range(8):
                updates = []
                for graph in chosen.sample(graphs, chosen.randint(1, 3)):
                    size = chosen.choice([0, 1, 5, 40, 3000])
                    lines = {
                        triple(f"{EX}s{chosen.randrange(60)}", chosen.choice(properties), f"wort {chosen.randrange(200)}")[:-3]
                        + chosen.choice([b"", b"@en", b"@de"])
                        + b" .\n"
                        for _ in range(size)
                    }
                    updates.append(GraphUpdate(graph, lines_of(*lines) or None))
                store.apply(updates)
            expected = {
                (graph, *each)
                for graph in graphs
                if not graph.endswith("/rejected")
                for each in re.findall(r'<(.*?)> <(.*?)> "(.*?)"', store.read_graph(graph).decode())
                if each[1] in INDEXED or graph.endswith("/asserted")
            }
        with closing(sqlite3.connect(index_of(tmp_path))) as db:
            rows = db.execute("SELECT iri, subject, property, text FROM texts JOIN graphs ON graphs.id = texts.graph").fetchall()
            assert set(rows) == expected
            db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
            number = chosen.randrange(200)
            matched = db.execute("SELECT count(*) FROM words WHERE words MATCH ?", (f'"{number}"',)).fetchone()[0]
            assert matched == sum(row[3] == f"wort {number}" for row in rows)


def test_a_published_copy_has_its_index(tmp_path: Path) -> None:
    put(tmp_path, "First sea")
    with PublishedGraphStore(tmp_path) as service:
        assert found(service, "first") == ["a"]
        with EmbeddedGraphStore(tmp_path) as writer:
            sea(writer)
        assert found(service, "yeast") == ["b"]
        assert outcome(service) == "ok"
        with EmbeddedGraphStore(tmp_path) as writer:
            writer.apply([GraphUpdate(B + "/curated", None)])
            assert found(writer, "yeast") == []
        assert found(service, "yeast") == []
        assert found(service, "buoys") == ["a"]
        assert outcome(service) == "ok"


def test_threads_find_while_others_write(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    with EmbeddedGraphStore(tmp_path) as store:
        sea(store)
        ended = threading.Event()

        def look() -> None:
            try:
                while not ended.is_set():
                    assert found(store, "buoys") == ["a"]
                    assert found(store, "lap") in ([], ["b"])
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=look) for _ in range(2)]
        for thread in threads:
            thread.start()
        for lap in range(15):
            store.apply([GraphUpdate(B + "/curated", triple(B, TITLE, f"lap {lap}") if lap % 2 else None)])
        ended.set()
        for thread in threads:
            thread.join()
    assert errors == []
