"""Does every published store and document go in by every route, or is it refused by the code that it should be?

Expected numbers come from expected.json, from INDEX.md, or from the raw files by the standard library, never from the catalogue.
"""

import json
import os
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from catalog.metadata.array import Array
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from tests.conformance.test_corpora import EXPECTED
from tests.conformance.test_freshness_corpora import FOUND as COPIES
from tests.conformance.test_freshness_corpora import expected as disagreements
from tests.support.corpora import find_corpora
from tests.support.corpora_table import (
    COMMAND,
    CONSOLIDATED,
    PAGE,
    WALKED,
    Case,
    Outcome,
    find_cases,
    format_page,
    loaded,
    reason_of,
    take_all,
)

CORPORA = find_corpora()
CASES = find_cases(CORPORA) if CORPORA.is_dir() else []

EMPTY, INVALID = "vitessce/partials/emptymeta.h5ad.zarr", "vitessce/partials/invalidmeta.adata.zarr"
NO_STORE = ("input", "nothing that holds a Zarr store")
REFUSED = {
    # INDEX.md: two are broken on purpose, "an empty one, and {"hello":"world"}"
    (EMPTY, "folder"): ("metadata", "neither groups nor arrays"),
    (EMPTY, "prove"): ("metadata", "neither groups nor arrays"),
    (f"{EMPTY}/.zmetadata", "document"): ("metadata", "neither groups nor arrays"),
    (INVALID, "folder"): ("metadata", "no object 'metadata'"),
    (INVALID, "prove"): ("metadata", "no object 'metadata'"),
    (f"{INVALID}/.zmetadata", "document"): NO_STORE,
    # "an OLD v3 draft (…): zarr-python 3 refuses that one"
    ("zarr-implementations/zarrita.zr3", "folder"): ("metadata", "old draft of Zarr v3"),
    # netCDF's own example of a file that is no Zarr, and CDL, which is text
    ("netcdf-c/ref_notzarr.tar.gz", "file"): NO_STORE,
    ("netcdf-c/ref_zarr_test_data.cdl.gz", "file"): NO_STORE,
    ("netcdf-c/ref_zarr_test_data_2d.cdl.gz", "file"): NO_STORE,
}

INDEX = {
    ("eopf-data-model/s1_examples/", "tree"): (37, 192),
    ("eopf-data-model/s2_examples/", "tree"): (36, 149),
    ("eopf-data-model/geozarr_examples/", "tree"): (35, 194),
    ("kerchunk/grib_idx_fixtures/hrrr.wrfsfcf/zarr_tree_store.json.gz", "references"): (8, 21),
    ("kerchunk/grib_idx_fixtures/hrrr.wrfsubhf/zarr_tree_store.json.gz", "references"): (9, 21),
    ("kerchunk/single_example.json", "references"): (1, 14),
    ("modos-api/data/ex/data.zarr", "folder"): (11, 0),
    ("zarr-python-v2-fixtures", "folder"): (27, 173),
    ("zarr-linked-data/test_store.zarr", "folder"): (9, 2),
    ("zarrita-js/v2/data.zipped_from_parent.zarr.zip", "zip"): (2, 32),
    ("zarrita-js/v3/data.uncompressed.zarr.zip", "zip"): (4, 45),
}
"""What INDEX.md counts."""

XARRAY = "no metadata of xarray list the variables"
UNSEEN = {
    "cfdm/example_field_0.zarr2": (0, 6, XARRAY),
    "titiler-xarray-history/tests/fixtures/test_zarr_store_misordered_coords.zarr": (0, 4, XARRAY),
    "titiler-xarray/test_zarr_store.zarr": (0, 7, XARRAY),
    "xcube/cube-1-250-250.levels/1.zarr": (0, 8, XARRAY),
    "modos-api/v2-2025-09-30/data/ex/data.zarr": (10, 0, "its links between nodes are words of its own vocabulary"),
    "zarr-linked-data/test_store.zarr": (8, 2, "its links are IRIs of samples, not paths"),
    "netcdf-c/ref_consolidated_zarr_2.18.2_python.zarr": (3, 2, "plain groups name no members"),
    "zarrita-js/v2/data.zarr": (1, 32, "plain groups name no members"),
    "vitessce/anndata-0.11/anndata-csr.adata.zarr": (0, 4, "AnnData lists no keys of layers and obsm"),
}
"""Groups and arrays that a walk by names cannot see, and why; of other stores it sees all."""

