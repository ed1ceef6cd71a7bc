"""What do arrays share, and what stands in the way of their chunks?"""

from typing import Any

import pytest

from catalog.metadata.document import canonical_json
from catalog.metadata.layout import array_document, layout_from_json, parse_layout_v2, parse_layout_v3

V3: dict[str, Any] = {
    "zarr_format": 3,
    "data_type": "float32",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [10, 20]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": "NaN",
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 1}}],
}
V2: dict[str, Any] = {
    "zarr_format": 2,
    "chunks": [10, 20],
    "dtype": "<f8",
    "compressor": {"id": "zlib", "level": 1},
    "filters": [{"id": "delta", "dtype": "<f8"}],
    "fill_value": None,
    "order": "F",
    "dimension_separator": "/",
}
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
SHARDED = {
    "name": "sharding_indexed",
    "configuration": {"chunk_shape": [5, 4], "codecs": [BYTES], "index_codecs": [BYTES, {"name": "crc32c"}]},
}


def v3(**members: Any) -> Any:
    document = {**V3, **members}
    return parse_layout_v3(document, canonical_json(document))


def v2(**members: Any) -> Any:
    document = {**V2, **members}
    return parse_layout_v2(document, canonical_json(document))


def test_v3_members() -> None:
    layout = v3()
    assert layout.zarr_format == 3
    assert (layout.data_type.name, layout.data_type.item_size) == ("float32", 4)
    assert layout.chunk_grid.chunk_shape == (10, 20)
    assert (layout.chunk_key_encoding.name, layout.chunk_key_encoding.separator) == ("default", "/")
    assert [codec.name for codec in layout.codecs] == ["bytes", "zstd"]
    assert layout.fill_value == "NaN"
    assert (layout.order, layout.extensions, layout.obstacle, layout.inner_chunk_shape) == ("", (), None, None)


def test_v2_members() -> None:
    layout = v2()
    assert layout.zarr_format == 2
    assert (layout.data_type.name, layout.data_type.item_size) == ("float64", 8)
    assert layout.chunk_grid.name == "regular"
    assert layout.chunk_grid.chunk_shape == (10, 20)
    assert (layout.chunk_key_encoding.name, layout.chunk_key_encoding.separator) == ("v2", "/")
    assert [(codec.name, codec.role) for codec in layout.codecs] == [("delta", "filter"), ("zlib", "compressor")]
    assert (layout.fill_value, layout.order, layout.obstacle) == (None, "F", None)


def test_v2_objects_take_their_type_from_the_first_filter_and_defaults_from_the_specification() -> None:
    assert v2(dtype="|O", filters=[{"id": "vlen-utf8"}]).data_type.name == "string"
    assert v2(dtype="|O", filters=None, compressor={"id": "vlen-utf8"}).data_type.name == "object"
    document = {"zarr_format": 2, "chunks": [1], "dtype": "|u1", "compressor": None, "filters": None, "fill_value": 0}
    layout = parse_layout_v2(document, canonical_json(document))
    assert (layout.order, layout.chunk_key_encoding.separator, layout.codecs) == ("C", ".", ())


def test_shards() -> None:
    layout = v3(codecs=[SHARDED])
    assert layout.inner_chunk_shape == (5, 4)
    assert [codec.name for codec in layout.codecs[0].inner] == ["bytes", "bytes", "crc32c"]
    assert layout.obstacle is None


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"chunk_grid": {"name": "rectilinear", "configuration": {}}}, "chunk grid 'rectilinear'"),
        ({"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [0, 1]}}}, "chunk grid 'regular'"),
        ({"chunk_grid": None}, "chunk grid 'unknown'"),
        ({"chunk_key_encoding": {"name": "suffix"}}, "chunk key encoding 'suffix'"),
        ({"storage_transformers": [{"name": "chunk-manifest-json"}]}, "chunk-manifest-json"),
        ({"storage_transformers": ["cache"]}, "cache"),
        ({"storage_transformers": {"name": "x"}}, "storage_transformers"),
        ({"bloom_filter": {"name": "x"}, "another": 5}, "another, bloom_filter"),
        ({"codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [0], "codecs": [BYTES]}}]}, "shards"),
    ],
)
def test_obstacles_of_v3(members: dict[str, Any], reason: str) -> None:
    assert reason in v3(**members).obstacle


@pytest.mark.parametrize(
    "members",
    [
        {"storage_transformers": []},
        {"storage_transformers": None},
        {"hint": {"must_understand": False}},
        {"codecs": [{"name": "bitround"}]},
        {"data_type": {"name": "optional"}},
    ],
)
def test_what_is_no_obstacle_to_a_plan(members: dict[str, Any]) -> None:
    assert v3(**members).obstacle is None


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"chunks": [0, 5]}, "chunk grid"),
        ({"chunks": True}, "chunk grid"),
        ({"dimension_separator": "-"}, "chunk key encoding"),
    ],
)
def test_obstacles_of_v2(members: dict[str, Any], reason: str) -> None:
    assert reason in v2(**members).obstacle


def test_must_understand_needs_the_truth_value() -> None:
    for value in (True, None, 0, "false"):
        assert v3(hint={"must_understand": value}).extensions == ("hint",)


def test_equal_layouts_have_equal_digests_and_formats_are_told_apart() -> None:
    assert v3().digest == v3().digest
    assert v3().digest != v3(fill_value=0.0).digest
    assert v3(fill_value=0).digest != v3(fill_value=0.0).digest
    text = canonical_json(V3)
    assert parse_layout_v3(V3, text).digest != parse_layout_v2(V3, text).digest


def test_a_layout_comes_back_from_its_text() -> None:
    for layout in (v3(codecs=[SHARDED], fill_value=10**25), v2(fill_value="NaN"), v3(hint={"must_understand": False})):
        assert layout_from_json(layout.json, layout.zarr_format) == layout


def test_the_document_of_an_array_comes_back() -> None:
    assert array_document(v3(), (100, 200), ("y", None)) == {
        **V3,
        "shape": [100, 200],
        "node_type": "array",
        "dimension_names": ["y", None],
    }
    assert "dimension_names" not in array_document(v3(), (100, 200), (None, None))
    assert array_document(v2(), (100, 200), ("y", "x")) == {**V2, "shape": [100, 200]}
