"""Is a store in a zip, in one document or in the caller's hands ingested and read like any other?"""

import json
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from catalog.bridge.array_ref import resolve_one
from catalog.bridge.read import StoreAccess, read_array
from catalog.errors import NotFoundError, StaleSnapshotError
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores import arrays
from tests.support.trees import tree_of
from tests.support.zips import zip_folder
from tests.unit.stores.trees import VALUES, documents_in, write_real

WANTED = np.where(np.arange(6)[:, None] < 4, VALUES, -1)


def test_a_zip_is_ingested_and_its_values_are_read(workspace: Workspace, tmp_path: Path) -> None:
    folder = write_real(tmp_path / "s", 3)
    url = str(zip_folder(folder, tmp_path / "s.zarr.zip"))
    result = ingest(workspace, IngestRequest(url, dataset_id="zipped"))
    assert (result.container, result.route, result.accepted, result.access) == ("zip", "listing", True, "public")
    assert result.to_dict()["container"] == "zip"
    ref = resolve_one(workspace.catalog, f"{result.iri}/nodes/my%20group/plain")
    np.testing.assert_array_equal(read_array(ref), WANTED)
    assert not ingest(workspace, IngestRequest(url)).changed
    zarr.open_group(folder)["my group/plain"].resize((3, 10))  # growth would pass
    zip_folder(folder, tmp_path / "s.zarr.zip")
    with pytest.raises(StaleSnapshotError, match="shape"):
        read_array(ref)


def test_one_document_is_ingested_and_has_no_values(workspace: Workspace, tmp_path: Path) -> None:
    folder = write_real(tmp_path / "s", 2)
    tree = tree_of(zarr.open_group(folder, mode="r"), documents_in(folder))
    (tmp_path / "product.json").write_text(json.dumps(tree))
    result = ingest(workspace, IngestRequest(str(tmp_path / "product.json"), dataset_id="tree"))
    assert (result.container, result.groups, result.arrays) == ("tree", 2, 2)
    ref = resolve_one(workspace.catalog, f"{result.iri}/nodes/my%20group/plain")
    with pytest.raises(NotFoundError, match="no chunks"):
        read_array(ref)
    assert not ingest(workspace, IngestRequest(str(tmp_path / "product.json"))).changed


def test_one_document_is_not_searched_for_the_values_of_coordinates(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    for name, units in (("lat", "degrees_north"), ("lon", "degrees_east")):
        array = zarr.create_array(folder / name, shape=(3,), dtype="<f8", zarr_format=2, attributes={"units": units})
        array.attrs["_ARRAY_DIMENSIONS"] = [name]
    zarr.create_group(folder, zarr_format=2, attributes={"Conventions": "CF-1.8"})
    tree = tree_of(zarr.open_group(folder, mode="r"), documents_in(folder))
    (tmp_path / "product.json").write_text(json.dumps(tree))
    with mock.patch.object(arrays, "open_store") as opened:
        result = ingest(workspace, IngestRequest(str(tmp_path / "product.json")))
    assert result.arrays == 2
    assert [problem.path for problem in result.problems if problem.kind == "no-chunks"] == [""]
    assert not opened.called
    without = ingest(workspace, IngestRequest(str(tmp_path / "product.json"), extents=False))
    assert not [problem for problem in without.problems if problem.kind == "no-chunks"]


def test_a_store_of_the_callers_is_ingested_under_the_name_it_is_given(workspace: Workspace, tmp_path: Path) -> None:
    store = LocalStore(write_real(tmp_path / "s", 3), read_only=True)
    result = ingest(workspace, IngestRequest("lab://shelf/7", dataset_id="mine", store=store))
    assert (result.container, result.location, result.access) == ("injected", "lab://shelf/7", "restricted")
    ref = resolve_one(workspace.catalog, f"{result.iri}/nodes/my%20group/plain")
    np.testing.assert_array_equal(read_array(ref, access=StoreAccess(store=store)), WANTED)
