"""What an ingest makes of a consolidated document that is, or may be, stale, and what it remembers."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import MetadataError
from catalog.metadata.dataset import MAX_STALE_SHOWN, Snapshot
from catalog.rdf.iris import RECORD
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult, read_report
from catalog.services.registry import Registry
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from tests.support.zarr_documents import array_v2, array_v3, group_v3, write_documents, write_v3

NODES = {"": group_v3(), "a": array_v3([4]), "b": array_v3([5])}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A consolidated store whose members are as old as the copies."""
    write_v3(tmp_path / "s.zarr", NODES, consolidate=True)
    age(tmp_path / "s.zarr")
    return tmp_path / "s.zarr"


def age(root: Path, seconds: int = 1_700_000_000) -> None:
    for path in [root, *root.rglob("*")]:
        os.utime(path, (seconds, seconds))


def taken(workspace: Workspace, root: Path, **options: Any) -> IngestResult:
    return ingest(workspace, IngestRequest(str(root), **options))


def snapshot(workspace: Workspace, result: IngestResult) -> Snapshot:
    found = Registry(workspace.catalog, workspace.iris).require(result.id).latest
    assert found is not None
    return found


def shapes(workspace: Workspace) -> dict[str, str]:
    body = workspace.catalog.query("SELECT ?p ?s WHERE { ?n zo:path ?p ; zo:shape ?s }", "json").body
    return {row["p"]["value"]: row["s"]["value"] for row in json.loads(body)["results"]["bindings"]}


def kinds(result: IngestResult) -> list[tuple[str, str]]:
    return [(each.kind, each.path) for each in result.problems if each.kind.startswith(("stale-", "suspect-", "freshness-"))]


def test_requests_for_metadata_and_for_freshness_are_counted_apart(workspace: Workspace, root: Path) -> None:
    for mode, fresh, requests in (("skip", "unproven", 0), ("hint", "unproven", 3), ("prove", "proven", 4)):
        result = taken(workspace, root, freshness=mode)
        assert (result.fresh, result.requests, result.freshness_requests) == (fresh, 1, requests)
        assert result.to_dict() | {"fresh": fresh, "requests": 1, "freshness_requests": requests} == result.to_dict()


def test_a_hint_is_the_default_and_changes_nothing_that_is_taken(workspace: Workspace, root: Path) -> None:
    os.utime(root / "a/zarr.json", (1_800_000_000, 1_800_000_000))
    result = taken(workspace, root)
    assert (result.fresh, result.route, kinds(result)) == ("suspect", "consolidated", [("suspect-newer", "a/zarr.json")])


def test_an_unchanged_store_is_proven_without_being_described_anew(workspace: Workspace, root: Path) -> None:
    first = taken(workspace, root)
    before = snapshot(workspace, first)
    assert (before.fresh, before.proved) == ("unproven", "")
    again = taken(workspace, root, freshness="prove")
    assert (again.changed, again.fresh, again.freshness_requests) == (False, "proven", 4)
    after = snapshot(workspace, again)
    assert (after.fresh, after.disagreements, after.generated) == ("proven", 0, before.generated)
    assert after.proved
    for store in (workspace.catalog, workspace.public):
        assert b'"proven"' in store.read_graph(workspace.iris.graph(first.id, RECORD))
    third = taken(workspace, root)
    assert third.fresh == "unproven"
    assert snapshot(workspace, third).proved == after.proved


def test_what_was_proven_is_not_suspect_for_its_age(workspace: Workspace, root: Path) -> None:
    os.utime(root / "a/zarr.json", (1_700_000_100, 1_700_000_100))
    assert taken(workspace, root).fresh == "suspect"
    assert taken(workspace, root, freshness="prove").fresh == "proven"
    assert kinds(taken(workspace, root)) == []


