"""Does a document keep exactly what it holds, within its bounds?"""

import json
import math
from typing import Any

import pytest

from catalog.metadata.document import (
    DEFAULT_LIMITS,
    Document,
    DocumentLimits,
    Parsed,
    as_object,
    canonical_json,
    digest_of,
    digest_of_documents,
    parse_document,
)


def parse(text: str | bytes, limits: DocumentLimits = DEFAULT_LIMITS) -> Parsed:
    return parse_document(Document("a/zarr.json", text if isinstance(text, bytes) else text.encode()), limits)


def kinds(parsed: Parsed) -> list[tuple[str, str]]:
    return [(problem.kind, problem.severity) for problem in parsed.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("[]", []),
        ("null", None),
        (" \t\r\n 5 ", 5),
        ('{"a": [1, 2.5, true, false, null, "x"]}', {"a": [1, 2.5, True, False, None, "x"]}),
        ("-0", 0),
        ("1E5", 100000.0),
        ("1e-400", 0.0),
        ('"\\u00e9\\n\\"\\\\\\/"', 'é\n"\\/'),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\U0001f600"', "\U0001f600"),
        ('{"__proto__": {"x": 1}, "constructor": 2}', {"__proto__": {"x": 1}, "constructor": 2}),
        ('{"@context": "c", "@id": "i"}', {"@context": "c", "@id": "i"}),
        ('{"a": "\\u0022", "b": 1}', {"a": '"', "b": 1}),
        ('["[[[", "]]]", "{\\"", "\\\\"]', ["[[[", "]]]", '{"', "\\"]),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2**64),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -(2**63) - 1),
        ("[1000000000000000000, 9999999999999999999]", [10**18, 10**19 - 1]),
        ("0.1234567890123456789", 0.1234567890123456789),
        ("[1.0]", [1.0]),
    ],
)  # fmt: skip
def test_json_as_it_stands(text: str, value: Any) -> None:
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.value == value
    assert json.dumps(parsed.value) == json.dumps(value), "types are kept too"


def test_what_zarr_writers_write_beside_json() -> None:
    parsed = parse('{"fill_value": NaN, "range": [-Infinity, Infinity]}')
    assert math.isnan(parsed.value["fill_value"])
    assert parsed.value["range"] == [-math.inf, math.inf]
    assert kinds(parsed) == [("non-finite-number", "info")]
    assert parsed.problems[0].message.startswith("3 times")
    assert not parsed.plain


def test_integers_of_any_size() -> None:
    digits = "7" * 4000
    assert parse(digits).value == int(digits)
    assert kinds(parse("7" * 5000)) == [("number-too-long", "error")]
    assert kinds(parse(f'{{"shape": [{"7" * 5000}]}}')) == [("number-too-long", "error")]


def test_a_number_beyond_the_largest_float_is_reported() -> None:
    parsed = parse('{"a": 1e400, "b": [-1e999]}')
    assert parsed.value == {"a": math.inf, "b": [-math.inf]}
    assert kinds(parsed) == [("number-out-of-range", "warning")] * 2


@pytest.mark.parametrize(
    ("text", "value", "names"),
    [
        ('{"a": 1, "a": 2}', {"a": 2}, ["'a'"]),
        ('{"a": 1, "b": 0, "a": 2, "b": 3}', {"a": 2, "b": 3}, ["'a'", "'b'"]),
        ('{"x": {"a": {}, "a": []}}', {"x": {"a": []}}, ["'a'"]),
        ('{"a": 1, "\\u0061": 2}', {"a": 2}, ["'a'"]),
        ('{"a": "\\u0022", "a": 2}', {"a": 2}, ["'a'"]),
        ('{"a": 1, "a": "\\u0022\\u0022"}', {"a": '""'}, ["'a'"]),
        ('{"": 1, "": 2}', {"": 2}, ["''"]),
        ('[{"q\\"q": 1, "q\\"q": 1}]', [{'q"q': 1}], ["'q\"q'"]),
    ],
)
def test_duplicate_keys_are_reported_and_the_last_counts(text: str, value: Any, names: list[str]) -> None:
    parsed = parse(text)
    assert parsed.value == value
    assert kinds(parsed) == [("duplicate-key", "warning")]
    assert all(name in parsed.problems[0].message for name in names)


def test_many_duplicate_keys_take_no_long_time_and_no_long_message() -> None:
    text = "{" + ",".join(f'"k{index % 100_000}":{index}' for index in range(200_000)) + "}"
    parsed = parse(text)
    assert len(parsed.value) == 100_000
    assert "99995 more" in parsed.problems[0].message
    assert len(parsed.problems[0].message) < 300


