"""Which instant does a number on a time axis mean?

Calendars that name real days (``standard``, ``gregorian``, ``proleptic_gregorian``) give instants; those of models (``noleap``,
``360_day``, ``julian``, …) give none, for a 30th of February is no date that others know.

Source: CF Conventions 1.11, section 4.4 "Time Coordinate", 4.4.1 "Calendar"; UDUNITS-2 "Grammar", timestamps. The day count
between civil dates is that of the Julian day number (Fliegel and Van Flandern).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from catalog.metadata.document import Json

REAL_CALENDARS = frozenset({"standard", "gregorian", "proleptic_gregorian"})
MODEL_CALENDARS = frozenset({"noleap", "365_day", "all_leap", "366_day", "360_day", "julian", "none", "utc", "tai"})
"""Calendars without instants; those of leap seconds are among them, for xsd:dateTime does not count them."""

_MICROSECONDS = {
    "microsecond": 1, "us": 1, "millisecond": 10**3, "ms": 10**3, "msec": 10**3, "second": 10**6, "sec": 10**6, "s": 10**6,
    "minute": 60 * 10**6, "min": 60 * 10**6, "hour": 3600 * 10**6, "hr": 3600 * 10**6, "h": 3600 * 10**6, "day": 86400 * 10**6,
    "d": 86400 * 10**6, "week": 7 * 86400 * 10**6,
}  # fmt: skip
_NANOSECONDS = frozenset({"nanosecond", "ns"})
UNEVEN = frozenset({"month", "mon", "year", "yr", "common_year", "decade", "century"})
"""Units of no fixed length; UDUNITS has a twelfth of a mean tropical year for a month, which nobody means."""

_SINCE = re.compile(r"\s*([A-Za-z_]+)\s+(?:since|after|from|ref)\s+(\S.*?)\s*", re.IGNORECASE)
_STAMP = re.compile(
    r"(?P<year>[+-]?\d{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T\s]+(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?P<fraction>\.\d{1,12})?)?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?",
    re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = 2440588
"""Julian day number of 1970-01-01."""
_REFORM = 2299161
"""Julian day number of 1582-10-15, the first day of the Gregorian calendar in the standard one."""
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """How numbers become instants.

    Attributes
    ----------
    unit
        Microseconds of one step; a fraction for nanoseconds.
    origin
        Microseconds from 1970-01-01T00:00:00Z to the time of reference; None where the calendar has no instants.
    calendar
        As CF names it.
    fault
        Why numbers do not become instants, or ``""``.
    """

    unit: Fraction
    origin: int | None
    calendar: str
    fault: str = ""

    def instant(self, value: float) -> datetime | None:
        """The instant that a decoded number means, to the microsecond; None where there is none in the years 1 to 9999."""
        if self.origin is None:
            return None
        try:
            return _EPOCH + timedelta(microseconds=self.origin + round(Fraction(value) * self.unit))
        except OverflowError:
            return None


def is_time_reference(text: Json) -> bool:
    """Whether a ``units`` attribute is a time of reference, such as ``days since 1970-01-01``, and so no unit."""
    return isinstance(text, str) and _SINCE.fullmatch(text) is not None


def parse_time_axis(attributes: Mapping[str, Json]) -> TimeAxis | None:
    """The time axis that ``units`` and ``calendar`` state; None where ``units`` is no time of reference."""
    text, calendar = attributes.get("units"), attributes.get("calendar", "standard")
    match = _SINCE.fullmatch(text) if isinstance(text, str) and len(text) < 200 else None
    if match is None:
        return None
    calendar = calendar.lower() if isinstance(calendar, str) else "standard"
    name = match[1].lower()
    single = name if name in {"s", "ms", "us", "ns"} else name.removesuffix("s")
    if single in UNEVEN:
        return TimeAxis(Fraction(0), None, calendar, f"{match[1]!r} have no fixed length: use days, hours or seconds")
    if single in _NANOSECONDS:
        unit = Fraction(1, 1000)
    elif single in _MICROSECONDS:
        unit = Fraction(_MICROSECONDS[single])
    else:
        return TimeAxis(Fraction(0), None, calendar, f"{match[1]!r} is no unit of time")
    if calendar in MODEL_CALENDARS:
        return TimeAxis(unit, None, calendar)
    if calendar not in REAL_CALENDARS:
        return TimeAxis(unit, None, calendar, f"the calendar {calendar!r} is not one of CF's")
    origin = _origin(match[2], calendar)
    return TimeAxis(unit, origin, calendar, "" if origin is not None else f"{match[2]!r} is no date of that calendar")


def datetime64_axis(unit: str, scale: int) -> TimeAxis | None:
    """The axis of ``datetime64`` arrays: counts since 1970 in the Gregorian calendar; None for years and months."""
    steps = {"W": 7 * 86400 * 10**6, "D": 86400 * 10**6, "h": 3600 * 10**6, "m": 60 * 10**6, "s": 10**6, "ms": 10**3, "us": 1}
    small = {"ns": 1000, "ps": 10**6, "fs": 10**9, "as": 10**12}
    if unit in steps:
        return TimeAxis(Fraction(steps[unit] * scale), 0, "proleptic_gregorian")
    return TimeAxis(Fraction(scale, small[unit]), 0, "proleptic_gregorian") if unit in small else None


def to_text(instant: datetime) -> str:
    """An instant as the text of an ``xsd:dateTime``."""
    moment = instant.astimezone(UTC)
    text = moment.strftime("%H:%M:%S") + (f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else "")
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}T{text}Z"


def parse_instant(text: Json) -> datetime | None:
    """The instant of an ISO 8601 date or date and time, in UTC where no zone is given; None where it is none."""
    match = _STAMP.fullmatch(text.strip()) if isinstance(text, str) and len(text) < 64 else None
    origin = _origin_of(match, "proleptic_gregorian") if match else None
    if origin is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=origin)
    except OverflowError:
        return None


def _origin(text: str, calendar: str) -> int | None:
    match = _STAMP.fullmatch(text)
    return _origin_of(match, calendar) if match else None


def _origin_of(match: re.Match[str], calendar: str) -> int | None:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if not (1 <= month <= 12 and hour < 24 and minute < 60 and second < 61):
        return None
    number = _day_number(year, month, day, gregorian=True)
    gregorian = calendar == "proleptic_gregorian" or number >= _REFORM
    if not 1 <= day <= _month_length(year, month, gregorian=gregorian):
        return None
    if not gregorian:
        number = _day_number(year, month, day, gregorian=False)
        if number >= _REFORM:
            return None  # one of the ten days that the reform left out
    seconds = (number - _EPOCH_DAY) * 86400 + hour * 3600 + minute * 60 + second - _zone(match["zone"])
    return seconds * 10**6 + round(Fraction(match["fraction"] or 0) * 10**6)


def _month_length(year: int, month: int, *, gregorian: bool) -> int:
    leap = year % 4 == 0 and (not gregorian or year % 100 != 0 or year % 400 == 0)
    return 28 + leap if month == 2 else 30 if month in {4, 6, 9, 11} else 31


def _zone(text: str | None) -> int:
    """Seconds that a zone is ahead of UTC."""
    if not text or text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def _day_number(year: int, month: int, day: int, *, gregorian: bool) -> int:
    """Julian day number of a civil date; years before 1 count with a year 0."""
    late = (14 - month) // 12
    years, months = year + 4800 - late, month + 12 * late - 3
    days = day + (153 * months + 2) // 5 + 365 * years + years // 4
    return days - years // 100 + years // 400 - 32045 if gregorian else days - 32083
