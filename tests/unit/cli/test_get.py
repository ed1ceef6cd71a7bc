"""``get`` as a shell sees it: by IRI, by query, at points."""

import json
from pathlib import Path

import numpy as np
import pytest
import zarr

from tests.support.command import call

BASE = "http://localhost:8000/datasets/lab/nodes/"
VALUES = np.arange(40.0).reshape(4, 10)
ARRAYS = "SELECT ?array ?x_start ?x_stop { VALUES (?path ?x_start ?x_stop) { ('a' 2 5) ('b' 0 3) } ?array zo:path ?path }"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a catalogue of one store."""
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")
    monkeypatch.chdir(tmp_path)
    root = zarr.open_group(tmp_path / "s.zarr", mode="w", zarr_format=3)
    for name in "ab":
        root.create_array(name, shape=(4, 10), chunks=(2, 5), dtype="f8", dimension_names=["y", "x"])[...] = VALUES
    x = root.create_array("x", shape=(10,), dtype="f8", dimension_names=["x"], attributes={"units": "m"})
    x[...] = np.arange(10) * 10.0
    assert call(monkeypatch, "ingest", "s.zarr", "--id", "lab") == 0
    capsys.readouterr()
    return tmp_path


def test_a_query_with_one_array_writes_one_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = f"SELECT ?a {{ VALUES ?a {{ <{BASE}a> }} }}"
    assert call(monkeypatch, "get", "--query", query, "--select", "y=[3,0],x=20..40", "--save", "out.npy") == 0
    assert np.load("out.npy").tolist() == VALUES[[3, 0], 2:4].tolist()


def test_a_query_from_a_file_with_several_arrays_writes_one_file_each(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "q.rq").write_text(ARRAYS)
    assert call(monkeypatch, "get", "--query", "q.rq", "--save", "out.npy") == 2
    err = capsys.readouterr().err
    assert "the query means 2 arrays" in err
    assert "a folder" in err
    assert not (place / "out.npy").exists()
    assert call(monkeypatch, "get", "--query", "q.rq", "--column", "array", "--save", "out/") == 0
    found = {path.name: np.load(path) for path in (place / "out").iterdir()}
    assert sorted(name.partition("-")[2] for name in found) == ["lab-a.npy", "lab-b.npy"]
    for name, values in found.items():
        assert values.tolist() == (VALUES[:, 2:5] if name.endswith("a.npy") else VALUES[:, 0:3]).tolist()


def test_the_plan_of_a_query_reads_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "s.zarr").rename(place / "gone.zarr")
    assert call(monkeypatch, "get", "--query", ARRAYS, "--json") == 2, "no --save and no --plan"
    capsys.readouterr()
    assert call(monkeypatch, "get", "--query", ARRAYS, "--plan", "--json") == 0
    plans = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted((plan["iri"], plan["shape"], plan["chunks"]) for plan in plans) == [
        (f"{BASE}a", [4, 3], 2),
        (f"{BASE}b", [4, 3], 2),
    ]


def test_rows_that_lead_nowhere_are_told(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    query = f"SELECT ?a {{ VALUES ?a {{ <{BASE}a> <{BASE}zz> }} }}"
    assert call(monkeypatch, "get", "--query", query, "--plan") == 0
    assert f"1 of 2 rows lead to no array by ?a: {BASE}zz" in capsys.readouterr().err


def test_labels_and_lists_by_iri(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "get", f"{BASE}a", "--select", "x=label(31~),y=::-1", "--save", "out.npy") == 0
    assert np.load("out.npy").tolist() == VALUES[::-1, 3].tolist()
    assert "x = 31 is nearest to 30, at 3" in capsys.readouterr().err
    assert call(monkeypatch, "get", f"{BASE}a", "--select", "x=label(31)", "--plan") == 2
    assert "the nearest is 30; 'x' goes from 0 to 90 m" in capsys.readouterr().err


def test_points_of_a_file(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "points.csv").write_text("name,x,y\nfirst,9,3\nsecond,0,0\nthird,4,1\n")
    assert call(monkeypatch, "get", f"{BASE}a", "--points", "points.csv", "--save", "out.npy") == 0
    assert np.load("out.npy").tolist() == [39.0, 0.0, 14.0]
    for text, message in [
        ("x\n1\n", "no column for y"),
        ("x,y\n1,4\n", "position 4 along axis 0"),
        ("x,y\n1\n", "row 0 of 'points.csv' has 1 fields and the header 2"),
        ("x,y\n1,b\n", "row 0 of the column 'y' is 'b'; a number is needed"),
    ]:
        (place / "points.csv").write_text(text)
        assert call(monkeypatch, "get", f"{BASE}a", "--points", "points.csv", "--save", "out.npy") == 2
        assert message in capsys.readouterr().err
    assert call(monkeypatch, "get", f"{BASE}a", "--points", "points.csv", "--points-in", "feet", "--save", "out.npy") == 2
    assert "points are in 'feet'; position, label, world is allowed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plan"], "give an IRI, or --query"),
        ([f"{BASE}a", "--query", ARRAYS, "--plan"], "give an IRI, or --query"),
        (["--query", "ASK { ?s ?p ?o }", "--plan"], "the query is of the form ASK; a SELECT is needed"),
        (["--query", "no-such-file.rq", "--plan"], "the query file 'no-such-file.rq' cannot be read"),
        (["--query", "SELECT ?n { ?s zo:shape ?n }", "--plan"], "no column leads to arrays: n"),
        (["--query", ARRAYS, "--column", "z", "--plan"], "no column 'z'; its columns are array, x_start, x_stop"),
        (["--query", ARRAYS, "--points", "p.csv", "--save", "o.npy"], "points are of the array of an IRI"),
    ],
)
def test_what_makes_no_sense_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert call(monkeypatch, "get", *arguments) == 2
    assert message in capsys.readouterr().err
