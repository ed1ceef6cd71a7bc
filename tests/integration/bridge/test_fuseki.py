"""Does Fuseki lead from URIs to the same arrays as the embedded store, whose answers the unit tests know by hand?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.bridge.answer import ResolvedAnswer, resolve_answer
from catalog.bridge.array_ref import Resolution
from catalog.bridge.uri_lookup import look_up, look_up_many
from catalog.errors import NotFoundError
from catalog.graphstore.bindings import Bindings, Iri, Literal
from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.support.fuseki import FusekiServer
from tests.support.zarr_documents import array_v3
from tests.unit.bridge.catalogue import Catalogue, v3
from tests.unit.bridge.test_answer import NODES, double
from tests.unit.bridge.test_uri_lookup import EX, SAMPLES

BASE = "http://localhost:8000/datasets/lab"
KNOWN = [
    BASE,
    *(
        f"{BASE}/nodes/{path}"
        for path in ("", "batch", "batch/sample1", "batch/sample1/extra", "chemical", "gr%C3%B6%C3%9Fe/a%20b")
    ),
    *(EX + name for name in ("batch", "sample1", "sample10", "spectrum", "acetone", "sample1Dataset", "doi/10.1/x")),
]
UNKNOWN = [f"{BASE}/nodes/nothing", f"{BASE}s", EX + "sample2", EX + "name", "urn:x:y"]
NAMES = {"named": ["time", None, 'say "hi", \\ ☃'], "twice": ["x", "x", "y"]}


@pytest.fixture
def both(fuseki: FusekiServer, tmp_path: Path) -> Iterator[tuple[Catalogue, Catalogue]]:
    """The same dataset in either store."""
    arrays = {name: array_v3([2, 3, 4], dimension_names=names) for name, names in NAMES.items()}
    with fuseki.store() as remote, EmbeddedGraphStore(tmp_path / "graphs") as local:
        catalogues = Catalogue(remote), Catalogue(local)
        for catalogue in catalogues:
            catalogue.add("lab", v3({**SAMPLES, **arrays, "scalar": array_v3([], [])}), "https://data.example/lab.zarr")
        yield catalogues


def without_arrays(answer: Resolution) -> tuple[str, tuple[str, ...], list[tuple[object, ...]]]:
    """What can be compared of an answer at a glance."""
    refs = [(r.iri, r.location, r.digest, r.array.shape, r.array.layout.json, r.array.dimension_names) for r in answer.refs]
    return answer.kind, answer.via, refs


def test_every_uri_means_the_same(both: tuple[Catalogue, Catalogue]) -> None:
    remote, local = both
    for uri in KNOWN:
        assert without_arrays(remote.resolve(uri)) == without_arrays(local.resolve(uri)), uri
    assert remote.ref("lab", "named").array.dimension_names == tuple(NAMES["named"])
    assert len(remote.resolve(BASE).refs) == 7
    for uri in UNKNOWN:
        with pytest.raises(NotFoundError) as there:
            remote.resolve(uri)
        with pytest.raises(NotFoundError) as here:
            local.resolve(uri)
        assert there.value.near == here.value.near


def test_many_uris_at_once_mean_what_each_means_by_itself(both: tuple[Catalogue, Catalogue]) -> None:
    for catalogue in both:
        at_once = look_up_many(catalogue.store, [*KNOWN, *UNKNOWN], catalogue.iris)
        assert at_once == {uri: look_up(catalogue.store, uri, catalogue.iris) for uri in KNOWN}
        described = look_up_many(catalogue.store, KNOWN, catalogue.iris, linked=False)
        assert described == {uri: found for uri, found in at_once.items() if found.kind != "linked"}


def test_an_answer_means_the_same(fuseki: FusekiServer, tmp_path: Path) -> None:
    """World units, channels by name, and levels: what the graph says of images is the same in both."""

    def parts(answer: ResolvedAnswer) -> list[tuple[object, ...]]:
        return [(part.row, part.ref.path, part.part.selection, part.part.notes) for part in answer.parts]

    query = "SELECT ?image ?channel { ?image a zo:MultiscaleImage ; zo:channel/ome:name ?channel } ORDER BY ?channel"
    with fuseki.store() as remote, EmbeddedGraphStore(tmp_path / "graphs") as local:
        found = []
        for store in (remote, local):
            Catalogue(store).add("lab", v3(NODES), "https://data.example/lab.zarr")
            rows = [(*row, double(4.0), double(7.1), Literal("y=0")) for row in store.select(query).rows]
            bindings = Bindings(("image", "channel", "x_start", "x_stop", "select"), rows)
            assert [row[0] for row in rows] == [Iri(f"{BASE}/nodes/img")] * 2
            found.append(parts(resolve_answer(store, bindings)))
    assert found[0] == found[1]
    assert [(row, path) for row, path, *_ in found[0]] == [(0, "img/0"), (0, "img/1"), (1, "img/0"), (1, "img/1")]


def test_more_arrays_than_one_query_takes(fuseki: FusekiServer) -> None:
    nodes = {f"a{number:04}": array_v3([number], [1], dimension_names=[f"d{number}"]) for number in range(1, 1203)}
    with fuseki.store() as store:
        catalogue = Catalogue(store)
        catalogue.add("lab", v3(nodes))
        refs = catalogue.resolve(BASE).refs
    assert [(ref.path, ref.array.dimension_names) for ref in refs] == [(f"a{n:04}", (f"d{n}",)) for n in range(1, 1203)]
