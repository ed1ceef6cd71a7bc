"""Time axes against the examples of CF and the dates of Python's calendar, which is the proleptic Gregorian one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rdf.conventions.cf_calendar import is_time_reference
from catalog.rdf.conventions.cf_time import TimeAxis, datetime64_axis, parse_instant, parse_time_axis, to_text


def axis(units: str, calendar: str | None = None) -> TimeAxis:
    found = parse_time_axis({"units": units} | ({"calendar": calendar} if calendar else {}))
    assert found is not None
    return found


def text(units: str, value: float, calendar: str | None = None) -> str | None:
    instant = axis(units, calendar).instant(value)
    return to_text(instant) if instant else None


KNOWN = [
    ("days since 1970-01-01", 0, "1970-01-01T00:00:00Z"),
    ("days since 2018-12-01", 31, "2019-01-01T00:00:00Z"),
    ("seconds since 1970-01-01T00:00:00Z", 1_000_000_000, "2001-09-09T01:46:40Z"),  # the billennium
    # CF, section 4.4, has this as an example: 6 hours behind UTC.
    ("seconds since 1992-10-08 15:15:42.5 -6:00", 0, "1992-10-08T21:15:42.5Z"),
    ("hours since 1900-01-01 00:00:0.0", 1, "1900-01-01T01:00:00Z"),
    ("minutes since 2000-02-28 23:59", 1, "2000-02-29T00:00:00Z"),
    ("days since 1900-2-28", 1, "1900-03-01T00:00:00Z"),
    ("day since 2000-01-01", 0.5, "2000-01-01T12:00:00Z"),
    ("hours since 2000-01-01 00:00 +0530", 0, "1999-12-31T18:30:00Z"),
    ("ms since 2000-01-01", -1, "1999-12-31T23:59:59.999Z"),
    ("nanoseconds since 2000-01-01", 1_000_000_000, "2000-01-01T00:00:01Z"),
    ("weeks since 2000-01-01", 2, "2000-01-15T00:00:00Z"),
    ("Days Since 2000-01-01", 1, "2000-01-02T00:00:00Z"),
    # The Gregorian calendar began on 1582-10-15, the day after 1582-10-04 of the Julian one.
    ("days since 1582-10-04", 1, "1582-10-15T00:00:00Z"),
    ("days since 1582-10-15", -1, "1582-10-14T00:00:00Z"),  # the Julian 4th is the proleptic Gregorian 14th
]


@pytest.mark.parametrize(("units", "value", "expected"), KNOWN)
def test_known_instants(units: str, value: float, expected: str) -> None:
    assert text(units, value) == expected


@pytest.mark.parametrize("calendar", ["noleap", "365_day", "360_day", "all_leap", "366_day", "julian", "none"])
def test_calendars_of_models_have_no_instants(calendar: str) -> None:
    found = axis("days since 2000-01-01", calendar)
    assert (found.instant(0), found.fault) == (None, "")


@pytest.mark.parametrize("unit", ["months", "month", "years", "year", "common_years"])
def test_units_of_no_fixed_length_are_refused(unit: str) -> None:
    found = axis(f"{unit} since 2000-01-01")
    assert found.instant(1) is None
    assert "no fixed length" in found.fault


@pytest.mark.parametrize(
    ("units", "calendar"),
    [
        ("days since yesterday", None),
        ("days since 2000-13-01", None),
        ("days since 2001-02-29", None),
        ("days since 1582-10-10", "standard"),
        ("days since 2000-01-01", "lunar"),
        ("furlongs since 2000-01-01", None),
    ],
)
def test_what_cannot_be_counted_is_told(units: str, calendar: str | None) -> None:
    found = axis(units, calendar)
    assert found.instant(0) is None
    assert found.fault


def test_the_reform_is_in_the_standard_calendar_alone() -> None:
    assert text("days since 1582-10-10", 0, "proleptic_gregorian") == "1582-10-10T00:00:00Z"
    assert text("days since 1500-02-29", 0, "standard") == "1500-03-10T00:00:00Z"
    assert axis("days since 1500-02-29", "proleptic_gregorian").fault


def test_dates_beyond_four_digits_are_none() -> None:
    assert text("days since 2000-01-01", 1e9) is None
    assert text("days since 2000-01-01", -1e9) is None


@pytest.mark.parametrize("value", ["m", "", None, 3, "since 2000", "days", "days before 2000-01-01"])
def test_what_is_no_time_of_reference(value: Any) -> None:
    assert not is_time_reference(value)
    assert parse_time_axis({"units": value}) is None


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-(10**6), 10**6))
def test_days_are_those_of_python(origin: datetime, days: int) -> None:
    origin = origin.replace(microsecond=0, tzinfo=UTC)
    found = axis(f"days since {origin.isoformat().replace('+00:00', '')}", "proleptic_gregorian").instant(days)
    try:
        expected: datetime | None = origin + timedelta(days=days)
    except OverflowError:
        expected = None
    assert found == expected


def test_datetime64_counts_since_1970() -> None:
    for unit, scale, value in (("D", 1, 10957), ("h", 6, 43828), ("s", 1, 946684800), ("ns", 1, 946684800 * 10**9)):
        found = datetime64_axis(unit, scale)
        assert found is not None
        assert found.instant(value) == datetime(2000, 1, 1, tzinfo=UTC)
    assert datetime64_axis("M", 1) is None


def test_iso_8601_texts() -> None:
    assert parse_instant("2020-01-17T03:03:45Z") == datetime(2020, 1, 17, 3, 3, 45, tzinfo=UTC)
    assert parse_instant("2020-01-17") == datetime(2020, 1, 17, tzinfo=UTC)
    assert [parse_instant(each) for each in ("P1D", "", None, "2020-02-30", 5)] == [None] * 5
