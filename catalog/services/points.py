"""Which values does an array have at points, wherever these come from: a frame, a table, a file, or the answer of a query?

Axes of the array from which one element was selected need no column: all points have that one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from catalog.errors import InputError
from catalog.graphstore.bindings import Bindings

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.bridge.coordinates import Reading as How
    from catalog.bridge.part import Labels, Part
    from catalog.bridge.point_labels import Kinds
    from catalog.bridge.point_places import Places
    from catalog.graphstore.door import GraphStore
    from catalog.rdf.iris import Iris
    from catalog.services.provenance import Reading

_NAME: Final = re.compile(r"0[0-9]")


@dataclass(frozen=True)
class Placed:
    """Points of an array, and where they are.

    Attributes
    ----------
    part
        The array.
    places
        Their positions, shape (points, dimensions).
    columns
        The points as they were given: axis → column, without axes of which one element was selected.
    notes
        How labels and world units became positions.
    """

    part: "Part"
    places: "Places"
    columns: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PointWish:
    """How points are meant.

    Attributes
    ----------
    kinds
        What the columns hold, as `catalog.bridge.point_labels.find_places` takes it.
    tolerance
        How far the nearest label may be away, likewise.
    """

    kinds: "Kinds" = "position"
    tolerance: Any = None


DEFAULT_WISH = PointWish()


class PointFinder:
    """Finds the positions of points in one array.

    Parameters
    ----------
    store, iris
        The graph store of the caller's audience, and the IRIs of its deployment.
    part
        The array. Axes from which one element was selected have that one for all points; all others have to be whole.
    labels
        Looks labels up.
    wish
        How the points are meant.

    Raises
    ------
    InputError
        An axis was selected in part.
    """

    def __init__(self, store: "GraphStore", iris: "Iris", part: "Part", labels: "Labels", wish: PointWish = DEFAULT_WISH) -> None:
        from catalog.bridge.image_facts import ImageFacts  # noqa: PLC0415
        from catalog.bridge.part import axis_names  # noqa: PLC0415  NumPy takes its time

        self._store, self._iris, self._part, self._labels, self._wish = store, iris, part, labels, wish
        self.names = axis_names(part.ref, ImageFacts(store, iris).samplings([part.ref.iri]).get(part.ref.iri, ()))
        self._fixed = _fixed(part)

    @property
    def free(self) -> list[str]:
        """The axes that points have a column for, in order; ``dimN`` where one has no name."""
        return [self.names[axis] or f"dim{axis}" for axis in self._open]

    @property
    def _open(self) -> list[int]:
        return [axis for axis in range(len(self.names)) if axis not in self._fixed]

    def of_table(self, points: Any) -> Placed:
        """Points as an array of shape (points, axes); errors as `of_columns`."""
        import numpy as np  # noqa: PLC0415

        table = np.asarray(points)
        if table.ndim != 2 or table.shape[1] != len(self.free):
            raise InputError(f"the points have the shape {table.shape}; (points, {len(self.free)}) is needed")
        placed = self.of_columns({f"dim{axis}": column for axis, column in zip(self._open, table.T, strict=True)})
        return replace(placed, columns=dict(zip(self.free, table.T, strict=True)))

    def of_rows(self, rows: Sequence[Sequence[Any]]) -> Placed:
        """Points as lists of values, one for each axis, texts among them; errors as `of_columns`."""
        wrong = next((number for number, row in enumerate(rows) if len(row) != len(self.free)), None)
        if wrong is not None:
            raise InputError(f"point {wrong} has {len(rows[wrong])} values; {len(self.free)} are needed: {', '.join(self.free)}")
        columns = [[row[at] for row in rows] for at in range(len(self.free))]
        placed = self.of_columns({f"dim{axis}": column for axis, column in zip(self._open, columns, strict=True)})
        return replace(placed, columns=dict(zip(self.free, columns, strict=True)))

    def of_file(self, path: "Path") -> Placed:
        """Points in a CSV file: columns that are called like axes count; errors as `of_columns`, or the file cannot be read."""
        from catalog.bridge.points_file import read_points  # noqa: PLC0415

        return self.of_texts(read_points(path, self.names))

    def of_lines(self, lines: Iterable[str], what: str = "the table") -> Placed:
        """Points as lines of CSV: columns that are called like axes count; errors as `of_columns`."""
        from catalog.bridge.points_file import parse_points  # noqa: PLC0415

        return self.of_texts(parse_points(lines, self.names, what))

    def of_answer(self, bindings: Bindings) -> Placed:
        """Points as solutions of a query: columns that are called like axes count; errors as `of_columns`."""
        known = {name for name in self.names if name is not None} | {f"dim{axis}" for axis in range(len(self.names))}
        columns = {name: bindings.values(name) for name in bindings.columns if name in known}
        if not columns:
            asked, there = ", ".join(f"?{name}" for name in self.free), ", ".join(f"?{name}" for name in bindings.columns)
            raise InputError(f"the answer has no column that is called like an axis: {asked or 'there are none'}; it has {there}")
        return self.of_texts(columns)

    def of_texts(self, texts: Mapping[str, Sequence[str | None]]) -> Placed:
        """Points whose columns are texts; errors as `of_columns`."""
        from catalog.bridge.point_labels import typed_columns  # noqa: PLC0415

        typed = typed_columns(self._store, self._part.ref, texts, self._iris, self._wish.kinds)
        return replace(self.of_columns(typed), columns={name: _shown(column, name) for name, column in texts.items()})

    def of_columns(self, columns: Mapping[str, Any]) -> Placed:
        """Points whose columns are numbers, texts or dates.

        Raises
        ------
        InputError
            As `catalog.bridge.point_labels.find_places`.
        CatalogError
            What reading a coordinate can cause.
        """
        import numpy as np  # noqa: PLC0415

        from catalog.bridge.point_labels import find_places  # noqa: PLC0415

        count = max((len(column) for column in columns.values()), default=0)
        given = {**columns, **{f"dim{axis}": np.full(count, at) for axis, at in self._fixed.items()}}
        places, notes = find_places(
            self._store,
            self._part.ref,
            given,
            iris=self._iris,
            labels=self._labels,
            kinds=self._kinds(),
            tolerance=self._wish.tolerance,
        )
        return Placed(self._part, places, dict(columns), (*self._part.notes, *notes))

    def _kinds(self) -> "Kinds":
        """The kind of each axis; of those with one element that is its position."""
        kinds = self._wish.kinds
        return kinds if isinstance(kinds, Mapping) else {f"dim{axis}": kinds for axis in self._open}


def check_recordable(placed: Placed) -> str:
    """Refuse points that no record can name, before they are read; the text by which one names these comes back.

    Raises
    ------
    LimitExceededError
        There are too many.
    InputError
        The array has no axes.
    """
    from catalog.bridge.canonical_text import points_text  # noqa: PLC0415
    from catalog.bridge.point_places import selection_of  # noqa: PLC0415

    ref = placed.part.ref
    return points_text(selection_of(ref, placed.places), ref.array.dimension_names)


def read_placed(placed: Placed, how: "How") -> "Reading":
    """The value at each of the points; errors as `catalog.bridge.points.sample`."""
    from catalog.services.recorded import read_places  # noqa: PLC0415

    return read_places(placed.part.ref, placed.places, how, placed.notes)


def _shown(texts: Sequence[str | None], name: str) -> Any:
    """A column as it is shown beside the values: as numbers where all are, and none is a name such as ``007``."""
    from catalog.bridge.point_places import numbers_of  # noqa: PLC0415

    try:
        if not any(text and _NAME.match(text) for text in texts):
            return numbers_of(texts, name)
    except InputError:
        pass
    return ["" if text is None else text for text in texts]


def _fixed(part: "Part") -> dict[int, int]:
    """The axes from which one element was selected, and which."""
    fixed = {}
    for axis, (chosen, size) in enumerate(zip(part.selection.axes, part.ref.array.shape, strict=True)):
        if not chosen.kept:
            fixed[axis] = chosen.elements[0]
        elif chosen.positions is not None or chosen.flipped or (chosen.start, chosen.step, chosen.count) != (0, 1, size):
            name = part.ref.array.dimension_names[axis] or f"dim{axis}"
            raise InputError(
                f"a part of the axis {name!r} is selected, and points count from its beginning: sample the whole axis,"
                " or select one element of it"
            )
    return fixed
