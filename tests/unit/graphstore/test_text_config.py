"""Do Fuseki's configuration and the queries say the same as the code about words and properties?"""

import re

import rdflib
from rdflib.collection import Collection

from catalog.graphstore.queries import load_query
from catalog.graphstore.text_fuseki import write_lucene
from catalog.graphstore.text_properties import INDEXED, NAMES, TEXTS, weight_of
from catalog.graphstore.text_search import MAX_CANDIDATES
from catalog.graphstore.text_words import MAX_TERMS, SEPARATORS, SINGLE, parse_terms
from catalog.rdf.prefixes import PREFIXES
from tests.support.sources import ROOT

TEXT = rdflib.Namespace("http://jena.apache.org/text#")


def config() -> rdflib.Graph:
    return rdflib.Graph().parse(ROOT / "fuseki" / "config.ttl", publicID="http://config/")


def test_fuseki_indexes_the_properties_that_we_look_at() -> None:
    graph = config()
    (fields,) = graph.objects(None, TEXT.map)
    found = {str(graph.value(each, TEXT.predicate)): str(graph.value(each, TEXT.field)) for each in Collection(graph, fields)}
    assert list(found) == list(INDEXED)
    assert len(set(found.values())) == len(found), "one field for each: two in one could not be told apart when one is deleted"


def test_fuseki_cuts_texts_where_we_do() -> None:
    (pattern,) = {str(value) for value in config().objects(None, TEXT.paramValue) if str(value).startswith("[")}
    assert pattern == f"[{SINGLE}]|[^{SEPARATORS}{SINGLE}]+"


def test_each_audience_has_an_index_of_its_own_that_forgets() -> None:
    graph = config()
    indexes = list(graph.subjects(rdflib.RDF.type, TEXT.TextIndexLucene))
    assert len({str(graph.value(each, TEXT.directory)) for each in indexes}) == 2
    for each in indexes:
        mapping = graph.value(each, TEXT.entityMap)
        assert graph.value(mapping, TEXT.uidField) is not None
        assert graph.value(mapping, TEXT.graphField) is not None
        assert graph.value(mapping, TEXT.langField) is not None
    datasets = list(graph.subjects(rdflib.RDF.type, TEXT.TextDataset))
    assert {graph.value(each, TEXT["index"]) for each in datasets} == set(indexes)


def test_the_query_names_the_properties() -> None:
    lists = re.findall(r"text:query \((.*?)\?words (\d+)", load_query("text-index"), re.DOTALL)
    asked = [[PREFIXES[name.partition(":")[0]] + name.partition(":")[2] for name in names.split()] for names, _ in lists]
    assert asked == [list(NAMES), list(TEXTS)]
    assert {int(limit) for _, limit in lists} == {MAX_CANDIDATES}


def test_lucene_takes_as_many_clauses_as_there_can_be() -> None:
    assert MAX_TERMS * 2 * max(len(NAMES), len(TEXTS)) <= 1024


def test_names_weigh_more_than_what_is_said() -> None:
    assert min(NAMES.values()) > max(TEXTS.values()) >= weight_of("http://example.org/other") > 0


def test_terms_as_lucene_reads_them() -> None:
    assert write_lucene(parse_terms('sea "of ice" b* c_d* Älv AND')) == (
        '("sea" OR "of ice" OR (b*) OR (c AND d*) OR "alv" OR "älv" OR "and")'
    )
