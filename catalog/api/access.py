"""Who asks, and what may they see?

Without a key: the public audience. With a key, as ``Authorization: Bearer KEY`` or as the password of ``Basic``: everything, and
with a write key changes too. A key that is not known is refused, so that nobody takes the public part for the whole.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader

from catalog.api.keys import is_known
from catalog.api.problems import refuse
from catalog.api.state import Service
from catalog.errors import ForbiddenError
from catalog.graphstore.door import FULL_AUDIENCE, GraphStore

PUBLIC = "public"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="catalog", Basic realm="catalog"'}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes
    ----------
    service
        What is asked.
    audience
        ``public``, or ``catalog``: everything.
    may_write
        Whether the key is one for writing.
    """

    service: Service
    audience: str = PUBLIC
    may_write: bool = False

    @property
    def store(self) -> GraphStore:
        """The graph store that answers this viewer: it holds nothing else than they may see."""
        return self.service.store(self.audience)

    @property
    def is_anonymous(self) -> bool:
        """Whether only what is public may be seen."""
        return self.audience == PUBLIC


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    found: Service = request.app.state.service
    return found


def viewer(request: Request) -> Viewer:
    """Who asks, by the key in the request.

    Raises
    ------
    HTTPException
        401: there is a key, and it is not known.
    """
    service, header = service_of(request), request.headers.get("authorization")
    if header is None:
        return Viewer(service)
    key = _key(header)
    if key and is_known(key, service.write_digests):
        return Viewer(service, FULL_AUDIENCE, may_write=True)
    if key and is_known(key, service.read_digests):
        return Viewer(service, FULL_AUDIENCE)
    raise refuse(
        401, "the key is not known to this service; without any key, what is public can be seen", "unknown-key", _CHALLENGE
    )


def _key(header: str) -> str | None:
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


# What OpenAPI says of the header; the header itself is read in `viewer`.
READ_SCHEME, WRITE_SCHEME = "key", "write-key"
_READING = APIKeyHeader(
    name="Authorization", scheme_name=READ_SCHEME, auto_error=False, description="Bearer KEY, or Basic with KEY as password."
)
_CHANGING = APIKeyHeader(
    name="Authorization", scheme_name=WRITE_SCHEME, auto_error=False, description="The same, with a key for writing."
)


# Coroutines, so that no request waits for a thread only to have its key looked at.
async def _viewer(request: Request, _: Annotated[str | None, Depends(_READING)]) -> Viewer:
    return viewer(request)


async def _writer(found: Annotated[Viewer, Depends(_viewer)], _: Annotated[str | None, Depends(_CHANGING)]) -> Viewer:
    if found.is_anonymous:
        raise refuse(401, "changing something needs a write key", "key-needed", _CHALLENGE)
    if not found.may_write:
        raise ForbiddenError("this key may read; changing something needs a write key (CATALOG_API__WRITE_KEYS)")
    return found


def reader(found: Viewer) -> Viewer:
    """Who asks, if they have a key; 401 otherwise."""
    if found.is_anonymous:
        raise refuse(401, "this needs a key", "key-needed", _CHALLENGE)
    return found


Asking = Annotated[Viewer, Depends(_viewer)]
"""Anybody."""
Writing = Annotated[Viewer, Depends(_writer)]
"""Who has a key for writing."""
