"""Does a difference turn one content into the other, in every form it is sent, and only as a whole?"""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import InputError
from catalog.graphstore.delta import check_ntriples, for_sparql, plan_delta, write_sequence
from catalog.graphstore.one_operation import write_operation, write_question
from catalog.graphstore.queries import write_literal
from tests.support.graph_content import A, B, content, lines_of

INT = "http://www.w3.org/2001/XMLSchema#integer"

subjects = st.sampled_from(["x:s", "x:t", "http://example.org/s?a=b#c", "x:p"])
objects = st.one_of(
    subjects.map(lambda iri: f"<{iri}>"),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(write_literal),
    st.sampled_from(["1", "01", "2", "x"]).map(lambda text: write_literal(text, INT)),
    st.sampled_from(["en", "EN", "de-AT"]).map(lambda tag: write_literal("w", language=tag)),
    st.sampled_from(['"\\u0022"', '"\\u005C\\u0075"', '"\\\\u0041"', '"\\U0001F52C\\u000A"', '"^^<x:s>"', '"a"^^<x:p>']),
)
lines = st.builds(lambda s, p, o: f"<{s}> <{p}> {o} .\n".encode(), subjects, subjects, objects)
contents = st.lists(lines, max_size=12, unique=True).map(b"".join)


def store_with(**graphs: bytes) -> ox.Store:
    store = ox.Store()
    for name, text in graphs.items():
        store.load(text, ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode({"a": A, "b": B}[name]))
    return store


def quads(store: ox.Store) -> set[str]:
    return {str(quad) for quad in store}


@given(contents, contents, contents, contents)
def test_either_writing_makes_the_new_content(a: bytes, b: bytes, new_a: bytes, new_b: bytes) -> None:
    """What the store holds then is what it would hold had it only ever been given the new content."""
    deltas = [each for each in (plan_delta(A, a, new_a), plan_delta(B, b, new_b)) if each]
    wanted = quads(store_with(a=new_a, b=new_b))
    for write in (write_sequence, write_operation):
        store = store_with(a=a, b=b)
        if deltas:
            store.update(write(deltas).decode())
        assert quads(store) == wanted
        if deltas:
            assert bool(store.query(write_question(deltas)))


@given(contents, contents)
def test_the_question_tells_done_from_not_done(old: bytes, new: bytes) -> None:
    delta = plan_delta(A, old, new)
    before, after = quads(store_with(a=old)), quads(store_with(a=new))
    if delta and before != after and not any(b'"^^' in line or b'"@' in line for line in (old + new).split(b"\n")):
        assert not bool(store_with(a=old).query(write_question([delta])))
        assert bool(store_with(a=new).query(write_question([delta])))


@given(contents, contents)
def test_no_beginning_of_the_operation_is_an_operation(old: bytes, new: bytes) -> None:
    delta = plan_delta(A, old, new)
    if not delta:
        return
    text = write_operation([delta])
    for cut in range(0, len(text), max(1, len(text) // 60)):
        store = store_with(a=old)
        try:
            store.update(text[:cut].decode(errors="ignore"))
        except SyntaxError:
            continue
        assert quads(store) == quads(store_with(a=old)), text[:cut]


@given(contents, contents)
def test_a_change_meant_for_another_state_does_nothing(old: bytes, new: bytes) -> None:
    """The guard in the WHERE: lines to remove that are not there stop the whole operation."""
    delta = plan_delta(A, old, new)
    if delta.removed:
        other = store_with(a=b"<x:other> <x:other> <x:other> .\n")
        before = quads(other)
        other.update(write_operation([delta]).decode())
        assert quads(other) == before


def test_only_what_changes_is_sent() -> None:
    delta = plan_delta(A, content(5000), lines_of(content(4999), content(1, of="new")))
    assert (delta.removed.count(b"\n"), delta.added.count(b"\n")) == (1, 1)
    assert not plan_delta(A, content(10), content(10))
    assert not plan_delta(A, content(10), b"".join(reversed(content(10).splitlines(keepends=True))))
    assert not plan_delta(A, b"", b"")
    assert plan_delta(A, content(1), b"").emptied


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_escapes_say_the_same_in_sparql(text: str, long: bool) -> None:
    escaped = "".join(f"\\U{ord(each):08X}" if long or ord(each) > 0xFFFF else f"\\u{ord(each):04X}" for each in text)
    rewritten = for_sparql(f'<x:s> <x:p> "{escaped}" .\n'.encode())
    assert b"\\u0022" not in rewritten
    store = ox.Store()
    store.update(f"INSERT DATA {{ {rewritten.decode()} }}")
    assert [quad.object.value for quad in store] == [text]  # type: ignore[union-attr]


@pytest.mark.parametrize("line", [b'<x:s> <x:p> "\\uD800" .\n', b'<x:s> <x:p> "\\U00110000" .\n'])
def test_an_escape_that_is_no_character_is_refused(line: bytes) -> None:
    with pytest.raises(InputError):
        for_sparql(line)


@given(st.binary(max_size=60))
def test_what_passes_the_check_is_triples(noise: bytes) -> None:
    for text in (noise, b"<x:s> <x:p> " + noise + b" .\n", b'<x:s> <x:p> "' + noise + b'" .\n'):
        try:
            check_ntriples(A, text)
        except InputError:
            continue
        assert len(list(ox.parse(text, ox.RdfFormat.N_TRIPLES, lenient=True))) == text.count(b"\n")


def test_a_bad_line_is_named() -> None:
    with pytest.raises(InputError, match=r"line 3 of <http://localhost:8000/datasets/a> is not .* b'<x:s> nonsense'"):
        check_ntriples(A, content(2) + b"<x:s> nonsense\n" + content(1))
