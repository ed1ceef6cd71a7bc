"""What do the documents of one node say, and what is wrong with them?"""

from typing import Any

import pytest

from catalog.metadata.array import Array
from catalog.metadata.group import Group
from catalog.metadata.node_parser import NodeParser
from tests.support.zarr_documents import array_v2, array_v3, group_v3


def kinds(parser: NodeParser) -> list[tuple[str, str, str, str]]:
    return [(problem.path, problem.kind, problem.severity, problem.pointer) for problem in parser.problems]


def parse_v3(document: Any) -> tuple[Any, list[tuple[str, str, str, str]]]:
    parser = NodeParser()
    return parser.node_v3("a", document), kinds(parser)


def parse_v2(zarray: Any, zattrs: Any = None) -> tuple[Any, list[tuple[str, str, str, str]]]:
    parser = NodeParser()
    return parser.array_v2("a", zarray, zattrs), kinds(parser)


def test_a_v3_array() -> None:
    node, problems = parse_v3(array_v3([4, 6], [2, 3], dimension_names=["y", None], attributes={"units": "K"}))
    assert isinstance(node, Array)
    assert (node.path, node.shape, node.dimension_names, node.attributes) == ("a", (4, 6), ("y", None), {"units": "K"})
    assert node.layout.chunk_grid.chunk_shape == (2, 3)
    assert problems == []


def test_a_v2_array() -> None:
    node, problems = parse_v2(array_v2([4, 6], [2, 3]), {"units": "K", "_ARRAY_DIMENSIONS": ["y", "x"]})
    assert (node.shape, node.dimension_names) == ((4, 6), ("y", "x"))
    assert node.attributes == {"units": "K", "_ARRAY_DIMENSIONS": ["y", "x"]}
    assert problems == []


def test_groups() -> None:
    assert parse_v3(group_v3(title="t")) == (Group("a", 3, {"title": "t"}), [])
    assert parse_v3({"zarr_format": 3, "node_type": "group"}) == (Group("a", 3, {}), [])
    parser = NodeParser()
    assert parser.group_v2("a", {"zarr_format": 2}, None) == Group("a", 2, {})
    assert parser.group_v2("b", {"zarr_format": 2}, {"title": "t"}) == Group("b", 2, {"title": "t"})
    assert parser.problems == []


def test_members_that_v2_does_not_have_mean_nothing_there() -> None:
    node, problems = parse_v2({**array_v2([4], [2]), "dimension_names": ["x"], "attributes": {"units": "K"}})
    assert (node.dimension_names, node.attributes) == ((None,), {})
    assert problems == []


@pytest.mark.parametrize(
    "shape",
    [None, 5, "5", {}, [True], [5.0], [-1], ["5"], [None], [[5]], [1] * 65, float("nan")],
)
def test_a_shape_that_is_none_leaves_the_array_out(shape: Any) -> None:
    expected = (None, [("a", "shape", "error", "/shape")])
    assert parse_v3({**array_v3([1]), "shape": shape}) == expected
    assert parse_v2({**array_v2([1]), "shape": shape}) == expected


def test_a_missing_shape_too() -> None:
    document = array_v3([1])
    del document["shape"]
    assert parse_v3(document) == (None, [("a", "shape", "error", "/shape")])


def test_64_dimensions_are_described() -> None:
    node, problems = parse_v3(array_v3([1] * 64))
    assert (node.shape, problems) == ((1,) * 64, [])


@pytest.mark.parametrize("extent", [2**63, 2**70, 10**3999])
def test_extents_that_no_reader_counts_to_are_described_with_a_warning(extent: int) -> None:
    node, problems = parse_v3(array_v3([5, extent], [5, 5]))
    assert node.shape == (5, extent)
    assert problems == [("a", "shape", "warning", "/shape")]
    assert parse_v3(array_v3([2**63 - 1], [5]))[1] == []


@pytest.mark.parametrize("names", [["y"], "yx", ["y", 5], {"y": 0}])
def test_dimension_names_that_do_not_fit_are_left_out(names: Any) -> None:
    node, problems = parse_v3(array_v3([4, 6], dimension_names=names))
    assert node.dimension_names == (None, None)
    assert problems == [("a", "dimension-names", "warning", "/dimension_names")]


def test_chunks_of_another_rank_are_reported_for_each_array() -> None:
    parser = NodeParser()
    for path in ("a", "b"):
        assert parser.node_v3(path, array_v3([4, 6], [2]), plain=True) is not None
    assert kinds(parser) == [("a", "chunk-grid", "error", ""), ("b", "chunk-grid", "error", "")]


