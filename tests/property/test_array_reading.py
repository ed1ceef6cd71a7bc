"""Are the values those that NumPy takes from the whole array, for exactly the requests and bytes of the plan?"""

import json
import tempfile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from zarr.core.config import config

from catalog.bridge.chunk_plan import plan_chunks
from catalog.bridge.exact_plan import MAX_GAP, MAX_JOINED, exact_plan, join_ranges
from catalog.bridge.read import read_planned
from catalog.errors import NotFoundError
from catalog.stores.arrays import open_array
from catalog.stores.pipeline import PipelineName
from tests.support.random_arrays import PATH, Case, cases

SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def check_read(case: Case, pipeline: PipelineName) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        array = case.write(folder)
        selection = case.selection(array)
        plan = plan_chunks(array, selection)
        expected = case.part(case.values())
        document = case.document(folder)
        with open_array(name, PATH, document, zarr_format=case.zarr_format, pipeline=pipeline) as reader:
            exact = exact_plan(plan, reader.fetch)
            looked, before = reader.requests, reader.fetched_bytes
            values = read_planned(reader, plan)
            requests, fetched = reader.requests - looked, reader.fetched_bytes - before
            masked = read_planned(reader, plan, "mask")
        np.testing.assert_array_equal(values, expected)
        assert (values.shape, values.dtype) == (expected.shape, np.dtype("int32"))
        np.testing.assert_array_equal(masked.filled(0), expected)
        assert looked == exact.looked
        assert requests == exact.requests
        assert fetched == sum(size_on_disk(folder / part.key, part.start, part.end) for part in exact.parts)
        assert plan.least_requests <= requests <= plan.most_requests
        if plan.requests is not None:
            assert requests == plan.requests
        if plan.stored_bytes is not None:
            assert fetched <= plan.stored_bytes
        if exact.stored_bytes is not None:
            assert fetched <= exact.stored_bytes
        assert {part.key for part in exact.parts} == set(plan.keys())
        assert sum(plan.used(each) for each in plan.coordinates()) == prod(len(set(ax.elements)) for ax in selection.axes)


def size_on_disk(path: Path, start: int | None, end: int | None) -> int:
    return len(path.read_bytes()[start:end]) if path.is_file() else 0


@SLOW
@given(cases())
def test_values_requests_and_bytes(case: Case) -> None:
    check_read(case, "fused")


@SLOW
@given(cases())
def test_the_batched_pipeline_does_the_same(case: Case) -> None:
    check_read(case, "batched")


@SLOW
@given(cases())
def test_what_is_masked_is_what_is_not_stored(case: Case) -> None:
    """The oracle is a second array of another fill value over the same chunks: where the two differ, nothing is stored."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        array = case.write(folder)
        plan = plan_chunks(array, case.selection(array))
        document = case.document(folder)
        with open_array(name, PATH, {**document, "fill_value": -1}, zarr_format=case.zarr_format) as reader:
            stored = np.asarray(read_planned(reader, plan)) != -1
        with open_array(name, PATH, document, zarr_format=case.zarr_format) as reader:
            masked: Any = read_planned(reader, plan, "mask")
            np.testing.assert_array_equal(np.ma.getmaskarray(masked), ~stored)
            if stored.all():
                np.testing.assert_array_equal(read_planned(reader, plan, "error"), case.part(case.values()))
            else:
                with pytest.raises(NotFoundError, match=PATH):
                    read_planned(reader, plan, "error")


def test_ranges_are_joined_as_zarr_python_does() -> None:
    assert config.get("array.sharding_coalesce_max_gap_bytes") == MAX_GAP
    assert config.get("array.sharding_coalesce_max_bytes") == MAX_JOINED
    from zarr.abc.store import RangeByteRequest
    from zarr.core._coalesce import coalesce_ranges

    random = np.random.default_rng(3)
    for _ in range(500):
        starts, sizes = random.integers(0, 300, 12), random.integers(1, 30, 12)
        ranges = [RangeByteRequest(int(start), int(start + size)) for start, size in zip(starts, sizes, strict=True)]
        groups, _ = coalesce_ranges(ranges, max_gap_bytes=9, max_coalesced_bytes=60)
        wanted = sorted((group[0][1].start, max(each.end for _, each in group)) for group in groups)
        entries = [(int(start), int(size)) for start, size in zip(starts, sizes, strict=True)]
        assert sorted(join_ranges([*entries, None], 9, 60)) == wanted, json.dumps(entries)
