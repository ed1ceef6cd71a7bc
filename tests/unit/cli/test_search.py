"""``search`` as a shell sees it."""

import json
from pathlib import Path

import pytest

from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.support.command import call
from tests.support.graph_content import BASE
from tests.support.graphstore_text import sea


def test_words_are_looked_for_in_one_audience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path}")
    with EmbeddedGraphStore(tmp_path) as store:
        sea(store)
    assert call(monkeypatch, "search", "surface", "--limit", "1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["score", "iri", "found", "in", "text"]
    assert lines[1].split()[1:] == [f"{BASE}datasets/a/nodes/met/sst", "zo:standardName", "sea_surface_temperature"]
    assert len(lines) == 2
    assert call(monkeypatch, "search", "acetonitrile", "--json") == 0
    (hit,) = json.loads(capsys.readouterr().out)
    assert (hit["iri"], hit["path"], hit["text"]) == (f"{BASE}datasets/b/nodes/cells", "cells", "CC#N acetonitrile")
    assert call(monkeypatch, "search", "surface", "--public", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
