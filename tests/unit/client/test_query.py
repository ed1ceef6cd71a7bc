"""Are queries lazy, asked once, and what their chain of calls says?"""

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import zarr

import catalog
from catalog.errors import GraphStoreUnavailableError, InputError, NotFoundError
from catalog.graphstore.embedded import EmbeddedGraphStore


@pytest.fixture
def asked() -> Any:
    """Counts the questions that reach a graph store."""
    with mock.patch.object(EmbeddedGraphStore, "select", autospec=True, side_effect=EmbeddedGraphStore.select) as select:
        yield select


def paths(query: Any) -> list[str]:
    return [each.path for each in query]


def test_nothing_is_asked_before_the_answer_is_looked_at(cat: catalog.Catalog, asked: mock.Mock) -> None:
    cat.arrays(standard_name="latitude").filter(ndim=1).exclude(dtype="int8").order_by("-path")[:10].sel(lat=50).max("lat")
    cat.datasets(title__contains="North").order_by("title")
    assert asked.call_count == 0


def test_an_answer_is_asked_for_once(cat: catalog.Catalog, asked: mock.Mock) -> None:
    query = cat.arrays(ndim=3, dims="lat")
    assert len(query) == 2
    assert paths(query) == paths(query) == ["ice", "sst"]
    assert query.count() == 2
    assert query.first() == query[0]
    assert query[1] in query
    assert query[1].iri in query
    assert "http://localhost:8000/nothing" not in query
    assert bool(query)
    assert [call for call in asked.call_args_list if "zo:ZarrArray" in call.args[1] and "LIMIT" in call.args[1]] == []
    assert asked.call_count == 1 + _recorded(asked)


def _recorded(asked: mock.Mock) -> int:
    """Questions for the base of the deployment, which opening asks."""
    return sum("baseIri" in call.args[1] for call in asked.call_args_list)


def test_a_step_makes_a_new_query(cat: catalog.Catalog) -> None:
    whole = cat.arrays(ndim__in=[1, 3])
    part = whole.filter(dims="lat")
    assert len(whole) == 9
    assert len(part) == 3
    assert len(whole) == 9


def test_order_and_slices(cat: catalog.Catalog) -> None:
    weather = cat.arrays(dataset__title="North Sea buoys")
    assert paths(weather) == ["ice", "lat", "lon", "sst", "time"]
    assert paths(weather.order_by("-path")) == ["time", "sst", "lon", "lat", "ice"]
    assert paths(weather.order_by("ndim", "-path")) == ["time", "lon", "lat", "sst", "ice"]
    assert paths(weather.order_by("standard_name")[1:3]) == ["lon", "ice"]
    assert paths(weather.order_by("-size", "path")) == ["ice", "sst", "lon", "lat", "time"]
    assert paths(weather.order_by("-nbytes", "path")[:2]) == ["sst", "ice"]
    assert paths(weather.order_by("dtype", "-size")[:2]) == ["ice", "sst"]
    assert paths(weather[1:4][1:]) == ["lon", "sst"]
    assert paths(weather[3:]) == ["sst", "time"]
    assert paths(weather[9:]) == []
    assert weather[1:3].count() == 2
    assert weather[4:9].count() == 1
    assert weather.order_by("path")[2].path == "lon"
    for wrong in (lambda: weather[::2], lambda: weather[-1], lambda: weather[:-1], lambda: weather[:2].filter(ndim=1)):
        with pytest.raises(InputError):
            wrong()
    with pytest.raises(IndexError):
        weather[5]


def test_exclude_leaves_out_what_meets_all(cat: catalog.Catalog) -> None:
    weather = cat.arrays(dataset__title="North Sea buoys")
    assert paths(weather.exclude(ndim=3)) == ["lat", "lon", "time"]
    assert paths(weather.exclude(ndim=3, dtype="bool")) == ["lat", "lon", "sst", "time"]
    assert paths(weather.exclude(ndim=3).exclude(path="lat")) == ["lon", "time"]
    assert paths(weather.exclude(units__isnull=False)) == []
    assert paths(weather.exclude(size__gt=5)) == ["time"]
    with pytest.raises(InputError, match="alone"):
        weather.exclude(size__gt=5, ndim=1)


def test_one_call_speaks_of_one_thing_and_two_of_two(cat: catalog.Catalog) -> None:
    level = cat.arrays(level_index=0)
    assert paths(level.filter(channel__label="DAPI", channel__color="00FF00")) == []
    assert paths(level.filter(channel__label="DAPI").filter(channel__color="00FF00")) == ["A/1/0/0", "B/1/0/0"]


def test_one_is_one(cat: catalog.Catalog) -> None:
    assert cat.arrays(path="sst").one().path == "sst"
    with pytest.raises(InputError, match=r"2 arrays are found where one is wanted: .*/ice, .*/sst"):
        cat.arrays(ndim=3, dims="lat").one()
    with pytest.raises(NotFoundError, match=r"filter\(path='ssst'\) leaves none of 2") as caught:
        cat.arrays(ndim=3, dims="lat").filter(path="ssst").one()
    assert [iri.rpartition("/")[2] for iri in caught.value.near] == ["ice", "sst"]
    assert cat.arrays(path="none").first() is None
    assert not cat.arrays(path="none")


