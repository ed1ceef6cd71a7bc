"""Which positions do points mean whose columns hold what an axis stands for: labels, dates, names, places in world units?

Each label is looked up once, however many points have it, by the rules of a selection by labels.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.bridge.answer import resolve_part
from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.axis_request import AxisRequest, Label, LabelAt
from catalog.bridge.image_facts import ImageFacts
from catalog.bridge.part import Labels, axis_names
from catalog.bridge.point_places import Columns, Places, Values, columns_of, is_missing, pixels_along, positions_along
from catalog.bridge.selection import find_axis
from catalog.errors import InputError
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import Iris


def find_places(
    store: GraphStore,
    ref: ArrayRef,
    points: npt.ArrayLike | Columns,
    *,
    iris: Iris,
    labels: Labels,
    axes: Collection[str] | None = None,
    tolerance: float | None = None,
) -> tuple[Places, tuple[str, ...]]:
    """The positions of points, and notes on how they were found.

    Parameters
    ----------
    points
        As `catalog.bridge.points.sample` takes them.
    labels
        Looks labels up.
    axes
        The axes whose columns hold labels; None: all. There a number is a place in world units where the graph states a scale,
        and else, like texts and dates, a label of the axis' coordinate, or the name of a channel. Other columns hold positions.
    tolerance
        None: a label has to be there; else the nearest is taken that is at most so far away, in the coordinate's unit.

    Returns
    -------
    numpy.ndarray
        Shape (points, dimensions).
    tuple of str
        Notes.

    Raises
    ------
    InputError
        As `catalog.bridge.points.sample`; or a label is missing, not there, or there more than once. The point is named.
    CatalogError
        What reading a coordinate can cause.
    """
    samplings = {each.position: each for each in ImageFacts(store, iris).samplings([ref.iri]).get(ref.iri, ())}
    names = axis_names(ref, tuple(samplings.values()))
    count, columns = columns_of(ref, points, tuple(samplings.values()))
    chosen = range(len(names)) if axes is None else {find_axis(AxisRequest(axis, 0, offset=-1), names) for axis in axes}
    found: list[Places] = []
    notes: list[str] = []
    for axis, (name, column) in enumerate(zip(names, columns, strict=True)):
        called = name or f"dim{axis}"

        def look(values: Sequence[Label], axis: int = axis, called: str = called) -> tuple[Sequence[int], tuple[str, ...]]:
            part = resolve_part(store, ref, {called: LabelAt(tuple(values), tolerance)}, iris=iris, labels=labels)
            return part.selection.axes[axis].elements, part.notes

        if axis not in chosen:
            found.append(positions_along(ref, axis, column))
        elif axis in samplings and column.dtype.kind in "iuf":
            found.append(pixels_along(ref, axis, column, samplings[axis]))
            notes.append(f"{called}: world units, pixel ⌊(value - translation) / scale⌋")
        else:
            places, said = _looked_up(_plain(called, column), look)
            found.append(places)
            notes.extend(said)
    return np.stack(found, axis=1) if found else np.empty((count, 0), np.int64), tuple(notes)


def _plain(axis: str, column: Values) -> list[Label]:
    """The labels of a column as texts and numbers of Python."""
    if column.dtype.kind == "M":
        missing = np.isnat(column)
        values: list[Any] = np.datetime_as_string(column.astype("datetime64[us]")).tolist()
    else:
        values = [value.isoformat() if hasattr(value, "isoformat") else value for value in column.tolist()]
        missing = np.array([is_missing(value) or value == "NaT" for value in values], dtype=bool)
    if missing.any():
        raise InputError(f"point {int(missing.argmax())} has no value for {axis!r}: give a label")
    for row, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InputError(f"point {row}: {value!r:.40} is no label for {axis!r}; a text, number or date is allowed")
    return values


def _looked_up(
    values: list[Label], look: Callable[[Sequence[Label]], tuple[Sequence[int], tuple[str, ...]]]
) -> tuple[Places, tuple[str, ...]]:
    """The positions of labels, each looked up once."""
    look(())  # there may be no coordinate at all, which is not a fault of one point
    distinct = list(dict.fromkeys(values))
    try:
        positions, notes = look(distinct)
    except InputError:
        bad, error = _first_refused(distinct, look)
        raise InputError(f"point {values.index(bad)}: {error}") from error
    known = dict(zip(distinct, positions, strict=True))
    return np.array([known[value] for value in values], dtype=np.int64), notes


def _first_refused(labels: list[Label], look: Callable[[Sequence[Label]], Any]) -> tuple[Label, InputError]:
    """The first of some labels that is refused, found by halving, and the error."""
    fine, refused = 0, len(labels)
    error = InputError("a label is refused")
    while refused > fine:
        middle = (fine + refused) // 2 if refused - fine > 1 else refused
        try:
            look(labels[fine:middle])
        except InputError as found:
            error = found
            if middle - fine == 1:
                break
            refused = middle
        else:
            fine = middle
    return labels[min(fine, len(labels) - 1)], error
