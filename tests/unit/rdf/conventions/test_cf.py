"""Attributes against the triples that CF's text says they mean."""

import base64
import json
import struct
from typing import Any

import pytest

from catalog.errors import Problem
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.convention import About, Findings, Given, Values
from catalog.rdf.conventions import cf
from catalog.rdf.conventions.cf_attributes import convention_iri, convention_names
from catalog.rdf.iris import Iris
from tests.support.reparse import XSD, ZO, Facts, Value, facts_of, text_of
from tests.support.zarr_documents import array_v3, group_v3

BASE = "http://localhost:8000/datasets/d"
DCT = "http://purl.org/dc/terms/"
QUDT = "http://qudt.org/schema/qudt/"
SCHEMA = "https://schema.org/"


def hierarchy(nodes: dict[str, dict[str, Any]]) -> Hierarchy:
    documents = [Document(f"{path}/zarr.json".lstrip("/"), json.dumps(value).encode()) for path, value in nodes.items()]
    return parse_hierarchy(documents)


def array(names: list[str], *, size: int = 4, **attributes: Any) -> dict[str, Any]:
    return array_v3([size] * len(names), dimension_names=names, attributes=attributes)


def found(nodes: dict[str, dict[str, Any]], values: dict[str, Values] | None = None) -> Findings:
    return cf.describe(hierarchy(nodes), About("d", Iris()), Given(values=values or {}))


def facts(findings: Findings) -> Facts:
    return facts_of("".join(sorted(findings.lines)).encode())


def node(path: str) -> str:
    return f"{BASE}/nodes/{path}"


def told(findings: Findings, kind: str) -> list[Problem]:
    return [problem for problem in findings.problems if problem.kind == kind]


GRID = {
    "": group_v3(Conventions="CF-1.8"),
    "t": array(["time", "y", "x"], coordinates="lat lon height", ancillary_variables="t_quality", grid_mapping="crs",
               cell_measures="area: cell_area", standard_name="air_temperature", units="K"),
    "t_quality": array(["time", "y", "x"]),
    "time": array(["time"], units="days since 2000-01-01", bounds="time_bnds", standard_name="time"),
    "time_bnds": array(["time", "nv"]),
    "lat": array(["y", "x"], units="degrees_north"),
    "lon": array(["y", "x"], units="degrees_east"),
    "height": array([], units="m", positive="up", axis="Z"),
    "crs": array([], grid_mapping_name="lambert_conformal_conic"),
    "cell_area": array(["y", "x"], units="m2"),
}  # fmt: skip


def test_coordinates_know_what_they_locate() -> None:
    about = facts(found(GRID))
    for path in ("time", "lat", "lon", "height"):
        assert node("t") in about[node(path)][ZO + "coordinateFor"]
    assert about[node("time")][ZO + "coordinateFor"] == {node("t"), node("t_quality")}
    kinds = {path: text_of(about[node(path)][ZO + "coordinateKind"]) for path in ("time", "lat", "lon", "height")}
    assert kinds == {"time": "time", "lat": "latitude", "lon": "longitude", "height": "vertical"}


def test_links_between_arrays() -> None:
    findings = found(GRID)
    about = facts(findings)[node("t")]
    assert about[ZO + "ancillaryVariable"] == {node("t_quality")}
    assert about[ZO + "gridMapping"] == {node("crs")}
    assert about[ZO + "cellMeasure"] == {node("cell_area")}
    assert facts(findings)[node("time")][ZO + "cellBounds"] == {node("time_bnds")}
    consumed = findings.consumed["t"]
    assert {"coordinates", "ancillary_variables", "grid_mapping", "standard_name", "units"} <= consumed
    assert "cell_measures" not in consumed, "the link does not say that it measures areas"
    assert not told(findings, "no-such-array")


def test_names_are_looked_up_in_the_folder_and_above() -> None:
    about = facts(
        found(
            {
                "": group_v3(),
                "time": array(["time"], units="days since 2000-01-01"),
                "g": group_v3(),
                "g/lat": array(["lat"], units="degrees_north"),
                "g/a": array(["time", "lat"], ancillary_variables="/other/q ../other/r"),
                "other": group_v3(),
                "other/q": array(["lat"]),
                "other/r": array(["lat"]),
            }
        )
    )
    assert about[node("time")][ZO + "coordinateFor"] == {node("g/a")}
    assert about[node("g/lat")][ZO + "coordinateFor"] == {node("g/a")}
    assert about[node("g/a")][ZO + "ancillaryVariable"] == {node("other/q"), node("other/r")}


def test_a_name_without_array_is_told_and_kept() -> None:
    a = array(["x"], coordinates="lat", cell_measures="area: areacella")
    findings = found({"": group_v3(external_variables="areacella"), "a": a})
    [problem] = told(findings, "no-such-array")
    assert (problem.path, problem.pointer) == ("a", "/coordinates")
    assert "'lat'" in problem.message
    assert "coordinates" not in findings.consumed.get("a", set())


