"""Is every array that is called readable opened by zarr-python, and every other one refused?

The judgement is made from the metadata alone; zarr-python is asked with the very documents, through the door that reads chunks.
"""

import itertools
import json
from pathlib import Path
from typing import Any

import numcodecs.registry
import pytest

from catalog.errors import CatalogError, MetadataError
from catalog.metadata.array import Array
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.metadata.layout import array_document
from catalog.metadata.pipeline import ARRAY_TO_ARRAY, ARRAY_TO_BYTES, BYTES_TO_BYTES, CODECS_V2
from catalog.stores.arrays import open_array
from catalog.stores.policy import DEFAULT_CODECS, ReadLimits
from tests.support.corpora import find_corpora
from tests.support.zarr_documents import array_v2, array_v3

EXPECTED_FILE = find_corpora() / "expected.json"
EXPECTED: dict[str, dict[str, Any]] = json.loads(EXPECTED_FILE.read_text()) if EXPECTED_FILE.is_file() else {}
NAMES = {"zarr.json", ".zarray", ".zgroup", ".zattrs"}
ANY_CODEC = DEFAULT_CODECS | {"pickle", "msgpack2", "nosuch", "bitshuffle", "unknown"}
ANY_SIZE = ReadLimits(max_item_bytes=2**62, max_chunk_bytes=2**62)


def opened(store: Path, array: Array) -> str | None:
    """Why zarr-python refuses an array, or None; codecs and sizes are no reason."""
    document = array_document(array.layout, array.shape, array.dimension_names)
    arguments: dict[str, Any] = {"zarr_format": array.zarr_format, "allowed_codecs": ANY_CODEC, "limits": ANY_SIZE}
    try:
        open_array(str(store), array.path, document, **arguments).close()
    except CatalogError as error:
        return str(error)
    return None


def disagreement(store: Path, array: Array) -> str:
    refusal = opened(store, array)
    if (refusal is None) == (array.unreadable is None):
        return ""
    return f"here: {array.unreadable}; zarr-python: {refusal}"


def hierarchy_of(root: Path) -> Hierarchy | None:
    paths = sorted(path for path in root.rglob("*") if path.name in NAMES)
    try:
        return parse_hierarchy([Document(path.relative_to(root).as_posix(), path.read_bytes()) for path in paths])
    except MetadataError:
        return None


def test_every_published_array_is_judged_as_zarr_python_does(corpora: Path) -> None:
    faults, counts = {}, {True: 0, False: 0}
    for store, expected in EXPECTED.items():
        hierarchy = hierarchy_of(corpora / store)
        for array in hierarchy.arrays if hierarchy else ():
            counts[array.unreadable is None] += 1
            if fault := disagreement(corpora / store, array):
                faults[store, array.path] = fault
            if array.path in expected["not_readable_by_zarr_python"] and array.unreadable is None:
                faults[store, array.path] = "was refused when the corpora were made"
    assert not faults
    assert counts[True] >= 603
    assert counts[False] >= 6


@pytest.mark.parametrize(
    ("store", "path"), [(store, path) for store in EXPECTED for path in EXPECTED[store]["not_readable_by_zarr_python"]]
)
def test_what_is_not_readable_is_described_whole_and_marked(corpora: Path, store: str, path: str) -> None:
    hierarchy = hierarchy_of(corpora / store)
    assert hierarchy
    (array,) = [array for array in hierarchy.arrays if array.path == path]
    assert array.unreadable
    folder = corpora / store / path
    name = "zarr.json" if (folder / "zarr.json").is_file() else ".zarray"
    stated = json.loads((folder / name).read_bytes())
    rebuilt = array_document(array.layout, array.shape, array.dimension_names)
    assert rebuilt == {key: value for key, value in stated.items() if key not in {"attributes", "consolidated_metadata"}}


# -- documents made up to differ in one respect --------------------------------------------------------------------------------

LITTLE = [{"name": "bytes", "configuration": {"endian": "little"}}]
GZIP = {"name": "gzip", "configuration": {"level": 5}}


