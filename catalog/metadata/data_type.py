"""What are the elements of this array?

A data type keeps its document as it stands and gets one name that is the same for Zarr v2 and v3, so that a query for ``float64``
finds both. Unknown types are described, never dropped.
Source: Zarr v2 "Data type encoding"; Zarr v3.1 "Data types" and the registered extensions.
"""

import re
from dataclasses import dataclass

from catalog.metadata.document import Json, canonical_json

CORE_SIZES = {
    "bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
    "float16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
"""Bytes of one element of the types that every Zarr implementation knows."""

_V2 = re.compile(r"[<>|](?:([biufcSUVO])([0-9]{0,10})|([mM])8(?:\[[0-9]*[a-zA-Zμ]+\])?)")
_V2_KINDS = {"i": "int", "u": "uint", "f": "float", "c": "complex"}
_V2_NUMBER_BYTES = {"1", "2", "4", "8", "16", "32"}
_V2_FIXED = {"S": "null_terminated_bytes", "U": "fixed_length_utf32", "V": "raw_bytes"}
_OBJECT_CODECS = {"vlen-utf8": "string", "vlen-bytes": "variable_length_bytes"}
_V3_NAMES = {"variable_length_utf8": "string", "bytes": "variable_length_bytes", "struct": "structured"}


@dataclass(frozen=True, slots=True)
class DataType:
    """The type of one element.

    Attributes
    ----------
    name
        The Zarr v3 name, also for v2 arrays: ``float64`` for ``<f8``.
    item_size
        Bytes of one decoded element; None where elements vary in size or the type is unknown.
    document
        The type as the metadata states it.
    """

    name: str
    item_size: int | None
    document: Json

    @property
    def json(self) -> str:
        """The document as canonical JSON."""
        return canonical_json(self.document)


def parse_data_type_v2(document: Json, object_codec: str | None) -> DataType:
    """A v2 ``dtype``: a NumPy type string, or a list of fields.

    Parameters
    ----------
    document
        The member ``dtype`` of a ``.zarray``.
    object_codec
        Id of the first filter, which says what ``|O`` elements are.
    """
    if isinstance(document, list):
        sizes = [_field_size(field) for field in document]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        return DataType("structured", total, document)
    match = _V2.fullmatch(document) if isinstance(document, str) else None
    if match is None:
        return DataType(document if isinstance(document, str) else "unknown", None, document)
    kind, digits, time = match.groups()
    if time:
        return DataType("numpy.datetime64" if time == "M" else "numpy.timedelta64", 8, document)
    if kind == "O":
        return DataType(_OBJECT_CODECS.get(object_codec or "", "object"), None, document)
    if kind == "b" and digits == "1":
        return DataType("bool", 1, document)
    if kind in _V2_FIXED and digits:
        return DataType(_V2_FIXED[kind], int(digits) * (4 if kind == "U" else 1), document)
    if kind in _V2_KINDS and digits in _V2_NUMBER_BYTES:
        return DataType(f"{_V2_KINDS[kind]}{int(digits) * 8}", int(digits), document)
    return DataType(str(document), None, document)


def _field_size(field: Json) -> int | None:
    """Bytes of one field ``[name, type]`` or ``[name, type, shape]`` of a structured v2 type."""
    if not isinstance(field, list) or len(field) not in {2, 3}:
        return None
    size = parse_data_type_v2(field[1], None).item_size
    shape = field[2] if len(field) == 3 else []
    for extent in shape if isinstance(shape, list) else [shape]:
        if size is None or type(extent) is not int or extent < 0:
            return None
        size *= extent
    return size


def parse_data_type_v3(document: Json) -> DataType:
    """A v3 ``data_type``: a name, or an object with ``name`` and ``configuration``."""
    name = document.get("name") if isinstance(document, dict) else document
    configuration = document.get("configuration") if isinstance(document, dict) else None
    if not isinstance(name, str):
        return DataType("unknown", None, document)
    name = _V3_NAMES.get(name, name)
    if name in CORE_SIZES:
        return DataType(name, CORE_SIZES[name], document)
    if name in {"numpy.datetime64", "numpy.timedelta64"}:
        return DataType(name, 8, document)
    if name[:1] == "r" and name[1:].isascii() and name[1:].isdigit() and len(name) < 12 and int(name[1:]) % 8 == 0:
        return DataType("raw_bytes", int(name[1:]) // 8, document)
    length = configuration.get("length_bytes") if isinstance(configuration, dict) else None
    return DataType(name, length if type(length) is int and length >= 0 else _structured_size(name, configuration), document)


def _structured_size(name: str, configuration: Json) -> int | None:
    fields = configuration.get("fields") if isinstance(configuration, dict) else None
    if name != "structured" or not isinstance(fields, list):
        return None
    total = 0
    for field in fields:
        described = (
            field.get("data_type")
            if isinstance(field, dict)
            else field[1]
            if isinstance(field, list) and len(field) == 2
            else None
        )
        size = parse_data_type_v3(described).item_size
        if size is None:
            return None
        total += size
    return total
