"""Is a hostile set of references refused or reported, without anything being opened?"""

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import zstandard

from catalog.errors import CatalogError, ForbiddenError, InputError, LimitExceededError, MetadataError
from catalog.stores import references_targets
from catalog.stores.references import ReferenceLimits, ReferenceObjects
from tests.unit.stores.test_references import GROUP, WEB, fetch, harvest, ls, opened
from tests.unit.stores.trees import array2


def kinds(objects: ReferenceObjects) -> list[str]:
    return [problem.kind for problem in objects.problems]


@pytest.fixture
def nothing_opened() -> Iterator[mock.Mock]:
    """Fails where a target is opened."""
    with (
        mock.patch.object(references_targets, "open_objects") as remote,
        mock.patch.object(references_targets.LocalObjects, "fetch") as local,
    ):
        yield remote
    assert not remote.called
    assert not local.called


def test_metadata_in_another_file_are_left_out_and_named(nothing_opened: mock.Mock) -> None:
    objects = opened(
        {".zgroup": GROUP, "x/.zarray": ["data.nc", 0, 100], "y/.zarray": "{}", "z/.zattrs": 3, ".zmetadata": ["a.nc"]}
    )
    assert [d.key for d in harvest(objects).documents] == [".zgroup", "y/.zarray"]
    assert sorted((p.path, p.kind, p.severity) for p in objects.problems) == [
        (".zmetadata", "invalid-reference", "error"),
        ("x/.zarray", "invalid-reference", "error"),
        ("z/.zattrs", "invalid-reference", "error"),
    ]


@pytest.mark.parametrize(
    "reference",
    [
        ["a.nc", -1, 10], ["a.nc", 0, -10], ["a.nc", 2**63, 1], ["a.nc", 1, 2**63 - 1], ["a.nc", 10**40, 1], ["a.nc", 1.5, 1],
        ["a.nc", "0", "10"], ["a.nc", True, 1], ["a.nc", 1], ["a.nc", 1, 2, 3], [], [None, 0, 10], [["a.nc"], 0, 1], ["", 0, 1],
        [1, 2, 3], 5, None, True, 1.5, "base64:not base64!", "base64:A",
    ],
)  # fmt: skip
def test_a_reference_of_another_form_is_refused(nothing_opened: mock.Mock, reference: Any) -> None:
    objects = opened({".zgroup": GROUP, "x/0": reference})
    with pytest.raises(MetadataError, match="x/0"):
        fetch(objects, "x/0")
    if not isinstance(reference, str):
        assert [(p.path, p.kind) for p in objects.problems] == [("x/0", "invalid-reference")]
    assert [d.key for d in harvest(objects).documents] == [".zgroup"]


@pytest.mark.parametrize("location", [WEB, "s3://bucket/refs.json", "file:///data/refs.json"])
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "/etc/passwd", "../../etc/passwd", "simplecache::file:///etc/passwd", "local:/etc/passwd",
        "http://169.254.169.254/latest/meta-data", "http://[::1]:3030/", "memory://m/x", "reference://x", "ftp://h.org/x",
        "{{u}}", "{{root}}/passwd", "https://h.org/../x", "x\0y",
    ],
)  # fmt: skip
def test_a_hostile_target_is_reported_and_refused_and_nothing_is_opened(
    nothing_opened: mock.Mock, location: str, url: str
) -> None:
    value = {"version": 1, "templates": {"root": "file:///etc"}, "refs": {".zgroup": GROUP, "x/0": [url, 0, 10], "y/0": [url]}}
    objects = opened(value, location)
    assert len(objects.problems) == 1
    assert objects.problems[0].kind in {"forbidden-target", "invalid-target", "unsupported-template"}
    assert objects.problems[0].severity == "warning"
    for key in ("x/0", "y/0"):
        with pytest.raises((ForbiddenError, MetadataError), match=key):
            fetch(objects, key)
    assert [d.key for d in harvest(objects).documents] == [".zgroup"]
    assert objects.requests == 0


