"""Do metadata name the nodes that the conventions say they name? Expected paths are read off the specifications' examples."""

from typing import Any

import pytest

from catalog.metadata.links import Link, children


def _paths(attributes: dict[str, Any], *, certain: bool = True, **where: Any) -> set[str]:
    return {link.path for link in children(attributes, **where).links if link.certain is certain}


# -- OME-NGFF


PLATE = {"wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0}, {"path": "B/12", "rowIndex": 1, "columnIndex": 11}]}


@pytest.mark.parametrize("attributes", [{"plate": PLATE}, {"ome": {"version": "0.5", "plate": PLATE}}])
def test_a_plate_names_its_wells_and_perhaps_their_rows(attributes: dict[str, Any]) -> None:
    assert _paths(attributes) == {"A/1", "B/12"}
    assert _paths(attributes, certain=False) == {"A", "B", "tables"}


def test_a_well_names_its_fields() -> None:
    assert _paths({"well": {"images": [{"path": "0", "acquisition": 1}, {"path": "1"}]}}, path="A/1") == {"A/1/0", "A/1/1"}


@pytest.mark.parametrize("ome", [False, True])
def test_an_image_names_its_levels_and_perhaps_labels_and_tables(ome: bool) -> None:
    image = {"multiscales": [{"axes": [], "datasets": [{"path": "0"}, {"path": "scale/1"}]}]}
    attributes = {"ome": image} if ome else image
    assert _paths(attributes, path="A/1/0") == {"A/1/0/0", "A/1/0/scale/1"}
    assert _paths(attributes, path="A/1/0", certain=False) == {"A/1/0/labels", "A/1/0/tables", "A/1/0/scale"}


def test_a_label_image_has_no_labels_of_its_own() -> None:
    attributes = {"multiscales": [{"datasets": [{"path": "0"}]}], "image-label": {"version": "0.4"}}
    assert _paths(attributes, path="labels/cells", certain=False) == set()


@pytest.mark.parametrize("attributes", [{"labels": ["cells", "organs/liver"]}, {"ome": {"labels": ["cells", "organs/liver"]}}])
def test_the_group_of_labels_names_them(attributes: dict[str, Any]) -> None:
    assert _paths(attributes, path="0/labels") == {"0/labels/cells", "0/labels/organs/liver"}


def test_a_list_called_labels_elsewhere_is_a_lab_s_own() -> None:
    assert children({"labels": ["red", "green"], "tables": ["a"]}, path="experiment").links == ()


def test_the_group_of_tables_names_them_and_a_json_table_has_a_group() -> None:
    assert _paths({"tables": ["rois"]}, path="x/tables") == {"x/tables/rois"}
    table = {"type": "roi_table", "table_version": "1", "backend": "json"}
    assert _paths(table, path="x/tables/rois", certain=False) == {"x/tables/rois/table"}


def test_bioformats2raw_counts_its_images_unless_they_are_named() -> None:
    found = children({"bioformats2raw.layout": 3})
    assert (found.numbered, found.links) == (True, (Link("OME", "bioformats2raw", "group", certain=False),))
    assert children({"ome": {"version": "0.5", "bioformats2raw.layout": 3}}).numbered
    assert not children({"bioformats2raw.layout": 3, "plate": PLATE}).numbered
    assert _paths({"series": ["0", "1/a"]}, path="OME") == {"0", "1/a"}
    assert _paths({"ome": {"series": ["0"]}}, path="x/OME") == {"x/0"}


def test_a_scene_names_its_images_and_its_transformations() -> None:
    step = {"type": "affine", "path": "t/a-to-b", "input": {"path": "b", "name": "p"}, "output": {"path": "a"}}
    assert _paths({"ome": {"scene": {"coordinateTransformations": [step]}}}) == {"t/a-to-b", "a", "b"}


# -- xarray and CF


def test_a_variable_names_its_siblings() -> None:
    attributes = {
        "coordinates": "lat lon",
        "ancillary_variables": "quality",
        "bounds": "q_bounds",
        "grid_mapping": "crs: x y",
        "cell_measures": "area: cell_area",
        "_ARRAY_DIMENSIONS": ["time", "y"],
    }
    where: dict[str, Any] = {"path": "g/q", "is_array": True}
    assert _paths(attributes, **where) == {"g/lat", "g/lon", "g/quality", "g/q_bounds", "g/crs", "g/x", "g/y"}
    assert _paths(attributes, certain=False, **where) == {"g/cell_area", "g/time"}


def test_dimension_names_of_v3_may_name_coordinates_but_not_those_of_an_image() -> None:
    where: dict[str, Any] = {"path": "g/q", "is_array": True, "dimension_names": ["time", None, "q"]}
    assert _paths({}, certain=False, **where) == {"g/time"}
    assert children({}, reached_by="multiscales", **where).links == ()


def test_a_name_from_the_root_begins_there() -> None:
    assert _paths({"coordinates": "/lat ../lon"}, path="g/q", is_array=True) == {"lat", "g/../lon"}


def test_a_group_of_xarray_names_coordinates_without_a_variable() -> None:
    assert _paths({"coordinates": "spatial_ref time"}) == {"spatial_ref", "time"}


def test_an_array_at_the_root_has_no_siblings() -> None:
    assert children({"coordinates": "lat"}, is_array=True, dimension_names=["x"]).links == ()


# -- AnnData and what builds on it


def test_anndata_must_have_obs_and_var_and_may_have_the_rest() -> None:
    attributes = {"encoding-type": "anndata", "encoding-version": "0.1.0"}
    assert _paths(attributes, path="tables/t") == {"tables/t/obs", "tables/t/var"}
    rest = {"X", "obsm", "varm", "obsp", "varp", "layers", "uns", "raw"}
    assert _paths(attributes, path="tables/t", certain=False) == {f"tables/t/{name}" for name in rest}


def test_a_data_frame_names_its_index_and_columns() -> None:
    attributes = {"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "cell id", "column-order": ["a", "b/c"]}
    assert _paths(attributes, path="var") == {"var/cell id", "var/a", "var/b/c"}


@pytest.mark.parametrize(
    ("encoding", "members"),
    [
        ("csr_matrix", {"data", "indices", "indptr"}),
        ("csc_matrix", {"data", "indices", "indptr"}),
        ("categorical", {"codes", "categories"}),
        ("nullable-integer", {"values", "mask"}),
    ],
)
def test_encodings_of_several_arrays(encoding: str, members: set[str]) -> None:
    assert _paths({"encoding-type": encoding}, path="X") == {f"X/{member}" for member in members}


def test_anndata_0_7_is_known_by_its_obs() -> None:
    assert _paths({}, certain=False) == {"obs"}
    frame = {"encoding-type": "dataframe", "encoding-version": "0.1.0", "_index": "_index", "column-order": ["leiden"]}
    assert {"var", "X", "layers", "obs/__categories"} <= _paths(frame, path="obs", certain=False)
    assert _paths({"categories": "__categories/leiden"}, path="obs/leiden", is_array=True, certain=False) >= {
        "obs/__categories/leiden"
    }


def test_mudata_names_its_modalities() -> None:
    assert _paths({"encoding-type": "MuData", "mod-order": ["rna", "atac"]}) == {"mod", "obs", "var"}
    assert _paths({"mod-order": ["rna", "atac"]}, path="mod") == {"mod/rna", "mod/atac"}
    # MuData 0.4 writes an array of that name into each of these.
    assert _paths({"mod-order": ["rna"]}, path="a/mod", certain=False) >= {
        "a/obsm/rna", "a/varm/rna", "a/obsmap/rna", "a/varmap/rna",
    }  # fmt: skip


def test_spatialdata_has_five_kinds_of_elements() -> None:
    attributes = {"spatialdata_attrs": {"version": "0.2"}}
    assert _paths(attributes, certain=False) >= {"images", "labels", "points", "shapes", "tables"}
    assert children(attributes, path="images/blobs").links == ()
    table = {"spatialdata_attrs": {"region": ["blobs"], "region_key": "region", "instance_key": "id"}}
    assert "labels/blobs" in _paths(table, path="tables/table", certain=False)


def test_a_table_of_hdmf_names_its_columns() -> None:
    assert _paths({"colnames": ["start_time", "tags"]}, path="intervals/trials") == {
        "intervals/trials/start_time",
        "intervals/trials/tags",
    }


# -- GeoZarr, NCZarr


def test_geozarr_names_its_levels_both_ways() -> None:
    assert _paths({"multiscales": {"tile_matrix_limits": {"0": {}, "1": {}}}}, path="r") == {"r/0", "r/1"}
    layout = [{"asset": "r10m"}, {"asset": "r20m", "derived_from": "r10m"}, {"group": "r60m"}]
    assert _paths({"multiscales": {"layout": layout}}, path="r") == {"r/r10m", "r/r20m", "r/r60m"}


def test_nczarr_names_all_members() -> None:
    group = {"dimensions": {"x": 4}, "arrays": ["v"], "groups": ["g1"]}
    assert _paths({"_nczarr_group": group}) == {"v", "g1"}


# -- what strangers write


@pytest.mark.parametrize("path", ["../../etc", "/etc", "a//b", "a/../../b", "a\\b", "x\0y", "."])
def test_an_unsafe_path_is_told_as_such(path: str) -> None:
    links = children({"plate": {"wells": [{"path": path}]}}).links
    assert [bool(link.fault) for link in links if link.certain] == [True]


@pytest.mark.parametrize(
    "attributes",
    [
        {"plate": 1, "well": [], "multiscales": "x", "labels": {"a": 1}, "tables": 3, "series": None, "ome": []},
        {"ome": {"plate": {"wells": {}}, "well": {"images": [1, None, {"path": 3}]}, "scene": []}},
        {
            "multiscales": [1, {"datasets": 3}, {"datasets": [{"path": ""}]}],
            "encoding-type": [],
            "column-order": "x",
            "_index": 4,
        },
        {"coordinates": ["lat"], "spatialdata_attrs": 1, "_nczarr_group": {"arrays": "x"}, "mod-order": 1, "colnames": {}},
        {"multiscales": {"layout": [1], "tile_matrix_limits": []}, "encoding-type": "dataframe"},
    ],
)
def test_other_forms_name_nothing_for_certain(attributes: dict[str, Any]) -> None:
    for path in ("", "labels", "tables", "OME", "obs"):
        assert _paths(attributes, path=path) == set()
