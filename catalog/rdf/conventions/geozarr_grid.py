"""Where on the ground do the cells of this node lie?

A grid is what a node says of itself, completed by the array that it calls its grid mapping and by the group right above it.
Numbers that are of another grid, as overviews have that were written with the attributes of the array they were made of, are not
used.
Source: spatial and geo-proj conventions v1; STAC projection extension 2.0; GDAL, "Geotransforms"; CF 1.11, section 5.6.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.metadata.group import Group
from catalog.rdf.convention import Findings
from catalog.rdf.conventions.geozarr_crs import CODE_KEYS, ReferenceSystem, parse_code, stated
from catalog.rdf.places import Box, as_numbers, flat_box

Affine = tuple[float, ...]
"""a, b, c, d, e, f of x = a·column + b·row + c and y = d·column + e·row + f."""

TRANSFORM_KEYS = ("spatial:transform", "proj:transform")
BOX_KEYS = ("spatial:bbox", "proj:bbox")
SHAPE_KEYS = ("spatial:shape", "proj:shape")
KEYS = frozenset((*CODE_KEYS, "proj:wkt2", "proj:projjson", "crs_wkt", "spatial_ref", "GeoTransform", "grid_mapping"))
KEYS |= {*TRANSFORM_KEYS, *BOX_KEYS, *SHAPE_KEYS}


@dataclass(frozen=True, slots=True)
class Grid:
    """What is known of where a node's cells lie; ``said`` names the attributes that this says in full."""

    crs: ReferenceSystem | None = None
    affine: Affine | None = None
    box: Box | None = None
    said: tuple[str, ...] = field(default=())

    @property
    def cell(self) -> tuple[float, float] | None:
        """Width and height of a cell, in the unit of the reference system."""
        return cell_of(self.affine) if self.affine else None


def cell_of(affine: Affine) -> tuple[float, float]:
    """Width and height of a cell: how far one column, and one row, goes."""
    a, b, _, d, e, _ = affine
    return math.hypot(a, d), math.hypot(b, e)


def own_grid(node: Array | Group, found: Findings) -> Grid:
    """What a node's own attributes say."""
    attributes = node.attributes
    crs, crs_keys = _own_crs(node.path, attributes, found)
    fits, shape_keys = _shape_fits(node, found)
    affine, affine_keys = _own_affine(node.path, attributes, found)
    if not fits:
        affine, affine_keys = None, ()
    box, box_keys = _own_box(node, affine, found)
    return Grid(crs, affine, box, (*crs_keys, *shape_keys, *affine_keys, *box_keys))


def inherited(grid: Grid, mapping: Grid | None, above: Grid | None) -> Grid:
    """A grid completed by that of its grid mapping, then by that of its group; what it says itself counts."""
    crs, affine, box = grid.crs, grid.affine, grid.box
    if mapping:
        crs, affine = crs or mapping.crs, affine or mapping.affine
    if above:
        crs, affine, box = crs or above.crs, affine or above.affine, box or above.box
    return replace(grid, crs=crs, affine=affine, box=box)


def spatial_axes(array: Array, names: Json) -> tuple[int, int] | None:
    """Positions of the dimensions for rows and columns: those named, else the last two."""
    if isinstance(names, list) and len(names) >= 2:
        if not all(isinstance(name, str) and name in array.dimension_names for name in names):
            return None
        return array.dimension_names.index(names[-2]), array.dimension_names.index(names[-1])
    rank = len(array.shape)
    return (rank - 2, rank - 1) if rank >= 2 else None


def _own_crs(path: str, attributes: Mapping[str, Json], found: Findings) -> tuple[ReferenceSystem | None, tuple[str, ...]]:
    best: ReferenceSystem | None = None
    said: list[str] = []
    for key, crs in stated(attributes):
        if crs is None:
            if key != "spatial_ref":
                message = f"{key} is {str(attributes[key])!r:.120}; a code such as EPSG:32633, WKT or PROJJSON is read"
                found.report(path, "unknown-crs", message, f"/attributes/{key}")
        elif best is None or (not best.iri and crs.iri):
            best = crs
            said += [key] * (key in CODE_KEYS)
        elif crs.iri and crs.iri != best.iri:
            message = f"{key} names {crs.iri[1:-1]}, another attribute {best.iri[1:-1]}; the latter was taken"
            found.report(path, "crs-disagrees", message, f"/attributes/{key}")
        else:
            best = replace(best, metres=best.metres or crs.metres)
            said += [key] * (key in CODE_KEYS)
    return best, tuple(said)