CONVENTIONS = {
    "ngio/": "ome", "ome-zarr-models/": "ome", "zarr-java/ome/": "ome", "vitessce/anndata": "anndata",
    "xcube/": "cf", "cfdm/": "cf",
    "titiler-xarray/test_zarr_store": "cf", "titiler-xarray/pyramid": "cf", "titiler-xarray-history/": "cf", "kerchunk/": "cf",
    "eopf-data-model/s1_examples": "stac", "eopf-data-model/s2_examples": "stac", "eopf-data-model/geozarr_examples": "geozarr",
}  # fmt: skip
"""What a corpus follows, as INDEX.md has it."""
WITHOUT = ("zarrs/", "zarr-python-v2-fixtures", "zarrita-js/", "zarr-implementations/", "zarr-linked-data/")
"""Corpora of formats, which follow no convention."""


@pytest.fixture(scope="session")
def outcomes(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Case, Outcome]:
    return {outcome.case: outcome for outcome in take_all(corpora, tmp_path_factory.mktemp("published"))}


# -- counts, by other means


def counts_of_keys(keys: Iterable[str]) -> tuple[int, int]:
    """Groups and arrays of format 2, by the names of their documents."""
    names = [key.rpartition("/")[2] for key in keys]
    return names.count(".zgroup"), names.count(".zarray")


def counts_of_types(types: list[str]) -> tuple[int, int]:
    return types.count("group"), types.count("array")


def counts_of_copy(value: Any) -> tuple[int, int]:
    """Of a consolidated document."""
    if "consolidated_metadata" in value:
        members = value["consolidated_metadata"]["metadata"].values()
        return counts_of_types([member["node_type"] for member in members] + [value["node_type"]])
    return counts_of_keys(value["metadata"])


def counts_of_zip(path: Path) -> tuple[int, int]:
    with zipfile.ZipFile(path) as archive:
        groups, arrays = counts_of_keys(archive.namelist())
        types = [json.loads(archive.read(name))["node_type"] for name in archive.namelist() if name.endswith("zarr.json")]
    v3 = counts_of_types(types)
    return groups + v3[0], arrays + v3[1]


def counts_of_tree(node: Any) -> tuple[int, int]:
    inside = [counts_of_tree(member) for member in (node.get("members") or {}).values()]
    is_array = "shape" in node
    return sum(g for g, _ in inside) + (not is_array), sum(a for _, a in inside) + is_array


def counts_of_references(value: Any) -> tuple[int, int]:
    """Of a set, or of a list of sets, which stand below a group of their own."""
    sets = value if isinstance(value, list) else [value]
    groups, arrays = counts_of_keys(key for each in sets for key in each["refs"])
    return groups + isinstance(value, list), arrays


def copy_in(folder: Path) -> Path | None:
    """The consolidated document that a folder is read by: what ``.all_metadata`` holds, a listing tells as well."""
    found = [folder / name for name in (".zmetadata", "zarr.json") if f"{folder.relative_to(CORPORA)}/{name}" in COPIES]
    return found[0] if found else None


def counts_of(case: Case) -> tuple[int, int]:
    """What has to be found."""
    path = CORPORA / case.name
    if case.asked == "zip":
        return counts_of_zip(path)
    if case.asked == "walk":
        listing = EXPECTED[case.name]["listing"]
        groups, arrays, _ = UNSEEN.get(case.name, (0, 0, ""))
        return listing["groups"] - groups, listing["arrays"] - arrays
    if case.asked in {"tree", "references", "document"}:
        count = {"tree": counts_of_tree, "references": counts_of_references, "document": counts_of_copy}[case.asked]
        return count(loaded(path.read_bytes()))
    copy = copy_in(path)
    if copy is not None:
        # All disagreements of the corpora are about members that are missing or cannot be read, so the copies stand.
        assert set(disagreements(copy).values()) <= {"stale-missing", "stale-unreadable"}
        return counts_of_copy(loaded(copy.read_bytes()))
    listing = EXPECTED[case.name]["listing"]
    return listing["groups"], listing["arrays"]


