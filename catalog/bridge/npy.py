"""How does an array become a ``.npy`` file?

The file is written beside its place and moved there when it is complete, so that nobody ever finds half of it. It never holds a
pickle. Source: NumPy, ``numpy.lib.format``, versions 1.0 to 3.0.
"""

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from catalog.bridge.whole_file import write_whole
from catalog.errors import InputError, LimitExceededError

Values = npt.NDArray[Any]
MAX_TEXT_BYTES: Final = 2 * 2**30
"""Size of texts of different length once all take as much room as the longest."""


def to_npy(array: Values, path: Path) -> None:
    """Write an array to a file in NumPy's own format, all or nothing.

    Texts of different length become texts of one length (``<U…``), byte strings ``|S…``: the format knows no others. NumPy leaves
    out NULs at their ends, so values that end in one are refused rather than changed.

    Parameters
    ----------
    array
        The values.
    path
        The file; what is there is replaced.

    Raises
    ------
    InputError
        The folder does not exist, the path is a folder, or the values have no lossless form in the format.
    LimitExceededError
        Texts would take too much room, each as long as the longest.
    ForbiddenError
        The file may not be written.
    UnavailableError
        Writing failed, for want of room say; what was there before is untouched.
    """
    values = plain_values(array)
    write_whole(path, lambda file: np.lib.format.write_array(file, values, allow_pickle=False))


def npy_bytes(array: Values) -> bytes:
    """What `to_npy` writes, held in memory; errors as there, as far as they have nothing to do with a file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, plain_values(array), allow_pickle=False)
    return file.getvalue()


def plain_values(array: Values) -> Values:
    """The same values in a type that the format can hold without a pickle; errors as `to_npy`."""
    kind = array.dtype.kind
    if kind not in "OT":
        if array.dtype.hasobject:
            raise InputError(f"values of the type {array.dtype} cannot be written as .npy: a field holds Python objects")
        return array
    values = array.ravel().tolist()
    if all(isinstance(value, str) for value in values):
        return _fixed(array, values, max(map(len, values), default=0), "U", 4, "\0")
    if all(isinstance(value, bytes) for value in values):
        return _fixed(array, values, max(map(len, values), default=0), "S", 1, b"\0")
    strange = next(value for value in values if not isinstance(value, str | bytes) or type(value) is not type(values[0]))
    raise InputError(
        f"values like {str(strange)[:40]!r} ({type(strange).__name__}) cannot be written as .npy: only texts of one kind can"
    )


def _fixed(array: Values, values: list[Any], length: int, kind: str, width: int, nul: str | bytes) -> Values:
    """Texts of one length."""
    if any(value.endswith(nul) for value in values):
        raise InputError("the values cannot be written as .npy without loss: some end in NUL, which the format leaves out")
    length = max(length, 1)
    needed = len(values) * length * width
    if needed > MAX_TEXT_BYTES:
        message = (
            f"as .npy all texts are as long as the longest: {needed} bytes; at most {MAX_TEXT_BYTES} are written: select less"
        )
        raise LimitExceededError(message, limit="max_text_bytes", value=needed, allowed=MAX_TEXT_BYTES)
    return np.array(values, dtype=f"{kind}{length}").reshape(array.shape)
