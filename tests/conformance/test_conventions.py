"""Do published stores give the facts that stand in their documents?

What is expected is computed here from the raw JSON, by other code than the program's.
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from catalog.rdf.conventions import anndata, geozarr, spatialdata, stac
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from tests.support.corpora import find_corpora
from tests.support.described import Described, ask, group, hierarchy_at, hierarchy_of

CORPORA = find_corpora()


def found(pattern: str) -> list[str]:
    return sorted(path.relative_to(CORPORA).as_posix() for path in CORPORA.glob(pattern))


ANNDATA = found("vitessce/anndata-*/*.zarr") + found("vitessce/mudata-*/*.zarr")
SPATIALDATA = found("vitessce/spatialdata-*/*.zarr")
PRODUCTS = found("eopf-data-model/s[12]_examples/*.json")
GEOZARR = found("eopf-data-model/*geozarr_examples/*.json")
ITEMS = [
    *("stac-zarr/examples/item.json", "stac-datacube/examples/item.json"),
    *("stac-best-practices/examples/CMIP6_ScenarioMIP_NCAR_CESM2_item.json",),
    *found("stac-best-practices/examples/S2A_*.json"),
]


def raw(root: Path) -> dict[str, dict[str, Any]]:
    """Path → the attributes, and the shape of an array, as the documents have them."""
    nodes: dict[str, dict[str, Any]] = {}
    for path in root.rglob("*"):
        if path.name not in ("zarr.json", ".zarray", ".zgroup", ".zattrs") or not path.is_file():
            continue
        key = path.parent.relative_to(root).as_posix().removeprefix(".")
        value = json.loads(path.read_text())
        node = nodes.setdefault(key, {"attributes": {}})
        if path.name == ".zattrs":
            node["attributes"] = value
        else:
            node |= {name: value[name] for name in ("shape", "attributes") if name in value}
    return nodes


def tree(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and document of every member of a whole hierarchy."""
    yield path, node
    for name, child in (node.get("members") or {}).items():
        yield from tree(child, f"{path}/{name}" if path else name)


def test_the_corpora_have_what_is_tested(corpora: Path) -> None:
    assert len(ANNDATA) >= 9
    assert len(PRODUCTS) >= 2
    assert GEOZARR
    assert len(ITEMS) >= 5


@pytest.mark.parametrize("store", ANNDATA)
def test_anndata_says_what_the_documents_say(corpora: Path, store: str) -> None:
    documents = raw(corpora / store)
    described = Described(anndata, hierarchy_at(corpora / store))
    assert described.applies
    assert described.findings.problems == []
    for path, node in documents.items():
        stated = node["attributes"]
        name = f"/{path}"
        if "encoding-type" in stated:
            assert described.one(name, "zo:encodingType") == stated["encoding-type"]
            assert described.one(name, "zo:encodingVersion") == stated["encoding-version"]
        if stated.get("encoding-type") == "dataframe":
            assert described.get(name, "zo:tableColumnName") == set(stated["column-order"])
            assert described.get(name, "zo:tableColumn") == {f"{name}/{column}" for column in stated["column-order"]}
            assert described.one(name, "zo:indexColumn") == f"{name}/{stated['_index']}"
            index = documents[f"{path}/{stated['_index']}"]
            rows = index.get("shape") or documents[f"{path}/{stated['_index']}/values"]["shape"]
            assert described.one(name, "zo:tableRowCount") == str(rows[0])
        if stated.get("encoding-type") in ("csr_matrix", "csc_matrix"):
            assert json.loads(described.one(name, "zo:matrixShape")) == stated["shape"]
            indptr = documents[f"{path}/indptr"]["shape"][0]  # one more than the rows, or than the columns
            assert indptr - 1 == stated["shape"][stated["encoding-type"] == "csc_matrix"]


