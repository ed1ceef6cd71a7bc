"""Which chunks does a plan name, what do they cost, and is too much refused? Expected values are counted by hand."""

import itertools
import json
from typing import Any

import pytest

from catalog.bridge.chunk_plan import AxisChunks, ChunkPlan, plan_chunks
from catalog.bridge.limits import PlanLimits, check_limits
from catalog.bridge.selection import resolve_selection, select
from catalog.errors import InputError, LimitExceededError, MetadataError
from catalog.metadata.array import Array
from catalog.metadata.layout import layout_from_json

BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
CRC = {"name": "crc32c"}


def array_v2(shape: tuple[int, ...], chunks: list[int], path: str = "", **members: Any) -> Array:
    document = {"chunks": chunks, "compressor": None, "dtype": "<i4", "filters": None, "order": "C", "zarr_format": 2, **members}
    return Array(path, shape, layout_from_json(json.dumps(document), 2), (None,) * len(shape), {})


def array_v3(shape: tuple[int, ...], chunks: list[int], path: str = "", **members: Any) -> Array:
    document = {
        "zarr_format": 3,
        "data_type": "int32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [BYTES],
        "fill_value": 0,
        **members,
    }
    return Array(path, shape, layout_from_json(json.dumps(document), 3), (None,) * len(shape), {})


def sharding(inner: list[int], codecs: list[Any] | None = None) -> dict[str, Any]:
    configuration = {"chunk_shape": inner, "codecs": codecs or [BYTES], "index_codecs": [BYTES, CRC]}
    return {"name": "sharding_indexed", "configuration": configuration}


def plan(array: Array, text: str = "") -> ChunkPlan:
    return plan_chunks(array, select(array, text))


@pytest.mark.parametrize(
    ("shape", "chunks", "text", "keys"),
    [
        ((10,), [4], "", ["0", "1", "2"]),
        ((10,), [4], "dim0=0:4", ["0"]),
        ((10,), [4], "dim0=3:5", ["0", "1"]),
        ((10,), [4], "dim0=4", ["1"]),
        ((10,), [4], "dim0=-1", ["2"]),
        ((10,), [4], "dim0=::-1", ["0", "1", "2"]),
        ((10,), [4], "dim0=5:5", []),
        ((10,), [4], "dim0=0:9:8", ["0", "2"]),
        ((10,), [4], "dim0=1:10:4", ["0", "1", "2"]),
        ((20,), [2], "dim0=1:20:6", ["0", "3", "6", "9"]),
        ((20,), [2], "dim0=::-6", ["0", "3", "6", "9"]),
        ((20,), [2], "dim0=::5", ["0", "2", "5", "7"]),
        ((0,), [4], "", []),
        ((), [], "", ["0"]),
        ((10,), [100], "dim0=3", ["0"]),
        ((4, 6), [2, 3], "", ["0.0", "0.1", "1.0", "1.1"]),
        ((4, 6), [2, 3], "dim0=1,dim1=3:", ["0.1"]),
        ((4, 6), [2, 3], "dim0=3:0:-3", ["1.0", "1.1"]),
        ((4, 0), [2, 3], "", []),
        ((3, 3, 3), [1, 3, 2], "dim0=::2,dim2=2", ["0.0.1", "2.0.1"]),
    ],
)
def test_the_keys_of_a_v2_array(shape: tuple[int, ...], chunks: list[int], text: str, keys: list[str]) -> None:
    found = plan(array_v2(shape, chunks), text)
    assert list(found.keys()) == keys
    assert found.objects == found.chunks == len(keys)


@pytest.mark.parametrize(
    ("encoding", "scalar", "key"),
    [
        ({"name": "default", "configuration": {"separator": "/"}}, "c", "c/1/2"),
        ({"name": "default", "configuration": {"separator": "."}}, "c", "c.1.2"),
        ({"name": "default"}, "c", "c/1/2"),
        ({"name": "v2", "configuration": {"separator": "/"}}, "0", "1/2"),
        ({"name": "v2"}, "0", "1.2"),
    ],
)
def test_the_keys_of_v3_encodings(encoding: dict[str, Any], scalar: str, key: str) -> None:
    assert list(plan(array_v3((), [], "a/b", chunk_key_encoding=encoding)).keys()) == [f"a/b/{scalar}"]
    found = plan(array_v3((4, 6), [2, 2], "a/b", chunk_key_encoding=encoding), "dim0=3,dim1=-1")
    assert list(found.keys()) == [f"a/b/{key}"]
    assert list(plan(array_v3((4, 6), [2, 2], chunk_key_encoding=encoding), "dim0=3,dim1=5").keys()) == [key]


def test_a_v2_separator() -> None:
    assert list(plan(array_v2((4, 6), [2, 2], dimension_separator="/"), "dim0=0,dim1=5").keys()) == ["0/2"]


