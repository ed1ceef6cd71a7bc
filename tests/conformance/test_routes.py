"""With one id, does every route to a published store give the same graphs, byte for byte?

What is compared is what an ingest put into the graph store: structure and asserted graph, with what was read of values. The
measure is the folder with each node's own document and without any consolidated copy, and nothing else about it.

Two kinds of routes cannot give the same, and what they give is held against it all the same: see `NAMES_ALL`, `WITHOUT_CHUNKS`.
"""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import fsspec
import pytest
from zarr.storage import LocalStore

from catalog.rdf.iris import ASSERTED
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores.credentials import S3, Credentials
from tests.support.corpora_table import CONSOLIDATED
from tests.support.http_server import WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.workspace import open_test_workspace
from tests.support.zips import zip_folder
from tests.unit.stores.trees import documents_in, write

ID = "the-store"
STORES = {
    "cfdm/example_field_0.zarr2": "CF, v2, with a copy",
    "titiler-xarray/test_zarr_store.zarr": "CF, v2, with a copy",
    "xcube/cube-1-250-250.levels/2.zarr": "CF, v2, with a copy; its time axis tells the extent",
    "modos-api/data/ex/data.zarr": "linked data, v3, with a copy, no arrays",
    "zarr-linked-data/test_store.zarr": "linked data, v2, with a copy of another name",
    "ngio/v04/images/test_image_czyx.zarr": "OME-Zarr 0.4, v2, label and table",
    "ngio/v05/images/test_image_czyx.zarr": "OME-Zarr 0.5, v3, label and table",
    "ome-zarr-models/examples/v04/hcs_example.ome.zarr": "OME-Zarr 0.4, a plate",
    "zarr-java/ome/v0.5_hcs": "OME-Zarr 0.5, a plate",
    "vitessce/anndata-0.11/anndata-dense.zarr": "AnnData, v2",
    "vitessce/anndata-0.12/anndata-dense.zarr": "AnnData, v3, with a copy",
    "zarrita-js/v2/data.zarr": "v2, all kinds of arrays, a name with spaces, with a copy",
    "zarrs/v3/array_optional_nested.zarr/array": "v3, the root is an array of a data type that is not readable",
}

WITH_COPY = {store for store, what in STORES.items() if "with a copy" in what}
NO_TREE = {
    "zarrs/v3/array_optional_nested.zarr/array": "the root is an array; a tree begins with a group",
    "zarr-java/ome/v0.5_hcs": "rows of the plate have no document; in a tree each group has one",
}
READS_MORE = {store for store, what in STORES.items() if "CF" in what or "table" in what}
NAMES_ALL = ("ngio/", "ome-zarr-models/", "zarr-java/", "zarrs/")
"""Corpora whose metadata name every node. The others' do not, so that a walk by names gives a part of the graphs, and says so."""

WITHOUT_CHUNKS = {"tree", "lone document"}
"""Routes to documents alone: there are no coordinates to be read, nor tables of regions, and the measure has none either."""


@dataclass
class Put:
    """A published store, at hand in every form.

    Attributes
    ----------
    name
        Where it lies below the corpora.
    plain
        A folder with the members alone.
    whole
        The store as it was published.
    """

    name: str
    plain: Path
    whole: Path
    tmp: Path
    listing: WebServer
    silent: WebServer
    s3: S3Server
    asked: int = 0

    @property
    def copy(self) -> Path | None:
        """The consolidated document."""
        found = [self.whole / name for name in CONSOLIDATED if (self.whole / name).is_file()]
        root = self.whole / "zarr.json"
        return next(iter(found), root if root.is_file() and "consolidated_metadata" in root.read_text() else None)

    def new(self, suffix: str = "") -> Path:
        self.asked += 1
        return self.tmp / f"{self.asked}{suffix}"

    def served(self, source: Path) -> str:
        """Put something where both servers serve it; its path."""
        target = self.listing.folder / self.tmp.name / self.new(source.suffix).name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        return target.relative_to(self.listing.folder).as_posix()

    def uploaded(self, source: Path) -> str:
        name = f"{self.tmp.name}/{self.new(source.suffix).name}"
        if source.is_dir():
            self.s3.upload(source, "routes", name)
        else:
            self.s3.put("routes", [(name, source.read_bytes())])
        return f"s3://routes/{name}"


Asked = tuple[str, Any]
"""A URL, and a store of the caller's or None."""


def by_tree(put: Put) -> Asked:
    """Each group's document with those of its children below ``members``."""
    nodes: dict[str, dict[str, Any]] = {}
    for key, data in documents_in(put.plain).items():
        path, _, name = key.rpartition("/")
        value = json.loads(data)
        nodes.setdefault(path, {}).update({"attributes": value} if name == ".zattrs" else value)
    for path in sorted(nodes, reverse=True):
        folder, _, name = path.rpartition("/")
        if path:
            nodes[folder].setdefault("members", {})[name] = nodes[path]
    target = put.new(".json")
    target.write_text(json.dumps({"members": {}} | nodes[""]))
    return str(target), None


def by_references(put: Put) -> Asked:
    documents = documents_in(put.plain)
    chunks = {key: [path.as_uri()] for path in files_in(put.plain) if (key := path.relative_to(put.plain).as_posix())}
    target = put.plain.parent / "references.json"  # what it points to lies below its own folder
    target.write_text(json.dumps({"version": 1, "refs": chunks | {key: data.decode() for key, data in documents.items()}}))
    return str(target), None


def by_mapping(put: Put) -> Asked:
    return "memory://mapping", {path.relative_to(put.plain).as_posix(): path.read_bytes() for path in files_in(put.plain)}


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def deflated(put: Put) -> Path:
    return zip_folder(put.whole, put.new(".zip"), inside="some/folder.zarr", method=zipfile.ZIP_DEFLATED)


