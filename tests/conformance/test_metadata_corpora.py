"""Published stores: are all nodes found by every route, the broken documents named, and does the graph say what they say?

The documents are read straight from disk here; ``expected.json`` of the corpora says what a reader must find in them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import MetadataError, Problem
from catalog.metadata.document import Document, parse_document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.convention import About, Given
from catalog.rdf.conventions import find_conventions
from catalog.rdf.conventions.jsonld import holds_linked_data
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from tests.support import rebuild
from tests.support.corpora import find_corpora
from tests.support.rebuild import Digest, same
from tests.support.reparse import ZO, facts_of, text_of

NAMES = {"zarr.json", ".zarray", ".zgroup", ".zattrs"}
EXPECTED_FILE = find_corpora() / "expected.json"
EXPECTED: dict[str, dict[str, Any]] = json.loads(EXPECTED_FILE.read_text()) if EXPECTED_FILE.is_file() else {}
CONSOLIDATED = [store for store, expected in EXPECTED.items() if "arrays" in (expected["consolidated"] or {})]

SAME_NAME = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
}  # fmt: skip
"""Types that NumPy and Zarr call the same."""


def zarr_names(numpy_name: str) -> set[str]:
    """What Zarr may call what NumPy calls so."""
    name = numpy_name.lstrip("<>|")
    if numpy_name in {"StringDType()", "object"}:
        return {"string", "variable_length_bytes", "object"}
    if name.startswith(("datetime64", "timedelta64")):
        return {f"numpy.{name.partition('[')[0]}"}
    fixed = {"U": "fixed_length_utf32", "S": "null_terminated_bytes", "V": "raw_bytes"}
    return {fixed.get(name[0]) or {"f4": "float32"}.get(name, name)}


def listed(root: Path) -> list[Document]:
    """Every metadata document below a folder."""
    paths = sorted(path for path in root.rglob("*") if path.name in NAMES and path.is_file())
    return [Document(path.relative_to(root).as_posix(), path.read_bytes()) for path in paths]


def by_listing(root: Path) -> tuple[Hierarchy | None, tuple[Problem, ...]]:
    """The hierarchy in a folder's documents, and what is wrong with them."""
    documents = listed(root)
    try:
        hierarchy = parse_hierarchy(documents)
    except MetadataError as error:
        return None, error.problems
    return hierarchy, hierarchy.problems


def test_the_corpora_are_complete(corpora: Path) -> None:
    assert len(EXPECTED) >= 131
    assert len(CONSOLIDATED) == 20


@pytest.mark.parametrize("store", EXPECTED)
def test_a_listing_finds_every_node_and_names_every_broken_document(corpora: Path, store: str) -> None:
    expected = EXPECTED[store]["listing"]
    hierarchy, problems = by_listing(corpora / store)
    found = (len(hierarchy.groups), len(hierarchy.arrays)) if hierarchy else (0, 0)
    assert found == (expected["groups"], expected["arrays"])
    broken = {each["document"] for each in expected["invalid"]}
    errors = {problem.path for problem in problems if problem.severity == "error" and problem.kind != "no-node"}
    assert errors in (broken, {document.rpartition("/")[0] for document in broken}), "by key, or by the path of the node"


@pytest.mark.parametrize("store", CONSOLIDATED)
def test_a_consolidated_document_gives_every_node_in_it(corpora: Path, store: str) -> None:
    expected = EXPECTED[store]["consolidated"]
    document = Document(expected["key"], (corpora / store / expected["key"]).read_bytes())
    if expected["groups"] + expected["arrays"] == 0:
        with pytest.raises(MetadataError, match="neither groups nor arrays"):
            parse_hierarchy([document])
        return
    hierarchy = parse_hierarchy([document])
    assert (len(hierarchy.groups), len(hierarchy.arrays)) == (expected["groups"], expected["arrays"])
    assert not [problem for problem in hierarchy.problems if problem.severity == "error"]


@pytest.mark.parametrize("store", [store for store, expected in EXPECTED.items() if expected["arrays"]])
def test_arrays_have_the_shape_and_type_that_zarr_python_sees(corpora: Path, store: str) -> None:
    hierarchy, _ = by_listing(corpora / store)
    assert hierarchy
    arrays = {array.path: array for array in hierarchy.arrays}
    for path, expected in EXPECTED[store]["arrays"].items():
        assert list(arrays[path].shape) == expected["shape"], path
        assert arrays[path].layout.data_type.name in zarr_names(expected["dtype"]), path
        assert arrays[path].obstacle is None, path


