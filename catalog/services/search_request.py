"""What can a search ask for? One value, read from JSON; every number, list and text in it is bounded.

Names of terms are not looked at yet: what they mean is for `catalog.services.search_terms` to say.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from catalog.errors import InputError, LimitExceededError
from catalog.services.asking.filter_tree import KINDS
from catalog.services.asking.instants import parse_interval
from catalog.services.asking.lookups import OPERATORS as LOOKUP_OPERATORS

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 1000
MAX_SAMPLE: Final = 1000
MAX_CONDITIONS: Final = 32
MAX_DEPTH: Final = 8
MAX_VALUES: Final = 500
MAX_VALUE: Final = 4096
"""Characters of a value."""
MAX_TERM: Final = 500
"""Characters of a term's name."""
MAX_FACETS: Final = 8
MAX_FACET_VALUES: Final = 200
DEFAULT_FACET_VALUES: Final = 10
MAX_SORTS: Final = 3
MAX_CURSOR: Final = 8192
MAX_TEXT: Final = 500
MAX_SEED: Final = 100

OPERATORS: Final[Mapping[str, str]] = {
    "=": "exact",
    "!=": "exact",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
    "≤": "lte",
    "≥": "gte",
    "≠": "exact",
    "not-in": "in",
    "not_in": "in",
    "starts-with": "startswith",
    "ends-with": "endswith",
    **{name: name for name in LOOKUP_OPERATORS},
}
"""What a condition may be called → the operator of lookups."""
NEGATED: Final = frozenset({"!=", "≠", "not-in", "not_in"})
"""Those that leave out what the operator finds."""
MEMBERS: Final = ("kind", "text", "filter", "bbox", "datetime", "facets", "sort", "limit", "cursor", "sample", "seed")

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees; west is greater than east where the box crosses the antimeridian."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One condition.

    Attributes
    ----------
    term
        A lookup, a prefixed name, an IRI, or several joined by ``/``.
    operator
        Of lookups.
    value
        What it is compared with.
    typed
        Whether the value's type says something; in the address of a request all values are text.
    """

    term: str
    operator: str
    value: Any
    typed: bool = True


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions that are joined: ``and``, ``or``, or ``same`` (all of them, and of the same things on the way)."""

    how: str
    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Negated:
    """A condition that must not hold."""

    part: "Filter"


Filter = Wanted | Joined | Negated


