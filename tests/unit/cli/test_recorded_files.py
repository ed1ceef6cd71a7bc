"""Does a record that was written beside a file lead back to the same values, whatever the file is?"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import rdflib
import xarray as xr
import zarr

from tests.support.command import call
from tests.support.recorded import T, X, Y

NODE = "http://localhost:8000/datasets/lab/nodes/t"
SHA256 = rdflib.URIRef("https://schema.org/sha256")
PART = T[2:6, 3:9]
YS, XS = [7, 0, 19, 7], [0, 29, 3, 0]
READ: dict[str, Callable[[Path], Any]] = {
    ".npy": np.load,
    ".npz": lambda path: np.load(path)["t"],
    ".nc": lambda path: xr.load_dataset(path)["t"].to_numpy(),
    ".csv": lambda path: pd.read_csv(path).to_numpy(),
    ".parquet": lambda path: pd.read_parquet(path).to_numpy(),
    ".zarr": lambda path: zarr.open_array(path / "t", mode="r")[...],
}


def digests_in(path: Path) -> set[str]:
    """Those of the values; a store has coordinates, too."""
    return {str(digest) for digest in rdflib.Graph().parse(path, format="turtle").objects(None, SHA256)}


def test_every_format_has_a_record_that_is_replayed(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = hashlib.sha256(PART.astype("<f4").tobytes()).hexdigest()
    endings = [*READ, ".png"]
    for ending in endings:
        given = ("--select", "y=2:6,x=3:9", "--save", f"o{ending}", "--record", f"r{ending}.ttl")
        assert call(monkeypatch, "get", NODE, *given) == 0, ending
        found = digests_in(place / f"r{ending}.ttl")
        assert digest in found, ending
        assert len(found) == 1 or ending == ".zarr"
        assert call(monkeypatch, "replay", f"r{ending}.ttl", "--save", "again.npy") == 0, ending
        assert np.load("again.npy").tolist() == PART.tolist()
    for ending, read in READ.items():
        assert read(place / f"o{ending}").astype("f4").tolist() == PART.tolist(), ending
    with PIL.Image.open("o.png") as image:
        scaled = np.round((PART - PART.min()) / (PART.max() - PART.min()) * 65535)
        assert np.asarray(image).tolist() == scaled.tolist(), (
            "an image of floats is scaled; its record has the digest of the floats"
        )
    with xr.open_dataset("o.nc") as found:
        assert (found.t.attrs["units"], found.x.values.tolist()) == ("K", X[3:9].tolist())
    zarr.open_array(place / "s.zarr" / "t", mode="r+")[3, 3] = -7
    changed = PART.copy()
    changed[1, 0] = -7
    for ending in endings:
        capsys.readouterr()
        assert call(monkeypatch, "replay", f"r{ending}.ttl") == 5, ending
        err = capsys.readouterr().err
        assert digest in err
        assert hashlib.sha256(changed.astype("<f4").tobytes()).hexdigest() in err, ending


def test_what_is_replayed_can_be_written_to_every_kind_of_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, "get", NODE, "--select", "y=2:6,x=3:9", "--save", "o.csv", "--record", "r.ttl") == 0
    for ending, read in READ.items():
        if ending != ".zarr":
            assert call(monkeypatch, "replay", "r.ttl", "--save", f"again{ending}") == 0
            assert read(place / f"again{ending}").astype("f4").tolist() == PART.tolist(), ending


def test_points_go_to_every_table_with_what_they_were_given_as(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "p.csv").write_text("y,x\n" + "".join(f"{Y[y]},{X[x]}\n" for y, x in zip(YS, XS, strict=True)))
    digest = hashlib.sha256(T[YS, XS].astype("<f4").tobytes()).hexdigest()
    for ending in (".npy", ".npz", ".nc", ".csv", ".parquet", ".zarr"):
        given = ("--points", "p.csv", "--points-in", "label", "--save", f"o{ending}", "--record", f"r{ending}.ttl")
        assert call(monkeypatch, "get", NODE, *given) == 0, ending
        assert digest in digests_in(place / f"r{ending}.ttl"), ending
        assert call(monkeypatch, "replay", f"r{ending}.ttl", "--save", "again.npy") == 0, ending
        assert np.load("again.npy").tolist() == T[YS, XS].tolist()
    for frame in (pd.read_csv("o.csv"), pd.read_parquet("o.parquet")):
        assert [float(each) for each in frame["y"]] == Y[YS].tolist()
        assert [float(each) for each in frame["x"]] == X[XS].tolist()
        assert frame["t"].tolist() == T[YS, XS].tolist()
    assert xr.load_dataset("o.nc")["t"].dims == ("point",)


def test_several_arrays_are_recorded_in_a_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = f"SELECT ?a ?y_at {{ VALUES (?a ?y_at) {{ (<{NODE}> 2) (<{NODE}> 4) }} }}"
    assert call(monkeypatch, "get", "--query", query, "--save", "o.csv", "--record", "r.ttl") == 2, "two arrays, and one file"
    assert call(monkeypatch, "get", "--query", query, "--save", "out", "--record", "r.ttl") == 0
    assert [np.load(each).tolist() for each in sorted((place / "out").iterdir())] == [T[2].tolist(), T[4].tolist()]
    assert call(monkeypatch, "replay", "r.ttl", "--part", "1", "--save", "again.csv") == 0
    assert pd.read_csv("again.csv")["t"].tolist() == T[4].tolist()
