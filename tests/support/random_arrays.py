"""Arrays and parts of them, drawn at random; zarr-python writes them, NumPy says what is in each part."""

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import zarr
from hypothesis import strategies as st
from zarr.codecs import BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec

from catalog.bridge.axis_request import AxisRequest, Positions
from catalog.bridge.selection import Selection, resolve_selection
from catalog.metadata.array import Array
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy

PATH = "group/array"
Index = int | slice | tuple[int, ...]
Cut = int | tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A random array and a random part of it.

    Attributes
    ----------
    cells
        Along each axis the extent of what is stored under one key, or the extents, one by one.
    inner
        Extents of inner chunks, outermost level first; nothing without sharding.
    empty
        Boxes of fill values: what lies in them whole is not written.
    """

    shape: tuple[int, ...]
    cells: tuple[Cut, ...]
    inner: tuple[tuple[int, ...], ...]
    index_at: str
    encoding: tuple[str, str]
    zarr_format: int
    zipped: bool
    index: tuple[Index, ...]
    empty: tuple[tuple[slice, ...], ...]

    def values(self) -> "np.ndarray[Any, Any]":
        """Every element another number but for those in empty boxes, which are 0."""
        values = np.arange(1, 1 + prod(self.shape), dtype="int32").reshape(self.shape)
        for box in self.empty:
            values[box] = 0
        return values

    def part(self, values: Any) -> Any:
        """The part, as NumPy takes it from the whole, axis by axis."""
        dropped = 0
        for axis, index in enumerate(self.index):
            at = axis - dropped
            if isinstance(index, slice):
                values = values[(slice(None),) * at + (index,)]
            else:
                values = np.take(values, index, axis=at)
                dropped += isinstance(index, int)
        return values

    def write(self, folder: Path) -> Array:
        """The array in a store of this machine; its metadata come back as the catalogue reads them."""
        name, separator = self.encoding
        codecs: list[Any] = [BytesCodec(), *([GzipCodec(level=1)] if self.zipped else [])]
        for shape in reversed(self.inner):
            index = [BytesCodec(), Crc32cCodec()]
            codecs = [ShardingCodec(chunk_shape=shape, codecs=codecs, index_codecs=index, index_location=self.index_at)]
        arguments: dict[str, Any] = {"serializer": codecs[0], "compressors": codecs[1:] or None}
        if self.zarr_format == 2:
            arguments = {"compressors": numcodecs.GZip(level=1) if self.zipped else None}
        # zarr-python writes no extents beyond an array's end, but keeps them when the array shrinks.
        covered = tuple(sum(cut) if isinstance(cut, tuple) else size for cut, size in zip(self.cells, self.shape, strict=True))
        with zarr.config.set({"array.rectilinear_chunks": True}):
            array = zarr.create_array(
                folder,
                name=PATH,
                shape=covered,
                chunks=[list(cut) if isinstance(cut, tuple) else cut for cut in self.cells] if self.shape else (),
                dtype="int32",
                filters=None,
                fill_value=0,
                zarr_format=self.zarr_format,  # type: ignore[arg-type]
                chunk_key_encoding={"name": name, "separator": separator},  # type: ignore[arg-type]
                **arguments,
            )
            array.resize(self.shape)
            array[...] = self.values()
        return self.metadata(folder)

    def metadata(self, folder: Path) -> Array:
        """The array's metadata, as the catalogue reads them."""
        key = f"{PATH}/{'zarr.json' if self.zarr_format == 3 else '.zarray'}"
        (array,) = parse_hierarchy([Document(key, (folder / key).read_bytes())]).arrays
        return array

    def document(self, folder: Path) -> dict[str, Any]:
        """The array's document."""
        name = "zarr.json" if self.zarr_format == 3 else ".zarray"
        document: dict[str, Any] = json.loads((folder / PATH / name).read_text())
        return document

    def selection(self, array: Array) -> Selection:
        """The part as the catalogue selects it."""
        requests = [
            AxisRequest(f"dim{at}", Positions(index) if isinstance(index, tuple) else index)
            for at, index in enumerate(self.index)
        ]
        return resolve_selection(requests, array.shape, array.dimension_names)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Ranks 0 to 3, both formats, all key encodings, shards at up to two levels, chunks of one size and of several."""
    rank = draw(st.integers(0, 3))
    longest = (1, 60, 14, 7)[rank]
    shape = tuple(draw(st.integers(0, longest)) for _ in range(rank))
    encoding = draw(st.sampled_from([("default", "/"), ("default", "."), ("v2", "."), ("v2", "/")]))
    zarr_format = draw(st.sampled_from((2, 3))) if encoding[0] == "v2" else 3
    levels = draw(st.integers(0, 2)) if zarr_format == 3 and rank else 0
    cells: list[Cut] = [draw(st.integers(1, max(1, longest // (levels + 1)))) for _ in range(rank)]
    inner: list[tuple[int, ...]] = []
    for _ in range(levels):
        inner.insert(0, tuple(int(cut) for cut in cells))  # type: ignore[arg-type]
        cells = [int(cut) * draw(st.integers(1, 3)) for cut in cells]  # type: ignore[arg-type]
    if zarr_format == 3 and encoding[1] == "/" and draw(st.booleans()):
        units = inner[0] if inner else (1,) * rank
        cells = [
            cut if draw(st.booleans()) else _edges(draw, size, unit) for cut, size, unit in zip(cells, shape, units, strict=True)
        ]
    boxes = draw(
        st.lists(st.tuples(*(st.builds(slice, st.integers(0, size), st.integers(0, size)) for size in shape)), max_size=2)
    )
    return Case(
        shape,
        tuple(cells),
        tuple(inner),
        draw(st.sampled_from(("start", "end"))),
        encoding,
        zarr_format,
        draw(st.booleans()),
        tuple(draw(_index(size, longest)) for size in shape),
        tuple(boxes),
    )


def _edges(draw: st.DrawFn, size: int, unit: int) -> Cut:
    """Extents that are multiples of a unit and cover an axis, some of them beyond its end."""
    edges = [unit * draw(st.integers(1, 3))]
    while sum(edges) < size or draw(st.integers(0, 3)) == 0:
        edges.append(unit * draw(st.integers(1, 3)))
    return tuple(edges)


def _index(size: int, longest: int) -> "st.SearchStrategy[Index]":
    bound = st.none() | st.integers(-size - 2, size + 2)
    step = st.integers(1, longest + 1).flatmap(lambda step: st.sampled_from((step, -step)))
    slices: st.SearchStrategy[Index] = st.builds(slice, bound, bound, st.none() | step)
    if not size:
        return slices
    lists = st.lists(st.integers(-size, size - 1), max_size=8).map(tuple)
    return slices | lists | st.integers(-size, size - 1)
