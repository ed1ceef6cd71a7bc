"""Which arrays belong together, and what does each coordinate measure?

Source: CF Conventions 1.11, section 2.7 "Groups" (how a name is looked up), chapter 4 "Coordinate Types", chapter 5 "Coordinate
Systems", 3.4 "Ancillary Data", 7.1 "Cell Boundaries", 7.2 "Cell Measures", 4.3.3 "Parametric Vertical Coordinate"; xarray "Zarr
encoding specification".
"""

import posixpath
import re
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.metadata.hierarchy import Hierarchy
from catalog.rdf.conventions.cf_calendar import is_time_reference

LATITUDE, LONGITUDE, TIME, VERTICAL, X, Y = "latitude", "longitude", "time", "vertical", "x", "y"

_LISTS = ("coordinates", "ancillary_variables")
_SINGLE = ("bounds", "climatology")
_PAIRS = ("cell_measures", "formula_terms")
REFERENCES = (*_LISTS, *_SINGLE, *_PAIRS, "grid_mapping")
"""Attributes that name other arrays."""
_REFERRING = frozenset(REFERENCES)

_STANDARD_NAMES = {
    "latitude": LATITUDE, "longitude": LONGITUDE, "time": TIME, "projection_x_coordinate": X, "projection_y_coordinate": Y,
    "grid_longitude": X, "grid_latitude": Y, "projection_x_angular_coordinate": X, "projection_y_angular_coordinate": Y,
}  # fmt: skip
_NORTH = re.compile(r"degrees?_?n(?:orth)?", re.IGNORECASE)
_EAST = re.compile(r"degrees?_?e(?:ast)?", re.IGNORECASE)
_PLACES = frozenset({LATITUDE, LONGITUDE})
_AXES = {"T": TIME, "Z": VERTICAL, "X": X, "Y": Y}
_NAMES = {"lat": LATITUDE, "latitude": LATITUDE, "lon": LONGITUDE, "longitude": LONGITUDE, "long": LONGITUDE, "x": X, "y": Y}
_ANGLES = frozenset({"", "degree", "degrees", "deg"})
_NUMBERS = ("int", "uint", "float")
_MAX_NAMES = 256


@dataclass(frozen=True, slots=True)
class Reference:
    """A name of another array that an attribute states.

    Attributes
    ----------
    attribute
        Which attribute.
    name
        As it stands there.
    target
        The array; None where there is none of that name.
    """

    attribute: str
    name: str
    target: Array | None


@dataclass
class Coordinates:
    """Who refers to whom in one hierarchy.

    Attributes
    ----------
    references
        Path of an array → what its attributes refer to.
    of
        Path of an array → its coordinates: those of its dimensions first, in their order, then the auxiliary ones.
    bounds
        Paths of arrays that are the bounds of others.
    used
        Paths of arrays that are coordinates of others, or of themselves (a dimension coordinate).
    beside
        Folder → arrays in it that measure latitude or longitude; empty until it was asked for.
    """

    arrays: dict[str, Array]
    references: dict[str, list[Reference]] = field(default_factory=dict)
    of: dict[str, list[Array]] = field(default_factory=dict)
    bounds: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    beside: dict[str, list[Array]] = field(default_factory=dict)

    def data(self) -> Iterator[Array]:
        """Arrays that are neither coordinates nor bounds."""
        return (array for path, array in self.arrays.items() if path not in self.used and path not in self.bounds)

    def bounds_of(self, array: Array) -> Array | None:
        """The bounds of a coordinate."""
        found = (each.target for each in self.references.get(array.path, ()) if each.attribute == "bounds")
        return next((target for target in found if target is not None), None)


def find_coordinates(hierarchy: Hierarchy) -> Coordinates:
    """Who refers to whom; found once for each hierarchy, as long as that lives."""
    key = id(hierarchy)
    known = _FOUND.get(key)
    if known is None:
        known = _FOUND[key] = _find(hierarchy)
        weakref.finalize(hierarchy, _FOUND.pop, key, None)
    return known


_FOUND: dict[int, Coordinates] = {}


def _find(hierarchy: Hierarchy) -> Coordinates:
    found = Coordinates({array.path: array for array in hierarchy.arrays})
    for array in hierarchy.arrays:
        references = [] if _REFERRING.isdisjoint(array.attributes) else list(_references(array, found.arrays))
        if references:
            found.references[array.path] = references
            found.bounds.update(each.target.path for each in references if each.attribute in _SINGLE and each.target)
    along: dict[tuple[str, tuple[str | None, ...]], list[Array]] = {}
    for array in hierarchy.arrays:
        if array.path in found.bounds:
            continue
        key = _folder(array.path), array.dimension_names
        mine = along.get(key)
        if mine is None:
            own = [each for each in _dimension_coordinates(array, found.arrays) if each.path not in found.bounds]
            mine = along[key] = list({each.path: each for each in own}.values())
        if array.path in found.references:
            named = [each.target for each in found.references[array.path] if each.attribute == "coordinates" and each.target]
            mine = list({each.path: each for each in (*mine, *named)}.values())
        if mine:
            found.of[array.path] = mine
            found.used.update([each.path for each in mine if each is not array or is_dimension_coordinate(array)])
    for array in list(found.data()):
        _complete(array, found)
    return found


