"""Is a zip read by parts, and refused or reported with the reason where it is broken, hostile or odd?"""

import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.errors import CatalogError, LimitExceededError, MetadataError, NotFoundError, StoreUnavailableError
from catalog.metadata.document import DocumentLimits
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.objects import Objects, oversized, run
from catalog.stores.source import open_source
from catalog.stores.zip_directory import TAIL_BYTES
from catalog.stores.zip_objects import open_zip
from tests.support.zips import zip_of
from tests.unit.stores.suite import documents_of, kinds_of
from tests.unit.stores.trees import GROUP3, array3

TREE = [("zarr.json", GROUP3), ("a/zarr.json", array3()), ("a/c/0", b"\1\2\3\4")]
NOISE = random.Random(1).randbytes(2 * TAIL_BYTES)


class Bytes:
    """One object in memory that remembers what it was asked for; ``ranges`` says whether it gives parts."""

    def __init__(self, data: bytes, *, ranges: bool = True) -> None:
        self.location, self.requests = "memory://x.zip", 0
        self.data, self.ranges = data, ranges
        self.asked: list[tuple[int | None, int | None]] = []

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        assert key == ""
        self.requests += 1
        self.asked.append((start, end))
        answer = self.data[start:end]
        if len(answer if self.ranges else self.data) > max_bytes:
            raise oversized(self.location, key, max_bytes)
        return answer

    async def list_folder(self, folder: str) -> None:
        raise AssertionError

    async def close(self) -> None:
        pass


def fetched(outer: Bytes, key: str, max_bytes: int = 10**8, start: int | None = None, end: int | None = None) -> bytes | None:
    async def both() -> bytes | None:
        objects: Objects = (await open_zip(outer))[0]  # type: ignore[arg-type]
        return await objects.fetch(key, max_bytes, start, end)

    return run(both())


def harvest(path: Path, **limits: int) -> Harvest:
    source = open_source(str(path))
    try:
        return read_documents(source, limits=DocumentLimits(**limits))
    finally:
        source.close()


def packed(tmp_path: Path, members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    return zip_of(members, tmp_path / "made.zip", method=method).read_bytes()


# -- by parts


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_only_the_end_and_what_is_wanted_are_read(tmp_path: Path, method: int) -> None:
    outer = Bytes(packed(tmp_path, [("noise", NOISE), *TREE, ("zz", NOISE)], method))
    assert fetched(outer, "a/zarr.json") == array3()
    (first, none), (start, end) = outer.asked
    assert (first, none) == (-TAIL_BYTES, None)
    assert start is not None
    assert end is not None
    assert end - start < len(array3()) + 200


def test_a_directory_that_does_not_fit_into_the_tail_takes_one_request_more(tmp_path: Path) -> None:
    members = [(f"{n}/" + "x" * 200, b"") for n in range(2000)]
    outer = Bytes(packed(tmp_path, [*TREE, *members]))
    assert fetched(outer, "a/c/0") == b"\1\2\3\4"
    assert len(outer.asked) == 3


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("part", [(None, None), (0, 4), (100, 200), (100, None), (-16, None), (0, 10**9), (5, 5)])
def test_a_part_of_a_member_is_that_part(tmp_path: Path, method: int, part: tuple[int | None, int | None]) -> None:
    outer = Bytes(packed(tmp_path, [("zarr.json", GROUP3), ("shard", NOISE), ("more", NOISE)], method))
    assert fetched(outer, "shard", 10**7, *part) == NOISE[slice(*part)]
    if method == zipfile.ZIP_STORED and part == (100, 200):
        assert max(end - start for start, end in outer.asked if start is not None and end is not None) < 200


def test_a_store_that_gives_no_parts_is_read_whole_once_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(tmp_path, [*TREE, ("noise", NOISE)])
    outer = Bytes(data, ranges=False)
    assert fetched(outer, "a/zarr.json") == array3()
    assert outer.asked == [(-TAIL_BYTES, None), (None, None)]
    monkeypatch.setattr("catalog.stores.zip_objects.MAX_WHOLE_BYTES", len(data) - 1)
    with pytest.raises(StoreUnavailableError, match="gives no parts"):
        fetched(Bytes(data, ranges=False), "zarr.json")


def test_zip64_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(66_000):  # more than a plain end can count
            archive.writestr(zipfile.ZipInfo(f"a/c/{n}"), b"")
        for name, data in TREE[:2]:
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(data)
    assert b"PK\6\6" in path.read_bytes()[-200:]
    assert documents_of(harvest(path)) == dict(TREE[:2])


def test_a_record_with_sizes_in_its_zip64_field_is_read(tmp_path: Path) -> None:
    """Sizes and offset moved into the extra field, as writers do that cannot know them before."""
    data = packed(tmp_path, TREE[:1])
    at = data.rfind(b"PK\1\2")
    size, name = len(GROUP3), b"zarr.json"
    extra = struct.pack("<2H3Q", 1, 24, size, size, 0)
    record = bytearray(data[at : at + 46])
    struct.pack_into("<2L2H", record, 20, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra))
    struct.pack_into("<L", record, 42, 0xFFFFFFFF)
    directory = bytes(record) + name + extra
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(directory), at, 0)
    path = tmp_path / "wide.zip"
    path.write_bytes(data[:at] + directory + end)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("zarr.json") == GROUP3
    assert documents_of(harvest(path)) == {"zarr.json": GROUP3}