# -- the cases


def ids(cases: Iterable[Case]) -> list[str]:
    return [f"{case.name}-{case.asked}" for case in cases]


def refusal_of(case: Case) -> tuple[str, str] | None:
    if case.asked == "file" and case.corpus == "kerchunk":
        return NO_STORE  # tables and indexes that it keeps beside its references
    return REFUSED.get((case.name, case.asked))


TAKEN = [case for case in CASES if refusal_of(case) is None]
LEFT = [case for case in CASES if refusal_of(case)]


def test_nothing_was_overlooked(corpora: Path) -> None:
    """Every file that is called like one document of a whole store, every zip, and every store of expected.json is a case."""
    documents = {Path(folder, name).relative_to(corpora).as_posix() for folder, _, names in os.walk(corpora) for name in names}
    asked = {case.name for case in CASES}
    named = {name for name in documents if name.rpartition("/")[2] in CONSOLIDATED or name.endswith((".zip", ".parquet"))}
    assert named | set(COPIES) | set(EXPECTED) <= asked
    assert {Path(name).parent.as_posix() for name in COPIES} <= {case.name for case in CASES if case.asked == "prove"}
    assert {case.corpus for case in CASES if case.asked in {"tree", "references"}} >= {"eopf-data-model", "kerchunk"}
    assert set(UNSEEN) <= set(WALKED)


@pytest.mark.parametrize("case", TAKEN, ids=ids(TAKEN))
def test_it_is_taken_with_all_that_is_in_it(outcomes: dict[Case, Outcome], case: Case) -> None:
    outcome = outcomes[case]
    assert outcome.error is None
    assert outcome.result is not None
    assert outcome.result.accepted
    assert (outcome.result.groups, outcome.result.arrays) == counts_of(case)
    assert outcome.result.complete is (case.asked != "walk")


@pytest.mark.parametrize("case", LEFT, ids=ids(LEFT))
def test_it_is_refused_by_its_code(outcomes: dict[Case, Outcome], case: Case) -> None:
    error, wanted = outcomes[case].error, refusal_of(case)
    assert error is not None
    assert wanted is not None
    assert error.code == wanted[0]
    assert wanted[1] in str(error)


@pytest.mark.parametrize(("name", "asked"), INDEX)
def test_the_index_counts_the_same(outcomes: dict[Case, Outcome], name: str, asked: str) -> None:
    found = [o.result for case, o in outcomes.items() if case.name.startswith(name) and case.asked == asked]
    assert {(each.groups, each.arrays) for each in found if each is not None} == {INDEX[name, asked]}


@pytest.mark.parametrize("copy", COPIES)
def test_a_proof_says_what_the_files_say(outcomes: dict[Case, Outcome], corpora: Path, copy: str) -> None:
    outcome = outcomes[Case(Path(copy).parent.as_posix(), "prove")]
    if refusal_of(outcome.case):
        return
    wrong = disagreements(corpora / copy)
    assert outcome.result is not None
    if outcome.result.route != "listing":
        assert outcome.result.fresh == ("stale" if wrong else "proven")
    assert {problem.path: problem.kind for problem in outcome.found if problem.kind in set(wrong.values())} == wrong


def test_conventions_are_found_where_they_are_followed(outcomes: dict[Case, Outcome]) -> None:
    taken = [outcome for outcome in outcomes.values() if outcome.result is not None and outcome.case.asked != "walk"]
    for start, name in CONVENTIONS.items():
        found = [outcome for outcome in taken if outcome.case.name.startswith(start)]
        assert found, start
        assert [outcome.case for outcome in found if name not in outcome.conventions] == []
    strays = {outcome.case: outcome.conventions for outcome in taken if outcome.case.name.startswith(WITHOUT)}
    assert strays
    assert [case for case, names in strays.items() if names] == []


