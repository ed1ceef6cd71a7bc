"""What is the maximum, the mean or the spread along an axis? Read block by block where a whole read would not fit.

Blocks are cut along one of the axes that go away, at the borders of chunks, so that every chunk is read once. Numbers are
combined as NumPy does: a NaN makes a NaN, integers add up to 64 bits, means and spreads of floating-point numbers are
reckoned with 64 bits. Fill values and missing values count like any other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce as fold
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.chunk_plan import plan_chunks
from catalog.bridge.coordinates import Reading
from catalog.bridge.limits import check_limits
from catalog.bridge.read import read_array
from catalog.bridge.selection import AxisSelection, Selection
from catalog.errors import InputError

Values = npt.NDArray[Any]

BLOCK_BYTES: Final = 64 * 2**20
"""What is held of an array at a time, where chunks are no larger."""
REDUCTIONS: Final = ("max", "min", "sum", "mean", "std", "var", "median", "any", "all")
_COMBINED: Final = frozenset(REDUCTIONS) - {"median"}
_NO_LIMIT: Final = 2**62


@dataclass(frozen=True, slots=True)
class Reduction:
    """One step.

    Attributes
    ----------
    name
        One of `REDUCTIONS`.
    axes
        Names of the axes that go away, or their positions as ``dimN``; none: all of them.
    """

    name: str
    axes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.axes)})"


def to_steps(steps: Sequence[tuple[str, Sequence[str]]]) -> tuple[Reduction, ...]:
    """Reductions as a record has them: name and axes of each.

    Raises
    ------
    InputError
        One has no such name.
    """
    for name, _ in steps:
        if name not in REDUCTIONS:
            raise InputError(f"{name!r} is no reduction; allowed are {', '.join(REDUCTIONS)}")
    return tuple(Reduction(name, tuple(axes)) for name, axes in steps)


def axes_left(reductions: Sequence[Reduction], names: Sequence[str]) -> list[str]:
    """The names of the axes that are left after reductions.

    Raises
    ------
    InputError
        An axis is not there, or no longer.
    """
    left = list(names)
    for reduction in reductions:
        positions = find_positions(reduction, left)
        left = [name for at, name in enumerate(left) if at not in positions]
    return left


def find_positions(reduction: Reduction, names: Sequence[str]) -> tuple[int, ...]:
    """Which of the axes that are left a reduction takes away.

    Parameters
    ----------
    names
        Of the axes that are left, ``dimN`` where one has no name.

    Raises
    ------
    InputError
        There is no such axis, or it is given twice.
    """
    if not reduction.axes:
        return tuple(range(len(names)))
    for axis in reduction.axes:
        if list(names).count(axis) != 1:
            left = ", ".join(names) or "there are none"
            raise InputError(f"{reduction.name} is asked along {axis!r}; the axes that are left: {left}")
    positions = tuple(sorted(list(names).index(axis) for axis in reduction.axes))
    if len(set(positions)) < len(positions):
        raise InputError(f"{reduction.name} names an axis twice: {', '.join(reduction.axes)}")
    return positions


def kept_names(ref: ArrayRef, selection: Selection) -> list[str]:
    """The names of the axes of a part, before reductions, as `ArrayRef.axes` has them."""
    return [name for name, axis in zip(ref.axes, selection.axes, strict=True) if axis.kept]


def reduced_axes(
    ref: ArrayRef, selection: Selection, reductions: Sequence[Reduction]
) -> tuple[list[tuple[str, tuple[str, ...]]], list[str]]:
    """Name and axes of each reduction, no axis left unsaid, and the axes that are left in the end; errors as `axes_left`."""
    left, steps = kept_names(ref, selection), []
    for reduction in reductions:
        after = axes_left([reduction], left)
        steps.append((reduction.name, tuple(name for name in left if name not in after)))
        left = after
    return steps, left


def reduce_array(ref: ArrayRef, selection: Selection, reductions: Sequence[Reduction], reading: Reading) -> Values:
    """The values that are left after reductions, in their order.

    Raises
    ------
    InputError
        An axis is not there, or the reduction does not go with the data type or with no elements.
    LimitExceededError
        The chunks are too many, or what is left, or a block, is too large.
    CatalogError
        As `read_array`.
    """
    first, rest, names = reductions[0], reductions[1:], kept_names(ref, selection)
    positions = find_positions(first, names)
    kept = [at for at, axis in enumerate(selection.axes) if axis.kept]
    axes = [kept[position] for position in positions]
    values = _first(ref, selection, first, axes, positions, reading)
    left = [name for position, name in enumerate(names) if position not in positions]
    for reduction in rest:
        positions = find_positions(reduction, left)
        values = _told(reduction, values.dtype, _whole(reduction.name, positions), values)
        left = [name for position, name in enumerate(left) if position not in positions]
    return values


def _first(
    ref: ArrayRef, selection: Selection, first: Reduction, axes: Sequence[int], positions: tuple[int, ...], reading: Reading
) -> Values:
    plan = plan_chunks(ref.array, selection)
    check_limits(plan, replace(reading.limits, max_result_bytes=_NO_LIMIT))
    at_once = min(BLOCK_BYTES, reading.limits.max_result_bytes)
    blocks = list(_blocks(ref, selection, axes, at_once)) if first.name in _COMBINED and selection.size else [selection]

    def read() -> Iterator[Values]:
        for number, block in enumerate(blocks):
            check = reading.check if number == 0 else "never"
            yield read_array(
                ref, block, limits=reading.limits, check=check, access=reading.access, log=reading.log, tell=reading.tell
            )

    if len(blocks) == 1:
        values = next(read())
        return _told(first, values.dtype, _whole(first.name, positions), values)
    return _told(first, None, lambda each: _combined(first.name, each, positions), read())


def _told(reduction: Reduction, dtype: "np.dtype[Any] | None", work: Callable[[Any], Any], given: Any) -> Values:
    """The outcome; what NumPy refuses is the caller's mistake."""
    if dtype is not None and dtype.kind not in "biufcmM":
        raise InputError(f"{reduction.name} needs numbers, and the elements are {dtype}")
    try:
        return np.asarray(work(given))
    except (TypeError, ValueError) as error:
        raise InputError(f"{reduction.name} cannot be reckoned here: {error}") from error


