"""What are the groups and arrays of a neurophysiology file (NWB, or another HDMF schema), and which refer to which?

Types become classes, references and links become links to the nodes of the same hierarchy. References in the elements of
an array are not followed: only that the array has them is said.
Source: hdmf-zarr, "Storage"; NWB schema 2, NWBFile and Subject.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from catalog.metadata.array import Array
from catalog.metadata.document import Json, as_object
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, Given, Wanted
from catalog.rdf.conventions.cf_units import find_unit
from catalog.rdf.conventions.nwb_session import describe_session, session_arrays
from catalog.rdf.iris import neurodata_type
from catalog.rdf.prefixes import DCT, PREFIXES, RDF_TYPE, RDFS_LABEL

NAME = "nwb"

TYPE_KEYS = ("neurodata_type", "data_type")
LINK_KEYS = ("zarr_link", ".links")
MAX_LINKS = 20_000
MAX_UNIT = 200
_SUB_CLASS = f"{PREFIXES['rdfs']}subClassOf"


class Reference(NamedTuple):
    """A reference as it is written down: its name or key, what it says, and where it stands."""

    name: str
    value: Mapping[str, Json]
    pointer: str


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:  # noqa: ARG001
    """Whether nodes have types of an HDMF schema. ``data_type`` alone is a common word: it needs a namespace beside it."""
    return "neurodata_type" in keys or "zarr_link" in keys or ("data_type" in keys and "namespace" in keys)


def wants(hierarchy: Hierarchy) -> Wanted:
    """The few single values that say what the session was: they are arrays of one element."""
    return Wanted(whole=tuple(session_arrays(hierarchy)))


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:
    """The types, identifiers and references of the nodes, and what the session was."""
    found = Findings()
    nodes = {node.path: node for node in hierarchy.nodes}
    for node in hierarchy.nodes:
        attributes = node.attributes
        if not attributes:
            continue
        _describe_type(node, about, found)
        if isinstance(attributes.get("object_id"), str):
            found.say(about.node(node.path), terms.OBJECT_ID, literals.string(attributes["object_id"]))
            found.consume(node.path, ["object_id"])
        if isinstance(node, Array):
            if attributes.get("zarr_dtype") in ("object", "region"):
                found.say(about.node(node.path), RDF_TYPE, f"<{terms.CLASS_REFERENCE_ARRAY}>")
            _describe_unit(node, about, found)
        _describe_references(node, nodes, about, found)
    describe_session(nodes, about, given, found)
    return found


def _describe_type(node: Node, about: About, found: Findings) -> None:
    key = next((key for key in TYPE_KEYS if key in node.attributes), None)
    namespace = node.attributes.get("namespace")
    if key is None or (key == "data_type" and namespace is None):
        return
    stated = node.attributes[key]
    if not isinstance(stated, str) or not stated or not isinstance(namespace, str) or not namespace:
        message = f"{key} is {stated!r:.80} and namespace {namespace!r:.80}; both must be texts, for they name the type together"
        found.report(node.path, "invalid-type", message, f"/attributes/{key}")
        return
    kind = f"<{neurodata_type(namespace, stated)}>"
    found.say(about.node(node.path), RDF_TYPE, kind, f"<{terms.CLASS_NEURODATA_OBJECT}>")
    found.say(kind, _SUB_CLASS, f"<{terms.CLASS_NEURODATA_OBJECT}>")
    found.say(kind, RDFS_LABEL, literals.string(stated))
    found.say(kind, terms.TYPE_NAMESPACE, literals.string(namespace))
    found.consume(node.path, [key, "namespace"])


def _describe_unit(array: Array, about: About, found: Findings) -> None:
    """The unit of a series: ``unit``, where CF has ``units``. Source: NWB schema 2, TimeSeries, data and timestamps."""
    unit = array.attributes.get("unit")
    if not isinstance(unit, str) or not unit or len(unit) > MAX_UNIT:
        return
    found.say(about.node(array.path), terms.UNIT_STRING, literals.string(unit))
    if known := find_unit(unit):
        found.say(about.node(array.path), f"{PREFIXES['qudt']}hasUnit", f"<{PREFIXES['unit']}{known}>")
    found.consume(array.path, ["unit"])


def _describe_references(node: Node, nodes: Mapping[str, Node], about: About, found: Findings) -> None:
    """Link a node to those it refers to, and say by which name."""
    for reference in islice(_references(node, found), MAX_LINKS):
        target = _target(node, reference, nodes, found)
        if target is None:
            continue
        name, link = about.node(node.path), about.part(node.path, "link", reference.name)
        found.say(name, f"{DCT}references", about.node(target.path))
        found.say(name, terms.NODE_LINK, link)
        found.say(link, RDF_TYPE, f"<{terms.CLASS_NODE_LINK}>")
        found.say(link, RDFS_LABEL, literals.string(reference.name))
        found.say(link, terms.LINK_TARGET, about.node(target.path))


def _references(node: Node, found: Findings) -> Iterator[Reference]:
    """The references in a node's attributes: links of a group, and attributes whose value is a reference."""
    for key, value in node.attributes.items():
        pointer = f"/attributes/{key}"
        if key in LINK_KEYS:
            if not isinstance(value, list):
                found.report(node.path, "invalid-link", f"{key} is {type(value).__name__}; a list of links is needed", pointer)
                continue
            for index, each in enumerate(value):
                name = each.get("name") if isinstance(each, dict) else None
                if isinstance(each, dict) and isinstance(name, str) and name:
                    yield Reference(name, each, f"{pointer}/{index}")
                else:
                    found.report(node.path, "invalid-link", "a link is no object with a name", f"{pointer}/{index}")
        elif isinstance(value, dict) and value.get("zarr_dtype") in ("object", "region"):
            inner = value.get("value")
            for index, each in enumerate(inner if isinstance(inner, list) else [inner]):
                name = f"{key}/{index}" if isinstance(inner, list) else key
                yield Reference(name, as_object(each), f"{pointer}/value")


def _target(node: Node, reference: Reference, nodes: Mapping[str, Node], found: Findings) -> Node | None:
    """The node that is referred to; None where it is in another store, or nowhere."""
    source, path = reference.value.get("source"), reference.value.get("path")
    if not isinstance(path, str) or not isinstance(source, str | None):
        message = f"the reference {reference.name!r:.120} has the path {path!r:.80}; 'source' and 'path' must be texts"
        found.report(node.path, "invalid-link", message, reference.pointer)
        return None
    if source not in (".", "", None):
        message = f"the reference {reference.name!r:.120} leads into another store, {source!r:.200}; it stays an attribute"
        found.report(node.path, "external-reference", message, reference.pointer)
        return None
    target = nodes.get(path.strip("/"))
    if target is None:
        message = f"the reference {reference.name!r:.120} leads to {path!r:.200}, and there is no such node"
        found.report(node.path, "dangling-reference", message, reference.pointer)
        return None
    stated, own = reference.value.get("object_id"), target.attributes.get("object_id")
    if isinstance(stated, str) and isinstance(own, str) and stated != own:
        message = f"the reference {reference.name!r:.120} leads to {path!r:.200} with another object_id than it states"
        found.report(node.path, "object-id-disagrees", message, reference.pointer)
    return target
