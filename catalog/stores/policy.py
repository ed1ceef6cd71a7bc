"""What may be read from a store, and how much?

Everything here is a default that a caller can replace by an argument; nothing is read from the environment.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.errors import ForbiddenError, LimitExceededError, MetadataError
from catalog.metadata.chunk_grid import parse_chunk_grid_v3

DEFAULT_PROTOCOLS = frozenset({"file", "s3", "http", "https", "memory"})
"""URL schemes that are read without being named in the settings."""

_NUMCODECS = frozenset(
    {
        "adler32", "astype", "base64", "bitround", "blosc", "bz2", "categorize", "crc32", "crc32c", "delta",
        "fixedscaleoffset", "fletcher32", "gzip", "jenkins_lookup3", "json2", "lz4", "lzma", "packbits", "pcodec",
        "quantize", "shuffle", "vlen-array", "vlen-bytes", "vlen-utf8", "zfpy", "zlib", "zstd",
    }
)  # fmt: skip
_ZARR3 = frozenset({"bytes", "endian", "transpose", "sharding_indexed", "cast_value", "scale_offset"})

DEFAULT_CODECS = _NUMCODECS | _ZARR3 | {f"numcodecs.{name}" for name in _NUMCODECS}
"""Codecs that are run: each decodes numbers or text, none runs what it reads. ``pickle`` is not among them."""


_CODEC_TYPES = ("astype", "dtype", "encode_dtype", "decode_dtype")
_WITH_CODECS = frozenset({"codecs", "index_codecs", "configuration", "filters", "compressor"})


ATTEMPTS = 5
"""Requests for one object, the first included, where the server is busy or the connection broke."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one request may take, in seconds.

    Attributes
    ----------
    connect, read, total
        Until the connection stands, between two pieces of the answer, and for the whole answer.
    retry
        Waiting between attempts, all of them together: a busy store that wants to be left alone for longer is not asked again.
    """

    connect: float = 5.0
    read: float = 30.0
    total: float = 120.0
    retry: float = 60.0


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds on reading values.

    Attributes
    ----------
    max_item_bytes
        One element of the array.
    max_chunk_bytes
        One chunk after decoding; with sharding, one inner chunk.
    max_object_bytes
        One stored object as it arrives.
    concurrency
        Requests to one store at the same time.
    """

    max_item_bytes: int = 64 * 2**10
    max_chunk_bytes: int = 512 * 2**20
    max_object_bytes: int = 2 * 2**30
    concurrency: int = 16


DEFAULT_READ_LIMITS = ReadLimits()


def codec_names(document: Mapping[str, Any], zarr_format: int) -> Iterator[str]:
    """The name of every codec in an array's metadata, at every level: filters, compressor, and inside shards.

    Raises
    ------
    MetadataError
        A codec has no name.
    """
    if zarr_format == 2:
        filters = document.get("filters") or []
        compressor = document.get("compressor")
        members = [*(filters if isinstance(filters, list) else [filters]), *([compressor] if compressor is not None else [])]
        for member in members:
            yield _name(member, "id")
    else:
        yield from _names_v3(document.get("codecs", []))


def _names_v3(codecs: Any) -> Iterator[str]:
    for member in codecs if isinstance(codecs, list | tuple) else [codecs]:
        yield member if isinstance(member, str) else _name(member, "name")
        if isinstance(member, Mapping):
            configuration = member.get("configuration")
            # numcodecs are chosen by "id": one that names another codec would run that instead.
            if isinstance(configuration, Mapping) and "id" in configuration:
                yield str(configuration["id"])
            yield from _names_inside(configuration, "")


def _names_inside(value: Any, key: str) -> Iterator[str]:
    """Names of codecs anywhere in a codec's configuration: whatever has a name, unless it is a data type."""
    if key == "data_type":
        return
    if isinstance(value, Mapping):
        if "name" in value:
            yield from _names_v3([value])
        else:
            for inner, member in value.items():
                yield from _names_inside(member, inner)
    elif isinstance(value, list | tuple):
        for member in value:
            if isinstance(member, str) and key in {"codecs", "index_codecs"}:
                yield member
            yield from _names_inside(member, key)


def _name(member: Any, key: str) -> str:
    name = member.get(key) if isinstance(member, Mapping) else None
    if not isinstance(name, str):
        raise MetadataError(f"a codec has no {key!r}: {str(member)[:80]}")
    return name


def check_codecs(document: Mapping[str, Any], zarr_format: int, allowed: frozenset[str] = DEFAULT_CODECS) -> None:
    """Refuse an array that needs a codec outside the list.

    Raises
    ------
    ForbiddenError
        Names the codec.
    MetadataError
        A codec has no name.
    """
    for name in codec_names(document, zarr_format):
        if name not in allowed:
            raise ForbiddenError(f"codec {name!r} is not among those that are run; allowed are {', '.join(sorted(allowed))}")


