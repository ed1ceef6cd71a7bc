"""What becomes of ngio's tables and their regions, whatever they are stored in?"""

from typing import Any

import pytest

from catalog.rdf.convention import Given, Values
from catalog.rdf.conventions import ome
from catalog.rdf.conventions.ome_tables import MAX_REGIONS, MAX_TABLES_READ
from tests.support.reparse import RDF_TYPE, XSD, ZO, Value, only, text_of
from tests.support.zarr_documents import array_v3, group_v3
from tests.unit.rdf.conventions.test_ome import BASE, OME, double, found, multiscale, parsed


def table(backend: str, **more: Any) -> dict[str, dict[str, Any]]:
    about = {"type": "roi_table", "table_version": "1", "backend": backend, "index_key": "FieldIndex", "index_type": "str"}
    image = {"version": "0.5", "multiscales": [multiscale([1, 1])]}
    return {
        "": group_v3(ome=image),
        "0": array_v3([4, 4]),
        "tables": group_v3(tables=["t"]),
        "tables/t": group_v3(**about),
        **more,
    }


CSV = b"FieldIndex,x_micrometer,len_x_micrometer\nFOV_1,0.5,2\nFOV_2,2.5,\n"
BY_ROW = {"FieldIndex": ["FOV_1", "FOV_2"], "x_micrometer": [0.5, 2.5], "len_x_micrometer": [2, None]}
BY_NAME = {key: dict(zip("ab", column, strict=True)) for key, column in BY_ROW.items()}
COLUMNS = Values(("x_micrometer", "len_x_micrometer"), (), whole=True)
ANNDATA = {
    "tables/t/X": Values((0.5, 2.0, 2.5, None), (), whole=True),
    "tables/t/var/names": COLUMNS,
    "tables/t/obs/_index": Values(("FOV_1", "FOV_2"), (), whole=True),
}
# As ngio 1.1 writes it through AnnData 0.13: an index of texts is a group of values and their mask.
NULLABLE_TEXTS = group_v3(**{"encoding-type": "nullable-string-array", "encoding-version": "0.1.0", "na-value": "NaN"})
ANNDATA_0_13 = {
    "tables/t/var": group_v3(_index="_index", **{"column-order": [], "encoding-type": "dataframe"}),
    "tables/t/var/_index": NULLABLE_TEXTS,
    "tables/t/obs": group_v3(_index="FieldIndex", **{"column-order": [], "encoding-type": "dataframe"}),
    "tables/t/obs/FieldIndex": NULLABLE_TEXTS,
}
READ = {
    "csv": (table("csv"), Given(files={"tables/t/table.csv": CSV})),
    "json": (table("json", **{"tables/t/table": group_v3(**BY_ROW)}), Given()),
    "json by name": (table("experimental_json_v1", **{"tables/t/table": group_v3(**BY_NAME)}), Given()),
    "anndata": (table("anndata_v1", **{"tables/t/var": group_v3(_index="names")}), Given(values=ANNDATA)),
    "anndata 0.13": (
        table("anndata_v1", **ANNDATA_0_13),
        Given(
            values={
                "tables/t/X": ANNDATA["tables/t/X"],
                "tables/t/var/_index/values": COLUMNS,
                "tables/t/obs/FieldIndex/values": ANNDATA["tables/t/obs/_index"],
            }
        ),
    ),
}


