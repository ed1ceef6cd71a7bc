"""How does a store speak that follows CF or xarray: which arrays are coordinates, what is measured, where and when?

Source: CF Conventions 1.11; xarray "Zarr encoding specification".
"""

from collections.abc import Collection
from datetime import datetime
from itertools import chain

from catalog.errors import Problem
from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.metadata.hierarchy import Hierarchy
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, Given, Wanted, fact
from catalog.rdf.conventions.cf_attributes import AttributeReader, Misses
from catalog.rdf.conventions.cf_box import cover_boxes, differ
from catalog.rdf.conventions.cf_coordinates import (
    LATITUDE,
    LONGITUDE,
    REFERENCES,
    TIME,
    Coordinates,
    find_coordinates,
    is_dimension_coordinate,
    kind_of,
)
from catalog.rdf.conventions.cf_extent import (
    ATTRIBUTES,
    BOUNDS,
    HALF_CELL,
    POINTS,
    Extents,
    Period,
    Place,
    time_axis,
    wanted_arrays,
)
from catalog.rdf.conventions.cf_stated import PERIOD_KEYS, PLACE_KEYS, stated_period, stated_place
from catalog.rdf.conventions.cf_time import to_text
from catalog.rdf.iris import content_hash
from catalog.rdf.literals import double
from catalog.rdf.places import define_period, define_place
from catalog.rdf.prefixes import DCT, PREFIXES, RDF_TYPE, RDFS_LABEL

NAME = "cf"

_LINKS = {
    "ancillary_variables": terms.ANCILLARY_VARIABLE,
    "bounds": terms.CELL_BOUNDS,
    "climatology": terms.CELL_BOUNDS,
    "cell_measures": terms.CELL_MEASURE,
    "formula_terms": terms.FORMULA_TERM,
    "grid_mapping": terms.GRID_MAPPING,
}
_ROLES = frozenset({"cell_measures", "formula_terms"})
"""Attributes that give each name a role, which the links do not tell; they stay among the attributes."""
_TELLING = frozenset({"standard_name", "geospatial_lat_min", "geospatial_lon_min", "time_coverage_start", "formula_terms"})
_NAMES = ("CF-", "COARDS", "ACDD", "NUG", "UGRID", "UNIDATA")


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:
    """Whether ``Conventions`` says so, or arrays have standard names, units or coordinates along their dimensions."""
    if "Conventions" in keys and any(_names_cf(node.attributes.get("Conventions")) for node in hierarchy.nodes):
        return True
    if any(key in keys for key in _TELLING):
        return True
    units = "units" in keys
    return any(
        (units and isinstance(array.attributes.get("units"), str)) or is_dimension_coordinate(array) for array in hierarchy.arrays
    )


def _names_cf(value: Json) -> bool:
    return isinstance(value, str) and any(name in value.upper() for name in _NAMES)


def wants(hierarchy: Hierarchy) -> Wanted:
    """The ends of coordinates, and those whole that are small."""
    ends, whole = wanted_arrays(find_coordinates(hierarchy))
    return Wanted(ends=ends, whole=whole)


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:
    """What the attributes and the coordinates say."""
    return _Describer(hierarchy, about, given).run()


