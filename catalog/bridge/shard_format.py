"""How is a shard laid out: where is its index, and what does it say?

Source: Zarr v3.1, ``sharding_indexed``.
"""

import struct
from dataclasses import dataclass
from typing import Final

from catalog.metadata.codec import Codec, inner_chunk_shape
from catalog.metadata.document import as_object

_ENTRY: Final = 16
_ABSENT: Final = 2**64 - 1
_CHECKSUM: Final = 4

Entry = tuple[int, int] | None
"""Offset and length of an inner chunk inside its shard; None where it is missing."""


@dataclass(frozen=True, slots=True)
class ShardFormat:
    """The layout of shards.

    Attributes
    ----------
    inner_shape
        Elements of an inner chunk along each dimension.
    at_start
        Whether the index is at the beginning of the shard; else it is at its end.
    order
        Byte order of the index's integers, ``<`` or ``>``; empty where its codecs are others than are known here.
    added
        Bytes that an index has beyond its entries.
    nested
        The layout of the inner chunks where they are shards themselves and nothing else; else None.
    """

    inner_shape: tuple[int, ...]
    at_start: bool
    order: str
    added: int
    nested: "ShardFormat | None" = None

    def index_bytes(self, chunks: int) -> int:
        """Size of the index of a shard of so many inner chunks."""
        return chunks * _ENTRY + self.added

    def parse_index(self, data: bytes, chunks: int) -> tuple[Entry, ...]:
        """The entries of an index, in C order.

        Parameters
        ----------
        data
            The index alone, as it is stored.
        chunks
            Inner chunks of the shard.

        Raises
        ------
        ValueError
            It has another size, or codecs that are not known here.
        """
        if not self.order or len(data) != self.index_bytes(chunks):
            raise ValueError(f"an index of {chunks} chunks has {self.index_bytes(chunks)} bytes, not {len(data)}")
        numbers = struct.unpack(f"{self.order}{2 * chunks}Q", data[: chunks * _ENTRY])
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return tuple(None if pair == (_ABSENT, _ABSENT) else pair for pair in pairs)

    def index_of(self, shard: bytes, chunks: int) -> bytes:
        """The index of a whole shard."""
        size = self.index_bytes(chunks)
        return shard[:size] if self.at_start else shard[max(0, len(shard) - size) :]


def shard_format(codec: Codec) -> ShardFormat | None:
    """The layout that a ``sharding_indexed`` codec describes; None where it is not valid."""
    inner = inner_chunk_shape((codec,))
    settings = as_object(codec.configuration)
    codecs, index = settings.get("codecs"), settings.get("index_codecs")
    if inner is None or not isinstance(codecs, list):
        return None
    steps = codec.inner[len(codecs) :]
    order, added = "<", _CHECKSUM  # what zarr-python writes where nothing is said
    if isinstance(index, list):
        order, added = _order(steps), _CHECKSUM * (len(steps) - 1)
    nested = shard_format(codec.inner[0]) if len(codecs) == 1 and codec.inner[0].name == codec.name else None
    return ShardFormat(inner, settings.get("index_location", "end") == "start", order, added, nested)


def _order(steps: tuple[Codec, ...]) -> str:
    """Byte order of an index with these codecs; empty where they are not bytes and checksums."""
    if not steps or steps[0].name != "bytes" or any(step.name != "crc32c" for step in steps[1:]):
        return ""
    return ">" if as_object(steps[0].configuration).get("endian") == "big" else "<"


def place_of(coordinates: tuple[int, ...], counts: tuple[int, ...]) -> int:
    """Where in an index the entry of the inner chunk at these coordinates is."""
    place = 0
    for coordinate, count in zip(coordinates, counts, strict=True):
        place = place * count + coordinate
    return place
