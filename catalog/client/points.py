"""Which values does an array have at many points?

Points are a pandas frame, of which the columns that are called like axes count; a mapping of axes to columns; or a NumPy array of
shape (points, axes).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.client.recorded import Result
from catalog.client.results import stands_for, stated
from catalog.client.session import Session
from catalog.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from catalog.bridge.part import Part
    from catalog.bridge.point_labels import Kinds
    from catalog.services.points import Placed
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

    def __init__(self, session: Session, reading: "Reading", placed: "Placed", points: Any, started: str, query: str) -> None:
        super().__init__(session, [reading], started, query)
        self.places: np.ndarray[Any, Any] = placed.places
        self.notes, self._given = reading.notes, placed.columns
        self._points, self._name = points, reading.ref.path.rpartition("/")[2] or "values"

    def _columns(self) -> Mapping[str, Any]:
        return self._given

    def to_pandas(self) -> Any:
        """A frame of the points as they were given, all columns and the index too, and what their values mean, as `to_xarray`.

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
        [reading] = self._readings
        frame[name] = self.to_xarray().values if stands_for(stated(self._session, reading.ref)) else self.values
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
    tolerance: Any = None,
    query: str = "",
) -> Samples:
    """The values at points; arguments and errors as `ArrayItem.sample`.

    Parameters
    ----------
    part
        The array. Axes from which one element was selected have that one for all points; all others have to be whole.
    """
    from catalog.services.points import read_placed
    from catalog.services.provenance import now

    started = now()
    placed = find_points(session, part, points, labels, tolerance)
    reading = read_placed(placed, session.reading())
    return Samples(session, reading, placed, points if is_frame(points) else placed.columns, started, query)


def find_points(session: Session, part: "Part", points: Any, labels: bool | Sequence[str], tolerance: Any) -> "Placed":
    """Where points lie in an array; arguments and errors as `ArrayItem.sample`."""
    from catalog.services.points import PointFinder, PointWish

    if isinstance(labels, str):
        raise InputError(f"labels is {labels!r}: True for all axes, or a list of axes, is allowed")
    kinds: Kinds = dict.fromkeys(labels, "label") if not isinstance(labels, bool) else "label" if labels else "position"
    with session.asking() as (store, iris):
        finder = PointFinder(store, iris, part, session.labels((store, iris)), PointWish(kinds, tolerance))
        if is_frame(points):
            known = {name for name in finder.names if name is not None} | {f"dim{axis}" for axis in range(len(finder.names))}
            return finder.of_columns({name: points[name] for name in points.columns if name in known})
        return finder.of_columns(points) if isinstance(points, Mapping) else finder.of_table(points)
