"""What people who know NumPy and xarray try first: does it work, or does the error say what does?"""

import json
import warnings
from pathlib import Path
from typing import Any

import cftime
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import zarr

import catalog
from catalog.errors import InputError, NotFoundError, StaleSnapshotError

MANY = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("first")


@pytest.fixture(scope="module")
def model(folder: Path) -> xr.Dataset:
    """A run in a calendar without leap days, packed, with flags, as xarray writes and reads it."""
    packed = {"dtype": "int16", "scale_factor": 0.5, "add_offset": 273.0, "_FillValue": -32768, "chunks": (1, 2)}
    values = np.arange(MANY * 3.0).reshape(MANY, 3)
    values[1, 1] = np.nan
    quality = {"flag_values": [0, 4], "flag_masks": [1, 4], "flag_meanings": "clear cloudy", "long_name": "quality"}
    made = xr.Dataset(
        {
            "tas": (("time", "lat"), values, {"units": "K"}),
            "quality": (("lat",), np.array([0, 4, 0], "int8"), quality),
        },
        coords={
            "time": xr.date_range("2000-02-27", periods=MANY, calendar="noleap", use_cftime=True),
            "lat": ("lat", [60.0, 40.0, 20.0], {"units": "degrees_north"}),
        },
        attrs={"title": "A run"},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.to_zarr(folder / "run.zarr", encoding={"tas": packed}, consolidated=True)
        return xr.open_zarr(folder / "run.zarr", chunks=None).load()


@pytest.fixture(scope="module")
def run(folder: Path, model: xr.Dataset) -> Any:
    with catalog.connect(folder / "graphs", archive=(folder / "archive").as_uri()) as made:
        came = made.ingest(folder / "run.zarr", access="public")
        assert came.accepted
        assert len(repr(came)) < 300
        assert came.id in repr(came)
        yield made


@pytest.fixture
def tas(run: catalog.Catalog) -> Any:
    return run.arrays(path="tas").one()


def test_dates_of_a_calendar_are_labels(tas: Any, model: xr.Dataset) -> None:
    """Such as xarray has them in its coordinates."""
    day, later = cftime.DatetimeNoLeap(2000, 2, 28), cftime.DatetimeNoLeap(2000, 3, 2)
    found = tas.sel(time=day).to_xarray()
    xr.testing.assert_identical(found, model["tas"].isel(time=1))
    assert "array([ 3., nan,  5.])" in repr(found)  # values, not a promise of them
    assert tas.sel(time=slice(day, later)).shape == (2, 3)  # there is no 29 February
    assert tas.sel(time=model["time"].values[3:5]).shape == (2, 3)
    assert tas.sel(time=model["time"][2:5]).shape == (3, 3)
    nanoseconds = np.array(["2000-03-05", "2000-03-01"], "M8[ns]")
    assert np.array_equal(tas.sel(time=nanoseconds).to_xarray(), model["tas"].isel(time=[6, 2]))
    with pytest.raises(InputError, match="no date of the calendar 'noleap'"):
        tas.sel(time=cftime.Datetime360Day(2000, 2, 30)).compute()
    for wrong in (slice(object(), None), object()):
        with pytest.raises(InputError, match="is no label for the axis 'time'"):
            tas.sel(time=wrong).compute()


def test_labels_of_xarray_are_labels(tas: Any, model: xr.Dataset) -> None:
    wanted = model["lat"][[2, 0]]
    assert np.array_equal(tas.sel(lat=wanted).to_xarray(), model["tas"].sel(lat=wanted), equal_nan=True)


def test_a_method_is_refused_with_what_to_do(tas: Any) -> None:
    with pytest.raises(InputError, match=r"tolerance=0\.5"):
        tas.sel(lat=41.0, method="nearest")


@pytest.mark.parametrize(
    "key", [3, (slice(2, 9, 3), 1), (..., 1), (-1, ...), (slice(None), [2, 0]), ..., (np.int64(4), slice(None))]
)
def test_brackets_select_by_position(tas: Any, model: xr.Dataset, key: Any) -> None:
    assert np.array_equal(tas[key].to_xarray(), model["tas"].values[key], equal_nan=True)


def test_brackets_refuse_what_they_cannot_do(tas: Any) -> None:
    with pytest.raises(InputError, match="3 positions are given, and the array has 2 axes"):
        tas[0, 0, 0]
    with pytest.raises(InputError, match="a part was selected"):
        tas.isel(time=0)[0]
    with pytest.raises(TypeError, match="not iterable"):
        iter(tas)


def test_figures_and_attributes(tas: Any, run: catalog.Catalog, model: xr.Dataset) -> None:
    part = tas.isel(time=slice(0, 4))
    assert (part.ndim, part.size, part.nbytes) == (2, 12, 24)
    stored = model["tas"].encoding
    expected = {**model["tas"].attrs, **{key: stored[key] for key in ("scale_factor", "add_offset", "_FillValue")}}
    assert tas.attrs == expected


def test_flags_and_attributes_of_groups_come_along(run: catalog.Catalog, model: xr.Dataset) -> None:
    found = run.arrays(path__in=["quality", "tas"]).to_xarray()
    xr.testing.assert_identical(found, model)


def test_what_plans_and_records_look_like_is_short(tas: Any, run: catalog.Catalog, folder: Path) -> None:
    plan = tas.plan()
    assert repr(plan) == (
        f"<ChunkPlan of 'tas': shape ({MANY}, 3), {2 * MANY} chunks in {2 * MANY} stored objects, {2 * MANY} requests,"
        f" {8 * MANY} bytes decoded>"
    )
    saved = tas.isel(lat=[0, 2]).save(folder / "part.npy")
    for shown in (saved, saved.record, run.replay(saved.record)):
        assert len(repr(shown)) < 400
    assert str(folder / "part.npy") in repr(saved)


def test_reductions_take_lists_of_axes(tas: Any) -> None:
    assert np.array_equal(tas.max(["time", "lat"]).compute(), tas.max("time", "lat").compute())


@pytest.mark.parametrize("lazy", [False, True])
def test_a_reduction_of_packed_values_is_warned_of(tas: Any, lazy: bool) -> None:
    with pytest.warns(UserWarning, match="'tas' has scale_factor, add_offset, _FillValue"):
        found = tas.mean("time").to_xarray(lazy=lazy)
    assert found.dims == ("lat",)
    assert found.attrs == {"cell_methods": "time: mean"}


def test_values_at_points_are_what_they_mean_in_a_frame(tas: Any, model: xr.Dataset) -> None:
    points = pd.DataFrame({"time": ["2000-02-28", "2000-03-01"], "lat": [40.0, 20.0], "ship": ["a", "b"]})
    frame = tas.sample(points, labels=True).to_pandas()
    assert frame["ship"].tolist() == ["a", "b"]
    assert np.array_equal(frame["tas"], [np.nan, model["tas"].values[2, 2]], equal_nan=True)


def test_a_file_without_attributes_is_told_what_packed_values_mean(tas: Any, folder: Path, model: xr.Dataset) -> None:
    row = tas.isel(time=1)
    [said] = row.save(folder / "row.csv").notes
    assert "number * 0.5 + 273.0, and -32768 that there is none" in said
    stored = pd.read_csv(folder / "row.csv")["tas"].where(lambda each: each != -32768)
    assert np.array_equal(stored * 0.5 + 273.0, model["tas"].isel(time=1), equal_nan=True)
    assert row.save(folder / "row.nc").notes == ()
    assert tas.max("time").save(folder / "highest.csv").notes == ()


def test_a_file_of_another_kind_is_refused(tas: Any, folder: Path) -> None:
    for name in ("tas.jpg", "tas.h5", "TAS.TIF"):
        with pytest.raises(InputError, match=r"\.npy, \.npz, \.nc"):
            tas.isel(time=0).save(folder / name)
        assert not (folder / name).exists()


def test_how_often_stores_are_asked_can_be_said(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=np.arange(6), chunks=(2,))
    place, archive = tmp_path / "graphs", (tmp_path / "archive").as_uri()
    with catalog.connect(place, archive=archive, check=3600) as now_and_then:
        now_and_then.ingest(tmp_path / "a.zarr", access="public")
        assert now_and_then.arrays().one().compute().tolist() == [0, 1, 2, 3, 4, 5]
        document = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())
        (tmp_path / "a.zarr" / "zarr.json").write_text(json.dumps({**document, "fill_value": 9}))
        found = now_and_then.arrays().one()[1:3].result()
        assert (found.values.tolist(), found.record().checked) == ([1, 2], True)
    with catalog.connect(place, archive=archive, check="never") as trusting:
        found = trusting.arrays().one()[1:3].result()
        assert (found.values.tolist(), found.record().checked) == ([1, 2], False)
    with catalog.connect(place, archive=archive, check=0) as strict:
        with pytest.raises(StaleSnapshotError, match="fill value"):
            strict.arrays().one().compute()
        [outcome] = strict.arrays().read()
        assert repr(outcome).startswith(f"<Outcome of {outcome.wanted.ref.iri}: StaleSnapshotError: array")
    for wrong in ("sometimes", -1, True, float("nan")):
        with pytest.raises(InputError, match="always, never, or a number of seconds"):
            catalog.connect(place, check=wrong)


def test_a_query_without_an_answer_says_so(run: catalog.Catalog) -> None:
    with pytest.raises(NotFoundError, match="the query has no answer"):
        run.parts("SELECT ?array { ?array a zo:Nothing }")