def sharding(**settings: Any) -> list[dict[str, Any]]:
    whole = {"chunk_shape": [1], "codecs": LITTLE, "index_codecs": LITTLE, **settings}
    return [{"name": "sharding_indexed", "configuration": whole}]


def record(*fields: Any) -> dict[str, Any]:
    return {"name": "structured", "configuration": {"fields": list(fields)}}


FILLS: list[Any] = [
    0, -1, 300, 0.0, 1.5, True, None, "", "a", "NaN", "Infinity", "0x7fc00000", "0xff", [0, 0], [0.0, "NaN"], ["NaN"], "AAAA",
    "AA==", "!!", "NaT", 2**63, 2**64, {"a": 1}, [1, 2], [], "1", "-5", "1e3", {},
]  # fmt: skip
TYPES_V3: list[Any] = [
    "bool", "int8", "uint8", "int64", "uint64", "float16", "float32", "float64", "complex64", "string", "bytes",
    "variable_length_bytes", "r16", "raw", "float128", "bfloat16", {"name": "int8"}, {"name": "float32", "configuration": {}},
    {"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 1}},
    {"name": "numpy.datetime64", "configuration": {"unit": "s"}},
    {"name": "numpy.datetime64", "configuration": {"unit": "x", "scale_factor": 1}}, "numpy.datetime64",
    {"name": "fixed_length_utf32", "configuration": {"length_bytes": 8}},
    {"name": "null_terminated_bytes", "configuration": {"length_bytes": 3}}, {"name": "null_terminated_bytes"},
    {"name": "raw_bytes", "configuration": {"length_bytes": 3}}, {"name": "raw_bytes", "configuration": {"length_bytes": 0}},
    record(["a", "int8"], ["b", "float32"]), record(["a", "nosuch"]), record(), record(["a", "string"]),
    record(["a", "int8"], ["a", "int8"]), {"name": "optional", "configuration": {"name": "int8"}}, None, 5, [], "int32 ",
    {"name": "int32", "must_understand": False}, "variable_length_utf8",
]  # fmt: skip
TYPES_V2: list[Any] = [
    "|b1", "<b1", "|i1", "<i1", ">i2", "<i4", "|i4", "i4", "<u8", "<f2", "<f4", "<f16", "<c8", "|S3", "S3", "<S3", "|S0", "<U2",
    ">U1", "<U0", "|U2", "|V3", "|V0", "<V3", "|O", "<M8[s]", "<M8[10s]", "<M8[0s]", "<M8", "<m8[D]", "<M8[x]", "|M8[s]",
    [["a", "<i4"]], [["a", "<i4"], ["b", "|O"]], [["a", "<i4", [2]]], [["a", [["b", "<i4"]]]], [], None, 5, "", "float32", "<i3",
    [["", "<i4"]], [["a", "|S3"], ["b", "<M8[s]"]],
]  # fmt: skip
CODECS: list[Any] = [
    [], LITTLE, LITTLE * 2, [GZIP], [GZIP, *LITTLE], [*LITTLE, GZIP], [*LITTLE, {"name": "gzip"}], [*LITTLE, "gzip"], ["bytes"],
    [{"name": "bytes"}], [{"name": "bytes", "configuration": {"endian": "mixed"}}],
    [{"name": "endian", "configuration": {"endian": "little"}}],
    *([{"name": "transpose", "configuration": {"order": order}}, *LITTLE] for order in ([0], [1], [0, 1], "C", [True])),
    [*LITTLE, {"name": "transpose", "configuration": {"order": [0]}}],
    *([*LITTLE, {"name": "zstd", "configuration": given}] for given in ({"level": 99}, {"level": 3}, {"checksum": 1})),
    *([*LITTLE, {"name": "blosc", "configuration": given}] for given in ({"cname": "nosuch"}, {"cname": "lz4"}, {"x": 1})),
    [*LITTLE, {"name": "crc32c"}], [*LITTLE, {"name": "nosuch"}], [*LITTLE, {"name": "nosuch", "must_understand": False}],
    [*LITTLE, {**GZIP, "must_understand": False}], [*LITTLE, 5], [*LITTLE, None], None, "bytes", {"name": "bytes"},
    sharding(), sharding(chunk_shape=[2]), sharding(chunk_shape=[3]), sharding(chunk_shape=[1, 1]), sharding(chunk_shape=[0]),
    sharding(chunk_shape=None), sharding(codecs=[]), sharding(codecs=None), sharding(codecs=[*LITTLE, GZIP]),
    sharding(index_codecs=[*LITTLE, {"name": "crc32c"}]), sharding(index_codecs=[*LITTLE, GZIP]), sharding(index_codecs=None),
    sharding(index_location="start"), sharding(index_location="mid"), sharding(codecs=sharding()), sharding(x=1),
    sharding(codecs=[*LITTLE, {"name": "nosuch"}]), sharding(index_codecs=[*LITTLE, {"name": "nosuch"}]),
    [*sharding(), GZIP], [{"name": "sharding_indexed"}], [{"name": "vlen-utf8"}], [{"name": "vlen-bytes"}],
    [{"name": "bitround", "configuration": {"keepbits": 5}}, *LITTLE],
    [{"name": "numcodecs.packbits", "configuration": {}}, *LITTLE],
    [{"name": "numcodecs.bitround", "configuration": {"keepbits": 5}}, *LITTLE],
    [{"name": "numcodecs.delta", "configuration": {}}, *LITTLE], [*LITTLE, {"name": "numcodecs.zlib", "configuration": {"x": 1}}],
    [*LITTLE, {"name": "numcodecs.zlib", "configuration": {"level": 1}}], [*LITTLE, {"name": "numcodecs.zlib"}],
    [{"name": "cast_value", "configuration": {"data_type": "int32"}}, *LITTLE], [{"name": "scale_offset"}, *LITTLE],
]  # fmt: skip
STEPS_V2: list[Any] = [
    None, {}, [], "zlib", 5, {"id": 5}, {"id": "nosuch"}, {"id": "zlib", "x": 1}, {"id": "delta"},
    {"id": "delta", "dtype": "<f4"}, {"id": "json2"}, {"id": "msgpack2"}, {"id": "vlen-array", "dtype": "<f4"},
    *({"id": name} for name in sorted(CODECS_V2)),
]  # fmt: skip
MEMBERS_V2: list[Any] = [
    {"order": "A"}, {"order": None}, {"dimension_separator": "-"}, {"dimension_separator": None}, {"dimension_separator": "/"},
    {"zarr_format": 3}, {"zarr_format": "2"}, {"chunks": None}, {"chunks": [2, 2]}, {"chunks": [2.0]}, {"filters": []},
    {"filters": {}}, {"extra": 5}, {"shape": [0]}, {"shape": [2**63 - 1]}, {"shape": [], "chunks": []},
]  # fmt: skip
GRID = {"name": "regular", "configuration": {"chunk_shape": [2]}}
MEMBERS_V3: list[Any] = [
    *({"chunk_grid": grid} for grid in ("regular", {"name": "regular"}, {"name": "nosuch", "must_understand": False})),
    {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}}},
    {"chunk_grid": {**GRID, "must_understand": False}},
    {"chunk_grid": {"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[2, 2]]}}},
    *({"chunk_key_encoding": given} for given in ("default", {"name": "default"}, {"name": "v2"}, {"name": "nosuch"})),
    {"chunk_key_encoding": {"name": "default", "configuration": {"separator": "-"}}},
    {"chunk_key_encoding": {"name": "default", "configuration": {"x": 1}}},
    *({"storage_transformers": given} for given in ([], None, [{"name": "x"}], ["x"], 5)),
    *({"extension": given} for given in ({"must_understand": False}, {"must_understand": True}, 5, {}, None)),
    {"shape": [0]}, {"shape": [2**63 - 1]}, {"zarr_format": 3.0},
]  # fmt: skip


def made_up() -> dict[str, tuple[str, dict[str, Any]]]:
    """Name of a case → key and document of an array of four elements in chunks of two."""
    cases: dict[str, tuple[str, dict[str, Any]]] = {}

    def add(key: str, document: dict[str, Any], what: object) -> None:
        cases[f"{key} {json.dumps(what)}"] = key, document

    for kind, fill in itertools.product(TYPES_V3, FILLS):
        codecs = {"string": "vlen-utf8", "bytes": "vlen-bytes", "variable_length_bytes": "vlen-bytes"}.get(str(kind))
        members = {"data_type": kind, "fill_value": fill, "codecs": [{"name": codecs}] if codecs else LITTLE}
        add("zarr.json", array_v3([4], [2], **members), members)
    for kind, fill in itertools.product(TYPES_V2, FILLS):
        members = {"dtype": kind, "fill_value": fill, "filters": [{"id": "vlen-utf8"}] if kind == "|O" else None}
        add(".zarray", array_v2([4], [2], **members), members)
    for (kind, fill), codecs in itertools.product((("float32", 0.0), ("int8", 0), ("string", ""), ("bool", False)), CODECS):
        members = {"data_type": kind, "fill_value": fill, "codecs": codecs}
        add("zarr.json", array_v3([4], [2], **members), members)
    for step, place in itertools.product(STEPS_V2, ("compressor", "filters")):
        members = {place: [step] if place == "filters" else step}
        add(".zarray", array_v2([4], [2], **members), members)
    for member in MEMBERS_V2:
        add(".zarray", {**array_v2([4], [2]), **member}, member)
    for member in MEMBERS_V3:
        add("zarr.json", {**array_v3([4], [2]), **member}, member)
    for key, document in (("zarr.json", array_v3([4], [2])), (".zarray", array_v2([4], [2]))):
        for name in document:
            add(key, {member: value for member, value in document.items() if member != name}, f"without {name}")
    return cases


def array_of(key: str, document: dict[str, Any]) -> Array | None:
    try:
        (array,) = parse_hierarchy([Document(key, json.dumps(document).encode())]).arrays
    except MetadataError:
        return None
    return array


def test_made_up_documents_are_judged_as_zarr_python_does(tmp_path: Path) -> None:
    faults, seen = {}, {True: 0, False: 0}
    for case, (key, document) in made_up().items():
        array = array_of(key, document)
        if array is None:
            continue
        seen[array.unreadable is None] += 1
        if fault := disagreement(tmp_path, array):
            faults[case] = fault
    assert not faults
    assert seen[True] > 500
    assert seen[False] > 1500


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (array_v3([2**63], [2]), "9223372036854775808 elements"),
        (array_v2([2**70], [2]), "elements along a dimension"),
        (array_v2([4], [0]), "not a valid regular or rectilinear grid"),
        (array_v3([4], [True]), "not a valid regular or rectilinear grid"),
    ],
)
def test_stricter_than_zarr_python_on_purpose(tmp_path: Path, document: dict[str, Any], reason: str) -> None:
    """zarr-python opens these, and fails or guesses when values are asked for."""
    array = array_of("zarr.json" if "node_type" in document else ".zarray", document)
    assert array is not None
    assert reason in str(array.unreadable)
    assert opened(tmp_path, array) is None


def test_the_tables_name_what_the_libraries_have() -> None:
    import zarr.registry

    of_objects = {"pickle", "json2", "msgpack2", "vlen-array"}  # zarr-python has no data type for what they make
    registered = numcodecs.registry.codec_registry.items()
    shipped = {name for name, codec in registered if codec.__module__.startswith("numcodecs.")}  # kerchunk adds its own
    assert set(CODECS_V2) == shipped - of_objects
    v3 = {**ARRAY_TO_ARRAY, **ARRAY_TO_BYTES, **BYTES_TO_BYTES}
    for name in v3:
        assert zarr.registry.get_codec_class(name), name
    assert not set(v3) - DEFAULT_CODECS
