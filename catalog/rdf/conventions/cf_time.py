"""Which instant does a number on a time axis mean?

Calendars that name real days (``standard``, ``gregorian``, ``proleptic_gregorian``) give instants; those of models (``noleap``,
``360_day``, ``julian``, …) give none, for a 30th of February is no date that others know.

Source: CF Conventions 1.11, section 4.4 "Time Coordinate", 4.4.1 "Calendar".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from catalog.errors import InputError
from catalog.metadata.document import Json
from catalog.rdf.conventions.cf_calendar import moment, parse_reference, parse_step

REAL_CALENDARS = frozenset({"standard", "gregorian", "proleptic_gregorian"})
MODEL_CALENDARS = frozenset({"noleap", "365_day", "all_leap", "366_day", "360_day", "julian", "none", "utc", "tai"})
"""Calendars without instants; those of leap seconds are among them, for xsd:dateTime does not count them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_MOMENT = moment("1970-01-01", "proleptic_gregorian")


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


def parse_time_axis(attributes: Mapping[str, Json]) -> TimeAxis | None:
    """The time axis that ``units`` and ``calendar`` state; None where ``units`` is no time of reference."""
    reference, calendar = parse_reference(attributes.get("units")), attributes.get("calendar", "standard")
    if reference is None:
        return None
    name, since = reference
    calendar = calendar.lower() if isinstance(calendar, str) else "standard"
    try:
        unit = parse_step(name, calendar)
    except InputError as error:
        return TimeAxis(Fraction(0), None, calendar, str(error))
    if unit is None:
        return TimeAxis(Fraction(0), None, calendar, f"{name!r} have no fixed length: use days, hours or seconds")
    if calendar in MODEL_CALENDARS:
        return TimeAxis(unit, None, calendar)
    if calendar not in REAL_CALENDARS:
        return TimeAxis(unit, None, calendar, f"the calendar {calendar!r} is not one of CF's")
    origin = _since_epoch(since, "standard" if calendar == "gregorian" else calendar)
    return TimeAxis(unit, origin, calendar, "" if origin is not None else f"{since!r} is no date of that calendar")


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
    origin = _since_epoch(text, "proleptic_gregorian") if isinstance(text, str) else None
    if origin is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=origin)
    except OverflowError:
        return None


def _since_epoch(text: str, calendar: str) -> int | None:
    """Microseconds from 1970-01-01T00:00:00Z to a date with a day; None where it is none of this calendar."""
    try:
        return moment(text, calendar, whole=True) - _EPOCH_MOMENT
    except InputError:
        return None
