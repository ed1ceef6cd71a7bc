"""How does an extent look as triples: a box or a shape on the ground, and a span of time?

A place is named by what it says, so that the many arrays of one grid share it. Both DCAT and GeoSPARQL read it. Coordinates
without a reference system are longitude and latitude (CRS84), as GeoSPARQL has it; with one, they stand in the order of its axes.
Source: DCAT 3, "Class: Location"; GeoSPARQL 1.1, "WKT serialization"; RFC 7946, sections 3.1 and 5.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeGuard

from catalog.metadata.document import Json
from catalog.rdf import literals
from catalog.rdf.convention import About, Findings
from catalog.rdf.iris import content_hash
from catalog.rdf.literals import XSD
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, RDF_TYPE

GEO = PREFIXES["geo"]
MAX_POSITIONS = 20_000
"""Positions of one shape; a longer one is not written as WKT."""
MAX_IRI = 2048

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_IRI = re.compile(r"https?://(?!/)[^\s\x00-\x20\x7f<>\"{}|\\^`]+", re.ASCII)
_LARGE = 2**1000
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}

Box = tuple[float, float, float, float]
"""West, south, east, north; or least x, least y, greatest x, greatest y."""


def safe_iri(text: Json, base: str = "") -> str | None:
    """The text as an N-Triples term, if it is an ``http`` or ``https`` IRI without credentials and not below ``base``."""
    if not isinstance(text, str) or len(text) > MAX_IRI or not _IRI.fullmatch(text) or (base and text.startswith(base)):
        return None
    return None if "@" in text.split("/", 3)[2] else f"<{text}>"


def as_numbers(value: Json, *counts: int) -> tuple[float, ...] | None:
    """The finite numbers of a list, where it holds nothing else and has one of these lengths."""
    if not isinstance(value, list) or len(value) not in counts or not all(map(is_number, value)):
        return None
    return tuple(float(item) for item in value)


def is_number(value: Json) -> TypeGuard[float]:
    """Whether a value is a finite number that a float can hold."""
    kind = type(value)
    return math.isfinite(value) if kind is float else kind is int and abs(value) < _LARGE


def number_text(value: float) -> str:
    """A number in WKT: no exponent where none is needed."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def decimal(value: float) -> str:
    """An ``xsd:decimal``."""
    text = number_text(value)
    return f'"{text if "e" not in text else format(value, ".20f").rstrip("0")}"^^<{XSD}decimal>'


def parse_instant(value: Json) -> str | None:
    """The text of an instant, if it is ISO 8601 with date and time and is one that the calendar has."""
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return None
    return value


def box_wkt(box: Box) -> str:
    """A box as WKT; one whose west is greater than its east crosses the antimeridian and becomes two."""
    west, south, east, north = box
    if west > east:
        return f"MULTIPOLYGON (({_ring((west, south, 180.0, north))}), ({_ring((-180.0, south, east, north))}))"
    return f"POLYGON ({_ring(box)})"


def normal_box(box: Box) -> Box | None:
    """A box of longitudes from -180 to 180, whatever turn they were counted from; None where it lies on no globe.

    One that crosses the antimeridian has a west that is greater than its east.
    """
    west, south, east, north = box
    if not (-90 <= south <= north <= 90 and -360 <= west <= 360 and -360 <= east <= 360):
        return None
    if -180 <= west <= 180 and -180 <= east <= 180:
        return box
    if east - west >= 360:
        return -180.0, south, 180.0, north
    west, east = ((each + 180) % 360 - 180 for each in (west, east))
    return west, south, 180.0 if east == -180 else east, north


def _ring(box: Box) -> str:
    west, south, east, north = map(number_text, box)
    return f"({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south})"


def say_place(
    found: Findings, about: About, subject: str, box: str, shape: str = "", crs: str = "", *, swap: bool = False
) -> str:
    """Say that a subject is about a place; the place's name comes back. For the rest see ``define_place``."""
    place = define_place(found, about, box, shape, crs, swap=swap)
    found.say(subject, f"{DCT}spatial", place)
    return place