def test_references_from_the_web_name_no_local_file(nothing_opened: mock.Mock, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim")
    objects = opened({".zgroup": GROUP, "x/0": [(tmp_path / "secret").as_uri()]})
    with pytest.raises(ForbiddenError, match="file of this machine"):
        fetch(objects, "x/0")


def test_unsafe_keys_are_reported_and_never_nodes(nothing_opened: mock.Mock) -> None:
    names = ["../x/.zarray", "/etc/.zarray", "a//b/.zarray", "a/../../b/.zarray", "c\\d/.zarray", "e\0/.zarray", "./.zarray"]
    objects = opened(dict.fromkeys([*names, ".zgroup", "good/.zarray"], array2().decode()))
    found = harvest(objects)
    assert {d.key for d in found.documents} <= {".zgroup", "good/.zarray"}
    assert {problem.kind for problem in found.problems} == {"unsafe-key"}
    assert len(found.problems) >= 6
    for name in names:
        with pytest.raises(InputError):
            fetch(objects, name)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_not_inflated(pack: Any) -> None:
    bomb = pack(b" " * 2**27)
    tracemalloc.start()
    with pytest.raises(LimitExceededError, match=str(2**20)):
        opened(bomb, limits=ReferenceLimits(max_bytes=2**20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**24


def test_a_bomb_of_many_members_is_not_inflated() -> None:
    member = gzip.compress(b" " * 2**16)
    with pytest.raises(LimitExceededError):
        opened(member * 1000, limits=ReferenceLimits(max_bytes=2**20))


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b'{".zgroup": {}}')[:-12], gzip.compress(b'{".zgroup": {}}')[:10] + b"\xff" * 20, b"\x1f\x8b",
        b"\x28\xb5\x2f\xfd", zstandard.compress(b'{".zgroup": {}}')[:-3] + b"\xff\xff\xff\xff", b"", b"{", b"[1, 2]", b"{}",
        b"\xff\xfe", b'{"version": 2, "refs": {}}', b'{"version": 0, "refs": {}}', zlib.compress(b"{}"),
    ],
    ids=lambda data: f"{data[:2].hex()}-{len(data)}",  # the head of a gzip holds the time
)  # fmt: skip
def test_what_is_no_set_is_refused(data: bytes) -> None:
    with pytest.raises(MetadataError, match=r"h\.org/d/refs\.json"):
        opened(data)


def test_ten_million_keys_are_refused_before_they_are_parsed() -> None:
    data = b'{".zgroup":{}' + b"".join(b',"%d":""' % i for i in range(10**7)) + b"}"
    with mock.patch("orjson.loads") as parse, pytest.raises(LimitExceededError, match="Parquet"):
        opened(data)
    assert not parse.called


def test_the_bounds_on_references_and_depth_hold() -> None:
    value = {".zgroup": "{}"} | {f"x/{i}": "d" for i in range(50)}
    assert len(ls(opened(value, limits=ReferenceLimits(max_references=51)), "x").files) == 50
    with pytest.raises(LimitExceededError) as raised:
        opened(value, limits=ReferenceLimits(max_references=50))
    assert (raised.value.limit, raised.value.allowed) == ("max_references", 50)
    with pytest.raises(LimitExceededError):
        opened([value] * 3, limits=ReferenceLimits(max_references=100))
    with pytest.raises(LimitExceededError):
        opened(b'{".zgroup":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@pytest.mark.parametrize(
    "dimensions",
    [
        {"i": {"stop": 10**12}},
        {"i": {"stop": 1000}, "j": {"stop": 1000}},
        {name: {"stop": 10} for name in "abcdefghijklmnop"},
        {"i": {"start": -(2**61), "stop": 2**61}},
    ],
)
def test_a_section_that_stands_for_too_many_is_refused(dimensions: dict[str, Any]) -> None:
    section = {"key": "x", "url": "u", "dimensions": dimensions}
    with pytest.raises(LimitExceededError, match="200000"):
        opened({"version": 1, "gen": [section]})
    small = {"key": "{{i}}", "url": "u", "dimensions": {"i": {"stop": 60}}}
    with pytest.raises(LimitExceededError):
        opened({"version": 1, "gen": [small, small]}, limits=ReferenceLimits(max_generated=100))


