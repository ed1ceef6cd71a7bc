"""Which part of the Earth, and which time, do the arrays cover?

Read from the ends of the coordinates, whole only where that is little; compared with what global attributes state, which stand in
where coordinates say nothing.

Source: CF Conventions 1.11, chapter 4 "Coordinate Types", 7.1 "Cell Boundaries"; ACDD 1.3, geospatial_* and time_coverage_*.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from catalog.metadata.array import Array
from catalog.rdf.convention import Values
from catalog.rdf.conventions.cf_box import Box, build_box, cover_points
from catalog.rdf.conventions.cf_coordinates import (
    LATITUDE,
    LONGITUDE,
    TIME,
    Coordinates,
    is_dimension_coordinate,
    is_numeric,
    kind_of,
)
from catalog.rdf.conventions.cf_time import TimeAxis, datetime64_axis, parse_time_axis
from catalog.rdf.conventions.cf_values import Decoded, Line, datetime64_unit, decode, line_of

MAX_WHOLE = 2**18
"""Elements of an array that is wanted whole."""
BOUNDS, HALF_CELL, POINTS, ATTRIBUTES = "bounds", "half-cell", "points", "attributes"
"""What a place rests on: cell bounds, half a cell around the outermost coordinates, the coordinates alone, global attributes."""

_FIRST_KINDS = (LATITUDE, LONGITUDE, TIME)
_LIMIT = {LATITUDE: (-90.5, 90.5), LONGITUDE: (-540.0, 540.0)}


@dataclass(frozen=True, slots=True)
class Place:
    """A box, what it rests on, and the degrees of a cell."""

    box: Box
    basis: str
    cell: float = 0.0


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when.

    Attributes
    ----------
    start, end
        Closed; None where the calendar has no instants.
    text
        The same as the coordinate has it, where there are no instants.
    step
        Seconds of the longest outermost step.
    """

    start: datetime | None
    end: datetime | None
    text: str = ""
    step: float = 0.0


