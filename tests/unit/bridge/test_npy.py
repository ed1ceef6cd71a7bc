"""Does a .npy file hold exactly the values, and is there never half of one?"""

import errno
import os
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from numpy.dtypes import StringDType

from catalog.bridge import npy
from catalog.bridge.npy import to_npy
from catalog.errors import InputError, LimitExceededError, UnavailableError


def loaded(path: Path) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = np.load(path, allow_pickle=False)
    return array


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="<i4").reshape(2, 3),
        np.arange(6, dtype=">f8").reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype="u1").reshape(2, 3)),
        np.arange(10)[::-2],
        np.array(2.5),
        np.empty((0, 5), "f4"),
        np.array([True, False]),
        np.array([1 + 2j]),
        np.array(["2020-01-01", "NaT"], "datetime64[s]"),
        np.array([b"ab", b""], "S2"),
        np.array(["ü", ""], "U3"),
        np.array([(1, 2.0)], [("a", "<i4"), ("b", "<f8")]),
        np.array([b"\x01\x00"], "V2"),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_values_types_and_shapes_come_back(tmp_path: Path, array: np.ndarray[Any, Any]) -> None:
    to_npy(array, tmp_path / "out.npy")
    found = loaded(tmp_path / "out.npy")
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("array", "dtype", "values"),
    [
        (np.array(["a", "größe", ""], StringDType()), "<U5", ["a", "größe", ""]),
        (np.array([["a"], ["bc"]], StringDType()), "<U2", [["a"], ["bc"]]),
        (np.array(["a", "bcd"], object), "<U3", ["a", "bcd"]),
        (np.array([b"a", b"b\x00c"], object), "|S3", [b"a", b"b\x00c"]),
        (np.array("one", StringDType()), "<U3", "one"),
        (np.array([], StringDType()), "<U1", []),
        (np.array(["", ""], object), "<U1", ["", ""]),
        (np.empty((0, 3), object), "<U1", []),
    ],
)
def test_texts_of_different_length_get_one_length(tmp_path: Path, array: np.ndarray[Any, Any], dtype: str, values: Any) -> None:
    to_npy(array, tmp_path / "out.npy")
    found = loaded(tmp_path / "out.npy")
    assert (found.dtype.str, found.tolist(), found.shape) == (dtype, values, array.shape)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array(["a\0"], StringDType()), "end in NUL"),
        (np.array([b"a\0"], object), "end in NUL"),
        (np.array(["a", None], object), "'None' (NoneType)"),
        (np.array(["a", b"b"], object), "(bytes)"),
        (np.array([{"a": 1}], object), "(dict)"),
        (np.array([(1, "x")], [("a", "i4"), ("b", object)]), "Python objects"),
    ],
)
def test_what_would_be_changed_or_pickled_is_refused(tmp_path: Path, array: np.ndarray[Any, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        to_npy(array, tmp_path / "out.npy")
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_one_long_text_does_not_make_all_the_others_as_long(tmp_path: Path) -> None:
    array = np.array(["x" * 1000, *[""] * 999], StringDType())
    with mock.patch.object(npy, "MAX_TEXT_BYTES", 3_999_999), pytest.raises(LimitExceededError, match="4000000 bytes; at most"):
        to_npy(array, tmp_path / "out.npy")
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"
    to_npy(np.arange(1000), path)
    to_npy(np.arange(3), path)
    assert loaded(path).tolist() == [0, 1, 2]
    assert [each.name for each in tmp_path.iterdir()] == ["out.npy"]


def test_any_name_is_taken_as_it_stands(tmp_path: Path) -> None:
    for name in ("without ending", "ü" * 100 + ".npy", ".hidden", "n" * 250):
        to_npy(np.arange(3), tmp_path / name)
        assert loaded(tmp_path / name).tolist() == [0, 1, 2]


def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    to_npy(np.arange(3), tmp_path / "out.npy")
    assert (tmp_path / "out.npy").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"
    to_npy(np.arange(3), path)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with mock.patch("os.fsync", side_effect=full), pytest.raises(UnavailableError, match="No space left on device"):
        to_npy(np.arange(1000), path)
    assert loaded(path).tolist() == [0, 1, 2]
    assert [each.name for each in tmp_path.iterdir()] == ["out.npy"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    with mock.patch("os.fsync", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        to_npy(np.arange(1000), tmp_path / "out.npy")
    assert list(tmp_path.iterdir()) == []


def test_places_that_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, message in [
        (tmp_path / "missing" / "out.npy", "does not exist; make it first"),
        (tmp_path / "file" / "out.npy", "does not exist; make it first"),
        (tmp_path, "is a folder"),
    ]:
        with pytest.raises(InputError, match=message):
            to_npy(np.arange(3), path)
