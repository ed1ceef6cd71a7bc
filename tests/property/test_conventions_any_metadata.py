"""Does bad metadata make problems, and never an error, whatever stands under the keys that conventions read?"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.metadata.group import Group
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import NodeParser
from catalog.rdf.convention import About, Given
from catalog.rdf.conventions import anndata, geozarr, nwb, spatialdata, stac
from catalog.rdf.iris import Iris
from tests.support.reparse import read_with_pyoxigraph

KEYS = [
    *("zarr_conventions", "multiscales", "proj:code", "proj:epsg", "proj:wkt2", "proj:projjson", "proj:transform", "proj:bbox"),
    *("proj:shape", "spatial:bbox", "spatial:shape", "spatial:dimensions", "spatial:transform", "spatial_ref", "crs_wkt"),
    *("GeoTransform", "grid_mapping", "stac_discovery", "stac_version", "type", "bbox", "geometry", "properties", "links"),
    *("encoding-type", "column-order", "_index", "categories", "shape", "h5sparse_format", "mod-order", "spatialdata_attrs"),
    *("coordinateTransformations", "region", "region_key", "instance_key", "spatialdata-encoding-type", "ome", "neurodata_type"),
    *("namespace", "object_id", "zarr_link", "zarr_dtype", "table", "nwb_version"),
]
WORDS = [
    *(
        "layout",
        "asset",
        "derived_from",
        "transform",
        "scale",
        "tile_matrix_set",
        "tileMatrices",
        "id",
        "cellSize",
        "crs",
        "uuid",
    ),
    *("schema_url", "name", "type", "coordinates", "properties", "datetime", "start_datetime", "extent", "spatial", "temporal"),
    *("bbox", "interval", "geometry", "stac_version", "providers", "roles", "links", "rel", "href", "output", "input", "value"),
    *("zarr_dtype", "source", "path", "multiscales", "coordinateTransformations", "version", "feature_key", "authority", "code"),
]
TEXTS = [
    *(
        "EPSG:32633",
        "EPSG:4326",
        "obs",
        "var",
        "Feature",
        "Collection",
        "Polygon",
        "MultiPolygon",
        "anndata",
        "MuData",
        "dataframe",
    ),
    *("csr_matrix", "categorical", "raw", "identity", "global", "object", ".", "/", "a", "../a", "ngff:regions_table", "NWBFile"),
    *("1.1.0", "2020-12-11T22:38:32Z", "2020-13-11T22:38:32Z", "0 0 0 0 0 0", "10 0 5 0 -10 5", "derived_from", "https://a/b"),
    *('GEOGCS["x",AUTHORITY["EPSG","4326"]]', "http://www.opengis.net/def/crs/EPSG/0/3857", "NaN", "\u202e", ""),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(TEXTS) | st.text(max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=7)
        | st.lists(st.floats(-400, 400) | st.integers(-400, 400), min_size=4, max_size=9)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)
PATHS = ["", "obs", "var", "X", "mod", "mod/a", "images", "images/a", "tables/a", "tables/a/obs", "a", "a/b", "general/subject"]
ARRAYS = ["a/x", "obs/_index", "spatial_ref", "X/data", "identifier"]
DOCUMENT = {
    "zarr_format": 2,
    "shape": [4, 3],
    "chunks": [4, 3],
    "dtype": "<f4",
    "compressor": None,
    "fill_value": 0,
    "order": "C",
}


def _array(path: str, attributes: dict[str, Any], shape: list[int]) -> Any:
    return NodeParser().array_v2(path, DOCUMENT | {"shape": shape, "chunks": shape or []}, {"filters": None} | attributes)


@st.composite
def hierarchies(draw: st.DrawFn) -> Hierarchy:
    groups = {path: Group(path, 2, draw(ATTRIBUTES)) for path in draw(st.lists(st.sampled_from(PATHS), unique=True, min_size=1))}
    shapes = st.sampled_from([[], [3], [4, 3]])
    arrays = {path: _array(path, draw(ATTRIBUTES), draw(shapes)) for path in draw(st.lists(st.sampled_from(ARRAYS), unique=True))}
    nodes = groups | arrays
    return Hierarchy(tuple(nodes[path] for path in sorted(nodes)))


@pytest.mark.parametrize("convention", [anndata, geozarr, nwb, spatialdata, stac], ids=lambda module: module.NAME)
@settings(max_examples=40)
@given(hierarchy=hierarchies())
def test_whatever_attributes_hold(convention: Any, hierarchy: Hierarchy) -> None:
    keys = {key for node in hierarchy.nodes for key in node.attributes}
    convention.applies(hierarchy, keys)
    convention.wants(hierarchy)
    found = convention.describe(hierarchy, About("d", Iris()), Given())
    read_with_pyoxigraph("".join(sorted(found.lines)).encode())
    paths = {node.path: node for node in hierarchy.nodes}
    for path, consumed in found.consumed.items():
        assert consumed <= paths[path].attributes.keys() | {"ordered"}
    assert all(problem.severity == "warning" and problem.message for problem in found.problems)
