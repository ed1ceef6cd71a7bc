"""Published stores in zips and whole-hierarchy documents: is everything found that their makers put in?

Node counts are those that the corpora's index gives, values those of the makers' own tests.
"""

import json
from pathlib import Path

import pytest

from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.stores.arrays import open_array
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.source import open_source

ZIPS = [
    ("zarrita-js/v2/data.zipped_from_parent.zarr.zip", 2, 32),
    ("zarrita-js/v2/data.zipped_from_within.zarr.zip", 2, 32),
    ("zarrita-js/v3/data.zipped_from_parent.zarr.zip", 4, 45),
    ("zarrita-js/v3/data.zipped_from_within.zarr.zip", 4, 45),
    ("zarrita-js/v3/data.uncompressed.zarr.zip", 4, 45),
]
PRODUCTS = {
    "s1_examples/S1A_IW_GRDH_1SDV_20241124T180254": (37, 192),
    "s2_examples/S2A_MSIL2A_20251008T100041": (36, 149),
    "geozarr_examples/S2A_MSIL2A_20251008T100041": (35, 194),
}


def opened(path: Path) -> tuple[Harvest, Hierarchy]:
    source = open_source(str(path))
    harvest = read_documents(source)
    return harvest, parse_hierarchy(harvest.documents)


@pytest.mark.parametrize(("name", "groups", "arrays"), ZIPS)
def test_every_node_of_a_zip_is_found(corpora: Path, name: str, groups: int, arrays: int) -> None:
    harvest, hierarchy = opened(corpora / name)
    assert (harvest.container, len(hierarchy.groups), len(hierarchy.arrays)) == ("zip", groups, arrays)
    assert "my group with spaces" in {group.path for group in hierarchy.groups}
    folder = opened(corpora / "zarrita-js" / name.split("/")[1] / "data.zarr")[1]
    assert {node.path: node.digest for node in folder.nodes} == {node.path: node.digest for node in hierarchy.nodes}


@pytest.mark.parametrize("name", [name for name, _, _ in ZIPS])
def test_values_in_a_zip_are_those_of_the_folder(corpora: Path, name: str) -> None:
    v3 = "/v3/" in name
    document = corpora / "zarrita-js" / name.split("/")[1] / "data.zarr/1d.chunked.i2" / ("zarr.json" if v3 else ".zarray")
    with open_array(
        str(corpora / name), "1d.chunked.i2", json.loads(document.read_bytes()), zarr_format=3 if v3 else 2
    ) as reader:
        assert int(reader.read().sum()) == 10


def test_zips_of_netcdf_are_read(corpora: Path) -> None:
    paths = sorted((corpora / "netcdf-c").glob("*.zip"))
    assert len(paths) == 6
    for path in paths:
        harvest, hierarchy = opened(path)
        assert harvest.container == "zip", path.name
        assert hierarchy.arrays, path.name
        assert [group.path for group in hierarchy.groups][:1] == [""], path.name


@pytest.mark.parametrize("start", PRODUCTS)
def test_every_node_of_a_whole_hierarchy_is_found(corpora: Path, start: str) -> None:
    (path,) = (corpora / "eopf-data-model").glob(f"{start}*.json")
    harvest, hierarchy = opened(path)
    assert (harvest.container, len(hierarchy.groups), len(hierarchy.arrays)) == ("tree", *PRODUCTS[start])
    assert [problem for problem in hierarchy.problems if problem.severity == "error"] == []


@pytest.mark.parametrize("part", ["0", "1", "2"])
def test_a_consolidated_level_of_a_pyramid_is_a_store_of_its_own(corpora: Path, part: str) -> None:
    (root,) = (corpora / "titiler-xarray").rglob("pyramid.zarr")
    whole, hierarchy = opened(root)
    assert whole.route == "listing"
    assert {p.path for p in whole.problems if p.kind == "nested-consolidated"} == {"0", "1", "2"}
    level, alone = opened(root / part)
    assert level.route == "consolidated"
    below = {node.path.removeprefix(part).lstrip("/"): node.digest for node in hierarchy.nodes if node.path.split("/")[0] == part}
    assert {node.path: node.digest for node in alone.nodes} == below
