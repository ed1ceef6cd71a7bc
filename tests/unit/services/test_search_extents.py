"""Do boxes on a globe overlap as they should, whatever WKT they came as?"""

import random

import pytest

from catalog.services.search_extents import overlap, read_boxes
from tests.support.search_facts import boxes_overlap


@pytest.mark.parametrize(
    ("wkt", "boxes"),
    [
        ("POLYGON ((1 2, 3 2, 3 4, 1 4, 1 2))", [(1, 2, 3, 4)]),
        (
            "MULTIPOLYGON (((170 -5, 180 -5, 180 5, 170 5, 170 -5)), ((-180 -5, -170 -5, -170 5, -180 5, -180 -5)))",
            [(170, -5, 180, 5), (-180, -5, -170, 5)],
        ),
        ("POINT (7.5 50.25)", [(7.5, 50.25, 7.5, 50.25)]),
        ("LINESTRING(1 1, 2 2)", [(1, 1, 2, 2)]),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(1 2)", [(1, 2, 1, 2)]),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(2 1)", [(1, 2, 1, 2)]),
        ("<http://www.opengis.net/def/crs/EPSG/0/32632> POINT(500000 5000000)", []),
        ("POINT Z (1 2 3)", [(1, 2, 1, 2)]),
        ("POINT EMPTY", []),
        ("POINT (a b)", []),
        ("POINT (1)", []),
        ("nonsense", []),
    ],
)  # fmt: skip
def test_wkt(wkt: str, boxes: list[tuple[float, ...]]) -> None:
    assert [tuple(each) for each in read_boxes(wkt)] == boxes


def test_overlap_against_cutting_at_the_antimeridian() -> None:
    rng = random.Random(4)

    def box() -> tuple[float, float, float, float]:
        south = rng.randint(-90, 90)
        return float(rng.randint(-180, 180)), float(south), float(rng.randint(-180, 180)), float(rng.randint(south, 90))

    outcomes = set()
    for _ in range(20_000):
        one, other = box(), box()
        found = overlap(one, other)
        assert found == overlap(other, one) == boxes_overlap(one, other), (one, other)
        outcomes.add((found, one[0] > one[2], other[0] > other[2]))
    assert len(outcomes) >= 7
