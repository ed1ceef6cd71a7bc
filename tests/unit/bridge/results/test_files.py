"""Do other programs find in the files what was in the store?"""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import PIL.Image
import pyarrow as pa
import pyarrow.parquet
import pytest
import xarray as xr

from catalog.bridge.results.columns import to_arrow, to_columns, to_pandas
from catalog.bridge.results.described import Described, describe_parts
from catalog.bridge.results.files import ENDINGS, save_part, to_csv
from catalog.bridge.results.picture import to_png
from catalog.bridge.selection import select
from catalog.errors import InputError
from tests.unit.bridge.catalogue import Catalogue


@pytest.fixture
def folder(catalogue: Catalogue, tmp_path: Path) -> Path:
    """A catalogued store: packed values over time and place."""
    time = xr.Variable("time", [0, 31, 59], {"units": "days since 2001-01-01", "calendar": "standard"})
    attributes = {"units": "degC", "scale_factor": 0.5, "add_offset": 10.0, "_FillValue": np.int16(-99)}
    values = np.array([[1, 2, 3, 4], [5, -99, 7, 8], [9, 10, 11, 12]], "i2")
    series = xr.Variable("time", [1.5, np.nan, 3.5], {"units": "m"})
    data = xr.Dataset(
        {"t": (("time", "x"), values, attributes), "level": series}, {"time": time, "x": ("x", [0.0, 0.5, 1.0, 1.5])}
    )
    data.to_zarr(tmp_path / "s.zarr", zarr_format=3, consolidated=False)
    catalogue.ingest("d", tmp_path / "s.zarr")
    return tmp_path / "s.zarr"


def part(catalogue: Catalogue, path: str, text: str = "") -> Described:
    ref = catalogue.ref("d", path)
    (described,) = describe_parts(catalogue.store, catalogue.iris, [(ref, select(ref.array, text))])
    return described


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_files_that_describe_themselves(catalogue: Catalogue, folder: Path, tmp_path: Path, ending: str) -> None:
    shape, _ = save_part(part(catalogue, "t", "x=1:3"), tmp_path / f"out{ending}")
    assert shape == (3, 2)
    expected = xr.open_zarr(folder, consolidated=False).t.isel(x=slice(1, 3)).load()
    opened = xr.open_dataset(tmp_path / "out.nc") if ending == ".nc" else xr.open_zarr(tmp_path / "out.zarr", consolidated=False)
    with opened as found:
        xr.testing.assert_equal(found.t.load(), expected)
        assert found.t.attrs["units"] == "degC"


def test_times_that_xarray_reads_but_does_not_write(catalogue: Catalogue, tmp_path: Path) -> None:
    time = xr.Variable("time", [0, 1, 13], {"units": "months since 2000-01-01", "calendar": "360_day"})
    xr.Dataset({"t": ("time", [1.0, 2.0, 3.0])}, {"time": time}).to_zarr(tmp_path / "s.zarr", consolidated=False)
    catalogue.ingest("d", tmp_path / "s.zarr")
    save_part(part(catalogue, "t"), tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "out.nc") as found:
        xr.testing.assert_equal(found.load(), xr.open_zarr(tmp_path / "s.zarr", consolidated=False).load())
        assert [str(each) for each in found.time.values] == ["2000-01-01 00:00:00", "2000-02-01 00:00:00", "2001-02-01 00:00:00"]


def test_a_store_is_never_written_over(catalogue: Catalogue, folder: Path, tmp_path: Path) -> None:
    save_part(part(catalogue, "t"), tmp_path / "out.zarr")
    with pytest.raises(InputError, match="already"):
        save_part(part(catalogue, "t"), tmp_path / "out.zarr")


def test_missing_values_of_floats_survive_in_zarr(catalogue: Catalogue, folder: Path, tmp_path: Path) -> None:
    save_part(part(catalogue, "level"), tmp_path / "out.zarr")
    with xr.open_zarr(tmp_path / "out.zarr", consolidated=False) as found:
        xr.testing.assert_equal(found.level.load(), xr.open_zarr(folder, consolidated=False).level.load())


