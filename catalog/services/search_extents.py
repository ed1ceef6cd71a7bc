"""Which places lie in a box, and which spans of time overlap an interval?

Both are compared here: no graph store that we use knows geometry, and they do not agree on times. Places and spans are shared by
all that lie there, so there are few of them. A box on the globe whose west is greater than its east crosses the antimeridian.

Source: DCAT 3, dcat:bbox; GeoSPARQL 1.1, WKT literals (without a reference system longitude comes first); RFC 7946, section 5.2.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from catalog.errors import LimitExceededError
from catalog.graphstore.bindings import Bindings, Iri, Literal
from catalog.graphstore.door import Asked
from catalog.graphstore.queries import load_query
from catalog.services.asking.instants import read_moment
from catalog.services.search_request import Box

MAX_EXTENTS: Final = 100_000
"""Different places, or spans of time, that are looked at; the queries give one more."""
_RING: Final = re.compile(r"\(([^()]+)\)")
_CRS: Final = re.compile(r"\s*<([^<>]*)>\s*")
_LONGITUDE_FIRST: Final = frozenset(
    {"http://www.opengis.net/def/crs/OGC/1.3/CRS84", "https://www.opengis.net/def/crs/OGC/1.3/CRS84"}
)
_LATITUDE_FIRST: Final = frozenset({"http://www.opengis.net/def/crs/EPSG/0/4326", "https://www.opengis.net/def/crs/EPSG/0/4326"})


def find_places(store: Asked, box: Box) -> list[str]:
    """IRIs of the places that share at least a point with a box.

    Places whose reference system is another than longitude and latitude are not compared, and so not found.

    Raises
    ------
    LimitExceededError
        There are too many different places.
    """
    rows = _rows(store, "search-places")
    found = {
        place.value: None
        for place, text in rows.rows
        if isinstance(place, Iri) and isinstance(text, Literal) and any(overlap(each, box) for each in read_boxes(text.value))
    }
    return list(found)


def find_periods(store: Asked, start: datetime | None, end: datetime | None) -> list[str]:
    """IRIs of the spans of time that share at least an instant with an interval; None is an open end.

    Raises
    ------
    LimitExceededError
        There are too many different spans.
    """
    found: dict[str, None] = {}
    for period, first, last in _rows(store, "search-periods").rows:
        begins = read_moment(first.value) if isinstance(first, Literal) else None
        ends = read_moment(last.value) if isinstance(last, Literal) else None
        if not isinstance(period, Iri) or (begins is None and ends is None):
            continue
        if (end is None or begins is None or begins.first <= end) and (start is None or ends is None or ends.last >= start):
            found[period.value] = None
    return list(found)


def _rows(store: Asked, query: str) -> Bindings:
    rows = store.select(load_query(query))
    if len(rows) > MAX_EXTENTS:
        raise LimitExceededError(
            f"there are more than {MAX_EXTENTS} different extents here, which are too many to compare: search without",
            limit="search-extents",
            value=len(rows),
            allowed=MAX_EXTENTS,
        )
    return rows


@lru_cache(16_384)
def read_boxes(wkt: str) -> Sequence[Box]:
    """The boxes around the rings, lines and points of a WKT literal; none where these are no longitudes and latitudes."""
    head = _CRS.match(wkt)
    crs = head[1] if head else ""
    if crs and crs not in _LONGITUDE_FIRST | _LATITUDE_FIRST:
        return ()
    boxes = []
    for ring in _RING.findall(wkt[head.end() if head else 0 :]):
        try:
            points = [tuple(map(float, point.split()[:2])) for point in ring.split(",")]
        except ValueError:
            return ()
        if any(len(point) != 2 for point in points):
            return ()
        xs, ys = zip(*points, strict=True)
        if crs in _LATITUDE_FIRST:
            xs, ys = ys, xs
        boxes.append((min(xs), min(ys), max(xs), max(ys)))
    return tuple(boxes)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share at least a point, on a globe."""
    if one[1] > other[3] or other[1] > one[3]:
        return False
    (west, east), (left, right) = ((box[0], box[2] + 360 * (box[0] > box[2])) for box in (one, other))
    return any(west <= right + turn and left + turn <= east for turn in (-360, 0, 360))
