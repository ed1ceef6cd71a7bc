"""Which statements does this RDF file make?

Files that people write by hand or export from other systems: a curated graph, an ontology, a taxonomy. They come out as canonical
N-Triples, blank nodes named by the file's content, so that the same file gives the same graph.
"""

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final

import pyoxigraph

from catalog.errors import InputError
from catalog.rdf.conventions.jsonld_terms import Skolems, literal_term
from catalog.rdf.iris import content_hash
from catalog.rdf.prefixes import PREFIXES

_FORMATS = {
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".jsonld": pyoxigraph.RdfFormat.JSON_LD,
    ".json": pyoxigraph.RdfFormat.JSON_LD,
    ".rdf": pyoxigraph.RdfFormat.RDF_XML,
    ".owl": pyoxigraph.RdfFormat.RDF_XML,
    ".xml": pyoxigraph.RdfFormat.RDF_XML,
}


MAX_DEPTH: Final = 256
"""Levels of JSON-LD. The parser calls itself for each, and thousands of them end the process."""
_JSON_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NO_TERM: Final = re.compile(
    rb'\\.|"{3}(?:[^"\\]|\\.|"(?!""))*+"{3}|' + rb"'{3}(?:[^'\\]|\\.|'(?!''))*+'{3}|"
    rb'"(?:[^"\\\n\r]|\\.)*+"|' + rb"'(?:[^'\\\n\r]|\\.)*+'|<[^<>]*+>|#[^\n\r]*+",
    re.DOTALL,
)
"""Escapes, texts, IRIs and comments of Turtle: where ``<<`` begins no triple term."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes
    ----------
    subject, predicate
        IRIs.
    target
        The object as N-Triples text.
    """

    subject: str
    predicate: str
    target: str

    @property
    def line(self) -> str:
        """The statement as a line of canonical N-Triples."""
        return f"<{self.subject}> <{self.predicate}> {self.target} .\n"


def read_statements(data: bytes, name: str, *, base: str, skolem: str) -> list[Statement]:
    """The statements of a file, in its order.

    Parameters
    ----------
    data
        The file's bytes.
    name
        Its name; the ending tells the format: ``.ttl``, ``.nt``, ``.jsonld``, ``.json``, ``.rdf``, ``.owl``, ``.xml``.
    base
        What relative IRIs are resolved against.
    skolem
        Where the IRIs begin that stand for blank nodes.

    Raises
    ------
    InputError
        The format is not known, or the file is not valid in it; the message says where. Nothing is ever fetched: a JSON-LD
        context has to stand in the file.
    """
    suffix = PurePath(name).suffix.lower()
    kind = _FORMATS.get(suffix)
    if kind is None:
        raise InputError(f"{name!r} ends in {suffix!r}; RDF is read from files that end in {', '.join(_FORMATS)}")
    _refuse_deep(data, kind, name)
    names = Skolems(skolem, content_hash(data.decode(errors="replace")))
    found: list[Statement] = []
    try:
        for quad in pyoxigraph.parse(data, kind, base_iri=base):
            if isinstance(quad.object, pyoxigraph.Triple):
                raise InputError(f"{name!r} states something about a statement (RDF 1.2 triple terms), which is not read")
            found.append(Statement(names.name(quad.subject), str(quad.predicate.value), _target(quad.object, names)))
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise InputError(f"{name!r}{where}: {error.msg or error}") from error
    return found


def _refuse_deep(data: bytes, kind: pyoxigraph.RdfFormat, name: str) -> None:
    """Refuse what the parser would end the process on: JSON-LD that is nested deep; triple terms, which are not read at all."""
    if kind == pyoxigraph.RdfFormat.JSON_LD:
        if data.count(b"{") > MAX_DEPTH and _depth(_JSON_TEXT.sub(b"", data)) > MAX_DEPTH:
            raise InputError(f"{name!r} is nested more than {MAX_DEPTH} levels deep")
    elif kind != pyoxigraph.RdfFormat.RDF_XML and b"<<" in data and b"<<" in _NO_TERM.sub(b" ", data):
        raise InputError(f"{name!r} states something about a statement (RDF 1.2 triple terms), which is not read")


def _depth(bare: bytes) -> int:
    steps = (1 if bracket[0] in b"[{" else -1 for bracket in re.finditer(rb"[\[\]{}]", bare))
    return max(itertools.accumulate(steps), default=0)


def _target(term: Any, names: Skolems) -> str:
    return literal_term(term) if isinstance(term, pyoxigraph.Literal) else f"<{names.name(term)}>"


def is_iri(text: str) -> bool:
    """Whether every graph store takes a text as an IRI."""
    try:
        pyoxigraph.NamedNode(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def _declared() -> str:
    return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())


def parse_term(text: str, base: str) -> str:
    """A term as Turtle writes it, with the project's prefixes: ``<IRI>``, ``dct:title``, ``"text"@en``, ``5``; as N-Triples text.

    Raises
    ------
    InputError
        It is no term.
    """
    _refuse_deep(text.encode(errors="replace"), pyoxigraph.RdfFormat.TURTLE, text[:40])
    try:
        [quad] = pyoxigraph.parse(f"{_declared()}<urn:s> <urn:p> {text} .", pyoxigraph.RdfFormat.TURTLE, base_iri=base)
    except (SyntaxError, ValueError) as error:
        raise InputError(f'{text!r} is no term: write <IRI>, prefix:name, "text", "text"@en or a number') from error
    if isinstance(quad.object, pyoxigraph.BlankNode | pyoxigraph.Triple):
        raise InputError(f'{text!r} has no name of its own: write <IRI>, prefix:name, "text", "text"@en or a number')
    return literal_term(quad.object) if isinstance(quad.object, pyoxigraph.Literal) else f"<{quad.object.value}>"