@pytest.mark.parametrize("store", [store for store, expected in EXPECTED.items() if expected["not_readable_by_zarr_python"]])
def test_what_zarr_python_refuses_is_described(corpora: Path, store: str) -> None:
    hierarchy, _ = by_listing(corpora / store)
    assert hierarchy
    assert set(EXPECTED[store]["not_readable_by_zarr_python"]) <= {array.path for array in hierarchy.arrays}


@pytest.mark.parametrize("store", [store for store, expected in EXPECTED.items() if expected["both_formats"]])
def test_where_both_formats_lie_v3_is_taken(corpora: Path, store: str) -> None:
    hierarchy, _ = by_listing(corpora / store)
    assert hierarchy
    formats = {node.path: node.zarr_format for node in hierarchy.nodes}
    assert [formats[path] for path in EXPECTED[store]["both_formats"]] == [3] * len(EXPECTED[store]["both_formats"])


# -- the graph says what the documents say ---------------------------------------------------------------------------------------


def documents_of(root: Path, path: str) -> Iterator[dict[str, Any]]:
    """The node's document without its attributes, then the attributes."""
    folder = root / path
    if (folder / "zarr.json").is_file():
        document = json.loads((folder / "zarr.json").read_bytes())
        attributes = document.pop("attributes", None) or {}
    else:
        name = ".zarray" if (folder / ".zarray").is_file() else ".zgroup"
        document = json.loads((folder / name).read_bytes())
        attributes = json.loads((folder / ".zattrs").read_bytes()) if (folder / ".zattrs").is_file() else {}
    yield document
    yield attributes


@pytest.mark.parametrize("store", EXPECTED)
def test_the_graph_rebuilds_every_array_and_every_attribute(corpora: Path, store: str) -> None:
    hierarchy, _ = by_listing(corpora / store)
    if hierarchy is None:
        assert EXPECTED[store]["listing"]["groups"] + EXPECTED[store]["listing"]["arrays"] == 0
        return
    facts = facts_of(describe(hierarchy, "x", Iris()).structure)
    said = [each.describe(hierarchy, About("x", Iris()), Given()).consumed for each in find_conventions(hierarchy)]
    nodes = {text_of(about[ZO + "path"]): subject for subject, about in facts.items() if ZO + "path" in about}
    for node in hierarchy.nodes:
        document, attributes = documents_of(corpora / store, node.path)
        if "shape" in document:
            stated = {key: value for key, value in document.items() if key not in {"node_type", "consolidated_metadata"}}
            names = stated.get("dimension_names") or attributes.get("_ARRAY_DIMENSIONS") or [None] * len(stated["shape"])
            assert same(rebuild.array_document(facts, nodes[node.path]), {**stated, "dimension_names": names}), node.path
        if not holds_linked_data(attributes):
            found = rebuild.attributes(facts, nodes[node.path])
            shown = {key: attributes[key] if isinstance(value, Digest) else value for key, value in found.items()}
            consumed = {key for each in said for key in each.get(node.path, ())}  # the conventions' own tests see to these
            assert same(shown, {key: value for key, value in attributes.items() if key not in consumed}), node.path


# -- documents of other kinds ----------------------------------------------------------------------------------------------------


def test_every_json_file_is_read_as_the_standard_library_reads_it_or_refused(corpora: Path) -> None:
    refused, read = [], 0
    for path in sorted(corpora.rglob("*")):
        if path.suffix not in {".json", ".jsonld"} and path.name not in NAMES | {".zmetadata", ".all_metadata", "zmetadata"}:
            continue
        parsed = parse_document(Document(path.name, path.read_bytes()))
        try:
            value = json.loads(path.read_bytes().decode("utf-8-sig"))
        except ValueError:
            assert [problem.kind for problem in parsed.problems] == ["invalid-json"], path
            refused.append(path.relative_to(corpora).as_posix())
            continue
        assert not [problem for problem in parsed.problems if problem.severity == "error"], path
        assert same(parsed.value, value), path
        read += 1
    assert read > 1500
    assert {
        "cfdm/example_field_0.zarr3/lat/zarr.json",
        "ngff-spec/0.5/examples/multiscales_strict/multiscales_example.json",
    } <= set(refused)


def test_large_product_metadata_come_back_as_attributes(corpora: Path) -> None:
    """Copernicus products: each of hundreds of kilobytes, nested deeply, with a whole STAC item inside."""
    paths = sorted((corpora / "eopf-data-model").rglob("*.json"))
    assert len(paths) >= 3
    for path in paths:
        attributes = json.loads(path.read_bytes())["attributes"]
        text = json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {"product": attributes}})
        hierarchy = parse_hierarchy([Document("zarr.json", text.encode())])
        facts = facts_of(describe(hierarchy, "x", Iris()).structure)
        (node,) = (subject for subject, about in facts.items() if ZO + "path" in about)
        assert same(rebuild.attributes(facts, node)["product"], attributes), path
