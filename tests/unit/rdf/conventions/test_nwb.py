"""Do types and references of NWB files become classes and links, whichever way references are written?

The references are written as "Storage" of hdmf-zarr has them.
"""

from typing import Any

import pytest

from catalog.rdf.convention import Given, Values
from catalog.rdf.conventions import nwb
from tests.support.described import Described, array, group, hierarchy_of

TYPE = "zo:neurodata/core/"
TABLE_ID, FILE_ID = "f6685427-3919-4e06-b195-ccb7ab42f0fa", "6224bb89-578a-4839-b31c-83f11009292c"
TO_TABLE = {"path": "/general/electrodes", "source": ".", "object_id": TABLE_ID, "source_object_id": FILE_ID}


def typed(name: str, **attributes: Any) -> dict[str, Any]:
    return group(neurodata_type=name, namespace="core", **attributes)


def file(reference: Any = TO_TABLE, root: dict[str, Any] | None = None, **documents: Any) -> dict[str, Any]:
    return {
        "zarr.json": typed("NWBFile", object_id=FILE_ID, nwb_version="2.7.0", **(root or {})),
        "general/electrodes/zarr.json": typed("DynamicTable", object_id=TABLE_ID),
        "acquisition/series/zarr.json": typed("ElectricalSeries", table={"value": reference, "zarr_dtype": "object"}),
        "acquisition/series/electrodes/zarr.json": array([4], zarr_dtype="object"),
    } | {f"{key.replace('__', '/')}/zarr.json": value for key, value in documents.items()}


def described(given: Given | None = None, **arguments: Any) -> Described:
    return Described(nwb, hierarchy_of(file(**arguments)), given)


def test_types_and_ids() -> None:
    found = described()
    assert found.kinds == []
    assert found.get("/acquisition/series", "rdf:type") == {f"{TYPE}ElectricalSeries", "zo:NeurodataObject"}
    assert found.one(f"{TYPE}ElectricalSeries", "rdfs:subClassOf") == "zo:NeurodataObject"
    assert found.one("/", "zo:objectId") == FILE_ID
    assert found.one("dataset", "zo:nwbVersion") == "2.7.0"
    assert found.get("/acquisition/series/electrodes", "rdf:type") == {"zo:ReferenceArray"}
    assert found.findings.consumed[""] == {"neurodata_type", "namespace", "object_id", "nwb_version"}


def test_an_attribute_that_refers_to_a_node() -> None:
    found = described()
    assert found.get("/acquisition/series", "dct:references") == {"/general/electrodes"}
    link = found.one("/acquisition/series", "zo:nodeLink")
    assert found.one(link, "rdfs:label") == "table"
    assert found.one(link, "zo:linkTarget") == "/general/electrodes"


@pytest.mark.parametrize("key", ["zarr_link", ".links"])
def test_links_of_a_group(key: str) -> None:
    found = described(device=typed("Device", **{key: [{"name": "electrodes", **TO_TABLE}]}))
    assert found.kinds == []
    assert found.get("/device", "dct:references") == {"/general/electrodes"}
    assert found.one("/device#link-electrodes", "zo:linkTarget") == "/general/electrodes"


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        (TO_TABLE | {"path": "/general/lost"}, "dangling-reference"),
        (TO_TABLE | {"path": "/../general/electrodes"}, "dangling-reference"),
        (TO_TABLE | {"source": "../other.nwb.zarr"}, "external-reference"),
        (TO_TABLE | {"path": 5}, "invalid-link"),
        (TO_TABLE | {"source": []}, "invalid-link"),
        ("/general/electrodes", "invalid-link"),
        (None, "invalid-link"),
    ],
)
def test_references_that_lead_nowhere_here(reference: Any, kind: str) -> None:
    found = described(reference=reference)
    assert found.kinds == [kind]
    assert found.get("/acquisition/series", "dct:references") == set()
    assert "table" not in found.findings.consumed["acquisition/series"], "it stays an attribute"


def test_a_reference_to_another_object_at_the_same_place() -> None:
    found = described(reference=TO_TABLE | {"object_id": FILE_ID})
    assert found.kinds == ["object-id-disagrees"]
    assert found.get("/acquisition/series", "dct:references") == {"/general/electrodes"}


@pytest.mark.parametrize(
    ("unit", "known"),
    [("V", {"unit:V"}), ("volts", {"unit:V"}), ("seconds", {"unit:SEC"}), ("meters", {"unit:M"}), ("n.a.", set())],
)
def test_series_have_units(unit: str, known: set[str]) -> None:
    # What hdmf-zarr 0.14 writes for the data of a TimeSeries.
    data = array([100], unit=unit, conversion=1.0, offset=0.0, resolution=-1.0, _ARRAY_DIMENSIONS=["num_times"])
    found = described(acquisition__series__data=data)
    assert found.one("/acquisition/series/data", "zo:unitString") == unit
    assert found.get("/acquisition/series/data", "qudt:hasUnit") == known
    assert found.findings.consumed["acquisition/series/data"] == {"unit"}


def test_several_references_in_one_attribute() -> None:
    found = described(reference=[TO_TABLE, TO_TABLE | {"path": "/", "object_id": FILE_ID}])
    assert found.get("/acquisition/series", "dct:references") == {"/general/electrodes", "/"}


@pytest.mark.parametrize("links", ["x", [5], [{"path": "/"}], [{"name": ""}]])
def test_links_that_are_none(links: Any) -> None:
    assert described(device=typed("Device", zarr_link=links)).kinds == ["invalid-link"]


@pytest.mark.parametrize("attributes", [{"neurodata_type": 5, "namespace": "core"}, {"neurodata_type": "A"}])
def test_types_that_are_none(attributes: dict[str, Any]) -> None:
    found = described(device=group(**attributes))
    assert found.kinds == ["invalid-type"]
    assert found.get("/device", "rdf:type") == set()


def test_the_session_from_attributes() -> None:
    found = described(
        root={"session_description": "Running", "identifier": "s1", "timestamps_reference_time": "2018-09-28T14:43:54+02:00"}
    )
    assert found.one("dataset", "dct:description") == "Running"
    assert found.one("dataset", "schema:identifier") == "s1"
    assert found.one("dataset", "zo:timestampsReferenceTime") == "2018-09-28T14:43:54+02:00"


def test_the_session_from_elements_that_were_read() -> None:
    scalar = array([])
    arrays = {"session_description": scalar, "session_start_time": scalar, "general__subject__species": scalar}
    documents = file(general__subject=typed("Subject"), **arrays)
    paths = {"session_description": "Running", "session_start_time": "2018-09-28T14:43:54.123+02:00"}
    paths |= {"general/subject/species": "Mus musculus"}
    assert set(nwb.wants(hierarchy_of(documents)).whole) == set(paths)
    given = Given(values={path: Values((text,), (text,), True) for path, text in paths.items()})
    found = Described(nwb, hierarchy_of(documents), given)
    assert found.kinds == []
    assert found.one("dataset", "dct:description") == "Running"
    assert found.one("dataset", "dct:date") == "2018-09-28T14:43:54.123+02:00"
    assert found.one("dataset", "dct:subject") == "/general/subject"
    assert found.one("/general/subject", "zo:species") == "Mus musculus"
    without = Described(nwb, hierarchy_of(documents))
    assert without.get("dataset", "dct:description") == set()


def test_no_namespace_no_type() -> None:
    """Zarr 3 documents, and others, use the word data_type otherwise."""
    assert not Described(nwb, hierarchy_of({"zarr.json": group(data_type="int8")})).applies
