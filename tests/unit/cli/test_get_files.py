"""Does ``get --save`` write what the ending says, and does ``--plan`` say what it costs?"""

from pathlib import Path

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import xarray as xr
from typer.testing import CliRunner

from catalog.cli.main import app


@pytest.fixture
def iri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A catalogued array, by its IRI."""
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")
    attributes = {"units": "K", "standard_name": "sea_surface_temperature"}
    data = xr.Dataset({"t": (("y", "x"), np.arange(12, dtype="u1").reshape(3, 4), attributes)}, {"x": [0.5, 1.5, 2.5, 3.5]})
    data.to_zarr(tmp_path / "s.zarr", zarr_format=3, consolidated=False, encoding={"t": {"chunks": (2, 4), "compressors": None}})
    result = CliRunner().invoke(app, ["ingest", str(tmp_path / "s.zarr"), "--id", "d"])
    assert result.exit_code == 0, result.output
    return "http://localhost:8000/datasets/d/nodes/t"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["get", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_each_ending(iri: str, tmp_path: Path) -> None:
    values = np.arange(12).reshape(3, 4)
    run(iri, "--save", str(tmp_path / "o.nc"), "--select", "y=1:")
    with xr.open_dataset(tmp_path / "o.nc") as found:
        assert found.t.values.tolist() == values[1:].tolist()
        assert found.t.attrs["units"] == "K"
        assert found.x.values.tolist() == [0.5, 1.5, 2.5, 3.5]
    run(iri, "--save", str(tmp_path / "o.csv"), "--select", "y=2")
    assert pd.read_csv(tmp_path / "o.csv").to_dict("list") == {"x": [0.5, 1.5, 2.5, 3.5], "t": [8, 9, 10, 11]}
    run(iri, "--save", str(tmp_path / "o.parquet"), "--select", "y=2")
    assert pd.read_parquet(tmp_path / "o.parquet")["t"].tolist() == [8, 9, 10, 11]
    run(iri, "--save", str(tmp_path / "o.npz"))
    with np.load(tmp_path / "o.npz") as found:
        assert found["t"].tolist() == values.tolist()
    assert "values as they are" in run(iri, "--save", str(tmp_path / "o.png"))
    with PIL.Image.open(tmp_path / "o.png") as image:
        assert np.asarray(image).tolist() == values.tolist()


def test_the_plan_says_requests_and_bytes(iri: str) -> None:
    """Two chunks of eight bytes, stored as they are."""
    assert "2 requests, at most 16 bytes stored" in run(iri, "--plan")
    assert "1 requests, at most 8 bytes stored" in run(iri, "--plan", "--select", "y=0")


def test_an_ending_that_is_not_known(iri: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["get", iri, "--save", str(tmp_path / "o.xlsx")])
    assert result.exit_code != 0
    assert not (tmp_path / "o.xlsx").exists()
