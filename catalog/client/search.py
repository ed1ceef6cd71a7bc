"""What speaks of these words? The graph store finds it and ranks it; here it becomes a table."""

from typing import Final

from catalog.client.session import Session
from catalog.client.table import Table

_COLUMNS: Final = ("kind", "name", "path", "dataset", "found_in", "text", "score", "iri")
_SHOWN: Final = 200


def search(session: Session, text: str, limit: int) -> Table:
    """The best of what words speak of; see `catalog.client.catalog.Catalog.search`."""
    with session.asking() as (store, _):
        hits = store.find_text(text, limit=limit)
    rows = [
        (
            "dataset" if hit.iri == hit.dataset else "node",
            hit.path.rpartition("/")[2],
            hit.path,
            hit.dataset,
            hit.property.replace("/", "#").rpartition("#")[2],
            hit.text[:_SHOWN],
            hit.score,
            hit.iri,
        )
        for hit in hits
    ]
    at = [_COLUMNS.index(name) for name in ("dataset", "iri")]
    return Table(_COLUMNS, rows, frozenset((row, column) for row in range(len(rows)) for column in at))
