"""Parts of arrays over HTTP: values, plans, and what a URI means."""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from catalog.api.access import Asking, Viewer
from catalog.api.negotiation import choose
from catalog.api.partial import answer_bytes, failed_precondition
from catalog.api.problems import refuse
from catalog.api.state import Service
from catalog.bootstrap import open_array_server
from catalog.errors import InputError
from catalog.graphstore.door import FULL_AUDIENCE
from catalog.rdf.iris import safe_id
from catalog.services.serve_array import FORMATS, MAX_RESOLVED, ArrayServer, PlannedPart, file_name

router = APIRouter(tags=["arrays"])

MAX_KEYS: Final = 1000
"""Keys of chunks that one plan names."""
_NODES: Final = "/nodes/"
_BY_TYPE: Final = {media_type: name for name, media_type in FORMATS.items()} | {"application/octet-stream": "npy"}
_EXAMPLE: Final = "datasets/open-lab/nodes/campaign1/batch1/preparation1/sample1/sample1Dataset"

IriPath = Annotated[str, Path(description="The path of the array's IRI: `datasets/{id}/nodes/{path}`.", examples=[_EXAMPLE])]
AnyIri = Annotated[
    str,
    Query(
        description="The array's IRI, or any URI in the metadata that leads to one array.",
        examples=["https://example.org/lab/sample1Dataset"],
    ),
]
Select = Annotated[
    str,
    Query(
        description="The part, half-open: positions, world units, labels; nothing means all.",
        examples=["time=0:10,wavelength=[3,1,2]", "time=2020-01..2020-03,lat=50..60", "y=world(10:20),c=label(DAPI)"],
    ),
]
Level = Annotated[
    str,
    Query(
        description="Of an image, the level: its number, the size of a pixel by axis, or the bytes of the result.",
        examples=["1", "x=0.65,y=0.65", "16MiB"],
    ),
]
Format = Annotated[str, Query(description=f"In place of `Accept`: one of {', '.join(FORMATS)}.")]
_BODIES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The values.", "content": {media_type: {} for media_type in FORMATS.values()}},
    206: {"description": "The part of a `.npy` file that `Range` asks for."},
    304: {"description": "Nothing changed; no store was asked."},
}


def build_server(service: Service) -> ArrayServer:
    """What answers with parts of the arrays of a service."""
    return open_array_server(service.settings, service.iris)


@router.get("/arrays", response_class=Response, responses=_BODIES, summary="Values of the array that a URI means")
def read_by_iri(
    request: Request,
    viewer: Asking,
    iri: AnyIri,
    select: Select = "",
    level: Level = "",
    format: Format = "",  # noqa: A002
) -> Response:
    """The values of a part of an array; limits are checked before anything is read (413)."""
    return _values(request, viewer, iri, select, level, format)


@router.get("/arrays/{path:path}", response_class=Response, responses=_BODIES, summary="Values of an array")
def read_by_path(
    request: Request,
    viewer: Asking,
    path: IriPath,
    select: Select = "",
    level: Level = "",
    format: Format = "",  # noqa: A002
) -> Response:
    """The values of a part of an array; limits are checked before anything is read (413)."""
    return _values(request, viewer, node_iri(viewer, path), select, level, format)


for _path, _function in (("/arrays", read_by_iri), ("/arrays/{path:path}", read_by_path)):
    router.add_api_route(_path, _function, methods=["HEAD"], include_in_schema=False, response_class=Response)


@router.get("/plan", summary="What a part of the array that a URI means would cost")
def plan_by_iri(
    viewer: Asking, iri: AnyIri, select: Select = "", level: Level = "", keys: Annotated[int, Query(ge=0, le=MAX_KEYS)] = 100
) -> dict[str, Any]:
    """Chunks, requests and bytes, from the graph alone; `refused` names the limit that a read would exceed."""
    return _plan(viewer, iri, select, level, keys)


