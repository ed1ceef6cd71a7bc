"""Is a saved result a whole store that says what it was made of, and is there nothing of it where that fails?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import zarr

from catalog.errors import ConflictError, GraphStoreUnavailableError, InputError, NonConformantError, StoreForbiddenError
from catalog.graphstore.door import GraphStore
from catalog.services import derive as module
from catalog.services.consolidate import consolidate
from catalog.services.delete import delete
from catalog.services.derive import Result, save_store
from catalog.services.ingest import ingest
from catalog.services.registry import Registry
from catalog.services.replay import replay
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores import upload
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import load_shapes
from tests.support.recorded import T, read, read_query, record, saved, take_in, write_climate, write_image
from tests.support.workspace import RefuseAll, open_test_workspace

DERIVED = "SELECT ?new ?old WHERE { ?new prov:wasDerivedFrom ?old . ?new a zo:ZarrArray . ?old a zo:ZarrArray } ORDER BY ?new"
ANCESTORS = "SELECT ?old WHERE {{ <{}> prov:wasDerivedFrom+ ?old . ?old a zo:ZarrArray }} ORDER BY ?old"


@pytest.fixture
def nodes(workspace: Workspace, tmp_path: Path) -> str:
    return take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")


def rows(store: GraphStore, query: str) -> list[list[str]]:
    return [line.split(",") for line in store.query(query, "csv").body.decode().split()[1:]]


def ids(workspace: Workspace) -> list[str]:
    return Registry(workspace.catalog, workspace.iris).ids()


def test_registered_arrays_are_found_from_their_sources_and_back(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    outcome = saved(
        workspace, tmp_path / "one.zarr", read(workspace, nodes + "t", "x=3"), register=True, dataset_id="one", agent="Ann"
    )
    assert outcome.dataset is not None
    assert (outcome.dataset.id, outcome.dataset.access) == ("one", "public")
    one = workspace.iris.node("one", "t")
    assert [one, nodes + "t"] in rows(workspace.catalog, DERIVED)
    saved(workspace, tmp_path / "two.zarr", read(workspace, one, "y=0:4"), register=True, dataset_id="two")
    two = workspace.iris.node("two", "t")
    for store in (workspace.catalog, workspace.public):
        assert rows(store, ANCESTORS.format(two)) == [[nodes + "t"], [one]]
    facts = rows(
        workspace.catalog,
        f"SELECT ?text ?agent WHERE {{ <{one}> prov:wasGeneratedBy ?making . ?making a zo:ArrayDerivation ."
        " ?making prov:wasInformedBy ?read ; prov:used ?values . ?values prov:wasDerivedFrom ?region ."
        " ?region zo:selectionText ?text ."
        " ?read prov:wasAssociatedWith/schema:name ?agent }",
    )
    assert ['"y=0:20', 'x=3"', "Ann"] in facts
    replayed = replay(workspace.catalog, workspace.iris, outcome.record)
    np.testing.assert_array_equal(replayed.parts[0].values, T[:, 3])
    delete(workspace, "one")
    assert rows(workspace.catalog, ANCESTORS.format(two)) == [], "the dataset's graphs are gone, and so is the way through it"
    assert workspace.catalog.read_graph(workspace.iris.graph("one", "derived")) == b""


def test_a_region_of_interest_is_a_resource(workspace: Workspace, tmp_path: Path) -> None:
    """Representation, ROI, Transformation: an array, a region of it that came from a ROI, and what was done to its values."""
    values = write_image(tmp_path / "i.zarr", "0.5")
    group = zarr.open_group(tmp_path / "i.zarr", mode="r+")
    rows_of = {
        "FieldIndex": ["FOV_1"],
        "x_micrometer": [4.0],
        "len_x_micrometer": [2.5],
        "y_micrometer": [2.0],
        "len_y_micrometer": [5.0],
    }
    named = {"type": "roi_table", "table_version": "1", "backend": "json", "index_key": "FieldIndex", "index_type": "str"}
    for path, attributes in (("tables", {"tables": ["fov"]}), ("tables/fov", named), ("tables/fov/table", rows_of)):
        group.create_group(path, attributes=attributes)
    take_in(workspace, str(tmp_path / "i.zarr"), "i")
    query = "SELECT ?roi WHERE { ?table zo:roi ?roi }"
    [[roi]] = rows(workspace.catalog, query)
    [reading] = read_query(workspace, query)
    # Pixels of 1 by 0.5 micrometres: [2, 7) and [4, 6.5) from the corner.
    np.testing.assert_array_equal(reading.values, values[:, 2:7, 8:13])
    mean = reading.values.mean(axis=(1, 2))
    result = Result(mean, (reading,), "mean over y and x", "brightness", ("c",), {"units": "1"})
    outcome = save_store(workspace, str(tmp_path / "out.zarr"), [result], register=True, dataset_id="mean", query=query)
    made = zarr.open_array(tmp_path / "out.zarr" / "brightness", mode="r")
    np.testing.assert_array_equal(made[...], mean)
    assert (dict(made.attrs), made.metadata.dimension_names) == ({"units": "1"}, ("c",))  # type: ignore[union-attr]
    found = rows(
        workspace.catalog,
        "SELECT ?array ?roi WHERE { ?array prov:wasGeneratedBy ?making . ?making prov:used ?values ; dct:description ?what ."
        " ?values prov:wasDerivedFrom ?region . ?region a zo:ArrayRegion ; prov:wasDerivedFrom ?roi"
        " FILTER(?what = 'mean over y and x') }",
    )
    assert found == [[workspace.iris.node("mean", "brightness"), roi]]
    assert outcome.record.query == query
    np.testing.assert_array_equal(replay(workspace.catalog, workspace.iris, outcome.record).parts[0].values, reading.values)


def test_nothing_is_overwritten(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    reading = read(workspace, nodes + "t")
    (tmp_path / "out.zarr").mkdir()
    (tmp_path / "out.zarr" / "mine").write_text("kept")
    with pytest.raises(InputError, match="something at"):
        saved(workspace, tmp_path / "out.zarr", reading, register=True)
    assert [path.name for path in (tmp_path / "out.zarr").iterdir()] == ["mine"]
    with pytest.raises(ConflictError, match="is the dataset 'a' already"):
        saved(workspace, tmp_path / "a.zarr", reading, register=True)
    with pytest.raises(ConflictError, match="belongs to"):
        saved(workspace, tmp_path / "new.zarr", reading, register=True, dataset_id="a")
    for url in ("https://example.org/x.zarr", "s3://bucket/x?versionId=1"):
        with pytest.raises(InputError):
            saved(workspace, url, reading)
    assert ids(workspace) == ["a"]
    assert not (tmp_path / "new.zarr").exists()


def test_a_store_that_the_shapes_refuse_leaves_nothing(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    strict = replace(workspace, validator=RefuseAll())
    with pytest.raises(NonConformantError, match="nothing is left"):
        saved(strict, tmp_path / "out.zarr", read(workspace, nodes + "t"), register=True)
    assert not (tmp_path / "out.zarr").exists()
    assert ids(workspace) == ["a"]
    assert rows(workspace.catalog, "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s prov:wasDerivedFrom ?o } }") == []


@pytest.mark.parametrize("audience", ["public", "catalog"])
def test_a_graph_store_that_fails_leaves_nothing(
    workspace: Workspace, nodes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, audience: str
) -> None:
    reading = read(workspace, nodes + "t")
    store = getattr(workspace, audience)
    apply, calls = type(store).apply, []

    def fail_once(self: Any, updates: Any) -> None:
        if self is store and not calls:
            calls.append(1)
            raise GraphStoreUnavailableError("it is down")
        apply(self, updates)

    monkeypatch.setattr(type(store), "apply", fail_once)
    with pytest.raises(GraphStoreUnavailableError):
        saved(workspace, tmp_path / "out.zarr", reading, register=True, dataset_id="new")
    assert calls
    assert not (tmp_path / "out.zarr").exists()
    assert ids(workspace) == ["a"]
    for each in (workspace.catalog, workspace.public):
        assert rows(each, "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s prov:wasDerivedFrom ?o } }") == []


def test_a_disk_that_fails_leaves_nothing(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.write_text("a file")
    with pytest.raises((InputError, StoreForbiddenError, upload.StoreUnavailableError)):
        saved(workspace, locked / "out.zarr", read(workspace, nodes + "t"), register=True)
    assert ids(workspace) == ["a"]


def test_a_dataset_that_somebody_else_made_meanwhile_stays(
    workspace: Workspace, nodes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = read(workspace, nodes + "t")
    write_climate(tmp_path / "other.zarr")

    def first_somebody_else(workspace: Workspace, request: IngestRequest) -> Any:
        ingest(workspace, IngestRequest(str(tmp_path / "other.zarr"), dataset_id="new"))
        return ingest(workspace, request)

    monkeypatch.setattr(module, "ingest", first_somebody_else)
    with pytest.raises(ConflictError):
        saved(workspace, tmp_path / "out.zarr", reading, register=True, dataset_id="new")
    assert ids(workspace) == ["a", "new"]
    assert not (tmp_path / "out.zarr").exists()


def test_nobody_is_told_of_sources_that_are_not_public(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    reading = read(workspace, nodes + "t", "x=3")
    saved(workspace, tmp_path / "one.zarr", reading, register=True, dataset_id="one")
    count = f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s prov:wasDerivedFrom <{nodes}t> }}"
    assert int(rows(workspace.public, count)[0][0]) > 0
    take_in(workspace, str(tmp_path / "a.zarr"), "a", access="restricted")
    assert rows(workspace.public, count) == [["0"]], "what was made of it is still there, and does not say so"
    assert "one" in Registry(workspace.public, workspace.iris).ids()
    assert int(rows(workspace.catalog, count)[0][0]) > 0
    outcome = saved(workspace, tmp_path / "two.zarr", read(workspace, nodes + "t"), register=True, dataset_id="two")
    assert outcome.dataset is not None
    assert outcome.dataset.access == "restricted", "as its source"
    saved(workspace, tmp_path / "three.zarr", read(workspace, nodes + "t"), register=True, dataset_id="three", access="public")
    assert rows(workspace.public, count) == [["0"]]
    take_in(workspace, str(tmp_path / "a.zarr"), "a", access="public")
    told = f"SELECT DISTINCT ?s WHERE {{ ?s prov:wasDerivedFrom <{nodes}t> ; a zo:ZarrArray }} ORDER BY ?s"
    assert rows(workspace.public, told) == [[workspace.iris.node("one", "t")], [workspace.iris.node("three", "t")]]


def test_an_ingest_keeps_what_the_store_was_made_of(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    saved(workspace, tmp_path / "one.zarr", read(workspace, nodes + "t", "x=3"), register=True, dataset_id="one")
    before = rows(workspace.public, DERIVED)
    zarr.open_group(tmp_path / "one.zarr", mode="r+").create_array("new", shape=(1,), dtype="i1")
    consolidate(tmp_path / "one.zarr")
    take_in(workspace, str(tmp_path / "one.zarr"), "one")
    assert rows(workspace.public, DERIVED) == rows(workspace.catalog, DERIVED) == before != []


def test_memory_stores_are_written_too(workspace: Workspace, nodes: str) -> None:
    memory = fsspec.filesystem("memory")
    try:
        outcome = saved(workspace, "memory://saved/out.zarr", read(workspace, nodes + "t"), register=True, dataset_id="m")
        assert outcome.location == "memory://saved/out.zarr"
        again = read(workspace, workspace.iris.node("m", "t"), "x=5")
        np.testing.assert_array_equal(again.values, T[:, 5])
        with pytest.raises(InputError, match="something at"):
            saved(workspace, "memory://saved/out.zarr", read(workspace, nodes + "t"))
    finally:
        memory.rm("/saved", recursive=True)


def test_an_upload_that_breaks_off_takes_back_what_was_written(
    workspace: Workspace, nodes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = fsspec.filesystem("memory")
    put = type(memory).pipe_file

    def refuse_the_root(self: Any, path: str, value: Any, **given: Any) -> None:
        if path.endswith("out.zarr/zarr.json"):
            raise PermissionError(path)
        put(self, path, value, **given)

    monkeypatch.setattr(type(memory), "pipe_file", refuse_the_root)
    with pytest.raises(StoreForbiddenError, match="refuses to have it written"):
        saved(workspace, "memory://broken/out.zarr", read(workspace, nodes + "t"), register=True)
    assert [path for path in memory.store if path.startswith("/broken")] == []
    assert ids(workspace) == ["a"]


def test_the_real_shapes_accept_it(tmp_path: Path) -> None:
    with open_test_workspace(tmp_path / "catalogue", PyShaclValidator()) as workspace:
        nodes = take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")
        saved(workspace, tmp_path / "out.zarr", read(workspace, nodes + "t", "x=3"), register=True, dataset_id="one")
        graph = workspace.catalog.read_graph(workspace.iris.graph("one", "derived"))
        shapes = load_shapes(core=False, recommended=False, profiles=["prov"])
        assert PyShaclValidator().validate([graph], shapes).conforms
        assert record(workspace, read(workspace, workspace.iris.node("one", "t"))).parts[0].shape == (20,)
