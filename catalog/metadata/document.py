"""What does this metadata document hold, exactly?

A document is one JSON file of a Zarr hierarchy. Its text comes from strangers, so it is read within bounds, and it keeps what it
holds: integers of any size, the non-finite numbers that Zarr writers emit, and duplicate keys (the last one counts, as in every
JSON reader, but each is reported).

Two parsers do the work. orjson is fast and right for nearly every document; where a document might hold something that orjson
would change without a word, the standard library reads it again. What decides is exact, not a guess (see ``_is_plain``).
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

import orjson

from catalog.errors import Problem
from catalog.metadata.collector import collector_paused
from catalog.metadata.position import find_surprises, line_and_column, place_of_byte

Json = Any
"""A JSON value: dict, list, str, int, float, bool or None."""

_DIGITS_AS_ZEROS = bytes(0x30 if 0x30 <= c <= 0x39 else 0x20 for c in range(256))
_LONG_NUMBER = b"0" * 19
_BRACES_AS_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NEITHER_QUOTE_NOR_BRACKET = bytes(c for c in range(256) if c not in b'"[]{}')
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(rb'"[^"]*"')
_MAX_DIGITS = 4000
MAX_NOTES = 100
"""Problems of one kind that are listed of one document."""
_SORTED = orjson.OPT_SORT_KEYS


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
    max_walk_requests
        Requests of a walk by names, where a store refuses to list what it holds.
    max_hint_requests, max_hint_files
        Requests of a hint at freshness, and local files that it looks at.
    max_prove_requests
        Requests of a proof of freshness.
    """

    max_bytes: int = 64 * 2**20
    max_depth: int = 64
    max_values: int = 8_000_000
    max_nodes: int = 200_000
    max_walk_requests: int = 20_000
    max_hint_requests: int = 8
    max_hint_files: int = 1000
    max_prove_requests: int = 100_000


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


def digest_of_documents(documents: Iterable[Document]) -> str:
    """sha256 over keys and exact bytes, as 64 hex digits; the same only for the same documents in the same order."""
    lines = "".join(f"{document.key}\n{document.digest}\n" for document in documents)
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a document holds, with what was found on the way.

    ``value`` is None where ``problems`` has an error. ``plain`` promises that orjson writes the value without loss.
    """

    value: Json
    problems: tuple[Problem, ...] = ()
    plain: bool = False


class _RefusedError(ValueError):
    """Raised inside the slow parser to stop at a bound; carries the problem's kind, and the text that it stopped at."""

    def __init__(self, kind: str, message: str, text: str) -> None:
        super().__init__(message)
        self.kind, self.text = kind, text


def parse_document(document: Document, limits: DocumentLimits = DEFAULT_LIMITS) -> Parsed:
    """The JSON value of a document, within bounds; every fault is a problem, none an exception.

    Cost: about 8 ms per MB on the fast path, twice that where the document needs the exact parser. The document remembers
    the result, so asking again costs nothing; nobody may change the value.
    Source: RFC 8259; Zarr v2 "fill value encoding"; Zarr v3.1 "Array metadata".
    """
    remembered = document._parsed
    if limits not in remembered:
        with collector_paused:
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
    if len(data) // 2 >= limits.max_values:  # a value and the comma after it take two bytes at least
        upper_bound = data.count(b",") + data.count(b"[") + data.count(b"{") + 1
        if upper_bound > limits.max_values:
            message = f"{key!r} holds up to {upper_bound} values; at most {limits.max_values} are read"
            return _refused(key, "too-many-values", message)
    marks = data.translate(_BRACES_AS_BRACKETS, _NEITHER_QUOTE_NOR_BRACKET)
    if _is_deeper(data, marks, limits.max_depth):
        return _refused(key, "too-deep", f"{key!r} is nested deeper than {limits.max_depth} levels")
    stopped_at = -1
    try:
        value = orjson.loads(data)
        if _is_plain(data, value, marks.count(b'"')):
            return Parsed(value, note, plain=True)
    except orjson.JSONDecodeError as error:
        stopped_at = error.pos
    parsed = _ExactParser(key, stopped_at).parse(data)
    return Parsed(parsed.value, note + parsed.problems)