class _Describer:
    """Describes one hierarchy."""

    def __init__(self, hierarchy: Hierarchy, about: About, given: Given) -> None:
        self._hierarchy, self._about = hierarchy, about
        self._coordinates: Coordinates = find_coordinates(hierarchy)
        self._extents = Extents(self._coordinates, given.values)
        self._found, self._misses = Findings(), Misses()
        self._external: set[str] = set()
        self._places: dict[str, dict[Place, None]] = {}
        self._periods: dict[str, dict[Period, None]] = {}
        self._located: dict[tuple[str, ...], list[str]] = {}
        self._said: dict[Place | Period, list[str]] = {}

    def run(self) -> Findings:
        self._attributes()
        for path in sorted(self._coordinates.used):
            self._coordinate(self._coordinates.arrays[path])
        for array in list(self._coordinates.data()) or list(self._coordinates.arrays.values()):
            if array.path in self._coordinates.of:
                self._extent(array)
        if not self._places:
            self._loose_grid()
        for group in self._hierarchy.groups:
            self._stated(group.path, group.attributes)
        self._found.problems += self._misses.problems()
        for path, fault in sorted(self._extents.faults.items()):
            self._found.problems.append(Problem(path, "no-extent", f"{path!r} gives no extent: {fault}", severity="info"))
        return self._found

    def _attributes(self) -> None:
        """What the attributes of each node say by themselves, and whom they refer to."""
        reader, coordinates = AttributeReader(self._found, self._about, self._misses), self._coordinates
        for group in self._hierarchy.groups:
            reader.group(group.path, group.attributes, self._subjects(group.path))
            external = group.attributes.get("external_variables")
            self._external.update(external.split() if isinstance(external, str) else ())
        for array in self._hierarchy.arrays:
            reader.array(array)
            if array.path in coordinates.references:
                self._references(array)
            if array.path in coordinates.of:
                self._coordinate_for(array)
            if "_ARRAY_DIMENSIONS" in array.attributes:
                self._dimension_names(array)
        for path in coordinates.references:
            parent = coordinates.arrays[path]
            bounds = coordinates.bounds_of(parent)
            if bounds is not None:
                reader.inherited(bounds, parent)

    def _subjects(self, path: str) -> tuple[str, ...]:
        node = self._about.node(path)
        return (node,) if path else (node, self._about.dataset)

    def _references(self, array: Array) -> None:
        """Links between arrays that attributes state; what they state in full is consumed."""
        missing: dict[str, list[str]] = {}
        subject = self._about.node(array.path)
        references = self._coordinates.references[array.path]
        for each in references:
            if each.target is None:
                missing.setdefault(each.attribute, []).append(each.name)
            elif each.attribute in _LINKS:
                self._found.say(subject, _LINKS[each.attribute], self._about.node(each.target.path))
        for attribute, names in missing.items():
            unknown = [name for name in names if name not in self._external]
            if unknown:
                message = f"{attribute} names {', '.join(repr(name)[:80] for name in unknown)}, and there is no such array"
                self._found.report(array.path, "no-such-array", message, f"/{attribute}")
        stated = {each.attribute for each in references}
        self._found.consume(
            array.path, (key for key in REFERENCES if key in stated and key not in missing and self._is_plain(array, key))
        )

    def _coordinate_for(self, array: Array) -> None:
        facts = (fact(terms.COORDINATE_FOR, self._about.node(array.path)),)
        for coordinate in self._coordinates.of[array.path]:
            if coordinate is not array:
                self._found.tell(self._about.node(coordinate.path), facts)

    @staticmethod
    def _is_plain(array: Array, key: str) -> bool:
        return key not in _ROLES and not (key == "grid_mapping" and ":" in array.attributes[key])

    def _dimension_names(self, array: Array) -> None:
        """The attribute that names dimensions is consumed where they have these names; they are told by the structure."""
        names = array.attributes.get("_ARRAY_DIMENSIONS")
        if isinstance(names, list) and tuple(names) == array.dimension_names:
            self._found.consume(array.path, ("_ARRAY_DIMENSIONS",))
        elif names is not None:
            message = f"_ARRAY_DIMENSIONS is {names!r:.200}; the array's dimensions are {array.dimension_names!r:.200}"
            self._found.report(array.path, "dimension-names-differ", message, "/_ARRAY_DIMENSIONS")

    def _coordinate(self, array: Array) -> None:
        """What a coordinate measures, and from where to where it runs."""
        subject, kind = self._about.node(array.path), kind_of(array)
        if kind:
            self._found.say(subject, terms.COORDINATE_KIND, literals.string(kind))
        decoded, span = self._extents.decoded(array), self._extents.span(array)
        if decoded is None:
            return
        axis = time_axis(array) if array.layout.data_type.name == "numpy.datetime64" else None

        def literal(value: float) -> str:
            instant = axis.instant(value) if axis else None
            return literals.date_time(to_text(instant)) if instant else double(float(value))

        ends = ((f"{PREFIXES['bald']}arrayFirstValue", decoded.first[0]), (f"{PREFIXES['bald']}arrayLastValue", decoded.last[-1]))
        least_most = ((terms.MINIMUM, span[0]), (terms.MAXIMUM, span[1])) if span else ()
        for predicate, value in chain(ends, least_most):
            self._found.say(subject, predicate, literal(value))

    def _extent(self, array: Array) -> None:
        """Place and time of an array, which are also those of all groups around it."""
        mine, folder = self._coordinates.of[array.path], array.path.rpartition("/")[0]
        key = folder, *(each.path for each in mine)
        facts = self._located.get(key)
        if facts is None:
            first = {kind_of(each): each for each in reversed(mine)}
            latitude, longitude, time = (first.get(kind) for kind in (LATITUDE, LONGITUDE, TIME))
            place = self._extents.place(latitude, longitude) if latitude and longitude else None
            period = self._extents.period(time) if time else None
            facts = self._located[key] = [*self._place(place), *self._period(period)]
            for path in _around(array.path):
                if place:
                    self._places.setdefault(path, {})[place] = None
                if period:
                    self._periods.setdefault(path, {})[period] = None
        self._found.tell(self._about.node(array.path), facts)

    def _loose_grid(self) -> None:
        """Coordinates that no array uses tell of their group all the same."""
        beside: dict[str, dict[str, Array]] = {}
        for path in self._coordinates.used:
            array = self._coordinates.arrays[path]
            kind = kind_of(array) if is_dimension_coordinate(array) else ""
            if kind in (LATITUDE, LONGITUDE):
                beside.setdefault(path.rpartition("/")[0], {})[kind] = array
        for folder, pair in sorted(beside.items()):
            place = self._extents.place(pair[LATITUDE], pair[LONGITUDE]) if len(pair) == 2 else None
            if place:
                for path in _around(f"{folder}/" if folder else ""):
                    self._places.setdefault(path, {})[place] = None

    def _stated(self, path: str, attributes: dict[str, Json]) -> None:
        """Extent of a group: of its arrays, compared with what its attributes state, or else as these state."""
        subjects = self._subjects(path)
        place, period = self._union_place(path), self._union_period(path)
        told_place, told_period = stated_place(attributes), stated_period(attributes)
        if told_place and place:
            tolerance = max(place.cell, 0.01)
            if differ(told_place.box, place.box, tolerance):
                message = f"geospatial_* state {told_place.box.wkt}, and the coordinates cover {place.box.wkt}"
                self._found.report(path, "extent-differs", message, "/geospatial_lat_min")
        elif told_place:
            self._found.consume(path, PLACE_KEYS & attributes.keys())
        if told_period and period and period.start and period.end:
            self._compare_times(path, told_period, period)
        elif told_period:
            self._found.consume(path, PERIOD_KEYS & attributes.keys())
        facts = [*self._place(place or told_place), *self._period(period or told_period)]
        for subject in subjects:
            self._found.tell(subject, facts)

    def _compare_times(self, path: str, told: Period, found: Period) -> None:
        tolerance = max(86400.0, found.step)
        pairs: list[tuple[str, datetime | None, datetime | None]] = [
            ("time_coverage_start", told.start, found.start), ("time_coverage_end", told.end, found.end)
        ]  # fmt: skip
        for key, stated, seen in pairs:
            if stated and seen and abs((stated - seen).total_seconds()) > tolerance:
                message = f"{key} states {to_text(stated)}, and the time coordinates have {to_text(seen)}"
                self._found.report(path, "extent-differs", message, f"/{key}")

    def _union_place(self, path: str) -> Place | None:
        places = list(self._places.get(path, ()))
        if len(places) < 2:
            return places[0] if places else None
        basis = next(each for each in (HALF_CELL, BOUNDS, POINTS, ATTRIBUTES) if any(place.basis == each for place in places))
        return Place(cover_boxes([place.box for place in places]), basis, max(place.cell for place in places))

    def _union_period(self, path: str) -> Period | None:
        periods = list(self._periods.get(path, ()))
        real = [period for period in periods if period.start and period.end]
        if len(periods) == 1 or not real:
            return periods[0] if len(periods) == 1 else None
        starts, ends = (sorted(time for each in real if (time := getattr(each, end))) for end in ("start", "end"))
        return Period(starts[0], ends[-1], step=max(each.step for each in real))

    def _place(self, place: Place | None) -> list[str]:
        """What follows the name of whatever lies there; the place itself is said once."""
        if place is None:
            return []
        if place not in self._said:
            box = place.box
            node = define_place(self._found, self._about, box.wkt)
            sides = ((terms.WEST, box.west), (terms.EAST, box.east), (terms.SOUTH, box.south), (terms.NORTH, box.north))
            for predicate, value in sides:
                self._found.say(node, predicate, double(float(value)))
            self._found.say(node, terms.EXTENT_BASIS, literals.string(place.basis))
            self._said[place] = [fact(f"{DCT}spatial", node)]
        return self._said[place]

    def _period(self, period: Period | None) -> list[str]:
        """The same of a span of time."""
        if period is None:
            return []
        if period not in self._said:
            if period.start or period.end:
                ends = (to_text(each) if each else None for each in (period.start, period.end))
                node = define_period(self._found, self._about, *ends)
            else:
                node = self._about.part("", "period", content_hash(period.text))
                self._found.say(node, RDF_TYPE, f"<{DCT}PeriodOfTime>")
                self._found.say(node, RDFS_LABEL, literals.string(period.text))
            self._said[period] = [fact(f"{DCT}temporal", node)]
        return self._said[period]


def _around(path: str) -> list[str]:
    """Paths of the groups around a node, the root last."""
    steps = path.split("/")[:-1]
    return ["/".join(steps[:count]) for count in range(len(steps), -1, -1)]
