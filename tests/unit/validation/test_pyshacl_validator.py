"""Does validation say of described hierarchies what pySHACL itself says, and where it lies in Zarr?"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyshacl
import pytest
from rdflib import SH, Graph
from rdflib.plugins.sparql import CUSTOM_EVALS
from rdflib.plugins.sparql.parserutils import CompValue

from catalog.errors import InputError
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from catalog.resources import resource
from catalog.validation.engine import compile_shapes, find_results, only_local_data
from catalog.validation.graphs import read_graphs
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.report import Report, Result, to_turtle
from catalog.validation.shapes import Shapes, load_shapes
from catalog.validation.shapes_file import ShapesFile
from tests.support.zarr_documents import array_v2, array_v3, group_v3

BASE = "http://localhost:8000/"
DATASET = f"{BASE}datasets/d"
DCT = "http://purl.org/dc/terms/"
ZO = "https://w3id.org/zarr-catalog/ns#"
PREFIXES = """@prefix bald: <https://www.opengis.net/def/binary-array-ld/> .
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix zo: <https://w3id.org/zarr-catalog/ns#> .
"""
CURATED = (
    f'<{DATASET}> <{DCT}title> "Title" .\n<{DATASET}> <{DCT}license> <https://creativecommons.org/licenses/by/4.0/> .\n'
).encode()


def described(nodes: dict[str, dict[str, Any]]) -> bytes:
    """The structure graph of a v3 hierarchy."""
    documents = [
        Document(f"{path}/zarr.json" if path else "zarr.json", json.dumps(node).encode()) for path, node in nodes.items()
    ]
    return describe(parse_hierarchy(documents), "d", Iris(BASE)).structure


def own(text: str) -> Shapes:
    return Shapes((ShapesFile("own.ttl", (PREFIXES + text).encode()),))


def validate(*graphs: bytes, shapes: Shapes | None = None) -> Report:
    return PyShaclValidator().validate(graphs, shapes or load_shapes())


def named(report: Report, shape: str) -> list[Result]:
    return [result for result in report.results if result.shape_name == shape]


GOOD = array_v3([4, 6], dimension_names=["y", "x"], attributes={"units": "m"})
PLAIN = array_v3([4, 6])


def test_a_description_with_all_that_is_recommended_conforms() -> None:
    report = validate(described({"": group_v3(), "a": GOOD}), b"", CURATED)
    assert report.results == ()


def test_what_is_recommended_is_asked_for() -> None:
    report = validate(described({"": group_v3(), "a": PLAIN}))
    assert report.accepted
    assert not report.conforms
    found = Counter(result.shape_name for result in report.results)
    assert found == {"dataset-title": 1, "dataset-licence": 1, "array-units": 1, "dimension-is-named": 2}
    [units] = named(report, "array-units")
    assert (units.path, units.severity) == ("a", "warning")
    assert '"units"' in units.message
    [title] = named(report, "dataset-title")
    assert (title.path, title.nodes, title.focus) == ("", 1, DATASET)


ODD = {
    "a root array": {"": GOOD},
    "a scalar": {"": group_v3(), "s": array_v3([], chunks=[])},
    "no root": {"a/b": PLAIN},
    "an extent of 0": {"": array_v3([0], chunks=[1])},
    "an extent of 2^63 and beyond": {"": array_v3([2**63, 2**70], chunks=[1, 1])},
    "an unknown data type": {"": array_v3([4], data_type={"name": "https://example.org/float6", "configuration": {"bits": 6}})},
    "an unknown grid": {"": array_v3([4], chunk_grid={"name": "rectilinear", "configuration": {"chunk_shapes": [[1, 3]]}})},
    "unknown codecs": {"": array_v3([4], codecs=[{"name": "https://example.org/codec"}, "another"])},
    "no codecs": {"": array_v3([4], codecs=[])},
    "empty dimension names": {"": array_v3([4, 4], chunks=[1, 1], dimension_names=["", ""])},
    "repeated dimension names": {"": array_v3([4, 4], chunks=[1, 1], dimension_names=["x", None])},
    "a fill value of NaN": {"": array_v3([4], fill_value="NaN")},
    "a fill value of null": {"": array_v3([4], fill_value=None)},
    "a long fill value": {"": array_v3([4], fill_value="x" * 10_000)},
    "shards": {
        "": array_v3(
            [8],
            chunks=[4],
            codecs=[
                {
                    "name": "sharding_indexed",
                    "configuration": {"chunk_shape": [2], "codecs": ["bytes"], "index_codecs": ["bytes"]},
                }
            ],
        )
    },
    "a storage transformer": {"": array_v3([4], storage_transformers=[{"name": "https://example.org/t"}])},
    "odd attributes": {
        "": group_v3(**{"": "", "null": None, "list": [None], "empty": {}, "nested": {"a": [{"b": 1e400}]}, "long": "x" * 40_000})
    },
    "odd paths": {"": group_v3(), "é ü": group_v3(), "é ü/%41<>{}": PLAIN, "q\"'`|^": group_v3()},
}


@pytest.mark.parametrize("name", ODD)
def test_every_valid_hierarchy_is_accepted(name: str) -> None:
    report = validate(described(ODD[name]), shapes=load_shapes(recommended=False))
    assert report.results == ()


def test_a_v2_hierarchy_is_accepted() -> None:
    documents = {
        ".zgroup": {"zarr_format": 2},
        "a/.zarray": array_v2([4], dtype="<M8[ns]", order="F", compressor={"id": "nobody-knows"}, filters=[{"id": "delta"}]),
        "o/.zarray": array_v2([4], dtype="|O", filters=[{"id": "json2"}], fill_value=None),
        "s/.zarray": array_v2([4], dtype=[["a", "<i4"], ["b", "|S3", [2]]]),
    }
    hierarchy = parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in documents.items()])
    assert len(hierarchy.nodes) == 4
    structure = describe(hierarchy, "d", Iris(BASE)).structure
    assert validate(structure, shapes=load_shapes(recommended=False)).results == ()


@pytest.mark.parametrize("chunks", [[0], [-1], [1.5], "4", None])
def test_a_broken_chunk_shape_is_refused_where_it_lies(chunks: Any) -> None:
    """Zarr v3.1, Regular grids: each extent of a chunk is a positive integer."""
    grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
    nodes = {"": group_v3(), "good": PLAIN, "b/bad": array_v3([4], chunk_grid=grid), "b/too": array_v3([5], chunk_grid=grid)}
    report = validate(described(nodes))
    assert not report.accepted
    [result] = [result for result in report.results if result.severity == "violation"]
    assert result.shape_name == "chunk-grid-regular"
    assert (result.path, result.paths, result.nodes) == ("b/bad", ("b/bad", "b/too"), 2), "both use the one layout"
    assert "zarr.json" in result.message


def test_a_curated_graph_may_not_break_the_structure() -> None:
    node = f"{DATASET}/nodes/a"
    curated = f'<{node}> <{ZO}path> "elsewhere" .\n<{node}> <{ZO}shape> "[1]"^^<{ZO}json> .\n'.encode()
    report = validate(described({"": group_v3(), "a": GOOD}), curated)
    assert {result.shape_name for result in report.results if result.severity == "violation"} == {"node-path", "array-shape"}


def test_a_curated_graph_may_add_what_the_store_lacks() -> None:
    unit = f"<{DATASET}/nodes/a> <http://qudt.org/schema/qudt/hasUnit> <http://qudt.org/vocab/unit/M> .\n"
    named_only = array_v3([4], dimension_names=["x"])
    report = validate(described({"": group_v3(), "a": named_only}), CURATED + unit.encode())
    assert report.results == ()


def test_results_are_those_of_pyshacl_itself() -> None:
    """The short cuts of ours (own parser, own table, no report graph) against pySHACL's ordinary way."""
    bad = array_v3([4], chunk_grid={"name": "regular", "configuration": {"chunk_shape": [0]}})
    structure = described({"": group_v3(title="t"), "a": GOOD, "b": PLAIN, "c": bad, "g": group_v3(), "g/d": array_v3([3])})
    lines = structure.decode().splitlines(keepends=True)
    broken = [line for index, line in enumerate(lines) if index % 7 or "#type>" in line]
    assert len(lines) - len(broken) > 8
    data = "".join(broken) + f'<{DATASET}/nodes/a> <{ZO}path> "é\\n\\"\\u2028" .\n'
    shapes = Graph()
    for folder in ("core", "recommended"):
        for path in (resource("shapes") / folder).glob("*.ttl"):
            shapes.parse(path)
    _, oracle, _ = pyshacl.validate(Graph().parse(data=data, format="nt"), shacl_graph=shapes)
    ours = Graph().parse(data=to_turtle(validate(data.encode())), format="turtle")
    compared = ("focusNode", "value", "resultSeverity", "sourceConstraintComponent", "sourceShape")

    def rows(graph: Graph) -> Counter[tuple[Any, ...]]:
        found = graph.subjects(SH.resultSeverity, None)
        return Counter(
            (*(graph.value(result, SH[name]) for name in compared), str(graph.value(result, SH.resultMessage)))
            for result in found
        )

    assert rows(ours) == rows(oracle)
    assert sum(rows(ours).values()) > 15


