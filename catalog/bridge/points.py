"""Which value is there at each of many points?

The points are put in the order of the chunks that they lie in; each chunk is read once, whatever the order and number of the
points, and no more chunks are held at once than are read at the same time. What it costs is known, and refused where it is too
much, before the store hears of it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.boxes import MAX_BOX_BYTES, MAX_HELD_BYTES, read_side_by_side
from catalog.bridge.chunk_plan import AnyChunks, ChunkPlan, plan_chunks
from catalog.bridge.coordinates import Reading
from catalog.bridge.exact_plan import MAX_GAP
from catalog.bridge.limits import LEAST_ELEMENT_BYTES, check_limits
from catalog.bridge.point_places import Columns, Places, to_places
from catalog.bridge.read import ReadTask, StoreAccess, open_checked, read_by_workers, result_bytes
from catalog.bridge.selection import AxisSelection, Selection
from catalog.bridge.world import Sampling
from catalog.stores.arrays import ArrayReader

Values = npt.NDArray[Any]

_MAX_COUNTED: Final = 2**63
"""Stored objects of an array whose places zarr-python can count."""


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
    A chunk is one request. A shard that is read in parts is its index, and then its inner chunks, neighbours together, as
    `catalog.bridge.exact_plan.join_ranges` has it; or one request where every inner chunk has a point in it.
    """
    reading = reading or Reading()
    places = to_places(ref, points, units=units, samplings=samplings)
    planned = plan_points(ref, places)
    plan = planned.plan
    check_limits(plan, reading.limits)
    access = reading.access or StoreAccess()
    if access.workers is not None:
        task = ReadTask(ref, places, reading.limits, result_bytes(plan))
        return read_by_workers(task, access, check=reading.check, log=reading.log, tell=reading.tell)
    with open_checked(ref, reading.limits, access, check=reading.check, log=reading.log, tell=reading.tell) as reader:
        values = np.empty(len(places), reader.dtype)
        if not len(places):
            return values
        if not ref.array.shape:
            values[...] = reader.read(())
            return values
        item = plan.item_size or LEAST_ELEMENT_BYTES
        batches = _batches(plan, planned.groups, item, reader.shape)
        largest = max(batch.held for batch in batches)
        read = _box_values if _uncounted(plan, reader.shape) else ArrayReader.read_points
        for batch, found in read_side_by_side(lambda batch: read(reader, batch.places), batches, largest):
            values[batch.order] = found
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
    elements
        How many elements the object has room for.
    """

    places: Places
    order: "npt.NDArray[np.intp]"
    cuts: tuple[int, ...]
    elements: int

    @property
    def chunks(self) -> int:
        """Chunks with a point in them."""
        return len(self.cuts) - 1


@dataclass(frozen=True)
class PointsPlan:
    """What reading points touches and costs; see `catalog.bridge.chunk_plan.ChunkPlan` for the figures.

    Attributes
    ----------
    plan
        Its result has one element for each point, and its chunks are those with a point in them. Its own keys are those of the
        box around the points.
    groups
        The points, one group for each stored object with a point in it, in C order of the grid.
    points, used
        How many points there are, and how many elements these are: those at the same place count once.
    """

    plan: ChunkPlan
    groups: tuple[Group, ...]
    points: int
    used: int

    def keys(self) -> Iterator[str]:
        """Keys of the stored objects with a point in them, in C order, one by one."""
        if not self.groups:
            yield from self.plan.keys() if self.plan.objects else ()
            return
        cells = [list(axis) for axis in self.plan.grid]
        starts = [[axis.bounds(cell)[0] for cell in axis] for axis in self.plan.grid]
        for group in self.groups:
            found = zip(cells, starts, group.places[0].tolist(), strict=True)
            yield self.plan.key(tuple(names[bisect_right(begins, place) - 1] for names, begins, place in found))

    def to_dict(self) -> dict[str, object]:
        """The plan's figures, as `ChunkPlan.to_dict` has them, and how much is used of what is decoded."""
        used = {"points": self.points, "used_elements": self.used, "decoded_elements": self.plan.decoded_elements}
        return {**self.plan.to_dict(), **used}


@dataclass(frozen=True)
class _Batch:
    """The points that are read in one go, and how many bytes are held meanwhile, at most."""

    places: Places
    order: "npt.NDArray[np.intp]"
    held: int


