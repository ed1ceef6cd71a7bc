"""What every graph store must do when it is written to."""

import threading

import pytest

from catalog.errors import InputError
from catalog.graphstore.bindings import Iri, Literal
from catalog.graphstore.door import GraphStore, GraphUpdate
from tests.support.graph_content import COUNT, EX, HOSTILE, ODD_IRIS, XSD, A, B, C, content, count_of, graphs_of, lines_of, triple


class WritingTests:
    """Graphs are replaced whole, together, and nothing else is touched.

    Attributes
    ----------
    union
        Whether a query with GRAPH, too, sees the union as its default graph.
    """

    union = True

    def test_what_is_applied_is_read_back(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(10), b""), GraphUpdate(B, content(3, of="w"))])
        assert store.read_graph(A) == content(10)
        assert store.read_graph(B) == content(3, of="w")
        assert graphs_of(store) == {A, B}

    def test_a_graph_that_is_not_there_reads_as_nothing(self, store: GraphStore) -> None:
        assert store.read_graph(A) == b""
        assert store.read_graph(A + "/rejected") == b""

    @pytest.mark.parametrize("known", [True, False])
    @pytest.mark.parametrize("size", [20, 3000])
    def test_new_content_replaces_the_old(self, store: GraphStore, known: bool, size: int) -> None:
        old, new = content(size), lines_of(content(size // 2), content(size // 4, of="new"))
        store.apply([GraphUpdate(A, old, b"")])
        store.apply([GraphUpdate(A, new, old if known else None)])
        assert store.read_graph(A) == new
        assert count_of(store) == new.count(b"\n")

    @pytest.mark.parametrize("size", [5, 4000])
    def test_content_grows_and_shrinks(self, store: GraphStore, size: int) -> None:
        for lines in (content(2), content(size), content(size, of="w"), content(1)):
            store.apply([GraphUpdate(A, lines)])
            assert store.read_graph(A) == lines

    def test_a_graph_thought_absent_is_replaced_all_the_same(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(5), b"")])
        store.apply([GraphUpdate(A, content(3, of="w"), b"")])
        assert store.read_graph(A) == content(3, of="w")

    def test_the_order_of_lines_means_nothing(self, store: GraphStore) -> None:
        backwards = b"".join(reversed(content(20).splitlines(keepends=True)))
        store.apply([GraphUpdate(A, backwards, b"")])
        store.apply([GraphUpdate(A, content(20), backwards)])
        assert store.read_graph(A) == content(20)

    @pytest.mark.parametrize("nothing", [None, b""])
    @pytest.mark.parametrize("known", [True, False])
    def test_a_dropped_graph_leaves_nothing(self, store: GraphStore, nothing: bytes | None, known: bool) -> None:
        store.apply([GraphUpdate(A, content(2500), b""), GraphUpdate(B, content(2, of="w"), b"")])
        store.apply([GraphUpdate(A, nothing, content(2500) if known else None)])
        assert store.read_graph(A) == b""
        assert graphs_of(store) == {B}
        assert store.query("SELECT ?g { GRAPH ?g {} }", "csv").body.split() == [b"g", B.encode()]
        assert count_of(store) == 2

    def test_graphs_are_made_changed_and_dropped_in_one_go(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(5), b""), GraphUpdate(B, content(5, of="w"), b"")])
        store.apply([GraphUpdate(A, None), GraphUpdate(B, content(4, of="w")), GraphUpdate(C, content(3, of="x"))])
        assert [store.read_graph(graph) for graph in (A, B, C)] == [b"", content(4, of="w"), content(3, of="x")]

    def test_dropping_what_is_not_there_is_nothing(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, None), GraphUpdate(B, None, content(2))])
        store.apply([])
        assert graphs_of(store) == set()

    def test_repeating_changes_nothing(self, store: GraphStore) -> None:
        first = [GraphUpdate(A, content(5), b""), GraphUpdate(A + "/record", content(2, of="r"), b"")]
        second = [GraphUpdate(A, content(4), content(5)), GraphUpdate(A + "/record", content(2, of="q"), content(2, of="r"))]
        for updates in (first, first, second, second):
            store.apply(updates)
        assert store.read_graph(A) == content(4)
        assert store.read_graph(A + "/record") == content(2, of="q")

    def test_graphs_that_are_not_named_stay(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(5), b""), GraphUpdate(A + "/curated", content(2, of="c"), b"")])
        store.apply([GraphUpdate(A, content(5, of="w"))])
        assert store.read_graph(A + "/curated") == content(2, of="c")

    @pytest.mark.parametrize(
        "bad",
        [
            content(3)[:-1],
            content(3)[:-20],
            b"<x:s> <x:p> _:b .\n",
            b"_:b <x:p> <x:o> .\n",
            b"<s> <x:p> <x:o> .\n",
            b"<x:s> <x:p> <x:o> <x:g> .\n",
            b'<x:s> <x:p> "a .\n',
            b'<x:s> <x:p> "a"@ .\n',
            b'<x:s> <x:p> "\xff" .\n',
            b'"s" <x:p> <x:o> .\n',
            b"<x:s> <x:p> <x:o> .\r\n",
            b"<x:s> <x:p> <x:o> } } ; DROP ALL .\n",
            b"<x:s> <x:p> 1 .\n",
            b"# a comment\n",
            b"\n",
            b"@prefix x: <x:> .\n",
        ],
    )
    @pytest.mark.parametrize("more", [b"", content(4000)])
    def test_content_that_is_not_canonical_is_refused_whole(self, store: GraphStore, bad: bytes, more: bytes) -> None:
        store.apply([GraphUpdate(A, content(5), b"")])
        with pytest.raises(InputError, match=r"<http://localhost:8000/datasets/b>|not canonical"):
            store.apply([GraphUpdate(A, content(6)), GraphUpdate(B, more + bad, b"")])
        assert store.read_graph(A) == content(5)
        assert graphs_of(store) == {A}
        assert count_of(store) == 5

    @pytest.mark.parametrize("name", ["a", "", "http://x/ y", "http://x/>", "_:b", "http://x/\u0000", 'http://x/"'])
    def test_a_graph_has_an_absolute_iri(self, store: GraphStore, name: str) -> None:
        with pytest.raises(InputError, match="absolute IRI"):
            store.apply([GraphUpdate(name, content(1), b"")])
        with pytest.raises(InputError, match="absolute IRI"):
            store.read_graph(name)

    def test_a_graph_changes_once_in_a_transaction(self, store: GraphStore) -> None:
        with pytest.raises(InputError, match="twice"):
            store.apply([GraphUpdate(A, content(1)), GraphUpdate(B, content(1)), GraphUpdate(A, None)])
        assert graphs_of(store) == set()

    def test_readers_see_the_old_or_the_new_and_never_half(self, store: GraphStore) -> None:
        """Graphs and default graph change together; sizes are chosen so that every half state has a count of its own."""
        old, new = (content(100), content(30, of="r")), (content(3000, of="w"), content(7, of="q"))
        each = (f"{{ GRAPH <{A}> {{ ?s ?p ?o }} }}", f"{{ GRAPH <{B}> {{ ?s ?p ?o }} }}", "{ ?s ?p ?o }" if self.union else "{}")
        text = f"SELECT (COUNT(*) AS ?n) {{ {' UNION '.join(each)} }}"
        seen: set[int] = set()
        errors: list[BaseException] = []
        stop = threading.Event()

        def read() -> None:
            try:
                while not stop.is_set():
                    seen.add(count_of(store, text))
            except BaseException as error:
                errors.append(error)

        store.apply([GraphUpdate(A, old[0], b""), GraphUpdate(B, old[1], b"")])
        reader = threading.Thread(target=read)
        reader.start()
        try:
            for before, after in [(old, new), (new, old)] * 3 + [(old, (None, None)), ((b"", b""), new)]:
                store.apply([GraphUpdate(graph, b, a) for graph, a, b in zip((A, B), before, after, strict=True)])
        finally:
            stop.set()
            reader.join()
        assert not errors
        assert seen <= ({260, 6014, 0} if self.union else {131, 3008, 1})
        assert len(seen) > 1, "the reader ran beside the writer"


