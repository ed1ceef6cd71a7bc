"""Does one document of a whole hierarchy say the same as the documents of its nodes?"""

import json
from pathlib import Path
from typing import Any

import pytest
import zarr

from catalog.metadata.document import Document, DocumentLimits
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.metadata.tree import is_tree
from tests.support.trees import tree_of
from tests.unit.stores.trees import array2, array3, documents_in, write_real

ARRAY2 = {**json.loads(array2()), "attributes": {"units": "m"}}
ARRAY3 = json.loads(array3())


def parsed(value: Any, key: str = "product.json", **limits: int) -> Hierarchy:
    return parse_hierarchy([Document(key, json.dumps(value).encode())], DocumentLimits(**limits))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_tree_is_what_the_documents_of_its_nodes_are(tmp_path: Path, zarr_format: int) -> None:
    write_real(tmp_path / "s", zarr_format)
    documents = documents_in(tmp_path / "s")
    single = parse_hierarchy([Document(key, data) for key, data in sorted(documents.items())])
    whole = parsed(tree_of(zarr.open_group(tmp_path / "s", mode="r"), documents))
    assert (whole.digest, whole.nodes) == (single.digest, single.nodes)
    assert len(whole.nodes) > 3


def test_groups_may_have_no_node_type_and_no_members() -> None:
    found = parsed({"zarr_format": 2, "attributes": {"a": 1}, "members": {"g": {"zarr_format": 2, "members": None}, "x": ARRAY2}})
    assert [(node.path, node.zarr_format) for node in found.nodes] == [("", 2), ("g", 2), ("x", 2)]
    assert [array.attributes for array in found.arrays] == [{"units": "m"}]
    assert found.problems == ()


def test_a_member_without_a_format_has_that_of_its_group() -> None:
    inner = {"attributes": {}, "members": {"h": {"members": {}}}}
    assert [n.zarr_format for n in parsed({"zarr_format": 2, "members": {"g": inner}}).nodes] == [2, 2, 2]


def test_formats_may_be_mixed() -> None:
    found = parsed({"zarr_format": 3, "node_type": "group", "members": {"old": ARRAY2, "new": ARRAY3}})
    assert {array.path: array.zarr_format for array in found.arrays} == {"old": 2, "new": 3}


@pytest.mark.parametrize("name", ["", "a/b", "..", ".", "/etc", "a\\b", "a\0b", "x" * 2000])
def test_a_name_that_no_node_may_have_is_left_out(name: str) -> None:
    found = parsed({"zarr_format": 2, "members": {name: ARRAY2, "good": ARRAY2}})
    assert [array.path for array in found.arrays] == ["good"]
    assert [problem.kind for problem in found.problems] == ["unsafe-key"]


def test_members_that_are_no_nodes_are_problems_and_the_rest_is_read() -> None:
    members = {"list": [1], "text": "x", "array": {**ARRAY2, "members": {"below": ARRAY2}}, "g": {"members": [1]}, "x": ARRAY3}
    found = parsed({"zarr_format": 2, "members": members})
    assert {node.path for node in found.nodes} == {"", "array", "g", "x"}
    assert {(p.path, p.kind) for p in found.problems} == {
        ("list", "not-an-object"),
        ("text", "not-an-object"),
        ("array", "members"),
        ("g", "members"),
    }


def test_a_problem_says_where_in_the_file_it_stands() -> None:
    text = '{"zarr_format": 2, "members": {\n "g": {"members": {\n  "x": {"shape": "big", "chunks": [1]}}}}}'
    found = parse_hierarchy([Document("t.json", text.encode())])
    assert ("g/x", "shape", 3) in [(p.path, p.kind, p.line) for p in found.problems]


def test_more_nodes_than_allowed_are_left_out() -> None:
    found = parsed({"zarr_format": 2, "members": {f"n{i}": ARRAY2 for i in range(50)}}, max_nodes=10)
    assert len(found.nodes) == 10
    assert [p.kind for p in found.problems] == ["too-many-nodes"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"members": {}},
        {"zarr_format": 4, "members": {}},
        {"zarr_format": [2], "members": {}},
        {"zarr_format": 2, "members": []},
        {"zarr_format": 2},
        {"zarr_format": 2, "members": {}, "shape": [1]},
        {"zarr_format": 3, "node_type": "array", "members": {}},
    ],
)
def test_what_is_no_tree(value: Any) -> None:
    assert not is_tree(value)