def test_what_an_array_is(cat: catalog.Catalog) -> None:
    sst = cat.arrays(path="sst").one()
    assert (sst.shape, sst.dims, sst.dtype, sst.chunks) == ((4, 6, 10), ("time", "lat", "lon"), "float32", (2, 3, 5))
    assert sst.location.endswith("/weather.zarr")
    assert sst.dataset == cat.datasets(title__contains="North").one().iri
    assert cat.datasets(title__contains="North").one().arrays(ndim=3).count() == 2
    assert cat.datasets(title__contains="North").arrays(path__startswith="l").count() == 2


def test_a_catalogue_that_was_closed_says_so(place: Path) -> None:
    with catalog.connect(place / "graphs") as cat:
        assert cat.arrays().count() == 11
    with pytest.raises(GraphStoreUnavailableError, match="closed"):
        cat.arrays().count()


@pytest.mark.parametrize("given", [{"audience": "all"}, {"no_such_setting": 1}, {"place": "embedded:/x", "query_timeout_s": -1}])
def test_what_cannot_be_connected_to(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        catalog.connect(**given)


def test_ingest_and_ask_in_one(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=np.arange(6), chunks=(3,), attributes={"colour": "blue"})
    with catalog.connect(tmp_path / "graphs") as cat:
        assert cat.arrays().count() == 0
        with pytest.raises(InputError, match="no lookup 'colour'"):
            cat.arrays(colour="blue")
        told: list[str] = []
        assert cat.ingest(tmp_path / "a.zarr", progress=told.append, dataset_id="mine").accepted
        assert told
        assert cat.arrays(colour="blue").one().compute().tolist() == [0, 1, 2, 3, 4, 5]
        assert cat.datasets(id="mine").one().id == "mine"
        with pytest.raises(InputError, match="no option 'colour'"):
            cat.ingest(tmp_path / "a.zarr", colour="red")


def test_sparql_gives_a_table(cat: catalog.Catalog) -> None:
    table = cat.sparql("SELECT ?a ?path ?n { ?a a zo:ZarrArray ; zo:path ?path ; zo:dimensionCount ?n } ORDER BY ?path LIMIT 2")
    assert isinstance(table, catalog.client.table.Table)  # type: ignore[attr-defined]
    assert table.columns == ("a", "path", "n")
    assert table["path"] == ["A/1/0/0", "A/1/0/1"]
    assert table[0]["n"] == 3
    assert len(table) == 2
    assert [row["n"] for row in table] == [3, 3]
    assert list(table.to_pandas().columns) == ["a", "path", "n"]
    with pytest.raises(InputError, match="the columns are a, path, n"):
        table["b"]
    assert cat.sparql("ASK { ?s a zo:ZarrArray }")[0] == {"answer": True}  # type: ignore[index]
    assert "ZarrArray" in cat.sparql("CONSTRUCT { ?s a zo:ZarrArray } WHERE { ?s a zo:ZarrArray }")  # type: ignore[operator]


def test_search_ranks_names_before_the_rest(cat: catalog.Catalog) -> None:
    found = cat.search("NORTH sea")
    assert (found[0]["kind"], found[0]["text"]) == ("dataset", "North Sea buoys")
    assert {row["path"] for row in cat.search("sea_surface")} == {"sst"}
    assert {row["path"] for row in cat.search(r"C=C\C")} == {"one"}
    assert cat.search('"; DROP all')[0]["path"] == "two"
    assert {row["path"] for row in cat.search("rfp")} == {"B/1/0"}
    assert len(cat.search("l*", limit=3)) == 3
    assert len(cat.search("no such text")) == 0
    scores = cat.search("lat")["score"]
    assert scores == sorted(scores, reverse=True)
    assert cat.search("lat")[0]["path"] == "lat"
    for wrong in ("", "  ", "x" * 501):
        with pytest.raises(InputError):
            cat.search(wrong)
    with pytest.raises(InputError):
        cat.search("x", limit=0)


def test_metadata_as_a_frame(cat: catalog.Catalog) -> None:
    frame = cat.arrays(dataset__title="North Sea buoys").order_by("path").to_pandas()
    assert frame["path"].tolist() == ["ice", "lat", "lon", "sst", "time"]
    sst = frame.set_index("path").loc["sst"]
    assert (sst["shape"], sst["dtype"], sst["units"], sst["standard_name"]) == (
        (4, 6, 10),
        "float32",
        "degC",
        "sea_surface_temperature",
    )
    assert sst["title"] == "warmth of the water"
    assert cat.datasets().to_pandas()["arrays"].tolist() == [4, 2, 5]


def test_channels_as_a_frame(cat: catalog.Catalog) -> None:
    frame = cat.arrays(level_index=0, well__row="B").channels().to_pandas()
    assert frame["label"].tolist() == ["DAPI", "RFP"]
    assert frame["color"].tolist() == ["0000FF", "00FF00"]
    assert frame["active"].tolist() == [True, False]
    assert frame["end"].tolist() == [255.0, 255.0]
    assert cat.arrays(path="B/1/0/0").one().channels()["index"] == [0, 1]
