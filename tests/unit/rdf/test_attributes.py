"""Do the attribute nodes of a node say what its attributes say?"""

import hashlib
import json
import math
from typing import Any

import pytest

from catalog.rdf.attributes import MAX_ITEMS, MAX_KEY, MAX_REPEATED, MAX_STRING, AttributeWriter, flatten
from catalog.rdf.iris import Iris
from tests.support import rebuild
from tests.support.reparse import RDF_TYPE, XSD, ZO, Facts, Value, facts_of, only, text_of

NODE = "http://localhost:8000/datasets/x/nodes/a"


def write(*many: dict[str, Any]) -> bytes:
    """The lines of nodes /0, /1, … with these attributes, written one after the other."""
    writer = AttributeWriter(Iris())
    lines: list[str] = []
    for index, attributes in enumerate(many):
        links = writer.write(attributes, lines)
        lines += [f"<{NODE}/{index}>{link}" for link in links]
    return "".join(lines).encode()


def facts(*many: dict[str, Any]) -> Facts:
    return facts_of(write(*many))


def by_key(found: Facts) -> dict[str, dict[str, set[Any]]]:
    about = [found[str(each)] for each in found[f"{NODE}/0"][ZO + "attribute"]]
    assert all(each[RDF_TYPE] == {ZO + "Attribute"} for each in about)
    keyed = {text_of(each[ZO + "key"]): each for each in about}
    assert len(keyed) == len(about)
    return keyed


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("K", Value("K")),
        ("", Value("")),
        ('say "hi"\n', Value('say "hi"\n')),
        (5, Value("5", f"{XSD}integer")),
        (10**30, Value(str(10**30), f"{XSD}integer")),
        (5.0, Value("5.0", f"{XSD}double")),
        (math.nan, Value("NaN", f"{XSD}double")),
        (True, Value("true", f"{XSD}boolean")),
    ],
)
def test_a_scalar_is_its_value(value: Any, literal: Value) -> None:
    about = by_key(facts({"units": value}))["units"]
    assert about == {RDF_TYPE: {ZO + "Attribute"}, ZO + "key": {Value("units")}, ZO + "value": {literal}}


@pytest.mark.parametrize(("value", "text"), [(None, "null"), ({}, "{}"), ([], "[]")])
def test_what_no_literal_can_hold_is_json(value: Any, text: str) -> None:
    about = by_key(facts({"k": value}))["k"]
    assert about[ZO + "jsonValue"] == {Value(text, f"{ZO}json")}
    assert ZO + "value" not in about


def test_a_list_of_scalars_is_each_item_and_the_list() -> None:
    about = by_key(facts({"range": [0.5, 2, "x", None, True, 2]}))["range"]
    assert about[ZO + "value"] == {
        Value("0.5", f"{XSD}double"),
        Value("2", f"{XSD}integer"),
        Value("x"),
        Value("true", f"{XSD}boolean"),
    }
    assert about[ZO + "jsonValue"] == {Value('[0.5,2,"x",null,true,2]', f"{ZO}json")}


def test_objects_are_taken_apart_by_pointer() -> None:
    keyed = by_key(facts({"acquisition": {"laser": {"power": 5}, "on": True}}))
    assert {key: only(about[ZO + "value"]) for key, about in keyed.items()} == {
        "/acquisition/laser/power": Value("5", f"{XSD}integer"),
        "/acquisition/on": Value("true", f"{XSD}boolean"),
    }


def test_lists_of_objects_are_there_as_a_whole_and_by_pointer() -> None:
    axes = [{"name": "y"}, {"name": "x"}]
    keyed = by_key(facts({"multiscales": [{"axes": axes}]}))
    assert set(keyed) == {"multiscales", "/multiscales/0/axes", "/multiscales/0/axes/0/name", "/multiscales/0/axes/1/name"}
    assert json.loads(text_of(keyed["multiscales"][ZO + "jsonValue"])) == [{"axes": axes}]
    assert json.loads(text_of(keyed["/multiscales/0/axes"][ZO + "jsonValue"])) == axes
    assert ZO + "value" not in keyed["multiscales"]


ODD: list[dict[str, Any]] = [
    {},
    {"a/b": 1, "a": {"b": 2}},
    {"/a": 1, "a": {"b": 2}, "//a": 3, "": {"a": 4}},
    {"/a/b": 1, "a": {"b": 2}},
    {"/a": {"b": 1}, "a": {"b": 2}},
    {"": 1},
    {"": {"": {"": 1}}},
    {"~": 1, "~0": 2, "~1": 3, "/~1": 4, "/": 5, "a": {"~1": 6, "/": 7, "~01": 8}},
    {"a": {"0": {"x": 1}}},
    {"a": [{"x": 1}]},
    {"a": [[1, 2], [3]]},
    {"a": {"0": [1, 2], "1": [3]}},
    {"a": [1, {"x": 2}, [3, [4]], None, {}, []]},
    {"a": [[], {}], "b": [[]], "c": [{}], "d": {"e": {}, "f": []}},
    {"a": [None], "b": [[None]], "c": None},
    {"a": [1], "b": [1.0], "c": [True], "d": ["1"], "e": 1, "f": 1.0, "g": True, "h": "1"},
    {"a": [0.0, -0.0], "b": 0.0, "c": -0.0, "d": 0, "e": False},
    {"a": [math.nan, math.inf], "b": -math.inf},
    {"a": 10**30, "b": [-(10**30)], "c": {"d": 2**64}},
    {"a": "x" * 40, "a\ns": "x", "a\nsx": "y", "a\nj": 1},
    {"units": "K\nj5", "units\nj5": "K"},
    {"__proto__": {"x": 1}, "constructor": {"prototype": 2}},
    {"\ufeffa": "\u202e", "a\u0000": "\u0000", "\U0001f600": {"\U0001f600": 1}},
    {"a": {"x" * 500: {"y" * 500: 1}}},
    {"long": "x" * MAX_STRING, "list": ["y" * 100] * (MAX_ITEMS + 1)},
    {"items": [{"index": index, "name": "n" * 40} for index in range(MAX_ITEMS)]},
    {"many": [{"index": index} for index in range(MAX_ITEMS + 1)]},
    {"matrix": [[row * 1000 + column for column in range(300)] for row in range(20)]},
]


