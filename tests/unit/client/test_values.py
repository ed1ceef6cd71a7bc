"""Are the values that come back those that NumPy has of the same part?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import catalog
from catalog.bridge import reduction
from catalog.errors import CatalogError, InputError, LimitExceededError

SST = np.arange(4 * 6 * 10, dtype="float32").reshape(4, 6, 10)


@pytest.fixture
def sst(cat: catalog.Catalog) -> Any:
    return cat.arrays(standard_name="sea_surface_temperature").one()


def test_positions(sst: Any) -> None:
    np.testing.assert_array_equal(sst.compute(), SST)
    np.testing.assert_array_equal(np.asarray(sst), SST)
    np.testing.assert_array_equal(sst.isel(time=0, lat=slice(1, 3)).compute(), SST[0, 1:3])
    np.testing.assert_array_equal(sst.isel(time=-1).isel(lon=[7, 2]).compute(), SST[-1][:, [7, 2]])
    assert sst.isel(time=0).dims == ("lat", "lon")
    assert sst.isel(time=0).ref.array.shape == (4, 6, 10)


def test_labels(sst: Any) -> None:
    np.testing.assert_array_equal(sst.sel(time="2020-01-03").compute(), SST[2])
    np.testing.assert_array_equal(sst.sel(lat=slice(52, 58)).compute(), SST[:, 1:4])
    np.testing.assert_array_equal(sst.sel(lat=50.9, tolerance=1.5).compute(), SST[:, 0])
    np.testing.assert_array_equal(sst.sel(lon=[3.0, 9.0]).isel(time=1).compute(), SST[1][:, [3, 9]])
    np.testing.assert_array_equal(sst.sel(time=np.datetime64("2020-01-02"), lat=np.float64(60)).compute(), SST[1, 5])
    with pytest.raises(InputError):
        sst.sel(lat=51).compute()
    for wrong in (lambda: sst.isel(time=0).sel(time="2020-01-01"), lambda: sst.max("time").isel(lat=0)):
        with pytest.raises(InputError):
            wrong()
    for wrong in (sst.sel(lat=True), sst.sel(lat=slice(1, 2, 2)), sst.sel(lat={}), sst.isel(depth=0)):
        with pytest.raises(InputError):
            wrong.compute()


def test_world_units_and_channels(cat: catalog.Catalog) -> None:
    level = cat.arrays(channel__label="GFP", level_index=0).one()
    whole = np.arange(512, dtype="uint8").reshape(2, 16, 16)
    np.testing.assert_array_equal(level.sel(c="GFP", x=slice(1.0, 3.0)).compute(), whole[1, :, 2:6])
    np.testing.assert_array_equal(level.sel(y=4.0).isel(c=0).compute(), whole[0, 8])
    half = cat.arrays(channel__label="GFP", level_index=1).one()
    assert half.sel(x=slice(1.0, 3.0)).shape == (2, 8, 2)


def test_a_plan_reads_nothing(sst: Any) -> None:
    plan = sst.isel(time=0).plan()
    assert (plan.shape, plan.chunks, plan.result_bytes) == ((6, 10), 4, 240)


def test_what_is_done_to_a_query_is_done_to_each(cat: catalog.Catalog) -> None:
    both = cat.arrays(ndim=3, dtype__in=["float32", "bool"]).order_by("-path").isel(time=1)
    values = both.compute()
    np.testing.assert_array_equal(values[0], SST[1])
    np.testing.assert_array_equal(values[1], SST[1] > 100)
    assert [plan.shape for plan in both.plan()] == [(6, 10), (6, 10)]
    assert [each.shape for each in both] == [(6, 10), (6, 10)]


@pytest.mark.parametrize("name", reduction.REDUCTIONS)
@pytest.mark.parametrize("axes", [(), ("time",), ("lon", "time"), ("lat",)])
def test_reductions_are_numpys(sst: Any, name: str, axes: tuple[str, ...]) -> None:
    at = tuple(("time", "lat", "lon").index(axis) for axis in axes) or None
    found = sst.reduce(name, *axes).compute()
    wanted = getattr(np, name)(SST, axis=at)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_chains_of_reductions(sst: Any) -> None:
    np.testing.assert_array_equal(sst.isel(lat=slice(0, 2)).max("lon").sum("time").compute(), SST[:, :2].max(2).sum(0))
    assert float(sst.max().compute()) == 239
    for wrong in (sst.max("depth"), sst.max("lat").max("lat"), sst.isel(lat=0).min("lat"), sst.max("lat", "lat")):
        with pytest.raises(InputError):
            wrong.compute()
    with pytest.raises(InputError, match="no reduction"):
        sst.reduce("mode")


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "float64", "complex64", "bool"])
@pytest.mark.parametrize("part", [{}, {"a": slice(3, 90, 1)}, {"a": slice(97, 2, -3)}, {"a": slice(1, None, 17), "b": 3}])
def test_blocks_give_what_the_whole_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, part: dict[str, Any]
) -> None:
    values = np.random.default_rng(5).integers(0, 100, (100, 7)).astype(dtype)
    zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(9, 4), dimension_names=["a", "b"])
    wanted = values[tuple(part.get(axis, slice(None)) for axis in "ab")]
    with catalog.connect(tmp_path / "graphs") as cat:
        cat.ingest(tmp_path / "a.zarr")
        array = cat.arrays().one().isel(**part)
        monkeypatch.setattr(reduction, "BLOCK_BYTES", 4)
        selection = array.part.selection
        blocks = list(reduction._blocks(array.ref, selection, [0], 4))
        assert len(blocks) > 2
        assert sum(block.axes[0].count for block in blocks) == selection.axes[0].count
        for name in sorted(reduction._COMBINED):
            found, expected = array.reduce(name, "a").compute(), getattr(np, name)(wanted, axis=0)
            assert found.dtype == expected.dtype, name
            np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=name)


def test_blocks_end_where_chunks_end(tmp_path: Path) -> None:
    """No chunk is in two blocks, so none is read twice."""
    zarr.create_array(tmp_path / "a.zarr", data=np.arange(1000), chunks=(64,), dimension_names=["a"])
    with catalog.connect(tmp_path / "graphs") as cat:
        cat.ingest(tmp_path / "a.zarr")
        for part in ({}, {"a": slice(70, 900, 7)}, {"a": slice(999, 3, -5)}):
            array = cat.arrays().one().isel(**part)
            blocks = [
                set(range(1000)[block.ascending[0]]) for block in reduction._blocks(array.ref, array.part.selection, [0], 300)
            ]
            chunks = [{at // 64 for at in block} for block in blocks]
            assert len(chunks) > 2
            assert sum(map(len, chunks)) == len(set.union(*chunks)) == array.plan().chunks


def test_texts_have_no_maximum(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=np.array(["x", "y"], dtype="<U1"), chunks=(2,))
    with catalog.connect(tmp_path / "graphs") as cat:
        cat.ingest(tmp_path / "a.zarr")
        with pytest.raises(InputError, match="numbers"):
            cat.arrays().one().sum().compute()


def test_more_than_the_limit_is_reduced_in_blocks(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=np.arange(1000), chunks=(50,))
    with catalog.connect(tmp_path / "graphs", read={"max_result_bytes": 1000}) as cat:
        cat.ingest(tmp_path / "a.zarr")
        assert cat.arrays().one().sum().compute() == 499_500
        with pytest.raises(LimitExceededError):
            cat.arrays().one().compute()
        with pytest.raises(LimitExceededError):
            cat.arrays().one().median().compute()


def test_xarray_has_coordinates_and_units(sst: Any) -> None:
    part = sst.sel(lat=slice(52, 58)).isel(time=slice(0, 2)).to_xarray()
    assert part.dims == ("time", "lat", "lon")
    assert part.attrs["units"] == "degC"
    np.testing.assert_array_equal(part.values, SST[:2, 1:4])
    np.testing.assert_array_equal(part["lat"].values, [52, 54, 56])
    assert part["time"].values[1] == np.datetime64("2020-01-02")
    mean = sst.sel(lat=slice(52, 58)).mean("time").to_xarray()
    assert mean.dims == ("lat", "lon")
    np.testing.assert_array_equal(mean["lat"].values, [52, 54, 56])
    np.testing.assert_allclose(mean.values, SST[:, 1:4].mean(0))


def test_a_query_as_a_dataset_or_a_tree(cat: catalog.Catalog) -> None:
    weather = cat.arrays(dims="lat", ndim=3).isel(time=0).to_xarray()
    assert set(weather.data_vars) == {"sst", "ice"}
    np.testing.assert_array_equal(weather["sst"].values, SST[0])
    tree = cat.arrays(level_index=1).to_xarray(decode=False)
    assert tree["A/1/0"]["1"].shape == (2, 8, 8)
    with pytest.raises(InputError, match="2 datasets"):
        cat.arrays(path__in=["sst", "one"]).to_xarray()


def test_a_reduced_query_as_a_dataset_or_a_tree(cat: catalog.Catalog) -> None:
    weather = cat.arrays(dims="lat", ndim=3).isel(lon=slice(2, 5)).max("time")
    for found in (weather.to_xarray(), weather.to_xarray(lazy=True)):
        assert set(found.data_vars) == {"sst", "ice"}
        np.testing.assert_array_equal(found["sst"], SST[:, :, 2:5].max(0))
        np.testing.assert_array_equal(found["ice"], (SST[:, :, 2:5] > 100).max(0))
        assert found.lon.values.tolist() == [2.0, 3.0, 4.0]
        assert found.lat.values.tolist() == np.linspace(50, 60, 6).tolist()
    tree = cat.arrays(level_index=1).max("c").to_xarray()
    assert tree["A/1/0"]["1"].values.tolist() == np.arange(128).reshape(2, 8, 8).max(0).tolist()
    with pytest.raises(InputError, match="cannot be put together"):
        cat.arrays(path__startswith="A/").max("c").to_xarray()
    with pytest.raises(InputError, match="2 datasets"):
        cat.arrays(path__in=["sst", "one"]).max().to_xarray()


def test_dask_and_pandas(sst: Any) -> None:
    lazy = sst.isel(time=slice(1, 3)).max("lon").to_dask()
    assert lazy.shape == (2, 6)
    np.testing.assert_array_equal(lazy.compute(scheduler="synchronous"), SST[1:3].max(2))
    frame = sst.isel(time=0, lat=slice(0, 2)).to_pandas()
    assert frame["sst"].tolist() == SST[0, :2].ravel().tolist()


def test_one_failure_leaves_the_others_whole(tmp_path: Path) -> None:
    for name in "abc":
        zarr.create_array(tmp_path / f"{name}.zarr", data=np.arange(6), chunks=(3,), compressors=None)
    with catalog.connect(tmp_path / "graphs") as cat:
        for name in "abc":
            cat.ingest(tmp_path / f"{name}.zarr", dataset_id=name)
        (tmp_path / "b.zarr" / "c" / "1").write_bytes(b"short")
        outcomes = cat.arrays().order_by("dataset").read()
        assert [outcome.error is None for outcome in outcomes] == [True, False, True]
        assert outcomes[2].get().tolist() == list(range(6))
        with pytest.raises(CatalogError):
            cat.arrays().compute()
