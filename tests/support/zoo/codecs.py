"""Codecs that must not run, that nobody has or that lead astray, at every level, and chunks that do not hold what they should."""

import base64
import pickle
import struct
from typing import Any

from tests.support.zoo.arrays import NOT_HERE, v2, v3
from tests.support.zoo.specimen import BYTES, MARK


class _Writes:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> Any:
        return open, (MARK, "w")


PICKLED = pickle.dumps([_Writes()], protocol=4)
"""Protocol 4 tells a frame's length, so the path is replaced by one of the same length."""


# -- pickles and other codecs that must not run, at every level
PICKLE, PICKLE3 = {"id": "pickle"}, {"name": "numcodecs.pickle", "configuration": {}}


def shards(codecs: Any = (BYTES,), index: Any = (BYTES,), shape: Any = (4,), **more: Any) -> dict[str, Any]:
    """A codec of shards."""
    settings = {"chunk_shape": list(shape), "codecs": list(codecs), "index_codecs": list(index), **more}
    return {"name": "sharding_indexed", "configuration": settings}


def shard(chunk: bytes) -> bytes:
    """A shard that holds one inner chunk, and its index at the end."""
    return chunk + struct.pack("<QQ", 0, len(chunk))


v2("pickle-compressor", "a pickle as compressor", compressor=PICKLE, chunk=PICKLED, kinds=NOT_HERE, read="forbidden")
v2(
    "pickle-filter",
    "a pickle as filter",
    dtype="|O",
    filters=[PICKLE],
    fill_value=None,
    chunk=PICKLED,
    kinds=NOT_HERE,
    read="forbidden",
)
v2(
    "pickle-behind-text",
    "a pickle behind a codec of texts",
    dtype="|O",
    filters=[{"id": "vlen-utf8"}, PICKLE],
    fill_value="",
    chunk=PICKLED,
    kinds=NOT_HERE,
    read="forbidden",
)
v2(
    "pickle-before-text",
    "a pickle before a codec of texts",
    dtype="|O",
    filters=[PICKLE, {"id": "vlen-utf8"}],
    fill_value="",
    chunk=PICKLED,
    kinds=NOT_HERE,
    read="forbidden",
)
v2(
    "pickle-in-json2",
    "a codec of objects as JSON",
    dtype="|O",
    filters=[{"id": "json2"}],
    fill_value=None,
    chunk=b'["x"]',
    kinds=NOT_HERE,
)
v2(
    "msgpack",
    "a codec of objects as MessagePack",
    dtype="|O",
    filters=[{"id": "msgpack2"}],
    fill_value=None,
    kinds=NOT_HERE,
    read="forbidden",
)
v3("pickle-3", "a pickle in v3", codecs=[BYTES, PICKLE3], chunk=PICKLED, kinds=NOT_HERE, read="forbidden")
v3("pickle-3-as-bytes", "a pickle in place of bytes", codecs=[PICKLE3], chunk=PICKLED, kinds=NOT_HERE, read="forbidden")
v3(
    "pickle-by-id",
    "a codec that names another in its configuration",
    codecs=[BYTES, {"name": "numcodecs.zlib", "configuration": {"id": "pickle"}}],
    chunk=PICKLED,
    kinds=NOT_HERE,
    read="forbidden",
)
v3(
    "pickle-in-shard",
    "a pickle inside shards",
    codecs=[shards([BYTES, PICKLE3])],
    chunk=shard(PICKLED),
    kinds=NOT_HERE,
    read="forbidden",
)
v3(
    "pickle-in-index",
    "a pickle in the index of shards",
    codecs=[shards(index=[BYTES, PICKLE3])],
    chunk=PICKLED,
    kinds=NOT_HERE,
    read="forbidden",
)
v3(
    "pickle-in-nested-shard",
    "a pickle in shards in shards",
    codecs=[shards([shards([BYTES, PICKLE3])])],
    chunk=shard(PICKLED),
    kinds=NOT_HERE,
    read="forbidden",
)
v3(
    "codec-not-known",
    "a codec of nobody",
    codecs=[BYTES, {"name": "evil", "configuration": {}}],
    kinds=NOT_HERE,
    read="forbidden",
)
v3(
    "codec-that-may-be-ignored",
    "a codec that says it may be ignored",
    codecs=[BYTES, {"name": "evil", "must_understand": False}],
    kinds=NOT_HERE,
    read="forbidden",
)
v3(
    "codec-as-module",
    "a codec whose name is a module",
    codecs=[BYTES, {"name": "os.system", "configuration": {"command": f"touch {MARK}"}}],
    kinds=NOT_HERE,
    read="forbidden",
)
v2("codec-not-known-2", "a filter of nobody", filters=[{"id": "evil"}], kinds=NOT_HERE, read="forbidden")
v2("codec-without-id", "a compressor without a name", compressor={"level": 1}, kinds=NOT_HERE, read="metadata")
v2("codec-as-text", "a compressor that is a text", compressor="zlib", kinds=NOT_HERE, read="metadata")
v3("no-codecs", "an empty list of codecs", codecs=[], kinds=NOT_HERE, read="metadata")
v3("codecs-as-object", "an object where a list belongs", codecs={"name": "bytes"}, read="metadata")
v3(
    "codec-with-strange-parameter",
    "a codec with a parameter of its own",
    codecs=[BYTES, {"name": "gzip", "configuration": {"level": 5, "shell": "sh"}}],
    kinds=NOT_HERE,
    read="metadata",
)
v3(
    "hundred-codecs",
    "a hundred compressions",
    codecs=[BYTES, *[{"name": "gzip", "configuration": {"level": 1}}] * 100],
    read="metadata",
)
_nest: Any = BYTES
for _ in range(14):
    _nest = shards([_nest])
