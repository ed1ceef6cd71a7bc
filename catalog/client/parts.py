"""Which parts of which arrays does the answer of a query mean?"""

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from catalog.client.array_item import ArrayItem
from catalog.client.query import Found
from catalog.client.session import Session
from catalog.client.wanted import Wanted
from catalog.errors import InputError

if TYPE_CHECKING:
    from catalog.bridge.missing import Missing
    from catalog.services.provenance import Reading
    from catalog.services.read import Planned


class PartItem(ArrayItem):
    """A part of an array that a solution of a query means; it can be read and reduced, and the query selects.

    Attributes
    ----------
    row
        Which solution, from 0.
    region
        IRI of the region of interest that it asks for; ``""`` where it asks for none.
    """

    def __init__(self, session: Session, planned: "Planned", text: str, wanted: Wanted | None = None) -> None:
        from catalog.bridge.part import Part

        ref = planned.ref
        super().__init__(session, Found(ref.iri, ref.dataset, ref.path), wanted)
        self.row, self.region = planned.row, planned.region
        self._planned, self._text = planned, text
        self._kept = Part(ref, planned.plan.selection, planned.notes)

    def _wanting(self, wanted: Wanted) -> Self:
        if wanted.positions or wanted.places or wanted.level:
            raise InputError("the query says which part: give it columns such as ?time_start or ?level, or select=, or level=")
        return type(self)(self._session, self._planned, self._text, wanted)

    @property
    def _query(self) -> str:
        return self._text

    def _read(self, missing: "Missing" = "fill") -> "Reading":
        return replace(super()._read(missing), region=self.region)


def find_parts(
    session: Session, query: str, column: str | None, select: str, level: str, timeout: float | None
) -> list[PartItem]:
    """The parts that an answer means; arguments and errors as `Catalog.parts`."""
    from catalog.bridge.levels import parse_level
    from catalog.services.read import ReadOptions, plan_query

    how, told = session.reading(), list[str]()
    access = how.access
    options = ReadOptions(how.limits, None if access is None else lambda: access, tell=told.append)
    limit = session.settings.query_timeout_s if timeout is None else timeout
    with session.asking() as (store, _):
        planned = plan_query(store, query, column=column, select=select, timeout=limit, options=options, level=parse_level(level))
    for text in told:
        warnings.warn(text, stacklevel=3)
    return [PartItem(session, each, query) for each in planned]