def test_costs_of_plain_chunks() -> None:
    """Three chunks of four 4-byte integers each, the last half empty but stored whole."""
    found = plan(array_v2((10,), [4]), "dim0=1:10:2")
    assert (found.shape, found.result_bytes) == ((5,), 20)
    assert (found.chunk_bytes, found.decoded_bytes, found.index_bytes) == (16, 48, 0)
    assert not found.sharded


def test_costs_are_unknown_where_elements_vary_in_size() -> None:
    found = plan(array_v3((10,), [4], data_type="string"))
    assert (found.result_bytes, found.chunk_bytes, found.decoded_bytes) == (None, None, None)
    assert found.objects == 3


def test_inner_chunks_of_shards() -> None:
    """Shards of 4 by 6 with inner chunks of 2 by 3: two by two inside each."""
    found = plan(array_v3((8, 12), [4, 6], "a", codecs=[sharding([2, 3])]), "dim0=3:5,dim1=0:7")
    assert list(found.keys()) == ["a/c/0/0", "a/c/0/1", "a/c/1/0", "a/c/1/1"]
    inner = {coordinates: list(found.inner_chunks(coordinates)) for coordinates in found.coordinates()}
    assert inner == {
        (0, 0): [(1, 0), (1, 1)],
        (0, 1): [(1, 0)],
        (1, 0): [(0, 0), (0, 1)],
        (1, 1): [(0, 0)],
    }
    assert (found.objects, found.chunks) == (4, 6)
    assert (found.chunk_bytes, found.decoded_bytes, found.result_bytes) == (2 * 3 * 4, 6 * 2 * 3 * 4, 2 * 7 * 4)
    assert found.index_bytes == 4 * 16
    assert found.sharded


def test_a_long_step_skips_inner_chunks_too() -> None:
    found = plan(array_v3((40,), [20], codecs=[sharding([2])]), "dim0=1::8")
    # Elements 1, 9, 17 | 25, 33: inner chunks 0, 4, 8 of the first shard, 2 and 6 of the second.
    assert [list(found.inner_chunks(shard)) for shard in found.coordinates()] == [[(0,), (4,), (8,)], [(2,), (6,)]]


def test_shards_inside_another_codec_are_read_whole() -> None:
    found = plan(array_v3((8,), [4], codecs=[sharding([2]), CRC]), "dim0=0")
    assert (found.objects, found.chunks, found.chunk_bytes, found.decoded_bytes) == (1, 2, 16, 16)
    assert not found.sharded
    assert list(found.inner_chunks((0,))) == []
    turned = [{"name": "transpose", "configuration": {"order": [1, 0]}}, sharding([6, 2])]
    assert plan(array_v3((8, 6), [4, 6], codecs=turned), "dim0=0,dim1=0").chunks == 2


def test_the_index_of_nested_shards_counts() -> None:
    """1,000 elements: 10 inner chunks of 100, each a shard of 50 chunks of 2."""
    nested = array_v3((1000,), [1000], codecs=[sharding([100], [sharding([2])])])
    assert plan(nested, "dim0=0").index_bytes == 50 * 16


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (array_v3((8,), [4], codecs=[sharding([3])]), "cannot be cut"),
        (array_v3((8, 8), [4, 4], codecs=[sharding([2])]), "2 dimensions"),
        (array_v3((8,), [4], codecs=[sharding([0])]), "inner chunks"),
        (array_v3((8,), [4], chunk_grid={"name": "rectilinear", "configuration": {}}), "rectilinear"),
        (array_v3((8,), [4], chunk_key_encoding={"name": "hilbert"}), "hilbert"),
        (array_v3((8,), [4], storage_transformers=[{"name": "caching"}]), "caching"),
        (array_v2((8, 8), [4]), "dimensions"),
        (array_v2((2**64,), [4]), "2^64"),
        (array_v2((4,), [10**3000]), "2^64"),
        (array_v3((4,), [4], data_type={"name": "null_terminated_bytes", "configuration": {"length_bytes": 10**30}}), "2^64"),
    ],
)
def test_what_cannot_be_planned_says_why(array: Array, reason: str) -> None:
    with pytest.raises(MetadataError, match="described, but not readable here") as caught:
        plan(array)
    assert reason in str(caught.value)


def test_a_selection_of_another_rank_is_refused() -> None:
    with pytest.raises(InputError, match=r"1 axes, the array '' has 2"):
        plan_chunks(array_v2((4, 4), [2, 2]), resolve_selection((), (4,)))


