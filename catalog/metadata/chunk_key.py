"""Under which key does a chunk lie?

Source: Zarr v2 "Chunks" (``dimension_separator``); Zarr v3.1 "Chunk key encoding".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from catalog.metadata.document import Json, as_object

_COORDINATE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class ChunkKeyEncoding:
    """How grid coordinates become a key, relative to the array's own path.

    Attributes
    ----------
    name
        ``default`` (keys begin with ``c``), ``v2``, or the extension's name.
    separator
        ``/`` or ``.``.
    """

    name: str
    separator: str

    @property
    def known(self) -> bool:
        """Whether keys can be computed."""
        return self.name in {"default", "v2"} and self.separator in {"/", "."}

    def key(self, coordinates: Sequence[int]) -> str:
        """The key of the chunk at these grid coordinates, such as ``c/0/3``; a scalar's only chunk is ``c`` or ``0``."""
        parts = [str(c) for c in coordinates]
        if self.name == "default":
            return self.separator.join(["c", *parts])
        return self.separator.join(parts) or "0"

    def coordinates(self, key: str, rank: int) -> tuple[int, ...] | None:
        """The grid coordinates that have this key, in an array of so many dimensions; None where none have: `key` back.

        One chunk has one key: ``c/01`` and ``c/+1`` are none.
        """
        if not self.known:
            return None
        if rank == 0:
            return () if key == self.key(()) else None
        parts = key.split(self.separator)
        if self.name == "default":
            parts = parts[1:] if parts[0] == "c" else []
        if len(parts) != rank or not all(map(_COORDINATE.fullmatch, parts)):
            return None
        return tuple(map(int, parts))


def parse_chunk_key_v2(separator: Json) -> ChunkKeyEncoding:
    """The encoding of a v2 array; ``.`` where it names no separator."""
    return ChunkKeyEncoding("v2", "." if separator is None else str(separator))


def parse_chunk_key_v3(document: Json) -> ChunkKeyEncoding:
    """A v3 ``chunk_key_encoding``; each name has its own default separator."""
    name = document if isinstance(document, str) else as_object(document).get("name")
    if not isinstance(name, str):
        return ChunkKeyEncoding("unknown", "")
    configuration = as_object(as_object(document).get("configuration"))
    return ChunkKeyEncoding(name, str(configuration.get("separator", "." if name == "v2" else "/")))
