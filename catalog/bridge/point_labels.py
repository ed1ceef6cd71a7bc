"""Which positions do points mean whose columns hold what an axis stands for: labels, dates, names, places in world units?

Each label is looked up once, however many points have it, by the rules of a selection by labels.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast

import numpy as np
import numpy.typing as npt

from catalog.bridge.answer import resolve_part
from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.axis_request import AxisRequest, Label, LabelAt, Tolerance, parse_by_axis
from catalog.bridge.image_facts import ImageFacts
from catalog.bridge.part import CHANNEL_AXES, Labels, axis_names
from catalog.bridge.point_places import (
    Columns,
    Places,
    Values,
    columns_of,
    is_missing,
    numbers_of,
    pixels_along,
    positions_along,
)
from catalog.bridge.selection import find_axis
from catalog.bridge.tolerance import tolerances_of
from catalog.errors import InputError
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import Iris

Kind = Literal["position", "label", "world"]
Kinds = Kind | Mapping[str, Kind]
"""What the numbers and texts of columns are: of all, or of the axes that are named; those of others are positions."""
KINDS: Final = ("position", "label", "world")


def parse_kinds(text: str) -> Kinds:
    """What a text says of columns: ``label`` of all, or ``time=label,x=world``; others hold positions.

    Raises
    ------
    InputError
        It names another kind, or an axis twice.
    """
    if "=" not in text:
        return _kind(text)
    refusal = f"points are in {text[:80]!r}: give a kind, or AXIS=KIND for each axis once, joined by commas"
    return parse_by_axis(text, _kind, refusal)


def _kind(text: str) -> Kind:
    kind = text.strip()
    if kind == "pixel":
        return "position"
    if kind not in KINDS:
        raise InputError(f"points are in {kind[:40]!r}; {', '.join(KINDS)} is allowed")
    return cast("Kind", kind)


def find_places(
    store: GraphStore,
    ref: ArrayRef,
    points: npt.ArrayLike | Columns,
    *,
    iris: Iris,
    labels: Labels,
    kinds: Kinds = "label",
    tolerance: Any = None,
) -> tuple[Places, tuple[str, ...]]:
    """The positions of points, and notes on how they were found.

    Parameters
    ----------
    points
        As `catalog.bridge.points.sample` takes them.
    labels
        Looks labels up.
    kinds
        What the columns hold. ``world``: places in the unit of the axis. ``label``: numbers in world units where the graph states
        a scale, and else, like texts and dates, labels of the axis' coordinate, or names of channels.
    tolerance
        None: a label has to be there; else the nearest is taken that is at most so far away. For all axes with labels, or a
        mapping of some of them, as `catalog.bridge.tolerance.tolerances_of` takes it.

    Returns
    -------
    numpy.ndarray
        Shape (points, dimensions).
    tuple of str
        Notes.

    Raises
    ------
    InputError
        As `catalog.bridge.points.sample`; or a label is missing, not there, or there more than once: the point is named. Or a
        kind or tolerance is given for an axis that there is not, or that has no labels.
    CatalogError
        What reading a coordinate can cause.
    """
    known = ImageFacts(store, iris).samplings([ref.iri]).get(ref.iri, ())
    samplings = {each.position: each for each in known}
    names = axis_names(ref, known)
    kinds_of = _kinds_of(kinds, names)
    reach = _tolerances(tolerance, names, kinds_of)
    count, columns = columns_of(ref, points, known)
    found: list[Places] = []
    notes: list[str] = []
    for axis, (name, column) in enumerate(zip(names, columns, strict=True)):
        called = name or f"dim{axis}"

        def look(values: Sequence[Label], axis: int = axis, called: str = called) -> tuple[Sequence[int], tuple[str, ...]]:
            part = resolve_part(store, ref, {called: LabelAt(tuple(values), reach.get(axis))}, iris=iris, labels=labels)
            return part.selection.axes[axis].elements, part.notes

        if kinds_of[axis] == "position":
            found.append(positions_along(ref, axis, column))
        elif kinds_of[axis] == "world" or (axis in samplings and column.dtype.kind in "iuf"):
            found.append(pixels_along(ref, axis, column, samplings.get(axis)))
            notes.append(f"{called}: world units, pixel ⌊(value - translation) / scale⌋")
        else:
            places, said = _looked_up(_plain(called, column), look)
            found.append(places)
            notes.extend(said)
    return np.stack(found, axis=1) if found else np.empty((count, 0), np.int64), tuple(notes)


def typed_columns(
    store: GraphStore, ref: ArrayRef, texts: Mapping[str, Sequence[str | None]], iris: Iris, kinds: Kinds
) -> Columns:
    """Columns of texts, as files and answers have them, as `find_places` takes them: numbers where positions or places are meant.

    Labels stay texts, for ``2020`` is a year and no number of days. So do names of channels.

    Raises
    ------
    InputError
        A text is no number, or an axis or kind is none.
    """
    samplings = ImageFacts(store, iris).samplings([ref.iri]).get(ref.iri, ())
    names = axis_names(ref, samplings)
    kinds_of = _kinds_of(kinds, names)
    scaled = {each.position for each in samplings if names[each.position] not in CHANNEL_AXES}
    found: dict[str, Any] = {}
    for called, column in texts.items():
        axis = find_axis(AxisRequest(called, 0, offset=-1), names)
        numeric = kinds_of[axis] != "label" or axis in scaled
        found[called] = numbers_of(column, called) if numeric else np.array(column, dtype=object)
    return found


def _kinds_of(kinds: Kinds, names: Sequence[str | None]) -> list[Kind]:
    """The kind of each axis."""
    if isinstance(kinds, str):
        return [_kind(kinds)] * len(names)
    found: list[Kind] = ["position"] * len(names)
    for axis, kind in kinds.items():
        found[find_axis(AxisRequest(axis, 0, offset=-1), names)] = _kind(kind)
    return found


def _tolerances(given: Any, names: Sequence[str | None], kinds: Sequence[Kind]) -> dict[int, Tolerance]:
    """The tolerance of each axis whose column holds labels."""
    called = {name or f"dim{axis}": axis for axis, name in enumerate(names) if kinds[axis] == "label"}
    if isinstance(given, Mapping):
        numbered = {f"dim{axis}": name for name, axis in called.items()}
        given = {numbered.get(axis, axis): value for axis, value in given.items()}
    return {called[axis]: value for axis, value in tolerances_of(given, list(called)).items()}


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
