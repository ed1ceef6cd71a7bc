"""Do the triples of a layout say what its document says?"""

import json
from typing import Any

import pytest

from catalog.metadata.document import canonical_json
from catalog.metadata.layout import Layout, parse_layout_v2, parse_layout_v3
from catalog.rdf.iris import Iris
from catalog.rdf.layout import MAX_LITERAL, layout_lines
from tests.support.reparse import RDF_TYPE, XSD, ZO, Facts, Value, facts_of, text_of

BYTES = {"name": "bytes", "configuration": {"endian": "big"}}
V3: dict[str, Any] = {
    "zarr_format": 3,
    "data_type": "float32",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [10, 20]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": "NaN",
    "codecs": [BYTES, {"name": "zstd", "configuration": {"level": 1, "checksum": False}}],
}
V2: dict[str, Any] = {
    "zarr_format": 2,
    "chunks": [10, 20],
    "dtype": ">i4",
    "compressor": {"id": "blosc", "cname": "lz4"},
    "filters": [{"id": "delta", "dtype": ">i4"}],
    "fill_value": None,
    "order": "F",
}


def v3(**members: Any) -> Layout:
    document = {**V3, **members}
    return parse_layout_v3(document, canonical_json(document))


def describe(layout: Layout) -> tuple[dict[str, set[Any]], list[dict[str, set[Any]]], Facts]:
    """What is said about the layout, about its codecs in order, and about everything."""
    found = facts_of("".join(layout_lines(layout, Iris())).encode())
    about = found[f"http://localhost:8000/layouts/{layout.digest[:24]}"]
    codecs = [found[str(each)] for each in about.get(ZO + "codecPipeline", ())]
    return about, sorted(codecs, key=lambda codec: int(text_of(codec[ZO + "position"]))), found


def json_literal(value: Any) -> set[Value]:
    return {Value(json.dumps(value, separators=(",", ":"), sort_keys=True), f"{ZO}json")}


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        ("string", "text"),
        ("bool", "boolean"),
        ("bytes", "bytes"),
        ("int8", None),
        ("complex64", None),
        ("float16", None),
        ({"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 1}}, "time"),
    ],
)
def test_what_is_no_number_is_said_so(stated: Any, kind: str | None) -> None:
    about, _, _ = describe(v3(data_type=stated))
    assert about.get(ZO + "elementKind", set()) == ({Value(kind, f"{XSD}string")} if kind else set())


def test_a_v3_layout() -> None:
    about, codecs, found = describe(v3())
    pipeline = about.pop(ZO + "codecPipeline")
    assert len(pipeline) == 2
    assert about == {
        RDF_TYPE: {f"{ZO}Layout"},
        ZO + "layoutDocument": json_literal(V3),
        ZO + "zarrFormat": {Value("3", f"{XSD}integer")},
        ZO + "dataType": {f"{ZO}dtype/float32"},
        ZO + "dataTypeName": {Value("float32")},
        ZO + "itemSize": {Value("4", f"{XSD}integer")},
        ZO + "chunkGrid": {Value("regular")},
        ZO + "chunkShape": json_literal([10, 20]),
        ZO + "chunkKeyEncoding": {Value("default /")},
        ZO + "fillValue": json_literal("NaN"),
    }
    assert codecs == [
        {
            RDF_TYPE: {f"{ZO}Codec"},
            ZO + "position": {Value("0", f"{XSD}integer")},
            ZO + "codecName": {Value("bytes")},
            ZO + "codecRole": {Value("codec")},
            ZO + "configuration": json_literal({"endian": "big"}),
        },
        {
            RDF_TYPE: {f"{ZO}Codec"},
            ZO + "position": {Value("1", f"{XSD}integer")},
            ZO + "codecName": {Value("zstd")},
            ZO + "codecRole": {Value("codec")},
            ZO + "configuration": json_literal({"level": 1, "checksum": False}),
        },
    ]
    assert len(found) == 3


