"""How is the array cut into chunks?

Source: Zarr v2 "chunks"; Zarr v3.1 "Chunk grids"; the ``rectilinear`` extension.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import Final

from catalog.metadata.document import Json, as_object

Runs = int | tuple[tuple[int, int], ...]
"""How one dimension is cut: into chunks of one extent, or into runs of chunks, each an extent and how many have it."""

MAX_LISTED: Final = 1_000_000
"""Chunks along one dimension of a rectilinear grid; a reader lists each of them."""


@dataclass(frozen=True, slots=True)
class ChunkGrid:
    """The grid that cuts an array into chunks.

    Attributes
    ----------
    name
        ``regular``, ``rectilinear`` or the extension's name.
    chunk_shape
        Elements of one chunk along each dimension; None where the grid is not regular or is not valid.
    runs
        Of a rectilinear grid, for each dimension the runs of chunks of one size; None where it is another one or is not valid.
    """

    name: str
    chunk_shape: tuple[int, ...] | None
    runs: tuple[Runs, ...] | None = None

    @property
    def valid(self) -> bool:
        """Whether it says how the array is cut."""
        return self.chunk_shape is not None or self.runs is not None

    @property
    def rank(self) -> int | None:
        """Dimensions that it cuts; None where it is not valid."""
        dimensions = self.runs if self.chunk_shape is None else self.chunk_shape
        return None if dimensions is None else len(dimensions)

    @property
    def common_shape(self) -> tuple[int, ...] | None:
        """Along each dimension the largest extent that divides every chunk's; what divides it divides all of them."""
        if self.runs is None:
            return self.chunk_shape
        return tuple(runs if isinstance(runs, int) else gcd(*(size for size, _ in runs)) for runs in self.runs)

    @property
    def largest_shape(self) -> tuple[int, ...] | None:
        """Along each dimension the extent of the largest chunk."""
        if self.runs is None:
            return self.chunk_shape
        return tuple(runs if isinstance(runs, int) else max(size for size, _ in runs) for runs in self.runs)

    def counts(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """How many chunks an array of this shape has along each dimension; None where the grid does not cut it."""
        cuts: tuple[Runs, ...] | None = self.chunk_shape if self.runs is None else self.runs
        if cuts is None or self.fault_for(shape) is not None:
            return None
        return tuple(_count(runs, extent) for runs, extent in zip(cuts, shape, strict=True))

    def fault_for(self, shape: tuple[int, ...]) -> str | None:
        """Why it does not cut an array of this shape, or None where it does or is not valid at all."""
        rank = self.rank
        if rank is not None and rank != len(shape):
            return f"its chunks have {rank} dimensions and its shape {len(shape)}"
        for axis, (runs, extent) in enumerate(zip(self.runs or (), shape, strict=False)):
            covered = extent if isinstance(runs, int) else sum(size * count for size, count in runs)
            if covered < extent:
                return f"its chunks cover {covered} elements of the {extent} along dimension {axis}"
        return None


def _count(runs: Runs, extent: int) -> int:
    """Chunks along one dimension that begin before its end."""
    if isinstance(runs, int):
        return -(-extent // runs)
    counted = begin = 0
    for size, count in runs:
        wanted = min(count, -(-(extent - begin) // size))
        if wanted <= 0:
            break
        counted, begin = counted + wanted, begin + wanted * size
    return counted


def parse_shape(document: Json, *, least: int = 0) -> tuple[int, ...] | None:
    """A shape of integers ≥ ``least``, or None where it is anything else; booleans and floats are no extents."""
    if not isinstance(document, list):
        return None
    for extent in document:
        if type(extent) is not int or extent < least:
            return None
    return tuple(document)


def parse_chunk_grid_v3(document: Json) -> ChunkGrid:
    """A v3 ``chunk_grid`` object."""
    grid = as_object(document)
    name = grid.get("name")
    if not isinstance(name, str):
        return ChunkGrid("unknown", None)
    configuration = as_object(grid.get("configuration"))
    if name == "rectilinear":
        return ChunkGrid(name, None, _parse_runs(configuration))
    return ChunkGrid(name, parse_shape(configuration.get("chunk_shape"), least=1) if name == "regular" else None)


def _parse_runs(configuration: Mapping[str, Json]) -> tuple[Runs, ...] | None:
    """The runs of a rectilinear grid; None where they are not valid or too many."""
    stated = configuration.get("chunk_shapes")
    if configuration.get("kind") != "inline" or not isinstance(stated, list):
        return None
    found: list[Runs] = []
    for dimension in stated:
        runs = dimension if _is_extent(dimension) else _parse_dimension(dimension)
        if runs is None:
            return None
        found.append(runs)
    return tuple(found)


def _parse_dimension(stated: Json) -> Runs | None:
    """Runs of chunks: an extent is one chunk, a pair is an extent and how often it comes."""
    if not isinstance(stated, list) or not 0 < len(stated) <= MAX_LISTED:
        return None
    runs: list[tuple[int, int]] = []
    for item in stated:
        size, count = item if isinstance(item, list) and len(item) == 2 else (item, 1)
        if not _is_extent(size) or not _is_extent(count):
            return None
        if runs and runs[-1][0] == size:
            count += runs.pop()[1]
        runs.append((size, count))
    return tuple(runs) if sum(count for _, count in runs) <= MAX_LISTED else None


def _is_extent(value: Json) -> bool:
    return type(value) is int and value >= 1