def test_numpy_files(catalogue: Catalogue, folder: Path, tmp_path: Path) -> None:
    save_part(part(catalogue, "t", "time=1"), tmp_path / "out.npy")
    assert np.load(tmp_path / "out.npy").tolist() == [5, -99, 7, 8]
    save_part(part(catalogue, "t", "time=1"), tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as found:
        assert found["t"].tolist() == [5, -99, 7, 8]
        assert found["x"].tolist() == [0.0, 0.5, 1.0, 1.5]
        assert found["time"].tolist() == 31


def test_tables(catalogue: Catalogue, folder: Path, tmp_path: Path) -> None:
    save_part(part(catalogue, "t", "time=1"), tmp_path / "out.csv")
    found = pd.read_csv(tmp_path / "out.csv")
    assert found.to_dict("list") == {"x": [0.0, 0.5, 1.0, 1.5], "t": [5, -99, 7, 8]}
    save_part(part(catalogue, "t", "time=1"), tmp_path / "out.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pydict() == found.to_dict("list")
    save_part(part(catalogue, "t"), tmp_path / "two.csv")
    assert pd.read_csv(tmp_path / "two.csv").to_dict("list")["t[1]"] == [2, -99, 10]


def test_an_ending_that_is_not_known(catalogue: Catalogue, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can end in") as caught:
        save_part(part(catalogue, "t"), tmp_path / "out.xlsx")
    assert all(ending in str(caught.value) for ending in ENDINGS)


def test_a_failure_leaves_no_file(catalogue: Catalogue, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two axes"):
        save_part(part(catalogue, "level"), tmp_path / "out.png")
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")'])
def test_no_text_is_a_formula(text: str) -> None:
    content = to_csv({text: np.array([text, "plain"], dtype=object)})
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert rows == [[f"'{text}"], [f"'{text}"], ["plain"]]
    assert content.startswith("\"'")


def test_numbers_are_bare_and_texts_are_quoted() -> None:
    values = {"n": np.array([-1.5, 2]), "s": np.array(['a"b', "c,d\ne"]), "b": np.array([True, False])}
    assert to_csv(values) == '"n","s","b"\r\n-1.5,"a""b","true"\r\n2.0,"c,d\ne","false"\r\n'
    masked = np.ma.MaskedArray([1, 2], [False, True])
    assert list(csv.reader(io.StringIO(to_csv({"m": masked, "n": np.array([3, 4])})))) == [["m", "n"], ["1", "3"], ["", "4"]]


def test_columns() -> None:
    fields = np.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i4"), ("b", "f8")])
    found = to_columns({"f": fields, "two": np.arange(4).reshape(2, 2)})
    assert {name: column.tolist() for name, column in found.items()} == {
        "f.a": [1, 3], "f.b": [2.5, 4.5], "two[0]": [0, 2], "two[1]": [1, 3],
    }  # fmt: skip
    with pytest.raises(InputError, match="one length"):
        to_columns({"a": np.zeros(2), "b": np.zeros(3)})
    with pytest.raises(InputError, match="3 dimensions"):
        to_columns({"a": np.zeros((1, 2, 3))})
    with pytest.raises(InputError, match="10000 columns"):
        to_columns({"a": np.zeros((1, 10_001))})


def test_pandas_and_arrow() -> None:
    values = {"a": np.ma.MaskedArray([1, 2], [False, True]), "b": np.array([1, 2], ">i4"), "s": np.array(["x", "y"])}
    frame = to_pandas(values, {"i": np.array([5, 6])})
    assert frame.index.tolist() == [5, 6]
    assert frame["a"].isna().tolist() == [False, True]
    assert frame["b"].tolist() == [1, 2]
    assert to_arrow(values).to_pydict() == {"a": [1, None], "b": [1, 2], "s": ["x", "y"]}
    for unit in ("Y", "M", "W", "D", "h", "m", "s", "ms", "ns"):
        held = to_arrow({"t": np.array(["2001-01-01", "NaT"], f"M8[{unit}]")})["t"].cast(pa.timestamp("s"))
        day = np.datetime64("2001-01-01", unit).astype("M8[s]").item()
        assert held.to_pylist() == [day, None], unit
    for unit in ("W", "D", "h", "m", "s", "us"):
        held = to_arrow({"t": np.array([3, "NaT"], f"m8[{unit}]")})["t"]
        assert held.to_pylist() == [np.timedelta64(3, unit).item(), None], unit
    unnamed = np.array([5, np.iinfo("i8").min], "i8")
    assert to_arrow({"t": unnamed.view("M8")})["t"].to_pylist() == [5, None]
    assert to_csv({"t": unnamed.view("M8"), "d": unnamed.view("m8[h]")}).splitlines()[1:] == ["5,5", '"",""']
    dates = to_arrow({"t": np.array(["2001-01-01"], "M8[D]")})
    assert dates.schema.field("t").type == pa.date32()
    with pytest.raises(InputError, match="complex"):
        to_arrow({"c": np.array([1j])})


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_grey_values_stay_as_they_are(tmp_path: Path, kind: str) -> None:
    values = np.random.default_rng(1).integers(0, np.iinfo(kind).max, (5, 7), endpoint=True).astype(kind)
    data, told = to_png(values)
    (tmp_path / "x.png").write_bytes(data)
    with PIL.Image.open(tmp_path / "x.png") as image:
        assert image.size == (7, 5)
        assert np.asarray(image).astype(int).tolist() == values.astype(int).tolist()
        assert image.text["Description"] == told  # type: ignore[attr-defined]
    assert told == "values as they are"


def test_other_values_are_scaled_and_it_is_said(tmp_path: Path) -> None:
    data, told = to_png(np.array([[-1.0, 0.0], [1.0, np.nan]]))
    (tmp_path / "x.png").write_bytes(data)
    with PIL.Image.open(tmp_path / "x.png") as image:
        assert np.asarray(image).astype(int).tolist() == [[0, 32768], [65535, 0]]
    assert told == "scaled linearly from -1 (0) to 1 (65535)"
    data, told = to_png(np.array([[0, 10]], "uint8"), 0, 20)
    assert told == "scaled linearly from 0 (0) to 20 (65535)"
    with pytest.raises(InputError, match="shape"):
        to_png(np.zeros((2, 2, 2)))
    with pytest.raises(InputError, match="no grey values"):
        to_png(np.array([["x"]]))
