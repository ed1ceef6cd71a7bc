"""Reads that are recorded, for tests of what becomes of records."""

from pathlib import Path
from typing import Any

import numpy as np
import zarr

from catalog.bridge.read import StoreAccess
from catalog.metadata.read_record import ReadRecord
from catalog.services.derive import Result, Saved, save_store
from catalog.services.ingest import ingest
from catalog.services.provenance import Reading, record_reads
from catalog.services.read import ReadOptions, plan_query, plan_read
from catalog.services.recorded import read_planned
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace

T = np.arange(600, dtype="f4").reshape(20, 30)
"""Values of the array ``t`` of `write_climate`."""
Y, X = np.arange(20) * 10.0, np.arange(30) * 0.5 - 180


def write_climate(folder: Path, zarr_format: int = 3) -> Path:
    """A store as xarray writes them: ``t`` with its coordinates ``y`` and ``x``, bounds of ``y``, and a grid mapping."""
    root = zarr.open_group(folder, mode="w", zarr_format=zarr_format, attributes={"Conventions": "CF-1.11", "title": "All of it"})

    def add(name: str, values: Any, dims: tuple[str, ...], chunks: tuple[int, ...], **attributes: Any) -> None:
        named: dict[str, Any] = {"dimension_names": dims} if zarr_format == 3 else {}
        if zarr_format == 2:
            attributes["_ARRAY_DIMENSIONS"] = list(dims)
        made = root.create_array(
            name, shape=values.shape, dtype=values.dtype, chunks=chunks, attributes=attributes, fill_value=-1, **named
        )
        made[...] = values

    add(
        "t",
        T,
        ("y", "x"),
        (5, 7),
        units="K",
        standard_name="air_temperature",
        actual_range=[0, 599],
        grid_mapping="crs",
        coordinates="lost",
    )
    add("y", Y, ("y",), (20,), units="m", bounds="y_bnds")
    add("x", X, ("x",), (30,), units="degrees_east")
    add("y_bnds", np.stack([Y - 5, Y + 5], axis=1), ("y", "nv"), (20, 2))
    add("crs", np.array(0, dtype="i4"), (), (), grid_mapping_name="latitude_longitude")
    return folder


def read(workspace: Workspace, iri: str, select: str = "", access: StoreAccess | None = None) -> Reading:
    """One part, as ``catalog get`` reads it."""
    options = ReadOptions(access=lambda: access or StoreAccess())
    [reading] = read_planned([plan_read(workspace.catalog, iri, select, options)], options, requested=select)
    return reading


def read_query(workspace: Workspace, query: str) -> list[Reading]:
    """The parts that an answer means."""
    return read_planned(plan_query(workspace.catalog, query))


def record(workspace: Workspace, *readings: Reading, **given: Any) -> ReadRecord:
    """The record of reads."""
    return record_reads(workspace.catalog, workspace.iris, readings, **given)


def take_in(workspace: Workspace, url: str, dataset_id: str, **given: Any) -> str:
    """Ingest a store; where its nodes' IRIs begin comes back."""
    assert ingest(workspace, IngestRequest(url, dataset_id=dataset_id, **given)).accepted
    return f"{workspace.iris.dataset(dataset_id)}/nodes/"


def write_image(folder: Path, version: str) -> np.ndarray[Any, Any]:
    """An OME-Zarr image of one level, and the values of that; two channels, and scales of the level and of the whole image."""
    axes = [
        {"name": "c", "type": "channel"},
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    steps = [{"type": "scale", "scale": [1, 0.5, 0.25]}, {"type": "translation", "translation": [0, 10, 20]}]
    levels = [{"path": "0", "coordinateTransformations": steps}]
    scales = [{"type": "scale", "scale": [1, 2, 2]}]
    stated = {"multiscales": [{"name": "cells", "axes": axes, "datasets": levels, "coordinateTransformations": scales}]}
    stated["omero"] = {
        "channels": [
            {"label": each, "color": "FFFFFF", "window": {"start": 0, "end": 1, "min": 0, "max": 9}} for each in ("A", "B")
        ]
    }  # type: ignore[assignment]
    if version == "0.4":
        stated["multiscales"][0]["version"] = "0.4"
    attributes = stated if version == "0.4" else {"ome": {"version": version, **stated}}
    group = zarr.open_group(folder, mode="w", zarr_format=2 if version == "0.4" else 3, attributes=attributes)
    values = np.arange(2 * 40 * 60, dtype="u2").reshape(2, 40, 60)
    group.create_array("0", shape=values.shape, dtype="u2", chunks=(1, 20, 20))[...] = values
    return values


def saved(workspace: Workspace, url: object, *readings: Any, **given: Any) -> Saved:
    """Parts as they were read, in a new store."""
    return save_store(workspace, str(url), [Result(each.values, (each,)) for each in readings], **given)
