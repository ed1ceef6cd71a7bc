"""Is each way in which a copy and its original can disagree found, told with its place, and nothing else?"""

import json
from typing import Any
from unittest.mock import ANY

import pytest

from catalog.metadata.comparison import ABSENT, Copies, Disagreement, compare, first_difference, merge, split_copies
from catalog.metadata.document import Document
from tests.support.zarr_documents import array_v2, array_v3, group_v3

GROUP2 = {"zarr_format": 2}


def document(key: str, value: Any) -> Document:
    return Document(key, value if isinstance(value, bytes) else json.dumps(value).encode())


def documents(tree: dict[str, Any]) -> dict[str, Document]:
    return {key: document(key, value) for key, value in tree.items()}


def copies_v2(tree: dict[str, Any], key: str = ".zmetadata") -> Copies:
    found = split_copies(document(key, {"zarr_consolidated_format": 1, "metadata": tree}))
    assert found is not None
    return found


def copies_v3(tree: dict[str, Any], key: str = "zarr.json") -> Copies:
    whole = group_v3() | {"consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": tree}}
    found = split_copies(document(key, whole))
    assert found is not None
    return found


def told(found: list[Disagreement]) -> list[tuple[str, str, str]]:
    return [(each.key, each.kind, each.pointer) for each in found]


V2 = {".zgroup": GROUP2, ".zattrs": {"a": 1}, "x/.zarray": array_v2([4]), "x/.zattrs": {"_ARRAY_DIMENSIONS": ["t"]}}


def test_equal_documents_agree_whatever_they_look_like() -> None:
    written = {key: json.dumps(dict(reversed(value.items())), indent=4).encode() for key, value in V2.items()}
    assert compare(copies_v2(V2), documents(written)) == []


def test_nan_equals_itself() -> None:
    copies = copies_v2({"x/.zattrs": {"a": float("nan")}})
    assert compare(copies, documents({"x/.zattrs": b'{"a": NaN}'})) == []


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, ("/a", 1, 1.0)),
        ({"a": 1}, {"a": True}, ("/a", 1, True)),
        ({"a": None}, {}, ("/a", None, ABSENT)),
        ({"a/b~c": [1, {"d": 2}]}, {"a/b~c": [1, {"d": 3}]}, ("/a~1b~0c/1/d", 2, 3)),
        ([1, 2], [1, 2, 3], ("/2", ABSENT, 3)),
        ([1, 2, 3], [1, 2], ("/2", 3, ABSENT)),
        ({"a": [1], "b": 1}, {"a": [2], "b": 2}, ("/a/0", 1, 2)),
        ({"": 1}, {"": 2}, ("/", 1, 2)),
        ({"a": 2**70}, {"a": 2**70 + 1}, ("/a", 2**70, 2**70 + 1)),
        ({"a": {}}, {"a": []}, ("/a", {}, [])),
        ({}, [], ("", {}, [])),
        ({"a": float("nan")}, {"a": None}, ("/a", ANY, None)),
    ],
)
def test_the_first_difference_has_its_pointer(left: Any, right: Any, expected: tuple[str, Any, Any]) -> None:
    assert first_difference(left, right) == expected


def test_every_kind_of_disagreement_is_found_in_v2() -> None:
    store = {".zgroup": GROUP2, ".zattrs": {"a": 2}, "x/.zarray": b"{", "new/.zgroup": GROUP2, "new/.zattrs": {}}
    found = compare(copies_v2(V2), documents(store), ["x/.zattrs"])
    assert told(found) == [
        (".zattrs", "stale-differing", "/a"),
        ("new/.zattrs", "stale-unnamed", ""),
        ("new/.zgroup", "stale-unnamed", ""),
        ("x/.zarray", "stale-unreadable", ""),
        ("x/.zattrs", "stale-missing", ""),
    ]
    assert all(each.to_problem().severity == "warning" for each in found)


def test_every_kind_of_disagreement_is_found_in_v3() -> None:
    copies = copies_v3({"a": array_v3([4], dimension_names=["t"]), "b": array_v3([4]), "c": group_v3(), "d": group_v3()})
    store = {
        "zarr.json": group_v3(other="than the copy has; it is no copy of the root"),
        "a/zarr.json": array_v3([4], dimension_names=["x"]),
        "b/zarr.json": b'{"zarr_format": 3,}',
        "d/zarr.json": group_v3(),
        "new/zarr.json": group_v3(),
    }
    assert told(compare(copies, documents(store), ["c/zarr.json"])) == [
        ("a/zarr.json", "stale-differing", "/dimension_names/0"),
        ("b/zarr.json", "stale-unreadable", ""),
        ("c/zarr.json", "stale-missing", ""),
        ("new/zarr.json", "stale-unnamed", ""),
    ]


