"""Does every spelling of a data type get the one name, and the size of an element?"""

from typing import Any

import pytest

from catalog.metadata.data_type import parse_data_type_v2, parse_data_type_v3

V2 = [
    ("|b1", "bool", 1),
    ("|i1", "int8", 1),
    ("|u1", "uint8", 1),
    ("<i2", "int16", 2),
    (">i4", "int32", 4),
    ("<i8", "int64", 8),
    ("<u2", "uint16", 2),
    ("<u4", "uint32", 4),
    ("<u8", "uint64", 8),
    ("<f2", "float16", 2),
    (">f4", "float32", 4),
    ("<f8", "float64", 8),
    ("<f16", "float128", 16),
    ("<c8", "complex64", 8),
    ("<c16", "complex128", 16),
    ("<M8[ns]", "numpy.datetime64", 8),
    ("<M8[10ms]", "numpy.datetime64", 8),
    ("<M8", "numpy.datetime64", 8),
    (">m8[D]", "numpy.timedelta64", 8),
    ("<m8[μs]", "numpy.timedelta64", 8),
    ("|S7", "null_terminated_bytes", 7),
    ("|S0", "null_terminated_bytes", 0),
    ("<U13", "fixed_length_utf32", 52),
    ("|V16", "raw_bytes", 16),
    ("|S2147483646", "null_terminated_bytes", 2147483646),
    ("<U500000000", "fixed_length_utf32", 2000000000),
]


@pytest.mark.parametrize(("document", "name", "size"), V2)
def test_v2_type_strings(document: str, name: str, size: int) -> None:
    found = parse_data_type_v2(document, None)
    assert (found.name, found.item_size, found.document) == (name, size, document)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("vlen-utf8", "string"),
        ("vlen-bytes", "variable_length_bytes"),
        ("vlen-array", "object"),
        ("pickle", "object"),
        ("json2", "object"),
        (None, "object"),
    ],
)
def test_v2_objects_are_what_their_first_filter_says(codec: str | None, name: str) -> None:
    found = parse_data_type_v2("|O", codec)
    assert (found.name, found.item_size) == (name, None)


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ([["x", "<f4"], ["y", "<i2"]], 6),
        ([["x", "<f8", [3, 2]]], 48),
        ([["x", "<i4", 5]], 20),
        ([["x", "<i4", []]], 4),
        ([["outer", [["a", "|u1"], ["b", "<u2", [4]]]], ["c", "<c16"]], 1 + 8 + 16),
        ([], 0),
        ([["x", "|O"], ["y", "<i2"]], None),
        ([["x", "<f4", [True]]], None),
        ([["x", "<f4", [-1]]], None),
        ([["x", "<f4", "3"]], None),
        ([["x"]], None),
        ([["x", "<f4", [1], "extra"]], None),
        (["<f4"], None),
        ([["x", "nonsense"]], None),
    ],
)
def test_v2_structured_types(fields: list[Any], size: int | None) -> None:
    found = parse_data_type_v2(fields, None)
    assert (found.name, found.item_size, found.document) == ("structured", size, fields)


@pytest.mark.parametrize(
    "document",
    [
        "float64",
        "<i3",
        "<f0",
        "<f12",
        "b1",
        "=f8",
        "<f8[ns]",
        "|b8",
        "<M4[ns]",
        "<M8[]",
        "<U",
        "|S",
        "<f٨",
        "|S99999999999",
        "<x4",
        "",
    ],
)
def test_v2_types_that_numpy_does_not_know_keep_their_own_name(document: str) -> None:
    found = parse_data_type_v2(document, None)
    assert (found.name, found.item_size) == (document, None)


@pytest.mark.parametrize("document", [None, 4, 1.5, True, {"name": "float32"}])
def test_v2_types_that_are_no_types_are_unknown(document: Any) -> None:
    found = parse_data_type_v2(document, None)
    assert (found.name, found.item_size, found.document) == ("unknown", None, document)


CORE = {
    "bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
    "float16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip


@pytest.mark.parametrize("name", CORE)
def test_v3_core_types_by_name_and_by_object(name: str) -> None:
    for document in (name, {"name": name}, {"name": name, "configuration": {}}):
        found = parse_data_type_v3(document)
        assert (found.name, found.item_size, found.document) == (name, CORE[name], document)


@pytest.mark.parametrize(
    ("document", "name", "size"),
    [
        ("string", "string", None),
        ("variable_length_utf8", "string", None),
        ("variable_length_bytes", "variable_length_bytes", None),
        ("bytes", "variable_length_bytes", None),
        ("r16", "raw_bytes", 2),
        ("r8", "raw_bytes", 1),
        ("r12", "r12", None),
        ("rx", "rx", None),
        ("bfloat16", "bfloat16", None),
        ({"name": "numpy.datetime64", "configuration": {"unit": "ms", "scale_factor": 10}}, "numpy.datetime64", 8),
        ({"name": "numpy.timedelta64", "configuration": {"unit": "generic", "scale_factor": 1}}, "numpy.timedelta64", 8),
        ({"name": "fixed_length_utf32", "configuration": {"length_bytes": 52}}, "fixed_length_utf32", 52),
        ({"name": "null_terminated_bytes", "configuration": {"length_bytes": 7}}, "null_terminated_bytes", 7),
        ({"name": "null_terminated_bytes", "configuration": {"length_bytes": True}}, "null_terminated_bytes", None),
        ({"name": "null_terminated_bytes", "configuration": {"length_bytes": -1}}, "null_terminated_bytes", None),
        ({"name": "raw_bytes", "configuration": {"length_bytes": 4}}, "raw_bytes", 4),
        ({"name": "structured", "configuration": {"fields": [["a", "int16"], ["b", "float64"]]}}, "structured", 10),
        ({"name": "struct", "configuration": {"fields": [{"name": "a", "data_type": "int8"}]}}, "structured", 1),
        ({"name": "structured", "configuration": {"fields": [["a", "string"]]}}, "structured", None),
        ({"name": "structured", "configuration": {"fields": "a"}}, "structured", None),
        ({"name": "optional", "configuration": {"name": "int32"}}, "optional", None),
        ({"name": "http://example.org/type", "configuration": None}, "http://example.org/type", None),
    ],
)
def test_v3_extensions(document: Any, name: str, size: int | None) -> None:
    found = parse_data_type_v3(document)
    assert (found.name, found.item_size, found.document) == (name, size, document)


@pytest.mark.parametrize("document", [None, 5, True, [], {}, {"name": 5}, {"configuration": {"name": "int8"}}])
def test_v3_types_without_a_name_are_unknown(document: Any) -> None:
    found = parse_data_type_v3(document)
    assert (found.name, found.item_size, found.document) == ("unknown", None, document)


def test_the_document_is_kept_as_canonical_json() -> None:
    found = parse_data_type_v3({"name": "numpy.datetime64", "configuration": {"unit": "ms", "scale_factor": 10}})
    assert found.json == '{"configuration":{"scale_factor":10,"unit":"ms"},"name":"numpy.datetime64"}'
