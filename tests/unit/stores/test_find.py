"""Are stores in local folders found, all of them, without looking into one?"""

import os
from pathlib import Path

import pytest
import zarr

from catalog.errors import InputError, NotFoundError, Problem
from catalog.stores.find import Candidate, FindLimits, Search, find_roots
from catalog.stores.url import parse_store_url
from tests.support.corpora import find_corpora
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, consolidated2, write

CORPORA = find_corpora()


def _search(folder: Path, **limits: float) -> tuple[Search, list[Candidate], list[Problem]]:
    search = find_roots(str(folder), limits=FindLimits(**limits))  # type: ignore[arg-type]
    items = list(search)
    return search, [i for i in items if isinstance(i, Candidate)], [i for i in items if isinstance(i, Problem)]


def _paths(folder: Path, found: list[Candidate]) -> dict[str, tuple[str, int]]:
    base = folder.as_uri()
    return {each.location.removeprefix(base).strip("/"): (each.kind, each.zarr_format) for each in found}


def test_every_kind_of_root_is_found_with_its_format(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.zarr/zarr.json": GROUP3,
            "deep/b.zarr/.zgroup": GROUP2,
            "deep/array/.zarray": array2(),
            "only-consolidated/.zmetadata": consolidated2({".zgroup": GROUP2}),
            "other-name/.all_metadata": consolidated2({".zgroup": GROUP2}),
            "not-a-store/readme.txt": b"",
            "zips/c.zarr.zip": b"",
            "zips/d.ozx": b"",
            "refs/combined-kerchunk.json": b"{}",
            "refs/other.json": b"{}",
            "parquet/e.parq/.zmetadata": b"{}",
            "ice/refs/branch.main/ref.json": b"{}",
            "ice/snapshots/x": b"",
        },
    )
    _, found, problems = _search(tmp_path)
    assert _paths(tmp_path, found) == {
        "a.zarr": ("zarr", 3),
        "deep/b.zarr": ("zarr", 2),
        "deep/array": ("zarr", 2),
        "only-consolidated": ("zarr", 2),
        "other-name": ("zarr", 2),
        "zips/c.zarr.zip": ("zip", 0),
        "zips/d.ozx": ("zip", 0),
        "refs/combined-kerchunk.json": ("references", 0),
        "parquet/e.parq": ("references", 0),
        "ice": ("icechunk", 0),
    }
    assert not problems


def test_a_root_is_never_looked_into(tmp_path: Path) -> None:
    """However much it holds: ten thousand folders cost no more than none."""
    root = zarr.create_group(tmp_path / "data" / "s", zarr_format=3)
    root.create_group("inner")
    few, found, _ = _search(tmp_path)
    for index in range(10_000):
        (tmp_path / "data" / "s" / f"n{index}").mkdir()
    many, again, _ = _search(tmp_path)
    assert found == again
    assert (few.listings, few.requests, few.folders) == (many.listings, many.requests, many.folders)
    assert many.listings == 2, "the prefix and the folder in it"


def test_the_prefix_itself_may_be_a_root(tmp_path: Path) -> None:
    write(tmp_path / "s", {"zarr.json": GROUP3, "a/zarr.json": array3()})
    search, found, _ = _search(tmp_path / "s")
    assert ([each.location for each in found], search.listings) == ([(tmp_path / "s").as_uri()], 0)


@pytest.mark.parametrize("name", ["a b", "it's", "ä", "50%", "a#b?c", "-x", '"q"'])
def test_what_is_found_can_be_given_to_an_ingest(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, {"zarr.json": GROUP3})
    _, found, _ = _search(tmp_path)
    assert [Path(parse_store_url(each.location).path) for each in found] == [tmp_path / name]
    assert " " not in found[0].location
    assert '"' not in found[0].location


def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "outside", {"s/zarr.json": GROUP3})
    write(tmp_path / "data", {"t/zarr.json": GROUP3})
    (tmp_path / "data" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "data" / "loop").symlink_to(tmp_path / "data")
    search, found, problems = _search(tmp_path / "data")
    assert set(_paths(tmp_path / "data", found)) == {"t"}
    assert {(p.path, p.kind, p.severity) for p in problems} == {("link", "link", "info"), ("loop", "link", "info")}
    assert search.complete


@pytest.mark.parametrize(
    ("limits", "kind"),
    [({"max_folders": 3}, "too-many-folders"), ({"max_depth": 1}, "too-deep"), ({"max_seconds": -1}, "out-of-time")],
)
def test_limits_are_kept_and_named(tmp_path: Path, limits: dict[str, float], kind: str) -> None:
    for index in range(8):
        write(tmp_path, {f"f{index}/g/h/x.txt": b""})
    search, _, problems = _search(tmp_path, **limits)
    assert kind in {problem.kind for problem in problems}
    assert not search.complete
    assert search.folders <= limits.get("max_folders", 100)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_left_out_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path, {"a/zarr.json": GROUP3, "b/x/zarr.json": GROUP3})
    (tmp_path / "b").chmod(0)
    try:
        search, found, problems = _search(tmp_path)
    finally:
        (tmp_path / "b").chmod(0o700)
    assert (set(_paths(tmp_path, found)), [p.kind for p in problems], search.complete) == ({"a"}, ["store-forbidden"], False)


def test_a_folder_whose_name_cannot_be_a_path_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"a\nb/zarr.json": GROUP3, "c/zarr.json": GROUP3})
    search, found, problems = _search(tmp_path)
    assert (set(_paths(tmp_path, found)), [p.kind for p in problems], search.complete) == ({"c"}, ["unsafe-key"], False)


def test_what_is_found_comes_while_the_search_goes_on(tmp_path: Path) -> None:
    for index in range(200):
        write(tmp_path, {f"s{index:03}/zarr.json": GROUP3})
    search = find_roots(str(tmp_path))
    first = next(iter(search))
    assert isinstance(first, Candidate)
    assert search.folders < 200


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        find_roots(str(tmp_path / "none"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError):
        find_roots(str(tmp_path / "file"))


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_all_roots_of_the_corpora() -> None:
    """The oracle: folders with a document in them, and none in any folder above."""
    marks = {"zarr.json", ".zgroup", ".zarray", ".zmetadata", ".all_metadata", "zmetadata"}
    roots = set()
    for folder, folders, files in os.walk(CORPORA):
        if marks & set(files):
            roots.add(Path(folder).as_uri())
            folders.clear()
    _, found, _ = _search(CORPORA)
    assert {each.location for each in found if each.kind == "zarr"} | {
        each.location for each in found if each.location.endswith(".parq")
    } == roots
