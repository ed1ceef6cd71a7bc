"""Which grids are regular, and what is a shape?"""

from typing import Any

import pytest

from catalog.metadata.chunk_grid import parse_chunk_grid_v3, parse_shape


@pytest.mark.parametrize("extents", [[], [0], [5, 0, 7], [1] * 65, [2**70], [2**63]])
def test_lists_of_integers_from_zero_on_are_shapes(extents: list[int]) -> None:
    assert parse_shape(extents) == tuple(extents)


@pytest.mark.parametrize("value", [None, 5, "5", {}, [True], [False, 1], [1.0], [5, -1], [None], ["5"], [[5]], [float("nan")]])
def test_anything_else_is_no_shape(value: Any) -> None:
    assert parse_shape(value) is None


def test_a_least_extent_can_be_asked_for() -> None:
    assert parse_shape([1, 2], least=1) == (1, 2)
    assert parse_shape([1, 0], least=1) is None


@pytest.mark.parametrize(
    ("document", "name", "chunk_shape"),
    [
        ({"name": "regular", "configuration": {"chunk_shape": [10, 20]}}, "regular", (10, 20)),
        ({"name": "regular", "configuration": {"chunk_shape": []}}, "regular", ()),
        ({"name": "regular", "configuration": {"chunk_shape": [10, 0]}}, "regular", None),
        ({"name": "regular", "configuration": {"chunk_shape": [True]}}, "regular", None),
        ({"name": "regular", "configuration": {}}, "regular", None),
        ({"name": "regular", "configuration": [10]}, "regular", None),
        ({"name": "regular"}, "regular", None),
        ({"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[2, 3]]}}, "rectilinear", None),
        ({"name": "hexagonal", "configuration": {"chunk_shape": [10]}}, "hexagonal", None),
        ({"name": 3}, "unknown", None),
        ({}, "unknown", None),
        ("regular", "unknown", None),
        (None, "unknown", None),
    ],
)
def test_v3_grids(document: Any, name: str, chunk_shape: tuple[int, ...] | None) -> None:
    grid = parse_chunk_grid_v3(document)
    assert (grid.name, grid.chunk_shape) == (name, chunk_shape)


def rectilinear(*shapes: Any, kind: str = "inline") -> dict[str, Any]:
    return {"name": "rectilinear", "configuration": {"kind": kind, "chunk_shapes": list(shapes)}}


@pytest.mark.parametrize(
    ("document", "runs"),
    [
        (rectilinear([2, 3]), (((2, 1), (3, 1)),)),
        (rectilinear([[10, 3], 5], 4), (((10, 3), (5, 1)), 4)),
        (rectilinear([2, 2, [2, 2], 3]), (((2, 4), (3, 1)),)),
        (rectilinear(), ()),
        (rectilinear([2], kind="file"), None),
        (rectilinear([]), None),
        (rectilinear([0]), None),
        (rectilinear([[2, 0]]), None),
        (rectilinear([[2, 3, 4]]), None),
        (rectilinear([True]), None),
        (rectilinear(0), None),
        (rectilinear([[1, 10**12]]), None),
        ({"name": "rectilinear", "configuration": {}}, None),
    ],
)
def test_rectilinear_grids(document: Any, runs: Any) -> None:
    """Source: the ``rectilinear`` extension: a pair is an extent and how often it comes, an integer alone repeats for ever."""
    grid = parse_chunk_grid_v3(document)
    assert (grid.runs, grid.valid, grid.chunk_shape) == (runs, runs is not None, None)


def test_what_a_rectilinear_grid_covers() -> None:
    grid = parse_chunk_grid_v3(rectilinear([[4, 2], 6], 5))
    assert (grid.largest_shape, grid.common_shape) == ((6, 5), (2, 5))
    assert grid.fault_for((14, 100)) is None
    assert grid.fault_for((12, 100)) is None
    assert "cover 14 elements of the 15 along dimension 0" in str(grid.fault_for((15, 100)))
    assert "2 dimensions" in str(grid.fault_for((14,)))


@pytest.mark.parametrize("extent", [0, 1, 2, 5, 6, 7, 29, 30])
@pytest.mark.parametrize("stated", [1, 3, 7, 30, 31, [30], [1, [7, 4], 1], [[10, 3]], [2, 3, 5, 7, 13]])
def test_chunks_are_counted_that_begin_before_the_end(stated: Any, extent: int) -> None:
    if isinstance(stated, int):
        document = {"name": "regular", "configuration": {"chunk_shape": [stated]}}
        sizes = [stated] * 40
    else:
        document = {"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [stated]}}
        sizes = [size for item in stated for size in ([item] if isinstance(item, int) else [item[0]] * item[1])]
    begins = [sum(sizes[:place]) for place in range(len(sizes))]
    assert parse_chunk_grid_v3(document).counts((extent,)) == (sum(begin < extent for begin in begins),)


def test_a_grid_that_does_not_fit_counts_nothing() -> None:
    grid = parse_chunk_grid_v3({"name": "regular", "configuration": {"chunk_shape": [3, 3]}})
    assert grid.counts((5,)) is None
    assert parse_chunk_grid_v3({"name": "other"}).counts((5,)) is None
    short = parse_chunk_grid_v3({"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[2, 2]]}})
    assert short.counts((5,)) is None
    assert parse_chunk_grid_v3({"name": "regular", "configuration": {"chunk_shape": []}}).counts(()) == ()
