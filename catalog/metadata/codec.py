"""How do the elements of a chunk become bytes?

v2 names filters and one compressor, v3 one list of codecs; both become one ordered pipeline. A codec that nobody here knows is
described like any other.
Source: Zarr v2 "compressor" and "filters"; Zarr v3.1 "Codecs"; ``sharding_indexed``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from catalog.metadata.chunk_grid import parse_shape
from catalog.metadata.document import Json, as_object, canonical_json


@dataclass(frozen=True, slots=True)
class Codec:
    """One step of the pipeline.

    Attributes
    ----------
    name
        Its name (v3) or id (v2).
    role
        ``filter`` or ``compressor`` in v2, ``codec`` in v3.
    configuration
        Its parameters as the metadata states them.
    inner
        The pipelines inside a ``sharding_indexed`` codec: of the inner chunks, then of the index.
    """

    name: str
    role: str
    configuration: Json
    inner: tuple["Codec", ...] = field(default=())

    @property
    def json(self) -> str:
        """The configuration as canonical JSON."""
        return canonical_json(self.configuration)


def parse_codecs_v2(filters: Json, compressor: Json) -> tuple[Codec, ...]:
    """The pipeline of a v2 array: filters in order, then the compressor."""
    steps = [(item, "filter") for item in filters] if isinstance(filters, list) else []
    if compressor is not None:
        steps.append((compressor, "compressor"))
    return tuple(_codec_v2(document, role) for document, role in steps)


def _codec_v2(document: Json, role: str) -> Codec:
    members = as_object(document)
    name = members.get("id")
    rest = {key: value for key, value in members.items() if key != "id"}
    return Codec(name if isinstance(name, str) else "unknown", role, rest)


def parse_codecs_v3(documents: Json) -> tuple[Codec, ...]:
    """The pipeline of a v3 array, in order."""
    return tuple(_codec_v3(document) for document in documents) if isinstance(documents, list) else ()


def _codec_v3(document: Json) -> Codec:
    if isinstance(document, str):
        return Codec(document, "codec", {})
    members = as_object(document)
    name, configuration = members.get("name"), members.get("configuration", {})
    if not isinstance(name, str):
        return Codec("unknown", "codec", configuration)
    settings = as_object(configuration)
    inner = (*parse_codecs_v3(settings.get("codecs")), *parse_codecs_v3(settings.get("index_codecs")))
    return Codec(name, "codec", configuration, inner)


def inner_chunk_shape(codecs: tuple[Codec, ...]) -> tuple[int, ...] | None:
    """Shape of the inner chunks along the array's own dimensions where the pipeline shards validly, else None.

    A ``transpose`` before the shards swaps the dimensions that they are cut along; it is undone here.
    """
    orders: list[Json] = []
    for codec in codecs:
        if codec.name == "transpose":
            orders.append(as_object(codec.configuration).get("order"))
        elif codec.name == "sharding_indexed":
            shape = parse_shape(as_object(codec.configuration).get("chunk_shape"), least=1)
            return shape if shape is None or not orders else _untransposed(shape, orders)
    return None


def _untransposed(shape: tuple[int, ...], orders: list[Json]) -> tuple[int, ...] | None:
    axes = list(range(len(shape)))
    for order in orders:
        found = parse_shape(order)
        if found is None or sorted(found) != list(range(len(shape))):
            return None
        axes = [axes[axis] for axis in found]
    return tuple(extent for _, extent in sorted(zip(axes, shape, strict=True)))


def walk_codecs(codecs: tuple[Codec, ...]) -> Iterator[Codec]:
    """Every codec at every level, outer before inner."""
    for codec in codecs:
        yield codec
        yield from walk_codecs(codec.inner)
