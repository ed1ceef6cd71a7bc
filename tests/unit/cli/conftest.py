"""What tests of several commands begin with."""

from pathlib import Path

import pytest

from tests.support.command import call
from tests.support.recorded import write_climate


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a catalogue of one store, which holds records of a climate."""
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")
    monkeypatch.chdir(tmp_path)
    write_climate(tmp_path / "s.zarr")
    assert call(monkeypatch, "ingest", "s.zarr", "--id", "lab") == 0
    capsys.readouterr()
    return tmp_path
