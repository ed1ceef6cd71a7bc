"""Which part of the Earth do latitudes and longitudes cover?

Longitudes lie on a circle: 0 to 360° and -180 to 180° are the same, and a range may run across the antimeridian. A range is kept
as its western end and its width, and only then cut into what WKT can say.

Source: RFC 7946, section 5.2 "The Antimeridian" (a box whose west is greater than its east crosses it); GeoSPARQL 1.1, WKT
literals (longitude first, CRS 84); DCAT 3, dcat:bbox.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.rdf.places import box_wkt, number_text

_ROUND = 9
"""Decimals of degrees that are kept: a tenth of a millimetre."""
_WHOLE_CIRCLE = 360 - 1e-4


@dataclass(frozen=True, slots=True)
class Box:
    """A box on the globe, in degrees.

    Attributes
    ----------
    west, east
        In -180 to 180; where ``west`` is greater, the box crosses the antimeridian.
    south, north
        In -90 to 90.
    """

    west: float
    east: float
    south: float
    north: float

    @property
    def crosses(self) -> bool:
        """Whether it runs across the antimeridian."""
        return self.west > self.east

    @property
    def width(self) -> float:
        """Degrees from west to east."""
        return self.east - self.west + (360 if self.crosses else 0)

    @property
    def wkt(self) -> str:
        """The box as WKT; one that crosses the antimeridian is cut there, one without area is a line or a point."""
        if not self.crosses and (self.west == self.east or self.south == self.north):
            ends = [f"{number_text(x)} {number_text(y)}" for x, y in ((self.west, self.south), (self.east, self.north))]
            return f"POINT ({ends[0]})" if ends[0] == ends[1] else f"LINESTRING ({', '.join(ends)})"
        return box_wkt((self.west, self.south, self.east, self.north))


def build_box(west: float, width: float, south: float, north: float) -> Box:
    """The box that begins at a longitude of any range and is so many degrees wide; what lies beyond a pole is cut off."""
    south, north = max(min(south, north), -90.0), min(max(south, north), 90.0)
    if width >= _WHOLE_CIRCLE:
        return Box(-180.0, 180.0, _rounded(south), _rounded(north))
    west = _rounded((west + 180) % 360 - 180)
    if west >= 180:
        west -= 360
    east = _rounded(west + width)
    return Box(west, _rounded(east - 360) if east > 180 else east, _rounded(south), _rounded(north))


def cover_longitudes(arcs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The shortest range that covers all of these ranges.

    Parameters
    ----------
    arcs
        Western end, in degrees of any range, and width ≥ 0 of each; at least one.

    Returns
    -------
    tuple
        Western end in 0 to 360, and width.
    """
    ranges = sorted((west % 360, width) for west, width in arcs)
    if any(width >= _WHOLE_CIRCLE for _, width in ranges):
        return 0.0, 360.0
    gaps: list[tuple[float, float]] = []
    furthest = max(west + width for west, width in ranges)
    reached = max(ranges[0][0] + ranges[0][1], furthest - 360)  # the last may run round into the first
    for west, width in ranges[1:]:
        gaps.append((west - reached, west))
        reached = max(reached, west + width)
    gaps.append((ranges[0][0] + 360 - furthest, ranges[0][0]))
    gap, west = max(gaps)
    return (0.0, 360.0) if gap <= 0 else (west % 360, 360 - gap)


def cover_points(longitudes: Sequence[float]) -> tuple[float, float]:
    """The shortest range that covers scattered longitudes.

    Where it is more than half a circle wide, and the gap that it leaves is at most half as long again as the middle one of all
    gaps, the points go all the way round.
    """
    places = sorted({each % 360 for each in longitudes})
    west, width = cover_longitudes((each, 0.0) for each in places)
    if width <= 180 or len(places) < 3:
        return west, width
    gaps = sorted((b - a for a, b in zip(places, [*places[1:], places[0] + 360], strict=True)), reverse=True)
    return (0.0, 360.0) if gaps[0] <= 1.5 * gaps[len(gaps) // 2] else (west, width)


def cover_boxes(boxes: Sequence[Box]) -> Box:
    """The smallest box that covers all of these; at least one."""
    west, width = cover_longitudes((box.west, box.width) for box in boxes)
    return build_box(west, width, min(box.south for box in boxes), max(box.north for box in boxes))


def differ(stated: Box, found: Box, tolerance: float) -> bool:
    """Whether two boxes have a side further apart than a tolerance in degrees; two that go all the way round agree there."""
    if max(abs(stated.south - found.south), abs(stated.north - found.north)) > tolerance:
        return True
    if min(stated.width, found.width) >= 360 - 2 * tolerance:
        return False
    sides = ((stated.west, found.west), (stated.east, found.east))
    return any(min(abs(a - b), 360 - abs(a - b)) > tolerance for a, b in sides)


def _rounded(value: float) -> float:
    """Without a negative zero."""
    return round(float(value), _ROUND) + 0.0
