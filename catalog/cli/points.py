"""``get --points``, ``get --points-query``: the values at many points."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.bootstrap import open_reader
from catalog.cli.recorded import Saving, Wanted
from catalog.errors import InputError

if TYPE_CHECKING:
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
            Whether nothing else is asked for than to save values.
        """
        if self.wanted and not alone:
            raise InputError("points go with an IRI and --save OUT, not with --query, --plan or --json")
        if self.file is not None and self.query:
            raise InputError("points come from a file or from a query: give --points or --points-query")
        if not self.wanted and (self.given_in or self.tolerance):
            raise InputError("--points-in and --tolerance are of points: give --points FILE.csv or --points-query")


def save_points(settings: "Settings", iri: str, points: Points, wanted: Wanted, options: "ReadOptions") -> None:
    """Read the values at points, write them, and the record where one is wanted."""
    from catalog.bridge.array_ref import recorded_iris
    from catalog.bridge.levels import parse_level
    from catalog.bridge.point_labels import parse_kinds
    from catalog.bridge.tolerance import parse_tolerances
    from catalog.services.points import PointFinder, PointWish, check_recordable, read_placed
    from catalog.services.provenance import now
    from catalog.services.query import answer_as_bindings
    from catalog.services.read import coordinates_of, read_part_of

    kinds = parse_kinds(points.given_in or "position")
    wish = PointWish(kinds, parse_tolerances(points.tolerance) if points.tolerance else None)
    started = now()
    with open_reader(settings) as (store, _):
        part = read_part_of(store, iri, wanted.select, options, parse_level(points.level))
        finder = PointFinder(store, recorded_iris(store), part, coordinates_of(store, options), wish)
        if points.file is not None:
            placed = finder.of_file(points.file)
        else:
            placed = finder.of_answer(answer_as_bindings(store, points.query, timeout=settings.query_timeout_s))
    if wanted.recorded:
        check_recordable(placed)
    reading = read_placed(placed, options.reading())
    Saving(settings, options, wanted, started, [reading], placed.columns).write([Path(wanted.save)])
