"""Do embedded STAC objects say where, when and by whom, however odd their boxes are?"""

from typing import Any

import pytest

from catalog.rdf.conventions import stac
from tests.support.described import Described, group, hierarchy_of

ITEM = {"type": "Feature", "stac_version": "1.1.0", "id": "x", "geometry": None, "properties": {"datetime": None}, "links": []}


def item(**members: Any) -> Described:
    return Described(stac, hierarchy_of({"zarr.json": group(stac_item=ITEM | members)}))


def box_of(described: Described) -> str:
    [place] = described.get("dataset", "dct:spatial")
    return described.one(place, "dcat:bbox")


def square(west: float, south: float, east: float, north: float) -> str:
    return f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"


@pytest.mark.parametrize(
    ("bbox", "wkt"),
    [
        ([1, 2, 3, 4], f"POLYGON (({square(1, 2, 3, 4)}))"),
        ([1, 2, -50, 3, 4, 8000], f"POLYGON (({square(1, 2, 3, 4)}))"),
        ([177, -20, -178, -16], f"MULTIPOLYGON ((({square(177, -20, 180, -16)})), (({square(-180, -20, -178, -16)})))"),
        ([350, 0, 359, 1], f"POLYGON (({square(-10, 0, -1, 1)}))"),
        ([0, -90, 360, 90], f"POLYGON (({square(-180, -90, 180, 90)}))"),
    ],
    ids=["two dimensions", "three dimensions", "Fiji, RFC 7946 section 5.2", "0 to 360", "round the globe"],
)
def test_boxes(bbox: list[float], wkt: str) -> None:
    described = item(bbox=bbox)
    assert box_of(described) == wkt
    assert described.kinds == []


@pytest.mark.parametrize("bbox", [[1, 2, 3], [1, 4, 3, 2], [0, -91, 1, 1], ["1", 2, 3, 4], "1,2,3,4", [2, 0, 1, 1], {"west": 1}])
def test_boxes_that_are_none(bbox: Any) -> None:
    described = item(bbox=bbox)
    assert described.get("dataset", "dct:spatial") == set()
    assert described.kinds == ["invalid-bbox"]


def test_a_geometry_cut_at_the_antimeridian_keeps_its_box() -> None:
    """RFC 7946, section 3.1.9."""
    halves = [[[[x, 0], [x + 2, 0], [x + 2, 1], [x, 0]]] for x in (178, -180)]
    described = item(bbox=[178, 0, -178, 1], geometry={"type": "MultiPolygon", "coordinates": halves})
    assert described.kinds == []
    assert box_of(described).startswith("MULTIPOLYGON")
    [place] = described.get("dataset", "dct:spatial")
    shape = described.one(described.one(place, "geo:hasGeometry"), "geo:asWKT")
    assert shape == "MULTIPOLYGON (((178 0, 180 0, 180 1, 178 0)), ((-180 0, -178 0, -178 1, -180 0)))"


def test_a_geometry_counts_where_its_box_lies_elsewhere() -> None:
    described = item(bbox=[50, 50, 51, 51], geometry={"type": "Point", "coordinates": [8.5, 47.25, 400]})
    assert described.kinds == ["bbox-disagrees"]
    [place] = described.get("dataset", "dct:spatial")
    assert described.one(described.one(place, "geo:hasGeometry"), "geo:asWKT") == "POINT (8.5 47.25)"


@pytest.mark.parametrize("geometry", [{"type": "Circle"}, {"type": []}, [], {"type": "Polygon", "coordinates": [[[1, 2]]]}, "x"])
def test_geometries_that_are_none(geometry: Any) -> None:
    described = item(bbox=[1, 2, 3, 4], geometry=geometry)
    assert described.kinds == ["invalid-geometry"]
    assert box_of(described).startswith("POLYGON")


def test_an_open_ring_is_closed() -> None:
    described = item(geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]})
    assert described.kinds == ["unclosed-ring"]
    [place] = described.get("dataset", "dct:spatial")
    assert described.one(described.one(place, "geo:hasGeometry"), "geo:asWKT") == "POLYGON ((0 0, 1 0, 1 1, 0 0))"


