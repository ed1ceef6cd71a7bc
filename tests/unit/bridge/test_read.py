"""Are the values those of the array, for the price of the planned chunks and one look at the metadata?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import zarr

from catalog.bridge.chunk_plan import plan_chunks
from catalog.bridge.limits import PlanLimits
from catalog.bridge.read import StoreAccess, read_array
from catalog.bridge.selection import select
from catalog.errors import ForbiddenError, InputError, LimitExceededError, MetadataError, NotFoundError, StaleSnapshotError
from catalog.stores.gate import Outgoing
from catalog.stores.local import LocalFolder
from tests.support.zarr_documents import array_v2, array_v3, group_v3, write_documents, write_v3
from tests.unit.bridge.catalogue import Catalogue

BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
VALUES = np.arange(60, dtype="<f4").reshape(10, 6)


@pytest.fixture
def reads() -> Iterator[list[str]]:
    """The keys of all that is read from local stores, in order."""
    keys: list[str] = []
    original = LocalFolder.read

    def recorded(folder: LocalFolder, key: str, *args: Any) -> bytes | None:
        keys.append(key)
        return original(folder, key, *args)

    with mock.patch.object(LocalFolder, "read", recorded):
        yield keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with the same values in several layouts."""
    root = zarr.open_group(tmp_path / "store.zarr", mode="w", zarr_format=3)
    kinds: dict[str, dict[str, Any]] = {
        "plain": {"chunks": (4, 4)},
        "zipped": {"chunks": (4, 4), "compressors": [zarr.codecs.GzipCodec()], "dimension_names": ["y", "x"]},
        "sharded": {"chunks": (2, 2), "shards": (4, 4)},
        "whole": {"chunks": (10, 6), "chunk_key_encoding": {"name": "v2", "separator": "."}},
    }
    for name, members in kinds.items():
        root.create_array(name, shape=VALUES.shape, dtype=VALUES.dtype, **members)[...] = VALUES
    text = root.create_array("text", shape=(3,), chunks=(2,), dtype="string")
    text[:] = np.array(["", "größe", "b" * 300], dtype=object)
    root.create_array("one", shape=(), dtype="int16")[...] = 7
    return tmp_path / "store.zarr"


@pytest.mark.parametrize(
    "text", ["", "dim0=3", "dim0=2:9:3,dim1=-1", "dim0=::-1", "dim0=8:1:-3,dim1=4::-2", "dim0=5:5", "dim1=2:4"]
)
@pytest.mark.parametrize("path", ["plain", "zipped", "sharded", "whole"])
def test_values_for_the_price_of_the_plan(catalogue: Catalogue, folder: Path, reads: list[str], path: str, text: str) -> None:
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", path)
    selection = select(ref.array, text)
    reads.clear()
    found = read_array(ref, selection)
    index: dict[str, Any] = {
        "": (), "dim0=3": 3, "dim0=2:9:3,dim1=-1": np.s_[2:9:3, -1], "dim0=::-1": np.s_[::-1], "dim0=5:5": np.s_[5:5],
        "dim0=8:1:-3,dim1=4::-2": np.s_[8:1:-3, 4::-2], "dim1=2:4": np.s_[:, 2:4],
    }  # fmt: skip
    expected = VALUES[index[text]]
    assert (found.shape, found.dtype, found.tolist()) == (expected.shape, VALUES.dtype, expected.tolist())
    plan = plan_chunks(ref.array, selection)
    assert plan.shape == expected.shape
    assert reads[0] == f"{path}/zarr.json"
    assert set(reads[1:]) == set(plan.keys())
    if not plan.sharded:
        assert len(reads) == 1 + plan.objects


def test_everything_is_read_where_no_part_is_named(catalogue: Catalogue, folder: Path) -> None:
    catalogue.ingest("d", folder)
    assert read_array(catalogue.ref("d", "zipped")).tolist() == VALUES.tolist()
    scalar = read_array(catalogue.ref("d", "one"))
    assert isinstance(scalar, np.ndarray)
    assert (scalar.tolist(), scalar.shape, scalar.dtype) == (7, (), np.dtype("int16"))