def test_shared_things_are_traced_to_the_nodes_that_use_them() -> None:
    nodes = {"": group_v3(k="v"), **{f"a{i}": array_v3([4], attributes={"k": "v", "n": i}) for i in range(7)}}
    shapes = own(
        "ex:attribute a sh:PropertyShape ; sh:targetClass zo:Attribute ; sh:path zo:value ; sh:maxCount 0 .\n"
        "ex:codec a sh:PropertyShape ; sh:targetClass zo:Codec ; sh:path zo:codecName ; sh:maxCount 0 .\n"
        "ex:dimension a sh:PropertyShape ; sh:targetClass zo:Dimension ; sh:path zo:size ; sh:maxCount 0 .\n"
        "ex:value a sh:PropertyShape ; sh:targetSubjectsOf zo:rootNode ;\n"
        "    sh:path ( zo:rootNode zo:attribute ) ; sh:nodeKind sh:Literal ."
    )
    report = validate(described(nodes), shapes=shapes)
    arrays = tuple(f"a{i}" for i in range(5))
    [codec], [dimension] = named(report, "codec"), named(report, "dimension")
    assert (codec.path, codec.paths, codec.nodes) == ("a0", arrays, 7)
    assert (dimension.paths, dimension.nodes) == (arrays, 7)
    by_key: dict[str, list[Result]] = {}
    for result in named(report, "attribute"):
        by_key.setdefault(result.attribute, []).append(result)
    [shared] = by_key["k"]
    assert (shared.path, shared.paths, shared.nodes) == ("", ("", "a0", "a1", "a2", "a3"), 8)
    assert sorted(result.path for result in by_key["n"]) == sorted(nodes)[1:]
    [value] = named(report, "value")
    assert (value.path, value.attribute) == ("", "k")