def test_suspicion_comes_and_goes_with_its_reason(workspace: Workspace, root: Path) -> None:
    (root / "a/zarr.json").rename(root / "aside")
    assert kinds(taken(workspace, root)) == [("suspect-vanished", "a/zarr.json")]
    skipped = taken(workspace, root, freshness="skip")
    assert (skipped.fresh, kinds(skipped), skipped.changed) == ("suspect", [("suspect-vanished", "a/zarr.json")], False)
    (root / "aside").rename(root / "a/zarr.json")
    result = taken(workspace, root)
    assert (result.fresh, kinds(result), result.changed) == ("unproven", [], False)
    report = read_report(workspace.archive, snapshot(workspace, result).report)
    assert report.problems == result.problems


def test_a_member_that_looks_other_than_before_is_suspect_whatever_its_time(workspace: Workspace, root: Path) -> None:
    """A copy may keep times; a size tells all the same."""
    member = root / "a/zarr.json"
    times = member.stat().st_mtime_ns
    assert taken(workspace, root).fresh == "unproven"
    member.write_bytes(member.read_bytes() + b"\n")
    os.utime(member, ns=(times, times))
    for _ in range(2):
        result = taken(workspace, root)
        assert (result.fresh, kinds(result), result.changed) == ("suspect", [("suspect-changed", "a/zarr.json")], False)
    assert taken(workspace, root, freshness="prove").fresh == "proven"
    assert (taken(workspace, root).fresh, taken(workspace, root).fresh) == ("unproven", "unproven")


def change(root: Path) -> None:
    """One member changed, one gone, one new."""
    write_v3(root, {"a": array_v3([40]), "c": array_v3([6])})
    shutil.rmtree(root / "b")


WRONG = [("stale-differing", "a/zarr.json"), ("stale-missing", "b/zarr.json"), ("stale-unnamed", "c/zarr.json")]


@pytest.mark.parametrize("known", [False, True])
def test_members_count_where_they_disagree(workspace: Workspace, root: Path, known: bool) -> None:
    if known:
        taken(workspace, root)
    change(root)
    result = taken(workspace, root, freshness="prove")
    assert (result.fresh, result.route, result.disagreements, result.changed) == ("stale", "members", 3, True)
    assert kinds(result) == WRONG
    assert shapes(workspace) == {"a": "[40]", "c": "[6]"}
    found = snapshot(workspace, result)
    assert (found.route, found.metadata_key, found.fresh, found.disagreements) == ("members", "zarr.json", "stale", 3)
    assert found.stale == ("a/zarr.json", "b/zarr.json", "c/zarr.json")
    assert [(each.kind, each.path) for each in read_report(workspace.archive, found.report).found] == WRONG
    documents = {each.key: each.data for each in workspace.archive.read_documents(found.documents)}
    assert documents == {key: (root / key).read_bytes() for key in ("zarr.json", "a/zarr.json", "c/zarr.json")}


def test_the_copies_count_where_that_is_asked_for(workspace: Workspace, root: Path) -> None:
    change(root)
    result = taken(workspace, root, freshness="prove", trust="consolidated")
    assert (result.fresh, result.route, kinds(result)) == ("stale", "consolidated", WRONG)
    assert shapes(workspace) == {"a": "[4]", "b": "[5]"}
    again = taken(workspace, root, trust="consolidated")
    assert (again.fresh, again.disagreements, again.changed) == ("stale", 3, False)
    assert kinds(again)[:3] == WRONG
    turned = taken(workspace, root, freshness="prove")
    assert (turned.route, shapes(workspace)) == ("members", {"a": "[40]", "c": "[6]"})


@pytest.mark.parametrize("mode", ["skip", "hint"])
def test_what_members_gave_stays_in_force(workspace: Workspace, root: Path, mode: str) -> None:
    change(root)
    age(root)
    first = taken(workspace, root, freshness="prove")
    again = taken(workspace, root, freshness=mode)
    assert (again.changed, again.route, again.fresh, again.disagreements) == (False, "members", "stale", 3)
    assert set(WRONG) <= set(kinds(again))
    assert shapes(workspace) == {"a": "[40]", "c": "[6]"}
    assert snapshot(workspace, again).proved == snapshot(workspace, first).proved


