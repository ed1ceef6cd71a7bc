"""How is a store read that is one document of metadata and nothing else?"""

from catalog.metadata.key import safe_key
from catalog.stores.objects import Listed, Objects, oversized, unlisted


class DocumentObject:
    """One document under one key.

    Parameters
    ----------
    outer
        What the document was read from; it is closed with this.
    key
        The document's key.
    data
        Its exact bytes; where it is compressed, those that come out.
    """

    def __init__(self, outer: Objects, key: str, data: bytes) -> None:
        self.location, self.requests = outer.location, outer.requests
        self._outer, self._key, self._data = outer, key, data

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``; nothing is asked for any more."""
        if safe_key(key) != self._key:
            return None
        data = self._data[start:end]
        if len(data) > max_bytes:
            raise oversized(self.location, key, max_bytes)
        return data

    async def list_folder(self, folder: str) -> Listed:
        """Nothing: there are no folders."""
        raise unlisted(self.location, folder, "it is one document")

    async def close(self) -> None:
        """Give connections back."""
        await self._outer.close()
