"""Does every route to one store give the same graphs and the same values?"""

import json
import shutil
import uuid
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
import icechunk
import numpy as np
import pytest
import zarr
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from zarr.core.buffer import cpu
from zarr.core.sync import sync
from zarr.storage import LocalStore, MemoryStore

from catalog.errors import NotFoundError
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.hierarchy import Description, describe
from catalog.rdf.iris import Iris
from catalog.stores.credentials import S3, Credentials
from tests.support.http_server import WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.trees import tree_of
from tests.support.zips import zip_folder
from tests.unit.stores.suite import Place
from tests.unit.stores.trees import documents_in

VALUES = np.arange(60, dtype="<i4").reshape(6, 10)
LINKED = {
    "@context": {"ex": "http://example.org/", "name": "ex:name"},
    "@id": "http://example.org/sample/1",
    "@type": "ex:Sample",
    "name": "Probe: größer als 0 °C",
}
ODD = ["my group", "größe", "100%", "a%2fb", "q?x=1&y", "#1", "…", "ünï/çødé", "datetime64[10ms].zarr"]


def write_store(folder: Path, zarr_format: int) -> None:
    """Groups and arrays with every kind of attribute, JSON-LD, odd names, missing chunks, and fill values that are no numbers."""
    root = zarr.create_group(
        folder, zarr_format=zarr_format, attributes={"title": "Grüße", "n": 1, "list": [1, 2.5, None], **LINKED}
    )
    for number, name in enumerate(ODD):
        root.create_group(name, attributes={"number": number, "nested": {"a": {"b": [True, False]}}})
    dimensions: dict[str, Any] = {"dimension_names": ["y", "x"]} if zarr_format == 3 else {}
    plain = root.create_array("my group/plain", shape=VALUES.shape, chunks=(2, 5), dtype="<i4", fill_value=-1, **dimensions)
    plain[:4] = VALUES[:4]
    plain.attrs.update({"units": "m", "_ARRAY_DIMENSIONS": ["y", "x"]} if zarr_format == 2 else {"units": "m"})
    root.create_array("größe/nan", shape=(3,), dtype="<f8", fill_value=float("nan"))
    root.create_array("größe/scalar", shape=(), dtype="<f4", fill_value=float("-inf"))


@dataclass
class Put:
    """Where a written store is put, by each route; ``folder`` is as it was written, ``whole`` has a consolidated copy too."""

    folder: Path
    whole: Path
    zarr_format: int
    web: WebServer
    s3: S3Server
    tmp: Path
    documents: dict[str, bytes] = field(default_factory=dict)

    def s3_place(self, key: str) -> Place:
        credentials = Credentials({"s3://": S3(KEY, SECRET, endpoint_url=self.s3.url)})
        return Place(f"s3://routes/{key}", {"credentials": credentials})

    @property
    def consolidated_key(self) -> str:
        return "zarr.json" if self.zarr_format == 3 else ".zmetadata"


def by_memory(put: Put) -> Place:
    system, name = MemoryFileSystem(), uuid.uuid4().hex
    for path in put.folder.rglob("*"):
        if path.is_file():
            system.pipe_file(f"/{name}/{path.relative_to(put.folder).as_posix()}", path.read_bytes())
    return Place(f"memory://{name}")


def by_web(put: Put, source: Path) -> Place:
    name = uuid.uuid4().hex + source.suffix
    if source.is_dir():
        shutil.copytree(source, put.web.folder / name)
    else:
        shutil.copy(source, put.web.folder / name)
    return Place(f"{put.web.url}/{name}")


def by_s3(put: Put, source: Path) -> Place:
    name = uuid.uuid4().hex + source.suffix
    if source.is_dir():
        put.s3.upload(source, "routes", name)
    else:
        put.s3.put("routes", [(name, source.read_bytes())])
    return put.s3_place(name)


