"""Is a set of references read as the specification says, as fsspec reads it, and within bounds?"""

import asyncio
import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from fsspec.implementations.reference import ReferenceFileSystem

from catalog.errors import InputError, LimitExceededError, MetadataError, NotFoundError
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.objects import Listed
from catalog.stores.references import ReferenceObjects, is_references, open_references
from catalog.stores.references_json import ReferenceSet
from catalog.stores.remote import RemoteSource
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3

WEB = "https://h.org/d/refs.json"
GROUP = {"zarr_format": 2}

# The example of the specification, and what it says that this stands for.
EXAMPLE = {
    "version": 1,
    "templates": {"u": "server.domain/path", "f": "{{c}}"},
    "gen": [
        {
            "key": "gen_key{{i}}",
            "url": "http://{{u}}_{{i}}",
            "offset": "{{(i + 1) * 1000}}",
            "length": "1000",
            "dimensions": {"i": {"stop": 5}},
        }
    ],
    "refs": {
        "key0": "data",
        "key1": ["http://target_url", 10000, 100],
        "key2": ["http://{{u}}", 10000, 100],
        "key3": ["http://{{f(c='text')}}", 10000, 100],
    },
}
STANDS_FOR: dict[str, Any] = {
    "key0": "data",
    "key1": ["http://target_url", 10000, 100],
    "key2": ["http://server.domain/path", 10000, 100],
    "key3": ["http://text", 10000, 100],
    "gen_key0": ["http://server.domain/path_0", 1000, 1000],
    "gen_key1": ["http://server.domain/path_1", 2000, 1000],
    "gen_key2": ["http://server.domain/path_2", 3000, 1000],
    "gen_key3": ["http://server.domain/path_3", 4000, 1000],
    "gen_key4": ["http://server.domain/path_4", 5000, 1000],
}


def opened(value: Any, location: str = WEB, **options: Any) -> ReferenceObjects:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return open_references(location, data, **options)


