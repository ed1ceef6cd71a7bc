"""Which tolerance do a text, a number and a span of time mean?"""

from datetime import timedelta
from math import inf
from typing import Any

import numpy as np
import pytest

from catalog.bridge.axis_request import Duration, LabelAt
from catalog.bridge.selection_text import parse_selection
from catalog.bridge.tolerance import parse_tolerance, parse_tolerances, tolerances_of
from catalog.errors import InputError

HOUR = 3_600 * 10**6


@pytest.mark.parametrize(
    ("given", "microseconds"),
    [
        ("1D", 24 * HOUR), ("2 days", 48 * HOUR), ("6h", 6 * HOUR), ("1.5hours", 1.5 * HOUR), ("30min", HOUR / 2), ("10s", 10**7),
        ("5ms", 5000), ("7us", 7), ("1W", 7 * 24 * HOUR), (timedelta(minutes=3), HOUR / 20), (np.timedelta64(2, "D"), 48 * HOUR),
    ],
)  # fmt: skip
def test_spans(given: Any, microseconds: float) -> None:
    found = parse_tolerance(given)
    assert isinstance(found, Duration)
    assert found.microseconds == microseconds


@pytest.mark.parametrize(("given", "number"), [("0.5", 0.5), (2, 2.0), (np.float32(0.25), 0.25), ("inf", inf), ("1e3", 1000.0)])
def test_numbers(given: Any, number: float) -> None:
    assert parse_tolerance(given) == number


@pytest.mark.parametrize(
    "given", ["", "x", "1 month", "2 years", "-1", -0.5, float("nan"), "nan", True, None, timedelta(-1), "1D2h", []]
)
def test_what_is_none(given: Any) -> None:
    with pytest.raises(InputError):
        parse_tolerance(given)


def test_one_for_each_axis() -> None:
    assert parse_tolerances("0.5") == 0.5
    assert parse_tolerances("lat=0.5, my axis=2") == {"lat": 0.5, "my axis": 2.0}
    for wrong in ("lat=", "=1", "lat=1,lat=2", "lat=1,2"):
        with pytest.raises(InputError):
            parse_tolerances(wrong)
    assert tolerances_of(1, ["a", "b"]) == {"a": 1.0, "b": 1.0}
    assert tolerances_of({"b": 1}, ["a", "b"]) == {"b": 1.0}
    assert tolerances_of(None, ["a"]) == tolerances_of({}, []) == {}
    with pytest.raises(InputError, match="no axis is given by labels"):
        tolerances_of(1, [])
    with pytest.raises(InputError, match="given for 'c'; the axes that labels are given for are 'a', 'b'"):
        tolerances_of({"c": 1}, ["a", "b"])


def test_in_a_selection() -> None:
    [near] = parse_selection("time=label(2020-01-16~12h)")
    assert isinstance(near.index, LabelAt)
    assert isinstance(near.index.tolerance, Duration)
    assert near.index.tolerance.microseconds == 12 * HOUR
    [plain] = parse_selection("lat=label(51.3~0.5)")
    assert plain.index == LabelAt(("51.3",), 0.5, kept=False)
