"""Which values does an array have at many points?

Points are a pandas frame, of which the columns that are called like axes count; a mapping of axes to columns; or a NumPy array of
shape (points, axes).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.client.recorded import Result
from catalog.client.session import Session
from catalog.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from catalog.bridge.part import Part
    from catalog.services.provenance import Reading


class Samples(Result):
    """The values at points, in their order, and the points; `ArrayItem.sample` gives them.

    Attributes
    ----------
    places
        The positions of the points in the array: shape (points, dimensions).
    notes
        By which rule labels and world units became positions.
    """

    def __init__(
        self, session: Session, reading: "Reading", places: "np.ndarray[Any, Any]", points: Any, started: str, query: str
    ) -> None:
        super().__init__(session, [reading], started, query)
        self.places, self.notes = places, reading.notes
        self._points, self._name = points, reading.ref.path.rpartition("/")[2] or "values"

    def to_pandas(self) -> Any:
        """A frame of the points as they were given, all columns and the index too, and their values.

        The column of values is called like the array, or ``values``; with ``_value`` after it where a column is called so.

        Raises
        ------
        InputError
            pandas is not installed.
        """
        from catalog.bridge.results.extras import need

        pandas = need("pandas", "pandas")
        frame = self._points.copy() if is_frame(self._points) else pandas.DataFrame(self._points)
        name = self._name
        while name in frame.columns:
            name = f"{name}_value"
        frame[name] = self.values
        return frame


def is_frame(points: Any) -> bool:
    """Whether points are a frame: columns by name, with an index."""
    return hasattr(points, "columns") and hasattr(points, "index") and not isinstance(points, Mapping)


def sample(
    session: Session,
    part: "Part",
    points: Any,
    *,
    labels: bool | Sequence[str] = False,
    tolerance: float | None = None,
    query: str = "",
) -> Samples:
    """The values at points; arguments and errors as `ArrayItem.sample`.

    Parameters
    ----------
    part
        The array. Axes from which one element was selected have that one for all points; all others have to be whole.
    """
    from catalog.bridge.image_facts import ImageFacts
    from catalog.bridge.part import axis_names
    from catalog.bridge.point_labels import find_places
    from catalog.services.provenance import now
    from catalog.services.recorded import read_places

    started = now()
    if isinstance(labels, str):
        raise InputError(f"labels is {labels!r}: True for all axes, or a list of axes, is allowed")
    how = session.reading()
    with session.asking() as (store, iris):
        names = axis_names(part.ref, ImageFacts(store, iris).samplings([part.ref.iri]).get(part.ref.iri, ()))
        fixed = _fixed(part)
        given = _columns(points, names, fixed)
        free = [f"dim{axis}" for axis in range(len(names)) if axis not in fixed]
        places, notes = find_places(
            store,
            part.ref,
            given,
            iris=iris,
            labels=session.labels((store, iris)),
            axes=free if labels is True else tuple(labels or ()),
            tolerance=tolerance,
        )
    reading = read_places(part.ref, places, how, (*part.notes, *notes))
    kept = [names[axis] or f"dim{axis}" for axis in range(len(names)) if axis not in fixed]
    shown = points if is_frame(points) or isinstance(points, Mapping) else dict(zip(kept, _table_columns(points), strict=True))
    return Samples(session, reading, places, shown, started, query)


def _table_columns(points: Any) -> list[Any]:
    """The columns of a table of points."""
    import numpy as np

    return list(np.asarray(points).T)


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


def _columns(points: Any, names: Sequence[str | None], fixed: Mapping[int, int]) -> dict[str, Any]:
    """One column for each axis, those that are fixed among them."""
    import numpy as np

    if is_frame(points):
        known = {name for name in names if name is not None} | {f"dim{axis}" for axis in range(len(names))}
        columns = {name: points[name] for name in points.columns if name in known}
        count = len(points)
    elif isinstance(points, Mapping):
        columns = dict(points)
        count = max((len(column) for column in columns.values()), default=0)
    else:
        table = np.asarray(points)
        free = [axis for axis in range(len(names)) if axis not in fixed]
        if table.ndim != 2 or table.shape[1] != len(free):
            raise InputError(f"the points have the shape {table.shape}; (points, {len(free)}) is needed")
        columns = {f"dim{axis}": column for axis, column in zip(free, table.T, strict=True)}
        count = len(table)
    return {**columns, **{f"dim{axis}": np.full(count, at) for axis, at in fixed.items()}}