@pytest.mark.parametrize("store", [store for store in ANNDATA if "/anndata-" in store])
def test_anndata_of_every_version_gives_the_same_object(corpora: Path, store: str) -> None:
    """All were written from one object: three observations and fifteen variables, by the shape of X; a column ``leiden``."""
    described = Described(anndata, hierarchy_at(corpora / store))
    assert "zo:AnnData" in described.get("/", "rdf:type")
    assert described.one("/", "zo:observationCount") == "3"
    assert described.one("/", "zo:variableCount") == "15"
    assert described.get("/", "zo:layer") == {"/layers/float32", "/layers/int32", "/layers/int64"}
    assert described.get("/", "zo:observationMatrix") == {"/obsm/X_umap"}
    assert described.get("/", "zo:matrix") == {"/X"}
    assert described.get("/", "zo:raw") == set(), "what is encoded as null is not there"
    [column] = described.get("/obs", "zo:tableColumn")
    [codes], [categories] = described.get(column, "zo:codes"), described.get(column, "zo:categories")
    assert "zo:Categorical" in described.get(column, "rdf:type")
    assert categories in described.get(codes, "zo:categories")
    assert described.one(column, "zo:categoryCount") == "2"
    assert described.one(column, "zo:ordered") == "false"


@pytest.mark.parametrize("store", [store for store in ANNDATA if "/mudata-" in store])
def test_mudata_has_its_modalities(corpora: Path, store: str) -> None:
    order = json.loads((corpora / store / "mod" / ".zattrs").read_text())["mod-order"]
    described = Described(anndata, hierarchy_at(corpora / store))
    assert "zo:MuData" in described.get("/", "rdf:type")
    assert described.get("/", "zo:modality") == {f"/mod/{name}" for name in order}
    assert all("zo:AnnData" in described.get(f"/mod/{name}", "rdf:type") for name in order)


@pytest.mark.parametrize("store", SPATIALDATA)
def test_spatialdata_says_what_the_documents_say(corpora: Path, store: str) -> None:
    documents = raw(corpora / store)
    described = Described(spatialdata, hierarchy_at(corpora / store))
    assert described.findings.problems == []
    elements = {path for path in documents if re.fullmatch(r"(images|labels|points|shapes)/[^/]+", path)}
    assert described.get("/", "zo:element") == {f"/{path}" for path in elements}
    for path, node in documents.items():
        region = node["attributes"].get("region")
        if region is not None:
            names = region if isinstance(region, list) else [region]
            assert described.get(f"/{path}", "zo:annotates") == {f"/{each}" for each in elements if each.split("/")[1] in names}


@pytest.mark.parametrize("product", [*PRODUCTS, *GEOZARR])
def test_grids_of_sentinel_products(corpora: Path, product: str) -> None:
    """Reference system, cells and box of each array; of one whose grid is another array's, the reference system and the box."""
    described = Described(geozarr, hierarchy_at(corpora / product))
    of_others, checked = set(), 0
    for path, node in tree(json.loads((corpora / product).read_text())):
        stated, name = node["attributes"], f"/{path}"
        if "proj:transform" not in stated:
            continue
        checked += 1
        epsg, (west, south, east, north) = stated["proj:epsg"], (int(each) for each in stated["proj:bbox"])
        assert described.one(name, "zo:crs") == f"http://www.opengis.net/def/crs/EPSG/0/{epsg}"
        [place] = described.get(name, "dct:spatial")
        wkt = described.one(described.one(place, "geo:hasGeometry"), "geo:asWKT")
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        text = ", ".join(f"{x} {y}" for x, y in corners)
        assert wkt == f"<http://www.opengis.net/def/crs/EPSG/0/{epsg}> POLYGON (({text}))"
        if stated["proj:shape"] == node["shape"][-2:]:
            assert (east - west) / node["shape"][-1] == stated["proj:transform"][0], "box and cells belong together"
            assert float(described.one(name, "zo:cellWidth")) == stated["proj:transform"][0]
            assert described.one(name, "dcat:spatialResolutionInMeters") == str(int(stated["proj:transform"][0]))
            assert json.loads(described.one(name, "zo:affineTransform")) == stated["proj:transform"][:6]
        else:
            of_others.add(path)
            assert described.get(name, "zo:cellWidth") == set()
    assert {problem.path for problem in described.findings.problems if problem.kind == "shape-disagrees"} == of_others
    assert checked > 40 or "/s1_" in product


