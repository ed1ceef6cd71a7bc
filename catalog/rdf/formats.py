"""How does a graph look in the formats that linked data travels in?

From canonical N-Triples to Turtle, JSON-LD and RDF/XML, with the project's prefixes as far as they are used. The same triples
give the same bytes.

Source: RDF 1.1 Turtle; JSON-LD 1.1; RDF 1.1 XML Syntax; Extensible Markup Language 1.0, sections 2.2 and 2.3.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import orjson
import pyoxigraph

from catalog.errors import InputError
from catalog.rdf.prefixes import PREFIXES

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}
"""Ending of a file → the media type of the format."""

_RDF = PREFIXES["rdf"]
_STRING = f"{PREFIXES['xsd']}string"
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME_AT_END = re.compile(rf"[{_START}][{_START}.0-9\u00b7\u0300-\u036f\u203f-\u2040-]*$")
_RESERVED = {
    f"{_RDF}{name}" for name in ("Description", "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "li")
}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_format(ntriples: bytes, ending: str) -> bytes:
    """A graph in one of the formats of `MEDIA_TYPES`.

    Parameters
    ----------
    ntriples
        Canonical N-Triples, sorted, so that statements about one subject follow each other; blank nodes may occur.
    ending
        ``ttl``, ``jsonld``, ``nt`` or ``rdf``.

    Raises
    ------
    InputError
        The format cannot say it: RDF/XML has no way to write some characters and some names of properties.
    """
    match ending:
        case "nt":
            return ntriples
        case "ttl":
            return _turtle(ntriples)
        case "jsonld":
            return _json_ld(ntriples)
        case "rdf":
            return "".join(_xml(ntriples)).encode()
    raise InputError(f"{ending!r} is no format of linked data; there are {', '.join(MEDIA_TYPES)}")


def _parse(ntriples: bytes) -> Iterator[Any]:
    return pyoxigraph.parse(ntriples, pyoxigraph.RdfFormat.N_TRIPLES)


def _used(text: str) -> dict[str, str]:
    return {prefix: namespace for prefix, namespace in PREFIXES.items() if f"<{namespace}" in text}


def _turtle(ntriples: bytes) -> bytes:
    triples = (quad.triple for quad in _parse(ntriples))
    text = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.TURTLE, prefixes=_used(ntriples.decode())) or b""
    # Declared prefixes come in an order of their own each time.
    lines = text.splitlines(keepends=True)
    declared = [line for line in lines if line.startswith(b"@prefix ")]
    return b"".join(sorted(declared) + lines[len(declared) :])


def _json_ld(ntriples: bytes) -> bytes:
    """Properties and classes by their short names; all else as it stands."""
    given = ntriples.decode()
    # A prefix that is the scheme of an IRI as well, such as geo:, would give that IRI another sense.
    used = {prefix: namespace for prefix, namespace in _used(given).items() if f"<{prefix}:" not in given}
    text = pyoxigraph.serialize((quad.triple for quad in _parse(ntriples)), format=pyoxigraph.RdfFormat.JSON_LD)
    nodes = orjson.loads(text or b"[]")
    short = _Short(used)
    graph = [{short.key(key): short.value(value) for key, value in node.items()} for node in nodes]
    return orjson.dumps({"@context": used, "@graph": graph}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class _Short:
    """Shortens IRIs by prefixes."""

    def __init__(self, used: Mapping[str, str]) -> None:
        self._used = used
        self._known: dict[str, str] = {}

    def key(self, iri: str) -> str:
        """The short form of an IRI that stands where JSON-LD expects a term."""
        if iri.startswith("@"):
            return iri
        if iri not in self._known:
            self._known[iri] = self._shortened(iri)
        return self._known[iri]

    def _shortened(self, iri: str) -> str:
        for prefix, namespace in self._used.items():
            rest = iri.removeprefix(namespace)
            if rest != iri and not rest.startswith("//"):
                return f"{prefix}:{rest}"
        return iri

    def value(self, value: Any) -> Any:
        """The values of a property, with short names of datatypes."""
        if not isinstance(value, list):
            return value
        written = [{**each, "@type": self.key(each["@type"])} if "@value" in each and "@type" in each else each for each in value]
        return [self.key(each) if isinstance(each, str) else each for each in written]


def _xml(ntriples: bytes) -> Iterator[str]:
    text = ntriples.decode()
    prefixes = {"rdf": _RDF} | _used(text)
    names = {namespace: prefix for prefix, namespace in prefixes.items()}
    quads = [quad.triple for quad in _parse(ntriples)]
    for predicate in sorted({quad.predicate.value for quad in quads}):
        namespace, _ = _split(predicate)
        names.setdefault(namespace, f"ns{len(names)}")
    declared = "".join(f"\n    xmlns:{prefix}={quoteattr(namespace)}" for namespace, prefix in sorted(names.items()))
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declared}>\n'
    for subject, about in groupby(quads, key=lambda quad: quad.subject):
        yield f"  <rdf:Description {_node(subject, 'about')}>\n"
        for quad in about:
            namespace, local = _split(quad.predicate.value)
            yield f"    {_property(f'{names[namespace]}:{local}', quad.object)}\n"
        yield "  </rdf:Description>\n"
    yield "</rdf:RDF>\n"


def _split(predicate: str) -> tuple[str, str]:
    """The namespace of a property, and its name in it: the longest end that XML takes for a name."""
    found = _NAME_AT_END.search(predicate)
    if found is None or predicate in _RESERVED:
        raise InputError(f"RDF/XML has no way to name the property <{predicate}>: ask for Turtle, JSON-LD or N-Triples")
    return predicate[: found.start()], found[0]


def _node(term: Any, attribute: str) -> str:
    if isinstance(term, pyoxigraph.BlankNode):
        return f'rdf:nodeID="b{term.value}"'
    return f"rdf:{attribute}={quoteattr(term.value)}"


def _property(name: str, term: Any) -> str:
    if not isinstance(term, pyoxigraph.Literal):
        return f"<{name} {_node(term, 'resource')}/>"
    if _NOT_IN_XML.search(term.value):
        raise InputError(f"RDF/XML has no way to write the text {term.value[:80]!r}: ask for Turtle, JSON-LD or N-Triples")
    kind = ""
    if term.language is not None:
        kind = f" xml:lang={quoteattr(term.language)}"
    elif term.datatype.value != _STRING:
        kind = f" rdf:datatype={quoteattr(term.datatype.value)}"
    # A carriage return would be read as a line feed.
    return f"<{name}{kind}>{escape(term.value, {chr(13): '&#13;'})}</{name}>"
