"""Is every codec and every size seen, wherever it stands?"""

import json
from typing import Any

import pytest

from catalog.errors import ForbiddenError, LimitExceededError, MetadataError
from catalog.stores.policy import DEFAULT_CODECS, ReadLimits, check_codecs, check_sizes, codec_names, item_bytes
from tests.unit.stores.trees import array2, array3

BYTES = {"name": "bytes", "configuration": {"endian": "little"}}


def v2(**changes: Any) -> dict[str, Any]:
    return dict(json.loads(array2(**changes)))


def v3(**changes: Any) -> dict[str, Any]:
    return dict(json.loads(array3(**changes)))


def shard(*codecs: Any, index: tuple[Any, ...] = (BYTES,), chunk_shape: tuple[int, ...] = (2,)) -> dict[str, Any]:
    inner = {"chunk_shape": list(chunk_shape), "codecs": list(codecs), "index_codecs": list(index)}
    return {"name": "sharding_indexed", "configuration": inner}


EVIL = {"name": "evil"}
PLACES = [
    (2, v2(compressor={"id": "evil"})),
    (2, v2(filters=[{"id": "evil"}])),
    (2, v2(filters=[{"id": "delta"}, {"id": "evil"}], compressor={"id": "zlib"})),
    (2, v2(filters={"id": "evil"})),
    (3, v3(codecs=[EVIL])),
    (3, v3(codecs=["evil"])),
    (3, v3(codecs=[BYTES, EVIL])),
    (3, v3(codecs=[shard(BYTES, EVIL)])),
    (3, v3(codecs=[shard(BYTES, "evil")])),
    (3, v3(codecs=[shard(BYTES, index=(BYTES, EVIL))])),
    (3, v3(codecs=[shard(shard(BYTES, EVIL))])),
    (3, v3(codecs=[shard(shard(BYTES, index=(EVIL,)))])),
    (3, v3(codecs=[{"name": "bytes", "configuration": {"inner": [BYTES, EVIL]}}])),
    (3, v3(codecs=[{"name": "bytes", "configuration": {"deeper": {"codec": EVIL}}}])),
    (3, v3(codecs=[BYTES, {"name": "numcodecs.zlib", "configuration": {"id": "evil"}}])),
]


@pytest.mark.parametrize(("zarr_format", "document"), PLACES)
def test_a_codec_is_refused_wherever_it_stands(zarr_format: int, document: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenError, match=r"'evil'.*allowed are"):
        check_codecs(document, zarr_format)
    check_codecs(document, zarr_format, DEFAULT_CODECS | {"evil"})


def test_pickle_is_not_among_them() -> None:
    assert not {"pickle", "numcodecs.pickle", "msgpack2"} & DEFAULT_CODECS
    with pytest.raises(ForbiddenError, match="'pickle'"):
        check_codecs(v2(dtype="|O", filters=[{"id": "vlen-utf8"}, {"id": "pickle"}]), 2)


def test_what_is_allowed_passes() -> None:
    check_codecs(v2(filters=None, compressor=None), 2)
    check_codecs(v2(filters=[], compressor={"id": "blosc", "cname": "lz4"}), 2)
    check_codecs(v3(codecs=[shard(BYTES, {"name": "zstd"}, {"name": "crc32c"})]), 3)
    assert list(codec_names(v3(codecs=[shard(BYTES, {"name": "zstd"})]), 3)) == ["sharding_indexed", "bytes", "zstd", "bytes"]


@pytest.mark.parametrize(
    ("zarr_format", "document"),
    [
        (2, v2(compressor="zlib")),
        (2, v2(compressor={})),
        (2, v2(filters=[None])),
        (3, v3(codecs=[{}])),
        (3, v3(codecs=[1])),
        (3, v3(codecs=7)),
    ],
)
def test_a_codec_must_have_a_name(zarr_format: int, document: dict[str, Any]) -> None:
    with pytest.raises(MetadataError, match="has no"):
        check_codecs(document, zarr_format)


