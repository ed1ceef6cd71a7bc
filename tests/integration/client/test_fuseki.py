"""Do lookups mean the same to Fuseki, and to the embedded store whose answers the unit tests know by hand?"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import catalog
from catalog.client.catalog import Catalog
from catalog.client.session import Session
from catalog.rdf.iris import Iris
from catalog.services.ingest import ingest
from catalog.services.mappings import Mappings
from catalog.services.request import IngestRequest
from catalog.settings import load_settings
from tests.support.fuseki import FusekiServer
from tests.support.workspace import open_test_workspace
from tests.unit.client.conftest import MAPPING, write_lab, write_plate, write_weather
from tests.unit.client.test_hostile import KNOWN
from tests.unit.client.test_lookups import DATASETS, FOUND, WHERE


class Remote(Session):
    """A session on a graph store that is open already."""

    opened: Any = None
    workspace: Any = None

    @contextmanager
    def asking(self) -> Iterator[Any]:
        yield self.opened

    @contextmanager
    def writing(self, *, writable: bool = True) -> Iterator[Any]:
        yield self.workspace


@pytest.fixture
def cat(fuseki: FusekiServer, tmp_path: Path) -> Iterator[catalog.Catalog]:
    import json

    write_weather(tmp_path / "weather.zarr")
    write_plate(tmp_path / "assay.zarr")
    write_lab(tmp_path / "lab.zarr")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "lab.jsonld").write_text(json.dumps(MAPPING))
    with fuseki.store() as store, open_test_workspace(tmp_path, stores=[store, store]) as workspace:
        object.__setattr__(workspace, "mappings", Mappings(tmp_path / "mappings"))
        for name in ("weather", "assay", "lab"):
            ingest(workspace, IngestRequest(str(tmp_path / f"{name}.zarr"), access="restricted"))
        session = Remote(load_settings(), prefixes={"lab": "https://lab.example/terms#"})
        session.opened = store, Iris()
        yield Catalog(session)


def test_values_are_cited_saved_and_replayed(fuseki: FusekiServer, tmp_path: Path) -> None:
    values = write_weather(tmp_path / "weather.zarr")
    with fuseki.store() as store, open_test_workspace(tmp_path, stores=[store, store]) as workspace:
        ingest(workspace, IngestRequest(str(tmp_path / "weather.zarr"), access="restricted"))
        session = Remote(load_settings())
        session.opened, session.workspace = (store, Iris()), workspace
        cat = Catalog(session)
        sst = cat.arrays(path="sst").one()
        saved = sst.isel(lon=slice(2, 5)).max("time").save(tmp_path / "max.zarr", register=True, dataset_id="max", agent="Ann")
        np.testing.assert_array_equal(zarr.open_array(tmp_path / "max.zarr" / "sst", mode="r")[...], values[:, :, 2:5].max(0))
        np.testing.assert_array_equal(cat.replay(saved.record).parts[0].values, values[:, :, 2:5].max(0))
        new = "http://localhost:8000/datasets/max/nodes/sst"
        rows = cat.sparql(f"SELECT ?old {{ <{new}> prov:wasDerivedFrom ?old . ?old a zo:ZarrArray }}")
        assert [row["old"] for row in rows] == [sst.iri]


def test_fuseki_finds_what_the_embedded_store_finds(cat: catalog.Catalog) -> None:
    for lookups, wanted in FOUND:
        query = cat.arrays(**lookups)
        assert {each.path for each in query} == wanted, lookups
        assert query.count() == len(wanted), lookups
    for lookups, wanted in DATASETS:
        if lookups.get("access") != "public":
            assert {each.name for each in cat.datasets(**lookups)} == wanted, lookups
    for way, operator, value, wanted in WHERE:
        assert {each.path for each in cat.arrays().where(way, operator, value)} == wanted, way
    assert [each.path for each in cat.arrays(dims="lat").order_by("-ndim", "path")] == ["ice", "sst", "lat"]
    assert [each.path for each in cat.arrays(dims="lat").exclude(ndim=1).order_by("-path")[:1]] == ["sst"]
    assert cat.search("NORTH sea")[0]["kind"] == "dataset"
    assert {row["path"] for row in cat.search(r"C=C\C")} == {"one"}
    assert len(cat.arrays(level_index=0).channels()) == 4
    for text in KNOWN:
        for operator in ("", "__contains", "__startswith", "__lt"):
            cat.arrays(**{f"standard_name{operator}": text}).iris()
        assert cat.arrays(attribute__note=text).count() == (text in {r"C/C=C\C", '"; DROP ALL'}), ascii(text)
    assert cat.arrays().count() == 11
