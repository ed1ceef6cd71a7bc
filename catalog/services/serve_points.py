"""The values at points as the bodies of answers: which points does a request hold, what would they cost, and what are the bytes?

Where the points lie follows from the graph, and from coordinates where they are given by labels. Limits are checked against the
chunks that they lie in, before a store is asked for values.
"""

import io
import json
from dataclasses import dataclass
from typing import Any, Final

from catalog.bridge.chunk_plan import ChunkPlan
from catalog.bridge.limits import check_limits
from catalog.bridge.point_labels import parse_kinds
from catalog.bridge.points import plan_points
from catalog.bridge.results.described import alone
from catalog.bridge.results.held import hold_points
from catalog.bridge.tolerance import parse_tolerances
from catalog.errors import InputError
from catalog.graphstore.door import GraphStore
from catalog.services.points import Placed, PointFinder, PointWish, read_placed
from catalog.services.serve_array import ArrayServer, Body, to_body

POINT_FORMATS: Final = ("npy", "json", "csv", "arrow")
JSON, CSV = "application/json", "text/csv"


@dataclass(frozen=True)
class PointsRequest:
    """What a request for values at points says.

    Attributes
    ----------
    iri
        The array, or any URI that means one.
    body, media_type
        The points: JSON or CSV.
    select, level
        The one element of an axis that points have no column for; the level of an image.
    given_in, tolerance
        What the columns hold, and how far the nearest label may be away, as texts.
    """

    iri: str
    body: bytes
    media_type: str
    select: str = ""
    level: str = ""
    given_in: str = ""
    tolerance: str = ""


@dataclass(frozen=True)
class PlannedPoints:
    """Points of an array, and what reading them costs."""

    placed: Placed
    plan: ChunkPlan
    notes: tuple[str, ...]


def plan_sample(server: ArrayServer, shown: GraphStore, everything: GraphStore, request: PointsRequest) -> PlannedPoints:
    """What the values at points would cost. Where labels are given, coordinates are read for it.

    Parameters
    ----------
    shown, everything
        As for `ArrayServer.plan`.

    Raises
    ------
    InputError
        The request, or a point that the array does not have.
    CatalogError
        As `ArrayServer.plan`.
    """
    wish = PointWish(
        parse_kinds(request.given_in or "position"), parse_tolerances(request.tolerance) if request.tolerance else None
    )
    columns, table = _parse_json(request.body) if request.media_type == JSON else (None, None)
    part, guessed = server.part(shown, everything, request.iri, request.select, request.level)
    with server.labels_of(shown, everything, part.ref.iri) as labels:
        finder = PointFinder(shown, server.iris, part, labels, wish)
        if columns is not None:
            placed = finder.of_columns(columns)
        elif table is not None:
            placed = finder.of_rows(table)
        else:
            placed = finder.of_lines(_lines(request.body))
    return PlannedPoints(placed, plan_points(part.ref, placed.places).plan, (*guessed, *placed.notes))


def read_sample(server: ArrayServer, shown: GraphStore, everything: GraphStore, planned: PlannedPoints, form: str) -> Body:
    """The values in a format: ``json``, ``npy``, or a table of points and values.

    Raises
    ------
    LimitExceededError
        A limit; nothing was read.
    CatalogError
        As `ArrayServer.read`.
    """
    if form not in POINT_FORMATS:
        raise InputError(f"values at points come as {', '.join(POINT_FORMATS)}, and not as {form}")
    check_limits(planned.plan, server.options.limits)
    server.check_form(planned.plan, form)
    ref = planned.placed.part.ref
    with server.turn(shown, everything, ref.iri) as reading:
        values = read_placed(planned.placed, reading).values
    held = hold_points(alone(ref).name or "values", values, planned.placed.columns)
    return to_body(ref.iri, held, planned.notes, form)


def _lines(body: bytes) -> io.StringIO:
    try:
        return io.StringIO(body.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError:
        raise InputError("the points are no CSV in UTF-8") from None


def _parse_json(body: bytes) -> tuple[dict[str, list[Any]] | None, list[list[Any]] | None]:
    """Columns by axis, or rows."""
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InputError("the points are no JSON") from None
    if isinstance(found, dict) and all(isinstance(column, list) for column in found.values()):
        for name, column in found.items():
            _check_values(column, f"column {name[:40]!r}")
        return found, None
    if isinstance(found, list) and found and all(isinstance(row, list) for row in found):
        for number, row in enumerate(found):
            _check_values(row, f"point {number}")
        return None, found
    raise InputError('the points are {"axis": [value, …], …}, or [[value, …], …] with one value for each axis')


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _check_values(values: list[Any], where: str) -> None:
    wrong = next((each for each in values if isinstance(each, bool) or not isinstance(each, int | float | str)), None)
    if wrong is not None or None in values:
        raise InputError(f"{where} has {json.dumps(wrong)[:40]}; numbers and texts are allowed")
