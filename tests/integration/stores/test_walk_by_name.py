"""Where a server refuses to list, are the same nodes found by the names that metadata give?

The oracle is the folder itself: every group and array that lies in it.
"""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zarr

from catalog.metadata.document import DocumentLimits
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.documents import Harvest
from tests.support.corpora import find_corpora
from tests.support.http_server import Reply, Request, WebServer
from tests.unit.stores.suite import Place, kinds_of
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, consolidated2, consolidated3, write

CORPORA = find_corpora()
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")

_NODES = {"zarr.json", ".zarray", ".zgroup"}

NAMED = [
    *(f"ngio/{version}/images/test_image_{axes}.zarr" for version in ("v04", "v05") for axes in ("yx", "c1yx", "czyx", "tczyx")),
    "ome-zarr-models/examples/v04/hcs_example.ome.zarr",
    "ome-zarr-models/examples/v06/stitched_tiles_2d.zarr",
    "zarr-java/ome/v0.4",
    "zarr-java/ome/v0.4_hcs",
    "zarr-java/ome/v0.5",
    "zarr-java/ome/v0.5_hcs",
    "zarr-java/ome/v0.6_scene/example1_instrument_registration.zarr",
]
"""Stores whose metadata name every node."""

_KEYS = {"layers/float32", "layers/int32", "layers/int64", "obsm/X_umap"}
UNNAMED = {
    "vitessce/anndata-0.7/anndata-csr.zarr": _KEYS,
    "vitessce/anndata-0.11/anndata-csr.adata.zarr": _KEYS,
    "vitessce/anndata-0.11/anndata-dense.zarr": _KEYS,
    # Coordinates stand in the root's attributes or are named by each other; no metadata name a variable of measurements.
    "xcube/cube-1-250-250.zarr": {"c2rcc_flags", "conc_chl", "conc_tsm", "kd489", "quality_flags"},
    # The root has no attributes.
    "titiler-xarray/unconsolidated.zarr": {"lat", "lon", "time", "var1", "var2"},
}
"""What no metadata name: AnnData lists no keys of its mappings, xarray lists no variables."""


def _nodes_in(folder: Path) -> set[str]:
    found = (path.parent.relative_to(folder).as_posix() for path in folder.rglob("*") if path.name in _NODES)
    return {"" if path == "." else path for path in found}


def _nodes_of(harvest: Harvest) -> set[str]:
    return {node.path for node in parse_hierarchy(harvest.documents).nodes}


@pytest.fixture
def corpora() -> Iterator[WebServer]:
    """The corpora behind a server that lists nothing and knows no consolidated document of v2."""
    hidden = {".zmetadata", ".all_metadata", "zmetadata"}
    with WebServer(CORPORA, listing=403) as running:
        running.script = lambda request: Reply(404) if request.path.rpartition("/")[2] in hidden else None
        yield running


@needs_corpora
@pytest.mark.parametrize("name", NAMED)
def test_all_is_found_where_metadata_name_all(corpora: WebServer, name: str) -> None:
    harvest = Place(f"{corpora.url}/{name}").harvest()
    assert _nodes_of(harvest) == _nodes_in(CORPORA / name)
    assert (harvest.route, harvest.complete, kinds_of(harvest)) == ("walk", False, ["listing-refused"])
    assert harvest.requests == len(corpora.requests)
    assert max(corpora.counts.values()) == 1, "nothing is asked for twice"


@needs_corpora
@pytest.mark.parametrize(("name", "unnamed"), UNNAMED.items())
def test_what_is_not_found_is_exactly_what_no_metadata_name(corpora: WebServer, name: str, unnamed: set[str]) -> None:
    harvest = Place(f"{corpora.url}/{name}").harvest()
    assert _nodes_in(CORPORA / name) - _nodes_of(harvest) == unnamed
    assert _nodes_of(harvest) <= _nodes_in(CORPORA / name)
    assert (harvest.route, harvest.complete, kinds_of(harvest)) == ("walk", False, ["listing-refused"])


@needs_corpora
def test_nodes_are_the_same_as_those_of_a_listing(corpora: WebServer) -> None:
    name = "ngio/v04/images/test_image_czyx.zarr"
    walked = parse_hierarchy(Place(f"{corpora.url}/{name}").harvest().documents)
    corpora.listing = "index"
    listed = Place(f"{corpora.url}/{name}").harvest()
    assert (listed.route, parse_hierarchy(listed.documents).digest) == ("listing", walked.digest)


# -- what it costs


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[WebServer]:
    with WebServer(tmp_path, listing=403) as running:
        yield running


def _group3(**attributes: object) -> bytes:
    return json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}).encode()