def test_a_described_resource_is_traced_to_the_node_that_describes_it() -> None:
    sample = "http://example.org/sample1"
    structure = described({"": group_v3(), "s/a": GOOD}) + f"<{DATASET}/nodes/s/a> <{ZO}describes> <{sample}> .\n".encode()
    asserted = f'<{sample}> <http://example.org/mass> "heavy" .\n'.encode()
    shapes = own("ex:mass a sh:PropertyShape ; sh:targetSubjectsOf ex:mass ; sh:path ex:mass ; sh:nodeKind sh:IRI .")
    [result] = validate(structure, asserted, shapes=shapes).results
    assert (result.focus, result.path, result.value) == (sample, "s/a", '"heavy"')


def test_what_belongs_to_no_node_is_named_by_its_iri() -> None:
    asserted = b'<http://example.org/x> <http://example.org/mass> "heavy" .\n'
    shapes = own("ex:mass a sh:PropertyShape ; sh:targetSubjectsOf ex:mass ; sh:path ex:mass ; sh:nodeKind sh:IRI .")
    [result] = validate(asserted, shapes=shapes).results
    assert (result.focus, result.path, result.nodes) == ("http://example.org/x", "", 0)


@pytest.mark.parametrize(("severity", "accepted"), [("Violation", False), ("Warning", True), ("Info", True)])
def test_a_users_severity_counts_as_it_is_stated(severity: str, accepted: bool, tmp_path: Path) -> None:
    text = f"ex:p a sh:PropertyShape ; sh:targetClass zo:ZarrArray ; sh:path ex:p ; sh:minCount 1 ; sh:severity sh:{severity} ."
    (tmp_path / "own.ttl").write_text(PREFIXES + text)
    report = validate(described({"": GOOD}), CURATED, shapes=load_shapes(folder=tmp_path))
    [result] = report.results
    assert result.severity == severity.lower()
    assert report.accepted is accepted


