"""How do people change what they say about a dataset? ``PATCH`` at its IRI, or that of a node in it, writes the curated graph."""

from dataclasses import replace
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from catalog.api.access import Writing
from catalog.api.documents import below_base, local
from catalog.api.negotiation import entity_tag, may_change
from catalog.api.problems import refuse
from catalog.api.state import Service
from catalog.bootstrap import open_judge_workers
from catalog.errors import InputError, NotFoundError
from catalog.rdf.formats import MEDIA_TYPES
from catalog.rdf.iris import CURATED, Iris
from catalog.services.curate import Curated, Curation, curate, read_curated
from catalog.services.describe import describe, is_known
from catalog.services.judge_workers import JudgeWorkers
from catalog.services.workspace import Workspace

router = APIRouter(tags=["linked data"])

PATCH_TYPE: Final = "application/merge-patch+json"
_ENDINGS: Final = {media_type: f".{ending}" for ending, media_type in MEDIA_TYPES.items()}
_EXAMPLE: Final = {"title": "North Sea, 2020", "license": "https://creativecommons.org/licenses/by/4.0/", "description": None}
_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "A JSON merge patch by property, or RDF that becomes the curated graph.",
    "content": {
        PATCH_TYPE: {"schema": {"type": "object", "additionalProperties": True}, "example": _EXAMPLE},
        **{media_type: {"schema": {} if media_type.endswith("json") else {"type": "string"}} for media_type in _ENDINGS},
    },
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "What came of it; `ETag` is that of the curated graph.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["id", "statements", "changed", "accepted"],
                    "properties": {
                        "id": {"type": "string"},
                        "statements": {"type": "integer", "description": "Statements in the curated graph."},
                        "changed": {"type": "boolean"},
                        "accepted": {"type": ["boolean", "null"], "description": "What the shapes said; null: not asked."},
                    },
                }
            }
        },
    },
    412: {"description": "It is not as `If-Match` expects: look again."},
}


async def _read_body(request: Request) -> bytes:
    return await request.body()


Content = Annotated[bytes, Depends(_read_body)]


@router.patch("/datasets/{dataset_id}", responses=_RESPONSES, openapi_extra={"requestBody": _BODY})
def change_dataset(request: Request, writing: Writing, content: Content, dataset_id: str) -> Response:
    """Change what people say about a dataset: properties by merge patch, or the whole curated graph by RDF (`<>` is the dataset).

    Properties are words such as `title` and `license`, prefixed names or IRIs. The shapes judge it with the rest; what they
    refuse is not written.
    """
    kind = _media_type(request)
    if kind == PATCH_TYPE:
        change = Curation(patch=_parse(content))
    elif kind in _ENDINGS:
        change = Curation(content=(f"the body{_ENDINGS[kind]}", content))
    else:
        raise _unsupported(kind, (PATCH_TYPE, *_ENDINGS))
    with writing.service.workspace() as workspace:
        return _changed(request, writing.service, workspace, dataset_id, change)


@router.patch(
    "/datasets/{dataset_id}/nodes/{path:path}",
    responses=_RESPONSES,
    openapi_extra={"requestBody": {**_BODY, "content": {PATCH_TYPE: _BODY["content"][PATCH_TYPE]}}},
)
def change_node(request: Request, writing: Writing, content: Content, dataset_id: str, path: str) -> Response:
    """Change what people say about a group or an array, by merge patch."""
    kind = _media_type(request)
    if kind != PATCH_TYPE:
        raise _unsupported(kind, (PATCH_TYPE,))
    with writing.service.workspace() as workspace:
        return _changed(request, writing.service, workspace, dataset_id, Curation(patch=_parse(content), node=path))


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _unsupported(given: str, there: tuple[str, ...]) -> Exception:
    return refuse(
        415,
        f"a change is sent as {' or '.join(there)}, and {given[:80] or 'nothing'!r} was given as Content-Type",
        "unsupported-media-type",
        {"Accept-Patch": ", ".join(there)},
    )


def _parse(content: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the body is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError('the body must be a JSON object, such as {"title": "North Sea, 2020", "description": null}')
    return found


def _build_judges(service: Service) -> JudgeWorkers:
    return open_judge_workers(service.settings)


def _changed(request: Request, service: Service, workspace: Workspace, dataset_id: str, change: Curation) -> Response:
    iris = workspace.iris
    iri = iris.from_path(below_base(request))
    if not is_known(workspace.catalog, iri):
        raise NotFoundError(f"nothing is known about <{iri}>")
    _check_match(request, workspace, dataset_id, iri)
    judges = service.kept(_build_judges)
    done = curate(replace(workspace, validator=judges), dataset_id, change, judges.changed)
    return _answer(iris, done, read_curated(workspace, dataset_id))


def _check_match(request: Request, workspace: Workspace, dataset_id: str, iri: str) -> None:
    """Refuse a change where neither the curated graph nor what is known of the thing is as the client has it."""
    condition = request.headers.get("if-match")
    if condition is None:
        return
    known = describe(workspace.catalog, workspace.iris, iri).ntriples
    if not may_change([entity_tag(read_curated(workspace, dataset_id)), entity_tag(known)], condition):
        raise refuse(412, f"<{iri}> is not as If-Match expects any more: look at it again", "precondition-failed")


def _answer(iris: Iris, done: Curated, curated: bytes) -> Response:
    body = {
        "id": done.dataset.id,
        "statements": done.statements,
        "changed": done.changed,
        "accepted": None if done.report is None else done.report.accepted,
    }
    graph = local(iris, iris.graph(done.dataset.id, CURATED))
    return JSONResponse(body, headers={"ETag": entity_tag(curated), "Link": f'<{graph}>; rel="describedby"'})
