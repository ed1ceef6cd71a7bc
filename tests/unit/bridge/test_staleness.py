"""Is a change that matters to reading noticed, told in words, and is one that does not matter let through?"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.read import read_array
from catalog.bridge.staleness import CheckLog, Policy, Within, check_by_policy, check_fresh
from catalog.errors import CatalogError, InputError, StaleSnapshotError, StoreForbiddenError
from catalog.stores.source import Source, open_source
from tests.support.zarr_documents import array_v2, array_v3, group_v3, write_documents, write_v3
from tests.unit.bridge.catalogue import Catalogue

Change = Callable[[dict[str, Any]], Any]
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
V3 = array_v3([4, 6], [2, 3], dimension_names=["y", "x"], fill_value="NaN", attributes={"units": "K"})
V2 = array_v2([4, 6], [2, 3], fill_value="NaN", compressor={"id": "zlib", "level": 1})


class CountingSource:
    """Hands requests on and keeps their keys; refuses what it is told to, as some stores do with what is not there."""

    def __init__(self, source: Source, refused: str = "") -> None:
        self._source, self._refused = source, refused
        self.keys: list[str] = []

    def read(self, key: str, max_bytes: int) -> bytes | None:
        self.keys.append(key)
        if self._refused and key.endswith(self._refused):
            raise StoreForbiddenError(f"{key} is refused")
        return self._source.read(key, max_bytes)

    def read_many(self, keys: Iterable[str], max_bytes: int) -> dict[str, bytes | CatalogError | None]:
        found: dict[str, bytes | CatalogError | None] = {}
        for key in keys:
            try:
                found[key] = self.read(key, max_bytes)
            except CatalogError as error:
                found[key] = error
        return found


def checked(ref: ArrayRef, folder: Path, refused: str = "") -> list[str]:
    """Check against the store as it is now; the keys that were read come back."""
    source = CountingSource(open_source(str(folder)), refused)
    check_fresh(ref, source)  # type: ignore[arg-type]
    return source.keys


def rewritten(path: Path, change: Change) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@pytest.fixture
def listed(catalogue: Catalogue, tmp_path: Path) -> tuple[Path, ArrayRef]:
    """A v3 store that was read document by document, and one array of it."""
    folder = write_v3(tmp_path / "store", {"": group_v3(), "g/a": V3})
    catalogue.ingest("d", folder)
    return folder, catalogue.ref("d", "g/a")


def test_an_unchanged_array_costs_one_request(listed: tuple[Path, ArrayRef]) -> None:
    folder, ref = listed
    assert checked(ref, folder) == ["g/a/zarr.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(shape=[3, 6]), "the shape is [3, 6] and was [4, 6]"),
        (lambda d: d.update(shape=[5, 7]), "the shape is [5, 7] and was [4, 6]"),
        (lambda d: d.update(shape=[4, 6, 1], dimension_names=None), "the shape is [4, 6, 1] and was [4, 6]"),
        (lambda d: d.update(shape=[5, 6], fill_value=1.0), "the shape is [5, 6] and was [4, 6]; the fill value is 1.0"),
        (lambda d: d.update(shape=[4]), "the shape is [4] and was [4, 6]"),
        (lambda d: d.update(data_type="float64"), 'the data type is "float64" and was "float32"'),
        (lambda d: d["chunk_grid"]["configuration"].update(chunk_shape=[4, 6]), 'the chunk shape is ["regular",[4,6]]'),
        (lambda d: d["chunk_key_encoding"]["configuration"].update(separator="."), 'the chunk key encoding is ["default","."]'),
        (lambda d: d["codecs"].append({"name": "crc32c"}), "the codec pipeline is"),
        (lambda d: d["codecs"][0]["configuration"].update(endian="big"), "the codec pipeline is"),
        (lambda d: d.update(fill_value=0.0), 'the fill value is 0.0 and was "NaN"'),
        (lambda d: d.update(dimension_names=["x", "y"]), 'the dimension names are ["x","y"] and were ["y","x"]'),
        (lambda d: d.update(storage_transformers=[{"name": "t"}]), 'the list of extensions is ["t"] and was []'),
    ],
)
def test_each_change_is_told(listed: tuple[Path, ArrayRef], change: Change, message: str) -> None:
    folder, ref = listed
    rewritten(folder / "g/a/zarr.json", change)
    with pytest.raises(StaleSnapshotError) as caught:
        checked(ref, folder)
    assert message in str(caught.value)
    assert "ingest it again, or use --force" in str(caught.value)


def test_all_changes_are_told_at_once(listed: tuple[Path, ArrayRef]) -> None:
    folder, ref = listed
    rewritten(folder / "g/a/zarr.json", lambda d: d.update(shape=[8, 6], data_type="int8", fill_value=1))
    with pytest.raises(StaleSnapshotError, match=r"the shape is.*; the data type is.*; the fill value is"):
        checked(ref, folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(attributes={"units": "degC", "new": [1]}),
        lambda d: d.pop("attributes"),
        lambda d: d.update(storage_transformers=[]),
        lambda d: d["chunk_key_encoding"].pop("configuration"),
        lambda d: d.update(note={"must_understand": False}),
        lambda d: d.update(dict(reversed(list(d.items())))),
    ],
)
def test_what_does_not_matter_to_reading_is_no_change(listed: tuple[Path, ArrayRef], change: Change) -> None:
    folder, ref = listed
    rewritten(folder / "g/a/zarr.json", change)
    assert checked(ref, folder) == ["g/a/zarr.json"]


@pytest.mark.parametrize(
    ("replace", "message"),
    [
        (lambda path: path.unlink(), "'g/a/zarr.json' is gone"),
        (lambda path: path.write_text("{"), "cannot be read"),
        (lambda path: path.write_text("{}"), "cannot be read"),
        (lambda path: path.write_text(json.dumps(group_v3())), "says that it is a group"),
    ],
)
def test_an_array_that_is_no_array_any_more(listed: tuple[Path, ArrayRef], replace: Callable[[Path], Any], message: str) -> None:
    folder, ref = listed
    replace(folder / "g/a/zarr.json")
    with pytest.raises(StaleSnapshotError, match="Ingest its dataset again") as caught:
        checked(ref, folder)
    assert message in str(caught.value)
    assert "--force" not in str(caught.value), "forced, it would be nothing but fill values"


def test_a_v2_array(catalogue: Catalogue, tmp_path: Path) -> None:
    attributes = {"_ARRAY_DIMENSIONS": ["y", "x"]}
    folder = write_documents(tmp_path / "store", {".zgroup": {"zarr_format": 2}, "a/.zarray": V2, "a/.zattrs": attributes})
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "a")
    assert ref.array.dimension_names == ("y", "x")
    assert checked(ref, folder) == ["a/.zarray", "a/.zattrs"]
    rewritten(folder / "a/.zarray", lambda d: d.update(filters=[], dimension_separator="."))
    assert checked(ref, folder) == ["a/.zarray", "a/.zattrs"]
    for member, value, message in [
        ("order", "F", 'the memory order is "F" and was "C"'),
        ("compressor", None, "the codec pipeline is []"),
    ]:
        write_documents(folder, {"a/.zarray": {**V2, member: value}})
        with pytest.raises(StaleSnapshotError) as caught:
            checked(ref, folder)
        assert message in str(caught.value)
    (folder / "a/.zarray").unlink()
    write_v3(folder, {"a": V3})
    with pytest.raises(StaleSnapshotError, match=r"'a/.zarray' is gone"):
        checked(ref, folder)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"_ARRAY_DIMENSIONS": ["x", "y"]}, 'the dimension names are ["x","y"] and were ["y","x"]'),
        ({"units": "K"}, 'the dimension names are [null,null] and were ["y","x"]'),
        (None, 'the dimension names are [null,null] and were ["y","x"]'),
        (b"{broken", 'the dimension names are [null,null] and were ["y","x"]'),
    ],
)
def test_dimension_names_of_a_v2_array(catalogue: Catalogue, tmp_path: Path, attributes: Any, message: str) -> None:
    named = {"_ARRAY_DIMENSIONS": ["y", "x"], "units": "K"}
    folder = write_documents(tmp_path / "store", {".zgroup": {"zarr_format": 2}, "a/.zarray": V2, "a/.zattrs": named})
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "a")
    write_documents(folder, {"a/.zattrs": {**named, "units": "degC"}})
    checked(ref, folder)
    (folder / "a/.zattrs").unlink()
    if attributes is not None:
        write_documents(folder, {"a/.zattrs": attributes})
    with pytest.raises(StaleSnapshotError) as caught:
        checked(ref, folder)
    assert message in str(caught.value)


def test_dimension_names_that_cannot_be_had_are_no_change(catalogue: Catalogue, tmp_path: Path) -> None:
    attributes = {"_ARRAY_DIMENSIONS": ["y", "x"]}
    folder = write_documents(tmp_path / "store", {".zgroup": {"zarr_format": 2}, "a/.zarray": V2, "a/.zattrs": attributes})
    catalogue.ingest("d", folder)
    assert checked(catalogue.ref("d", "a"), folder, refused=".zattrs") == ["a/.zarray", "a/.zattrs"]


def test_dimension_names_that_only_the_consolidated_document_has(catalogue: Catalogue, tmp_path: Path) -> None:
    documents = {".zgroup": {"zarr_format": 2}, "a/.zarray": V2}
    whole: dict[str, Any] = {"metadata": {**documents, "a/.zattrs": {"_ARRAY_DIMENSIONS": ["y", "x"]}}}
    folder = write_documents(tmp_path / "store", {**documents, ".zmetadata": whole})
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "a")
    assert ref.array.dimension_names == ("y", "x")
    assert checked(ref, folder) == ["a/.zarray", "a/.zattrs", ".zmetadata"]
    whole["metadata"]["a/.zattrs"] = {"_ARRAY_DIMENSIONS": ["v", "u"]}
    write_documents(folder, {".zmetadata": whole})
    with pytest.raises(StaleSnapshotError, match="dimension names"):
        checked(ref, folder)


def test_an_array_at_the_root(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = write_v3(tmp_path / "store", {"": V3})
    catalogue.ingest("d", folder)
    assert checked(catalogue.ref("d", ""), folder) == ["zarr.json"]


def consolidated_v2(folder: Path, zarray: dict[str, Any], key: str = ".zmetadata") -> Path:
    whole = {"zarr_consolidated_format": 1, "metadata": {".zgroup": {"zarr_format": 2}, "a/.zarray": zarray}}
    return write_documents(folder, {key: whole})


@pytest.mark.parametrize("key", [".zmetadata", ".all_metadata"])
def test_a_consolidated_document_stands_in_for_one_that_is_not_there(catalogue: Catalogue, tmp_path: Path, key: str) -> None:
    folder = consolidated_v2(tmp_path / "store", V2, key)
    catalogue.ingest("d", folder, key)
    ref = catalogue.ref("d", "a")
    assert checked(ref, folder) == ["a/.zarray", "a/.zattrs", key]
    assert checked(ref, folder, refused=".zarray") == ["a/.zarray", "a/.zattrs", key], "some stores refuse what is not there"
    write_documents(folder, {"a/.zarray": b"{broken"})
    assert checked(ref, folder) == ["a/.zarray", "a/.zattrs", key]
    consolidated_v2(folder, {**V2, "shape": [3, 6]}, key)
    with pytest.raises(StaleSnapshotError, match=r"the shape is \[3, 6\] and was \[4, 6\] \(in '" + key):
        checked(ref, folder)


def test_the_arrays_own_document_counts_more_than_the_consolidated_one(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = consolidated_v2(tmp_path / "store", V2)
    write_documents(folder, {"a/.zarray": {**V2, "shape": [3, 6]}})
    catalogue.ingest("d", folder)
    with pytest.raises(StaleSnapshotError, match="Either consolidate the store's metadata, ingest it again, or use --force"):
        checked(catalogue.ref("d", "a"), folder)


def test_an_array_that_left_the_consolidated_document_too(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = consolidated_v2(tmp_path / "store", V2)
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "a")
    write_documents(folder, {".zmetadata": {"metadata": {".zgroup": {"zarr_format": 2}}}})
    with pytest.raises(StaleSnapshotError, match="does not describe it"):
        checked(ref, folder)
    (folder / ".zmetadata").unlink()
    with pytest.raises(StaleSnapshotError, match=r"'.zmetadata' is gone"):
        checked(ref, folder)


def test_consolidated_v3(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = write_v3(tmp_path / "store", {"": group_v3(), "a": V3}, consolidate=True)
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "a")
    assert checked(ref, folder) == ["a/zarr.json"]
    (folder / "a/zarr.json").unlink()
    assert checked(ref, folder) == ["a/zarr.json", "zarr.json"]


def test_a_refusal_is_no_change(listed: tuple[Path, ArrayRef]) -> None:
    folder, ref = listed
    with pytest.raises(StoreForbiddenError):
        checked(ref, folder, refused="zarr.json")


def test_growth_along_one_axis_passes_with_a_note(listed: tuple[Path, ArrayRef]) -> None:
    folder, ref = listed
    before = read_array(ref, check="never").tolist()
    rewritten(folder / "g/a/zarr.json", lambda d: d.update(shape=[40, 6]))
    assert "grew along axis 0 after it was catalogued, from 4 to 40" in check_fresh(ref, open_source(str(folder)))
    notes: list[str] = []
    assert str(read_array(ref, tell=notes.append).tolist()) == str(before)
    assert len(notes) == 1
    rewritten(folder / "g/a/zarr.json", lambda d: d.update(shape=[40, 7]))
    with pytest.raises(StaleSnapshotError, match=r"\[40, 7\]"):
        check_fresh(ref, open_source(str(folder)))


class Clock:
    """Says what it is told to."""

    time = 100.0

    def __call__(self) -> float:
        return self.time


def looks(refs: Iterable[ArrayRef], folder: Path, policy: Policy, log: CheckLog | None) -> int:
    """How many times the store is asked."""
    opened: list[Source] = []

    def source() -> Source:
        opened.append(open_source(str(folder)))
        return opened[-1]

    for ref in refs:
        check_by_policy(ref, source, policy, log)
    return len(opened)


def test_the_policy_says_how_often_each_array_is_looked_at(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = write_v3(tmp_path / "store", {"": group_v3(), "a": V3, "b": V3})
    catalogue.ingest("d", folder)
    a, b = catalogue.ref("d", "a"), catalogue.ref("d", "b")
    clock = Clock()
    log = CheckLog(clock)
    assert looks([a, a], folder, "always", log) == 2
    assert looks([a, b], folder, "never", CheckLog()) == 0
    assert looks([a, a, b, b], folder, Within(10), log) == 1, "a was looked at just now, b never"
    clock.time += 10
    assert looks([a, b], folder, Within(10), log) == 0
    clock.time += 0.5
    assert looks([a, b], folder, Within(10), log) == 2
    assert looks([a, a], folder, Within(10), None) == 2, "nobody remembers"


def test_a_look_that_found_a_change_is_no_look_to_rely_on(listed: tuple[Path, ArrayRef]) -> None:
    folder, ref = listed
    log = CheckLog()
    original = (folder / "g/a/zarr.json").read_text()
    rewritten(folder / "g/a/zarr.json", lambda d: d.update(data_type="int8", fill_value=0))
    for _ in range(2):
        with pytest.raises(StaleSnapshotError):
            looks([ref], folder, Within(1000), log)
    (folder / "g/a/zarr.json").write_text(original)
    assert looks([ref, ref], folder, Within(1000), log) == 1


def test_what_was_grown_is_said_again_without_a_look(listed: tuple[Path, ArrayRef]) -> None:
    folder, ref = listed
    rewritten(folder / "g/a/zarr.json", lambda d: d.update(shape=[40, 6]))
    log, notes = CheckLog(), []
    for _ in range(2):
        read_array(ref, check=Within(1000), log=log, tell=notes.append)
    assert len(notes) == 2


def test_a_look_that_is_negative_seconds_ago_is_none() -> None:
    with pytest.raises(InputError, match="use 0 or more"):
        Within(-1)
