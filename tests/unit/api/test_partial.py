"""Which answer do conditions and ranges of a request ask for? The cases are those of RFC 9110, sections 13 and 14."""

import pytest

from catalog.api.partial import WHOLE, failed_precondition, http_date, is_conditional, wanted_part

TAG, WEAK, WRITTEN = '"abc"', 'W/"abc"', 784111777.9
DATE, BEFORE, AFTER = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:38 GMT"


def test_a_date_is_written_as_in_the_standard() -> None:
    assert http_date(WRITTEN) == DATE


@pytest.mark.parametrize(
    ("headers", "etag", "status"),
    [
        ({}, TAG, 0),
        ({"if-none-match": TAG}, TAG, 304),
        ({"if-none-match": WEAK}, TAG, 304),
        ({"if-none-match": TAG}, WEAK, 304),
        ({"if-none-match": '"x", W/"y", "abc"'}, TAG, 304),
        ({"if-none-match": '"x"'}, TAG, 0),
        ({"if-none-match": "abc"}, TAG, 0),
        ({"if-none-match": "*"}, TAG, 304),
        ({"if-none-match": TAG}, "", 0),
        ({"if-none-match": '"x"', "if-modified-since": AFTER}, TAG, 0),
        ({"if-modified-since": DATE}, TAG, 304),
        ({"if-modified-since": AFTER}, TAG, 304),
        ({"if-modified-since": BEFORE}, TAG, 0),
        ({"if-modified-since": "yesterday"}, TAG, 0),
        ({"if-match": TAG}, TAG, 0),
        ({"if-match": WEAK}, WEAK, 412),
        ({"if-match": '"x"'}, TAG, 412),
        ({"if-match": "*"}, TAG, 0),
        ({"if-unmodified-since": BEFORE}, TAG, 412),
        ({"if-unmodified-since": DATE}, TAG, 0),
        ({"if-unmodified-since": BEFORE, "if-match": TAG}, TAG, 0),
        ({"if-match": '"x"', "if-none-match": TAG}, TAG, 412),
    ],
)
def test_conditions(headers: dict[str, str], etag: str, status: int) -> None:
    assert failed_precondition(headers, etag, WRITTEN) == status
    assert is_conditional(headers) == bool(headers)


def test_without_a_time_nothing_is_known_of_changes() -> None:
    assert failed_precondition({"if-modified-since": AFTER}, "", None) == 0
    assert failed_precondition({"if-unmodified-since": BEFORE}, "", None) == 0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("bytes=0-499", (0, 500)),
        ("bytes=500-999", (500, 1000)),
        ("bytes=9500-", (9500, None)),
        ("bytes=-500", (-500, None)),
        ("Bytes=0-0", (0, 1)),
        ("bytes=0-0,-1", WHOLE),
        ("bytes=5-4", WHOLE),
        ("bytes=-0", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=a-b", WHOLE),
        ("items=0-5", WHOLE),
        ("bytes=0x1-5", WHOLE),
        ("bytes=1-" + "9" * 30, WHOLE),
        ("", WHOLE),
    ],
)
def test_ranges(text: str, wanted: tuple[int, int | None]) -> None:
    assert wanted_part({"range": text} if text else {}) == wanted


@pytest.mark.parametrize(
    ("condition", "etag", "same"),
    [
        (TAG, TAG, True),
        ('"x"', TAG, False),
        (WEAK, WEAK, False),
        (TAG, WEAK, False),
        (DATE, TAG, True),
        (BEFORE, TAG, False),
        (AFTER, TAG, False),
        ("nonsense", TAG, False),
    ],
)
def test_a_part_is_given_only_of_the_state_that_the_client_means(condition: str, etag: str, same: bool) -> None:
    headers = {"range": "bytes=1-2", "if-range": condition}
    assert wanted_part(headers, etag, WRITTEN) == ((1, 3) if same else WHOLE)
