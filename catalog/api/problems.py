"""What does an error look like over HTTP? One shape for all of them: ``application/problem+json`` (RFC 9457).

Browsers get the same as a page. Routes raise what the use cases raise; the handlers here translate. What is specific to HTTP (no
such address, a method or a media type that is not offered, a key that is not known) is raised with `refuse`. ``code`` is the
stable word that programs go by.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from catalog.api.leaving import left
from catalog.api.problem_pages import for_people
from catalog.confined.places import CancelledError
from catalog.errors import (
    CatalogError,
    GraphStoreUnavailableError,
    LimitExceededError,
    MetadataError,
    NonConformantError,
    NotFoundError,
    StoreBusyError,
    UnavailableError,
    status_of,
)

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "https://w3id.org/zarr-catalog/errors#"
"""Where the IRIs of the kinds of errors begin; docs/reference/errors.md lists them."""
RETRY_AFTER_S: Final = 5

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "An error, as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What was wrong, the value, what is allowed, what to do."},
        "code": {"type": "string", "description": "A stable word for this kind of error."},
        "near": {"type": "array", "items": {"type": "string"}, "description": "Names that come close to one that is unknown."},
        "limit": {"type": "string"},
        "value": {"type": "integer"},
        "allowed": {"type": "integer"},
        "problems": {"type": "array", "items": {"type": "object"}},
    },
}
_CONTENT: Final = {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}, "text/html": {"schema": {"type": "string"}}}
PROBLEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "The request cannot be answered as it stands.", "content": _CONTENT},
    "5XX": {"description": "Something behind the service did not answer; ask again.", "content": _CONTENT},
}
_HTTP_CODES: Final = {
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "limit-exceeded",
    415: "unsupported-media-type",
}


class _Refusal(HTTPException):
    """An error of HTTP alone, with the stable word for its kind."""

    def __init__(self, status: int, detail: str, code: str, headers: Mapping[str, str] | None) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code


def refuse(status: int, detail: str, code: str, headers: Mapping[str, str] | None = None) -> HTTPException:
    """An error that only HTTP knows, to be raised.

    Parameters
    ----------
    status
        400 to 599.
    detail
        What was wrong, the value, what is allowed, what to do.
    code
        A stable word, kebab-case.
    headers
        To send with it.
    """
    return _Refusal(status, detail, code, headers)


def problem(status: int, detail: str, code: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """The answer that tells of an error."""
    body = {"type": TYPES + code, "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code, **more}
    return JSONResponse(body, status, {"X-Content-Type-Options": "nosniff", **(headers or {})}, MEDIA_TYPE)


def add_problems(app: FastAPI) -> None:
    """Give an app the handlers."""
    app.add_exception_handler(CatalogError, partial(_told, _ours))
    app.add_exception_handler(CancelledError, left)
    app.add_exception_handler(RequestValidationError, partial(_told, _invalid))
    app.add_exception_handler(HTTPException, partial(_told, _http))
    app.add_exception_handler(Exception, partial(_told, _fault))


def _told(tell: Callable[[Request, Exception], Response], request: Request, error: Exception) -> Response:
    return for_people(request, tell(request, error))


def _ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, CatalogError)  # noqa: S101  what it is registered for
    if isinstance(error, GraphStoreUnavailableError) and "://" in str(error):  # where it lies is nobody's business but the log's
        structlog.get_logger("catalog.api").warning("graph store", kind=type(error).__name__, detail=str(error))
        error = GraphStoreUnavailableError("the graph store behind this service does not answer: ask again in a moment")
    return problem_of(error)


def problem_of(error: CatalogError) -> Response:
    """The answer that tells of an error of ours."""
    status, headers, more = status_of(error), dict[str, str](), dict[str, Any]()
    if isinstance(error, UnavailableError):
        wait = error.retry_after if isinstance(error, StoreBusyError) and error.retry_after else RETRY_AFTER_S
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(error, NotFoundError) and error.near:
        more["near"] = list(error.near)
    if isinstance(error, LimitExceededError) and error.limit:
        more |= {"limit": error.limit, "value": error.value, "allowed": error.allowed}
    if isinstance(error, MetadataError):
        more["problems"] = [each.to_dict() for each in error.problems]
    if isinstance(error, NonConformantError) and error.report is not None:
        more["problems"] = [asdict(each) for each in error.report.results]
    return problem(status, str(error), error.code, headers, **more)


def _invalid(_: Request, error: Exception) -> Response:
    """What FastAPI found wrong in parameters or body; no value is repeated, as it may be long."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [{"where": "/".join(str(step) for step in each["loc"]), "message": each["msg"]} for each in error.errors()[:20]]
    detail = "; ".join(f"{each['where']}: {each['message']}" for each in found)
    return problem(400, detail, "input", problems=found)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = error.code if isinstance(error, _Refusal) else _HTTP_CODES.get(error.status_code, "http")
    detail = str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND and not isinstance(error, _Refusal):
        slash = "; try it without the slash at its end" if request.url.path.endswith("/") else ""
        detail = f"there is nothing at this address{slash}"
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = ", ".join(sorted(_methods_at(request)))
        headers["Allow"], detail = methods, f"{request.method[:20]} is not offered here; {methods} are"
    return problem(error.status_code, detail, code, headers)


def _methods_at(request: Request) -> set[str]:
    """What the address takes, whichever routes offer it; a route that refuses knows its own methods alone."""
    routes: list[Any] = request.app.state.routes
    fitting = (each for each in routes if isinstance(each, Route) and each.matches(request.scope)[0] is not Match.NONE)
    return {method for each in fitting for method in each.methods or ()}


def _fault(request: Request, error: Exception) -> Response:
    """A fault of ours: its words may hold anything, so they go to the log alone."""
    structlog.get_logger("catalog.api").error("fault", kind=type(error).__name__, path=request.url.path, exc_info=error)
    return problem(500, "a fault in this service; its log has the request's id", "fault")
