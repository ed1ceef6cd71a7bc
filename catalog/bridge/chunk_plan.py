"""Which chunks does a selection touch, and what do they cost?

Everything here follows from the array's metadata; nothing is read. Costs are products, never counts of a list, so that the plan
of a selection with 10^18 chunks takes as long as that of one. Keys and coordinates are made one by one, when asked for.

Source: Zarr v2 "Chunks"; Zarr v3.1 "Chunk grids", "Chunk key encoding"; ZEP 2, ``sharding_indexed``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from catalog.bridge.chunk_axis import AnyChunks, AxisChunks, PickedChunks, VaryingChunks, chunks_of, whole_shards
from catalog.bridge.selection import Selection
from catalog.bridge.shard_format import ShardFormat, shard_format
from catalog.errors import InputError, MetadataError
from catalog.metadata.array import Array
from catalog.metadata.chunk_key import ChunkKeyEncoding
from catalog.metadata.codec import Codec, inner_chunk_shape

__all__ = ["AnyChunks", "AxisChunks", "ChunkPlan", "PickedChunks", "VaryingChunks", "plan_chunks"]

SHARDING: Final = "sharding_indexed"
INDEX_ENTRY_BYTES: Final = 16
"""A shard's index holds offset and length of each inner chunk, eight bytes each."""
_CHECKSUM_BYTES: Final = 4
_SIZE_KEPT: Final = {"bytes": 0, "transpose": 0, "crc32c": _CHECKSUM_BYTES}
"""Codecs that tell how large what they make is, and the bytes that they add."""

MAX_EXTENT: Final = 2**64
"""No reader counts beyond 64 bits; this also keeps every figure of a plan short enough to be printed."""

