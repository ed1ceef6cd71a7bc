"""Is what a URL names told by its content, at the cost of no request for a folder?"""

import gzip
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import zarr
import zstandard
from fsspec.implementations.memory import MemoryFileSystem

from catalog.errors import InputError, LimitExceededError, MetadataError, NotFoundError
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.arrays import open_array
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from tests.support.trees import tree_of
from tests.support.zips import zip_folder
from tests.unit.stores.suite import Place, documents_of, kinds_of
from tests.unit.stores.trees import (
    GROUP2,
    GROUP3,
    array2,
    array3,
    consolidated2,
    consolidated3,
    documents_in,
    write,
    write_real,
)

V2 = consolidated2({".zgroup": GROUP2, "a/.zarray": array2()})
V3 = consolidated3({"a": array3()})
TREE = json.dumps({"zarr_format": 2, "attributes": {}, "members": {"a": json.loads(array2())}}).encode()
REFERENCES = json.dumps({"version": 1, "refs": {".zgroup": GROUP2.decode(), "a/.zarray": array2().decode()}}).encode()


def paths(place: Place, **options: Any) -> list[str]:
    return [node.path for node in parse_hierarchy(place.harvest(**options).documents).nodes]


@pytest.mark.parametrize("name", [".zmetadata", "zmetadata", "anything.json", "meta", "zarr.json"])
@pytest.mark.parametrize("document", [V2, V3], ids=["v2", "v3"])
def test_a_consolidated_document_alone_is_a_store_at_any_name(tmp_path: Path, name: str, document: bytes) -> None:
    (tmp_path / name).write_bytes(document)
    place = Place(str(tmp_path / name))
    harvest = place.harvest()
    assert (harvest.container, harvest.route, harvest.complete, harvest.requests) == ("document", "consolidated", True, 1)
    assert [each.data for each in harvest.documents] == [document]
    assert paths(place) == ["", "a"]
    assert place.harvest(known_key=harvest.key).documents == harvest.documents


@pytest.mark.parametrize("name", ["tree.json", "zarr.json", ".zgroup", "product"])
def test_a_whole_hierarchy_in_one_document_is_a_store_at_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(TREE)
    place = Place(str(tmp_path / name))
    assert (place.harvest().container, paths(place)) == ("tree", ["", "a"])


@pytest.mark.parametrize("data", [b"netcdf ref {\n}", b"ref/\0\0\xf1", b"", b"<html>"])
def test_compressed_files_of_other_kinds_are_refused_as_plain_ones_are(tmp_path: Path, data: bytes) -> None:
    for name, content in (("x.gz", gzip.compress(data)), ("x.json.zst", zstandard.compress(data))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="compressed file, and nothing that holds a Zarr store"):
            open_source(str(tmp_path / name))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
@pytest.mark.parametrize(("data", "kind"), [(V2, "document"), (TREE, "tree"), (REFERENCES, "references")])
def test_compressed_documents_are_unpacked(tmp_path: Path, pack: Any, data: bytes, kind: str) -> None:
    path = tmp_path / f"x.json.{'gz' if pack is gzip.compress else 'zst'}"
    path.write_bytes(pack(data))
    place = Place(str(path))
    assert (place.harvest().container, paths(place)) == (kind, ["", "a"])
    assert kind == "references" or documents_of(place.harvest()) == {"x.json": data}


def test_a_compressed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "b.json.zst").write_bytes(zstandard.compress(b"[" + b" " * (300 * 2**20)))
    with pytest.raises(LimitExceededError):
        open_source(str(tmp_path / "b.json.zst"))


def test_references_are_opened_as_such(tmp_path: Path) -> None:
    (tmp_path / "refs.json").write_bytes(REFERENCES)
    harvest = Place(str(tmp_path / "refs.json")).harvest()
    assert (harvest.container, set(documents_of(harvest))) == ("references", {".zgroup", "a/.zarray"})


def test_an_array_alone_is_a_store(tmp_path: Path) -> None:
    (tmp_path / "zarr.json").write_bytes(array3())
    harvest = Place(str(tmp_path / "zarr.json")).harvest()
    assert (harvest.container, harvest.route) == ("document", "single")


@pytest.mark.parametrize("name", ["zarr.json", ".zgroup"])
def test_the_document_of_one_group_is_refused_with_advice(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GROUP3 if name == "zarr.json" else GROUP2)
    with pytest.raises(InputError, match="name the folder"):
        open_source(str(tmp_path / name))


@pytest.mark.parametrize("data", [b"hello", b'{"a": 1}', b"[1, 2]", b"[]", b"\x89PNG", b"<html>", b"null"])
def test_a_file_that_holds_no_store_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(InputError, match="nothing that holds a Zarr store"):
        open_source(str(tmp_path / "x.json"))


def test_broken_json_is_refused_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'{"zarr_format": 2,\n "members": }')
    with pytest.raises(MetadataError) as caught:
        open_source(str(tmp_path / "x.json"))
    assert [(problem.kind, problem.line) for problem in caught.value.problems] == [("invalid-json", 2)]


