"""Parts of arrays over HTTP: values, plans, and what a URI means."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Annotated, Any, Final, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request, Response

from catalog.api.access import Asking, Viewer
from catalog.api.documents import local
from catalog.api.leaving import work_for
from catalog.api.negotiation import choose
from catalog.api.partial import answer_bytes, failed_precondition
from catalog.api.problems import refuse
from catalog.api.state import Service
from catalog.bootstrap import open_array_server
from catalog.confined.places import Cancel
from catalog.errors import InputError
from catalog.graphstore.door import FULL_AUDIENCE
from catalog.rdf.iris import safe_id
from catalog.services.serve_array import FORMATS, MAX_RESOLVED, MAX_WAITING, ArrayServer, file_name
from catalog.services.serve_record import record_query

router = APIRouter(tags=["arrays"])

MAX_KEYS: Final = 1000
"""Keys of chunks that one plan names."""
_NODES: Final = "/nodes/"
HAS_PROVENANCE: Final = "http://www.w3.org/ns/prov#has_provenance"
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
        description="Of an image, the level: its number (`1`), the size of a pixel by axis (`x=0.65,y=0.65`), or the bytes "
        "of the result (`16MiB`).",
    ),
]
Format = Annotated[str, Query(description=f"In place of `Accept`: one of {', '.join(FORMATS)}.")]
Missing = Annotated[
    Literal["fill", "mask"],
    Query(
        description="Of chunks that the store does not have: the fill value, or a mask (null in JSON and Arrow, empty in CSV)."
    ),
]
Keys = Annotated[int, Query(ge=0, le=MAX_KEYS, description="Keys of chunks that are named.")]
PROVENANCE_HEADER: Final[dict[str, Any]] = {
    "Link": {
        "description": "Where the PROV record of these values is; `GET` it with the same key.",
        "schema": {"type": "string"},
        "example": f'</record?iri=http%3A%2F%2Flocalhost%3A8000%2F…&select=time%3D0%3A10&state=…>; rel="{HAS_PROVENANCE}"',
    }
}
_BODIES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The values.",
        "content": {media_type: {} for media_type in FORMATS.values()},
        "headers": PROVENANCE_HEADER,
    },
    206: {"description": "The part of a `.npy` file that `Range` asks for."},
    304: {"description": "Nothing changed; no store was asked."},
}


def build_server(service: Service) -> ArrayServer:
    """What answers with parts of the arrays of a service."""
    return open_array_server(service.settings, service.iris)


async def with_server[T](request: Request, viewer: Viewer, work: Callable[[ArrayServer], T]) -> T:
    """Let the server of arrays do something for a client; it ends when the client leaves."""
    server = await run_sync(viewer.service.kept, build_server)
    most = server.options.max_reads + MAX_WAITING

    def asked(cancel: Cancel) -> T:
        return work(server.asked_by(cancel))

    return await work_for(request, viewer.service, "arrays", most, server.full, asked)


@router.get("/arrays", response_class=Response, responses=_BODIES, summary="Values of the array that a URI means")
async def read_by_iri(
    request: Request,
    viewer: Asking,
    iri: AnyIri,
    select: Select = "",
    level: Level = "",
    format: Format = "",  # noqa: A002
    missing: Missing = "fill",
) -> Response:
    """The values of a part of an array; limits are checked before anything is read (413)."""
    part = (iri, select, level)
    return await with_server(request, viewer, lambda server: _values(server, request, viewer, part, format, missing))


@router.get("/arrays/{path:path}", response_class=Response, responses=_BODIES, summary="Values of an array")
async def read_by_path(
    request: Request,
    viewer: Asking,
    path: IriPath,
    select: Select = "",
    level: Level = "",
    format: Format = "",  # noqa: A002
    missing: Missing = "fill",
) -> Response:
    """The values of a part of an array; limits are checked before anything is read (413)."""
    part = (node_iri(viewer, path), select, level)
    return await with_server(request, viewer, lambda server: _values(server, request, viewer, part, format, missing))


for _path, _function in (("/arrays", read_by_iri), ("/arrays/{path:path}", read_by_path)):
    router.add_api_route(_path, _function, methods=["HEAD"], include_in_schema=False, response_class=Response)


@router.get("/plan", summary="What a part of the array that a URI means would cost")
async def plan_by_iri(
    request: Request, viewer: Asking, iri: AnyIri, select: Select = "", level: Level = "", keys: Keys = 100
) -> dict[str, Any]:
    """Chunks, requests and bytes, from the graph alone; `refused` names the limit that a read would exceed."""
    return await with_server(request, viewer, lambda server: _plan(server, viewer, (iri, select, level), keys))


@router.get("/plan/{path:path}", summary="What a part of an array would cost")
async def plan_by_path(
    request: Request, viewer: Asking, path: IriPath, select: Select = "", level: Level = "", keys: Keys = 100
) -> dict[str, Any]:
    """Chunks, requests and bytes, from the graph alone; `refused` names the limit that a read would exceed."""
    return await with_server(request, viewer, lambda server: _plan(server, viewer, (node_iri(viewer, path), select, level), keys))


@router.get("/resolve", summary="Which arrays a URI means")
def resolve(
    viewer: Asking,
    uri: Annotated[
        str,
        Query(
            description="The IRI of a dataset or node, or any URI in the metadata.", examples=["https://example.org/lab/sample1"]
        ),
    ],
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


def _values(
    server: ArrayServer, request: Request, viewer: Viewer, part: tuple[str, str, str], wanted: str, missing: Missing
) -> Response:
    form = choose_form(request, wanted)
    if missing == "mask" and form == "npy":
        raise InputError("a .npy cannot say which elements are missing (missing=mask); ask for json, csv, arrow or png")
    planned = server.plan(viewer.store, viewer.service.store(FULL_AUDIENCE), *part)
    etag = planned.etag(form if missing == "fill" else f"{form};{missing}")
    headers = {
        "ETag": etag,
        "Cache-Control": f"{'public' if viewer.is_anonymous else 'private'}, no-cache",
        "Vary": "Accept, Authorization",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'{"inline" if form in {"json", "png"} else "attachment"}; filename="{file_name(planned, form)}"',
    }
    if form == "npy":
        headers["Accept-Ranges"] = "bytes"
    if missing == "fill":  # a record knows no mask
        headers |= provenance_link(viewer, record_query(part, planned.ref.digest))
    status = failed_precondition(request.headers, etag, None)
    if status:
        return Response(status_code=status, headers=headers)
    refusal = server.refusal(planned, form)
    if refusal is not None:
        raise refusal
    if request.method == "HEAD":
        return Response(headers=headers, media_type=FORMATS[form])
    body = server.read(viewer.store, viewer.service.store(FULL_AUDIENCE), planned, form, missing)
    if body.note:
        headers["Content-Description"] = body.note
    if form == "npy":
        return answer_bytes(request, body.data, headers, body.media_type, etag)
    return Response(body.data, headers=headers, media_type=body.media_type)


def _plan(server: ArrayServer, viewer: Viewer, part: tuple[str, str, str], keys: int) -> dict[str, Any]:
    planned = server.plan(viewer.store, viewer.service.store(FULL_AUDIENCE), *part)
    refusal = server.refusal(planned)
    refused = None if refusal is None else {"limit": refusal.limit, "value": refusal.value, "allowed": refusal.allowed}
    named = list(islice(planned.plan.keys(), keys))
    return {**planned.to_dict(), "keys": named, "complete": len(named) == planned.plan.objects, "refused": refused}


def choose_form(request: Request, wanted: str, allowed: Mapping[str, str] = FORMATS) -> str:
    """The format that is asked for, of some by name and media type; the first one for who does not say.

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
    by_type = {media_type: name for name, media_type in allowed.items()}
    if "npy" in allowed:
        by_type["application/octet-stream"] = "npy"
    chosen = choose(request.headers.get("accept"), tuple(by_type))
    if chosen is None:
        there = ", ".join(allowed.values())
        raise refuse(406, f"there is no format that this request takes; there are {there}", "not-acceptable", {"Vary": "Accept"})
    return by_type[chosen]


def provenance_link(viewer: Viewer, query: str) -> dict[str, str]:
    """The header that says where the record of the answer is; none where there is no query. Source: PROV-AQ, section 3.1."""
    iris = viewer.service.iris
    return {"Link": f'<{local(iris, f"{iris.base}record?{query}")}>; rel="{HAS_PROVENANCE}"'} if query else {}
