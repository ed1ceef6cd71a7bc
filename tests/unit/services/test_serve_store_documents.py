"""Does a client find in the served documents the hierarchy that the store has, consolidated at every group?

zarr-python writes the stores, consolidates them for comparison, and reads what is served.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import zarr
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from catalog.errors import NotFoundError
from catalog.metadata.document import Document
from catalog.services.serve_store_documents import ServedDocuments
from tests.support.served_stores import chunk_files, write_store

pytestmark = pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")
NAMES = ("zarr.json", ".zarray", ".zgroup", ".zattrs")


def single_documents(store: Path) -> list[Document]:
    files = (file for file in sorted(store.rglob("*")) if file.name in NAMES)
    return [Document(file.relative_to(store).as_posix(), file.read_bytes()) for file in files]


def consolidated_document(store: Path, zarr_format: int) -> Document:
    """What zarr-python consolidates the store to."""
    copy = store.with_suffix(".consolidated")
    shutil.copytree(store, copy, dirs_exist_ok=True)
    zarr.consolidate_metadata(copy)
    key = "zarr.json" if zarr_format == 3 else ".zmetadata"
    return Document(key, (copy / key).read_bytes())


def value(documents: ServedDocuments, key: str) -> Any:
    data = documents.read(key)
    assert data is not None, key
    return json.loads(data)


def opened(documents: ServedDocuments, keys: list[str]) -> zarr.Group:
    """What zarr-python makes of some of the documents alone."""
    found = {key: data for key in keys if (data := documents.read(key)) is not None}
    prototype = default_buffer_prototype()
    store = MemoryStore({key: prototype.buffer.from_bytes(data) for key, data in found.items()})
    return zarr.open_group(store, mode="r", use_consolidated=True)


@pytest.fixture(params=[2, 3])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    write_store(tmp_path / "s.zarr", request.param)
    return tmp_path / "s.zarr", request.param


class TestSingleDocuments:
    def test_they_are_given_byte_for_byte_groups_of_v3_with_what_lies_below(self, store: tuple[Path, int]) -> None:
        path, zarr_format = store
        originals = single_documents(path)
        served = ServedDocuments(originals)
        for document in originals:
            given = served.read(document.key)
            if zarr_format == 2 or json.loads(document.data).get("node_type") == "array":
                assert given == document.data
            else:
                plain = {key: each for key, each in value(served, document.key).items() if key != "consolidated_metadata"}
                assert plain == json.loads(document.data)

    def test_consolidated_metadata_are_those_that_zarr_python_makes(self, store: tuple[Path, int]) -> None:
        path, zarr_format = store
        served, expected = ServedDocuments(single_documents(path)), consolidated_document(path, zarr_format)
        made, wanted = value(served, expected.key), json.loads(expected.data)
        if zarr_format == 3:
            made, wanted = (each["consolidated_metadata"] for each in (made, wanted))
        else:
            assert made["zarr_consolidated_format"] == 1
        # zarr-python gives groups an empty consolidation of their own, in format 2, too
        bare = [{key: _bare(each) for key, each in both["metadata"].items()} for both in (made, wanted)]
        assert bare[0] == bare[1]

    def test_zarr_python_opens_the_root_and_each_group_by_its_one_document(self, store: tuple[Path, int]) -> None:
        path, zarr_format = store
        served, source = ServedDocuments(single_documents(path)), zarr.open_group(path, mode="r", use_consolidated=False)
        for group in ("", "deep", "deep/er"):
            head = f"{group}/" if group else ""
            names = ["zarr.json"] if zarr_format == 3 else [".zmetadata", ".zgroup", ".zattrs"]
            found = ServedDocuments([Document(name, data) for name in names[:1] if (data := served.read(head + name))])
            there = opened(found, names)
            here = source[group] if group else source
            assert isinstance(here, zarr.Group)
            assert {p: m.metadata.to_dict() for p, m in there.members(None) if isinstance(m, zarr.Array)} == {
                p: m.metadata.to_dict() for p, m in here.members(None) if isinstance(m, zarr.Array)
            }
            assert {p for p, m in there.members(None) if isinstance(m, zarr.Group)} == {
                p for p, m in here.members(None) if isinstance(m, zarr.Group)
            }


class TestOneDocument:
    def test_it_is_given_byte_for_byte_and_each_nodes_own_is_taken_out(self, store: tuple[Path, int]) -> None:
        path, zarr_format = store
        whole = consolidated_document(path, zarr_format)
        served = ServedDocuments([whole])
        assert served.read(whole.key) == whole.data
        for document in single_documents(path):
            if document.key != whole.key:
                assert _bare(value(served, document.key)) == _bare(json.loads(document.data)), document.key

    def test_v2_under_another_key_is_served_under_the_usual_one_too(self, tmp_path: Path) -> None:
        write_store(tmp_path / "s.zarr", 2)
        whole = consolidated_document(tmp_path / "s.zarr", 2)
        stripped = json.dumps({"metadata": json.loads(whole.data)["metadata"]}).encode()
        for key in (".all_metadata", ".zmetadata"):  # the second as kerchunk writes it, without the format that readers look for
            served = ServedDocuments([Document(key, stripped)])
            assert value(served, ".zmetadata")["metadata"].keys() == json.loads(whole.data)["metadata"].keys()
            assert value(served, ".zmetadata")["zarr_consolidated_format"] == 1
        assert ServedDocuments([Document(".all_metadata", stripped)]).read(".all_metadata") == stripped

    def test_a_whole_hierarchy_in_one_json(self) -> None:
        array = {"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i4", "compressor": None, "filters": None, "order": "C"}
        array |= {"fill_value": 0, "attributes": {"units": "K"}}
        tree = {"zarr_format": 2, "attributes": {"a": 1}, "members": {"g": {"members": {"x": array}, "attributes": {}}}}
        served = ServedDocuments([Document("tree.json", json.dumps(tree).encode())])
        assert value(served, "g/x/.zattrs") == {"units": "K"}
        assert value(served, ".zgroup") == {"zarr_format": 2}
        assert opened(served, [".zmetadata", ".zgroup", ".zattrs"])["g/x"].shape == (4,)  # type: ignore[union-attr]

    def test_numbers_lose_nothing(self) -> None:
        text = (
            b'{"zarr_format":3,"node_type":"group","attributes":{"big":123456789012345678901234567890,"none":NaN,"up":Infinity}}'
        )
        inner = Document("zarr.json", b'{"zarr_format":3,"node_type":"group","attributes":{}}')
        served = ServedDocuments([inner, Document("a/zarr.json", text)])
        attributes = value(served, "zarr.json")["consolidated_metadata"]["metadata"]["a"]["attributes"]
        assert attributes["big"] == 123456789012345678901234567890
        assert str(attributes["none"]) == "nan"
        assert attributes["up"] == float("inf")


def _bare(document: Any) -> Any:
    return {key: each for key, each in document.items() if key != "consolidated_metadata"}


class TestChunks:
    def test_every_chunk_of_the_store_has_its_key_and_its_array(self, store: tuple[Path, int]) -> None:
        path, _ = store
        served = ServedDocuments(single_documents(path))
        arrays = {
            p: m for p, m in zarr.open_group(path, mode="r", use_consolidated=False).members(None) if isinstance(m, zarr.Array)
        }
        keys = chunk_files(path)
        assert len(keys) > 12
        for key in keys:
            place = served.chunk(key)
            assert place is not None
            own = arrays[place.array.path].metadata.encode_chunk_key(place.coordinates)
            assert key == f"{place.array.path}/{own}"

    def test_nothing_else_is_a_chunk(self, store: tuple[Path, int]) -> None:
        served = ServedDocuments(single_documents(store[0]))
        for key in (
            "",
            "grid",
            "grid/x",
            "deep/c/0/0",
            "deep/0.0",
            "grid/c/4/0",
            "grid/4.0",
            "none/c/0",
            "grid/c/0/0/0",
            "grid/zarr",
        ):
            assert served.chunk(key) is None
            assert served.read(key) is None

    def test_an_array_whose_keys_are_not_known_says_so(self) -> None:
        array = {
            "zarr_format": 3, "node_type": "array", "shape": [4], "data_type": "int8", "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}}, "codecs": [{"name": "bytes"}],
            "chunk_key_encoding": {"name": "hilbert"},
        }  # fmt: skip
        served = ServedDocuments([Document("zarr.json", json.dumps(array).encode())])
        assert served.read("zarr.json") is not None
        with pytest.raises(NotFoundError, match="hilbert"):
            served.chunk("c/0")