def by_tree(put: Put) -> Place:
    target = put.tmp / "tree.json"
    target.write_text(json.dumps(tree_of(zarr.open_group(put.folder, mode="r"), put.documents)))
    return Place(str(target))


def by_document(put: Put) -> Place:
    return Place(str(shutil.copy(put.whole / put.consolidated_key, put.tmp / "lone")))


def by_references(put: Put) -> Place:
    refs = {key: data.decode() for key, data in put.documents.items()}
    here = shutil.copytree(put.folder, put.tmp / "targets")
    chunks = {p.relative_to(here).as_posix(): [p.as_uri()] for p in here.rglob("*") if p.is_file()}
    target = put.tmp / "refs.json"
    target.write_text(json.dumps({"version": 1, "refs": chunks | refs}))
    return Place(str(target))


def by_mapping(put: Put) -> Place:
    files = {p.relative_to(put.folder).as_posix(): p.read_bytes() for p in put.folder.rglob("*") if p.is_file()}
    return Place("memory://mine", {"store": files})


def by_memory_store(put: Put) -> Place:
    files = {p.relative_to(put.folder).as_posix(): p.read_bytes() for p in put.folder.rglob("*") if p.is_file()}
    return Place("memory://mine", {"store": MemoryStore({key: cpu.Buffer.from_bytes(data) for key, data in files.items()})})


def by_icechunk(put: Put) -> Place:
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(put.tmp / "repository")))
    session = repository.writable_session("main")
    keys = sorted((p.relative_to(put.folder).as_posix() for p in put.folder.rglob("*") if p.is_file()), key=_parents_first)
    for key in keys:
        sync(session.store.set(key, cpu.Buffer.from_bytes((put.folder / key).read_bytes())))
    session.commit("the store")
    return Place(f"icechunk+{(put.tmp / 'repository').as_uri()}")


def _parents_first(key: str) -> tuple[bool, int]:
    return not key.endswith("zarr.json"), key.count("/")


ROUTES: dict[str, Callable[[Put], Place]] = {
    "folder": lambda put: Place(str(put.folder)),
    "folder, consolidated": lambda put: Place(str(put.whole)),
    "zip": lambda put: Place(str(zip_folder(put.folder, put.tmp / "s.zip"))),
    "zip, deflated, with its folder": lambda put: Place(
        str(zip_folder(put.folder, put.tmp / "s.zip", inside="some/s.zarr", method=zipfile.ZIP_DEFLATED))
    ),
    "zip, consolidated": lambda put: Place(str(zip_folder(put.whole, put.tmp / "s.zip"))),
    "http": lambda put: by_web(put, put.folder),
    "http, consolidated": lambda put: by_web(put, put.whole),
    "http, zip": lambda put: by_web(put, zip_folder(put.folder, put.tmp / "s.zip")),
    "s3": lambda put: by_s3(put, put.folder),
    "s3, consolidated": lambda put: by_s3(put, put.whole),
    "s3, zip": lambda put: by_s3(put, zip_folder(put.folder, put.tmp / "s.zip", method=zipfile.ZIP_DEFLATED)),
    "memory": by_memory,
    "file system": lambda put: Place(str(put.folder), {"store": LocalFileSystem()}),
    "mapper": lambda put: Place("memory://mine", {"store": fsspec.get_mapper(str(put.folder))}),
    "mapping": by_mapping,
    "zarr LocalStore": lambda put: Place("memory://mine", {"store": LocalStore(put.folder)}),
    "zarr MemoryStore": by_memory_store,
    "tree": by_tree,
    "lone document": by_document,
    "references": by_references,
    "icechunk": by_icechunk,
}
WITHOUT_CHUNKS = {"tree", "lone document"}
CASES = [(fmt, route) for fmt in (2, 3) for route in ROUTES if (fmt, route) != (2, "icechunk")]  # which holds v3 only


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with WebServer(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> S3Server:
    s3.make_bucket("routes")
    return s3


@pytest.fixture(scope="module")
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, web: WebServer, bucket: S3Server) -> Put:
    folder = tmp_path_factory.mktemp("written")
    write_store(folder / "s", request.param)
    shutil.copytree(folder / "s", folder / "whole")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr says that consolidated v3 metadata are not in the specification yet
        zarr.consolidate_metadata(folder / "whole", zarr_format=request.param)
    return Put(folder / "s", folder / "whole", request.param, web, bucket, folder, documents_in(folder / "s"))