def define_place(found: Findings, about: About, box: str, shape: str = "", crs: str = "", *, swap: bool = False) -> str:
    """Say where a place lies; its name comes back.

    Parameters
    ----------
    box, shape
        WKT with x before y; ``shape`` only where it says more than the box.
    crs
        IRI of the reference system, as an N-Triples term; empty for longitude and latitude.
    swap
        Whether the axes of the reference system are the other way round.
    """
    key, box, shape = _place(box, shape or box, crs, swap)
    place = about.part("", "place", key)
    if place in found.facts:  # many arrays of one grid lie there
        return place
    geometry = about.part("", "geometry", key)
    found.say(place, RDF_TYPE, f"<{DCT}Location>")
    found.say(place, f"{DCAT}bbox", box)
    found.say(place, f"{GEO}hasGeometry", geometry)
    found.say(geometry, RDF_TYPE, f"<{GEO}Geometry>")
    found.say(geometry, f"{GEO}asWKT", shape)
    return place


@lru_cache(256)
def _place(box: str, shape: str, crs: str, swap: bool) -> tuple[str, str, str]:
    """The key of a place, and its box and shape as literals."""
    head = f"{crs} " if crs else ""
    box, shape = (_swapped(text) if swap else text for text in (box, shape))
    box, shape = (f"{literals.string(head + text)}^^<{GEO}wktLiteral>" for text in (box, shape))
    return content_hash(f"{box}{shape}"), box, shape


def _swapped(wkt: str) -> str:
    return re.sub(r"(-?[\d.]+(?:e[+-]?\d+)?) (-?[\d.]+(?:e[+-]?\d+)?)", r"\2 \1", wkt)


def say_period(found: Findings, about: About, subject: str, start: str | None, end: str | None) -> None:
    """Say that a subject is about a span of time; None is an open end."""
    found.say(subject, f"{DCT}temporal", define_period(found, about, start, end))


def define_period(found: Findings, about: About, start: str | None, end: str | None) -> str:
    """Say when a span of time begins and ends; its name comes back."""
    period = about.part("", "period", content_hash(f"{start}/{end}"))
    found.say(period, RDF_TYPE, f"<{DCT}PeriodOfTime>")
    for name, value in (("startDate", start), ("endDate", end)):
        if value:
            found.say(period, f"{DCAT}{name}", literals.date_time(value))
    return period


class ShapeError(ValueError):
    """A GeoJSON geometry cannot be read; caught by whoever asks for its shape."""


class GeoJson:
    """A GeoJSON geometry: its WKT, its own box, and whether a ring had to be closed.

    Raises
    ------
    ShapeError
        It is no geometry, or one with too many positions.
    """

    def __init__(self, value: Json) -> None:
        self.repaired = False
        self._positions: list[tuple[float, float]] = []
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(kind, str) or kind not in _DEPTH:
            raise ShapeError(f"the geometry's type is {kind!r:.80}; allowed are {', '.join(_DEPTH)}")
        self._is_area = kind in ("Polygon", "MultiPolygon")
        text = self._text(value.get("coordinates"), _DEPTH[kind])
        self.wkt = f"{kind.upper()} {text if _DEPTH[kind] else f'({text})'}"

    @property
    def box(self) -> Box:
        """The least box around all positions, as if none crossed the antimeridian."""
        xs, ys = [x for x, _ in self._positions], [y for _, y in self._positions]
        return min(xs), min(ys), max(xs), max(ys)

    def _text(self, value: Json, depth: int) -> str:
        if depth == 0:
            return self._position(value)
        if not isinstance(value, list) or not value:
            raise ShapeError(f"the geometry's coordinates hold {value!r:.80} where a list is needed")
        if depth == 1 and self._is_area:
            value = self._closed(value)
        return f"({', '.join(self._text(item, depth - 1) for item in value)})"

    def _closed(self, ring: list[Json]) -> list[Json]:
        if ring[0] != ring[-1]:
            self.repaired = True
            ring = [*ring, ring[0]]
        if len(ring) < 4:
            raise ShapeError(f"a ring of the geometry has {len(ring)} positions; at least 4 are needed")
        return ring

    def _position(self, value: Json) -> str:
        point = as_numbers(value, 2, 3, 4)
        if point is None:
            raise ShapeError(f"a position of the geometry is {value!r:.80}; two or three numbers are needed")
        if len(self._positions) >= MAX_POSITIONS:
            raise ShapeError(f"the geometry has more than {MAX_POSITIONS} positions")
        self._positions.append(point[:2])  # type: ignore[arg-type]
        return f"{number_text(point[0])} {number_text(point[1])}"


def flat_box(numbers: Sequence[float]) -> Box:
    """The box in two dimensions of four or six numbers: RFC 7946 gives all of one corner first."""
    half = len(numbers) // 2
    return numbers[0], numbers[1], numbers[half], numbers[half + 1]
