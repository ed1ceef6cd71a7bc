"""Does a path lead to the same values here and in pySHACL?"""

import pyshacl
import pytest
import rdflib
from pyshacl.helper.expression_helper import value_nodes_from_path

from catalog.validation.engine import compile_shapes
from catalog.validation.graphs import TripleTable, as_rdflib
from catalog.validation.path_reader import read_property_path
from catalog.validation.path_walk import compile_path
from catalog.validation.shapes_file import ShapesFile

EX = rdflib.Namespace("https://example.org/")
PREFIXES = "@prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .\n"
DATA = """
ex:a ex:p ex:b, ex:c ; ex:q "x" . ex:b ex:p ex:a ; ex:q "y", "z" . ex:c ex:q "y" . ex:d ex:p ex:a ; ex:r ex:d .
"""
WALKED = {
    "a property": "ex:p",
    "a sequence": "( ex:p ex:p ex:q )",
    "an alternative": "[ sh:alternativePath ( ex:q ex:p ) ]",
    "an inverse": "[ sh:inversePath ex:p ]",
    "all": "[ sh:alternativePath ( ex:q ( [ sh:inversePath ex:p ] ex:q ) ( ex:p [ sh:alternativePath ( ex:q ex:r ) ] ) ) ]",
}
LEFT = {
    "any number of times": "[ sh:zeroOrMorePath ex:p ]",
    "within a sequence": "( ex:q [ sh:zeroOrOnePath ex:p ] )",
    "the inverse of a sequence": "[ sh:inversePath ( ex:p ex:q ) ]",
}


def shapes_with(path: str) -> tuple[rdflib.Graph, rdflib.term.Node]:
    text = f"{PREFIXES} ex:shape a sh:PropertyShape ; sh:path {path} ; sh:minCount 1 ; sh:targetClass ex:C ."
    graph = compile_shapes([ShapesFile("s.ttl", text.encode())])
    [node] = graph.objects(EX.shape, rdflib.URIRef("http://www.w3.org/ns/shacl#path"))
    return graph, node


@pytest.mark.parametrize("name", WALKED)
def test_the_values_are_those_of_pyshacl(name: str) -> None:
    shapes, node = shapes_with(WALKED[name])
    path = read_property_path(shapes, node)
    assert path is not None
    walk = compile_path(path)
    assert walk is not None
    table = TripleTable()
    graph = as_rdflib(table)
    graph.parse(data=PREFIXES + DATA, format="turtle")
    found = {focus: set(walk(table, focus)) for focus in (EX.a, EX.b, EX.c, EX.d, EX.nowhere)}
    assert found == {focus: value_nodes_from_path(pyshacl.ShapesGraph(shapes), focus, node, graph) for focus in found}
    assert any(found.values())


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_to_pyshacl(name: str) -> None:
    shapes, node = shapes_with(LEFT[name])
    path = read_property_path(shapes, node)
    assert path is not None
    assert compile_path(path) is None
