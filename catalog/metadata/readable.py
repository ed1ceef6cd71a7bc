"""Can the values of such arrays be read here, and if not, why?

Answered from the metadata alone, by tables of what zarr-python and numcodecs read; a test holds the tables against both. An array
that cannot be read is described all the same. Which of the codecs may run, and how large a chunk may be, is decided when values
are asked for (``stores/policy``): another machine may allow what this one does not.
"""

import re
from collections.abc import Sequence
from typing import Final

from catalog.metadata.chunk_grid import ChunkGrid
from catalog.metadata.chunk_key import ChunkKeyEncoding
from catalog.metadata.codec import Codec
from catalog.metadata.data_type import CORE_SIZES, DataType
from catalog.metadata.document import Json, as_object
from catalog.metadata.fill_value import fault_of_fill_value, fields_of
from catalog.metadata.pipeline import OBJECT_CODECS, fault_of_codec_v2, fault_of_pipeline

MAX_EXTENT: Final = 2**63 - 1
"""Elements along one dimension that a reader can count."""

DATA_TYPES: Final = frozenset(CORE_SIZES) | {
    "string", "variable_length_bytes", "raw_bytes", "null_terminated_bytes", "fixed_length_utf32", "structured",
    "numpy.datetime64", "numpy.timedelta64",
}  # fmt: skip

_TIME_UNITS: Final = frozenset({"Y", "M", "W", "D", "h", "m", "s", "ms", "us", "μs", "ns", "ps", "fs", "as", "generic"})
_SIZED: Final = frozenset({"raw_bytes", "null_terminated_bytes", "fixed_length_utf32"})
_TYPE_V2: Final = re.compile(
    r"[<>](?:[iufc]2|[iufc]4|[iufc]8|c16|U[0-9]{1,10}|[mM]8(?:\[(?P<scale>[0-9]{0,12})(?P<unit>[a-zA-Zμ]+)\])?)"
    r"|[<>|](?:b1|i1|u1|V[0-9]{1,10})|\|S[0-9]{1,10}|\|O"
)


def fault_of_layout_v2(
    document: dict[str, Json], kind: DataType, grid: ChunkGrid, keys: ChunkKeyEncoding, codecs: Sequence[Codec]
) -> str | None:
    """Why arrays with this ``.zarray`` cannot be read, or None where they can."""
    missing = [name for name in ("zarr_format", "dtype", "chunks", "fill_value", "order") if name not in document]
    if missing:
        return f"its .zarray has no {', '.join(missing)}"
    if document["zarr_format"] != 2:
        return f"its zarr_format is {document['zarr_format']!r:.40}, not 2"
    if document["order"] not in ("C", "F"):
        return f"its order is {document['order']!r:.40}, neither C nor F"
    if document.get("dimension_separator", ".") not in (".", "/"):
        return f"its dimension_separator is {document['dimension_separator']!r:.40}, neither '.' nor '/'"
    if not isinstance(document.get("filters", []) or [], list):
        return "its filters are no list"
    return (
        _fault_of_type(kind, 2)
        or next(filter(None, map(fault_of_codec_v2, codecs)), None)
        or _fault_of_object_codecs(kind, codecs)
        or _fault_of_cells(grid, keys)
        or fault_of_fill_value(kind, document["fill_value"], 2)
    )


