"""Stores of format 2 as people have most of them: images whose dimensions have no names, and packed values by xarray."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

import catalog

PIXELS = np.random.default_rng(7).integers(0, 3, (2, 3, 4, 5, 6)).astype("uint16")
"""t, c, z, y, x; many are 0, which is Zarr's fill value, too."""


def _write_image(folder: Path) -> None:
    axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    scale = [{"type": "scale", "scale": [1.0, 1.0, 2.0, 0.5, 0.5]}]
    multiscale = {"version": "0.4", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    group = zarr.open_group(folder, mode="w", zarr_format=2, attributes={"multiscales": [multiscale]})
    group.create_array("0", data=PIXELS, chunks=(1, 1, 2, 5, 6))


def _write_packed(folder: Path) -> None:
    degrees = np.array([[281.5, np.nan, 260.25], [270.0, 275.75, 290.5]])
    packed = {"dtype": "int16", "scale_factor": 0.25, "add_offset": 273.0, "_FillValue": -32768}
    made = xr.Dataset(
        {
            "tas": (("time", "lat"), degrees, {"units": "K", "standard_name": "air_temperature"}),
            "wait": (("time",), np.array([1, 5], "timedelta64[h]").astype("timedelta64[ns]")),
        },
        coords={"time": np.array(["2020-01-01", "2020-01-02"], "M8[ns]"), "lat": [50.0, 52.0, 54.0]},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.to_zarr(folder, encoding={"tas": packed}, zarr_format=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("format2")
    _write_image(found / "image.zarr")
    _write_packed(found / "packed.zarr")
    return found


@pytest.fixture(scope="module")
def old(folder: Path) -> Iterator[catalog.Catalog]:
    with catalog.connect(folder / "graphs", archive=(folder / "archive").as_uri()) as made:
        for name in ("image", "packed"):
            assert made.ingest(folder / f"{name}.zarr", access="public").accepted
        yield made


@pytest.fixture
def image(old: catalog.Catalog) -> Any:
    return old.arrays(level_index=0).one()


def test_axes_of_an_image_go_by_the_image_s_names(old: catalog.Catalog, image: Any) -> None:
    """The array names no dimension, as none of OME-Zarr 0.4 does."""
    assert image.dims == ("t", "c", "z", "y", "x")
    highest = image.isel(t=0, c=1).max("z")
    assert highest.compute().tolist() == PIXELS[0, 1].max(axis=0).tolist()
    assert highest.to_xarray().dims == highest.to_xarray(lazy=True).dims == ("y", "x")
    assert image.isel(t=0, c=0, z=0).to_xarray().dims == ("y", "x")


def test_a_reduction_along_the_image_s_axis_is_replayed(old: catalog.Catalog, image: Any) -> None:
    record = image.mean("t", "z").record()
    assert np.array_equal(old.replay(record).values, PIXELS.mean(axis=(0, 2)))


def test_black_pixels_are_no_missing_values(image: Any) -> None:
    found = image.isel(t=1).to_xarray()
    assert found.dtype == np.uint16
    assert np.array_equal(found, PIXELS[1])


@pytest.mark.parametrize("name", ["tas", "wait"])
def test_what_was_read_decodes_as_xarray_does(old: catalog.Catalog, folder: Path, name: str) -> None:
    """In format 2 the fill value says what is missing; no attribute does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = xr.open_zarr(folder / "packed.zarr", chunks=None, consolidated=True)[name].load()
    item = old.arrays(path=name).one()
    xr.testing.assert_identical(item.to_xarray(), expected)
    xr.testing.assert_identical(item.result().to_xarray(), expected)


def test_what_is_missing_is_missing_in_a_netcdf_file(old: catalog.Catalog, folder: Path) -> None:
    old.arrays(path="tas").one().save(folder / "tas.nc")
    with xr.open_dataset(folder / "tas.nc", engine="h5netcdf") as found:
        assert np.isnan(found["tas"]).values.tolist() == [[False, True, False], [False, False, False]]