def _plate3(rows: int, columns: int) -> dict[str, bytes]:
    wells = [f"{chr(65 + row)}/{column + 1}" for row in range(rows) for column in range(columns)]
    tree = {"zarr.json": _group3(ome={"version": "0.5", "plate": {"wells": [{"path": well} for well in wells]}})}
    for well in wells:
        tree[f"{well}/zarr.json"] = _group3(ome={"version": "0.5", "well": {"images": [{"path": "0"}]}})
        tree[f"{well}/0/zarr.json"] = _group3(ome={"version": "0.5", "multiscales": [{"datasets": [{"path": "0"}]}]})
        tree[f"{well}/0/0/zarr.json"] = array3(dimension_names=["x"])
    return tree | {f"{chr(65 + row)}/zarr.json": GROUP3 for row in range(rows)}


def test_requests_for_a_plate_of_v3_are_counted(refusing: WebServer) -> None:
    """One for each node; beside them two likely names for each image, one for the plate; and listing, .zmetadata of the root."""
    tree = _plate3(4, 6)
    write(refusing.folder / "s", tree)
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {key.removesuffix("zarr.json").removesuffix("/") for key in tree}
    assert len(refusing.requests) == harvest.requests == len(tree) + 2 * 24 + 1 + 1


def test_an_image_of_v2_takes_two_requests_a_node(refusing: WebServer) -> None:
    image = json.dumps({"multiscales": [{"axes": [], "datasets": [{"path": "0"}, {"path": "1"}]}]}).encode()
    write(refusing.folder / "s", {".zgroup": GROUP2, ".zattrs": image, "0/.zarray": array2(), "1/.zarray": array2()})
    Place(f"{refusing.url}/s").harvest()
    walked = [path for path in refusing.paths if path.count("/") == 3]
    assert sorted(walked) == sorted(
        ["/s/0/.zarray", "/s/0/.zattrs", "/s/1/.zarray", "/s/1/.zattrs", "/s/labels/.zgroup", "/s/tables/.zgroup"]
    )


def test_the_walk_keeps_to_its_budget_and_names_it(refusing: WebServer) -> None:
    write(refusing.folder / "s", _plate3(2, 10))
    harvest = Place(f"{refusing.url}/s").harvest(limits=DocumentLimits(max_walk_requests=25))
    assert len(refusing.requests) == 25 + 2
    told = [problem for problem in harvest.problems if problem.kind == "too-many-requests"]
    assert len(told) == 1
    assert "max_walk_requests" in told[0].message
    assert "25" in told[0].message
    assert "named-not-found" not in kinds_of(harvest), "what was not asked for is not missing"


def test_no_more_requests_at_a_time_than_allowed(refusing: WebServer) -> None:
    write(refusing.folder / "s", _plate3(4, 10))
    lock, now, most = threading.Lock(), [0], [0]

    def slow(request: Request) -> Reply | None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        return None

    refusing.script = slow
    Place(f"{refusing.url}/s", {"concurrency": 4}).harvest()
    assert 2 <= most[0] <= 4


def test_nodes_are_bounded(refusing: WebServer) -> None:
    write(refusing.folder / "s", _plate3(2, 10))
    harvest = Place(f"{refusing.url}/s").harvest(limits=DocumentLimits(max_nodes=10))
    assert kinds_of(harvest) == ["listing-refused", "too-many-nodes"]
    assert max(document.key.count("/") for document in harvest.documents) == 2, "no level is begun after that"


# -- what is named and is not there, or must not be


def test_what_is_named_and_not_there_is_told_with_who_named_it(refusing: WebServer) -> None:
    tree = _plate3(1, 2)
    del tree["A/2/0/zarr.json"]
    write(refusing.folder / "s", tree)
    harvest = Place(f"{refusing.url}/s").harvest()
    told = [(p.path, p.kind, p.severity) for p in harvest.problems if p.kind != "listing-refused"]
    assert told == [("A/2/0", "named-not-found", "warning")]
    assert any("/A/2 (well)" in problem.message for problem in harvest.problems)


def test_a_path_that_leads_out_is_a_problem_and_is_not_asked_for(refusing: WebServer) -> None:
    wells = [{"path": "../../secret"}, {"path": "/etc"}, {"path": "A/1"}]
    write(refusing.folder / "s", {"zarr.json": _group3(plate={"wells": wells}), "A/1/zarr.json": GROUP3})
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {"", "A/1"}
    assert kinds_of(harvest).count("unsafe-key") == 2
    assert not [path for path in refusing.paths if "secret" in path or "etc" in path]
    assert all(path.startswith("/s/") for path in refusing.paths)