@pytest.mark.parametrize(("data", "what"), [(TREE, "whole hierarchy"), (V2, "consolidated document")])
def test_there_are_no_chunks_in_a_document(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(NotFoundError, match=rf"{what}.*no chunks"):
        open_array(str(tmp_path / "x.json"), "a", json.loads(array2()), zarr_format=2)


def test_a_tree_may_lie_under_a_key_of_a_store(tmp_path: Path) -> None:
    place = Place(str(write(tmp_path / "s", {".zgroup": GROUP2, "tree.json": TREE})))
    assert place.harvest(metadata_key="tree.json").key == "tree.json"
    assert paths(place, metadata_key="tree.json") == ["", "a"]


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_tree_gives_the_nodes_of_the_store_it_was_made_from(tmp_path: Path, zarr_format: int) -> None:
    folder = write_real(tmp_path / "s", zarr_format)
    tree = tree_of(zarr.open_group(folder, mode="r"), documents_in(folder))
    (tmp_path / "t.json").write_text(json.dumps(tree))
    found = [parse_hierarchy(Place(str(path)).harvest().documents) for path in (folder, tmp_path / "t.json")]
    assert found[0].nodes == found[1].nodes


# -- where the name is asked for at all


class CountingMemory(MemoryFileSystem):
    """A file system in memory that counts what it is asked for."""

    protocol = "counted"
    asked: list[str] = []  # noqa: RUF012

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        self.asked.append(path)
        data: bytes = super().cat_file(path, start=start, end=end, **options)
        return data


@pytest.fixture
def memory() -> Any:
    system = CountingMemory(skip_instance_cache=True)
    system.asked.clear()
    return system


def test_a_folder_with_an_ordinary_name_costs_no_request(memory: CountingMemory) -> None:
    name = uuid.uuid4().hex
    for store in (f"{name}/s.zarr", f"{name}/plain", f"{name}/v1.2"):
        memory.pipe_file(f"/{store}/zarr.json", GROUP3)
        source = open_source(store, store=memory)
        assert (source.requests, memory.asked) == (0, [])


@pytest.mark.parametrize("ending", [".zip", ".json", ".parq", ".gz"])
def test_a_folder_that_is_called_like_a_file_is_a_folder(memory: CountingMemory, ending: str) -> None:
    name = uuid.uuid4().hex
    memory.pipe_file(f"/{name}/s{ending}/zarr.json", V3)
    source = open_source(f"{name}/s{ending}", store=memory)
    harvest = read_documents(source)
    assert (source.container, documents_of(harvest)) == ("injected", {"zarr.json": V3})
    assert harvest.requests == 2


def test_a_zip_in_a_file_system_of_the_callers_is_a_zip(memory: CountingMemory, tmp_path: Path) -> None:
    folder = write(tmp_path / "s", {"zarr.json": GROUP3, "a/zarr.json": array3()})
    name = uuid.uuid4().hex
    memory.pipe_file(f"/{name}/s.zip", zip_folder(folder, tmp_path / "s.zip").read_bytes())
    harvest = read_documents(open_source(f"{name}/s.zip", store=memory))
    assert (harvest.container, set(documents_of(harvest))) == ("zip", {"zarr.json", "a/zarr.json"})


# -- consolidated parts and both formats


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_consolidated_part_is_read_once_and_noted_and_is_a_store_of_its_own(
    tmp_path: Path, zarr_format: int, zipped: bool
) -> None:
    root = zarr.create_group(tmp_path / "s", zarr_format=zarr_format)
    inner = root.create_group("inner")
    inner.create_array("x", shape=(4,), dtype="i4")
    with pytest.warns(UserWarning, match="onsolidated metadata") if zarr_format == 3 else pytest.MonkeyPatch.context():
        zarr.consolidate_metadata(tmp_path / "s" / "inner", zarr_format=zarr_format)
    path = zip_folder(tmp_path / "s", tmp_path / "s.zip") if zipped else tmp_path / "s"
    harvest = Place(str(path)).harvest()
    assert (harvest.route, harvest.complete) == ("listing", True)
    assert [(p.path, p.kind, p.severity) for p in harvest.problems] == [("inner", "nested-consolidated", "info")]
    assert [node.path for node in parse_hierarchy(harvest.documents).nodes] == ["", "inner", "inner/x"]
    alone = Place(str(tmp_path / "s" / "inner")).harvest()
    assert (alone.route, kinds_of(alone)) == ("consolidated", [])
    assert [node.path for node in parse_hierarchy(alone.documents).nodes] == ["", "x"]


def test_both_formats_are_told_in_a_zip(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/.zarray": array2()})
    harvest = Place(str(zip_folder(folder, tmp_path / "s.zip"))).harvest()
    assert set(documents_of(harvest)) == {"zarr.json", "a/zarr.json"}
    assert [(p.path, p.kind, p.severity) for p in harvest.problems] == [("a", "both-formats", "info")]
