"""Do filters, compressors and codecs become one ordered pipeline?"""

from typing import Any

import pytest

from catalog.metadata.codec import inner_chunk_shape, parse_codecs_v2, parse_codecs_v3, walk_codecs

BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
CRC = {"name": "crc32c"}


def sharding(chunk_shape: Any, codecs: list[Any], index_codecs: list[Any] | None = None) -> dict[str, Any]:
    configuration = {"chunk_shape": chunk_shape, "codecs": codecs, "index_codecs": index_codecs or [BYTES, CRC]}
    return {"name": "sharding_indexed", "configuration": configuration}


def test_v2_filters_come_before_the_compressor() -> None:
    filters = [{"id": "delta", "dtype": "<f8", "astype": "<f4"}, {"id": "shuffle", "elementsize": 4}]
    found = parse_codecs_v2(filters, {"id": "zstd", "level": 1})
    assert [(codec.name, codec.role, codec.configuration) for codec in found] == [
        ("delta", "filter", {"dtype": "<f8", "astype": "<f4"}),
        ("shuffle", "filter", {"elementsize": 4}),
        ("zstd", "compressor", {"level": 1}),
    ]


@pytest.mark.parametrize(("filters", "compressor"), [(None, None), ([], None), ("zlib", None), ({"id": "zlib"}, None)])
def test_v2_without_codecs(filters: Any, compressor: Any) -> None:
    assert parse_codecs_v2(filters, compressor) == ()


@pytest.mark.parametrize("compressor", [{"level": 1}, {"id": 5}, "zlib", 5])
def test_v2_codecs_without_an_id_are_unknown(compressor: Any) -> None:
    (codec,) = parse_codecs_v2(None, compressor)
    assert (codec.name, codec.role) == ("unknown", "compressor")


def test_v3_codecs_in_order_by_name_or_object() -> None:
    found = parse_codecs_v3(["bytes", {"name": "zstd", "configuration": {"level": 0, "checksum": False}}, CRC])
    assert [(codec.name, codec.role, codec.json) for codec in found] == [
        ("bytes", "codec", "{}"),
        ("zstd", "codec", '{"checksum":false,"level":0}'),
        ("crc32c", "codec", "{}"),
    ]


@pytest.mark.parametrize("document", [None, {}, "bytes", 5])
def test_v3_codecs_that_are_no_list_are_none(document: Any) -> None:
    assert parse_codecs_v3(document) == ()


@pytest.mark.parametrize("document", [None, 5, [], {}, {"name": 5}, {"id": "zstd"}])
def test_v3_codecs_without_a_name_are_unknown(document: Any) -> None:
    (codec,) = parse_codecs_v3([document])
    assert (codec.name, codec.inner) == ("unknown", ())


def test_shards_in_shards_are_walked_from_the_outside() -> None:
    innermost = sharding([2, 2], [BYTES, {"name": "gzip", "configuration": {"level": 5}}])
    codecs = parse_codecs_v3([sharding([4, 4], [innermost], index_codecs=[BYTES])])
    assert [codec.name for codec in walk_codecs(codecs)] == [
        "sharding_indexed",
        "sharding_indexed",
        "bytes",
        "gzip",
        "bytes",
        "crc32c",
        "bytes",
    ]
    assert inner_chunk_shape(codecs) == (4, 4)
    assert inner_chunk_shape(codecs[0].inner) == (2, 2)


@pytest.mark.parametrize("shape", [None, [0], [True], "4", [4.0], {}])
def test_shards_without_a_valid_chunk_shape(shape: Any) -> None:
    assert inner_chunk_shape(parse_codecs_v3([sharding(shape, [BYTES])])) is None


def test_no_shards() -> None:
    assert inner_chunk_shape(parse_codecs_v3([BYTES])) is None


def transpose(order: Any) -> dict[str, Any]:
    return {"name": "transpose", "configuration": {"order": order}}


def test_a_transposition_before_the_shards_is_undone() -> None:
    # Axis 0 of what the shards see is axis 2 of the array, and so on: its inner chunks are 30 long along the array's axis 0.
    assert inner_chunk_shape(parse_codecs_v3([transpose([2, 1, 0]), sharding([10, 20, 30], [BYTES])])) == (30, 20, 10)
    assert inner_chunk_shape(parse_codecs_v3([transpose([1, 2, 0]), sharding([10, 20, 30], [BYTES])])) == (30, 10, 20)
    twice = [transpose([1, 2, 0]), transpose([2, 0, 1]), sharding([10, 20, 30], [BYTES])]
    assert inner_chunk_shape(parse_codecs_v3(twice)) == (10, 20, 30)


@pytest.mark.parametrize("order", ["F", None, [0, 0, 1], [0, 1], [0, 1, 3], [True, 0, 2]])
def test_shards_after_an_invalid_transposition_have_no_shape(order: Any) -> None:
    assert inner_chunk_shape(parse_codecs_v3([transpose(order), sharding([10, 20, 30], [BYTES])])) is None