def _whole(name: str, positions: tuple[int, ...]) -> Callable[[Values], Any]:
    """The reduction of values that are all there."""
    return lambda values: getattr(np, name)(values, axis=positions)


def _blocks(ref: ArrayRef, selection: Selection, axes: Sequence[int], at_once: int) -> Iterator[Selection]:
    """The selection in pieces along one of the axes, cut where chunks end."""
    extents = ref.array.layout.chunk_grid.chunk_shape
    item = ref.array.layout.data_type.item_size
    size = selection.size * (item or 1)
    usable = [at for at in axes if selection.axes[at].positions is None and selection.axes[at].count > 1]
    if item is None or extents is None or size <= at_once or not usable:
        yield selection
        return
    at = max(usable, key=lambda each: selection.axes[each].count)
    axis, extent = selection.axes[at], extents[at]
    per_chunk = max(extent // axis.step, 1)
    chunks = max(int(at_once // max(size // axis.count * per_chunk, 1)), 1)
    begin = 0
    while begin < axis.count:
        border = ((axis.start + begin * axis.step) // extent + chunks) * extent  # where the last chunk of the block ends
        end = min(axis.count, -((axis.start - border) // axis.step))
        end = max(end, begin + 1)
        piece = AxisSelection(axis.start + begin * axis.step, axis.step, end - begin)
        yield Selection((*selection.axes[:at], piece, *selection.axes[at + 1 :]))
        begin = end


def _combined(name: str, blocks: Iterator[Values], axes: tuple[int, ...]) -> Values:
    """The reduction over all blocks, each of which is let go once it is counted."""
    if name in {"mean", "std", "var"}:
        return _moments(name, blocks, axes)
    combine: Callable[[Any, Any], Any] = {
        "max": np.maximum,
        "min": np.minimum,
        "sum": np.add,
        "any": np.logical_or,
        "all": np.logical_and,
    }[name]
    return np.asarray(fold(combine, (getattr(np, name)(_numeric(block), axis=axes) for block in blocks)))


def _numeric(block: Values) -> Values:
    if block.dtype.kind not in "biufcmM":
        raise TypeError(f"the elements are {block.dtype}")
    return block


def _moments(name: str, blocks: Iterator[Values], axes: tuple[int, ...]) -> Values:
    """Mean and spread from those of the blocks.

    Source: Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance".
    """
    count, dtype = 0, np.dtype(np.float64)
    mean: Any = 0.0
    spread: Any = 0.0
    for block in blocks:
        wide = _numeric(block).astype(np.complex128 if block.dtype.kind == "c" else np.float64, copy=False)
        dtype = np.mean(block[(slice(0, 1),) * block.ndim]).dtype
        size = int(np.prod([block.shape[axis] for axis in axes]))
        own = wide.mean(axis=axes)
        inside = (np.abs(wide - np.expand_dims(own, axes)) ** 2).sum(axis=axes)
        delta = own - mean
        spread = spread + inside + np.abs(delta) ** 2 * (count * size / (count + size))
        mean = mean + delta * (size / (count + size))
        count += size
    if name == "mean":
        return np.asarray(mean).astype(dtype)
    variance = spread / count
    return np.asarray(np.sqrt(variance) if name == "std" else variance).astype(np.abs(np.zeros((), dtype)).dtype)
