"""How do values become JSON?

Nested lists, the last axis innermost. What JSON has no number for is a text: ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``, as in
Zarr's metadata. Integers are written in full, however large; a complex number is a list of two; a time is a text (ISO 8601), a
duration a count of its unit, and ``null`` where there is none; of bytes each is the character of its number (ISO 8859-1); values
with fields are objects.

Source: Zarr v3 specification, "Fill value".
"""

from typing import Any

import numpy as np

from catalog.bridge.read import Values


def to_plain(values: Values) -> Any:
    """The values as lists, numbers and texts; a value alone where there is no axis. Masked elements are None."""
    found = _plain(np.ma.getdata(values))
    mask = np.ma.getmask(values)
    return found if mask is np.ma.nomask or mask.dtype.names else _masked(found, mask.tolist())


def _plain(plain: Values) -> Any:
    kind = plain.dtype.kind
    if plain.dtype.names:
        fields = {name: _plain(plain[name]) for name in plain.dtype.names}
        return _zipped(fields, plain.ndim)
    if kind == "f":
        return _reals(plain)
    if kind == "c":
        return _reals(np.stack([plain.real, plain.imag], axis=-1))
    if kind in "mM":
        return _times(plain)
    if kind in "SVO":
        return _each(plain.tolist(), plain.ndim, _text)
    return plain.tolist()


def _reals(plain: Values) -> Any:
    finite = np.isfinite(plain)
    if finite.all():
        return plain.tolist()
    words = plain.astype(object)
    words[np.isnan(plain)] = "NaN"
    words[np.isposinf(plain)] = "Infinity"
    words[np.isneginf(plain)] = "-Infinity"
    return words.tolist()


def _times(plain: Values) -> Any:
    dated = plain.dtype.kind == "M" and np.datetime_data(plain.dtype)[0] != "generic"  # without a unit a number is no date
    words: Any = np.datetime_as_string(plain) if dated else plain.astype(np.int64)
    words = np.asarray(words).astype(object)
    words[np.isnat(plain)] = None
    return words.tolist()


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, np.ndarray):
        return _plain(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _each(found: Any, depth: int, change: Any) -> Any:
    return change(found) if depth == 0 else [_each(one, depth - 1, change) for one in found]


def _zipped(fields: dict[str, Any], depth: int) -> Any:
    if depth == 0:
        return fields
    rows = zip(*fields.values(), strict=True)
    return [_zipped(dict(zip(fields, row, strict=True)), depth - 1) for row in rows]


def _masked(found: Any, mask: Any) -> Any:
    if isinstance(mask, list):
        return [_masked(one, hidden) for one, hidden in zip(found, mask, strict=True)]
    return None if mask else found