def test_a_v2_layout() -> None:
    about, codecs, _ = describe(parse_layout_v2(V2, canonical_json(V2)))
    assert about[ZO + "zarrFormat"] == {Value("2", f"{XSD}integer")}
    assert about[ZO + "dataType"] == {f"{ZO}dtype/int32"}
    assert about[ZO + "order"] == {Value("F")}
    assert about[ZO + "chunkKeyEncoding"] == {Value("v2 .")}
    assert about[ZO + "fillValue"] == json_literal(None)
    assert [(text_of(each[ZO + "codecName"]), text_of(each[ZO + "codecRole"])) for each in codecs] == [
        ("delta", "filter"),
        ("blosc", "compressor"),
    ]
    assert ZO + "obstacle" not in about


def test_shards_hold_chunks() -> None:
    sharding = {"name": "sharding_indexed", "configuration": {"chunk_shape": [5, 4], "codecs": [BYTES], "index_codecs": [BYTES]}}
    about, codecs, _ = describe(v3(codecs=[sharding]))
    assert about[ZO + "shardShape"] == json_literal([10, 20])
    assert about[ZO + "chunkShape"] == json_literal([5, 4])
    assert codecs[0][ZO + "configuration"] == json_literal(sharding["configuration"])


def test_a_scalar_has_chunks_of_no_dimension() -> None:
    about, _, _ = describe(v3(chunk_grid={"name": "regular", "configuration": {"chunk_shape": []}}, codecs=["bytes"]))
    assert about[ZO + "chunkShape"] == json_literal([])
    assert ZO + "shardShape" not in about


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"chunk_grid": {"name": "rectilinear", "configuration": {}}}, "rectilinear"),
        ({"storage_transformers": [{"name": "cache"}]}, "cache"),
        ({"chunk_key_encoding": {"name": "suffix"}}, "suffix"),
    ],
)
def test_what_stands_in_the_way_is_said(members: dict[str, Any], words: str) -> None:
    about, _, _ = describe(v3(**members))
    assert words in text_of(about[ZO + "obstacle"])


def test_an_unknown_type_has_a_name_and_no_size() -> None:
    about, _, _ = describe(v3(data_type={"name": "optional", "configuration": {"name": "int32"}}))
    assert about[ZO + "dataType"] == {f"{ZO}dtype/optional"}
    assert ZO + "itemSize" not in about


def test_long_repetitions_are_left_out_and_the_document_is_whole() -> None:
    fill, configuration = "x" * MAX_LITERAL, {"dictionary": "y" * MAX_LITERAL}
    about, codecs, _ = describe(v3(fill_value=fill, codecs=[{"name": "zstd", "configuration": configuration}]))
    assert ZO + "fillValue" not in about
    assert ZO + "configuration" not in codecs[0]
    document = json.loads(text_of(about[ZO + "layoutDocument"]))
    assert (document["fill_value"], document["codecs"][0]["configuration"]) == (fill, configuration)


@pytest.mark.parametrize(
    "fill", ["NaN", "-Infinity", "0x7fc00000", 2**64, -(2**70), 0, 0.0, -0.0, True, None, [1.5, "NaN"], "AAAA"]
)
def test_fill_values_stay_exact(fill: Any) -> None:
    about, _, _ = describe(v3(fill_value=fill))
    for literal in (
        text_of(about[ZO + "fillValue"]),
        json.dumps(json.loads(text_of(about[ZO + "layoutDocument"]))["fill_value"]),
    ):
        assert json.dumps(json.loads(literal)) == json.dumps(fill)


def test_hostile_names_make_no_stray_triple() -> None:
    evil = '"> <http://evil.example/p> <http://evil.example/o> .\n<http://evil.example/s> <'
    document = v3(
        data_type=evil,
        chunk_grid={"name": evil},
        chunk_key_encoding={"name": evil, "configuration": {"separator": evil}},
        codecs=[{"name": evil, "configuration": {evil: evil}}],
    )
    about, codecs, found = describe(document)
    assert len(found) == 2
    assert about[ZO + "dataTypeName"] == {Value(evil)}
    assert codecs[0][ZO + "codecName"] == {Value(evil)}
