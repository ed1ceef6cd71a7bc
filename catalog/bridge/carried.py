"""How do values get from one process to another? As plain bytes, so that whoever wrote them can do no more than be wrong.

Pieces: a JSON object that says what comes, then the bytes of each array. Texts of any length and Python objects come as three
arrays: what each element is, how long its bytes are, and all bytes. Nothing is unpickled.
"""

import ast
import json
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from catalog.confined.process import Buffer
from catalog.errors import InputError

Values = npt.NDArray[Any]

_TEXT, _BYTES, _NOTHING, _NUMBER = range(4)
_MAX_TYPE: Final = 2**20
"""Characters that say what data type an array has."""


def give_values(values: Values, note: str, give: Callable[[Any], None]) -> None:
    """Give values and a note away piece by piece; large arrays are not copied.

    Raises
    ------
    InputError
        There are elements that are no texts, bytes or numbers.
    """
    data = np.ma.getdata(values)
    arrays = [data]
    kind = "plain"
    if data.dtype.hasobject or data.dtype.kind == "T":
        kind = "texts" if data.dtype.kind == "T" else "objects"
        arrays = _taken_apart(data)
    masked = isinstance(values, np.ma.MaskedArray)
    if masked:
        arrays.append(np.ma.getmaskarray(values))
    described = [_described(array) for array in arrays]
    give(json.dumps({"note": note, "kind": kind, "masked": masked, "shape": data.shape, "arrays": described}).encode())
    for array in arrays:
        give(_bytes_of(array))


def take_values(pieces: Sequence[Buffer]) -> tuple[Values, str]:
    """The values and the note again; the values lie in the pieces, and can be written to.

    Raises
    ------
    ValueError
        The pieces are not what `give_values` gives.
    """
    try:
        head = json.loads(bytes(pieces[0]))
        arrays = [_array(facts, body) for facts, body in zip(head["arrays"], pieces[1:], strict=True)]
        mask = arrays.pop() if head["masked"] else None
        values = arrays[0] if head["kind"] == "plain" else _put_together(arrays, head["kind"], tuple(head["shape"]))
        found = values if mask is None else np.ma.MaskedArray(values, mask)
        return found, str(head["note"])
    except (LookupError, TypeError, SyntaxError, AttributeError, MemoryError, RecursionError) as error:
        raise ValueError(f"values that cannot be read: {type(error).__name__}") from None


def _is_fortran(array: Values) -> bool:
    return bool(array.flags.f_contiguous and not array.flags.c_contiguous)


def _described(array: Values) -> dict[str, Any]:
    descr = repr(np.lib.format.dtype_to_descr(array.dtype))
    return {"descr": descr, "shape": array.shape, "fortran": _is_fortran(array)}


def _bytes_of(array: Values) -> Any:
    """The bytes of an array in the order in which they lie, which a ``.npy`` file keeps, too."""
    if not array.nbytes:
        return b""
    straight = np.ascontiguousarray(array.T if _is_fortran(array) else array)
    return memoryview(straight.reshape(-1).view(np.uint8))


def _array(facts: dict[str, Any], body: Buffer) -> Values:
    if len(facts["descr"]) > _MAX_TYPE:
        raise ValueError("a data type that is too long")
    dtype = np.lib.format.descr_to_dtype(ast.literal_eval(facts["descr"]))
    shape = tuple(int(size) for size in facts["shape"])
    if dtype.hasobject or min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != len(body):
        raise ValueError("values of another size than they are said to have")
    if not len(body):
        return np.empty(shape, dtype)
    flat: Values = np.frombuffer(body, dtype)
    return flat.reshape(shape, order="F" if facts["fortran"] else "C")


def _taken_apart(data: Values) -> list[Values]:
    if data.dtype.names:
        raise InputError(f"values of the type {data.dtype} cannot be given away: a field holds Python objects")
    found = [_encoded(value) for value in data.ravel().tolist()]
    kinds = np.array([kind for kind, _ in found], np.uint8)
    lengths = np.array([len(text) for _, text in found], np.int64)
    return [kinds, lengths, np.frombuffer(b"".join(text for _, text in found), np.uint8)]


def _encoded(value: Any) -> tuple[int, bytes]:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, str):
        return _TEXT, plain.encode("utf-8", "surrogatepass")
    if isinstance(plain, bytes):
        return _BYTES, plain
    if plain is None:
        return _NOTHING, b""
    if isinstance(plain, int | float):
        return _NUMBER, json.dumps(plain).encode()
    raise InputError(f"values like {str(plain)[:40]!r} ({type(plain).__name__}) cannot be given away: only texts and numbers can")


def _put_together(arrays: Sequence[Values], kind: str, shape: tuple[int, ...]) -> Values:
    kinds, lengths, text = arrays
    if not kinds.shape == lengths.shape == (prod(shape),) or (lengths < 0).any() or int(lengths.sum()) != text.size:
        raise ValueError("texts of another size than they are said to have")
    values = np.empty(prod(shape), np.dtypes.StringDType() if kind == "texts" else object)
    for place, value in enumerate(_decoded(kinds.tolist(), lengths.tolist(), text.tobytes())):
        values[place] = value
    return values.reshape(shape)


def _decoded(kinds: Sequence[int], lengths: Sequence[int], text: bytes) -> Iterator[Any]:
    start = 0
    for kind, length in zip(kinds, lengths, strict=True):
        part = text[start : start + length]
        start += length
        if kind == _TEXT:
            yield part.decode("utf-8", "surrogatepass")
        elif kind == _NUMBER:
            yield json.loads(part)
        else:
            yield part if kind == _BYTES else None