def _refused(key: str, kind: str, message: str, place: tuple[int, int] = (0, 0)) -> Parsed:
    return Parsed(None, (Problem(key, kind, message, line=place[0], column=place[1]),))


def _is_plain(data: bytes, value: Json, quotes: int) -> bool:
    """Whether orjson kept everything: no long integer became a float, and no duplicate key was dropped.

    A run of 19 digits may be an integer beyond 64 bits. A dropped duplicate key takes its quotes with it, so the count of quotes
    in the text and in the value written again differ; a quote written as an escape would hide that and goes the exact way.
    """
    if _has_long_number(data) or (b"\\" in data and b"\\u0022" in data):
        return False
    return quotes == orjson.dumps(value).count(b'"')


def _has_long_number(data: bytes) -> bool:
    """Whether there is a run of 19 digits. Every sixth byte shows at least three of them, so few texts are looked at in full."""
    if b"000" not in data[::6].translate(_DIGITS_AS_ZEROS):
        return False
    return _LONG_NUMBER in data.translate(_DIGITS_AS_ZEROS)


def _is_deeper(data: bytes, marks: bytes, depth: int) -> bool:
    """Whether JSON text is nested deeper than ``depth`` levels, without recursion; False of most texts that are no JSON.

    ``marks`` are the quotes and brackets of the text, braces written as brackets. Quotes that stand side by side open and close
    strings without brackets; what is left of strings is removed. Then every round takes the innermost level away.
    """
    if b"\\" in data and b'\\"' in data:
        marks = _ESCAPE.sub(b"", data).translate(_BRACES_AS_BRACKETS, _NEITHER_QUOTE_NOR_BRACKET)
    marks = marks.replace(b'""', b"")
    if b'"' in marks:
        marks = _STRING.sub(b"", marks)
    for _ in range(depth):
        fewer = marks.replace(b"[]", b"")
        if len(fewer) == len(marks):
            return False
        marks = fewer
    return bool(marks)


