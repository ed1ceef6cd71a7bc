"""A chunk that decodes to more than it may stops at the bound; all others come out as they are."""

import bz2
import gzip
import lzma
import struct
import subprocess
import sys
import tracemalloc
import zlib
from typing import Any

import numcodecs
import numpy as np
import pytest
import zstandard

from catalog.errors import LimitExceededError
from catalog.stores.bounded import MIN_BOUND, BoundedCodec, bound_of

ZEROS = bytes(2**20)
COMPRESSORS: dict[str, Any] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "lzma": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
LITTLE = {name: numcodecs.get_codec({"id": name}) for name in ("gzip", "zlib", "bz2", "lzma", "zstd", "blosc", "lz4")}


def streamed(data: bytes) -> bytes:
    """A zstd frame that does not tell its size."""
    stream = zstandard.ZstdCompressor().compressobj()
    return stream.compress(data) + stream.flush()


def encoded(name: str, data: bytes) -> bytes:
    return COMPRESSORS[name](data) if name in COMPRESSORS else bytes(LITTLE[name].encode(data))


@pytest.mark.parametrize("name", LITTLE)
def test_what_fits_is_what_the_codec_makes(name: str) -> None:
    data = np.random.default_rng(1).integers(0, 9, 50_000, np.uint8).tobytes()
    for codec in (LITTLE[name], BoundedCodec(LITTLE[name], 50_000)):
        assert bytes(codec.decode(encoded(name, data))) == data
        assert bytes(codec.decode(np.frombuffer(encoded(name, data), np.uint8))) == data


@pytest.mark.parametrize("name", ["zstd", "blosc", "lz4"])
def test_what_is_decoded_is_not_copied(name: str) -> None:
    """With a copy of each chunk, 256 MiB of zstd took half as long again."""
    chunk = np.frombuffer(encoded(name, np.random.default_rng(1).bytes(2**20)), np.uint8)
    tracemalloc.start()
    BoundedCodec(LITTLE[name], 2**20).decode(chunk)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1.5 * 2**20


@pytest.mark.parametrize("name", LITTLE)
def test_what_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(LimitExceededError, match=name) as caught:
        BoundedCodec(LITTLE[name], 2**20 - 1).decode(encoded(name, ZEROS))
    assert (caught.value.limit, caught.value.allowed) == ("max_chunk_bytes", 2**20 - 1)


@pytest.mark.parametrize("name", ["gzip", "bz2", "lzma"])
def test_members_one_after_the_other_count_together(name: str) -> None:
    data = encoded(name, b"a" * 1000) * 3
    assert BoundedCodec(LITTLE[name], 3000).decode(data) == b"a" * 3000
    with pytest.raises(LimitExceededError):
        BoundedCodec(LITTLE[name], 2999).decode(data)


def test_zero_bytes_after_a_gzip_member_are_read_over_as_the_standard_library_does() -> None:
    data = gzip.compress(b"abc") + b"\0" * 9
    assert BoundedCodec(LITTLE["gzip"], 10).decode(data) == gzip.decompress(data) == b"abc"


def test_a_zstd_frame_without_a_size_is_decoded_up_to_the_bound() -> None:
    assert zstandard.frame_content_size(streamed(ZEROS)) == -1
    assert BoundedCodec(LITTLE["zstd"], 2**20).decode(streamed(ZEROS)) == ZEROS
    with pytest.raises(LimitExceededError):
        BoundedCodec(LITTLE["zstd"], 2**20 - 1).decode(streamed(ZEROS))


@pytest.mark.parametrize("name", LITTLE)
@pytest.mark.parametrize("cut", [0, 3, 20])
def test_what_is_cut_off_is_an_error_and_no_value(name: str, cut: int) -> None:
    with pytest.raises((ValueError, OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError)):
        BoundedCodec(LITTLE[name], 2**21).decode(encoded(name, ZEROS)[:cut])


@pytest.mark.parametrize("name", ["vlen-utf8", "vlen-bytes"])
def test_a_list_that_lies_about_its_length_makes_no_room(name: str) -> None:
    codec = numcodecs.get_codec({"id": name})
    texts = np.array(["a", "", "ü"] if name == "vlen-utf8" else [b"a", b"", b"x"], dtype=object)
    assert list(BoundedCodec(codec, 100).decode(codec.encode(texts))) == list(texts)
    with pytest.raises(ValueError, match="2147483647 items"):
        BoundedCodec(codec, 2**40).decode(struct.pack("<I", 2**31 - 1) + b"\0" * 8)


def test_a_raw_lzma_stream_with_a_huge_dictionary_is_refused() -> None:
    codec = numcodecs.get_codec(
        {"id": "lzma", "format": lzma.FORMAT_RAW, "filters": [{"id": lzma.FILTER_LZMA2, "dict_size": 2**32 - 1}]}
    )
    with pytest.raises(LimitExceededError):
        BoundedCodec(codec, 2**20).decode(b"\0" * 20)


def test_the_bound_grows_with_the_chunk_up_to_the_limit() -> None:
    assert bound_of(4, 2**29) == MIN_BOUND
    assert bound_of(2**20, 2**29) == 2**24
    assert bound_of(2**28, 2**29) == 2**29
    assert bound_of(0, 2**29) == 2**29, "texts of any length"


def test_a_bomb_takes_no_memory() -> None:
    """In a process that has no more than 48 MiB beside what it needs to start; each bomb makes 128 MiB."""
    program = """
import resource, sys
sys.path.insert(0, ".")
from tests.unit.stores.test_bounded import LITTLE, encoded, BoundedCodec, LimitExceededError
bombs = {name: encoded(name, bytes(2**27)) for name in LITTLE}
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 48 * 2**20, used + 48 * 2**20))
for name, data in bombs.items():
    try:
        BoundedCodec(LITTLE[name], 2**22).decode(data)
    except LimitExceededError:
        print(name)
"""
    command = [sys.executable, "-W", "ignore", "-c", program]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert answer.stdout.split() == list(LITTLE), answer.stderr[-800:]
