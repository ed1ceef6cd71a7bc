"""The list of datasets: whole over its pages, in the words that people gave, and nothing that an audience may not see."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import rdflib

from catalog.errors import InputError, NotFoundError
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.metadata.dataset import Dataset
from catalog.rdf import literals, terms
from catalog.rdf.dataset import record_ntriples
from catalog.rdf.dcat import Entry, catalogue_lines
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES
from catalog.services.catalogue import PAGE, read_catalogue, read_counts, read_entries

IRIS = Iris()
COUNT = 2 * PAGE + 7
DCAT_NS, DCT_NS = rdflib.Namespace(DCAT), rdflib.Namespace(DCT)


def _curated(dataset_id: str) -> bytes:
    me, creator = f"<{IRIS.dataset(dataset_id)}>", f"<{IRIS.dataset(dataset_id)}#somebody>"
    lines = [
        f'{me} <{DCT}title> "North Sea" .\n',
        f"{me} <{DCT}license> <https://creativecommons.org/licenses/by/4.0/> .\n",
        f"{me} <{DCT}creator> {creator} .\n",
        f'{creator} <{PREFIXES["foaf"]}name> "Ada" .\n',
    ]
    return "".join(sorted(lines)).encode()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedGraphStore]:
    plain = Dataset("x", "x.zarr", "https://example.org/x.zarr", "public", checked="2026-01-01T00:00:00Z")
    with EmbeddedGraphStore(tmp_path_factory.mktemp("graphs"), "public") as made:
        updates = []
        for n in range(COUNT):
            each = replace(plain, id=f"d{n:03}", name=f"store {n}", checked=f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z")
            updates.append(GraphUpdate(IRIS.graph(each.id, "record"), record_ntriples(each, IRIS, "public")))
        updates.append(GraphUpdate(IRIS.graph("d001", "curated"), _curated("d001")))
        inside = replace(plain, id="inside", location="file:///srv/secret/inside.zarr", checked="2025-01-01T00:00:00Z")
        updates.append(GraphUpdate(IRIS.graph("inside", "record"), record_ntriples(inside, IRIS, "public")))
        root = f"<{IRIS.node('d002', '')}>"
        lines = [
            f"<{IRIS.dataset('d002')}> <{terms.ROOT_NODE}> {root} .\n",
            f"{root} <{DCT}title> {literals.string('From the root')} .\n",
        ]
        updates.append(GraphUpdate(IRIS.dataset("d002"), "".join(sorted(lines)).encode()))
        made.apply(updates)
        yield made


def test_pages_hold_each_dataset_once(store: EmbeddedGraphStore) -> None:
    pages = [read_catalogue(store, IRIS, page) for page in (1, 2, 3)]
    assert [entry.id for page in pages for entry in page.entries] == [*(f"d{n:03}" for n in range(COUNT)), "inside"]
    assert {(page.pages, page.total) for page in pages} == {(3, COUNT + 1)}
    with pytest.raises(NotFoundError):
        read_catalogue(store, IRIS, 4)
    with pytest.raises(InputError):
        read_catalogue(store, IRIS, 0)


def test_the_newest_come_first_where_asked(store: EmbeddedGraphStore) -> None:
    assert [entry.id for entry in read_catalogue(store, IRIS, newest=True, size=2).entries] == ["d106", "d105"]


def test_what_people_said_comes_before_what_is_made_up(store: EmbeddedGraphStore) -> None:
    plain, curated, rooted = read_entries(store, IRIS, [IRIS.dataset(each) for each in ("d000", "d001", "d002")])
    assert (plain.title, plain.description) == ("store 0", "A Zarr hierarchy of 0 arrays in 0 groups.")
    assert (curated.title, curated.creators) == ("North Sea", ("Ada",))
    assert curated.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert rooted.title == "From the root"


def test_who_is_not_there_is_left_out(store: EmbeddedGraphStore) -> None:
    assert read_entries(store, IRIS, [IRIS.dataset("none")]) == []


def test_counts(store: EmbeddedGraphStore) -> None:
    counts = read_counts(store)
    assert (counts.datasets, counts.groups, counts.arrays) == (COUNT + 1, 0, 0)
    assert counts.modified == "2026-01-01T00:01:46Z"


def test_dcat_links_pages_and_offers_each_dataset_by_the_service(store: EmbeddedGraphStore) -> None:
    found = read_catalogue(store, IRIS, 2)
    lines = catalogue_lines(IRIS, found.entries, title="T", publisher="Lab", page=2, pages=found.pages, total=found.total)
    graph = rdflib.Graph().parse(data="".join(lines), format="nt")
    catalogue, hydra = rdflib.URIRef(IRIS.catalogue), rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
    assert len(list(graph.objects(catalogue, DCAT_NS.dataset))) == PAGE
    assert int(graph.value(catalogue, hydra.totalItems)) == COUNT + 1  # type: ignore[arg-type]
    view = graph.value(catalogue, hydra.view)
    assert str(graph.value(view, hydra.previous)) == f"{IRIS.catalogue}?page=1"
    assert str(graph.value(view, hydra.next)) == f"{IRIS.catalogue}?page=3"
    for dataset in graph.objects(catalogue, DCAT_NS.dataset):
        place = graph.value(dataset, DCAT_NS.distribution)
        assert rdflib.URIRef(f"{dataset}/zarr") in set(graph.objects(place, DCAT_NS.accessURL))
        assert graph.value(dataset, DCT_NS.title)
        assert graph.value(dataset, DCT_NS.description)


def test_a_place_inside_is_not_told() -> None:
    entry = Entry("a", IRIS.dataset("a"), "A", "d", "restricted", location="file:///srv/secret/a.zarr")
    assert "secret" not in "".join(catalogue_lines(IRIS, [entry], title="T", publisher=""))


def test_a_publisher_may_be_an_iri() -> None:
    lines = "".join(catalogue_lines(IRIS, [], title="T", publisher="https://ror.org/0"))
    assert f"<{IRIS.catalogue}> <{DCT}publisher> <https://ror.org/0> ." in lines