def test_what_was_not_looked_at_is_no_disagreement() -> None:
    assert compare(copies_v2(V2), {}) == []


def test_copies_inside_a_group_are_no_part_of_it() -> None:
    inner = {"kind": "inline", "must_understand": False, "metadata": {}}
    copies = copies_v3({"g": {**group_v3(), "consolidated_metadata": inner}})
    assert compare(copies, documents({"g/zarr.json": group_v3()})) == []
    assert compare(copies_v3({"g": group_v3()}), documents({"g/zarr.json": {**group_v3(), "consolidated_metadata": inner}})) == []


@pytest.mark.parametrize("member", [b"[]", b"null", b"{}", b'{"zarr_format": 3, "node_type": "array"}'])
def test_a_member_that_describes_no_node_does_not_count_against_a_copy_that_does(member: bytes) -> None:
    copies = copies_v3({"a": array_v3([4])})
    found = compare(copies, documents({"a/zarr.json": member}))
    assert [each.kind for each in found] == ["stale-unreadable"]
    assert copies_v3({"a": {}}).documents == {"a/zarr.json": {}}
    assert [each.kind for each in compare(copies_v3({"a": {}}), documents({"a/zarr.json": array_v3([4])}))] == ["stale-differing"]


def test_a_subgroup_can_be_consolidated() -> None:
    copies = copies_v3({"x": array_v3([4])}, "g/h/zarr.json")
    assert (copies.base, list(copies.documents)) == ("g/h", ["g/h/x/zarr.json"])
    store = documents({key: array_v3([4]) for key in ("g/h/x/zarr.json", "g/h/y/zarr.json", "g/hh/zarr.json", "zarr.json")})
    assert told(compare(copies, store)) == [("g/h/y/zarr.json", "stale-unnamed", "")]
    assert list(copies_v2({".zgroup": GROUP2, "x/.zarray": {}}, "g/.zmetadata").documents) == ["g/x/.zarray", "g/.zgroup"]


def test_documents_of_the_other_format_are_unnamed_unless_the_node_has_both() -> None:
    both = {"x/zarr.json": array_v3([4]), "x/.zarray": array_v2([4])}
    assert compare(copies_v3({"x": array_v3([4])}), documents(both)) == []
    assert compare(copies_v2({"x/.zarray": array_v2([4])}), documents(both)) == []
    other = compare(copies_v2({"x/.zarray": array_v2([4])}), documents({"y/zarr.json": group_v3()}))
    assert told(other) == [("y/zarr.json", "stale-unnamed", "")]


def test_keys_that_lead_out_are_not_among_the_copies() -> None:
    assert copies_v2({"../x/.zarray": {}, "a//.zgroup": {}, ".zgroup": GROUP2}).documents == {".zgroup": GROUP2}
    assert copies_v3({"../x": {}, "/y": {}, "z": {}}).documents == {"z/zarr.json": {}}


@pytest.mark.parametrize(("key", "value"), [(".zattrs", {"metadata": {}}), ("zarr.json", group_v3()), (".zmetadata", {"a": 1})])
def test_what_is_not_consolidated_has_no_copies(key: str, value: Any) -> None:
    assert split_copies(document(key, value)) is None


def test_members_take_the_place_of_their_copies_unless_they_cannot_be_read() -> None:
    store = documents({".zgroup": GROUP2, ".zattrs": {"a": 2}, "x/.zarray": b"{", "new/.zgroup": GROUP2})
    merged = merge(copies_v2(V2), store, missing=["x/.zattrs"], unreadable=["x/.zarray"])
    assert {each.key: json.loads(each.data) for each in merged} == {
        ".zattrs": {"a": 2},
        ".zgroup": GROUP2,
        "new/.zgroup": GROUP2,
        "x/.zarray": array_v2([4]),
    }
    assert [each.key for each in merged] == sorted(each.key for each in merged)


def test_the_root_of_v3_is_a_member_of_its_own() -> None:
    copies = copies_v3({"a": group_v3()})
    store = documents({"zarr.json": group_v3(title="t"), "a/zarr.json": group_v3(x=1), "elsewhere/readme.txt": b""})
    assert [each.key for each in merge(copies, store, [], [])] == ["a/zarr.json", "zarr.json"]
