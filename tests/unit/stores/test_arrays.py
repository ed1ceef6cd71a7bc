"""Are an array's values read as they are, and is what must not run never run?"""

import json
import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.errors import ForbiddenError, InputError, LimitExceededError, MetadataError, NotFoundError
from catalog.stores.arrays import open_array
from catalog.stores.policy import DEFAULT_CODECS, ReadLimits
from tests.unit.stores.trees import VALUES, array2, array3, write


def fields(text: bytes) -> dict[str, Any]:
    return dict(json.loads(text))


@pytest.fixture
def cube(tmp_path: Path) -> tuple[str, dict[str, Any], np.ndarray[Any, Any]]:
    values = np.arange(7 * 8 * 9, dtype=">f4").reshape(7, 8, 9)
    array = zarr.create_array(tmp_path / "s", name="x", shape=values.shape, chunks=(3, 3, 3), dtype=">f4")
    array[:] = values
    return str(tmp_path / "s"), fields((tmp_path / "s/x/zarr.json").read_bytes()), values


SELECTIONS: list[tuple[slice | int, ...]] = [
    (),
    (slice(None),),
    (3,),
    (-1, slice(2, 5)),
    (slice(1, 6, 2), slice(None, None, 3), slice(-4, -1)),
    (0, 0, 0),
    (slice(2, 2),),
    (slice(5, 2), 1),
    (slice(0, 100), slice(-100, 3)),
    (slice(None), 2, slice(8, None)),
]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_selection_is_what_numpy_selects(
    cube: tuple[str, dict[str, Any], np.ndarray[Any, Any]], selection: tuple[slice | int, ...]
) -> None:
    store, document, values = cube
    with open_array(store, "x", document, zarr_format=3) as reader:
        got = reader.read(selection)
    np.testing.assert_array_equal(got, values[selection])
    assert isinstance(got, np.ndarray)
    assert got.shape == values[selection].shape


@pytest.mark.parametrize(
    "selection",
    [(7,), (-8,), (0, 8), (0, 0, 0, 0), (slice(None, None, -1),), (slice(0, 3, 0),), ("a",), (True,), (1.0,), (None,), (...,), 3],
)
def test_a_selection_that_does_not_fit_is_refused_before_anything_is_read(
    cube: tuple[str, dict[str, Any], np.ndarray[Any, Any]], selection: Any
) -> None:
    store, document, _ = cube
    with open_array(store, "x", document, zarr_format=3) as reader:
        with pytest.raises(InputError, match="'x'"):
            reader.read(selection)
        assert reader.requests == 0


def test_nothing_is_read_to_open_an_array(tmp_path: Path) -> None:
    """Neither the array's document nor its folder need be there."""
    with open_array(str(tmp_path), "no/such", fields(array3()), zarr_format=3) as reader:
        assert reader.requests == 0
        assert reader.shape == (4,)
        assert reader.dtype == np.dtype("u1")
        assert reader.read().tolist() == [7, 7, 7, 7]
        assert reader.requests == 1


def test_the_given_metadata_count_not_those_in_the_store(tmp_path: Path) -> None:
    write(tmp_path, {"a/zarr.json": array3(fill_value=9, shape=[1]), "a/c/0": b"\1\2\3\4"})
    with open_array(str(tmp_path), "a", fields(array3(data_type="int8")), zarr_format=3) as reader:
        assert (reader.dtype, reader.read().tolist()) == (np.dtype("i1"), [1, 2, 3, 4])


def test_v2_with_order_filters_and_nested_keys(tmp_path: Path) -> None:
    array = zarr.create_array(
        tmp_path / "a", shape=VALUES.shape, chunks=(4, 3), dtype="<i4", zarr_format=2, order="F",
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )  # fmt: skip
    array[:] = VALUES
    with open_array(str(tmp_path), "a", fields((tmp_path / "a/.zarray").read_bytes()), zarr_format=2) as reader:
        np.testing.assert_array_equal(reader.read((slice(1, 6), slice(2, 9, 2))), VALUES[1:6, 2:9:2])


