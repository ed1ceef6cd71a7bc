"""The search: ``GET`` and ``POST`` on `/search`."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from catalog.api.access import Asking, Viewer
from catalog.api.documents import HTML, site_of
from catalog.api.negotiation import choose
from catalog.api.problems import refuse
from catalog.api.search_document import BODY, FORMATS, PARAMETERS, RESPONSES
from catalog.errors import InputError
from catalog.services.search import SearchLimits, search
from catalog.services.search_answer import SearchAnswer
from catalog.services.search_formats import headers, to_arrow, to_csv, to_jsonld
from catalog.services.search_params import parse_parameters
from catalog.services.search_request import SearchRequest, parse_search
from catalog.ui.search_page import search_page

router = APIRouter(tags=["search"])


async def _body(request: Request) -> bytes:
    return await request.body()


@router.get("/search", response_class=Response, responses=RESPONSES, openapi_extra={"parameters": PARAMETERS})
def search_by_address(request: Request, viewer: Asking) -> Response:
    """Find datasets, groups and arrays by words, by what they mean, by place and time.

    Any further parameter is a lookup, such as `standard_name=sea_surface_temperature`, `ndim__gte=3` or
    `dataset__title__contains=buoys`: docs/reference/search.md lists operators and terms.
    """
    return _answered(request, viewer, parse_parameters(request.query_params.multi_items()))


@router.post("/search", response_class=Response, responses=RESPONSES, openapi_extra={"requestBody": BODY})
def search_by_body(request: Request, viewer: Asking, body: Annotated[bytes, Depends(_body)]) -> Response:
    """Find datasets, groups and arrays; conditions may be joined by `and`, `or` and `not`."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media not in {"application/json", ""} and not media.endswith("+json"):
        raise refuse(415, f"the search is JSON, and {media[:80]!r} was sent", "unsupported-media-type")
    return _answered(request, viewer, parse_search(body))


def _answered(request: Request, viewer: Viewer, wanted: SearchRequest) -> Response:
    form = _format(request)
    bounds = viewer.service.settings.search
    limits = SearchLimits(bounds.max_matches, bounds.max_facet_values, bounds.timeout_s)
    answer = search(viewer.store, viewer.service.iris, wanted, limits)
    said = {**headers(answer), "Vary": "Accept, Authorization"}
    if answer.next and request.method == "GET":
        said["Link"] = f'<{_next_address(request, answer)}>; rel="next"'
    if form == "json":
        return JSONResponse(answer.to_dict(), headers=said)
    if form == "html":
        asked = request.query_params.multi_items()
        page = search_page(site_of(viewer), viewer.service.iris, asked, answer)
        return Response(page, headers=said, media_type=f"{HTML}; charset=utf-8")
    if form == "jsonld":
        return JSONResponse(to_jsonld(answer), headers=said, media_type=FORMATS[form])
    said["Content-Disposition"] = f'attachment; filename="search.{form}"'
    body = to_csv(answer) if form == "csv" else to_arrow(answer)
    return Response(body, headers=said, media_type=f"{FORMATS[form]}; charset=utf-8" if form == "csv" else FORMATS[form])


def _format(request: Request) -> str:
    named = request.query_params.get("format")
    if named:
        if named not in FORMATS:
            raise InputError(f"format is {named!r:.40}; allowed are {', '.join(FORMATS)}")
        return named
    offers = {**FORMATS, "html": HTML} if request.method in {"GET", "HEAD"} else FORMATS  # a page is what a form leads to
    found = choose(request.headers.get("accept", ""), list(offers.values()))
    if found is None:
        raise refuse(406, f"an answer comes as {', '.join(offers.values())}", "not-acceptable")
    return next(name for name, media in offers.items() if media == found)


def _next_address(request: Request, answer: SearchAnswer) -> str:
    """The address of the next page, relative to this one."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return "?" + urlencode([*pairs, ("cursor", answer.next)])