def test_texts_keep_their_type_whatever_is_selected(catalogue: Catalogue, folder: Path) -> None:
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "text")
    whole = read_array(ref)
    assert whole.tolist() == ["", "größe", "b" * 300]
    for text, expected in [("dim0=1", "größe"), ("dim0=2:0:-1", ["b" * 300, "größe"]), ("dim0=3:", [])]:
        found = read_array(ref, select(ref.array, text))
        assert isinstance(found, np.ndarray)
        assert (found.tolist(), found.dtype) == (expected, whole.dtype)


def test_without_a_check_no_metadata_is_read(catalogue: Catalogue, folder: Path, reads: list[str]) -> None:
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "plain")
    reads.clear()
    read_array(ref, select(ref.array, "dim0=0,dim1=0"), check="never")
    assert reads == ["plain/c/0/0"]


def test_a_missing_chunk_is_full_of_the_fill_value(catalogue: Catalogue, folder: Path) -> None:
    catalogue.ingest("d", folder)
    (folder / "plain" / "c" / "0" / "0").unlink()
    assert read_array(catalogue.ref("d", "plain"))[:4, :4].tolist() == np.zeros((4, 4)).tolist()


TOO_MUCH = {
    "tera": (array_v3([2**20, 2**20], [1024, 1024]), "", "max_result_bytes"),
    "many": (array_v3([10**6], [1]), "", "max_chunks"),
    "sparse": (array_v3([2**40], [1]), "dim0=::1048576", "max_chunks"),
    "chunk": (array_v3([2**40], [2**28]), "dim0=3", "max_chunk_bytes"),
    "item": (
        array_v3([1], data_type={"name": "null_terminated_bytes", "configuration": {"length_bytes": 2**31}}),
        "",
        "max_item_bytes",
    ),
    "texts": (array_v3([2**30], [2**10], data_type="string", fill_value=""), "", "max_result_bytes"),
}


@pytest.mark.parametrize("path", TOO_MUCH)
def test_too_much_is_refused_before_anything_is_read(catalogue: Catalogue, tmp_path: Path, reads: list[str], path: str) -> None:
    document, text, limit = TOO_MUCH[path]
    write_v3(tmp_path / "store", {"": group_v3(), path: document})
    catalogue.ingest("d", tmp_path / "store")
    ref = catalogue.ref("d", path)
    reads.clear()
    with pytest.raises(LimitExceededError) as caught:
        read_array(ref, select(ref.array, text))
    assert caught.value.limit == limit
    assert reads == []


def test_limits_can_be_set(catalogue: Catalogue, folder: Path, reads: list[str]) -> None:
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "plain")
    reads.clear()
    with pytest.raises(LimitExceededError, match="CATALOG_READ__MAX_CHUNKS"):
        read_array(ref, limits=PlanLimits(max_chunks=5))
    assert reads == []
    assert read_array(ref, limits=PlanLimits(max_chunks=6)).shape == (10, 6)


