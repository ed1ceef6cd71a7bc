"""Which number on a time axis does a date mean, in the axis' own calendar?

A date is written as in ISO 8601, cut off where wanted: ``2020``, ``2020-03``, ``2020-03-01T12:30``; what is cut off is the
beginning of what is left. In a calendar of a model, 2001-02-30 may be a day like any other; in one that has no such day, it is
refused. Everything is counted in whole microseconds, so that no date is lost to rounding.

Source: CF Conventions 1.11, section 4.4 "Time Coordinate", 4.4.1 "Calendar"; UDUNITS-2 "Grammar".
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Final

from catalog.errors import InputError

DAY: Final = 86_400 * 10**6
"""Microseconds of a day."""

_FIXED: Final = {
    "microsecond": 1, "us": 1, "millisecond": 10**3, "ms": 10**3, "msec": 10**3, "second": 10**6, "sec": 10**6, "s": 10**6,
    "minute": 60 * 10**6, "min": 60 * 10**6, "hour": 3600 * 10**6, "hr": 3600 * 10**6, "h": 3600 * 10**6, "day": DAY, "d": DAY,
    "week": 7 * DAY,
}  # fmt: skip
_NANOSECONDS: Final = frozenset({"nanosecond", "ns"})
_MONTH: Final = frozenset({"month", "mon"})
_UNEVEN: Final = frozenset({*_MONTH, "year", "yr", "common_year", "decade", "century"})
"""Units of no fixed length; UDUNITS has a twelfth of a mean tropical year for a month, which nobody means."""
_NAMES: Final = {
    "standard": "standard", "gregorian": "standard", "proleptic_gregorian": "proleptic_gregorian", "julian": "julian",
    "noleap": "noleap", "365_day": "noleap", "all_leap": "all_leap", "366_day": "all_leap", "360_day": "360_day",
}  # fmt: skip
_MONTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BEFORE: Final = (0, *accumulate(_MONTHS))
"""Days of an ordinary year before each month."""
_REFORM: Final = (1582, 10, 15)
_LAST_JULIAN: Final = (1582, 10, 4)
_MAX_YEAR: Final = 200_000

_SINCE: Final = re.compile(r"\s*([A-Za-z_]+)\s+(?:since|after|from|ref)\s+(\S.*?)\s*", re.IGNORECASE)
_DATE: Final = re.compile(
    r"(?P<year>[+-]?\d{1,6})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:[T\s]+(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?P<fraction>\.\d{1,12})?)?)?)?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """How the numbers of a time coordinate and dates belong together.

    Attributes
    ----------
    unit
        Microseconds of one step.
    origin
        The time of reference, in microseconds of the calendar.
    calendar
        One of ``standard``, ``proleptic_gregorian``, ``julian``, ``noleap``, ``all_leap``, ``360_day``.
    """

    unit: Fraction
    origin: int
    calendar: str

    def microseconds(self, date: str) -> int:
        """Microseconds from the time of reference to a date.

        Raises
        ------
        InputError
            It is no date of this calendar.
        """
        return moment(date, self.calendar) - self.origin

    def date(self, microseconds: int) -> str:
        """The date so many microseconds after the time of reference."""
        days, rest = divmod(self.origin + microseconds, DAY)
        year, month, day = _date_of(days, self.calendar)
        seconds, fraction = divmod(rest, 10**6)
        text = f"{year:04d}-{month:02d}-{day:02d}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{text}.{fraction:06d}" if fraction else text


def is_time_reference(units: object) -> bool:
    """Whether ``units`` count from a time of reference, such as ``days since 1970-01-01``, and so are no unit."""
    return isinstance(units, str) and _SINCE.fullmatch(units) is not None


def parse_reference(units: object) -> tuple[str, str] | None:
    """The step and the time of reference that ``units`` state, as texts; None where they state none."""
    match = _SINCE.fullmatch(units) if isinstance(units, str) and len(units) < 200 else None
    return (match[1], match[2]) if match else None


def parse_step(name: str, calendar: str = "") -> Fraction | None:
    """Microseconds of a unit of time; None where it has no fixed length. A month of the calendar ``360_day`` has 30 days.

    Raises
    ------
    InputError
        It is no unit of time.
    """
    word = name.lower()
    single = word if word in {"s", "ms", "us", "ns"} else word.removesuffix("s")
    if single in _MONTH and calendar == "360_day":
        return Fraction(30 * DAY)
    if single in _UNEVEN:
        return None
    if single in _NANOSECONDS:
        return Fraction(1, 1000)
    if single not in _FIXED:
        raise InputError(f"{name!r} is no unit of time")
    return Fraction(_FIXED[single])


def parse_time_axis(units: str, calendar: str = "standard") -> TimeAxis:
    """The time axis of ``units`` such as ``days since 2000-01-01``.

    Raises
    ------
    InputError
        The unit has no fixed length, the calendar is none that dates are known for, or the time of reference is no date of it.
    """
    reference = parse_reference(units)
    if reference is None:
        raise InputError(f"{units[:80]!r} counts from no time of reference, so it has no dates")
    unit = parse_step(reference[0], calendar.lower())
    if unit is None:
        raise InputError(f"{reference[0]!r} have no fixed length, so dates are not known: select by number, or by position")
    name = _NAMES.get(calendar.lower())
    if name is None:
        raise InputError(f"dates of the calendar {calendar!r} are not known, only those of {', '.join(_NAMES)}: select by number")
    return TimeAxis(unit, moment(reference[1], name), name)


def datetime64_axis() -> TimeAxis:
    """The axis of NumPy's ``datetime64[us]``: microseconds since 1970 in the Gregorian calendar."""
    return TimeAxis(Fraction(1), moment("1970-01-01", "proleptic_gregorian"), "proleptic_gregorian")


