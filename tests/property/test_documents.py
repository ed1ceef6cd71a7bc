"""Does our reader of JSON agree with the standard library's, on any text?"""

import json
import math
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from catalog.metadata.document import Document, DocumentLimits, Parsed, canonical_json, parse_document
from tests.support.rebuild import same

TEXTS = st.text(max_size=12) | st.sampled_from(
    ['"', "\\", "[", "]", "{", "}", "[[]", '\\"', "\x00", "\u2028", "\U0001f600", "NaN"]
)
INTEGERS = st.integers() | st.integers(-(2**70), 2**70) | st.sampled_from([2**63, 2**64, -(2**63) - 1, 10**19, 10**18, 10**400])
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats() | TEXTS


def values(scalars: st.SearchStrategy[Any] = SCALARS) -> st.SearchStrategy[Any]:
    """JSON values as Python has them."""
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=25
    )


STYLES = st.sampled_from([{}, {"indent": 2}, {"indent": 4, "sort_keys": True}, {"separators": (",", ":"), "ensure_ascii": False}])


def parse(text: str, limits: DocumentLimits | None = None) -> Parsed:
    return parse_document(Document("zarr.json", text.encode()), limits or DocumentLimits())


@given(values(), STYLES)
@example([1.0, 1, True], {})
@example({"a": [math.nan, -0.0, 10**400]}, {"indent": 2})
def test_what_was_written_is_read(value: Any, style: dict[str, Any]) -> None:
    parsed = parse(json.dumps(value, **style))
    assert {problem.kind for problem in parsed.problems} <= {"non-finite-number"}
    assert same(parsed.value, value)


@given(values(), STYLES, STYLES)
def test_equal_values_have_one_canonical_text_whichever_parser_read_them(
    value: Any, one: dict[str, Any], other: dict[str, Any]
) -> None:
    ours, exact = parse(json.dumps(value, **one)).value, json.loads(json.dumps(value, **other))
    text = canonical_json(ours)
    assert text == canonical_json(exact) == canonical_json(value)
    assert same(json.loads(text), value)
    assert canonical_json(json.loads(text)) == text


@given(values(), values())
def test_different_values_have_different_canonical_texts(one: Any, other: Any) -> None:
    assert (canonical_json(one) == canonical_json(other)) == same(one, other)


DIGITS = st.text("0123456789", min_size=1, max_size=25)
NUMERALS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "-"]),
        DIGITS.map(lambda digits: digits.lstrip("0") or "0"),
        st.just("") | DIGITS.map(lambda digits: f".{digits}"),
        st.just("") | st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 330)),
    ),
)


@given(st.lists(NUMERALS, min_size=1, max_size=5))
@example(["-0", "1E400", "18446744073709551616", "9223372036854775808.0"])
def test_numbers_keep_value_and_type(numerals: list[str]) -> None:
    parsed = parse(f"[{','.join(numerals)}]")
    expected = [json.loads(numeral) for numeral in numerals]
    assert same(parsed.value, expected)
    infinite = sum(isinstance(number, float) and math.isinf(number) for number in expected)
    assert [problem.kind for problem in parsed.problems] == ["number-out-of-range"] * infinite


class Pairs(list[tuple[str, Any]]):
    """An object with its members as they are written, names given twice included."""


KEYS = st.sampled_from(["a", "b", "", '"', "\\", "é"]) | TEXTS
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(KEYS, inner), max_size=4).map(Pairs),
    max_leaves=20,
)


def written(tree: Any, escape: bool) -> str:
    if isinstance(tree, Pairs):
        return "{" + ", ".join(f"{name(key, escape)}: {written(value, escape)}" for key, value in tree) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(written(value, escape) for value in tree) + "]"
    return json.dumps(tree)


def name(key: str, escape: bool) -> str:
    if escape and all(ord(character) < 0x10000 for character in key):
        return '"' + "".join(f"\\u{ord(character):04x}" for character in key) + '"'
    return json.dumps(key)


@given(TREES, st.booleans())
def test_every_name_that_is_given_twice_is_reported(tree: Any, escape: bool) -> None:
    text = written(tree, escape)
    objects_with_duplicates = 0

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal objects_with_duplicates
        objects_with_duplicates += len({key for key, _ in pairs}) < len(pairs)
        return dict(pairs)

    expected = json.loads(text, object_pairs_hook=members)
    parsed = parse(text)
    assert same(parsed.value, expected)
    kinds = [problem.kind for problem in parsed.problems if problem.kind != "non-finite-number"]
    assert kinds == ["duplicate-key"] * objects_with_duplicates


@given(TREES, st.integers(0, 6), st.booleans())
@example(["]", ["]", ["]", [1], "["], "["], "["], 1, False)
@example(Pairs([("{", Pairs([("[", [])]))]), 2, False)
def test_nesting_is_counted_exactly(tree: Any, allowed: int, escape: bool) -> None:
    def levels(value: Any) -> int:
        if isinstance(value, Pairs):
            return 1 + max((levels(member) for _, member in value), default=0)
        return 1 + max(map(levels, value), default=0) if isinstance(value, list) else 0

    kinds = {problem.kind for problem in parse(written(tree, escape), DocumentLimits(max_depth=allowed)).problems}
    assert ("too-deep" in kinds) == (levels(tree) > allowed)


@given(st.binary(max_size=60) | st.text('[]{}",:\\u0dD8naN1eE.-+ \n', max_size=40).map(str.encode))
@example(b'{"a": "\\ud800\\u0041"}')
@example(b"\xef\xbb\xbf{}")
@example(b'["' + b"\\" * 9 + b'"]')
def test_any_bytes_are_a_value_or_a_problem(data: bytes) -> None:
    parsed = parse_document(Document("zarr.json", data))
    failed = any(problem.severity == "error" for problem in parsed.problems)
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
        expected = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError):
        assert failed
        assert parsed.value is None
        return
    assert not failed
    kinds = {problem.kind for problem in parsed.problems}
    if "lone-surrogate" not in kinds:
        assert same(parsed.value, expected)
    else:
        json.dumps(parsed.value, ensure_ascii=False).encode()