@pytest.mark.parametrize("front", [b"#!/bin/sh\n", NOISE])
def test_what_stands_before_a_zip_does_no_harm_or_is_told(tmp_path: Path, front: bytes) -> None:
    data = front + packed(tmp_path, TREE)
    if len(data) < TAIL_BYTES:
        assert fetched(Bytes(data), "a/zarr.json") == array3()
    else:
        with pytest.raises(MetadataError, match="does not lie where"):
            fetched(Bytes(data), "a/zarr.json")


def test_a_comment_is_no_end(tmp_path: Path) -> None:
    path = zip_of(TREE, tmp_path / "c.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK\5\6" + bytes(18) + b"more"
    assert len(harvest(path).documents) == 2


# -- which folder


def test_the_store_is_the_folder_below_which_all_documents_lie(tmp_path: Path) -> None:
    members = [("README.md", b"hello"), ("__MACOSX/data.zarr/._zarr.json", b"\0\5\x16\7"), ("docs/x.txt", b"")]
    path = zip_of([*members, *[(f"data.zarr/{name}", data) for name, data in TREE]], tmp_path / "m.zip")
    assert documents_of(harvest(path)) == dict(TREE[:2])


def test_two_stores_in_one_zip_are_nodes_below_it(tmp_path: Path) -> None:
    path = zip_of([(f"{name}.zarr/zarr.json", array3()) for name in "ab"], tmp_path / "two.zip")
    assert set(documents_of(harvest(path))) == {"a.zarr/zarr.json", "b.zarr/zarr.json"}


@pytest.mark.parametrize(("raw", "name"), [("größe".encode(), "größe"), (b"\x82t\x82", "été"), (b"plain", "plain")])
def test_names_without_a_mark_are_utf_8_or_else_code_page_437(tmp_path: Path, raw: bytes, name: str) -> None:
    data = packed(tmp_path, [("zarr.json", GROUP3), ("#" * len(raw) + "/zarr.json", array3())])
    path = tmp_path / "names.zip"
    path.write_bytes(data.replace(b"#" * len(raw), raw))
    assert set(documents_of(harvest(path))) == {"zarr.json", f"{name}/zarr.json"}


# -- broken and hostile


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _wrong_offset(data: bytes) -> bytes:
    at = data.rfind(b"PK\5\6")
    return data[: at + 16] + struct.pack("<L", 2**31) + data[at + 20 :]


def _wrong_count(data: bytes) -> bytes:
    at = data.rfind(b"PK\5\6")
    return data[: at + 8] + struct.pack("<2H", 7, 7) + data[at + 12 :]


def _huge_directory(data: bytes) -> bytes:
    at = data.rfind(b"PK\5\6")
    return data[: at + 12] + struct.pack("<L", 2**28) + data[at + 16 :]


def _second_disk(data: bytes) -> bytes:
    at = data.rfind(b"PK\5\6")
    return data[: at + 4] + struct.pack("<2H", 1, 1) + data[at + 8 :]


def _zeros_in_directory(data: bytes) -> bytes:
    at = data.rfind(b"PK\1\2")
    return data[:at] + bytes(46) + data[at + 46 :]


def _lost_zip64(data: bytes) -> bytes:
    at = data.rfind(b"PK\5\6")
    return data[: at + 16] + b"\xff\xff\xff\xff" + data[at + 20 :]


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "cut": _cut,
    "wrong offset": _wrong_offset,
    "wrong count": _wrong_count,
    "huge directory": _huge_directory,
    "second disk": _second_disk,
    "zeros in directory": _zeros_in_directory,
    "lost zip64": _lost_zip64,
    "only a head": lambda _: b"PK\3\4",
    "trailing bytes": lambda data: data + b"x",
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_zip_is_refused_with_the_reason(tmp_path: Path, how: str) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(BROKEN[how](packed(tmp_path, TREE)))
    with pytest.raises(MetadataError, match=r"b\.zip is no zip that can be read: it") as caught:
        open_source(str(path))
    assert [problem.kind for problem in caught.value.problems] == ["broken-zip"]


@pytest.mark.parametrize("data", [b"", b"hello", NOISE])
def test_what_is_only_called_a_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(MetadataError, match="is called a zip"):
        open_source(str(tmp_path / "x.zip"))


def test_an_empty_zip_is_refused(tmp_path: Path) -> None:
    zip_of([], tmp_path / "e.zip")
    with pytest.raises(MetadataError, match="it is empty"):
        open_source(str(tmp_path / "e.zip"))


def test_a_zip_without_a_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"holds no Zarr metadata"):
        harvest(zip_of([("readme.txt", b"hello")], tmp_path / "r.zip"))


