"""How does a document of linked data travel: which address, which headers, and is it needed at all?"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request, Response

from catalog.api.access import Viewer
from catalog.api.negotiation import choose, entity_tag, is_same
from catalog.api.problems import refuse
from catalog.errors import InputError
from catalog.rdf.formats import MEDIA_TYPES, write_format
from catalog.rdf.iris import Iris
from catalog.ui.thing_pages import Site

HTML: Final = "text/html"
ENDINGS: Final[Mapping[str, str]] = {**MEDIA_TYPES, "html": HTML}
"""Ending of a document's address → its media type; the first is the one for who does not say."""
_BY_TYPE: Final = {media_type: ending for ending, media_type in ENDINGS.items()}
_PARAMETER: Final = re.compile(r"\{(\w+)(?::path)?\}")
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The document.", "content": {each: {} for each in ENDINGS.values()}},
    302: {"description": "What is asked for lies at `Location`."},
    303: {"description": "The document about the thing lies at `Location`."},
    304: {"description": "The document is as the client has it."},
}
_VARY: Final = "Accept, Authorization"
_IN_URI: Final = "/?#[]@!$&'()*+,;=:%~-._"


def both(router: APIRouter, path: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Offer an address by GET, and by HEAD without telling OpenAPI twice.

    What stands in the path is told to OpenAPI here: functions take the path as the client encoded it.
    """
    known = {"type": "string", "minLength": 1}
    parameters = [{"name": name, "in": "path", "required": True, "schema": known} for name in _PARAMETER.findall(path)]

    def register(function: Callable[..., Response]) -> Callable[..., Response]:
        router.add_api_route(
            path,
            function,
            methods=["GET"],
            response_class=Response,
            responses=_RESPONSES,
            openapi_extra={"parameters": parameters},
        )
        router.add_api_route(path, function, methods=["HEAD"], include_in_schema=False)
        return function

    return register


def below_base(request: Request) -> str:
    """The path of a request as the client encoded it, without a slash at the beginning."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    path = quote(raw, safe=_IN_URI)
    return path.removeprefix(request.scope.get("root_path", "")).removeprefix("/")


def site_of(viewer: Viewer) -> Site:
    """What all pages share."""
    return Site(viewer.service.settings.api.title, urlsplit(viewer.service.iris.base).path)


def local(iris: Iris, url: str) -> str:
    """An address of this deployment as a reference that holds whatever name the service is reached by; others as they are."""
    if not url.startswith(iris.base):
        return quote(url, safe=_IN_URI)
    parts = urlsplit(iris.base)
    return quote(url.removeprefix(f"{parts.scheme}://{parts.netloc}"), safe=_IN_URI)


def see_document(request: Request, viewer: Viewer, iri: str) -> Response:
    """The answer at the IRI of a thing: 303 to the document about it that the client likes best (200 is for documents).

    Raises
    ------
    HTTPException
        406: it takes none of the formats.
    """
    iris = viewer.service.iris
    wanted = choose(request.headers.get("accept"), tuple(ENDINGS.values()))
    if wanted is None:
        raise not_acceptable(ENDINGS.values())
    query = f"?{request.url.query}" if request.url.query else ""
    location = local(iris, iris.document(iri, _BY_TYPE[wanted])) + query
    links = ", ".join(f'<{local(iris, iris.document(iri, e))}{query}>; rel="describedby"; type="{t}"' for e, t in ENDINGS.items())
    headers = {"Location": location, "Vary": _VARY, "Link": links, "Cache-Control": _caching(viewer)}
    return Response(status_code=303, headers=headers)


def not_acceptable(there: Iterable[str]) -> Exception:
    """406, with what there is."""
    return refuse(
        406, f"there is no format that this request takes; there are {', '.join(there)}", "not-acceptable", {"Vary": _VARY}
    )


def send_graph(
    request: Request,
    viewer: Viewer,
    iri: str,
    ntriples: bytes,
    ending: str,
    *,
    classes: Iterable[str] = (),
    page: int = 1,
    pages: int = 1,
) -> Response:
    """A graph as a document in one of the formats; 304 where the client has it, before it is written out.

    Parameters
    ----------
    iri
        What it is about.
    ntriples
        The graph.
    ending
        Of the format.
    classes
        What kind of thing it is about.
    page, pages
        Which page of its members it shows, from 1, and of how many.

    Raises
    ------
    HTTPException
        406: RDF/XML cannot say this.
    """
    tag = entity_tag(ntriples, ending)
    headers = document_headers(viewer, iri, ending, classes=classes, page=page, pages=pages) | {"ETag": tag}
    if is_same(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    try:
        body = write_format(ntriples, ending)
    except InputError as error:
        raise refuse(406, str(error), "not-acceptable") from error
    return Response(body, headers=headers, media_type=_with_charset(ENDINGS[ending]))


def send_page(
    request: Request, viewer: Viewer, iri: str, html: bytes, *, classes: Iterable[str] = (), page: int = 1, pages: int = 1
) -> Response:
    """A page for people; 304 where the client has it. Parameters as for `send_graph`."""
    tag = entity_tag(html)
    headers = document_headers(viewer, iri, "html", classes=classes, page=page, pages=pages) | {"ETag": tag}
    if is_same(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(html, headers=headers, media_type=_with_charset(HTML))


def document_headers(
    viewer: Viewer, iri: str, ending: str, *, classes: Iterable[str], page: int, pages: int = 1
) -> dict[str, str]:
    """What every document says of itself: what it is about and of which kind that is, its other formats, the pages beside it."""
    iris = viewer.service.iris
    links = [f'<{local(iris, iri)}>; rel="describes"']
    for other, media_type in ENDINGS.items():
        if other != ending:
            links.append(f'<{local(iris, iris.document(iri, other, page))}>; rel="alternate"; type="{media_type}"')
    links += [f'<{local(iris, each)}>; rel="type"' for each in classes]
    beside = {"prev": page - 1, "next": page + 1}
    links += [f'<{local(iris, iris.document(iri, ending, at))}>; rel="{rel}"' for rel, at in beside.items() if 1 <= at <= pages]
    return {"Vary": _VARY, "Link": ", ".join(links), "Cache-Control": _caching(viewer)}


def _caching(viewer: Viewer) -> str:
    """A cache asks each time; what only some may see, it does not keep for others."""
    return "no-cache" if viewer.is_anonymous else "private, no-cache"


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type in {HTML, "text/turtle"} else media_type
