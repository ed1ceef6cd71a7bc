"""Which byte ranges of shards are fetched, in how many requests?

The metadata do not say where inner chunks lie inside a shard; its index does. zarr-python fetches the index, and then the inner
chunks, neighbours together: two ranges become one request where at most `MAX_GAP` bytes lie between them and the two together
span at most `MAX_JOINED`. A shard of which every inner chunk is wanted is fetched whole, in one request.

Source: Zarr v3.1, ``sharding_indexed``; zarr-python 3.4, settings ``array.sharding_coalesce_max_gap_bytes`` and ``…_max_bytes``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Final

from catalog.bridge.chunk_plan import ChunkPlan, Coordinates
from catalog.bridge.shard_format import Entry, ShardFormat, place_of
from catalog.errors import MetadataError

MAX_GAP: Final = 2**20
"""Bytes between two inner chunks that are fetched along with them rather than by another request."""
MAX_JOINED: Final = 16 * 2**20
"""Bytes of one request for several inner chunks."""

ReadPart = Callable[[str, int | None, int | None], bytes | None]
"""Reads the half-open range of an object; a negative start counts from its end; None where there is no object."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one request fetches.

    Attributes
    ----------
    key
        Of the stored object.
    start, end
        The half-open range of its bytes. A negative start without an end counts from the object's end; both None: all of it.
    """

    key: str
    start: int | None = None
    end: int | None = None

    @property
    def size(self) -> int | None:
        """Bytes; None for a whole object."""
        if self.start is not None and self.start < 0:
            return -self.start
        return None if self.end is None else self.end - (self.start or 0)


@dataclass(frozen=True, slots=True)
class ExactPlan:
    """A plan after a look at the indexes of its shards.

    Attributes
    ----------
    plan
        What was planned from the metadata.
    parts
        What each request for chunks fetches, in the order of the stored objects.
    looked
        Requests that the look itself took.
    missing
        Inner chunks that the shards do not have; shards that are fetched whole are not looked into.
    """

    plan: ChunkPlan
    parts: tuple[Part, ...]
    looked: int
    missing: int

    @property
    def requests(self) -> int:
        """Requests for chunks."""
        return len(self.parts)

    @property
    def stored_bytes(self) -> int | None:
        """Bytes that are fetched; None where whole objects are, whose size only the store knows."""
        if not self.plan.sharded:
            return self.plan.stored_bytes
        sizes = [part.size for part in self.parts]
        return None if None in sizes else sum(size for size in sizes if size is not None)


def join_ranges(entries: Iterable[Entry], gap: int = MAX_GAP, most: int = MAX_JOINED) -> list[tuple[int, int]]:
    """The half-open ranges that are fetched for some entries of an index, ascending."""
    joined: list[tuple[int, int]] = []
    for start, size in sorted(entry for entry in entries if entry is not None):
        end = start + size
        if joined and start - joined[-1][1] <= gap:
            low, high = joined[-1]
            if max(high, end) - low <= most:
                joined[-1] = low, max(high, end)
                continue
        joined.append((start, end))
    return joined


def index_part(plan: ChunkPlan, shard: Coordinates, layout: ShardFormat) -> Part:
    """The request for the index of a shard."""
    size = layout.index_bytes(prod(plan.inner_counts(shard)))
    return Part(plan.key(shard), 0, size) if layout.at_start else Part(plan.key(shard), -size)


def exact_plan(plan: ChunkPlan, read: ReadPart) -> ExactPlan:
    """Look at the index of each shard that is read in parts; of other plans nothing is read.

    Parameters
    ----------
    plan
        The plan; `catalog.bridge.limits` has let it pass.
    read
        Reads a part of a stored object.

    Raises
    ------
    MetadataError
        An index does not hold what the metadata says, or has codecs other than ``bytes`` and ``crc32c``.
    CatalogError
        As `read`.
    """
    if plan.format is None:
        return ExactPlan(plan, tuple(map(Part, plan.keys())), 0, 0)
    parts: list[Part] = []
    looked = missing = 0
    for shard in plan.coordinates():
        counts = plan.inner_counts(shard)
        wanted = list(plan.inner_chunks(shard))
        if len(wanted) == prod(counts):
            parts.append(Part(plan.key(shard)))
            continue
        index = index_part(plan, shard, plan.format)
        parts.append(index)
        looked += 1
        data = read(index.key, index.start, index.end)
        if data is None:
            missing += len(wanted)
            continue
        entries = _parsed(plan.format, data, prod(counts), index.key)
        chosen = [entries[place_of(each, counts)] for each in wanted]
        missing += chosen.count(None)
        parts.extend(Part(index.key, start, end) for start, end in join_ranges(chosen))
    return ExactPlan(plan, tuple(parts), looked, missing)


def _parsed(layout: ShardFormat, data: bytes, chunks: int, key: str) -> tuple[Entry, ...]:
    fault = ""
    try:
        return layout.parse_index(data, chunks)
    except ValueError as error:
        fault = str(error)
    raise MetadataError(f"the index of the shard {key!r} cannot be read: {fault}")


def walk_parts(parts: Iterable[Part]) -> Iterator[str]:
    """The parts as a list for people: the key, and which of its bytes."""
    for part in parts:
        if part.start is None:
            yield part.key
        elif part.start < 0:
            yield f"{part.key}  last {-part.start} bytes (index)"
        else:
            yield f"{part.key}  bytes {part.start} to {part.end}"