def test_few_chunks_far_apart_are_read_without_walking_over_those_between(
    catalogue: Catalogue, tmp_path: Path, reads: list[str]
) -> None:
    """2^40 elements in chunks of ten: zarr-python by itself would look at a hundred thousand million of them."""
    write_v3(tmp_path / "store", {"": group_v3(), "far": array_v3([2**40, 2], [10, 2], dimension_names=["x", "c"])})
    chunk = tmp_path / "store" / "far" / "c" / str((2**39 + 5) // 10) / "0"
    chunk.parent.mkdir(parents=True)
    chunk.write_bytes(np.arange(20, dtype="<f4").tobytes())
    catalogue.ingest("d", tmp_path / "store")
    ref = catalogue.ref("d", "far")
    selection = select(ref.array, f"x=5::{2**38}")
    reads.clear()
    offset = (2**39 + 5) % 10
    assert read_array(ref, selection).tolist() == [[0, 0], [0, 0], [2 * offset, 2 * offset + 1], [0, 0]]
    assert set(reads[1:]) == set(plan_chunks(ref.array, selection).keys())
    assert len(reads) == 1 + 4
    turned = select(ref.array, f"x=::-{2**38},c=1")
    assert read_array(ref, turned).shape == (4,)


def test_an_empty_part_of_something_huge_is_free(catalogue: Catalogue, tmp_path: Path, reads: list[str]) -> None:
    write_v3(tmp_path / "store", {"": group_v3(), "a": array_v3([0, 2**40], [1, 10])})
    catalogue.ingest("d", tmp_path / "store")
    reads.clear()
    found = read_array(catalogue.ref("d", "a"))
    assert (found.shape, found.dtype) == ((0, 2**40), np.dtype("f4"))
    assert reads == ["a/zarr.json"]


def test_what_is_described_but_not_readable(catalogue: Catalogue, tmp_path: Path, reads: list[str]) -> None:
    nodes = {
        "type": array_v3([4], data_type={"name": "acme.decimal", "configuration": {}}),
        "codec": array_v3([4], codecs=[BYTES, {"name": "acme.zip", "configuration": {}}]),
        "grid": array_v3([4], chunk_grid={"name": "acme.hexagons", "configuration": {}}),
    }
    write_v3(tmp_path / "store", {"": group_v3(), **nodes})
    pickled = array_v2([4], dtype="|O", filters=[{"id": "vlen-utf8"}, {"id": "pickle"}], fill_value=None)
    write_documents(tmp_path / "store", {"pickled/.zarray": pickled})
    catalogue.ingest("d", tmp_path / "store")
    refs = {ref.path: ref for ref in catalogue.resolve("http://localhost:8000/datasets/d").refs}
    reads.clear()
    for path, kind, message in [
        ("type", MetadataError, "acme.decimal"),
        ("codec", ForbiddenError, "acme.zip"),
        ("grid", MetadataError, "described, but not readable here"),
        ("pickled", ForbiddenError, "pickle"),
    ]:
        with pytest.raises(kind, match=message):
            read_array(refs[path], check="never")
    assert reads == []


def test_codecs_and_protocols_are_the_callers_to_allow(catalogue: Catalogue, folder: Path) -> None:
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "zipped")
    with pytest.raises(ForbiddenError, match="gzip"):
        read_array(ref, access=StoreAccess(allowed_codecs=frozenset({"bytes"})))
    with pytest.raises(ForbiddenError, match="not allowed"):
        read_array(ref, access=StoreAccess(outgoing=Outgoing(frozenset({"https"}))))


def test_a_store_that_is_gone_or_not_told_of(catalogue: Catalogue, folder: Path) -> None:
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "plain")
    folder.rename(folder.with_name("elsewhere"))
    for check in ("always", "never"):
        with pytest.raises(NotFoundError):
            read_array(ref, check=check)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match=r"does not tell where the store of .*/nodes/plain lies"):
        read_array(replace(ref, location=""))


def test_a_selection_of_another_array_is_refused(catalogue: Catalogue, folder: Path) -> None:
    catalogue.ingest("d", folder)
    with pytest.raises(InputError, match="2 axes"):
        read_array(catalogue.ref("d", "text"), select(catalogue.ref("d", "plain").array))


def test_a_stale_array_is_read_only_when_told_to(catalogue: Catalogue, folder: Path, reads: list[str]) -> None:
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "plain")
    document = json.loads((folder / "plain" / "zarr.json").read_text())
    (folder / "plain" / "zarr.json").write_text(json.dumps({**document, "shape": [9, 6]}))
    reads.clear()
    with pytest.raises(StaleSnapshotError, match=r"the shape is \[9, 6\] and was \[10, 6\].*--force"):
        read_array(ref)
    assert reads == ["plain/zarr.json"]
    assert read_array(ref, check="never").tolist() == VALUES.tolist()