def fault_of_layout_v3(
    document: dict[str, Json],
    kind: DataType,
    grid: ChunkGrid,
    keys: ChunkKeyEncoding,
    codecs: Sequence[Codec],
    extensions: Sequence[str],
) -> str | None:
    """Why arrays whose ``zarr.json`` has these members cannot be read, or None where they can."""
    missing = [name for name in ("data_type", "chunk_grid", "chunk_key_encoding", "codecs", "fill_value") if name not in document]
    if missing:
        return f"its zarr.json has no {', '.join(missing)}"
    if extensions:
        return f"uses extensions that are not supported: {', '.join(extensions):.200}"
    if type(document.get("zarr_format", 3)) is not int:
        return f"its zarr_format is {document['zarr_format']!r:.40}, no integer"
    encoding = document["chunk_key_encoding"]
    if keys.known and (not isinstance(encoding, dict) or set(as_object(encoding.get("configuration"))) - {"separator"}):
        return f"its chunk key encoding is {encoding!r:.80}; an object with a name and a separator is read here"
    return (
        _fault_of_type(kind, 3)
        or _fault_of_cells(grid, keys)
        or fault_of_pipeline(document["codecs"], codecs, kind, grid.common_shape)
        or fault_of_fill_value(kind, document["fill_value"], 3)
    )


def fault_of_array(shape: Sequence[int], grid: ChunkGrid) -> str | None:
    """Why an array of this shape, whose layout can be read, cannot, or None."""
    if fault := grid.fault_for(tuple(shape)):
        return fault
    if shape and max(shape) > MAX_EXTENT:
        return f"it has {max(shape)} elements along a dimension; at most {MAX_EXTENT} can be counted"
    return None


def _fault_of_type(kind: DataType, zarr_format: int) -> str | None:
    if kind.name not in DATA_TYPES:
        return f"data type {kind.name!r:.80} cannot be read here"
    if kind.name in _SIZED and not kind.item_size:
        return f"its data type {kind.json:.80} does not say how long an element is"
    if kind.name == "structured":
        fields = list(fields_of(kind, zarr_format))
        names = {name for name, _ in fields}
        if not fields or None in names or len(names) < len(fields):
            return "its structured data type has no fields with names of their own"
        return next(filter(None, (_fault_of_field(field, zarr_format) for _, field in fields)), None)
    stated = _is_stated_v2(kind.document) if zarr_format == 2 else _is_stated_v3(kind)
    return None if stated else f"its data type {kind.json:.80} is not stated as it must be"


def _fault_of_field(field: DataType, zarr_format: int) -> str | None:
    if field.item_size is None:
        return f"its structured data type has a field of type {field.name!r:.80}, which cannot be read here"
    return _fault_of_type(field, zarr_format)


def _is_stated_v2(document: Json) -> bool:
    match = _TYPE_V2.fullmatch(document) if isinstance(document, str) else None
    if match is None or match["unit"] is None:
        return match is not None
    return match["unit"] in _TIME_UNITS and 0 < int(match["scale"] or 1) < 2**31


def _is_stated_v3(kind: DataType) -> bool:
    """Whether a name stands alone or with the configuration that it needs."""
    if kind.name not in _SIZED and not kind.name.startswith("numpy."):
        return bool(kind.document in (kind.name, "bytes"))
    document = as_object(kind.document)
    settings = as_object(document.get("configuration"))
    if document.get("name") != kind.name or set(document) != {"name", "configuration"}:
        return False
    if kind.name in _SIZED:
        return set(settings) == {"length_bytes"}
    scale = settings.get("scale_factor")
    return settings.get("unit") in _TIME_UNITS and type(scale) is int and 0 < scale < 2**31


def _fault_of_object_codecs(kind: DataType, codecs: Sequence[Codec]) -> str | None:
    """zarr-python has no data type for numbers behind a codec of objects."""
    found = [codec.name for codec in codecs if codec.name in OBJECT_CODECS]
    if found and kind.document != "|O":
        return f"codec {found[0]!r} makes objects, and its data type {kind.json:.80} is none"
    return None


def _fault_of_cells(grid: ChunkGrid, keys: ChunkKeyEncoding) -> str | None:
    if not grid.valid:
        return f"its chunk grid {grid.name!r:.80} is not a valid regular or rectilinear grid"
    if not keys.known:
        return f"its chunk key encoding {keys.name!r:.80} with separator {keys.separator!r:.40} is not supported"
    return None
