"""What does somebody see whose browser asks for what cannot be had? What the problem says, as a page."""

import json
from typing import Final

import structlog
from fastapi import Request, Response

from catalog.api.negotiation import choose
from catalog.rdf.formats import MEDIA_TYPES
from catalog.ui.problem_page import problem_page
from catalog.ui.thing_pages import Site

_HTML: Final = "text/html"
_TABLES: Final = ("application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values")
_KINDS: Final = ("application/problem+json", "application/json", *MEDIA_TYPES.values(), *_TABLES, _HTML)
"""What a client may like; who would rather have one for programs is a program."""
_FAULTS: Final = 500


def for_people(request: Request, answer: Response) -> Response:
    """The page of a problem where the client likes HTML best, as browsers do; for programs the problem as it is.

    Parameters
    ----------
    request
        That cannot be answered.
    answer
        The problem, as JSON.
    """
    if request.method not in {"GET", "HEAD"}:
        return answer
    if "accept" not in answer.headers.get("vary", "").lower():
        answer.headers.add_vary_header("Accept")
    if choose(request.headers.get("accept"), _KINDS) != _HTML:
        return answer
    service = request.app.state.service
    request_id = structlog.contextvars.get_contextvars().get("request_id", "") if answer.status_code >= _FAULTS else ""
    asked = {name: request.query_params.get(name, "") for name in ("q", "query")}
    site = Site(service.settings.api.title, service.root)
    page = problem_page(site, json.loads(bytes(answer.body)), words=asked["q"], query=asked["query"], request_id=request_id)
    kept = {name: value for name, value in answer.headers.items() if name not in {"content-length", "content-type"}}
    return Response(page, answer.status_code, kept, f"{_HTML}; charset=utf-8")
