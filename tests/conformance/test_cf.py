"""Stores that others wrote with CF and xarray: does the graph say what their writers, netCDF and whole coordinates say?"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.rdf.iris import Iris
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from tests.support import rebuild
from tests.support.reparse import LABEL, ZO, facts_of, text_of
from tests.support.workspace import open_test_workspace

CUBE = "xcube/cube-1-250-250.zarr"
WITH_PLACE = [
    CUBE,
    "xcube/cube-1-250-250.levels/1.zarr",
    "xcube/cube-1-250-250.levels/2.zarr",
    "titiler-xarray/test_zarr_store.zarr",
    "titiler-xarray/unconsolidated.zarr",
    "cfdm/example_field_0.zarr2",
    "cfdm/example_field_0.zarr3",
]
Q = "cfdm/example_field_0.zarr2"
CMIP6 = "titiler-xarray-history/fixtures/cmip6.zarr"
DCT = "http://purl.org/dc/terms/"
_RESULTS: dict[str, IngestResult] = {}


@pytest.fixture(scope="module")
def workspace(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_test_workspace(tmp_path_factory.mktemp("cf")) as opened:
        yield opened
    _RESULTS.clear()


def taken(workspace: Workspace, corpora: Path, store: str) -> IngestResult:
    if store not in _RESULTS:
        _RESULTS[store] = ingest(workspace, IngestRequest(str(corpora / store)))
    return _RESULTS[store]


def rows(workspace: Workspace, query: str, *names: str) -> list[tuple[str | None, ...]]:
    answer = workspace.catalog.select(query)
    return list(zip(*(answer.values(name) for name in names), strict=True))


def box_of(workspace: Workspace, subject: str) -> list[float]:
    """West, south, east, north of the one place of a subject."""
    query = f"SELECT ?w ?s ?e ?n WHERE {{ <{subject}> dct:spatial ?p . ?p zo:west ?w ; zo:south ?s ; zo:east ?e ; zo:north ?n }}"
    [row] = rows(workspace, query, *"wsen")
    return [float(value or "nan") for value in row]


def edges(group: zarr.Group, names: tuple[str, ...]) -> tuple[float, float]:
    """Outer edges of a coordinate, from all its bounds, or from all its values and half a step."""
    name = next(each for each in names if each in group)
    array: Any = group[name]
    values: Any = np.sort(np.asarray(array[...], "f8"))
    bounds = array.attrs.get("bounds")
    if bounds and str(bounds) in group:
        cells: Any = np.asarray(group[str(bounds)][...])
        return float(cells.min()), float(cells.max())
    steps = np.diff(values)
    return float(values[0] - steps[0] / 2), float(values[-1] + steps[-1] / 2)


@pytest.mark.parametrize("store", WITH_PLACE)
def test_the_place_is_that_of_the_whole_coordinates(workspace: Workspace, corpora: Path, store: str) -> None:
    result = taken(workspace, corpora, store)
    group = zarr.open_group(corpora / store, mode="r", use_consolidated=store.endswith("zarr3") or None)
    south, north = edges(group, ("lat", "latitude"))
    west, east = edges(group, ("lon", "longitude"))
    expected = [-180, max(south, -90), 180, min(north, 90)] if east - west >= 360 else [west, south, east, north]
    assert box_of(workspace, result.iri) == pytest.approx(expected, abs=1e-9)
    assert not [problem for problem in result.problems if problem.kind in {"no-extent", "values-not-read", "extent-differs"}]


@pytest.mark.parametrize(
    ("store", "answer"),
    [
        ("titiler-xarray/test_zarr_store.zarr", "test_zarr_store_zarr_info.json"),
        ("titiler-xarray/unconsolidated.zarr", "unconsolidated_zarr_info.json"),
    ],
)
def test_the_place_is_that_of_titiler(workspace: Workspace, corpora: Path, store: str, answer: str) -> None:
    """It adds half a cell as well, and leaves what lies beyond the poles and beyond the whole circle."""
    west, south, east, north = json.loads((corpora / "titiler-xarray" / "responses" / answer).read_text())["bounds"]
    assert east - west >= 360
    found = box_of(workspace, taken(workspace, corpora, store).iri)
    assert found == [-180, max(south, -90), 180, min(north, 90)]


def test_the_time_of_a_cube(workspace: Workspace, corpora: Path) -> None:
    result = taken(workspace, corpora, CUBE)
    group = zarr.open_group(corpora / CUBE, mode="r")
    days: Any = np.asarray(group["time_bnds"][...])
    [found] = rows(
        workspace, f"SELECT ?s ?e WHERE {{ <{result.iri}> dct:temporal [ dcat:startDate ?s ; dcat:endDate ?e ] }}", "s", "e"
    )
    for text, day in zip(found, (days.min(), days.max()), strict=True):
        expected = np.datetime64("1970-01-01") + np.timedelta64(round(day * 86400e6), "us")
        assert abs(np.datetime64((text or "").rstrip("Z")) - expected) <= np.timedelta64(1, "us")


def test_flags_of_a_cube(workspace: Workspace, corpora: Path) -> None:
    result = taken(workspace, corpora, CUBE)
    query = f"SELECT ?m ?l WHERE {{ <{result.iri}/nodes/quality_flags> zo:flag [ zo:flagMask ?m ; skos:prefLabel ?l ] }}"
    found = {label: int(mask or 0) for mask, label in rows(workspace, query, "m", "l")}
    attributes = json.loads((corpora / CUBE / "quality_flags" / ".zattrs").read_text())
    assert found == dict(zip(attributes["flag_meanings"].split(), attributes["flag_masks"], strict=True))


@pytest.mark.parametrize("store", ["cfdm/example_field_0.zarr2", "cfdm/example_field_0.zarr3"])
def test_the_field_of_cfdm(workspace: Workspace, corpora: Path, store: str) -> None:
    """cfdm shows this field as specific humidity on latitude(5), longitude(8), at 2019-01-01."""
    result = taken(workspace, corpora, store)
    q = f"<{result.iri}/nodes/q>"
    coordinates = rows(
        workspace, f"SELECT ?p ?k WHERE {{ ?c zo:coordinateFor {q} ; zo:path ?p ; zo:coordinateKind ?k }}", "p", "k"
    )
    assert set(coordinates) == {("lat", "latitude"), ("lon", "longitude"), ("time", "time")}
    [(name, unit, methods)] = rows(
        workspace,
        f"SELECT ?n ?u ?m WHERE {{ {q} sosa:observedProperty ?n ; qudt:hasUnit ?u ; zo:cellMethods ?m }}",
        "n",
        "u",
        "m",
    )
    assert name == "http://vocab.nerc.ac.uk/standard_name/specific_humidity/"
    assert unit == "http://qudt.org/vocab/unit/UNITLESS"
    assert methods == "area: mean"
    assert rows(workspace, f"SELECT ?s ?e WHERE {{ {q} dct:temporal [ dcat:startDate ?s ; dcat:endDate ?e ] }}", "s", "e") == [
        ("2019-01-01T00:00:00Z", "2019-01-01T00:00:00Z")
    ]
    assert rows(workspace, f"SELECT ?p WHERE {{ <{result.iri}/nodes/lat> zo:cellBounds/zo:path ?p }}", "p") == [("lat_bnds",)]


def test_cmip6(workspace: Workspace, corpora: Path) -> None:
    """Metadata alone: all is said but the extent, and no date is made up for the calendar without leap days."""
    result = taken(workspace, corpora, CMIP6)
    metadata = json.loads((corpora / CMIP6 / ".zmetadata").read_text())["metadata"]
    facts = facts_of(workspace.catalog.read_graph(result.iri))
    dataset, root, time = facts[result.iri], facts[f"{result.iri}/nodes/"], facts[f"{result.iri}/nodes/time"]
    assert text_of(dataset[f"{DCT}license"]) == metadata[".zattrs"]["license"].strip()
    assert text_of(dataset[f"{DCT}created"]) == "2020-01-17T03:03:45Z"
    assert "http://cfconventions.org/Data/cf-conventions/cf-conventions-1.7/cf-conventions.html" in dataset[f"{DCT}conformsTo"]
    assert rebuild.attributes(facts, f"{result.iri}/nodes/")["experiment_id"] == "1pctCO2"
    assert text_of(time[ZO + "calendar"]) == "noleap"
    assert f"{DCT}temporal" not in dataset
    assert f"{DCT}spatial" not in root
    assert not [each for each in result.problems if each.kind in {"unknown-unit", "unknown-standard-name", "no-such-array"}]


def test_names_and_units_of_the_corpora_resolve(workspace: Workspace, corpora: Path) -> None:
    """What the corpora's writers took for standard names and units are some; what is no unit is listed."""
    missed = {
        re.match(r"'(.*?)'", problem.message)[1]  # type: ignore[index]
        for store in (*WITH_PLACE, CMIP6)
        for problem in taken(workspace, corpora, store).problems
        if problem.kind in {"unknown-unit", "unknown-standard-name"}
    }
    assert missed == set()


