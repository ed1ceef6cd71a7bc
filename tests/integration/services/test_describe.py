"""A real Fuseki and the embedded store tell the same about every IRI."""

from contextlib import closing
from pathlib import Path

import pytest

from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.rdf import terms
from catalog.services.catalogue import read_catalogue, read_counts
from catalog.services.describe import Description, describe, describe_graph, is_known
from tests.support.fuseki import FusekiServer
from tests.support.small_catalogue import DATASET, IRIS, ROOT, small_catalogue

LAYOUT = IRIS.layout("0" * 64)


def _said(found: Description) -> tuple[object, ...]:
    """Which of very many links are shown is each store's own choice."""
    links = len(found.links) if len(found.links) == 100 else found.links
    return found.iri, found.kind, found.statements, links, found.children, found.complete


def test_both_stores_tell_the_same(fuseki: FusekiServer, tmp_path: Path) -> None:
    with closing(fuseki.store()) as store, EmbeddedGraphStore(tmp_path) as embedded:
        for each in (store, embedded):
            each.apply(small_catalogue())
        for iri, page in ((DATASET, 1), (ROOT, 1), (ROOT, 3), (IRIS.node("d", "a007"), 1), (LAYOUT, 1)):
            assert _said(describe(store, IRIS, iri, page)) == _said(describe(embedded, IRIS, iri, page)), iri
        assert _said(describe(store, IRIS, terms.CLASS_ZARR_ARRAY, mentioned=True)) == _said(
            describe(embedded, IRIS, terms.CLASS_ZARR_ARRAY, mentioned=True)
        )
        for part in ("record", "curated"):
            iri = IRIS.graph("d", part)
            assert describe_graph(store, IRIS, iri) == describe_graph(embedded, IRIS, iri)
        assert read_catalogue(store, IRIS) == read_catalogue(embedded, IRIS)
        assert read_counts(store) == read_counts(embedded)
        assert read_counts(store).datasets == 1
        assert is_known(store, ROOT)
        assert not is_known(store, IRIS.dataset("none"))


@pytest.fixture(autouse=True)
def _empty(fuseki: FusekiServer) -> None:
    fuseki.clear()