@pytest.mark.parametrize(
    "name", ["../out/zarr.json", "/etc/zarr.json", "a/../../zarr.json", "a\\zarr.json", "a//zarr.json", "./b"]
)
def test_a_member_with_an_unsafe_name_is_left_out_and_reported(tmp_path: Path, name: str) -> None:
    found = harvest(zip_of([*TREE, (name, array3())], tmp_path / "u.zip"))
    assert documents_of(found) == dict(TREE[:2])
    assert kinds_of(found) == ["unsafe-key"]
    assert not found.complete


def test_many_unsafe_names_are_counted(tmp_path: Path) -> None:
    found = harvest(zip_of([*TREE, *[(f"../{n}", b"") for n in range(500)]], tmp_path / "u.zip"))
    assert len(found.problems) == 21
    assert found.problems[-1].message.startswith("480 more")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_members_with_one_name_the_last_counts_and_that_is_told(tmp_path: Path) -> None:
    newer = array3(attributes={"new": True})
    path = zip_of([*TREE, ("a/zarr.json", newer)], tmp_path / "d.zip")
    found = harvest(path)
    assert documents_of(found)["a/zarr.json"] == newer == zipfile.ZipFile(path).read("a/zarr.json")
    assert [(p.path, p.kind, p.severity) for p in found.problems] == [("a/zarr.json", "duplicate-member", "info")]
    assert found.complete


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_many_members_that_stand_there_twice_are_one_problem(tmp_path: Path) -> None:
    # xarray through a ZipStore of zarr-python writes each .zattrs and .zarray a second time.
    found = harvest(zip_of([*TREE, *TREE, *TREE[:1], *[(f"a/c/{n + 100}", b"") for n in range(9)] * 2], tmp_path / "d.zip"))
    [problem] = found.problems
    assert (problem.path, problem.kind, problem.severity) == ("", "duplicate-member", "info")
    assert f"has {len(TREE) + 9} of its members more than once" in problem.message
    assert found.complete


