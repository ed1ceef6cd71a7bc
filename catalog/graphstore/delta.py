r"""Which lines must go and which must come? The difference between two contents of a graph, and SPARQL Updates that make it.

Content is compared line by line, as canonical N-Triples allow. Two things stand between lines and a store.

*Normalisation.* Stores keep values, not spellings (``"01"^^xsd:integer`` becomes ``"1"``; ``@EN`` becomes ``@en``), so removing
one spelling may remove a line that stays. Lines that stay are written again where they share subject and predicate with a removed
literal that is not a plain string.

*Escapes.* SPARQL may decode ``\u0022`` before it looks for the end of a string; N-Triples decode it after. In SPARQL such an
escape is replaced by the character's own, so that content cannot become syntax.

Source: RDF 1.2 N-Triples, section 3 (canonical form); SPARQL 1.1 Query Language, section 19.2; SPARQL 1.1 Update, section 3.1.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.errors import InputError
from catalog.graphstore.queries import write_iri, write_literal

_IRI = rb'<[A-Za-z][A-Za-z0-9+.\-]*+:[^\x00-\x20<>"{}|^`\\]*+>'
_STRING = rb'"(?:[^"\\\n\r]++|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+"'
_SUFFIX = rb"(?:\^\^" + _IRI + rb"|@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)?"
_TRIPLE = _IRI + b" " + _IRI + b" (?:" + _IRI + b"|" + _STRING + _SUFFIX + rb") \.\n"
_CONTENT = re.compile(b"(?:" + _TRIPLE + b")*+")
_CODEPOINT = re.compile(rb"(?<!\\)((?:\\\\)*)\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference between two contents of one graph.

    Attributes
    ----------
    graph
        IRI of the named graph.
    removed, added
        Canonical N-Triples. A line in neither stays; a line in `added` may have been there.
    emptied
        Nothing is left: the graph's name goes too.
    witness
        A line that is there after the change and was not before, spelling apart; ``b""`` where the change only removes.
    """

    graph: str
    removed: bytes = b""
    added: bytes = b""
    emptied: bool = False
    witness: bytes = b""

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.removed or self.added)


def check_ntriples(graph: str, content: bytes) -> None:
    """Refuse content that is not canonical triples of IRIs and literals: nothing else may reach a SPARQL text.

    Raises
    ------
    InputError
        The message quotes the line.
    """
    match = _CONTENT.match(content)
    end = match.end() if match else 0
    if end < len(content):
        line = content[end : end + 200].partition(b"\n")[0]
        raise InputError(
            f"line {content.count(b'\n', 0, end) + 1} of <{graph}> is not a whole canonical triple of IRIs and literals: {line!r}"
        )
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"the content of <{graph}> is not UTF-8: {error}") from None


def plan_delta(graph: str, previous: bytes, content: bytes) -> Delta:
    """Find the lines to remove and to add, so that `previous` becomes `content`.

    Parameters
    ----------
    graph
        IRI of the named graph.
    previous, content
        Present and next content as canonical N-Triples, in any order of lines; ``b""`` is no graph.

    Raises
    ------
    InputError
        The last line has no end. Whoever writes the difference calls `check_ntriples` on it.
    """
    if previous == content:
        return Delta(graph)
    if not previous or not content:
        return Delta(graph, previous, content, emptied=not content, witness=content[: content.find(b"\n") + 1])
    old, new = _lines(graph, previous), _lines(graph, content)
    removed, added = old - new, new - old
    kept = _at_risk(removed, new - added) if removed else set()
    witness = min(added, default=b"")
    return Delta(graph, b"".join(sorted(removed)), b"".join(sorted(added | kept)), witness=witness)


def _lines(graph: str, content: bytes) -> set[bytes]:
    if not content.endswith(b"\n"):
        raise InputError(f"the content of <{graph}> does not end with a line end: it is cut, or not canonical N-Triples")
    return {line + b"\n" for line in content[:-1].split(b"\n")}


def _respelt(line: bytes) -> bool:
    """Whether a store may give the line's object another spelling."""
    return b'"^^<' in line or b'"@' in line


def _subject_predicate(line: bytes) -> bytes:
    return line[: line.index(b" ", line.index(b" ") + 1)] if line.count(b" ") > 1 else line


def _at_risk(removed: Iterable[bytes], stays: Iterable[bytes]) -> set[bytes]:
    """Lines that stay, but whose value a removed line may spell in another way."""
    places = {_subject_predicate(line) for line in removed if _respelt(line)}
    return {line for line in stays if _respelt(line) and _subject_predicate(line) in places} if places else set()


def for_sparql(content: bytes) -> bytes:
    """Rewrite N-Triples as SPARQL may read them: codepoint escapes become the character, or its own escape.

    Raises
    ------
    InputError
        An escape that stands for no character.
    """

    def character(match: re.Match[bytes]) -> bytes:
        code = int(match[2] or match[3], 16)
        if code > 0x10FFFF:
            raise InputError(f"{match[0].decode()!r} is not a character")
        return match[1] + write_literal(chr(code))[1:-1].encode()

    return _CODEPOINT.sub(character, content) if b"\\u" in content or b"\\U" in content else content


def write_sequence(deltas: Sequence[Delta]) -> bytes:
    """Write one SPARQL Update request (UTF-8) of several operations, for an engine that gets it whole.

    Everything is removed before anything is added. A graph that ends empty is dropped, name and all.
    """
    parts: list[bytes] = []
    if any(delta.removed for delta in deltas):
        parts.append(b"DELETE DATA " + _quads((delta.graph, delta.removed) for delta in deltas))
    parts += [b"DROP SILENT GRAPH " + write_iri(delta.graph).encode() for delta in deltas if delta.emptied]
    if any(delta.added for delta in deltas):
        parts.append(b"INSERT DATA " + _quads((delta.graph, delta.added) for delta in deltas))
    return b" ;\n".join(parts)


def _quads(graphs: Iterable[tuple[str, bytes]]) -> bytes:
    blocks = (b"GRAPH " + write_iri(graph).encode() + b" {\n" + for_sparql(lines) + b"}\n" for graph, lines in graphs if lines)
    return b"{\n" + b"".join(blocks) + b"}"
