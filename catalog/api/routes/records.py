"""Where values come from, over HTTP: the record of a part of an array, or of points."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from catalog.api.access import Asking, Viewer
from catalog.api.routes.arrays import AnyIri, IriPath, Level, choose_form, node_iri, with_server
from catalog.api.routes.points import BODY, Asked, Given, points_request
from catalog.graphstore.door import FULL_AUDIENCE
from catalog.metadata.read_record import ReadRecord
from catalog.rdf.formats import MEDIA_TYPES
from catalog.rdf.read_record import record_statements
from catalog.rdf.record_files import serialise
from catalog.services.serve_array import ArrayServer
from catalog.services.serve_record import RecordRequest, record_part, record_sample

router = APIRouter(tags=["arrays"])

FORMATS: Final = {ending: MEDIA_TYPES[ending] for ending in ("jsonld", "ttl", "nt")}
_READ: Final = "urn:uuid:7d0ce0a2-6a1f-4f0e-8c35-0d6f5f8f6a11"
_EXAMPLE: Final = {
    "@context": {
        "zo": "https://w3id.org/zarr-catalog/ns#",
        "prov": "http://www.w3.org/ns/prov#",
        "schema": "https://schema.org/",
    },
    "@graph": [
        {"@id": _READ, "@type": ["prov:Activity", "zo:ArrayRead"], "prov:used": [f"{_READ}#array-0", f"{_READ}#region-0"]},
        {"@id": f"{_READ}#region-0", "@type": ["prov:Entity", "zo:ArrayRegion"], "zo:selectionText": "time=0:10,wavelength=3"},
        {"@id": f"{_READ}#values-0", "@type": ["prov:Entity", "zo:ArrayValues"], "schema:sha256": "9f86d081884c7d65…"},
    ],
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Array, snapshot, selection, software and, where they were read for it, the digest of the values.",
        "content": {media_type: {} for media_type in FORMATS.values()} | {FORMATS["jsonld"]: {"example": _EXAMPLE}},
    },
}

Part = Annotated[
    str,
    Query(
        description="The part, as for `/arrays`; or points as a record names them. Nothing means all.",
        examples=["time=0:10,wavelength=[3,1,2]", "points(time=[0,3],wavelength=[5,9])"],
    ),
]
State = Annotated[
    str,
    Query(
        pattern="^([0-9a-f]{64})?$",
        description="Digest of the array when the values were given, as the link has it; 409 where it is another one by now.",
    ),
]
Digest = Annotated[
    bool | None,
    Query(description="Whether the values are read for their digest; without, where at most 16 MiB are decoded for it."),
]
Form = Annotated[str, Query(description=f"In place of `Accept`: one of {', '.join(FORMATS)}.")]


@router.get(
    "/record", response_class=Response, responses=_ANSWERS, summary="Where values come from, of the array that a URI means"
)
async def record_by_iri(
    request: Request,
    viewer: Asking,
    iri: AnyIri,
    select: Part = "",
    level: Level = "",
    state: State = "",
    digest: Digest = None,
    format: Form = "",  # noqa: A002
) -> Response:
    """The PROV record of a part, where `Link` of `/arrays` and `/sample` leads; `catalog replay` reads the same again."""
    return await _part(request, viewer, RecordRequest(iri, select, level, state, digest), format)


@router.get("/record/{path:path}", response_class=Response, responses=_ANSWERS, summary="Where values come from, of an array")
async def record_by_path(
    request: Request,
    viewer: Asking,
    path: IriPath,
    select: Part = "",
    level: Level = "",
    state: State = "",
    digest: Digest = None,
    format: Form = "",  # noqa: A002
) -> Response:
    """The PROV record of a part; `catalog replay` reads the same again."""
    return await _part(request, viewer, RecordRequest(node_iri(viewer, path), select, level, state, digest), format)


@router.post(
    "/record",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"requestBody": BODY},
    summary="Where values at points come from, of the array that a URI means",
)
async def record_points_by_iri(
    request: Request, viewer: Asking, given: Asked, iri: AnyIri, state: State = "", digest: Digest = None
) -> Response:
    """The PROV record of what `/sample` answers to the same request."""
    return await _points(request, viewer, given, RecordRequest(iri, state=state, digest=digest))


@router.post(
    "/record/{path:path}",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"requestBody": BODY},
    summary="Where values at points come from, of an array",
)
async def record_points_by_path(
    request: Request, viewer: Asking, given: Asked, path: IriPath, state: State = "", digest: Digest = None
) -> Response:
    """The PROV record of what `/sample` answers to the same request."""
    return await _points(request, viewer, given, RecordRequest(node_iri(viewer, path), state=state, digest=digest))


async def _part(request: Request, viewer: Viewer, wanted: RecordRequest, form: str) -> Response:
    chosen = choose_form(request, form, FORMATS)

    def record(server: ArrayServer) -> Response:
        return _answer(record_part(server, viewer.store, viewer.service.store(FULL_AUDIENCE), wanted), chosen)

    return await with_server(request, viewer, record)


async def _points(request: Request, viewer: Viewer, given: Given, wanted: RecordRequest) -> Response:
    chosen = choose_form(request, given.format, FORMATS)
    asked = points_request(request, wanted.iri, given)

    def record(server: ArrayServer) -> Response:
        return _answer(record_sample(server, viewer.store, viewer.service.store(FULL_AUDIENCE), asked, wanted), chosen)

    return await with_server(request, viewer, record)


def _answer(record: ReadRecord, form: str) -> Response:
    body = serialise(record_statements(record), f"record.{form}")
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization", "X-Content-Type-Options": "nosniff"}
    return Response(body, headers=headers, media_type=FORMATS[form])
