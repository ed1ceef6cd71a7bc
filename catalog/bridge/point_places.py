"""At which positions are points?

Source: OME-NGFF 0.5, "coordinateTransformations", for world units (see `catalog.bridge.world`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.axis_request import AxisRequest
from catalog.bridge.part import axis_names
from catalog.bridge.selection import Selection, by_position, select
from catalog.bridge.world import NEAR, Sampling
from catalog.errors import InputError
from catalog.graphstore.bindings import Bindings

Values = npt.NDArray[Any]
Places = npt.NDArray[np.int64]
Columns = Mapping[str, Any]
"""Axis → one number for each point."""


def to_places(
    ref: ArrayRef,
    points: npt.ArrayLike | Columns,
    *,
    units: Literal["pixel", "world"] = "pixel",
    samplings: Sequence[Sampling] = (),
) -> Places:
    """The positions of points: shape (points, dimensions).

    Raises
    ------
    InputError
        As `catalog.bridge.points.sample`.
    """
    known = {each.position: each for each in samplings}
    count, columns = columns_of(ref, points, samplings)
    found = [
        pixels_along(ref, axis, column, known.get(axis)) if units == "world" else positions_along(ref, axis, column)
        for axis, column in enumerate(columns)
    ]
    return np.stack(found, axis=1) if found else np.empty((count, 0), np.int64)


def columns_of(ref: ArrayRef, points: npt.ArrayLike | Columns, samplings: Sequence[Sampling]) -> tuple[int, list[Values]]:
    """How many points there are, and the column of each axis, as it was given.

    Raises
    ------
    InputError
        An axis is unknown, missing or given twice, or the columns differ in length.
    """
    shape = ref.array.shape
    if not isinstance(points, Mapping):
        table = np.asarray(points)
        if table.ndim != 2 or table.shape[1] != len(shape):
            raise InputError(f"the points have the shape {table.shape}; (points, {len(shape)}) is needed")
        return len(table), list(table.T)
    names = axis_names(ref, samplings)
    found = by_position([AxisRequest(axis, 0, offset=-1) for axis in points], names)
    missing = [names[axis] or f"dim{axis}" for axis in range(len(shape)) if axis not in found]
    if missing:
        raise InputError(f"the points have no column for {', '.join(missing)}; one for each axis of {ref.iri} is needed")
    columns = [np.asarray(points[found[axis].axis]) for axis in range(len(shape))]
    if len({column.shape for column in columns}) > 1 or any(column.ndim != 1 for column in columns):
        raise InputError("the columns of the points differ in length, or are no lists of numbers: give one number for each point")
    return len(columns[0]) if columns else 0, columns


def positions_along(ref: ArrayRef, axis: int, column: Values) -> Places:
    """The positions that a column of positions holds.

    Raises
    ------
    InputError
        One is missing, no whole number, or outside of the array; the point is named.
    """
    return _in_range(axis, _positions(axis, _numbers(axis, column)), ref.array.shape[axis])


def pixels_along(ref: ArrayRef, axis: int, column: Values, sampling: Sampling | None) -> Places:
    """The positions that a column in world units means; the rule is that of `catalog.bridge.world`.

    Raises
    ------
    InputError
        As `positions_along`, or there is no scale along the axis.
    """
    return _in_range(axis, _pixels(axis, _numbers(axis, column), sampling), ref.array.shape[axis])


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, or what pandas has for these."""
    try:
        return value is None or bool(value != value)  # noqa: PLR0124  only NaN differs from itself
    except TypeError:  # pandas.NA, which is neither
        return True


def _numbers(axis: int, column: Values) -> Values:
    """A column of Python objects, as frames with gaps have it, as numbers; others as they are."""
    if column.dtype.kind != "O":
        return column
    for row, value in enumerate(column.tolist()):
        if is_missing(value):
            raise InputError(f"point {row} has no value along axis {axis}: give a number")
    return np.array(column.tolist())


def _positions(axis: int, column: Values) -> Values:
    if column.dtype.kind in "iu" or not column.size:
        return column
    if column.dtype.kind == "f":
        odd = np.flatnonzero(~(np.isfinite(column) & (column == np.floor(column))))
        if not len(odd):
            return column
        raise InputError(
            f"point {odd[0]} is at {column[odd[0]]} along axis {axis}, which is no position: give whole numbers, or world units"
        )
    raise InputError(f"the points have values of the type {column.dtype} along axis {axis}; whole numbers are needed")


def _pixels(axis: int, column: Values, sampling: Sampling | None) -> Values:
    """The pixels of places in world units; the rule is that of `catalog.bridge.world`."""
    if sampling is None or not (sampling.scale > 0 and np.isfinite(sampling.scale)):
        raise InputError(f"the graph states no scale along axis {axis}: give positions")
    if column.dtype.kind not in "iuf" and column.size:
        raise InputError(f"the points have values of the type {column.dtype} along axis {axis}; numbers are needed")
    position = (column.astype(np.float64) - sampling.translation) / sampling.scale
    whole = np.rint(position)
    return np.floor(np.where(np.abs(position - whole) < NEAR, whole, position))


def _in_range(axis: int, column: Values, size: int) -> Places:
    with np.errstate(invalid="ignore"):
        outside = np.flatnonzero(~((column >= 0) & (column < size)))
    if len(outside):
        more = f", and {len(outside) - 1} more points" if len(outside) > 1 else ""
        allowed = f"allowed are 0 to {size - 1}" if size else "the axis has no elements"
        raise InputError(f"point {outside[0]} is at position {column[outside[0]]} along axis {axis}{more}: {allowed}")
    return column.astype(np.int64)


def points_of(bindings: Bindings, axes: Sequence[str]) -> dict[str, Values]:
    """The points of an answer with one column for each axis, as `sample` takes them.

    Parameters
    ----------
    axes
        Names of the columns, which are those of the axes.

    Raises
    ------
    InputError
        A column is missing, or a value is no number.
    """
    found: dict[str, Values] = {}
    for axis in axes:
        if axis not in bindings.columns:
            raise InputError(f"the answer has no column {axis!r}; its columns are {', '.join(bindings.columns) or 'none'}")
        found[axis] = numbers_of(bindings.values(axis), axis)
    return found


def numbers_of(texts: Sequence[str | None], column: str) -> Values:
    """The numbers of a column of texts: whole numbers where all are.

    Raises
    ------
    InputError
        One is no number.
    """
    odd = next((row for row, text in enumerate(texts) if text and "_" in text), None)
    if odd is not None:  # Python takes 1_0 for a number
        raise InputError(f"row {odd} of the column {column!r} is {texts[odd]!r}; a number is needed")
    try:
        return np.array([int(text or "") for text in texts], dtype=np.int64)
    except (ValueError, OverflowError):
        pass
    numbers = np.empty(len(texts))
    for row, text in enumerate(texts):
        try:
            numbers[row] = float(text or "")
        except ValueError:
            raise InputError(f"row {row} of the column {column!r} is {text!r}; a number is needed") from None
    return numbers


def selection_of(ref: ArrayRef, places: Places) -> Selection:
    """Points as a selection: along each axis as many elements as there are points, which belong together one by one."""
    return select(ref.array, {f"dim{axis}": column for axis, column in enumerate(places.T)})
