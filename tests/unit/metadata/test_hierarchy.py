"""Which nodes does a hierarchy have, by whichever route its documents came?"""

import json
from typing import Any

import pytest

from catalog.errors import MetadataError
from catalog.metadata.document import Document, DocumentLimits
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy, parse_node
from tests.support.zarr_documents import array_v2, array_v3, group_v3

Problems = list[tuple[str, str, str]]


def documents(found: dict[str, Any]) -> list[Document]:
    return [Document(key, value if isinstance(value, bytes) else json.dumps(value).encode()) for key, value in found.items()]


def problems_of(hierarchy: Hierarchy | MetadataError) -> Problems:
    return [(problem.path, problem.kind, problem.severity) for problem in hierarchy.problems]


V2: dict[str, Any] = {
    ".zgroup": {"zarr_format": 2},
    ".zattrs": {"title": "t"},
    "b/.zarray": array_v2([4, 6], [2, 3]),
    "b/.zattrs": {"_ARRAY_DIMENSIONS": ["y", "x"]},
    "a/.zgroup": {"zarr_format": 2},
    "a/x y/.zarray": array_v2([4]),
}
V3: dict[str, Any] = {
    "zarr.json": group_v3(title="t"),
    "b/zarr.json": array_v3([4, 6], [2, 3], dimension_names=["y", "x"], attributes={"units": "K"}),
    "a/zarr.json": group_v3(),
    "a/x y/zarr.json": array_v3([4]),
}


def consolidated_v2(found: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": found, "zarr_consolidated_format": 1}


def consolidated_v3(found: dict[str, Any]) -> dict[str, Any]:
    inside = {key.removesuffix("/zarr.json"): value for key, value in found.items() if key != "zarr.json"}
    return {**found["zarr.json"], "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": inside}}


ROUTES = {
    "v2 listing": documents(V2),
    "v2 listing, backwards": documents(dict(reversed(V2.items()))),
    "v2 consolidated": documents({".zmetadata": consolidated_v2(V2)}),
    "v2 consolidated under another key": documents({".all_metadata": consolidated_v2(dict(reversed(V2.items())))}),
    "v3 listing": documents(V3),
    "v3 consolidated": documents({"zarr.json": consolidated_v3(V3)}),
}


@pytest.mark.parametrize("route", ROUTES)
def test_the_same_nodes_by_every_route(route: str) -> None:
    hierarchy = parse_hierarchy(ROUTES[route])
    assert [node.path for node in hierarchy.nodes] == ["", "a", "a/x y", "b"]
    assert [group.path for group in hierarchy.groups] == ["", "a"]
    assert [array.path for array in hierarchy.arrays] == ["a/x y", "b"]
    assert hierarchy.groups[0].attributes == {"title": "t"}
    assert hierarchy.arrays[1].shape == (4, 6)
    assert hierarchy.arrays[1].dimension_names == ("y", "x")
    assert hierarchy.problems == ()


TREE = {"zarr_format": 3, "node_type": "group", "attributes": {}, "members": {"b": array_v3([4, 6], [2, 3])}}
BROKEN = consolidated_v3(V3 | {"a/zarr.json": "no node"})


@pytest.mark.parametrize("found", [*ROUTES.values(), documents({"t.json": TREE}), documents({"sub/zarr.json": BROKEN})])
def test_one_node_is_what_it_is_among_all(found: list[Document]) -> None:
    nodes = parse_hierarchy(found).nodes
    assert nodes
    for node in nodes:
        assert parse_node(found, node.path) == node
    for absent in ("c", "b/c", "zarr.json", "../b", "sub/a"):
        assert parse_node(found, absent) is None


def test_one_node_of_nothing_is_what_all_of_nothing_are() -> None:
    for nothing in ([], documents({"zarr.json": b"{"}), documents({"zarr.json": {"zarr_format": 7}})):
        with pytest.raises(MetadataError) as all_of_it:
            parse_hierarchy(nothing)
        with pytest.raises(MetadataError) as one:
            parse_node(nothing, "b")
        assert str(one.value) == str(all_of_it.value)


def test_the_same_digests_by_every_route() -> None:
    for fmt in ("v2", "v3"):
        found = [parse_hierarchy(ROUTES[route]) for route in ROUTES if route.startswith(fmt)]
        assert len({hierarchy.digest for hierarchy in found}) == 1
        assert len({tuple(node.digest for node in hierarchy.nodes) for hierarchy in found}) == 1
    assert parse_hierarchy(ROUTES["v2 listing"]).digest != parse_hierarchy(ROUTES["v3 listing"]).digest


