"""How large may what a codec makes become?

The metadata say how large a chunk is; the chunk itself may say otherwise: some hundred bytes can decode to gigabytes. Here each
step of decoding stops at a bound, before the memory is taken: streams are decoded up to the bound, frames that tell their size
are asked first.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import zstandard
from numcodecs.abc import Codec

from catalog.errors import LimitExceededError

MIN_BOUND: Final = 4 * 2**20
"""Bytes that a step may make however small the chunk is said to be: checksums, strings and headers need room."""

SLACK: Final = 16
"""Times the size that a chunk is said to have that a step before the last may make."""

Raw = bytes | memoryview
"""What is decoded; never copied, for a copy of a large chunk costs as much as decoding it."""

_PIECE: Final = 2**20
_MAX_WINDOW: Final = 2**27


def bound_of(chunk_bytes: int, max_chunk_bytes: int) -> int:
    """Bytes that a step of decoding may make of a chunk said to have ``chunk_bytes``; 0 where that is not known."""
    return min(max_chunk_bytes, max(MIN_BOUND, SLACK * chunk_bytes)) if chunk_bytes else max_chunk_bytes


class BoundedCodec(Codec):  # type: ignore[misc]
    """A codec of numcodecs that stops at a bound.

    Parameters
    ----------
    codec
        What decodes.
    bound
        Bytes that it may make.
    """

    def __init__(self, codec: Any, bound: int) -> None:
        self.codec, self.bound = codec, bound
        self.codec_id = codec.codec_id

    def encode(self, buf: Any) -> Any:
        """As the codec does."""
        return self.codec.encode(buf)

    def decode(self, buf: Any, out: Any = None) -> Any:
        """What the codec makes of a buffer.

        Raises
        ------
        LimitExceededError
            It would be larger than the bound.
        ValueError, OSError, EOFError, RuntimeError
            The buffer does not hold what it should.
        """
        if out is None and self.codec_id in _STREAMS:
            return _STREAMS[self.codec_id](memoryview(buf).cast("B"), self.bound, self.codec)
        if self.codec_id in _SIZES:
            _check(self.codec_id, _SIZES[self.codec_id](memoryview(buf).cast("B")), self.bound)
        return self.codec.decode(buf, out)

    def get_config(self) -> Any:
        """As the codec does."""
        return self.codec.get_config()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["codec"], name)


def _check(name: str, size: int, bound: int) -> None:
    if size > bound:
        raise LimitExceededError(
            f"codec {name!r} would make {size} bytes or more of a chunk; at most {bound} are read (max_chunk_bytes)",
            limit="max_chunk_bytes",
            value=size,
            allowed=bound,
        )


def _inflate(data: Raw, bound: int, name: str, bits: int) -> bytes:
    """Decode members one after the other, as the gzip module does; a zlib stream has one."""
    parts, total = [], 0
    while True:
        stream = zlib.decompressobj(bits)
        parts.append(stream.decompress(data, bound - total + 1))
        total += len(parts[-1])
        _check(name, total, bound)
        if not stream.eof:
            raise EOFError("the compressed stream ends too early")
        data = stream.unused_data.lstrip(b"\0") if name == "gzip" else b""
        if not data:
            return b"".join(parts) if len(parts) > 1 else parts[0]


def _gzip(data: Raw, bound: int, codec: Any) -> bytes:  # noqa: ARG001
    return _inflate(data, bound, "gzip", 31)


def _zlib(data: Raw, bound: int, codec: Any) -> bytes:  # noqa: ARG001
    return _inflate(data, bound, "zlib", 15)


def _members(data: Raw, bound: int, name: str, start: Callable[[], Any]) -> bytes:
    parts, total = [], 0
    while True:
        stream = start()
        parts.append(stream.decompress(data, bound - total + 1))
        total += len(parts[-1])
        _check(name, total, bound)
        if not stream.eof:
            raise EOFError("the compressed stream ends too early")
        data = stream.unused_data
        if not data:
            return b"".join(parts) if len(parts) > 1 else parts[0]


def _bz2(data: Raw, bound: int, codec: Any) -> bytes:  # noqa: ARG001
    return _members(data, bound, "bz2", bz2.BZ2Decompressor)


def _lzma(data: Raw, bound: int, codec: Any) -> bytes:
    memory = max(bound, MIN_BOUND) + 2**26
    for each in codec.filters or ():
        size = each.get("dict_size", 0) if isinstance(each, dict) else 0
        _check("lzma", size if isinstance(size, int) else 0, memory)
    limits = {} if codec.format == lzma.FORMAT_RAW else {"memlimit": memory}
    return _members(data, bound, "lzma", lambda: lzma.LZMADecompressor(codec.format, filters=codec.filters, **limits))


def _zstd(data: Raw, bound: int, codec: Any) -> Any:
    """A frame that does not tell its size is decoded twice: once to see how large it becomes, and then by the codec."""
    try:
        size = zstandard.frame_content_size(data)
        if size < 0:
            size, reader = 0, zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(data, read_across_frames=True)
            while size <= bound and (piece := reader.read(_PIECE)):
                size += len(piece)
    except zstandard.ZstdError as error:
        raise ValueError(f"no frame of zstd: {error}") from error
    _check("zstd", size, bound)
    return codec.decode(data)


def _blosc_size(data: memoryview) -> int:
    return int(struct.unpack_from("<I", data, 4)[0]) if len(data) >= 16 else 0


def _lz4_size(data: memoryview) -> int:
    return int(struct.unpack_from("<I", data)[0]) if len(data) >= 4 else 0


def _items_size(data: memoryview) -> int:
    """Of a list of texts: a reference for each, and four bytes of length that must be there."""
    count = int(struct.unpack_from("<I", data)[0]) if len(data) >= 4 else 0
    if count > (len(data) - 4) // 4:
        raise ValueError(f"{count} items are said to be in {len(data)} bytes")
    return 8 * count


def _zfp_size(data: memoryview) -> int:
    import zfpy  # type: ignore[import-not-found]  # an optional package: where its codec is, it is

    header = zfpy.header(bytes(data[:256]))
    extents = [int(header[axis]) for axis in ("nx", "ny", "nz", "nw") if header.get(axis)]
    size = 8
    for extent in extents:
        size *= extent
    return size


_STREAMS: Final[dict[str, Callable[[Raw, int, Any], Any]]] = {
    "gzip": _gzip,
    "zlib": _zlib,
    "bz2": _bz2,
    "lzma": _lzma,
    "zstd": _zstd,
}
_SIZES: Final[dict[str, Callable[[memoryview], int]]] = {
    "blosc": _blosc_size,
    "lz4": _lz4_size,
    "vlen-utf8": _items_size,
    "vlen-bytes": _items_size,
    "zfpy": _zfp_size,
}


# -- every codec of an array of zarr-python --------------------------------------------------------------------------------------

_HELD: Final = ("_gzip_codec", "_zstd_codec", "_blosc_codec", "_codec")
"""Where the codecs of zarr-python hold the one of numcodecs that decodes for them."""


def bound_codecs(metadata: Any, bound: int) -> None:
    """Let every codec in an array's metadata, at every level, stop at a bound; the metadata are changed in place."""
    if hasattr(metadata, "compressor"):
        _put(metadata, "compressor", _bounded_v2(metadata.compressor, bound))
        _put(metadata, "filters", tuple(_bounded_v2(each, bound) for each in metadata.filters) if metadata.filters else None)
    else:
        _put(metadata, "codecs", _bounded_v3(metadata.codecs, bound))