def wanted_arrays(coordinates: Coordinates) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Paths of arrays of which the ends are wanted, and of those wanted whole; what tells place and time comes first."""
    candidates = [coordinates.arrays[path] for path in coordinates.used if is_numeric(coordinates.arrays[path])]
    kinds = {array.path: kind_of(array) for array in candidates}
    candidates = [array for array in candidates if kinds[array.path] or is_dimension_coordinate(array)]
    candidates.sort(key=lambda each: (kinds[each.path] not in _FIRST_KINDS, each.path.count("/"), each.path))
    ends: list[str] = []
    whole: list[str] = []
    for array in candidates:
        bounds = coordinates.bounds_of(array) if kinds[array.path] in _FIRST_KINDS else None
        for each in (array, bounds):
            if each is None or not is_numeric(each):
                continue
            if is_dimension_coordinate(array) or (len(each.shape) == 1 and math.prod(each.shape) > MAX_WHOLE):
                ends.append(each.path)
            elif math.prod(each.shape) <= MAX_WHOLE and each is array:
                whole.append(each.path)
    return tuple(dict.fromkeys(ends)), tuple(dict.fromkeys(whole))


class Extents:
    """What the coordinates of one hierarchy cover; each is looked at once.

    Attributes
    ----------
    faults
        Path of a coordinate → why it says nothing.
    """

    def __init__(self, coordinates: Coordinates, values: Mapping[str, Values]) -> None:
        self._coordinates, self._values = coordinates, values
        self._decoded: dict[str, Decoded | None] = {}
        self._places: dict[tuple[str, str], Place | None] = {}
        self._periods: dict[str, Period | None] = {}
        self.faults: dict[str, str] = {}

    def decoded(self, array: Array) -> Decoded | None:
        """The decoded elements of an array, as far as they were read."""
        if array.path not in self._decoded:
            found = decode(array, self._values.get(array.path))
            if found is not None and is_dimension_coordinate(array) and len({*found.first, *found.last}) == 1 < array.shape[0]:
                self.faults[array.path] = "all its values are equal"
                found = None
            self._decoded[array.path] = found
        return self._decoded[array.path]

    def place(self, latitude: Array, longitude: Array) -> Place | None:
        """What a latitude and a longitude cover together."""
        key = latitude.path, longitude.path
        if key not in self._places:
            self._places[key] = self._place(latitude, longitude)
        return self._places[key]

    def period(self, time: Array) -> Period | None:
        """What a time coordinate covers."""
        if time.path not in self._periods:
            self._periods[time.path] = self._period(time)
        return self._periods[time.path]

    def span(self, array: Array) -> tuple[float, float] | None:
        """Least and greatest decoded value of a coordinate; None where that is not known."""
        found = self.decoded(array)
        if found is None:
            return None
        if found.whole:
            return min(found.first), max(found.first)
        line = line_of(found)
        if line is None:
            self.faults.setdefault(array.path, "its values do not run one way, so that its ends do not tell its extent")
            return None
        return min(line.start, line.end), max(line.start, line.end)

    def _place(self, latitude: Array, longitude: Array) -> Place | None:
        lat, lon = self.decoded(latitude), self.decoded(longitude)
        if lat is None or lon is None or not (self._within(latitude, lat) and self._within(longitude, lon)):
            return None
        if latitude.shape and len(latitude.dimension_names) == len(longitude.dimension_names) and (
            latitude.dimension_names == longitude.dimension_names and latitude.shape == longitude.shape
            and not is_dimension_coordinate(latitude)
        ):  # fmt: skip
            return self._scattered(lat, lon)
        north_south, west_east = line_of(lat), line_of(lon, circle=360)
        if north_south is None or west_east is None:
            for array, line in ((latitude, north_south), (longitude, west_east)):
                if line is None and not (lat.whole and lon.whole):
                    self.faults[array.path] = "its values do not run one way, so that its ends do not tell its extent"
            return self._scattered(lat, lon)
        south, north, lat_basis = self._padded(latitude, north_south, 0)
        west, east, lon_basis = self._padded(longitude, west_east, 360)
        box = build_box(west, east - west, south, north)
        basis = next(each for each in (HALF_CELL, BOUNDS, POINTS) if each in (lat_basis, lon_basis))
        steps = (north_south.first_step, north_south.last_step, west_east.first_step, west_east.last_step)
        return Place(box, basis, max(steps))

    def _scattered(self, lat: Decoded, lon: Decoded) -> Place | None:
        if not (lat.whole and lon.whole):
            return None
        west, width = cover_points(lon.first)
        return Place(build_box(west, width, min(lat.first), max(lat.first)), POINTS)

    def _within(self, array: Array, found: Decoded) -> bool:
        least, most = _LIMIT[kind_of(array)]
        if all(least <= each <= most for each in (*found.first, *(() if found.whole else found.last))):
            return True
        self.faults[array.path] = f"it has values beyond {least:g} to {most:g} degrees"
        return False

    def _padded(self, array: Array, line: Line, circle: float) -> tuple[float, float, str]:
        """Lower and upper edge of the cells, and what they rest on."""
        pads = self._bounds_pads(array, line, circle)
        basis = BOUNDS
        if pads is None:
            pads, basis = (line.first_step / 2, line.last_step / 2), HALF_CELL if line.first_step else POINTS
        ends = (line.start - pads[0] * line.direction, line.end + pads[1] * line.direction)
        return min(ends), max(ends), basis

    def _bounds_pads(self, array: Array, line: Line, circle: float) -> tuple[float, float] | None:
        """How far the outermost cells reach beyond their coordinates; None without bounds that hold them."""
        bounds = self._coordinates.bounds_of(array)
        if bounds is None or bounds.shape != (*array.shape, 2):
            return None
        found = decode(_as_packed(bounds, array), self._values.get(bounds.path))
        if found is None or len(found.first) % 2 or len(found.last) % 2:
            return None
        pads = []
        for value, cell, sign in ((line.start, found.first[:2], -line.direction), (line.end, found.last[-2:], line.direction)):
            reach = [_short(edge - value, circle) * sign for edge in cell]
            if max(reach) < -1e-6 or min(reach) > 1e-6:
                return None
            pads.append(max(*reach, 0.0))
        return pads[0], pads[1]

    def _period(self, time: Array) -> Period | None:
        axis, found = time_axis(time), self.span(time)
        if axis is None or found is None:
            return None
        if axis.fault:
            self.faults[time.path] = axis.fault
        if axis.origin is None:
            text = f"{found[0]!r} to {found[1]!r} {time.attributes.get('units')} (calendar {axis.calendar})"
            return None if axis.fault else Period(None, None, text)
        instants = [instant for value in found if (instant := axis.instant(value)) is not None]
        if len(instants) != 2:
            self.faults[time.path] = "its dates lie beyond the years 1 to 9999"
            return None
        decoded = self.decoded(time)
        line = line_of(decoded) if decoded else None
        step = max(line.first_step, line.last_step) * float(axis.unit) / 1e6 if line else 0.0
        everything = [*instants, *self._bounds_instants(time, axis)]
        return Period(min(everything), max(everything), step=step)

    def _bounds_instants(self, time: Array, axis: TimeAxis) -> Iterable[datetime]:
        """Begin of the first cell and end of the last one; bounds may count from another time of reference."""
        bounds = self._coordinates.bounds_of(time)
        if bounds is None or bounds.shape != (*time.shape, 2):
            return []
        found = decode(_as_packed(bounds, time), self._values.get(bounds.path))
        own = time_axis(bounds)
        axis = own if own is not None and own.origin is not None else axis
        ends = (*found.first[:2], *found.last[-2:]) if found and not len(found.first) % 2 and not len(found.last) % 2 else ()
        return [instant for each in ends if (instant := axis.instant(each)) is not None]


def time_axis(array: Array) -> TimeAxis | None:
    """How the numbers of an array become instants; None where it is no time coordinate."""
    axis = parse_time_axis(array.attributes)
    if axis is None and array.layout.data_type.name == "numpy.datetime64":
        return datetime64_axis(*datetime64_unit(array))
    return axis


def _as_packed(bounds: Array, parent: Array) -> Array:
    """Bounds without a scale of their own have that of their coordinate. Source: CF 1.11, section 7.1."""
    keys = ("scale_factor", "add_offset", "_FillValue", "missing_value")
    if any(key in bounds.attributes for key in keys) or not any(key in parent.attributes for key in keys):
        return bounds
    if bounds.layout.data_type.name != parent.layout.data_type.name:
        return bounds
    attributes = {**bounds.attributes, **{key: parent.attributes[key] for key in keys if key in parent.attributes}}
    return Array(bounds.path, bounds.shape, bounds.layout, bounds.dimension_names, attributes)


def _short(distance: float, circle: float) -> float:
    """A distance around the circle the short way; half a circle keeps its sign."""
    while circle and abs(distance) > circle / 2:
        distance -= math.copysign(circle, distance)
    return distance
