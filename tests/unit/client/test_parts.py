"""Levels of images, parts that a query says, chunks that are missing, and how far a label may be away."""

import shutil
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import catalog
from catalog.errors import InputError, LimitExceededError, NotFoundError
from tests.unit.client.conftest import write_plate, write_weather

SST = np.arange(4 * 6 * 10, dtype="float32").reshape(4, 6, 10)
FINE, COARSE = (np.arange(2 * size * size, dtype="uint8").reshape(2, size, size) for size in (16, 8))
"""Pixels of 0.5 and of 1 micrometres."""


@pytest.fixture
def image(cat: catalog.Catalog) -> Any:
    return cat.arrays(path="A/1/0/0").one()


def test_a_level_by_number_pixel_size_and_bytes(cat: catalog.Catalog, image: Any) -> None:
    for level in (image.level(1), image.level(x=1.0), image.level(x=2, y=2), image.level(max_bytes=300)):
        assert level.shape == (2, 8, 8)
        np.testing.assert_array_equal(level.compute(), COARSE)
    np.testing.assert_array_equal(image.level(1).sel(c="GFP", y=slice(2.0, 6.0)).compute(), COARSE[1, 2:6])
    fits = image.level(max_bytes=300).sel(c="GFP", y=slice(2.0, 6.0))
    np.testing.assert_array_equal(fits.compute(), FINE[1, 4:12], "it is the part that has to be small enough")
    np.testing.assert_array_equal(image.level(x=0.7).compute(), FINE)
    np.testing.assert_array_equal(image.isel(c=0).level(max_bytes=256).compute(), FINE[0])
    assert [each.shape for each in cat.arrays(level_index=0).level(1).compute()] == [(2, 8, 8)] * 2
    result = image.level(1).max("c").result()
    assert result.record().parts[0].array.endswith("/A/1/0/1")
    np.testing.assert_array_equal(cat.replay(result.record()).values, COARSE.max(0))
    assert result.record().parts[0].requested == "level(1)"


def test_a_level_that_there_is_not(cat: catalog.Catalog, image: Any) -> None:
    for wrong in (image.level(5), cat.arrays(path="sst").one().level(0), image.level(t=1.0)):
        with pytest.raises(InputError):
            wrong.compute()
    with pytest.raises(LimitExceededError):
        image.level(max_bytes=100).compute()
    for call in (
        image.level,
        lambda: image.level(1, x=1.0),
        lambda: image.level(1).level(0),
        lambda: image.max().level(1),
    ):
        with pytest.raises(InputError):
            call()


def test_parts_that_a_query_says(cat: catalog.Catalog, tmp_path: Path) -> None:
    rows = "(1 '2020-01-02'^^xsd:date '2020-01-04'^^xsd:date 52.0) (2 '2020-01-01'^^xsd:date UNDEF 60.0)"
    query = f"""SELECT ?a ?time_start ?time_stop ?lat_at {{
        ?a zo:standardName "sea_surface_temperature" VALUES (?n ?time_start ?time_stop ?lat_at) {{ {rows} }} }} ORDER BY ?n"""
    first, second = cat.parts(query, select="lon=3:9")
    np.testing.assert_array_equal(first.compute(), SST[1:3, 1, 3:9])
    np.testing.assert_array_equal(second.mean("lon").compute(), SST[:, 5, 3:9].mean(1))
    assert (first.row, second.row, first.dims) == (0, 1, ("time", "lon"))
    record = first.record(tmp_path / "r.ttl")
    assert record.query == query
    np.testing.assert_array_equal(cat.replay(tmp_path / "r.ttl").values, SST[1:3, 1, 3:9])
    np.testing.assert_array_equal(first.to_xarray(), SST[1:3, 1, 3:9])
    for call in (lambda: first.isel(time=0), lambda: first.sel(lon=3.0), lambda: first.level(1)):
        with pytest.raises(InputError, match="the query says which part"):
            call()


def test_channels_and_levels_that_a_query_says(cat: catalog.Catalog) -> None:
    query = "SELECT ?a ?channel ?level { ?a zo:path 'A/1/0/0' VALUES (?channel ?level) { ('GFP' 1) ('DAPI' 0) } }"
    found = [item.compute() for item in cat.parts(f"{query} ORDER BY DESC(?level)")]
    np.testing.assert_array_equal(found[0], COARSE[1])
    np.testing.assert_array_equal(found[1], FINE[0])
    [whole] = cat.parts("SELECT ?a { ?a zo:path 'A/1/0/0' }", level="x=1")
    np.testing.assert_array_equal(whole.compute(), COARSE)
    with pytest.warns(UserWarning, match="1 of 2 rows lead to no array"):
        cat.parts("SELECT ?a { { ?a zo:path 'sst' } UNION { BIND(<https://none.example/x> AS ?a) } }")
    with pytest.raises(InputError), warnings.catch_warnings():
        cat.parts("ASK { ?s ?p ?o }")


