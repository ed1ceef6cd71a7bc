"""What does the catalogue publish about itself: its first page, DCAT, VoID, the ontology, the shapes and the profiles?"""

import threading
import time
from typing import Final
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from catalog.api.access import Asking, Viewer
from catalog.api.documents import (
    ENDINGS,
    HTML,
    below_base,
    both,
    local,
    not_acceptable,
    see_document,
    send_graph,
    send_page,
    site_of,
)
from catalog.api.negotiation import choose, entity_tag, is_same
from catalog.api.state import Service
from catalog.errors import NotFoundError
from catalog.rdf.dcat import catalogue_lines
from catalog.rdf.iris import PROJECT
from catalog.rdf.void import Counts, void_lines
from catalog.resources import Resource
from catalog.services.catalogue import read_catalogue, read_counts
from catalog.services.describe import Description, describe
from catalog.services.vocabulary import VocabularyTerm, published_file, read_vocabulary, to_ntriples, vocabulary_names
from catalog.ui.catalogue_pages import catalogue_page, home_page, term_page, vocabulary_page, void_page
from catalog.ui.rendering import style_name, style_sheet

router = APIRouter(tags=["linked data"])

NEWEST: Final = 10
"""Datasets on the first page, and examples in the VoID document."""
FIGURES_S: Final = 2.0
"""Seconds that counted figures are good for."""


_figures: "WeakKeyDictionary[Service, dict[str, tuple[float, Counts, tuple[str, ...]]]]" = WeakKeyDictionary()
_lock = threading.Lock()


def _counted(asking: Viewer) -> tuple[Counts, tuple[str, ...]]:
    """How much there is, and the IRIs of some datasets; kept for a moment, as every visitor asks for it."""
    with _lock:
        known = _figures.setdefault(asking.service, {}).get(asking.audience)
    if known and time.monotonic() - known[0] < FIGURES_S:
        return known[1], known[2]
    counts = read_counts(asking.store)
    examples = tuple(entry.iri for entry in read_catalogue(asking.store, asking.service.iris, newest=True, size=3).entries)
    with _lock:
        _figures[asking.service][asking.audience] = time.monotonic(), counts, examples
    return counts, examples


@both(router, "/")
def home(request: Request, asking: Asking) -> Response:
    """The first page, for people; for others a document about the deployment."""
    iris = asking.service.iris
    wanted = choose(request.headers.get("accept"), (HTML, *ENDINGS.values()))
    if wanted is None:
        raise not_acceptable(ENDINGS.values())
    return _home(request, asking) if wanted == HTML else see_document(request, asking, iris.base)


def _home(request: Request, asking: Viewer) -> Response:
    iris = asking.service.iris
    newest = read_catalogue(asking.store, iris, newest=True, size=NEWEST).entries
    return send_page(request, asking, iris.base, home_page(site_of(asking), iris, _counted(asking)[0], newest))


@both(router, "/catalog")
@both(router, "/void")
def about_all(request: Request, asking: Asking) -> Response:
    """The catalogue as DCAT, or what it holds as VoID: see the document."""
    return see_document(request, asking, asking.service.iris.base + below_base(request))


@both(router, "/.well-known/void")
def well_known(asking: Asking) -> Response:
    """Where programs look for the VoID document."""
    iris = asking.service.iris
    return RedirectResponse(local(iris, iris.void), 302)


@both(router, "/datasets")
def datasets(asking: Asking) -> Response:
    """The datasets: see the catalogue, which lists them."""
    iris = asking.service.iris
    return RedirectResponse(local(iris, iris.catalogue), 302)


@both(router, "/ontology")
def ontology(asking: Asking) -> Response:
    """The ontology: see its namespace."""
    iris = asking.service.iris
    return RedirectResponse(local(iris, f"{iris.base}ns"), 302)


@both(router, "/profiles")
def profiles(asking: Asking) -> Response:
    """The profiles: see the page of the shapes, which lists them."""
    iris = asking.service.iris
    return RedirectResponse(local(iris, f"{iris.base}shapes"), 302)


@both(router, "/ns")
@both(router, "/shapes")
@both(router, "/profiles/{profile}")
@both(router, "/ns/{name:path}")
@both(router, "/shapes/{name:path}")
@both(router, "/profiles/{profile}/{name:path}")
@both(router, "/ontology/{name:path}")
def vocabulary(request: Request, asking: Asking) -> Response:
    """A vocabulary, or a term of one: see the document about it. A file of the ontology or the shapes: as it is written."""
    path = below_base(request)
    kind, _, name = path.partition("/")
    if kind == "ontology":
        return _file(request, "ontology", name)
    if kind == "shapes" and name.endswith(".ttl"):
        return _file(request, "shapes", name)
    if path not in vocabulary_names():
        _term(asking, path)
    return see_document(request, asking, asking.service.iris.from_path(path))


