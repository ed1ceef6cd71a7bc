"""Is every consolidated document that was published judged as its store's own files say?

The comparison here is made from the raw files with the standard library alone, and shares nothing with what is tested.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.documents import read_documents
from catalog.stores.freshness import Verdict, check_freshness
from catalog.stores.source import open_source
from tests.support.corpora import find_corpora

V2_KEYS = (".zmetadata", ".all_metadata", "zmetadata")
CORPORA = find_corpora()


def loaded(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def is_v3(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("consolidated_metadata"), dict)


def consolidated() -> Iterator[str]:
    """Every consolidated document below the corpora."""
    for folder, _, names in os.walk(CORPORA):
        for name in names:
            path = Path(folder, name)
            value = loaded(path) if name in (*V2_KEYS, "zarr.json") else None
            if is_v3(value) or (name in V2_KEYS and isinstance(value, dict) and isinstance(value.get("metadata"), dict)):
                yield path.relative_to(CORPORA).as_posix()


FOUND = sorted(consolidated()) if CORPORA.is_dir() else []


def text(key: str, value: Any) -> str:
    """A JSON value as one text; what a v3 group consolidates is no part of it."""
    if key.endswith("zarr.json") and isinstance(value, dict):
        value = {name: member for name, member in value.items() if name != "consolidated_metadata"}
    return json.dumps(value, sort_keys=True)


def expected(document: Path) -> dict[str, str]:
    """What the copy and the files do not agree on: key → kind."""
    value = json.loads(document.read_bytes())
    if document.name == "zarr.json":
        copies = {f"{path}/zarr.json": copy for path, copy in value["consolidated_metadata"]["metadata"].items()}
        names = {"zarr.json"}
    else:
        copies, names = value["metadata"], {".zarray", ".zgroup", ".zattrs"}
    files = [Path(folder, name) for folder, _, found in os.walk(document.parent) for name in found if name in names]
    there = {path.relative_to(document.parent).as_posix(): path for path in files if path != document}
    wrong = dict.fromkeys(copies.keys() - there.keys(), "stale-missing")
    wrong |= dict.fromkeys(there.keys() - copies.keys(), "stale-unnamed")
    for key in copies.keys() & there.keys():
        try:
            member = json.loads(there[key].read_bytes())
        except ValueError:
            wrong[key] = "stale-unreadable"
            continue
        if text(key, copies[key]) != text(key, member):
            wrong[key] = "stale-differing"
    return wrong


def proven(document: Path) -> Verdict:
    source = open_source(str(document.parent))
    harvest = read_documents(source, metadata_key=document.name)
    assert harvest.route == "consolidated"
    return check_freshness(source, harvest, "prove")


@pytest.mark.skipif(not FOUND, reason="no corpora")
@pytest.mark.parametrize("name", FOUND)
def test_the_proof_finds_what_the_files_say(name: str) -> None:
    document = CORPORA / name
    verdict, wrong = proven(document), expected(document)
    told = {problem.path: problem.kind for problem in verdict.problems if problem.kind.startswith("stale-") and problem.path}
    assert told == wrong
    assert verdict.stale == tuple(sorted(wrong))
    assert verdict.fresh == ("stale" if wrong else "proven")
    assert verdict.compared


def test_nothing_was_overlooked(corpora: Path) -> None:
    counted = json.loads((corpora / "expected.json").read_text())
    named = {f"{store}/{facts['consolidated']['key']}" for store, facts in counted.items() if facts.get("consolidated")}
    invalid = {
        f"{store}/{f['consolidated']['key']}" for store, f in counted.items() if "invalid" in (f.get("consolidated") or {})
    }
    assert named - invalid <= set(FOUND)


def counts(documents: Any) -> tuple[int, int]:
    hierarchy = parse_hierarchy(documents)
    return len(hierarchy.groups), len(hierarchy.arrays)


def test_what_members_give_is_what_a_listing_gives(corpora: Path) -> None:
    """Where something was taken from the members, others counted the same nodes there, but for copies of unreadable members."""
    for store, facts in json.loads((corpora / "expected.json").read_text()).items():
        both = facts.get("consolidated"), facts.get("listing")
        if not all(both) or "invalid" in both[0] or not both[0]["groups"] + both[0]["arrays"]:
            continue
        verdict = proven(corpora / store / both[0]["key"])
        if verdict.documents is not None:
            assert counts(verdict.documents) == (both[1]["groups"], both[1]["arrays"] + len(both[1]["invalid"])), store


def test_a_good_copy_of_broken_members_is_kept(corpora: Path) -> None:
    verdict = proven(corpora / "cfdm" / "example_field_0.zarr3" / "zarr.json")
    told = {problem.path: problem.kind for problem in verdict.problems}
    assert told == {f"{name}/zarr.json": "stale-unreadable" for name in ("lat", "lon", "q")}
    assert (verdict.fresh, verdict.documents) == ("stale", None)


def test_a_store_that_is_only_its_consolidated_document_is_kept(corpora: Path) -> None:
    verdict = proven(corpora / "titiler-xarray-history" / "fixtures" / "cmip6.zarr" / ".zmetadata")
    assert (verdict.fresh, verdict.documents) == ("stale", None)
    assert verdict.problems[-1].kind == "stale-kept"
