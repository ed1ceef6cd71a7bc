"""Which documents are inside a consolidated one?"""

from typing import Any

import pytest

from catalog.errors import Problem
from catalog.metadata.consolidated import accept_key, is_consolidated_v2, is_consolidated_v3, split_v2, split_v3


@pytest.mark.parametrize(
    ("value", "v2", "v3"),
    [
        ({"metadata": {}, "zarr_consolidated_format": 1}, True, False),
        ({"metadata": {".zgroup": {}}}, True, False),
        ({"metadata": []}, False, False),
        ({"hello": "world"}, False, False),
        ({"consolidated_metadata": {"metadata": {}}}, False, True),
        ({"consolidated_metadata": {"metadata": None}}, False, False),
        ({"consolidated_metadata": None}, False, False),
        ({"node_type": "group", "metadata": {}}, False, False),
        ([], False, False),
        (None, False, False),
        ("metadata", False, False),
    ],
)
def test_what_counts_as_consolidated(value: Any, v2: bool, v3: bool) -> None:
    assert (is_consolidated_v2(value), is_consolidated_v3(value)) == (v2, v3)


def test_v2_documents_are_sorted_by_name_and_path() -> None:
    problems: list[Problem] = []
    value = {
        "metadata": {
            ".zgroup": {"zarr_format": 2},
            ".zattrs": {"title": "t"},
            "a/b/.zarray": {"shape": [1]},
            "a/b/.zattrs": {},
            "a/b/0.0": "a chunk that strayed in",
            "notes.txt": 5,
        }
    }
    assert split_v2(value, problems) == {
        ".zarray": {"a/b": {"shape": [1]}},
        ".zgroup": {"": {"zarr_format": 2}},
        ".zattrs": {"": {"title": "t"}, "a/b": {}},
    }
    assert problems == []


def test_v2_a_key_that_only_looks_like_the_root_is_left_out() -> None:
    problems: list[Problem] = []
    found = split_v2({"metadata": {".zgroup": {"zarr_format": 2}, "/.zgroup": {"zarr_format": "evil"}}}, problems)
    assert found[".zgroup"] == {"": {"zarr_format": 2}}
    assert [(problem.path, problem.kind, problem.severity) for problem in problems] == [("/.zgroup", "unsafe-key", "error")]


def test_v3_documents_by_path_with_the_root_apart_from_what_it_consolidates() -> None:
    inside = {"a": {"node_type": "group"}, "a/b": {"node_type": "array"}}
    root = {"zarr_format": 3, "node_type": "group", "attributes": {"title": "t"}}
    assert split_v3({**root, "consolidated_metadata": {"metadata": inside}}) == {**inside, "": root}


def test_v3_the_root_cannot_be_replaced_from_inside() -> None:
    root = {"zarr_format": 3, "node_type": "group"}
    value = {**root, "consolidated_metadata": {"metadata": {"": {"zarr_format": 3, "node_type": "array"}}}}
    assert split_v3(value) == {"": root}


def test_unsafe_keys_are_problems() -> None:
    problems: list[Problem] = []
    keys = ["a", "../secret", "a/b", "/etc", "a\\b", ""]
    assert [key for key in keys if accept_key(key, problems)] == ["a", "a/b", ""]
    assert [problem.path for problem in problems] == ["../secret", "/etc", "a\\b"]
    assert {problem.kind for problem in problems} == {"unsafe-key"}