def _complete(array: Array, found: Coordinates) -> None:
    """Add latitude and longitude that lie beside an array and share its dimensions, where nothing else says its place."""
    near = _beside(_folder(array.path), found)
    mine = found.of.get(array.path, [])
    if not near or not any(array.dimension_names) or any(kind_of(each) in _PLACES for each in mine):
        return
    near = [each for each in near if each is not array and set(each.dimension_names) <= set(array.dimension_names)]
    latitude = next((each for each in near if kind_of(each) == LATITUDE), None)
    longitude = next((each for each in near if kind_of(each) == LONGITUDE), None)
    if latitude is not None and longitude is not None:
        found.of[array.path] = [*mine, latitude, longitude]
        found.used |= {latitude.path, longitude.path}


def _beside(folder: str, found: Coordinates) -> list[Array]:
    """Arrays of a folder that measure latitude or longitude, with named dimensions."""
    if not found.beside:
        for path, array in found.arrays.items():
            inside = found.beside.setdefault(_folder(path), [])
            if array.shape and all(array.dimension_names) and path not in found.bounds and kind_of(array) in _PLACES:
                inside.append(array)
    return found.beside.get(folder, [])


def is_dimension_coordinate(array: Array) -> bool:
    """Whether an array has one dimension and that dimension's name."""
    return len(array.shape) == 1 and array.dimension_names == (array.path.rpartition("/")[2],)


def is_numeric(array: Array) -> bool:
    """Whether its elements are real numbers or times."""
    name = array.layout.data_type.name
    return name.startswith(_NUMBERS) or name == "numpy.datetime64"


def kind_of(array: Array) -> str:
    """What a coordinate measures: latitude, longitude, time, vertical, x, y, or ``""``."""
    attributes, name = array.attributes, array.path.rpartition("/")[2]
    standard, units, axis = attributes.get("standard_name"), attributes.get("units"), attributes.get("axis")
    is_time, along_itself = array.layout.data_type.name == "numpy.datetime64", array.dimension_names == (name,)
    positive = attributes.get("positive")
    return _kind(
        name.lower(), _text(standard), _text(units), _text(axis), isinstance(positive, str) and positive in {"up", "down"},
        is_time, along_itself and len(array.shape) == 1,
    )  # fmt: skip


@lru_cache(4096)
def _kind(name: str, standard: str, units: str, axis: str, positive: bool, is_time: bool, is_own: bool) -> str:
    """See ``kind_of``; arrays of one collection repeat each other."""
    if standard in _STANDARD_NAMES:
        return _STANDARD_NAMES[standard]
    if is_time_reference(units):
        return TIME if not standard or axis == "T" else ""
    if _NORTH.fullmatch(units):
        return LATITUDE
    if _EAST.fullmatch(units):
        return LONGITUDE
    if is_time and (name == "time" or axis == "T" or is_own):
        return TIME
    if name in _NAMES and not standard and units in _ANGLES:
        return _NAMES[name]
    if positive or axis == "Z":
        return VERTICAL
    return _AXES.get(axis, "") if axis != "T" else ""


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _dimension_coordinates(array: Array, arrays: dict[str, Array]) -> Iterator[Array]:
    for name in array.dimension_names:
        found = find_array(name, _folder(array.path), arrays) if name and "/" not in name else None
        if found is not None and len(found.shape) == 1 and found.dimension_names == (name,):
            yield found


def find_array(name: str, folder: str, arrays: dict[str, Array]) -> Array | None:
    """The array of a name: in the folder of the one that refers to it, else in the nearest above; a path is taken as such."""
    if name.startswith("/"):
        return arrays.get(posixpath.normpath(name).lstrip("/"))
    if "/" in name:
        return arrays.get(posixpath.normpath(posixpath.join(folder, name)))
    while True:
        found = arrays.get(f"{folder}/{name}" if folder else name)
        if found is not None or not folder:
            return found
        folder = _folder(folder)


def _references(array: Array, arrays: dict[str, Array]) -> Iterator[Reference]:
    folder = _folder(array.path)
    for attribute in REFERENCES:
        text = array.attributes.get(attribute)
        if isinstance(text, str):
            for name in _names(attribute, text)[:_MAX_NAMES]:
                yield Reference(attribute, name, find_array(name, folder, arrays))


def _names(attribute: str, text: str) -> list[str]:
    """The names of arrays in an attribute; a word with a colon is the role of what follows."""
    words = text.split()
    if attribute in _SINGLE:
        return [text.strip()] if text.strip() else []
    if attribute == "grid_mapping" and ":" in text:
        return [word.removesuffix(":") for word in words if word.endswith(":")]
    return [word for word in words if not word.endswith(":")]