def test_nodes_that_name_each_other_are_read_once(refusing: WebServer) -> None:
    arrays = {
        f"{name}/zarr.json": array3(attributes={"coordinates": "a b c", "ancillary_variables": "a b"}) for name in ("a", "b", "c")
    }
    write(refusing.folder / "s", {"zarr.json": _group3(coordinates="a")} | arrays)
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {"", "a", "b", "c"}
    assert max(refusing.counts.values()) == 1


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_refusal_may_mean_that_nothing_is_there(refusing: WebServer, zarr_format: int) -> None:
    """As S3 answers where the bucket may not be listed."""
    image = {"multiscales": [{"axes": [], "datasets": [{"path": "0"}]}]}
    zarr.create_group(refusing.folder / "s", zarr_format=zarr_format, attributes=image).create_array("0", shape=(4,), dtype="u1")  # type: ignore[arg-type]
    refusing.script = lambda request: None if (refusing.folder / request.path.strip("/")).is_file() else Reply(403)
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {"", "0"}
    assert set(kinds_of(harvest)) == {"listing-refused", "refused-as-absent"}


def test_a_server_in_trouble_on_the_way_is_told_and_left_in_the_end(refusing: WebServer) -> None:
    write(refusing.folder / "s", _plate3(8, 12))
    refusing.script = lambda request: Reply(500) if request.path.count("/") == 4 else None
    harvest = Place(f"{refusing.url}/s").harvest()
    assert kinds_of(harvest).count("unavailable") == 96 + 1
    assert "named-not-found" not in kinds_of(harvest)
    assert _nodes_of(harvest) >= {"", "A", "H"}


# -- formats, numbers, parts that are consolidated


def test_a_root_of_v2_may_hold_nodes_of_v3(refusing: WebServer) -> None:
    wells = json.dumps({"plate": {"wells": [{"path": "A/1"}]}}).encode()
    tree = {
        ".zgroup": GROUP2,
        ".zattrs": wells,
        "A/1/zarr.json": _group3(well={"images": [{"path": "0"}]}),
        "A/1/0/zarr.json": GROUP3,
    }
    write(refusing.folder / "s", tree)
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {"", "A/1", "A/1/0"}
    assert not [path for path in refusing.paths if path.startswith("/s/A/1/0/.z")], "the format was learned"


@pytest.mark.parametrize("count", [1, 8, 19])
def test_images_of_bioformats2raw_are_counted_to_the_first_that_is_not_there(refusing: WebServer, count: int) -> None:
    tree = {"zarr.json": _group3(ome={"version": "0.5", "bioformats2raw.layout": 3}), "OME/zarr.json": GROUP3}
    write(refusing.folder / "s", tree | {f"{index}/zarr.json": GROUP3 for index in range(count)})
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {"", "OME", *map(str, range(count))}
    assert max(int(path.split("/")[2]) for path in refusing.paths if path.split("/")[2].isdigit()) < count + 8


def test_images_of_bioformats2raw_are_not_counted_where_they_are_named(refusing: WebServer) -> None:
    layout = json.dumps({"bioformats2raw.layout": 3}).encode()
    named = json.dumps({"series": ["0", "overview"]}).encode()
    tree = {".zgroup": GROUP2, ".zattrs": layout, "OME/.zgroup": GROUP2, "OME/.zattrs": named}
    write(refusing.folder / "s", tree | {f"{each}/.zgroup": GROUP2 for each in ("0", "1", "overview")})
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {"", "OME", "0", "overview"}


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_part_that_is_consolidated_is_taken_whole(refusing: WebServer, zarr_format: int) -> None:
    members = {"time": array3(), "inner": GROUP3, "inner/x": array3()}
    if zarr_format == 3:
        root = {"zarr.json": _group3(multiscales=[{"datasets": [{"path": "0"}]}]), "0/zarr.json": consolidated3(members)}
    else:
        packed = {".zgroup": GROUP2, "time/.zarray": array2(), "time/.zattrs": b'{"n": 1}'}
        packed |= {"inner/.zgroup": GROUP2, "inner/x/.zarray": array2()}
        levels = json.dumps({"multiscales": [{"datasets": [{"path": "0"}]}]}).encode()
        root = {".zgroup": GROUP2, ".zattrs": levels, "0/.zgroup": GROUP2, "0/.zmetadata": consolidated2(packed)}
    write(refusing.folder / "s", root)
    harvest = Place(f"{refusing.url}/s").harvest()
    assert _nodes_of(harvest) == {"", "0", "0/time", "0/inner", "0/inner/x"}
    assert [(p.path, p.severity) for p in harvest.problems if p.kind == "consolidated-part"] == [("0", "info")]
    assert not [path for path in refusing.paths if "time" in path or "inner" in path]


@needs_corpora
def test_levels_that_are_consolidated_one_by_one(corpora: WebServer) -> None:
    """A real pyramid of xarray, below a root that names its levels as ndpyramid writes them."""
    name = "titiler-xarray/pyramid.zarr"
    levels = json.dumps({"multiscales": [{"datasets": [{"path": "0"}, {"path": "1"}, {"path": "2"}]}]}).encode()
    corpora.script = lambda request: Reply(200, levels) if request.path == f"/{name}/.zattrs" else None
    harvest = Place(f"{corpora.url}/{name}").harvest()
    assert _nodes_of(harvest) == _nodes_in(CORPORA / name)
    assert kinds_of(harvest).count("consolidated-part") == 3