def test_standard_names_and_units() -> None:
    about = facts(found(GRID))
    mine = about[node("t")]
    nvs = "http://vocab.nerc.ac.uk/standard_name/air_temperature/"
    assert mine["http://www.w3.org/ns/sosa/observedProperty"] == {nvs}
    [measured] = mine[SCHEMA + "variableMeasured"]
    assert about[str(measured)][SCHEMA + "propertyID"] == {nvs}
    assert mine[QUDT + "hasUnit"] == {"http://qudt.org/vocab/unit/K"}
    assert text_of(mine[ZO + "unitString"]) == "K"
    assert QUDT + "hasUnit" not in about[node("time")], "a time of reference is no unit"
    assert text_of(about[node("time")][ZO + "calendar"]) == "standard"


def test_bounds_have_the_unit_of_their_coordinate() -> None:
    bounds = facts(found(GRID))[node("time_bnds")]
    assert text_of(bounds[ZO + "unitString"]) == "days since 2000-01-01"
    assert text_of(bounds[ZO + "calendar"]) == "standard"
    lat = array(["lat"], units="degrees_north", bounds="b")
    assert facts(found({"lat": lat, "b": array(["lat", "nv"])}))[node("b")][QUDT + "hasUnit"] == {
        "http://qudt.org/vocab/unit/DEG"
    }


def test_modifiers_and_aliases() -> None:
    about = facts(
        found(
            {
                "a": array(["x"], standard_name="air_temperature standard_error", units="K"),
                "b": array(["x"], standard_name="chlorophyll_concentration_in_sea_water", units="kg m-3"),
            }
        )
    )
    assert text_of(about[node("a")][ZO + "standardNameModifier"]) == "standard_error"
    assert about[node("b")]["http://www.w3.org/ns/sosa/observedProperty"] == {
        "http://vocab.nerc.ac.uk/standard_name/mass_concentration_of_chlorophyll_in_sea_water/"
    }


def test_misses_are_told_once_with_names_that_come_near() -> None:
    wrong = array(["x"], standard_name="air_temperatur", units="furlong")
    findings = found({"a": wrong, "b": wrong, "c": wrong})
    [name], [unit] = told(findings, "unknown-standard-name"), told(findings, "unknown-unit")
    assert (name.path, name.severity, name.pointer) == ("a", "info", "/standard_name")
    assert "air_temperature" in name.message.partition("near it")[2]
    assert "2 more" in name.message
    assert "'furlong'" in unit.message
    about = facts(findings)
    assert text_of(about[node("b")][ZO + "standardName"]) == "air_temperatur"
    assert text_of(about[node("b")][ZO + "unitString"]) == "furlong"


def test_packing_and_valid_ranges() -> None:
    nan = base64.b64encode(struct.pack("<f", -999.0)).decode()
    findings = found(
        {
            "a": array(["x"], units="K", scale_factor=0.01, add_offset=273, valid_min=0, valid_max=100.5, missing_value=-1),
            "b": array(["x"], units="K", valid_range=[0, 10], _FillValue=nan),
        }
    )
    a, b = facts(findings)[node("a")], facts(findings)[node("b")]
    double, integer = f"{XSD}double", f"{XSD}integer"
    assert a[ZO + "scaleFactor"] == {Value("0.01", double)}
    assert a[ZO + "addOffset"] == {Value("273", integer)}
    assert (a[ZO + "validMinimum"], a[ZO + "validMaximum"]) == ({Value("0", integer)}, {Value("100.5", double)})
    assert a[ZO + "missingValue"] == {Value("-1", integer)}
    assert (b[ZO + "validMinimum"], b[ZO + "validMaximum"]) == ({Value("0", integer)}, {Value("10", integer)})
    assert b[ZO + "missingValue"] == {Value("-999.0", double)}, "xarray writes fill values of v3 arrays as base64"


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_fill_values_of_xarray_are_doubles_whatever_the_array_holds(kind: str) -> None:
    # What xarray 2026.9 writes for _FillValue=-9999 of any array of floats: the eight bytes of a double.
    attributes = {"_FillValue": "AAAAAICHw8A=", "units": "K"}
    findings = found({"a": array_v3([4], data_type=kind, dimension_names=["x"], attributes=attributes)})
    assert facts(findings)[node("a")][ZO + "missingValue"] == {Value("-9999.0", f"{XSD}double")}


def test_a_text_that_is_no_packed_float_stays_a_text() -> None:
    findings = found({"a": array(["x"], _FillValue="AAAA", units="K")})
    assert facts(findings)[node("a")][ZO + "missingValue"] == {Value("AAAA", f"{XSD}string")}


def test_flags() -> None:
    # CF, section 3.5, example 3.5: masks and values together.
    findings = found(
        {"s": array(["x"], flag_masks=[1, 2, 12, 12, 12], flag_values=[1, 2, 4, 8, 12],
                    flag_meanings="low_battery hardware_fault offline_mode calibration_mode maintenance_mode", units="1")}
    )  # fmt: skip
    about = facts(findings)
    described = [about[str(each)] for each in about[node("s")][ZO + "flag"]]
    flags = {text_of(each["http://www.w3.org/2004/02/skos/core#prefLabel"]): each for each in described}
    assert len(flags) == 5
    mode = flags["calibration_mode"]
    assert (text_of(mode[ZO + "flagValue"]), text_of(mode[ZO + "flagMask"])) == ("8", "12")
    assert {"flag_masks", "flag_values", "flag_meanings"} <= findings.consumed["s"]