def plan_points(ref: ArrayRef, places: Places) -> PointsPlan:
    """What reading points costs, and the points by stored object and chunk.

    Parameters
    ----------
    places
        Their positions, shape (points, dimensions), all of them in the array.

    Raises
    ------
    MetadataError
        The array's chunks cannot be found.
    """
    axes = [_distinct(column) for column in places.T]
    plan = plan_chunks(ref.array, Selection(tuple(axes)))
    shape = (AxisSelection(0, 1, len(places)), *(AxisSelection(0, 1, 1, kept=False) for _ in axes[1:]))
    groups = _groups(places, plan) if axes and len(places) else []
    used = len(np.unique(places, axis=0)) if axes else min(len(places), 1)
    if not axes:
        return PointsPlan(replace(plan, selection=Selection(shape)), (), len(places), used)
    chunks = sum(group.chunks for group in groups)
    full = [group.chunks for group in groups if group.chunks * plan.unit_elements == group.elements]
    found = replace(
        plan,
        selection=Selection(shape),
        chunks=chunks,
        objects=len(groups),
        decoded_elements=chunks * plan.unit_elements,
        whole=None if plan.inner is None else (len(full), sum(full)),
    )
    return PointsPlan(found, tuple(groups), len(places), used)


def _distinct(column: Places) -> AxisSelection:
    found = np.unique(column).tolist()
    return AxisSelection(found[0] if found else 0, 1, len(found), positions=tuple(found) if found else None)


def _groups(places: Places, plan: ChunkPlan) -> list[Group]:
    cells = [_places(cells, column) for cells, column in zip(plan.grid, places.T, strict=True)]
    stored = np.stack([place for place, _ in cells])
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
        elements = prod(int(extents[place]) for (_, extents), place in zip(cells, stored[:, start], strict=True))
        groups.append(Group(places[start:stop], order[start:stop], inside, elements))
    return groups


def _places(cells: AnyChunks, column: Places) -> tuple[Places, Places]:
    """The stored object of each position along one axis, counted among those that are touched; and their extents."""
    bounds = np.array([cells.bounds(place) for place in cells], dtype=np.int64)
    return (np.searchsorted(bounds[:, 0], column, side="right") - 1).astype(np.int64), bounds[:, 1] - bounds[:, 0]


def _borders(sorted_places: Places) -> list[int]:
    """Where points in one cell end and those in the next begin, both ends among them."""
    changes = np.flatnonzero((np.diff(sorted_places, axis=1) != 0).any(axis=0)) + 1
    return [0, *changes.tolist(), sorted_places.shape[1]]


def _batches(plan: ChunkPlan, groups: Sequence[Group], item: int, shape: tuple[int, ...]) -> list[_Batch]:
    """The points that are read in one go: those of as many stored objects as may be held at once.

    Of a shard that may not be held with all its inner chunks and what lies between them, as many inner chunks as may.
    """
    unit = plan.unit_elements * item
    if _uncounted(plan, shape):
        return [_part(group, cut, cut + 1, unit) for group in groups for cut in range(group.chunks)]
    between = 0 if plan.inner is None else MAX_GAP
    most = max(1, MAX_HELD_BYTES // (unit + between))
    batches: list[_Batch] = []
    together: list[Group] = []
    size = 0
    for group in groups:
        held = min(group.chunks * (unit + between), group.elements * item)
        if held > MAX_HELD_BYTES and group.chunks > 1:
            batches += [_part(group, cut, cut + most, most * (unit + between)) for cut in range(0, group.chunks, most)]
            continue
        if together and size + held > MAX_BOX_BYTES:
            batches.append(_joined(together, size))
            together, size = [], 0
        together.append(group)
        size += held
    return [*batches, _joined(together, size)] if together else batches


def _joined(groups: list[Group], held: int) -> _Batch:
    return _Batch(np.concatenate([group.places for group in groups]), np.concatenate([group.order for group in groups]), held)


def _part(group: Group, first: int, last: int, held: int) -> _Batch:
    """The points in some of a group's chunks."""
    inside = slice(group.cuts[first], group.cuts[min(last, group.chunks)])
    return _Batch(group.places[inside], group.order[inside], held)


def _uncounted(plan: ChunkPlan, shape: tuple[int, ...]) -> bool:
    """Whether there are more stored objects than zarr-python can count when it picks elements."""
    return prod(size // max(cells.extent, 1) + 1 for size, cells in zip(shape, plan.grid, strict=True)) >= _MAX_COUNTED


def _box_values(reader: ArrayReader, places: Places) -> Values:
    """The values at points that lie in a box small enough to be read."""
    low, high = places.min(axis=0), places.max(axis=0)
    box = reader.read(tuple(slice(int(first), int(last) + 1, 1) for first, last in zip(low, high, strict=True)))
    found: Values = box[tuple((places - low).T)]
    return found
