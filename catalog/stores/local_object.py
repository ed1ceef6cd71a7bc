"""How is one file of this machine read as the object that a location names?"""

import asyncio
import os

from catalog.stores.local import LocalFolder
from catalog.stores.objects import Listed, unlisted
from catalog.stores.url import StoreUrl


class LocalObject:
    """One regular file; the key ``""`` names it.

    Parameters
    ----------
    url
        The file. A link is followed: whoever names it means what it leads to.

    Raises
    ------
    NotFoundError
        There is no such folder.
    """

    def __init__(self, url: StoreUrl) -> None:
        self.location, self.requests = url.location, 0
        folder, _, self._name = os.path.realpath(url.path).rpartition("/")
        self._folder = LocalFolder(folder or "/")

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``; errors as ``LocalFolder.read``."""
        if key:
            return None
        self.requests += 1
        return await asyncio.to_thread(self._folder.read, self._name, max_bytes, start, end)

    async def list_folder(self, folder: str) -> Listed:
        """Nothing: a file has nothing in it."""
        raise unlisted(self.location, folder, "it is a file")

    async def close(self) -> None:
        """Nothing is kept open."""
