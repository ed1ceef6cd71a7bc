"""What becomes of collections, OME-XML, plates of 0.3, label colours; what is consumed, and what is told?"""

import json
from typing import Any

import pytest

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.convention import About, Findings, Given
from catalog.rdf.conventions import ome
from catalog.rdf.conventions.ome_labels import MAX_COLORS
from catalog.rdf.conventions.ome_units import MICROMETRES, SECONDS, unit_iri
from catalog.rdf.conventions.ome_writer import MAX_REPEATED
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from catalog.resources import resource
from tests.support.reparse import RDF_TYPE, XSD, ZO, Facts, Value, facts_of, only, text_of
from tests.support.zarr_documents import array_v3, group_v3

BASE = "http://localhost:8000/datasets/x/nodes/"
OME = "https://ld.openmicroscopy.org/core/"
AXES = [{"name": "y", "type": "space", "unit": "micrometer"}, {"name": "x", "type": "space", "unit": "nanometer"}]
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
  <Instrument ID="Instrument:0">
    <Microscope Manufacturer="Zeiss" Model="LSM 880"/>
    <Objective ID="Objective:0" Model="Plan-Apo" NominalMagnification="63" LensNA="1.4" Immersion="Oil"/>
    <Laser ID="LightSource:0"/>
  </Instrument>
  <Image ID="Image:0" Name="embryo">
    <AcquisitionDate>2019-05-01T10:11:12</AcquisitionDate>
    <Description>stage 9</Description>
    <InstrumentRef ID="Instrument:0"/>
    <ObjectiveSettings ID="Objective:0"/>
    <Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="4" SizeY="4" PhysicalSizeX="0.25" PhysicalSizeY="250"
            PhysicalSizeYUnit="nm">
      <Channel ID="Channel:0:0" Name="EGFP" EmissionWavelength="509"
               ExcitationWavelength="0.488" ExcitationWavelengthUnit="\xc2\xb5m"/>
      <Plane TheC="0" TheT="0" TheZ="0"/>
      <Plane TheC="1" TheT="0" TheZ="0"/>
    </Pixels>
  </Image>
  <Image ID="Image:1" Name="other"><Pixels ID="Pixels:1" PhysicalSizeX="9"/></Image>
