"""What does the document of a new array say that holds a part of another?

As far as it fits, what the other one says: data type, fill value, chunks, shards, codecs, key encoding. A chunk is never longer
than the part; where an axis is dropped, it is dropped in chunks and in the order of axes, too. The new array is of Zarr v3,
whatever the other one is of.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import zarr
from zarr.dtype import VariableLengthBytes
from zarr.storage import MemoryStore, StorePath

from catalog.errors import InputError
from catalog.metadata.document import Json, as_object

_COMPRESSORS_V2: Final[dict[str, tuple[str, dict[str, Json]]]] = {
    "zstd": ("zstd", {"level": 0, "checksum": False}),
    "gzip": ("gzip", {"level": 5}),
    "blosc": ("blosc", {"cname": "lz4", "clevel": 5, "shuffle": "noshuffle", "blocksize": 0}),
}
"""By the name in v2: the name in v3, and its parameters with what v2 takes where they are not stated."""
_SHUFFLES: Final = {0: "noshuffle", 1: "shuffle", 2: "bitshuffle"}


@dataclass(frozen=True, slots=True)
class NewArray:
    """The document of a new array, and what of the other one did not fit."""

    document: dict[str, Json]
    notes: tuple[str, ...] = ()


def array_like(
    source: Mapping[str, Json], zarr_format: int, kept: Sequence[int], shape: Sequence[int], dtype: np.dtype[Any]
) -> NewArray:
    """The document, without attributes and names, of an array that holds a part of another one.

    Parameters
    ----------
    source
        The other one's document, ``.zarray`` or ``zarr.json``.
    zarr_format
        2 or 3.
    kept
        Which of its axes the part has, ascending.
    shape
        Elements along each of them.
    dtype
        Type of the values, as NumPy has them.

    Raises
    ------
    InputError
        Values of this type cannot be written.
    """
    if zarr_format == 2:
        return _like_v2(source, kept, shape, dtype)
    codecs = source.get("codecs")
    listed: list[Json] = codecs if isinstance(codecs, list) else []
    grid = as_object(source.get("chunk_grid"))
    whole = as_object(grid.get("configuration")).get("chunk_shape")
    base = dict(source)
    if grid.get("name") != "regular" or not isinstance(whole, list):
        made = plain_array(shape, dtype)
        return NewArray(
            {**made, "data_type": base["data_type"], "fill_value": base["fill_value"]},
            (f"its chunks are regular: those of {grid.get('name')!r} do not fit a part",),
        )
    inner = _inner_shape(listed)
    sizes = [max(1, size) for size in shape]
    chunks = [min(_whole(whole[axis]), size) for axis, size in zip(kept, sizes, strict=True)]
    cells = chunks
    if inner is not None:
        cells = [min(inner[axis], size) for axis, size in zip(kept, sizes, strict=True)]
        chunks = [
            cell * max(1, min(_whole(whole[axis]) // inner[axis], -(-size // cell)))
            for axis, size, cell in zip(kept, sizes, cells, strict=True)
        ]
    base.pop("dimension_names", None)
    base.pop("consolidated_metadata", None)
    base |= {
        "shape": list(shape),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "codecs": [_codec(codec, kept, cells) for codec in listed],
        "attributes": {},
        "node_type": "array",
        "zarr_format": 3,
    }
    return NewArray(base)


def plain_array(
    shape: Sequence[int],
    dtype: np.dtype[Any],
    chunks: Sequence[int] | None = None,
    fill_value: Any = None,
    *,
    texts: bool = True,
) -> dict[str, Json]:
    """The document of an array with the codecs that zarr-python takes by itself.

    Parameters
    ----------
    shape, dtype, chunks, fill_value
        As ``zarr.create_array`` takes them.
    texts
        Whether Python objects are texts; else they are bytes.

    Raises
    ------
    InputError
        Values of this type cannot be written.
    """
    kind: Any = dtype
    if dtype.kind in "OT":
        kind = "string" if texts else VariableLengthBytes()
    fault = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made: Any = zarr.create_array(
                MemoryStore(), shape=tuple(shape), dtype=kind, chunks=tuple(chunks) if chunks is not None else "auto",
                fill_value=fill_value,
            )  # fmt: skip
            document: dict[str, Json] = json.loads(json.dumps(made.metadata.to_dict()))
    except (TypeError, ValueError, KeyError) as error:
        fault = f"{type(error).__name__}: {str(error)[:200]}"
    if fault:
        raise InputError(f"values of the type {dtype} cannot be written as a Zarr array ({fault})")
    document.pop("dimension_names", None)
    return document


def _like_v2(source: Mapping[str, Json], kept: Sequence[int], shape: Sequence[int], dtype: np.dtype[Any]) -> NewArray:
    stated = source["chunks"]
    assert isinstance(stated, list)  # noqa: S101 - the array could be read
    chunks = [min(_whole(stated[axis]), max(1, size)) for axis, size in zip(kept, shape, strict=True)]
    filters = source.get("filters")
    names = [as_object(each).get("id") for each in filters] if isinstance(filters, list) else []
    document = plain_array(shape, dtype, chunks, _fill_v2(source), texts="vlen-bytes" not in names)
    notes = []
    compressor = as_object(source.get("compressor"))
    name = compressor.get("id")
    codecs = document["codecs"]
    assert isinstance(codecs, list)  # noqa: S101 - zarr-python made it
    if name in _COMPRESSORS_V2:
        codecs[-1] = _compressor(str(name), compressor, dtype)
    elif not compressor:
        document["codecs"] = codecs[:1]
    else:
        notes.append(f"its chunks are compressed by zstd: {name!r} is no codec of Zarr v3")
    left = [str(each) for each in names if each not in {"vlen-utf8", "vlen-bytes"}]
    if left:
        notes.append(f"filters that Zarr v3 does not have are left out: {', '.join(left)}")
    return NewArray(document, tuple(notes))


def _fill_v2(source: Mapping[str, Json]) -> Any:
    """The fill value as zarr-python reads it."""
    metadata: Any = {**source, "attributes": {}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zarr.AsyncArray(metadata=metadata, store_path=StorePath(MemoryStore(), "")).metadata.fill_value


def _compressor(name: str, stated: Mapping[str, Json], dtype: np.dtype[Any]) -> Json:
    known, defaults = _COMPRESSORS_V2[name]
    configuration: dict[str, Json] = {key: stated.get(key, value) for key, value in defaults.items()}
    if name == "blosc":
        shuffle = stated.get("shuffle", 1)
        if shuffle == -1:  # chosen by the size of an element. Source: numcodecs, Blosc, AUTOSHUFFLE
            shuffle = 2 if dtype.itemsize == 1 else 1
        configuration["shuffle"] = _SHUFFLES[shuffle] if isinstance(shuffle, int) and shuffle in _SHUFFLES else "shuffle"
        configuration["typesize"] = max(1, dtype.itemsize)
    return {"name": known, "configuration": configuration}


def _inner_shape(codecs: Sequence[Json]) -> list[int] | None:
    """The shape of inner chunks, where the chunks are shards."""
    for codec in codecs:
        member = as_object(codec)
        if member.get("name") == "sharding_indexed":
            shape = as_object(member.get("configuration")).get("chunk_shape")
            return [_whole(each) for each in shape] if isinstance(shape, list) else None
    return None


def _codec(codec: Json, kept: Sequence[int], cells: Sequence[int]) -> Json:
    """The codec for a part that has some of the axes."""
    member = as_object(codec)
    configuration = as_object(member.get("configuration"))
    if member.get("name") == "transpose" and isinstance(configuration.get("order"), list):
        order = [axis for axis in configuration["order"] if axis in kept]
        return {**member, "configuration": {**configuration, "order": [list(kept).index(axis) for axis in order]}}
    if member.get("name") == "sharding_indexed":
        inner = configuration.get("codecs")
        codecs = [_codec(each, kept, cells) for each in inner] if isinstance(inner, list) else []
        return {**member, "configuration": {**configuration, "chunk_shape": list(cells), "codecs": codecs}}
    return codec


def _whole(value: Json) -> int:
    return int(value)
