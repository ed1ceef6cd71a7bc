"""Where and when is what a STAC item or collection speaks of?

A box whose west is greater than its east crosses the antimeridian. Where it would reach round the globe, or the geometry beside
it lies elsewhere, its corners are mixed up, and the geometry counts.
Source: STAC 1.1.0, "Item fields", "Collection fields"; RFC 7946, sections 3.1.6, 3.1.9 and 5.
"""

from collections.abc import Mapping
from typing import Protocol

from catalog.metadata.document import Json, as_object
from catalog.rdf import literals
from catalog.rdf.convention import About, Findings
from catalog.rdf.places import (
    Box,
    GeoJson,
    ShapeError,
    as_numbers,
    box_wkt,
    flat_box,
    normal_box,
    parse_instant,
    say_period,
    say_place,
)
from catalog.rdf.prefixes import DCT

MAX_EXTENTS = 100
MAX_CROSSING = 270
"""Degrees of longitude of a box across the antimeridian; a wider one has its corners mixed up."""
_SLACK = 1e-3


class Reporter(Protocol):
    """Takes what is said, and notes what is wrong, in one STAC object."""

    found: Findings

    def report(self, kind: str, message: str, pointer: str) -> None:
        """Note that something below the object is wrong."""
        ...


def describe_footprint(subject: str, item: Mapping[str, Json], about: About, to: Reporter) -> None:
    """Say where an item lies: its box and its geometry."""
    shape = _shape(item.get("geometry"), to)
    box = _box(item.get("bbox"), "/bbox", to)
    if shape:
        least = normal_box(shape.box)
        if least is None:
            to.report("invalid-geometry", "the geometry lies outside the globe's longitudes and latitudes", "/geometry")
            shape = None
        elif box is None or (not _crosses(shape) and not _holds(box, least)):
            if box is not None:
                message = f"bbox is {list(box)} and the geometry reaches from {list(least[:2])} to {list(least[2:])}; it counts"
                to.report("bbox-disagrees", message, "/bbox")
            box = least
    if box is not None:
        say_place(to.found, about, subject, box_wkt(box), shape.wkt if shape else "")


def _shape(geometry: Json, to: Reporter) -> GeoJson | None:
    if geometry is None:
        return None
    try:
        shape = GeoJson(geometry)
    except ShapeError as error:
        to.report("invalid-geometry", f"{error}; the geometry was left out", "/geometry")
        return None
    if shape.repaired:
        to.report("unclosed-ring", "a ring of the geometry does not end where it begins; it was closed", "/geometry/coordinates")
    return shape


def _crosses(shape: GeoJson) -> bool:
    """Whether a shape may cross the antimeridian: it is wider than half the globe, or was cut there."""
    west, _, east, _ = shape.box
    return east - west > 180


def _holds(box: Box, least: Box) -> bool:
    west, south, east, north = box
    holds = west <= least[0] + _SLACK and east >= least[2] - _SLACK
    return holds and south <= least[1] + _SLACK and north >= least[3] - _SLACK


def _box(value: Json, pointer: str, to: Reporter) -> Box | None:
    if value is None:
        return None
    numbers = as_numbers(value, 4, 6)
    box = normal_box(flat_box(numbers)) if numbers else None
    if box is None:
        message = (
            f"bbox is {value!r:.160}; four or six numbers are needed: west, south, (least height,) east, north, (greatest height)"
        )
        to.report("invalid-bbox", message, pointer)
    elif box[0] > box[2] and box[2] - box[0] + 360 > MAX_CROSSING:
        message = (
            f"bbox is {value!r:.160}: it would cross the antimeridian and reach round the globe; west is less than east else"
        )
        to.report("invalid-bbox", message, pointer)
        return None
    return box


def describe_times(subject: str, properties: Mapping[str, Json], about: About, to: Reporter) -> None:
    """Say when what an item shows was."""
    times: dict[str, str | None] = {}
    for key in ("datetime", "start_datetime", "end_datetime"):
        value = properties.get(key)
        times[key] = parse_instant(value)
        if value is not None and times[key] is None:
            message = f"{key} is {value!r:.80}; an instant such as 2020-12-11T22:38:32Z is needed"
            to.report("invalid-datetime", message, f"/properties/{key}")
    start, end, at = times["start_datetime"], times["end_datetime"], times["datetime"]
    if at:
        to.found.say(subject, f"{DCT}date", literals.date_time(at))
    if start or end or at:
        say_period(to.found, about, subject, start or (None if end else at), end or (None if start else at))


def describe_extent(subject: str, collection: Mapping[str, Json], about: About, to: Reporter) -> None:
    """Say where and when the items of a collection lie. Of several boxes and spans the first is the one around all others."""
    extent = as_object(collection.get("extent"))
    boxes, spans = as_object(extent.get("spatial")).get("bbox"), as_object(extent.get("temporal")).get("interval")
    for index, value in enumerate(boxes[:MAX_EXTENTS] if isinstance(boxes, list) else ()):
        box = _box(value, f"/extent/spatial/bbox/{index}", to)
        if box and index == 0:
            say_place(to.found, about, subject, box_wkt(box))
    for index, value in enumerate(spans[:1] if isinstance(spans, list) else ()):
        ends = [parse_instant(each) for each in value] if isinstance(value, list) and len(value) == 2 else []
        if not any(ends):
            message = f"the interval is {value!r:.120}; two instants are needed, null for an open end"
            to.report("invalid-datetime", message, f"/extent/temporal/interval/{index}")
        else:
            say_period(to.found, about, subject, *ends)
