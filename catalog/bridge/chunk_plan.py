"""Which chunks does a selection touch, and what do they cost?

Everything here follows from the array's metadata; nothing is read. Costs are products, never counts of a list, so that the plan
of a selection with 10^18 chunks takes as long as that of one. Keys and coordinates are made one by one, when asked for.

Source: Zarr v2 "Chunks"; Zarr v3.1 "Chunk grids", "Chunk key encoding"; ZEP 2, ``sharding_indexed``.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from catalog.bridge.selection import AxisSelection, Selection
from catalog.errors import InputError, MetadataError
from catalog.metadata.array import Array
from catalog.metadata.chunk_key import ChunkKeyEncoding
from catalog.metadata.codec import Codec, inner_chunk_shape

SHARDING: Final = "sharding_indexed"
INDEX_ENTRY_BYTES: Final = 16
"""A shard's index holds offset and length of each inner chunk, eight bytes each."""

MAX_EXTENT: Final = 2**64
"""No reader counts beyond 64 bits; this also keeps every figure of a plan short enough to be printed."""

Coordinates = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AxisChunks:
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
class PickedChunks:
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


AnyChunks = AxisChunks | PickedChunks


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """What reading a selection touches and costs.

    A *stored object* is what lies under one key: a chunk, or with sharding a shard with its inner chunks.

    Attributes
    ----------
    path
        The array's path.
    selection
        What is read.
    grid
        The stored objects, one entry per axis.
    inner
        The inner chunks, one entry per axis, where shards can be read in parts; else None.
    encoding
        How coordinates become keys.
    objects
        Stored objects touched.
    chunks
        Chunks to be decoded; of shards the inner ones that are touched, or all where a shard can only be read whole.
    item_size
        Bytes of one element; None where elements vary in size or the type is unknown. Then no size in bytes is known.
    unit_elements
        Elements that are decoded at once: those of a chunk, an inner chunk, or a shard that can only be read whole.
    decoded_elements
        Elements of all chunks to be decoded. Chunks at the edge count in full, as they are stored.
    index_bytes
        Size of the largest index inside a shard; 0 without sharding.
    """

    path: str
    selection: Selection
    grid: tuple[AnyChunks, ...]
    inner: tuple[AnyChunks, ...] | None
    encoding: ChunkKeyEncoding
    objects: int
    chunks: int
    item_size: int | None
    unit_elements: int
    decoded_elements: int
    index_bytes: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        return self.selection.shape

    @property
    def result_bytes(self) -> int | None:
        """Size of the result; None where it is not known beforehand."""
        return None if self.item_size is None else self.selection.size * self.item_size

    @property
    def chunk_bytes(self) -> int | None:
        """Decoded size of what is decoded at once; None where it is not known beforehand."""
        return None if self.item_size is None else self.unit_elements * self.item_size

    @property
    def decoded_bytes(self) -> int | None:
        """Decoded size of everything that is touched, at most; None where it is not known beforehand."""
        return None if self.item_size is None else self.decoded_elements * self.item_size

    @property
    def sharded(self) -> bool:
        """Whether the stored objects are shards that are read in parts."""
        return self.inner is not None

    def coordinates(self) -> Iterator[Coordinates]:
        """Grid coordinates of the stored objects, in C order, one by one."""
        return _product(self.grid)

    def keys(self) -> Iterator[str]:
        """Keys of the stored objects below the store's root, in C order, one by one."""
        return map(self.key, self.coordinates())

    def key(self, coordinates: Coordinates) -> str:
        """The key of the stored object at these grid coordinates."""
        key = self.encoding.key(coordinates)
        return f"{self.path}/{key}" if self.path else key

    def inner_chunks(self, shard: Coordinates) -> Iterator[Coordinates]:
        """Coordinates, inside one shard, of the inner chunks that are touched; in C order. Nothing without sharding."""
        if self.inner is None:
            return iter(())
        parts: list[AnyChunks] = []
        bases = []
        for inner, grid, place in zip(self.inner, self.grid, shard, strict=True):
            parts.append(inner.within(place * grid.extent, (place + 1) * grid.extent))
            bases.append(place * (grid.extent // inner.extent))
        return (tuple(place - base for place, base in zip(chunk, bases, strict=True)) for chunk in _product(parts))

    def to_dict(self) -> dict[str, object]:
        """The plan's figures, for ``--plan --json``; keys and coordinates apart."""
        return {
            "path": self.path,
            "shape": list(self.shape),
            "objects": self.objects,
            "chunks": self.chunks,
            "sharded": self.sharded,
            "chunk_bytes": self.chunk_bytes,
            "decoded_bytes": self.decoded_bytes,
            "result_bytes": self.result_bytes,
        }


def plan_chunks(array: Array, selection: Selection) -> ChunkPlan:
    """The chunks that a selection touches, from the metadata alone.

    Parameters
    ----------
    array
        The array; its attributes play no part.
    selection
        One entry per dimension of the array.

    Raises
    ------
    MetadataError
        The array is described, but its chunks cannot be found: the message says why.
    InputError
        The selection is one for another number of dimensions.
    """
    grid_shape = array.layout.chunk_grid.chunk_shape
    if array.obstacle or grid_shape is None:
        raise _unreadable(array, array.obstacle or "it has no regular chunk grid")
    if max(*array.shape, *grid_shape, array.layout.data_type.item_size or 0, 0, 0) >= MAX_EXTENT:
        raise _unreadable(array, "an extent of its shape, chunks or elements is 2^64 or more")
    if len(selection.axes) != len(array.shape):
        raise InputError(f"the selection has {len(selection.axes)} axes, the array {array.path!r} has {len(array.shape)}")
    grid = _axis_chunks(selection, grid_shape)
    objects = prod(axis.chunks for axis in grid)
    unit = prod(grid_shape)
    inner_shape = _inner_shape(array, grid_shape)
    inner = None
    chunks, decoded = objects, objects * unit
    if inner_shape is not None and _read_in_parts(array.layout.codecs):
        inner = _axis_chunks(selection, inner_shape)
        unit = prod(inner_shape)
        chunks = prod(axis.chunks for axis in inner)
        decoded = chunks * unit
    elif inner_shape is not None:
        chunks = objects * (unit // prod(inner_shape))
    return ChunkPlan(
        path=array.path,
        selection=selection,
        grid=grid,
        inner=inner,
        encoding=array.layout.chunk_key_encoding,
        objects=objects,
        chunks=chunks,
        item_size=array.layout.data_type.item_size,
        unit_elements=unit,
        decoded_elements=decoded,
        index_bytes=_index_bytes(array.layout.codecs, prod(grid_shape)),
    )


def _axis_chunks(selection: Selection, chunk_shape: Sequence[int]) -> tuple[AnyChunks, ...]:
    pairs = zip(selection.axes, chunk_shape, strict=True)
    return tuple(_chunks_of(axis, extent) for axis, extent in pairs)


def _chunks_of(axis: AxisSelection, extent: int) -> AnyChunks:
    if axis.positions is not None:
        return PickedChunks(tuple(sorted(set(axis.positions))), extent)
    return AxisChunks(axis.start, axis.step, axis.count, extent)


def _inner_shape(array: Array, shard_shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Shape of the inner chunks; None without sharding."""
    codecs = array.layout.codecs
    if not any(codec.name == SHARDING for codec in codecs):
        return None
    inner = array.layout.inner_chunk_shape
    if inner is None or len(inner) != len(shard_shape):
        raise _unreadable(array, f"its shards do not say how inner chunks of {len(shard_shape)} dimensions are cut")
    if any(shard % extent for shard, extent in zip(shard_shape, inner, strict=True)):
        raise _unreadable(array, f"its shards {list(shard_shape)} cannot be cut into inner chunks {list(inner)}")
    return inner


def _read_in_parts(codecs: tuple[Codec, ...]) -> bool:
    """Whether inner chunks can be read without their whole shard: nothing else may transform the shard."""
    return len(codecs) == 1 and codecs[0].name == SHARDING


def _index_bytes(codecs: tuple[Codec, ...], elements: int) -> int:
    """Size of the largest index in shards of so many elements, at any level."""
    largest = 0
    for codec in codecs:
        inner = inner_chunk_shape((codec,))
        if inner is not None:
            largest = max(largest, elements // prod(inner) * INDEX_ENTRY_BYTES, _index_bytes(codec.inner, prod(inner)))
    return largest


def _product(axes: Sequence[AnyChunks]) -> Iterator[Coordinates]:
    """Every combination in C order; unlike `itertools.product` it lists no axis beforehand."""
    return _combinations(axes) if all(axis.count for axis in axes) else iter(())


def _combinations(axes: Sequence[AnyChunks]) -> Iterator[Coordinates]:
    if not axes:
        yield ()
        return
    for place in axes[0]:
        for rest in _combinations(axes[1:]):
            yield (place, *rest)


def _unreadable(array: Array, reason: str) -> MetadataError:
    return MetadataError(f"array {array.path!r} is described, but not readable here: {reason}")
