"""Do stores in a zip, in a mapping and in a Store of zarr-python keep the promises of every store?"""

import zipfile
from pathlib import Path
from typing import Any

import fsspec
import pytest
from zarr.abc.store import Store
from zarr.core.buffer import cpu
from zarr.core.sync import sync
from zarr.storage import FsspecStore, LocalStore, MemoryStore, ZipStore

from catalog.errors import NotFoundError
from tests.support.zips import zip_folder
from tests.unit.stores.suite import Place, StoreTests, documents_of
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, consolidated2, consolidated3


class ContainerTests(StoreTests):
    """The same promises; only requests are counted in another way."""

    opening = 0

    def test_consolidated_v3_takes_one_request(self) -> None:
        root = consolidated3({"a": array3(), "b": GROUP3})
        harvest = self.put({"zarr.json": root, "a/zarr.json": array3(), "b/zarr.json": GROUP3}).harvest()
        assert (harvest.route, harvest.key, harvest.complete) == ("consolidated", "zarr.json", True)
        assert documents_of(harvest) == {"zarr.json": root}
        assert self.opening <= harvest.requests <= self.opening + 1

    def test_consolidated_v2_takes_two_requests_and_one_when_its_key_is_known(self) -> None:
        place = self.put({".zmetadata": consolidated2({".zgroup": GROUP2, "a/.zarray": array2()}), ".zgroup": GROUP2})
        first, again = place.harvest(), place.harvest(known_key=".zmetadata")
        assert (again.documents, again.key) == (first.documents, ".zmetadata")
        assert self.opening <= again.requests <= first.requests <= self.opening + 2

    def test_a_v3_array_at_the_root_is_a_store_of_its_own(self) -> None:
        harvest = self.put({"zarr.json": array3(), "c/0": b"\1\2\3\4"}).harvest()
        assert (harvest.route, harvest.complete, documents_of(harvest)) == ("single", True, {"zarr.json": array3()})


class ZipTests(ContainerTests):
    opening = 2  # what it is, and its end with the directory
    method, inside, ending = zipfile.ZIP_STORED, "", ".zip"

    def publish(self, folder: Path) -> Place:
        return Place(str(zip_folder(folder, folder.parent / f"a store{self.ending}", method=self.method, inside=self.inside)))

    def test_many_keys_are_read_at_once(self) -> None:
        source = self.put({f"n{i}": bytes([i]) for i in range(50)} | {"empty": b"", "zarr.json": GROUP3}).source()
        outcome = source.read_many([*(f"n{i}" for i in range(60)), "empty"], 10)
        assert list(outcome.values()) == [bytes([i]) for i in range(50)] + [None] * 10 + [b""]

    def test_another_key_can_be_named(self) -> None:
        document = consolidated2({".zgroup": GROUP2})
        place = self.put({".zgroup": GROUP2, "meta/all": document, ".zmetadata": consolidated2({})})
        harvest = place.harvest(metadata_key="meta/all")
        assert (harvest.key, documents_of(harvest)) == ("meta/all", {"meta/all": document})
        with pytest.raises(NotFoundError, match="none/such"):
            place.harvest(metadata_key="none/such")

    def test_it_says_that_it_is_a_zip(self) -> None:
        assert self.put({"zarr.json": GROUP3}).harvest().container == "zip"


class TestStoredZip(ZipTests):
    pass


class TestDeflatedZip(ZipTests):
    method = zipfile.ZIP_DEFLATED


class TestOzx(ZipTests):
    ending = ".ozx"


class TestZipByContent(ZipTests):
    """A zip whose name does not say so."""

    ending = ".data"


class TestZipWithTheFolder(ZipTests):
    """The store's folder in the zip, not only what is in it; here the folder itself cannot be a store without a document."""

    method, inside = zipfile.ZIP_DEFLATED, "data.zarr"


class TestZipWithFoldersAround(ZipTests):
    inside = "some/where/data.zarr"


class TestMapping(ContainerTests):
    def publish(self, folder: Path) -> Place:
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        return Place("memory://mine", {"store": files})


class TestMapper(ContainerTests):
    def publish(self, folder: Path) -> Place:
        return Place("s3://anything/at all", {"store": fsspec.get_mapper(str(folder))})


class ZarrStoreTests(ContainerTests):
    def store(self, folder: Path) -> Store:
        raise NotImplementedError

    def publish(self, folder: Path) -> Place:
        return Place(str(folder), {"store": self.store(folder)})


class TestMemoryStore(ZarrStoreTests):
    def store(self, folder: Path) -> Store:
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        return MemoryStore({key: cpu.Buffer.from_bytes(data) for key, data in files.items()})


class TestLocalStore(ZarrStoreTests):
    def store(self, folder: Path) -> Store:
        return LocalStore(folder, read_only=True)


class TestZipStore(ZarrStoreTests):
    def store(self, folder: Path) -> Store:
        return ZipStore(zip_folder(folder, folder.parent / "inner.zip"), mode="r")


class TestFsspecStore(ZarrStoreTests):
    def store(self, folder: Path) -> Store:
        return FsspecStore.from_url(f"file://{folder}", read_only=True)


def test_a_store_is_left_open(tmp_path: Path) -> None:
    store = MemoryStore({"zarr.json": cpu.Buffer.from_bytes(GROUP3)})
    harvest = Place("memory://x", {"store": store}).harvest()
    assert (harvest.container, documents_of(harvest)) == ("injected", {"zarr.json": GROUP3})
    sync(store.set("zarr.json", cpu.Buffer.from_bytes(b"{}")))


@pytest.mark.parametrize("store", [1, "text", object(), [b"x"]])
def test_what_is_no_store_is_refused(store: Any) -> None:
    with pytest.raises(ValueError, match=type(store).__name__):
        Place("memory://x", {"store": store}).source()
