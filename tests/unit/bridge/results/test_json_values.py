"""Do values survive the way through JSON, and what is written where JSON has no word?"""

import json
import math
from typing import Any

import numpy as np
import orjson
import pytest

from catalog.bridge.results.json_values import to_plain


def through(values: Any) -> Any:
    """What a reader that takes JSON by the letter gets."""
    return json.loads(orjson.dumps(to_plain(values)), parse_constant=pytest.fail)


@pytest.mark.parametrize("kind", ["i1", "u1", "<i2", ">u4", "i8", "u8", "?"])
def test_integers_and_truth_values_come_back(kind: str) -> None:
    dtype = np.dtype(kind)
    ends = [0, 1] if kind == "?" else [np.iinfo(dtype).min, 0, np.iinfo(dtype).max]
    values = np.array([ends, ends[::-1]], dtype)
    np.testing.assert_array_equal(np.array(through(values), dtype), values)


@pytest.mark.parametrize("kind", ["f2", "<f4", ">f4", "f8"])
def test_reals_come_back_bit_by_bit(kind: str) -> None:
    bits = np.random.default_rng(3).integers(0, 256, 4096, np.uint8)
    values = bits.view(kind)
    finite = values[np.isfinite(values)]
    assert finite.size > 100
    back = np.array(through(finite), kind)
    assert back.tobytes() == finite.tobytes()


def test_what_json_has_no_number_for_is_a_text() -> None:
    assert through(np.array([1.5, np.nan, np.inf, -np.inf])) == [1.5, "NaN", "Infinity", "-Infinity"]
    assert through(np.float32(np.nan).reshape(())) == "NaN"
    assert through(np.array([1 + 2j, complex(math.nan, 0)])) == [[1.0, 2.0], ["NaN", 0.0]]


def test_the_shape_is_that_of_the_lists() -> None:
    assert through(np.zeros((2, 0, 3))) == [[], []]
    assert through(np.zeros((1, 2, 1), int)) == [[[0], [0]]]
    assert through(np.array(7)) == 7


def test_times_texts_bytes_and_fields() -> None:
    assert through(np.array(["2024-02-29T12:30", "NaT"], "M8[m]")) == ["2024-02-29T12:30", None]
    assert through(np.array([5, "NaT"], "m8[s]")) == [5, None]
    assert through(np.array([5, np.iinfo("i8").min], "i8").view("M8")) == [5, None]  # without a unit it is no date
    assert through(np.array(["ü", ""])) == ["ü", ""]
    assert through(np.array(["a", "bc"], np.dtypes.StringDType())) == ["a", "bc"]
    assert through(np.array([b"a\xff"], "S2")) == ["a\xff"]
    assert through(np.array([b"ab", "x", None], object)) == ["ab", "x", None]
    ragged = np.empty(2, object)
    ragged[:] = [np.array([1, 2]), np.array([np.nan])]
    assert through(ragged) == [[1, 2], ["NaN"]]
    fields = np.array([(1, np.nan), (2, 0.5)], [("n", "i4"), ("x", "f8")])
    assert through(fields) == [{"n": 1, "x": "NaN"}, {"n": 2, "x": 0.5}]
    assert through(fields.reshape(1, 2)) == [[{"n": 1, "x": "NaN"}, {"n": 2, "x": 0.5}]]


def test_masked_elements_are_null() -> None:
    values = np.ma.MaskedArray([[1.0, np.nan], [3.0, 4.0]], [[False, True], [True, False]])
    assert through(values) == [[1.0, None], [None, 4.0]]
