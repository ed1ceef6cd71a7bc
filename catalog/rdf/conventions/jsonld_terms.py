"""How do the terms that a JSON-LD parser finds look in canonical N-Triples, and which of them can no graph store take?"""

from typing import Any

import pyoxigraph

from catalog.rdf import literals
from catalog.rdf.iris import content_hash

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NEED_LANGUAGE = {f"{_RDF}langString", f"{_RDF}dirLangString"}
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


class Terms:
    """Judges and writes terms; remembers what it has judged."""

    def __init__(self) -> None:
        self._iris: dict[str, bool] = {}

    def fault(self, quad: Any) -> str | None:
        """The kind of problem with the terms of a statement, or None."""
        predicate, target = quad.predicate.value, quad.object
        if not self.is_iri(predicate):
            return "invalid-iri" if ":" in predicate else "json-ld-key-ignored"
        for term in (quad.subject, target):
            if isinstance(term, pyoxigraph.NamedNode) and not self.is_iri(term.value):
                return "invalid-iri"
        if isinstance(target, pyoxigraph.Literal):
            return self._fault_of_literal(target)
        return None

    def _fault_of_literal(self, literal: Any) -> str | None:
        if literal.language is not None:
            return None if language_tag(literal.language) else "invalid-literal"
        kind = literal.datatype.value
        return "invalid-literal" if kind in _NEED_LANGUAGE or not self.is_iri(kind) else None

    def is_iri(self, text: str) -> bool:
        """Whether graph stores take a text as an IRI."""
        known = self._iris.get(text)
        if known is None:
            try:
                pyoxigraph.NamedNode(text)
                known = True
            except ValueError:
                known = False
            self._iris[text] = known
        return known


def language_tag(text: str) -> str | None:
    """A language tag in lower case, as graph stores keep it; None where it is not valid."""
    try:
        return str(pyoxigraph.Literal("", language=text).language)
    except ValueError:
        return None


def literal_term(literal: Any) -> str:
    """A literal with its lexical form as it stands; the base direction of a text is left out."""
    text = literals.string(literal.value)
    if literal.language is not None:
        return f"{text}@{language_tag(literal.language)}"
    kind = literal.datatype.value
    return text if kind == _XSD_STRING else f"{text}^^<{kind}>"


def shown(quad: Any) -> str:
    """A statement for messages; blank nodes have no name that means anything."""
    terms = (quad.subject, quad.predicate, quad.object)
    return " ".join("[]" if isinstance(term, pyoxigraph.BlankNode) else str(term) for term in terms)


class Skolems:
    """Names blank nodes by the order in which the parser meets them, which the text determines.

    Canonical labelling of a graph would give names that do not depend on the order of statements, but takes exponential time on
    graphs that are made to that end; names for the same text need no such thing.

    Parameters
    ----------
    prefix
        How each IRI begins.
    content
        What the names depend on: the place and the text.
    """

    def __init__(self, prefix: str, content: str) -> None:
        self._prefix, self._content = prefix, content_hash(content)
        self._names: dict[str, str] = {}

    def name(self, term: Any) -> str:
        """The IRI of a node: its own, or a skolem IRI where it is blank."""
        if not isinstance(term, pyoxigraph.BlankNode):
            return str(term.value)
        name = self._names.get(term.value)
        if name is None:
            name = self._names[term.value] = f"{self._prefix}{content_hash(f'{self._content} {len(self._names)}')}"
        return name
