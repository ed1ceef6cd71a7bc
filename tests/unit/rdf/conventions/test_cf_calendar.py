"""Do dates mean the numbers that cftime says, in every calendar of CF?"""

import pytest

from catalog.errors import InputError
from catalog.rdf.conventions.cf_calendar import DAY, is_time_reference, parse_time_axis

# cftime 1.6: date2num(datetime(…, calendar=…), units, calendar)
KNOWN = [
    ("days since 2000-01-01", "noleap", "2004-03-01", 1519),
    ("days since 2000-01-01", "360_day", "2001-02-30", 419),
    ("hours since 1850-01-01", "all_leap", "1850-02-29T12", 1428),
    ("days since 0001-01-01", "julian", "2000-01-01", 730134),
    ("days since 1582-10-04", "standard", "1582-10-15", 1),
    ("days since 1582-10-04", "proleptic_gregorian", "1582-10-15", 11),
    ("days since 1600-01-01", "standard", "1500-02-29", -36456),
    ("seconds since 1970-01-01", "standard", "2020-02-29T23:59:59", 1583020799),
    ("months since 2000-01-01", "360_day", "2001-03-01", 14),
    ("hours since 1900-01-01 06:30", "gregorian", "2024-07-01T12:30", 1091334),
]


@pytest.mark.parametrize(("units", "calendar", "date", "number"), KNOWN)
def test_dates_are_numbers_and_numbers_dates(units: str, calendar: str, date: str, number: int) -> None:
    axis = parse_time_axis(units, calendar)
    moment = axis.microseconds(date)
    assert moment == number * axis.unit
    assert axis.microseconds(axis.date(moment)) == moment
    assert axis.date(moment).startswith(date)


def test_what_is_cut_off_is_the_beginning_of_what_is_left() -> None:
    axis = parse_time_axis("days since 2019-01-01")
    assert [axis.microseconds(text) // DAY for text in ("2020", "2020-02", "2020-02-03")] == [365, 396, 398]
    assert axis.microseconds("2019-01-01 01:00:00.5") == 3600 * 10**6 + 500_000
    assert axis.microseconds("2019-01-01T02:00+01:00") == axis.microseconds("2019-01-01T01:00Z")


@pytest.mark.parametrize(
    ("units", "calendar", "date", "message"),
    [
        ("days since 2000-01-01", "noleap", "2004-02-29", "no date of the calendar 'noleap'"),
        ("days since 2000-01-01", "360_day", "2004-01-31", "no date of the calendar"),
        ("days since 2000-01-01", "standard", "1582-10-10", "is followed by 1582-10-15"),
        ("days since 2000-01-01", "standard", "1900-02-29", "no date"),
        ("days since 2000-01-01", "standard", "today", "is no date: write it like 2020"),
        ("days since 2000-01-01", "standard", "2020-01-01T25", "no time of day"),
        ("months since 2000-01-01", "standard", "2020", "no fixed length"),
        ("days since 2000-01-01", "mayan", "2020", "dates of the calendar 'mayan' are not known"),
        ("kelvin", "standard", "2020", "no time of reference"),
    ],
)
def test_what_is_no_date_is_refused(units: str, calendar: str, date: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_time_axis(units, calendar).microseconds(date)


def test_units_that_count_from_a_time() -> None:
    assert is_time_reference("days since 1970-01-01")
    assert not is_time_reference("days")
