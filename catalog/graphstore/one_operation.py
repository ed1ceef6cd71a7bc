r"""How is a change sent over a network that may cut it? As one SPARQL Update of which no beginning is an update.

A server may take the end of a connection for the end of the text (Fuseki does: it commits an N-Triples upload that was cut
at a line end, and of a request of several operations those that arrived). ``INSERT DATA {…}`` and ``DELETE {…} INSERT {…}
WHERE {…}`` end with their only possible closing brace; declarations of prefixes alone change nothing.

*Guarded.* The WHERE names some of the lines to remove. Are they not there (somebody else changed the graph, or this very request
was carried out and its answer was lost), nothing happens, and whoever sent it reads the graph again.

*Compact.* Repeated IRIs become prefixed names with nothing behind the colon, and lines of one subject are joined: Fuseki resolves
each written IRI anew, which takes most of its time (250,000 triples: 9.4 s as they are, 3.7 s compacted).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from catalog.graphstore.delta import Delta, check_ntriples, for_sparql
from catalog.graphstore.queries import write_iri

_GUARDS: Final = 20
"""Removed lines of each graph that the WHERE names."""


def write_operation(deltas: Sequence[Delta]) -> bytes:
    """Write the one operation, as UTF-8.

    Parameters
    ----------
    deltas
        What changes, one for each graph; at least one is not empty.

    Raises
    ------
    InputError
        A line is not canonical N-Triples.
    """
    for delta in deltas:
        check_ntriples(delta.graph, delta.removed)
        check_ntriples(delta.graph, delta.added)
    removing = [(delta.graph, for_sparql(delta.removed)) for delta in deltas if delta.removed]
    adding = [(delta.graph, for_sparql(delta.added)) for delta in deltas if delta.added]
    names = _Names(lines for _, lines in removing + adding)
    if not removing:
        text = b"INSERT DATA " + names.write_quads(adding)
    else:
        guard = [(graph, b"".join(lines.splitlines(keepends=True)[:_GUARDS])) for graph, lines in removing]
        text = b"DELETE " + names.write_quads(removing)
        text += b"\nINSERT " + names.write_quads(adding) if adding else b""
        text += b"\nWHERE " + names.write_quads(guard)
    return names.declarations() + text


def write_question(deltas: Sequence[Delta]) -> str:
    """Write the ASK that says whether an operation was carried out: one changed triple of each graph is looked at.

    All of them changed, or none.
    """
    patterns = []
    for delta in deltas:
        line = for_sparql((delta.witness or delta.removed).partition(b"\n")[0]).decode()
        pattern = f"GRAPH {write_iri(delta.graph)} {{ {line} }}"
        patterns.append(pattern if delta.witness else f"FILTER NOT EXISTS {{ {pattern} }}")
    return f"ASK {{ {' '.join(patterns)} }}"


class _Names:
    """Prefixed names for the IRIs that stand in lines more than once."""

    def __init__(self, contents: Iterable[bytes]) -> None:
        counts: Counter[bytes] = Counter()
        for content in contents:
            for line in content[:-1].split(b"\n"):
                _, predicate, rest = line.split(b" ", 2)
                counts[predicate] += 1
                if rest[-3:-2] == b">":
                    counts[rest[:-2].rpartition(b"^^")[2]] += 1
        repeated = (iri for iri, count in counts.items() if count > 1)
        self._names = {iri: b"n%d:" % number for number, iri in enumerate(repeated)}

    def declarations(self) -> bytes:
        """Declare the names."""
        return b"".join(b"PREFIX " + name + b" " + iri + b"\n" for iri, name in self._names.items())

    def write_quads(self, graphs: Iterable[tuple[str, bytes]]) -> bytes:
        """Write a group of ``GRAPH`` blocks in braces."""
        parts = [b"{"]
        for graph, content in graphs:
            parts.append(b"GRAPH " + write_iri(graph).encode() + b" {")
            last = b""
            for line in content[:-1].split(b"\n"):
                subject, predicate, rest = line.split(b" ", 2)
                pair = self._names.get(predicate, predicate) + b" " + self._object(rest[:-2])
                if subject == last:
                    parts.append(b"; " + pair)
                else:
                    parts.append((b". " if last else b"") + subject + b" " + pair)
                    last = subject
            parts.append(b"}")
        parts.append(b"}")
        return b"\n".join(parts)

    def _object(self, text: bytes) -> bytes:
        if text[-1:] != b">":
            return text
        literal, mark, iri = text.rpartition(b"^^")
        return literal + mark + self._names.get(iri, iri)