</OME>
"""


def multiscale(*scales: list[float], **more: Any) -> dict[str, Any]:
    steps = [{"path": str(i), "coordinateTransformations": [{"type": "scale", "scale": s}]} for i, s in enumerate(scales)]
    return {"axes": AXES, "datasets": steps, **more}


def parsed(nodes: dict[str, dict[str, Any]]) -> Hierarchy:
    return parse_hierarchy([Document(f"{path}/zarr.json".lstrip("/"), json.dumps(node).encode()) for path, node in nodes.items()])


def found(nodes: dict[str, dict[str, Any]], given: Given | None = None) -> tuple[Findings, Facts]:
    findings = ome.describe(parsed(nodes), About("x", Iris()), given or Given())
    return findings, facts_of("".join(sorted(findings.lines)).encode())


def double(value: float) -> Value:
    return Value(repr(float(value)), f"{XSD}double")


def series(xml: bytes | None = None) -> tuple[Findings, Facts]:
    """Two images in the order 1, 0; the first has no scale in micrometres, the second has one, and a name."""
    plain = {"axes": [{"name": name, "type": "space"} for name in "yx"]}
    nodes = {
        "": group_v3(ome={"version": "0.5", "bioformats2raw.layout": 3}),
        "OME": group_v3(ome={"version": "0.5", "series": ["1", "0"]}),
        "1": group_v3(ome={"version": "0.5", "multiscales": [{**multiscale([1, 1]), **plain}]}),
        "0": group_v3(ome={"version": "0.5", "multiscales": [multiscale([1, 1], name="mine")]}),
        "1/0": array_v3([4, 4]),
        "0/0": array_v3([4, 4]),
    }
    assert ome.wants(parsed(nodes)).files == ("OME/METADATA.ome.xml",)
    return found(nodes, Given({"OME/METADATA.ome.xml": xml} if xml is not None else {}))


def test_the_series_are_in_the_order_of_the_list() -> None:
    _, facts = series()
    assert facts[BASE][ZO + "series"] == {f"{BASE}0", f"{BASE}1"}
    assert facts[f"{BASE}1"][ZO + "seriesIndex"] == {Value("0", f"{XSD}integer")}
    assert facts[f"{BASE}0"][ZO + "seriesIndex"] == {Value("1", f"{XSD}integer")}


def test_images_are_numbered_where_no_list_is() -> None:
    nodes = {"": group_v3(**{"bioformats2raw.layout": 3})} | {
        str(i): group_v3(multiscales=[multiscale([1, 1])]) for i in (0, 1, 3)
    }
    _, facts = found(nodes)
    assert facts[BASE][ZO + "series"] == {f"{BASE}0", f"{BASE}1"}


def test_ome_xml_says_what_ome_zarr_does_not() -> None:
    findings, facts = series(xml=XML)
    image, level = facts[f"{BASE}1"], facts[f"{BASE}1/0"]
    assert image[OME + "name"] == {Value("embryo")}
    assert image[OME + "acquisition_date"] == {Value("2019-05-01T10:11:12", f"{XSD}dateTime")}
    assert image["http://purl.org/dc/terms/description"] == {Value("stage 9")}
    assert level[OME + "physical_size_x"] == {double(0.25)}
    assert level[OME + "physical_size_y"] == {double(0.25)}
    channel = facts[str(only(image[ZO + "channel"]))]
    assert channel[OME + "name"] == {Value("EGFP")}
    assert channel[OME + "emission_wavelength"] == {double(509)}
    assert float(text_of(channel[OME + "excitation_wavelength"])) == pytest.approx(488)
    instrument = facts[str(only(image[OME + "instrument"]))]
    assert instrument[OME + "model"] == {Value("LSM 880")}
    objective = facts[str(only(image[ZO + "objective"]))]
    assert objective[OME + "nominal_magnification"] == {double(63)}
    assert objective[OME + "lens_na"] == {double(1.4)}
    losses = [problem for problem in findings.problems if problem.kind == "ome-loss"]
    assert [problem.severity for problem in losses] == ["info"]
    assert "Plane (2)" in losses[0].message
    assert "Laser (1)" in losses[0].message


def test_ome_xml_does_not_contradict_the_metadata() -> None:
    _, facts = series(xml=XML)
    assert facts[f"{BASE}0"][OME + "name"] == {Value("mine")}
    assert facts[f"{BASE}0/0"][OME + "physical_size_x"] == {double(1e-3)}, "a nanometre, not the nine micrometres of the file"


HOSTILE = {
    "entities": b'<!DOCTYPE OME [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><OME><Image Name="&b;"/></OME>',
    "external": b'<!DOCTYPE OME SYSTEM "http://127.0.0.1:9/x.dtd"><OME/>',
    "file": b'<!DOCTYPE OME [<!ENTITY f SYSTEM "file:///etc/passwd">]><OME>&f;</OME>',
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE OME [<!ENTITY a "a">]><OME/>'.encode("utf-16"),
    "undeclared": b"<OME>&f;</OME>",
    "deep": b"<OME>" + b"<a>" * 100 + b"</a>" * 100 + b"</OME>",
    "cut": XML[:700],
    "other": b"<html/>",
    "empty": b"",
    "encoding": b'<?xml version="1.0" encoding="no-such"?><OME/>',
    "bytes": b"\xff\xfe\x00\x01\xff",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_and_told(name: str) -> None:
    findings, facts = series(xml=HOSTILE[name])
    [problem] = [problem for problem in findings.problems if problem.kind == "ome-xml-refused"]
    assert problem.path == "OME/METADATA.ome.xml"
    assert facts[f"{BASE}1"][RDF_TYPE] == {f"{ZO}MultiscaleImage"}, "the images are described all the same"


def test_sizes_are_the_product_of_both_scales_in_micrometres() -> None:
    """0.5 µm times 2; 30 nm times 10 is 0.3 µm; the translation is scaled as well, then moved."""
    outer = [{"type": "scale", "scale": [2, 10]}, {"type": "translation", "translation": [1, 1]}]
    inner = [{"type": "scale", "scale": [0.5, 30]}, {"type": "translation", "translation": [3, 4]}]
    stated = {"axes": AXES, "datasets": [{"path": "0", "coordinateTransformations": inner}], "coordinateTransformations": outer}
    _, facts = found({"": group_v3(ome={"version": "0.5", "multiscales": [stated]}), "0": array_v3([4, 4])})
    level = facts[f"{BASE}0"]
    assert level[OME + "physical_size_y"] == {double(1.0)}
    assert float(text_of(level[OME + "physical_size_x"])) == pytest.approx(0.3)
    samplings = [facts[str(each)] for each in facts[str(only(level[ZO + "level"]))][ZO + "axisSampling"]]
    moves = {text_of(each[ZO + "axisName"]): float(text_of(each[ZO + "translation"])) for each in samplings}
    assert moves == {"y": 7.0, "x": 41.0}
    assert {str(only(each["http://qudt.org/schema/qudt/hasUnit"])).rpartition("/")[2] for each in samplings} == {
        "MicroM",
        "NanoM",
    }


def test_wells_of_0_3_are_placed_by_their_path() -> None:
    plate = {"version": "0.3", "rows": [{"name": "A"}, {"name": "B"}], "columns": [{"name": "7"}], "wells": [{"path": "B/7"}]}
    _, facts = found({"": group_v3(plate=plate), "B/7": group_v3()})
    assert facts[f"{BASE}B/7"][ZO + "rowIndex"] == {Value("1", f"{XSD}integer")}
    assert facts[f"{BASE}B/7"][ZO + "columnIndex"] == {Value("0", f"{XSD}integer")}


@pytest.mark.parametrize("epoch", [1343731272000, 1343731272])
def test_acquisitions_start_in_seconds_or_milliseconds(epoch: int) -> None:
    # The example of OME-NGFF 0.4 and 0.5, which names the time too: "Meas_01(2012-07-31_10-41-12)".
    plate = {"rows": [], "columns": [], "wells": [], "acquisitions": [{"id": 1, "starttime": epoch}]}
    _, facts = found({"": group_v3(ome={"version": "0.5", "plate": plate})})
    start = facts[f"{BASE}#acquisition-1"][OME + "start_time"]
    assert start == {Value("2012-07-31T10:41:12Z", f"{XSD}dateTime")}


def test_labels_without_a_version_have_that_of_their_image() -> None:
    # What ome-zarr-py 0.21 writes: {"ome": {"labels": ["nuclei"]}} in labels/zarr.json of an image of 0.5.
    image = group_v3(ome={"version": "0.5", "multiscales": [multiscale([1, 1])]})
    nodes = {"": image, "0": array_v3([4, 4]), "labels": group_v3(ome={"labels": ["nuclei"]})}
    nodes |= {"labels/nuclei": image, "labels/nuclei/0": array_v3([4, 4])}
    findings, facts = found(nodes)
    [told] = [problem for problem in findings.problems if problem.path == "labels"]
    assert (told.kind, told.severity, told.pointer) == ("ome-doubt", "info", "/attributes/ome/version")
    assert ZO + "metadataFault" not in facts.get(f"{BASE}labels", {})
    below = {path: node for path, node in nodes.items() if path} | {"": group_v3()}
    assert ZO + "metadataFault" not in found(below)[1].get(f"{BASE}labels", {}), "labels of SpatialData belong to no image"
    _, facts = found({"": group_v3(), "labels": nodes["labels"]})
    assert ZO + "metadataFault" in facts[f"{BASE}labels"], "nobody states a version"


def test_transformations_of_spatialdata_are_no_sizes_of_pixels() -> None:
    # What SpatialData 0.8 writes into a multiscale of "0.5-dev-spatialdata".
    axes = [{"name": name, "type": "space", "unit": "unit"} for name in "yx"]
    ends = {"input": {"name": "yx", "axes": axes}, "output": {"name": "global", "axes": axes}}
    kinds = ({"type": "identity"}, {"type": "scale", "scale": [2.0, 2.0]}, {"type": "affine", "affine": [[1, 0, 3], [0, 1, 4]]})
    for one in kinds:
        stated = {**multiscale([0.5, 0.5]), "coordinateTransformations": [{**one, **ends}]}
        findings, facts = found({"": group_v3(ome={"version": "0.5", "multiscales": [stated]}), "0": array_v3([4, 4])})
        assert not findings.problems
        assert facts[f"{BASE}0"][OME + "physical_size_x"] == {double(0.0005)}, "half a nanometre"
        assert "ome" not in findings.consumed.get("", set()), "what they say is not all in triples here"


def test_label_colours_are_counted_and_written_to_a_limit() -> None:
    colors = [{"label-value": value, "rgba": [0, 0, 0, 255]} for value in range(MAX_COLORS + 3)]
    nodes = {"labels/a": group_v3(ome={"version": "0.5", "image-label": {"colors": colors}})}
    findings, facts = found(nodes)
    label = facts[f"{BASE}labels/a"]
    assert label[ZO + "labelColorCount"] == {Value(str(MAX_COLORS + 3), f"{XSD}integer")}
    assert len(label[ZO + "labelColor"]) == MAX_COLORS
    assert [problem.kind for problem in findings.problems] == ["ome-loss"]
    assert not findings.consumed.get("labels/a")


def test_what_is_said_in_full_is_consumed_and_the_rest_stays() -> None:
    whole = {"version": "0.5", "multiscales": [multiscale([1, 1])]}
    nodes = {"a": group_v3(ome=whole, mine=1), "b": group_v3(ome={**whole, "extra": 1}), "c": group_v3(ome=whole)}
    nodes["c"]["attributes"]["ome"] = {**whole, "multiscales": [multiscale([1, 1], author="me")]}
    nodes |= {f"{name}/0": array_v3([4, 4]) for name in "abc"}
    findings, _ = found(nodes)
    assert {path: keys for path, keys in findings.consumed.items() if keys} == {"a": {"ome"}}
    structure = facts_of(describe(parsed(nodes), "x", Iris()).structure)
    assert {text_of(structure[str(each)][ZO + "key"]) for each in structure[f"{BASE}a"][ZO + "attribute"]} == {"mine"}


def test_a_fault_has_place_and_remedy() -> None:
    stated = {"version": "0.5", "multiscales": [{"axes": AXES, "datasets": [{"path": "0", "coordinateTransformations": []}]}]}
    findings, facts = found({"": group_v3(ome=stated), "0": array_v3([4, 4])})
    [problem] = findings.problems
    assert problem.pointer == "/attributes/ome/multiscales/0/datasets/0/coordinateTransformations"
    assert problem.severity == "warning"
    assert "[]" in problem.message
    assert "needed" in problem.message
    assert ZO + "metadataFault" in facts[str(only(facts[BASE][ZO + "multiscale"]))]


def test_one_fault_of_many_images_is_told_for_the_first() -> None:
    nodes = {
        str(i): group_v3(ome={"version": "0.5", "multiscales": [{"axes": AXES, "datasets": []}]})
        for i in range(MAX_REPEATED + 30)
    }
    findings, facts = found(nodes)
    assert len(findings.problems) == MAX_REPEATED + 1
    assert findings.problems[-1].message.startswith("30 more nodes")
    assert sum(ZO + "metadataFault" in about for about in facts.values()) == 1, "and the profile finds it once"


def test_paths_do_not_leave_the_hierarchy() -> None:
    stated = {"axes": AXES, "datasets": [{"path": "../../0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}]}
    findings, facts = found({"a": group_v3(ome={"version": "0.5", "multiscales": [stated]})})
    assert ZO + "resolutionLevel" not in facts[f"{BASE}a"]
    assert "leads out of the hierarchy" in findings.problems[0].message


def test_others_use_of_the_same_words_is_left_alone() -> None:
    """``labels`` and ``well`` can be anybody's keys, and GeoZarr has an object under ``multiscales``."""
    for attributes in ({"labels": ["a"]}, {"well": "B7"}, {"multiscales": {"layout": []}}, {"tables": 3}, {"ome": "somewhere"}):
        hierarchy = parsed({"": group_v3(**attributes)})
        assert not ome.applies(hierarchy, set(attributes)), attributes


def test_units_are_those_of_qudt() -> None:
    """The pinned list of QUDT has the names by their UCUM codes."""
    lines = (resource("ontology") / "imports" / "qudt-units.tsv").read_text(encoding="utf-8").splitlines()
    codes = {name: code for line in lines if "\t" in line for code, name in [line.split("\t")[:2]]}
    ucum = {
        "micrometer": "um",
        "nanometer": "nm",
        "meter": "m",
        "angstrom": "Ao",
        "inch": "[in_i]",
        "second": "s",
        "hour": "h",
        "day": "d",
    }
    for name, code in ucum.items():
        iri = unit_iri(name)
        assert iri is not None
        assert codes[iri.rpartition("/")[2]] == code
    listed = {iri.rpartition("/")[2] for name in (*MICROMETRES, *SECONDS) if (iri := unit_iri(name))}
    assert listed - {"PARSEC"} <= set(codes)
    assert (MICROMETRES["inch"], MICROMETRES["micrometer"], SECONDS["hour"]) == (25400.0, 1.0, 3600.0)
