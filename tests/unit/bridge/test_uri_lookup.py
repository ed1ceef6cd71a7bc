"""Does every kind of URI lead to the arrays it means, and to no others?"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog.bridge.array_ref import ArrayRef, resolve, resolve_one
from catalog.bridge.uri_lookup import look_up
from catalog.errors import InputError, LimitExceededError, NotFoundError
from catalog.graphstore.door import GraphStore
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.metadata.document import Document
from catalog.rdf.iris import Iris
from tests.support.zarr_documents import array_v3, group_v3
from tests.unit.bridge.catalogue import Catalogue, v3

EX = "http://example.org/"
BASE = "http://localhost:8000/datasets/lab"
ARRAY = array_v3([4, 6])


def said(name: str, **links: Any) -> dict[str, Any]:
    """Attributes that describe ``name`` in expanded JSON-LD; each link is a name or a nested object."""
    attributes: dict[str, Any] = {"@id": EX + name, EX + "name": [{"@value": name}]}
    for predicate, target in links.items():
        targets = target if isinstance(target, list) else [target]
        attributes[EX + predicate] = [{"@id": EX + each} if isinstance(each, str) else each for each in targets]
    return attributes


def found(catalogue: Catalogue, uri: str) -> tuple[str, list[str]]:
    """The kind of an answer, and the paths of its arrays with their datasets."""
    answer = catalogue.resolve(uri)
    assert answer.uri == uri
    assert all(ref.inferred == answer.inferred == (answer.kind == "linked") for ref in answer.refs)
    return answer.kind, [f"{ref.dataset_id}:{ref.path}" for ref in answer.refs]


# Two samples whose names begin alike, a batch above them, and a chemical without arrays.
SAMPLES = {
    "": group_v3(),
    "batch": group_v3(**said("batch", hasSample=["sample1", "sample10"])),
    "batch/sample1": group_v3(**said("sample1", hasDataset="sample1Dataset", hasDoi="doi/10.1/x")),
    "batch/sample1/sample1Dataset": ARRAY,
    "batch/sample1/extra": ARRAY,
    "batch/sample10": group_v3(**said("sample10", hasDataset="sample10Dataset")),
    "batch/sample10/sample10Dataset": {**ARRAY, "attributes": said("spectrum")},
    "chemical": group_v3(**said("acetone")),
    "größe/a b": ARRAY,
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """For tests that only ask."""
    with EmbeddedGraphStore(tmp_path_factory.mktemp("graphs")) as store:
        catalogue = Catalogue(store)
        catalogue.add("lab", v3(SAMPLES))
        yield catalogue


@pytest.fixture
def changing(catalogue: Catalogue) -> Catalogue:
    """The same for tests that add to it."""
    catalogue.add("lab", v3(SAMPLES))
    return catalogue


@pytest.mark.parametrize(
    ("path", "arrays"),
    [
        ("batch/sample1/sample1Dataset", ["lab:batch/sample1/sample1Dataset"]),
        ("batch/sample1", ["lab:batch/sample1/extra", "lab:batch/sample1/sample1Dataset"]),
        ("batch/sample10", ["lab:batch/sample10/sample10Dataset"]),
        ("chemical", []),
        ("gr%C3%B6%C3%9Fe/a%20b", ["lab:größe/a b"]),
    ],
)
def test_the_iri_of_a_node(samples: Catalogue, path: str, arrays: list[str]) -> None:
    assert found(samples, f"{BASE}/nodes/{path}") == ("node", arrays)


@pytest.mark.parametrize("iri", [BASE, f"{BASE}/nodes/"])
def test_the_iri_of_a_dataset_or_of_its_root_means_every_array(samples: Catalogue, iri: str) -> None:
    every = ["batch/sample1/extra", "batch/sample1/sample1Dataset", "batch/sample10/sample10Dataset", "größe/a b"]
    assert found(samples, iri) == ("node", [f"lab:{path}" for path in every])


@pytest.mark.parametrize(
    ("name", "arrays"),
    [
        ("sample1", ["lab:batch/sample1/extra", "lab:batch/sample1/sample1Dataset"]),
        ("sample10", ["lab:batch/sample10/sample10Dataset"]),
        ("spectrum", ["lab:batch/sample10/sample10Dataset"]),
        ("batch", ["lab:batch/sample1/extra", "lab:batch/sample1/sample1Dataset", "lab:batch/sample10/sample10Dataset"]),
        ("acetone", []),
    ],
)
def test_what_attributes_describe(samples: Catalogue, name: str, arrays: list[str]) -> None:
    assert found(samples, EX + name) == ("described", arrays)


def test_a_uri_that_several_nodes_describe_means_the_arrays_of_all(changing: Catalogue) -> None:
    nodes = {
        "": group_v3(),
        "again": group_v3(**said("sample10")),
        "again/x": ARRAY,
        "one": {**ARRAY, "attributes": said("sample10")},
    }
    changing.add("other", v3(nodes))
    assert found(changing, EX + "sample10") == ("described", ["lab:batch/sample10/sample10Dataset", "other:again/x", "other:one"])


def test_described_comes_before_linked(catalogue: Catalogue) -> None:
    nodes = {"": group_v3(), "a": group_v3(**said("one", next="two")), "a/x": ARRAY, "b": group_v3(**said("two")), "b/y": ARRAY}
    catalogue.add("d", v3(nodes))
    assert found(catalogue, EX + "two") == ("described", ["d:b/y"])


def test_a_link_is_narrowed_to_the_child_of_that_name(samples: Catalogue) -> None:
    assert found(samples, EX + "sample1Dataset") == ("linked", ["lab:batch/sample1/sample1Dataset"])
    assert samples.resolve(EX + "sample1Dataset").via == (f"{BASE}/nodes/batch/sample1",)


def test_a_link_without_a_child_of_that_name_means_all_arrays_of_the_linking_node(samples: Catalogue) -> None:
    assert found(samples, EX + "doi/10.1/x") == ("linked", ["lab:batch/sample1/extra", "lab:batch/sample1/sample1Dataset"])


@pytest.mark.parametrize("target", ["x/inner", "x#inner", "x/inner/", "x/inner#"])
def test_a_link_is_narrowed_to_a_group_of_that_name_at_any_depth(catalogue: Catalogue, target: str) -> None:
    nodes = {
        "": group_v3(),
        "top": group_v3(**said("top", to=target)),
        "top/a": group_v3(),
        "top/a/inner": group_v3(),
        "top/a/inner/deep/v": ARRAY,
        "top/a/inner2": ARRAY,
        "inner": ARRAY,
    }
    catalogue.add("d", v3(nodes))
    assert found(catalogue, EX + target) == ("linked", ["d:top/a/inner/deep/v"])


def test_a_name_may_be_percent_encoded_in_the_uri(catalogue: Catalogue) -> None:
    catalogue.add("d", v3({"": group_v3(), "g": group_v3(**said("g", to="my%20data")), "g/my data": ARRAY, "g/other": ARRAY}))
    assert found(catalogue, EX + "my%20data") == ("linked", ["d:g/my data"])


def test_links_of_several_nodes_are_gathered_and_names_count_for_all(catalogue: Catalogue) -> None:
    def nodes(child: str) -> dict[str, dict[str, Any]]:
        return {"": group_v3(), "g": group_v3(**said("g", to=["shared", "target"])), f"g/{child}": ARRAY, "g/more": ARRAY}

    catalogue.add("d1", v3(nodes("target")))
    catalogue.add("d2", v3(nodes("elsewhere")))
    assert found(catalogue, EX + "shared") == ("linked", ["d1:g/more", "d1:g/target", "d2:g/elsewhere", "d2:g/more"])
    assert found(catalogue, EX + "target") == ("linked", ["d1:g/target"])


def test_links_through_unnamed_things(catalogue: Catalogue) -> None:
    reading = {EX + "by": [{EX + "maker": [{"@id": EX + "acme"}]}]}
    catalogue.add("d", v3({"": group_v3(), "g": group_v3(**said("g", reading=reading)), "g/v": ARRAY, "w": ARRAY}))
    assert found(catalogue, EX + "acme") == ("linked", ["d:g/v"])


def test_a_class_is_linked_to_by_its_members(catalogue: Catalogue) -> None:
    typed = {"@id": EX + "s", "@type": [EX + "Sample"]}
    catalogue.add("d", v3({"": group_v3(), "g": group_v3(**typed), "g/v": ARRAY, "w": ARRAY}))
    assert found(catalogue, EX + "Sample") == ("linked", ["d:g/v"])


def test_an_array_that_links_is_the_answer_itself(catalogue: Catalogue) -> None:
    catalogue.add("d", v3({"": group_v3(), "v": {**ARRAY, "attributes": said("v", to="elsewhere")}, "w": ARRAY}))
    assert found(catalogue, EX + "elsewhere") == ("linked", ["d:v"])


def test_links_that_a_person_added(changing: Catalogue) -> None:
    node = f"{BASE}/nodes/batch/sample10"
    lines = [f"<{node}> <{EX}cites> <{EX}paper> .\n", f"<{EX}sample1> <{EX}cites> <{EX}report> .\n"]
    changing.put(f"{BASE}/curated", "".join(sorted(lines)).encode())
    assert found(changing, EX + "paper") == ("linked", ["lab:batch/sample10/sample10Dataset"])
    assert found(changing, EX + "report") == ("linked", ["lab:batch/sample1/extra", "lab:batch/sample1/sample1Dataset"])


def test_a_link_counts_for_the_dataset_that_states_it(catalogue: Catalogue) -> None:
    """Both describe the sample, one says more about it."""
    catalogue.add("d1", v3({"": group_v3(), "g": group_v3(**said("s", to="more")), "g/v": ARRAY}))
    catalogue.add("d2", v3({"": group_v3(), "g": group_v3(**said("s")), "g/w": ARRAY}))
    assert found(catalogue, EX + "more") == ("linked", ["d1:g/v"])


def test_an_array_at_the_root(catalogue: Catalogue) -> None:
    catalogue.add("single", v3({"": {**ARRAY, "attributes": said("it", to="that")}}))
    assert found(catalogue, "http://localhost:8000/datasets/single") == ("node", ["single:"])
    assert found(catalogue, "http://localhost:8000/datasets/single/nodes/") == ("node", ["single:"])
    assert found(catalogue, EX + "it") == ("described", ["single:"])
    assert found(catalogue, EX + "that") == ("linked", ["single:"])


def test_a_hierarchy_without_a_root_node(catalogue: Catalogue) -> None:
    catalogue.add("d", v3({"a/b/v": ARRAY, "c": group_v3(**said("c")), "c/w": ARRAY}))
    assert found(catalogue, "http://localhost:8000/datasets/d") == ("node", ["d:a/b/v", "d:c/w"])
    assert found(catalogue, EX + "c") == ("described", ["d:c/w"])


@pytest.mark.parametrize(
    ("uri", "near"),
    [
        (EX + "sample2", [EX + "sample1", EX + "sample10"]),
        (EX + "Sample1", [EX + "sample1"]),
        ("http://other.example/sample1", [EX + "sample1"]),
        (EX + "sample1Datset", [EX + "sample1Dataset"]),
        (f"{BASE}/nodes/batch/sample1/sample1Data", [f"{BASE}/nodes/batch/sample1/sample1Dataset"]),
        ("http://localhost:8000/datasets/labs", [BASE]),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found_and_near_misses_are_named(samples: Catalogue, uri: str, near: list[str]) -> None:
    with pytest.raises(NotFoundError) as caught:
        samples.resolve(uri)
    assert list(caught.value.near[: len(near)]) == near
    assert all(each in str(caught.value) for each in near)


@pytest.mark.parametrize("uri", ["http://nothing.example/qqqqqqqq", EX, EX + "name", "urn:x:y"])
def test_predicates_and_strangers_are_not_found(samples: Catalogue, uri: str) -> None:
    with pytest.raises(NotFoundError, match="nothing in the catalogue is called, describes or links to"):
        samples.resolve(uri)


@pytest.mark.parametrize("uri", ["sample1", "", "http://x/a b", "http://x/<y>", 'http://x/"', "http://x/\n}"])
def test_what_is_no_iri_is_refused(samples: Catalogue, uri: str) -> None:
    with pytest.raises(
        InputError, match=r"absolute IRI.*; the array PATH of the dataset ID is http://.*/datasets/ID/nodes/PATH$"
    ):
        samples.resolve(uri)


@pytest.mark.parametrize("one", [lambda store, uri: resolve(store, uri).one(), resolve_one], ids=["resolve", "resolve_one"])
def test_none_one_and_many_have_an_answer_each(samples: Catalogue, one: Callable[[GraphStore, str], ArrayRef]) -> None:
    assert one(samples.store, EX + "spectrum") == samples.ref("lab", "batch/sample10/sample10Dataset")
    assert one(samples.store, EX + "sample10Dataset").inferred
    with pytest.raises(NotFoundError, match=f"acetone is described at {BASE}/nodes/chemical, but no array"):
        one(samples.store, EX + "acetone")
    with pytest.raises(
        InputError, match=r"sample1 means 2 arrays, name one of them: .*/sample1/extra, .*/sample1/sample1Dataset$"
    ):
        one(samples.store, EX + "sample1")


def test_a_long_list_of_arrays_is_cut(catalogue: Catalogue) -> None:
    catalogue.add("d", v3({f"a{number:02}": ARRAY for number in range(12)}))
    with pytest.raises(InputError, match=r"means 12 arrays, .*/a00, .*/a09 and 2 more$"):
        resolve_one(catalogue.store, "http://localhost:8000/datasets/d")


def test_a_stranger_looks_up_so_much_and_no_more(samples: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    one, *several = f"{BASE}/nodes/batch/sample1/extra", BASE, EX + "batch", EX + "doi/10.1/x"
    for uri in (one, *several):
        assert look_up(samples.store, uri, samples.iris, bounded=True) == look_up(samples.store, uri, samples.iris)
    monkeypatch.setattr("catalog.bridge.uri_lookup.MAX_ROWS", 1)
    assert len(look_up(samples.store, one, samples.iris, bounded=True).arrays) == 1
    for uri in several:
        with pytest.raises(LimitExceededError) as caught:
            look_up(samples.store, uri, samples.iris, bounded=True)
        assert (caught.value.limit, caught.value.value, caught.value.allowed) == ("lookup-rows", 2, 1)
    with pytest.raises(NotFoundError, match="near"):
        look_up(samples.store, EX + "sampel1", samples.iris, bounded=True)


def test_a_dataset_that_has_no_accepted_state_yet_is_known_and_empty(catalogue: Catalogue) -> None:
    catalogue.add("d", v3({"": group_v3()}))
    catalogue.put("http://localhost:8000/datasets/d", b"")
    assert found(catalogue, "http://localhost:8000/datasets/d") == ("node", [])


def test_refused_states_are_not_found(catalogue: Catalogue) -> None:
    catalogue.add("d", v3({"": group_v3(), "v": ARRAY}))
    structure = catalogue.store.read_graph("http://localhost:8000/datasets/d")
    catalogue.put("http://localhost:8000/datasets/d/rejected", structure.replace(b"nodes/v", b"nodes/refused"))
    with pytest.raises(NotFoundError):
        catalogue.resolve("http://localhost:8000/datasets/d/nodes/refused")


def test_other_graphs_cannot_pass_for_the_catalogue(changing: Catalogue) -> None:
    """The same terms about new nodes, in graphs called otherwise, or like a dataset of another base."""
    structure = changing.store.read_graph(BASE)
    record = changing.store.read_graph(f"{BASE}/record")
    for name in (f"{BASE}/curated", "http://evil.example/datasets/lab", "urn:user:graph"):
        forged = structure.replace(b"nodes/batch/sample10/", b"nodes/batch/sample10/forged/").replace(
            b"example.org/spec", b"example.org/fspec"
        )
        changing.put(name, forged + record.replace(b"file:///nowhere", b"file:///forged"))
    curated = structure.replace(b"/datasets/lab", b"/datasets/lab/curated").replace(b"example.org/", b"example.org/curated/")
    changing.put(f"{BASE}/curated", curated)
    about_lab = structure.replace(b"/datasets/lab> .", b"/datasets/other> .").replace(b"example.org/batch", b"example.org/obatch")
    changing.put("http://localhost:8000/datasets/other", about_lab)
    foreign = structure.replace(b"http://localhost:8000/", b"http://evil.example/").replace(b"example.org", b"evil.example")
    changing.put("http://evil.example/datasets/lab", foreign)
    changing.put("http://evil.example/datasets/lab/record", record.replace(b"http://localhost:8000/", b"http://evil.example/"))

    assert found(changing, EX + "sample10") == ("described", ["lab:batch/sample10/sample10Dataset"])
    assert changing.resolve(EX + "spectrum").one().location == "file:///nowhere"
    assert found(changing, f"{BASE}/nodes/batch/sample10") == ("node", ["lab:batch/sample10/sample10Dataset"])
    for uri in (
        "http://evil.example/datasets/lab/nodes/batch",
        "http://evil.example/sample10",
        EX + "fspectrum",
        f"{BASE}/curated/nodes/batch/sample10",
        EX + "curated/sample10",
        EX + "obatch",
    ):
        with pytest.raises(NotFoundError):
            changing.resolve(uri)


def test_the_base_of_another_deployment(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = "https://data.example/cat/"
    with EmbeddedGraphStore(tmp_path_factory.mktemp("graphs")) as store:
        catalogue = Catalogue(store, Iris(base))
        ns = "https://w3id.org/zarr-catalog/ns#"
        rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
        catalogue.put(base, f'<{base}> {rdf_type} <{ns}Catalog> .\n<{base}> <{ns}baseIri> "{base}" .\n'.encode())
        catalogue.add("d", v3({"": group_v3(**said("s")), "v": ARRAY}))
        assert found(catalogue, f"{base}datasets/d/nodes/v") == ("node", ["d:v"])
        assert found(catalogue, EX + "s") == ("described", ["d:v"])


def test_the_published_store_of_linked_data(catalogue: Catalogue, corpora: Any) -> None:
    """Its consolidated document lies under another key; values are not needed here."""
    catalogue.ingest("cat", corpora / "zarr-linked-data" / "test_store.zarr", ".all_metadata")
    concepts = "http://www.catplus.ch/ontology/concepts/"
    one = "cat:myBatch/mySamplePrep/sample1/sample1Dataset"
    two = "cat:myBatch/mySamplePrep/sample2/sample2Dataset"
    assert found(catalogue, concepts + "sample1") == ("described", [one])
    assert found(catalogue, concepts + "sample1Dataset") == ("linked", [one])
    assert found(catalogue, concepts + "sample2Dataset") == ("linked", [two])
    assert found(catalogue, concepts + "mySamplePrep") == ("described", [one, two])
    assert found(catalogue, concepts + "chemical2") == ("described", [])
    for absent in ("myCampaign", "sample10", "sample1Datase", "sample"):
        with pytest.raises(NotFoundError):
            catalogue.resolve(concepts + absent)


def test_documents_written_as_bytes_need_no_store() -> None:
    """What `v3` makes is what a store would hold."""
    (document,) = v3({"a": ARRAY})
    assert document == Document("a/zarr.json", json.dumps(ARRAY).encode())
