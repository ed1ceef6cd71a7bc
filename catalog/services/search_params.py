"""How does a search look in the address of a request?

``?kind=arrays&standard_name=sea_surface_temperature&ndim__gte=3&facet=dtype``: what is no name of a parameter is a lookup. All
values are text, and become what their terms want.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from catalog.errors import InputError
from catalog.services.search_request import MAX_FACET_VALUES, Joined, SearchRequest, parse_filter, read_filter, read_search

PARAMETERS: Final = (
    *("kind", "q", "filter", "bbox", "datetime", "facet", "facet_limit", "sort", "limit", "cursor", "sample", "seed", "format"),
)
"""The names that are no lookups; ``format`` is not of the search, but of its answer."""
MAX_PARAMETERS: Final = 100
_SEVERAL: Final = frozenset({"facet", "sort"})


def parse_parameters(given: Iterable[tuple[str, str]]) -> SearchRequest:
    """A request from names and values, as an address has them.

    Raises
    ------
    InputError
        A name is given twice, or a value is not what its name takes.
    LimitExceededError
        A number, list or text is too large; the message names the limit.
    """
    pairs = list(given)
    if len(pairs) > MAX_PARAMETERS:
        raise InputError(f"the address has {len(pairs)} parameters, and at most {MAX_PARAMETERS} are read")
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {name: [] for name in _SEVERAL}
    for name, value in pairs:
        if name in _SEVERAL:
            several[name] += [value] if ":" in value else [each for each in value.split(",") if each]
        elif name in single:
            raise InputError(f"{name!r:.80} is given twice: name__in=a,b finds either, and POST takes and, or, not")
        else:
            single[name] = value
    lookups = {name: value for name, value in single.items() if name not in PARAMETERS}
    request = read_search(_members(single, several))
    filters = [parse_filter(single["filter"])] if single.get("filter") else []
    filters += [read_filter(lookups, typed=False)] if lookups else []
    return replace(request, filter=None if not filters else filters[0] if len(filters) == 1 else Joined("and", tuple(filters)))


def _members(single: Mapping[str, str], several: Mapping[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {name: single[name] for name in ("kind", "datetime", "cursor", "seed") if single.get(name)}
    found |= {name: _count(name, single[name]) for name in ("limit", "sample") if single.get(name)}
    if single.get("q"):
        found["text"] = single["q"]
    if single.get("bbox"):
        found["bbox"] = _numbers(single["bbox"])
    facets: list[Any] = list(several["facet"])
    if single.get("facet_limit"):
        most = _count("facet_limit", single["facet_limit"])
        if not 1 <= most <= MAX_FACET_VALUES:
            raise InputError(f"facet_limit is {most}; 1 to {MAX_FACET_VALUES} is allowed")
        facets = [{"term": each, "limit": most} for each in facets]
    return {**found, "facets": facets, "sort": several["sort"]}


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InputError(f"{name} is a whole number, and was given {text!r:.40}")
    return int(text)


def _numbers(text: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        raise InputError(f"bbox is four numbers with commas between them, west, south, east, north; not {text!r:.80}") from None
