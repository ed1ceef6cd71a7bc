"""What does the catalogue say at the IRIs that it mints?

At the IRI of a thing 303 to a document about it, by content negotiation; documents lie below ``/data/``, with the format as the
ending.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from catalog.api.access import Asking, Viewer
from catalog.api.documents import ENDINGS, below_base, both, see_document, send_graph, send_page, site_of
from catalog.api.routes import published
from catalog.errors import NotFoundError
from catalog.rdf.iris import ASSERTED, CURATED, DERIVED, HISTORY, RECORD, REJECTED, SHARED, Iris
from catalog.rdf.prefixes import RDF_TYPE
from catalog.services.catalogue import read_entries
from catalog.services.describe import Description, describe, describe_graph, is_known
from catalog.ui.thing_pages import dataset_page, node_page, thing_page

router = APIRouter(tags=["linked data"])

Page = Annotated[int, Query(ge=1, le=1_000_000, description="Which page of the members, from 1.")]
GRAPHS: Final = (RECORD, ASSERTED, CURATED, DERIVED, HISTORY, REJECTED)


@both(router, "/datasets/{dataset_id}")
@both(router, "/datasets/{dataset_id}/nodes/{path:path}")
@both(router, "/datasets/{dataset_id}/snapshots/{digest}")
@both(router, "/datasets/{dataset_id}/distribution")
@both(router, "/datasets/{dataset_id}/waivers/{name}")
@both(router, "/references/{name:path}")
@both(router, "/.well-known/genid/{name}")
def thing(request: Request, asking: Asking) -> Response:
    """A thing: see the document about it. The path is taken as it was encoded."""
    iri = asking.service.iris.from_path(below_base(request))
    if not is_known(asking.store, iri):
        raise unknown(iri)
    return see_document(request, asking, iri)


for _kind in SHARED:
    both(router, f"/{_kind}/{{name:path}}")(thing)


@both(router, "/references")
def graph(request: Request, asking: Asking) -> Response:
    """A named graph: what a dataset's record or curated graph holds, or the list of references; see the document."""
    iris = asking.service.iris
    iri = iris.from_path(below_base(request))
    describe_graph(asking.store, iris, iri)
    return see_document(request, asking, iri)


for _part in GRAPHS:
    both(router, f"/datasets/{{dataset_id}}/{_part}")(graph)


@both(router, "/data/{path:path}")
def document(request: Request, asking: Asking, page: Page = 1) -> Response:
    """A document about a thing: its address is that of the thing below ``/data/``, with the format as ending."""
    iris = asking.service.iris
    about, dot, ending = below_base(request).removeprefix("data/").rpartition(".")
    iri = iris.from_path(about)
    if not dot or ending not in ENDINGS:
        raise NotFoundError(f"no document lies here; the endings are {', '.join(ENDINGS)}")
    found = published.document(request, asking, about, ending, page)
    if found is not None:
        return found
    said = describe_graph(asking.store, iris, iri) if _is_graph(iris, iri) else describe(asking.store, iris, iri, page)
    classes = [each.value for each in said.all(RDF_TYPE)]
    pages = said.children.pages if said.children is not None else 1
    if ending == "html":
        return send_page(request, asking, iri, _page(asking, said), classes=classes, page=page, pages=pages)
    return send_graph(request, asking, iri, said.ntriples, ending, classes=classes, page=page, pages=pages)


def unknown(iri: str) -> NotFoundError:
    """Nothing is known, or nothing that may be seen: in the same words."""
    return NotFoundError(f"nothing is known about <{iri}>")


def _is_graph(iris: Iris, iri: str) -> bool:
    """Whether an IRI names a graph that is told as it is; the graph of a structure is called like its dataset."""
    dataset_id = iris.dataset_id(iri)
    return iri == iris.references or (dataset_id is not None and iri in {iris.graph(dataset_id, part) for part in GRAPHS})


def _page(asking: Viewer, said: Description) -> bytes:
    iris, site = asking.service.iris, site_of(asking)
    dataset_id = iris.dataset_id(said.iri)
    if said.kind in {"dataset", "group", "array"} and dataset_id is not None:
        entries = read_entries(asking.store, iris, [iris.dataset(dataset_id)])
        if entries and said.kind == "dataset":
            return dataset_page(site, iris, said, entries[0])
        if entries:
            return node_page(site, iris, said, entries[0])
    return thing_page(site, iris, said)
