"""A catalogue with a weather store, a plate of images and a store of a laboratory's own, all written by zarr-python."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import catalog
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from tests.support.workspace import open_test_workspace

DAYS = ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"]
MAPPING = {
    "name": "lab",
    "@context": {
        "lab": "https://lab.example/terms#",
        "exposure_ms": {"@id": "lab:exposureTime", "@type": "xsd:double"},
        "stain": "lab:stain",
    },
}


def _array(group: Any, name: str, values: Any, dims: list[str], chunks: tuple[int, ...], **attributes: Any) -> None:
    made = group.create_array(name, data=np.asarray(values), chunks=chunks, dimension_names=dims)
    made.attrs.update(attributes)


def write_weather(folder: Path) -> np.ndarray[Any, Any]:
    root = zarr.open_group(
        folder, mode="w", attributes={"Conventions": "CF-1.11", "title": "North Sea buoys", "keywords": "sea, heat"}
    )
    values = np.arange(4 * 6 * 10, dtype="float32").reshape(4, 6, 10)
    sea = {"standard_name": "sea_surface_temperature", "units": "degC", "long_name": "warmth of the water"}
    _array(root, "sst", values, ["time", "lat", "lon"], (2, 3, 5), **sea)
    _array(root, "ice", values > 100, ["time", "lat", "lon"], (4, 6, 10), standard_name="sea_ice_binary_mask", units="1")
    _array(root, "time", np.arange(4), ["time"], (4,), standard_name="time", units="days since 2020-01-01", calendar="standard")
    _array(root, "lat", np.linspace(50, 60, 6), ["lat"], (6,), standard_name="latitude", units="degrees_north")
    _array(root, "lon", np.arange(10.0), ["lon"], (10,), standard_name="longitude", units="degrees_east")
    return values


def write_plate(folder: Path) -> None:
    plate = {
        "version": "0.5",
        "name": "assay",
        "rows": [{"name": "A"}, {"name": "B"}],
        "columns": [{"name": "1"}],
        "wells": [{"path": f"{row}/1", "rowIndex": at, "columnIndex": 0} for at, row in enumerate("AB")],
    }
    zarr.open_group(folder, mode="w", attributes={"ome": {"version": "0.5", "plate": plate}})
    for row in "AB":
        zarr.open_group(folder / row, mode="w")
        well = {"version": "0.5", "well": {"images": [{"path": "0"}]}}
        zarr.open_group(folder / row / "1", mode="w", attributes={"ome": well})
        axes = [{"name": "c", "type": "channel"}, *({"name": a, "type": "space", "unit": "micrometer"} for a in "yx")]
        levels = [
            {"path": str(at), "coordinateTransformations": [{"type": "scale", "scale": [1.0, 0.5 * 2**at, 0.5 * 2**at]}]}
            for at in range(2)
        ]
        window = {"min": 0, "max": 255, "start": 0, "end": 255}
        channels = [
            {"label": "DAPI", "color": "0000FF", "active": True, "window": window},
            {"label": "GFP" if row == "A" else "RFP", "color": "00FF00", "active": False, "window": window},
        ]
        image = {
            "version": "0.5",
            "multiscales": [{"name": "i", "axes": axes, "datasets": levels}],
            "omero": {"channels": channels},
        }
        group = zarr.open_group(folder / row / "1" / "0", mode="w", attributes={"ome": image})
        for at in range(2):
            size = 16 // 2**at
            values = np.arange(2 * size * size, dtype="uint8").reshape(2, size, size)
            _array(group, str(at), values, ["c", "y", "x"], (1, 8, 8))


def write_lab(folder: Path) -> None:
    root = zarr.open_group(folder, mode="w")
    _array(root, "one", np.zeros((4, 4)), ["y", "x"], (4, 4), exposure_ms=12.5, stain="GFP", note=r"C/C=C\C", run=7)
    _array(root, "two", np.ones((4, 4)), ["y", "x"], (2, 2), exposure_ms=5.0, stain="DAPI", note='"; DROP ALL', run=8)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a deployment, with stores and mapping files beside the graph store."""
    folder = tmp_path_factory.mktemp("client")
    write_weather(folder / "weather.zarr")
    write_plate(folder / "assay.zarr")
    write_lab(folder / "lab.zarr")
    (folder / "mappings").mkdir()
    (folder / "mappings" / "lab.jsonld").write_text(json.dumps(MAPPING))
    from catalog.services.mappings import Mappings

    with open_test_workspace(folder) as workspace:
        object.__setattr__(workspace, "mappings", Mappings(folder / "mappings"))
        for name in ("weather", "assay", "lab"):
            assert ingest(workspace, IngestRequest(str(folder / f"{name}.zarr"), access="public")).accepted
    return folder


@pytest.fixture(scope="session")
def shared(place: Path) -> Iterator[catalog.Catalog]:
    """One catalogue for all tests that only ask."""
    with catalog.connect(place / "graphs", prefixes={"lab": "https://lab.example/terms#"}) as made:
        yield made


@pytest.fixture
def cat(shared: catalog.Catalog) -> catalog.Catalog:
    return shared
