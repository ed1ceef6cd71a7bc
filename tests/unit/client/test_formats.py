"""Does every form that values come in have a record, and does its replay give the values that were read?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import xarray as xr
import zarr

import catalog
from catalog.errors import InputError, StaleSnapshotError, ValuesChangedError
from tests.unit.client.conftest import write_weather
from tests.unit.client.test_recorded import digest

LAT = np.linspace(50, 60, 6)
READ: dict[str, Callable[[Path], Any]] = {
    ".npy": np.load,
    ".npz": lambda path: np.load(path)["sst"],
    ".nc": lambda path: xr.load_dataset(path)["sst"].to_numpy(),
    ".csv": lambda path: pd.read_csv(path).to_numpy(),
    ".parquet": lambda path: pd.read_parquet(path).to_numpy(),
    ".zarr": lambda path: zarr.open_array(path / "sst", mode="r")[...],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("formats")
    write_weather(made / "weather.zarr")
    return made


@pytest.fixture(scope="module")
def own(folder: Path) -> Any:
    with catalog.connect(folder / "graphs") as cat:
        cat.ingest(folder / "weather.zarr", dataset_id="weather")
        yield cat


SST = np.arange(4 * 6 * 10, dtype="float32").reshape(4, 6, 10)


def test_files_of_parts_and_of_reductions(own: Any, tmp_path: Path) -> None:
    sst = own.arrays(path="sst").one()
    for number, (item, expected) in enumerate(((sst.isel(time=2), SST[2]), (sst.mean("time"), SST.mean(0)))):
        for ending, read in READ.items():
            path = tmp_path / f"{number}{ending}"
            saved = item.save(path, agent="Ann")
            np.testing.assert_allclose(read(path).astype("f4"), expected, err_msg=ending)
            parts = {part.array.rpartition("/")[2]: part for part in saved.record.parts}
            assert (parts["sst"].sha256, saved.record.agent) == (digest(expected), "Ann")
            replayed = own.replay(saved.record)
            np.testing.assert_array_equal(replayed.parts[0].values, expected, err_msg=ending)
    found = xr.load_dataset(tmp_path / "1.nc")
    assert (found.sst.attrs["cell_methods"], found.sst.attrs["units"]) == ("time: mean", "degC")
    assert found.lat.values.tolist() == LAT.tolist()


def test_an_image_loses_and_its_record_does_not(own: Any, tmp_path: Path) -> None:
    saved = own.arrays(path="sst").one().isel(time=2).save(tmp_path / "o.png")
    assert saved.notes == ("scaled linearly from 120 (0) to 179 (65535)",)
    with PIL.Image.open(tmp_path / "o.png") as image:
        assert np.asarray(image).tolist() == np.round((SST[2] - 120) / 59 * 65535).tolist()
    np.testing.assert_array_equal(own.replay(saved.record).values, SST[2])


def test_values_that_were_never_written(own: Any) -> None:
    sst = own.arrays(path="sst").one()
    result = sst.sel(time="2020-01-03").result()
    labelled, frame = result.to_xarray(), result.to_pandas()
    np.testing.assert_array_equal(labelled, SST[2])
    assert labelled.lat.values.tolist() == LAT.tolist()
    assert labelled.time.values == np.datetime64("2020-01-03")
    xr.testing.assert_identical(labelled, sst.sel(time="2020-01-03").to_xarray())
    assert frame["sst"].to_xarray().transpose("lat", "lon").values.tolist() == SST[2].tolist()
    np.testing.assert_array_equal(own.replay(result.record()).values, labelled)
    line = sst.isel(time=0, lat=1)
    assert line.to_arrow().to_pydict() == {"lon": [*range(10)], "sst": SST[0, 1].tolist()}
    plane = sst.isel(time=0).result().to_arrow()
    assert np.stack([column.to_numpy() for column in plane.columns], axis=1).tolist() == SST[0].tolist()
    mean = sst.mean("lat").result()
    np.testing.assert_allclose(mean.to_xarray().transpose("time", "lon"), SST.mean(1))
    assert mean.to_xarray().time.values[1] == np.datetime64("2020-01-02")
    np.testing.assert_array_equal(own.replay(mean.record()).values, mean.values)
    assert sst.isel(time=0, lat=0, lon=3).result().to_pandas()["sst"].tolist() == [3.0]
    several = own.arrays(path__in=["sst", "ice"]).result()
    assert [part.values.shape for part in own.replay(several.record()).parts] == [(4, 6, 10)] * 2
    with pytest.raises(InputError, match="2 arrays were read"):
        several.to_xarray()


def test_points_in_tables(own: Any, tmp_path: Path) -> None:
    points = pd.DataFrame({"time": pd.to_datetime(["2020-01-02", "2020-01-04"]), "lat": [52.0, 60.0], "lon": [1.0, 9.0]})
    found = own.arrays(path="sst").one().sample(points, labels=True)
    expected = [SST[1, 1, 1], SST[3, 5, 9]]
    for ending in READ:
        record = found.save(tmp_path / f"o{ending}").record
        assert own.replay(record).values.tolist() == expected, ending
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "o.csv", parse_dates=["time"]), points.assign(sst=expected), check_dtype=False
    )
    np.testing.assert_array_equal(found.to_xarray().coords["time"], points["time"])


def test_what_a_file_cannot_be(own: Any, tmp_path: Path) -> None:
    sst = own.arrays(path="sst").one()
    for call, said in (
        (lambda: sst.save(tmp_path / "o.csv"), "3 dimensions"),
        (lambda: sst.isel(time=0).save(tmp_path / "none" / "o.npy"), "folder does not exist"),
        (lambda: sst.isel(time=0).save(tmp_path / "o.npy", register=True), "is a file: save to OUT.zarr"),
        (lambda: sst.sample([[0, 0, 0]]).save(tmp_path / "o.png"), "no file for values at points"),
        (lambda: own.arrays(path__in=["sst", "ice"]).save(tmp_path / "o.npy"), "2 arrays were read"),
    ):
        with pytest.raises(InputError, match=said):
            call()
    assert not list(tmp_path.iterdir())


def test_what_changed_is_said_whatever_the_file_was(tmp_path: Path) -> None:
    write_weather(tmp_path / "weather.zarr")
    with catalog.connect(tmp_path / "graphs") as cat:
        cat.ingest(tmp_path / "weather.zarr")
        part = cat.arrays(path="sst").one().isel(time=2)
        records = [part.save(tmp_path / f"o{ending}").record for ending in (".csv", ".nc", ".png")]
        zarr.open_array(tmp_path / "weather.zarr" / "sst", mode="r+")[2, 0, 0] = -1
        changed = SST[2].copy()
        changed[0, 0] = -1
        for record in records:
            with pytest.raises(ValuesChangedError, match=f"SHA-256 is {digest(changed)} and was {digest(SST[2])}"):
                cat.replay(record)
        zarr.open_array(tmp_path / "weather.zarr" / "sst", mode="r+").resize((2, 6, 10))
        with pytest.raises(StaleSnapshotError, match=r"shape is \[2, 6, 10\] and was \[4, 6, 10\]"):
            cat.replay(records[0])