def test_what_members_gave_is_read_again_where_the_archive_has_lost_it(workspace: Workspace, root: Path, tmp_path: Path) -> None:
    change(root)
    taken(workspace, root, freshness="prove")
    shutil.rmtree(tmp_path / "catalogue" / "archive")
    again = taken(workspace, root, freshness="skip")
    assert (again.route, again.fresh, kinds(again)) == ("members", "stale", WRONG)
    assert again.freshness_requests > 0
    assert shapes(workspace) == {"a": "[40]", "c": "[6]"}


def test_a_store_that_was_consolidated_again_is_taken_from_there(workspace: Workspace, root: Path) -> None:
    change(root)
    taken(workspace, root, freshness="prove")
    write_v3(root, {"": group_v3(), "a": array_v3([41]), "c": array_v3([6])}, consolidate=True)
    age(root)
    result = taken(workspace, root)
    assert (result.route, result.fresh, kinds(result)) == ("consolidated", "unproven", [])
    assert shapes(workspace) == {"a": "[41]", "c": "[6]"}
    assert (snapshot(workspace, result).proved, snapshot(workspace, result).disagreements) == ("", 0)


def test_the_same_members_again_are_proven_stale_without_being_described_anew(workspace: Workspace, root: Path) -> None:
    change(root)
    taken(workspace, root, freshness="prove")
    again = taken(workspace, root, freshness="prove")
    assert (again.changed, again.route, kinds(again)) == (False, "members", WRONG)


def test_a_good_copy_of_broken_members_is_described(workspace: Workspace, root: Path) -> None:
    (root / "a/zarr.json").write_text('{"zarr_format": 3,}')
    result = taken(workspace, root, freshness="prove")
    assert (result.route, result.fresh, kinds(result)) == ("consolidated", "stale", [("stale-unreadable", "a/zarr.json")])
    assert shapes(workspace) == {"a": "[4]", "b": "[5]"}
    write_v3(root, {"b": array_v3([50])})
    both = taken(workspace, root, freshness="prove")
    assert (both.route, shapes(workspace)) == ("members", {"a": "[4]", "b": "[50]"})


def test_strict_refuses_what_is_stale_also_where_it_is_known(workspace: Workspace, root: Path) -> None:
    taken(workspace, root)
    assert taken(workspace, root, freshness="prove", strict=True).fresh == "proven"
    change(root)
    with pytest.raises(MetadataError) as caught:
        taken(workspace, root, freshness="prove", strict=True)
    assert {each.kind for each in caught.value.problems} >= {"stale-differing", "stale-missing", "stale-unnamed"}


def test_the_record_names_a_bounded_number_of_documents(workspace: Workspace, tmp_path: Path) -> None:
    there: dict[str, Any] = {".zgroup": {"zarr_format": 2}}
    named = there | {f"x{n:03}/.zarray": array_v2([1]) for n in range(MAX_STALE_SHOWN + 20)}
    root = write_documents(tmp_path / "s", {**there, ".zmetadata": {"metadata": named}})
    result = taken(workspace, root, freshness="prove")
    found = snapshot(workspace, result)
    assert (result.disagreements, found.disagreements, len(found.stale)) == (120, 120, 100)
    assert (result.route, result.arrays) == ("members", 0)
    assert taken(workspace, root).disagreements == 120


def test_a_store_that_is_read_by_its_members_is_current(workspace: Workspace, tmp_path: Path) -> None:
    result = taken(workspace, write_v3(tmp_path / "s", NODES), freshness="skip")
    assert (result.route, result.fresh, result.freshness_requests) == ("listing", "proven", 0)
    assert snapshot(workspace, result).proved == snapshot(workspace, result).generated
