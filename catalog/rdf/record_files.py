"""In which formats is a record of provenance written?

JSON-LD carries its own context, so that nothing has to be fetched to read it; Turtle and N-Triples say the same.
"""

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final

import pyoxigraph

from catalog.errors import InputError
from catalog.metadata.document import Json
from catalog.rdf.prefixes import PREFIXES, RDF_TYPE
from catalog.rdf.statements import Statement

RECORD_SUFFIXES: Final = (".jsonld", ".json", ".ttl", ".nt")
_USED: Final = ("zo", "prov", "dct", "schema", "rdfs", "xsd")
_PREFIXES: Final = {name: PREFIXES[name] for name in _USED}
_LINKS: Final = (
    "prov:used", "prov:wasAssociatedWith", "prov:specializationOf", "prov:wasGeneratedBy", "prov:wasDerivedFrom",
    "prov:wasInformedBy", "dct:isPartOf", "dct:isVersionOf",
)  # fmt: skip
_TYPED: Final = {
    "prov:startedAtTime": "xsd:dateTime",
    "prov:endedAtTime": "xsd:dateTime",
    "prov:generatedAtTime": "xsd:dateTime",
    "zo:arrayDocument": "zo:json",
    "zo:dimensionNames": "zo:json",
    "zo:resultShape": "zo:json",
    "zo:reductions": "zo:json",
    "zo:stateChecked": "xsd:boolean",
    "schema:position": "xsd:integer",
}
_CONTEXT: Final[dict[str, Json]] = {
    **_PREFIXES,
    **{term: {"@type": "@id"} for term in _LINKS},
    **{term: {"@type": kind} for term, kind in _TYPED.items()},
}


def serialise(statements: Iterable[Statement], name: str) -> bytes:
    """Statements in the format that a file's name asks for.

    Raises
    ------
    InputError
        The name ends otherwise than in ``.jsonld``, ``.json``, ``.ttl`` or ``.nt``.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in RECORD_SUFFIXES:
        raise InputError(f"{name!r} ends in {suffix!r}; a record is written to files that end in {', '.join(RECORD_SUFFIXES)}")
    lines = sorted({each.line for each in statements})
    triples = [quad.triple for quad in pyoxigraph.parse("".join(lines), pyoxigraph.RdfFormat.N_TRIPLES)]
    if suffix == ".nt":
        return "".join(lines).encode()
    if suffix == ".ttl":
        return pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.TURTLE, prefixes=_PREFIXES) or b""
    return _json_ld(triples)


def _json_ld(triples: Iterable[pyoxigraph.Triple]) -> bytes:
    nodes: dict[str, dict[str, Json]] = {}
    for triple in triples:
        node = nodes.setdefault(str(triple.subject.value), {"@id": str(triple.subject.value)})  # type: ignore[union-attr]
        predicate = triple.predicate.value
        if predicate == RDF_TYPE:
            node.setdefault("@type", []).append(_short(triple.object.value))  # type: ignore[union-attr]
        else:
            node.setdefault(_short(predicate), []).append(_value(_short(predicate), triple.object))
    graph: list[Json] = [{key: _single(value) for key, value in nodes[iri].items()} for iri in sorted(nodes)]
    document: Json = {"@context": _CONTEXT, "@graph": graph}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _value(term: str, target: pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple) -> Json:
    if isinstance(target, pyoxigraph.NamedNode):
        return target.value if term in _LINKS else {"@id": target.value}
    assert isinstance(target, pyoxigraph.Literal)  # noqa: S101 - statements have no blank nodes
    kind = _short(target.datatype.value)
    if _TYPED.get(term) == kind:
        return target.value
    if target.language:
        return {"@value": target.value, "@language": target.language}
    return target.value if kind == "xsd:string" and term not in _TYPED else {"@value": target.value, "@type": kind}


def _single(value: Json) -> Json:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _short(iri: str) -> str:
    for name, namespace in _PREFIXES.items():
        if iri.startswith(namespace) and iri[len(namespace) :].isalnum():
            return f"{name}:{iri[len(namespace) :]}"
    return iri
