"""How is the array cut into chunks?

Source: Zarr v2 "chunks"; Zarr v3.1 "Chunk grids"; the ``rectilinear`` extension.
"""

from dataclasses import dataclass

from catalog.metadata.document import Json, as_object


@dataclass(frozen=True, slots=True)
class ChunkGrid:
    """The grid that cuts an array into chunks.

    Attributes
    ----------
    name
        ``regular``, ``rectilinear`` or the extension's name.
    chunk_shape
        Elements of one chunk along each dimension; None where the grid is not regular or is not valid.
    """

    name: str
    chunk_shape: tuple[int, ...] | None


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
    shape = as_object(grid.get("configuration")).get("chunk_shape")
    return ChunkGrid(name, parse_shape(shape, least=1) if name == "regular" else None)