def test_the_digest_depends_on_paths() -> None:
    one, other = documents({"a/zarr.json": group_v3()}), documents({"b/zarr.json": group_v3()})
    assert parse_hierarchy(one).digest != parse_hierarchy(other).digest


def test_formats() -> None:
    assert parse_hierarchy(ROUTES["v2 listing"]).zarr_formats == (2,)
    both = documents({"zarr.json": group_v3(), "old/.zgroup": {"zarr_format": 2}})
    assert parse_hierarchy(both).zarr_formats == (2, 3)


def test_the_root_may_be_an_array() -> None:
    for found in ({"zarr.json": array_v3([4])}, {".zarray": array_v2([4])}):
        hierarchy = parse_hierarchy(documents(found))
        assert [(array.path, array.shape) for array in hierarchy.arrays] == [("", (4,))]
        assert hierarchy.groups == ()


def test_there_need_not_be_a_root() -> None:
    hierarchy = parse_hierarchy(documents({".zmetadata": consolidated_v2({"a/b/.zarray": array_v2([4])})}))
    assert [node.path for node in hierarchy.nodes] == ["a/b"]


def test_where_both_formats_lie_in_one_folder_v3_is_taken() -> None:
    both = documents({".zarray": array_v2([4]), ".zattrs": {"from": 2}, "zarr.json": array_v3([5], attributes={"from": 3})})
    (array,) = parse_hierarchy(both).arrays
    assert (array.zarr_format, array.shape, array.attributes) == (3, (5,), {"from": 3})


@pytest.mark.parametrize("broken", [b"{", {"zarr_format": 3, "node_type": "array"}, {"zarr_format": "draft"}, []])
def test_unless_it_cannot_be_read(broken: Any) -> None:
    hierarchy = parse_hierarchy(documents({".zarray": array_v2([4]), ".zattrs": {"from": 2}, "zarr.json": broken}))
    assert [(array.zarr_format, array.attributes) for array in hierarchy.arrays] == [(2, {"from": 2})]
    assert [severity for _, _, severity in problems_of(hierarchy)] == ["error"]


def test_broken_documents_become_problems_and_the_rest_is_described() -> None:
    found = {
        **V3,
        "lat/zarr.json": b'{"zarr_format": 3,}',
        "lon/zarr.json": array_v3([True]),  # type: ignore[list-item]
        "q/zarr.json": b"\xff\xfe{",
        "deep/zarr.json": b"[" * 70 + b"]" * 70,
        "list/zarr.json": [1, 2],
        "other/zarr.json": {"zarr_format": 3, "node_type": "table"},
    }
    hierarchy = parse_hierarchy(documents(found))
    assert [node.path for node in hierarchy.nodes] == ["", "a", "a/x y", "b"]
    assert sorted(problems_of(hierarchy)) == [
        ("deep/zarr.json", "too-deep", "error"),
        ("lat/zarr.json", "invalid-json", "error"),
        ("list", "not-an-object", "error"),
        ("lon", "shape", "error"),
        ("other", "node-type", "error"),
        ("q/zarr.json", "invalid-text", "error"),
    ]


def test_broken_nodes_inside_a_consolidated_document() -> None:
    found = {**V3, "bad/zarr.json": {"zarr_format": 3, "node_type": "array", "shape": [-1]}, "worse/zarr.json": 5}
    hierarchy = parse_hierarchy(documents({"zarr.json": consolidated_v3(found)}))
    assert len(hierarchy.nodes) == 4
    assert problems_of(hierarchy) == [("bad", "shape", "error"), ("worse", "not-an-object", "error")]


def test_broken_attributes_leave_their_array_without_any() -> None:
    hierarchy = parse_hierarchy(documents({"a/.zarray": array_v2([4]), "a/.zattrs": b'{"units": "K"'}))
    assert [(array.path, array.attributes) for array in hierarchy.arrays] == [("a", {})]
    assert problems_of(hierarchy) == [("a/.zattrs", "invalid-json", "error")]


def test_a_broken_array_with_good_attributes_is_one_problem() -> None:
    hierarchy = parse_hierarchy(documents({".zgroup": {"zarr_format": 2}, "a/.zarray": b"{", "a/.zattrs": {"units": "K"}}))
    assert [node.path for node in hierarchy.nodes] == [""]
    assert problems_of(hierarchy) == [("a/.zarray", "invalid-json", "error")]


