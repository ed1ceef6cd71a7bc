"""In which coordinate systems do elements lie, and how do their own coordinates lead there?

A coordinate system is told from others of the same object by its name; elements that name the same one can be laid over
each other.
Source: SpatialData, "Design document", Transformations and coordinate systems.
"""

from catalog.metadata.document import Json, as_object, canonical_json
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings
from catalog.rdf.prefixes import RDF_TYPE, RDFS_LABEL

KINDS = frozenset({"identity", "mapAxis", "translation", "scale", "affine", "rotation", "sequence", "byDimension"})
MAX_TRANSFORMATIONS = 1000
MAX_TEXT = 32_768


def describe_transformations(node: Node, stated: Json, pointer: str, above: str, about: About, found: Findings) -> bool:
    """Say where an element's transformations lead; whether that says all of them.

    Parameters
    ----------
    above
        Path of the SpatialData object, to which the coordinate systems belong.
    """
    if not isinstance(stated, list):
        message = f"coordinateTransformations is {type(stated).__name__}; a list is needed"
        found.report(node.path, "invalid-transformation", message, pointer)
        return False
    sound = [
        _describe(node, index, each, pointer, above, about, found) for index, each in enumerate(stated[:MAX_TRANSFORMATIONS])
    ]
    return all(sound) and len(sound) == len(stated)


def _describe(node: Node, index: int, stated: Json, pointer: str, above: str, about: About, found: Findings) -> bool:
    kind, system = as_object(stated).get("type"), as_object(as_object(stated).get("output")).get("name")
    if not isinstance(stated, dict) or not isinstance(kind, str) or kind not in KINDS:
        message = f"a transformation's type is {kind!r:.80}; allowed are {', '.join(sorted(KINDS))}"
        found.report(node.path, "invalid-transformation", message, f"{pointer}/{index}")
        return False
    if not isinstance(system, str) or not system:
        message = f"a transformation's output is named {system!r:.80}; the name of a coordinate system is needed"
        found.report(node.path, "invalid-transformation", message, f"{pointer}/{index}/output")
        return False
    element, name = about.node(node.path), about.part(node.path, "transformation", str(index))
    target = about.part(above, "system", system)
    text = canonical_json(stated)
    found.say(element, terms.IN_SPATIAL_SYSTEM, target)
    found.say(element, terms.SPATIAL_TRANSFORMATION, name)
    found.say(target, RDF_TYPE, f"<{terms.CLASS_SPATIAL_SYSTEM}>")
    found.say(target, RDFS_LABEL, literals.string(system))
    found.say(name, RDF_TYPE, f"<{terms.CLASS_SPATIAL_TRANSFORMATION}>")
    found.say(name, terms.TRANSFORMATION_KIND, literals.string(kind))
    found.say(name, terms.TO_SPATIAL_SYSTEM, target)
    if len(text) <= MAX_TEXT:
        found.say(name, terms.TRANSFORMATION_DOCUMENT, literals.json(text))
    return len(text) <= MAX_TEXT