def test_texts(tmp_path: Path) -> None:
    texts = ["a", "ä", "", "long " * 50]
    for zarr_format in (2, 3):
        array = zarr.create_array(tmp_path / f"s{zarr_format}", name="t", shape=4, chunks=3, dtype=str, zarr_format=zarr_format)
        array[:] = texts
        document = fields((tmp_path / f"s{zarr_format}/t" / (".zarray" if zarr_format == 2 else "zarr.json")).read_bytes())
        with open_array(str(tmp_path / f"s{zarr_format}"), "t", document, zarr_format=zarr_format) as reader:
            assert [str(text) for text in reader.read()] == texts


# -- what must not run


class _Bomb:
    """Unpickling it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.mark),))


V2_WITH_PICKLE: list[dict[str, Any]] = [
    {"filters": [{"id": "pickle"}]},
    {"filters": [{"id": "vlen-utf8"}, {"id": "pickle"}]},
    {"filters": [{"id": "pickle"}, {"id": "vlen-utf8"}]},
    {"filters": [{"id": "vlen-utf8"}], "compressor": {"id": "pickle"}},
    {"filters": [{"id": "json2"}, {"id": "pickle", "protocol": 5}]},
]
V3_WITH_PICKLE: list[list[Any]] = [
    [{"name": "numcodecs.pickle"}],
    ["pickle"],
    [{"name": "bytes"}, {"name": "pickle"}],
    [{"name": "bytes"}, {"name": "numcodecs.zlib", "configuration": {"id": "pickle"}}],
    [
        {
            "name": "sharding_indexed",
            "configuration": {"chunk_shape": [2], "codecs": [{"name": "pickle"}], "index_codecs": [{"name": "bytes"}]},
        }
    ],
    [
        {
            "name": "sharding_indexed",
            "configuration": {"chunk_shape": [2], "codecs": [{"name": "bytes"}], "index_codecs": [{"name": "pickle"}]},
        }
    ],
]


@pytest.mark.parametrize(
    ("zarr_format", "document"),
    [(2, fields(array2(dtype="|O", shape=[1], chunks=[1], fill_value=0, **codecs))) for codecs in V2_WITH_PICKLE]
    + [(3, fields(array3(data_type="string", fill_value="", codecs=codecs))) for codecs in V3_WITH_PICKLE],
)
def test_a_pickle_is_never_unpacked(tmp_path: Path, zarr_format: int, document: dict[str, Any]) -> None:
    mark = tmp_path / "mark"
    bomb = pickle.dumps(_Bomb(mark))
    write(tmp_path / "s", {"a/0": bomb, "a/c/0": bomb})
    with pytest.raises(ForbiddenError, match="pickle"):
        open_array(str(tmp_path / "s"), "a", document, zarr_format=zarr_format)
    assert not mark.exists()
    pickle.loads(bomb)
    assert mark.exists(), "else this test would prove nothing"


def test_codecs_can_be_allowed_one_by_one(tmp_path: Path) -> None:
    document = fields(array2(compressor={"id": "zlib", "level": 1}))
    with pytest.raises(ForbiddenError, match="'zlib'"):
        open_array(str(tmp_path), "a", document, zarr_format=2, allowed_codecs=DEFAULT_CODECS - {"zlib"})
    open_array(str(tmp_path), "a", document, zarr_format=2).close()


# -- what cannot be read


@pytest.mark.parametrize(
    ("zarr_format", "changes", "word"),
    [
        (3, {"data_type": "no-such-type"}, "no-such-type"),
        (3, {"storage_transformers": [{"name": "chunk-manifest-json", "configuration": {}}]}, "storage transformer"),
        (3, {"chunk_grid": {"name": "spiral", "configuration": {}}}, "spiral"),
        (3, {"codecs": []}, "Codec"),
        (3, {"shape": ["x"]}, ""),
        (3, {"fill_value": "nonsense"}, "nonsense"),
        (3, {"must_have": {"must_understand": True}}, "must_have"),
        (3, {"codecs": [{"name": "bitround"}]}, "bitround"),
        (2, {"dtype": "|O", "filters": [{"id": "json2"}]}, "json2"),
        (2, {"dtype": "nonsense"}, ""),
        (2, {"chunks": [0]}, ""),
        (2, {"shape": [4, 4]}, ""),
        (2, {"compressor": {"id": "zlib", "level": "x"}}, ""),
    ],
)
def test_what_zarr_python_cannot_read_says_so_with_its_reason(
    tmp_path: Path, zarr_format: int, changes: dict[str, Any], word: str
) -> None:
    text = array2(**changes) if zarr_format == 2 else array3(**changes)
    write(tmp_path, {"a/0": b"abcd", "a/c/0": b"abcd"})
    with pytest.raises(MetadataError) as caught:
        open_array(str(tmp_path), "a", fields(text), zarr_format=zarr_format).read()
    assert "'a'" in str(caught.value)
    assert word in str(caught.value)


def test_an_empty_document_is_no_array(tmp_path: Path) -> None:
    for zarr_format in (2, 3):
        with pytest.raises(MetadataError):
            open_array(str(tmp_path), "a", {}, zarr_format=zarr_format)


@pytest.mark.parametrize("data", [b"", b"\1", b"\1\2\3\4\5"])
def test_a_chunk_of_another_size_is_named(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, {"a/0": data})
    with (
        open_array(str(tmp_path), "a", fields(array2()), zarr_format=2) as reader,
        pytest.raises(MetadataError, match="chunk '0'"),
    ):
        reader.read()


def test_a_broken_shard_is_named(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path / "a", shape=VALUES.shape, chunks=(2, 5), shards=(2, 10), dtype="<i4")
    array[:] = VALUES
    shard = tmp_path / "a/c/1/0"
    shard.write_bytes(b"\xff" * 30)
    document = fields((tmp_path / "a/zarr.json").read_bytes())
    with open_array(str(tmp_path), "a", document, zarr_format=3) as reader:
        np.testing.assert_array_equal(reader.read((slice(0, 2),)), VALUES[:2])
        with pytest.raises(MetadataError, match="'c/1/0'"):
            reader.read()


def test_sizes_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(LimitExceededError, match="max_item_bytes"):
        open_array(str(tmp_path), "a", fields(array2(dtype="<U500000000", fill_value="")), zarr_format=2)
    with pytest.raises(LimitExceededError, match="max_chunk_bytes"):
        open_array(str(tmp_path), "a", fields(array3()), zarr_format=3, limits=ReadLimits(max_chunk_bytes=3))
    write(tmp_path, {"a/c/0": b"\1\2\3\4"})
    with (
        open_array(str(tmp_path), "a", fields(array3()), zarr_format=3, limits=ReadLimits(max_object_bytes=3)) as reader,
        pytest.raises(LimitExceededError, match="a/c/0"),
    ):
        reader.read()


def test_no_warning_of_zarr_comes_through(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = zarr.create_array(tmp_path / "a", shape=4, dtype="S4", compressors=[zarr.codecs.numcodecs.Zlib(level=1)])
        array[:] = b"abc"
    document = fields((tmp_path / "a/zarr.json").read_bytes())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with open_array(str(tmp_path), "a", document, zarr_format=3) as reader:
            assert reader.read().tolist() == [b"abc"] * 4
    assert not caught


def test_the_caller_is_told_what_it_got_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        open_array(str(tmp_path), "../a", fields(array3()), zarr_format=3)
    with pytest.raises(NotFoundError):
        open_array(str(tmp_path / "nothing"), "a", fields(array3()), zarr_format=3)
    with pytest.raises(ForbiddenError, match="ftp"):
        open_array("ftp://h/x", "a", fields(array3()), zarr_format=3)


def test_the_document_is_left_as_it_is(tmp_path: Path) -> None:
    for zarr_format, text in ((2, array2()), (3, array3(consolidated_metadata=None))):
        document = fields(text)
        open_array(str(tmp_path), "a", document, zarr_format=zarr_format).close()
        assert document == fields(text)
