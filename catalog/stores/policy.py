"""What may be read from a store, and how much?

Everything here is a default that a caller can replace by an argument; nothing is read from the environment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.errors import ForbiddenError, MetadataError

DEFAULT_PROTOCOLS = frozenset({"file", "s3", "http", "https", "memory"})
"""URL schemes that are read without being named in the settings."""

_NUMCODECS = frozenset(
    {
        "adler32", "astype", "base64", "bitround", "blosc", "bz2", "categorize", "crc32", "crc32c", "delta", "fixedscaleoffset",
        "fletcher32", "gzip", "jenkins_lookup3", "json2", "lz4", "lzma", "packbits", "pcodec", "quantize", "shuffle", "vlen-array",
        "vlen-bytes", "vlen-utf8", "zfpy", "zlib", "zstd",
    }
)  # fmt: skip
_ZARR3 = frozenset({"bytes", "endian", "transpose", "sharding_indexed", "cast_value", "scale_offset"})

DEFAULT_CODECS = _NUMCODECS | _ZARR3 | {f"numcodecs.{name}" for name in _NUMCODECS}
"""Codecs that are run: each decodes numbers or text, none runs what it reads. ``pickle`` is not among them."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one request may take, in seconds."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 120.0


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
        name = member if isinstance(member, str) else _name(member, "name")
        yield name
        configuration = member.get("configuration") if isinstance(member, Mapping) else None
        if isinstance(configuration, Mapping):
            # numcodecs are configured by "id": one that names another codec would run that instead.
            if "id" in configuration:
                yield str(configuration["id"])
            for value in configuration.values():
                if isinstance(value, list) and value and all(isinstance(v, Mapping) and "name" in v for v in value):
                    yield from _names_v3(value)


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
