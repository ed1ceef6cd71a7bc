"""Is the value at each point the one that NumPy finds there, and is each chunk read once?"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.bridge.coordinates import Reading
from catalog.bridge.limits import PlanLimits
from catalog.bridge.point_places import points_of
from catalog.bridge.points import sample
from catalog.bridge.world import Sampling
from catalog.errors import InputError, LimitExceededError, MetadataError
from catalog.graphstore.bindings import Bindings, Literal
from tests.unit.bridge.catalogue import Catalogue
from tests.unit.bridge.test_read import reads

__all__ = ["reads"]

VALUES = np.arange(100 * 90 * 7, dtype="int32").reshape(100, 90, 7)
NEVER = Reading(check="never")


@pytest.fixture
def store(catalogue: Catalogue, tmp_path: Path) -> Catalogue:
    """The same values in formats 2 and 3, and in shards; a scalar, texts, and an empty array."""
    two = zarr.open_group(tmp_path / "two.zarr", mode="w", zarr_format=2)
    two.create_array("plain", shape=VALUES.shape, chunks=(16, 16, 4), dtype="int32")[...] = VALUES
    three = zarr.open_group(tmp_path / "three.zarr", mode="w", zarr_format=3)
    kinds: dict[str, dict[str, Any]] = {
        "plain": {"chunks": (16, 16, 4), "dimension_names": ["z", "y", "x"]},
        "sharded": {"chunks": (4, 8, 7), "shards": (16, 16, 7)},
    }
    for name, members in kinds.items():
        three.create_array(name, shape=VALUES.shape, dtype="int32", **members)[...] = VALUES
    three.create_array("one", shape=(), dtype="int16")[...] = 7
    three.create_array("none", shape=(0, 3), chunks=(1, 1), dtype="int16")
    three.create_array("text", shape=(5,), chunks=(2,), dtype="string")[:] = np.array(list("abcde"), dtype=object)
    for name in ("two", "three"):
        catalogue.ingest(name, tmp_path / f"{name}.zarr")
    return catalogue


def random_points(count: int) -> np.ndarray:
    random = np.random.default_rng(7)
    return np.stack([random.integers(0, size, count) for size in VALUES.shape], axis=1)


@pytest.mark.parametrize(("dataset", "path"), [("two", "plain"), ("three", "plain"), ("three", "sharded")])
def test_a_hundred_thousand_points(store: Catalogue, reads: list[str], dataset: str, path: str) -> None:
    ref = store.ref(dataset, path)
    points = random_points(100_000)
    reads.clear()
    found = sample(ref, points, reading=NEVER)
    assert found.dtype == VALUES.dtype
    assert np.array_equal(found, VALUES[tuple(points.T)])
    times = Counter(reads)
    if path == "plain":
        assert set(times.values()) == {1}
        assert len(times) == len(np.unique(points // (16, 16, 4), axis=0)) == 7 * 6 * 2


def test_few_points_read_few_chunks(store: Catalogue, reads: list[str]) -> None:
    ref = store.ref("three", "plain")
    reads.clear()
    assert sample(ref, [[99, 89, 6], [0, 0, 0], [99, 80, 6]], reading=NEVER).tolist() == [62999, 0, 62936]
    assert sorted(reads) == ["plain/c/0/0/0", "plain/c/6/5/1"]


def test_points_by_column_and_in_an_answer(store: Catalogue) -> None:
    ref = store.ref("three", "plain")
    columns = {"x": [1, 2], "z": np.array([3.0, 4.0]), "dim1": [5, 6]}
    assert sample(ref, columns, reading=NEVER).tolist() == [VALUES[3, 5, 1], VALUES[4, 6, 2]]
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    answer = Bindings(("x", "y", "z"), [tuple(Literal(str(value), integer) for value in row) for row in ([1, 5, 3], [2, 6, 4])])
    assert sample(ref, points_of(answer, ["z", "y", "x"]), reading=NEVER).tolist() == [VALUES[3, 5, 1], VALUES[4, 6, 2]]
    with pytest.raises(InputError, match="no column 't'; its columns are x, y, z"):
        points_of(answer, ["t"])
    with pytest.raises(InputError, match="row 1 of the column 'x' is None; a number is needed"):
        points_of(Bindings(("x",), [(Literal("1"),), (None,)]), ["x"])


def test_points_in_world_units(store: Catalogue) -> None:
    samplings = [Sampling("z", 0, 2.0, 10.0), Sampling("y", 1, 0.5), Sampling("x", 2, 0.1)]
    points = [[10.0, 0.0, 0.3], [13.99, 44.99, 0.69], [11.9, 0.4, 0.05]]
    found = sample(store.ref("three", "plain"), points, units="world", samplings=samplings, reading=NEVER)
    # (13.99 - 10) / 2 = 1.995 is near 2, 44.99 / 0.5 = 89.98 lies in 89, 0.69 / 0.1 = 6.9 in 6; 0.3 / 0.1 is 2.9999… and near 3
    assert found.tolist() == [VALUES[0, 0, 3], VALUES[2, 89, 6], VALUES[0, 0, 0]]
    with pytest.raises(InputError, match="states no scale along axis 0"):
        sample(store.ref("three", "plain"), points, units="world", reading=NEVER)


def test_odd_arrays_and_no_points(store: Catalogue, reads: list[str]) -> None:
    assert sample(store.ref("three", "one"), np.empty((3, 0)), reading=NEVER).tolist() == [7, 7, 7]
    assert sample(store.ref("three", "text"), [[4], [0], [4]], reading=NEVER).tolist() == ["e", "a", "e"]
    reads.clear()
    assert sample(store.ref("three", "plain"), np.empty((0, 3), int), reading=NEVER).shape == (0,)
    assert reads == []


def test_the_chunk_that_cannot_be_decoded_is_named(store: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "three.zarr/plain/c/6/5/1").write_bytes(b"no frame")
    (tmp_path / "three.zarr/plain/c/0/5/1").write_bytes(b"none either, but without a point in it")
    with pytest.raises(MetadataError, match=r"chunk 'c/6/5/1' of .*plain"):
        sample(store.ref("three", "plain"), [[99, 89, 6], [0, 0, 0]], reading=NEVER)


@pytest.mark.parametrize("shards", [None, (2, 2)])
def test_more_chunks_than_can_be_counted(catalogue: Catalogue, tmp_path: Path, shards: tuple[int, int] | None) -> None:
    group = zarr.open_group(tmp_path / "wide.zarr", mode="w", zarr_format=3)
    size = 2**40
    made = group.create_array("a", shape=(size, size), chunks=(1, 1), shards=shards, dtype="int16", fill_value=3)
    made[size - 1, 5] = 8
    catalogue.ingest("wide", tmp_path / "wide.zarr")
    assert sample(catalogue.ref("wide", "a"), [[size - 1, 5], [0, 0], [size - 1, 4]], reading=NEVER).tolist() == [8, 3, 3]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[0, 0]], r"shape \(1, 2\); \(points, 3\) is needed"),
        ([0, 0, 0], r"shape \(3,\)"),
        ([[0, 0, 0], [0, 90, 0], [0, -1, 0]], "point 1 is at position 90 along axis 1, and 1 more points: allowed are 0 to 89"),
        ([[0.5, 0, 0]], "point 0 is at 0.5 along axis 0, which is no position"),
        ([[float("nan"), 0, 0]], "no position"),
        ([["a", "b", "c"]], "whole numbers are needed"),
        ({"x": [1], "y": [2]}, "no column for z"),
        ({"x": [1], "y": [2], "z": [3], "dim0": [3]}, "given twice"),
        ({"x": [1], "y": [2], "z": [3], "w": [3]}, "there is no axis 'w'; the axes are dim0 or z"),
        ({"x": [1], "y": [2, 3], "z": [3]}, "differ in length"),
    ],
)
def test_points_that_are_none(store: Catalogue, reads: list[str], points: Any, message: str) -> None:
    ref = store.ref("three", "plain")
    reads.clear()
    with pytest.raises(InputError, match=message):
        sample(ref, points)
    assert reads == []


@pytest.mark.parametrize(
    "limits", [PlanLimits(max_chunks=83), PlanLimits(max_result_bytes=399_999), PlanLimits(max_chunk_bytes=4095)]
)
def test_too_much_is_refused_before_anything_is_read(store: Catalogue, reads: list[str], limits: PlanLimits) -> None:
    ref = store.ref("three", "plain")
    reads.clear()
    with pytest.raises(LimitExceededError):
        sample(ref, random_points(100_000), reading=Reading(limits=limits))
    assert reads == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    version=st.sampled_from([2, 3]),
    sharded=st.booleans(),
)
def test_any_points_of_any_array(
    catalogue: Catalogue, tmp_path: Path, data: st.DataObject, shape: list[int], version: int, sharded: bool
) -> None:
    chunks = tuple(data.draw(st.integers(1, size)) for size in shape)
    extra: dict[str, Any] = {"shards": tuple(2 * chunk for chunk in chunks)} if sharded and version == 3 else {}
    folder = tmp_path / "any.zarr"
    values = np.arange(np.prod(shape)).reshape(shape)
    group = zarr.open_group(folder, mode="w", zarr_format=version)  # type: ignore[arg-type]
    group.create_array("a", shape=values.shape, chunks=chunks, dtype=values.dtype, **extra)[...] = values
    catalogue.ingest("any", folder)
    points = data.draw(st.lists(st.tuples(*(st.integers(0, size - 1) for size in shape)), min_size=1, max_size=30))
    found = sample(catalogue.ref("any", "a"), points, reading=NEVER)
    assert found.tolist() == values[tuple(np.array(points).T)].tolist()
