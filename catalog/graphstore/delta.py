r"""What must change in a graph? Lines to remove, lines to add, and the SPARQL Update that does it.

Content is compared line by line, as canonical N-Triples allow. Two things stand between lines and a store:

*Normalisation.* Stores keep values, not spellings (``"01"^^xsd:integer`` becomes ``"1"``; ``@EN`` becomes ``@en``), so removing one
spelling may remove a line that stays. Lines that stay and share subject and predicate with a removed typed literal are written again.

*Escapes.* SPARQL may decode ``\u0022`` before it looks for the end of a string; N-Triples decode it after. Lines with such an
escape are rewritten with the character's own escape, so content cannot become syntax.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.errors import InputError
from catalog.graphstore.bindings import XSD_STRING
from catalog.graphstore.queries import write_iri, write_literal

_IRI = rb'<[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>"{}|^`\\]*>'
_LITERAL = rb'"(?:[^"\\\n\r]|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*"(?:\^\^' + _IRI + rb"|@[A-Za-z]+(?:-[A-Za-z0-9]+)*)?"
_LINE = re.compile(_IRI + rb" " + _IRI + rb" (?:" + _IRI + rb"|" + _LITERAL + rb") \.")
_CODEPOINT = re.compile(rb"(?<!\\)((?:\\\\)*)\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference between two contents of one graph.

    Attributes
    ----------
    graph
        IRI of the named graph.
    removed, added
        Lines, without their line ends, ready for SPARQL. A line may be in neither, or in `added` alone though it stays.
    emptied
        Nothing is left: the graph's name goes too.
    """

    graph: str
    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]
    emptied: bool = False

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.removed or self.added)


def read_lines(graph: str, ntriples: bytes) -> list[bytes]:
    """The lines of a graph's content, without their ends.

    Raises
    ------
    InputError
        The last line has no end: the content was cut.
    """
    if not ntriples:
        return []
    if not ntriples.endswith(b"\n"):
        raise InputError(f"the content of <{graph}> does not end with a line end: it is cut, or not canonical N-Triples")
    return ntriples[:-1].split(b"\n")


def check_lines(graph: str, lines: Iterable[bytes]) -> None:
    """Refuse lines that are not one canonical triple each: nothing else may reach a SPARQL text.

    Raises
    ------
    InputError
        The message quotes the line.
    """
    match = _LINE.fullmatch
    for line in lines:
        if match(line) is None or not _is_utf8(line):
            raise InputError(
                f"the content of <{graph}> has a line that is not one canonical triple of IRIs and literals: {line[:200]!r}"
            )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def for_sparql(line: bytes) -> bytes:
    """One N-Triples line as SPARQL may read it: codepoint escapes replaced by the character or its own escape."""

    def character(match: re.Match[bytes]) -> bytes:
        code = int(match[2] or match[3], 16)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            raise InputError(f"{match[0]!r} is not a character: {line[:200]!r}")
        return match[1] + write_literal(chr(code), XSD_STRING)[1:-1].encode()

    return _CODEPOINT.sub(character, line) if b"\\u" in line or b"\\U" in line else line


def _subject_predicate(line: bytes) -> bytes:
    return line[: line.index(b" ", line.index(b" ") + 1)]


def _at_risk(removed: Iterable[bytes], kept: Iterable[bytes]) -> list[bytes]:
    """Lines that stay, but whose value a removed line may spell in another way."""
    prefixes = {_subject_predicate(line) for line in removed if b'"^^<' in line or b'"@' in line}
    if not prefixes:
        return []
    return [line for line in kept if (b'"^^<' in line or b'"@' in line) and _subject_predicate(line) in prefixes]


def plan_delta(graph: str, previous: bytes, ntriples: bytes) -> Delta:
    """The lines to remove and to add, so that `previous` becomes `ntriples`.

    Parameters
    ----------
    graph
        IRI of the named graph.
    previous, ntriples
        Present and next content as N-Triples; ``b""`` is no graph.

    Raises
    ------
    InputError
        The content is not canonical N-Triples. Only lines that change are looked at.
    """
    if previous == ntriples:
        return Delta(graph, (), ())
    old, new = set(read_lines(graph, previous)), set(read_lines(graph, ntriples))
    removed, added = old - new, new - old
    check_lines(graph, removed)
    check_lines(graph, added)
    added |= set(_at_risk(removed, new & old)) if removed else set()
    return Delta(
        graph,
        tuple(map(for_sparql, sorted(removed))),
        tuple(map(for_sparql, sorted(added))),
        emptied=not new,
    )


def write_sequence(deltas: Iterable[Delta]) -> bytes:
    """One SPARQL Update request (UTF-8) of several operations, for an engine that gets it whole and runs it as one transaction.

    Everything is removed before anything is added. A graph that ends empty is dropped, name and all.
    """
    deltas = [delta for delta in deltas if delta]
    parts: list[bytes] = []
    removing = [delta for delta in deltas if delta.removed and not delta.emptied]
    if removing:
        parts.append(_quads(b"DELETE DATA", ((delta.graph, delta.removed) for delta in removing)))
    parts += [b"DROP SILENT GRAPH " + write_iri(delta.graph).encode() for delta in deltas if delta.emptied]
    adding = [delta for delta in deltas if delta.added]
    if adding:
        parts.append(_quads(b"INSERT DATA", ((delta.graph, delta.added) for delta in adding)))
    return b" ;\n".join(parts)


def _quads(verb: bytes, graphs: Iterable[tuple[str, tuple[bytes, ...]]]) -> bytes:
    blocks = (b"GRAPH " + write_iri(graph).encode() + b" {\n" + b"\n".join(lines) + b"\n}" for graph, lines in graphs)
    return verb + b" {\n" + b"\n".join(blocks) + b"\n}"
