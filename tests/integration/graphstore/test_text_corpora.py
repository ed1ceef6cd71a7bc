"""Do both graph stores find the same in published stores, and what is in their documents?

All published stores are taken in once; Fuseki gets the graphs that the embedded store has. What must be found is read from the
JSON documents, and by looking at every text one by one.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import CatalogError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.text_search import find_text, scan_texts
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from tests.support.corpora import find_corpora
from tests.support.fuseki import FusekiServer
from tests.support.workspace import open_test_workspace

EXPECTED_FILE = find_corpora() / "expected.json"
STORES = json.loads(EXPECTED_FILE.read_text()) if EXPECTED_FILE.is_file() else {}

QUERIES = [
    # names of arrays, coordinates, tables, images
    *("latitude", "longitude", "time", "lat", "lon", "temperature", "conc_chl", "quality_flags", "obs", "var", "leiden", "X"),
    *(
        "image",
        "label",
        "labels nuclei",
        "DAPI",
        "nuclei",
        "channel_0",
        "well_ROI_table",
        "FOV_ROI_table",
        "masking",
        "spatialdata",
    ),
    # titles, attributes, what nodes describe
    *("surface", '"latent heat"', "heat flux", "chlorophyll", "Suzuki coupling", "acetonitrile", '"Sigma Aldrich"', "liquid"),
    *("CMIP6", "TaiESM1", "CMIP6 license", "Creative Commons", "aerosol ocean", "degrees north", "standard", "EPSG", "CF-1"),
    # datasets, several words, beginnings, cut names, phrases the wrong way round, nothing
    *("test_image", "zarr v3", "datetime64", "consolidated", "hcs", "v0.5 label", "fixed_length_utf32", "anndata csr"),
    *("qual*", "temp*", "lat*", "flags quality", '"flags quality"', "LATITUDE Longitude", "nothing at all", "a", "0", "raccoon"),
]
"""What somebody could look for in the published stores."""


@pytest.fixture(scope="module")
def embedded(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedGraphStore]:
    folder = tmp_path_factory.mktemp("corpora")
    with open_test_workspace(folder) as workspace:
        for store in STORES:
            try:
                ingest(workspace, IngestRequest(str(corpora / store), access="restricted"))
            except CatalogError:  # what cannot be described: test_corpora.py names these
                continue
    with EmbeddedGraphStore(folder / "graphs", writable=False) as store:
        yield store


@pytest.fixture(scope="module")
def both(embedded: EmbeddedGraphStore, fuseki_server: FusekiServer) -> Iterator[tuple[EmbeddedGraphStore, GraphStore]]:
    fuseki_server.clear()
    names = [graph for graph in embedded.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").values("g") if graph]
    with fuseki_server.store() as fuseki:
        fuseki.apply([GraphUpdate(name, embedded.read_graph(name), b"") for name in names])
        yield embedded, fuseki
    fuseki_server.clear()


def top(store: GraphStore, words: str, limit: int = 10) -> list[str]:
    return [hit.iri for hit in store.find_text(words, limit=limit)]


def test_both_stores_share_the_first_hits(both: tuple[EmbeddedGraphStore, GraphStore]) -> None:
    embedded, fuseki = both
    assert len(QUERIES) >= 50
    shared, answered = {}, 0
    for words in QUERIES:
        one, other = top(embedded, words), top(fuseki, words)
        answered += bool(one)
        shared[words] = (len(set(one) & set(other)), max(len(one), len(other)))
    assert not {words: counts for words, counts in shared.items() if counts[0] < min(8, counts[1])}
    assert answered >= 40, "queries that find nothing show nothing"


def test_an_index_finds_what_is_found_without(embedded: EmbeddedGraphStore) -> None:
    """The first hits are those of a look at every text; where there are more texts than an index names, only the best count."""
    for words in QUERIES:
        scanned = find_text(words, 10, lambda terms: scan_texts(terms, embedded.select), embedded.select)
        assert top(embedded, words) == [hit.iri for hit in scanned], words


@pytest.mark.parametrize("name", ["lat", "time", "obs", "quality_flags"])
def test_arrays_of_a_name_are_found_in_both(both: tuple[EmbeddedGraphStore, GraphStore], name: str) -> None:
    """`expected.json` lists the arrays that stand in documents of their own; others are in consolidated ones alone."""
    paths = [path for each in STORES.values() for path in each["arrays"] if path.rpartition("/")[2] == name]
    for store in both:
        hits = [hit for hit in store.find_text(name, limit=1000) if hit.path.rpartition("/")[2] == name]
        arrays = set(store.select("SELECT ?a { GRAPH ?g { ?a a zo:ZarrArray } }").values("a"))
        assert not Counter(paths) - Counter(hit.path for hit in hits if hit.iri in arrays)


def test_a_title_in_a_document_leads_to_its_node(both: tuple[EmbeddedGraphStore, GraphStore], corpora: Path) -> None:
    """CMIP6 keeps every attribute in one document."""
    store = "titiler-xarray-history/fixtures/cmip6.zarr"
    documents = json.loads((corpora / store / ".zmetadata").read_text())["metadata"]
    named = {key.removesuffix("/.zattrs"): each["long_name"] for key, each in documents.items() if "long_name" in each}
    assert len(named) >= 3
    for path, title in named.items():
        words = " ".join(re.findall(r"[A-Za-z]+", title))
        for each in both:
            hits = each.find_text(f'"{words}"', limit=50)
            assert any(hit.path == path and "cmip6" in hit.dataset for hit in hits), title