def test_a_shape_without_severity_blocks() -> None:
    """SHACL, section 2.1.4: the default severity is sh:Violation."""
    shapes = own("ex:p a sh:PropertyShape ; sh:targetClass zo:ZarrArray ; sh:path ex:p ; sh:minCount 1 .")
    assert not validate(described({"": GOOD}), shapes=shapes).accepted


def test_targets_and_classes_reach_along_the_ontology() -> None:
    shapes = own(
        "ex:array a sh:PropertyShape ; sh:targetClass bald:Array ; sh:path ex:p ; sh:minCount 1 .\n"
        "ex:node a sh:PropertyShape ; sh:targetClass zo:ZarrNode ; sh:path ex:p ; sh:minCount 1 .\n"
        "ex:class a sh:NodeShape ; sh:targetObjectsOf zo:rootNode ; sh:class bald:Container ."
    )
    report = validate(described({"": group_v3(), "a": GOOD}), shapes=shapes)
    assert [result.path for result in named(report, "array")] == ["a"]
    assert [result.path for result in named(report, "node")] == ["", "a"]
    assert not named(report, "class")


def test_a_reference_graph_may_add_classes() -> None:
    """What the user's own ontology says of classes counts, for it is part of what is validated."""
    rdf_type, subclass = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://www.w3.org/2000/01/rdf-schema#subClassOf"
    asserted = f"<http://example.org/s> <{rdf_type}> <http://example.org/Soil> .\n".encode()
    reference = f"<http://example.org/Soil> <{subclass}> <http://example.org/Sample> .\n".encode()
    shapes = own("ex:p a sh:PropertyShape ; sh:targetClass ex:Sample ; sh:path ex:p ; sh:minCount 1 .")
    assert validate(asserted, shapes=shapes).conforms
    assert not validate(asserted, reference, shapes=shapes).conforms


def test_queries_in_a_users_shapes_are_applied(tmp_path: Path) -> None:
    text = """ex:dimensions a sh:NodeShape ; sh:targetClass zo:ZarrArray ; sh:sparql [
        sh:message "{?count} dimensions are too many" ;
        sh:prefixes ex:prefixes ;
        sh:select "SELECT $this ?count WHERE { $this zo:dimensionCount ?count FILTER(?count > 2) }" ] .
    ex:prefixes sh:declare [ sh:prefix "zo" ; sh:namespace "https://w3id.org/zarr-catalog/ns#" ] ."""
    (tmp_path / "own.ttl").write_text(PREFIXES + text)
    shapes = load_shapes(core=False, recommended=False, folder=tmp_path)
    [result] = validate(described({"": group_v3(), "flat": GOOD, "deep": array_v3([1, 2, 3])}), shapes=shapes).results
    assert (result.path, result.message, result.shape_name) == ("deep", "3 dimensions are too many", "dimensions")


