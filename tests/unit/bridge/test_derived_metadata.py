"""Which attributes are still true of values that were reduced?"""

from typing import Any

import pytest

from catalog.bridge.derived_metadata import reduced_attributes

SAID = {"units": "K", "standard_name": "air_temperature", "long_name": "warmth", "actual_range": [0, 9], "coordinates": "lat lon"}


# The words of cell_methods: CF 1.11, appendix E.
@pytest.mark.parametrize(
    ("steps", "methods"),
    [
        ([("mean", ("time",))], "time: mean"),
        ([("max", ("lat", "lon"))], "lat: lon: maximum"),
        ([("std", ("time",)), ("min", ("lat",))], "time: standard_deviation lat: minimum"),
    ],
)
def test_what_was_done_is_said_as_cf_has_it(steps: Any, methods: str) -> None:
    found, note = reduced_attributes(SAID, steps, {"lat"})
    assert found == {
        "units": "K", "standard_name": "air_temperature", "long_name": "warmth", "coordinates": "lat", "cell_methods": methods,
    }  # fmt: skip
    assert not note


def test_methods_of_before_come_first() -> None:
    found, _ = reduced_attributes({"cell_methods": "area: mean"}, [("sum", ("time",))], ())
    assert found == {"cell_methods": "area: mean time: sum"}


@pytest.mark.parametrize(("name", "methods"), [("var", {"cell_methods": "time: variance"}), ("any", {}), ("all", {})])
def test_units_that_a_reduction_changes_are_left_out(name: str, methods: dict[str, str]) -> None:
    found, _ = reduced_attributes({"units": "K", "note": "x"}, [(name, ("time",))], ())
    assert found == {"note": "x", **methods}


def test_packed_values_lose_their_units() -> None:
    found, note = reduced_attributes({"units": "K", "scale_factor": 0.1, "_FillValue": -1}, [("mean", ("time",))], ())
    assert found == {"cell_methods": "time: mean"}
    assert "packed" in note