def test_extents_beyond_63_bits() -> None:
    found = plan(array_v2((2**63 + 5,), [2]), "dim0=-1")
    assert list(found.keys()) == [str((2**63 + 4) // 2)]


def test_huge_plans_are_counted_without_listing_anything() -> None:
    array = array_v2((2**40, 2**40), [1, 1])
    found = plan(array)
    assert found.chunks == 2**80
    assert list(itertools.islice(found.keys(), 3)) == ["0.0", "0.1", "0.2"]
    assert found.to_dict()["result_bytes"] == 4 * 2**80


def test_a_plan_with_every_extent_at_its_bound_can_still_be_printed() -> None:
    array = array_v2((2**64 - 1,) * 64, [1] * 64)
    assert len(json.dumps(plan(array).to_dict())) < 12_000
    with pytest.raises(LimitExceededError, match="more than"):
        check_limits(plan(array))


def test_elements_within_an_interval() -> None:
    axis = AxisChunks(5, 3, 4, 2)  # elements 5, 8, 11, 14
    cases = {
        (0, 100): (5, 4),
        (6, 14): (8, 2),
        (8, 9): (8, 1),
        (9, 11): (11, 0),
        (14, 15): (14, 1),
        (15, 20): (17, 0),
        (0, 5): (5, 0),
    }
    for (low, high), (start, count) in cases.items():
        found = axis.within(low, high)
        assert (found.start, found.count) == (start, count), (low, high)


@pytest.mark.parametrize(
    ("array", "text", "limit", "value"),
    [
        (array_v3((2**20, 2**20), [1024, 1024]), "", "max_result_bytes", 2**42),
        (array_v3((10**6,), [1]), "", "max_chunks", 10**6),
        (array_v3((2**40,), [1]), "dim0=::1048576", "max_chunks", 2**20),
        (array_v3((2**40,), [2**28]), "dim0=0", "max_chunk_bytes", 2**30),
        (array_v3((2**40,), [2**28], codecs=[sharding([2**20])]), "dim0=::8192", "max_result_bytes", 2**29),
        (array_v3((1,), [2**31], codecs=[sharding([1])]), "", "max_chunk_bytes", 2**35),
        (array_v3((1,), [2**28], codecs=[sharding([2]), CRC]), "", "max_chunk_bytes", 2**30),
        (array_v2((1,), [1], dtype="|S2147483646"), "", "max_item_bytes", 2147483646),
        (array_v2((1,), [1], dtype="<U500000000"), "", "max_item_bytes", 2_000_000_000),
        (array_v3((2**40,), [2**20], data_type="string"), "", "max_result_bytes", 2**44),
        (array_v2((1,) * 65, [1] * 65), "", "max_dimensions", 65),
        (array_v2((0, 2**62), [1, 2**20]), "", "numpy", 2**64),
    ],
)
def test_what_costs_too_much_is_refused_by_name(array: Array, text: str, limit: str, value: int) -> None:
    with pytest.raises(LimitExceededError) as caught:
        check_limits(plan(array, text))
    error = caught.value
    assert (error.limit, error.value) == (limit, value)
    assert error.value > error.allowed
    if limit != "numpy":
        assert f"CATALOG_READ__{limit.upper()}" in str(error)


def test_a_refusal_says_figure_allowed_and_what_to_do() -> None:
    with pytest.raises(LimitExceededError) as caught:
        check_limits(plan(array_v3((2**20, 2**20), [1024, 1024], "big")))
    assert str(caught.value) == (
        "array 'big': the result has 4.0 TiB (4,398,046,511,104 bytes); at most 256.0 MiB (268,435,456 bytes) are allowed: "
        "select less, or raise CATALOG_READ__MAX_RESULT_BYTES"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_result_bytes", 40), ("max_chunk_bytes", 16), ("max_chunks", 3), ("max_item_bytes", 4), ("max_dimensions", 1)],
)
def test_a_limit_allows_what_equals_it(field: str, value: int) -> None:
    found = plan(array_v2((10,), [4]))
    check_limits(found, PlanLimits(**{field: value}))
    with pytest.raises(LimitExceededError) as caught:
        check_limits(found, PlanLimits(**{field: value - 1}))
    assert caught.value.limit == field


def test_an_empty_result_is_free() -> None:
    check_limits(plan(array_v2((0, 1000), [1, 1000])), PlanLimits(max_result_bytes=0, max_chunks=0))
    check_limits(plan(array_v3((2**40,), [2**20]), "dim0=5:5"), PlanLimits(max_result_bytes=0, max_chunks=0))


def test_chunks_of_several_sizes() -> None:
    """Chunks of 4, 4, 6 and 3 elements along an axis of 15."""
    grid = {"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[[4, 2], 6, 3]]}}
    array = array_v3((15,), [4], "a", chunk_grid=grid)
    whole = plan(array)
    assert (whole.objects, whole.chunk_bytes, whole.decoded_bytes, whole.stored_bytes) == (4, 24, 68, 68)
    found = plan(array, "dim0=7:9")
    assert list(found.keys()) == ["a/c/1", "a/c/2"]
    assert [found.used(each) for each in found.coordinates()] == [1, 1]
    assert [found.held(each) for each in found.coordinates()] == [4, 6]
    assert list(plan(array, "dim0=[14,0,14,9]").keys()) == ["a/c/0", "a/c/2", "a/c/3"]
    short = array_v3((18,), [4], chunk_grid=grid)
    with pytest.raises(MetadataError, match="cover 17 elements of the 18"):
        plan(short)
