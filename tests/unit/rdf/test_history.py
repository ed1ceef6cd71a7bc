"""Does a replaced snapshot stay known, with its time and its successor?"""

import itertools
from dataclasses import replace

import pytest

from catalog.metadata.dataset import Snapshot
from catalog.rdf import history, terms
from catalog.rdf.history import history_with
from catalog.rdf.iris import Iris
from tests.unit.rdf.test_dataset import IRIS, SNAPSHOT, rows

PROV = "http://www.w3.org/ns/prov#"
DATASET = "https://data.example.org/datasets/cube"


def _at(number: int) -> Snapshot:
    return replace(SNAPSHOT, digest=f"{number:064x}", generated=f"2026-11-21T09:{number // 60:02}:{number % 60:02}Z")


def _iri(number: int) -> str:
    return f"{DATASET}/snapshots/{number:064x}"


def _after(numbers: list[int], iris: Iris = IRIS) -> bytes:
    kept = b""
    for old, new in itertools.pairwise(numbers):
        kept = history_with(kept, iris, "cube", _at(old), _at(new))
    return kept


def _objects(data: bytes, predicate: str) -> dict[str, str]:
    return {subject: value for subject, name, value in rows(data) if name == predicate}


def test_each_replaced_snapshot_has_its_record_its_end_and_its_successor() -> None:
    data = _after([1, 2, 3])
    assert _objects(data, f"{PROV}wasRevisionOf") == {_iri(2): _iri(1), _iri(3): _iri(2)}
    assert _objects(data, f"{PROV}invalidatedAtTime") == {_iri(1): _at(2).generated, _iri(2): _at(3).generated}
    assert _objects(data, terms.ARRAY_COUNT) == {_iri(1): str(SNAPSHOT.arrays), _iri(2): str(SNAPSHOT.arrays)}
    assert _objects(data, "http://purl.org/dc/terms/isVersionOf") == {_iri(1): DATASET, _iri(2): DATASET}


def test_a_snapshot_that_is_in_force_again_is_no_past_one() -> None:
    data = history_with(_after([1, 2]), IRIS, "cube", _at(2), replace(_at(1), generated="2026-11-21T10:00:00Z"))
    assert _objects(data, f"{PROV}invalidatedAtTime") == {_iri(2): "2026-11-21T10:00:00Z"}
    assert _objects(data, f"{PROV}wasRevisionOf") == {_iri(2): _iri(1), _iri(1): _iri(2)}


def test_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_PAST", 3)
    assert set(_objects(_after([1, 2, 3, 4, 5, 6]), f"{PROV}invalidatedAtTime")) == {_iri(3), _iri(4), _iri(5)}
