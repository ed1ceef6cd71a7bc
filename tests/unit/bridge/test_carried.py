"""Do values come out of another process as they went in, and are lies about them refused?"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catalog.bridge.carried import give_values, take_values
from catalog.bridge.npy import npy_bytes
from catalog.errors import InputError


def carried(values: Any, note: str = "") -> tuple[Any, str]:
    pieces: list[bytearray] = []
    give_values(values, note, lambda piece: pieces.append(bytearray(piece)))
    return take_values(pieces)


STRUCT = np.array([(1, (2.5, b"ab")), (3, (np.nan, b"c"))], dtype=[("x", ">i4"), ("y", [("z", "<f8"), ("t", "S3")])])
GRID = np.arange(24, dtype=">u2").reshape(2, 3, 4)
ARRAYS = [
    GRID, GRID.T, GRID[::-1, :, ::2], GRID[1, 2, 3], GRID[:, :0], np.array(2.5), np.zeros((), "S5"), STRUCT, STRUCT[:0],
    np.array(["2020-01-01", "NaT"], "M8[ns]"), np.array([1, 2], "m8[s]"), np.array([True, False]), np.array([1 + 2j]),
    np.array(["ü", "a\0b", ""]), np.array([b"\xff"]), np.asfortranarray(np.eye(3)), np.zeros(3, "V4"), np.zeros(2, "f2"),
    np.zeros(4, "S0"),
]  # fmt: skip


@pytest.mark.parametrize("values", ARRAYS, ids=lambda values: f"{values.dtype}{values.shape}")
def test_plain_values_come_as_they_are_and_make_the_same_file(values: Any) -> None:
    found, note = carried(values, "grew")
    assert note == "grew"
    assert (found.dtype, found.shape) == (values.dtype, values.shape)
    assert found.tobytes() == values.tobytes()
    assert npy_bytes(found) == npy_bytes(values)
    assert found.flags.writeable


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, min_side=0)))
def test_any_plain_values(values: Any) -> None:
    found, _ = carried(values)
    assert (found.dtype, found.shape, found.tobytes()) == (values.dtype, values.shape, values.tobytes())


@given(st.lists(st.text(), max_size=8))
def test_texts_of_any_length(texts: list[str]) -> None:
    values = np.array(texts, np.dtypes.StringDType()).reshape(len(texts), 1)
    found, _ = carried(values)
    assert (found.dtype, found.shape, found.ravel().tolist()) == (values.dtype, values.shape, texts)


def test_objects() -> None:
    given = ["a", b"b", None, 5, 2.5, True, "\ud800", ""]
    values = np.empty((2, 4), object)
    values.ravel()[:] = given
    found, _ = carried(values)
    assert (found.dtype, found.shape, found.ravel().tolist()) == (np.dtype(object), (2, 4), given)
    with pytest.raises(InputError, match="list"):
        carried(np.array([[1], [1, 2]], object))


def test_masked_values() -> None:
    values = np.ma.MaskedArray(GRID, GRID % 3 == 0)
    found, _ = carried(values)
    np.testing.assert_array_equal(np.ma.getmaskarray(found), GRID % 3 == 0)
    np.testing.assert_array_equal(found.data, GRID)


HEAD = b'{"note": "", "kind": "%s", "masked": %s, "shape": %s, "arrays": [%s]}'
ONE = b'{"descr": "%s", "shape": %s, "fortran": false}'
TEXT = HEAD % (b"texts", b"false", b"[1]", b", ".join(ONE % (b"'%s'" % kind, b"[1]") for kind in (b"|u1", b"<i8", b"|u1")))
LIES = [
    [],
    [b"no json"],
    [b"[]"],
    [HEAD % (b"plain", b"false", b"[2]", b""), b"1234"],
    [HEAD % (b"plain", b"false", b"[2]", ONE % (b"'<i4'", b"[2]"))],
    [HEAD % (b"plain", b"false", b"[2]", ONE % (b"'<i4'", b"[2]")), b"1234"],
    [HEAD % (b"plain", b"false", b"[2]", ONE % (b"'<i4'", b"[-1, -2]")), b"12345678"],
    [HEAD % (b"plain", b"false", b"[1]", ONE % (b"'|O'", b"[1]")), b"12345678"],
    [HEAD % (b"plain", b"false", b"[1]", ONE % (b"[('a', '|O')]", b"[1]")), b"12345678"],
    [HEAD % (b"plain", b"false", b"[1]", ONE % (b"__import__('os')", b"[1]")), b"12345678"],
    [HEAD % (b"plain", b"false", b"[1]", ONE % (b"(" * 5000, b"[1]")), b"12345678"],
    [HEAD % (b"plain", b"true", b"[1]", ONE % (b"'|u1'", b"[1]")), b"1"],
    [TEXT, b"\0", b"\7" + bytes(7), b"x"],
    [TEXT, b"\0", b"\1" + bytes(7), b"\xff"],
]  # fmt: skip


@pytest.mark.parametrize("pieces", LIES, ids=range(len(LIES)))
def test_lies_are_refused(pieces: list[bytes]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  any words will do
        take_values([bytearray(piece) for piece in pieces])
