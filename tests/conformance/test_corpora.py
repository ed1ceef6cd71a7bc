"""Every published store goes the whole way: ingest, graph, bridge; counts and values are what others found in it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.bridge.array_ref import resolve
from catalog.bridge.read import read_array
from catalog.bridge.selection import select
from catalog.errors import CatalogError, ForbiddenError, MetadataError
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.validation.pyshacl_validator import PyShaclValidator
from tests.support.corpora import find_corpora
from tests.support.workspace import open_test_workspace

EXPECTED_FILE = find_corpora() / "expected.json"
EXPECTED: dict[str, dict[str, Any]] = json.loads(EXPECTED_FILE.read_text()) if EXPECTED_FILE.is_file() else {}

REFUSED = {
    "vitessce/partials/emptymeta.h5ad.zarr": "its only document is a .zmetadata that lists no node",
    "vitessce/partials/invalidmeta.adata.zarr": "its only document is a .zmetadata without metadata",
    "zarr-implementations/zarrita.zr3": "an early draft of v3 that no release reads",
}
"""Stores that hold nothing that can be described, with the reason."""


def digest(values: np.ndarray[Any, Any]) -> str:
    """As make_expected.py has it: little-endian C-order bytes, or the texts of strings and objects as JSON."""
    if values.dtype.hasobject or values.dtype.kind in "OUT":
        return hashlib.sha256(json.dumps([str(v) for v in values.ravel()], ensure_ascii=True).encode()).hexdigest()
    little = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    return hashlib.sha256(little.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def workspace(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_test_workspace(tmp_path_factory.mktemp("corpora"), PyShaclValidator()) as opened:
        yield opened


_RESULTS: dict[str, IngestResult] = {}


def ingested(workspace: Workspace, corpora: Path, store: str) -> IngestResult:
    if store not in _RESULTS:
        _RESULTS[store] = ingest(workspace, IngestRequest(str(corpora / store)))
    return _RESULTS[store]


def test_the_corpora_are_not_empty(corpora: Path) -> None:
    assert len(EXPECTED) >= 131
    assert sum(len(store["arrays"]) for store in EXPECTED.values()) >= 603


@pytest.mark.parametrize("store", sorted(REFUSED))
def test_what_cannot_be_described_is_refused(workspace: Workspace, corpora: Path, store: str) -> None:
    with pytest.raises(MetadataError) as caught:
        ingest(workspace, IngestRequest(str(corpora / store)))
    assert caught.value.problems


@pytest.mark.parametrize("store", sorted(set(EXPECTED) - set(REFUSED)))
def test_nodes(workspace: Workspace, corpora: Path, store: str) -> None:
    result = ingested(workspace, corpora, store)
    route = "consolidated" if result.route == "consolidated" else "listing"
    wanted = EXPECTED[store][route]
    assert (result.groups, result.arrays) == (wanted["groups"], wanted["arrays"])
    assert result.accepted
    invalid = {problem.path for problem in result.problems if problem.kind == "invalid-json"}
    if route == "listing":
        assert invalid == {each["document"] for each in EXPECTED[store]["listing"]["invalid"]}
    answer = workspace.catalog.query(
        f"SELECT ?kind (COUNT(?n) AS ?count) WHERE {{ ?n zo:inDataset <{result.iri}> ; a ?kind }} GROUP BY ?kind", "json"
    )
    rows = json.loads(answer.body)["results"]["bindings"]
    counts = {row["kind"]["value"].rpartition("#")[2]: int(row["count"]["value"]) for row in rows}
    assert counts.get("ZarrGroup", 0) == wanted["groups"]
    assert counts.get("ZarrArray", 0) == wanted["arrays"]


@pytest.mark.parametrize("store", sorted(store for store in EXPECTED if EXPECTED[store]["arrays"]))
def test_values(workspace: Workspace, corpora: Path, store: str) -> None:
    result = ingested(workspace, corpora, store)
    faults = {}
    for path, wanted in EXPECTED[store]["arrays"].items():
        if wanted.get("too_large"):
            continue
        (ref,) = resolve(workspace.catalog, workspace.iris.node(result.id, path)).refs
        values = read_array(ref, select(ref.array))
        if list(values.shape) != wanted["shape"] or digest(values) != wanted["sha256"]:
            faults[path] = f"{values.shape} {values.dtype}, expected {wanted['shape']} {wanted['dtype']}"
    assert not faults


REFUSED_ARRAYS = [(store, path) for store in EXPECTED for path in EXPECTED[store]["not_readable_by_zarr_python"]]


@pytest.mark.parametrize(("store", "path"), REFUSED_ARRAYS)
def test_what_zarr_python_refuses_is_described(workspace: Workspace, corpora: Path, store: str, path: str) -> None:
    result = ingested(workspace, corpora, store)
    (ref,) = resolve(workspace.catalog, workspace.iris.node(result.id, path)).refs
    assert ref.path == path
    with pytest.raises((MetadataError, ForbiddenError)) as caught:
        read_array(ref, select(ref.array))
    assert isinstance(caught.value, CatalogError)
