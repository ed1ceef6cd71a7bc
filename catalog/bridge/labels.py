"""Which positions do the labels of a coordinate mean?

Values are those of the coordinate once decoded: numbers, moments of a calendar in whole microseconds, or names. A value that is
missing is no label.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isinf
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from catalog.bridge.axis_request import AxisRequest, Duration, Label, LabelAt, LabelRange, PixelIndex, Positions, Tolerance
from catalog.errors import InputError
from catalog.rdf.conventions.cf_calendar import TimeAxis

_SHOWN: Final = 5
_DIGITS: Final = 17
_FAR: Final = 2**62
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,30}")

Floats = npt.NDArray[Any]


@dataclass(frozen=True)
class Coordinate:
    """The decoded values of a coordinate along one dimension.

    Attributes
    ----------
    name
        What messages call it.
    values
        Numbers; with ``time``, whole microseconds from its time of reference; else strings, as objects.
    present
        Where there is a value.
    time
        How values and dates belong together; None where the coordinate is no time.
    units
        As stated.
    """

    name: str
    values: Floats
    present: "npt.NDArray[np.bool_]"
    time: TimeAxis | None = None
    units: str = ""

    @property
    def named(self) -> bool:
        """Whether its values are names."""
        return self.time is None and self.values.dtype.kind == "O"

    def show(self, value: Any) -> str:
        """A value as a caller would write it."""
        if self.time is not None:
            return self.time.date(int(value))
        return repr(value) if self.named else f"{float(value):.{_DIGITS}g}" if value.dtype.kind == "f" else str(value)

    def range(self) -> str:
        """What is allowed, for a message."""
        there = self.values[self.present]
        if not len(there):
            return f"the coordinate {self.name!r} has no values"
        if self.named:
            shown = ", ".join(repr(value) for value in there[:_SHOWN].tolist())
            more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
            return f"the labels of {self.name!r} are {shown}{more}"
        units = f" {self.units}" if self.units and self.time is None else ""
        return f"{self.name!r} goes from {self.show(there.min())} to {self.show(there.max())}{units}"


def to_positions(request: AxisRequest, coordinate: Coordinate) -> tuple[PixelIndex, str]:
    """The positions of labels, and a note that says what was found where that is not obvious.

    Raises
    ------
    InputError
        There is no such label, there are several, or the label is of another kind; the message has what is allowed.
    """
    index = request.index
    if isinstance(index, LabelRange):
        return Positions(tuple(_in_range(request, index, coordinate))), ""
    if not isinstance(index, LabelAt):
        raise InputError(f"the axis {request.where} is not given by labels")
    found: list[int] = []
    notes: list[str] = []
    searched = _searched(request, index.values[_SHOWN:], index.tolerance, coordinate)
    for label, place in zip(index.values, [None] * _SHOWN + searched, strict=False):
        position, note = _one(request, label, index.tolerance, coordinate) if place is None else (place, "")
        found.append(position)
        notes.append(note)
    note = "; ".join(each for each in notes[:_SHOWN] if each)
    return (Positions(tuple(found)) if index.kept else found[0]), note


def _searched(
    request: AxisRequest, labels: Sequence[Label], tolerance: Tolerance | None, coordinate: Coordinate
) -> list[int | None]:
    """The positions of many labels by one sort; None where one has to be looked at by itself: there is none, or several."""
    if not labels or coordinate.named:
        known: dict[Any, int | None] = {}
        for at in np.flatnonzero(coordinate.present).tolist() if labels and tolerance is None else []:
            value = coordinate.values[at]
            known[value] = None if value in known else at
        return [known.get(label) for label in labels]
    wanted = np.array([_value(request, label, coordinate, exact=tolerance is None) for label in labels])
    there = np.flatnonzero(coordinate.present)
    exact = all(each.dtype.kind == "f" or np.can_cast(each.dtype, np.int64) for each in (wanted, coordinate.values))
    if not exact or not len(there) or (wanted.dtype.kind == "i" and (abs(wanted) >= _FAR).any()):
        return [None] * len(labels)
    there = there[np.argsort(coordinate.values[there], kind="stable")]
    ordered = coordinate.values[there]
    if tolerance is not None:
        wanted, near = _nearest(ordered, wanted, _reach(request, coordinate, tolerance))
    else:
        near = np.ones(len(wanted), dtype=bool)
    first = np.searchsorted(ordered, wanted)
    alone = near & (np.searchsorted(ordered, wanted, side="right") - first == 1)
    return [int(there[at]) if sure else None for at, sure in zip(first.tolist(), alone.tolist(), strict=True)]


def _nearest(ordered: Floats, wanted: Floats, reach: float) -> tuple[Floats, "npt.NDArray[np.bool_]"]:
    """The nearest of some ascending values, and whether it is within reach and nearer than any other."""
    high = np.clip(np.searchsorted(ordered, wanted), 0, len(ordered) - 1)
    low = np.maximum(high - 1, 0)
    whole = ordered.dtype.kind == wanted.dtype.kind == "i"
    kind = np.int64 if whole else np.float64
    below, above = (np.abs(wanted.astype(kind) - ordered[at].astype(kind)) for at in (low, high))
    sure = ((below != above) | (low == high)) & (np.minimum(below, above) <= reach)
    return ordered[np.where(below < above, low, high)], sure


def _reach(request: AxisRequest, coordinate: Coordinate, tolerance: Tolerance) -> float:
    """A tolerance as the coordinate's values are: of times, in microseconds."""
    if isinstance(tolerance, Duration):
        if coordinate.time is None:
            raise InputError(
                f"{request.axis!r}: the tolerance is {tolerance}, a span of time, and {coordinate.name!r} has no dates: give a"
                " number"
            )
        return tolerance.microseconds
    if not tolerance >= 0:
        raise InputError(f"{request.axis!r}: the tolerance is {tolerance}; it must be 0 or more")
    return tolerance if coordinate.time is None or isinf(tolerance) else tolerance * float(coordinate.time.unit)


