"""Are AnnData and MuData objects recognised, and what is amiss in them noted?

The documents are what the format's description has; published stores are in tests/conformance.
"""

import json
from typing import Any

import pytest

from catalog.rdf.conventions import anndata
from tests.support.described import Described, array, group, hierarchy_of


def encoded(kind: str, **attributes: Any) -> dict[str, Any]:
    return group(**{"encoding-type": kind, "encoding-version": "0.1.0"}, **attributes)


def table(*columns: str) -> dict[str, Any]:
    return encoded("dataframe", **{"_index": "_index", "column-order": list(columns)})


OBJECT = {
    "zarr.json": encoded("anndata"),
    "obs/zarr.json": table("cell_type", "score"),
    "obs/_index/zarr.json": array([3]),
    "obs/cell_type/zarr.json": encoded("categorical", ordered=True),
    "obs/cell_type/codes/zarr.json": array([3]),
    "obs/cell_type/categories/zarr.json": array([2]),
    "obs/score/zarr.json": encoded("nullable-integer"),
    "obs/score/values/zarr.json": array([3]),
    "obs/score/mask/zarr.json": array([3]),
    "var/zarr.json": table(),
    "var/_index/zarr.json": array([5]),
    "X/zarr.json": array([3, 5]),
}


def described(**changes: Any) -> Described:
    """The object above with documents added or replaced; ``None`` takes one away. ``__`` stands for a slash."""
    named = {f"{key.replace('__', '/')}/zarr.json".removeprefix("root/"): value for key, value in changes.items()}
    documents = {key: value for key, value in (OBJECT | named).items() if value is not None}
    return Described(anndata, hierarchy_of(documents))


def test_an_object() -> None:
    found = described()
    assert found.kinds == []
    assert found.get("/", "zo:observations") == {"/obs"}
    assert (found.one("/", "zo:observationCount"), found.one("/", "zo:variableCount")) == ("3", "5")
    assert json.loads(found.one("/obs", "zo:columnOrder")) == ["cell_type", "score"]
    assert found.get("/obs/cell_type", "zo:categories") == {"/obs/cell_type/categories"}
    assert found.get("/obs/cell_type/codes", "zo:categories") == {"/obs/cell_type/categories"}
    assert found.one("/obs/cell_type", "zo:ordered") == "true"
    assert found.get("/obs/score", "rdf:type") == {"zo:NullableArray"}
    assert found.findings.consumed["obs"] == {"encoding-type", "encoding-version", "_index", "column-order"}


def test_a_sparse_matrix_and_a_raw_one() -> None:
    found = described(X=encoded("csc_matrix", shape=[3, 5]), raw=encoded("raw"), raw__var=table(), raw__X=array([3, 9]))
    assert found.get("/X", "rdf:type") == {"zo:CscMatrix"}
    assert json.loads(found.one("/X", "zo:matrixShape")) == [3, 5]
    assert found.get("/", "zo:raw") == {"/raw"}
    assert found.get("/raw", "zo:variables") == {"/raw/var"}
    assert found.kinds == ["dangling-reference"], "the table of the raw variables has no index"


def test_what_is_named_and_not_there() -> None:
    gone = {"obs__cell_type__categories": None, "var": None, "var___index": None, "obs__score__values": None}
    found = described(obs=table("cell_type", "lost"), **gone)
    assert sorted(found.kinds) == ["dangling-reference"] * 3
    messages = " ".join(problem.message for problem in found.findings.problems)
    assert "'lost'" in messages
    assert "'categories'" in messages
    assert "'var'" in messages
    assert found.get("/obs", "zo:tableColumnName") == {"cell_type", "lost"}
    assert found.get("/obs", "zo:tableColumn") == {"/obs/cell_type"}


def test_shapes_that_do_not_fit() -> None:
    found = described(X=array([3, 4]), obs__score__values=array([2]), layers=encoded("dict"), layers__counts=array([2, 5]))
    assert sorted((problem.kind, problem.path) for problem in found.findings.problems) == [
        ("shape-disagrees", "X"),
        ("shape-disagrees", "layers/counts"),
        ("shape-disagrees", "obs/score"),
    ]


@pytest.mark.parametrize("shape", [None, [3], ["3", 5], [-1, 5], [3.0, 5], "3,5", {}])
def test_shapes_of_sparse_matrices_that_are_none(shape: Any) -> None:
    found = described(X=encoded("csr_matrix", shape=shape))
    assert found.kinds == ["invalid-matrix"]
    assert found.get("/X", "zo:matrixShape") == set()


@pytest.mark.parametrize("attributes", [{"h5sparse_format": "csr", "h5sparse_shape": [3, 5]}])
def test_sparse_matrices_before_0_7(attributes: dict[str, Any]) -> None:
    found = described(X=group(**attributes))
    assert found.get("/X", "rdf:type") == {"zo:CsrMatrix"}
    assert json.loads(found.one("/X", "zo:matrixShape")) == [3, 5]
    assert found.findings.consumed["X"] == set(attributes)


def test_multimodal_data() -> None:
    """The object itself has no type here, as before version 0.8: two tables tell."""
    whole = {f"mod/rna/{key}": value for key, value in OBJECT.items()} | {"mod/rna/zarr.json": group()}
    whole |= {"zarr.json": encoded("MuData"), "mod/zarr.json": group(**{"mod-order": ["rna", "atac"]})}
    whole |= {key: OBJECT[key] for key in ("obs/zarr.json", "obs/_index/zarr.json", "var/zarr.json", "var/_index/zarr.json")}
    whole["obs/zarr.json"] = table()
    found = Described(anndata, hierarchy_of(whole))
    assert found.get("/", "zo:modality") == {"/mod/rna"}
    assert found.get("/mod/rna", "rdf:type") == {"zo:AnnData"}
    assert json.loads(found.one("/mod", "zo:modalityOrder")) == ["rna", "atac"]
    assert [(problem.kind, problem.path) for problem in found.findings.problems] == [("dangling-reference", "mod")]


@pytest.mark.parametrize("order", ["cell_type", {}, 5])
def test_columns_that_are_no_list(order: Any) -> None:
    found = described(obs=encoded("dataframe", **{"_index": "_index", "column-order": order}))
    assert found.kinds == ["invalid-columns"]
    assert "column-order" not in found.findings.consumed["obs"]


def test_others_use_the_key_too() -> None:
    assert not Described(anndata, hierarchy_of({"zarr.json": group(**{"encoding-type": "ngff:points"})})).applies
    found = described(uns=encoded("something new"))
    assert found.get("/uns", "zo:encodingType") == set()
    assert "uns" not in found.findings.consumed, "what is not known stays an attribute"
