"""Does the structure graph say what the documents say, in few triples, and always in the same bytes?"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf import terms
from catalog.rdf.hierarchy import Description, describe
from catalog.rdf.iris import Iris
from tests.support import rebuild
from tests.support.plates import as_v2, as_v3, consolidated_v2, consolidated_v3, plate
from tests.support.reparse import (
    LABEL,
    RDF_TYPE,
    XSD,
    ZO,
    Value,
    facts_of,
    only,
    read_with_pyoxigraph,
    read_with_rdflib,
    text_of,
)
from tests.support.zarr_documents import array_v2, array_v3, group_v3

ROOT = Path(__file__).resolve().parents[3]
DCT = "http://purl.org/dc/terms/"
BASE = "http://localhost:8000/datasets/cube"
SUBJECT = "cube"
STRING = f"{XSD}string"


def hierarchy(found: dict[str, Any]) -> Hierarchy:
    return parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in found.items()])


def described(found: dict[str, Any]) -> Description:
    return describe(hierarchy(found), SUBJECT, Iris())


SMALL = as_v3(
    {
        "": group_v3(title="t"),
        "a": group_v3(),
        "a/b c": array_v3([4, 6], [2, 3], dimension_names=["y", None], attributes={"sample": "K"}),
        "a/d": array_v3([4, 6], [2, 3], dimension_names=["y", None]),
        "e/f": array_v3([], []),
    }
)


def test_the_dataset() -> None:
    about = facts_of(described(SMALL).structure)[BASE]
    assert about == {
        RDF_TYPE: {"http://www.w3.org/ns/dcat#Dataset"},
        f"{DCT}identifier": {Value("cube")},
        f"{DCT}conformsTo": {"https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html"},
        f"{ZO}rootNode": {f"{BASE}/nodes/"},
        f"{DCT}hasPart": {f"{BASE}/nodes/"},
    }


def test_nodes_and_where_they_belong() -> None:
    found = facts_of(described(SMALL).structure)
    nodes = {text_of(about[ZO + "path"]): about for about in found.values() if ZO + "path" in about}
    assert sorted(nodes) == ["", "a", "a/b c", "a/d", "e/f"]
    assert {path: only(about[RDF_TYPE]) for path, about in nodes.items()} == {
        "": f"{ZO}ZarrGroup",
        "a": f"{ZO}ZarrGroup",
        "a/b c": f"{ZO}ZarrArray",
        "a/d": f"{ZO}ZarrArray",
        "e/f": f"{ZO}ZarrArray",
    }
    assert {path: only(about[f"{DCT}isPartOf"]) for path, about in nodes.items()} == {
        "": BASE,
        "a": f"{BASE}/nodes/",
        "a/b c": f"{BASE}/nodes/a",
        "a/d": f"{BASE}/nodes/a",
        "e/f": f"{BASE}/nodes/",
    }
    assert nodes["a"][f"{DCT}hasPart"] == {f"{BASE}/nodes/a/b%20c", f"{BASE}/nodes/a/d"}
    assert {path: text_of(about[LABEL]) for path, about in nodes.items()} == {
        "": "cube",
        "a": "a",
        "a/b c": "b c",
        "a/d": "d",
        "e/f": "f",
    }
    assert all(about[ZO + "inDataset"] == {BASE} for about in nodes.values())
    assert nodes["a"][ZO + "zarrFormat"] == {Value("3", f"{XSD}integer")}


def test_nodes_have_their_digests() -> None:
    tree = hierarchy(SMALL)
    found = facts_of(describe(tree, SUBJECT, Iris()).structure)
    nodes = {text_of(about[ZO + "path"]): text_of(about[ZO + "digest"]) for about in found.values() if ZO + "path" in about}
    assert nodes == {node.path: node.digest for node in tree.nodes}


def test_without_a_root_the_dataset_holds_the_topmost_nodes() -> None:
    found = facts_of(described({"a/b/zarr.json": array_v3([4]), "a/b c/zarr.json": group_v3()}).structure)
    assert ZO + "rootNode" not in found[BASE]
    assert found[BASE][f"{DCT}hasPart"] == {f"{BASE}/nodes/a/b", f"{BASE}/nodes/a/b%20c"}


def test_a_node_without_its_folder_belongs_to_the_nearest_node_above() -> None:
    nodes = {"": group_v3(), "a": group_v3(), "a/b/c": group_v3(), "a/b/c/d/e/f": array_v3([4]), "ab/c": group_v3()}
    found = facts_of(described(as_v3(nodes)).structure)
    above = {"a": "", "a/b/c": "a", "a/b/c/d/e/f": "a/b/c", "ab/c": ""}
    for path, parent in above.items():
        assert found[f"{BASE}/nodes/{path}"][f"{DCT}isPartOf"] == {f"{BASE}/nodes/{parent}"}


def test_both_formats_are_named() -> None:
    found = facts_of(described({"zarr.json": group_v3(), "old/.zarray": array_v2([4])}).structure)
    assert len(found[BASE][f"{DCT}conformsTo"]) == 2
    layout = found[str(only(found[f"{BASE}/nodes/old"][ZO + "layout"]))]
    assert layout[ZO + "zarrFormat"] == {Value("2", f"{XSD}integer")}


def test_arrays_come_back() -> None:
    found = facts_of(described(SMALL).structure)
    for key in ("a/b c", "a/d", "e/f"):
        node = f"{BASE}/nodes/{key.replace(' ', '%20')}"
        document = {name: value for name, value in SMALL[f"{key}/zarr.json"].items() if name not in {"attributes", "node_type"}}
        assert rebuild.array_document(found, node) == {"dimension_names": [], **document}
        assert rebuild.codecs(found, node) == [("bytes", "codec", {"endian": "little"})]
    assert rebuild.attributes(found, f"{BASE}/nodes/a/b%20c") == {"sample": "K"}
    assert rebuild.attributes(found, f"{BASE}/nodes/") == {"title": "t"}


def test_arrays_share_layouts_and_dimensions() -> None:
    found = facts_of(described(SMALL).structure)
    one, other = found[f"{BASE}/nodes/a/b%20c"], found[f"{BASE}/nodes/a/d"]
    assert one[ZO + "layout"] == other[ZO + "layout"]
    assert one[ZO + "dimension"] == other[ZO + "dimension"]
    assert Counter(only(about[RDF_TYPE]) for about in found.values())[f"{ZO}Layout"] == 2


def test_a_plate_takes_at_most_20_triples_per_array() -> None:
    nodes = {path: {**node, "attributes": {}} for path, node in plate().items()}  # what a convention says comes on top
    found = described({"zarr.json": consolidated_v3(nodes)})
    per_node = Counter(line.split(b" ", 1)[0] for line in found.structure.splitlines())
    arrays = [path for path, node in nodes.items() if node["node_type"] == "array"]
    assert len(arrays) == 8 * 12 * 4 * 5
    # Its own lines, and the one that its group says about it.
    assert {per_node[f"<{BASE}/nodes/{path}>".encode()] + 1 for path in arrays} == {15}
    facts = facts_of(found.structure)
    groups = [about for about in facts.values() if about.get(RDF_TYPE) == {f"{ZO}ZarrGroup"}]
    besides = sum(len(objects) for about in groups for predicate, objects in about.items() if predicate != f"{DCT}hasPart")
    shared = found.triples - besides - 15 * len(arrays)
    assert (15 * len(arrays) + shared) / len(arrays) <= 20, "with layouts, dimensions and attributes that they share"


ROUTES = {
    "v3": (as_v3(plate(2, 3, 2, 3)), {"zarr.json": consolidated_v3(plate(2, 3, 2, 3))}),
    "v2": (as_v2(plate(2, 3, 2, 3)), {".zmetadata": consolidated_v2(as_v2(plate(2, 3, 2, 3)))}),
}


@pytest.mark.parametrize("fmt", ROUTES)
def test_the_same_bytes_by_every_route(fmt: str) -> None:
    listing, consolidated = ROUTES[fmt]
    backwards = dict(reversed(listing.items()))
    found = [described(documents).structure for documents in (listing, consolidated, backwards)]
    assert found[0] == found[1] == found[2]
    one, other = (
        parse_hierarchy([Document(k, json.dumps(v, indent=i, sort_keys=bool(i)).encode()) for k, v in consolidated.items()])
        for i in (None, 2)
    )
    assert describe(one, SUBJECT, Iris()) == describe(other, SUBJECT, Iris())


@pytest.mark.parametrize("fmt", ROUTES)
def test_every_line_is_one_triple_for_two_parsers(fmt: str) -> None:
    structure = described(ROUTES[fmt][0]).structure
    facts_of(structure)
    assert read_with_pyoxigraph(structure) == read_with_rdflib(structure)


def test_the_same_bytes_in_every_process() -> None:
    program = (
        "import json, sys, hashlib\n"
        "from catalog.metadata.document import Document\n"
        "from catalog.metadata.hierarchy import parse_hierarchy\n"
        "from catalog.rdf.hierarchy import describe\n"
        "from catalog.rdf.iris import Iris\n"
        "tree = parse_hierarchy([Document('zarr.json', sys.stdin.buffer.read())])\n"
        "found = describe(tree, 'cube', Iris())\n"
        "print(hashlib.sha256(found.structure).hexdigest(), hashlib.sha256(found.asserted).hexdigest(), tree.digest)\n"
    )
    nodes = plate(2, 2, 2, 2)
    nodes["jsonld"] = group_v3(
        **{"@id": "http://example.org/s", "http://example.org/p": [{"@value": 1}, {"@id": "http://example.org/o"}]}
    )
    text = json.dumps(consolidated_v3(nodes)).encode()
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=text,
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(outputs) == 1


def test_linked_data_goes_to_the_asserted_graph() -> None:
    attributes = {"@id": "http://example.org/sample1", "http://schema.org/name": "one", "sample": "K"}
    found = described({"zarr.json": group_v3(**attributes)})
    triple = ("http://example.org/sample1", "http://schema.org/name", Value("one"))
    assert triple in read_with_pyoxigraph(found.asserted)
    about = facts_of(found.structure)[f"{BASE}/nodes/"]
    assert about[f"{ZO}describes"] == {"http://example.org/sample1"}
    assert rebuild.attributes(facts_of(found.structure), f"{BASE}/nodes/") == {"sample": "K"}
    assert found.triples == found.structure.count(b"\n") + found.asserted.count(b"\n")


def test_hostile_names_make_no_stray_triple() -> None:
    evil = "x> <http:evil> <http:evil> . \"'{}|^`é\u202e%zz"
    nodes = {"": group_v3(), evil: array_v3([4], dimension_names=[evil], attributes={evil: evil})}
    found = describe(hierarchy(as_v3(nodes)), "cube", Iris())
    facts = facts_of(found.structure)
    assert read_with_pyoxigraph(found.structure) == read_with_rdflib(found.structure)
    assert all(subject.startswith("http://localhost:8000/") for subject in facts)
    (array,) = (about for about in facts.values() if about.get(RDF_TYPE) == {f"{ZO}ZarrArray"})
    assert text_of(array[f"{ZO}path"]) == evil
    assert text_of(array[LABEL]) == evil


def test_every_predicate_and_class_is_a_known_term() -> None:
    known = {value for name, value in vars(terms).items() if name.isupper() and isinstance(value, str)}
    for fmt in ROUTES:
        for _, predicate, target in read_with_pyoxigraph(described(ROUTES[fmt][0]).structure):
            for term in (predicate, target.datatype if isinstance(target, Value) else target):
                if term.startswith(ZO) and not term.startswith(f"{ZO}dtype/"):
                    assert term in known
