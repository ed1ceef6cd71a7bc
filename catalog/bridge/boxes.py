"""How are elements read that do not follow one another at equal distances?

Box by box: along each axis the elements are put together by the chunks that they lie in, and every combination of such groups is
one read of a box. No chunk lies in two boxes, so each is read once. What a box holds beyond the elements asked for is bounded, so
that few elements far apart never fill the memory.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from catalog.bridge.chunk_plan import ChunkPlan
from catalog.bridge.selection import AxisSelection

Values = npt.NDArray[Any]
Box = tuple[slice, ...]
ReadBox = Callable[[Box], Values]

MAX_BOX_BYTES: Final = 64 * 2**20
"""Size of what is read at once, where a single chunk along each axis is no larger."""
WORKERS: Final = 8
"""Boxes that are read at the same time, at most."""
MAX_HELD_BYTES: Final = 256 * 2**20
"""Size of all boxes that are held at the same time, at most, unless one alone is larger."""
_SPARSE: Final = 2
"""A box may span so many times the elements that are wanted of it, along one axis, before it is cut at chunks."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the elements along one axis.

    Attributes
    ----------
    source
        What is read.
    take
        Which of that is wanted; None: all.
    put
        Where it goes in the result.
    """

    source: slice
    take: "npt.NDArray[np.intp] | None"
    put: "npt.NDArray[np.intp]"

    @property
    def count(self) -> int:
        """Elements that are read."""
        return len(range(self.source.start, self.source.stop, self.source.step))


def read_picked(plan: ChunkPlan, dtype: "np.dtype[Any]", read: ReadBox) -> Values:
    """The elements of a selection in the caller's order, but for axes that are flipped; no axis is dropped yet.

    Parameters
    ----------
    plan
        The plan of a selection with elements in it.
    dtype
        Of the values.
    read
        Reads a box: a slice with ends and a step ≥ 1 for each axis.
    """
    axes = plan.selection.axes
    extents = [cells.extent for cells in (plan.inner or plan.grid)]
    pieces = [_pieces(axis, extent) for axis, extent in zip(axes, extents, strict=True)]
    item = max(dtype.itemsize, 1)
    _cut(pieces, extents, item)
    values = np.empty(tuple(axis.count for axis in axes), dtype)
    largest = prod(max(piece.count for piece in axis) for axis in pieces) * item
    parts = list(itertools.product(*pieces))
    for part, box in read_side_by_side(lambda part: read(tuple(piece.source for piece in part)), parts, largest):
        # Axes with nothing to take stay slices, so that no index is as large as the box.
        for position, piece in enumerate(part):
            if piece.take is not None:
                box = np.take(box, piece.take, axis=position)  # noqa: PLW2901  the part of it that is wanted
        values[np.ix_(*(piece.put for piece in part))] = box
    return values


def read_side_by_side[Part](
    read: Callable[[Part], Values], parts: Iterable[Part], held_bytes: int
) -> Iterator[tuple[Part, Values]]:
    """What is read of each part, in the order of the parts.

    As many are read at the same time as memory allows, and no more are ever held than are read at the same time.

    Parameters
    ----------
    held_bytes
        Size of what one read holds.
    """
    workers = max(1, min(WORKERS, MAX_HELD_BYTES // max(held_bytes, 1)))
    if workers == 1:
        for part in parts:
            yield part, read(part)
        return
    with ThreadPoolExecutor(workers, "catalog-read") as pool:
        waiting: deque[tuple[Part, Future[Values]]] = deque()
        try:
            for part in parts:
                waiting.append((part, pool.submit(read, part)))
                if len(waiting) == workers:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _pieces(axis: AxisSelection, extent: int) -> list[Piece]:
    if axis.positions is None:
        return [Piece(slice(axis.start, axis.stop, axis.step), None, np.arange(axis.count))]
    positions = np.array(axis.positions, dtype=np.int64)
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    places = ordered // extent
    distinct = np.cumsum(np.r_[True, np.diff(ordered) > 0])
    ends = [*np.flatnonzero(np.diff(places)) + 1, len(ordered)]
    pieces: list[Piece] = []
    first = 0
    for end, following in itertools.zip_longest(ends, ends[1:]):
        if following is not None and places[end] == places[end - 1] + 1:
            span = int(ordered[following - 1]) - int(ordered[first]) + 1
            if span <= _SPARSE * int(distinct[following - 1] - distinct[first] + 1):
                continue
        group = ordered[first:end]
        start = int(group[0])
        pieces.append(Piece(slice(start, int(group[-1]) + 1, 1), group - start, order[first:end]))
        first = end
    return pieces


def _cut(pieces: list[list[Piece]], extents: Sequence[int], item: int) -> None:
    """Cut axes at chunks until no box is larger than may be read at once, as far as chunks allow."""
    while prod(max(piece.count for piece in axis) for axis in pieces) * item > MAX_BOX_BYTES:
        spans = [max(_chunks(piece.source, extent) for piece in axis) for axis, extent in zip(pieces, extents, strict=True)]
        widest = max(range(len(spans)), key=spans.__getitem__)
        if spans[widest] == 1:
            return
        extent = extents[widest]
        pieces[widest] = [half for piece in pieces[widest] for half in _halves(piece, extent)]


def _chunks(source: slice, extent: int) -> int:
    return int((source.stop - 1) // extent - source.start // extent + 1)


def _halves(piece: Piece, extent: int) -> list[Piece]:
    """A piece cut at the border of the chunk in its middle."""
    source = piece.source
    if _chunks(source, extent) == 1:
        return [piece]
    border = (source.start // extent + (_chunks(source, extent) + 1) // 2) * extent
    if piece.take is not None:
        split = int(np.searchsorted(piece.take, border - source.start))
        groups = [(piece.take[:split] + source.start, piece.put[:split]), (piece.take[split:] + source.start, piece.put[split:])]
        return [Piece(slice(int(at[0]), int(at[-1]) + 1, 1), at - int(at[0]), put) for at, put in groups if len(at)]
    split = -((source.start - border) // source.step)
    middle = source.start + split * source.step
    parts = [(source.start, middle - source.step + 1, piece.put[:split]), (middle, source.stop, piece.put[split:])]
    return [Piece(slice(start, stop, source.step), None, put) for start, stop, put in parts if len(put)]