def moment(text: str, calendar: str, *, whole: bool = False) -> int:
    """Microseconds of a date in its calendar, from a beginning that only differences show.

    Parameters
    ----------
    calendar
        One of those of `TimeAxis`; the two that name real days have the same beginning.
    whole
        Whether the day has to be there.

    Raises
    ------
    InputError
        It is no date of the calendar.
    """
    match = _DATE.fullmatch(text.strip()) if len(text) < 64 else None
    if match is None or (whole and not match["day"]):
        raise InputError(f"{text[:40]!r} is no date: write it like 2020, 2020-03, 2020-03-01 or 2020-03-01T12:30:00")
    year, month, day = (int(match[part] or default) for part, default in (("year", 1), ("month", 1), ("day", 1)))
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if abs(year) > _MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= _length(year, month, calendar):
        raise InputError(f"{text[:40]!r} is no date of the calendar {calendar!r}")
    if calendar == "standard" and _LAST_JULIAN < (year, month, day) < _REFORM:
        raise InputError(f"{text[:40]!r} is no date of the calendar 'standard': 1582-10-04 is followed by 1582-10-15")
    if hour > 23 or minute > 59 or second > 60:  # a leap second is as good as the one after it
        raise InputError(f"{text[:40]!r} has no time of day: hours go to 23, minutes to 59, seconds to 60")
    seconds = hour * 3600 + minute * 60 + second - _zone(match["zone"])
    return _days(year, month, day, calendar) * DAY + seconds * 10**6 + round(Fraction(match["fraction"] or 0) * 10**6)


def _zone(text: str | None) -> int:
    """Seconds that a zone is ahead of UTC."""
    if not text or text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def _is_leap(year: int, calendar: str) -> bool:
    if calendar in {"noleap", "all_leap"}:
        return calendar == "all_leap"
    julian = calendar == "julian" or (calendar == "standard" and year < _REFORM[0])
    return year % 4 == 0 and (julian or year % 100 != 0 or year % 400 == 0)


def _length(year: int, month: int, calendar: str) -> int:
    if calendar == "360_day":
        return 30
    return _MONTHS[month - 1] + (month == 2 and _is_leap(year, calendar))


def _days(year: int, month: int, day: int, calendar: str) -> int:
    """Number of a day; in the calendars of real days, 0001-01-01 of the Gregorian one is day 1."""
    if calendar == "360_day":
        return (year * 12 + month - 1) * 30 + day - 1
    of_year = _BEFORE[month - 1] + day + (month > 2 and _is_leap(year, calendar))
    before = year - 1
    if calendar in {"noleap", "all_leap"}:
        return before * (366 if calendar == "all_leap" else 365) + of_year
    if calendar == "julian" or (calendar == "standard" and (year, month, day) < _REFORM):
        return before * 365 + before // 4 + of_year - 2
    return before * 365 + before // 4 - before // 100 + before // 400 + of_year


def _date_of(days: int, calendar: str) -> tuple[int, int, int]:
    """The day of a number."""
    low, high = days // 366 - 2, days // 360 + 3
    low, high = min(low, high), max(low, high)
    while low < high:  # the last year that does not begin after the day
        middle = (low + high + 1) // 2
        if _days(middle, 1, 1, calendar) <= days:
            low = middle
        else:
            high = middle - 1
    month = next(month for month in range(12, 0, -1) if _days(low, month, 1, calendar) <= days)
    day = days - _days(low, month, 1, calendar) + 1
    if calendar == "standard" and (low, month) == _REFORM[:2] and day > _LAST_JULIAN[2]:
        day += _REFORM[2] - _LAST_JULIAN[2] - 1
    return low, month, day
