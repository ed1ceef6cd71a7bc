"""Which overview levels does this group have, how fine are they, and which arrays do they hold?

Two generations are read: ``layout`` lists the levels with their paths and how each was made of another one; ``tile_matrix_set``
names a level by each of its matrices.
Source: multiscales convention v1; GeoZarr mini-specification of 2025, "Multiscales"; OGC 17-083r4, "TileMatrixSet".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.metadata.array import Array
from catalog.metadata.document import Json, as_object, canonical_json
from catalog.metadata.group import Group
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings
from catalog.rdf.conventions.geozarr_crs import ReferenceSystem
from catalog.rdf.conventions.geozarr_grid import Grid, cell_of, level_grid, parse_crs
from catalog.rdf.iris import tile_matrix_set
from catalog.rdf.places import as_numbers, decimal, is_number
from catalog.rdf.prefixes import DCAT, PROV, RDF_TYPE, RDFS_LABEL

MAX_LEVELS = 1000

Cell = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Level:
    """One level as it is written down; ``cell`` is what it states of its resolution."""

    name: str
    source: str | None = None
    cell: Cell | None = None
    scale: tuple[float, ...] | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes by path, the arrays right below each path, and the grids of arrays."""

    nodes: Mapping[str, Node]
    children: Mapping[str, Sequence[Array]]
    grids: Mapping[str, Grid]


def describe_levels(group: Group, tree: Tree, about: About, found: Findings, crs: ReferenceSystem | None) -> None:
    """Say which levels a group has."""
    stated = as_object(group.attributes.get("multiscales"))
    matrices = stated.get("tile_matrix_set")
    levels: dict[str, Level] = {}
    if "layout" in stated:
        levels = _by_name(_from_layout(group.path, stated["layout"], found), group.path, found)
    elif matrices is not None:
        levels = _by_name(_from_matrices(group.path, matrices, stated, found), group.path, found)
        crs = _crs_of(matrices, group.path, about, found) or crs
    if levels:
        found.say(about.node(group.path), RDF_TYPE, f"<{terms.CLASS_OVERVIEWS}>")
    method = stated.get("resampling_method")
    cells: dict[str, Cell | None] = {}
    for index, level in enumerate(levels.values()):
        cells[level.name] = _cell(level, group.path, tree, cells, levels)
        _say_level(index, level, group.path, tree, about, found)
        chosen = level.method or (method if isinstance(method, str) else None)
        if chosen:
            found.say(about.part(group.path, "level", level.name), terms.RESAMPLING_METHOD, literals.string(chosen))
        say_cell(found, about.part(group.path, "level", level.name), cells[level.name], crs)


def say_cell(found: Findings, subject: str, cell: Cell | None, crs: ReferenceSystem | None) -> None:
    """Say how large cells are; in metres as well where the reference system has them."""
    if cell is None:
        return
    found.say(subject, terms.CELL_WIDTH, literals.double(cell[0]))
    found.say(subject, terms.CELL_HEIGHT, literals.double(cell[1]))
    if crs and crs.metres:
        found.say(subject, f"{DCAT}spatialResolutionInMeters", *{decimal(length) for length in cell})


def _by_name(levels: Iterator[Level], path: str, found: Findings) -> dict[str, Level]:
    by_name: dict[str, Level] = {}
    for level in levels:
        if level.name in by_name:
            found.report(path, "duplicate-level", f"the level {level.name!r:.120} is listed twice; the first counts")
        elif len(by_name) < MAX_LEVELS:
            by_name[level.name] = level
        else:
            found.report(path, "too-many-levels", f"more than {MAX_LEVELS} levels; the rest was left out")
            break
    return by_name


def _from_layout(path: str, layout: Json, found: Findings) -> Iterator[Level]:
    if not isinstance(layout, list):
        message = f"multiscales/layout is {type(layout).__name__}; a list of levels is needed"
        found.report(path, "invalid-multiscales", message, "/attributes/multiscales/layout")
        return
    for index, item in enumerate(layout):
        pointer = f"/attributes/multiscales/layout/{index}"
        name = item.get("asset") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, str) or not name.strip("/"):
            found.report(path, "invalid-multiscales", "a level has no 'asset', the path of what it holds", pointer)
            continue
        source, transform = item.get("derived_from"), as_object(item.get("transform"))
        scale, affine, method = as_numbers(transform.get("scale"), 2, 3), level_grid(item), item.get("resampling_method")
        yield Level(
            name.strip("/"),
            source.strip("/") if isinstance(source, str) else None,
            cell_of(affine) if affine else None,
            scale if scale and min(scale) > 0 else None,
            method if isinstance(method, str) else None,
        )


