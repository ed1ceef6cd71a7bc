"""What does this metadata document hold, exactly?

A document is one JSON file of a Zarr hierarchy. Its text comes from strangers, so it is read within bounds, and it keeps what it
holds: integers of any size, the non-finite numbers that Zarr writers emit, and duplicate keys (the last one counts, as in every
JSON reader, but each is reported).

Two parsers do the work. orjson is fast and right for nearly every document; where a document might hold something that orjson
would change without a word, the standard library reads it again. What decides is exact, not a guess (see ``_is_plain``).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from catalog.errors import Problem

Json = Any
"""A JSON value: dict, list, str, int, float, bool or None."""

_DIGITS_ONLY = bytes(48 if 48 <= c <= 57 else 32 for c in range(256))
_LONG_NUMBER = b"0" * 19
_NOT_BRACKETS = bytes(c for c in range(256) if c not in b"[]{}")


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """Bounds on one metadata document.

    Attributes
    ----------
    max_bytes
        Size of the text in bytes.
    max_depth
        Nested arrays and objects.
    max_values
        Arrays, objects and scalars together. A consolidated document of 100,000 arrays holds about 3 million.
    max_nodes
        Zarr nodes in one hierarchy.
    max_key_bytes, max_string_bytes
        Length of one object key, and of one string, in bytes of UTF-8.
    """

    max_bytes: int = 64 * 2**20
    max_depth: int = 64
    max_values: int = 8_000_000
    max_nodes: int = 200_000
    max_key_bytes: int = 1024
    max_string_bytes: int = 2**20


DEFAULT_LIMITS = DocumentLimits()


@dataclass(frozen=True)
class Document:
    """One metadata document as it was read.

    Attributes
    ----------
    key
        Its key in the store, such as ``a/b/zarr.json``.
    data
        The exact bytes.
    """

    key: str
    data: bytes

    @cached_property
    def digest(self) -> str:
        """sha256 of the exact bytes, as 64 hex digits."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def _parsed(self) -> "dict[DocumentLimits, Parsed]":
        """What it was parsed to: a document is looked at twice, to recognise it in a store and to read its nodes."""
        return {}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a document holds, with what was found on the way.

    ``value`` is None where ``problems`` has an error. ``plain`` promises that orjson writes the value without loss.
    """

    value: Json
    problems: tuple[Problem, ...] = ()
    plain: bool = False


class _Refused(ValueError):
    """Raised inside the slow parser to stop at a bound; carries the problem's kind."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def parse_document(document: Document, limits: DocumentLimits = DEFAULT_LIMITS) -> Parsed:
    """The JSON value of a document, within bounds; every fault is a problem, none an exception.

    Cost: about 8 ms per MB on the fast path, twice that where the document needs the exact parser. The document remembers
    the result, so asking again costs nothing; nobody may change the value.
    Source: RFC 8259; Zarr v2 "fill value encoding"; Zarr v3.1 "Array metadata".
    """
    remembered = document._parsed
    if limits not in remembered:
        remembered[limits] = _parse(document.key, document.data, limits)
    return remembered[limits]


def _parse(key: str, data: bytes, limits: DocumentLimits) -> Parsed:
    if len(data) > limits.max_bytes:
        message = f"{key!r} has {len(data)} bytes; at most {limits.max_bytes} are read"
        return _refused(key, "too-large", message)
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
        note: tuple[Problem, ...] = (
            Problem(key, "byte-order-mark", "starts with a byte order mark; write UTF-8 without it", severity="warning"),
        )
    else:
        note = ()
    upper_bound = data.count(b",") + data.count(b"[") + data.count(b"{") + 1
    if upper_bound > limits.max_values:
        message = f"{key!r} holds up to {upper_bound} values; at most {limits.max_values} are read"
        return _refused(key, "too-many-values", message)
    if not _depth_is_at_most(data, limits.max_depth):
        return _refused(key, "too-deep", f"{key!r} is nested deeper than {limits.max_depth} levels")
    try:
        value = orjson.loads(data)
        if _is_plain(data, value):
            return Parsed(value, note, plain=True)
    except orjson.JSONDecodeError:
        pass
    parsed = _parse_exactly(key, data)
    return Parsed(parsed.value, note + parsed.problems)