def test_a_byte_order_mark_is_reported_and_read_over() -> None:
    parsed = parse(b'\xef\xbb\xbf{"a": 1}')
    assert parsed.value == {"a": 1}
    assert kinds(parsed) == [("byte-order-mark", "warning")]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('{"a": 1}'.encode("utf-16"), "invalid-text"),
        ('{"a": 1}'.encode("utf-16-le"), "invalid-json"),
        ('{"a": "ü"}'.encode("latin-1"), "invalid-text"),
        (b'{"a": "\xed\xa0\x80"}', "invalid-text"),
        (b"", "invalid-json"),
        (b'{"a": 1,}', "invalid-json"),
        (b'{"a": 1', "invalid-json"),
        (b"{'a': 1}", "invalid-json"),
        (b'{"a": 1} x', "invalid-json"),
        (b'{"a": "\n"}', "invalid-json"),
        (b'{"a": 01}', "invalid-json"),
        (b'{"a": +1}', "invalid-json"),
        (b'{"a": "unterminated}', "invalid-json"),
        (b"[" * 100_000, "too-deep"),
        (b"[}", "invalid-json"),
    ],
)
def test_what_is_no_json_is_one_problem(data: bytes, kind: str) -> None:
    parsed = parse(data)
    assert parsed.value is None
    assert kinds(parsed) == [(kind, "error")]
    assert parsed.problems[0].path == "a/zarr.json"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "\ud800"}', {"a": "�"}),
        (r'{"a": "x\udfffy"}', {"a": "x�y"}),
        (r'{"\ud800": [1, "\udc00\ud800"]}', {"�": [1, "��"]}),
        (r'{"a": {"b": "\ud800"}, "c": "\ud83d\ude00"}', {"a": {"b": "�"}, "c": "\U0001f600"}),
    ],
)
def test_half_characters_are_replaced_and_reported(text: str, value: Any) -> None:
    parsed = parse(text)
    assert parsed.value == value
    assert kinds(parsed) == [("lone-surrogate", "warning")]
    json.dumps(parsed.value, ensure_ascii=False).encode()
    json.dumps(parsed.problems[0].to_dict(), ensure_ascii=False).encode()


def nested(levels: int, *, opening: str = "[", closing: str = "]") -> str:
    return opening * levels + closing * levels


def mixed(levels: int) -> str:
    """Objects in lists in objects …"""
    pairs = [('{"k":', "}"), ("[", "]")]
    text = "1"
    for level in range(levels):
        opening, closing = pairs[level % 2]
        text = opening + text + closing
    return text


def hidden(levels: int) -> str:
    """Strings whose brackets balance the real ones, so that a count of brackets alone sees a flat text."""
    return '["]",' * levels + "1" + ',"["]' * levels


@pytest.mark.parametrize("make", [nested, mixed, hidden])
def test_nesting_up_to_the_bound_is_read_and_not_beyond(make: Any) -> None:
    assert parse(make(64)).problems == ()
    assert kinds(parse(make(65))) == [("too-deep", "error")]
    assert kinds(parse(make(3000))) == [("too-deep", "error")]
    assert parse(make(5), DocumentLimits(max_depth=5)).problems == ()
    assert kinds(parse(make(6), DocumentLimits(max_depth=5))) == [("too-deep", "error")]


def test_nesting_counts_where_the_exact_parser_reads() -> None:
    assert kinds(parse('{"a": NaN, "b": ' + nested(63) + "}")) == [("non-finite-number", "info")]
    assert kinds(parse('{"a": NaN, "b": ' + nested(64) + "}")) == [("too-deep", "error")]


@pytest.mark.parametrize("text", ['"' + "[" * 100 + '"', '["' + '\\"[' * 100 + '"]', '{"' + "{" * 100 + '": "]"}'])
def test_brackets_in_strings_are_no_nesting(text: str) -> None:
    assert parse(text).value == json.loads(text)


def test_bounds_on_bytes_and_values() -> None:
    text = json.dumps(list(range(10)))
    size = len(text)
    assert parse(text, DocumentLimits(max_bytes=size)).problems == ()
    assert kinds(parse(text, DocumentLimits(max_bytes=size - 1))) == [("too-large", "error")]
    assert parse(text, DocumentLimits(max_values=11)).problems == (), "ten numbers and the list"
    assert kinds(parse(text, DocumentLimits(max_values=10))) == [("too-many-values", "error")]


