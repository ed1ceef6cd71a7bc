"""Which chunks do some elements along one axis lie in?

Counts are computed, never listed, where elements follow one another at equal distances: an axis with 10^18 chunks takes as long
as one with one.

Source: Zarr v3.1 "Chunk grids"; the ``rectilinear`` extension.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from catalog.bridge.selection import AxisSelection
from catalog.metadata.chunk_grid import Runs

MAX_COUNTED: Final = 65_536
"""Shards along one axis that are looked at one by one."""


class _OfOneExtent:
    """Chunks of a regular grid, along one axis."""

    __slots__ = ()
    extent: int

    @property
    def chunks(self) -> int:
        """How many chunks hold at least one of the elements."""
        raise NotImplementedError

    def bounds(self, place: int) -> tuple[int, int]:
        """The elements of the chunk at a place: the first, and one beyond the last."""
        return place * self.extent, (place + 1) * self.extent

    @property
    def stored(self) -> int:
        """Elements along this axis of all the chunks."""
        return self.chunks * self.extent


@dataclass(frozen=True, slots=True)
class AxisChunks(_OfOneExtent):
    """The chunks that some elements lie in, along one axis of a regular grid.

    Attributes
    ----------
    start, step, count
        The elements ``start, start + step, …``, ``count`` of them.
    extent
        Elements of one chunk, ≥ 1.
    """

    start: int
    step: int
    count: int
    extent: int

    @property
    def chunks(self) -> int:
        """How many chunks hold at least one of the elements.

        A step of at most a chunk's extent leaves no chunk out between the first and the last; a longer one never has two elements
        in one chunk.
        """
        if not self.count or self.step > self.extent:
            return self.count
        last = self.start + (self.count - 1) * self.step
        return last // self.extent - self.start // self.extent + 1

    def __iter__(self) -> Iterator[int]:
        """The chunks' places in the grid, ascending."""
        if self.step > self.extent:
            for i in range(self.count):
                yield (self.start + i * self.step) // self.extent
        else:
            first = self.start // self.extent
            yield from range(first, first + self.chunks)

    def within(self, low: int, high: int) -> "AxisChunks":
        """The same for the elements in ``[low, high)`` alone."""
        skipped = max(0, -((self.start - low) // self.step)) if low > self.start else 0
        beyond = max(0, -((self.start - high) // self.step)) if high > self.start else 0
        count = max(0, min(self.count, beyond) - skipped)
        return AxisChunks(self.start + skipped * self.step, self.step, count, self.extent)


@dataclass(frozen=True, slots=True)
class PickedChunks(_OfOneExtent):
    """The same for elements that do not follow one another at equal distances.

    Attributes
    ----------
    positions
        The distinct elements, ascending.
    extent
        Elements of one chunk, ≥ 1.
    """

    positions: tuple[int, ...]
    extent: int

    @property
    def count(self) -> int:
        """How many distinct elements there are."""
        return len(self.positions)

    @property
    def chunks(self) -> int:
        """How many chunks hold at least one of the elements."""
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[int]:
        """The chunks' places in the grid, ascending."""
        previous = -1
        for position in self.positions:
            if position // self.extent != previous:
                previous = position // self.extent
                yield previous

    def within(self, low: int, high: int) -> "PickedChunks":
        """The same for the elements in ``[low, high)`` alone."""
        return PickedChunks(self.positions[bisect_left(self.positions, low) : bisect_left(self.positions, high)], self.extent)


@dataclass(frozen=True, slots=True)
class VaryingChunks:
    """The same on a rectilinear grid: runs of chunks of one extent, each a small regular grid.

    Attributes
    ----------
    runs
        The chunks in each run that has an element, counted from the run's own beginning.
    starts, places
        The first element of each run, and the place of its first chunk.
    """

    runs: tuple[AxisChunks | PickedChunks, ...]
    starts: tuple[int, ...]
    places: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many distinct elements there are."""
        return sum(run.count for run in self.runs)

    @property
    def extent(self) -> int:
        """Elements of the largest chunk with an element in it; 1 where there is none."""
        return max((run.extent for run in self.runs), default=1)

    @property
    def chunks(self) -> int:
        """How many chunks hold at least one of the elements."""
        return sum(run.chunks for run in self.runs)

    def __iter__(self) -> Iterator[int]:
        """The chunks' places in the grid, ascending."""
        for run, first in zip(self.runs, self.places, strict=True):
            for place in run:
                yield first + place

    def within(self, low: int, high: int) -> "VaryingChunks":
        """The same for the elements in ``[low, high)`` alone."""
        runs = tuple(
            run.within(max(0, low - start), max(0, high - start)) for run, start in zip(self.runs, self.starts, strict=True)
        )
        return VaryingChunks(runs, self.starts, self.places)

    def bounds(self, place: int) -> tuple[int, int]:
        """The elements of the chunk at a place: the first, and one beyond the last."""
        run = bisect_right(self.places, place) - 1
        low, high = self.runs[run].bounds(place - self.places[run])
        return self.starts[run] + low, self.starts[run] + high

    @property
    def stored(self) -> int:
        """Elements along this axis of all the chunks."""
        return sum(run.stored for run in self.runs)


AnyChunks = AxisChunks | PickedChunks | VaryingChunks


def chunks_of(axis: AxisSelection, runs: Runs) -> AnyChunks:
    """The chunks that a selection's elements lie in, along one axis that is cut like this."""
    positions = None if axis.positions is None else tuple(sorted(set(axis.positions)))
    if isinstance(runs, int):
        return _regular(axis, positions, runs)
    cut: list[AxisChunks | PickedChunks] = []
    starts, places = [], []
    start = place = 0
    for extent, count in runs:
        touched = _regular(axis, positions, extent).within(start, start + extent * count)
        if touched.count:
            cut.append(_shifted(touched, start))
            starts.append(start)
            places.append(place)
        start, place = start + extent * count, place + count
    return VaryingChunks(tuple(cut), tuple(starts), tuple(places))


def _regular(axis: AxisSelection, positions: tuple[int, ...] | None, extent: int) -> AxisChunks | PickedChunks:
    return AxisChunks(axis.start, axis.step, axis.count, extent) if positions is None else PickedChunks(positions, extent)


def _shifted(chunks: AxisChunks | PickedChunks, start: int) -> AxisChunks | PickedChunks:
    """The same elements, counted from another beginning."""
    if isinstance(chunks, AxisChunks):
        return AxisChunks(chunks.start - start, chunks.step, chunks.count, chunks.extent)
    return PickedChunks(tuple(position - start for position in chunks.positions), chunks.extent)


def whole_shards(shards: AnyChunks, inner: AnyChunks) -> tuple[int, int] | None:
    """How many shards have an element in each of their inner chunks along an axis, and how many inner chunks those are.

    Returns
    -------
    tuple or None
        None where there are more shards than are looked at.
    """
    if shards.chunks > MAX_COUNTED:
        return None
    found = inside = 0
    for place in shards:
        low, high = shards.bounds(place)
        parts = (high - low) // inner.extent
        if inner.within(low, high).chunks == parts:
            found, inside = found + 1, inside + parts
    return found, inside