def test_flags_that_do_not_match_are_told_and_kept() -> None:
    findings = found({"s": array(["x"], flag_values=[1, 2], flag_meanings="one two three", units="1")})
    [problem] = told(findings, "flags-do-not-match")
    assert problem.severity == "warning"
    assert not {"flag_values", "flag_meanings"} & findings.consumed["s"]


def test_globals_are_told_of_the_root_and_of_the_dataset() -> None:
    findings = found(
        {
            "": group_v3(Conventions="CF-1.8, ACDD-1.3", title="A cube", institution="Somewhere", source="model X",
                         references="https://doi.org/10.5281/zenodo.1", history="2020: made", comment="none"),
            "g": group_v3(title="Part", source="https://example.org/raw"),
            "a": array(["x"], units="m"),
        }
    )  # fmt: skip
    about = facts(findings)
    for subject in (BASE, node("")):
        assert text_of(about[subject][DCT + "title"]) == "A cube"
        assert about[subject][DCT + "references"] == {"https://doi.org/10.5281/zenodo.1"}
        assert text_of(about[subject][ZO + "productionMethod"]) == "model X"
        assert about[subject][DCT + "conformsTo"] == {
            "http://cfconventions.org/Data/cf-conventions/cf-conventions-1.8/cf-conventions.html",
            "https://wiki.esipfed.org/Attribute_Convention_for_Data_Discovery_1-3",
        }
    [institution] = about[BASE][SCHEMA + "sourceOrganization"]
    assert text_of(about[str(institution)]["http://xmlns.com/foaf/0.1/name"]) == "Somewhere"
    assert text_of(about[node("g")][DCT + "title"]) == "Part"
    assert about[node("g")][DCT + "source"] == {"https://example.org/raw"}
    assert f"{ZO}CfGroup" in about[node("")]["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"]


def test_conventions_are_named_between_commas_or_blanks() -> None:
    assert convention_names("CF-1.7 CMIP-6.2") == ["CF-1.7", "CMIP-6.2"]
    assert convention_names("CF-1.8, My Own-2") == ["CF-1.8", "My Own-2"]
    assert [convention_iri(name) for name in ("CMIP-6.2", "CF-x", "CF", "CF-1.8/../..")] == [""] * 4


def test_dimension_names_in_attributes() -> None:
    same = array_v3([4], dimension_names=["x"], attributes={"_ARRAY_DIMENSIONS": ["x"], "units": "m"})
    other = array_v3([4], dimension_names=["x"], attributes={"_ARRAY_DIMENSIONS": ["y"], "units": "m"})
    findings = found({"a": same, "b": other})
    assert "_ARRAY_DIMENSIONS" in findings.consumed["a"]
    assert [problem.path for problem in told(findings, "dimension-names-differ")] == ["b"]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"": group_v3(Conventions="CF-1.8")}, True),
        ({"": group_v3(Conventions="COARDS")}, True),
        ({"a": array(["x"], units="m")}, True),
        ({"a": array(["x"], standard_name="time")}, True),
        ({"x": array(["x"])}, True),
        ({"": group_v3(geospatial_lat_min=0)}, True),
        ({"": group_v3(Conventions="mine"), "a": array(["x"])}, False),
        ({"": group_v3(units="m"), "a": array(["x"], units=3)}, False),
    ],
)
def test_what_it_applies_to(nodes: dict[str, dict[str, Any]], expected: bool) -> None:
    tree = hierarchy(nodes)
    keys = {key for each in tree.nodes for key in each.attributes}
    assert cf.applies(tree, keys) is expected


def test_what_it_wants() -> None:
    wanted = cf.wants(hierarchy(GRID))
    assert wanted.ends == ("time", "time_bnds")
    assert set(wanted.whole) == {"lat", "lon", "height"}
    large = {path: array(["y", "x"], size=1000, units=f"degrees_{side}") for path, side in (("lat", "north"), ("lon", "east"))}
    assert set(cf.wants(hierarchy({**GRID, **large})).whole) == {"height"}


ODD: list[Any] = [None, 3, -1.5, True, [], [1, "a", None], {}, {"a": 1}, "", " ", "x" * 40_000, "\ud800", ["a"] * 300]


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_values_make_no_error(value: Any) -> None:
    keys = [
        "units", "standard_name", "coordinates", "bounds", "calendar", "axis", "positive", "scale_factor", "valid_range",
        "flag_values", "flag_meanings", "missing_value", "_FillValue", "grid_mapping", "formula_terms", "Conventions", "title",
        "history", "geospatial_lat_min", "time_coverage_start", "external_variables", "_ARRAY_DIMENSIONS", "cell_methods",
    ]  # fmt: skip
    odd = dict.fromkeys(keys, value)
    findings = found({"": group_v3(**odd), "x": array(["x"], **odd)}, {"x": Values((1.0, None, "a", 2.0), (), whole=True)})
    facts(findings)
