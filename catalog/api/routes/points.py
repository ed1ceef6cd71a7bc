"""Values at points over HTTP: many points in, one value for each out."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from catalog.api.access import Asking, Viewer
from catalog.api.problems import refuse
from catalog.api.routes.arrays import (
    PROVENANCE_HEADER,
    AnyIri,
    Format,
    IriPath,
    Level,
    choose_form,
    node_iri,
    provenance_link,
    with_server,
)
from catalog.graphstore.door import FULL_AUDIENCE
from catalog.services.serve_array import FORMATS, ArrayServer
from catalog.services.serve_points import CSV, JSON, POINT_FORMATS, PointsRequest, plan_sample, read_sample
from catalog.services.serve_record import sample_query

router = APIRouter(tags=["arrays"])

Fixed = Annotated[
    str,
    Query(
        description="One element of each axis that the points have no column for (`time=label(2020-01)`); all others are whole.",
    ),
]
GivenIn = Annotated[
    str,
    Query(
        alias="in",
        description="What the columns hold: `position` (none given), `label` or `world`; or by axis (`time=label,x=world`), "
        "others being positions.",
    ),
]
Reach = Annotated[
    str,
    Query(
        description="With labels, the nearest one at most so far away: a number (`0.5`), or by axis (`lat=0.5,time=1D`); "
        "of dates a span of time.",
    ),
]
_VALUE: Final = {"oneOf": [{"type": "number"}, {"type": "string"}]}
_ROWS: Final = {"type": "array", "items": _VALUE}
BODY: Final = {
    "required": True,
    "content": {
        JSON: {
            "schema": {
                "oneOf": [
                    {"type": "object", "description": "Axis: one value for each point.", "additionalProperties": _ROWS},
                    {"type": "array", "description": "One value for each axis, point by point.", "minItems": 1, "items": _ROWS},
                ]
            },
            "examples": {
                "columns": {"summary": "By axis", "value": {"time": [0, 3], "wavelength": [5, 9]}},
                "rows": {"summary": "Point by point", "value": [[0, 5], [3, 9]]},
            },
        },
        CSV: {"schema": {"type": "string"}, "example": "time,wavelength\n0,5\n3,9\n"},
    },
}
_FORMATS: Final = {name: FORMATS[name] for name in POINT_FORMATS}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One value for each point, in their order.",
        "content": {media_type: {} for media_type in _FORMATS.values()},
        "headers": PROVENANCE_HEADER,
    },
}


async def _body(request: Request) -> bytes:
    return await request.body()


@dataclass(frozen=True)
class Given:
    """What a request says, its address apart."""

    points: Annotated[bytes, Depends(_body)]
    select: Fixed = ""
    level: Level = ""
    given_in: GivenIn = ""
    tolerance: Reach = ""
    format: Format = ""


Asked = Annotated[Given, Depends()]


@router.post(
    "/sample",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"requestBody": BODY},
    summary="Values at points of the array that a URI means",
)
async def sample_by_iri(
    request: Request,
    viewer: Asking,
    given: Asked,
    iri: AnyIri,
) -> Response:
    """One value for each point; each chunk is read once. Limits are checked before values are read (413)."""
    return await with_server(request, viewer, lambda server: _sampled(server, request, viewer, iri, given))


@router.post(
    "/sample/{path:path}",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={"requestBody": BODY},
    summary="Values at points of an array",
)
async def sample_by_path(
    request: Request,
    viewer: Asking,
    given: Asked,
    path: IriPath,
) -> Response:
    """One value for each point; each chunk is read once. Limits are checked before values are read (413)."""
    return await with_server(request, viewer, lambda server: _sampled(server, request, viewer, node_iri(viewer, path), given))


def _media_type(request: Request) -> str:
    """The type of the points; 415 where it is another one."""
    given = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if given not in {JSON, CSV}:
        raise refuse(415, f"points are {JSON} or {CSV}, and {given[:80]!r} was sent", "unsupported-media-type")
    return given


def points_request(request: Request, iri: str, given: Given) -> PointsRequest:
    """What a request says of points; 415 where they have another type."""
    media_type = _media_type(request)
    return PointsRequest(iri, given.points, media_type, given.select, given.level, given.given_in, given.tolerance)


def _sampled(server: ArrayServer, request: Request, viewer: Viewer, iri: str, given: Given) -> Response:
    form = choose_form(request, given.format, _FORMATS)
    wanted = points_request(request, iri, given)
    everything = viewer.service.store(FULL_AUDIENCE)
    planned = plan_sample(server, viewer.store, everything, wanted)
    body = read_sample(server, viewer.store, everything, planned, form)
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization", "X-Content-Type-Options": "nosniff"}
    headers |= provenance_link(viewer, sample_query(planned))
    if form != "json":
        headers["Content-Disposition"] = f'attachment; filename="points.{form}"'
    return Response(body.data, headers=headers, media_type=body.media_type)