def test_conventions_do_not_depend_on_the_route(outcomes: dict[Case, Outcome]) -> None:
    for case in CASES:
        if case.asked == "document" and outcomes[case].result is not None:
            folder = Path(case.name).parent.as_posix()
            found = {outcomes[Case(folder, asked)].conventions for asked in ("folder", "prove")}
            assert found == {outcomes[case].conventions}, folder


# -- netCDF's own rendering of the same stores

CDL = {
    "ref_byte.zarr.zip": "ref_byte.cdl",
    "ref_byte_fill_value_null.zarr.zip": "ref_byte_fill_value_null.cdl",
    "ref_oldformat.zip": "ref_oldformat.cdl",
    "ref_oldkeys.file.zip": "ref_oldkeys.cdl",
    "ref_quotes_orig.zip": "ref_quotes.cdl",
}
TYPES = {"byte": "int8", "ubyte": "uint8", "int": "int32", "float": "float32", "double": "float64"}


def read_cdl(text: str) -> tuple[dict[str, tuple[str, tuple[int, ...]]], dict[tuple[str, str], Any]]:
    """Variables by path, with type and shape, and the attributes of nodes that are one text or number."""
    group: list[str] = []
    sizes: dict[str, int] = {}
    variables: dict[str, tuple[str, tuple[int, ...]]] = {}
    attributes: dict[tuple[str, str], Any] = {}
    for line in map(str.strip, text.splitlines()):
        if match := re.fullmatch(r"group: (\w+) \{", line):
            group.append(match[1])
        elif line.startswith("} // group"):
            group.pop()
        elif match := re.fullmatch(r"(\w+) = (\d+) ;", line):
            sizes[match[1]] = int(match[2])
        elif match := re.fullmatch(rf"({'|'.join(TYPES)}) (\w+)\(([^)]*)\) ;", line):
            shape = tuple(sizes[name.strip()] for name in match[3].split(","))
            variables["/".join([*group, match[2]])] = (TYPES[match[1]], shape)
        elif (match := re.fullmatch(r"(\w*):([A-Za-z]\w*) = (.*) ;", line)) and "," not in match[3].strip('"'):
            value = match[3].replace("\\'", "'")
            if re.fullmatch(r'-?\d+|".*"', value):
                attributes["/".join([*group, *filter(None, [match[1]])]), match[2]] = json.loads(value)
    return variables, attributes


def read(path: Path) -> Hierarchy:
    source = open_source(str(path))
    try:
        return parse_hierarchy(read_documents(source).documents)
    finally:
        source.close()


@pytest.mark.parametrize("name", CDL)
def test_netcdf_sees_the_same_variables(corpora: Path, name: str) -> None:
    folder = corpora / "netcdf-c"
    variables, attributes = read_cdl((folder / CDL[name]).read_text())
    assert variables
    nodes = {node.path: node for node in read(folder / name).nodes}
    arrays = {path: node for path, node in nodes.items() if isinstance(node, Array)}
    assert {path: node.shape for path, node in arrays.items()} == {path: shape for path, (_, shape) in variables.items()}
    assert {path: node.layout.data_type.name for path, node in arrays.items()} == {
        path: kind for path, (kind, _) in variables.items()
    }
    assert {key: nodes[key[0]].attributes.get(key[1]) for key in attributes} == attributes


# -- the page


def test_the_page_says_what_was_found(outcomes: dict[Case, Outcome], corpora: Path) -> None:
    wanted, written = format_page(list(outcomes.values()), corpora), PAGE.read_text() if PAGE.is_file() else ""
    strange = sorted(set(written.splitlines()) ^ set(wanted.splitlines()))
    assert written == wanted, f"{PAGE.name} is not what the stores give; `{COMMAND}` writes it anew. Lines:\n" + "\n".join(
        strange
    )


def test_the_page_holds_nothing_of_this_machine(outcomes: dict[Case, Outcome], corpora: Path) -> None:
    page = format_page(list(outcomes.values()), corpora)
    assert not [text for text in (str(corpora), "file:", "127.0.0.1", "/tmp/") if text in page]
    errors = [outcome for outcome in outcomes.values() if outcome.error is not None]
    assert all(reason_of(outcome.error, outcome.case, corpora) for outcome in errors if outcome.error is not None)
