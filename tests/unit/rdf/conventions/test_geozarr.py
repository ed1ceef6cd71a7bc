"""Do nodes that say where their cells lie get the reference system, the cells and the place that they state, and no other?"""

import json

import pytest

from catalog.rdf.conventions import geozarr
from tests.support.described import Described, array, group, hierarchy_of

UTM33 = "http://www.opengis.net/def/crs/EPSG/0/32633"
AFFINE = [10.0, 0.0, 500000.0, 0.0, -10.0, 5000000.0]
# A WKT 1 text as GDAL writes it, the authority of the whole last; and the same without.
WKT = 'PROJCS["WGS 84 / UTM zone 33N",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],UNIT["metre",1,AUTHORITY["EPSG","9001"]]{}]'


def crs_of(**attributes: object) -> Described:
    return Described(geozarr, hierarchy_of({"zarr.json": group(**attributes)}))


@pytest.mark.parametrize(
    ("attributes", "iri"),
    [
        ({"proj:code": "EPSG:32633"}, UTM33),
        ({"proj:epsg": 32633}, UTM33),
        ({"proj:code": "epsg:32633"}, UTM33),
        ({"proj:code": "OGC:CRS84"}, "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        ({"proj:code": "IAU_2015:30100"}, "http://www.opengis.net/def/crs/IAU/2015/30100"),
        ({"proj:wkt2": WKT.format(',AUTHORITY["EPSG","32633"]')}, UTM33),
        ({"crs_wkt": 'GEOGCRS["WGS 84",DATUM["x"],ID["EPSG",4326]]'}, "http://www.opengis.net/def/crs/EPSG/0/4326"),
        ({"proj:projjson": {"type": "ProjectedCRS", "name": "x", "id": {"authority": "EPSG", "code": 32633}}}, UTM33),
        ({"spatial_ref": "EPSG:32633"}, UTM33),
    ],
)
def test_a_code_that_is_stated_names_the_reference_system(attributes: dict[str, object], iri: str) -> None:
    described = crs_of(**attributes)
    assert described.get("/", "zo:crs") == {iri}
    assert described.kinds == []


def test_a_definition_without_a_code_is_kept_and_not_guessed() -> None:
    """The codes inside are of its parts, and of its unit."""
    described = crs_of(**{"proj:wkt2": WKT.format("")})
    [crs] = described.get("/", "zo:crs")
    assert described.one(crs, "rdf:type") == "zo:ReferenceSystem"
    assert described.one(crs, "rdfs:label") == "WGS 84 / UTM zone 33N"
    assert described.one(crs, "zo:definition") == WKT.format("")


@pytest.mark.parametrize("value", ["32633 or so", [], {"type": 1}, "EPSG:", -1, 10**40, True, "x" * 10_000])
def test_what_is_no_reference_system_is_a_problem(value: object) -> None:
    described = crs_of(**{"proj:code": value})
    assert described.get("/", "zo:crs") == set()
    assert described.kinds == ["unknown-crs"]
    assert not described.findings.consumed.get("")


def test_two_codes_that_disagree() -> None:
    described = crs_of(**{"proj:code": "EPSG:32633", "proj:epsg": 32632})
    assert described.get("/", "zo:crs") == {UTM33}
    assert described.kinds == ["crs-disagrees"]
    assert described.findings.consumed[""] == {"proj:code"}


def test_arrays_right_below_a_group_have_its_grid() -> None:
    """Source: geo-proj convention v1: a group's properties hold for the arrays right below; spatial:dimensions says for which."""
    grid = {"proj:code": "EPSG:32633", "spatial:dimensions": ["y", "x"], "spatial:transform": AFFINE, "spatial:shape": [4, 3]}
    documents = {"zarr.json": group(**grid), "band/zarr.json": array([4, 3], ["y", "x"]), "x/zarr.json": array([3], ["x"])}
    documents |= {"coarse/zarr.json": array([2, 1], ["y", "x"]), "below/zarr.json": group()}
    documents |= {"below/band/zarr.json": array([4, 3], ["y", "x"])}
    described = Described(geozarr, hierarchy_of(documents))
    assert described.subjects("zo:crs", UTM33) == {"/", "/band"}
    assert described.one("/band", "zo:cellWidth") == "10.0"
    assert described.get("/band", "dcat:spatialResolutionInMeters") == {"10"}
    [place] = described.get("/band", "dct:spatial")
    east, south = 500000 + 3 * 10, 5000000 - 4 * 10
    ring = f"500000 {south}, {east} {south}, {east} 5000000, 500000 5000000, 500000 {south}"
    assert described.one(place, "dcat:bbox") == f"<{UTM33}> POLYGON (({ring}))"


def test_the_grid_mapping_gives_reference_system_and_transformation() -> None:
    """GDAL's six numbers begin with the corner: x, width, rotation, y, rotation, height."""
    mapping = array([], crs_wkt=WKT.format(',AUTHORITY["EPSG","32633"]'), GeoTransform="500000 10 0 5000000 0 -10")
    documents = {"zarr.json": group(), "crs/zarr.json": mapping, "a/zarr.json": array([4, 3], grid_mapping="crs: x y")}
    described = Described(geozarr, hierarchy_of(documents | {"b/zarr.json": array([4, 3], grid_mapping="other")}))
    assert described.one("/a", "zo:gridMapping") == "/crs"
    assert described.one("/a", "zo:crs") == UTM33
    assert json.loads(described.one("/a", "zo:affineTransform")) == AFFINE
    assert described.get("/a", "dcat:spatialResolutionInMeters") == {"10"}
    assert described.kinds == ["dangling-reference"]
    assert described.findings.problems[0].path == "b"


def test_longitude_and_latitude_stand_without_a_reference_system_and_for_the_dataset_too() -> None:
    described = crs_of(**{"proj:code": "EPSG:4326", "proj:bbox": [170, -20, -170, -10]})
    [place] = described.get("dataset", "dct:spatial")
    east, west = ("170 -20, 180 -20, 180 -10, 170 -10, 170 -20", "-180 -20, -170 -20, -170 -10, -180 -10, -180 -20")
    assert described.one(place, "dcat:bbox") == f"MULTIPOLYGON ((({east})), (({west})))"
    assert described.get("/", "dct:spatial") == {place}


def test_axes_of_a_northing_first_system_are_swapped() -> None:
    """EPSG:3035 has northing before easting; ``proj:bbox`` has x before y always."""
    described = crs_of(**{"proj:code": "EPSG:3035", "proj:bbox": [1, 2, 3, 4]})
    [place] = described.get("/", "dct:spatial")
    assert described.one(place, "dcat:bbox").endswith("POLYGON ((2 1, 2 3, 4 3, 4 1, 2 1))")


def test_a_box_of_a_system_with_unknown_axes_stays_an_attribute() -> None:
    described = crs_of(**{"proj:code": "EPSG:20248", "proj:bbox": [1, 2, 3, 4]})
    assert described.get("/", "dct:spatial") == set()
    assert described.findings.consumed[""] == {"proj:code"}


@pytest.mark.parametrize("key", ["spatial:transform", "proj:transform", "GeoTransform"])
@pytest.mark.parametrize(
    "value", [[0, 0, 0, 0, 0, 0], [1, 2, 3], "1 2", "a b c d e f", [1, 0, 0, 0, "1", 0], [1e400, 0, 0, 0, 1, 0]]
)
def test_transformations_that_are_none(key: str, value: object) -> None:
    described = crs_of(**{key: value})
    assert described.get("/", "zo:affineTransform") == set()
    assert described.kinds == ["invalid-transform"]


def test_cells_of_a_turned_grid() -> None:
    """A column goes 3 east and 4 north, which is 5."""
    described = crs_of(**{"spatial:transform": [3, -8, 0, 4, 6, 0]})
    assert (described.one("/", "zo:cellWidth"), described.one("/", "zo:cellHeight")) == ("5.0", "10.0")
    assert described.get("/", "dcat:spatialResolutionInMeters") == set(), "in what unit is not known"


def test_levels_by_layout() -> None:
    """The second level has its resolution by the first one's and how it was made of it."""
    layout = [
        {"asset": "r10", "spatial:transform": AFFINE},
        {"asset": "r20", "derived_from": "r10", "transform": {"scale": [4.0, 2.0]}, "resampling_method": "average"},
        {"asset": "nowhere"},
        {"derived_from": "r10"},
    ]
    documents = {"zarr.json": group(multiscales={"layout": layout}, **{"proj:code": "EPSG:32633"})}
    documents |= {"r10/zarr.json": group(), "r10/a/zarr.json": array([4, 3]), "r10/x/zarr.json": array([3])}
    described = Described(geozarr, hierarchy_of(documents | {"r20/zarr.json": array([1, 1])}))
    assert described.get("/#level-r10", "zo:overviewArray") == {"/r10/a"}
    assert described.get("/#level-r20", "zo:overviewArray") == {"/r20"}
    assert described.one("/#level-r20", "zo:cellWidth") == "20.0"
    assert described.one("/#level-r20", "zo:cellHeight") == "40.0"
    assert described.one("/#level-r20", "zo:resamplingMethod") == "average"
    assert described.get("/#level-r10", "dcat:spatialResolutionInMeters") == {"10"}
    assert described.kinds == ["invalid-multiscales", "dangling-reference"]


def test_levels_by_tile_matrix_set() -> None:
    """Example of the GeoZarr mini-specification of 2025."""
    matrices = [{"id": "0", "cellSize": 10.0}, {"id": "1", "cellSize": 20.0}, {"id": "2", "cellSize": 0.0}]
    tms = {"id": "UTM33", "crs": "EPSG:32633", "tileMatrices": matrices}
    documents = {"zarr.json": group(multiscales={"tile_matrix_set": tms, "resampling_method": "average"})}
    documents |= {f"{index}/zarr.json": group() for index in range(3)}
    described = Described(geozarr, hierarchy_of(documents | {"1/red/zarr.json": array([4, 3])}))
    assert described.one("/", "zo:crs") == UTM33
    assert described.get("/", "zo:overviewLevel") == {"/#level-0", "/#level-1", "/#level-2"}
    assert described.get("/#level-1", "dcat:spatialResolutionInMeters") == {"20"}
    assert described.get("/#level-1", "zo:overviewArray") == {"/1/red"}
    assert described.get("/#level-2", "zo:cellWidth") == set()
    assert described.kinds == ["invalid-cell-size"]


def test_images_of_another_convention_are_left_alone() -> None:
    """OME-Zarr has a list under the same key."""
    assert not crs_of(multiscales=[{"datasets": []}]).applies


@pytest.mark.parametrize(
    "entry",
    [
        {"uuid": "F17CB550-5864-4468-AEB7-F3180CFB622F"},
        {"uuid": 1},
        {"name": "x"},
        {"schema_url": "file:///etc/passwd"},
        {"schema_url": "https://user:secret@example.org/"},
        {"spec_url": "http://localhost:8000/datasets/other"},
        "x",
        None,
    ],
)
def test_malformed_conventions_are_problems(entry: object) -> None:
    """Neither an IRI of this catalogue nor one with a credential identifies a convention."""
    described = crs_of(zarr_conventions=[entry])
    assert set(described.kinds) == {"invalid-convention"}
    assert described.get("/", "dct:conformsTo") == set()
    assert not described.findings.consumed


def test_an_unknown_convention_is_kept() -> None:
    described = crs_of(zarr_conventions=[{"spec_url": "https://example.org/mine", "name": "mine", "description": "What I do."}])
    [declared] = described.get("/", "zo:declares")
    assert described.get("/", "dct:conformsTo") == {"https://example.org/mine"}
    assert described.one(declared, "rdfs:label") == "mine"
    assert described.one(declared, "dct:description") == "What I do."
