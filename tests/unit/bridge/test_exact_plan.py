"""Are the ranges of shards those that the specification and zarr-python's rule for neighbours give? Counted by hand."""

import struct

import pytest

from catalog.bridge.chunk_plan import plan_chunks
from catalog.bridge.exact_plan import MAX_GAP, MAX_JOINED, Part, exact_plan, join_ranges, walk_parts
from catalog.bridge.selection import select
from catalog.errors import MetadataError
from tests.unit.bridge.test_chunk_plan import BYTES, CRC, array_v3, sharding

NONE = 2**64 - 1
INDEX = [(0, 10), (NONE, NONE), (10, 20), (5_000_000, 7)]
"""Offset and length of four inner chunks; the second is missing."""


def index_of(entries: list[tuple[int, int]]) -> bytes:
    return b"".join(struct.pack("<QQ", *entry) for entry in entries) + b"sums"


def test_the_index_and_then_the_ranges() -> None:
    """One shard of four inner chunks of two; three are wanted, of which one is missing and two are far apart."""
    array = array_v3((8,), [8], "a", codecs=[sharding([2])])
    plan = plan_chunks(array, select(array, "dim0=2:8"))
    found = exact_plan(plan, lambda key, start, end: index_of(INDEX) if (key, start, end) == ("a/c/0", -68, None) else None)
    assert found.parts == (Part("a/c/0", -68), Part("a/c/0", 10, 30), Part("a/c/0", 5_000_000, 5_000_007))
    assert (found.requests, found.stored_bytes, found.looked, found.missing) == (3, 68 + 20 + 7, 1, 1)
    assert (plan.least_requests, plan.most_requests, plan.requests) == (1, 4, None)
    assert list(walk_parts(found.parts)) == [
        "a/c/0  last 68 bytes (index)", "a/c/0  bytes 10 to 30", "a/c/0  bytes 5000000 to 5000007",
    ]  # fmt: skip


def test_an_index_at_the_start_and_shards_that_are_whole_or_gone() -> None:
    codec = sharding([2])
    codec["configuration"]["index_location"] = "start"
    array = array_v3((16,), [8], codecs=[codec])
    whole = plan_chunks(array, select(array, "dim0=0:8"))
    assert whole.requests == 1
    assert exact_plan(whole, lambda *_: pytest.fail("nothing is read")).parts == (Part("c/0"),)
    part = exact_plan(plan_chunks(array, select(array, "dim0=6:10")), lambda *_: None)
    assert part.parts == (Part("c/0", 0, 68), Part("c/1", 0, 68))
    assert part.missing == 2


def test_plain_chunks_are_not_looked_at() -> None:
    array = array_v3((8,), [4])
    found = exact_plan(plan_chunks(array, select(array)), lambda *_: pytest.fail("nothing is read"))
    assert (found.requests, found.stored_bytes) == (2, 32)


def test_an_index_that_is_none() -> None:
    array = array_v3((8,), [8], codecs=[sharding([2])])
    with pytest.raises(MetadataError, match=r"'c/0'.*68 bytes, not 3"):
        exact_plan(plan_chunks(array, select(array, "dim0=0")), lambda *_: b"abc")


def test_neighbours() -> None:
    assert join_ranges([(0, 5), (5, 5), None, (10 + MAX_GAP, 5)]) == [(0, 15 + MAX_GAP)]
    assert join_ranges([(0, 5), (6 + MAX_GAP, 5)]) == [(0, 5), (6 + MAX_GAP, 11 + MAX_GAP)]
    assert join_ranges([(0, MAX_JOINED), (MAX_JOINED, 1)]) == [(0, MAX_JOINED), (MAX_JOINED, MAX_JOINED + 1)]
    assert join_ranges([]) == []


def test_stored_bytes_of_codecs_that_keep_sizes() -> None:
    """Three chunks of four 4-byte integers, each with a checksum of four bytes."""
    array = array_v3((10,), [4], codecs=[BYTES, CRC])
    assert plan_chunks(array, select(array)).stored_bytes == 3 * 20
    zipped = array_v3((10,), [4], codecs=[BYTES, {"name": "gzip", "configuration": {"level": 1}}])
    assert plan_chunks(zipped, select(zipped)).stored_bytes is None
