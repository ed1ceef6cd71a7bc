"""What do independent parsers read in the N-Triples that we write?

Every triple as plain Python: IRIs as text, literals as value and datatype. pyoxigraph and rdflib must agree.
"""

from collections import defaultdict
from dataclasses import dataclass

import pyoxigraph
import rdflib

XSD = "http://www.w3.org/2001/XMLSchema#"
ZO = "https://w3id.org/zarr-catalog/ns#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


@dataclass(frozen=True)
class Value:
    """A literal: its text and the IRI of its datatype."""

    text: str
    datatype: str = f"{XSD}string"


Term = str | Value
Triple = tuple[str, str, Term]
Facts = dict[str, dict[str, set[Term]]]


def read_with_pyoxigraph(data: bytes) -> set[Triple]:
    """The triples as pyoxigraph reads them, strictly."""
    found: set[Triple] = set()
    for quad in pyoxigraph.parse(data, pyoxigraph.RdfFormat.N_TRIPLES):
        target = quad.object
        term = Value(target.value, target.datatype.value) if isinstance(target, pyoxigraph.Literal) else target.value
        found.add((quad.subject.value, quad.predicate.value, term))
    return found


def read_with_rdflib(data: bytes) -> set[Triple]:
    """The triples as rdflib reads them, without its own normal forms of numbers."""
    graph = rdflib.Graph()
    normalize, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        graph.parse(data=data, format="nt")
        found: set[Triple] = set()
        for subject, predicate, target in graph:
            term: Term = str(target)
            if isinstance(target, rdflib.Literal):
                term = Value(str(target), str(target.datatype or f"{XSD}string"))
            found.add((str(subject), str(predicate), term))
        return found
    finally:
        rdflib.NORMALIZE_LITERALS = normalize


def facts_of(data: bytes) -> Facts:
    """Subject → predicate → objects. Fails where a line stands twice or is not one triple."""
    lines = data.splitlines(keepends=True)
    assert len(set(lines)) == len(lines), "a line stands twice"
    triples = read_with_pyoxigraph(data)
    assert len(triples) == data.count(b"\n"), "not one triple per line"
    facts: Facts = defaultdict(lambda: defaultdict(set))
    for subject, predicate, target in triples:
        facts[subject][predicate].add(target)
    return {subject: dict(predicates) for subject, predicates in facts.items()}


def only(objects: set[Term]) -> Term:
    """The one object of a set."""
    (found,) = objects
    return found


def text_of(objects: set[Term]) -> str:
    """The text of the one literal of a set."""
    found = only(objects)
    assert isinstance(found, Value)
    return found.text