ROUTES: dict[str, Callable[[Put], Asked]] = {
    "as published": lambda put: (str(put.whole), None),
    "zip": lambda put: (str(zip_folder(put.plain, put.new(".zip"))), None),
    "zip, as published, deflated, in a folder": lambda put: (str(deflated(put)), None),
    "http": lambda put: (f"{put.listing.url}/{put.served(put.plain)}", None),
    "http, as published": lambda put: (f"{put.listing.url}/{put.served(put.whole)}", None),
    "http, no listing": lambda put: (f"{put.silent.url}/{put.served(put.plain)}", None),
    "http, zip": lambda put: (f"{put.silent.url}/{put.served(zip_folder(put.plain, put.new('.zip')))}", None),
    "s3": lambda put: (put.uploaded(put.plain), None),
    "s3, as published": lambda put: (put.uploaded(put.whole), None),
    "mapping": by_mapping,
    "mapper": lambda put: ("memory://mapper", fsspec.get_mapper(str(put.plain))),
    "zarr store": lambda put: ("memory://zarr-store", LocalStore(put.plain, read_only=True)),
    "references": by_references,
    "tree": by_tree,
    "lone document": lambda put: (str(put.copy), None),
}
CASES = [
    (store, route)
    for store in STORES
    for route in ROUTES
    if not (route == "lone document" and store not in WITH_COPY) and not (route == "tree" and store in NO_TREE)
]


# -- the stores, ready to be asked for


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebServer, WebServer, S3Server]]:
    folder = tmp_path_factory.mktemp("web")
    with WebServer(folder) as listing, WebServer(folder, listing=403) as silent, S3Server() as s3:
        s3.make_bucket("routes")
        yield listing, silent, s3


def asked(workspace: Workspace, url: str, store: Any = None, *, extents: bool = True) -> tuple[IngestResult, bytes, bytes]:
    """Ingest; the result, structure and asserted graph."""
    request = IngestRequest(url, dataset_id=ID, store=store, relocate=True, freshness="skip", extents=extents)
    result = ingest(workspace, request)
    graphs = [workspace.catalog.read_graph(workspace.iris.graph(ID, part)) for part in ("", ASSERTED)]
    return result, graphs[0], graphs[1]


@dataclass
class Sample:
    """A store with what its members' own folder gives: with all that is read, and of documents alone."""

    put: Put
    workspace: Workspace
    result: IngestResult
    graphs: tuple[bytes, bytes]
    of_documents: tuple[bytes, bytes]


@pytest.fixture(scope="module")
def sample(
    corpora: Path, tmp_path_factory: pytest.TempPathFactory, places: tuple[WebServer, WebServer, S3Server]
) -> Iterator[Callable[[str], Sample]]:
    """Gives a store by name; each is put up once."""
    with ExitStack() as stack:

        @cache
        def sampled(name: str) -> Sample:
            tmp = tmp_path_factory.mktemp("sample")
            workspace = stack.enter_context(open_test_workspace(tmp / "workspace"))
            credentials = Credentials({"s3://": S3(KEY, SECRET, endpoint_url=places[2].url)})
            workspace = replace(workspace, credentials=credentials)
            put = Put(name, write_plain(corpora / name, tmp / "plain" / "s.zarr"), corpora / name, tmp, *places)
            _, *bare = asked(workspace, str(write(tmp / "bare", documents_in(put.plain))), extents=False)
            result, *graphs = asked(workspace, str(put.plain))
            return Sample(put, workspace, result, (graphs[0], graphs[1]), (bare[0], bare[1]))

        yield sampled


def write_plain(whole: Path, plain: Path) -> Path:
    """A copy of a store without its consolidated document."""
    for path in files_in(whole):
        target = plain / path.relative_to(whole)
        if path.name not in CONSOLIDATED:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    root = plain / "zarr.json"
    if root.is_file():
        value = json.loads(root.read_text())
        if value.pop("consolidated_metadata", None):
            root.write_text(json.dumps(value))
    return plain


@pytest.mark.parametrize(("store", "route"), CASES)
def test_every_route_gives_the_same_graphs(sample: Callable[[str], Sample], store: str, route: str) -> None:
    taken = sample(store)
    result, *graphs = asked(taken.workspace, *ROUTES[route](taken.put))
    assert result.changed, "it was described anew"
    wanted = taken.of_documents if route in WITHOUT_CHUNKS else taken.graphs
    if route == "http, no listing" and not store.startswith(NAMES_ALL):
        assert (result.route, result.complete) == ("walk", False)
        assert 1 <= result.groups + result.arrays < taken.result.groups + taken.result.arrays
        assert lines(graphs[0]) <= lines(wanted[0])
        assert lines(graphs[1]) <= lines(wanted[1])
        return
    for found, same in zip(graphs, wanted, strict=True):
        assert found == same, "\n".join(sorted(lines(found) ^ lines(same))[:20])


def lines(graph: bytes) -> set[str]:
    return set(graph.decode().splitlines())


@pytest.mark.parametrize("store", STORES)
def test_there_is_something_to_compare(sample: Callable[[str], Sample], store: str) -> None:
    """Where coordinates or tables of regions can be read, they tell more than the documents; linked data make asserted graphs."""
    taken = sample(store)
    assert taken.result.route in {"listing", "single"}
    assert (taken.graphs != taken.of_documents) is (store in READS_MORE)
    assert bool(taken.graphs[1]) is store.startswith("zarr-linked-data/")
    assert (taken.put.copy is not None) is (store in WITH_COPY)