def test_a_document_is_named_by_its_exact_bytes() -> None:
    # sha256 of the two bytes {} as coreutils' sha256sum prints it
    assert Document("zarr.json", b"{}").digest == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [1, 2.5, None, True, "é\n"]}, '{"a":[1,2.5,null,true,"é\\n"],"b":1}'),
        (2**64, "18446744073709551616"),
        ([2**64 - 1, -(2**63)], "[18446744073709551615,-9223372036854775808]"),
        ({"z": 10**30, "a": None}, '{"a":null,"z":1000000000000000000000000000000}'),
        ([math.nan, math.inf, -math.inf, None, "null"], '[NaN,Infinity,-Infinity,null,"null"]'),
        ([None, "null", {}], '[null,"null",{}]'),
        ("", '""'),
        ((1, ("a", None)), '[1,["a",null]]'),
    ],
)
def test_canonical_json(value: Any, text: str) -> None:
    assert canonical_json(value) == text


def test_canonical_json_tells_types_apart() -> None:
    values = [1, 1.0, True, "1", [1], {"1": 1}, None, 0.0, -0.0, 0, False, "", [], {}]
    assert len({canonical_json(value) for value in values}) == len(values)


def test_a_value_is_named_by_its_canonical_json() -> None:
    assert digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest_of({"a": 1}) != digest_of({"a": 1.0})


def test_documents_are_named_by_their_keys_and_bytes() -> None:
    one, other = Document("a", b"x"), Document("b", b"y")
    digests = [
        digest_of_documents(documents)
        for documents in ([one, other], [other, one], [one], [], [Document("c", b"x"), other], [one, Document("b", b"z")])
    ]
    assert len(set(digests)) == len(digests)
    assert digests[0] == digest_of_documents([Document("a", b"x"), Document("b", b"y")])


def test_only_objects_have_members() -> None:
    assert as_object({"a": 1}) == {"a": 1}
    assert [as_object(value) for value in (None, [], "a", 5)] == [{}, {}, {}, {}]


def test_a_document_is_parsed_once_for_each_set_of_limits() -> None:
    document = Document("zarr.json", b'{"a": [1, 2]}')
    assert parse_document(document) is parse_document(document)
    strict = DocumentLimits(max_depth=1)
    assert kinds(parse_document(document, strict)) == [("too-deep", "error")]
    assert parse_document(document).value == {"a": [1, 2]}


LINES = '{\n  "é": 1, %s\n}'
"""Column 11 of line 2 is where something else begins."""


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('"é": 2', "/é"),
        ('"x": NaN', ""),
        ('"x": -Infinity', ""),
        ('"x": 1e400', "/x"),
        ('"x": 2 3', ""),
        ('"x": tru', ""),
        ('"x": "\\udc00"', "/x"),
        ('"x": %s' % ("7" * 4001), ""),
    ],
)
def test_line_and_column_are_those_that_an_editor_shows(text: str, pointer: str) -> None:
    (problem,) = parse(LINES % text).problems
    within = {"é": 0, "2 3": 7}.get(text[-3:], 5) if not text.startswith('"é"') else 0
    assert (problem.line, problem.column, problem.pointer) == (2, 11 + within, pointer)


def test_a_byte_that_is_no_text_has_a_place() -> None:
    (problem,) = parse(b'{"a": 1,\n"\xc3\xa9b": "\xff"}').problems
    assert (problem.kind, problem.line, problem.column) == ("invalid-text", 2, 8)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"a": {"b": 1,\n"b": 2}, "c": 1}', [("/a/b", 2, 1)]),
        ('[{"x": 1, "x": 2},\n {"y": 1, "y": 2, "y": 3}]', [("/0/x", 1, 11), ("/1/y", 2, 11)]),
        ('{"o": 1,\n "i": {"k": 1, "k": 2},\n "o": 2}', [("/i/k", 2, 16), ("/o", 3, 2)]),
        ('{"a/b": 1,\n"a\\u002fb": 2}', [("/a~1b", 2, 1)]),
        ('{"{": 1, "[,": "}",\n"{": 2}', [("/{", 2, 1)]),
    ],
)
def test_every_object_with_a_key_given_twice_has_its_own_place(text: str, places: list[tuple[str, int, int]]) -> None:
    assert [(each.pointer, each.line, each.column) for each in parse(text).problems] == places


def test_a_thousand_bad_places_are_a_hundred_problems_and_a_count() -> None:
    problems = parse("[" + ",".join(['{"a":1,"a":2}'] * 1000) + "]").problems
    assert len(problems) == 101
    assert "900 more" in problems[-1].message


def test_a_text_too_long_to_be_walked_through_loses_the_place_alone() -> None:
    text = '{"a": 1, "pad": "' + "x" * (4 * 2**20) + '", "a": 2}'
    (problem,) = parse(text).problems
    assert (problem.kind, problem.line, problem.column) == ("duplicate-key", 0, 0)
