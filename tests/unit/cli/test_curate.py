"""Do the commands for what people add do what their services do, and say so?"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.zarr_documents import array_v3, group_v3, write_v3
from tests.unit.cli.test_bad_input import call


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalogue that holds one store."""
    write_v3(tmp_path / "s.zarr", {"": group_v3(), "a": array_v3([4], dimension_names=["x"])})
    assert call(tmp_path, monkeypatch, ["ingest", "s.zarr", "--id", "s"]) == 0
    return tmp_path


def test_curate(place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert call(place, monkeypatch, ["curate", "s", "--set", "title=A title", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["id"], told["statements"], told["changed"], told["accepted"]) == ("s", 1, True, True)
    assert call(place, monkeypatch, ["curate", "s"]) == 0
    line = '<http://localhost:8000/datasets/s> <http://purl.org/dc/terms/title> "A title" .\n'
    assert capfd.readouterr().out == line
    assert call(place, monkeypatch, ["curate", "s", "--clear"]) == 0
    assert "0 curated statements" in capfd.readouterr().out


def test_reference(place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "t.nt").write_text("<urn:a> <urn:b> <urn:c> .\n")
    capfd.readouterr()
    assert call(place, monkeypatch, ["reference", "add", "t.nt", "--access", "public"]) == 0
    assert "1 triples, public" in capfd.readouterr().out
    assert call(place, monkeypatch, ["reference", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["name"] == "t"
    assert call(place, monkeypatch, ["reference", "delete", "t"]) == 0
    assert capfd.readouterr().out == "removed http://localhost:8000/references/t\n"


def test_waive(place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).date().isoformat()
    capfd.readouterr()
    asked = ["waive", "s", "array-units", "--owner", "x", "--reason", "y", "--until", today]
    assert call(place, monkeypatch, asked) == 0
    assert capfd.readouterr().out == "s  1 waivers; in force\n"
    assert call(place, monkeypatch, ["waive", "s", "array-units", "--revoke"]) == 0
    assert capfd.readouterr().out == "s  0 waivers; in force\n"
