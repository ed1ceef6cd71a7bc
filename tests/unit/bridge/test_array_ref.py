"""Is what the graph rebuilds the array that was catalogued, with the location that the record states?"""

import json
from typing import Any

import pytest

from catalog.bridge.array_ref import read_refs, resolve
from catalog.bridge.node_ref import NodeRef
from catalog.errors import MetadataError, NotFoundError
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.metadata.document import Document
from catalog.metadata.layout import array_document
from tests.support.zarr_documents import array_v2, array_v3, group_v3
from tests.unit.bridge.catalogue import Catalogue, v3

BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
SHARDED = {"chunk_shape": [2, 2], "codecs": [BYTES], "index_codecs": [BYTES, {"name": "crc32c"}], "index_location": "start"}

ARRAYS: dict[str, dict[str, Any]] = {
    "plain": array_v3([4, 6], [2, 3]),
    "named": array_v3([4, 6, 8], dimension_names=["time", None, "time"]),
    "odd": array_v3([1, 2], dimension_names=['say "hi", \\ ☃', "a b"]),
    "scalar": array_v3([], []),
    "empty": array_v3([0, 5], [1, 5]),
    "nan": array_v3([3], fill_value="NaN"),
    "sharded": array_v3([8, 8], [4, 4], codecs=[{"name": "sharding_indexed", "configuration": SHARDED}]),
    "dotted": array_v3([3], chunk_key_encoding={"name": "v2", "configuration": {"separator": "."}}),
    "string": array_v3([3], data_type="string", fill_value=""),
    "unknown": array_v3([3], data_type={"name": "acme.decimal", "configuration": {"digits": 30}}),
    "huge": array_v3([2**62, 3], [1, 3]),
    "noted": array_v3([3], attributes={"units": "K", "_ARRAY_DIMENSIONS": ["x"]}),
    "same": array_v3([4, 6], [2, 3]),
}


def test_the_graph_rebuilds_every_v3_array(catalogue: Catalogue) -> None:
    hierarchy = catalogue.add("d", v3({"": group_v3(), **ARRAYS}), "https://data.example/d.zarr", "consolidated", "zarr.json")
    refs = catalogue.resolve("http://localhost:8000/datasets/d").refs
    assert [ref.path for ref in refs] == sorted(ARRAYS)
    for ref, array in zip(refs, hierarchy.arrays, strict=True):
        assert (ref.array.path, ref.array.shape, ref.array.layout) == (array.path, array.shape, array.layout)
        assert ref.array.dimension_names == array.dimension_names
        assert ref.digest == array.digest
        written = {key: value for key, value in ARRAYS[ref.path].items() if key != "attributes"}
        assert array_document(ref.array.layout, ref.array.shape, written.get("dimension_names", ())) == written
        assert (ref.location, ref.route, ref.metadata_key) == ("https://data.example/d.zarr", "consolidated", "zarr.json")
        assert ref.dataset == "http://localhost:8000/datasets/d"
        assert ref.iri == f"http://localhost:8000/datasets/d/nodes/{ref.path}"
    assert {ref.path: ref.array.dimension_names for ref in refs}["named"] == ("time", None, "time")
    assert {ref.path: ref.array.dimension_names for ref in refs}["odd"] == ('say "hi", \\ ☃', "a b")
    assert {ref.path: ref.array.dimension_names for ref in refs}["noted"] == ("x",)


def test_the_graph_rebuilds_v2_arrays(catalogue: Catalogue) -> None:
    fields = [["a", "<i4"], ["b", "|S3", [2]]]
    members: dict[str, dict[str, Any]] = {
        "fortran": array_v2([4, 6], [2, 3], order="F", dimension_separator="/"),
        "structured": array_v2([4], dtype=fields, fill_value=None),
        "nan": array_v2([4], fill_value="NaN", compressor={"id": "zlib", "level": 1}, filters=[{"id": "delta", "dtype": "<f4"}]),
    }
    documents = [Document(f"{path}/.zarray", json.dumps(member).encode()) for path, member in members.items()]
    documents.append(Document("fortran/.zattrs", json.dumps({"_ARRAY_DIMENSIONS": ["y", "x"]}).encode()))
    catalogue.add("d", documents)
    for path, member in members.items():
        ref = catalogue.ref("d", path)
        assert array_document(ref.array.layout, ref.array.shape) == member
        assert ref.array.zarr_format == 2
        assert ref.array.dimension_names == (("y", "x") if path == "fortran" else (None,) * len(member["shape"]))


def test_datasets_that_share_layouts_and_dimensions(catalogue: Catalogue) -> None:
    """Equal arrays have the same layout node in the graph of each dataset; each ref is its own all the same."""
    for dataset_id in ("one", "two"):
        catalogue.add(dataset_id, v3({"": group_v3(), "a": ARRAYS["odd"]}), f"file:///{dataset_id}")
    assert [catalogue.ref(each, "a").location for each in ("one", "two")] == ["file:///one", "file:///two"]
    assert catalogue.ref("two", "a").array.dimension_names == ('say "hi", \\ ☃', "a b")


def test_more_arrays_than_one_query_takes(catalogue: Catalogue) -> None:
    nodes = {f"a{number:04}": array_v3([number], [1], dimension_names=[f"d{number}"]) for number in range(1, 1203)}
    catalogue.add("d", v3({"": group_v3(), **nodes}))
    refs = catalogue.resolve("http://localhost:8000/datasets/d").refs
    assert [(ref.path, ref.array.shape, ref.array.dimension_names) for ref in refs] == [
        (f"a{number:04}", (number,), (f"d{number}",)) for number in range(1, 1203)
    ]


@pytest.mark.parametrize(("location", "told"), [("file:///private/d", ""), ("https://data.example/d", "https://data.example/d")])
def test_the_public_audience_is_not_told_where_things_lie_on_this_machine(
    tmp_path_factory: pytest.TempPathFactory, location: str, told: str
) -> None:
    with EmbeddedGraphStore(tmp_path_factory.mktemp("graphs"), "public") as store:
        public = Catalogue(store)
        public.add("d", v3({"": group_v3(), "a": ARRAYS["plain"]}), location)
        assert public.ref("d", "a").location == told


def test_an_array_that_went_away_in_between(catalogue: Catalogue) -> None:
    catalogue.add("d", v3({"": group_v3(), "a": ARRAYS["plain"]}))
    gone = NodeRef("http://localhost:8000/datasets/d/nodes/b", "d", "b", is_array=True)
    with pytest.raises(NotFoundError, match="no array in the catalogue any more"):
        read_refs(catalogue.store, [gone], catalogue.iris)
    catalogue.put("http://localhost:8000/datasets/d/record", b"")
    with pytest.raises(NotFoundError, match="no array in the catalogue any more"):
        catalogue.ref("d", "a")


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [(b'"[4,6]"', b'"[4,-6]"', "shape"), (b'"[4,6]"', b'"four"', "shape"), (b'\\"data_type\\"', b"data_type", "layout")],
)
def test_a_graph_that_was_tampered_with(catalogue: Catalogue, right: bytes, wrong: bytes, what: str) -> None:
    catalogue.add("d", v3({"": group_v3(), "a": ARRAYS["plain"]}))
    structure = catalogue.store.read_graph("http://localhost:8000/datasets/d")
    assert right in structure
    catalogue.put("http://localhost:8000/datasets/d", structure.replace(right, wrong))
    with pytest.raises(MetadataError, match=f"does not hold the {what} of .*/nodes/a as it was written"):
        resolve(catalogue.store, "http://localhost:8000/datasets/d/nodes/a")
