"""With ``--strict``, what is wrong in documents is an error: everything is listed, nothing is written."""

import json
import sys
from pathlib import Path

import pytest

from catalog.cli import main
from catalog.errors import MetadataError
from catalog.rdf.iris import RECORD
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.validate import validate
from catalog.services.workspace import Workspace
from tests.support.zarr_documents import array_v3, group_v3, write_documents, write_v3


def flawed(root: Path) -> Path:
    write_v3(root, {"": group_v3(), "a": array_v3([4]), "b": {**group_v3(), "magic": {"spell": 1}}})
    return write_documents(root, {"broken/zarr.json": b'{\n  "zarr_format" 3\n}'})


def test_findings_stop_a_strict_ingest(workspace: Workspace, tmp_path: Path) -> None:
    url = str(flawed(tmp_path / "s.zarr"))
    with pytest.raises(MetadataError) as caught:
        ingest(workspace, IngestRequest(url, dataset_id="s", strict=True))
    found = {(problem.path, problem.kind, problem.severity, problem.line) for problem in caught.value.problems}
    assert found == {("broken/zarr.json", "invalid-json", "error", 2), ("b", "extension", "warning", 1)} | found
    assert {severity for _, _, severity, _ in found} <= {"error", "warning"}
    for part in ("", RECORD):
        assert workspace.catalog.read_graph(workspace.iris.graph("s", part)) == b""
    assert not list((tmp_path / "archive").rglob("*.zst"))
    with pytest.raises(MetadataError):
        validate(workspace, IngestRequest(url, strict=True))


def test_the_same_store_is_taken_without_it_and_refused_again_with_it(workspace: Workspace, tmp_path: Path) -> None:
    url = str(flawed(tmp_path / "s.zarr"))
    first = ingest(workspace, IngestRequest(url))
    assert (first.accepted, first.arrays) == (True, 1)
    with pytest.raises(MetadataError):
        ingest(workspace, IngestRequest(url, strict=True))
    assert workspace.catalog.read_graph(first.iri)


def test_what_is_only_worth_knowing_stops_nothing(workspace: Workspace, tmp_path: Path) -> None:
    codecs = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "nosuch", "configuration": {}}]
    root = write_v3(tmp_path / "s.zarr", {"": group_v3(), "a": array_v3([4], codecs=codecs)})
    (root / "b").mkdir()
    (root / "b/zarr.json").write_text(json.dumps(group_v3(low=float("nan"))))
    for _ in range(2):
        result = ingest(workspace, IngestRequest(str(root), strict=True))
        assert result.accepted
        assert {(problem.kind, problem.severity) for problem in result.problems if problem.path.startswith(("a", "b"))} >= {
            ("not-readable", "info"),
            ("non-finite-number", "info"),
        }


@pytest.mark.parametrize("command", ["ingest", "validate"])
def test_the_exit_code_is_that_of_bad_metadata(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")
    url = str(flawed(tmp_path / "s.zarr"))

    def call(*arguments: str) -> int | str | None:
        monkeypatch.setattr(sys, "argv", ["catalog", *arguments])
        with pytest.raises(SystemExit) as caught:
            main.run()
        return caught.value.code

    call("init")
    capsys.readouterr()
    assert call(command, url, "--strict", "--json") == 7
    row = json.loads(capsys.readouterr().out)
    assert row["error"]["code"] == "metadata"
    assert {(each["path"], each["line"], each["column"]) for each in row["problems"] if each["kind"] == "invalid-json"} == {
        ("broken/zarr.json", 2, 17)
    }
    assert call(command, url) in {0, None}
