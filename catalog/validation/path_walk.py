"""Which values does a property path lead to from a node?

pySHACL reads a path from the shapes anew for each node that it looks at; here that is done once, and the values are taken from
the tables. Paths with ``*``, ``+``, ``?``, and the inverse of more than one property, are left to pySHACL.
Source: SHACL, section 2.3.1 "SHACL Property Paths".
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pyshacl.shape
from pyshacl.helper.expression_helper import value_nodes_from_path
from rdflib import URIRef
from rdflib.term import Node

from catalog.validation.graphs import TripleTable
from catalog.validation.path_reader import read_property_path
from catalog.validation.property_path import PropertyPath

Walk = Callable[[TripleTable, Node], Iterable[Node]]

_walked: ContextVar[tuple[TripleTable, dict[Node, Walk | None]] | None] = ContextVar("_walked", default=None)


@contextmanager
def walking(data: TripleTable) -> Iterator[None]:
    """Within this block pySHACL takes values of paths from these triples."""
    token = _walked.set((data, {}))
    try:
        yield
    finally:
        _walked.reset(token)


def compile_path(path: PropertyPath) -> Walk | None:
    """How a path is followed; None where that is left to pySHACL."""
    if path.operator == "property":
        return _forth(URIRef(path.iri))
    if path.operator == "inverse":
        return _back(URIRef(path.parts[0].iri)) if path.parts[0].operator == "property" else None
    parts = [walk for part in path.parts if (walk := compile_path(part)) is not None]
    if len(parts) < len(path.parts):
        return None
    return {"sequence": _in_turn, "alternative": _together}.get(path.operator, lambda _: None)(parts)


def _forth(predicate: Node) -> Walk:
    return lambda data, node: data.by_subject.get(node, {}).get(predicate, ())


def _back(predicate: Node) -> Walk:
    return lambda data, node: data.by_predicate.get(predicate, {}).get(node, ())


def _together(parts: list[Walk]) -> Walk:
    return lambda data, node: {value for walk in parts for value in walk(data, node)}


def _in_turn(parts: list[Walk]) -> Walk:
    def walk(data: TripleTable, node: Node) -> Iterable[Node]:
        reached: Iterable[Node] = (node,)
        for part in parts:
            reached = {value for each in reached for value in part(data, each)}
            if not reached:
                break
        return reached

    return walk


def _values(shapes: Any, focus: Node, path: Node, *rest: Any, **options: Any) -> set[Node]:
    """In place of pySHACL's function of the same arguments."""
    walked = _walked.get()
    if walked is None:
        return set(value_nodes_from_path(shapes, focus, path, *rest, **options))
    data, known = walked
    if path not in known:
        read = read_property_path(shapes.graph, path)
        known[path] = None if read is None else compile_path(read)
    walk = known[path]
    return set(value_nodes_from_path(shapes, focus, path, *rest, **options) if walk is None else walk(data, focus))


pyshacl.shape.value_nodes_from_path = _values  # type: ignore[attr-defined, assignment]
