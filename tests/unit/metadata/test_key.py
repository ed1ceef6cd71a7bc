"""Which keys may be read below a store's root?"""

import pytest

from catalog.errors import InputError
from catalog.metadata.key import MAX_KEY_BYTES, fault_of_key, safe_key

SAFE = [
    "",
    "a",
    "zarr.json",
    ".zarray",
    "a/.zattrs",
    "a/b/c/0.0.0",
    "c/0/3",
    "my group with spaces",
    "µ/ß/日本語",
    "%2e%2e/secret",
    "a:b",
    "a..b/...",
    "..a",
    "~/x",
    "-rf",
    "con",
    ". ",
    "a/.hidden/.zgroup",
    "x" * MAX_KEY_BYTES,
    "\u2025/\uff0e\uff0e",
]
UNSAFE = [
    "..",
    ".",
    "../secret/0",
    "a/../../b",
    "a/./b",
    "a/..",
    "/etc/hostname",
    "//a",
    "a//b",
    "a/",
    "/",
    "/.zgroup",
    "a\\b",
    "..\\secret",
    "a\x00b",
    "a\nb",
    "a\x7f",
    "\x1b[31m",
    "\ud800",
    "a/\udfff",
    "x" * (MAX_KEY_BYTES + 1),
    "é" * (MAX_KEY_BYTES // 2 + 1),
    "a/../.zarray",
]


@pytest.mark.parametrize("key", SAFE)
def test_safe(key: str) -> None:
    assert fault_of_key(key) is None
    assert safe_key(key) == key


@pytest.mark.parametrize("key", UNSAFE)
def test_unsafe(key: str) -> None:
    assert fault_of_key(key)
    with pytest.raises(InputError, match="cannot be a key in a Zarr store"):
        safe_key(key)