def test_a_region_of_a_table(tmp_path: Path) -> None:
    write_plate(tmp_path / "assay.zarr")
    tables = tmp_path / "assay.zarr" / "A/1/0/tables"
    zarr.open_group(tables, mode="w", attributes={"tables": ["fov"]})
    kind = {"type": "roi_table", "table_version": "1", "backend": "json", "index_key": "FieldIndex", "index_type": "str"}
    zarr.open_group(tables / "fov", mode="w", attributes=kind)
    columns = {"x_micrometer": [1.0], "y_micrometer": [2.0], "z_micrometer": [0.0]}
    lengths = {"len_x_micrometer": [2.0], "len_y_micrometer": [4.0], "len_z_micrometer": [1.0]}
    zarr.open_group(tables / "fov" / "table", mode="w", attributes={"FieldIndex": ["FOV_1"], **columns, **lengths})
    with catalog.connect(tmp_path / "graphs") as cat:
        cat.ingest(tmp_path / "assay.zarr")
        query = 'SELECT ?roi { ?roi a zo:RegionOfInterest ; ome:name "FOV_1" }'
        [fine], [coarse] = cat.parts(query), cat.parts(query, level="1")
        np.testing.assert_array_equal(fine.compute(), FINE[:, 4:12, 2:6])
        np.testing.assert_array_equal(coarse.compute(), COARSE[:, 2:6, 1:3])
        record = fine.record()
        assert record.parts[0].region == fine.region != ""
        np.testing.assert_array_equal(cat.replay(record).values, FINE[:, 4:12, 2:6])


def test_a_missing_chunk_is_told_from_the_fill_value(tmp_path: Path) -> None:
    write_weather(tmp_path / "weather.zarr")
    shutil.rmtree(tmp_path / "weather.zarr" / "sst" / "c" / "1")  # times 2 and 3
    with catalog.connect(tmp_path / "graphs") as cat:
        cat.ingest(tmp_path / "weather.zarr")
        query = cat.arrays(path="sst")
        expected = SST.copy()
        expected[2:] = 0
        np.testing.assert_array_equal(query.one().compute(), expected)
        masked = query.one().compute(missing="mask")
        assert masked.mask.tolist() == np.broadcast_to(np.arange(4)[:, None, None] > 1, SST.shape).tolist()
        np.testing.assert_array_equal(query.compute(missing="mask")[0].mask, masked.mask)
        np.testing.assert_array_equal(query.one().isel(time=slice(0, 2)).compute(missing="error"), SST[:2])
        with pytest.raises(NotFoundError, match="sst/c/1/0/0"):
            query.one().compute(missing="error")
        assert [outcome.error is None for outcome in query.read(missing="error")] == [False]
        for call in (lambda: query.one().max().compute(missing="mask"), lambda: query.one().compute(missing="zero")):
            with pytest.raises(InputError):
                call()


def test_a_tolerance_for_each_axis(cat: catalog.Catalog) -> None:
    sst = cat.arrays(path="sst").one()
    near = {"time": "2020-01-03T05:00", "lat": 52.9, "lon": 3.2}
    for time in ("6h", "0.25D", timedelta(hours=6), np.timedelta64(6, "h"), 0.25):
        tolerance = {"time": time, "lat": 1, "lon": 0.3}
        assert sst.sel(tolerance=tolerance, **near).compute() == SST[2, 1, 3]
        assert (
            sst.sample({axis: [value] for axis, value in near.items()}, labels=True, tolerance=tolerance).values == SST[2, 1, 3]
        )
    assert sst.sel(lat=52.9, tolerance=1).sel(lon=3.0).compute().tolist() == SST[:, 1, 3].tolist()
    for tolerance, said in (
        ({"time": "4h", "lat": 1, "lon": 0.3}, "further away than 4h"),
        ({"time": "6h", "lat": 0.5, "lon": 0.3}, "further away than 0.5"),
        ({"time": "6h", "lat": 1}, "'lon' = 3.2 is no label of 'lon'"),
        ({"time": "6h", "lat": "1D", "lon": 1}, "'lat' has no dates"),
    ):
        with pytest.raises(InputError, match=said):
            sst.sel(tolerance=tolerance, **near).compute()
    for tolerance, said in (
        ({"depth": 1}, "given for 'depth'; the axes that labels are given for are 'lat'"),
        (-1, "the tolerance is '-1'"),
        ("1month", "a month is not always as long"),
        ("soon", "the tolerance is 'soon'"),
        (float("nan"), "the tolerance is 'nan'"),
        (True, "the tolerance is 'True'"),
    ):
        with pytest.raises(InputError, match=said):
            sst.sel(lat=52.9, tolerance=tolerance)
    with pytest.raises(InputError, match="given for 'lon'; the axes that labels are given for are 'lat'"):
        sst.sample({"time": [0], "lat": [50.0], "lon": [0]}, labels=["lat"], tolerance={"lon": 1})
