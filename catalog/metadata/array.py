"""What is an array?"""

from dataclasses import dataclass
from functools import cached_property

from catalog.metadata.document import Json
from catalog.metadata.group import node_digest
from catalog.metadata.layout import Layout
from catalog.metadata.readable import fault_of_array

_NAME_TYPES = frozenset({str, type(None)})


@dataclass
class Array:
    """A node that holds elements. Nobody changes one; a frozen class is not used only because it takes long to make.

    Attributes
    ----------
    path
        Path below the root, without a leading ``/``; ``""`` where the array is the whole hierarchy.
    shape
        Elements along each dimension; integers ≥ 0 of any size, ``()`` for a scalar.
    layout
        What it shares with other arrays.
    dimension_names
        One per dimension, None where a dimension has none. From ``dimension_names`` (v3), else from the attribute
        ``_ARRAY_DIMENSIONS`` that xarray writes.
    attributes
        The user's attributes.
    """

    path: str
    shape: tuple[int, ...]
    layout: Layout
    dimension_names: tuple[str | None, ...]
    attributes: dict[str, Json]

    @property
    def zarr_format(self) -> int:
        """2 or 3."""
        return self.layout.zarr_format

    @cached_property
    def digest(self) -> str:
        """sha256 over what the array's documents say, 64 hex digits; the same for every route to them."""
        return node_digest("array", self.layout.digest, self.shape, self.dimension_names, self.attributes)

    @property
    def obstacle(self) -> str | None:
        """Why its chunks cannot be planned, or None."""
        return self.layout.chunk_grid.fault_for(self.shape) or self.layout.obstacle

    @property
    def unreadable(self) -> str | None:
        """Why its values cannot be read here, or None."""
        return self.layout.unreadable or fault_of_array(self.shape, self.layout.chunk_grid)


def parse_dimension_names(names: Json, attributes: dict[str, Json], rank: int) -> tuple[str | None, ...] | None:
    """The names of ``rank`` dimensions; None where names are given but do not fit.

    Source: Zarr v3.1 "dimension_names"; xarray "Zarr encoding specification" for ``_ARRAY_DIMENSIONS``.
    """
    if names is None:
        names = attributes.get("_ARRAY_DIMENSIONS")
        return tuple(names) if _fits(names, rank) else (None,) * rank
    return tuple(names) if _fits(names, rank) else None


def _fits(names: Json, rank: int) -> bool:
    if not isinstance(names, list) or len(names) != rank:
        return False
    return _NAME_TYPES.issuperset(map(type, names))
