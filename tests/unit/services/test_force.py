"""Do both audiences hold the same state, whatever came between?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.errors import GraphStoreUnavailableError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.services.delete import delete
from catalog.services.describe import describe
from catalog.services.ingest import ingest
from catalog.services.registry import Registry
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from tests.support.zarr_documents import array_v3, group_v3, write_v3


class Failing:
    """A graph store that cannot be written."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        raise GraphStoreUnavailableError("the catalogue's graph store is gone")

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


class Watching(Failing):
    """A graph store that keeps what it was told to hold before."""

    def __init__(self, store: GraphStore) -> None:
        super().__init__(store)
        self.previous: dict[str, bytes | None] = {}

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        self.previous |= {update.graph: update.previous for update in updates}
        self._store.apply(updates)


def _store(root: Path, *, size: int, **attributes: str) -> str:
    return str(write_v3(root, {"": group_v3(**attributes), "a": array_v3([size])}))


def test_a_crash_between_the_audiences_leaves_nothing_behind(workspace: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "s.zarr"
    first = ingest(workspace, IngestRequest(_store(root, size=1), access="public"))
    broken = replace(workspace, catalog=Failing(workspace.catalog))  # type: ignore[arg-type]
    changed = IngestRequest(_store(root, size=2, title="lost"))
    with pytest.raises(GraphStoreUnavailableError):
        ingest(broken, changed)
    assert b"lost" in workspace.public.read_graph(first.iri), "the public audience had it already"
    assert b"lost" not in workspace.catalog.read_graph(first.iri)
    ingest(workspace, IngestRequest(_store(root, size=3)))
    assert b"lost" not in workspace.public.read_graph(first.iri)
    assert workspace.public.read_graph(first.iri) == workspace.catalog.read_graph(first.iri)


def test_a_crash_in_the_first_ingest_leaves_nothing_behind(workspace: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "s.zarr"
    broken = replace(workspace, catalog=Failing(workspace.catalog))  # type: ignore[arg-type]
    request = IngestRequest(_store(root, size=2, title="lost"), access="public")
    with pytest.raises(GraphStoreUnavailableError):
        ingest(broken, request)
    public = Watching(workspace.public)
    fresh = replace(workspace, public=public)  # type: ignore[arg-type]
    iri = ingest(fresh, IngestRequest(_store(root, size=3), access="public")).iri
    assert public.previous[iri] is None, "only the public graph store knows what it holds"
    assert workspace.public.read_graph(iri) == workspace.catalog.read_graph(iri)


def test_a_change_is_sent_to_the_public_as_a_difference(workspace: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "s.zarr"
    first = ingest(workspace, IngestRequest(_store(root, size=1), access="public"))
    held = workspace.public.read_graph(first.iri)
    public = Watching(workspace.public)
    ingest(replace(workspace, public=public), IngestRequest(_store(root, size=2)))  # type: ignore[arg-type]
    assert sorted((public.previous[first.iri] or b"").splitlines()) == sorted(held.splitlines())
    assert workspace.public.read_graph(first.iri) == workspace.catalog.read_graph(first.iri)


def test_what_becomes_public_is_sent_whole(workspace: Workspace, tmp_path: Path) -> None:
    url = _store(tmp_path / "s.zarr", size=1)
    first = ingest(workspace, IngestRequest(url, access="restricted"))
    assert workspace.public.read_graph(first.iri) == b""
    ingest(workspace, IngestRequest(url, access="public"))
    assert workspace.public.read_graph(first.iri) == workspace.catalog.read_graph(first.iri) != b""


def test_a_replaced_snapshot_stays_known_to_those_who_may_see_its_dataset(workspace: Workspace, tmp_path: Path) -> None:
    root, iris = tmp_path / "s.zarr", workspace.iris
    first = ingest(workspace, IngestRequest(_store(root, size=1), access="public"))
    history = iris.graph(first.id, "history")
    assert workspace.catalog.read_graph(history) == b"", "nothing was replaced"
    before = _current(workspace, first.id)
    ingest(workspace, IngestRequest(_store(root, size=2)))
    after = _current(workspace, first.id)
    for store in (workspace.public, workspace.catalog):
        kept = store.read_graph(history).decode()
        assert f"<{after}> <http://www.w3.org/ns/prov#wasRevisionOf> <{before}> ." in kept
        assert describe(store, iris, before).kind == "snapshot"
    ingest(workspace, IngestRequest(str(root), access="restricted"))
    assert workspace.public.read_graph(history) == b""
    assert workspace.catalog.read_graph(history)
    ingest(workspace, IngestRequest(str(root), access="public"))
    assert workspace.public.read_graph(history) == workspace.catalog.read_graph(history)
    delete(workspace, first.id)
    assert workspace.public.read_graph(history) == workspace.catalog.read_graph(history) == b""


def _current(workspace: Workspace, dataset_id: str) -> str:
    known = Registry(workspace.catalog, workspace.iris).by_id(dataset_id)
    assert known is not None
    assert known.current is not None
    return workspace.iris.snapshot(dataset_id, known.current.digest)
