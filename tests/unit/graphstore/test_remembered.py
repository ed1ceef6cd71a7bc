"""Are answers about published copies kept within bounds, and never given about another copy?"""

from pathlib import Path

from catalog.graphstore.bindings import Bindings, Iri
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.published import PublishedGraphStore
from catalog.graphstore.remembered import MAX_ROWS, RememberedAnswers


def answer(rows: int) -> Bindings:
    return Bindings(("a",), [(Iri("urn:x"),)] * rows)


def test_an_answer_is_of_its_copy_alone() -> None:
    remembered = RememberedAnswers()
    remembered.keep("one", "q", answer(1))
    assert remembered.get("one", "q") == answer(1)
    assert remembered.get("two", "q") is None
    remembered.keep("two", "other", answer(2))
    assert remembered.get("one", "q") is None


def test_what_was_not_asked_for_longest_makes_room() -> None:
    remembered = RememberedAnswers()
    third = MAX_ROWS // 3
    for name in ("a", "b"):
        remembered.keep("copy", name, answer(third))
    assert remembered.get("copy", "a") is not None
    remembered.keep("copy", "c", answer(third))
    assert [remembered.get("copy", name) is not None for name in "abc"] == [True, False, True]
    remembered.keep("copy", "large", answer(MAX_ROWS))
    assert remembered.get("copy", "large") is None


def test_what_is_written_is_seen_by_the_next_question(tmp_path: Path) -> None:
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    with EmbeddedGraphStore(tmp_path) as writer:
        writer.apply([GraphUpdate("urn:g", b"<urn:a> <urn:b> <urn:c> .\n")])
    with PublishedGraphStore(tmp_path) as store:
        for _ in range(2):
            assert store.select(count, timeout=20).values("n") == ["1"]
        with EmbeddedGraphStore(tmp_path) as writer:
            writer.apply([GraphUpdate("urn:g", b"<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> <urn:d> .\n")])
        assert store.select(count, timeout=20).values("n") == ["2"]
