"""Can people's questions about images be answered with one SELECT each?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from tests.support.workspace import open_test_workspace
from tests.support.zarr_documents import array_v3, group_v3, write_v3

AXES = [{"name": "c", "type": "channel"}] + [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def image(channels: list[str], pixel: float, **more: Any) -> dict[str, Any]:
    """An image of three levels; each halves the one before."""
    steps = [[1, pixel * 2**level, pixel * 2**level] for level in range(3)]
    datasets = [{"path": str(i), "coordinateTransformations": [{"type": "scale", "scale": step}]} for i, step in enumerate(steps)]
    omero = {"channels": [{"label": label, "color": "0000FF"} for label in channels]}
    return group_v3(ome={"version": "0.5", "multiscales": [{"axes": AXES, "datasets": datasets}], "omero": omero, **more})


def levels(path: str, channels: int) -> dict[str, Any]:
    return {f"{path}/{i}".lstrip("/"): array_v3([channels, 64 >> i, 64 >> i], dimension_names=["c", "y", "x"]) for i in range(3)}


def write_plate(root: Path) -> None:
    wells = [(row, column) for row in "AB" for column in "12"]
    plate = {
        "name": "screen",
        "rows": [{"name": "A"}, {"name": "B"}],
        "columns": [{"name": "1"}, {"name": "2"}],
        "acquisitions": [{"id": 0, "name": "first", "maximumfieldcount": 2, "starttime": 1_600_000_000}],
        "wells": [{"path": f"{r}/{c}", "rowIndex": "AB".index(r), "columnIndex": "12".index(c)} for r, c in wells],
    }
    nodes = {"": group_v3(ome={"version": "0.5", "plate": plate}), "A": group_v3(), "B": group_v3()}
    for row, column in wells:
        fields = [{"path": str(field), "acquisition": 0} for field in range(2)]
        nodes[f"{row}/{column}"] = group_v3(ome={"version": "0.5", "well": {"images": fields}})
        for field in range(2):
            path = f"{row}/{column}/{field}"
            nodes |= {path: image(["DAPI", "GFP"] if row == "A" else ["GFP"], 0.2), **levels(path, 2 if row == "A" else 1)}
    write_v3(root, nodes)


def write_image(root: Path) -> None:
    """One image with a label, regions as CSV and, of its objects, as AnnData."""
    nodes = {"": image(["DAPI"], 0.13), **levels("", 1), "labels": group_v3(ome={"version": "0.5", "labels": ["nuclei"]})}
    nodes["labels/nuclei"] = image([], 0.13, **{"image-label": {"source": {"image": "../../"}}})
    nodes["labels/nuclei"]["attributes"]["ome"].pop("omero")
    nodes |= levels("labels/nuclei", 1)
    nodes["tables"] = group_v3(tables=["FOV", "nuclei"])
    nodes["tables/FOV"] = group_v3(type="roi_table", table_version="1", backend="csv", index_key="FieldIndex", index_type="str")
    nodes["tables/nuclei"] = group_v3(
        type="masking_roi_table", table_version="1", backend="anndata", index_key="label", region={"path": "../labels/nuclei"}
    )
    for part in ("obs", "var"):
        nodes[f"tables/nuclei/{part}"] = group_v3(_index="index")
    write_v3(root, nodes)
    header = "FieldIndex,x_micrometer,y_micrometer,len_x_micrometer,len_y_micrometer"
    (root / "tables/FOV/table.csv").write_text(f"{header}\nleft,0,0,4.16,8.32\nright,4.16,0,4.16,8.32\n")
    table = zarr.open_group(root / "tables/nuclei", mode="r+")
    table["X"] = np.array([[0, 1, 2, 3], [4, 5, 1, 1]], dtype="float32")
    for part, names in (("var", ["x_micrometer", "y_micrometer", "len_x_micrometer", "len_y_micrometer"]), ("obs", ["1", "7"])):
        array = table.create_array(f"{part}/index", shape=(len(names),), dtype=str)
        array[:] = np.array(names, dtype=object)
    table["obs/label"] = np.array([1, 7], dtype="int32")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("ome")
    write_plate(folder / "plate.zarr")
    write_image(folder / "image.zarr")
    with open_test_workspace(folder) as opened:
        for name in ("plate", "image"):
            assert ingest(opened, IngestRequest(str(folder / f"{name}.zarr"), dataset_id=name)).accepted
        yield opened


def ask(workspace: Workspace, pattern: str, *columns: str, tail: str = "") -> list[tuple[str, ...]]:
    text = f"SELECT DISTINCT {' '.join(columns)} WHERE {{ {pattern} }} {tail}"
    rows = json.loads(workspace.catalog.query(text, "json").body)["results"]["bindings"]
    return [tuple(row[name[1:]]["value"] for name in columns) for row in rows]


def test_images_with_a_channel_called_dapi(workspace: Workspace) -> None:
    rows = ask(workspace, '?image zo:channel/ome:name "DAPI" ; zo:path ?path', "?path")
    assert sorted(rows) == [("",), *sorted((f"A/{column}/{field}",) for column in "12" for field in range(2))]


def test_the_level_nearest_to_half_a_micrometre(workspace: Workspace) -> None:
    """Of 0.13, 0.26 and 0.52 µm the last is nearest; of 0.2, 0.4 and 0.8 µm the one in the middle."""
    pattern = (
        "?image zo:path '{}' ; zo:inDataset/dct:identifier '{}' ; zo:resolutionLevel ?level . ?level ome:physical_size_x ?size"
    )
    tail = "ORDER BY ABS(?size - 0.5) LIMIT 1"
    for dataset, path, level in (("image", "", "2"), ("plate", "A/1/0", "A/1/0/1"), ("plate", "B/2/1", "B/2/1/1")):
        [(iri, _)] = ask(workspace, pattern.format(path, dataset), "?level", "?size", tail=tail)
        assert iri.endswith(f"/datasets/{dataset}/nodes/{level}")


def test_wells_of_row_b_with_their_fields(workspace: Workspace) -> None:
    pattern = '?well zo:row/ome:name "B" ; zo:path ?well_path ; zo:field ?field . ?field zo:path ?path ; zo:fieldIndex ?index'
    rows = ask(workspace, pattern, "?well_path", "?path", "?index")
    assert sorted(rows) == [(f"B/{column}", f"B/{column}/{field}", str(field)) for column in "12" for field in range(2)]


def test_fields_of_an_acquisition(workspace: Workspace) -> None:
    pattern = '?field zo:acquisition ?a ; zo:path ?path . ?a ome:name "first" ; ome:start_time ?time'
    rows = ask(workspace, pattern, "?path", "?time")
    assert len(rows) == 8
    assert {time for _, time in rows} == {"2020-09-13T12:26:40Z"}


def test_labels_of_an_image(workspace: Workspace) -> None:
    rows = ask(workspace, "?label a zo:LabelImage ; prov:wasDerivedFrom ?image ; zo:path ?path . ?image zo:label ?label", "?path")
    assert rows == [("labels/nuclei",)]


def test_regions_of_an_image(workspace: Workspace) -> None:
    pattern = """?table zo:roi ?roi ; zo:tableType ?type . ?roi zo:regionOf/zo:path '' ; ome:name ?name ;
        zo:xStart ?x ; zo:xLength ?length"""
    found = ask(workspace, pattern, "?type", "?name", "?x", "?length")
    rows = [(kind, name, float(x), float(length)) for kind, name, x, length in found]
    assert sorted(rows) == [
        ("masking_roi_table", "1", 0.0, 2.0),
        ("masking_roi_table", "7", 4.0, 1.0),
        ("roi_table", "left", 0.0, 4.16),
        ("roi_table", "right", 4.16, 4.16),
    ]
    labelled = ask(workspace, "?table zo:region/zo:path ?label ; zo:roi/zo:labelValue ?value", "?label", "?value")
    assert sorted(labelled) == [("labels/nuclei", "1"), ("labels/nuclei", "7")]


def test_dimensions_by_axis(workspace: Workspace) -> None:
    """Axes and dimensions share their index: how wide is each level, by the name of the axis?"""
    pattern = """?image zo:path 'A/1/0' ; zo:multiscale/zo:axisSet/zo:axis ?axis ; zo:resolutionLevel ?level .
        ?axis zo:axisName 'x' ; zo:dimensionIndex ?i ; qudt:hasUnit unit:MicroM .
        ?level zo:levelIndex ?order ; zo:dimension ?d . ?d zo:dimensionIndex ?i ; zo:size ?size"""
    assert sorted(ask(workspace, pattern, "?order", "?size")) == [("0", "64"), ("1", "32"), ("2", "16")]
