"""Is the ontology complete, and do code and ontology name the same terms?"""

import subprocess
import sys
from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS

from catalog.metadata.data_type import CORE_SIZES
from catalog.rdf import terms
from catalog.rdf.iris import data_type
from catalog.rdf.prefixes import PREFIXES

ROOT = Path(__file__).resolve().parents[3]
ZO = rdflib.Namespace("https://w3id.org/zarr-catalog/ns#")
FILES = sorted((ROOT / "ontology").glob("*.ttl"))


def load() -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in FILES:
        graph.parse(path)
    return graph


GRAPH = load()
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, RDFS.Datatype)
TERMS = sorted({str(term) for kind in KINDS for term in GRAPH.subjects(RDF.type, kind)})
CONCEPTS = sorted({str(term) for term in GRAPH.subjects(RDF.type, ZO.DataType)})


def test_the_files_are_there() -> None:
    assert {"catalog.ttl", "curation.ttl", "zarr.ttl"} <= {path.name for path in FILES}
    assert len(TERMS) > 60


@pytest.mark.parametrize("term", [*TERMS, *CONCEPTS])
def test_every_term_has_one_label_one_definition_and_a_source(term: str) -> None:
    subject = rdflib.URIRef(term)
    assert term.startswith(str(ZO))
    for predicate in (RDFS.label, SKOS.definition):
        (text,) = GRAPH.objects(subject, predicate)
        assert isinstance(text, rdflib.Literal)
        assert text.language == "en"
        assert text.strip()
    sources = list(GRAPH.objects(subject, DCTERMS.source))
    assert sources
    assert all(str(source).strip() for source in sources)


@pytest.mark.parametrize("term", TERMS)
def test_every_term_says_where_it_is_defined_and_has_one_kind(term: str) -> None:
    subject = rdflib.URIRef(term)
    assert set(GRAPH.objects(subject, RDFS.isDefinedBy)) == {rdflib.URIRef("https://w3id.org/zarr-catalog/ns")}
    assert len(list(GRAPH.objects(subject, RDF.type))) == 1


def test_definitions_are_sentences_and_no_two_are_equal() -> None:
    definitions = [str(text) for term in TERMS for text in GRAPH.objects(rdflib.URIRef(term), SKOS.definition)]
    assert all(text.endswith(".") and text[0].isupper() for text in definitions)
    assert len(set(definitions)) == len(definitions)


def test_classes_stand_below_classes_of_others() -> None:
    for name in GRAPH.subjects(RDF.type, OWL.Class):
        above = set(GRAPH.transitive_objects(name, RDFS.subClassOf)) - {name}
        assert any(not str(parent).startswith(str(ZO)) for parent in above), name


def test_terms_of_this_ontology_that_it_mentions_exist() -> None:
    mentioned = {str(term) for triple in GRAPH for term in triple if str(term).startswith(str(ZO))}
    assert mentioned - set(TERMS) - set(CONCEPTS) == {f"{ZO}dtype"}, "the scheme of the data types"


def test_domains_and_ranges_fit_the_kind() -> None:
    for name in GRAPH.subjects(RDF.type, OWL.DatatypeProperty):
        for target in GRAPH.objects(name, RDFS.range):
            assert str(target).startswith("http://www.w3.org/2001/XMLSchema#") or (target, RDF.type, RDFS.Datatype) in GRAPH, name
    for name in GRAPH.subjects(RDF.type, OWL.ObjectProperty):
        for target in GRAPH.objects(name, RDFS.range):
            assert not str(target).startswith("http://www.w3.org/2001/XMLSchema#"), name


def test_every_data_type_that_all_zarr_implementations_know_is_a_concept() -> None:
    assert {data_type(name) for name in CORE_SIZES} <= set(CONCEPTS)
    scheme = rdflib.URIRef("https://w3id.org/zarr-catalog/ns#dtype")
    for concept in CONCEPTS:
        assert (rdflib.URIRef(concept), SKOS.inScheme, scheme) in GRAPH
        (notation,) = GRAPH.objects(rdflib.URIRef(concept), SKOS.notation)
        assert data_type(str(notation)) == concept


def test_the_code_names_exactly_these_terms() -> None:
    named = {value for name, value in vars(terms).items() if name.isupper() and name != "ZO"}
    assert named == set(TERMS)


def test_the_generated_file_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "generate_terms.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_prefixes_are_those_of_the_ontology() -> None:
    for prefix, namespace in GRAPH.namespaces():
        if prefix in PREFIXES:
            assert str(namespace) == PREFIXES[prefix], prefix
    assert PREFIXES["zo"] == terms.ZO == str(ZO)
