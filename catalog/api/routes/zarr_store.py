"""Each dataset as a Zarr store over HTTP: `/datasets/{id}/zarr/{key}`."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import StreamingResponse

from catalog.api.access import Asking, Viewer
from catalog.api.partial import (
    WHOLE,
    answer_bytes,
    failed_precondition,
    is_conditional,
    unsatisfiable,
    validators,
    wanted_part,
)
from catalog.api.state import Service
from catalog.bootstrap import open_store_server
from catalog.errors import InputError, NotFoundError
from catalog.graphstore.door import FULL_AUDIENCE
from catalog.services.serve_store import ServedChunk, ServedDocument, StoreServer
from catalog.stores.stored import PIECE_BYTES

router = APIRouter(tags=["arrays"])

ADDRESS: Final = "/datasets/{dataset_id}/zarr/{key:path}"
_METHODS: Final = "GET, HEAD, OPTIONS"
_CHUNK: Final = "application/octet-stream"

DatasetId = Annotated[str, Path(description="The dataset's id.", examples=["open-lab"])]
Key = Annotated[str, Path(description="A key of the Zarr store.", examples=["zarr.json"])]
Token = Annotated[
    str,
    Header(
        description="The caller's own credential for the store behind, passed on as its `Authorization` where that is allowed."
    ),
]


def build_server(service: Service) -> StoreServer:
    """What serves the datasets of a service."""
    return open_store_server(service.settings, service.iris)


@router.get(
    ADDRESS,
    response_class=Response,
    summary="A document or chunk of a dataset's Zarr store",
    responses={
        200: {"description": "The document or chunk.", "content": {"application/json": {}, "application/octet-stream": {}}},
        206: {"description": "The part that `Range` asks for."},
        304: {"description": "Nothing changed."},
        307: {"description": "The chunk is to be had at `Location`."},
    },
)
def read_key(request: Request, viewer: Asking, dataset_id: DatasetId, key: Key, x_store_authorization: Token = "") -> Response:
    """Metadata are those of the snapshot in force, consolidated at every group; chunks come from the dataset's own store.

    An absent chunk is 404. Where an array changed in its store after it was catalogued, its chunks are 409 until it is ingested
    again.
    """
    service = viewer.service
    server = service.kept(build_server)
    store = server.open(viewer.store, service.store(FULL_AUDIENCE), dataset_id)
    try:
        found = store.find(key, x_store_authorization, unquote(request.url.query))
    except NotFoundError as error:
        if not request.url.query:
            raise
        # A client that leaves "?" in a name as it is asks for less than it means: 404 would be read as the fill value.
        raise InputError(f"{error}; a key has no query: write a question mark in a name as %3F") from error
    if isinstance(found, ServedDocument):
        return _document(request, viewer, found)
    return _chunk(request, viewer, found, own=bool(x_store_authorization))


router.add_api_route(ADDRESS, read_key, methods=["HEAD"], include_in_schema=False, response_class=Response)


@router.options(ADDRESS, include_in_schema=False)
def options() -> Response:
    """What can be done here, whatever is there."""
    return Response(status_code=204, headers={"Allow": _METHODS})


def _document(request: Request, viewer: Viewer, found: ServedDocument) -> Response:
    modified = datetime.fromisoformat(found.modified).timestamp() if found.modified else None
    headers = _headers(found.etag, modified, f"{_who(viewer)}, no-cache")
    status = failed_precondition(request.headers, found.etag, modified)
    if status:
        return Response(status_code=status, headers=headers)
    return answer_bytes(request, found.data, headers, "application/json", found.etag, modified)


def _chunk(request: Request, viewer: Viewer, found: ServedChunk, *, own: bool) -> Response:
    caching = "private, no-store" if own else f"{_who(viewer)}, max-age={int(viewer.service.settings.api.array_check_s)}"
    target = found.redirect()
    if target is not None:
        return Response(status_code=307, headers={**_headers("", None, "no-store"), "Location": target})
    wanted = wanted_part(request.headers)
    if request.method == "HEAD" or is_conditional(request.headers):
        signs = found.look()
        headers = _headers(signs.etag, signs.modified, caching)
        status = failed_precondition(request.headers, signs.etag, signs.modified)
        if status:
            return Response(status_code=status, headers=headers)
        if request.method == "HEAD":
            length = {} if signs.size is None else {"Content-Length": str(signs.size)}
            return Response(headers=headers | length, media_type=_CHUNK)
        wanted = wanted_part(request.headers, signs.etag, signs.modified)
    with ExitStack() as stack:
        passed = stack.enter_context(found.open(wanted))
        headers = _headers(passed.signs.etag, passed.signs.modified, caching)
        if wanted != WHOLE and passed.start >= passed.end:
            return unsatisfiable(passed.size, headers)
        headers["Content-Length"] = str(passed.end - passed.start)
        status = 200
        if wanted != WHOLE:
            status, headers["Content-Range"] = 206, f"bytes {passed.start}-{passed.end - 1}/{passed.size}"
        if passed.end - passed.start <= PIECE_BYTES:
            return Response(b"".join(passed.pieces), status, headers, _CHUNK)
        return StreamingResponse(_streamed(passed.pieces, stack.pop_all()), status, headers, _CHUNK)


def _streamed(pieces: Iterator[bytes], held: ExitStack) -> Iterator[bytes]:
    """The pieces, with the store kept open until the last."""
    with held:
        yield from pieces


def _who(viewer: Viewer) -> str:
    """Who may keep an answer."""
    return "public" if viewer.is_anonymous else "private"


def _headers(etag: str, modified: float | None, caching: str) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": caching,
        "Vary": "Authorization",
        "X-Content-Type-Options": "nosniff",
        **validators(etag, modified),
    }