class TermTests:
    """What is written comes back, whatever it holds."""

    def test_hostile_literals_come_back_as_they_went(self, store: GraphStore) -> None:
        lines = lines_of(*(triple(f"{EX}s{i}", EX + "p", text) for i, text in enumerate(HOSTILE)))
        store.apply([GraphUpdate(A, lines, b"")])
        self._have(store, {f"{EX}s{i}": text for i, text in enumerate(HOSTILE)})
        store.apply([GraphUpdate(A, triple(EX + "only", EX + "p", HOSTILE[0]), lines)])  # the difference removes them
        self._have(store, {EX + "only": HOSTILE[0]})
        store.apply([GraphUpdate(A, lines, triple(EX + "only", EX + "p", HOSTILE[0]))])  # and adds them
        self._have(store, {f"{EX}s{i}": text for i, text in enumerate(HOSTILE)})

    @staticmethod
    def _have(store: GraphStore, expected: dict[str, str]) -> None:
        rows = store.select(f"SELECT ?s ?o {{ GRAPH <{A}> {{ ?s ?p ?o }} }}")
        assert {s.value: o.value for s, o in rows.rows if s is not None and o is not None} == expected
        read = {line.split(b" ")[0]: line for line in store.read_graph(A).splitlines()}
        assert len(read) == len(expected)

    def test_escapes_in_content_do_not_become_syntax(self, store: GraphStore) -> None:
        """SPARQL may decode these before it looks for the end of the string; N-Triples do after."""
        lines = rb'<x:s> <x:p> "a\u0022 } } ; DROP ALL ; INSERT DATA { <x:t> <x:p> \u0022\u005C\u000A\U00000022" .' + b"\n"
        store.apply([GraphUpdate(A, content(2), b"")])
        store.apply([GraphUpdate(B, lines, b"")])
        rows = store.select("SELECT ?o { ?s <x:p> ?o }")
        assert rows.values("o") == ['a" } } ; DROP ALL ; INSERT DATA { <x:t> <x:p> "\\\n"']
        store.apply([GraphUpdate(B, content(1, of="z"), lines)])
        assert store.read_graph(B) == content(1, of="z")
        assert store.read_graph(A) == content(2)

    @pytest.mark.parametrize("iri", ODD_IRIS)
    def test_iris_come_back_as_they_went(self, store: GraphStore, iri: str) -> None:
        line = f"<{iri}> <{iri}> <{iri}> .\n".encode()
        store.apply([GraphUpdate(iri, line, b"")])
        assert store.read_graph(iri) == line
        rows = store.select("SELECT ?s ?p ?o { \n#VALUES s\n ?s ?p ?o }", {"s": [Iri(iri)]})
        assert rows.rows == [(Iri(iri), Iri(iri), Iri(iri))]
        store.apply([GraphUpdate(iri, line + content(1))])
        store.apply([GraphUpdate(iri, content(1), line + content(1))])
        assert store.read_graph(iri) == content(1)

    def test_an_iri_with_dot_segments_is_found_as_it_was_written(self, store: GraphStore) -> None:
        """Fuseki resolves it (RFC 3986, section 5.2.4), in content and in queries alike."""
        iri = EX + "a/../b/./c"
        store.apply([GraphUpdate(A, triple(iri, EX + "p", "x"), b"")])
        assert len(store.select("SELECT ?o { \n#VALUES s\n ?s ?p ?o }", {"s": [Iri(iri)]})) == 1
        store.apply([GraphUpdate(A, content(1), triple(iri, EX + "p", "x"))])
        assert store.read_graph(A) == content(1)

    def test_a_spelling_that_goes_takes_no_value_that_stays(self, store: GraphStore) -> None:
        """Stores normalise: "01" and "1" may be one value there."""

        def number(text: str) -> bytes:
            return f'<{EX}s> <{EX}p> "{text}"^^<{XSD}integer> .\n'.encode()

        def word(tag: str) -> bytes:
            return f'<{EX}s> <{EX}q> "w"@{tag} .\n'.encode()

        both = number("01") + number("1") + word("EN") + word("en")
        store.apply([GraphUpdate(A, both, b"")])
        store.apply([GraphUpdate(A, number("1") + word("en"), both)])
        for text, expected in ((COUNT, 2), (f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{A}> {{ ?s ?p ?o }} }}", 2)):
            assert count_of(store, text) == expected
        rows = store.select(f"SELECT ?o {{ <{EX}s> <{EX}p> ?o }}").rows
        assert rows == [(Literal("1", XSD + "integer"),)]

    def test_repeated_datatypes_and_subjects_keep_their_places(self, store: GraphStore) -> None:
        lines = lines_of(
            f'<{EX}s> <{EX}p> "<{EX}p>" .\n<{EX}s> <{EX}p> "x\\"^^<{EX}t>" .\n<{EX}s> <{EX}p> "5"^^<{EX}t> .\n'.encode(),
            f'<{EX}s> <{EX}q> "6"^^<{EX}t> .\n<{EX}t> <{EX}p> <{EX}t> .\n<{EX}p> <{EX}t> <{EX}s> .\n'.encode(),
            f'<{EX}p> <{EX}t> "h"@de-AT .\n<{EX}p> <{EX}t> "h"@en .\n'.encode(),
        )
        store.apply([GraphUpdate(A, lines, b"")])
        rows = store.select(f"SELECT ?s ?p ?o {{ GRAPH <{A}> {{ ?s ?p ?o }} }}").rows
        s, p, q, t = (Iri(EX + name) for name in "spqt")
        assert set(rows) == {
            (s, p, Literal(f"<{EX}p>")),
            (s, p, Literal(f'x"^^<{EX}t>')),
            (s, p, Literal("5", EX + "t")),
            (s, q, Literal("6", EX + "t")),
            (t, p, t),
            (p, t, s),
            *((p, t, o) for _, _, o in rows if isinstance(o, Literal) and o.language),
        }
        assert {o.language.lower() for _, _, o in rows if isinstance(o, Literal) and o.language} == {"de-at", "en"}
        assert len(rows) == 8