@pytest.mark.parametrize("key", [".zmetadata", None])
def test_attributes_alone_make_no_node(key: str | None) -> None:
    found = {".zgroup": {"zarr_format": 2}, "a/.zattrs": {"units": "K"}}
    hierarchy = parse_hierarchy(documents({key: consolidated_v2(found)} if key else found))
    assert [node.path for node in hierarchy.nodes] == [""]
    assert problems_of(hierarchy) == [("a", "no-node", "warning")]


UNSAFE = ["../secret", "/etc", "a//b", "a/../b", "a\\b", "a\x00", "a/", "x" * 2000]


@pytest.mark.parametrize("path", UNSAFE)
def test_unsafe_paths_in_consolidated_documents_are_left_out(path: str) -> None:
    found = {"zarr.json": group_v3(), f"{path}/zarr.json": array_v3([4]), "good/zarr.json": array_v3([4])}
    hierarchy = parse_hierarchy(documents({"zarr.json": consolidated_v3(found)}))
    assert [node.path for node in hierarchy.nodes] == ["", "good"]
    assert [kind for _, kind, _ in problems_of(hierarchy)] == ["unsafe-key"]
    old = {".zgroup": {"zarr_format": 2}, f"{path}/.zarray": array_v2([4]), "good/.zarray": array_v2([4])}
    hierarchy = parse_hierarchy(documents({".zmetadata": consolidated_v2(old)}))
    assert [node.path for node in hierarchy.nodes] == ["", "good"]
    assert [kind for _, kind, _ in problems_of(hierarchy)] == ["unsafe-key"]


@pytest.mark.parametrize("path", UNSAFE)
def test_unsafe_paths_in_a_listing_are_left_out(path: str) -> None:
    hierarchy = parse_hierarchy(documents({"zarr.json": group_v3(), f"{path}/zarr.json": array_v3([4])}))
    assert [node.path for node in hierarchy.nodes] == [""]
    assert [kind for _, kind, _ in problems_of(hierarchy)] == ["unsafe-key"]


def test_a_stray_document_is_left_out() -> None:
    hierarchy = parse_hierarchy(documents({"zarr.json": group_v3(), "notes.json": {"hello": "world"}}))
    assert problems_of(hierarchy) == [("notes.json", "unknown-document", "error")]


def test_in_a_listing_each_document_speaks_for_its_own_node_alone() -> None:
    stale = {"gone/zarr.json": array_v3([4]), "b/zarr.json": array_v3([1, 1])}
    found = {**V3, "a/zarr.json": consolidated_v3({"zarr.json": group_v3(), **stale})}
    hierarchy = parse_hierarchy(documents(found))
    assert [node.path for node in hierarchy.nodes] == ["", "a", "a/x y", "b"]
    assert hierarchy.digest == parse_hierarchy(ROUTES["v3 listing"]).digest


def test_a_consolidated_document_below_the_root_keeps_its_place() -> None:
    hierarchy = parse_hierarchy(documents({"level/0/.zmetadata": consolidated_v2(V2)}))
    assert [node.path for node in hierarchy.nodes] == ["level/0", "level/0/a", "level/0/a/x y", "level/0/b"]


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"zarr.json": b""},
        {"zarr.json": []},
        {".zmetadata": {"hello": "world"}},
        {".zmetadata": consolidated_v2({})},
        {".zmetadata": consolidated_v2({"../a/.zgroup": {"zarr_format": 2}})},
        {".zattrs": {"title": "t"}},
        {"a/zarr.json": {"zarr_format": 3, "node_type": "array", "shape": "x"}},
    ],
)
def test_where_no_node_is_left_all_that_was_found_is_raised(found: dict[str, Any]) -> None:
    with pytest.raises(MetadataError, match="no Zarr node could be read") as caught:
        parse_hierarchy(documents(found))
    assert caught.value.problems


