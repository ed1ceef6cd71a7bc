"""What speaks of this? Names, titles, keywords and attributes that hold a text.

One query. What is found is ranked here: a name that is the text counts most, then one that begins with it, then one that
holds it, then titles, keywords, and whatever else. A text index can take the query's place without a change to this.
"""

from typing import Any, Final

from catalog.client.session import Session
from catalog.client.table import Table
from catalog.errors import InputError
from catalog.rdf.iris import Iris
from catalog.services.asking.values import plain_value, text_term

MAX_TEXT: Final = 500
_COLUMNS: Final = ("kind", "name", "path", "dataset", "found_in", "text", "score", "iri")
_WEIGHTS: Final = {"label": 4.0, "title": 4.0, "name": 3.0, "standardName": 3.0, "keyword": 3.0, "identifier": 3.0, "path": 2.0}
_SHOWN: Final = 200


def search(session: Session, text: str, limit: int) -> Table:
    """The best of what holds a text; see `catalog.client.catalog.Catalog.search`."""
    from catalog.graphstore.queries import load_query

    wanted = text.strip()
    if not 0 < len(wanted) <= MAX_TEXT:
        raise InputError(f"the text to search for has {len(wanted)} characters; 1 to {MAX_TEXT} are allowed")
    if limit < 1:
        raise InputError(f"limit is {limit}; at least 1 is allowed")
    best: dict[str, dict[str, Any]] = {}
    with session.asking() as (store, iris):
        for row in store.select(load_query("search"), {"wanted": [text_term(wanted)]}):
            found = _hit({name: plain_value(term) for name, term in row.items()}, wanted.casefold(), iris)
            if found and (found["iri"] not in best or best[found["iri"]]["score"] < found["score"]):
                best[found["iri"]] = found
    ranked = sorted(best.values(), key=lambda each: (-each["score"], each["dataset"], each["path"], each["iri"]))[:limit]
    at = [_COLUMNS.index(name) for name in ("dataset", "iri")]
    links = frozenset((row, column) for row in range(len(ranked)) for column in at)
    return Table(_COLUMNS, [tuple(each[name] for name in _COLUMNS) for each in ranked], links)


def _hit(row: dict[str, Any], wanted: str, iris: Iris) -> dict[str, Any] | None:
    """What was found, with its score; None where it is not one of the catalogue's."""
    iri, dataset, path = str(row["item"]), str(row["dataset"]), str(row["path"] or "")
    if not (iri == dataset or iri.startswith(f"{dataset}/nodes/")) or iris.dataset_id(iri) is None:
        return None
    text, place = str(row["text"]), str(row["property"]).replace("/", "#").rpartition("#")[2]
    folded = text.casefold()
    share = 3.0 if folded == wanted else 2.0 if folded.startswith(wanted) else 1.0
    kind = "dataset" if iri == dataset else "node"
    return {
        "kind": kind,
        "name": path.rpartition("/")[2] if path else "",
        "path": path,
        "dataset": dataset,
        "found_in": place,
        "text": text[:_SHOWN],
        "score": share * _WEIGHTS.get(place, 1.0) + (0.5 if kind == "dataset" else 0.0),
        "iri": iri,
    }