@router.get("/plan/{path:path}", summary="What a part of an array would cost")
def plan_by_path(
    viewer: Asking, path: IriPath, select: Select = "", level: Level = "", keys: Annotated[int, Query(ge=0, le=MAX_KEYS)] = 100
) -> dict[str, Any]:
    """Chunks, requests and bytes, from the graph alone; `refused` names the limit that a read would exceed."""
    return _plan(viewer, node_iri(viewer, path), select, level, keys)


@router.get("/resolve", summary="Which arrays a URI means")
def resolve(
    viewer: Asking,
    uri: Annotated[str, Query(description="The IRI of a dataset or node, or any URI in the metadata.")],
    limit: Annotated[int, Query(ge=1, le=MAX_RESOLVED, description="Arrays that are described.")] = 100,
) -> dict[str, Any]:
    """None, one or many; 404 where nothing is known under the URI, with those that come near."""
    return viewer.service.kept(build_server).resolve(viewer.store, uri, limit)


def node_iri(viewer: Viewer, path: str) -> str:
    """The IRI of a node by the path of its IRI, which comes decoded."""
    dataset_id, found, node = path.removeprefix("datasets/").partition(_NODES)
    try:
        if path.startswith("datasets/") and found:
            return viewer.service.iris.node(safe_id(dataset_id), node)
    except InputError:
        pass
    raise refuse(404, "there is no array at this address: it is /arrays/datasets/{id}/nodes/{path}, or /arrays?iri=", "not-found")


def _planned(viewer: Viewer, iri: str, select: str, level: str) -> tuple[ArrayServer, PlannedPart]:
    server = viewer.service.kept(build_server)
    return server, server.plan(viewer.store, viewer.service.store(FULL_AUDIENCE), iri, select, level)


def _values(request: Request, viewer: Viewer, iri: str, select: str, level: str, wanted: str) -> Response:
    form = choose_form(request, wanted)
    server, planned = _planned(viewer, iri, select, level)
    etag = planned.etag(form)
    headers = {
        "ETag": etag,
        "Cache-Control": f"{'public' if viewer.is_anonymous else 'private'}, no-cache",
        "Vary": "Accept, Authorization",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'{"inline" if form in {"json", "png"} else "attachment"}; filename="{file_name(planned, form)}"',
    }
    if form == "npy":
        headers["Accept-Ranges"] = "bytes"
    status = failed_precondition(request.headers, etag, None)
    if status:
        return Response(status_code=status, headers=headers)
    refusal = server.refusal(planned, form)
    if refusal is not None:
        raise refusal
    if request.method == "HEAD":
        return Response(headers=headers, media_type=FORMATS[form])
    body = server.read(viewer.store, viewer.service.store(FULL_AUDIENCE), planned, form)
    if body.note:
        headers["Content-Description"] = body.note
    if form == "npy":
        return answer_bytes(request, body.data, headers, body.media_type, etag)
    return Response(body.data, headers=headers, media_type=body.media_type)


def _plan(viewer: Viewer, iri: str, select: str, level: str, keys: int) -> dict[str, Any]:
    server, planned = _planned(viewer, iri, select, level)
    refusal = server.refusal(planned)
    refused = None if refusal is None else {"limit": refusal.limit, "value": refusal.value, "allowed": refusal.allowed}
    named = list(islice(planned.plan.keys(), keys))
    return {**planned.to_dict(), "keys": named, "complete": len(named) == planned.plan.objects, "refused": refused}


def choose_form(request: Request, wanted: str, allowed: Sequence[str] = tuple(FORMATS)) -> str:
    """The format that is asked for.

    Raises
    ------
    InputError
        There is no format of that name.
    HTTPException
        406: the client takes none of the formats.
    """
    if wanted:
        if wanted not in allowed:
            raise InputError(f"format is {wanted[:40]!r}; {', '.join(allowed)} is allowed")
        return wanted
    offers = [media_type for media_type, name in _BY_TYPE.items() if name in allowed]
    chosen = choose(request.headers.get("accept"), offers)
    if chosen is None:
        there = ", ".join(FORMATS[name] for name in allowed)
        raise refuse(406, f"there is no format that this request takes; there are {there}", "not-acceptable", {"Vary": "Accept"})
    return _BY_TYPE[chosen]