_VARIABLE = re.compile(r"^\s*\w+ (\w+)\(([^)]*)\) ;", re.MULTILINE)
_ATTRIBUTE = re.compile(r'^\s*(\w+):(\w+) = (".*"|[^"]*?) ;$', re.MULTILINE)


@pytest.mark.parametrize(
    ("archive", "cdl"), [("ref_quotes_orig.zip", "ref_quotes.cdl"), ("ref_oldformat.zip", "ref_oldformat.cdl")]
)
def test_what_netcdf_sees(workspace: Workspace, corpora: Path, tmp_path: Path, archive: str, cdl: str) -> None:
    """ncdump's rendering of the same metadata: dimension names and attributes of each variable."""
    text = (corpora / "netcdf-c" / cdl).read_text()
    with zipfile.ZipFile(corpora / "netcdf-c" / archive) as packed:
        packed.extractall(tmp_path)
    [store] = [path for path in tmp_path.iterdir() if path.is_dir()]
    result = ingest(workspace, IngestRequest(str(store)))
    facts = facts_of(workspace.catalog.read_graph(result.iri))
    nodes = {text_of(about[ZO + "path"]).rpartition("/")[2]: iri for iri, about in facts.items() if ZO + "path" in about}
    variables = _VARIABLE.findall(text)
    assert variables
    for variable, dimensions in variables:
        about = facts[nodes[variable]]
        found = sorted((int(text_of(facts[str(each)][ZO + "dimensionIndex"])), str(each)) for each in about[ZO + "dimension"])
        labels = [text_of(facts[name][LABEL]) if LABEL in facts[name] else "" for _, name in found]
        for label, name in zip(labels, dimensions.split(", "), strict=True):
            assert label == name or (not label and name.startswith("_Anonymous_Dim_"))
        mine = rebuild.attributes(facts, nodes[variable])
        for name, value in ((key, value) for owner, key, value in _ATTRIBUTE.findall(text) if owner == variable):
            said = value[1:-1].replace("\\'", "'").replace('\\"', '"')
            if name == "units":
                assert text_of(about[ZO + "unitString"]) == said
            elif name == "long_name":
                assert text_of(about[f"{DCT}title"]) == said
            elif name == "_FillValue":
                continue  # netCDF shows the fill value of the array as an attribute
            elif value.startswith('"'):
                assert mine[name] == said
            else:
                assert float(value) == pytest.approx(mine[name], nan_ok=True)


