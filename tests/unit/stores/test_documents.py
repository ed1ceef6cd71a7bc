"""Is what was found of a store's metadata told completely, and once?"""

from pathlib import Path

import pytest

from catalog.errors import MetadataError
from catalog.metadata.document import DocumentLimits, digest_of_documents
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores import documents
from tests.unit.stores.suite import Place, documents_of, kinds_of
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, consolidated2, consolidated3, write


def test_a_root_that_is_too_large_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, {"zarr.json": GROUP3 + b" " * 5000, "a/zarr.json": array3()})
    harvest = Place(str(tmp_path)).harvest(limits=DocumentLimits(max_bytes=2000))
    assert [(p.path, p.kind) for p in harvest.problems] == [("zarr.json", "too-large")]
    assert not harvest.complete


def test_a_consolidated_document_that_is_too_large_leaves_the_listing(tmp_path: Path) -> None:
    big = consolidated2({".zgroup": GROUP2, "a/.zarray": array2()}) + b" " * 5000
    write(tmp_path, {".zmetadata": big, ".zgroup": GROUP2, "a/.zarray": array2()})
    harvest = Place(str(tmp_path)).harvest(limits=DocumentLimits(max_bytes=2000))
    assert (harvest.route, harvest.complete, [(p.path, p.kind) for p in harvest.problems]) == (
        "listing",
        True,
        [(".zmetadata", "too-large")],
    )


def test_a_named_document_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"x": consolidated2({}) + b" " * 5000})
    with pytest.raises(MetadataError, match="2000") as caught:
        Place(str(tmp_path)).harvest(metadata_key="x", limits=DocumentLimits(max_bytes=2000))
    assert [p.kind for p in caught.value.problems] == ["too-large"]


def test_what_is_wrong_in_a_document_that_is_handed_on_is_told_by_its_reader(tmp_path: Path) -> None:
    write(tmp_path, {"zarr.json": b"{,}", "a/zarr.json": array3(), "b/zarr.json": b"{,}"})
    harvest = Place(str(tmp_path)).harvest()
    assert (harvest.problems, harvest.complete, len(harvest.documents)) == ((), True, 3)
    told = parse_hierarchy(harvest.documents).problems
    assert sorted(p.path for p in told if p.kind == "invalid-json") == ["b/zarr.json", "zarr.json"]


def test_all_documents_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_TOTAL_BYTES", 10 * len(array3()))
    write(tmp_path, {"zarr.json": GROUP3} | {f"n{i}/zarr.json": array3() for i in range(30)})
    harvest = Place(str(tmp_path)).harvest()
    assert (harvest.complete, kinds_of(harvest)) == (False, ["too-large"])
    assert 10 <= len(harvest.documents) <= 12


def test_a_known_key_may_be_the_root_itself(tmp_path: Path) -> None:
    write(tmp_path, {"zarr.json": consolidated3({"a": array3()})})
    harvest = Place(str(tmp_path)).harvest(known_key="zarr.json")
    assert (harvest.route, harvest.requests) == ("consolidated", 1)
    write(tmp_path, {"zarr.json": GROUP3, "a/zarr.json": array3()})
    harvest = Place(str(tmp_path)).harvest(known_key="zarr.json")
    assert (harvest.route, harvest.problems, len(harvest.documents)) == ("listing", (), 2)


def test_a_known_document_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"zarr.json": consolidated3({"a": array3()})})
    first = Place(str(tmp_path)).harvest()
    digest = digest_of_documents(first.documents)
    with monkeypatch.context() as patch:
        patch.delattr(documents, "parse_document")
        again = Place(str(tmp_path)).harvest(known_key="zarr.json", known_digest=digest)
    assert (again.documents, again.route, again.key, again.requests) == (first.documents, "consolidated", "zarr.json", 1)
    write(tmp_path, {"zarr.json": GROUP3, "a/zarr.json": array3()})
    changed = Place(str(tmp_path)).harvest(known_key="zarr.json", known_digest=digest)
    assert (changed.route, len(changed.documents)) == ("listing", 2)


def test_the_root_can_be_named_as_the_consolidated_document(tmp_path: Path) -> None:
    write(tmp_path, {"zarr.json": consolidated3({"a": array3()}), ".zmetadata": consolidated2({})})
    assert Place(str(tmp_path)).harvest(metadata_key="zarr.json").key == "zarr.json"
    write(tmp_path, {"zarr.json": GROUP3})
    with pytest.raises(MetadataError, match="no consolidated document"):
        Place(str(tmp_path)).harvest(metadata_key="zarr.json")


@pytest.mark.parametrize("root", [b"{}", b'{"zarr_format": 2}', b'{"zarr_format": "3", "node_type": "group"}', b"[]", b"null"])
def test_a_zarr_json_that_is_not_v3_does_not_hide_v2(tmp_path: Path, root: bytes) -> None:
    write(tmp_path, {"zarr.json": root, ".zmetadata": consolidated2({".zgroup": GROUP2})})
    harvest = Place(str(tmp_path)).harvest()
    assert (harvest.key, [(p.path, p.kind) for p in harvest.problems]) == (".zmetadata", [("zarr.json", "not-v3")])


def test_numbers_that_only_zarr_writes_do_not_make_a_document_invalid(tmp_path: Path) -> None:
    text = b'{"metadata": {".zattrs": {"x": NaN, "y": -Infinity, "z": 1e400}, ".zgroup": {"zarr_format": 2}}}'
    write(tmp_path, {".zmetadata": text})
    harvest = Place(str(tmp_path)).harvest()
    assert (documents_of(harvest), harvest.problems) == ({".zmetadata": text}, ())