Coordinates = tuple[int, ...]


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
    format
        How the shards are laid out where they are read in parts; else None.
    added_bytes
        Bytes that a stored chunk has beyond its elements; None where its stored size is not known beforehand.
    whole
        Shards that are read whole, and the inner chunks in them: those of which every inner chunk is touched. None where that
        takes too long to count, or where there are no shards that could be read in parts.
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
    format: ShardFormat | None = None
    added_bytes: int | None = None
    whole: tuple[int, int] | None = None

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

    @property
    def least_requests(self) -> int:
        """Requests for chunks, at least: one for each stored object."""
        return self.objects

    @property
    def most_requests(self) -> int:
        """Requests for chunks, at most: of a shard that is read in parts its index, and each inner chunk by itself."""
        if not self.sharded:
            return self.objects
        shards, inside = self.whole or (0, 0)
        return shards + (self.objects - shards) + (self.chunks - inside)

    @property
    def requests(self) -> int | None:
        """Requests for chunks; None where the indexes of shards say how many (see `catalog.bridge.exact_plan`)."""
        return self.least_requests if self.least_requests == self.most_requests else None

    @property
    def stored_bytes(self) -> int | None:
        """Bytes that are fetched, at most: less where chunks are missing.

        None where codecs decide how many, and where shards are read in parts: their indexes have to be read to know it.
        """
        if self.item_size is None or self.added_bytes is None or (self.sharded and self.chunks):
            return None
        return self.decoded_elements * self.item_size + self.objects * self.added_bytes

    def used(self, coordinates: Coordinates) -> int:
        """How many elements of the stored object at these grid coordinates are wanted."""
        pairs = zip(self.grid, coordinates, strict=True)
        return prod(axis.within(*axis.bounds(place)).count for axis, place in pairs)

    def held(self, coordinates: Coordinates) -> int:
        """How many elements the stored object at these grid coordinates has room for."""
        bounds = [axis.bounds(place) for axis, place in zip(self.grid, coordinates, strict=True)]
        return prod(high - low for low, high in bounds)

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
            low, high = grid.bounds(place)
            parts.append(inner.within(low, high))
            bases.append(low // inner.extent)
        return (tuple(place - base for place, base in zip(chunk, bases, strict=True)) for chunk in _product(parts))

    def inner_counts(self, shard: Coordinates) -> Coordinates:
        """How many inner chunks one shard has along each axis; nothing without sharding."""
        if self.inner is None:
            return ()
        counts = []
        for inner, grid, place in zip(self.inner, self.grid, shard, strict=True):
            low, high = grid.bounds(place)
            counts.append((high - low) // inner.extent)
        return tuple(counts)

    def __repr__(self) -> str:
        """Its figures; a plan may be of any number of chunks."""
        least, most = self.least_requests, self.most_requests
        requests = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        decoded = "unknown" if self.decoded_bytes is None else f"{self.decoded_bytes:,}"
        return (
            f"<ChunkPlan of {self.path or '/'!r}: shape {self.shape}, {self.chunks:,} chunks in {self.objects:,} stored objects,"
            f" {requests} requests, {decoded} bytes decoded>"
        )

    def to_dict(self) -> dict[str, object]:
        """The plan's figures, for ``--plan --json``; keys and coordinates apart."""
        return {
            "path": self.path,
            "shape": list(self.shape),
            "objects": self.objects,
            "chunks": self.chunks,
            "sharded": self.sharded,
            "requests": self.requests,
            "least_requests": self.least_requests,
            "most_requests": self.most_requests,
            "stored_bytes": self.stored_bytes,
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
    layout, grid_shape = array.layout, array.layout.chunk_grid.largest_shape
    if array.obstacle or grid_shape is None:
        raise _unreadable(array, array.obstacle or "it has no chunk grid that is known")
    if max(*array.shape, *grid_shape, layout.data_type.item_size or 0, 0, 0) >= MAX_EXTENT:
        raise _unreadable(array, "an extent of its shape, chunks or elements is 2^64 or more")
    if len(selection.axes) != len(array.shape):
        raise InputError(f"the selection has {len(selection.axes)} axes, the array {array.path!r} has {len(array.shape)}")
    cuts = layout.chunk_grid.runs or grid_shape
    grid = tuple(chunks_of(axis, cut) for axis, cut in zip(selection.axes, cuts, strict=True))
    objects = prod(axis.chunks for axis in grid)
    unit = prod(axis.extent for axis in grid)
    inner_shape = _inner_shape(array)
    inner = None
    chunks, decoded = objects, prod(axis.stored for axis in grid)
    if inner_shape is not None and _read_in_parts(layout.codecs):
        inner = tuple(chunks_of(axis, extent) for axis, extent in zip(selection.axes, inner_shape, strict=True))
        unit = prod(inner_shape)
        chunks = prod(axis.chunks for axis in inner)
        decoded = chunks * unit
    elif inner_shape is not None:
        chunks = decoded // prod(inner_shape)
    return ChunkPlan(
        path=array.path,
        selection=selection,
        grid=grid,
        inner=inner,
        encoding=layout.chunk_key_encoding,
        objects=objects,
        chunks=chunks,
        item_size=layout.data_type.item_size,
        unit_elements=unit,
        decoded_elements=decoded,
        index_bytes=_index_bytes(layout.codecs, prod(grid_shape)),
        format=None if inner is None else shard_format(layout.codecs[0]),
        added_bytes=_added_bytes(array),
        whole=None if inner is None else _whole(grid, inner),
    )


def _whole(grid: Sequence[AnyChunks], inner: Sequence[AnyChunks]) -> tuple[int, int] | None:
    """Shards of which every inner chunk is touched, and the inner chunks in them."""
    shards = inside = 1
    for outer, parts in zip(grid, inner, strict=True):
        counted = whole_shards(outer, parts)
        if counted is None:
            return None
        shards, inside = shards * counted[0], inside * counted[1]
    return shards, inside


def _added_bytes(array: Array) -> int | None:
    """Bytes that a stored chunk has beyond its elements; None where its size is not known beforehand."""
    added = 0
    for codec in array.layout.codecs:
        if array.zarr_format == 2 or codec.name not in _SIZE_KEPT:
            return None
        added += _SIZE_KEPT[codec.name]
    return added


def _inner_shape(array: Array) -> tuple[int, ...] | None:
    """Shape of the inner chunks; None without sharding."""
    codecs, shard_shape = array.layout.codecs, array.layout.chunk_grid.common_shape or ()
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
