"""What do the shapes say of these graphs, in the catalogue's words?"""

from collections.abc import Sequence
from functools import lru_cache

from rdflib import RDFS, Graph

from catalog.resources import resource
from catalog.validation.engine import compile_shapes, find_results, parse_turtle
from catalog.validation.graphs import Triple, TripleTable, read_graphs
from catalog.validation.report import SEVERITIES, Report, Result
from catalog.validation.results import ResultReader
from catalog.validation.shapes import Shapes
from catalog.validation.shapes_file import ShapesFile


def judge(data: Sequence[bytes], shapes: Shapes) -> Report:
    """Judge the union of some graphs; see ``door.Validator``."""
    table = read_graphs(data)
    for triple in _subclasses():
        table.add(triple)
    compiled = _compiled(shapes.files)
    findings = find_results(table, compiled)
    reader = ResultReader(table, compiled)
    return Report(tuple(sorted(map(reader.read, findings), key=_rank)), shapes.required)


def _rank(result: Result) -> tuple[int, str, str, str, str]:
    return SEVERITIES.index(result.severity), result.path, result.shape, result.focus, result.value or ""


@lru_cache(maxsize=32)
def _compiled(files: tuple[ShapesFile, ...]) -> Graph:
    return compile_shapes(files)


@lru_cache(maxsize=1)
def _subclasses() -> tuple[Triple, ...]:
    """What the ontology says of classes: all that a target or ``sh:class`` on a superclass needs of it."""
    table = TripleTable()
    for path in sorted(resource("ontology").glob("*.ttl")):
        parse_turtle(ShapesFile(f"ontology/{path.name}", path.read_bytes()), table)
    return tuple(triple for triple, _ in table.triples((None, RDFS.subClassOf, None)))
