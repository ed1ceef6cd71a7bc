"""What do many arrays share?

A layout is all that an array's document says apart from its shape, its dimension names and its attributes: data type, chunk grid,
codecs, fill value, key encoding, memory order, extensions. An image pyramid or a climate collection has thousands of arrays and a
handful of layouts, so each distinct one is parsed, described and stored once.
"""

import hashlib
import json as stdlib_json
from dataclasses import dataclass
from functools import cached_property

from catalog.metadata.chunk_grid import ChunkGrid, parse_chunk_grid_v3, parse_shape
from catalog.metadata.chunk_key import ChunkKeyEncoding, parse_chunk_key_v2, parse_chunk_key_v3
from catalog.metadata.codec import Codec, inner_chunk_shape, parse_codecs_v2, parse_codecs_v3
from catalog.metadata.data_type import DataType, parse_data_type_v2, parse_data_type_v3
from catalog.metadata.document import Json, as_object
from catalog.metadata.readable import fault_of_layout_v2, fault_of_layout_v3

OWN_MEMBERS = {
    2: frozenset({"shape"}),
    3: frozenset({"shape", "dimension_names", "attributes", "node_type", "consolidated_metadata"}),
}
"""By Zarr format, the members of an array's document that are its own; all others belong to the layout."""


@dataclass(frozen=True)
class Layout:
    """What arrays share.

    Attributes
    ----------
    zarr_format
        2 or 3.
    json
        The members themselves as canonical JSON: with shape and dimension names they rebuild the array's document.
    chunk_grid
        The grid of stored objects; with sharding its cells are shards.
    fill_value
        As the metadata states it: ``"NaN"`` and hexadecimal strings stay strings.
    order
        ``C`` or ``F`` (v2), empty in v3, where a ``transpose`` codec says it.
    extensions
        Names of storage transformers, and of members that this reader does not know and must understand.
    """

    zarr_format: int
    json: str
    data_type: DataType
    chunk_grid: ChunkGrid
    chunk_key_encoding: ChunkKeyEncoding
    codecs: tuple[Codec, ...]
    fill_value: Json
    order: str = ""
    extensions: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """sha256 of ``zarr_format`` and ``json``, 64 hex digits."""
        return hashlib.sha256(f"{self.zarr_format} {self.json}".encode()).hexdigest()

    @cached_property
    def inner_chunk_shape(self) -> tuple[int, ...] | None:
        """Shape of the inner chunks of a shard; None without sharding."""
        return inner_chunk_shape(self.codecs)

    @property
    def obstacle(self) -> str | None:
        """Why chunks cannot even be planned, or None."""
        if self.extensions:
            return f"uses extensions that are not supported: {', '.join(self.extensions)}"
        if not self.chunk_grid.valid:
            return f"its chunk grid {self.chunk_grid.name!r} is not a valid regular or rectilinear grid"
        if self.inner_chunk_shape is None and any(codec.name == "sharding_indexed" for codec in self.codecs):
            return "its shards do not say validly how they are cut into inner chunks"
        if not self.chunk_key_encoding.known:
            return f"its chunk key encoding {self.chunk_key_encoding.name!r} is not supported"
        return None

    @cached_property
    def unreadable(self) -> str | None:
        """Why values cannot be read here, or None; what has an obstacle cannot be read either."""
        document = stdlib_json.loads(self.json)
        cells = (self.data_type, self.chunk_grid, self.chunk_key_encoding, self.codecs)
        if self.zarr_format == 2:
            return fault_of_layout_v2(document, *cells)
        return fault_of_layout_v3(document, *cells, self.extensions)


_V3_MEMBERS = OWN_MEMBERS[3] | {
    "zarr_format", "data_type", "chunk_grid", "chunk_key_encoding", "codecs", "fill_value", "storage_transformers",
}  # fmt: skip


def parse_layout_v2(document: dict[str, Json], json: str) -> Layout:
    """The layout of a ``.zarray`` whose shared members have the canonical JSON ``json``."""
    codecs = parse_codecs_v2(document.get("filters"), document.get("compressor"))
    first = codecs[0].name if codecs and codecs[0].role == "filter" else None
    return Layout(
        zarr_format=2,
        json=json,
        data_type=parse_data_type_v2(document.get("dtype"), first),
        chunk_grid=ChunkGrid("regular", parse_shape(document.get("chunks"), least=1)),
        chunk_key_encoding=parse_chunk_key_v2(document.get("dimension_separator")),
        codecs=codecs,
        fill_value=document.get("fill_value"),
        order=str(document.get("order", "C")),
    )


def parse_layout_v3(document: dict[str, Json], json: str) -> Layout:
    """The layout of an array's ``zarr.json`` whose shared members have the canonical JSON ``json``."""
    return Layout(
        zarr_format=3,
        json=json,
        data_type=parse_data_type_v3(document.get("data_type")),
        chunk_grid=parse_chunk_grid_v3(document.get("chunk_grid")),
        chunk_key_encoding=parse_chunk_key_v3(document.get("chunk_key_encoding")),
        codecs=parse_codecs_v3(document.get("codecs")),
        fill_value=document.get("fill_value"),
        extensions=_extensions(document),
    )


def _extensions(document: dict[str, Json]) -> tuple[str, ...]:
    """Storage transformers, and unknown members unless they say ``must_understand: false``."""
    transformers = document.get("storage_transformers") or []
    names = [_name(item) for item in transformers] if isinstance(transformers, list) else ["storage_transformers"]
    unknown = [key for key in document if key not in _V3_MEMBERS and as_object(document[key]).get("must_understand") is not False]
    return (*names, *sorted(unknown))


def _name(document: Json) -> str:
    return document if isinstance(document, str) else str(as_object(document).get("name", "unknown"))


def layout_from_json(json: str, zarr_format: int) -> Layout:
    """The layout whose ``json`` this is: the way back from the graph."""
    document = stdlib_json.loads(json)
    return parse_layout_v3(document, json) if zarr_format == 3 else parse_layout_v2(document, json)


def array_document(layout: Layout, shape: tuple[int, ...], dimension_names: tuple[str | None, ...] = ()) -> dict[str, Json]:
    """The array's document without its attributes, rebuilt: a ``.zarray``, or a ``zarr.json``."""
    document: dict[str, Json] = {**stdlib_json.loads(layout.json), "shape": list(shape)}
    if layout.zarr_format == 3:
        document["node_type"] = "array"
        if any(name is not None for name in dimension_names):
            document["dimension_names"] = list(dimension_names)
    return document
