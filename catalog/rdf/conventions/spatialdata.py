"""Which elements does a SpatialData object have, where do they lie, and which table annotates which of them?

The object is the group above ``images``, ``labels``, ``points``, ``shapes`` and ``tables``. What images and tables are besides,
other conventions say.
Source: SpatialData, "Design document" and its on-disk formats 0.1 to 0.3.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from catalog.metadata.document import Json, as_object, canonical_json
from catalog.metadata.group import Group
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, Given, Wanted
from catalog.rdf.conventions.spatialdata_systems import describe_transformations
from catalog.rdf.prefixes import DCT, RDF_TYPE

NAME = "spatialdata"

ELEMENTS = {
    "images": terms.CLASS_SPATIAL_IMAGE,
    "labels": terms.CLASS_SPATIAL_LABELS,
    "points": terms.CLASS_SPATIAL_POINTS,
    "shapes": terms.CLASS_SPATIAL_SHAPES,
}
_TABLES = ("tables", "table")
_TABLE_ENCODING = "ngff:regions_table"
_ATTRS = "spatialdata_attrs"
_VERSIONS = {"version": terms.SPATIAL_DATA_VERSION, "spatialdata_software_version": terms.SOFTWARE_VERSION}
_VERSIONS |= {"feature_key": terms.FEATURE_KEY, "instance_key": terms.INSTANCE_COLUMN_NAME}
MAX_REGIONS = 10_000


class _Object(NamedTuple):
    """One SpatialData object: its path, and its elements by name."""

    path: str
    elements: dict[str, list[Node]]


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:  # noqa: ARG001
    """Whether a node says that it is of SpatialData."""
    return _ATTRS in keys or "spatialdata-encoding-type" in keys


def wants(hierarchy: Hierarchy) -> Wanted:  # noqa: ARG001  the seam is one for all
    """Nothing: it is all in the metadata."""
    return Wanted()


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:  # noqa: ARG001
    """What the objects hold."""
    found = Findings()
    nodes = {node.path: node for node in hierarchy.nodes}
    objects: dict[str, _Object] = {}
    tables: dict[str, list[Node]] = defaultdict(list)
    for node in hierarchy.groups:
        above, kind, name = _place(node.path)
        if kind in ELEMENTS and _is_element(node):
            whole = objects.setdefault(above, _Object(above, defaultdict(list)))
            whole.elements[name].append(node)
            _describe_element(node, kind, above, about, found)
        elif kind in _TABLES and node.attributes.get("spatialdata-encoding-type") == _TABLE_ENCODING:
            objects.setdefault(above, _Object(above, defaultdict(list)))
            tables[above].append(node)
        elif _ATTRS in node.attributes:
            objects.setdefault(node.path, _Object(node.path, defaultdict(list)))
            _describe_attrs(node, about, found)
    for path, whole in objects.items():
        name = about.node(path) if path in nodes else about.dataset
        found.say(name, RDF_TYPE, f"<{terms.CLASS_SPATIAL_DATA}>")
        elements = [element for each in whole.elements.values() for element in each]
        found.say(name, terms.ELEMENT, *(about.node(element.path) for element in elements))
        found.say(name, terms.ANNOTATION_TABLE, *(about.node(table.path) for table in tables[path]))
        for table in tables[path]:
            _describe_table(table, whole, nodes, about, found)
    return found


def _place(path: str) -> tuple[str, str, str]:
    """The object that a path would belong to, the kind of element, and the element's name."""
    folder, _, name = path.rpartition("/")
    above, _, kind = folder.rpartition("/")
    return above, kind, name


def _is_element(group: Group) -> bool:
    stated = group.attributes.get("encoding-type")
    return _ATTRS in group.attributes or (isinstance(stated, str) and stated.startswith("ngff:"))


