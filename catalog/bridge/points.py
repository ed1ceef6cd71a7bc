"""Which value is there at each of many points?

The points are put in the order of the chunks that they lie in; each chunk is read once, whatever the order and number of the
points, and no more chunks are held at once than are read at the same time. What it costs is known, and refused where it is too
much, before the store hears of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.axis_request import AxisRequest
from catalog.bridge.boxes import MAX_BOX_BYTES, read_side_by_side
from catalog.bridge.chunk_plan import AnyChunks, ChunkPlan, plan_chunks
from catalog.bridge.coordinates import Reading
from catalog.bridge.limits import LEAST_ELEMENT_BYTES, check_limits
from catalog.bridge.part import axis_names
from catalog.bridge.read import StoreAccess, open_checked
from catalog.bridge.selection import AxisSelection, Selection, by_position
from catalog.bridge.world import NEAR, Sampling
from catalog.errors import InputError
from catalog.graphstore.bindings import Bindings
from catalog.stores.arrays import ArrayReader

Values = npt.NDArray[Any]
Places = npt.NDArray[np.int64]
Columns = Mapping[str, Any]
"""Axis → one number for each point."""

_SPARSE: Final = 2
"""Inner chunks of a shard that one read may touch for each one that is wanted."""


def sample(
    ref: ArrayRef,
    points: npt.ArrayLike | Columns,
    *,
    units: Literal["pixel", "world"] = "pixel",
    samplings: Sequence[Sampling] = (),
    reading: Reading | None = None,
) -> Values:
    """The value of an array at each of many points.

    Parameters
    ----------
    ref
        The array.
    points
        Shape (points, dimensions): positions from 0, in the order of the axes; or axis → one number for each point, all axes.
    units
        What the numbers are. A place in world units is the pixel ``⌊(value - translation) / scale⌋``, after what is within 0.01
        of a whole number was made whole.
    samplings
        How the pixels lie along the axes, as `catalog.bridge.image_facts.ImageFacts.samplings` says; for world units.
    reading
        How it is read, and within which limits.

    Returns
    -------
    numpy.ndarray
        One value for each point, in their order.

    Raises
    ------
    InputError
        A point lies outside of the array, an axis is unknown, missing or given twice, or a number is no position. Negative
        positions are outside: a table of measurements has none that count from the end.
    LimitExceededError
        Too many values or chunks, or too large ones; nothing was asked of the store.
    StaleSnapshotError, NotFoundError, ForbiddenError, MetadataError, StoreUnavailableError
        As `catalog.bridge.read.read_array`.

    Notes
    -----
    A chunk is one request. In a shard that is read in parts, its index is one more for each read.
    """
    reading = reading or Reading()
    places = to_places(ref, points, units=units, samplings=samplings)
    plan, groups = plan_points(ref, places)
    check_limits(plan, reading.limits)
    access = reading.access or StoreAccess()
    with open_checked(ref, reading.limits, access, check=reading.check, log=reading.log, tell=reading.tell) as reader:
        values = np.empty(len(places), reader.dtype)
        if not len(places):
            return values
        if not ref.array.shape:
            values[...] = reader.read(())
            return values
        item = plan.item_size or LEAST_ELEMENT_BYTES
        held = plan.unit_elements * item if plan.inner is None else max(plan.unit_elements * item, MAX_BOX_BYTES)
        for group, found in read_side_by_side(lambda group: _values(reader, group, item), groups, held):
            values[group.order] = found
    return values


@dataclass(frozen=True)
class Group:
    """The points in one stored object.

    Attributes
    ----------
    places
        Their positions, sorted by the chunks that they lie in.
    order
        Which points they are.
    cuts
        Where in ``places`` a chunk ends and the next begins, both ends among them.
    spread
        How many chunks there are in the box around them.
    """

    places: Places
    order: "npt.NDArray[np.intp]"
    cuts: tuple[int, ...]
    spread: int


def plan_points(ref: ArrayRef, places: Places) -> tuple[ChunkPlan, list[Group]]:
    """What reading points costs, and the points by stored object and chunk, in C order of the grid.

    Returns
    -------
    ChunkPlan
        Its result has one element for each point, and its chunks are those with a point in them.
    list of Group
        One for each stored object with a point in it.

    Raises
    ------
    MetadataError
        The array's chunks cannot be found.
    """
    axes = [_distinct(column) for column in places.T]
    plan = plan_chunks(ref.array, Selection(tuple(axes)))
    shape = (AxisSelection(0, 1, len(places)), *(AxisSelection(0, 1, 1, kept=False) for _ in axes[1:]))
    groups = _groups(places, plan) if axes and len(places) else []
    chunks = sum(len(group.cuts) - 1 for group in groups) if axes else plan.chunks
    return replace(plan, selection=Selection(shape), chunks=chunks, objects=len(groups) or plan.objects), groups


def _distinct(column: Places) -> AxisSelection:
    found = np.unique(column).tolist()
    return AxisSelection(found[0] if found else 0, 1, len(found), positions=tuple(found) if found else None)


def _groups(places: Places, plan: ChunkPlan) -> list[Group]:
    stored = np.stack([_places(cells, column) for cells, column in zip(plan.grid, places.T, strict=True)])
    chunks = stored
    if plan.inner is not None:
        chunks = np.stack([column // cells.extent for cells, column in zip(plan.inner, places.T, strict=True)])
    order = np.lexsort((*chunks[::-1], *stored[::-1]))
    stored, chunks, places = stored[:, order], chunks[:, order], places[order]
    borders = _borders(stored)
    cuts = _borders(chunks if plan.inner is None else np.concatenate([stored, chunks]))
    ends = np.searchsorted(cuts, borders)
    groups = []
    for (start, stop), (first, last) in zip(pairwise(borders), pairwise(ends), strict=True):
        inside = tuple(int(cut) - start for cut in cuts[first : last + 1])
        spread = 1
        for axis in chunks[:, start:stop]:
            spread *= int(axis.max() - axis.min()) + 1
        groups.append(Group(places[start:stop], order[start:stop], inside, spread))
    return groups


def _places(cells: AnyChunks, column: Places) -> Places:
    """The chunk of each position along one axis, counted among those that are touched."""
    starts = np.array([cells.bounds(place)[0] for place in cells], dtype=np.int64)
    return (np.searchsorted(starts, column, side="right") - 1).astype(np.int64)


def _borders(sorted_places: Places) -> list[int]:
    """Where points in one cell end and those in the next begin, both ends among them."""
    changes = np.flatnonzero((np.diff(sorted_places, axis=1) != 0).any(axis=0)) + 1
    return [0, *changes.tolist(), sorted_places.shape[1]]


def _values(reader: ArrayReader, group: Group, item: int) -> Values:
    """The values at the points of a group."""
    chunks = len(group.cuts) - 1
    if chunks > 1 and group.spread <= _SPARSE * chunks:
        spans = group.places.max(axis=0) - group.places.min(axis=0) + 1
        if np.prod(spans.astype(np.float64)) * item <= MAX_BOX_BYTES:
            return _box_values(reader, group.places)
    return np.concatenate([_box_values(reader, group.places[start:stop]) for start, stop in pairwise(group.cuts)])


def _box_values(reader: ArrayReader, places: Places) -> Values:
    """The values at points that lie in a box small enough to be read."""
    low, high = places.min(axis=0), places.max(axis=0)
    box = reader.read(tuple(slice(int(first), int(last) + 1, 1) for first, last in zip(low, high, strict=True)))
    found: Values = box[tuple((places - low).T)]
    return found


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
        As `sample`.
    """
    shape = ref.array.shape
    if isinstance(points, Mapping):
        names = axis_names(ref, samplings)
        found = by_position([AxisRequest(axis, 0, offset=-1) for axis in points], names)
        missing = [names[axis] or f"dim{axis}" for axis in range(len(shape)) if axis not in found]
        if missing:
            raise InputError(f"the points have no column for {', '.join(missing)}; one for each axis of {ref.iri} is needed")
        columns = [np.asarray(points[found[axis].axis]) for axis in range(len(shape))]
        if len({column.shape for column in columns}) > 1 or any(column.ndim != 1 for column in columns):
            raise InputError(
                "the columns of the points differ in length, or are no lists of numbers: give one number for each point"
            )
    else:
        table = np.asarray(points)
        if table.ndim != 2 or table.shape[1] != len(shape):
            raise InputError(f"the points have the shape {table.shape}; (points, {len(shape)}) is needed")
        if not shape:
            return np.empty((len(table), 0), np.int64)
        columns = list(table.T)
    if not columns:
        return np.empty((0, 0), np.int64)
    convert: Callable[[int, Values], Values] = _positions
    if units == "world":
        known = {each.position: each for each in samplings}

        def convert(axis: int, column: Values) -> Values:
            return _pixels(axis, column, known.get(axis))

    return np.stack([_in_range(axis, convert(axis, column), shape[axis]) for axis, column in enumerate(columns)], axis=1)


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