@pytest.fixture
def put(written: Put, tmp_path: Path) -> Put:
    return Put(written.folder, written.whole, written.zarr_format, written.web, written.s3, tmp_path, written.documents)


def described(place: Place) -> Description:
    harvest = place.harvest()
    assert harvest.complete
    return describe(parse_hierarchy(harvest.documents), "the-store", Iris())


@pytest.mark.parametrize(("written", "route"), CASES, indirect=["written"])
def test_every_route_gives_the_same_graphs(put: Put, route: str) -> None:
    found, wanted = described(ROUTES[route](put)), described(Place(str(put.folder)))
    assert found.structure == wanted.structure
    assert found.asserted == wanted.asserted
    assert b"http://example.org/sample/1" in found.asserted
    assert all(name.split("/")[0].encode() in found.structure for name in ODD if name.isascii() and "%" not in name)


@pytest.mark.parametrize(("written", "route"), CASES, indirect=["written"])
def test_every_route_gives_the_same_values_or_says_that_there_are_none(put: Put, route: str) -> None:
    place = ROUTES[route](put)
    name = ".zarray" if put.zarr_format == 2 else "zarr.json"
    document = put.documents[f"my group/plain/{name}"]
    if route in WITHOUT_CHUNKS:
        with pytest.raises(NotFoundError, match="no chunks"):
            place.array("my group/plain", document, put.zarr_format)
        return
    wanted = VALUES.copy()
    wanted[4:] = -1
    with place.array("my group/plain", document, put.zarr_format) as reader:
        np.testing.assert_array_equal(reader.read(), wanted)
        np.testing.assert_array_equal(reader.read((slice(1, 3), 7)), wanted[1:3, 7])


@pytest.mark.parametrize("written", [2, 3], indirect=True)
def test_the_container_is_told(put: Put) -> None:
    told = {route: ROUTES[route](put).harvest().container for route in ROUTES if route != "icechunk" or put.zarr_format == 3}
    assert {route for route, kind in told.items() if kind == "zip"} == {route for route in told if "zip" in route}
    assert {route for route, kind in told.items() if kind == "injected"} == {
        "file system",
        "mapper",
        "mapping",
        "zarr LocalStore",
        "zarr MemoryStore",
    }
    assert {told["tree"], told["lone document"], told["references"]} == {"tree", "document", "references"}
    assert told.get("icechunk", "icechunk") == "icechunk"


@pytest.mark.parametrize("written", [3], indirect=True)
def test_chunks_of_a_zip_on_a_server_are_read_by_ranges(put: Put) -> None:
    noise = np.random.default_rng(1).integers(0, 2**31, (1000, 1000), "<i4")
    extra = zarr.create_array(
        put.tmp / "big.zarr", shape=noise.shape, chunks=(100, 1000), dtype="<i4", zarr_format=3, compressors=None
    )
    extra[:] = noise
    place = by_web(put, zip_folder(put.tmp / "big.zarr", put.tmp / "big.zip"))
    size = (put.tmp / "big.zip").stat().st_size
    put.web.requests.clear()
    with place.array("", (put.tmp / "big.zarr" / "zarr.json").read_bytes(), 3) as reader:
        np.testing.assert_array_equal(reader.read((slice(500, 600),)), noise[500:600])
    parts = [request.headers.get("range", "") for request in put.web.requests]
    assert len(parts) == 3
    assert all(part.startswith("bytes=") for part in parts)
    assert size > 4_000_000