def check_sizes(document: Mapping[str, Any], zarr_format: int, limits: ReadLimits = DEFAULT_READ_LIMITS) -> None:
    """Refuse an array whose single element or chunk would fill the memory, before anything is made of it.

    What is not a size here is left to the reader of the metadata.

    Raises
    ------
    LimitExceededError
        Names the limit and the figure.
    """
    item = max(item_bytes(document, zarr_format), _largest_item_of_codecs({key: document.get(key) for key in _WITH_CODECS}))
    _within("element", "max_item_bytes", item, limits.max_item_bytes)
    _within("chunk", "max_chunk_bytes", _elements(document, zarr_format) * max(item, 1), limits.max_chunk_bytes)
    if zarr_format == 3:
        _within("shard index", "max_chunk_bytes", _index_bytes(document), limits.max_chunk_bytes)


def chunk_bytes(document: Mapping[str, Any], zarr_format: int) -> int:
    """Bytes of one decoded chunk, with sharding of one inner chunk, as the metadata have it; 0 where they do not say."""
    return _elements(document, zarr_format) * item_bytes(document, zarr_format)


def _elements(document: Mapping[str, Any], zarr_format: int) -> int:
    shape: Any = document.get("chunks") if zarr_format == 2 else _chunk_shape_v3(document)
    return math.prod(shape) if _is_shape(shape) else 0


def _index_bytes(document: Mapping[str, Any]) -> int:
    """Bytes of the largest index of a shard: two integers of eight bytes for each of its inner chunks."""
    outer, codecs, largest = _largest_cells(document), document.get("codecs"), 0
    while isinstance(codecs, list):
        shards = [c for c in codecs if isinstance(c, Mapping) and c.get("name") == "sharding_indexed"]
        if not shards:
            break
        inner = _configured(shards[0], "chunk_shape")
        if _is_shape(outer) and _is_shape(inner) and len(outer) == len(inner):
            largest = max(largest, 16 * math.prod(-(-whole // part) for whole, part in zip(outer, inner, strict=True)))
        outer, codecs = inner, _configured(shards[0], "codecs")
    return largest


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, list | tuple) and all(type(size) is int and size > 0 for size in shape)


def _largest_item_of_codecs(value: Any) -> int:
    """Bytes of one element of the largest type that a codec, at any level, turns elements into."""
    if isinstance(value, list | tuple):
        return max(map(_largest_item_of_codecs, value), default=0)
    if not isinstance(value, Mapping):
        return 0
    named = [item_bytes({"dtype": value[key]}, 2) for key in _CODEC_TYPES if isinstance(value.get(key), str)]
    inner = [_largest_item_of_codecs(member) for key, member in value.items() if key in _WITH_CODECS]
    return max([*named, *inner], default=0)


def _within(what: str, limit: str, value: int, allowed: int) -> None:
    if value > allowed:
        message = f"one {what} of the array has {value} bytes; at most {allowed} are read ({limit})"
        raise LimitExceededError(message, limit=limit, value=value, allowed=allowed)


def item_bytes(document: Mapping[str, Any], zarr_format: int) -> int:
    """Bytes of one element; 0 where the data type does not say, as for strings of any length."""
    if zarr_format == 3:
        return _item_bytes_v3(document.get("data_type"))
    dtype = document.get("dtype")
    if not isinstance(dtype, str | list):
        return 0
    try:
        import numpy as np

        return int(np.dtype(_as_tuples(dtype)).itemsize)
    except (TypeError, ValueError, OverflowError, SyntaxError):
        return 0


def _as_tuples(dtype: Any) -> Any:
    """A structured data type as numpy wants it: a list of tuples."""
    if not isinstance(dtype, list):
        return dtype
    return [tuple(_as_tuples(part) if isinstance(part, list) and i == 1 else part for i, part in enumerate(f)) for f in dtype]


def _item_bytes_v3(data_type: Any) -> int:
    name = data_type.get("name") if isinstance(data_type, Mapping) else data_type
    configuration = data_type.get("configuration") if isinstance(data_type, Mapping) else None
    configuration = configuration if isinstance(configuration, Mapping) else {}
    length = configuration.get("length_bytes")
    if type(length) is int:
        return length
    fields = configuration.get("fields")
    if isinstance(fields, list):
        pairs = [
            f.get("data_type") if isinstance(f, Mapping) else f[1] if isinstance(f, list) and len(f) == 2 else None
            for f in fields
        ]
        return sum(map(_item_bytes_v3, pairs))
    digits = re.search(r"(\d{1,12})$", name) if isinstance(name, str) else None
    return int(digits[1]) // 8 if digits else 0


def _chunk_shape_v3(document: Mapping[str, Any]) -> Any:
    """What is decoded at once: the chunk, or inside shards the innermost chunk."""
    shape = _largest_cells(document)
    codecs = document.get("codecs")
    while isinstance(codecs, list):
        shards = [c for c in codecs if isinstance(c, Mapping) and c.get("name") == "sharding_indexed"]
        if not shards:
            break
        shape, codecs = _configured(shards[0], "chunk_shape"), _configured(shards[0], "codecs")
    return shape


def _largest_cells(document: Mapping[str, Any]) -> Any:
    """The shape of the grid's cells; of a rectilinear grid, the largest extents."""
    grid = parse_chunk_grid_v3(document.get("chunk_grid"))
    return grid.largest_shape if grid.runs is not None else _configured(document.get("chunk_grid"), "chunk_shape")


def _configured(member: Any, key: str) -> Any:
    configuration = member.get("configuration") if isinstance(member, Mapping) else None
    return configuration.get(key) if isinstance(configuration, Mapping) else None
