"""How does what a search found travel: as JSON-LD, as CSV, as Arrow?"""

import csv
import io
import json
from typing import Any, Final

from catalog.rdf.prefixes import PREFIXES
from catalog.services.search_answer import Hit, SearchAnswer

COLUMNS: Final = (
    *("iri", "kind", "name", "title", "dataset", "dataset_name", "path", "standard_name", "units", "shape", "data_type"),
    *("dimension_names", "found_in", "text", "score"),
)
"""The columns of CSV and Arrow."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would run."""
_CLASSES: Final = {"dataset": "dcat:Dataset", "group": "zo:ZarrGroup", "array": "zo:ZarrArray"}
_ITEM: Final = {"@type": "@id"}
CONTEXT: Final[dict[str, Any]] = {
    **{name: PREFIXES[name] for name in ("zo", "dcat", "dct", "rdfs", "schema", "xsd")},
    "SearchResult": "schema:ItemList",
    "total": "schema:numberOfItems",
    "hits": {"@id": "schema:itemListElement", "@container": "@list"},
    "iri": "@id",
    "name": "rdfs:label",
    "title": "dct:title",
    "dataset": {"@id": "zo:inDataset", **_ITEM},
    "path": "zo:path",
    "standard_name": "zo:standardName",
    "units": "zo:unitString",
    "shape": {"@id": "zo:shape", "@type": "zo:json"},
    "layout": "zo:layout",
    "data_type": "zo:dataTypeName",
}
"""What the names of JSON-LD mean."""


def to_jsonld(answer: SearchAnswer) -> dict[str, Any]:
    """The hits as linked data: a list of things, each with what the graph says of it."""
    return {
        "@context": CONTEXT,
        "@type": "SearchResult",
        "total": answer.total,
        "hits": [_as_thing(each) for each in answer.hits],
    }


def _as_thing(hit: Hit) -> dict[str, Any]:
    known = {
        "title": hit.title,
        "dataset": hit.dataset if hit.kind != "dataset" else "",
        "standard_name": hit.standard_name,
        "units": hit.units,
    }
    found: dict[str, Any] = {"iri": hit.iri, "@type": _CLASSES[hit.kind], "name": hit.name}
    found |= {name: value for name, value in known.items() if value}
    if hit.kind != "dataset":
        found["path"] = hit.path
    if hit.shape is not None:
        found["shape"] = _json(hit.shape)
        found["layout"] = {"data_type": hit.data_type}
    return found


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _record(hit: Hit) -> dict[str, Any]:
    found = {name: getattr(hit, name) for name in COLUMNS[:12]}
    matched = hit.matched
    return {
        **{name: value if value != "" or name in {"path", "name"} else None for name, value in found.items()},
        "found_in": matched.property if matched else None,
        "text": matched.text if matched else None,
        "score": matched.score if matched else None,
    }


def to_csv(answer: SearchAnswer) -> str:
    """The hits as a table (RFC 4180); lists as JSON. A text that a spreadsheet would run gets an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for hit in answer.hits:
        writer.writerow([_cell(value) for value in _record(hit).values()])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, float):
        return value
    cell = _json(value) if isinstance(value, tuple) else str(value)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def to_arrow(answer: SearchAnswer) -> bytes:
    """The hits as an Arrow stream, whose schema says as metadata how many there are and whether anything was cut off.

    Raises
    ------
    InputError
        pyarrow is not installed.
    """
    from catalog.bridge.results.records import Kind, to_arrow_stream  # noqa: PLC0415  numbers are for who wants Arrow

    kinds: dict[str, Kind] = dict.fromkeys(COLUMNS, "text")
    kinds |= {"shape": "integers", "dimension_names": "texts", "score": "number"}
    return to_arrow_stream(kinds, [_record(hit) for hit in answer.hits], headers(answer))


def headers(answer: SearchAnswer) -> dict[str, str]:
    """What an answer says of itself beside its hits, for formats that hold hits alone."""
    found = {
        "Catalog-Total": str(answer.total),
        "Catalog-Total-Relation": "exact" if answer.exact else "at-least",
        "Catalog-Complete": "true" if answer.complete else "false",
    }
    if answer.reasons:
        found["Catalog-Reasons"] = "; ".join(answer.reasons).encode("ascii", "replace").decode()
    if answer.next:
        found["Catalog-Next"] = answer.next
    return found