def test_a_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    path = zip_of(TREE, tmp_path / "l.zip")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("b/zarr.json")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "../../secret")
    found = harvest(path)
    assert (set(documents_of(found)), kinds_of(found)) == ({"zarr.json", "a/zarr.json"}, ["unsafe-key"])


def _changed(data: bytes, name: str, **fields: int) -> bytes:
    """The zip with fields of one record in its directory changed."""
    places = {"flags": ("<H", 8), "method": ("<H", 10), "crc": ("<L", 16), "packed": ("<L", 20), "size": ("<L", 24)}
    at = data.rfind(name.encode()) - 46
    assert data[at : at + 4] == b"PK\1\2"
    changed = bytearray(data)
    for field, value in fields.items():
        struct.pack_into(places[field][0], changed, at + places[field][1], value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"flags": 1}, "encrypted"),
        ({"method": 12}, "method 12"),
        ({"method": 99}, "method 99"),
        ({"crc": 1}, "damaged"),
        ({"size": 3}, "two sizes differ"),
        ({"method": 8}, "does not inflate"),
    ],
)
def test_a_member_that_cannot_be_read_is_a_problem_and_the_rest_is_read(
    tmp_path: Path, fields: dict[str, int], reason: str
) -> None:
    path = tmp_path / "m.zip"
    path.write_bytes(_changed(packed(tmp_path, TREE), "a/zarr.json", **fields))
    found = harvest(path)
    assert set(documents_of(found)) == {"zarr.json"}
    assert [p.path for p in found.problems] == ["a/zarr.json"]
    assert reason in found.problems[0].message
    assert not found.complete


def test_a_bomb_that_says_its_size_is_not_inflated(tmp_path: Path) -> None:
    path = zip_of([*TREE, ("b/zarr.json", bytes(50_000_000))], tmp_path / "bomb.zip", method=zipfile.ZIP_DEFLATED)
    found = harvest(path, max_bytes=10_000_000)
    assert [(p.path, p.kind) for p in found.problems] == [("b/zarr.json", "too-large")]
    assert set(documents_of(found)) == {"zarr.json", "a/zarr.json"}


@pytest.mark.parametrize("says", [10, 49_999_999, 50_000_001])
def test_a_bomb_that_lies_is_inflated_no_further_than_it_says(tmp_path: Path, says: int) -> None:
    bomb = bytes(50_000_000)
    data = packed(tmp_path, [("zarr.json", bomb)], zipfile.ZIP_DEFLATED)
    with pytest.raises(MetadataError, match=r"does not inflate to|before it is inflated"):
        fetched(Bytes(_changed(data, "zarr.json", size=says)), "zarr.json")


def test_a_directory_with_too_many_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(tmp_path, [(f"{n}", b"") for n in range(50)])
    monkeypatch.setattr("catalog.stores.zip_directory.MAX_MEMBERS", 49)
    with pytest.raises(LimitExceededError, match="50 members"):
        fetched(Bytes(data), "0")


def test_random_damage_is_an_error_of_ours_or_none(tmp_path: Path) -> None:
    data, dice = packed(tmp_path, TREE, zipfile.ZIP_DEFLATED), random.Random(3)
    outcomes = set()
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            outcomes.add(fetched(Bytes(bytes(damaged)), "a/zarr.json") in {None, array3()})
        except CatalogError:
            outcomes.add(True)
    assert outcomes == {True}, "no bytes that the checksum does not fit"
