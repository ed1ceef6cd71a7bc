"""Which instants does a text such as ``2020-01`` mean, and does a time that a graph holds lie among them?

Times are compared here and not by graph stores, which do not agree on times without a zone, nor on dates beside times. Without a
zone is UTC. What is less exact than an instant is all instants of that day, month or year; of what a graph holds, the first one.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from catalog.errors import InputError

_TEXT: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_LAST: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """From the first to the last instant that a text means, both in it and in UTC, to the microsecond."""

    first: datetime
    last: datetime


def read_moment(text: str) -> Moment | None:
    """The instants that a text means; None where it is no time of the years 1 to 9999."""
    found = _TEXT.fullmatch(text)
    if not found:
        return None
    year, month, day, clock, zone = found.groups()
    try:
        if clock:
            exact = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{(zone or 'Z').upper()}").astimezone(UTC)
            return Moment(exact, exact)
        first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
        if day:
            return Moment(first, first + (timedelta(days=1) - _LAST))
        last_month = first.month if month else 12
        last = datetime(first.year, last_month, monthrange(first.year, last_month)[1], tzinfo=UTC)
        return Moment(first, last + (timedelta(days=1) - _LAST))
    except (ValueError, OverflowError):
        return None


def parse_moment(text: str) -> Moment:
    """The instants that a text of a user's means.

    Raises
    ------
    InputError
        It is no time.
    """
    found = read_moment(text)
    if found is None:
        raise InputError(f"{text!r:.60} is no time; 2020, 2020-06, 2020-06-01 or 2020-06-01T12:30:00Z are")
    return found


def parse_interval(text: str) -> tuple[datetime | None, datetime | None]:
    """The first and the last instant of ``START/END``, either of which may be ``..`` for an open end, or of one time.

    Raises
    ------
    InputError
        It is no such text, or ends before it begins.
    """
    pieces = text.split("/")
    if len(pieces) > 2 or all(each in {"", ".."} for each in pieces):
        raise InputError(f"{text!r:.80} is no interval; a time, START/END, START/.. or ../END is")
    if len(pieces) == 1:
        moment = parse_moment(text)
        return moment.first, moment.last
    start, end = (None if each in {"", ".."} else parse_moment(each) for each in pieces)
    if start and end and end.last < start.first:
        raise InputError(f"{text!r:.80} ends before it begins")
    return start.first if start else None, end.last if end else None


def meets(operator: str, stored: datetime, wanted: Moment) -> bool:
    """Whether an instant is as an operator of lookups wants it."""
    match operator:
        case "lt":
            return stored < wanted.first
        case "lte":
            return stored <= wanted.last
        case "gt":
            return stored > wanted.last
        case "gte":
            return stored >= wanted.first
    return wanted.first <= stored <= wanted.last
