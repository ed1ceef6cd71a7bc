"""Is a plain attribute found by its text, whatever kind of literal holds it, and by no other text?"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import zarr

from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.search import search
from catalog.services.search_request import parse_search
from catalog.services.workspace import Workspace
from tests.support.workspace import open_test_workspace

HELD = {
    "text": "A1",
    "digits": "007",
    "number": 7,
    "fraction": 0.5,
    "flag": True,
    "word": "true",
    "list": ["x", "y"],
    "object": [{"a": 1}],
    "quote": 'a "b" \\ {',
    "nothing": None,
}
FOUND = [
    ("text", "A1", True),
    ("text", "a1", False),
    ("text", "A", False),
    ("digits", "007", True),
    ("digits", "7", False),
    ("number", "7", True),
    ("number", "007", False),
    ("number", "7.0", False),
    ("fraction", "0.5", True),
    ("fraction", "0.50", False),
    ("flag", "true", True),
    ("flag", "True", False),
    ("word", "true", True),
    ("list", "x", True),
    ("list", "y", True),
    ("list", '["x","y"]', True),
    ("list", "z", False),
    ("quote", HELD["quote"], True),
    ("number", "A1", False),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("plain")
    group = zarr.open_group(folder / "a.zarr", mode="w")
    group.create_array("held", shape=(1,), dtype="i4").attrs.update(HELD)
    group.create_array("other", shape=(1,), dtype="i4").attrs.update(dict.fromkeys(HELD, "something else"))
    with open_test_workspace(folder) as made:
        ingest(made, IngestRequest(str(folder / "a.zarr"), dataset_id="a"))
        yield made


def _paths(workspace: Workspace, **asked: str) -> list[str]:
    body = {"kind": "arrays", "filter": {f"attribute__{name}": value for name, value in asked.items()}}
    return [hit.path for hit in search(workspace.catalog, workspace.iris, parse_search(json.dumps(body).encode())).hits]


@pytest.mark.parametrize(("key", "text", "there"), FOUND)
def test_an_attribute_is_found_by_its_very_text(workspace: Workspace, key: str, text: str, there: bool) -> None:
    assert _paths(workspace, **{key: text}) == ["held"] * there


def test_several_attributes_together(workspace: Workspace) -> None:
    assert _paths(workspace, text="A1", number="7") == ["held"]
    assert _paths(workspace, text="A1", number="8") == []


def test_two_conditions_on_one_attribute(workspace: Workspace) -> None:
    assert _paths(workspace, list="x", list__startswith="x") == ["held"]
    assert _paths(workspace, text="A1", text__startswith="B") == []
