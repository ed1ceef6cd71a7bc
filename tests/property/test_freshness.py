"""Whatever is done to the members of a consolidated store, a proof finds exactly that."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.documents import read_documents
from catalog.stores.freshness import Verdict, check_freshness
from catalog.stores.source import open_source
from tests.support.zarr_documents import array_v2, array_v3, group_v3, write_documents

NAMES = ("a", "b", "ä c", "d.e")


def nodes(depth: int = 2) -> st.SearchStrategy[dict[str, str]]:
    """Node path → kind, without the root; below an array there is nothing."""
    level: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.sampled_from(NAMES), st.just("array"), max_size=3)
    for _ in range(depth):
        level = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.just("array"), level), max_size=3)
    return level.map(lambda tree: dict(_flat(tree, "")))


def _flat(tree: dict[str, Any], base: str) -> Iterator[tuple[str, str]]:
    for name, inner in tree.items():
        path = f"{base}/{name}" if base else name
        yield path, "array" if inner == "array" else "group"
        if isinstance(inner, dict):
            yield from _flat(inner, path)


def members(tree: dict[str, str], zarr_format: int) -> dict[str, Any]:
    """The documents of these nodes, the root's apart."""
    if zarr_format == 3:
        return {f"{path}/zarr.json": array_v3([4]) if kind == "array" else group_v3() for path, kind in tree.items()}
    found: dict[str, Any] = {".zgroup": {"zarr_format": 2}}
    for path, kind in tree.items():
        found[f"{path}/.z{kind}"] = array_v2([4]) if kind == "array" else {"zarr_format": 2}
        found[f"{path}/.zattrs"] = {"of": path}
    return found


def consolidated(found: dict[str, Any], zarr_format: int) -> dict[str, Any]:
    if zarr_format == 2:
        return {".zmetadata": {"zarr_consolidated_format": 1, "metadata": found}}
    inside = {key.removesuffix("/zarr.json"): value for key, value in found.items()}
    return {"zarr.json": group_v3() | {"consolidated_metadata": {"kind": "inline", "metadata": inside}}}


@contextmanager
def folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp())
    try:
        yield root
    finally:
        shutil.rmtree(root)


def mutate(store: dict[str, Any], key: str, change: str) -> str:
    """Do something to one member; the kind of disagreement that this makes."""
    if change == "delete":
        del store[key]
        return "stale-missing"
    if change == "break":
        store[key] = json.dumps(store[key]).encode()[:-1] + b","
        return "stale-unreadable"
    if change == "rewrite":
        store[key] = json.dumps(dict(reversed(store[key].items())), indent=3).encode()
        return ""
    if key.endswith(".zarray") or store[key].get("node_type") == "array":
        store[key] = store[key] | {"shape": [5]}
    else:
        store[key] = store[key] | {"attributes": {"new": True}}
    return "stale-differing"


def proven(root: Path) -> Verdict:
    source = open_source(str(root))
    return check_freshness(source, read_documents(source), "prove")


@given(tree=nodes(), zarr_format=st.sampled_from((2, 3)), data=st.data())
def test_a_proof_finds_exactly_what_was_done(tree: dict[str, str], zarr_format: int, data: st.DataObject) -> None:
    before = members(tree, zarr_format)
    store: dict[str, Any] = dict(before)
    wrong: dict[str, str] = {}
    for key in data.draw(st.lists(st.sampled_from(sorted(before)), unique=True, max_size=4)) if before else ():
        wrong[key] = mutate(store, key, data.draw(st.sampled_from(("change", "delete", "break", "rewrite"))))
    groups = ["", *(path for path, kind in tree.items() if kind == "group")]
    for number in range(data.draw(st.integers(0, 2))):
        base = data.draw(st.sampled_from(groups))
        key = f"{base}/new{number}/".lstrip("/") + ("zarr.json" if zarr_format == 3 else ".zgroup")
        store[key], wrong[key] = group_v3() if zarr_format == 3 else {"zarr_format": 2}, "stale-unnamed"
    wrong = {key: kind for key, kind in wrong.items() if kind}
    with folder() as root:
        write_documents(root, store | consolidated(before, zarr_format))
        verdict = proven(root)
    told = {problem.path: problem.kind for problem in verdict.problems if problem.kind != "stale-kept"}
    assert told == wrong
    assert verdict.fresh == ("stale" if wrong else "proven")
    if verdict.documents is not None:
        readable = {key for key in store if wrong.get(key) != "stale-unreadable"}
        copied = {key for key, kind in wrong.items() if kind == "stale-unreadable"}
        root_key = {"zarr.json"} if zarr_format == 3 else set()
        assert {document.key for document in verdict.documents} == readable | copied | root_key
        assert not [each for each in parse_hierarchy(verdict.documents).problems if each.severity == "error"]
