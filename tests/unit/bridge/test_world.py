"""Which pixels do world units mean, by ngio's rule?"""

import pytest

from catalog.bridge.axis_request import AxisRequest, Index, World, WorldAt
from catalog.bridge.world import Sampling, to_pixels
from catalog.errors import InputError

X = Sampling("x", 0, 0.25, 2.0, "micrometer")


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (World(2.0, 12.0), slice(0, 40)),
        (World(2.5, 3.0), slice(2, 4)),
        (World(2.6, 3.1), slice(2, 5)),  # 2.4 and 4.4: the pixels that are covered
        (World(2.502, 3.002), slice(2, 4)),  # 2.008 and 4.008 are within 0.01 of whole pixels
        (World(2.497, 2.9975), slice(1, 4)),  # 1.988 is not, 3.99 only just is not either
        (World(None, 3.0), slice(0, 4)),
        (World(3.0, None), slice(4, 40)),
        (World(-100.0, 3.0), slice(0, 4)),
        (World(3.0, 3.0), slice(4, 4)),
        (World(0.0, 10.0, origin="corner"), slice(0, 40)),
        (World(0.003, 0.004, "mm"), slice(4, 8)),
        (World(2500.0, 3000.0, "nanometer"), slice(2, 4)),
        (WorldAt(2.0), 0),
        (WorldAt(2.26), 1),
        (WorldAt(2.2499), 1),  # 0.9996 is as good as 1
        (WorldAt(2.24), 0),
    ],
)
def test_world_units_become_pixels(index: Index, expected: int | slice) -> None:
    found, note = to_pixels(AxisRequest("x", index), X, 40)
    assert found.index == expected
    assert "/ 0.25 micrometer, whole where within 0.01" in note


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (World(12.0, 13.0), r"out of range: allowed is \[2, 12\) micrometer"),
        (World(0.0, 2.0), "out of range"),
        (World(3.0, 2.0), "before it starts"),
        (WorldAt(1.9), "out of range"),
        (WorldAt(12.0), "out of range"),
        (World(1.0, 2.0, "second"), "has the unit 'micrometer', and 'second' is not one"),
        (World(1e300, None), "is no place on the axis"),
    ],
)
def test_places_that_are_not_on_the_axis(index: Index, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_pixels(AxisRequest("x", index), X, 40)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_is_none(scale: float) -> None:
    with pytest.raises(InputError, match="must be above 0: select by position"):
        to_pixels(AxisRequest("x", World(0.0, 1.0)), Sampling("x", 0, scale), 40)
