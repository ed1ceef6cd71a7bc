"""Where did a page end, so that the next one begins behind it, whatever comes and goes meanwhile?

A cursor holds the place of a page's last hit in the order of the search: what it was sorted by, and its IRI. It counts nothing,
so hits that are added or deleted before it shift nothing. It belongs to one search, and is refused by any other.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from catalog.errors import InputError
from catalog.graphstore.bindings import Literal, Term
from catalog.services.asking.instants import read_moment
from catalog.services.search_request import SearchRequest

_EXACT: Final = frozenset({"integer", "int", "long", "short", "byte", "decimal", "nonNegativeInteger", "positiveInteger"})
_BINARY: Final = frozenset({"double", "float"})
_TIMES: Final = frozenset({"dateTime", "date", "gYear", "gYearMonth"})
_NUMBER, _TIME, _TEXT, _NONE = 0, 1, 2, 9

Key = tuple[int, Any]
"""What a term is sorted by: its sort (numbers come before times, these before texts, what has none comes last), and its value."""
NOTHING: Final[Key] = (_NONE, 0)


def sort_key(term: Term | None) -> Key:
    """What a term is sorted by."""
    if not isinstance(term, Literal):
        return NOTHING if term is None else (_TEXT, term.value)
    name = term.datatype.rpartition("#")[2]
    if name in _EXACT | _BINARY:
        try:
            number = Decimal(float(term.value.replace("INF", "inf"))) if name in _BINARY else Decimal(term.value)
        except (ValueError, InvalidOperation):
            return (_TEXT, term.value)
        return NOTHING if number.is_nan() else (_NUMBER, number)
    if name in _TIMES and (moment := read_moment(term.value)) is not None:
        return (_TIME, Decimal(int(moment.first.timestamp()) * 10**6 + moment.first.microsecond))
    return (_TEXT, term.value)


class Downward:
    """A text whose order is turned round."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: "Downward") -> bool:
        """Whether it comes before another: its text comes after."""
        return self.text > other.text

    def __eq__(self, other: object) -> bool:
        """Whether both are the same text."""
        return isinstance(other, Downward) and self.text == other.text

    def __hash__(self) -> int:
        """As equality has it."""
        return hash(self.text)


def turned(key: Key) -> Key:
    """A key for the order that is turned round; what has no value still comes last."""
    rank, value = key
    if rank == _NONE:
        return key
    return -rank, Downward(value) if isinstance(value, str) else -value


Place = tuple[tuple[Key, ...], str]
"""The keys of a hit, in the order of the search, and its IRI."""


def write_cursor(request: SearchRequest, keys: tuple[Key, ...], iri: str) -> str:
    """The cursor behind a hit, whose keys are as `sort_key` gave them."""
    plain = [[rank, str(value)] for rank, value in keys]
    text = json.dumps([_mark(request), plain, iri], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(request: SearchRequest, count: int) -> Place | None:
    """The keys and the IRI that a request's cursor stands behind; None where it has none.

    Parameters
    ----------
    count
        How many keys the search has.

    Raises
    ------
    InputError
        It is no cursor, or one of another search.
    """
    if not request.cursor:
        return None
    try:
        found = json.loads(base64.b64decode(request.cursor + "=" * (-len(request.cursor) % 4), altchars=b"-_", validate=True))
        mark, plain, iri = found
        keys = tuple(_key(*each) for each in plain)
    except (ValueError, TypeError, RecursionError, binascii.Error, InvalidOperation) as error:
        raise InputError("cursor is none of ours: take it from the answer before, just as it is") from error
    if mark != _mark(request):
        raise InputError("cursor belongs to another search: everything but limit has to be as it was when the cursor was given")
    if len(keys) != count or not isinstance(iri, str):
        raise InputError("cursor is none of ours: take it from the answer before, just as it is")
    return keys, iri


def _key(rank: Any, text: Any) -> Key:
    if rank not in {_NUMBER, _TIME, _TEXT, _NONE} or isinstance(rank, bool) or not isinstance(text, str):
        raise ValueError(rank)
    if rank in {_NUMBER, _TIME}:
        number = Decimal(text)
        if number.is_nan():
            raise ValueError(text)
        return rank, number
    return NOTHING if rank == _NONE else (rank, text)


def _mark(request: SearchRequest) -> str:
    """A word for everything that decides which hits there are, and in which order."""
    same = replace(request, cursor="", limit=0, facets=())
    return hashlib.blake2b(repr(same).encode(errors="surrogatepass"), digest_size=12).hexdigest()
