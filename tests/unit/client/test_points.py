"""Are the values at points those that NumPy, pandas and xarray find there, whatever the points are given as?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import catalog
from catalog.errors import InputError

SST = np.arange(4 * 6 * 10, dtype="float32").reshape(4, 6, 10)
LAT, LON = np.linspace(50, 60, 6), np.arange(10.0)


@pytest.fixture
def sst(cat: catalog.Catalog) -> Any:
    return cat.arrays(standard_name="sea_surface_temperature").one()


def random_places(count: int) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(11)
    return np.stack([random.integers(0, size, count) for size in SST.shape], axis=1)


def test_positions_as_array_mapping_and_frame(sst: Any) -> None:
    places = random_places(50)
    expected = SST[tuple(places.T)].tolist()
    frame = pd.DataFrame(places, columns=["time", "lat", "lon"], index=np.arange(50) * 3)
    frame.insert(0, "station", "a")
    for points in (places, places.tolist(), dict(zip(["time", "dim1", "lon"], places.T, strict=True)), frame):
        assert sst.sample(points).values.tolist() == expected
    found = sst.sample(frame).to_pandas()
    pd.testing.assert_frame_equal(found[frame.columns], frame)
    assert found.index.equals(frame.index)
    assert found["sst"].tolist() == expected
    assert list(sst.sample(places).to_pandas().columns) == ["time", "lat", "lon", "sst"]
    assert list(frame.columns) == ["station", "time", "lat", "lon"], "the caller's frame stays as it was"


def test_the_plan_names_the_chunks_that_hold_the_points(sst: Any) -> None:
    places = random_places(7)
    plan = sst.plan_sample(places)
    chunks = sorted({tuple(place // (2, 3, 5)) for place in places})  # of 2 x 3 x 5 elements
    assert list(plan.keys()) == [f"sst/c/{'/'.join(map(str, chunk))}" for chunk in chunks]
    assert (plan.plan.requests, plan.plan.decoded_elements) == (len(chunks), 30 * len(chunks))
    assert (plan.points, plan.used) == (7, len({tuple(place) for place in places}))
    labelled = sst.plan_sample({"time": ["2020-01-04"], "lat": [60], "lon": [0]}, labels=True)
    assert list(labelled.keys()) == ["sst/c/1/1/0"]
    assert list(sst.plan_sample(np.empty((0, 3), int)).keys()) == []


def test_labels_as_pandas_finds_them(sst: Any) -> None:
    places = random_places(300)
    days = pd.date_range("2020-01-01", periods=4)
    frame = pd.DataFrame({"time": days[places[:, 0]], "lat": LAT[places[:, 1]], "lon": LON[places[:, 2]]})
    expected = SST[tuple(places.T)].tolist()
    assert sst.sample(frame, labels=True).values.tolist() == expected
    utc = frame.assign(time=frame["time"].dt.tz_localize("UTC"))
    assert sst.sample(utc, labels=True).values.tolist() == expected
    texts = frame.assign(time=frame["time"].dt.strftime("%Y-%m-%d"), lon=places[:, 2])
    assert sst.sample(texts, labels=["time", "lat"]).values.tolist() == expected, "lon holds positions"


def test_nearest_labels_as_pandas_finds_them(sst: Any) -> None:
    random = np.random.default_rng(5)
    hours = pd.to_timedelta(random.uniform(-11, 83, 300), "h")
    frame = pd.DataFrame(
        {
            "time": pd.Timestamp("2020-01-01") + hours,
            "lat": random.uniform(49.5, 60.5, 300),
            "lon": random.uniform(-0.4, 9.4, 300),
        }
    )
    indexes = {"time": pd.date_range("2020-01-01", periods=4), "lat": pd.Index(LAT), "lon": pd.Index(LON)}
    places = [index.get_indexer(frame[axis], method="nearest") for axis, index in indexes.items()]
    found = sst.sample(frame, labels=True, tolerance=1.1)
    assert found.values.tolist() == SST[tuple(places)].tolist()
    assert found.places.T.tolist() == [each.tolist() for each in places]
    with pytest.raises(InputError, match=r"point 7: .*further away than 0\.5"):
        sst.sample(frame.assign(time=0, lon=0, lat=[50.0] * 7 + [50.9] + [50.0] * 292), labels=["lat"], tolerance=0.5)


def test_world_units_and_channels_of_an_image(cat: catalog.Catalog) -> None:
    level = cat.arrays(ndim=3, level_index=0, channel__label="GFP", path__startswith="A/").one()
    values = np.arange(512, dtype="uint8").reshape(2, 16, 16)
    points = {"c": ["GFP", "DAPI", "GFP"], "y": [0.0, 3.2, 7.9], "x": [0.5, 7.75, 1.0]}
    found = level.sample(points, labels=True)
    assert found.values.tolist() == [values[1, 0, 1], values[0, 6, 15], values[1, 15, 2]]
    plane = level.sel(c="GFP").sample({"y": points["y"], "x": points["x"]}, labels=True)
    assert plane.values.tolist() == values[1][[0, 6, 15], [1, 15, 2]].tolist()
    assert level.isel(c=-1).sample([[0, 1], [3, 4]]).values.tolist() == [values[1, 0, 1], values[1, 3, 4]]
    with pytest.raises(InputError, match="point 1: 'c' = 'RFP' is no channel"):
        level.sample({**points, "c": ["GFP", "RFP", "RFP"]}, labels=True)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        ({"time": [0, 4], "lat": [0, 0], "lon": [0, 0]}, False, "point 1 is at position 4 along axis 0: allowed are 0 to 3"),
        ({"time": [0, None], "lat": [0, 0], "lon": [0, 0]}, False, "point 1 has no value along axis 0"),
        (
            pd.DataFrame({"time": pd.array([0, pd.NA], "Int64"), "lat": [0, 0], "lon": [0, 0]}),
            False,
            "point 1 is at nan along axis 0",
        ),
        ({"time": [0, 1], "lat": [50.0, np.nan], "lon": [0, 0]}, ["lat"], "point 1 has no value for 'lat'"),
        ({"time": [0, 1], "lat": [50.0, 51.0], "lon": [0, 0]}, ["lat"], "point 1: 'lat' = 51.0 is no label of 'lat'"),
        (pd.DataFrame({"time": pd.to_datetime(["2020-01-01", None]), "lat": 0, "lon": 0}), ["time"], "point 1 has no value for"),
        (pd.DataFrame({"time": ["2020-01-01"] * 20 + ["soon"], "lat": 0, "lon": 0}), ["time"], "point 20: .*is no date"),
        (pd.DataFrame({"time": [0], "lat": [0]}), False, "no column for lon"),
        ({"time": [0], "lat": [0], "lon": [0], "depth": [0]}, False, "there is no axis 'depth'"),
        ({"time": [0], "lat": [0], "lon": [0]}, ["depth"], "there is no axis 'depth'"),
        ({"time": [0], "lat": [0], "lon": [0]}, "time", "a list of axes"),
        ([[0, 0]], False, r"\(points, 3\) is needed"),
    ],
)
def test_points_that_are_none(sst: Any, points: Any, labels: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sst.sample(points, labels=labels)


def test_what_was_selected_before(sst: Any) -> None:
    with pytest.raises(InputError, match="a part of the axis 'lat' is selected"):
        sst.sel(lat=slice(50, 55)).sample([[0, 0, 0]])
    with pytest.raises(InputError, match="given twice"):
        sst.isel(time=1).sample({"time": [0], "lat": [0], "lon": [0]})
    with pytest.raises(InputError, match="sample comes before max"):
        sst.max("lat").sample([[0, 0, 0]])


def test_a_record_of_points_is_replayed(cat: catalog.Catalog, sst: Any, tmp_path: Any) -> None:
    found = sst.sample({"time": ["2020-01-03"] * 2, "lat": [52.0, 60.0], "lon": [1.0, 1.0]}, labels=True)
    found.record(tmp_path / "points.ttl")
    assert cat.replay(tmp_path / "points.ttl").values.tolist() == [SST[2, 1, 1], SST[2, 5, 1]]