@pytest.mark.parametrize(
    "section",
    [
        {"key": "{{ a.b }}", "url": "u", "dimensions": {"i": [1]}},
        {"key": "x", "dimensions": {"i": [1]}},
        {"key": "x", "url": "u"},
        {"key": "x", "url": "u", "offset": "1", "dimensions": {"i": [1]}},
        {"key": "x", "url": "u", "dimensions": {"i": {"start": 1}}},
        {"key": "x", "url": "u", "dimensions": {"i": {"stop": 5, "step": 0}}},
        {"key": "x", "url": "u", "dimensions": {"i": {"stop": 2**64}}},
        {"key": "x", "url": "u", "dimensions": {"i": ["a"]}},
        {"key": "{{f(c=f(c=f(c=i)))}}", "url": "{{nobody}}", "dimensions": {"i": [1]}},
        "x",
    ],
)
def test_a_section_that_is_not_read_is_named_and_the_rest_is_read(section: Any) -> None:
    good = {"key": "x/{{i}}", "url": "a.nc", "dimensions": {"i": [1]}}
    value = {"version": 1, "templates": {"f": "{{c}}"}, "gen": [good, section], "refs": {".zgroup": GROUP}}
    objects = opened(value)
    assert kinds(objects) == ["invalid-gen"]
    assert "section 1" in objects.problems[0].message
    assert ls(objects, "x").files == {"1"}


def test_a_template_bomb_stops_early() -> None:
    calls = "f(c=" * 15 + "''" + ")" * 15
    section = {"key": "x/{{i}}", "url": "{{" + calls + "}}", "dimensions": {"i": {"stop": 100_000}}}
    value = {
        "version": 1,
        "templates": {"f": "{{c}}" * 800},
        "gen": [section],
        "refs": {".zgroup": GROUP, "x/0": ["{{" + calls + "}}"]},
    }
    objects = opened(value)
    assert kinds(objects) == ["invalid-gen", "unsupported-template"]
    with pytest.raises(MetadataError, match="parts"):
        fetch(objects, "x/0")


def test_a_template_that_is_not_read_is_named() -> None:
    templates = {"bad": "{{ c|upper }}", "good": "a.nc"}
    objects = opened({"version": 1, "templates": templates, "refs": {".zgroup": GROUP, "x/0": ["{{bad}}"], "x/1": ["{{good}}"]}})
    assert [(p.kind, "'bad'" in p.message) for p in objects.problems] == [("unsupported-template", True)] * 2
    with pytest.raises(MetadataError, match="'bad'"):
        fetch(objects, "x/0")


def test_problems_are_bounded() -> None:
    objects = opened({".zgroup": GROUP} | {f"x/{i}": ["a.nc", -1, 1] for i in range(5000)})
    assert len(objects.problems) == 101
    assert "4900 more" in objects.problems[-1].message


def test_errors_of_a_target_name_it_and_keep_their_kind() -> None:
    class Refusing:
        requests = 1
        location = "https://o.org"

        async def fetch(self, *_: Any) -> bytes:
            raise references_targets.ForbiddenError("no")

        async def close(self) -> None:
            pass

    objects = opened({".zgroup": GROUP, "x/0": ["https://o.org/a.nc", 0, 1]})
    with (
        mock.patch.object(references_targets, "open_objects", return_value=Refusing()),
        pytest.raises(CatalogError) as raised,
    ):
        fetch(objects, "x/0")
    assert type(raised.value) is ForbiddenError
    assert str(raised.value) == f"{WEB}: 'x/0' is in https://o.org/a.nc, which could not be read: no"
    assert objects.requests == 1