@pytest.mark.parametrize(
    ("members", "kind", "severity"),
    [
        ({"data_type": 5}, "data-type", "error"),
        ({"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [0]}}}, "chunk-grid", "error"),
        ({"chunk_grid": None}, "chunk-grid", "error"),
        ({"chunk_grid": {"name": "rectilinear"}}, "chunk-grid", "warning"),
        ({"chunk_key_encoding": {"name": "suffix"}}, "chunk-key-encoding", "warning"),
        ({"storage_transformers": [{"name": "cache"}]}, "extension", "warning"),
        ({"consistency": {"name": "x"}}, "extension", "warning"),
    ],
)
def test_what_a_layout_has_wrong_is_reported_once_and_its_arrays_are_described(
    members: dict[str, Any], kind: str, severity: str
) -> None:
    parser = NodeParser()
    first = parser.node_v3("a", array_v3([4], **members), plain=True)
    second = parser.node_v3("b", array_v3([4], **members), plain=True)
    assert isinstance(first, Array)
    assert isinstance(second, Array)
    assert first.layout is second.layout
    assert kinds(parser) == [("a", kind, severity, "")]


@pytest.mark.parametrize("plain", [True, False])
def test_equal_layouts_are_one_object(plain: bool) -> None:
    parser = NodeParser()
    document = array_v3([4], [2])
    reordered = dict(reversed({**array_v3([9], [2]), "attributes": {"x": 1}, "dimension_names": ["t"]}.items()))
    one, other = parser.node_v3("a", document, plain=plain), parser.node_v3("b", reordered, plain=plain)
    assert isinstance(one, Array)
    assert isinstance(other, Array)
    assert one.layout is other.layout
    assert (one.shape, other.shape, other.dimension_names) == ((4,), (9,), ("t",))
    different = parser.node_v3("c", array_v3([4], [2], fill_value=1.0), plain=plain)
    assert isinstance(different, Array)
    assert different.layout is not one.layout


def test_arrays_that_differ_in_attributes_alone_keep_their_own() -> None:
    parser = NodeParser()
    names = [["y", "x"], ["lat", "lon"], None]
    for index, dimensions in enumerate(names):
        attributes = {"index": index} | ({"_ARRAY_DIMENSIONS": dimensions} if dimensions else {})
        node = parser.array_v2(f"a{index}", array_v2([4, 6], [2, 3]), attributes, plain=True)
        assert isinstance(node, Array)
        assert node.attributes["index"] == index
        assert node.dimension_names == tuple(dimensions or (None, None))
    assert parser.problems == []


def test_parsing_changes_no_document() -> None:
    document = array_v3([4], attributes={"x": 1})
    before = array_v3([4], attributes={"x": 1})
    parse_v3(document)
    assert document == before


@pytest.mark.parametrize("attributes", [[], "x", 5, True])
def test_attributes_that_are_no_object_are_left_out(attributes: Any) -> None:
    node, problems = parse_v3(array_v3([4], attributes=attributes))
    assert (node.attributes, problems) == ({}, [("a", "attributes", "error", "")])
    node, problems = parse_v2(array_v2([4]), attributes)
    assert (node.attributes, problems) == ({}, [("a", "attributes", "error", "")])


@pytest.mark.parametrize("document", [None, [], "array", 5, True])
def test_documents_that_are_no_objects(document: Any) -> None:
    assert parse_v3(document) == (None, [("a", "not-an-object", "error", "")])
    assert parse_v2(document) == (None, [("a", "not-an-object", "error", "")])
    parser = NodeParser()
    assert parser.group_v2("a", document, {}) is None
    assert kinds(parser) == [("a", "not-an-object", "error", "")]


@pytest.mark.parametrize("stated", [2, "3", None, 4, {}, "https://purl.org/zarr/spec/protocol/core/3.0"])
def test_v3_documents_of_another_format_are_left_out(stated: Any) -> None:
    assert parse_v3({**array_v3([4]), "zarr_format": stated}) == (None, [("a", "zarr-format", "error", "/zarr_format")])


def test_the_early_draft_of_v3_is_left_out() -> None:
    draft = {"zarr_format": 3, "metadata_encoding": "https://purl.org/zarr/spec/protocol/core/3.0", "node_type": "group"}
    assert parse_v3(draft) == (None, [("a", "zarr-format", "error", "/zarr_format")])


@pytest.mark.parametrize("stated", [3, "2", None])
def test_v2_documents_that_do_not_say_2_are_read_with_a_warning(stated: Any) -> None:
    node, problems = parse_v2({**array_v2([4]), "zarr_format": stated})
    assert (node.shape, problems) == (
        (4,),
        [("a", "zarr-format", "warning", "/zarr_format"), ("a", "not-readable", "info", "")],
    )
    parser = NodeParser()
    assert parser.group_v2("a", {"zarr_format": stated}, None) == Group("a", 2, {})
    assert kinds(parser) == [("a", "zarr-format", "warning", "/zarr_format")]


@pytest.mark.parametrize("kind", [None, "dataset", 5, ["array"]])
def test_v3_nodes_of_another_type_are_left_out(kind: Any) -> None:
    assert parse_v3({**array_v3([4]), "node_type": kind}) == (None, [("a", "node-type", "error", "/node_type")])


def test_messages_stay_short_whatever_they_quote() -> None:
    long = "x" * 100_000
    parser = NodeParser()
    for document in (
        {**array_v3([4]), "shape": long},
        {**array_v3([4]), "zarr_format": long},
        {**array_v3([4]), "node_type": long},
        array_v3([4], dimension_names=long),
        array_v3([4], chunk_grid={"name": long}),
        array_v3([4], chunk_key_encoding={"name": long, "configuration": {"separator": long}}),
        array_v3([4], storage_transformers=[long]),
        array_v3([4], data_type=[long]),
        array_v3([4], [1] * 10_000),
    ):
        parser.node_v3("a", document)
    assert len(parser.problems) >= 9
    assert max(len(problem.message) for problem in parser.problems) < 400
