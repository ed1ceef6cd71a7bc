"""Do both generations of SpatialData, on Zarr 2 and on Zarr 3, give the same facts?"""

from typing import Any

import pyoxigraph
import pytest

from catalog.rdf.conventions import spatialdata
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from tests.support.described import Described, array, ask, group, hierarchy_of

AXES = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
TO_GLOBAL = {"type": "identity", "input": {"name": "yx", "axes": AXES}, "output": {"name": "global", "axes": AXES}}
TO_SCALED = {"type": "scale", "scale": [2.0, 2.0], "input": {"name": "yx"}, "output": {"name": "micrometer"}}
TABLE = {"encoding-type": "anndata", "encoding-version": "0.1.0", "spatialdata-encoding-type": "ngff:regions_table"}
KEYS = {"region": "cells", "region_key": "region", "instance_key": "instance_id"}


def image(level: str) -> dict[str, Any]:
    return {"multiscales": [{"axes": AXES, "datasets": [{"path": level}], "coordinateTransformations": [TO_GLOBAL, TO_SCALED]}]}


def attributes(version: str, ome: bool, keys: dict[str, Any]) -> dict[str, dict[str, Any]]:
    level = "s0" if ome else "0"
    picture = {"ome": image(level)} if ome else image(level)
    marked = {"spatialdata_attrs": {"version": version}}
    points = {"encoding-type": "ngff:points", "axes": ["x", "y"], "coordinateTransformations": [TO_GLOBAL]}
    return {
        "": {"spatialdata_attrs": {"version": version, "spatialdata_software_version": "0.7.3"}},
        "images/picture": picture | marked,
        "labels/cells": picture | marked,
        "points/spots": points | {"spatialdata_attrs": {"version": version, "feature_key": "genes"}},
        "tables/table": TABLE | {"version": version} | keys,
        "tables/table/obs": {"encoding-type": "dataframe"},
    }


def of_zarr_3(keys: dict[str, Any] = KEYS) -> dict[str, Any]:
    documents = {f"{path}/zarr.json".lstrip("/"): group(**each) for path, each in attributes("0.2", True, keys).items()}
    columns = {f"tables/table/obs/{name}/zarr.json": array([26]) for name in ("region", "instance_id")}
    return documents | columns


def of_zarr_2() -> dict[str, Any]:
    documents: dict[str, Any] = {}
    for path, each in attributes("0.1", False, KEYS).items():
        documents |= {f"{path}/.zgroup".lstrip("/"): {"zarr_format": 2}, f"{path}/.zattrs".lstrip("/"): each}
    return documents | {f"tables/table/obs/{name}/.zgroup": {"zarr_format": 2} for name in ("region", "instance_id")}


@pytest.mark.parametrize("documents", [of_zarr_2(), of_zarr_3()], ids=["Zarr 2", "Zarr 3"])
def test_elements_systems_and_annotation(documents: dict[str, Any]) -> None:
    found = Described(spatialdata, hierarchy_of(documents))
    assert found.kinds == []
    assert found.get("/", "rdf:type") == {"zo:SpatialData"}
    assert found.get("/", "zo:element") == {"/images/picture", "/labels/cells", "/points/spots"}
    assert found.get("/", "zo:annotationTable") == {"/tables/table"}
    assert found.get("/labels/cells", "rdf:type") == {"zo:SpatialLabels"}
    assert found.get("/labels/cells", "zo:inSpatialSystem") == {"/#system-global", "/#system-micrometer"}
    assert found.get("/points/spots", "zo:inSpatialSystem") == {"/#system-global"}
    assert found.one("/points/spots", "zo:featureKey") == "genes"
    assert found.one("/#system-global", "rdfs:label") == "global"
    assert found.one("/images/picture#transformation-1", "zo:transformationKind") == "scale"
    assert found.get("/tables/table", "zo:annotates") == {"/labels/cells"}
    assert found.get("/tables/table", "dct:references") == {"/labels/cells"}
    assert found.get("/tables/table", "zo:regionColumn") == {"/tables/table/obs/region"}
    assert found.get("/tables/table", "zo:instanceColumn") == {"/tables/table/obs/instance_id"}
    assert found.findings.consumed["tables/table"] >= {"region", "region_key", "instance_key", "version"}


def test_both_generations_say_the_same_but_for_versions() -> None:
    lines = [Described(spatialdata, hierarchy_of(documents)).findings.lines for documents in (of_zarr_2(), of_zarr_3())]
    without = [{line for line in each if "spatialDataVersion" not in line} for each in lines]
    assert without[0] == without[1]


def test_which_elements_does_a_table_annotate() -> None:
    store = pyoxigraph.Store()
    described = describe(hierarchy_of(of_zarr_3()), "d", Iris())
    assert {"anndata", "spatialdata"} <= set(described.conventions), "several conventions hold at once"
    store.load(described.structure, pyoxigraph.RdfFormat.N_TRIPLES)
    pattern = "?element ?table WHERE { ?table a zo:AnnData ; zo:annotates ?element . ?element a zo:SpatialLabels }"
    assert ask(store, pattern) == [("/labels/cells", "/tables/table")]


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        ({"region": None, "region_key": None, "instance_key": None}, []),
        ({"region": ["cells", "picture"], "region_key": "region", "instance_key": "instance_id"}, []),
        ({"region": ["cells", "lost"], "region_key": "region", "instance_key": "instance_id"}, ["dangling-reference"]),
        ({"region": "cells", "region_key": "lost", "instance_key": "instance_id"}, ["dangling-reference"]),
        ({"region": "cells", "region_key": "region", "instance_key": None}, ["invalid-spatialdata"]),
        ({"region": {"a": 1}, "region_key": "region", "instance_key": 5}, ["dangling-reference", "invalid-spatialdata"]),
    ],
)
def test_what_tables_say_of_regions(keys: dict[str, Any], kinds: list[str]) -> None:
    found = Described(spatialdata, hierarchy_of(of_zarr_3(keys)))
    assert found.kinds == kinds
    assert ("region" in found.findings.consumed["tables/table"]) == (
        bool(keys["region"]) and not {"lost", "a"} & set(keys["region"])
    )


@pytest.mark.parametrize("stated", ["x", [5], [{"type": "warp"}], [{"type": "identity", "output": {}}], [{"type": []}]])
def test_transformations_that_are_none(stated: Any) -> None:
    documents = of_zarr_3()
    documents["points/spots/zarr.json"]["attributes"]["coordinateTransformations"] = stated
    found = Described(spatialdata, hierarchy_of(documents))
    assert found.kinds == ["invalid-transformation"]
    assert "coordinateTransformations" not in found.findings.consumed["points/spots"]
