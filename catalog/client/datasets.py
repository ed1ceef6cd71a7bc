"""Which datasets are there?"""

from typing import Any

from catalog.client.arrays import ArrayQuery
from catalog.client.html import facts_html, link_html, text_html
from catalog.client.query import Found, Query
from catalog.client.session import Session
from catalog.client.table import Table
from catalog.services.asking.lookup_table import ARRAY
from catalog.services.asking.question import Question
from catalog.services.asking.values import plain_value

_COLUMNS = ("name", "access", "location", "groups", "arrays", "iri")


class DatasetItem:
    """One dataset of an answer.

    Attributes
    ----------
    iri, name
        Its IRI and its name.
    """

    def __init__(self, session: Session, found: Found) -> None:
        self.iri, self.name = found.iri, found.path
        self._session = session

    @property
    def id(self) -> str:
        """Its id."""
        with self._session.asking() as (_, iris):
            return iris.dataset_id(self.iri) or ""

    def arrays(self, **lookups: Any) -> ArrayQuery:
        """Its arrays that meet these lookups; errors as `ArrayQuery.filter`."""
        whole = ArrayQuery(self._session, Question(ARRAY))
        return whole.where("zo:inDataset", "=", self.iri).filter(**lookups)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same dataset."""
        return isinstance(other, DatasetItem) and self.iri == other.iri

    def __hash__(self) -> int:
        """As equality has it."""
        return hash(self.iri)

    def _repr_html_(self) -> str:
        return facts_html(link_html(self.iri), [("name", text_html(self.name)), ("arrays", text_html(self.arrays().count()))])

    def __repr__(self) -> str:
        """Its name and IRI."""
        return f"<dataset {self.name!r} {self.iri}>"


class DatasetQuery(Query[DatasetItem]):
    """A query for datasets."""

    _what = "dataset"

    def _make(self, found: list[Found]) -> list[DatasetItem]:
        return [DatasetItem(self._session, each) for each in found]

    def arrays(self, **lookups: Any) -> ArrayQuery:
        """The arrays of all of them that meet these lookups; errors as `ArrayQuery.filter`."""
        whole = ArrayQuery(self._session, Question(ARRAY))
        return whole.where("zo:inDataset", "in", self.iris()).filter(**lookups)

    def table(self) -> Table:
        """Name, access, location and size of each."""
        from catalog.graphstore.queries import load_query

        with self._session.asking() as (store, _):
            known = {
                row["dataset"]: row
                for row in (
                    {name: plain_value(term) for name, term in each.items()} for each in store.select(load_query("datasets"))
                )
            }
        rows = [tuple({**known.get(each.iri, {}), "iri": each.iri}.get(name) for name in _COLUMNS) for each in self._found]
        return Table(_COLUMNS, rows, frozenset((row, len(_COLUMNS) - 1) for row in range(len(rows))))