def _one(request: AxisRequest, label: Label, tolerance: Tolerance | None, coordinate: Coordinate) -> tuple[int, str]:
    wanted = _value(request, label, coordinate, exact=tolerance is None)
    if tolerance is None or coordinate.named:
        if tolerance is not None:
            raise InputError(
                f"{request.axis!r}: the labels of {coordinate.name!r} are names, of which none is nearer than another"
            )
        places = np.flatnonzero(coordinate.present & (coordinate.values == wanted))
        if len(places) == 1:
            return int(places[0]), ""
        if len(places):
            where = _shown(places.tolist())
            raise InputError(
                f"{request.axis!r} = {label!r} is ambiguous: {coordinate.name!r} has it at {where}; select by position"
            )
        raise InputError(
            f"{request.axis!r} = {label!r} is no label of {coordinate.name!r}{_near(wanted, coordinate)}; {coordinate.range()}"
        )
    reach = _reach(request, coordinate, tolerance)
    if not coordinate.present.any():
        raise InputError(f"{request.axis!r} = {label!r}: {coordinate.range()}")
    distances = _distances(coordinate, wanted)
    least = distances.min()
    places = np.flatnonzero(distances == least)
    if len(places) > 1:
        both = " and ".join(f"{coordinate.show(coordinate.values[at])} (at {at})" for at in places[:2].tolist())
        raise InputError(f"{request.axis!r} = {label!r} is ambiguous: {both} are as near; give the label itself, or a position")
    at = int(places[0])
    shown = coordinate.show(coordinate.values[at])
    if float(least) > reach:
        said = tolerance if isinstance(tolerance, Duration) else f"{tolerance:g}"
        raise InputError(
            f"{request.axis!r} = {label!r}: the nearest label is {shown}, further away than {said}; {coordinate.range()}"
        )
    return at, "" if least == 0 else f"{request.axis} = {label} is nearest to {shown}, at {at}"


