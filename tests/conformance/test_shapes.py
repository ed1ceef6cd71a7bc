"""Do the built-in shapes find what they are meant to find, and nothing in any valid hierarchy?"""

from collections import Counter
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, SH, Graph, Namespace, URIRef

from catalog.errors import InputError
from catalog.rdf.iris import PROFILES
from catalog.resources import resource
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.report import to_turtle
from catalog.validation.shapes import SHAPES, Shapes, known_profiles, load_shapes
from catalog.validation.shapes_file import ShapesFile
from tests.conformance.shapes.cases import Case, Signature, parse_as_written, read_cases, result_signatures

CASES = Path(__file__).parent / "shapes"
FILES = sorted(CASES.rglob("*.ttl"))
SEVERITY = {"core": SH.Violation, "recommended": SH.Warning}
SEVERITIES = {SH.Violation, SH.Warning, SH.Info}
FOLDERS = (*SEVERITY, *(f"profiles/{name}" for name in known_profiles()))
TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
ZO = Namespace("https://w3id.org/zarr-catalog/ns#")


def _built_in(folder: str) -> Graph:
    graph = Graph()
    for path in sorted((resource("shapes") / folder).glob("*.ttl")):
        graph.parse(path)
    return graph


def _shapes_of(graph: Graph) -> set[URIRef]:
    kinds = (SH.NodeShape, SH.PropertyShape)
    return {shape for kind in kinds for shape in graph.subjects(RDF.type, kind) if isinstance(shape, URIRef)}


ALL = [(folder, str(shape)) for folder in FOLDERS for shape in sorted(_shapes_of(_built_in(folder)))]


def _case(path: Path) -> Case:
    [case] = read_cases(path)
    return case


def test_the_cases_are_there() -> None:
    """A missing folder must not pass."""
    assert len(FILES) == 2 * len(ALL) >= 80


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = _case(path)
    shapes = Shapes((ShapesFile(case.shapes.name, case.shapes.read_bytes()),))
    report = PyShaclValidator().validate([case.data], shapes)
    assert report.conforms is case.conforms
    written = parse_as_written(to_turtle(report))
    assert [value.toPython() for value in written.objects(None, SH.conforms)] == [case.conforms]
    assert result_signatures(written) == case.results


@pytest.mark.parametrize(("folder", "iri"), ALL)
def test_each_shape_has_a_case_that_conforms_and_one_that_fails(folder: str, iri: str) -> None:
    shape, name = URIRef(iri), iri.rpartition("#")[2]
    good, bad = (_case(CASES / folder / f"{name}-{kind}.ttl") for kind in ("conforms", "fails"))
    assert good.conforms
    assert not bad.conforms
    assert shape in {result.shape for result in bad.results}
    graph = Graph().parse(good.shapes)
    assert (shape, RDF.type, None) in graph, "the case applies the file that holds the shape"
    assert _targeted(graph, shape, good.graph), "nothing conforms where nothing is looked at"


def _targeted(shapes: Graph, shape: URIRef, data: Graph) -> bool:
    """Whether a shape looks at anything in the data. Source: SHACL, section 2.1.3 "Targets"."""
    by_class = (data.subjects(RDF.type, each) for each in shapes.objects(shape, SH.targetClass))
    by_subject = (data.subjects(each, None) for each in shapes.objects(shape, SH.targetSubjectsOf))
    by_object = (data.objects(None, each) for each in shapes.objects(shape, SH.targetObjectsOf))
    return any(next(found, None) for group in (by_class, by_subject, by_object) for found in group)


@pytest.mark.parametrize(("folder", "iri"), ALL)
def test_each_shape_says_what_it_is_and_what_to_do(folder: str, iri: str) -> None:
    graph, shape = _built_in(folder), URIRef(iri)
    assert iri.startswith(SHAPES if folder in SEVERITY else f"{PROFILES}{folder.rpartition('/')[2]}#")
    [severity] = graph.objects(shape, SH.severity)
    assert severity == SEVERITY.get(folder, severity)
    assert severity in SEVERITIES
    for predicate in (SH.message, RDFS.label, RDFS.comment):
        [text] = graph.objects(shape, predicate)
        assert len(str(text)) > 10
        assert text.language == "en"
    assert any((shape, target, None) in graph for target in TARGETS), "it looks at something by itself"


def test_no_query_in_core() -> None:
    """One sh:sparql costs pySHACL ten times all the rest."""
    graph = _built_in("core")
    assert not [predicate for predicate in (SH.sparql, SH.select, SH.ask) if (None, predicate, None) in graph]


def test_terms_of_the_shapes_are_in_the_ontology() -> None:
    ontology, shapes = Graph(), sum(map(_built_in, FOLDERS), Graph())
    for path in resource("ontology").glob("*.ttl"):
        ontology.parse(path)
    used = {term for triple in shapes for term in triple if isinstance(term, URIRef) and term in ZO}
    assert len(used) > 20
    assert not {term for term in used if (term, RDF.type, None) not in ontology}


def test_the_index_names_every_file() -> None:
    """``shapes/shapes.ttl`` is how other SHACL processors load them all."""
    index = resource("shapes") / "shapes.ttl"
    listed = {str(iri) for iri in Graph().parse(index).objects(None, URIRef("http://www.w3.org/2002/07/owl#imports"))}
    assert listed == {path.as_uri() for folder in SEVERITY for path in index.parent.glob(f"{folder}/*.ttl")}


def test_load_shapes_takes_every_file() -> None:
    names = {file.name for file in load_shapes().files}
    root = resource("shapes")
    assert names == {str(path.relative_to(root)) for folder in SEVERITY for path in (root / folder).glob("*.ttl")}


NOT_FOLLOWED = {
    "core/misc/severity-002": "a severity of one's own; load_shapes refuses it, for nobody could say whether it blocks",
    "core/property/uniqueLang-002": 'rdflib reads "1"^^xsd:boolean as true',
    "sparql/node/prefixes-001": "pySHACL looks for prefixes without following owl:imports",
    "sparql/pre-binding/shapesGraph-001": "pySHACL has no $shapesGraph; a processor need not have it",
}
"""Cases of the W3C's suite that come out otherwise, with the reason."""


@pytest.mark.filterwarnings("ignore:Parsing weird boolean")
def test_the_w3c_suite(corpora: Path) -> None:
    """Whatever a user's shapes hold of SHACL Core and SHACL-SPARQL means what the W3C means by it."""
    root = corpora / "w3c-data-shapes" / "data-shapes-test-suite" / "tests"
    outcome = {
        str(path.relative_to(root).with_suffix("")): _passes(case)
        for path in sorted(root.rglob("*.ttl"))
        for case in read_cases(path)
    }
    assert len(outcome) > 115
    assert {name for name, passed in outcome.items() if not passed} == set(NOT_FOLLOWED)


def _passes(case: Case) -> bool:
    shapes = Shapes((ShapesFile(case.shapes.name, case.shapes.read_bytes()),))
    try:
        report = PyShaclValidator().validate([case.data], shapes)
    except InputError:
        return case.conforms is None
    written = parse_as_written(to_turtle(report))
    # The suite's shapes have no names in places where ours tell of the named shape around them.
    found, expected = (_without_shape(results) for results in (result_signatures(written), case.results))
    return report.conforms is case.conforms and found == expected


def _without_shape(results: "Counter[Signature]") -> "Counter[Signature]":
    return Counter(signature._replace(shape=None) for signature in results.elements())