@pytest.mark.parametrize("attributes", ODD)
def test_attributes_come_back(attributes: dict[str, Any]) -> None:
    if not attributes:
        assert write(attributes) == b""
        return
    found = rebuild.attributes(facts(attributes), f"{NODE}/0")
    assert rebuild.same(found, attributes)


def test_attributes_of_many_nodes_come_back_and_equal_ones_are_one() -> None:
    found = facts(*[each for each in ODD if each], {"units": "K"}, {"units": "K", "n": 1})
    for index, attributes in enumerate([each for each in ODD if each]):
        assert rebuild.same(rebuild.attributes(found, f"{NODE}/{index}"), attributes)
    count = len([each for each in ODD if each])
    one, other = (found[f"{NODE}/{index}"][ZO + "attribute"] for index in (count, count + 1))
    assert one < other


def test_values_of_one_key_that_python_calls_equal_stay_apart() -> None:
    values = [0, 0.0, -0.0, False, "0", 1, 1.0, True, [0], [0.0], [-0.0], [False]]
    found = facts(*[{"k": value} for value in values])
    for index, value in enumerate(values):
        assert rebuild.same(rebuild.attributes(found, f"{NODE}/{index}"), {"k": value})


def test_no_two_attributes_share_a_name() -> None:
    pairs = [(key, value) for attributes in ODD for key, value in flatten(attributes)]
    distinct = {(key, json.dumps(value, sort_keys=True)) for key, value in pairs}
    found = facts(*[each for each in ODD if each])
    assert sum(1 for about in found.values() if about.get(RDF_TYPE) == {ZO + "Attribute"}) == len(distinct)


def test_the_order_of_members_changes_nothing() -> None:
    one = {"b": {"y": [{"q": 1, "p": 2}], "x": 1}, "a": 2}
    other = {"a": 2, "b": {"x": 1, "y": [{"p": 2, "q": 1}]}}
    assert write(one) == write(other)


def test_long_values_are_named_by_digest() -> None:
    value = "x" * (MAX_STRING + 1)
    about = by_key(facts({"note": value}))["note"]
    assert about[ZO + "valueDigest"] == {Value(hashlib.sha256(f'"{value}"'.encode()).hexdigest())}
    assert ZO + "value" not in about
    numbers = [0.1 * index for index in range(MAX_STRING)]
    about = by_key(facts({"samples": numbers}))["samples"]
    text = json.dumps(numbers, separators=(",", ":"))
    assert about[ZO + "valueDigest"] == {Value(hashlib.sha256(text.encode()).hexdigest())}


def test_a_long_list_keeps_its_order_without_a_triple_for_each_item() -> None:
    about = by_key(facts({"ids": list(range(MAX_ITEMS + 1))}))["ids"]
    assert ZO + "value" not in about
    assert json.loads(text_of(about[ZO + "jsonValue"])) == list(range(MAX_ITEMS + 1))


def test_a_long_list_of_objects_is_not_written_twice() -> None:
    value = [{"name": "n" * 40} for _ in range(MAX_REPEATED // 40)]
    keyed = by_key(facts({"items": value}))
    assert set(keyed["items"]) == {RDF_TYPE, ZO + "key", ZO + "valueDigest"}
    assert len(keyed) == len(value) + 1


def test_long_keys_are_cut_and_stay_apart() -> None:
    one, other = "k" * MAX_KEY + "1", "k" * MAX_KEY + "2"
    keyed = by_key(facts({one: "v", other: "v", "k" * MAX_KEY: "v"}))
    assert len(keyed) == 3
    assert max(map(len, keyed)) < MAX_KEY + 40
    cut = [about for key, about in keyed.items() if len(key) > MAX_KEY]
    assert [ZO + "valueDigest" in about for about in cut] == [True, True]


def test_hostile_text_makes_no_stray_triple() -> None:
    evil = '"> <http://evil.example/p> <http://evil.example/o> .\n<http://evil.example/s> <http://evil.example/p> "'
    found = facts({evil: evil, "a": {evil: [evil, {evil: evil}]}})
    assert not any("evil.example" in subject for subject in found)
    assert rebuild.attributes(found, f"{NODE}/0") == {evil: evil, "a": {evil: [evil, {evil: evil}]}}