@pytest.mark.parametrize(
    ("zarr_format", "data_type", "size"),
    [
        (2, "|u1", 1),
        (2, ">f8", 8),
        (2, "<U500000000", 2_000_000_000),
        (2, "|S2147483646", 2_147_483_646),
        (2, "|V2147483646", 2_147_483_646),
        (2, [["a", "<i4"], ["b", "|S100000"]], 100_004),
        (2, [["a", [["b", "<i4"], ["c", "<f8"]]], ["d", "|u1", [3, 2]]], 18),
        (2, "|O", 8),
        (2, "nonsense", 0),
        (2, None, 0),
        (3, "uint8", 1),
        (3, "float64", 8),
        (3, "complex128", 16),
        (3, "r800000", 100_000),
        (3, "string", 0),
        (3, {"name": "fixed_length_utf32", "configuration": {"length_bytes": 2_000_000_000}}, 2_000_000_000),
        (3, {"name": "null_terminated_bytes", "configuration": {"length_bytes": 70_000}}, 70_000),
        (3, {"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 1}}, 8),
        (3, {"name": "structured", "configuration": {"fields": [["a", "int32"], ["b", "r800000"]]}}, 100_004),
        (3, {"name": "struct", "configuration": {"fields": [{"name": "a", "data_type": "int32"}]}}, 4),
        (3, 5, 0),
    ],
)
def test_bytes_of_one_element(zarr_format: int, data_type: Any, size: int) -> None:
    assert item_bytes({"dtype": data_type, "data_type": data_type}, zarr_format) == size


@pytest.mark.parametrize(
    ("zarr_format", "document", "limit"),
    [
        (2, v2(dtype="<U500000000", shape=[1], chunks=[1]), "max_item_bytes"),
        (3, v3(data_type={"name": "fixed_length_utf32", "configuration": {"length_bytes": 10**9}}), "max_item_bytes"),
        (2, v2(shape=[10**9], chunks=[10**9]), "max_chunk_bytes"),
        (3, v3(chunk_grid={"name": "regular", "configuration": {"chunk_shape": [2**15, 2**15]}}), "max_chunk_bytes"),
        (3, v3(codecs=[shard(BYTES, chunk_shape=(10**9,))]), "max_chunk_bytes"),
    ],
)
def test_what_would_fill_the_memory_is_refused(zarr_format: int, document: dict[str, Any], limit: str) -> None:
    with pytest.raises(LimitExceededError, match=limit) as caught:
        check_sizes(document, zarr_format)
    assert caught.value.limit == limit
    assert caught.value.value > caught.value.allowed
    check_sizes(document, zarr_format, ReadLimits(2**40, 2**40))


def test_a_large_shard_of_small_chunks_passes() -> None:
    grid = {"name": "regular", "configuration": {"chunk_shape": [2**32]}}
    check_sizes(v3(chunk_grid=grid, codecs=[shard(BYTES, chunk_shape=(1024,))]), 3)
    check_sizes(v3(chunk_grid=grid, codecs=[shard(shard(BYTES, chunk_shape=(1024,)), chunk_shape=(2**31,))]), 3)


@pytest.mark.parametrize("levels", [1, 2])
def test_a_shard_whose_index_alone_would_fill_the_memory_is_refused(levels: int) -> None:
    codecs = shard(BYTES, chunk_shape=(16,))
    for _ in range(levels - 1):
        codecs = shard(codecs, chunk_shape=(2**32,))
    grid = {"name": "regular", "configuration": {"chunk_shape": [2**32]}}
    with pytest.raises(LimitExceededError) as caught:
        check_sizes(v3(chunk_grid=grid, codecs=[codecs]), 3)
    assert caught.value.value == 16 * 2**28, "two integers of eight bytes for each inner chunk"


@pytest.mark.parametrize("name", ["astype", "decode_dtype", "encode_dtype", "dtype"])
def test_a_codec_that_makes_huge_elements_is_refused(name: str) -> None:
    step = {"id": "astype", name: "|V2147483647"}
    with pytest.raises(LimitExceededError, match="max_item_bytes"):
        check_sizes(v2(filters=[step]), 2)
    with pytest.raises(LimitExceededError, match="max_item_bytes"):
        check_sizes(v3(codecs=[shard({"name": "numcodecs.astype", "configuration": {name: "|V2147483647"}}, BYTES)]), 3)


@pytest.mark.parametrize("chunks", [None, "x", [], [0], [-1], [1.5], [True], [[1, 2]], [2**40, "x"]])
def test_what_is_no_size_is_left_to_the_reader(chunks: Any) -> None:
    check_sizes(v2(chunks=chunks), 2)
    check_sizes(v3(chunk_grid={"name": "regular", "configuration": {"chunk_shape": chunks}}), 3)
    check_sizes(v3(chunk_grid=chunks, codecs=chunks), 3)
