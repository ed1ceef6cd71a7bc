"""Is a saved result a whole store that says what it was made of, and is there nothing of it where that fails?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr

from catalog.errors import ConflictError, GraphStoreUnavailableError, InputError, NonConformantError, StoreForbiddenError
from catalog.graphstore.door import GraphStore
from catalog.services import derive as module
from catalog.services.consolidate import consolidate
from catalog.services.delete import delete
from catalog.services.derive import Result, Saved, save_store
from catalog.services.ingest import ingest
from catalog.services.registry import Registry
from catalog.services.replay import replay
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores import upload
from tests.support.recorded import T, X, Y, read, read_query, record, take_in, write_climate
from tests.support.workspace import RefuseAll, open_test_workspace

DERIVED = "SELECT ?new ?old WHERE { ?new prov:wasDerivedFrom ?old . ?new a zo:ZarrArray . ?old a zo:ZarrArray } ORDER BY ?new"
ANCESTORS = "SELECT ?old WHERE {{ <{}> prov:wasDerivedFrom+ ?old . ?old a zo:ZarrArray }} ORDER BY ?old"


@pytest.fixture
def nodes(workspace: Workspace, tmp_path: Path) -> str:
    return take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")


def rows(store: GraphStore, query: str) -> list[list[str]]:
    return [line.split(",") for line in store.query(query, "csv").body.decode().split()[1:]]


def saved(workspace: Workspace, url: object, *readings: Any, **given: Any) -> Saved:
    return save_store(workspace, str(url), [Result(each.values, (each,)) for each in readings], **given)


def ids(workspace: Workspace) -> list[str]:
    return Registry(workspace.catalog, workspace.iris).ids()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_part_is_saved_with_its_coordinates(workspace: Workspace, tmp_path: Path, zarr_format: int) -> None:
    nodes = take_in(workspace, str(write_climate(tmp_path / "a.zarr", zarr_format)), "a")
    saved(workspace, tmp_path / "out.zarr", read(workspace, nodes + "t", "y=3:9:2,x=::-3"))
    root = zarr.open_group(tmp_path / "out.zarr", mode="r", use_consolidated=True)
    assert root.metadata.zarr_format == 3
    assert dict(root.attrs) == {"Conventions": "CF-1.11"}
    assert sorted(root.array_keys()) == ["crs", "t", "x", "y", "y_bnds"]
    for name, expected in {
        "t": T[3:9:2, ::-3],
        "y": Y[3:9:2],
        "x": X[::-3],
        "y_bnds": np.stack([Y - 5, Y + 5], 1)[3:9:2],
    }.items():
        np.testing.assert_array_equal(root[name][...], expected)
    made: Any = root["t"]
    assert dict(made.attrs) == {"units": "K", "standard_name": "air_temperature", "grid_mapping": "crs"}
    assert made.metadata.dimension_names == ("y", "x")
    assert (made.chunks, made.fill_value, made.dtype) == ((3, 7), -1, np.dtype("f4"))
    assert root["y"].attrs["bounds"] == "y_bnds"


def test_an_axis_that_an_integer_drops_leaves_its_coordinate_as_a_scalar(
    workspace: Workspace, nodes: str, tmp_path: Path
) -> None:
    saved(workspace, tmp_path / "out.zarr", read(workspace, nodes + "t", "x=4"))
    root: Any = zarr.open_group(tmp_path / "out.zarr", mode="r")
    assert root["t"].metadata.dimension_names == ("y",)
    assert root["t"].chunks == (5,)
    assert root["x"].shape == ()
    assert root["x"][()] == X[4]
    assert root["t"].attrs["coordinates"] == "x"


def test_all_of_it_keeps_what_is_said_of_all_of_it(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    saved(workspace, tmp_path / "out.zarr", read(workspace, nodes + "t"))
    assert zarr.open_array(tmp_path / "out.zarr" / "t", mode="r").attrs["actual_range"] == [0, 599]


def codecs_of(folder: Path) -> list[dict[str, Any]]:
    return [dict(codec) for codec in zarr.open_array(folder, mode="r").metadata.to_dict()["codecs"]]  # type: ignore[call-overload,arg-type]


def test_codecs_chunks_shards_and_the_order_of_axes_are_kept(workspace: Workspace, tmp_path: Path) -> None:
    root = zarr.open_group(tmp_path / "s.zarr", mode="w")
    values = np.arange(4 * 20 * 30, dtype="i2").reshape(4, 20, 30)
    made = root.create_array(
        "v", shape=values.shape, dtype="i2", shards=(2, 10, 12), chunks=(1, 5, 6), compressors=zarr.codecs.GzipCodec(level=3),
        filters=zarr.codecs.TransposeCodec(order=(2, 0, 1)), fill_value=-7,
    )  # fmt: skip
    made[...] = values
    nodes = take_in(workspace, str(tmp_path / "s.zarr"), "s")
    saved(workspace, tmp_path / "out.zarr", read(workspace, nodes + "v", "dim0=1,dim2=3:30"))
    out = zarr.open_array(tmp_path / "out.zarr" / "v", mode="r")
    np.testing.assert_array_equal(out[...], values[1, :, 3:30])
    assert (out.shards, out.chunks, out.fill_value) == ((10, 12), (5, 6), -7)
    [sharding] = codecs_of(tmp_path / "out.zarr" / "v")
    inner = {codec["name"]: codec.get("configuration") for codec in sharding["configuration"]["codecs"]}
    assert inner["gzip"] == {"level": 3}
    assert tuple(inner["transpose"]["order"]) == (1, 0), "axes 2, 0, 1 without axis 0"


@pytest.mark.parametrize(
    ("compressor", "name", "expected"),
    [
        (numcodecs.Blosc("zstd", 3, 1), "blosc", {"cname": "zstd", "clevel": 3, "shuffle": "shuffle"}),
        (numcodecs.Zstd(4), "zstd", {"level": 4}),
        (numcodecs.GZip(2), "gzip", {"level": 2}),
        (numcodecs.Zlib(2), "zstd", {}),
        (None, "bytes", {}),
    ],
)
def test_compressors_of_v2_are_kept_where_v3_has_them(
    workspace: Workspace, tmp_path: Path, compressor: Any, name: str, expected: dict[str, Any]
) -> None:
    made = zarr.create_array(
        tmp_path / "s.zarr", shape=(9,), dtype=">f4", chunks=(4,), compressors=compressor, zarr_format=2, fill_value=np.nan
    )
    made[2:] = 1.5
    nodes = take_in(workspace, str(tmp_path / "s.zarr"), "s")
    outcome = saved(workspace, tmp_path / "out.zarr", read(workspace, nodes, "dim0=1:5"))
    out = zarr.open_array(tmp_path / "out.zarr" / "values", mode="r")
    np.testing.assert_array_equal(out[...], [np.nan, 1.5, 1.5, 1.5])
    assert np.isnan(out.fill_value)
    last = codecs_of(tmp_path / "out.zarr" / "values")[-1]
    assert last["name"] == name
    assert expected.items() <= last.get("configuration", {}).items()
    assert any("zlib" in note for note in outcome.notes) == isinstance(compressor, numcodecs.Zlib)


def write_image(folder: Path, version: str) -> np.ndarray[Any, Any]:
    axes = [
        {"name": "c", "type": "channel"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    steps = [{"type": "scale", "scale": [1, 0.5, 0.25]}, {"type": "translation", "translation": [0, 10, 20]}]
    levels = [{"path": "0", "coordinateTransformations": steps}]
    scales = [{"type": "scale", "scale": [1, 2, 2]}]
    stated = {"multiscales": [{"name": "cells", "axes": axes, "datasets": levels, "coordinateTransformations": scales}]}
    stated["omero"] = {
        "channels": [
            {"label": each, "color": "FFFFFF", "window": {"start": 0, "end": 1, "min": 0, "max": 9}} for each in ("A", "B")
        ]
    }  # type: ignore[assignment]
    if version == "0.4":
        stated["multiscales"][0]["version"] = "0.4"
    attributes = stated if version == "0.4" else {"ome": {"version": version, **stated}}
    group = zarr.open_group(folder, mode="w", zarr_format=2 if version == "0.4" else 3, attributes=attributes)
    values = np.arange(2 * 40 * 60, dtype="u2").reshape(2, 40, 60)
    group.create_array("0", shape=values.shape, dtype="u2", chunks=(1, 20, 20))[...] = values
    return values


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_part_of_an_image_is_an_image_whose_pixels_lie_where_they_lay(
    workspace: Workspace, tmp_path: Path, version: str
) -> None:
    """Source: OME-NGFF 0.5; with scale 2 * (0.5, 0.25) and translation 2 * (10, 20), pixel (4, 8) lies at (24, 44)."""
    values = write_image(tmp_path / "i.zarr", version)
    nodes = take_in(workspace, str(tmp_path / "i.zarr"), "i")
    saved(
        workspace, tmp_path / "out.zarr", read(workspace, nodes + "0", "c=1:2,y=4:10,x=8:20:3"), register=True, dataset_id="part"
    )
    root: Any = zarr.open_group(tmp_path / "out.zarr", mode="r")
    np.testing.assert_array_equal(root["0"][...], values[1:2, 4:10, 8:20:3])
    [image] = root.attrs["ome"]["multiscales"]
    assert root.attrs["ome"]["version"] == "0.5"
    assert [axis["name"] for axis in image["axes"]] == ["c", "y", "x"]
    assert image["datasets"] == [
        {
            "path": "0",
            "coordinateTransformations": [
                {"type": "scale", "scale": [1, 1, 1.5]},
                {"type": "translation", "translation": [0, 24, 44]},
            ],
        }
    ]
    assert [channel["label"] for channel in root.attrs["ome"]["omero"]["channels"]] == ["B"]
    assert root["0"].metadata.dimension_names == ("c", "y", "x")
    part = workspace.iris.node("part", "0")
    again = read(workspace, part, "y=world(26:28)")
    np.testing.assert_array_equal(again.values, values[1:2, 6:8, 8:20:3])


@pytest.mark.parametrize(
    ("select", "why"), [("c=0,y=3", "two axes in space"), ("x=::-1", "upwards"), ("y=[1,5,2]", "equal distances")]
)
def test_what_is_no_image_any_more_does_not_say_that_it_is_one(
    workspace: Workspace, tmp_path: Path, select: str, why: str
) -> None:
    write_image(tmp_path / "i.zarr", "0.5")
    nodes = take_in(workspace, str(tmp_path / "i.zarr"), "i")
    outcome = saved(workspace, tmp_path / "out.zarr", read(workspace, nodes + "0", select))
    assert any(why in note for note in outcome.notes)
    assert dict(zarr.open_group(tmp_path / "out.zarr", mode="r").attrs) == {}


def test_linked_data_and_places_are_not_said_of_the_part(workspace: Workspace, tmp_path: Path) -> None:
    attributes = {
        "@id": "https://example.org/x",
        "@context": {},
        "https://example.org/p": "q",
        "spatial:transform": [1, 0, 0, 0, 1, 0],
        "units": "1",
    }
    zarr.create_array(tmp_path / "s.zarr", shape=(9,), dtype="i1", attributes=attributes)
    nodes = take_in(workspace, str(tmp_path / "s.zarr"), "s")
    saved(workspace, tmp_path / "out.zarr", read(workspace, nodes, "dim0=1:5"))
    assert dict(zarr.open_array(tmp_path / "out.zarr" / "values", mode="r").attrs) == {"units": "1"}


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


@pytest.mark.parametrize("texts", [["a", "bcd", ""], [b"a", b"\x00c", b""]])
def test_texts_and_bytes_of_any_length(workspace: Workspace, tmp_path: Path, texts: list[Any]) -> None:
    kind: Any = "string" if isinstance(texts[0], str) else zarr.dtype.VariableLengthBytes()
    zarr.create_array(tmp_path / "s.zarr", shape=(3,), chunks=(2,), dtype=kind, zarr_format=2)[:] = np.array(texts, dtype=object)
    nodes = take_in(workspace, str(tmp_path / "s.zarr"), "s")
    saved(workspace, tmp_path / "out.zarr", read(workspace, nodes), register=True, dataset_id="new")
    again = read(workspace, workspace.iris.node("new", "values"), "dim0=::-1")
    assert again.values.tolist() == texts[::-1]


def test_several_results_each_get_a_group(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    first, second = read(workspace, nodes + "t", "x=0"), read(workspace, nodes + "t", "x=1")
    saved(workspace, tmp_path / "out.zarr", first, second)
    root: Any = zarr.open_group(tmp_path / "out.zarr", mode="r")
    np.testing.assert_array_equal(root["t/t"][...], T[:, 0])
    np.testing.assert_array_equal(root["t-2/t-2"][...], T[:, 1])
    assert root["t-2/x"][()] == X[1]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda reading: Result(reading.values[:1], (reading,)), "say what was done"),
        (lambda reading: Result(reading.values, ()), "one reading or more"),
        (lambda reading: Result(reading.values, (reading, reading)), "several readings"),
        (lambda reading: Result(reading.values, (reading,), name="../x"), "cannot be the name"),
        (lambda reading: Result(reading.values, (reading,), name="a/b"), "cannot be the name"),
        (lambda reading: Result(reading.values, (reading,), name="zarr.json"), "cannot be the name"),
        (lambda reading: Result(reading.values, (reading,), transformation="x", dimension_names=("a",)), "1 dimension names"),
        (lambda reading: Result(np.array([{}], dtype=object), (reading,), transformation="x"), "values of the type object"),
    ],
)
def test_what_cannot_be_saved_is_refused_before_anything_is_written(
    workspace: Workspace, nodes: str, tmp_path: Path, made: Callable[[Any], Result], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        save_store(workspace, str(tmp_path / "out.zarr"), [made(read(workspace, nodes + "t"))])
    assert not (tmp_path / "out.zarr").exists()


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
    from dataclasses import replace

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
    import fsspec

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
    import fsspec

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


def test_what_the_archive_has_lost_is_noted(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    import shutil

    reading = read(workspace, nodes + "t", "x=3")
    shutil.rmtree(tmp_path / "catalogue" / "archive")
    outcome = saved(workspace, tmp_path / "out.zarr", reading)
    assert any("not in the archive" in note for note in outcome.notes)
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "out.zarr" / "t", mode="r")[...], T[:, 3])


def test_the_real_shapes_accept_it(tmp_path: Path) -> None:
    from catalog.validation.pyshacl_validator import PyShaclValidator
    from catalog.validation.shapes import load_shapes

    with open_test_workspace(tmp_path / "catalogue", PyShaclValidator()) as workspace:
        nodes = take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")
        saved(workspace, tmp_path / "out.zarr", read(workspace, nodes + "t", "x=3"), register=True, dataset_id="one")
        graph = workspace.catalog.read_graph(workspace.iris.graph("one", "derived"))
        shapes = load_shapes(core=False, recommended=False, profiles=["prov"])
        assert PyShaclValidator().validate([graph], shapes).conforms
        assert record(workspace, read(workspace, workspace.iris.node("one", "t"))).parts[0].shape == (20,)
