"""Whatever stands under the keys of OME-Zarr: problems, never an error, and always N-Triples."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.convention import About, Findings, Given, Values
from catalog.rdf.conventions import ome
from catalog.rdf.conventions.ome_metadata import KEYS
from catalog.rdf.iris import Iris
from tests.support.plates import plate
from tests.support.reparse import facts_of
from tests.support.zarr_documents import array_v3, group_v3

WORDS = st.sampled_from(
    ["", "0", "..", "../..", "/", "A/1", "x", "space", "scale", "translation", "sequence", "bijection", "byDimension", "affine",
     "mapAxis", "identity", "micrometer", "0.4", "0.6", "csv", "json", "anndata", "roi_table", "\u202e\u0000", "a b"]
)  # fmt: skip
NUMBERS = st.integers(-(10**400), 10**400) | st.integers(-2, 5) | st.floats()
NAMES = st.sampled_from(
    ["name", "path", "type", "scale", "translation", "axes", "datasets", "coordinateTransformations", "coordinateSystems",
     "version", "unit", "channels", "window", "start", "color", "label", "rdefs", "rows", "columns", "wells",
     "acquisitions", "rowIndex", "columnIndex", "id", "starttime", "images", "acquisition", "colors", "properties",
     "source", "image", "label-value", "rgba", "input", "output", "transformations", "transformation", "forward", "inverse",
     "inputAxes", "outputAxes", "affine", "metadata"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
ATTRIBUTES = st.dictionaries(st.sampled_from([*KEYS, "version"]), JSON, max_size=5)


AXES = [{"name": "c", "type": "channel"}, {"name": "y", "type": "space", "unit": "micrometer"}, {"name": "x", "type": "space"}]
SCALE = {"type": "scale", "scale": [1, 0.5, 0.5]}
MOVE = {"type": "translation", "translation": [0, 1, 2]}
ENDS = {"input": {"path": "0"}, "output": {"name": "s"}}
GOOD: list[dict[str, Any]] = [
    {"version": "0.3", "multiscales": [{"axes": ["y", "x"], "datasets": [{"path": "0"}], "version": "0.3"}]},
    {"version": "0.5", "multiscales": [{"axes": AXES, "datasets": [{"path": "0", "coordinateTransformations": [SCALE, MOVE]}]}],
     "omero": {"channels": [{"label": "a", "color": "00FF00", "active": True,
                             "window": {"start": 0, "end": 1, "min": 0, "max": 2}}],
               "rdefs": {"defaultT": 0, "model": "color"}, "id": 1}},
    {"version": "0.6", "multiscales": [
        {"coordinateSystems": [{"name": "s", "axes": AXES}, {"name": "t", "axes": AXES}],
         "datasets": [{"path": "0", "coordinateTransformations": [
             {"type": "sequence", "transformations": [SCALE, MOVE], **ENDS}]}],
         "coordinateTransformations": [
             {"type": "byDimension", "input": {"name": "s"}, "output": {"name": "t"},
              "transformations": [{"transformation": SCALE, "inputAxes": [0], "outputAxes": [1]}]},
             {"type": "bijection", "forward": {"type": "mapAxis", "mapAxis": [1, 0]},
              "inverse": {"type": "projectAxis", "droppedInputs": [1]},
              "input": {"name": "s", "path": "A"}, "output": {"name": "t"}}]}]},
    {"version": "0.6", "scene": {"coordinateSystems": [{"name": "s", "axes": AXES}],
                                 "coordinateTransformations": [{"type": "rotation", "rotation": [[1, 0], [0, 1]], **ENDS}]}},
    {"version": "0.4", "plate": {"rows": [{"name": "A"}], "columns": [{"name": "1"}], "field_count": 1, "name": "p",
                                 "acquisitions": [{"id": 0, "starttime": 0, "endtime": 5, "maximumfieldcount": 1}],
                                 "wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0}]},
     "well": {"images": [{"path": "0", "acquisition": 0}]}},
    {"version": "0.4", "image-label": {"colors": [{"label-value": 1, "rgba": [0, 0, 0, 0]}], "properties": [{"label-value": 1}],
                                       "source": {"image": "../"}}, "labels": ["x"], "tables": ["x"]},
    {"bioformats2raw.layout": 3, "series": ["0", "1"], "backend": "csv", "type": "roi_table", "region": {"path": "../labels"}},
]  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, member in pairs for place in places(member, (*at, key)))]


def replaced(value: Any, at: tuple[Any, ...], by: Any) -> Any:
    if not at:
        return by
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], by)
    return copy


@st.composite
def nearly_good(draw: st.DrawFn) -> dict[str, Any]:
    """Good metadata with anything at one place or two."""
    value = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 2))):
        value = replaced(value, draw(st.sampled_from([place for place in places(value) if place])), draw(JSON))
    return value


def hierarchy_with(attributes: dict[str, Any], *, inside: bool) -> Hierarchy:
    stated = {"ome": attributes} if inside else attributes
    nodes = {
        "": group_v3(**stated),
        "0": array_v3([2, 2]),
        "A": group_v3(),
        "A/1": group_v3(**stated),
        "labels": group_v3(**stated),
    }
    nodes["x"] = group_v3(**{"backend": "json"} | stated)
    nodes["x/table"] = group_v3(**attributes)
    return parse_hierarchy([Document(f"{path}/zarr.json".lstrip("/"), json.dumps(node).encode()) for path, node in nodes.items()])


@settings(max_examples=600)
@given(ATTRIBUTES | nearly_good(), st.booleans(), st.binary(max_size=60), st.lists(st.none() | st.floats() | WORDS, max_size=6))
def test_any_attributes(attributes: dict[str, Any], inside: bool, file: bytes, values: list[Any]) -> None:
    hierarchy = hierarchy_with(attributes, inside=inside)
    wanted = ome.wants(hierarchy)
    read = Values(tuple(values), (), whole=True)
    supplied = Given(dict.fromkeys(wanted.files, file), dict.fromkeys(wanted.whole, read))
    for each in (Given(), supplied):
        found = ome.describe(hierarchy, About("x", Iris()), each)
        facts_of("".join(sorted(found.lines)).encode())
        assert all(problem.severity in {"warning", "info"} for problem in found.problems)
        assert all(set(keys) <= set(node.attributes) for node in hierarchy.nodes for keys in [found.consumed.get(node.path, ())])


def described(rows: int, columns: int, fields: int, levels: int) -> tuple[Hierarchy, Findings]:
    nodes = plate(rows, columns, fields, levels)
    documents = [Document(f"{path}/zarr.json".lstrip("/"), json.dumps(node).encode()) for path, node in nodes.items()]
    hierarchy = parse_hierarchy(documents)
    return hierarchy, ome.describe(hierarchy, About("x", Iris()), Given())


def shared_lines(lines: set[str]) -> set[str]:
    return {line for line in lines if not line.startswith("<http://localhost:8000/datasets/")}


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4))
def test_a_level_costs_at_most_eight_triples(rows: int, columns: int, fields: int, levels: int) -> None:
    """Its own and the one of its image; what many say alike comes once."""
    hierarchy, found = described(rows, columns, fields, levels)
    levels_of = {f"<{Iris().node('x', array.path)}>" for array in hierarchy.arrays}
    for name in levels_of:
        assert 1 <= sum(name in line for line in found.lines) <= 8
    assert shared_lines(found.lines) == shared_lines(described(1, 1, 1, levels)[1].lines), "however many images there are"
