"""What is at one address of the web, such as a record that somebody published?"""

from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from catalog.errors import InputError, NotFoundError
from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing
from catalog.stores.objects import run
from catalog.stores.remote import open_objects
from catalog.stores.url import parse_store_url, shown

__all__ = ["read_file_at"]

_WEB: Final = frozenset({"http", "https"})


def read_file_at(url: str, *, max_bytes: int, credentials: Credentials | None = None, outgoing: Outgoing = ANYWHERE) -> bytes:
    """What a web server answers at an address, its query string included.

    Parameters
    ----------
    url
        ``http`` or ``https``.
    max_bytes
        The most that is taken.
    credentials
        By URL prefix.
    outgoing
        What may be reached.

    Raises
    ------
    InputError
        It is no web address, or one without a path.
    NotFoundError
        There is nothing.
    LimitExceededError
        There is more.
    ForbiddenError, StoreUnavailableError
        The gate or the server refuses, or the server does not answer as it should.
    """
    place = parse_store_url(url, allow_protocols=_WEB)
    folder, _, name = place.location.rpartition("/")
    if folder.endswith("/"):
        raise InputError(f"{shown(url)} is a server's own address: give that of a file")
    objects = open_objects(
        replace(place, location=folder, path=place.path.rpartition("/")[0]), credentials=credentials, outgoing=outgoing
    )

    async def fetched() -> bytes | None:
        try:
            return await objects.fetch(unquote(name), max_bytes)
        finally:
            await objects.close()

    data = run(fetched())
    if data is None:
        raise NotFoundError(f"there is nothing at {place.location}")
    return data
