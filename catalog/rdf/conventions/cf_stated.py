"""Which part of the Earth, and which time, do global attributes state?

Source: ACDD 1.3, geospatial_lat_min … geospatial_lon_max, time_coverage_start and time_coverage_end. A ``geospatial_lon_max``
below ``geospatial_lon_min`` means a box across the antimeridian.
"""

import math
from collections.abc import Mapping

from catalog.metadata.document import Json
from catalog.rdf.conventions.cf_box import build_box
from catalog.rdf.conventions.cf_extent import ATTRIBUTES, Period, Place
from catalog.rdf.conventions.cf_time import parse_instant

PLACE_KEYS = frozenset({"geospatial_lat_min", "geospatial_lat_max", "geospatial_lon_min", "geospatial_lon_max"})
PERIOD_KEYS = frozenset({"time_coverage_start", "time_coverage_end"})


def stated_place(attributes: Mapping[str, Json]) -> Place | None:
    """The box that the four attributes state; None where one is missing, or is no latitude or longitude."""
    names = ("geospatial_lat_min", "geospatial_lat_max", "geospatial_lon_min", "geospatial_lon_max")
    south, north, west, east = (_number(attributes.get(name)) for name in names)
    if south is None or north is None or west is None or east is None:
        return None
    if not (-90.5 <= south <= north <= 90.5 and abs(west) <= 540 and abs(east) <= 540):
        return None
    return Place(build_box(west, east - west if east >= west else (east - west) % 360, south, north), ATTRIBUTES)


def stated_period(attributes: Mapping[str, Json]) -> Period | None:
    """The time that the two attributes state; None where one is missing, is no instant, or ends before it begins."""
    start, end = parse_instant(attributes.get("time_coverage_start")), parse_instant(attributes.get("time_coverage_end"))
    return Period(start, end) if start and end and start <= end else None


def _number(value: Json) -> float | None:
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and math.isfinite(found) else None
