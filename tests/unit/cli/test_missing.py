"""Does ``get --missing`` tell chunks that the store does not have from those that hold the fill value, in every kind of file?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import xarray as xr
import zarr

from tests.support.command import call

NODES = "http://localhost:8000/datasets/lab/nodes/"
VALUES = np.arange(24).reshape(4, 6)
"""Chunks of 2 x 3; the first element is the fill value, and is stored."""
ABSENT = np.zeros((4, 6), bool)
ABSENT[2:, 3:] = True


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Arrays without the chunk 1/1; ``stated`` says what stands for missing values, ``full`` and ``gap`` hold all numbers."""
    folder = tmp_path_factory.mktemp("missing")
    root = zarr.open_group(folder / "s.zarr", mode="w")
    full: Any = np.arange(256, dtype="u1").reshape(16, 16)
    made: dict[str, tuple[Any, dict[str, Any]]] = {
        "f": (VALUES.astype("f4"), {}),
        "i": (VALUES.astype("i4"), {}),
        "u": (VALUES.astype("u1"), {}),
        "b": (VALUES % 2 == 0, {}),
        "stated": (VALUES.astype("i2"), {"_FillValue": -7, "standard_name": "air_temperature", "units": "K"}),
        "full": (full, {}),
    }
    for name, (values, attributes) in made.items():
        chunks = (8, 8) if name == "full" else (2, 3)
        array = root.create_array(
            name, shape=values.shape, chunks=chunks, dtype=values.dtype, dimension_names=["y", "x"], attributes=attributes,
            config={"write_empty_chunks": True},
        )  # fmt: skip
        array[...] = values
        if name != "full":
            (folder / "s.zarr" / name / "c" / "1" / "1").unlink()
    root.create_array("gap", shape=(16, 17), chunks=(16, 16), dtype="u1", config={"write_empty_chunks": True})[:, :16] = full
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALOG_GRAPH_STORE", f"embedded:{folder / 'graphs'}")
        assert call(patch, "ingest", str(folder / "s.zarr"), "--id", "lab") == 0
    return folder


@pytest.fixture
def place(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{catalogue / 'graphs'}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def masked(name: str) -> list[list[Any]]:
    """The values, None where the store has no chunk."""
    kind = {"f": float, "b": lambda value: bool(value % 2 == 0)}.get(name, int)
    return [[None if gone else kind(value) for value, gone in zip(*row, strict=True)] for row in zip(VALUES, ABSENT, strict=True)]


def get(monkeypatch: pytest.MonkeyPatch, name: str, out: str, *more: str) -> int:
    return call(monkeypatch, "get", f"{NODES}{name}", "--missing", "mask", "--save", out, *more)


@pytest.mark.parametrize("name", ["f", "i", "u", "b", "stated"])
def test_what_a_mask_becomes(place: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for out in ("o.npz", "o.csv", "o.parquet"):
        assert get(monkeypatch, name, out) == 0, out
    with np.load("o.npz") as found:
        assert np.array_equal(found[f"{name}.mask"], ABSENT)
        assert np.array_equal(found[name][~ABSENT], np.array(masked(name), object)[~ABSENT])
    frame = pd.read_csv("o.csv", dtype="object", keep_default_na=False)
    assert np.array_equal(frame.to_numpy() == "", ABSENT)
    table = pd.read_parquet("o.parquet", dtype_backend="numpy_nullable").astype(object)
    assert table.where(table.notna(), None).to_numpy().tolist() == masked(name)


@pytest.mark.parametrize("name", ["f", "i", "u", "stated"])
def test_netcdf_has_the_fill_value_of_cf(place: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert get(monkeypatch, name, "o.nc") == 0
    with xr.open_dataset("o.nc") as found:
        assert np.array_equal(np.isnan(found[name].to_numpy()), ABSENT)
        assert np.array_equal(found[name].to_numpy()[~ABSENT], VALUES[~ABSENT])
    with xr.open_dataset("o.nc", mask_and_scale=False) as raw:
        assert name != "stated" or raw[name].attrs["_FillValue"] == -7
        assert raw[name].dtype.kind == {"f": "f", "i": "i", "u": "u", "stated": "i"}[name]


def test_a_picture_is_black_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert get(monkeypatch, "u", "o.png") == 0
    with PIL.Image.open("o.png") as image:
        assert np.asarray(image).tolist() == np.where(ABSENT, 0, VALUES).tolist()


def test_errors_and_fill_values(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for out in ("o.npy", "o.csv", "o.zarr"):
        assert call(monkeypatch, "get", f"{NODES}f", "--missing", "error", "--save", out) == 4
        assert "i/c/1/1" not in (err := capsys.readouterr().err)
        assert "f/c/1/1" in err
        assert not (place / out).exists()
    assert call(monkeypatch, "get", f"{NODES}f", "--missing", "error", "--select", "y=0:2", "--save", "o.npy") == 0
    assert np.load("o.npy").tolist() == VALUES[:2].tolist()
    assert call(monkeypatch, "get", f"{NODES}f", "--missing", "fill", "--save", "o.npy") == 0
    assert np.load("o.npy").tolist() == np.where(ABSENT, 0, VALUES).tolist()
    assert get(monkeypatch, "full", "o.nc") == 0, "nothing is missing, so no value has to stand for that"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            "f",
            ("--save", "o.npy"),
            "a .npy cannot say which elements are missing (missing='mask'); .npz, .nc",
        ),
        ("f", ("--save", "o.zarr"), "a Zarr store has no mask"),
        ("f", ("--save", "o.csv", "--record", "r.ttl"), "a record knows none"),
        ("b", ("--save", "o.nc"), "netCDF has no mark for missing values of the type bool"),
        ("gap", ("--save", "o.nc"), "netCDF has no mark for missing values beside these integers"),
        ("f", ("--save", "o.csv", "--missing", "zero"), "missing is 'zero'; fill, error, mask is allowed"),
        ("f", ("--save", "o.csv", "--points", "p.csv"), "--missing is of parts of arrays"),
    ],
)
def test_what_cannot_be_said_is_refused(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    given: tuple[str, ...],
    message: str,
) -> None:
    assert call(monkeypatch, "get", f"{NODES}{name}", "--missing", "mask", *given) == 2
    assert message in capsys.readouterr().err
    assert not list(place.iterdir())