def _put(target: Any, name: str, value: Any) -> None:
    object.__setattr__(target, name, value)  # the classes of zarr-python are frozen


def _bounded_v2(codec: Any, bound: int) -> Any:
    return None if codec is None else BoundedCodec(codec, bound)


def _bounded_v3(codecs: Any, bound: int) -> tuple[Any, ...]:
    found = []
    for codec in codecs:
        for name in _HELD:
            if hasattr(type(codec), name):
                codec.__dict__[name] = BoundedCodec(getattr(codec, name), bound)
        for name in ("codecs", "index_codecs"):
            if hasattr(codec, name):
                _put(codec, name, _bounded_v3(getattr(codec, name), bound))
        found.append(_bounded_items(codec) if type(codec).__name__ in {"VLenUTF8Codec", "VLenBytesCodec"} else codec)
    return tuple(found)


def _bounded_items(codec: Any) -> Any:
    """A codec of texts of any length that counts them before it makes room; it shares its decoder with all others."""
    base = type(codec)

    def decode(self: Any, chunk_bytes: Any, chunk_spec: Any) -> Any:
        _items_size(memoryview(chunk_bytes.as_numpy_array()).cast("B"))
        return base._decode_sync(self, chunk_bytes, chunk_spec)

    bounded: Any = object.__new__(type(base.__name__, (base,), {"_decode_sync": decode}))
    bounded.__dict__.update(codec.__dict__)
    return bounded
