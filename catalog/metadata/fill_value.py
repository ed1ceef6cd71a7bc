"""Is this a fill value of that data type?

As zarr-python reads it, which is more than the specifications allow: any value is a boolean, and a boolean is a number.
Source: Zarr v2 "Fill value encoding"; Zarr v3.1 "Fill value" of each data type.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from catalog.metadata.data_type import DataType, parse_data_type_v2, parse_data_type_v3
from catalog.metadata.document import Json, as_object

_WORDS = frozenset({"NaN", "Infinity", "-Infinity"})
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{4}|[0-9a-fA-F]{8}|[0-9a-fA-F]{16})")


def fault_of_fill_value(kind: DataType, value: Json, zarr_format: int) -> str | None:
    """Why a value cannot fill absent chunks of such elements, or None where it can. v2 allows none at all, as ``null``."""
    if (value is None and zarr_format == 2) or _fits(kind, value, zarr_format):
        return None
    return f"its fill value {value!r:.80} is none of data type {kind.name!r:.80}"


def _fits(kind: DataType, value: Json, zarr_format: int) -> bool:
    name = kind.name
    if name.startswith(("int", "uint")):
        return _is_integer(value) and _in_range(name, int(value))
    if name == "structured":
        return _is_record(kind, value, zarr_format)
    if name.startswith("float"):
        return _is_real(value, zarr_format)
    if name.startswith("complex"):
        return isinstance(value, list) and len(value) == 2 and all(_is_real(part, zarr_format) for part in value)
    return _CHECKS.get(name, _is_base64)(value)


def _is_integer(value: Json) -> bool:
    if type(value) is str:
        digits = value.removeprefix("-")
        return digits.isascii() and digits.isdigit() and len(digits) < 40
    return isinstance(value, int) or (type(value) is float and value.is_integer())


def _in_range(name: str, value: int) -> bool:
    bits = int(name.lstrip("uint"))
    half: int = 2 ** (bits - 1)
    return 0 <= value < 2 * half if name[0] == "u" else -half <= value < half


def _is_real(value: Json, zarr_format: int) -> bool:
    if type(value) is not str:
        return isinstance(value, int | float)
    if value in _WORDS or (zarr_format == 3 and _HEX.fullmatch(value)):
        return True
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_base64(value: Json) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value) is not None
    except (binascii.Error, ValueError):
        return False


def _is_time(value: Json) -> bool:
    return value == "NaT" or (isinstance(value, int) and -(2**63) <= value < 2**63)


_CHECKS: dict[str, Callable[[Json], bool]] = {
    "bool": lambda _: True,
    "string": lambda value: isinstance(value, str | int | float),
    "fixed_length_utf32": lambda value: isinstance(value, str),
    "numpy.datetime64": _is_time,
    "numpy.timedelta64": _is_time,
}


def _is_record(kind: DataType, value: Json, zarr_format: int) -> bool:
    """One value per field by name, or the bytes of one element."""
    if isinstance(value, dict):
        return all(name not in value or _fits(field, value[name], zarr_format) for name, field in fields_of(kind, zarr_format))
    if not _is_base64(value) or not kind.item_size:
        return False
    size = len(base64.b64decode(value))
    return size > 0 and size % kind.item_size == 0


def fields_of(kind: DataType, zarr_format: int) -> Iterator[tuple[Json, DataType]]:
    """Name and type of each field of a structured data type, as far as they are stated validly; a bad name is None."""
    stated = kind.document if zarr_format == 2 else as_object(as_object(kind.document).get("configuration")).get("fields")
    for field in stated if isinstance(stated, list) else ():
        if isinstance(field, dict):
            pair = [field.get("name"), field.get("data_type")]
        else:
            pair = field if isinstance(field, list) and len(field) == 2 else [None, None]
        name = pair[0] if isinstance(pair[0], str) else None
        yield name, parse_data_type_v2(pair[1], None) if zarr_format == 2 else parse_data_type_v3(pair[1])