@pytest.mark.parametrize("product", GEOZARR)
def test_overview_levels_of_sentinel_products(corpora: Path, product: str) -> None:
    described = Described(geozarr, hierarchy_at(corpora / product))
    for path, node in tree(json.loads((corpora / product).read_text())):
        layout = node["attributes"].get("multiscales", {}).get("layout")
        if layout is None:
            continue
        levels = {item["asset"]: item for item in layout}
        assert described.get(f"/{path}", "zo:overviewLevel") == {f"/{path}#level-{name}" for name in levels}
        for name, item in levels.items():
            level, below = f"/{path}#level-{name}", node["members"][name]["members"]
            bands = {f"/{path}/{name}/{band}" for band, array in below.items() if len(array["shape"]) == 2}
            assert described.get(level, "zo:overviewArray") == bands
            assert described.one(level, "rdfs:label") == name
            width = float(described.one(level, "zo:cellWidth"))
            assert width == pytest.approx(int(name[1:-1]), rel=0.004), "the level's name says metres, 152 cells of them 720"
            if "derived_from" in item:
                assert described.one(level, "prov:wasDerivedFrom") == f"/{path}#level-{item['derived_from']}"


def test_declared_conventions_are_named_by_uuid_then_schema_then_specification(corpora: Path) -> None:
    """Source: Zarr conventions specification: the precedence of what identifies a convention."""
    for name in ("composability", "minimal", "projection"):
        document = json.loads((corpora / "zarr-conventions" / "examples" / f"{name}.json").read_text())
        if document["node_type"] == "array":
            document = group(**document["attributes"])
        entries = document["attributes"]["zarr_conventions"]
        described = Described(geozarr, hierarchy_of({"zarr.json": document}))
        assert described.get("/", "dct:conformsTo") == {f"urn:uuid:{entry['uuid']}" for entry in entries}
        declared = [described.get(each, "rdfs:label") for each in described.get("/", "zo:declares")]
        assert sorted(map(sorted, declared)) == sorted([entry["name"]] if "name" in entry else [] for entry in entries)
        assert described.findings.consumed[""] >= {"zarr_conventions"}
        for entry in entries:
            without = [{key: value for key, value in entry.items() if key != "uuid"}]
            again = Described(geozarr, hierarchy_of({"zarr.json": group(zarr_conventions=without)}))
            named = entry.get("schema_url")
            assert again.get("/", "dct:conformsTo") == ({named} if named else set())
            assert again.kinds == ([] if named else ["invalid-convention"])


@pytest.mark.parametrize("item", ITEMS)
def test_embedded_items(corpora: Path, item: str) -> None:
    value = json.loads((corpora / item).read_text())
    described = Described(stac, hierarchy_of({"zarr.json": group(stac_item=value)}))
    assert described.findings.problems == []
    check_item(described, "dataset", value)


@pytest.mark.parametrize("product", PRODUCTS)
def test_items_of_sentinel_products(corpora: Path, product: str) -> None:
    """Their boxes have west and east mixed up, so that they seem to cross the antimeridian; their geometries say they do not."""
    described = Described(stac, hierarchy_at(corpora / product))
    assert "invalid-bbox" in described.kinds
    nodes = tree(json.loads((corpora / product).read_text()))
    embedded = [(path, node) for path, node in nodes if "stac_discovery" in node["attributes"]]
    for path, node in embedded:
        check_item(described, f"/{path}" if path else "dataset", node["attributes"]["stac_discovery"])


