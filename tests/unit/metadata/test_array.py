"""What is an array, and what names its dimensions?"""

from typing import Any

import pytest

from catalog.metadata.array import Array, parse_dimension_names
from catalog.metadata.document import canonical_json
from catalog.metadata.group import Group
from catalog.metadata.layout import Layout, parse_layout_v3

DOCUMENT: dict[str, Any] = {
    "zarr_format": 3,
    "data_type": "int8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [10, 20]}},
    "chunk_key_encoding": "default",
    "fill_value": 0,
    "codecs": ["bytes"],
}


def layout(**members: Any) -> Layout:
    document = {**DOCUMENT, **members}
    return parse_layout_v3(document, canonical_json(document))


def array(**fields: Any) -> Array:
    given = {"path": "a", "shape": (5, 6), "layout": layout(), "dimension_names": ("y", None), "attributes": {"k": 1}}
    return Array(**{**given, **fields})


@pytest.mark.parametrize(
    ("names", "attributes", "found"),
    [
        (["y", "x"], {}, ("y", "x")),
        (["y", None], {}, ("y", None)),
        (["", "same"], {}, ("", "same")),
        (["same", "same"], {}, ("same", "same")),
        (["y", "x"], {"_ARRAY_DIMENSIONS": ["lat", "lon"]}, ("y", "x")),
        (None, {"_ARRAY_DIMENSIONS": ["lat", "lon"]}, ("lat", "lon")),
        (None, {}, (None, None)),
        (None, {"_ARRAY_DIMENSIONS": ["lat"]}, (None, None)),
        (None, {"_ARRAY_DIMENSIONS": "lat"}, (None, None)),
        (None, {"_ARRAY_DIMENSIONS": ["lat", 5]}, (None, None)),
        (["y"], {}, None),
        (["y", "x", "z"], {}, None),
        (["y", 5], {}, None),
        (["y", True], {}, None),
        ("yx", {}, None),
        ({"0": "y", "1": "x"}, {}, None),
    ],
)
def test_dimension_names(names: Any, attributes: dict[str, Any], found: tuple[str | None, ...] | None) -> None:
    assert parse_dimension_names(names, attributes, 2) == found


def test_a_scalar_has_no_dimension_names() -> None:
    assert parse_dimension_names([], {}, 0) == ()
    assert parse_dimension_names(None, {"_ARRAY_DIMENSIONS": []}, 0) == ()


def test_everything_an_array_says_changes_its_digest_but_its_path_does_not() -> None:
    assert array(path="b").digest == array().digest
    changed = [
        array(shape=(5, 7)),
        array(dimension_names=("y", "x")),
        array(dimension_names=(None, "y")),
        array(attributes={}),
        array(attributes={"k": 1.0}),
        array(attributes={"k": True}),
        array(layout=layout(fill_value=1)),
    ]
    digests = {array().digest, *(each.digest for each in changed)}
    assert len(digests) == len(changed) + 1
    assert all(len(digest) == 64 for digest in digests)


def test_the_order_of_attributes_does_not_change_a_digest() -> None:
    assert array(attributes={"a": 1, "b": {"c": 2, "d": 3}}).digest == array(attributes={"b": {"d": 3, "c": 2}, "a": 1}).digest
    assert Group("g", 3, {"a": 1, "b": 2}).digest == Group("h", 3, {"b": 2, "a": 1}).digest
    assert Group("g", 3, {}).digest != Group("g", 2, {}).digest
    assert Group("g", 3, {}).digest != Group("g", 3, {"a": None}).digest


def test_digests_hold_numbers_that_json_has_no_word_for() -> None:
    digests = {Group("g", 3, {"a": value}).digest for value in (float("nan"), float("inf"), float("-inf"), None, "NaN", 10**30)}
    assert len(digests) == 6


def test_obstacles() -> None:
    assert array().obstacle is None
    assert array(shape=(5,), dimension_names=(None,)).obstacle == "its chunks have 2 dimensions and its shape 1"
    grid = {"name": "rectilinear", "configuration": {}}
    assert "rectilinear" in str(array(layout=layout(chunk_grid=grid)).obstacle)


def test_an_array_has_the_format_of_its_layout() -> None:
    assert array().zarr_format == 3