def _shape_fits(node: Array | Group, found: Findings) -> tuple[bool, tuple[str, ...]]:
    """Whether the shape that the attributes state is the array's own."""
    said: list[str] = []
    for key in SHAPE_KEYS:
        shape = node.attributes.get(key)
        if not isinstance(node, Array) or not isinstance(shape, list):
            continue
        axes = spatial_axes(node, node.attributes.get("spatial:dimensions"))
        own = [node.shape[axis] for axis in axes] if axes else list(node.shape)
        if shape != own:
            message = (
                f"{key} is {shape!r:.80} and the array has {own}: its transformation is that of another array, and was not used"
            )
            found.report(node.path, "shape-disagrees", message, f"/attributes/{key}")
            return False, ()
        said.append(key)
    return True, tuple(said)


def _own_affine(path: str, attributes: Mapping[str, Json], found: Findings) -> tuple[Affine | None, tuple[str, ...]]:
    best: Affine | None = None
    said: list[str] = []
    for key in (*TRANSFORM_KEYS, "GeoTransform"):
        value = attributes.get(key)
        if value is None or (key == "spatial:transform" and attributes.get("spatial:transform_type", "affine") != "affine"):
            continue
        affine = _parse_geotransform(value) if key == "GeoTransform" else parse_affine(value)
        if affine is None:
            message = f"{key} is {str(value)!r:.120}; six numbers of a transformation that keeps cells apart are needed"
            found.report(path, "invalid-transform", message, f"/attributes/{key}")
        elif best is None or affine == best:
            best = affine
            said.append(key)
        else:
            message = f"{key} is {str(value)!r:.120} and {said[0]} says otherwise; the latter was taken"
            found.report(path, "transform-disagrees", message, f"/attributes/{key}")
    return best, tuple(said)


def parse_affine(value: Json) -> Affine | None:
    """Six coefficients, or nine of which the last row says nothing; None where they do not keep cells apart."""
    numbers = as_numbers(value, 6, 9)
    if numbers is None or (len(numbers) == 9 and numbers[6:] != (0.0, 0.0, 1.0)):
        return None
    a, b, _, d, e, _ = numbers[:6]
    return numbers[:6] if a * e - b * d != 0 else None


def _parse_geotransform(value: Json) -> Affine | None:
    """GDAL's six numbers, which begin with the corner."""
    try:
        numbers = [float(word) for word in value.split()] if isinstance(value, str) and len(value) < 400 else value
    except ValueError:
        return None
    if not isinstance(numbers, list) or len(numbers) != 6:
        return None
    c, a, b, f, d, e = numbers
    return parse_affine([a, b, c, d, e, f])


def _own_box(node: Array | Group, affine: Affine | None, found: Findings) -> tuple[Box | None, tuple[str, ...]]:
    derived = derived_box(node, affine)
    for key in BOX_KEYS:
        value = node.attributes.get(key)
        if value is None:
            continue
        numbers, pointer = as_numbers(value, 4, 6), f"/attributes/{key}"
        if numbers is None:
            message = f"{key} is {value!r:.120}; four numbers, least x and y before greatest, are needed"
            found.report(node.path, "invalid-bbox", message, pointer)
            continue
        box = flat_box(numbers)
        if box[0] == box[2] or box[1] >= box[3]:
            message = f"{key} is {list(numbers)}, which has no area; it was not used"
            found.report(node.path, "invalid-bbox", message, pointer)
            continue
        if derived and affine and max(abs(x - y) for x, y in zip(box, derived, strict=True)) > max(cell_of(affine)):
            message = f"{key} is {list(numbers)}, the transformation gives {list(derived)}; the former was taken"
            found.report(node.path, "bbox-disagrees", message, pointer)
        return box, (key,)
    return derived, ()


def derived_box(node: Array | Group, affine: Affine | None) -> Box | None:
    """The box of an array with an upright grid whose cells are areas; None for any other."""
    if affine is None or not isinstance(node, Array) or node.attributes.get("spatial:registration", "pixel") != "pixel":
        return None
    axes, (a, b, c, d, e, f) = spatial_axes(node, node.attributes.get("spatial:dimensions")), affine
    if not axes or b or d or max(node.shape) >= 2**53 or not min(node.shape[axis] for axis in axes):
        return None
    rows, columns = (node.shape[axis] for axis in axes)
    xs, ys = sorted((c, c + a * columns)), sorted((f, f + e * rows))
    return xs[0], ys[0], xs[1], ys[1]


def level_grid(level: Mapping[str, Json]) -> Affine | None:
    """The transformation that an overview level states."""
    return next((affine for key in TRANSFORM_KEYS if (affine := parse_affine(level.get(key))) is not None), None)


def parse_crs(value: Json) -> ReferenceSystem | None:
    """The reference system of a tile matrix set: an IRI or code, or an object that holds one."""
    return parse_code(value.get("uri") or value.get("href")) if isinstance(value, dict) else parse_code(value)
