"""Does every lookup of the table work on published stores, and find what their documents and graphs hold?

The oracle walks triples by hand, over a dump of the graph store, and knows nothing of SPARQL.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

import catalog
from catalog.graphstore.compose import Step
from catalog.rdf.iris import DEFAULT_BASE
from catalog.rdf.prefixes import PREFIXES, RDF_TYPE
from catalog.services.asking.lookup_table import ARRAY, DATASET, Term, expand, terms_of
from catalog.services.asking.lookups import Vocabulary
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from tests.support.corpora import find_corpora
from tests.support.workspace import open_test_workspace

STORES = (
    "ome-zarr-models/examples/v04/hcs_example.ome.zarr",
    "ome-zarr-models/examples/v06/stitched_tiles_2d.zarr",
    "ngio/v05/images/test_image_czyx.zarr",
    "ngio/v04/images/test_image_tczyx.zarr",
    "titiler-xarray/test_zarr_store.zarr",
    "titiler-xarray/pyramid.zarr",
    "titiler-xarray-history/fixtures/cmip6.zarr",
    "cfdm/example_field_0.zarr2",
    "vitessce/anndata-0.12/anndata-csr.adata.zarr",
    "zarr-linked-data/test_store.zarr",
    "zarrita-js/v2/data.zarr",
    "zarrita-js/v3/data.zarr",
)
ZO = PREFIXES["zo"]
Graph = dict[str, dict[str, list[Any]]]


@pytest.fixture(scope="module")
def place(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lookups")
    with open_test_workspace(folder) as workspace:
        for store in STORES:
            ingest(workspace, IngestRequest(str(corpora / store), access="public"))
    return folder


@pytest.fixture(scope="module")
def triples(place: Path) -> tuple[Graph, Graph]:
    """Subject → predicate → objects, and the same from object to subject."""
    forward: Graph = defaultdict(lambda: defaultdict(list))
    backward: Graph = defaultdict(lambda: defaultdict(list))
    store = ox.Store.read_only(str(place / "graphs" / "catalog" / "graphs"))
    for quad in store:
        if isinstance(quad.graph_name, ox.DefaultGraph):
            continue
        subject = quad.subject.value  # type: ignore[union-attr]
        if quad.object not in forward[subject][quad.predicate.value]:
            forward[subject][quad.predicate.value].append(quad.object)
            if isinstance(quad.object, ox.NamedNode):
                backward[quad.object.value][quad.predicate.value].append(quad.subject)
    return forward, backward


@pytest.fixture(scope="module")
def cat(place: Path, triples: tuple[Graph, Graph]) -> Iterator[catalog.Catalog]:
    with catalog.connect(place / "graphs") as made:
        yield made


def walk(start: str, steps: tuple[Step, ...], triples: tuple[Graph, Graph]) -> list[Any]:
    """What a way leads to."""
    at: list[Any] = [ox.NamedNode(start)]
    for step in steps:
        table = triples[1] if step.inverse else triples[0]
        at = [found for each in at if isinstance(each, ox.NamedNode) for iri in step.iris for found in table[each.value][iri]]
    return at


def roots(kind: str, triples: tuple[Graph, Graph]) -> list[str]:
    if kind == ARRAY:
        return [each for each in triples[0] if ox.NamedNode(f"{ZO}ZarrArray") in triples[0][each][RDF_TYPE]]
    return [each for each in triples[0] if each.startswith(f"{DEFAULT_BASE}datasets/") and f"{ZO}access" in triples[0][each]]


def python_value(value: Any) -> Any:
    if isinstance(value, ox.NamedNode):
        return value.value
    name = value.datatype.value.rpartition("#")[2]
    if name == "integer":
        return int(value.value)
    if name == "double":
        return float(value.value)
    return value.value == "true" if name == "boolean" else value.value


def query(cat: catalog.Catalog, kind: str, **lookups: Any) -> Any:
    return cat.arrays(**lookups) if kind == ARRAY else cat.datasets(**lookups)


# attribute__KEY is about keys, and tested as such.
NAMES = [(kind, name) for kind in (ARRAY, DATASET) for name in sorted(terms_of(kind)) if name != "attribute"]


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_an_entry_finds_what_has_it_and_each_of_its_values(
    cat: catalog.Catalog, triples: tuple[Graph, Graph], kind: str, name: str
) -> None:
    term: Term = terms_of(kind)[name]
    having: dict[str, list[Any]] = {}
    for root in roots(kind, triples):
        found = walk(root, term.steps, triples)
        if term.only:
            found = [each for each in found if ox.NamedNode(expand(term.only)) in triples[0][each.value][RDF_TYPE]]
        if found:
            having[root] = found
    if term.kind == "unless":
        stated = {root for root, found in having.items() if any(each.value == "false" for each in found)}
        assert set(query(cat, kind, **{name: False}).iris()) == stated
        assert query(cat, kind, **{name: True}).count() == len(roots(kind, triples)) - len(stated)
        return
    if not term.only and (
        term.leads is None or not any(isinstance(each, ox.Literal) for found in having.values() for each in found)
    ):
        assert set(query(cat, kind, **{f"{name}__isnull": False}).iris()) == set(having)
    samples: dict[Any, set[str]] = defaultdict(set)
    for root, found in having.items():
        for each in found:
            samples[each].add(root)
    for value in sorted(samples, key=str)[:6]:
        wanted = python_value(value)
        if (isinstance(wanted, float) and not math.isfinite(wanted)) or (isinstance(wanted, str) and len(wanted) > 60_000):
            continue
        found_iris = set(query(cat, kind, **{name: wanted}).iris())
        assert samples[value] <= found_iris, (name, wanted)
        if term.kind in {"text", "json"}:
            assert found_iris == samples[value], (name, wanted)


def test_most_of_the_table_is_met_in_these_stores(triples: tuple[Graph, Graph]) -> None:
    """Else the test above would say nothing: so many entries lead somewhere."""
    met = [
        (kind, name)
        for kind, name in NAMES
        if any(walk(root, terms_of(kind)[name].steps, triples) for root in roots(kind, triples))
    ]
    assert len([each for each in met if each[0] == ARRAY]) >= 60
    assert len([each for each in met if each[0] == DATASET]) >= 30


def test_every_property_of_arrays_and_datasets_has_a_lookup(triples: tuple[Graph, Graph]) -> None:
    for kind in (ARRAY, DATASET):
        named = {iri for term in terms_of(kind).values() for iri in term.steps[0].iris}
        used = {predicate for root in roots(kind, triples) for predicate in triples[0][root] if triples[0][root][predicate]}
        assert used - named - {f"{ZO}attribute"} == set()


def test_what_documents_say(cat: catalog.Catalog, corpora: Path) -> None:
    """Straight from the JSON of the stores."""
    plate = corpora / STORES[0]
    image = json.loads((plate / "B" / "03" / "0" / ".zattrs").read_text())
    level = json.loads((plate / "B" / "03" / "0" / "0" / ".zarray").read_text())
    arrays = cat.arrays(dataset__label="hcs_example.ome.zarr")
    label = image["omero"]["channels"][0]["label"]
    assert arrays.filter(channel__label=label, well__row="B", well__column="03").count() == len(
        image["multiscales"][0]["datasets"]
    )
    assert arrays.filter(shape=level["shape"], chunks=level["chunks"]).one().path == "B/03/0/0"
    weather = corpora / "cfdm" / "example_field_0.zarr2"
    for document in weather.glob("*/.zattrs"):
        said = json.loads(document.read_text())
        for key, name in (("standard_name", "standard_name"), ("units", "units")):
            if key in said:
                found = cat.arrays(dataset__label="example_field_0.zarr2", **{name: said[key]})
                assert document.parent.name in {each.path for each in found}
    for number, store in enumerate(("zarrita-js/v2/data.zarr", "zarrita-js/v3/data.zarr"), 2):
        names = [".zarray" if number == 2 else "zarr.json"][0]
        wanted = [json.loads(path.read_text()) for path in (corpora / store).rglob(names)]
        shapes = [each["shape"] for each in wanted if "shape" in each]
        found = [list(each.shape) for each in cat.arrays(layout__zarr_format=number, dataset__location__endswith=store)]
        assert sorted(found) == sorted(shapes)


def test_keys_of_attributes_are_known(cat: catalog.Catalog, corpora: Path) -> None:
    assert isinstance(cat._session.vocabulary(), Vocabulary)
    said = json.loads((corpora / "zarrita-js" / "v2" / "data.zarr" / ".zattrs").read_text())
    assert cat.arrays(root__answer=said["answer"]).count() > 0
    assert find_corpora() == corpora
