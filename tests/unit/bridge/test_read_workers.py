"""Are values that other processes read those that this one reads, and are their deaths errors of one read?"""

import os
import pickle
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.coordinates import Reading
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits
from catalog.bridge.points import sample
from catalog.bridge.read import ReadTask, StoreAccess, read_array
from catalog.bridge.read_workers import ReadWorkerLimits, ReadWorkers
from catalog.bridge.selection import select
from catalog.bridge.staleness import CheckLog, Within
from catalog.confined.places import Room
from catalog.confined.process import FaultError
from catalog.errors import ForbiddenError, LimitExceededError, MetadataError, NotFoundError, StaleSnapshotError, UnavailableError
from catalog.metadata.array import Array
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.credentials import parse_credentials
from catalog.stores.gate import Outgoing

SECRET = "canary-bearer-9"
NAMES = ("grid", "texts", "crash", "forever", "memory", "liar", "environment")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers") / "s.zarr"
    root = zarr.open_group(folder, mode="w")
    for name in NAMES:
        if name == "texts":
            made = root.create_array(name, shape=(3,), dtype=np.dtypes.StringDType())
            made[:] = np.array(["ü", "", "abc"], np.dtypes.StringDType())
        else:
            made = root.create_array(name, shape=(9, 8), chunks=(4, 4), dtype="f4", fill_value=0)
            made[:] = np.arange(72).reshape(9, 8)
    return folder


def ref(store: Path, name: str, location: str | None = None) -> ArrayRef:
    document = Document(f"{name}/zarr.json", (store / name / "zarr.json").read_bytes())
    (array,) = (node for node in parse_hierarchy([document]).nodes if isinstance(node, Array))
    where = f"file://{store}" if location is None else location
    return ArrayRef(f"urn:{name}", "urn:d", "d", where, name, array, "digest", "single", document.key)


def made(**more: Any) -> ReadWorkers:
    limits = ReadWorkerLimits(**{"seconds": 30.0, "memory_bytes": 2**30, "room": Room(2, 0, 1.0), **more})
    credentials = parse_credentials({"https://h.example/": {"type": "bearer", "token": SECRET}})
    return ReadWorkers(StoreAccess(credentials), limits, {"CANARY": "told"}, entry="tests.support.faulty_reads")


@pytest.fixture(scope="module")
def workers() -> Iterator[ReadWorkers]:
    found = made()
    yield found
    found.close()


@pytest.fixture(scope="module")
def access(workers: ReadWorkers) -> StoreAccess:
    return StoreAccess(workers=workers)


class TestValues:
    def test_parts_points_texts_and_masks(self, store: Path, access: StoreAccess) -> None:
        grid = ref(store, "grid")
        part = select(grid.array, "dim0=8::-3,dim1=[7,0,0]")
        expected = zarr.open_array(store / "grid", mode="r")[...][8::-3][:, [7, 0, 0]]
        for each in (StoreAccess(), access):
            np.testing.assert_array_equal(read_array(grid, part, access=each), expected)
            np.testing.assert_array_equal(sample(grid, [[8, 7], [0, 1]], reading=Reading(access=each)), [71, 1])
            assert read_array(ref(store, "texts"), access=each).tolist() == ["ü", "", "abc"]
        chunk = store / "grid/c/0/0"
        kept = chunk.read_bytes()
        chunk.unlink()
        masked = read_array(grid, access=access, missing="mask")
        chunk.write_bytes(kept)
        expected_mask = np.zeros((9, 8), bool)
        expected_mask[:4, :4] = True
        np.testing.assert_array_equal(np.ma.getmaskarray(masked), expected_mask)

    def test_the_location_is_found_here(self, store: Path, workers: ReadWorkers) -> None:
        nowhere = ref(store, "grid", "")
        known = StoreAccess(workers=workers, locations=lambda name: f"file://{store}" if name == "d" else "")
        assert read_array(nowhere, access=known).shape == (9, 8)
        with pytest.raises(NotFoundError, match="does not tell"):
            read_array(nowhere, access=StoreAccess(workers=workers))

    def test_an_array_is_looked_at_as_the_policy_says(self, store: Path, access: StoreAccess) -> None:
        grid, log = ref(store, "grid"), CheckLog()
        read_array(grid, access=access, check=Within(1000), log=log)
        document = store / "grid/zarr.json"
        kept = document.read_text()
        document.write_text(kept.replace('"float32"', '"int32"').replace('"fill_value": 0.0', '"fill_value": 0'))
        try:
            read_array(grid, access=access, check=Within(1000), log=log)
            with pytest.raises(StaleSnapshotError, match="data type"):
                read_array(grid, access=access, check=Within(1000), log=CheckLog())
        finally:
            document.write_text(kept)

    def test_limits_and_the_gate_hold_there(self, store: Path, workers: ReadWorkers, access: StoreAccess) -> None:
        with pytest.raises(LimitExceededError) as caught:
            read_array(ref(store, "grid"), access=access, limits=PlanLimits(max_result_bytes=100))
        assert caught.value.limit == "max_result_bytes"
        closed = ReadWorkers(StoreAccess(outgoing=Outgoing(private="refuse")))
        try:
            with pytest.raises(ForbiddenError):
                read_array(ref(store, "grid"), access=StoreAccess(workers=closed))
        finally:
            closed.close()


class TestDeaths:
    def test_a_codec_that_crashes(self, store: Path, access: StoreAccess) -> None:
        with pytest.raises(MetadataError, match=r"urn:crash.*SIGSEGV"):
            read_array(ref(store, "crash"), access=access)
        assert read_array(ref(store, "grid"), access=access).shape == (9, 8)

    def test_memory_that_there_is_not(self, store: Path, access: StoreAccess) -> None:
        with pytest.raises(LimitExceededError, match="CATALOG_WORKERS__READ_MEMORY_BYTES") as caught:
            read_array(ref(store, "memory"), access=access)
        assert (caught.value.limit, caught.value.allowed) == ("read_memory_bytes", 2**30)

    def test_what_is_no_array(self, store: Path, access: StoreAccess) -> None:
        with pytest.raises(FaultError):
            read_array(ref(store, "liar"), access=access)

    def test_time_and_places(self, store: Path) -> None:
        found = made(seconds=1.0, room=Room(1, 0, 1.0))
        access = StoreAccess(workers=found)
        try:
            read_array(ref(store, "grid"), access=access)
            (pid,) = found.pids
            os.kill(pid, signal.SIGSTOP)
            started = time.monotonic()
            with pytest.raises(LimitExceededError) as caught:
                read_array(ref(store, "grid"), access=access)
            assert (caught.value.limit, caught.value.allowed) == ("read_s", 1)
            assert time.monotonic() - started < 30
            assert not Path(f"/proc/{pid}").exists()
            with pytest.raises(LimitExceededError, match="given up after 1 s"):
                read_array(ref(store, "forever"), access=access)
        finally:
            found.close()
        assert not found.pids - {pid}
        with pytest.raises(UnavailableError, match="stopped"):
            read_array(ref(store, "grid"), access=access)


def test_credentials_come_over_the_pipe_and_nowhere_else(store: Path, workers: ReadWorkers) -> None:
    process = workers._pool._start()
    try:
        task = ReadTask(ref(store, "environment"), select(ref(store, "grid").array), DEFAULT_PLAN_LIMITS)
        said = b"".join(process.ask(pickle.dumps(task), 30))
        assert b'"CANARY": "told"' in said
        assert SECRET.encode() not in said
        assert SECRET.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes()
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert str(2**30) in next(line for line in limits.splitlines() if line.startswith("Max address space"))
    finally:
        process.close()
