"""Does published JSON-LD give the statements that its publishers wrote down elsewhere?"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.compare import isomorphic

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.conventions.jsonld import LinkedData, holds_linked_data
from tests.support.corpora import find_corpora
from tests.support.jsonld import as_graph, read, read_by_rdflib

EXAMPLES = Path("dxwg-dcat/dcat/examples")
DIFFERENT = {
    "compress-and-package": "the JSON-LD has a statement more",
    "csiro-stratchart-sdo": "texts have languages in the Turtle only",
    "dataset-004-sdo": "texts have languages in the Turtle only",
    "ga-wms": "texts have languages in the Turtle only",
    "relation-examples": "texts have languages in the Turtle only",
    "threddsABC": "texts have languages in the Turtle only",
    "dryad-globtherm-sdata": "the JSON-LD does not define the prefix ex:",
}
"""Examples whose two files do not say the same, and where they differ."""

DCAT = "http://www.w3.org/ns/dcat#"
ACCESS = re.compile(
    rf"{DCAT}(accessURL|downloadURL|endpointURL|endpointDescription|accessService|servesDataset|distribution|service)"
)
ACCESS_CLASS = re.compile(rf"{DCAT}(Distribution|DataService)")


def twins() -> list[Path]:
    folder = find_corpora() / EXAMPLES
    found = sorted(path.relative_to(folder) for path in folder.rglob("*.jsonld") if path.with_suffix(".ttl").is_file())
    return [path for path in found if path.stem not in DIFFERENT]


def without_access(graph: rdflib.Graph) -> rdflib.Graph:
    """The graph without what a store may not say: where and how data can be had."""
    kept = rdflib.Graph()
    for subject, predicate, target in graph:
        is_type = predicate == rdflib.RDF.type
        if not ACCESS.fullmatch(str(predicate)) and not (is_type and ACCESS_CLASS.fullmatch(str(target))):
            kept.add((subject, predicate, target))
    return kept


def attributes_of(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_bytes())
    return value if isinstance(value, dict) else {"@graph": value}


def test_there_are_twins(corpora: Path) -> None:
    assert len(twins()) >= 35


@pytest.mark.parametrize("name", twins(), ids=str)
def test_dcat_examples_say_what_their_turtle_says(corpora: Path, name: Path) -> None:
    path = corpora / EXAMPLES / name
    expected = without_access(rdflib.Graph().parse(path.with_suffix(".ttl")))
    assert isomorphic(as_graph(read(attributes_of(path)).lines), expected)


@pytest.mark.parametrize("stem", sorted(DIFFERENT))
def test_examples_that_differ_are_read_as_rdflib_reads_them(corpora: Path, stem: str) -> None:
    for path in sorted((corpora / EXAMPLES).rglob(f"{stem}.jsonld")):
        attributes = attributes_of(path)
        assert isomorphic(as_graph(read(attributes).lines), without_access(read_by_rdflib(attributes)))


def linked_nodes(corpora: Path, key: str) -> dict[str, LinkedData]:
    hierarchy = parse_hierarchy([Document(Path(key).name, (corpora / key).read_bytes())])
    nodes = [node for node in hierarchy.nodes if holds_linked_data(node.attributes)]
    return {node.path: read(node.attributes, path=node.path) for node in nodes}


class TestSeedStore:
    """The store of sdsc-ordes/zarr-linked-data, whose attributes are expanded JSON-LD."""

    STORE = "zarr-linked-data/test_store.zarr"

    def test_67_statements_in_7_nodes(self, corpora: Path) -> None:
        nodes = linked_nodes(corpora, f"{self.STORE}/.all_metadata")
        assert len({line for linked in nodes.values() for line in linked.lines}) == 67
        assert sum(bool(linked.subjects) for linked in nodes.values()) == 7
        assert [problem for linked in nodes.values() for problem in linked.problems] == []
        assert all(linked.rest == {} for linked in nodes.values())

    def test_each_node_describes_the_thing_of_its_own_name(self, corpora: Path) -> None:
        for path, linked in linked_nodes(corpora, f"{self.STORE}/.all_metadata").items():
            (subject,) = linked.subjects
            assert subject.rpartition("/")[2] == path.rpartition("/")[2]

    def test_they_are_what_rdflib_finds_in_the_single_files(self, corpora: Path) -> None:
        expected = rdflib.Graph()
        for path in (corpora / self.STORE).rglob(".zattrs"):
            expected += read_by_rdflib(json.loads(path.read_bytes()))
        assert len(expected) == 67
        nodes = linked_nodes(corpora, f"{self.STORE}/.all_metadata")
        assert isomorphic(as_graph(line for linked in nodes.values() for line in linked.lines), expected)

    def test_the_file_it_was_made_from_has_82(self, corpora: Path) -> None:
        attributes = attributes_of(corpora / "zarr-linked-data/original_data.jsonld")
        linked = read(attributes)
        assert len(linked.lines) == 82
        assert isomorphic(as_graph(linked.lines), read_by_rdflib(attributes))


@pytest.mark.parametrize("key", ["modos-api/data/ex/data.zarr/zarr.json", "modos-api/v2-2025-09-30/data/ex/data.zarr/.zmetadata"])
def test_modos_names_types_by_words_so_its_attributes_stay_plain(corpora: Path, key: str) -> None:
    nodes = linked_nodes(corpora, key)
    assert len(nodes) == 6
    for linked in nodes.values():
        assert linked.lines == ()
        assert "@type" in linked.rest
        assert [problem.kind for problem in linked.problems] == ["json-ld-without-statement"]