@pytest.mark.parametrize(("allowed", "paths"), [(4, ["", "a", "a/x y", "b"]), (3, 3), (1, 1)])
@pytest.mark.parametrize("route", ["v2 listing", "v2 consolidated", "v3 listing", "v3 consolidated"])
def test_at_most_so_many_nodes(route: str, allowed: int, paths: Any) -> None:
    hierarchy = parse_hierarchy(ROUTES[route], DocumentLimits(max_nodes=allowed))
    if isinstance(paths, list):
        assert [node.path for node in hierarchy.nodes] == paths
        assert hierarchy.problems == ()
    else:
        assert len(hierarchy.nodes) == paths
        assert problems_of(hierarchy) == [("", "too-many-nodes", "error")]
        assert "4 nodes" in hierarchy.problems[0].message


def test_warnings_of_a_consolidated_document_are_kept() -> None:
    text = json.dumps(consolidated_v3(V3)).replace('"units": "K"', '"units": "K", "units": "m"')
    hierarchy = parse_hierarchy([Document("zarr.json", text.encode())])
    assert problems_of(hierarchy) == [("zarr.json", "duplicate-key", "warning")]
    assert hierarchy.arrays[1].attributes == {"units": "m"}


def test_attribute_names_that_mean_something_elsewhere_mean_nothing_here() -> None:
    attributes = {"__proto__": {"x": 1}, "constructor": 1, "@context": {"a": "b"}, "@id": "i", "shape": [9], "metadata": {}}
    hierarchy = parse_hierarchy(documents({"zarr.json": {"zarr_format": 3, "node_type": "group", "attributes": attributes}}))
    assert hierarchy.groups[0].attributes == attributes


def test_exact_numbers_reach_the_tree() -> None:
    text = '{"zarr_format":3,"node_type":"group","attributes":{"id":123456789012345678901234567890,"x":NaN}}'
    attributes = parse_hierarchy([Document("zarr.json", text.encode())]).groups[0].attributes
    assert attributes["id"] == 123456789012345678901234567890
    assert attributes["x"] != attributes["x"]


V2_CONSOLIDATED = """{"zarr_consolidated_format": 1, "metadata": {
  ".zgroup": {"zarr_format": 2},
  "a~b/c/.zarray": {"zarr_format": 2, "chunks": [1], "dtype": "<f4",
    "shape": "many"},
  "d/.zgroup": {"zarr_format": 2},
  "d/.zattrs": [1]}}"""
V3_CONSOLIDATED = """{"zarr_format": 3, "node_type": "group", "consolidated_metadata": {"metadata": {
  "x/y": {"zarr_format": 3, "node_type": "array",
          "shape": -1}}}}"""


@pytest.mark.parametrize(
    ("documents", "places"),
    [
        ({".zmetadata": V2_CONSOLIDATED}, {("a~b/c", "shape", 4, 5), ("d", "attributes", 6, 3)}),
        ({"zarr.json": V3_CONSOLIDATED}, {("x/y", "shape", 3, 11)}),
        ({"part/zarr.json": V3_CONSOLIDATED}, {("part/x/y", "shape", 3, 11)}),
        (
            {
                "zarr.json": '{"zarr_format": 3,\n "node_type": "group"}',
                "n/zarr.json": '{"zarr_format": 3,\n "node_type": "leaf"}',
            },
            {("n", "node-type", 2, 2)},
        ),
        (
            {".zgroup": '{"zarr_format": 2}', "n/.zarray": '{\n\n"shape": [1.5]}'},
            {("n", "zarr-format", 0, 0), ("n", "shape", 3, 1)},
        ),
    ],
)
def test_what_is_wrong_with_a_node_has_its_place_in_the_file(
    documents: dict[str, str], places: set[tuple[str, str, int, int]]
) -> None:
    hierarchy = parse_hierarchy([Document(key, text.encode()) for key, text in documents.items()])
    assert {(p.path, p.kind, p.line, p.column) for p in hierarchy.problems} == places


def test_a_folder_of_stores_is_told() -> None:
    """Two stores side by side, and each alone, with and without a group above."""
    store = {"zarr.json": group_v3(), "x/zarr.json": group_v3(), "x/y/zarr.json": array_v3([2])}
    side_by_side = {f"{name}/{key}": value for name in ("a.zarr", "b.zarr") for key, value in store.items()}
    alone = {f"a.zarr/{key}": value for key, value in store.items()}
    assert problems_of(parse_hierarchy(documents(side_by_side))) == [("", "several-roots", "info")]
    assert problems_of(parse_hierarchy(documents({**side_by_side, "zarr.json": group_v3()}))) == []
    assert problems_of(parse_hierarchy(documents(alone))) == []
    assert problems_of(parse_hierarchy(documents(store))) == []
