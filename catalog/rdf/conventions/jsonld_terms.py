"""What does the JSON-LD parser find in a text, which terms of that can no graph store take, and how are the others written?"""

import json
from collections.abc import Iterator
from typing import Any

import pyoxigraph

from catalog.rdf import literals
from catalog.rdf.iris import content_hash

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NEED_LANGUAGE = {f"{_RDF}langString", f"{_RDF}dirLangString"}
_SETTINGS = {"@base", "@direction", "@language", "@propagate", "@protected", "@version", "@vocab"}
_TRIED = 1000
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


def parse_json_ld(text: str, base: str) -> Iterator[Any]:
    """The statements of a JSON-LD text without remote contexts, those with invalid terms too (else they would vanish unsaid).

    Raises
    ------
    SyntaxError
        It is no valid JSON-LD.
    """
    yield from pyoxigraph.parse(text, pyoxigraph.RdfFormat.JSON_LD, base_iri=base, lenient=True)


def context_fault(text: str) -> str | None:
    """What is wrong with the contexts of a JSON-LD text, always in the same words.

    The parser reads the terms of a context in an order that changes from run to run, and names the first fault that it meets. So
    a faulty context is tried term by term here. None where every context can be read.
    """
    for context in _contexts(json.loads(text)):
        if _fault_of_context(context) is None:
            continue
        if not isinstance(context, dict):
            return f"a context is a {type(context).__name__}; it must be an object"
        settings = {key: value for key, value in context.items() if key in _SETTINGS}
        terms = sorted(context.keys() - settings.keys())[:_TRIED]
        for name in ("", *terms):
            fault = _fault_of_context({**settings, name: context[name]} if name else settings)
            if fault:
                return f"{repr(name) if name else 'a keyword'} in a context: {fault}"
        return f"the terms of a context contradict each other: {', '.join(terms)[:200]}"
    return None


def _fault_of_context(context: Any) -> str | None:
    try:
        list(parse_json_ld(json.dumps({"@context": context}), "http://localhost/"))
    except SyntaxError as error:
        return str(error)
    return None


def _contexts(value: Any) -> Iterator[Any]:
    """Every context in a JSON value, inner ones first."""
    for key, member in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else []):
        yield from _contexts(member)
        if key == "@context":
            yield from member if isinstance(member, list) else [member]


class Terms:
    """Judges and writes terms; remembers what it has judged."""

    def __init__(self) -> None:
        self._iris: dict[str, bool] = {}

    def fault(self, quad: Any) -> str | None:
        """The kind of problem with the terms of a statement, or None."""
        for term in (quad.subject, quad.predicate, quad.object):
            if isinstance(term, pyoxigraph.NamedNode) and not self.is_iri(term.value):
                return "invalid-iri"
        return self._fault_of_literal(quad.object) if isinstance(quad.object, pyoxigraph.Literal) else None

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
