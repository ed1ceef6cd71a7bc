"""Which property path does a node of a shapes graph stand for?

Source: SHACL, section 2.3.1 "SHACL Property Paths".
"""

from rdflib import RDF, Graph
from rdflib.term import Node, URIRef

from catalog.rdf.prefixes import PREFIXES
from catalog.validation.property_path import Operator, PropertyPath

SH = PREFIXES["sh"]
_OPERATORS: dict[Node, Operator] = {
    URIRef(f"{SH}alternativePath"): "alternative",
    URIRef(f"{SH}inversePath"): "inverse",
    URIRef(f"{SH}zeroOrMorePath"): "zero-or-more",
    URIRef(f"{SH}oneOrMorePath"): "one-or-more",
    URIRef(f"{SH}zeroOrOnePath"): "zero-or-one",
}
_MAX_DEPTH = 32


def read_property_path(shapes: Graph, node: Node, depth: int = 0) -> PropertyPath | None:
    """The property path that a node of the shapes graph stands for; None where it is none."""
    if isinstance(node, URIRef):
        return PropertyPath("property", str(node))
    if depth > _MAX_DEPTH:
        return None
    if (node, RDF.first, None) in shapes:
        return _composed(shapes, "sequence", list(shapes.items(node)), depth)
    for predicate, operator in _OPERATORS.items():
        for inner in shapes.objects(node, predicate):
            parts = list(shapes.items(inner)) if operator == "alternative" else [inner]
            return _composed(shapes, operator, parts, depth)
    return None


def _composed(shapes: Graph, operator: Operator, nodes: list[Node], depth: int) -> PropertyPath | None:
    parts = [read_property_path(shapes, node, depth + 1) for node in nodes]
    found = tuple(part for part in parts if part is not None)
    return PropertyPath(operator, parts=found) if len(found) == len(parts) else None
