"""``find`` and ``explain`` as a shell sees them: what goes to standard output, what to standard error, and the exit code."""

import json
from pathlib import Path

import pytest

from tests.support.command import call
from tests.unit.stores.trees import GROUP3, array3, write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")
    monkeypatch.chdir(tmp_path)
    tree = {"a.zarr/zarr.json": GROUP3, "a.zarr/x/zarr.json": array3(), "it's here/b.zarr/zarr.json": GROUP3, "c.zarr.zip": b"PK"}
    write(tmp_path / "data", tree)
    (tmp_path / "data" / "link").symlink_to(tmp_path)
    return tmp_path


def test_find_prints_one_url_a_line_and_all_else_beside(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "find", "data") == 0
    out, err = capsys.readouterr()
    base = (place / "data").as_uri()
    assert sorted(out.splitlines()) == [f"{base}/a.zarr", f"{base}/c.zarr.zip", f"{base}/it%27s%20here/b.zarr"]
    assert "link" in err
    assert "3 found in" in err
    assert not (place / "graphs").exists(), "nothing is written"


def test_find_tells_programs_the_same(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "find", "data", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(row["kind"] for row in rows if "url" in row) == ["zarr", "zarr", "zip"]
    assert [row["left_out"]["kind"] for row in rows if "left_out" in row] == ["link"]
    assert rows[-1]["summary"]["found"] == 3


def test_what_find_prints_can_be_ingested(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, "find", "data", "--only-stores")
    urls = capsys.readouterr().out.splitlines()
    assert call(monkeypatch, "ingest", *urls, "--json") == 0
    done = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted((row["groups"], row["arrays"]) for row in done) == [(1, 0), (1, 1)]


def test_find_has_the_exit_codes_of_other_commands(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, "find", "none") == 4
    assert call(monkeypatch, "find", "ftp://host/x") == 3
    assert call(monkeypatch, "find", "http://[broken") == 2


def test_explain_says_every_part(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "explain", "data/a.zarr", "--node", "x", "--uri", "http://nowhere.example/x") == 0
    out = capsys.readouterr().out
    for part in (
        "store ",
        "route ",
        "metadata ",
        "mapping ",
        "shapes ",
        "index ",
        "not found   /x",
        "not found   http://nowhere",
    ):
        assert part in out, part
    assert not (place / "graphs").exists(), "nothing is written"


def test_explain_is_one_json_object(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "explain", "data/a.zarr", "--json") == 0
    assert json.loads(capsys.readouterr().out)["metadata"]["arrays"] == 1


def test_explain_of_what_cannot_be_read_ends_with_its_code(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "empty").mkdir()
    assert call(monkeypatch, "explain", "empty") == 4
    out = capsys.readouterr().out
    assert "stopped: " in out
    assert "zarr.json: absent" in out
