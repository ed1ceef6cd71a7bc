"""Which elements of an array does a selection mean?

Positions are resolved here; `catalog.bridge.part` first turns world units and labels into positions, and
`catalog.bridge.selection_text` reads texts such as ``time=0:10,lat=5``.

Slices are half-open and clip at the array's ends, negative numbers count from the end, and steps may be negative: all as in
NumPy. An integer drops its axis and must be in range; so must each integer of a list. Lists and masks index each axis by itself
(orthogonally): two lists give every pair. Axes that are not named are taken whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from catalog.bridge.axis_request import AxisRequest, Mask, Positions
from catalog.bridge.selection_text import parse_selection, position_of, quote_axis, to_requests
from catalog.errors import InputError
from catalog.metadata.array import Array

__all__ = ["AxisRequest", "AxisSelection", "Selection", "parse_selection", "quote_axis", "resolve_selection", "select"]

_SHOWN_AXES: Final = 8
_SHOWN_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class AxisSelection:
    """Which elements along one axis, whatever the caller's spelling was.

    The elements ``start, start + step, …`` (``count`` of them) are read in ascending order; where ``positions`` are given, they
    are read instead, in their order.

    Attributes
    ----------
    start
        The lowest element, ≥ 0; 0 where there is none.
    step
        Distance between elements, ≥ 1.
    count
        How many, ≥ 0.
    flipped
        The caller wants them in descending order.
    kept
        False where an integer dropped the axis.
    positions
        The elements, each ≥ 0, where they do not follow one another at equal distances; else None. ``step`` is 1 then.
    """

    start: int
    step: int
    count: int
    flipped: bool = False
    kept: bool = True
    positions: tuple[int, ...] | None = None

    @property
    def last(self) -> int:
        """The highest element; one below ``start`` where there is none."""
        if self.positions is not None:
            return max(self.positions)
        return self.start + (self.count - 1) * self.step if self.count else self.start - 1

    @property
    def stop(self) -> int:
        """One beyond the highest element."""
        return self.last + 1

    @property
    def ascending(self) -> int | slice | tuple[int, ...]:
        """The index that reads these elements in ascending order; of ``positions``, the distinct ones."""
        if self.positions is not None:
            return tuple(sorted(set(self.positions)))
        return slice(self.start, self.stop, self.step) if self.kept else self.start

    @property
    def elements(self) -> Sequence[int]:
        """The elements in the caller's order; only of axes whose count is small is there a use for it."""
        if self.positions is not None:
            return self.positions
        found = range(self.start, self.stop, self.step)
        return found[::-1] if self.flipped else found


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of an array: one entry per dimension.

    A value; nothing in it depends on the text it came from.
    """

    axes: tuple[AxisSelection, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result; axes that an integer dropped are absent."""
        return tuple(axis.count for axis in self.axes if axis.kept)

    @property
    def size(self) -> int:
        """Elements in the result, of any size."""
        return prod(axis.count for axis in self.axes)

    @property
    def ascending(self) -> tuple[int | slice | tuple[int, ...], ...]:
        """Index that reads the elements in ascending order along each axis."""
        return tuple(axis.ascending for axis in self.axes)

    @property
    def flips(self) -> tuple[int, ...]:
        """Axes of the result that have to be reversed after an ascending read."""
        kept = [axis for axis in self.axes if axis.kept]
        return tuple(position for position, axis in enumerate(kept) if axis.flipped)

    @property
    def picked(self) -> bool:
        """Whether the elements along some axis do not follow one another at equal distances."""
        return any(axis.positions is not None for axis in self.axes)


def resolve_selection(
    requests: Sequence[AxisRequest], shape: tuple[int, ...], dimension_names: Sequence[str | None] = ()
) -> Selection:
    """Find what is asked for in an array.

    Parameters
    ----------
    requests
        At most one per axis, in any order.
    shape
        The array's shape.
    dimension_names
        One per dimension, None where it has none; may be empty where no dimension has a name.

    Raises
    ------
    InputError
        An axis is unknown, ambiguous or given twice, an integer is out of range, a mask has another length, or world units or
        labels are asked for, which positions alone do not tell; the message names what is allowed.
    """
    found = by_position(requests, tuple(dimension_names) or (None,) * len(shape))
    whole = slice(None)
    axes = (
        _axis_selection(found.get(position, AxisRequest(f"dim{position}", whole)), position, size)
        for position, size in enumerate(shape)
    )
    return Selection(tuple(axes))


