"""What does the OpenAPI document say of the search?"""

from collections.abc import Mapping
from typing import Any, Final

from catalog.services.asking.filter_tree import KINDS
from catalog.services.search_request import DEFAULT_LIMIT, MAX_FACET_VALUES, MAX_LIMIT, MAX_SAMPLE

FORMATS: Final[Mapping[str, str]] = {
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "jsonld": "application/ld+json",
}
"""What ``format`` may be → the media type that ``Accept`` may ask for."""

_CONDITION: Final = {"term": "standard_name", "op": "starts-with", "value": "sea_"}
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Search",
    "additionalProperties": False,
    "properties": {
        "kind": {"type": "string", "enum": list(KINDS), "default": "nodes"},
        "text": {"type": "string", "maxLength": 500, "description": "Words that must be found; quotes keep words together."},
        "filter": {
            "type": "object",
            "description": "Lookups with their values, {term, op, value}, or {and|or|same: [...]}, {not: ...} of these.",
            "examples": [{"or": [_CONDITION, {"not": {"ndim__gte": 3}}]}],
        },
        "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6, "examples": [[170, -50, -170, -30]]},
        "datetime": {"type": "string", "examples": ["2020-01/2020-06", "2020-06-01T12:00:00Z/.."]},
        "facets": {"type": "array", "maxItems": 8, "items": {"anyOf": [{"type": "string"}, {"type": "object"}]}},
        "sort": {"type": "array", "maxItems": 3, "items": {"type": "string"}, "examples": [["-ndim", "path"]]},
        "limit": {"type": "integer", "minimum": 0, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "cursor": {"type": "string", "description": "The `next` of the page before."},
        "sample": {"type": "integer", "minimum": 1, "maximum": MAX_SAMPLE},
        "seed": {"type": "string", "maxLength": 100},
    },
}
_EXAMPLES: Final[dict[str, Any]] = {
    "arrays of a variable": {
        "value": {"kind": "arrays", "filter": {"standard_name": "sea_surface_temperature"}, "facets": ["dtype"]}
    },
    "and, or, not": {
        "value": {"kind": "arrays", "filter": {"and": [_CONDITION, {"not": {"dtype": "float64"}}]}, "sort": ["-ndim"]}
    },
    "words, place and time": {
        "value": {"kind": "datasets", "text": "north sea", "bbox": [-5, 50, 10, 62], "datetime": "2020-01/2020-06"}
    },
}
_ANSWER: Final[dict[str, Any]] = {
    "type": "object",
    "title": "SearchAnswer",
    "required": ["kind", "total", "complete", "hits", "facets", "next"],
    "properties": {
        "kind": {"type": "string"},
        "total": {
            "type": "object",
            "properties": {"value": {"type": "integer"}, "relation": {"type": "string", "enum": ["exact", "at-least"]}},
        },
        "complete": {"type": "boolean", "description": "false where the answer was cut off; `reasons` says why."},
        "reasons": {"type": "array", "items": {"type": "string"}},
        "hits": {"type": "array", "items": {"type": "object"}},
        "facets": {"type": "array", "items": {"type": "object"}},
        "next": {"type": ["string", "null"], "description": "The cursor of the next page."},
        "seed": {"type": "string"},
    },
}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "What was found; nothing found is 200 too.",
        "content": {
            "application/json": {"schema": _ANSWER},
            **{media: {"schema": {"type": "string"}} for name, media in FORMATS.items() if name != "json"},
            "text/html": {"schema": {"type": "string"}},
        },
    }
}


def _parameter(name: str, description: str, example: Any = None, **schema: Any) -> dict[str, Any]:
    found = {"name": name, "in": "query", "required": False, "description": description, "schema": schema or {"type": "string"}}
    return found if example is None else {**found, "example": example}


PARAMETERS: Final[list[dict[str, Any]]] = [
    _parameter("kind", "What is searched for.", "arrays", type="string", enum=list(KINDS), default="nodes"),
    _parameter("q", "Words that must be found; quotes keep words together.", "temperature", type="string", maxLength=500),
    _parameter("filter", "Conditions as JSON, as POST takes them.", '{"or": [{"ndim": 1}, {"dtype": "float32"}]}'),
    _parameter("bbox", "west,south,east,north in degrees; west above east crosses the antimeridian.", "-180,-90,180,90"),
    _parameter("datetime", "A time, START/END, START/.. or ../END.", "2020-01/.."),
    _parameter("facet", "Terms whose values are counted, with commas between them.", "dtype"),
    _parameter("facet_limit", "Values of a facet.", type="integer", minimum=1, maximum=MAX_FACET_VALUES),
    _parameter("sort", "Terms, with commas between them; - before one turns it round.", "-ndim"),
    _parameter("limit", "Hits of a page.", type="integer", minimum=0, maximum=MAX_LIMIT, default=DEFAULT_LIMIT),
    _parameter("cursor", "The `next` of the page before."),
    _parameter("sample", "So many hits by chance.", type="integer", minimum=1, maximum=MAX_SAMPLE),
    _parameter("seed", "What chance goes by.", type="string", maxLength=100),
    _parameter("format", "In place of Accept.", type="string", enum=list(FORMATS)),
    _parameter("standard_name", "An example of a lookup: any term, with __ and an operator behind it."),
]
"""The parameters of `/search`, the open set of lookups apart."""

BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {"application/json": {"schema": _SCHEMA, "examples": _EXAMPLES}},
}
"""The body of ``POST /search``."""