class _ExactParser:
    """The slow way: the standard library, with every surprise noted.

    ``stopped_at`` is the character at which the fast parser gave up; where the text has NaN, that is the first one.
    """

    def __init__(self, key: str, stopped_at: int) -> None:
        self._key, self._stopped_at = key, stopped_at
        self._notes: dict[str, list[Problem]] = {}
        self._more: Counter[str] = Counter()
        self._constants = 0

    def parse(self, data: bytes) -> Parsed:
        """The value, or a problem of severity error in its place."""
        key, text = self._key, ""
        try:
            text = data.decode("utf-8")
            value = json.loads(
                text,
                object_pairs_hook=self._members,
                parse_int=self._integer,
                parse_float=self._real,
                parse_constant=self._constant,
            )
        except UnicodeDecodeError as error:
            message = f"{key!r} is not UTF-8: byte {error.start} is {data[error.start]:#04x}"
            return _refused(key, "invalid-text", message, place_of_byte(data, error.start))
        except json.JSONDecodeError as error:
            where = f"line {error.lineno} column {error.colno}"
            return _refused(key, "invalid-json", f"{key!r} is not JSON: {error.msg} at {where}", (error.lineno, error.colno))
        except _RefusedError as error:
            return _refused(key, error.kind, f"{key!r}: {error}", line_and_column(text, max(0, text.find(error.text))))
        except RecursionError:
            return _refused(key, "too-deep", f"{key!r} is nested too deeply to read")
        if b"\\u" in data:
            value, replaced = _without_surrogates(value)
            if replaced:
                self._note("lone-surrogate", "a string holds half a character (lone surrogate); U+FFFD stands for it now")
        return Parsed(value, (*self._located(text), *self._non_finite(text)))

    def _note(self, kind: str, message: str) -> None:
        notes = self._notes.setdefault(kind, [])
        if len(notes) < MAX_NOTES:
            notes.append(Problem(self._key, kind, message, severity="warning"))
        else:
            self._more[kind] += 1

    def _located(self, text: str) -> Iterator[Problem]:
        """The notes with the places that they speak of, and how many more there are."""
        if not self._notes:
            return
        found = find_surprises(text)
        tokens = {"duplicate-key": found.repeated, "number-out-of-range": found.infinite, "lone-surrogate": found.halved}
        for kind, notes in self._notes.items():
            for note, token in zip_longest(notes, tokens[kind][: len(notes)]):
                line, column = line_and_column(text, token.offset) if token else (0, 0)
                pointer, _ = _without_surrogates(token.pointer if token else "")
                yield replace(note, pointer=pointer, line=line, column=column)
            if self._more[kind]:
                yield Problem(self._key, kind, f"and {self._more[kind]} more such places", severity="warning")

    def _non_finite(self, text: str) -> Iterator[Problem]:
        if self._constants:
            message = f"{self._constants} times NaN or Infinity, which JSON does not have; they are kept as they are"
            at = self._stopped_at
            at -= at > 0 and text.startswith("-Infinity", at - 1)
            known = text.startswith(("NaN", "Infinity", "-Infinity"), at) if at >= 0 else False
            line, column = line_and_column(text, at) if known else (0, 0)
            yield Problem(self._key, "non-finite-number", message, "", "info", line, column)

    def _members(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
            self._note("duplicate-key", f"keys given twice, the last counts: {_some(twice)}")
        return found

    def _integer(self, text: str) -> int:
        if len(text) > _MAX_DIGITS:
            message = f"an integer of {len(text)} digits; at most {_MAX_DIGITS} are read"
            raise _RefusedError("number-too-long", message, text)
        return int(text)

    def _real(self, text: str) -> float:
        value = float(text)
        if math.isinf(value):
            self._note("number-out-of-range", f"{text:.40} is beyond the largest number of 64 bits; infinity stands for it now")
        return value

    def _constant(self, text: str) -> float:
        self._constants += 1
        return float(text)


def _some(names: list[str]) -> str:
    shown = ", ".join(f"{name!r:.80}" for name in sorted(names)[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _without_surrogates(value: Json) -> tuple[Json, bool]:
    if isinstance(value, str):
        clean = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return (clean, True) if clean != value else (value, False)
    if isinstance(value, list):
        pairs = [_without_surrogates(item) for item in value]
        return [item for item, _ in pairs], any(changed for _, changed in pairs)
    if isinstance(value, dict):
        names = [_without_surrogates(name) for name in value]
        items = [_without_surrogates(item) for item in value.values()]
        changed = any(c for _, c in names) or any(c for _, c in items)
        return {name: item for (name, _), (item, _) in zip(names, items, strict=True)}, changed
    return value, False


def canonical_json(value: Json) -> str:
    """One text per JSON value: sorted keys, no spaces, UTF-8 kept; NaN and infinities by their JavaScript names.

    Equal values give equal text whichever parser read them, so digests do not depend on the route.
    """
    try:
        text = orjson.dumps(value, None, _SORTED).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits
        text = "null"
    if "null" not in text or _is_finite(value):
        return text
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def written_json(value: Json) -> bytes:
    """A JSON value as text that loses nothing, members in their order; NaN and the infinities as Zarr writers write them."""
    try:
        data = orjson.dumps(value)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits
        data = b"null"
    return data if b"null" not in data or _is_finite(value) else json.dumps(value, separators=(",", ":")).encode()


def _is_finite(value: Json) -> bool:
    """Whether orjson writes the value without loss: it would turn NaN into null, and refuse integers beyond 64 bits."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is int:
        return bool(-(2**63) <= value < 2**64)
    return all(map(_is_finite, value.values() if kind is dict else value))


def digest_of(value: Json) -> str:
    """sha256 of the canonical JSON of a value, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def as_object(value: Json) -> Mapping[str, Json]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
