"""Can values that were read be cited, read again and kept, and is what is written true for others who read it?"""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyoxigraph
import pytest
import rdflib
import zarr
from rdflib.namespace import DCTERMS, PROV, RDF

import catalog
from catalog.errors import ConflictError, InputError, LimitExceededError, NotFoundError, StaleSnapshotError, ValuesChangedError
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import load_shapes
from tests.unit.client.conftest import write_plate, write_weather

ZO = rdflib.Namespace("https://w3id.org/zarr-catalog/ns#")
SHA256 = rdflib.URIRef("https://schema.org/sha256")


@pytest.fixture
def values(tmp_path: Path) -> Any:
    return write_weather(tmp_path / "weather.zarr")


@pytest.fixture
def own(tmp_path: Path, values: Any) -> Any:
    """A catalogue that a test may write to."""
    with catalog.connect(tmp_path / "graphs") as cat:
        cat.ingest(tmp_path / "weather.zarr", dataset_id="weather", access="public")
        yield cat


def digest(values: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()


def one(graph: rdflib.Graph, subject: Any, predicate: Any) -> Any:
    [found] = graph.objects(subject, predicate)
    return found


def test_a_result_says_where_it_comes_from(own: Any, values: Any, tmp_path: Path) -> None:
    query = own.arrays(standard_name="sea_surface_temperature")
    result = query.one().sel(time="2020-01-03", lat=slice(52, 58)).result()
    np.testing.assert_array_equal(result.values, values[2, 1:4])
    np.testing.assert_array_equal(np.asarray(result), values[2, 1:4])
    result.record(tmp_path / "r.ttl", agent="https://orcid.org/0000-0002-1825-0097")
    graph = rdflib.Graph().parse(tmp_path / "r.ttl", format="turtle")
    read = next(graph.subjects(RDF.type, ZO.ArrayRead))
    assert (read, RDF.type, PROV.Activity) in graph
    assert (read, PROV.wasAssociatedWith, rdflib.URIRef("https://orcid.org/0000-0002-1825-0097")) in graph
    assert one(graph, read, PROV.startedAtTime).toPython() <= one(graph, read, PROV.endedAtTime).toPython()
    got = next(graph.subjects(PROV.wasGeneratedBy, read))
    assert str(one(graph, got, SHA256)) == digest(values[2, 1:4])
    region = next(graph.subjects(RDF.type, ZO.ArrayRegion))
    assert str(one(graph, region, ZO.selectionText)) == "time=2,lat=1:4,lon=0:10"
    assert str(one(graph, region, ZO.requestedSelection)) == "sel(time='2020-01-03', lat=slice(52, 58, None))"
    state = one(graph, region, DCTERMS.isPartOf)
    assert str(one(graph, state, PROV.specializationOf)) == "http://localhost:8000/datasets/weather/nodes/sst"
    assert str(one(graph, one(graph, state, DCTERMS.isPartOf), DCTERMS.isVersionOf)) == "http://localhost:8000/datasets/weather"
    names = {str(name) for name in graph.objects(None, rdflib.URIRef("https://schema.org/name"))}
    assert {"zarr-linked-catalog", "zarr", "numpy"} <= names
    text = str(one(graph, None, ZO.queryText))
    answer = own.sparql(text)
    assert [row["path"] for row in answer] == ["sst"], "the query that is recorded finds the array"
    other = {quad.triple for quad in pyoxigraph.parse(path=str(tmp_path / "r.ttl"))}
    assert len(other) == len(graph), "two parsers read the same"


@pytest.mark.parametrize("suffix", ["jsonld", "ttl", "nt"])
def test_a_replay_gives_the_same_values(own: Any, values: Any, tmp_path: Path, suffix: str) -> None:
    part = own.arrays(path="sst").one().isel(time=[3, 0, 0], lon=slice(1, None, 4))
    record = part.record(tmp_path / f"r.{suffix}")
    expected = values[[3, 0, 0], :, 1::4]
    for given in (record, tmp_path / f"r.{suffix}", str(tmp_path / f"r.{suffix}")):
        np.testing.assert_array_equal(own.replay(given).values, expected)
    several = own.arrays(ndim=3).isel(time=1).result()
    replayed = own.replay(several.record())
    np.testing.assert_array_equal(replayed.parts[1].values, values[1])
    assert [each.dtype.kind for each in several.arrays] == ["b", "f"]
    for wrong in (lambda: several.values, lambda: replayed.values):
        with pytest.raises(InputError, match="2"):
            wrong()


@pytest.mark.parametrize(
    ("reduce", "expected", "said"),
    [
        (lambda part: part.mean("time"), lambda v: v.mean(0), '[["mean",["time"]]]'),
        (lambda part: part.max("lat", "lon").min(), lambda v: v.max((1, 2)).min(), '[["max",["lat","lon"]],["min",[]]]'),
        (lambda part: part.isel(lat=slice(2, 4)).sum(), lambda v: v[:, 2:4].sum(dtype="f4"), '[["sum",[]]]'),
    ],
)
def test_a_reduction_is_recorded_as_one(own: Any, values: Any, tmp_path: Path, reduce: Any, expected: Any, said: str) -> None:
    result = reduce(own.arrays(path="sst").one()).result()
    np.testing.assert_allclose(result.values, expected(values))
    record = result.record(tmp_path / "r.nt")
    graph = rdflib.Graph().parse(tmp_path / "r.nt", format="nt")
    [(reduced, steps)] = graph.subject_objects(ZO.reductions)
    assert str(steps) == said
    assert str(one(graph, reduced, SHA256)) == digest(result.values)
    np.testing.assert_array_equal(own.replay(record).values, result.values)
    zarr.open_array(tmp_path / "weather.zarr" / "sst", mode="r+")[0, 2, 0] = 10_000
    with pytest.raises(ValuesChangedError, match="other values"):
        own.replay(record)


def test_what_changed_is_said(own: Any, tmp_path: Path) -> None:
    store = tmp_path / "weather.zarr"
    record = own.arrays(path="sst").one().isel(time=0).record()
    zarr.open_array(store / "sst", mode="r+").resize((9, 6, 10))
    assert own.ingest(store).accepted
    [part] = own.replay(record).parts
    assert any("grew along axis 0 from 4 to 9" in note for note in part.notes)
    zarr.open_array(store / "sst", mode="r+").resize((2, 6, 10))
    with pytest.raises(StaleSnapshotError, match="9"):
        own.replay(record)
    assert own.ingest(store).accepted
    with pytest.raises(StaleSnapshotError, match=r"shape is \[2, 6, 10\] and was \[4, 6, 10\]"):
        own.replay(record)
    shutil.rmtree(store)
    with pytest.raises((NotFoundError, StaleSnapshotError)):
        own.replay(record)
    with pytest.raises(InputError, match="cannot be read"):
        own.replay(tmp_path / "none.ttl")


def test_what_was_read_before_an_ingest_has_no_record_after_it(own: Any, tmp_path: Path) -> None:
    result = own.arrays(path="sst").one().result()
    zarr.open_array(tmp_path / "weather.zarr" / "sst", mode="r+").attrs["comment"] = "calibrated"
    assert own.ingest(tmp_path / "weather.zarr").accepted
    with pytest.raises(ConflictError, match="read it again"):
        result.record()


def test_a_part_is_saved_and_registered(own: Any, values: Any, tmp_path: Path) -> None:
    sst = own.arrays(path="sst").one()
    saved = sst.sel(lat=slice(52, 58)).save(tmp_path / "part.zarr", register=True, dataset_id="part", agent="Ann")
    root: Any = zarr.open_group(tmp_path / "part.zarr", mode="r")
    np.testing.assert_array_equal(root["sst"][...], values[:, 1:4])
    np.testing.assert_array_equal(root["lat"][...], np.linspace(50, 60, 6)[1:4])
    assert root["sst"].attrs["units"] == "degC"
    made = own.arrays(dataset="http://localhost:8000/datasets/part", path="sst").one()
    assert saved.dataset.iri == made.dataset
    rows = own.sparql(f"SELECT ?old {{ <{made.iri}> prov:wasDerivedFrom ?old . ?old a zo:ZarrArray }}")
    assert [row["old"] for row in rows] == [sst.iri]
    np.testing.assert_array_equal(made.compute(), values[:, 1:4])
    with pytest.raises(ConflictError, match="belongs to"):
        sst.save(tmp_path / "other.zarr", register=True, dataset_id="part")
    assert not (tmp_path / "other.zarr").exists()
    with pytest.raises(InputError, match="register=True"):
        sst.save(tmp_path / "other.zarr", dataset_id="other")


def test_reduced_values_are_saved_with_the_axes_that_are_left(own: Any, values: Any, tmp_path: Path) -> None:
    sst = own.arrays(path="sst").one()
    sst.sel(lat=slice(52, 58)).mean("time").save(tmp_path / "mean.zarr", register=True, dataset_id="mean")
    root: Any = zarr.open_group(tmp_path / "mean.zarr", mode="r")
    assert sorted(root.array_keys()) == ["lat", "lon", "sst"], "time went away, and so does its coordinate"
    np.testing.assert_allclose(root["sst"][...], values[:, 1:4].mean(0))
    assert root["sst"].metadata.dimension_names == ("lat", "lon")
    assert dict(root["sst"].attrs) == {
        "standard_name": "sea_surface_temperature",
        "units": "degC",
        "long_name": "warmth of the water",
        "cell_methods": "time: mean",
    }
    np.testing.assert_array_equal(root["lat"][...], np.linspace(50, 60, 6)[1:4])
    new = "http://localhost:8000/datasets/mean/nodes/sst"
    rows = own.sparql(
        f"SELECT ?what ?steps {{ <{new}> prov:wasGeneratedBy ?making ; prov:wasDerivedFrom ?values ."
        " ?making dct:description ?what . ?values zo:reductions ?steps }"
    )
    assert [(row["what"], row["steps"]) for row in rows] == [("mean(time)", '[["mean",["time"]]]')]


def test_what_the_shapes_ask_of_records_holds(own: Any, tmp_path: Path) -> None:
    own.arrays(ndim=3).isel(time=slice(0, 2)).std("lat").record(tmp_path / "r.nt", agent="Ann")
    shapes = load_shapes(core=False, recommended=False, profiles=["prov"])
    assert PyShaclValidator().validate([(tmp_path / "r.nt").read_bytes()], shapes).conforms


def test_anonymous_users_write_nothing(place: Path, tmp_path: Path) -> None:
    with (
        catalog.connect(place / "graphs", audience="public") as public,
        pytest.raises(InputError, match="anonymous users see cannot be written to"),
    ):
        public.arrays(path="sst").one().save(tmp_path / "out.zarr")


def test_more_than_fits_is_refused_before_it_is_read(own: Any, tmp_path: Path) -> None:
    with (
        catalog.connect(tmp_path / "graphs", read={"max_total_bytes": 100}) as small,
        pytest.raises(LimitExceededError, match="2 results have") as caught,
    ):
        small.arrays(ndim=3).result()
    assert caught.value.limit == "max_total_bytes"


def test_an_image_keeps_its_place(own: Any, tmp_path: Path) -> None:
    write_plate(tmp_path / "assay.zarr")
    own.ingest(tmp_path / "assay.zarr", dataset_id="assay")
    level = own.arrays(path="A/1/0/0").one()
    saved = level.sel(c="DAPI", x=slice(2.0, 4.0)).save(tmp_path / "cut.zarr", register=True, dataset_id="cut")
    source = zarr.open_array(tmp_path / "assay.zarr" / "A" / "1" / "0" / "0", mode="r")[...]
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "cut.zarr" / "0", mode="r")[...], source[0, :, 4:8])
    np.testing.assert_array_equal(own.replay(saved.record).values, source[0, :, 4:8])


def test_what_dask_computed_can_be_cited(own: Any, values: Any) -> None:
    item = own.arrays(standard_name="sea_surface_temperature").one().isel(time=slice(0, 2))
    result = item.result(item.to_dask().compute(scheduler="synchronous"))
    record = result.record()
    assert record.checked is False
    assert record.parts[0].sha256 == digest(values[:2])
    np.testing.assert_array_equal(own.replay(record).values, values[:2])
    highest = item.max("time")
    replayed = own.replay(highest.result(highest.to_dask().compute(scheduler="synchronous")).record())
    np.testing.assert_array_equal(replayed.values, values[:2].max(0))
    with pytest.raises(InputError, match=r"\(3, "):
        item.result(values[:3])
    with pytest.raises(ValuesChangedError):
        own.replay(item.result(values[:2] + 1).record())