def by_position(requests: Sequence[AxisRequest], names: Sequence[str | None]) -> dict[int, AxisRequest]:
    """Which axis each request means.

    Raises
    ------
    InputError
        An axis is unknown, ambiguous or given twice.
    """
    found: dict[int, AxisRequest] = {}
    for request in requests:
        position = find_axis(request, names)
        if position in found:
            twice = f"{found[position].where} and {request.where}"
            raise InputError(f"axis {position} is given twice, as {twice}: give each axis once")
        found[position] = request
    return found


def select(array: Array, parts: str | Mapping[str, Any] = "") -> Selection:
    """What a text or mapping means for an array; ``""`` is the whole of it.

    World units and labels need more than the array: `catalog.bridge.part.select_part` knows them.

    Raises
    ------
    InputError
        As `to_requests` and `resolve_selection`.
    """
    return resolve_selection(to_requests(parts), array.shape, array.dimension_names)


def find_axis(request: AxisRequest, names: Sequence[str | None]) -> int:
    """The position of the axis that is meant.

    Raises
    ------
    InputError
        It is unknown or ambiguous.
    """
    numbered = None if request.quoted else position_of(request.axis)
    if numbered is not None and numbered < len(names):
        return numbered
    positions = [position for position, name in enumerate(names) if name == request.axis]
    if len(positions) == 1:
        return positions[0]
    if positions:
        choice = ", ".join(f"dim{position}" for position in positions)
        raise InputError(f"the axis {request.where} is ambiguous: say which one by {choice}")
    raise InputError(f"there is no axis {request.where}; {_axes(names)}")


def _axes(names: Sequence[str | None]) -> str:
    """The axes there are, for a message."""
    if not names:
        return "the array is a scalar and has no axes"
    shown = [f"dim{at}{_or_name(name)}" for at, name in enumerate(names[:_SHOWN_AXES])]
    more = f", … dim{len(names) - 1}" if len(names) > _SHOWN_AXES else ""
    return f"the axes are {', '.join(shown)}{more}"


def _or_name(name: str | None) -> str:
    return "" if name is None or len(name) > _SHOWN_NAME or not name.isprintable() else f" or {quote_axis(name)}"


def _axis_selection(request: AxisRequest, position: int, size: int) -> AxisSelection:
    index = request.index
    if isinstance(index, int):
        return AxisSelection(_in_range(request, index, position, size), 1, 1, kept=False)
    if isinstance(index, Mask):
        if len(index.values) != size:
            raise InputError(f"the mask of {request.axis!r} has {len(index.values)} values; axis {position} has size {size}")
        return _from_positions(tuple(at for at, wanted in enumerate(index.values) if wanted))
    if isinstance(index, Positions):
        return _from_positions(tuple(_in_range(request, each, position, size) for each in index.values))
    if not isinstance(index, slice):
        raise InputError(f"the axis {request.where} is given in world units or labels; of this array only positions are known")
    start, stop, step = index.indices(size)
    # Counted by hand: len(range(…)) refuses what does not fit 63 bits, and a shape may hold more.
    count = max(0, -((start - stop) // step) if step > 0 else -((stop - start) // -step))
    if not count:
        return AxisSelection(0, 1, 0)
    if step > 0:
        return AxisSelection(start, step if count > 1 else 1, count)
    return AxisSelection(start + (count - 1) * step, -step if count > 1 else 1, count, flipped=count > 1)


def _in_range(request: AxisRequest, index: int, position: int, size: int) -> int:
    if not -size <= index < size:
        allowed = f"allowed are {-size} to {size - 1}" if size else "the axis has no elements"
        raise InputError(f"{request.axis!r} = {index} is out of range for axis {position}, which has size {size}: {allowed}")
    return index % size


def _from_positions(positions: tuple[int, ...]) -> AxisSelection:
    """The elements at these positions; at equal distances they are as good as a slice."""
    if not positions:
        return AxisSelection(0, 1, 0)
    if len(positions) == 1:
        return AxisSelection(positions[0], 1, 1)
    step = positions[1] - positions[0]
    if step and all(at == positions[0] + i * step for i, at in enumerate(positions)):
        return AxisSelection(min(positions), abs(step), len(positions), flipped=step < 0)
    return AxisSelection(min(positions), 1, len(positions), positions=positions)
