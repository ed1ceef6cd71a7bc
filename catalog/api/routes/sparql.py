"""How is the catalogue asked with SPARQL over HTTP? By the SPARQL 1.1 Protocol, reading only.

What an anonymous client asks is answered from the public audience, what a key asks from all. A query ends when its client leaves.
An answer begins when it is whole: its status tells how it ended, and it is never cut.

Source: SPARQL 1.1 Protocol, section 2.1; SPARQL 1.1 Service Description, section 2.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from catalog.api.access import Asking, Viewer
from catalog.api.documents import HTML, site_of
from catalog.api.leaving import work_for
from catalog.api.negotiation import choose, entity_tag, is_same
from catalog.api.problems import refuse
from catalog.api.sparql_protocol import (
    FORM,
    FORMAT_NAMES,
    GRAPH_TYPES,
    QUERY,
    TABLE_TYPES,
    Asked,
    choose_format,
    likes_page,
    read_get,
    read_post,
)
from catalog.confined.places import Cancel
from catalog.errors import GraphStoreUnavailableError
from catalog.graphstore.guard import guard_query
from catalog.graphstore.outside import OutsideDoor, Question, WholeAnswer
from catalog.rdf.formats import MEDIA_TYPES, write_format
from catalog.rdf.service_description import service_lines
from catalog.services.query import read_table
from catalog.ui.answer_page import answer_page

router = APIRouter(tags=["sparql"])

MAX_PAGE_BYTES: Final = 2**20
"""The largest answer that is shown as a page."""
_VARY: Final = "Accept, Authorization"
_DESCRIPTIONS: Final = {media_type: ending for ending, media_type in MEDIA_TYPES.items()}
_ALLOWED: Final = {"Allow": "GET, HEAD, POST, OPTIONS", "Accept-Post": f"{QUERY}, {FORM}"}

_TEXT: Final = {"type": "string"}
_LIST: Final = {"type": "array", "items": {"type": "string", "format": "uri"}}
_EXAMPLE: Final = "SELECT ?dataset ?title { ?dataset a dcat:Dataset ; dct:title ?title } LIMIT 10"
_MEMBERS: Final[dict[str, dict[str, Any]]] = {
    "query": {**_TEXT, "description": "SPARQL SELECT, ASK, CONSTRUCT or DESCRIBE.", "example": _EXAMPLE},
    "default-graph-uri": {**_LIST, "description": "Graphs that together are the default graph, in place of what FROM says."},
    "named-graph-uri": {**_LIST, "description": "Graphs that GRAPH finds, in place of what FROM NAMED says."},
    "format": {"type": "string", "enum": list(FORMAT_NAMES), "description": "For what sends no Accept header."},
}
_PARAMETERS: Final = [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in _MEMBERS.items()]
_BODY: Final = {
    "required": True,
    "content": {
        QUERY: {"schema": _TEXT, "example": _EXAMPLE},
        FORM: {"schema": {"type": "object", "required": ["query"], "properties": _MEMBERS}, "example": {"query": _EXAMPLE}},
    },
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The whole answer.", "content": {each: {} for each in (*TABLE_TYPES, *GRAPH_TYPES, HTML)}},
    304: {"description": "The service description is as the client has it."},
}


@router.get("/sparql", response_class=Response, responses=_ANSWERS, openapi_extra={"parameters": _PARAMETERS})
async def ask(request: Request, asking: Asking) -> Response:
    """Answer the query in ``query``; without one, describe this endpoint."""
    asked = read_get(request.scope["query_string"])
    if asked.query is None:
        return await run_sync(_describe, request, asking)
    return await _answer(request, asking, asked)


router.add_api_route("/sparql", ask, methods=["HEAD"], include_in_schema=False)


@router.post(
    "/sparql",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"parameters": [each for each in _PARAMETERS if each["name"] != "query"], "requestBody": _BODY},
)
async def ask_by_post(request: Request, asking: Asking) -> Response:
    """Answer the query that the body is, or that the form in it holds."""
    asked = read_post(request.scope["query_string"], request.headers.get("content-type"), await request.body())
    return await _answer(request, asking, asked)


@router.options("/sparql", include_in_schema=False)
def options() -> Response:
    """Say what can be sent here."""
    return Response(status_code=204, headers=_ALLOWED)


async def _answer(request: Request, asking: Viewer, asked: Asked) -> Response:
    text = asked.query or ""
    is_table = guard_query(text, services=True).form in {"SELECT", "ASK"}
    if as_page := likes_page(asked.format, request.headers.get("accept"), is_table=is_table):
        name, media_type = "json" if is_table else "turtle", HTML
    else:
        name, media_type = choose_format(asked.format, request.headers.get("accept"), is_table=is_table)
    question = Question(text, name, asked.default_graphs, asked.named_graphs, asking.service.iris.sparql)
    sparql = asking.service.settings.sparql
    most, kind = sparql.concurrency + sparql.waiting + 1, f"queries of {asking.audience}"
    full = partial(_full, sparql.concurrency)
    whole = await work_for(request, asking.service, kind, most, full, partial(_ask_store, asking, question))
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    headers = {
        "Content-Type": media_type + charset,
        "Vary": _VARY,
        "Cache-Control": "no-cache" if asking.is_anonymous else "private, no-cache",
    }
    if as_page:
        return Response(await run_sync(_page, asking, asked, whole, is_table), headers=headers)
    return StreamingResponse(_pieces(whole), headers=headers | {"Content-Length": str(whole.size)})


def _page(asking: Viewer, asked: Asked, whole: WholeAnswer, is_table: bool) -> bytes:
    """The answer for people; one that is too large is offered as a file."""
    body = b"".join(whole.parts) if whole.size <= MAX_PAGE_BYTES else None
    answer = None if body is None else read_table(body) if is_table else body.decode()
    dataset = [("default-graph-uri", each) for each in asked.default_graphs]
    dataset += [("named-graph-uri", each) for each in asked.named_graphs]
    site, iris = site_of(asking), asking.service.iris
    return answer_page(site, iris, asked.query or "", dataset, answer, is_table=is_table, size=whole.size)


async def _pieces(whole: WholeAnswer) -> AsyncIterator[bytes]:
    """The answer piece by piece; each is let go once it was sent."""
    parts = list(reversed(whole.parts))
    while parts:
        yield parts.pop()


def _ask_store(asking: Viewer, question: Question, cancel: Cancel) -> WholeAnswer:
    store = asking.store
    if not isinstance(store, OutsideDoor):
        raise GraphStoreUnavailableError(f"the audience {asking.audience!r} is not kept here, so there is nothing to ask")
    return store.answer(question, cancel)


def _full(concurrency: int) -> GraphStoreUnavailableError:
    return GraphStoreUnavailableError(f"{concurrency} queries are running, and others wait: ask again in a moment")


def _describe(request: Request, asking: Viewer) -> Response:
    """The service description, by content negotiation."""
    iris = asking.service.iris
    chosen = choose(request.headers.get("accept"), tuple(_DESCRIPTIONS))
    if chosen is None:
        raise refuse(406, f"the description comes as {', '.join(_DESCRIPTIONS)}", "not-acceptable", {"Vary": _VARY})
    settings = asking.service.settings
    lines = "".join(service_lines(iris, settings.api.title, federates=bool(settings.sparql.services.split()))).encode()
    headers = {"ETag": entity_tag(lines, _DESCRIPTIONS[chosen]), "Vary": _VARY, **_ALLOWED}
    if is_same(headers["ETag"], request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    charset = "; charset=utf-8" if chosen.startswith("text/") else ""
    return Response(write_format(lines, _DESCRIPTIONS[chosen]), headers=headers, media_type=chosen + charset)