def fetch(objects: ReferenceObjects, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
    return asyncio.run(objects.fetch(key, 10**6, start, end))


def ls(objects: ReferenceObjects, folder: str = "") -> Listed:
    return asyncio.run(objects.list_folder(folder))


def harvest(objects: ReferenceObjects) -> Harvest:
    return read_documents(RemoteSource(objects))


def expanded(value: Any) -> dict[str, Any]:
    """The set as version 0 would have it."""
    found = ReferenceSet(WEB, json.dumps(value).encode())
    rows: dict[str, Any] = {}
    for key in found.keys:
        row = asyncio.run(found.find(key))
        if isinstance(row, bytes):
            rows[key] = row.decode()
        elif row is not None:
            rows[key] = [row.url] if row.length is None else [row.url, row.offset, row.length]
    return rows


# -- what is a set


@pytest.mark.parametrize(
    "value",
    [
        {".zgroup": GROUP},
        {".zgroup": '{"zarr_format": 2}', "x/0": ["u", 0, 1]},
        {"x/.zarray": "{}", "x/0": "data"},
        {"zarr.json": {"zarr_format": 3}},
        {"version": 1, "refs": {}},
        {"version": 1, "gen": []},
        {"version": 2, "refs": {}},
        [{".zgroup": GROUP}, {"version": 1, "refs": {}}],
        EXAMPLE,
    ],
)
def test_a_set_is_recognised(value: Any) -> None:
    assert is_references(value)


@pytest.mark.parametrize(
    "value",
    [
        None, 1, "x", [], {}, [1], [[{".zgroup": GROUP}]], [{".zgroup": GROUP}, {}], {"version": 1}, {"version": "1", "refs": {}},
        {"zarr_format": 2}, {"metadata": {".zgroup": GROUP}, "zarr_consolidated_format": 1}, json.loads(GROUP3),
        json.loads(array2()), {"members": {}, "attributes": {}}, {"refs": {}}, {".zgroup": 1}, {"version": True, "refs": {}},
        {"metadata": {".zgroup": GROUP}, "record_size": 10},
    ],
)  # fmt: skip
def test_other_documents_are_not_taken_for_one(value: Any) -> None:
    assert not is_references(value)


# -- what a set says


def test_the_example_of_the_specification_stands_for_what_it_says() -> None:
    assert expanded(EXAMPLE) == STANDS_FOR
    system = ReferenceFileSystem(json.loads(json.dumps(EXAMPLE)), simple_templates=False, remote_protocol="memory")
    assert expanded(EXAMPLE) == dict(system.references)


@pytest.mark.parametrize(
    "section",
    [
        {"key": "x/{{i}}.{{j}}", "url": "http://h/{{j}}", "dimensions": {"i": [2, 5], "j": {"start": 1, "stop": 8, "step": 3}}},
        {"key": "{{i}}", "url": "{{u}}", "offset": "{{i*10}}", "length": "{{10+i}}", "dimensions": {"i": {"stop": 0}}},
        {
            "key": "{{i}}",
            "url": "{{u}}",
            "offset": "{{i*10}}",
            "length": "{{10+i}}",
            "dimensions": {"i": {"start": 3, "stop": 6}},
        },
        {"key": "{{i}}", "url": "{{u}}", "dimensions": {"i": {"start": 3, "stop": -3, "step": -2}}},
    ],
)
def test_sections_are_expanded_as_fsspec_does(section: dict[str, Any]) -> None:
    value = {"version": 1, "templates": {"u": "http://h/x"}, "gen": [section], "refs": {"k": "d"}}
    system = ReferenceFileSystem(json.loads(json.dumps(value)), simple_templates=False, remote_protocol="memory")
    assert expanded(value) == dict(system.references)


def test_documents_come_exactly_whether_they_are_texts_or_objects() -> None:
    text = '{\n    "zarr_format": 2\n}'
    encoded = "base64:" + base64.b64encode(array2()).decode()
    objects = opened(
        {".zgroup": text, "a/.zarray": encoded, "a/.zattrs": {"ä": [1, "x"], "big": 2**70}, "b/.zarray": array2().decode()}
    )
    assert fetch(objects, ".zgroup") == text.encode()
    assert fetch(objects, "a/.zarray") == array2()
    assert json.loads(fetch(objects, "a/.zattrs") or b"") == {"ä": [1, "x"], "big": 2**70}
    assert {d.key: d.data for d in harvest(objects).documents} == {
        key: fetch(objects, key) for key in (".zgroup", "a/.zarray", "a/.zattrs", "b/.zarray")
    }
    assert (objects.requests, objects.problems, objects.container) == (0, (), "references")


def test_a_number_that_json_lacks_is_kept() -> None:
    objects = opened(b'{"x/.zarray": {"fill_value": NaN, "n": 12345678901234567890123}}')
    assert fetch(objects, "x/.zarray") == b'{"fill_value":NaN,"n":12345678901234567890123}'


def test_version_3_documents_are_read_too() -> None:
    objects = opened({"version": 1, "refs": {"zarr.json": json.loads(GROUP3), "a/zarr.json": array3().decode(), "a/c/0": "abcd"}})
    assert [d.key for d in harvest(objects).documents] == ["a/zarr.json", "zarr.json"]
    assert fetch(objects, "a/c/0") == b"abcd"


def test_a_list_is_one_hierarchy_with_a_group_per_document() -> None:
    one = {"version": 1, "templates": {"u": "one.nc"}, "refs": {".zgroup": GROUP, "x/.zarray": "{}", "x/0": ["{{u}}", 1, 2]}}
    two = {"version": 1, "templates": {"u": "two.nc"}, "refs": {".zgroup": GROUP, "x/0": ["{{u}}", 3, 4], "y/.zarray": "{}"}}
    found = ReferenceSet(WEB, json.dumps([one, two]).encode())
    assert found.keys == [".zgroup", "0/.zgroup", "0/x/.zarray", "0/x/0", "1/.zgroup", "1/x/0", "1/y/.zarray"]
    assert asyncio.run(found.find(".zgroup")) == GROUP2.replace(b" ", b"")
    rows = [asyncio.run(found.find(key)) for key in ("0/x/0", "1/x/0", "2/x/0", "x/0", "0/y/0", "00/x/0")]
    assert [row and (row.url, row.offset, row.length) for row in rows if not isinstance(row, bytes)] == [
        ("one.nc", 1, 2), ("two.nc", 3, 4), None, None, None, None,
    ]  # fmt: skip
    assert sorted(ls(opened([one, two])).folders) == ["0", "1"]
    v3 = opened([{"zarr.json": json.loads(GROUP3)}])
    assert json.loads(fetch(v3, "zarr.json") or b"") == json.loads(GROUP3)


def test_folders_are_what_fsspec_finds() -> None:
    keys = ["a/.zarray", "a/0.0", "a-b/.zgroup", "a.b/c/.zarray", "a0/.zarray", "a/b/c/.zattrs", "ä/x/.zarray", ".zgroup", "z"]
    objects = opened(dict.fromkeys(keys, "{}"))
    system = ReferenceFileSystem(dict.fromkeys(keys, "{}"), remote_protocol="memory")
    for folder in ["", "a", "a-b", "a.b", "a.b/c", "a0", "a/b", "a/b/c", "ä", "ä/x"]:
        wanted = system.ls(folder, detail=True)
        listed = ls(objects, folder)
        assert listed.complete
        assert listed.files == {row["name"].rpartition("/")[2] for row in wanted if row["type"] == "file"}
        assert sorted(listed.folders) == sorted(row["name"].rpartition("/")[2] for row in wanted if row["type"] == "directory")
    assert ls(objects, "none") == Listed()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lambda b: gzip.compress(b[:20]) + gzip.compress(b[20:])])