@pytest.mark.parametrize("name", READ)
def test_regions_are_the_same_whatever_they_are_stored_in(name: str) -> None:
    nodes, given = READ[name]
    assert set(given.files) <= set(ome.wants(parsed(nodes)).files)
    assert set(given.values) <= set(ome.wants(parsed(nodes)).whole)
    findings, facts = found(nodes, given)
    about = facts[f"{BASE}tables/t"]
    assert about[ZO + "rowCount"] == {Value("2", f"{XSD}integer")}
    assert {"x_micrometer", "len_x_micrometer"} <= {text_of({each}) for each in about[ZO + "columnName"]}
    regions = {text_of(facts[str(each)][OME + "name"]): facts[str(each)] for each in about[ZO + "roi"]}
    assert regions["FOV_1"][ZO + "xStart"] == {double(0.5)}
    assert regions["FOV_1"][ZO + "xLength"] == {double(2)}
    assert regions["FOV_1"][ZO + "regionOf"] == {BASE}
    assert regions["FOV_2"][ZO + "xStart"] == {double(2.5)}
    assert ZO + "xLength" not in regions["FOV_2"], "an open end is no end"
    assert findings.consumed["tables/t"] == {"type", "table_version", "backend", "index_key", "index_type"}
    assert not findings.problems


def test_a_label_that_is_the_index_names_the_region() -> None:
    nodes = table(
        "anndata_v1", **{**ANNDATA_0_13, "tables/t/obs": group_v3(_index="label"), "tables/t/obs/label": NULLABLE_TEXTS}
    )
    del nodes["tables/t/obs/FieldIndex"]
    nodes["tables/t"] = group_v3(type="masking_roi_table", backend="anndata_v1", index_key="label", index_type="int")
    values = {
        "tables/t/X": Values((0.5, 2.0), (), whole=True),
        "tables/t/var/_index/values": COLUMNS,
        "tables/t/obs/label/values": Values(("7",), (), whole=True),
    }
    assert set(values) <= set(ome.wants(parsed(nodes)).whole)
    findings, facts = found(nodes, Given(values=values))
    region = facts[str(only(facts[f"{BASE}tables/t"][ZO + "roi"]))]
    assert region[ZO + "labelValue"] == {Value("7", f"{XSD}integer")}
    assert not findings.problems


def test_a_table_without_type_is_a_generic_one() -> None:
    # What ngio 1.1 writes for a GenericTable: {"backend": "csv"} and no more.
    nodes = {**table("csv"), "tables/t": group_v3(backend="csv")}
    findings, facts = found(nodes, Given(files={"tables/t/table.csv": b"drug,dose\nx,1\n"}))
    assert text_of(facts[f"{BASE}tables/t"][ZO + "tableType"]) == "generic_table"
    assert ZO + "roi" not in facts[f"{BASE}tables/t"]
    assert not findings.problems


@pytest.mark.parametrize("backend", ["parquet", "csv", "anndata"])
def test_tables_that_were_not_read_are_told(backend: str) -> None:
    findings, facts = found(table(backend))
    assert [(problem.kind, problem.severity) for problem in findings.problems] == [("ome-loss", "info")]
    assert facts[f"{BASE}tables/t"][RDF_TYPE] == {f"{ZO}Table"}


def test_broken_tables_are_told() -> None:
    for data in (b"\xff\xfe", b"a," * 2000 + b"\n"):
        findings, _ = found(table("csv"), Given(files={"tables/t/table.csv": data}))
        assert [problem.kind for problem in findings.problems] == ["ome-table-not-read"]


def test_regions_are_written_to_a_limit() -> None:
    data = b"FieldIndex,x_micrometer\n" + b"".join(b"%d,1\n" % i for i in range(MAX_REGIONS + 5))
    findings, facts = found(table("csv"), Given(files={"tables/t/table.csv": data}))
    assert len(facts[f"{BASE}tables/t"][ZO + "roi"]) == MAX_REGIONS
    assert facts[f"{BASE}tables/t"][ZO + "rowCount"] == {Value(str(MAX_REGIONS + 5), f"{XSD}integer")}
    assert [problem.kind for problem in findings.problems] == ["ome-loss"]


def test_a_plate_of_tables_wants_some_of_them() -> None:
    nodes = {f"{i}/tables": group_v3(tables=["t"]) for i in range(MAX_TABLES_READ + 20)}
    nodes |= {f"{i}/tables/t": group_v3(type="roi_table", backend="csv") for i in range(MAX_TABLES_READ + 20)}
    assert len(ome.wants(parsed(nodes)).files) == MAX_TABLES_READ
