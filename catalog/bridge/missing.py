"""Which of the values are not in the store at all?

A chunk that the store does not have is full of the fill value, and so may a chunk be that it has. The answers of the store tell
them apart, and nothing more is asked for: a key without an object, or an index without an entry. Inner chunks of a shard that
lies inside another codec cannot be told apart.

Source: Zarr v3.1 "Chunks"; ``sharding_indexed``, where an entry of 2^64-1 is an empty inner chunk.
"""

from collections.abc import Iterator
from math import prod
from typing import Any, Final, Literal, cast

import numpy as np
import numpy.typing as npt

from catalog.bridge.chunk_plan import ChunkPlan, Coordinates
from catalog.bridge.selection import AxisSelection
from catalog.bridge.shard_format import Entry, ShardFormat, place_of
from catalog.errors import InputError, NotFoundError

Missing = Literal["fill", "error", "mask"]
"""What becomes of a chunk that the store does not have: the fill value, an error, or masked elements."""

MISSING: Final = ("fill", "error", "mask")

Box = tuple[tuple[int, int], ...]


def parse_missing(text: str) -> Missing:
    """What becomes of missing chunks, as a text says it; ``""`` is ``fill``.

    Raises
    ------
    InputError
        It is none of `MISSING`.
    """
    if (text or "fill") not in MISSING:
        raise InputError(f"missing is {text[:40]!r}; {', '.join(MISSING)} is allowed")
    return cast("Missing", text or "fill")


class MissingWatch:
    """Hears the answers of a store to one plan, and tells what was missing.

    Parameters
    ----------
    plan
        What is read; its keys are listed.

    Raises
    ------
    InputError
        The indexes of its shards have codecs that are not known here.
    """

    def __init__(self, plan: ChunkPlan) -> None:
        if plan.format is not None and not plan.format.order:
            raise InputError(
                f"array {plan.path!r}: its shards' indexes have codecs other than bytes and crc32c, so what is missing cannot be"
                " told; read it with missing='fill'"
            )
        self._plan = plan
        self._absent: set[str] = set()
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._nested: dict[tuple[str, int], tuple[Entry, ...]] = {}
        self._shards = {plan.key(shard): shard for shard in plan.coordinates()} if plan.format else {}

    def __call__(self, key: str, start: int | None, end: int | None, data: bytes | None) -> None:
        """One answer: the half-open range that was asked for, and the bytes, or None where there is no object."""
        if data is None:
            self._absent.add(key)
            return
        layout, shard = self._plan.format, self._shards.get(key)
        if layout is None or shard is None:
            return
        chunks = prod(self._plan.inner_counts(shard))
        size = layout.index_bytes(chunks)
        try:
            if start is None:
                self._entries[key] = layout.parse_index(layout.index_of(data, chunks), chunks)
                self._look_inside(key, layout, data, 0)
            elif (start, end) == ((0, size) if layout.at_start else (-size, None)):
                self._entries[key] = layout.parse_index(data, chunks)
            else:
                self._look_inside(key, layout, data, start)
        except ValueError:
            return  # whoever decodes it says what is wrong

    def _look_inside(self, key: str, layout: ShardFormat, data: bytes, offset: int) -> None:
        """Keep the indexes of inner chunks that are shards themselves."""
        if layout.nested is None or not layout.nested.order:
            return
        chunks = prod(_counts(layout.inner_shape, layout.nested))
        for place, entry in enumerate(self._entries.get(key, ())):
            if entry is not None and offset <= entry[0] and sum(entry) <= offset + len(data):
                inner = data[entry[0] - offset : sum(entry) - offset]
                self._nested[key, place] = layout.nested.parse_index(layout.nested.index_of(inner, chunks), chunks)

    def missing(self) -> Iterator[tuple[str, Box]]:
        """What the store does not have: how a message names it, and the elements that it would hold."""
        plan = self._plan
        for place in plan.coordinates() if plan.selection.size else ():
            key = plan.key(place)
            box = tuple(axis.bounds(each) for axis, each in zip(plan.grid, place, strict=True))
            if key in self._absent:
                yield f"{'shard' if plan.sharded else 'chunk'} {key!r}", box
            elif key in self._entries:
                yield from self._missing_inside(key, place, box)

    def _missing_inside(self, key: str, shard: Coordinates, box: Box) -> Iterator[tuple[str, Box]]:
        layout, counts = self._plan.format, self._plan.inner_counts(shard)
        assert layout is not None  # noqa: S101  entries come from shards alone
        for chunk in self._plan.inner_chunks(shard):
            place = place_of(chunk, counts)
            inner = _inner_box(box, chunk, layout.inner_shape)
            if self._entries[key][place] is None:
                yield f"inner chunk {list(chunk)} of the shard {key!r}", inner
            elif layout.nested is not None:
                nested = self._nested.get((key, place), ())
                parts = np.ndindex(*_counts(layout.inner_shape, layout.nested)) if nested else ()
                for part, entry in zip(parts, nested, strict=True):
                    if entry is None:
                        name = f"chunk {list(part)} of the inner chunk {list(chunk)} of the shard {key!r}"
                        yield name, _inner_box(inner, part, layout.nested.inner_shape)

    def check(self, name: str) -> None:
        """Refuse values of which some are missing.

        Raises
        ------
        NotFoundError
            Names the array and the first chunk that is missing.
        """
        found = [what for what, box in self.missing() if all(_touched(self._plan, box))]
        if found:
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            raise NotFoundError(f"{found[0]} of {name} is not in the store{more}; missing='fill' gives the fill value for it")

    def mask(self) -> npt.NDArray[np.bool_]:
        """True where an element is missing; axes as they are read, before any is reversed or dropped."""
        axes = self._plan.selection.axes
        mask = np.zeros(tuple(axis.count for axis in axes), bool)
        for _, box in self.missing():
            where = [_within(axis, low, high) for axis, (low, high) in zip(axes, box, strict=True)]
            mask[np.ix_(*where) if where else ()] = True
        return mask


def _counts(whole: tuple[int, ...], inner: ShardFormat) -> tuple[int, ...]:
    return tuple(extent // part for extent, part in zip(whole, inner.inner_shape, strict=True))


def _inner_box(box: Box, place: tuple[int, ...], shape: tuple[int, ...]) -> Box:
    starts = [low + at * extent for (low, _), at, extent in zip(box, place, shape, strict=True)]
    return tuple((start, start + extent) for start, extent in zip(starts, shape, strict=True))


def _touched(plan: ChunkPlan, box: Box) -> Iterator[bool]:
    """Along each axis, whether an element of the box is wanted."""
    for axis, (low, high) in zip(plan.inner or plan.grid, box, strict=True):
        yield axis.within(low, high).count > 0


def _within(axis: AxisSelection, low: int, high: int) -> npt.NDArray[Any]:
    """Where in the result the elements in ``[low, high)`` are."""
    if axis.positions is not None:
        positions = np.array(axis.positions, np.int64)
        return np.flatnonzero((low <= positions) & (positions < high))
    first = max(0, -((axis.start - low) // axis.step))
    beyond = max(first, min(axis.count, -((axis.start - high) // axis.step)))
    return np.arange(first, beyond)