def test_compressed_sets_are_told_by_their_first_bytes(pack: Any) -> None:
    text = json.dumps({".zgroup": GROUP, "x/.zarray": "{}"}).encode()
    assert {d.key for d in harvest(opened(pack(text))).documents} == {".zgroup", "x/.zarray"}


# -- chunks


DATA = bytes(range(256))


@pytest.mark.parametrize(
    ("reference", "whole"),
    [
        (["data.bin"], DATA),
        (["data.bin", 0, 256], DATA),
        (["data.bin", 100, 20], DATA[100:120]),
        (["data.bin", 255, 1], DATA[255:]),
        (["{{u}}", 3, 9], DATA[3:12]),
        (["data.bin", 5, 0], b""),
        ("base64:" + base64.b64encode(DATA).decode(), DATA),
        ("plain text", b"plain text"),
    ],
)
def test_parts_are_those_that_python_slices(tmp_path: Path, reference: Any, whole: bytes) -> None:
    (tmp_path / "data.bin").write_bytes(DATA)
    value = {"version": 1, "templates": {"u": "data.bin"}, "refs": {".zgroup": GROUP, "x/0": reference}}
    objects = opened(value, (tmp_path / "refs.json").as_uri())
    assert fetch(objects, "x/0") == whole
    places = (0, 1, 5, 8, 9, 20, 300)
    for start in places:
        assert fetch(objects, "x/0", start) == whole[start:]
        assert fetch(objects, "x/0", None, start) == whole[:start]
        for end in (place for place in places if place >= start):
            assert fetch(objects, "x/0", start, end) == whole[start:end]
    for last in (1, 5, 300):
        assert fetch(objects, "x/0", -last) == whole[-last:]


def test_a_chunk_that_is_not_in_the_set_is_none_and_one_without_its_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(DATA)
    refs = {
        ".zgroup": GROUP,
        "x/0": ["none.bin", 0, 4],
        "x/1": ["data.bin", 250, 10],
        "x/2": ["data.bin", 300, 4],
        "x/4": ["data.bin"],
    }
    objects = opened(refs, (tmp_path / "refs.json").as_uri())
    assert fetch(objects, "x/3") is None
    assert objects.requests == 0
    with pytest.raises(NotFoundError, match=r"'x/0' is in file://.*/none\.bin, which is not there"):
        fetch(objects, "x/0")
    with pytest.raises(MetadataError, match=r"'x/1' .*data\.bin, bytes 250 to 260, but that has no more than 256 bytes"):
        fetch(objects, "x/1")
    with pytest.raises(MetadataError, match="300 to 304"):
        fetch(objects, "x/2")
    assert objects.requests == 3
    with pytest.raises(LimitExceededError, match="100"):
        asyncio.run(objects.fetch("x/4", 100))
    with pytest.raises(LimitExceededError, match="5"):
        asyncio.run(objects.fetch("x/1", 5))
    with pytest.raises(InputError):
        fetch(objects, "../data.bin")
