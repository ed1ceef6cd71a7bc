"""Are these the same values?

One SHA-256 for the values of an array, whatever machine and memory order it has: over the bytes of the elements in C order, each
little-endian as NumPy stores it. Texts and byte strings of different length are each written as their length (8 bytes,
little-endian) and their bytes (UTF-8). Shape and data type are not part of it: a record states them beside it.
"""

import hashlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from catalog.errors import InputError

_PIECE: Final = 2**22
"""Elements whose bytes are put in order at a time."""


def digest_of_values(values: npt.NDArray[Any]) -> str:
    """The SHA-256 of an array's values, 64 hexadecimal digits.

    Parameters
    ----------
    values
        Of any shape; numbers, texts, times, or structures of them.

    Raises
    ------
    InputError
        An element is a Python object that is neither text nor bytes.

    Notes
    -----
    NaNs count by their bits. About 0.5 s for each GB.
    """
    found = hashlib.sha256()
    flat = values.reshape(-1) if values.flags.c_contiguous else None
    for start in range(0, values.size, _PIECE):
        piece = flat[start : start + _PIECE] if flat is not None else values.flat[start : start + _PIECE]
        found.update(_bytes(np.asarray(piece)))
    return found.hexdigest()


def type_of_values(values: npt.NDArray[Any]) -> str:
    """The data type as a record names it, on every machine alike: ``float32``, ``<U5``, ``StringDType()`` or a list of fields."""
    dtype = values.dtype
    if dtype.names is not None:
        return str(dtype.newbyteorder("<"))
    return dtype.newbyteorder("<").str if dtype.kind in "USV" else dtype.name if dtype.kind != "T" else "StringDType()"


def _bytes(piece: npt.NDArray[Any]) -> bytes | memoryview:
    if piece.dtype.kind in "OT":
        return b"".join(map(_text, piece.tolist()))
    if piece.dtype.hasobject:
        raise InputError(f"values of the type {piece.dtype} have no digest: a field holds Python objects")
    ordered = np.ascontiguousarray(piece.astype(piece.dtype.newbyteorder("<"), copy=False))
    return ordered.tobytes()


def _text(value: Any) -> bytes:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    if not isinstance(data, bytes):
        raise InputError(f"values like {str(value)[:40]!r} ({type(value).__name__}) have no digest: only texts and bytes do")
    return len(data).to_bytes(8, "little") + data
