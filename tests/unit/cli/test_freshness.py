"""Do the options and the setting reach the check, and does its outcome reach the reader?"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.cli import main
from tests.support.zarr_documents import array_v3, group_v3, write_v3


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A consolidated store of which one member has changed since."""
    root = write_v3(tmp_path / "s.zarr", {"": group_v3(), "a": array_v3([4])}, consolidate=True)
    write_v3(root, {"a": array_v3([5])})
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")
    return str(root)


def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["catalog", *words])
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert not ended.value.code
    return capfd.readouterr().out


def asked(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(monkeypatch, capfd, *words, "--json"))
    return found


def test_options_and_setting(store: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert asked(monkeypatch, capfd, "validate", store, "--freshness", "skip")["freshness_requests"] == 0
    assert asked(monkeypatch, capfd, "validate", store)["freshness_requests"] == 2
    monkeypatch.setenv("CATALOG_FRESHNESS", "prove")
    proven = asked(monkeypatch, capfd, "validate", store)
    assert (proven["fresh"], proven["route"], proven["disagreements"]) == ("stale", "members", 1)
    assert [each["pointer"] for each in proven["problems"] if each["kind"] == "stale-differing"] == [
        "/chunk_grid/configuration/chunk_shape/0"
    ]
    copied = asked(monkeypatch, capfd, "ingest", store, "--trust", "consolidated")
    assert (copied["fresh"], copied["route"]) == ("stale", "consolidated")
    assert asked(monkeypatch, capfd, "ingest", store, "--freshness", "skip")["freshness_requests"] == 0


def test_what_the_shapes_find_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")
    store = write_v3(tmp_path / "s.zarr", {"": group_v3(), **{f"a{n}": array_v3([4]) for n in range(30)}})
    monkeypatch.setattr(sys, "argv", ["catalog", "validate", str(store)])
    with pytest.raises(SystemExit):
        main.run()
    written = "".join(capfd.readouterr())
    assert "array-units (30 times)" in written
    assert written.count('the attribute "units"') == 1


def test_what_is_shown(store: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    shown = run(monkeypatch, capfd, "ingest", store, "--freshness", "prove", "--id", "d")
    assert "read by members in 1 request, freshness stale (1 disagreement) in 3 requests" in shown
    listed = run(monkeypatch, capfd, "show", "d")
    assert "read by members (zarr.json), stale (disagreements: 1), members read at 20" in listed
