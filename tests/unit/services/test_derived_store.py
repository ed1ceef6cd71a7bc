"""What of an array's metadata comes along into a store that holds a part of it?"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr

from catalog.errors import InputError
from catalog.services.derive import Result, save_store
from catalog.services.workspace import Workspace
from tests.support.recorded import T, X, Y, read, saved, take_in, write_climate, write_image


@pytest.fixture
def nodes(workspace: Workspace, tmp_path: Path) -> str:
    return take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")


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


def test_what_the_archive_has_lost_is_noted(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    reading = read(workspace, nodes + "t", "x=3")
    shutil.rmtree(tmp_path / "catalogue" / "archive")
    outcome = saved(workspace, tmp_path / "out.zarr", reading)
    assert any("not in the archive" in note for note in outcome.notes)
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "out.zarr" / "t", mode="r")[...], T[:, 3])