def _from_matrices(path: str, matrices: Json, stated: Mapping[str, Json], found: Findings) -> Iterator[Level]:
    if isinstance(matrices, str):  # a set that everybody knows; its levels are those that the limits name
        yield from map(Level, as_object(stated.get("tile_matrix_limits")))
        return
    items = as_object(matrices).get("tileMatrices")
    pointer = "/attributes/multiscales/tile_matrix_set/tileMatrices"
    if not isinstance(items, list):
        found.report(path, "invalid-multiscales", "the tile matrix set has no list of tileMatrices", pointer)
        return
    for index, item in enumerate(items):
        name, size = as_object(item).get("id"), as_object(item).get("cellSize")
        if not isinstance(name, str) or not name:
            found.report(path, "invalid-multiscales", "a tile matrix has no id, the name of its group", f"{pointer}/{index}")
            continue
        cell = float(size) if is_number(size) and size > 0 else None
        if cell is None and size is not None:
            found.report(path, "invalid-cell-size", f"cellSize is {size!r:.80}; a length above 0 is needed", f"{pointer}/{index}")
        yield Level(name, cell=(cell, cell) if cell else None)


def _crs_of(matrices: Json, path: str, about: About, found: Findings) -> ReferenceSystem | None:
    if isinstance(matrices, str):
        found.say(about.node(path), terms.TILE_MATRIX_SET, f"<{tile_matrix_set(matrices[:128])}>")
        return None
    crs = parse_crs(as_object(matrices).get("crs", as_object(matrices).get("supportedCRS")))
    if crs and crs.iri:
        found.say(about.node(path), terms.CRS, crs.iri)
    return crs


def _cell(level: Level, path: str, tree: Tree, cells: Mapping[str, Cell | None], levels: Mapping[str, Level]) -> Cell | None:
    """What the level states, what its node or all its arrays say, or what follows from the level that it was made of."""
    if level.cell:
        return level.cell
    place = f"{path}/{level.name}" if path else level.name
    own = tree.grids.get(place)
    if own and own.cell:
        return own.cell
    below = {grid.cell for array in tree.children.get(place, ()) if (grid := tree.grids.get(array.path)) and grid.cell}
    source = cells.get(level.source) if level.source else None
    if len(below) == 1:
        return below.pop()
    if source and level.scale and level.source in levels:
        return source[0] * level.scale[-1], source[1] * level.scale[-2]
    return None


def _say_level(index: int, level: Level, path: str, tree: Tree, about: About, found: Findings) -> None:
    name, place = about.part(path, "level", level.name), f"{path}/{level.name}" if path else level.name
    found.say(about.node(path), terms.OVERVIEW_LEVEL, name)
    found.say(name, RDF_TYPE, f"<{terms.CLASS_OVERVIEW_LEVEL}>")
    found.say(name, RDFS_LABEL, literals.string(level.name))
    found.say(name, terms.OVERVIEW_INDEX, literals.integer(index))
    if level.scale:
        found.say(name, terms.OVERVIEW_SCALE, literals.json(canonical_json(list(level.scale))))
    if level.source:
        found.say(name, f"{PROV}wasDerivedFrom", about.part(path, "level", level.source))
    node = tree.nodes.get(place)
    if node is None:
        message = f"the level {level.name!r:.120} is listed and there is no node of that path"
        found.report(path, "dangling-reference", message, "/attributes/multiscales")
        return
    found.say(name, terms.OVERVIEW_NODE, about.node(place))
    arrays = [node] if isinstance(node, Array) else [each for each in tree.children.get(place, ()) if len(each.shape) >= 2]
    found.say(name, terms.OVERVIEW_ARRAY, *(about.node(array.path) for array in arrays))
