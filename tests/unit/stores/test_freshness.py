"""What is said of freshness without a server: by folders, by states that cannot change, by lone documents."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from catalog.metadata.document import Document, DocumentLimits
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.freshness import MAX_TOLD, MODES, Mode, Verdict, check_freshness, sample
from catalog.stores.source import Source, open_source
from tests.support.zarr_documents import array_v2, array_v3, group_v3, write_documents, write_v3

NODES = {"": group_v3(), "a": array_v3([4], dimension_names=["t"]), "g": group_v3(), "g/b": array_v3([4])}
OLD, NEW = 1_700_000_000, 1_700_000_100


class Fixed:
    """A source that says things of itself, in front of another one."""

    def __init__(self, source: Source, **facts: Any) -> None:
        self._source = source
        self.__dict__.update(facts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


def v3(root: Path) -> Path:
    write_v3(root, NODES, consolidate=True)
    for path in [root, *root.rglob("*")]:
        os.utime(path, (OLD, OLD))
    return root


def v2(root: Path, documents: Mapping[str, Any]) -> Path:
    return write_documents(root, {**documents, ".zmetadata": {"zarr_consolidated_format": 1, "metadata": documents}})


def checked(root: Path, mode: Mode, **options: Any) -> Verdict:
    source = open_source(str(root))
    return check_freshness(source, read_documents(source), mode, **options)


def kinds(verdict: Verdict) -> list[tuple[str, str]]:
    return [(problem.kind, problem.path) for problem in verdict.problems]


@pytest.mark.parametrize("mode", MODES)
def test_members_themselves_are_current(tmp_path: Path, mode: Mode) -> None:
    for name, nodes, route in (("group", NODES, "listing"), ("array", {"": array_v3([4])}, "single")):
        source = open_source(str(write_v3(tmp_path / name, nodes)))
        harvest = read_documents(source)
        assert harvest.route == route
        assert check_freshness(source, harvest, mode) == Verdict("proven", compared=True)


@pytest.mark.parametrize("mode", MODES)
def test_a_state_that_cannot_change_needs_no_look(tmp_path: Path, mode: Mode) -> None:
    source = open_source(str(v3(tmp_path)))
    verdict = check_freshness(Fixed(source, immutable="snapshot 1"), read_documents(source), mode)  # type: ignore[arg-type]
    assert (verdict.fresh, verdict.requests, verdict.compared) == ("proven", 0, False)


@pytest.mark.parametrize("mode", MODES)
def test_a_lone_document_has_nothing_to_be_compared_with(tmp_path: Path, mode: Mode) -> None:
    source = open_source(str(v3(tmp_path)))
    verdict = check_freshness(Fixed(source, only="zarr.json"), read_documents(source), mode)  # type: ignore[arg-type]
    assert (verdict.fresh, verdict.requests, kinds(verdict)) == ("unproven", 0, [("freshness-unproven", "")])


def test_a_walk_by_names_sees_only_what_is_named(tmp_path: Path) -> None:
    source = open_source(str(v3(tmp_path)))
    harvest = Harvest((Document("zarr.json", b"{}"),), "walk", "", 1, complete=False)
    assert check_freshness(source, harvest, "hint").fresh == "proven-named"


def test_a_hint_looks_at_times(tmp_path: Path) -> None:
    root = v3(tmp_path)
    assert replace(checked(root, "hint"), signs={}) == Verdict("unproven", requests=4)
    os.utime(root / "g/b/zarr.json", (NEW, NEW))
    (root / "a/zarr.json").unlink()
    verdict = checked(root, "hint")
    assert (verdict.fresh, kinds(verdict)) == (
        "suspect",
        [("suspect-vanished", "a/zarr.json"), ("suspect-newer", "g/b/zarr.json")],
    )
    assert (verdict.compared, verdict.documents) == (False, None)


def test_a_store_without_any_member_is_not_suspect(tmp_path: Path) -> None:
    """Some publish the consolidated document alone, with the chunks."""
    root = v3(tmp_path)
    for key in ("a/zarr.json", "g/zarr.json", "g/b/zarr.json"):
        (root / key).unlink()
    verdict = checked(root, "hint")
    assert (verdict.fresh, kinds(verdict)) == ("unproven", [("freshness-unproven", "")])
    assert "only copy" in verdict.problems[0].message


def test_what_was_compared_since_is_not_suspect(tmp_path: Path) -> None:
    root = v3(tmp_path)
    os.utime(root / "g/b/zarr.json", (NEW, NEW))
    assert checked(root, "hint", since=float(NEW)).fresh == "unproven"
    newer = checked(root, "hint", since=float(NEW - 1))
    assert kinds(newer) == [("suspect-newer", "g/b/zarr.json")]
    assert "was compared with it" in newer.problems[0].message


def test_a_hint_looks_at_a_bounded_number_of_files(tmp_path: Path) -> None:
    assert checked(v3(tmp_path), "hint", limits=DocumentLimits(max_hint_files=2)).requests == 2


def test_a_proof_finds_what_was_added_deleted_changed_and_broken(tmp_path: Path) -> None:
    root = v3(tmp_path)
    assert checked(root, "prove").fresh == "proven"
    write_v3(root, {"a": array_v3([4], dimension_names=["x"]), "h": group_v3()})
    (root / "g/b/zarr.json").write_text("{")
    verdict = checked(root, "prove")
    assert [(each.kind, each.path, each.pointer) for each in verdict.problems] == [
        ("stale-differing", "a/zarr.json", "/dimension_names/0"),
        ("stale-unreadable", "g/b/zarr.json", ""),
        ("stale-unnamed", "h/zarr.json", ""),
    ]
    assert (verdict.fresh, verdict.compared) == ("stale", True)
    taken = {document.key: json.loads(document.data) for document in verdict.documents or ()}
    assert taken["a/zarr.json"]["dimension_names"] == ["x"]
    assert taken["g/b/zarr.json"] == NODES["g/b"]
    assert sorted(taken) == ["a/zarr.json", "g/b/zarr.json", "g/zarr.json", "h/zarr.json", "zarr.json"]


def test_a_good_copy_of_broken_members_is_not_replaced(tmp_path: Path) -> None:
    root = v3(tmp_path)
    (root / "a/zarr.json").write_text('{"zarr_format": 3,}')
    verdict = checked(root, "prove")
    assert (verdict.fresh, kinds(verdict), verdict.documents) == ("stale", [("stale-unreadable", "a/zarr.json")], None)


def test_copies_of_which_there_is_no_original_are_kept(tmp_path: Path) -> None:
    root = v2(tmp_path, {".zgroup": {"zarr_format": 2}, "x/.zarray": array_v2([4])})
    (root / ".zgroup").unlink()
    (root / "x/.zarray").unlink()
    verdict = checked(root, "prove")
    assert (verdict.fresh, verdict.stale, verdict.documents) == ("stale", (".zgroup", "x/.zarray"), None)
    assert kinds(verdict)[-1] == ("stale-kept", "")


def test_a_link_that_leads_out_hides_what_is_behind_it(tmp_path: Path) -> None:
    root = v3(tmp_path / "s")
    write_v3(tmp_path / "elsewhere", {"": group_v3()})
    (root / "h").symlink_to(tmp_path / "elsewhere")
    verdict = checked(root, "prove")
    assert (verdict.fresh, kinds(verdict)) == ("proven-named", [("freshness-named-only", "")])
    assert "leads through a link out of" in verdict.problems[0].message


def test_a_consolidated_group_inside(tmp_path: Path) -> None:
    write_v3(tmp_path, {"": group_v3(), "other": group_v3()})
    v3(tmp_path / "g")
    source = open_source(str(tmp_path))
    harvest = read_documents(source, metadata_key="g/zarr.json")
    assert check_freshness(source, harvest, "prove").fresh == "proven"
    write_v3(tmp_path, {"g/new": group_v3(), "beside": group_v3()})
    assert check_freshness(source, harvest, "prove").stale == ("g/new/zarr.json",)


def test_disagreements_are_counted_to_the_last_and_listed_to_a_bound(tmp_path: Path) -> None:
    documents: dict[str, Any] = {".zgroup": {"zarr_format": 2}}
    documents |= {f"x{n}/.zarray": array_v2([4]) for n in range(MAX_TOLD + 5)}
    root = write_documents(tmp_path, {".zgroup": {"zarr_format": 2}, ".zmetadata": {"metadata": documents}})
    verdict = checked(root, "prove")
    assert len(verdict.stale) == MAX_TOLD + 5
    assert len(verdict.problems) == MAX_TOLD + 1
    assert "5 more" in verdict.problems[-1].message


def test_a_sample_is_spread_and_begins_at_the_root() -> None:
    keys = [f"g{n}/.zarray" for n in range(100)] + [".zgroup"]
    chosen = sample(keys, 7)
    assert chosen[0] == ".zgroup"
    assert len(set(chosen)) == 7
    places = [sorted(keys).index(key) for key in chosen[1:]]
    assert all(10 <= b - a <= 18 for a, b in pairwise(places))
    assert sample(keys, 1000) == [".zgroup", *sorted(keys[:100])]
    assert sample(keys, 0) == []
