"""``get --points`` by position, label, date and world unit, of files and of queries."""

import json
from pathlib import Path

import numpy as np
import pytest
import zarr

from tests.support.command import call
from tests.unit.client.conftest import write_plate, write_weather

BASE = "http://localhost:8000/datasets/"
SST = f"{BASE}weather/nodes/sst"
LEVEL = f"{BASE}assay/nodes/A/1/0/0"
VALUES = np.arange(4 * 6 * 10, dtype="float32").reshape(4, 6, 10)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of a weather store and of a plate."""
    folder = tmp_path_factory.mktemp("points")
    write_weather(folder / "weather.zarr")
    write_plate(folder / "assay.zarr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALOG_GRAPH_STORE", f"embedded:{folder / 'graphs'}")
        for name in ("weather", "assay"):
            assert call(patch, "ingest", str(folder / f"{name}.zarr"), "--id", name) == 0
    return folder


@pytest.fixture
def place(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{catalogue / 'graphs'}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


GIVEN = [
    # latitudes go from 50 in steps of 2, longitudes from 0 in steps of 1, times from 2020-01-01 in days
    ("time,lat,lon\n3,5,9\n0,0,0\n", (), [VALUES[3, 5, 9], VALUES[0, 0, 0]]),
    ("time,lat,lon\n2020-01-03,52,1\n2020-01-01,60.0,9\n", ("label",), [VALUES[2, 1, 1], VALUES[0, 5, 9]]),
    ("time,lat,lon\n2020-01-03,1,1\n2020-01-01,5,9\n", ("time=label",), [VALUES[2, 1, 1], VALUES[0, 5, 9]]),
    ("time,lat,lon\n2020-01-03T05:00,52.9,1.2\n", ("label", "lat=1,lon=0.2,time=6h"), [VALUES[2, 1, 1]]),
    ("time,lat,lon\n2020-01-03T05:00,50.9,1\n", ("label", "inf"), [VALUES[2, 0, 1]]),
    ("lat,lon\n52,1\n60,9\n", ("lat=label", "", "--select", "time=label(2020-01-04)"), [VALUES[3, 1, 1], VALUES[3, 5, 9]]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "how", "expected"), GIVEN)
def test_points_of_a_file(
    place: Path, monkeypatch: pytest.MonkeyPatch, text: str, how: tuple[str, ...], expected: list[float]
) -> None:
    (place / "p.csv").write_text(text)
    kinds, tolerance, *more = (*how, "", "")[: max(len(how), 2)]
    given = [*(["--points-in", kinds] if kinds else []), *(["--tolerance", tolerance] if tolerance else []), *more]
    assert call(monkeypatch, "get", SST, "--points", "p.csv", *given, "--save", "o.npy") == 0
    assert np.load("o.npy").tolist() == expected


def test_points_of_a_query(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = '("2020-01-02"^^xsd:date 54 3 "a") ("2020-01-04"^^xsd:date 50 0 "b")'
    query = f"SELECT ?time ?lat ?lon ?name {{ VALUES (?time ?lat ?lon ?name) {{ {rows} }} }}"
    (place / "q.rq").write_text(query)
    for given in (query, "q.rq"):
        asked = ("get", SST, "--points-query", given, "--points-in", "time=label,lat=label", "--save", "o.npy")
        assert call(monkeypatch, *asked, "--record", "r.ttl") == 0
        assert np.load("o.npy").tolist() == [VALUES[1, 2, 3], VALUES[3, 0, 0]]
    assert "VALUES (?time ?lat ?lon ?name)" in (place / "r.ttl").read_text()
    assert call(monkeypatch, "replay", "r.ttl") == 0
    capsys.readouterr()
    assert call(monkeypatch, "get", SST, "--points-query", "SELECT ?s { ?s a zo:ZarrArray }", "--save", "o.npy") == 2
    assert "no column that is called like an axis: ?time, ?lat, ?lon; it has ?s" in capsys.readouterr().err


def test_points_of_an_image_in_world_units_and_at_a_level(place: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Path) -> None:
    fine = zarr.open_array(catalogue / "assay.zarr" / "A/1/0/0", mode="r")[...]
    coarse = zarr.open_array(catalogue / "assay.zarr" / "A/1/0/1", mode="r")[...]
    assert isinstance(fine, np.ndarray)
    assert isinstance(coarse, np.ndarray)
    # pixels of 0.5 and 1 micrometres
    (place / "p.csv").write_text("c,y,x\n0,3.2,7.75\n1,0,0.5\n")
    given = ("get", LEVEL, "--points", "p.csv", "--points-in", "y=world,x=world")
    assert call(monkeypatch, *given, "--save", "o.npy") == 0
    assert np.load("o.npy").tolist() == [fine[0, 6, 15], fine[1, 0, 1]]
    for level in ("1", "x=1,y=1", "128B"):
        assert call(monkeypatch, *given, "--level", level, "--save", "o.npy") == 0
        assert np.load("o.npy").tolist() == [coarse[0, 3, 7], coarse[1, 0, 0]], level
    (place / "named.csv").write_text("c,y,x\nGFP,3.2,7.75\n")
    assert call(monkeypatch, "get", LEVEL, "--points", "named.csv", "--points-in", "label", "--save", "o.npy") == 0
    assert np.load("o.npy").tolist() == [fine[1, 6, 15]]


def test_a_level_of_an_image(place: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Path) -> None:
    coarse = zarr.open_array(catalogue / "assay.zarr" / "A/1/0/1", mode="r")[...]
    assert isinstance(coarse, np.ndarray)
    for iri in (LEVEL, LEVEL.rpartition("/")[0]):
        for level in ("1", "x=1.0", "16 B"):
            select = "c=0,y=world(2:6),x=world(0:4)"  # 4 x 4 pixels of a byte at level 1, 8 x 8 at level 0
            assert call(monkeypatch, "get", iri, "--level", level, "--select", select, "--save", "o.npy") == 0
            assert np.load("o.npy").tolist() == coarse[0, 2:6, :4].tolist(), level


def test_more_points_than_a_record_names_are_refused_before_they_are_read(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "p.csv").write_text("time,lat,lon\n" + "0,0,0\n" * 200_000)
    given = ("get", SST, "--points", "p.csv", "--save", "o.npy")
    assert call(monkeypatch, *given, "--record", "r.ttl") == 6
    assert "characters" in capsys.readouterr().err
    assert not (place / "o.npy").exists()
    assert call(monkeypatch, *given) == 0
    assert np.load("o.npy").tolist() == [VALUES[0, 0, 0]] * 200_000


def test_the_plan_of_points_names_the_chunks_that_they_lie_in(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalogue: Path
) -> None:
    """Chunks are 2 x 3 x 5; the points lie in three of them, and two points are the same element."""
    (place / "p.csv").write_text(
        "time,lat,lon\n2020-01-01,50,0\n2020-01-02,54,4\n2020-01-04,60,9\n2020-01-03,52,7\n2020-01-01,50,0\n"
    )
    given = ("get", SST, "--points", "p.csv", "--points-in", "label", "--plan")
    array = catalogue / "weather.zarr" / "sst"
    gone, away = array / "c", array / "away"
    gone.rename(away)  # chunks are not needed for it
    try:
        assert call(monkeypatch, *given) == 0
        said = capsys.readouterr().out
        assert call(monkeypatch, *given, "--json") == 0
    finally:
        away.rename(gone)
    assert [line.strip() for line in said.splitlines() if line.startswith("  ")] == ["sst/c/0/0/0", "sst/c/1/0/1", "sst/c/1/1/1"]
    assert "5 points; 4 of 90 elements are used, 20 bytes; 3 objects, 3 chunks, 360 bytes decoded" in said
    plan = json.loads(capsys.readouterr().out)
    assert (plan["points"], plan["used_elements"], plan["decoded_elements"], plan["requests"]) == (5, 4, 90, 3)
    assert sorted(each.name for each in place.iterdir()) == ["p.csv"], "nothing is written"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--points-in", "feet"), "points are in 'feet'; position, label, world is allowed"),
        (("--points-in", "depth=label"), "there is no axis 'depth'; the axes are dim0 or time, dim1 or lat, dim2 or lon"),
        (("--points-in", "world"), "the graph states no scale along axis 0"),
        (("--points-in", "lat=label", "--tolerance", "lon=1"), "given for 'lon'; the axes that labels are given for are 'lat'"),
        (("--points-in", "lat=label", "--tolerance", "lat=-1"), "the tolerance is '-1'; a number"),
        (("--points-in", "lat=label", "--tolerance", "lat=1D"), "a span of time, and 'lat' has no dates"),
        (("--points-in", "time=label", "--tolerance", "time=1month"), "a month is not always as long"),
        (("--points-in", "lat=label", "--tolerance", "lat=1,lat=2"), "for each axis once"),
        (("--points-query", "SELECT * { ?a ?b ?c }"), "from a file or from a query"),
        (("--select", "lat=0:3"), "a part of the axis 'lat' is selected"),
        (("--level", "1"), "no image with levels"),
        (("--tolerance", "1"), "the tolerance '1.0' is of labels, and no axis is given by labels"),
        (("--level", "x=0"), "the level 'x=0'"),
        (("--level", "fine"), "the level 'fine': a number, sizes of a pixel"),
    ],
)
def test_what_makes_no_sense_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], message: str
) -> None:
    (place / "p.csv").write_text("time,lat,lon\n0,0,0\n")
    assert call(monkeypatch, "get", SST, "--points", "p.csv", *given, "--save", "o.npy") == 2
    assert message in capsys.readouterr().err
    assert not (place / "o.npy").exists()