def _file(request: Request, kind: Resource, name: str) -> Response:
    data, media_type = published_file(kind, name)
    headers = {"ETag": entity_tag(data), "Cache-Control": "no-cache"}
    if is_same(headers["ETag"], request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


@router.get(f"/{style_name()}", include_in_schema=False, response_class=Response)
def style() -> Response:
    """The style sheet of the pages; its name changes with it."""
    return Response(style_sheet(), headers={"Cache-Control": "public, max-age=31536000, immutable"}, media_type="text/css")


@router.api_route("/fn", methods=["GET", "HEAD"], include_in_schema=False)
@router.api_route("/fn/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
def functions() -> Response:
    """The namespace of functions over arrays, which has a name and nothing in it."""
    raise NotFoundError(f"{PROJECT}fn# is kept for functions over arrays; this version publishes none")


@router.get("/favicon.ico", include_in_schema=False, response_class=Response)
def icon() -> Response:
    """No icon: browsers ask for one, and complain where there is no answer."""
    return Response(status_code=204, headers={"Cache-Control": "public, max-age=31536000"})


def document(request: Request, asking: Viewer, about: str, ending: str, page: int) -> Response | None:
    """A document of what this file publishes; None where it is about something else.

    Parameters
    ----------
    about
        Path of what it is about, below the base.
    ending
        Of its format.
    page
        From 1.
    """
    if about == "" and ending == "html":
        return _home(request, asking)
    if about == "catalog":
        return _catalogue(request, asking, ending, page)
    if about == "void":
        return _void(request, asking, ending)
    if about in vocabulary_names():
        return _vocabulary(request, asking, about, ending)
    if about.startswith(("ns/", "shapes/", "profiles/")):
        return _term_document(request, asking, about, ending)
    return None


def _catalogue(request: Request, asking: Viewer, ending: str, page: int) -> Response:
    iris, api = asking.service.iris, asking.service.settings.api
    found = read_catalogue(asking.store, iris, page)
    if ending == "html":
        html = catalogue_page(site_of(asking), iris, found)
        return send_page(request, asking, iris.catalogue, html, page=page, pages=found.pages)
    lines = catalogue_lines(
        iris, found.entries, title=api.title, publisher=api.publisher, page=page, pages=found.pages, total=found.total
    )
    return send_graph(request, asking, iris.catalogue, "".join(lines).encode(), ending, page=page, pages=found.pages)


def _void(request: Request, asking: Viewer, ending: str) -> Response:
    iris = asking.service.iris
    counts, examples = _counted(asking)
    if ending == "html":
        return send_page(request, asking, iris.void, void_page(site_of(asking), iris, counts))
    lines = void_lines(iris, counts, examples, asking.service.settings.api.title)
    return send_graph(request, asking, iris.void, "".join(lines).encode(), ending)


def _vocabulary(request: Request, asking: Viewer, name: str, ending: str) -> Response:
    iris, found = asking.service.iris, read_vocabulary(name)
    if ending == "html":
        page = vocabulary_page(site_of(asking), iris, found, found.files)
        return send_page(request, asking, iris.base + name, page)
    return send_graph(request, asking, iris.base + name, found.ntriples, ending)


def _term_document(request: Request, asking: Viewer, path: str, ending: str) -> Response:
    term, used = _term(asking, path)
    iris = asking.service.iris
    iri = iris.from_path(path)
    if ending == "html":
        return send_page(request, asking, iri, term_page(site_of(asking), iris, term, used))
    lines = to_ntriples(term.statements) + (used.ntriples if used else b"")
    return send_graph(request, asking, iri, b"".join(sorted(set(lines.splitlines(keepends=True)))), ending)


def _term(asking: Viewer, path: str) -> tuple[VocabularyTerm, Description | None]:
    """A term by its path below the base, and what the catalogue says of it: of a data type it is all that there is.

    Raises
    ------
    NotFoundError
        Neither the files nor what this audience sees of the catalogue know it.
    """
    space = next((name for name in sorted(vocabulary_names(), reverse=True) if path.startswith(f"{name}/")), "")
    iris = asking.service.iris
    iri = f"{PROJECT}{space}#{iris.from_path(path).removeprefix(f'{iris.base}{space}/')}"
    known = read_vocabulary(space).terms.get(path.removeprefix(f"{space}/")) if space else None
    try:
        used = describe(asking.store, iris, iri, mentioned=True)
    except NotFoundError:
        used = None
    if known is None and used is None:
        raise NotFoundError(f"nothing is known about <{iri}>")
    name = iri.partition("#")[2]
    return known or VocabularyTerm(iri, name, (), name, "", "", ()), used
