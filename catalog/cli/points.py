"""``get --points``, ``get --points-query``: the values at many points."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.bootstrap import open_reader
from catalog.cli.recorded import Saving, Wanted
from catalog.errors import InputError

if TYPE_CHECKING:
    from catalog.services.points import Placed
    from catalog.services.read import ReadOptions
    from catalog.settings import Settings


@dataclass(frozen=True, slots=True)
class Points:
    """Where points come from, and how they are meant.

    Attributes
    ----------
    file
        A CSV file.
    query
        A SELECT whose answer has a column for each axis.
    given_in, tolerance
        What the columns hold, and how far the nearest label may be away, as texts.
    level
        Which level of an image they are points of, likewise.
    """

    file: Path | None
    query: str
    given_in: str = ""
    tolerance: str = ""
    level: str = ""

    @property
    def wanted(self) -> bool:
        """Whether there are any."""
        return self.file is not None or bool(self.query)

    def check(self, *, alone: bool) -> None:
        """Refuse what does not go together; InputError says what.

        Parameters
        ----------
        alone
            Whether no query says which arrays are meant.
        """
        if self.wanted and not alone:
            raise InputError("points are of the array of an IRI, not of those of a --query")
        if self.file is not None and self.query:
            raise InputError("points come from a file or from a query: give --points or --points-query")
        if not self.wanted and (self.given_in or self.tolerance):
            raise InputError("--points-in and --tolerance are of points: give --points FILE.csv or --points-query")


def find_points(settings: "Settings", iri: str, points: Points, select: str, options: "ReadOptions") -> "Placed":
    """Where the points lie in the array; coordinates are read where they are given by labels."""
    from catalog.bridge.array_ref import recorded_iris
    from catalog.bridge.levels import parse_level
    from catalog.bridge.point_labels import parse_kinds
    from catalog.bridge.tolerance import parse_tolerances
    from catalog.services.points import PointFinder, PointWish
    from catalog.services.query import answer_as_bindings
    from catalog.services.read import coordinates_of, read_part_of

    kinds = parse_kinds(points.given_in or "position")
    wish = PointWish(kinds, parse_tolerances(points.tolerance) if points.tolerance else None)
    with open_reader(settings) as (store, _):
        part = read_part_of(store, iri, select, options, parse_level(points.level))
        finder = PointFinder(store, recorded_iris(store), part, coordinates_of(store, options), wish)
        if points.file is not None:
            return finder.of_file(points.file)
        return finder.of_answer(answer_as_bindings(store, points.query, timeout=settings.query_timeout_s))


def save_points(settings: "Settings", placed: "Placed", wanted: Wanted, options: "ReadOptions", started: str) -> None:
    """Read the values at points, write them, and the record where one is wanted; ``started``: when that began."""
    from catalog.services.points import check_recordable, read_placed

    if wanted.recorded:
        check_recordable(placed)
    reading = read_placed(placed, options.reading())
    Saving(settings, options, wanted, started, [reading], placed.columns).write([Path(wanted.save)])
