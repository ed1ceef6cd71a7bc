"""Is this a key that may be read below a store's root?

One rule for every key and node path, wherever it comes from: a consolidated document, a listing, a query result, a caller.
"""

import re

from catalog.errors import InputError

_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*(?:/\.z[a-z]+)?")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
MAX_KEY_BYTES = 1024


def fault_of_key(key: str) -> str | None:
    """Why a key must not be used, or None where it may.

    A safe key is relative, uses ``/`` between non-empty segments, none of them ``.`` or ``..``, and has no backslash, NUL or
    other control character. Percent signs, spaces and letters of any script are plain characters: nothing decodes them later.
    The empty key is the root and safe.
    """
    if not key or (len(key) <= MAX_KEY_BYTES and _PLAIN.fullmatch(key)):
        return None
    if _UNSAFE.search(key):
        return "has a backslash or control character"
    if len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        return f"is longer than {MAX_KEY_BYTES} bytes"
    for segment in key.split("/"):
        if segment == "":
            return "has an empty segment, or begins or ends with '/'"
        if segment in {".", ".."}:
            return f"has the segment {segment!r}"
    try:
        key.encode()
    except UnicodeEncodeError:
        return "has half a character (lone surrogate)"
    return None


def safe_key(key: str) -> str:
    """The key itself, if it is safe (see ``fault_of_key``).

    Raises
    ------
    InputError
        The key could lead out of the store, or names nothing.
    """
    fault = fault_of_key(key)
    if fault:
        raise InputError(f"{key!r} cannot be a key in a Zarr store: it {fault}")
    return key
