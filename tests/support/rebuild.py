"""What do the triples of a node say? Zarr documents and attributes rebuilt from the graph alone.

Written from the ontology's definitions, without any of the code that writes the triples.
"""

import json
import math
from typing import Any

from tests.support.reparse import LABEL, XSD, ZO, Facts, Term, Value, only, text_of


class Digest(str):
    """Stands for a value that is too long for the graph."""


class _Items(dict[str, Any]):
    """A list that is too long for one literal, while its items are put together."""


def array_document(facts: Facts, node: str) -> dict[str, Any]:
    """The document of an array without its attributes, from its structural triples."""
    about = facts[node]
    layout = facts[str(only(about[ZO + "layout"]))]
    document = json.loads(text_of(layout[ZO + "layoutDocument"]))
    shape = json.loads(text_of(about[ZO + "shape"]))
    dimensions = sorted((facts[str(each)] for each in about.get(ZO + "dimension", ())), key=_index)
    assert [_index(each) for each in dimensions] == list(range(len(shape)))
    assert [int(text_of(each[ZO + "size"])) for each in dimensions] == shape
    assert int(text_of(about[ZO + "dimensionCount"])) == len(shape)
    names = [text_of(each[LABEL]) if LABEL in each else None for each in dimensions]
    return {**document, "shape": shape, "dimension_names": names}


def codecs(facts: Facts, node: str) -> list[tuple[str, str, Any]]:
    """Name, role and configuration of an array's codecs, in order."""
    layout = facts[str(only(facts[node][ZO + "layout"]))]
    found = [facts[str(each)] for each in layout.get(ZO + "codecPipeline", ())]
    found.sort(key=lambda each: int(text_of(each[ZO + "position"])))
    return [
        (text_of(each[ZO + "codecName"]), text_of(each[ZO + "codecRole"]), json.loads(text_of(each[ZO + "configuration"])))
        for each in found
    ]


def _index(dimension: dict[str, set[Term]]) -> int:
    return int(text_of(dimension[ZO + "dimensionIndex"]))


def attributes(facts: Facts, node: str) -> dict[str, Any]:
    """The attributes of a node, from its ``zo:attribute`` nodes."""
    stated = [_attribute(facts[str(each)]) for each in facts[node].get(ZO + "attribute", ())]
    found: dict[str, Any] = {}
    for path, value in sorted(stated, key=lambda pair: len(pair[0])):
        _put(found, path, value)
    return {key: _finished(value) for key, value in found.items()}


def _attribute(about: dict[str, set[Term]]) -> tuple[list[str], Any]:
    key = text_of(about[ZO + "key"])
    path = [step.replace("~1", "/").replace("~0", "~") for step in key[1:].split("/")] if key.startswith("/") else [key]
    if ZO + "jsonValue" in about:
        literal = only(about[ZO + "jsonValue"])
        assert isinstance(literal, Value)
        assert literal.datatype == ZO + "json"
        return path, json.loads(literal.text)
    if ZO + "value" in about:
        return path, python_value(only(about[ZO + "value"]))
    return path, Digest(text_of(about[ZO + "valueDigest"]))


def python_value(term: Term) -> Any:
    """The Python value of a literal of one of the types that JSON has."""
    assert isinstance(term, Value)
    kind = term.datatype.removeprefix(XSD)
    if kind == "string":
        return term.text
    if kind == "boolean":
        return {"true": True, "false": False}[term.text]
    if kind == "integer":
        return int(term.text)
    assert kind == "double", kind
    return {"NaN": math.nan, "INF": math.inf, "-INF": -math.inf}.get(term.text) or float(term.text)


def _put(found: dict[str, Any], path: list[str], value: Any) -> None:
    where: Any = found
    for depth, step in enumerate(path[:-1]):
        if isinstance(where.get(step), list):
            _check_inside(where[step], path[depth + 1 :], value)
            return
        if isinstance(where.get(step), Digest):
            where[step] = _Items()  # what has a value of its own and members besides is a list
        where = where.setdefault(step, {})
        assert isinstance(where, dict), f"{path} is inside a scalar"
    assert path[-1] not in where, f"two attributes have the key {path}"
    where[path[-1]] = value


def _check_inside(whole: Any, path: list[str], value: Any) -> None:
    """An item of a list that is there as a whole says the same as the list."""
    for step in path:
        whole = whole[int(step)] if isinstance(whole, list) else whole[step]
    assert isinstance(value, Digest) or same(whole, value), "a list and one of its items disagree"


def _finished(value: Any) -> Any:
    if isinstance(value, _Items):
        assert sorted(map(int, value)) == list(range(len(value)))
        return [_finished(value[str(index)]) for index in range(len(value))]
    if isinstance(value, dict):
        return {key: _finished(member) for key, member in value.items()}
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal in value and type; NaN equals NaN, and the order of members means nothing."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