def _refused(key: str, kind: str, message: str) -> Parsed:
    return Parsed(None, (Problem(key, kind, message),))


def _is_plain(data: bytes, value: Json) -> bool:
    """Whether orjson kept everything: no long integer became a float, and no duplicate key was dropped.

    A run of 19 digits may be an integer beyond 64 bits. A dropped duplicate key takes its quotes with it, so the count of quotes
    in the text and in the value written again differ; a quote written as an escape would hide that and goes the exact way.
    """
    if _LONG_NUMBER in data.translate(_DIGITS_ONLY) or b"\\u0022" in data:
        return False
    return data.count(b'"') == orjson.dumps(value).count(b'"')


def _depth_is_at_most(data: bytes, depth: int) -> bool:
    """Whether the nesting stays within ``depth``, without recursion.

    Removing innermost pairs of brackets once per level empties a text that is shallow enough. Brackets inside strings can leave
    a rest; then a scan that knows strings decides.
    """
    brackets = data.translate(None, _NOT_BRACKETS)
    for _ in range(depth):
        if not brackets:
            return True
        shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    return not brackets or _scanned_depth(data) <= depth


def _scanned_depth(data: bytes) -> int:
    deepest = level = 0
    in_string = escaped = False
    for byte in data:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest


def _parse_exactly(key: str, data: bytes) -> Parsed:
    """The slow way: the standard library, with every surprise reported."""
    problems: list[Problem] = []

    def members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = sorted({name for name in names if names.count(name) > 1})
            problems.append(Problem(key, "duplicate-key", f"keys given twice, the last counts: {', '.join(map(repr, twice))}"))
        return found

    def integer(text: str) -> int:
        if len(text) > 4000:
            raise _Refused("number-too-long", f"an integer of {len(text)} digits; at most 4000 are read")
        return int(text)

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _refused(key, "invalid-text", f"{key!r} is not UTF-8: byte {error.start} is {data[error.start]:#04x}")
    try:
        value = json.loads(text, object_pairs_hook=members, parse_int=integer)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        return _refused(key, "invalid-json", f"{key!r} is not JSON: {error.msg} at {where}")
    except _Refused as error:
        return _refused(key, error.kind, f"{key!r}: {error}")
    except RecursionError:
        return _refused(key, "too-deep", f"{key!r} is nested too deeply to read")
    if b"\\u" in data:
        value, replaced = _without_surrogates(value)
        if replaced:
            problems.append(
                Problem(key, "lone-surrogate", "a string holds half a character (lone surrogate); U+FFFD stands for it now")
            )
    return Parsed(value, tuple(Problem(p.path, p.kind, p.message, severity="warning") for p in problems))


def _without_surrogates(value: Json) -> tuple[Json, bool]:
    if isinstance(value, str):
        clean = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        return (clean, True) if clean != value else (value, False)
    if isinstance(value, list):
        pairs = [_without_surrogates(item) for item in value]
        return [item for item, _ in pairs], any(changed for _, changed in pairs)
    if isinstance(value, dict):
        keys = {name: _without_surrogates(name) for name in value}
        items = {name: _without_surrogates(item) for name, item in value.items()}
        changed = any(c for _, c in keys.values()) or any(c for _, c in items.values())
        return {keys[name][0]: items[name][0] for name in value}, changed
    return value, False


def canonical_json(value: Json) -> str:
    """One text per JSON value: sorted keys, no spaces, UTF-8 kept; NaN and infinities by their JavaScript names.

    Equal values give equal text whichever parser read them, so digests do not depend on the route.
    """
    if _fits_orjson(value):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _fits_orjson(value: Json) -> bool:
    """Whether orjson writes the value without loss: it would turn NaN into null, and refuse integers beyond 64 bits."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is float:
        return bool(value - value == 0.0)
    if kind is int:
        return bool(-(2**63) <= value < 2**64)
    if kind is dict:
        return all(map(_fits_orjson, value.values()))
    return all(map(_fits_orjson, value))


def digest_of(value: Json) -> str:
    """sha256 of the canonical JSON of a value, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def as_object(value: Json) -> Mapping[str, Json]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
