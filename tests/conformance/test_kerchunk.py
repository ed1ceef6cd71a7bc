"""kerchunk's own reference sets: are all groups and arrays found, from the references alone?

The counts in INDEX.md of the corpora decide, and the sets themselves, read by the standard library: every key that ends in the
name of a metadata document is one.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
import pytest

from catalog.errors import CatalogError, ForbiddenError, MetadataError, NotFoundError
from catalog.metadata.array import Array
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.stores import references_targets
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.gate import Outgoing
from catalog.stores.objects import run
from catalog.stores.references import ReferenceObjects, open_references
from catalog.stores.source import open_source
from tests.support.corpora import find_corpora

FOLDER = find_corpora() / "kerchunk"
FIXTURES = "grib_idx_fixtures/"

# File → groups and arrays, as INDEX.md has them. A list has one group more, which holds the others.
SETS = {
    f"{FIXTURES}hrrr.wrfsfcf/zarr_tree_store.json.gz": (8, 21),
    f"{FIXTURES}hrrr.wrfsubhf/zarr_tree_store.json.gz": (9, 21),
    f"{FIXTURES}hrrr.wrfsfcf/subset.json.gz": (18 + 1, 126),
    f"{FIXTURES}hrrr.wrfsubhf/subset.json.gz": (15 + 1, 104),
    "hrrr.wrfsubhf.subset.json": (15 + 1, 104),
    "single_example.json": (1, 14),
}

pytestmark = pytest.mark.usefixtures("corpora")


@pytest.fixture(autouse=True)
def no_target() -> Iterator[None]:
    """Fails where the metadata ask for anything but the set itself."""
    with (
        mock.patch.object(references_targets, "open_objects") as remote,
        mock.patch.object(references_targets.LocalObjects, "fetch") as local,
    ):
        yield
    assert not remote.called
    assert not local.called


def raw(name: str) -> Any:
    data = (FOLDER / name).read_bytes()
    return json.loads(gzip.decompress(data) if name.endswith(".gz") else data)


def written(name: str) -> dict[str, Any]:
    """Key → document, straight from the file."""
    value = raw(name)
    members = {f"{i}/": member for i, member in enumerate(value)} if isinstance(value, list) else {"": value}
    found: dict[str, Any] = {".zgroup": {"zarr_format": 2}} if isinstance(value, list) else {}
    for prefix, member in members.items():
        for key, text in member["refs"].items():
            if key.rpartition("/")[2] in {".zarray", ".zgroup", ".zattrs"}:
                found[prefix + key] = json.loads(text) if isinstance(text, str) else text
    return found


def read(name: str) -> tuple[Harvest, Hierarchy]:
    source = open_source(str(FOLDER / name))
    try:
        harvest = read_documents(source)
    finally:
        source.close()
    return harvest, parse_hierarchy(harvest.documents)


def opened(name: str) -> ReferenceObjects:
    return open_references((FOLDER / name).as_uri(), (FOLDER / name).read_bytes())


@pytest.mark.parametrize("name", SETS)
def test_all_groups_and_arrays_are_found(name: str) -> None:
    harvest, hierarchy = read(name)
    arrays = sum(isinstance(node, Array) for node in hierarchy.nodes)
    assert (len(hierarchy.nodes) - arrays, arrays) == SETS[name]
    assert (harvest.route, harvest.complete, [p for p in hierarchy.problems if p.severity == "error"]) == ("listing", True, [])


@pytest.mark.parametrize("name", SETS)
def test_every_document_is_what_the_file_says(name: str) -> None:
    harvest, _ = read(name)
    assert {document.key: json.loads(document.data) for document in harvest.documents} == written(name)
    value = raw(name)
    for document in harvest.documents if isinstance(value, dict) else ():
        if isinstance(value["refs"][document.key], str):
            assert document.data.decode() == value["refs"][document.key]


@pytest.mark.parametrize("name", SETS)
def test_every_chunk_is_inline_or_in_the_file_that_is_named(name: str) -> None:
    objects = opened(name)
    kinds: Counter[str] = Counter()
    value = raw(name)
    members = {f"{i}/": member for i, member in enumerate(value)} if isinstance(value, list) else {"": value}
    with mock.patch.object(references_targets.Targets, "fetch") as fetch:
        for prefix, member in members.items():
            for key, reference in member["refs"].items():
                if key.rpartition("/")[2].startswith(".z"):
                    continue
                fetch.reset_mock()
                fetch.return_value = b"x" * reference[2] if isinstance(reference, list) else None
                data = run(objects.fetch(prefix + key, 2**30))
                if isinstance(reference, str):
                    kinds["inline"] += 1
                    assert data
                    continue
                kinds["target"] += 1
                target, _, first, last = fetch.await_args.args
                url = reference[0].replace("{{u}}", member.get("templates", {}).get("u", ""))
                wanted = url if "://" in url else (FOLDER / name).parent.joinpath(url).as_uri()
                assert (target.url.location, first, last - first) == (wanted, *reference[1:])
    assert kinds["target"] > 0
    assert objects.problems == ()


def test_what_points_to_the_web_says_so_when_it_is_read() -> None:
    name = "single_example.json"
    value = raw(name)
    chunk = next(key for key, reference in value["refs"].items() if isinstance(reference, list))
    only_here = open_references((FOLDER / name).as_uri(), orjson.dumps(value), outgoing=Outgoing(frozenset({"file"})))
    assert {problem.kind for problem in only_here.problems} == {"forbidden-target"}
    with pytest.raises(ForbiddenError, match="s3"):
        run(only_here.fetch(chunk, 2**30))


def test_a_target_that_is_not_here_is_named() -> None:
    name = f"{FIXTURES}hrrr.wrfsubhf/subset.json.gz"
    objects = opened(name)
    with (
        mock.patch.object(references_targets.LocalObjects, "fetch", mock.AsyncMock(return_value=None)),
        pytest.raises(NotFoundError, match=r"testdata/hrrr\.t01z\.wrfsubhf00\.grib2, which is not there"),
    ):
        run(objects.fetch("0/u/0.0", 2**30))


def test_json_beside_the_sets_is_not_taken_for_one() -> None:
    others = sorted(FOLDER.rglob("*_chunks.json"))
    assert others
    for path in others:
        with pytest.raises(CatalogError):
            open_source(str(path))
        with pytest.raises(MetadataError, match="no set of references"):
            open_references(Path(path).as_uri(), path.read_bytes())
