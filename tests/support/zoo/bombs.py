"""Chunks that decode to far more than they should: some kilobytes that become hundreds of megabytes."""

import bz2
import gzip
import lzma
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numcodecs
import zstandard

from tests.support.zoo.codecs import shard, shards
from tests.support.zoo.specimen import BYTES, add, array, array2, in_group, in_group2

SIZE = 2**26


@cache
def bomb(name: str) -> bytes:
    """64 MiB of zeros."""
    if name in _WAYS:
        return _WAYS[name](bytes(SIZE))
    return bytes(numcodecs.get_codec({"id": name}).encode(bytes(SIZE)))


def _in_parts(data: bytes) -> bytes:
    stream = zstandard.ZstdCompressor().compressobj()
    return stream.compress(data) + stream.flush()


_WAYS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 9, mtime=0),
    "zlib": lambda data: zlib.compress(data, 9),
    "bz2": lambda data: bz2.compress(bytes(2**20)) * (len(data) // 2**20),
    "lzma": lambda data: lzma.compress(data, preset=0),
    "zstd": zstandard.ZstdCompressor().compress,
    "zstd-without-size": _in_parts,
}
CODECS: dict[str, Any] = {
    "gzip": {"name": "gzip", "configuration": {"level": 5}},
    "zstd": {"name": "zstd", "configuration": {"level": 1, "checksum": False}},
    "blosc": {
        "name": "blosc",
        "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 1, "blocksize": 0},
    },
    **{name: {"name": f"numcodecs.{name}", "configuration": {}} for name in ("zlib", "bz2", "lzma", "lz4")},
}
READS = {"a": "limit-exceeded"}


def _v3(codecs: list[Any], chunk: Callable[[], bytes]) -> Callable[[], dict[str, bytes]]:
    return lambda: in_group(array(codecs=codecs), chunk())


for _name, _codec in CODECS.items():
    add(f"bomb-{_name}", f"a bomb of {_name}", _v3([BYTES, _codec], lambda n=_name: bomb(n)), reads=READS)
    add(
        f"bomb-{_name}-2",
        f"a bomb of {_name} in v2",
        lambda n=_name: in_group2(array2(compressor={"id": n}), bomb(n)),
        reads=READS,
    )
    add(
        f"bomb-{_name}-in-shard",
        f"a bomb of {_name} in a shard",
        _v3([shards([BYTES, _codec])], lambda n=_name: shard(bomb(n))),
        reads=READS,
        places=("file", "http"),
    )
add(
    "bomb-zstd-without-size",
    "a bomb of zstd whose frame does not tell its size",
    _v3([BYTES, CODECS["zstd"]], lambda: bomb("zstd-without-size")),
    reads=READS,
)
add(
    "bomb-in-bomb",
    "a bomb of gzip inside one of gzip",
    _v3([BYTES, CODECS["gzip"], CODECS["gzip"]], lambda: gzip.compress(bomb("gzip"), mtime=0)),
    reads=READS,
)
add(
    "bomb-in-nested-shard",
    "a bomb in shards in shards",
    _v3([shards([shards([BYTES, CODECS["zstd"]])])], lambda: shard(shard(bomb("zstd")))),
    reads=READS,
)
add(
    "bomb-as-filter",
    "a bomb as a filter of v2",
    lambda: in_group2(array2(filters=[{"id": "zlib"}, {"id": "zlib"}]), zlib.compress(bomb("zlib"))),
    reads=READS,
)
add(
    "bomb-of-members",
    "a hundred gzip members, each of some megabytes",
    _v3([BYTES, CODECS["gzip"]], lambda: gzip.compress(bytes(3 * 2**20), mtime=0) * 100),
    reads=READS,
)
add(
    "lying-blosc",
    "a blosc header that says two gigabytes",
    _v3([BYTES, CODECS["blosc"]], lambda: b"\2\1\x21\1" + struct.pack("<III", 2**31 - 17, 2**20, 40) + bytes(24)),
    reads=READS,
)
add(
    "lying-lz4",
    "an lz4 header that says two gigabytes",
    _v3([BYTES, CODECS["lz4"]], lambda: struct.pack("<I", 2**31 - 1) + bytes(20)),
    reads=READS,
)
add(
    "lying-zstd",
    "a zstd frame that says 2^50 bytes",
    _v3([BYTES, CODECS["zstd"]], lambda: b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 2**50) + b"\1\0\0"),
    reads=READS,
)
add(
    "lying-texts",
    "a list that says it has two billion texts",
    lambda: in_group2(array2(dtype="|O", filters=[{"id": "vlen-utf8"}], fill_value=""), struct.pack("<I", 2**31 - 1) + b"\0" * 8),
    reads={"a": "metadata"},
)
add(
    "lying-texts-3",
    "the same in v3",
    lambda: in_group(
        array(data_type="string", fill_value="", codecs=[{"name": "vlen-utf8"}]), struct.pack("<I", 2**31 - 1) + b"\0" * 8
    ),
    reads={"a": "metadata"},
)
add(
    "lzma-dictionary",
    "a raw lzma stream with a dictionary of four gigabytes",
    lambda: in_group2(
        array2(compressor={"id": "lzma", "format": 3, "filters": [{"id": 33, "dict_size": 2**32 - 1}]}), b"\1\0\0\0\0"
    ),
    reads=READS,
)
add(
    "huge-elements-of-a-filter",
    "a filter that turns each element into two gigabytes",
    in_group2(array2(filters=[{"id": "astype", "encode_dtype": "|u1", "decode_dtype": "|V2147483647"}])),
    reads=READS,
)