WHERE_AND_WHEN = """
SELECT DISTINCT ?path WHERE {
  ?array sosa:observedProperty <http://vocab.nerc.ac.uk/standard_name/%(name)s/> ; zo:path ?path .
  ?array dct:spatial ?place ; dct:temporal ?period .
  ?place zo:west ?w ; zo:east ?e ; zo:south ?s ; zo:north ?n .
  ?period dcat:startDate ?start ; dcat:endDate ?end .
  FILTER(?s <= %(north)s && ?n >= %(south)s)
  FILTER(IF(?w <= ?e, ?w <= %(east)s && ?e >= %(west)s, ?w <= %(east)s || ?e >= %(west)s))
  FILTER(?start <= "%(until)s"^^xsd:dateTime && ?end >= "%(since)s"^^xsd:dateTime)
}"""


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"q"}),
        ({"since": "2019-01-02T00:00:00Z"}, set()),
        ({"until": "2018-12-31T00:00:00Z"}, set()),
        ({"name": "air_temperature"}, set()),
    ],
)
def test_arrays_of_a_name_in_a_place_and_a_time(
    workspace: Workspace, corpora: Path, asked: dict[str, str], found: set[str]
) -> None:
    taken(workspace, corpora, Q)
    asked = {
        "name": "specific_humidity", "west": "5", "east": "11", "south": "45", "north": "48", "since": "2018-01-01T00:00:00Z",
        "until": "2020-01-01T00:00:00Z",
    } | asked  # fmt: skip
    assert {path for (path,) in rows(workspace, WHERE_AND_WHEN % asked, "path")} == found


@pytest.mark.parametrize(
    ("west", "east", "south", "north", "found"), [(4, 6, 52, 53, True), (5.1, 6, 52, 53, False), (1, 2, 40, 49.9, False)]
)
def test_arrays_whose_box_meets_another(
    workspace: Workspace, corpora: Path, west: float, east: float, south: float, north: float, found: bool
) -> None:
    cube = taken(workspace, corpora, CUBE)
    where = f"?s <= {north} && ?n >= {south} && ?w <= {east} && ?e >= {west}"
    sides = "zo:west ?w ; zo:east ?e ; zo:south ?s ; zo:north ?n"
    query = f"SELECT ?a WHERE {{ ?a zo:inDataset <{cube.iri}> ; dct:spatial [ {sides} ] FILTER({where}) }}"
    iris = {iri for (iri,) in rows(workspace, query, "a")}
    assert (Iris().node(cube.id, "conc_chl") in iris) is found
