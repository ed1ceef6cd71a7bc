"""Do we and the OME-NGFF specification agree on what is valid, and is what published images say in the graph?"""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import MetadataError
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris, profile_iri
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.report import Report
from catalog.validation.shapes import load_shapes
from tests.support.corpora import find_corpora
from tests.support.ngff import Case, attribute_cases, example_cases, hierarchy_of, suite_cases
from tests.support.workspace import open_test_workspace

ROOT = find_corpora() / "ngff-spec"
MAIN = ROOT / "main" / "tests"
CASES = (
    [*example_cases(ROOT), *suite_cases(ROOT, "0.4"), *suite_cases(ROOT, "0.5"), *attribute_cases(ROOT)] if ROOT.is_dir() else []
)
ZARR_CASES = sorted(MAIN.glob("zarr/**/zarr.json"))

EXCEPTIONS: dict[str, str] = {}
"""Cases on which the specification and the profile differ, with the reason."""

SHOULD = {
    "no_version": "plate-version-stated",
    "no_colors": "label-colors",
    "missing_name": "plate-name-stated",
    "missing_version": "plate-version-stated",
    "missing_acquisition_name": "acquisition-name",
    "missing_acquisition_maximumfieldcount": "acquisition-fields-stated",
}
"""What a strict case lacks → the shape that warns of it."""


def judge(structure: bytes) -> Report:
    return PyShaclValidator().validate([structure], load_shapes(core=False, recommended=False, profiles=["ome"]))


def names(report: Report, severity: str) -> set[str]:
    return {result.shape.rpartition("#")[2] for result in report.results if result.severity == severity}


def test_the_cases_are_there(corpora: Path) -> None:
    """As many as the index of the corpora says."""
    count = Counter((case.name.split("/")[0], case.valid) for case in CASES if not case.strict)
    assert (count["0.3", True], count["0.3", False]) == (7, 13)
    assert sum(count["0.4", valid] for valid in (True, False)) == 30 + 9 + 31 + 6
    assert sum(count["0.5", valid] for valid in (True, False)) == 28 + 9 + 31 + 5
    if MAIN.is_dir():
        counted = Counter(case.valid for case in CASES if case.name.startswith("main/"))
        assert (counted[True], counted[False]) == (37, 106)
        assert len(ZARR_CASES) == 21 + 64


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    found = describe(hierarchy_of(case.attributes, case.zarr_format), "x", Iris())
    report = judge(found.structure)
    violations = names(report, "violation")
    assert "ome" in found.conventions
    if case.name in EXCEPTIONS:
        assert bool(violations) is case.valid
    elif case.valid:
        assert not violations
        assert not [problem for problem in found.problems if problem.severity == "error"]
    elif case.strict:
        assert SHOULD[case.name.rpartition("/")[2].partition("-")[2] or case.name.rpartition("/")[2]] in names(report, "warning")
    else:
        assert violations


ENDS_AS_STRINGS = "input and output are strings, as before 0.6rc0; the attribute documents of the same specification forbid that"
ZARR_EXCEPTIONS = {
    f"{kind}/valid/image/{name}.ome.zarr": ENDS_AS_STRINGS
    for kind, names_ in {
        "spec": ("custom_type_axes", "invalid_axis_units", "mismatch_axes_units", "missing_name", "untyped_axes"),
        "strict": ("image", "image_metadata", "image_omero", "multiscales_example", "multiscales_transformations"),
    }.items()
    for name in names_
}
"""Hierarchies that the specification calls valid and the profile does not, with the reason."""


@pytest.mark.parametrize("path", ZARR_CASES, ids=lambda path: "/".join(path.parts[-5:-1]))
def test_zarr_case(path: Path) -> None:
    """The same as hierarchies of one group; two of the invalid ones are not even JSON."""
    valid, name = "invalid" not in path.parts, "/".join(path.parts[-5:-1])
    try:
        hierarchy = parse_hierarchy([Document("zarr.json", path.read_bytes())])
    except MetadataError:
        assert not valid
        return
    attributes = {key: value for key, value in hierarchy.nodes[0].attributes.items() if key != "_conformance"}
    found = describe(hierarchy_of(attributes), "x", Iris())
    report = judge(found.structure)
    violations = names(report, "violation")
    if name in ZARR_EXCEPTIONS:
        assert violations == {"metadata-is-sound"}
        faults = [problem.message for problem in found.problems if problem.kind == "ome-fault"]
        assert all(message.startswith(("the input is ", "the output is ")) for message in faults)
    elif "strict" in path.parts and not valid:
        assert SHOULD[path.parent.name.removesuffix(".ome.zarr")] in names(report, "warning")
    else:
        assert bool(violations) is not valid


