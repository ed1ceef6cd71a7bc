"""Is a folder of references in Parquet read like the software that writes such folders reads it, and one file at a time?"""

import asyncio
import base64
import builtins
import io
import itertools
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.reference import LazyReferenceMapper

from catalog.errors import ForbiddenError, InputError, LimitExceededError, MetadataError, NotFoundError
from catalog.stores import references_targets
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.objects import Listed, run
from catalog.stores.references import ReferenceObjects, is_parquet_references, open_parquet_references
from catalog.stores.references_targets import LocalObjects
from catalog.stores.remote import RemoteSource
from catalog.stores.url import parse_store_url
from tests.unit.stores.trees import array2

GROUP = {"zarr_format": 2}
DATA = bytes(range(256))


class Recorded(LocalObjects):
    """A folder that notes what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(parse_store_url(str(folder)))
        self.asked: list[str] = []

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        self.asked.append(key)
        return await super().fetch(key, max_bytes, start, end)


def array(shape: list[int], chunks: list[int], **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(array2(shape=shape, chunks=chunks, **changes))
    return fields


def opened(folder: Path, **options: Any) -> tuple[ReferenceObjects, Recorded]:
    objects = Recorded(folder)
    return open_parquet_references(parse_store_url(str(folder)), objects, **options), objects


def fetch(objects: ReferenceObjects, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
    return run(objects.fetch(key, 10**6, start, end))


def harvest(objects: ReferenceObjects) -> Harvest:
    return read_documents(RemoteSource(objects))


def write_by_hand(folder: Path, metadata: Any, files: dict[str, pa.Table | bytes], record_size: Any = 10) -> Path:
    folder.mkdir()
    (folder / ".zmetadata").write_text(json.dumps({"metadata": metadata, "record_size": record_size}))
    for name, table in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(table, bytes):
            (folder / name).write_bytes(table)
        else:
            pq.write_table(table, folder / name)
    return folder


def rows(*given: tuple[str | None, int, int, bytes | None]) -> pa.Table:
    path, offset, size, raw = zip(*given, strict=True)
    types = {"path": pa.string(), "offset": pa.int64(), "size": pa.int64(), "raw": pa.binary()}
    values = dict(zip(types, (path, offset, size, raw), strict=True))
    return pa.table({name: pa.array(values[name], types[name]) for name in types})


REFS: dict[str, Any] = {
    ".zgroup": json.dumps(GROUP),
    ".zattrs": '{"title": "ä"}',
    "inner/.zgroup": json.dumps(GROUP),
    "big/.zarray": json.dumps(array([9, 10, 5], [3, 4, 5])),
    **{
        f"big/{i}.{j}.0": ["data.bin", 10 * i + j, 3 + i] if (i + j) % 2 else base64.b64encode(b"%d%d" % (i, j)).decode()
        for i, j in itertools.product(range(3), range(3))
        if (i, j) != (1, 1)
    },
    "inner/line/.zarray": json.dumps(array([7], [1])),
    "inner/line/0": ["data.bin"],
    "inner/line/6": ["data.bin", 200, 20],
    "scalar/.zarray": json.dumps(array([], [])),
    "scalar/0": "base64:" + base64.b64encode(b"\x80").decode(),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """References that fsspec wrote, four to a file, beside the file that they point to."""
    (tmp_path / "data.bin").write_bytes(DATA)
    target = tmp_path / "refs.parq"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the libraries that write
        mapper = LazyReferenceMapper.create(str(target), fs=LocalFileSystem(), record_size=4, engine="pyarrow")
        for key, value in REFS.items():
            mapper[key] = value
        mapper.flush()
    return target


def test_every_key_is_what_was_written(folder: Path) -> None:
    objects, _ = opened(folder)
    mapper = LazyReferenceMapper(str(folder), fs=LocalFileSystem(), engine="pyarrow")
    for key, value in REFS.items():
        if key.rpartition("/")[2].startswith("."):
            assert json.loads(fetch(objects, key) or b"") == json.loads(value) == json.loads(mapper[key])
        elif isinstance(value, list):
            start, size = value[1:] or (0, 256)
            assert fetch(objects, key) == DATA[start : start + size]
            assert next(iter(mapper[key])) == "data.bin"
        elif value.startswith("base64:"):
            assert fetch(objects, key) == base64.b64decode(value[7:])
        else:
            assert fetch(objects, key) == value.encode()
    for key in (
        "big/1.1.0",
        "inner/line/3",
        "big/3.0.0",
        "big/0.0",
        "big/0.0.0.0",
        "big/a.0.0",
        "none/0",
        "big/-1.0.0",
        "inner/0",
        "x",
    ):
        assert fetch(objects, key) is None


def test_metadata_take_one_request_and_are_one_document(folder: Path) -> None:
    objects, asked = opened(folder)
    found = harvest(objects)
    assert (found.route, found.key, [d.data for d in found.documents]) == (
        "consolidated", ".zmetadata", [(folder / ".zmetadata").read_bytes()],
    )  # fmt: skip
    assert asked.asked == [".zmetadata"]
    assert objects.requests == 1
    again, other = opened(folder, document=(folder / ".zmetadata").read_bytes())
    assert harvest(again).documents == found.documents
    assert other.asked == []


def test_only_the_file_with_the_chunk_is_read_and_once(folder: Path) -> None:
    objects, asked = opened(folder)
    assert sorted(path.name for path in (folder / "big").iterdir()) == ["refs.0.parq", "refs.1.parq", "refs.2.parq"]
    asked.asked.clear()

    async def read() -> list[bytes | None]:
        return list(await asyncio.gather(*(objects.fetch(f"big/1.{j}.0", 100) for j in (0, 1, 2, 0, 1, 2))))

    assert run(read())[:3] == [DATA[10:14], None, DATA[12:16]]
    assert asked.asked == ["big/refs.0.parq", "big/refs.1.parq"]  # chunks 3, and 4 and 5, of 9
    assert objects.requests == 1 + 2 + 4
    assert fetch(objects, "big/2.1.0", 1, 3) == DATA[22:24]


def test_documents_as_texts_are_read_one_by_one(tmp_path: Path) -> None:
    metadata = {".zgroup": json.dumps(GROUP), "x/.zarray": json.dumps(array([4], [2], dimension_separator="/"))}
    table = rows((None, 0, 0, b"ab"), (None, 0, 0, b"base64:Y2Q="))
    objects, _ = opened(write_by_hand(tmp_path / "r.parq", metadata, {"x/refs.0.parq": table}))
    found = harvest(objects)
    assert {d.key: d.data.decode() for d in found.documents} == metadata
    assert (fetch(objects, "x/0"), fetch(objects, "x/1"), fetch(objects, "x/2")) == (b"ab", b"cd", None)


def test_a_separator_of_slashes_and_an_array_at_the_root_are_understood(tmp_path: Path) -> None:
    metadata = {".zarray": array([4, 4], [2, 2], dimension_separator="/")}
    table = rows(*((None, 0, 0, b"%d" % i) for i in range(4)))
    objects, _ = opened(write_by_hand(tmp_path / "r.parq", metadata, {"refs.0.parq": table}))
    assert [fetch(objects, key) for key in ("0/0", "0/1", "1/0", "1/1", "2/0")] == [b"0", b"1", b"2", b"3", None]


@pytest.fixture
def nothing_opened() -> Iterator[None]:
    with mock.patch.object(references_targets, "open_objects") as remote:
        yield
    assert not remote.called


@pytest.mark.usefixtures("nothing_opened")
@pytest.mark.parametrize(
    ("row", "error"),
    [
        (("file:///etc/passwd", 0, 10, None), ForbiddenError),
        (("../../etc/passwd", 0, 10, None), ForbiddenError),
        (("http://169.254.169.254/x", 0, 0, None), ForbiddenError),
        (("simplecache::file:///etc/passwd", 0, 10, None), MetadataError),
        (("data.bin", -5, 10, None), MetadataError),
        (("data.bin", 5, -10, None), MetadataError),
        (("data.bin", 2**62, 2**62, None), MetadataError),
        (("", 0, 10, None), MetadataError),
        ((None, 0, 0, b"base64:!"), MetadataError),
    ],
)
def test_a_hostile_row_is_refused(tmp_path: Path, row: Any, error: type[Exception]) -> None:
    place = write_by_hand(tmp_path / "r.parq", {"x/.zarray": array([4], [4])}, {"x/refs.0.parq": rows(row)})
    objects, _ = opened(place)
    with pytest.raises(error, match="x/0"):
        fetch(objects, "x/0")


def _written(*given: tuple[str | None, int, int, bytes | None]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows(*given), sink, compression="zstd")
    return sink.getvalue()


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda: b"", MetadataError, "cannot be read as Parquet"),
        (lambda: b"PAR1 and no more", MetadataError, "cannot be read as Parquet"),
        (lambda: _written(("a", 0, 1, None))[:-20], MetadataError, "cannot be read as Parquet"),
        (lambda: _written(*[("a", 0, 1, None)] * 11), LimitExceededError, "11 references"),
        (lambda: _written(*[("a", 0, 1, None)] * 10**6), LimitExceededError, "1000000 references"),
        (lambda: _written((None, 0, 0, bytes(300 * 2**20))), LimitExceededError, "bytes"),
    ],
    ids=["empty", "no-end", "cut", "rows", "many-rows", "inflates"],
)
def test_a_broken_or_too_large_file_is_refused(
    tmp_path: Path, write: Callable[[], bytes], error: type[Exception], message: str
) -> None:
    place = write_by_hand(tmp_path / "r.parq", {"x/.zarray": array([40], [4])}, {"x/refs.0.parq": write()})
    with pytest.raises(error, match=message):
        fetch(opened(place)[0], "x/0")


@pytest.mark.parametrize(
    "columns", [{"path": [1]}, {"offset": ["a"], "path": ["b"], "size": ["c"]}, {"other": [1]}, {"raw": [[1]]}, {"offset": [1]}]
)
def test_columns_of_another_kind_are_refused(tmp_path: Path, columns: dict[str, Any]) -> None:
    place = write_by_hand(tmp_path / "r.parq", {"x/.zarray": array([4], [4])}, {"x/refs.0.parq": pa.table(columns)})
    with pytest.raises(MetadataError, match="x"):
        fetch(opened(place)[0], "x/0")


def test_columns_that_nothing_needs_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(DATA)
    metadata = {"x/.zarray": array([4], [4]), "y/.zarray": array([4], [4])}
    tables = {"x/refs.0.parq": pa.table({"raw": [b"abcd"]}), "y/refs.0.parq": pa.table({"path": ["data.bin"]})}
    objects, _ = opened(write_by_hand(tmp_path / "r.parq", metadata, tables))
    assert (fetch(objects, "x/0"), fetch(objects, "y/0")) == (b"abcd", DATA)


@pytest.mark.parametrize("record_size", [0, -1, 10**12, "10", None, 1.5, True])
def test_a_record_size_of_another_kind_is_refused(tmp_path: Path, record_size: Any) -> None:
    with pytest.raises(MetadataError, match="record_size"):
        opened(write_by_hand(tmp_path / "r.parq", {}, {}, record_size))


def test_hostile_keys_and_documents_are_left_out(tmp_path: Path) -> None:
    metadata = {".zgroup": GROUP, "x/.zarray": array([4], [4]), "x/0": "data", "y/.zarray": ["a.nc", 0, 1], "z/.zattrs": 5}
    objects, _ = opened(write_by_hand(tmp_path / "r.parq", metadata, {}))
    assert sorted(problem.path for problem in objects.problems) == ["x/0", "y/.zarray", "z/.zattrs"]
    assert {d.key for d in harvest(objects).documents} == {".zgroup", "x/.zarray"}
    unsafe, _ = opened(write_by_hand(tmp_path / "s.parq", {"../x/.zarray": json.dumps(array([4], [4])), ".zgroup": "{}"}, {}))
    assert [problem.kind for problem in harvest(unsafe).problems] == ["unsafe-key"]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="zmetadata"):
        opened(tmp_path / "empty")
    for value in ({"metadata": {}}, {"record_size": 5}, [], {"metadata": [], "record_size": 5}):
        assert not is_parquet_references(value)
    assert is_parquet_references({"metadata": {}, "record_size": 5})


def test_without_pyarrow_metadata_are_read_and_chunks_say_what_is_missing(folder: Path) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **named)

    with mock.patch.object(builtins, "__import__", without):
        objects, _ = opened(folder)
        assert len(harvest(objects).documents) == 1
        with pytest.raises(InputError, match=r"zarr-linked-catalog\[references\]"):
            fetch(objects, "big/0.0.0")


def test_a_listing_has_documents_alone(folder: Path) -> None:
    objects, _ = opened(folder)
    assert run(objects.list_folder("big")) == Listed({".zarray"})
    assert sorted(run(objects.list_folder("")).folders) == ["big", "inner", "scalar"]
