"""Boxes on the globe against geometry by hand and, for many ranges, against points laid out one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rdf.conventions.cf_box import Box, build_box, cover_boxes, cover_longitudes, cover_points, differ


@pytest.mark.parametrize(
    ("west", "width", "expected"),
    [
        (10, 20, (10, 30)),
        (190, 20, (-170, -150)),  # 0 to 360° means the same
        (170, 20, (170, -170)),  # across the antimeridian
        (-190, 20, (170, -170)),
        (0, 360, (-180, 180)),
        (-0.125, 360, (-180, 180)),
        (22.5, 359.99999, (-180, 180)),
        (0, 180, (0, 180)),
        (180, 10, (-180, -170)),
        (-180, 10, (-180, -170)),
        (350, 20, (-10, 10)),
        (0, 359, (0, -1)),
    ],
)
def test_longitudes_come_to_lie_between_180_west_and_east(west: float, width: float, expected: tuple[float, float]) -> None:
    box = build_box(west, width, -10, 10)
    assert (box.west, box.east) == expected


def test_what_lies_beyond_a_pole_is_cut_off() -> None:
    box = build_box(0, 360, -92.57142857142857, 92.57142857142857)
    assert (box.south, box.north) == (-90, 90)


def test_wkt() -> None:
    assert Box(0, 5, 50, 52.5).wkt == "POLYGON ((0 50, 5 50, 5 52.5, 0 52.5, 0 50))"
    crossing = Box(170, -170, -10, 10)
    assert crossing.wkt == (
        "MULTIPOLYGON (((170 -10, 180 -10, 180 10, 170 10, 170 -10)), ((-180 -10, -170 -10, -170 10, -180 10, -180 -10)))"
    )
    assert crossing.width == 20
    assert Box(7.5, 7.5, 47, 47).wkt == "POINT (7.5 47)"
    assert Box(7, 8, 47, 47).wkt == "LINESTRING (7 47, 8 47)"


def test_the_shortest_cover() -> None:
    assert cover_longitudes([(170, 5), (-175, 5)]) == (170, 20)
    assert cover_longitudes([(350, 20), (5, 10)]) == (350, 25)
    assert cover_longitudes([(0, 200), (150, 250)]) == (0, 360)
    assert cover_longitudes([(0, 0)]) == (0, 0)
    assert cover_boxes([Box(170, 175, 0, 1), Box(-179, -175, -5, 0)]) == Box(170, -175, -5, 1)


def test_points_all_the_way_round() -> None:
    assert cover_points([each * 2.5 for each in range(144)]) == (0, 360)
    assert cover_points([179, -179, 180]) == (179, 2)
    assert cover_points([10]) == (10, 0)
    west, width = cover_points([0, 10, 20, 200])
    assert (west, width) == (200, 180)


@given(st.lists(st.tuples(st.integers(-360, 360), st.integers(0, 200)), min_size=1, max_size=5))
def test_a_cover_covers_and_leaves_the_longest_gap(arcs: list[tuple[int, int]]) -> None:
    west, width = cover_longitudes(arcs)
    taken = {(start + step) % 360 for start, length in arcs for step in range(2 * length + 1) for step in (step / 2,)}
    places = sorted(taken)
    assert all((place - west) % 360 <= width + 1e-9 for place in places)
    longest = max((b - a for a, b in zip(places, [*places[1:], places[0] + 360], strict=True)), default=360)
    assert width == (360 if longest <= 0.5 else 360 - longest)


def test_boxes_differ_by_more_than_a_tolerance() -> None:
    world = Box(-180, 180, -90, 90)
    assert not differ(Box(-179.5, 179.5, -89.5, 89.5), world, 1)
    assert differ(Box(-179.5, 179.5, -60, 89.5), world, 1)
    assert not differ(Box(179.9, -170, 0, 1), Box(-180, -170, 0, 1), 0.2)
    assert differ(Box(0, 10, 0, 1), Box(0, 20, 0, 1), 1)