@dataclass(frozen=True, slots=True)
class FacetWanted:
    """A term whose values are counted, and how many of them are shown."""

    term: str
    limit: int = DEFAULT_FACET_VALUES


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a search asks for.

    Attributes
    ----------
    kind
        One of `catalog.services.asking.filter_tree.KINDS`.
    text
        Words that must be found; ``""``: none.
    filter
        Conditions; None: none.
    box
        What is found must lie there, at least in part.
    interval
        First and last instant, None for an open end; what is found must be about a part of it.
    facets
        Terms whose values are counted.
    sort
        Terms; ``-`` before one turns it round.
    limit
        Hits of a page, 0 to 1,000.
    cursor
        Where an earlier page ended; ``""``: from the beginning.
    sample
        So many hits by chance in place of a page; None: a page.
    seed
        What chance goes by; the same seed gives the same sample of the same content.
    """

    kind: str = "nodes"
    text: str = ""
    filter: Filter | None = None
    box: Box | None = None
    interval: tuple[datetime | None, datetime | None] | None = None
    facets: tuple[FacetWanted, ...] = ()
    sort: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    cursor: str = ""
    sample: int | None = None
    seed: str = ""


def parse_search(body: bytes | str) -> SearchRequest:
    """A request from its JSON.

    Raises
    ------
    InputError
        It is no JSON, has a member that is not known, or one of the wrong type.
    LimitExceededError
        A number, list or text is too large; the message names the limit.
    """
    try:
        given = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the request is no JSON: {str(error)[:200]}") from error
    if not isinstance(given, dict):
        raise InputError("the request is a JSON object")
    return read_search(given)


def parse_filter(text: str) -> Filter:
    """Conditions from their JSON; errors as `parse_search`."""
    try:
        given = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"filter is no JSON: {str(error)[:200]}") from error
    return read_filter(given)


def read_filter(given: Any, *, typed: bool = True) -> Filter:
    """Conditions from a JSON object; errors as `parse_search`.

    Parameters
    ----------
    typed
        Whether values have types; else all are text.
    """
    return _Filters(typed).read(given, 1)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def read_search(given: Mapping[str, Any]) -> SearchRequest:
    """A request from the members of its JSON object; errors as `parse_search`."""
    unknown = sorted(set(given) - set(MEMBERS))
    if unknown:
        raise InputError(f"a search has no member {unknown[0]!r:.80}; it may have {', '.join(MEMBERS)}")
    kind = given.get("kind", "nodes")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"kind is {kind!r:.80}; allowed are {', '.join(KINDS)}")
    tree = None if given.get("filter") is None else read_filter(given["filter"])
    request = SearchRequest(
        kind=kind,
        text=_text(given, "text", MAX_TEXT).strip(),
        filter=tree,
        box=_box(given.get("bbox")),
        interval=parse_interval(_text(given, "datetime", 100)) if given.get("datetime") else None,
        facets=tuple(map(_facet, _list(given, "facets", MAX_FACETS))),
        sort=tuple(_term(each, "sort") for each in _list(given, "sort", MAX_SORTS)),
        limit=_count(given, "limit", DEFAULT_LIMIT, MAX_LIMIT, 0),
        cursor=_text(given, "cursor", MAX_CURSOR),
        sample=_count(given, "sample", 0, MAX_SAMPLE, 1) if given.get("sample") is not None else None,
        seed=_text(given, "seed", MAX_SEED),
    )
    if request.sample is not None and (request.cursor or request.sort):
        raise InputError("a sample has no order and no pages: leave out sort and cursor")
    return request


class _Filters:
    """Reads the tree of conditions, and counts them."""

    def __init__(self, typed: bool) -> None:
        self._typed, self._count = typed, 0

    def read(self, given: Any, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            _exceeded("search-filter-depth", depth, MAX_DEPTH, "conditions inside conditions")
        if not isinstance(given, dict) or not given:
            raise InputError(f"a condition is a JSON object such as {{'ndim__gte': 3}}, and this is {given!r:.80}")
        if "term" in given:
            return self._condition(given)
        [how, inner] = next(iter(given.items()))
        if len(given) == 1 and how == "not":
            return Negated(self.read(inner, depth + 1))
        if len(given) == 1 and how in {"and", "or", "same"}:
            if not isinstance(inner, list) or not inner:
                raise InputError(f"{how!r} takes a list of conditions, and was given {inner!r:.80}")
            parts = tuple(self.read(each, depth + 1) for each in inner)
            if how == "same" and not all(isinstance(each, Wanted) for each in parts):
                raise InputError("'same' takes conditions of a term, an operator and a value")
            return Joined(how, parts)
        return self._lookups(given)

    def _lookups(self, given: Mapping[str, Any]) -> Filter:
        parts: list[Filter] = []
        for name, value in given.items():
            term, _, operator = name.rpartition("__")
            if not term or operator not in OPERATORS:
                term, operator = name, "="
            parts.append(self._condition({"term": term, "op": operator, "value": value}))
        plain = tuple(each for each in parts if isinstance(each, Wanted))
        others = tuple(each for each in parts if not isinstance(each, Wanted))
        same = Joined("same", plain) if len(plain) > 1 else plain[0] if plain else None
        return Joined("and", (*((same,) if same else ()), *others)) if others else same or Joined("and", ())

    def _condition(self, given: Mapping[str, Any]) -> Filter:
        self._count += 1
        if self._count > MAX_CONDITIONS:
            _exceeded("search-conditions", self._count, MAX_CONDITIONS, "conditions")
        unknown = sorted(set(given) - {"term", "op", "value"})
        if unknown:
            raise InputError(f"a condition has no member {unknown[0]!r:.80}; it has term, op and value")
        operator = given.get("op", "=")
        if not isinstance(operator, str) or operator not in OPERATORS:
            raise InputError(f"{operator!r:.80} is no operator; allowed are {', '.join(OPERATORS)}")
        if "value" not in given:
            raise InputError("a condition needs a value")
        value = given["value"]
        _check_value(value)
        wanted = Wanted(_term(given["term"], "term"), OPERATORS[operator], value, self._typed)
        return Negated(wanted) if operator in NEGATED else wanted


def _check_value(value: Any, depth: int = 1) -> None:
    if isinstance(value, str) and len(value) > MAX_VALUE:
        _exceeded("search-value-characters", len(value), MAX_VALUE, "characters in a value")
    if isinstance(value, int) and abs(value) >= 10**100:
        raise InputError("an integer of more than 100 digits is not compared")
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError("a number beyond what a double can hold is not compared")
    if isinstance(value, Mapping):
        raise InputError("a value is a text, a number, true or false, or a list of these")
    if isinstance(value, list):
        if depth > 3:
            raise InputError("a value is a list in a list at most")
        if len(value) > MAX_VALUES:
            _exceeded("search-values", len(value), MAX_VALUES, "values in a list")
        for each in value:
            _check_value(each, depth + 1)


def _exceeded(limit: str, value: int, allowed: int, what: str) -> None:
    message = f"the search has {value} {what}, and at most {allowed} are allowed"
    raise LimitExceededError(message, limit=limit, value=value, allowed=allowed)


def _text(given: Mapping[str, Any], name: str, most: int) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"{name} is a text, and was given {value!r:.80}")
    _check_unicode(value)
    if len(value) > most:
        _exceeded(f"search-{name}-characters", len(value), most, f"characters in {name}")
    return value


def _term(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip("-"):
        raise InputError(f"{where} is the name of a term, and was given {value!r:.80}")
    if len(value) > MAX_TERM:
        _exceeded("search-term-characters", len(value), MAX_TERM, "characters in a term")
    _check_unicode(value)
    return value


def _check_unicode(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"{value[:40]!r} holds a lone surrogate, which no text may") from None


def _list(given: Mapping[str, Any], name: str, most: int) -> Sequence[Any]:
    value = given.get(name)
    if value is None:
        return ()
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list):
        raise InputError(f"{name} is a list, and was given {value!r:.80}")
    if len(found) > most:
        _exceeded(f"search-{name}", len(found), most, name)
    return found


def _count(given: Mapping[str, Any], name: str, default: int, most: int, least: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{name} is a whole number from {least} to {most}, and was given {value!r:.80}")
    if value > most:
        _exceeded(f"search-{name}", value, most, f"in {name}")
    return value


def _facet(value: Any) -> FacetWanted:
    if isinstance(value, Mapping):
        unknown = sorted(set(value) - {"term", "limit"})
        if unknown:
            raise InputError(f"a facet has no member {unknown[0]!r:.80}; it has term and limit")
        return FacetWanted(_term(value.get("term"), "facets"), _count(value, "limit", DEFAULT_FACET_VALUES, MAX_FACET_VALUES, 1))
    return FacetWanted(_term(value, "facets"))


def _box(value: Any) -> Box | None:
    if value is None:
        return None
    numeric = isinstance(value, list) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in value)
    if not numeric or len(value) not in {4, 6}:
        raise InputError(f"bbox is four numbers, west, south, east, north (or six, with heights), and was given {value!r:.80}")
    half = len(value) // 2
    west, south, east, north = value[0], value[1], value[half], value[half + 1]
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise InputError(f"bbox is {value!r:.80}; longitudes lie in -180 to 180, latitudes in -90 to 90, south below north")
    return float(west), float(south), float(east), float(north)