v3("nested-shards", "shards in shards, fourteen deep", codecs=[_nest], chunk=None, read="values")
v3("empty-shard", "a shard that is shorter than its index", codecs=[shards()], chunk=b"\0", read="metadata")
v3(
    "index-leads-out",
    "an index that leads beyond the shard",
    codecs=[shards()],
    chunk=b"\1\2\3\4" + struct.pack("<QQ", 2**40, 2**40),
    read="metadata",
)
v3(
    "index-leads-back",
    "an index whose end lies before its start",
    codecs=[shards()],
    chunk=b"\1\2\3\4" + struct.pack("<QQ", 2**63, 2**63 + 4),
)
v3(
    "index-of-a-gigabyte",
    "a shard of 2^30 inner chunks",
    shape=[2**30],
    codecs=[shards(shape=[1])],
    chunk=None,
    read="limit-exceeded",
)
v3("shards-do-not-fit", "inner chunks that do not fill the shard", codecs=[shards(shape=[3])], kinds=NOT_HERE, read="metadata")

# -- chunks that do not hold what they should
v3("chunk-cut-off", "a chunk of two bytes in place of four", chunk=b"\1\2", read="metadata")
v3("chunk-too-long", "a chunk of a megabyte in place of four bytes", chunk=bytes(2**20), read="metadata")
v3("chunk-empty", "a chunk of no bytes", chunk=b"", read="metadata")
v3(
    "chunk-not-gzip",
    "a chunk that is no gzip",
    codecs=[BYTES, {"name": "gzip", "configuration": {"level": 1}}],
    chunk=b"not gzip",
    read="metadata",
)
v3(
    "chunk-not-zstd",
    "a chunk that is no zstd",
    codecs=[BYTES, {"name": "zstd", "configuration": {"level": 1, "checksum": False}}],
    chunk=b"not zstd",
    read="metadata",
)
v3(
    "chunk-not-blosc",
    "a chunk that is no blosc",
    codecs=[
        BYTES,
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}},
    ],
    chunk=b"\2\1\x21\1" + struct.pack("<III", 4, 4, 24) + b"nonsense",
    read="metadata",
)
v3(
    "chunk-wrong-checksum",
    "a chunk whose checksum is wrong",
    codecs=[BYTES, {"name": "crc32c"}],
    chunk=b"\1\2\3\4\0\0\0\0",
    read="metadata",
)
v2(
    "texts-not-utf-8",
    "a list of texts that are none",
    dtype="|O",
    filters=[{"id": "vlen-utf8"}],
    fill_value="",
    shape=[1],
    chunk=struct.pack("<II", 1, 2) + b"\xff\xfe",
    read="metadata",
)
v2(
    "base64-bomb",
    "a chunk of base64 that is none",
    filters=[{"id": "base64"}],
    chunk=base64.b64encode(b"abc")[:-1],
    read="metadata",
)
