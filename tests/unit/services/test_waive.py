"""Does a waiver let pass what somebody answers for, and no longer than said?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.errors import InputError, NotFoundError
from catalog.services.ingest import ingest
from catalog.services.registry import Registry
from catalog.services.request import IngestRequest
from catalog.services.waive import revoke, waive
from catalog.services.workspace import Workspace
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import load_shapes
from tests.support.workspace import open_test_workspace
from tests.unit.services.test_curate import SHAPES, store

LICENCE = "https://lab.example/shapes#licence"
TODAY = datetime.now(UTC).date()
DAY = (TODAY + timedelta(days=30)).isoformat()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Workspace]:
    """A deployment whose shapes want a licence."""
    folder = tmp_path / "shapes"
    folder.mkdir()
    (folder / "lab.ttl").write_text(SHAPES)
    with open_test_workspace(tmp_path / "strict", PyShaclValidator()) as opened:
        yield replace(opened, shapes=load_shapes(folder=folder))


def test_a_waived_state_comes_into_force_and_is_still_reported(strict: Workspace, tmp_path: Path) -> None:
    first = ingest(strict, IngestRequest(store(tmp_path)))
    assert not first.accepted
    dataset = waive(strict, first.id, "licence", owner="A. Steward", until=DAY, reason="asked the lab")
    assert dataset.rejected is None
    assert b"ZarrArray" in strict.public.read_graph(first.iri)
    again = ingest(strict, IngestRequest(store(tmp_path, size=9)))
    assert (again.accepted, again.conforms) == (True, False)
    assert [problem.severity for problem in again.problems if problem.message == "Give it a licence."] == ["warning"]


def test_a_waiver_is_recorded_with_owner_day_and_reason_for_those_who_may_see_all(strict: Workspace, tmp_path: Path) -> None:
    first = ingest(strict, IngestRequest(store(tmp_path)))
    waive(strict, first.id, LICENCE, owner="A. Steward", until=DAY, reason="asked the lab")
    query = (
        "SELECT ?shape ?owner ?day { ?d zo:waiver ?w . ?w zo:waivedShape ?shape ; zo:waiverOwner ?owner ; zo:validUntil ?day }"
    )
    query = f"PREFIX zo: <https://w3id.org/zarr-catalog/ns#> {query}"
    assert [[term.value for term in row if term] for row in strict.catalog.select(query).rows] == [[LICENCE, "A. Steward", DAY]]
    assert not strict.public.select(query).rows
    [waiver] = Registry(strict.catalog, strict.iris).require(first.id).waivers
    assert (waiver.shape, waiver.owner, waiver.until, waiver.reason) == (LICENCE, "A. Steward", DAY, "asked the lab")


def test_it_blocks_again_after_the_last_day(strict: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ingest(strict, IngestRequest(store(tmp_path)))
    waive(strict, first.id, "licence", owner="x", until=DAY, reason="y")
    assert not ingest(strict, IngestRequest(store(tmp_path))).changed

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(days=31)

    monkeypatch.setattr("catalog.services.judging.datetime", Later)
    later = ingest(strict, IngestRequest(store(tmp_path)))
    assert (later.changed, later.accepted) == (True, False)
    assert b"ZarrArray" in strict.public.read_graph(first.iri), "what was accepted stays in force"


def test_it_is_taken_back(strict: Workspace, tmp_path: Path) -> None:
    first = ingest(strict, IngestRequest(store(tmp_path)))
    waive(strict, first.id, "licence", owner="x", until=DAY, reason="y")
    assert revoke(strict, first.id, LICENCE).waivers == ()
    assert not ingest(strict, IngestRequest(store(tmp_path))).accepted
    with pytest.raises(NotFoundError):
        revoke(strict, first.id, LICENCE)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"until": "soon"}, InputError, "YYYY-MM-DD"),
        ({"until": (TODAY - timedelta(days=1)).isoformat()}, InputError, "not between"),
        ({"until": (TODAY + timedelta(days=400)).isoformat()}, InputError, "not between"),
        ({"owner": " "}, InputError, "owner"),
        ({"reason": ""}, InputError, "reason"),
        ({"shape": "licenses"}, NotFoundError, "no shape"),
        ({"shape": "array-shape"}, NotFoundError, "core shapes cannot"),
        ({"shape": "https://w3id.org/zarr-catalog/shapes#array-shape"}, NotFoundError, "core shapes cannot"),
        ({"name": "nobody"}, NotFoundError, "nobody"),
    ],
)
def test_what_makes_no_waiver(
    strict: Workspace, tmp_path: Path, given: dict[str, str], error: type[Exception], words: str
) -> None:
    first = ingest(strict, IngestRequest(store(tmp_path)))
    asked = {"name": first.id, "shape": "licence", "owner": "x", "until": DAY, "reason": "y", **given}
    with pytest.raises(error, match=words):
        waive(strict, asked.pop("name"), asked.pop("shape"), **asked)
    assert Registry(strict.catalog, strict.iris).require(first.id).waivers == ()
