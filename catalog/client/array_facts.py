"""What does the graph say of arrays beside what reading them takes? Names, meanings, channels."""

from collections.abc import Sequence
from typing import Any, Final

from catalog.client.query import Found
from catalog.client.session import Session
from catalog.client.table import Table
from catalog.services.asking.values import plain_value

_CHANNELS: Final = ("index", "label", "color", "active", "excitation", "emission", "start", "end")
_BATCH: Final = 1000


def _ask(session: Session, query: str, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Rows of a query about arrays, as their own datasets state them."""
    from catalog.graphstore.bindings import Iri
    from catalog.graphstore.queries import load_query

    rows = []
    with session.asking() as (store, _):
        for begin in range(0, len(found), _BATCH):
            nodes = [Iri(each.iri) for each in found[begin : begin + _BATCH]]
            for row in store.select(load_query(query), {"node": nodes}):
                plain = {name: plain_value(term) for name, term in row.items()}
                if str(plain["node"]).startswith(f"{plain['dataset']}/nodes/"):
                    rows.append(plain)
    return rows


def describe(session: Session, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Name, title, units and standard name of arrays, in their order."""
    rows = {row["node"]: row for row in _ask(session, "array-table", found)}
    return [rows.get(each.iri, {}) for each in found]


def read_channels(session: Session, found: Sequence[Found]) -> Table:
    """The channels of the images that arrays are levels of."""
    paths = {each.iri: each.path for each in found}
    rows = _ask(session, "array-channels", found)
    return Table(("path", *_CHANNELS), [(paths[row["node"]], *(row[name] for name in _CHANNELS)) for row in rows])
