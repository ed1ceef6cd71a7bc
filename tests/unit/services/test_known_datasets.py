"""Is a dataset asked for once while nothing changes, and seen as it is as soon as something does?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import GraphStoreUnavailableError
from catalog.graphstore.bindings import Bindings
from catalog.graphstore.published import PublishedGraphStore
from catalog.rdf.iris import DEFAULT_BASE, Iris
from catalog.services import known_datasets
from catalog.services.delete import delete
from catalog.services.ingest import ingest
from catalog.services.known_datasets import KnownDatasets
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from tests.support.served_stores import write_store
from tests.support.workspace import open_test_workspace


class Counting(PublishedGraphStore):
    """A store that counts what it is asked."""

    asked = 0

    def select(self, *given: Any, **more: Any) -> Bindings:
        self.asked += 1
        return super().select(*given, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(tmp_path / "s.zarr", 3)
    take_in(tmp_path)
    return tmp_path


@pytest.fixture
def public(folder: Path) -> Iterator[Counting]:
    with Counting(folder / "graphs", "public") as store:
        yield store


def take_in(folder: Path, dataset_id: str = "it", access: Any = "public", **more: Any) -> None:
    with open_test_workspace(folder) as workspace:
        request = IngestRequest(str(folder / "s.zarr"), dataset_id=dataset_id, access=access, extents=False, **more)
        assert ingest(workspace, request).accepted


@pytest.fixture
def known() -> KnownDatasets:
    return KnownDatasets(Iris(DEFAULT_BASE))


def test_it_is_asked_for_once(public: Counting, known: KnownDatasets) -> None:
    first = known.find(public, "it")
    assert first is not None
    assert (first.id, first.access) == ("it", "public")
    assert [known.find(public, "it") for _ in range(5)] == [first] * 5
    assert public.asked == 1


def test_audiences_are_told_apart(folder: Path, public: Counting, known: KnownDatasets) -> None:
    with Counting(folder / "graphs", "catalog") as everything:
        for _ in range(2):
            shown, whole = known.find(public, "it"), known.find(everything, "it")
            assert shown is not None
            assert whole is not None
            assert (shown.location, whole.location) == ("", (folder / "s.zarr").as_uri())


def test_what_is_withdrawn_or_deleted_is_gone_at_once(folder: Path, public: Counting, known: KnownDatasets) -> None:
    assert known.find(public, "it") is not None
    take_in(folder, access="restricted")
    assert known.find(public, "it") is None
    take_in(folder, access="public")
    assert known.find(public, "it") is not None
    with open_test_workspace(folder) as workspace:
        delete(workspace, "it")
    assert known.find(public, "it") is None


def test_what_is_not_there_is_asked_for_each_time(public: Counting, known: KnownDatasets) -> None:
    assert [known.find(public, name) for name in ("at", "at", "..", "a b")] == [None] * 4
    assert public.asked == 2, "what can be no id is asked for, or what is absent is remembered"


def test_what_was_not_asked_for_longest_is_forgotten(
    folder: Path, public: Counting, known: KnownDatasets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_datasets, "MAX_KNOWN", 1)
    with Counting(folder / "graphs", "catalog") as everything:
        for store in (public, everything, everything, public):
            assert known.find(store, "it") is not None
        assert (public.asked, everything.asked) == (2, 1)


def test_a_store_that_cannot_tell_its_state_is_asked_each_time(workspace: Workspace, tmp_path: Path) -> None:
    write_store(tmp_path / "s.zarr", 3)
    known = KnownDatasets(workspace.iris)
    for access, seen in (("public", True), ("restricted", False)):
        request = IngestRequest(str(tmp_path / "s.zarr"), dataset_id="it", access=access, extents=False)  # type: ignore[arg-type]
        assert ingest(workspace, request).accepted
        assert (known.find(workspace.public, "it") is not None) == seen


def test_a_store_that_is_closed_gives_nothing_from_memory(public: Counting, known: KnownDatasets) -> None:
    assert known.find(public, "it") is not None
    public.close()
    with pytest.raises(GraphStoreUnavailableError):
        known.find(public, "it")
