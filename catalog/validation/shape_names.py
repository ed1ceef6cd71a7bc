"""By which names do people speak of shapes?"""

from functools import lru_cache

from rdflib import RDF, SH, URIRef

from catalog.rdf.iris import profile_name
from catalog.validation.engine import parse_turtle
from catalog.validation.graphs import TripleTable, as_rdflib
from catalog.validation.report import shape_name
from catalog.validation.shapes import Shapes, add_profiles, known_profiles
from catalog.validation.shapes_file import ShapesFile


def waivable_shapes(shapes: Shapes) -> dict[str, str]:
    """Name → IRI of every named shape that a dataset may be judged by, but for the core ones."""
    files = add_profiles(shapes, known_profiles()).files
    return _named(tuple(file for file in files if not file.name.startswith("core/")))


@lru_cache(maxsize=8)
def _named(files: tuple[ShapesFile, ...]) -> dict[str, str]:
    table = TripleTable()
    for file in files:
        parse_turtle(file, table)
    graph = as_rdflib(table)
    found = {shape for kind in (SH.NodeShape, SH.PropertyShape) for shape in graph.subjects(RDF.type, kind)}
    return {shape_name(str(shape), profile_name(str(shape))): str(shape) for shape in found if isinstance(shape, URIRef)}
