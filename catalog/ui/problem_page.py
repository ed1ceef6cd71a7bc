"""How do people learn that something cannot be had, and what can they do about it?"""

from collections.abc import Mapping
from typing import Any, Final

from catalog.ui.rendering import render
from catalog.ui.thing_pages import Site

_HEADINGS: Final = {
    400: "This cannot be answered as it was asked",
    401: "This needs a key",
    403: "This is not allowed",
    404: "Nothing is here",
    413: "This is more than is answered at once",
    503: "This cannot be answered just now",
}


def problem_page(site: Site, problem: Mapping[str, Any], *, words: str = "", query: str = "", request_id: str = "") -> bytes:
    """The page of a problem.

    Parameters
    ----------
    problem
        Its members, as RFC 9457 has them, and ours.
    words, query
        What was searched for, and asked in SPARQL: they stand in the forms again.
    request_id
        What the log calls the request; ``""``: nobody needs to know.
    """
    heading = _HEADINGS.get(problem["status"], problem["title"])
    return render(
        "problem", site=site, title=heading, formats=[], problem=problem, near=problem.get("near", ()), words=words, query=query,
        request_id=request_id,
    )  # fmt: skip
