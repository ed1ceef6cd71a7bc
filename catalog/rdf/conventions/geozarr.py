"""Which conventions do nodes declare, and where on the ground do their cells lie?

``zarr_conventions`` names any convention, known here or not. Reference systems, transformations and boxes are read wherever they
stand; nothing is reprojected, and nothing is concluded where no code is stated.
Source: Zarr conventions specification; geo-proj, spatial and multiscales conventions v1; GeoZarr mini-specification of 2025.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from catalog.metadata.array import Array
from catalog.metadata.document import Json, canonical_json
from catalog.metadata.group import Group
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, Given, Wanted
from catalog.rdf.conventions.geozarr_crs import ReferenceSystem
from catalog.rdf.conventions.geozarr_grid import KEYS, Grid, derived_box, inherited, own_grid, spatial_axes
from catalog.rdf.conventions.geozarr_levels import Tree, describe_levels, say_cell
from catalog.rdf.iris import content_hash
from catalog.rdf.places import Box, box_wkt, normal_box, safe_iri, say_place
from catalog.rdf.prefixes import DCT, PREFIXES, RDF_TYPE, RDFS_LABEL

NAME = "geozarr"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_MEMBERS = frozenset({"uuid", "schema_url", "spec_url", "name", "description"})
_DECLARED = "zarr_conventions"
_GROUP_MARKS = ("proj:", "spatial:")
_SEE_ALSO = f"{PREFIXES['rdfs']}seeAlso"


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:
    """Whether a node declares a convention, or says where its cells lie."""
    if _DECLARED in keys or not KEYS.isdisjoint(keys):
        return True
    return "multiscales" in keys and any(_has_levels(node) for node in hierarchy.groups)


def wants(hierarchy: Hierarchy) -> Wanted:  # noqa: ARG001  the seam is one for all
    """Nothing: it is all in the metadata."""
    return Wanted()


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:  # noqa: ARG001
    """What the nodes declare, and their grids."""
    found = Findings()
    nodes = {node.path: node for node in hierarchy.nodes}
    children: dict[str, list[Array]] = defaultdict(list)
    for array in hierarchy.arrays:
        children[array.path.rpartition("/")[0]].append(array)
    for node in hierarchy.nodes:
        if _DECLARED in node.attributes:
            _describe_declared(node, about, found)
    own = {node.path: own_grid(node, found) for node in hierarchy.nodes if not KEYS.isdisjoint(node.attributes)}
    grids = _complete(hierarchy, nodes, own, about, found)
    for path, grid in grids.items():
        _say_grid(nodes[path], grid, about, found)
    for group in hierarchy.groups:
        if _has_levels(group):
            has_grid = grids.get(group.path)
            describe_levels(group, Tree(nodes, children, grids), about, found, has_grid.crs if has_grid else None)
    return found


def _has_levels(node: Group) -> bool:
    stated = node.attributes.get("multiscales")
    return isinstance(stated, dict) and ("layout" in stated or "tile_matrix_set" in stated)


def _describe_declared(node: Node, about: About, found: Findings) -> None:
    entries = node.attributes[_DECLARED]
    if not isinstance(entries, list):
        message = f"zarr_conventions is {type(entries).__name__}; a list of objects is needed"
        found.report(node.path, "invalid-convention", message, f"/attributes/{_DECLARED}")
        return
    sound = [_describe_entry(node.path, index, entry, about, found) for index, entry in enumerate(entries)]
    if all(sound):
        found.consume(node.path, [_DECLARED])


def _describe_entry(path: str, index: int, entry: Json, about: About, found: Findings) -> bool:
    """Say one declared convention; whether that says all of it."""
    pointer = f"/attributes/{_DECLARED}/{index}"
    if not isinstance(entry, dict):
        found.report(path, "invalid-convention", f"a convention is {type(entry).__name__}; an object is needed", pointer)
        return False
    faults = [key for key in entry if key not in _MEMBERS or not isinstance(entry[key], str)]
    uuid = entry.get("uuid")
    iri = f"<urn:uuid:{uuid}>" if isinstance(uuid, str) and _UUID.fullmatch(uuid) else None
    links = {key: safe_iri(entry[key], about.iris.base) for key in ("schema_url", "spec_url") if key in entry}
    faults += [key for key in ("uuid",) if key in entry and not iri] + [key for key, link in links.items() if not link]
    identifier = iri or links.get("schema_url") or links.get("spec_url")
    if faults:
        message = (
            f"a convention's {', '.join(sorted(set(map(repr, faults))))[:200]} cannot be read; allowed are {sorted(_MEMBERS)}"
        )
        found.report(path, "invalid-convention", message, pointer)
    if identifier is None:
        found.report(path, "invalid-convention", "a convention has no uuid, schema_url or spec_url that names it", pointer)
        return False
    declared = about.part("", "convention", content_hash(canonical_json(entry)))
    found.say(about.node(path), f"{DCT}conformsTo", identifier)
    found.say(about.node(path), terms.DECLARES, declared)
    found.say(declared, RDF_TYPE, f"<{terms.CLASS_DECLARED_CONVENTION}>")
    found.say(declared, f"{DCT}conformsTo", identifier)
    found.say(declared, _SEE_ALSO, *(link for link in links.values() if link))
    for key, predicate in (("name", RDFS_LABEL), ("description", f"{DCT}description")):
        if isinstance(entry.get(key), str):
            found.say(declared, predicate, literals.string(entry[key]))
    return not faults


def _complete(
    hierarchy: Hierarchy, nodes: Mapping[str, Node], own: Mapping[str, Grid], about: About, found: Findings
) -> dict[str, Grid]:
    """The grids of all nodes that have one, with what they have from their grid mapping and their group."""
    grids: dict[str, Grid] = {}
    for node in hierarchy.nodes:
        grid = own.get(node.path)
        mapping = _mapping(node, nodes, about, found)
        above = nodes.get(node.path.rpartition("/")[0]) if isinstance(node, Array) and node.path else None
        group = own.get(above.path) if above and _gives_grid(above, node) else None
        if grid or mapping or group:
            whole = inherited(grid or Grid(), own.get(mapping) if mapping else None, group)
            grids[node.path] = whole if whole.box else replace(whole, box=derived_box(node, whole.affine))
    return grids


def _gives_grid(group: Node, array: Node) -> bool:
    """Whether an array has the reference system of the group right above it."""
    if not isinstance(array, Array) or not any(key.startswith(_GROUP_MARKS) for key in group.attributes):
        return False
    names = group.attributes.get("spatial:dimensions", group.attributes.get("proj:spatial_dimensions"))
    axes = spatial_axes(array, names)
    shape = group.attributes.get("spatial:shape", group.attributes.get("proj:shape"))
    return axes is not None and (not isinstance(shape, list) or shape == [array.shape[axis] for axis in axes])


def _mapping(node: Node, nodes: Mapping[str, Node], about: About, found: Findings) -> str | None:
    """The path of the array that a node calls its grid mapping: beside it, or further up."""
    stated = node.attributes.get("grid_mapping")
    if not isinstance(stated, str) or not stated.split():
        return None
    name = stated.split()[0].rstrip(":").strip("/")
    folder = node.path if isinstance(node, Group) else node.path.rpartition("/")[0]
    while True:
        place = f"{folder}/{name}" if folder else name
        if isinstance(nodes.get(place), Array):
            found.say(about.node(node.path), terms.GRID_MAPPING, about.node(place))
            return place
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    message = f"grid_mapping is {stated!r:.120} and there is no array of that name beside it or further up"
    found.report(node.path, "dangling-reference", message, "/attributes/grid_mapping")
    return None


def _say_grid(node: Node, grid: Grid, about: About, found: Findings) -> None:
    subject, crs = about.node(node.path), grid.crs
    said = set(grid.said)
    if crs:
        found.say(subject, terms.CRS, crs.iri or _say_definition(crs, about, found))
    if not crs or not crs.iri:
        said -= {"proj:code", "proj:epsg"}
    if grid.affine:
        found.say(subject, terms.AFFINE_TRANSFORM, literals.json(canonical_json(list(grid.affine))))
        say_cell(found, subject, grid.cell, crs)
    if not crs or not grid.box or not _say_box(node.path, grid.box, crs, about, found):
        said -= {"spatial:bbox", "proj:bbox"}
    found.consume(node.path, said)


def _say_box(path: str, box: Box, crs: ReferenceSystem, about: About, found: Findings) -> bool:
    """Say where a node's cells lie; whether that could be said: the order of the axes must be known for it."""
    subject = about.node(path)
    if not crs.lon_lat:
        known = bool(crs.axes) and box[0] < box[2]
        if known:
            say_place(found, about, subject, box_wkt(box), crs=crs.iri, swap=crs.axes == "yx")
        return known
    globe = normal_box(box)
    if globe is None:
        found.report(path, "invalid-bbox", f"the box {list(box)} lies outside the globe's longitudes and latitudes")
        return False
    for each in (subject, about.dataset) if path == "" else (subject,):
        say_place(found, about, each, box_wkt(globe))
    return globe == box


def _say_definition(crs: ReferenceSystem, about: About, found: Findings) -> str:
    """A reference system that has no code, named by what it says."""
    name = about.part("", "crs", content_hash(crs.text))
    found.say(name, RDF_TYPE, f"<{terms.CLASS_REFERENCE_SYSTEM}>")
    found.say(name, RDFS_LABEL, literals.string(crs.name))
    if len(crs.text) <= 32_768:
        found.say(name, terms.DEFINITION, literals.string(crs.text))
    return name