def test_an_instant_is_a_span_without_length() -> None:
    described = item(properties={"datetime": "2020-12-11T22:38:32Z"})
    [period] = described.get("dataset", "dct:temporal")
    assert described.one(period, "dcat:startDate") == described.one(period, "dcat:endDate") == "2020-12-11T22:38:32Z"
    assert described.one("dataset", "dct:date") == "2020-12-11T22:38:32Z"


@pytest.mark.parametrize("value", ["None", "2020-02-30T00:00:00Z", "2020", 1, "2020-12-11T22:38:32Z\n", "2020-12-11 22:38"])
def test_instants_that_are_none(value: Any) -> None:
    described = item(properties={"datetime": value})
    assert described.kinds == ["invalid-datetime"]
    assert described.get("dataset", "dct:temporal") == set()


def test_who_did_what() -> None:
    providers = [
        {"name": "ESA", "roles": ["producer", "processor"], "url": "https://esa.int/"},
        {"name": "Host", "roles": ["host"], "url": "javascript:alert(1)"},
        {"roles": ["host"]},
    ]
    described = item(properties={"datetime": None, "providers": providers, "license": "CC-BY-4.0"})
    [esa], [host] = described.get("dataset", "dct:creator"), described.get("dataset", "dct:publisher")
    assert described.get("dataset", "dct:contributor") == {esa}
    assert (described.one(esa, "foaf:name"), described.one(esa, "foaf:homepage")) == ("ESA", "https://esa.int/")
    assert described.get(host, "foaf:homepage") == set()
    assert described.one("dataset", "dct:license") == "https://spdx.org/licenses/CC-BY-4.0"


def test_links_are_followed_only_where_they_are_safe() -> None:
    hrefs = ["https://example.org/a", "./b", "https://u:p@example.org/c", "http://localhost:8000/datasets/other", "file:///d", 5]
    described = item(links=[{"rel": "derived_from", "href": href} for href in hrefs])
    assert described.get("dataset", "prov:wasDerivedFrom") == {"https://example.org/a"}


def test_assets_give_no_location() -> None:
    """Where data lie is for the record alone to say."""
    described = item(assets={"data": {"href": "https://example.org/elsewhere.zarr"}})
    assert not any("elsewhere" in line for line in described.findings.lines)


@pytest.mark.parametrize("cover", [-1, 101, "20", True, []])
def test_shares_are_from_0_to_100(cover: Any) -> None:
    described = item(properties={"datetime": None, "eo:cloud_cover": cover})
    assert described.kinds == ["invalid-percentage"]
    assert described.get("dataset", "zo:cloudCover") == set()


def test_a_collection() -> None:
    extent = {"spatial": {"bbox": [[1, 2, 3, 4], [1, 2, 2, 3]]}, "temporal": {"interval": [["2015-06-23T00:00:00Z", None]]}}
    members = {"type": "Collection", "stac_version": "1.0.0", "id": "c", "description": "Rain", "license": "proprietary"}
    described = Described(stac, hierarchy_of({"zarr.json": group(**members, extent=extent)}))
    assert "zo:StacCollection" in described.get("dataset", "rdf:type")
    assert described.one("dataset", "dct:description") == "Rain"
    assert described.get("dataset", "dct:license") == set()
    assert box_of(described) == f"POLYGON (({square(1, 2, 3, 4)}))"
    [period] = described.get("dataset", "dct:temporal")
    assert described.get(period, "dcat:endDate") == set()


def test_below_the_root_an_item_speaks_of_its_node() -> None:
    described = Described(stac, hierarchy_of({"zarr.json": group(), "a/zarr.json": group(stac_discovery=ITEM)}))
    assert described.get("/a", "rdf:type") == {"zo:StacItem"}
    assert described.get("dataset", "rdf:type") == set()


@pytest.mark.parametrize("value", [None, [], "x", {"type": "Catalog"}, {"type": []}])
def test_what_is_no_stac_is_a_problem(value: Any) -> None:
    described = Described(stac, hierarchy_of({"zarr.json": group(stac_discovery=value)}))
    assert described.kinds == ["invalid-stac"]
    assert described.findings.lines == set()