def check_item(described: Described, subject: str, item: dict[str, Any]) -> None:
    properties = item["properties"]
    assert "zo:StacItem" in described.get(subject, "rdf:type")
    assert described.one(subject, "schema:identifier") == item["id"]
    # One product has in their place the names of the members that they should have come from.
    times = {key: value for key, value in properties.items() if key.endswith("datetime") and re.match(r"\d{4}-", str(value))}
    start, end = (times.get(key) or times.get("datetime") for key in ("start_datetime", "end_datetime"))
    for period in described.get(subject, "dct:temporal") if start else [""]:
        assert described.get(period, "dcat:startDate") == ({start} if start else set())
        assert described.get(period, "dcat:endDate") == ({end} if end else set())
    assert len(described.get(subject, "dct:temporal")) == bool(start)
    texts = {"title": "dct:title", "platform": "zo:platformName", "processing:level": "zo:processingLevel"}
    texts |= {"constellation": "zo:constellation", "product:type": "zo:productType"}
    if re.match(r"\d{4}-", str(properties.get("created"))):
        texts["created"] = "dct:created"
    for key, predicate in texts.items():
        assert described.get(subject, predicate) == ({properties[key]} if key in properties else set()), key
    cloud = {float(value) for value in described.get(subject, "zo:cloudCover")}
    assert cloud == ({properties["eo:cloud_cover"]} if "eo:cloud_cover" in properties else set())
    assert set(item.get("stac_extensions", [])) <= described.get(subject, "dct:conformsTo")
    ring = item["geometry"]["coordinates"][0]
    if not ring:  # one product has a polygon without positions, and no box that could be one
        assert described.get(subject, "dct:spatial") == set()
        return
    [place] = described.get(subject, "dct:spatial")
    wkt = described.one(described.one(place, "geo:hasGeometry"), "geo:asWKT")
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", wkt)]
    closed = ring if ring[0] == ring[-1] else [*ring, ring[0]]
    assert numbers == [float(number) for point in closed for number in point]
    box = [float(number) for number in re.findall(r"-?[\d.]+", described.one(place, "dcat:bbox"))]
    xs, ys = {x for x, _ in ring}, {y for _, y in ring}
    assert (min(box[::2]), max(box[::2])) == pytest.approx((min(xs), max(xs)))
    assert (min(box[1::2]), max(box[1::2])) == pytest.approx((min(ys), max(ys)))


@pytest.fixture(scope="module")
def graph(corpora: Path) -> pyoxigraph.Store:
    """All graphs of the stores above, and of a few small ones, together."""
    store = pyoxigraph.Store()
    for index, path in enumerate([*ANNDATA, *PRODUCTS, *GEOZARR]):
        structure = describe(hierarchy_at(corpora / path), f"s{index}", Iris()).structure
        lines = structure.splitlines(keepends=True)
        assert all(first != second for first, second in pairwise(sorted(lines))), "no line stands twice"
        store.load(structure, pyoxigraph.RdfFormat.N_TRIPLES)
    return store


def test_which_tables_have_the_column(graph: pyoxigraph.Store) -> None:
    rows = ask(graph, '?n WHERE { ?n a zo:AnnData ; zo:observations/zo:tableColumnName "leiden" }')
    objects = sum(1 if "/anndata-" in store else 2 for store in ANNDATA)  # each modality of MuData has one
    assert len(rows) == objects


def test_which_arrays_are_in_a_reference_system_with_cells_of_ten_metres(graph: pyoxigraph.Store) -> None:
    crs = "<http://www.opengis.net/def/crs/EPSG/0/32632>"
    pattern = f"?a WHERE {{ ?a a zo:ZarrArray ; zo:crs {crs} ; dcat:spatialResolutionInMeters ?m FILTER (?m = 10) }}"
    expected = 0
    for product in [*PRODUCTS, *GEOZARR]:
        for _, node in tree(json.loads((CORPORA / product).read_text())):
            stated = node["attributes"]
            ten = stated.get("proj:transform", [0])[0] == 10 and stated["proj:shape"] == node["shape"][-2:]
            expected += ten and stated["proj:epsg"] == 32632
    assert expected > 10
    assert len(ask(graph, pattern)) == expected


def test_which_items_have_few_clouds(graph: pyoxigraph.Store) -> None:
    few = "?d WHERE { ?d a zo:StacItem ; zo:constellation 'sentinel-2' ; zo:cloudCover ?c FILTER (?c < 20) }"
    many = few.replace("?c < 20", "?c >= 20")
    clouds = [json.loads((CORPORA / each).read_text())["attributes"]["stac_discovery"]["properties"] for each in PRODUCTS]
    stated = [each["eo:cloud_cover"] for each in clouds if "eo:cloud_cover" in each]
    assert len(ask(graph, few)) == sum(cover < 20 for cover in stated)
    assert len(ask(graph, many)) == sum(cover >= 20 for cover in stated)