def _distances(coordinate: Coordinate, wanted: Any) -> Floats:
    """How far each value is away; infinitely, where there is none."""
    if coordinate.time is not None:
        exact = [abs(int(value) - wanted) for value in coordinate.values.tolist()]
        distances: Floats = np.array(exact, dtype=np.float64)
    else:
        distances = np.abs(coordinate.values.astype(np.float64) - float(wanted))
    return np.where(coordinate.present, distances, np.inf)


def _in_range(request: AxisRequest, index: LabelRange, coordinate: Coordinate) -> list[int]:
    if coordinate.named:
        return _between_names(request, index, coordinate)
    ends = [None if end is None else _value(request, end, coordinate, exact=False) for end in (index.start, index.stop)]
    start, stop = ends
    if start is not None and stop is not None and start > stop:
        raise InputError(
            f"{request.axis!r}: {index.start!r} is above {index.stop!r}; give start ≤ stop, whichever way the values run"
        )
    there = coordinate.values[coordinate.present]
    outside = len(there) and ((start is not None and start > there.max()) or (stop is not None and stop <= there.min()))
    if outside or not len(there):
        raise InputError(f"{request.axis!r} = {_end(index.start)}..{_end(index.stop)} is out of range: {coordinate.range()}")
    wanted = coordinate.present.copy()
    if start is not None:
        wanted &= coordinate.values >= start
    if stop is not None:
        wanted &= coordinate.values < stop
    return [int(at) for at in np.flatnonzero(wanted)]


def _end(label: Label | None) -> str:
    return "" if label is None else str(label)


def _between_names(request: AxisRequest, index: LabelRange, coordinate: Coordinate) -> list[int]:
    places = [None if end is None else _one(request, end, None, coordinate)[0] for end in (index.start, index.stop)]
    first = 0 if places[0] is None else places[0]
    last = len(coordinate.values) if places[1] is None else places[1]
    if first > last:
        raise InputError(f"{request.axis!r}: {index.start!r} comes after {index.stop!r} in {coordinate.name!r}: swap them")
    return list(range(first, last))


def _value(request: AxisRequest, label: Label, coordinate: Coordinate, *, exact: bool) -> Any:
    """A label as the coordinate's values are."""
    if coordinate.named:
        if isinstance(label, str):
            return label
        raise InputError(f"{request.axis!r} = {label!r}: a name is needed; {coordinate.range()}")
    if coordinate.time is not None:
        if isinstance(label, str):
            return coordinate.time.microseconds(label)
        return round(_number(request, label, coordinate) * float(coordinate.time.unit))
    number = _number(request, label, coordinate)
    if coordinate.values.dtype.kind == "f" and exact:
        return coordinate.values.dtype.type(number)
    return number


def _number(request: AxisRequest, label: Label, coordinate: Coordinate) -> int | float:
    try:
        number = int(label) if isinstance(label, int) or (isinstance(label, str) and _WHOLE.fullmatch(label)) else float(label)
        if isfinite(number):
            return number
    except (ValueError, OverflowError):
        pass
    raise InputError(f"{request.axis!r} = {label!r}: a number is needed; {coordinate.range()}")


def _near(wanted: Any, coordinate: Coordinate) -> str:
    """What comes close, for a message."""
    if coordinate.named:
        known = [value for value in coordinate.values[coordinate.present][:20_000].tolist() if isinstance(value, str)]
        close = difflib.get_close_matches(wanted, known, n=3)
        return f", near are {', '.join(map(repr, close))}" if close else ""
    if not coordinate.present.any():
        return ""
    nearest = coordinate.values[int(np.argmin(_distances(coordinate, wanted)))]
    return f", the nearest is {coordinate.show(nearest)}"


def _shown(places: Sequence[int]) -> str:
    more = f" and {len(places) - _SHOWN} more places" if len(places) > _SHOWN else ""
    return ", ".join(map(str, places[:_SHOWN])) + more
