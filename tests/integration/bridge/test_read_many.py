"""Are many arrays read under one bound, and does what fails leave the others whole?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.read import read_array
from catalog.bridge.read_many import ManyLimits, Wanted, read_many
from catalog.bridge.selection import select
from catalog.errors import (
    LimitExceededError,
    MetadataError,
    NotFoundError,
    StaleSnapshotError,
    StoreUnavailableError,
    WebPageError,
)
from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.support.http_server import AtOnce, Reply, Request, WebServer
from tests.unit.bridge.catalogue import Catalogue

COUNT = 12
LOGIN = Reply(200, b"<!DOCTYPE html><html>sign in</html>", {"Content-Type": "text/html"})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    group = zarr.open_group(tmp_path / "web/s", mode="w", zarr_format=3)
    for number in range(COUNT):
        options: dict[str, Any] = {"shards": (8,), "chunks": (2,)} if number % 2 else {"chunks": (4,)}
        group.create_array(f"a{number:02}", shape=(16,), dtype="int32", **options)[:] = np.arange(16) + 100 * number
    with WebServer(tmp_path / "web") as running:
        yield running


@pytest.fixture
def refs(tmp_path: Path, server: WebServer) -> Iterator[list[ArrayRef]]:
    with EmbeddedGraphStore(tmp_path / "graphs") as store:
        catalogue = Catalogue(store)
        catalogue.ingest("d", tmp_path / "web/s")
        refs = [catalogue.ref("d", f"a{number:02}") for number in range(COUNT)]
        yield [replace(ref, location=f"{server.url}/s") for ref in refs]


def part(number: int) -> "np.ndarray[Any, Any]":
    return np.arange(3, 11) + 100 * number


def test_many_arrays_come_as_each_by_itself(refs: list[ArrayRef], server: WebServer) -> None:
    wanted = [Wanted(ref, select(ref.array, "dim0=3:11")) for ref in refs]
    outcomes = read_many(wanted)
    assert [outcome.wanted for outcome in outcomes] == wanted
    for number, outcome in enumerate(outcomes):
        np.testing.assert_array_equal(outcome.get(), part(number))
        assert outcome.plan is not None
        assert outcome.plan.least_requests <= outcome.requests <= outcome.plan.most_requests
    documents = [path for path in server.paths if path.endswith("zarr.json")]
    assert sorted(documents) == [f"/s/a{number:02}/zarr.json" for number in range(COUNT)]
    assert len(server.paths) == COUNT + sum(outcome.requests for outcome in outcomes)


def test_one_bound_on_requests_for_all(refs: list[ArrayRef], server: WebServer) -> None:
    server.script = counted = AtOnce(3)
    read_many([Wanted(ref) for ref in refs], check="never", many=ManyLimits(concurrency=3, arrays=8))
    assert counted.most == 3


def test_results_that_do_not_fit_together_are_refused_before_anything_is_asked(refs: list[ArrayRef], server: WebServer) -> None:
    size = COUNT * 16 * 4
    read_many([Wanted(ref) for ref in refs], many=ManyLimits(max_bytes=size))
    server.requests.clear()
    with pytest.raises(LimitExceededError, match="CATALOG_READ__MAX_TOTAL_BYTES") as caught:
        read_many([Wanted(ref) for ref in refs], many=ManyLimits(max_bytes=size - 1))
    assert (caught.value.value, caught.value.allowed) == (size, size - 1)
    assert not server.requests


def test_a_failure_names_array_and_chunk_and_leaves_the_others_whole(
    refs: list[ArrayRef], server: WebServer, tmp_path: Path
) -> None:
    def faults(request: Request) -> Reply | None:
        answers = {
            "/s/a00/c/1": LOGIN,
            "/s/a02/c/0": Reply(500),
            "/s/a04/c/3": Reply(200, b"too short"),
        }
        return answers.get(request.path)

    server.script = faults
    document = json.loads((tmp_path / "web/s/a06/zarr.json").read_text())
    document["chunk_grid"]["configuration"]["chunk_shape"] = [8]
    (tmp_path / "web/s/a06/zarr.json").write_text(json.dumps(document))
    (tmp_path / "web/s/a08/c/2").unlink()
    outcomes = read_many([Wanted(ref) for ref in refs], missing="error")
    found = {outcome.wanted.ref.path: outcome.error for outcome in outcomes if outcome.error is not None}
    kinds = {
        "a00": WebPageError,
        "a02": StoreUnavailableError,
        "a04": MetadataError,
        "a06": StaleSnapshotError,
        "a08": NotFoundError,
    }
    assert {path: type(error) for path, error in found.items()} == kinds
    for path, chunk in {"a00": "c/1", "a02": "c/0", "a04": "c/3", "a08": "c/2"}.items():
        assert path in str(found[path])
        assert chunk in str(found[path])
    for number, outcome in enumerate(outcomes):
        if outcome.error is None:
            np.testing.assert_array_equal(outcome.get(), np.arange(16) + 100 * number)
        else:
            with pytest.raises(type(outcome.error)):
                outcome.get()


@pytest.mark.parametrize("ranges", ["short", "wrong", "mute"])
def test_parts_that_are_not_what_was_asked_for_never_become_data(refs: list[ArrayRef], server: WebServer, ranges: str) -> None:
    server.ranges = ranges
    (outcome,) = read_many([Wanted(refs[1], select(refs[1].array, "dim0=3:5"))])
    assert isinstance(outcome.error, StoreUnavailableError)
    assert "a01/c/0" in str(outcome.error)


def test_a_server_that_ignores_ranges_gives_the_same_values(refs: list[ArrayRef], server: WebServer) -> None:
    server.ranges = "ignore"
    np.testing.assert_array_equal(read_array(refs[1], select(refs[1].array, "dim0=3:11")), part(1))


def test_a_busy_server_is_asked_again_and_no_more_often_than_it_says(refs: list[ArrayRef], server: WebServer) -> None:
    answers = iter([Reply(503, headers={"Retry-After": "0"}), Reply(429, headers={"Retry-After": "0"})])
    server.script = lambda request: next(answers, None) if request.path == "/s/a00/c/0" else None
    (outcome,) = read_many([Wanted(refs[0])])
    np.testing.assert_array_equal(outcome.get(), np.arange(16))
    assert server.counts["/s/a00/c/0"] == 3
    server.requests.clear()
    server.script = lambda request: Reply(503, headers={"Retry-After": "0"}) if request.path == "/s/a00/c/0" else None
    (outcome,) = read_many([Wanted(refs[0])])
    assert isinstance(outcome.error, StoreUnavailableError)
    assert server.counts["/s/a00/c/0"] == 5
