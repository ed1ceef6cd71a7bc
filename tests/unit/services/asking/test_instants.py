"""Which instants does a text mean?"""

from datetime import UTC, datetime

import pytest

from catalog.errors import InputError
from catalog.services.asking.instants import parse_interval, parse_moment, read_moment


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", utc(2020, 1, 1), utc(2020, 12, 31, 23, 59, 59, 999999)),
        ("2020-02", utc(2020, 2, 1), utc(2020, 2, 29, 23, 59, 59, 999999)),
        ("2021-12", utc(2021, 12, 1), utc(2021, 12, 31, 23, 59, 59, 999999)),
        ("2020-02-29", utc(2020, 2, 29), utc(2020, 2, 29, 23, 59, 59, 999999)),
        ("2020-02-29T12:30", utc(2020, 2, 29, 12, 30), utc(2020, 2, 29, 12, 30)),
        ("2020-01-01T00:00:00+05:30", utc(2019, 12, 31, 18, 30), utc(2019, 12, 31, 18, 30)),
        ("2020-01-01t00:00:00.5z", utc(2020, 1, 1, 0, 0, 0, 500000), utc(2020, 1, 1, 0, 0, 0, 500000)),
        ("2020-01-01T00:00:00.123456789Z", utc(2020, 1, 1, 0, 0, 0, 123456), utc(2020, 1, 1, 0, 0, 0, 123456)),
    ],
)
def test_moments(text: str, first: datetime, last: datetime) -> None:
    found = parse_moment(text)
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "20200101", "2020-W01", "2021-02-29", "2020-1-1", "0000", "٢٠٢٠", "2020-01-01T25:00", "12020", "-2020", "now"]
)
def test_what_is_no_time(text: str) -> None:
    assert read_moment(text) is None
    with pytest.raises(InputError):
        parse_moment(text)


def test_intervals() -> None:
    assert parse_interval("2020-01/2020-02") == (utc(2020, 1, 1), utc(2020, 2, 29, 23, 59, 59, 999999))
    assert parse_interval("../2020-01-01") == (None, utc(2020, 1, 1, 23, 59, 59, 999999))
    assert parse_interval("2020-01-01T00:00:00Z/") == (utc(2020, 1, 1), None)
    assert parse_interval("9999")[1] == utc(9999, 12, 31, 23, 59, 59, 999999)
