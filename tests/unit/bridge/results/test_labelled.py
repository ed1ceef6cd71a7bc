"""Are xarray's objects those that xarray makes of the store itself?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

from catalog.bridge.results.attributes import read_attributes
from catalog.bridge.results.labelled import to_dataarray, to_dataset, to_datatree
from catalog.bridge.selection import select
from catalog.errors import InputError
from tests.unit.bridge.catalogue import Catalogue


def sea(**members: Any) -> xr.Dataset:
    """A small data set with all that CF says of values."""
    time = xr.Variable("time", [0, 31, 59], {"units": "days since 2001-01-01", "calendar": "standard", "standard_name": "time"})
    lat = xr.Variable("lat", np.linspace(-10.0, 10.0, 5), {"units": "degrees_north", "standard_name": "latitude"})
    lon = xr.Variable("lon", np.arange(4, dtype="f4"), {"units": "degrees_east"})
    values = np.arange(60, dtype="i2").reshape(3, 5, 4)
    values[1, 2, 3] = -99
    attributes = {
        "standard_name": "sea_surface_temperature", "long_name": "Temperature of the sea", "units": "degC", "scale_factor": 0.5,
        "add_offset": 10.0, "_FillValue": np.int16(-99), "instrument": "bucket", "depths": [1, 2.5],
        "made": {"by": {"name": "x"}, "on": "ship"}, "parts": [{"a": 1}, {"b": [2]}], "cell_methods": "time: mean",
    }  # fmt: skip
    mask = xr.Variable(("lat", "lon"), np.ones((5, 4), "i1"), {"long_name": "land"})
    return xr.Dataset(
        {"sst": (("time", "lat", "lon"), values, attributes), "land": mask},
        {"time": time, "lat": lat, "lon": lon, "region": ("lat", np.array(list("abcde"), dtype="U1"))},
        {"title": "The sea", "run": 3},
    )


def published(tmp_path: Path, zarr_format: int) -> Path:
    folder = tmp_path / "sea.zarr"
    # Written as they are: xarray then finds packed values and dates, as other writers leave them.
    data = sea()
    if zarr_format == 2:
        data.sst.encoding["_FillValue"] = data.sst.attrs.pop("_FillValue")
    data.to_zarr(folder, zarr_format=zarr_format, consolidated=False)  # type: ignore[call-overload]
    return folder


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("text", ["", "time=1:,lat=::-2", "time=1,lon=0:3", "lat=[4,0,0]"])
def test_an_array_is_what_xarray_opens(catalogue: Catalogue, tmp_path: Path, zarr_format: int, text: str, lazy: bool) -> None:
    folder = published(tmp_path, zarr_format)
    catalogue.ingest("d", folder)
    ref = catalogue.ref("d", "sst")
    index: dict[str, Any] = {
        "": {}, "time=1:,lat=::-2": {"time": slice(1, None), "lat": slice(None, None, -2)},
        "time=1,lon=0:3": {"time": 1, "lon": slice(0, 3)},
        "lat=[4,0,0]": {"lat": [4, 0, 0]},
    }  # fmt: skip
    expected = xr.open_zarr(folder, consolidated=False).sst.isel(index[text]).load()
    found = to_dataarray(catalogue.store, catalogue.iris, ref, select(ref.array, text), lazy=lazy)
    assert (found.chunks is not None) == lazy
    xr.testing.assert_equal(found, expected)
    assert found.dtype == expected.dtype
    for key, value in expected.attrs.items():
        assert found.attrs[key] == value, key
    for name in expected.coords:
        assert set(expected[name].attrs.items()) <= set(found[name].attrs.items())
    assert found.encoding["scale_factor"] == 0.5
    assert found.encoding["units"] if "units" in found.encoding else found.attrs["units"] == "degC"


def test_values_as_they_are_stored(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = published(tmp_path, 3)
    catalogue.ingest("d", folder)
    found = to_dataarray(catalogue.store, catalogue.iris, catalogue.ref("d", "sst"), decode=False)
    expected = xr.open_zarr(folder, consolidated=False, decode_cf=False).sst.load()
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.dtype("i2")
    assert found.attrs["scale_factor"] == 0.5


def test_a_data_set_of_several_arrays(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = published(tmp_path, 3)
    catalogue.ingest("d", folder)
    parts = [(catalogue.ref("d", name), None) for name in ("sst", "land")]
    found = to_dataset(catalogue.store, catalogue.iris, parts)
    xr.testing.assert_equal(found, xr.open_zarr(folder, consolidated=False).load())


def test_a_whole_group_with_coordinates_of_all_kinds(catalogue: Catalogue, tmp_path: Path) -> None:
    """Names along an axis, places in two dimensions, one height, a duration, and the array that says what the map is."""
    values = np.arange(12, dtype="f4").reshape(3, 4)
    data = xr.Dataset(
        {"t": (("y", "x"), values, {"units": "K"}), "lead": ("y", np.array([0, 6, 12], "m8[h]").astype("m8[ns]"))},
        {
            "lat": (("y", "x"), values, {"units": "degrees_north"}), "station": ("y", ["a", "b b", "ü"]),
            "height": ((), 2.0, {"units": "m"}), "crs": ((), 0, {"grid_mapping_name": "latitude_longitude"}),
        },
    )  # fmt: skip
    data.t.encoding["grid_mapping"] = "crs"
    data.to_zarr(tmp_path / "s.zarr", consolidated=False)
    catalogue.ingest("d", tmp_path / "s.zarr")
    parts = [(catalogue.ref("d", name), None) for name in ("t", "lead", "lat", "station", "height", "crs")]
    found = to_dataset(catalogue.store, catalogue.iris, parts)
    expected = xr.open_zarr(tmp_path / "s.zarr", consolidated=False).load()
    xr.testing.assert_equal(found, expected)
    assert found.t.attrs["grid_mapping"] == expected.t.attrs["grid_mapping"] == "crs"
    alone = to_dataarray(catalogue.store, catalogue.iris, catalogue.ref("d", "t"))
    assert alone.coords["crs"].attrs["grid_mapping_name"] == "latitude_longitude"


def test_a_tree_of_groups(catalogue: Catalogue, tmp_path: Path) -> None:
    """Levels of an image, each a group."""
    tree = xr.DataTree.from_dict(
        {
            f"/image/{level}": xr.Dataset({"data": (("y", "x"), np.arange(64 >> 2 * level).reshape(-1, 4 >> level))})
            for level in (0, 1)
        }
    )
    tree.to_zarr(tmp_path / "t.zarr", consolidated=False)
    catalogue.ingest("d", tmp_path / "t.zarr")
    refs = [catalogue.ref("d", f"image/{level}/data") for level in (0, 1)]
    found = to_datatree(catalogue.store, catalogue.iris, [(ref, None) for ref in refs])
    xr.testing.assert_equal(found, xr.open_datatree(tmp_path / "t.zarr", engine="zarr", consolidated=False).load())
    with pytest.raises(InputError, match="data tree"):
        to_dataset(catalogue.store, catalogue.iris, [(ref, None) for ref in refs])


def test_attributes_come_back(catalogue: Catalogue, tmp_path: Path) -> None:
    attributes = {
        "a": 1, "b": 1.5, "c": True, "d": "text", "e": [1, "x", None], "f": {"g": {"h": [True]}, "i~/j": 2}, "/slash": "s",
        "k": [{"l": {"m": 1}}, [2, [3]]], "empty": {}, "none": None, "nothing": [], "long": "x" * 40_000,
    }  # fmt: skip
    group = zarr.open_group(tmp_path / "s.zarr", mode="w", zarr_format=3, attributes=attributes)
    group.create_array("x", shape=(2,), dtype="i1", attributes={"flat": 2})
    catalogue.ingest("d", tmp_path / "s.zarr")
    root, array = catalogue.iris.node("d", ""), catalogue.iris.node("d", "x")
    found = read_attributes(catalogue.store, catalogue.iris, [root, array])
    assert found[array] == {"flat": 2}
    assert found[root] == {key: value for key, value in attributes.items() if key != "long"}


def test_arrays_without_names_or_coordinates(catalogue: Catalogue, tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "s.zarr", data=np.arange(6).reshape(2, 3))
    catalogue.ingest("d", tmp_path / "s.zarr")
    found = to_dataarray(catalogue.store, catalogue.iris, catalogue.ref("d", ""))
    assert found.dims == ("dim0", "dim1")
    assert found.values.tolist() == [[0, 1, 2], [3, 4, 5]]