def _describe_element(node: Group, kind: str, above: str, about: About, found: Findings) -> None:
    found.say(about.node(node.path), RDF_TYPE, f"<{ELEMENTS[kind]}>")
    _describe_attrs(node, about, found)
    encoding = node.attributes.get("encoding-type")
    if encoding == f"ngff:{kind}":
        found.consume(node.path, ["encoding-type"])  # the class says it
    stated: Json = node.attributes.get("coordinateTransformations")
    if stated is not None:
        if describe_transformations(node, stated, "/attributes/coordinateTransformations", above, about, found):
            found.consume(node.path, ["coordinateTransformations"])
        return
    root = node.attributes.get("ome", node.attributes)
    multiscales = as_object(root).get("multiscales")
    for index, each in enumerate(multiscales if isinstance(multiscales, list) else ()):
        transformations = as_object(each).get("coordinateTransformations")
        if transformations is not None:
            inner = "/ome" if root is not node.attributes else ""
            pointer = f"/attributes{inner}/multiscales/{index}/coordinateTransformations"
            describe_transformations(node, transformations, pointer, above, about, found)


def _describe_attrs(node: Group, about: About, found: Findings) -> None:
    """Say what ``spatialdata_attrs`` says; whatever has no term stays an attribute."""
    stated = node.attributes.get(_ATTRS)
    if stated is None:
        return
    if not isinstance(stated, dict):
        message = f"{_ATTRS} is {type(stated).__name__}; an object is needed"
        found.report(node.path, "invalid-spatialdata", message, f"/attributes/{_ATTRS}")
        return
    for key, predicate in _VERSIONS.items():
        if isinstance(stated.get(key), str):
            found.say(about.node(node.path), predicate, literals.string(stated[key]))
    if all(key in _VERSIONS and isinstance(value, str) for key, value in stated.items()):
        found.consume(node.path, [_ATTRS])


def _describe_table(table: Node, whole: _Object, nodes: Mapping[str, Node], about: About, found: Findings) -> None:
    """Say which elements a table annotates, and in which columns it names them and their instances."""
    name, attributes = about.node(table.path), table.attributes
    found.say(name, RDF_TYPE, f"<{terms.CLASS_ANNOTATION_TABLE}>")
    found.consume(table.path, ["spatialdata-encoding-type"])
    if isinstance(attributes.get("version"), str):
        found.say(name, terms.SPATIAL_DATA_VERSION, literals.string(attributes["version"]))
        found.consume(table.path, ["version"])
    regions = attributes.get("region")
    names = regions if isinstance(regions, list) else [] if regions is None else [regions]
    linked = [_annotate(table, each, whole, about, found) for each in names[:MAX_REGIONS]]
    if names and all(linked) and len(names) == len(linked):
        found.say(name, terms.REGIONS, literals.json(canonical_json(regions)))
        found.consume(table.path, ["region"])
    for key, predicate, column in (
        ("region_key", terms.REGION_COLUMN_NAME, terms.REGION_COLUMN),
        ("instance_key", terms.INSTANCE_COLUMN_NAME, terms.INSTANCE_COLUMN),
    ):
        stated = attributes.get(key)
        if not isinstance(stated, str):
            if stated is not None or names:
                message = f"{key} is {stated!r:.80}; a table with regions needs the name of a column"
                found.report(table.path, "invalid-spatialdata", message, f"/attributes/{key}")
            continue
        found.say(name, predicate, literals.string(stated))
        found.consume(table.path, [key])
        place = f"{table.path}/obs/{stated}"
        if place in nodes:
            found.say(name, column, about.node(place))
        else:
            message = f"{key} is {stated!r:.120}, and obs has no column of that name"
            found.report(table.path, "dangling-reference", message, f"/attributes/{key}")


def _annotate(table: Node, region: Json, whole: _Object, about: About, found: Findings) -> bool:
    """Link a table to an element; whether there is one of that name."""
    elements = whole.elements.get(region) if isinstance(region, str) else None
    if not elements:
        message = f"the region {region!r:.120} is annotated, and there is no element of that name"
        found.report(table.path, "dangling-reference", message, "/attributes/region")
        return False
    for element in elements:
        found.say(about.node(table.path), terms.ANNOTATES, about.node(element.path))
        found.say(about.node(table.path), f"{DCT}references", about.node(element.path))
    return True
