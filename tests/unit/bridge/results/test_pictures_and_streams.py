"""Do others read the bytes as what they are: Pillow the colours, pyarrow the tables, NumPy the arrays?"""

import io

import numpy as np
import PIL.Image
import pyarrow as pa
import pytest

from catalog.bridge.npy import npy_bytes
from catalog.bridge.results.columns import arrow_stream
from catalog.bridge.results.picture import to_png
from catalog.errors import InputError


@pytest.mark.parametrize(("channels", "mode"), [(3, "RGB"), (4, "RGBA")])
def test_colours_stay_as_they_are(channels: int, mode: str) -> None:
    values = np.random.default_rng(1).integers(0, 256, (9, 13, channels), np.uint8)
    data, told = to_png(values)
    image = PIL.Image.open(io.BytesIO(data))
    assert (image.mode, told) == (mode, "values as they are")
    np.testing.assert_array_equal(np.asarray(image), values)
    np.testing.assert_array_equal(np.asarray(PIL.Image.open(io.BytesIO(to_png(values[::2, ::-1])[0]))), values[::2, ::-1])


def test_colours_of_16_bits_keep_their_upper_bits_with_a_reader_of_8() -> None:
    values = np.random.default_rng(2).integers(0, 2**16, (4, 5, 3), np.uint16)
    image = PIL.Image.open(io.BytesIO(to_png(values)[0]))
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), values >> 8)


@pytest.mark.parametrize(
    "values", [np.zeros((4, 4, 2), "u1"), np.zeros((4, 4, 3), "f4"), np.zeros((4, 4, 3), "i2"), np.zeros((3, 0, 3), "u1")]
)
def test_other_colours_are_refused(values: np.ndarray) -> None:
    with pytest.raises(InputError):
        to_png(values)


def test_a_stream_of_arrow_is_the_table() -> None:
    columns = {"a": np.array([1.5, np.nan]), "b": np.ma.MaskedArray([1, 2], [False, True]), "c": np.array(["x", "ü"])}
    table = pa.ipc.open_stream(arrow_stream(columns)).read_all()
    assert table.column_names == ["a", "b", "c"]
    assert table["b"].to_pylist() == [1, None]
    assert table["c"].to_pylist() == ["x", "ü"]
    assert str(table["a"].to_pylist()) == "[1.5, nan]"


@pytest.mark.parametrize(
    "values", [np.arange(6).reshape(2, 3), np.asfortranarray(np.eye(3)), np.array(4.5), np.zeros((0, 2), ">i2")]
)
def test_numpy_loads_the_bytes_of_a_file(values: np.ndarray) -> None:
    loaded = np.load(io.BytesIO(npy_bytes(values)), allow_pickle=False)
    assert loaded.dtype == values.dtype
    np.testing.assert_array_equal(loaded, values)
