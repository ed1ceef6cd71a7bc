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