def test_nameless_shapes_go_by_the_named_one_around_them() -> None:
    shapes = own("ex:outer a sh:NodeShape ; sh:targetClass zo:ZarrArray ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .")
    [result] = validate(described({"": GOOD}), shapes=shapes).results
    assert result.shape == "http://example.org/outer"


def test_a_message_is_taken_in_english_where_there_is_one() -> None:
    shapes = own(
        "ex:p a sh:PropertyShape ; sh:targetClass zo:ZarrArray ; sh:path ex:p ; sh:minCount 1 ;"
        " sh:message 'Angeben!'@de , 'Say it!'@en-GB , 'Zeggen!'@nl ."
    )
    assert [result.message for result in validate(described({"": GOOD}), shapes=shapes).results] == ["Say it!"]


def test_a_federated_query_is_stopped_at_the_engine_too() -> None:
    """As if the check of the text had missed it: nothing is asked of anybody (a socket would fail this test)."""
    query = "SELECT $this WHERE { SERVICE#c\\n<http://127.0.0.1:9/sparql> { $this ?p ?o } }"
    file = ShapesFile(
        "own.ttl", f'{PREFIXES} ex:s a sh:NodeShape ; sh:targetClass zo:ZarrArray ; sh:sparql [ sh:select "{query}" ] .'.encode()
    )
    table = read_graphs([described({"": GOOD})])
    with pytest.raises(InputError, match=r"calls another endpoint \(SERVICE\)"):
        find_results(table, compile_shapes([file]))


def test_the_stop_holds_only_while_validating() -> None:
    """Whoever uses rdflib in the same process may ask other endpoints."""
    stop, part = CUSTOM_EVALS["catalog-local-only"], CompValue("ServiceGraphPattern")
    with pytest.raises(NotImplementedError):  # rdflib's "go on"
        stop(None, part)
    with only_local_data(), pytest.raises(InputError):
        stop(None, part)
    with pytest.raises(NotImplementedError):
        stop(None, part)


def test_values_that_do_not_fit_their_type_make_results_not_errors() -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    structure = described({"": GOOD}).decode()
    for text in (f'"yes"^^<{xsd}boolean>', f'"x"^^<{xsd}integer>', f'"31 June"^^<{xsd}date>', "<http://example.org/i>"):
        broken = structure.replace(f'"0"^^<{xsd}integer>', text)
        assert broken != structure
        report = validate(broken.encode())
        assert "dimension-index" in {result.shape_name for result in report.results}


def test_data_that_is_not_ntriples_is_an_error() -> None:
    with pytest.raises(InputError, match="line 1 of graph 2"):
        validate(b"", b"{}\n")


def test_nothing_at_all_conforms() -> None:
    assert validate().conforms
    assert validate(b"", b"").conforms


def test_results_come_in_a_fixed_order() -> None:
    structure = described({"": group_v3(), "b": PLAIN, "a": PLAIN, "c": array_v3([3], chunk_grid={"name": "regular"})})
    report = validate(structure)
    assert report == validate(b"".join(reversed(structure.splitlines(keepends=True))))
    order = [("violation", "warning").index(result.severity) for result in report.results]
    assert order == sorted(order)
    assert [result.path for result in named(report, "array-units")] == ["a", "b", "c"]


def test_the_door_does_not_import_the_engine() -> None:
    """Half a second for rdflib and pySHACL is for those who validate."""
    code = "import sys, catalog.validation.door, catalog.validation.pyshacl_validator as v, catalog.validation.shapes as s\n"
    code += "s.load_shapes(); v.PyShaclValidator(); print('pyshacl' in sys.modules, 'rdflib' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=resource("shapes").parent
    )
    assert ended.stdout.split() == ["False", "False"]