@pytest.fixture(scope="module")
def workspace(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_test_workspace(tmp_path_factory.mktemp("ome"), PyShaclValidator()) as opened:
        yield opened


_RESULTS: dict[Path, IngestResult] = {}


def ingested(workspace: Workspace, store: Path) -> IngestResult:
    if store not in _RESULTS:
        _RESULTS[store] = ingest(workspace, IngestRequest(str(store)))
    return _RESULTS[store]


def asked(workspace: Workspace, result: IngestResult, pattern: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over one dataset, sorted."""
    text = f"SELECT {' '.join(columns)} WHERE {{ GRAPH <{result.iri}> {{ {pattern} }} }}"
    bindings = json.loads(workspace.catalog.query(text, "json").body)["results"]["bindings"]
    return sorted(tuple(row[name[1:]]["value"] if name[1:] in row else None for name in columns) for row in bindings)


def stated(group: Path) -> dict[str, Any]:
    """The OME-Zarr metadata of a group, straight from its JSON."""
    if (group / "zarr.json").is_file():
        attributes: dict[str, Any] = json.loads((group / "zarr.json").read_text()).get("attributes", {})
        return {**attributes, **attributes.get("ome", {})}
    return json.loads((group / ".zattrs").read_text()) if (group / ".zattrs").is_file() else {}


def groups_with(store: Path, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted([store, *(each for each in store.rglob("*") if each.is_dir())]):
        value = stated(path).get(key)
        if value:
            relative = str(path.relative_to(store))
            yield "" if relative == "." else relative, value


MICROMETRES = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3, "meter": 1e6}


def expected_levels(store: Path) -> list[tuple[str, int, dict[str, float]]]:
    """Path, order, and physical sizes of each level; the transformations of the dataset times those of the multiscale."""
    found = []
    for base, multiscales in groups_with(store, "multiscales"):
        multiscale = multiscales[0]
        axes = multiscale.get("axes") or multiscale["coordinateSystems"][0]["axes"]
        for order, dataset in enumerate(multiscale["datasets"]):
            sizes = {}
            for index, axis in enumerate(axes):
                size = 1.0
                for each in [*dataset["coordinateTransformations"], *multiscale.get("coordinateTransformations", [])]:
                    size *= each["scale"][index] if each["type"] == "scale" else 1
                if axis.get("type") == "space" and axis["name"] in "xyz" and axis.get("unit") in MICROMETRES:
                    sizes[axis["name"]] = size * MICROMETRES[axis["unit"]]
            found.append((f"{base}/{dataset['path']}".lstrip("/"), order, sizes))
    return sorted(found)


STORES = [
    *(f"ngio/{version}/images/test_image_{axes}.zarr"
      for version in ("v04", "v05") for axes in ("c1yx", "cyx", "czyx", "tcyx", "tczyx", "tyx", "tzyx", "yx", "zyx")),
    "ome-zarr-models/examples/v04/hcs_example.ome.zarr",
    "ome-zarr-models/examples/v06/stitched_tiles_2d.zarr",
    "zarr-java/ome/v0.4", "zarr-java/ome/v0.4_hcs", "zarr-java/ome/v0.5", "zarr-java/ome/v0.5_hcs",
    "zarr-java/ome/v0.6_scene/example1_instrument_registration.zarr",
    "zarr-java/ome/v0.6_scene/example2_multi_instrument_chain.zarr",
]  # fmt: skip


@pytest.mark.parametrize("store", STORES)
class TestFacts:
    def test_levels(self, workspace: Workspace, corpora: Path, store: str) -> None:
        result = ingested(workspace, corpora / store)
        assert asked(workspace, result, f"<{result.iri}> zo:convention ?name FILTER(?name = <{profile_iri('ome')}>)", "?name")
        pattern = """?image zo:resolutionLevel ?level . ?level zo:path ?path ; zo:levelIndex ?order .
            OPTIONAL { ?level ome:physical_size_x ?x } OPTIONAL { ?level ome:physical_size_y ?y }
            OPTIONAL { ?level ome:physical_size_z ?z }"""
        rows = asked(workspace, result, pattern, "?path", "?order", "?x", "?y", "?z")
        wanted = expected_levels(corpora / store)
        assert [(path, int(order)) for path, order, *_ in rows] == [(path, order) for path, order, _ in wanted]
        for row, (_, _, sizes) in zip(rows, wanted, strict=True):
            found = {axis: float(value) for axis, value in zip("xyz", row[2:], strict=True) if value is not None}
            assert found == pytest.approx(sizes)

    def test_axes(self, workspace: Workspace, corpora: Path, store: str) -> None:
        result = ingested(workspace, corpora / store)
        pattern = """?image zo:path ?path ; zo:multiscale/zo:axisSet/zo:axis ?axis .
            ?axis zo:dimensionIndex ?i ; zo:axisName ?name .
            OPTIONAL { ?axis zo:axisType ?type } OPTIONAL { ?axis schema:unitText ?unit }"""
        wanted = [
            (path, str(index), axis["name"], axis.get("type"), axis.get("unit"))
            for path, multiscales in groups_with(corpora / store, "multiscales")
            for index, axis in enumerate(multiscales[0].get("axes") or multiscales[0]["coordinateSystems"][0]["axes"])
        ]
        assert asked(workspace, result, pattern, "?path", "?i", "?name", "?type", "?unit") == sorted(wanted, key=str)

    def test_channels(self, workspace: Workspace, corpora: Path, store: str) -> None:
        result = ingested(workspace, corpora / store)
        pattern = """?image zo:path ?path ; zo:channel ?channel .
            ?channel zo:listIndex ?i ; ome:name ?label ; zo:channelColor ?color .
            OPTIONAL { ?channel zo:window/zo:windowEnd ?end }"""
        rows = [
            (*row[:4], row[4] and float(row[4]))
            for row in asked(workspace, result, pattern, "?path", "?i", "?label", "?color", "?end")
        ]
        wanted = [
            (path, str(index), channel["label"], channel["color"], channel.get("window", {}).get("end"))
            for path, omero in groups_with(corpora / store, "omero")
            for index, channel in enumerate(omero["channels"])
        ]
        assert rows == sorted(wanted, key=str)

    def test_wells_and_fields(self, workspace: Workspace, corpora: Path, store: str) -> None:
        result = ingested(workspace, corpora / store)
        pattern = "?plate a ome:Plate ; zo:well ?well . ?well zo:path ?path ; zo:row/ome:name ?row ; zo:column/ome:name ?column"
        wanted = [
            (well["path"], plate["rows"][well["rowIndex"]]["name"], plate["columns"][well["columnIndex"]]["name"])
            for _, plate in groups_with(corpora / store, "plate")
            for well in plate["wells"]
        ]
        assert asked(workspace, result, pattern, "?path", "?row", "?column") == sorted(wanted)
        fields = [
            (path, f"{path}/{image['path']}", str(index))
            for path, well in groups_with(corpora / store, "well")
            for index, image in enumerate(well["images"])
        ]
        pattern = "?well zo:path ?path ; zo:field ?field . ?field a ome:WellSample ; zo:path ?at ; zo:fieldIndex ?i"
        assert asked(workspace, result, pattern, "?path", "?at", "?i") == sorted(fields)

    def test_labels(self, workspace: Workspace, corpora: Path, store: str) -> None:
        result = ingested(workspace, corpora / store)
        pattern = "?image zo:path ?path ; zo:label ?label . ?label a zo:LabelImage ; zo:path ?at ; prov:wasDerivedFrom ?image"
        wanted = [
            (path.rpartition("/")[0], f"{path}/{label}")
            for path, labels in groups_with(corpora / store, "labels")
            for label in labels
        ]
        assert asked(workspace, result, pattern, "?path", "?at") == sorted(wanted)

    def test_regions(self, workspace: Workspace, corpora: Path, store: str) -> None:
        result = ingested(workspace, corpora / store)
        pattern = """?table a zo:Table ; zo:tableType "roi_table" ; zo:path ?path ; zo:roi ?roi .
            ?roi zo:regionOf ?image ; ome:name ?name ; zo:xStart ?x ; zo:xLength ?length . ?image zo:path ?at
            OPTIONAL { ?roi zo:tLength ?t }"""
        wanted = []
        for file in sorted((corpora / store).rglob("table.csv")):
            with file.open(newline="") as lines:
                for row in csv.DictReader(lines):
                    figures = [float(row[key]) for key in ("x_micrometer", "len_x_micrometer")]
                    lasts = float(row["len_t_second"]) if row.get("len_t_second") else None
                    wanted.append((str(file.parent.relative_to(corpora / store)), row["FieldIndex"], *figures, lasts, ""))
        rows = asked(workspace, result, pattern, "?path", "?name", "?x", "?length", "?t", "?at")
        assert [(*row[:2], float(row[2]), float(row[3]), row[4] and float(row[4]), row[5]) for row in rows] == sorted(wanted)

    def test_nothing_is_lost_that_is_not_there(self, workspace: Workspace, corpora: Path, store: str) -> None:
        """Good metadata give no violation; what is older than the release candidate of 0.6 is no fault of ours."""
        result = ingested(workspace, corpora / store)
        assert result.accepted
        profile = [each for each in result.report.results if each.profile == "ome" and each.severity == "violation"]
        assert not profile or store.startswith("zarr-java/ome/v0.6_scene")


def test_a_scene_names_its_spaces(workspace: Workspace, corpora: Path) -> None:
    store = corpora / "ome-zarr-models/examples/v06/stitched_tiles_2d.zarr"
    wanted = [
        (each["name"], each["type"], each["input"]["path"], each["input"]["name"], each["output"]["name"])
        for each in stated(store)["scene"]["coordinateTransformations"]
    ]
    pattern = """?scene a zo:Scene ; zo:transformation ?t . ?t ome:name ?name ; zo:transformationType ?type ; zo:inputSystem ?in ;
        zo:outputSystem/zo:systemName ?out . ?in zo:systemName ?system . ?image zo:coordinateSystem ?in ; zo:path ?path"""
    rows = asked(workspace, ingested(workspace, store), pattern, "?name", "?type", "?path", "?system", "?out")
    assert rows == sorted(wanted)
    assert len(rows) == 2
