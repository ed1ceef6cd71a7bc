"""What is told about an IRI: all of it, nothing else, and never without bound."""

from collections.abc import Iterator

import pytest

from catalog.errors import InputError, LimitExceededError, NotFoundError
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.rdf import terms
from catalog.rdf.prefixes import DCT, RDFS_LABEL
from catalog.services import describe as module
from catalog.services.describe import describe, describe_graph, is_known
from tests.support.small_catalogue import CHILDREN, DATASET, IRIS, ROOT, small_catalogue


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedGraphStore]:
    with EmbeddedGraphStore(tmp_path_factory.mktemp("graphs")) as made:
        made.apply(small_catalogue())
        yield made


def test_a_dataset_with_what_links_to_it(store: EmbeddedGraphStore) -> None:
    found = describe(store, IRIS, DATASET)
    assert found.kind == "dataset"
    assert found.one(RDFS_LABEL) == "D", "every graph is asked"
    assert [(link.subject, link.predicate) for link in found.links] == [
        (IRIS.dataset("e"), "http://www.w3.org/ns/prov#wasDerivedFrom")
    ]
    assert found.complete
    assert found.children is not None
    assert (found.children.parent, found.children.total) == (ROOT, CHILDREN)


def test_a_node_with_what_it_consists_of(store: EmbeddedGraphStore) -> None:
    found = describe(store, IRIS, ROOT)
    assert found.kind == "group"
    assert found.one(RDFS_LABEL, f"{ROOT}#channel-0") == "red"
    assert found.one(RDFS_LABEL, f"{ROOT}#roi-1") == "a region", "what is a part of it and only links to it"
    array = describe(store, IRIS, IRIS.node("d", "a007"))
    assert (array.kind, array.children) == ("array", None)
    assert array.one(terms.DATA_TYPE_NAME, IRIS.layout("0" * 64)) == "uint8"
    assert not [each for each in array.statements if each.subject in {DATASET, ROOT}], "its neighbours tell of themselves"


def test_pages_of_children_hold_each_once_in_order(store: EmbeddedGraphStore) -> None:
    pages = [describe(store, IRIS, ROOT, page).children for page in (1, 2, 3)]
    names = [child.path for page in pages if page for child in page.items]
    assert names == [f"a{n:03}" for n in range(CHILDREN)]
    assert all(page is not None and page.pages == 3 for page in pages)
    text = describe(store, IRIS, ROOT, 2).ntriples.decode()
    assert f"<{ROOT}?page=2> <http://www.w3.org/ns/hydra/core#next> <{ROOT}?page=3> ." in text
    assert text.count(f"{DCT}hasPart") == 100
    with pytest.raises(NotFoundError):
        describe(store, IRIS, ROOT, 4)
    with pytest.raises(InputError):
        describe(store, IRIS, ROOT, 0)


def test_very_many_children_are_still_each_there_once(store: EmbeddedGraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SORTED", 10)
    pages = [describe(store, IRIS, ROOT, page).children for page in (1, 2, 3)]
    names = sorted(child.path for page in pages if page for child in page.items)
    assert names == [f"a{n:03}" for n in range(CHILDREN)]


def test_links_are_bounded_and_what_is_missing_is_told(store: EmbeddedGraphStore) -> None:
    found = describe(store, IRIS, IRIS.layout("0" * 64))
    assert len(found.links) == module.MAX_LINKS
    assert not found.complete


def test_statements_are_bounded(store: EmbeddedGraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STATEMENTS", 3)
    found = describe(store, IRIS, ROOT)
    assert len(found.statements) == 3
    assert not found.complete


def test_lines_are_sorted_and_none_stands_twice(store: EmbeddedGraphStore) -> None:
    lines = describe(store, IRIS, DATASET).ntriples.splitlines()
    assert lines == sorted(set(lines))


def test_nothing_is_told_of_what_is_not_there(store: EmbeddedGraphStore) -> None:
    assert not is_known(store, IRIS.dataset("none"))
    with pytest.raises(NotFoundError) as told:
        describe(store, IRIS, IRIS.dataset("none"))
    assert str(told.value) == f"nothing is known about <{IRIS.dataset('none')}>"


def test_what_is_only_mentioned_is_told_where_that_is_enough(store: EmbeddedGraphStore) -> None:
    with pytest.raises(NotFoundError):
        describe(store, IRIS, "https://w3id.org/zarr-catalog/ns#none", mentioned=True)
    found = describe(store, IRIS, terms.CLASS_ZARR_ARRAY, mentioned=True)
    assert len(found.links) == module.MAX_LINKS


def test_graphs_as_they_are(store: EmbeddedGraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe_graph(store, IRIS, f"{DATASET}/record").ntriples == store.read_graph(f"{DATASET}/record")
    assert describe_graph(store, IRIS, f"{DATASET}/curated").ntriples == b"", "nobody has said anything yet"
    for dataset_id, part in (("d", "derived"), ("d", "rejected"), ("none", "curated")):
        with pytest.raises(NotFoundError):
            describe_graph(store, IRIS, IRIS.graph(dataset_id, part))
    monkeypatch.setattr(module, "MAX_GRAPH", 1)
    with pytest.raises(LimitExceededError, match="SPARQL"):
        describe_graph(store, IRIS, f"{DATASET}/record")
