"""How do values become an image?

Two-dimensional values, a grey one for each element, row by row from the top. 8- and 16-bit integers without sign stay as they
are unless a range is given; everything else is scaled linearly from its smallest to its largest value to 0…65535, and how it was
scaled is written into the image and told. Such integers with a third axis of 3 or 4 elements are red, green and blue, and how
opaque they are.

Source: PNG (Third Edition), W3C, sections 5 and 11.
"""

import struct
import zlib
from typing import Final

import numpy as np

from catalog.bridge.read import Values
from catalog.errors import InputError

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MAX_EXTENT: Final = 2**31 - 1
_COLOURS: Final = {3: 2, 4: 6}
"""The PNG's word for colours, by how many values each element has."""


def to_png(values: Values, low: float | None = None, high: float | None = None) -> tuple[bytes, str]:
    """A PNG, and in words how values became grey.

    Parameters
    ----------
    values
        With two dimensions, rows first; masked elements and NaN are black. A third one has the colours.
    low, high
        What becomes black and white; the smallest and the largest value where None. Colours stay as they are.

    Raises
    ------
    InputError
        They have another number of dimensions, no elements, or are no numbers.
    """
    if values.ndim == 3 and values.shape[2] in _COLOURS and values.size and max(values.shape) <= _MAX_EXTENT:
        if values.dtype.kind != "u" or values.dtype.itemsize > 2:
            raise InputError(f"values of the type {values.dtype} are no colours: integers of 8 or 16 bits without sign are")
        coloured = np.where(np.ma.getmaskarray(values), 0, np.ma.getdata(values)).astype(values.dtype)
        return _encoded(coloured, "values as they are"), "values as they are"
    if values.ndim != 2 or not values.size or max(values.shape) > _MAX_EXTENT:
        raise InputError(f"the values have the shape {values.shape}; an image has two axes with elements: select less")
    if values.dtype.kind not in "biuf":
        raise InputError(f"values of the type {values.dtype} are no grey values")
    plain = np.ma.getdata(values)
    if plain.dtype == bool:
        plain = plain.astype("uint8") * np.uint8(255)
    if plain.dtype.kind == "u" and plain.dtype.itemsize <= 2 and low is None and high is None:
        grey, told = np.where(np.ma.getmaskarray(values), 0, plain).astype(plain.dtype), "values as they are"
    else:
        grey, told = _scaled(np.ma.MaskedArray(plain, np.ma.getmaskarray(values)), low, high)
    return _encoded(grey, told), told


def _scaled(
    values: "np.ma.MaskedArray[tuple[int, ...], np.dtype[np.float64]]", low: float | None, high: float | None
) -> tuple[Values, str]:
    numbers = np.ma.masked_invalid(values.astype(np.float64))
    if numbers.count() == 0:
        return np.zeros(values.shape, np.uint16), "no value is a finite number: all black"
    least = float(numbers.min()) if low is None else low
    most = float(numbers.max()) if high is None else high
    if not least <= most:
        raise InputError(f"the range of an image is {least:g} to {most:g}; it must ascend")
    span = most - least
    grey = (numbers - least) / span * 65535 if span else np.zeros(values.shape)
    found = np.ma.filled(np.clip(np.round(grey), 0, 65535), 0).astype(np.uint16)
    return found, f"scaled linearly from {least:.9g} (0) to {most:.9g} (65535)"


def _encoded(grey: Values, told: str) -> bytes:
    height, width, *channels = grey.shape
    depth, kind = 8 * grey.dtype.itemsize, _COLOURS[channels[0]] if channels else 0
    rows = np.ascontiguousarray(grey, grey.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    lines = np.zeros((height, 1 + rows.shape[1]), np.uint8)  # each row is preceded by the filter 0, "none"
    lines[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    text = b"Description\0" + told.encode("latin-1", "replace")
    parts = [(b"IHDR", header), (b"tEXt", text), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
