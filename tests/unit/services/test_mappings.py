"""Do mapping files reach the graph and the shapes of the stores that they are about, as soon as they change?"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import InputError
from catalog.services.ingest import ingest
from catalog.services.mappings import Mappings
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.validation.pyshacl_validator import PyShaclValidator
from tests.support.workspace import open_test_workspace
from tests.support.zarr_documents import array_v3, group_v3, write_v3

LAB = "https://lab.example/terms#"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Workspace]:
    """A deployment with a folder for mapping files, whose shapes really judge."""
    (tmp_path / "mappings").mkdir()
    with open_test_workspace(tmp_path / "deployment", PyShaclValidator()) as opened:
        yield replace(opened, mappings=Mappings(tmp_path / "mappings"))


def write(folder: Path, file: str = "lab.jsonld", keys: dict[str, Any] | None = None, **more: Any) -> Path:
    context = {"exposure": {"@id": f"{LAB}exposure", "@type": "http://www.w3.org/2001/XMLSchema#double"}}
    path = folder / "mappings" / file
    path.write_text(json.dumps({"@context": context, "keys": keys or {}, **more}))
    return path


def store(folder: Path, **attributes: Any) -> str:
    return str(write_v3(folder / "s.zarr", {"": group_v3(), "a": array_v3([4], attributes=attributes)}))


def exposures(workspace: Workspace) -> list[str | None]:
    return workspace.catalog.select(f"SELECT ?v {{ ?a <{LAB}exposure> ?v }}").values("v")


def test_a_changed_mapping_describes_the_store_anew(lab: Workspace, tmp_path: Path) -> None:
    request = IngestRequest(store(tmp_path, exposure=5))
    ingest(lab, request)
    assert exposures(lab) == []
    path = write(tmp_path)
    assert ingest(lab, request).changed
    assert exposures(lab) == ["5"]
    assert not ingest(lab, request).changed
    path.unlink()
    assert ingest(lab, request).changed
    assert exposures(lab) == []


@pytest.mark.parametrize(
    ("facts", "value", "accepted", "told"),
    [
        ({"max": 10, "severity": "violation"}, 5, True, False),
        ({"max": 10, "severity": "violation"}, 11, False, True),
        ({"max": 10}, 11, True, True),
        ({"min": 0, "max": 10, "severity": "violation"}, -1, False, True),
        ({"in": [1, 2], "severity": "violation"}, 2, True, False),
        ({"in": [1, 2], "severity": "violation"}, 3, False, True),
        ({"required": "array", "severity": "violation"}, None, False, True),
        ({"required": "group", "severity": "violation"}, 5, False, True),
        ({"required": "root"}, 5, True, True),
        ({"required": "array", "severity": "violation"}, 5, True, False),
    ],
    ids=repr,
)
def test_what_it_asks_of_a_key_is_judged(
    lab: Workspace, tmp_path: Path, facts: dict[str, Any], value: float | None, accepted: bool, told: bool
) -> None:
    write(tmp_path, keys={"exposure": facts})
    result = ingest(lab, IngestRequest(store(tmp_path, **({} if value is None else {"exposure": value}))))
    assert result.accepted is accepted
    assert any(problem.kind in {"exposure-values", "exposure-required"} for problem in result.problems) is told


def test_only_stores_that_it_is_about(lab: Workspace, tmp_path: Path) -> None:
    write(tmp_path, appliesTo=["s3://elsewhere/"])
    ingest(lab, IngestRequest(store(tmp_path, exposure=5)))
    assert exposures(lab) == []
    write(tmp_path, appliesTo=[tmp_path.as_uri()])
    ingest(lab, IngestRequest(store(tmp_path, exposure=5)))
    assert exposures(lab) == ["5"]


def test_a_wrong_file_stops_the_ingest_and_names_itself(lab: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text("{")
    with pytest.raises(InputError, match=r"lab\.jsonld"):
        ingest(lab, IngestRequest(store(tmp_path)))
    write(tmp_path)
    write(tmp_path, "second.json", name="lab")
    with pytest.raises(InputError, match="two mapping files"):
        ingest(lab, IngestRequest(store(tmp_path)))


def test_files_are_read_again_only_where_one_changed(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    path = write(tmp_path)
    mappings = Mappings(tmp_path / "mappings")
    first = mappings.all()
    assert mappings.all() is first
    os.utime(path, ns=(1, 1))
    assert mappings.all() is not first
