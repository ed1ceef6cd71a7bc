"""``get --record``, ``get --save OUT.zarr --register`` and ``replay`` as a shell sees them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import rdflib
import zarr

from tests.support.command import call
from tests.support.recorded import T

ZO = rdflib.Namespace("https://w3id.org/zarr-catalog/ns#")
NODE = "http://localhost:8000/datasets/lab/nodes/t"


def test_a_record_is_written_and_replayed(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    query = f"SELECT ?a ?y_start ?y_stop {{ VALUES (?a ?y_start ?y_stop) {{ (<{NODE}> 2 4) (<{NODE}> 0 1) }} }}"
    (place / "q.rq").write_text(query)
    assert call(monkeypatch, "get", "--query", "q.rq", "--select", "x=3:9", "--save", "out/", "--record", "r.jsonld") == 0
    assert [np.load(each).tolist() for each in sorted((place / "out").iterdir())] == [T[2:4, 3:9].tolist(), T[:1, 3:9].tolist()]
    texts = [each.get("zo:queryText") for each in json.loads((place / "r.jsonld").read_text())["@graph"]]
    assert query in texts
    capsys.readouterr()
    assert call(monkeypatch, "replay", "r.jsonld", "--save", "again.npy", "--part", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["same"] is True
    assert [part["selection"] for part in told["parts"]] == ["y=2:4,x=3:9", "y=0:1,x=3:9"]
    assert np.load("again.npy").tolist() == T[:1, 3:9].tolist()


def test_the_exit_codes_of_a_replay(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "get", NODE, "--save", "t.npy", "--record", "r.ttl") == 0
    zarr.open_array(place / "s.zarr" / "t", mode="r+")[0, 0] = 7
    capsys.readouterr()
    assert call(monkeypatch, "replay", "r.ttl") == 5
    assert "holds other values" in capsys.readouterr().err
    zarr.open_array(place / "s.zarr" / "t", mode="r+").resize((10, 30))
    assert call(monkeypatch, "replay", "r.ttl") == 5
    assert "the shape is [10, 30] and was [20, 30]" in capsys.readouterr().err
    assert call(monkeypatch, "delete", "lab", "--yes") == 0
    assert call(monkeypatch, "replay", "r.ttl") == 4
    assert call(monkeypatch, "replay", "none.ttl") == 2
    (place / "broken.jsonld").write_text("{")
    assert call(monkeypatch, "replay", "broken.jsonld") == 2
    assert call(monkeypatch, "replay", "r.ttl", "--part", "1") == 2
    assert call(monkeypatch, "replay", "r.ttl", "--save", "x.txt") == 2


def test_a_store_is_saved_and_registered(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("get", NODE, "--select", "x=label(-179)", "--save", "out.zarr")
    assert call(monkeypatch, *given, "--register", "--id", "part", "--record", "r.nt", "--agent", "Ann") == 0
    assert "part  registered" in capsys.readouterr().out
    # x begins at -180 in steps of 0.5: -179 is the third.
    np.testing.assert_array_equal(zarr.open_array(place / "out.zarr" / "t", mode="r")[...], T[:, 2])
    asked = "SELECT ?old { <http://localhost:8000/datasets/part/nodes/t> prov:wasDerivedFrom ?old . ?old a zo:ZarrArray }"
    assert call(monkeypatch, "sparql", asked, "--format", "csv") == 0
    assert capsys.readouterr().out.split() == ["old", NODE]
    assert call(monkeypatch, "replay", "r.nt") == 0
    assert call(monkeypatch, *given) == 2, "nothing is overwritten"
    assert call(monkeypatch, "get", NODE, "--save", "plain.zarr") == 0
    assert (place / "plain.zarr" / "zarr.json").is_file()


def test_values_at_points_are_recorded_replayed_and_saved(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ys, xs = [7, 0, 19, 7, 7], [0, 29, 3, 0, 4]
    (place / "p.csv").write_text("y,x\n" + "".join(f"{y},{x}\n" for y, x in zip(ys, xs, strict=True)))
    points = ("get", NODE, "--points", "p.csv")
    assert call(monkeypatch, *points, "--save", "o.npy", "--record", "r.ttl", "--agent", "Ann") == 0
    assert np.load("o.npy").tolist() == T[ys, xs].tolist()
    graph = rdflib.Graph().parse("r.ttl", format="turtle")
    assert [str(text) for text in graph.objects(None, ZO.selectionText)] == ["points(y=[7,0,19,7,7],x=[0,29,3,0,4])"]
    digest = hashlib.sha256(T[ys, xs].astype("<f4").tobytes()).hexdigest()
    assert [str(text) for text in graph.objects(None, rdflib.URIRef("https://schema.org/sha256"))] == [digest]
    assert call(monkeypatch, "replay", "r.ttl", "--save", "again.npy") == 0
    assert np.load("again.npy").tolist() == T[ys, xs].tolist()
    assert call(monkeypatch, *points, "--save", "o.zarr", "--register", "--id", "at") == 0
    made = zarr.open_array(place / "o.zarr" / "t", mode="r")
    assert made[...].tolist() == T[ys, xs].tolist()
    assert made.metadata.dimension_names == ("point",)  # type: ignore[union-attr]
    assert (made.attrs["units"], "actual_range" in made.attrs) == ("K", False)
    zarr.open_array(place / "s.zarr" / "t", mode="r+")[19, 3] = -7
    capsys.readouterr()
    assert call(monkeypatch, "replay", "r.ttl") == 5
    assert "holds other values" in capsys.readouterr().err


def test_a_forced_read_is_recorded_as_one(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((place / "s.zarr" / "t" / "zarr.json").read_text())
    (place / "s.zarr" / "t" / "zarr.json").write_text(json.dumps({**document, "fill_value": 5}))
    assert call(monkeypatch, "get", NODE, "--save", "o.npy", "--record", "r.ttl") == 5, "it changed since it was catalogued"
    assert not (place / "r.ttl").exists()
    forced = ("get", NODE, "--select", "y=0:3", "--force")
    assert call(monkeypatch, *forced, "--save", "o.npy", "--record", "r.ttl") == 0
    assert call(monkeypatch, *forced, "--save", "o.zarr", "--record", "s.ttl") == 0
    for name in ("r.ttl", "s.ttl"):
        [(read, checked)] = rdflib.Graph().parse(name, format="turtle").subject_objects(ZO.stateChecked)
        assert str(read).startswith("urn:uuid:")
        assert checked.toPython() is False
    capsys.readouterr()
    assert call(monkeypatch, "replay", "r.ttl", "--save", "again.npy") == 0
    assert "were not asked whether arrays had changed" in capsys.readouterr().err
    assert np.load("again.npy").tolist() == T[:3].tolist()
    assert zarr.open_array(place / "o.zarr" / "t", mode="r")[...].tolist() == T[:3].tolist()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("--save", "o.npy", "--record", "r.txt"), "--record is"),
        (("--save", "o.npy", "--record", "none/r.ttl"), "folder does not exist"),
        (("--save", "o.npy", "--register"), "--register catalogues a store"),
        (("--save", "o.zarr", "--id", "x"), "give --register"),
        (("--save", "o.npy", "--agent", "x"), "--agent is part of a record"),
        (("--save", "o.txt", "--points", "p.csv"), "it can end in .npy, .npz, .nc, .csv, .parquet, .zarr"),
        (("--save", "o.png", "--points", "p.csv"), "no file for values at points"),
        (("--save", "none/o.npy", "--points", "p.csv"), "folder does not exist"),
        (("--plan", "--record", "r.ttl"), "--plan reads nothing"),
        (("--save", "o.txt", "--record", "r.ttl"), "it can end in .npy, .npz, .nc, .csv, .parquet, .png, .zarr"),
    ],
)
def test_options_that_do_not_go_together(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], why: str
) -> None:
    assert call(monkeypatch, "get", NODE, *given) == 2
    assert why in capsys.readouterr().err
    assert sorted(path.name for path in place.iterdir()) == ["graphs", "s.zarr"]
