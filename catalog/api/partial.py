"""What of an answer does the client want: nothing new, a part, or all of it?

Source: RFC 9110, sections 8.8 (validators), 13 (conditional requests) and 14 (ranges). A request for several ranges, or for one
that cannot be read, gets everything, as the standard allows.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from typing import Final

from fastapi import Request, Response

from catalog.api.problems import problem

Wanted = tuple[int, int | None]
"""A range in bytes, half-open; a negative start without end counts from the end."""
WHOLE: Final[Wanted] = (0, None)

_RANGE: Final = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.IGNORECASE)
_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
CONDITIONS: Final = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range")
"""Headers that need to know which state of the thing is there before it is given."""


def http_date(seconds: float) -> str:
    """A time in seconds since 1970 as HTTP writes it."""
    return formatdate(int(seconds), usegmt=True)


def is_conditional(headers: Mapping[str, str]) -> bool:
    """Whether a request depends on which state there is."""
    return any(name in headers for name in CONDITIONS)


def failed_precondition(headers: Mapping[str, str], etag: str, modified: float | None) -> int:
    """The status that a condition of the request asks for: 304, 412, or 0 where all hold.

    Parameters
    ----------
    headers
        Of a GET or HEAD, by names in lower case.
    etag, modified
        Of what is there: quoted, weak ones with ``W/``; ``""`` and None where nothing is known.
    """
    if "if-match" in headers:
        if not _matches(headers["if-match"], etag, weak=False):
            return 412
    elif "if-unmodified-since" in headers and modified is not None:
        since = _seconds(headers["if-unmodified-since"])
        if since is not None and int(modified) > since:
            return 412
    if "if-none-match" in headers:
        return 304 if _matches(headers["if-none-match"], etag, weak=True) else 0
    since = _seconds(headers.get("if-modified-since", ""))
    return 304 if since is not None and modified is not None and int(modified) <= since else 0


def wanted_part(headers: Mapping[str, str], etag: str = "", modified: float | None = None) -> Wanted:
    """The range that a GET asks for; all of it where it asks for none, or for one of another state than is there."""
    match = _RANGE.fullmatch(headers.get("range", ""))
    if match is None or not (match[1] or match[2]):
        return WHOLE
    condition = headers.get("if-range", "").strip()
    if condition and not _still(condition, etag, modified):
        return WHOLE
    if not match[1]:
        return (-int(match[2]), None) if int(match[2]) else WHOLE
    start, end = int(match[1]), int(match[2]) + 1 if match[2] else None
    return WHOLE if end is not None and end <= start else (start, end)


def validators(etag: str, modified: float | None) -> dict[str, str]:
    """The headers that name a state."""
    found = {"ETag": etag} if etag else {}
    return found if modified is None else found | {"Last-Modified": http_date(modified)}


def unsatisfiable(size: int, headers: Mapping[str, str]) -> Response:
    """The answer to a range that lies behind the end."""
    given = {**headers, "Content-Range": f"bytes */{size}"}
    return problem(416, f"the range begins behind the end: there are {size} bytes", "range-not-satisfiable", given)


def answer_bytes(
    request: Request, data: bytes, headers: Mapping[str, str], media_type: str, etag: str = "", modified: float | None = None
) -> Response:
    """All of ``data``, or the part of it that a GET or HEAD asks for; preconditions were looked at before."""
    wanted = wanted_part(request.headers, etag, modified) if request.method == "GET" else WHOLE
    if wanted == WHOLE:
        given = {**headers, "Content-Length": str(len(data))}
        return Response(b"" if request.method == "HEAD" else data, headers=given, media_type=media_type)
    first, last, _ = slice(*wanted).indices(len(data))
    if first >= last:
        return unsatisfiable(len(data), headers)
    given = {**headers, "Content-Range": f"bytes {first}-{last - 1}/{len(data)}"}
    return Response(data[first:last], 206, given, media_type)


def _still(condition: str, etag: str, modified: float | None) -> bool:
    """Whether ``If-Range`` holds: by a strong name of the content, or by the very time at which it was written."""
    if condition.startswith(('"', "W/")):
        return condition == etag and not etag.startswith("W/")
    since = _seconds(condition)
    return since is not None and modified is not None and int(modified) == since


def _matches(condition: str, etag: str, *, weak: bool) -> bool:
    if condition.strip() == "*":
        return True
    if not etag or (not weak and etag.startswith("W/")):
        return False
    plain = etag.removeprefix("W/")
    given = _TAG.findall(condition)
    return any(each.removeprefix("W/") == plain if weak else each == etag for each in given)


def _seconds(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text.strip()).timestamp())
    except (ValueError, OverflowError):
        return None
