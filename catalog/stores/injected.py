"""How is a store read that the caller holds already: a mapping, or a Store of zarr-python?

Nothing is made from the URL then; it is only the store's name. The store stays the caller's: it is neither changed nor closed.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from fsspec.mapping import FSMap

from catalog.errors import CatalogError, InputError
from catalog.metadata.key import safe_key
from catalog.stores.listing import DOCUMENT_NAMES
from catalog.stores.objects import FsspecObjects, Listed, Objects, meaning_of, oversized, unavailable, unlisted

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest, Store


def open_injected(location: str, store: Any) -> Objects:
    """The objects of a mapping (key → bytes), an fsspec mapper, or a Store of zarr-python.

    Raises
    ------
    InputError
        It is nothing of that kind.
    """
    if isinstance(store, FSMap):
        return FsspecObjects(location, store.fs, store.root)
    if isinstance(store, Mapping):
        return MappingObjects(location, store)
    from zarr.abc.store import Store

    if isinstance(store, Store):
        return ZarrObjects(location, store)
    raise InputError(
        f"a {type(store).__name__} is no store that can be read: give an fsspec file system, a mapping from key to bytes, or a "
        "Store of zarr-python"
    )


class MappingObjects:
    """Objects in a mapping from key to bytes.

    Attributes
    ----------
    requests
        Keys that were asked for; the names of all keys count as one.
    """

    def __init__(self, location: str, mapping: Mapping[str, Any]) -> None:
        self.location, self.requests = location, 0
        self._mapping = mapping
        self._folders: dict[str, Listed] | None = None

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``."""
        self.requests += 1
        outcome: Any = None
        try:
            outcome = _bytes_of(await asyncio.to_thread(self._mapping.get, safe_key(key)))
        except Exception as error:  # any library may be behind a mapping
            outcome = error if isinstance(error, CatalogError) else meaning_of(error, self.location, key)
        if isinstance(outcome, CatalogError):
            raise outcome
        if outcome is None:
            return None
        data: bytes = outcome[start:end]
        if len(data) > max_bytes:
            raise oversized(self.location, key, max_bytes)
        return data

    async def list_folder(self, folder: str) -> Listed:
        """The names in a folder, from all keys, which are asked for once."""
        if self._folders is None:
            self.requests += 1
            refusal: CatalogError | None = None
            try:
                self._folders = await asyncio.to_thread(_folders_of, self._mapping)
            except Exception as error:
                found = meaning_of(error, self.location, folder)
                refusal = found if isinstance(found, CatalogError) else unlisted(self.location, folder, type(error).__name__)
            if refusal is not None:
                raise refusal
        return (self._folders or {}).get(folder) or Listed()

    async def close(self) -> None:
        """Leave the mapping as it is."""


def _bytes_of(value: Any) -> bytes | None:
    """A mapping's value as bytes; texts as UTF-8.

    Raises
    ------
    TypeError
        It is neither bytes, text nor anything with a buffer.
    """
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def _folders_of(mapping: Mapping[str, Any]) -> dict[str, Listed]:
    """Folder → names in it."""
    files: dict[str, set[str]] = {"": set()}
    folders: dict[str, dict[str, None]] = {"": {}}
    for key in list(mapping):
        *above, name = str(key).split("/")
        path = ""
        for part in above:
            folders[path][part] = None
            path = f"{path}/{part}" if path else part
            files.setdefault(path, set())
            folders.setdefault(path, {})
        files[path].add(name)
    return {path: Listed(names, list(folders[path])) for path, names in files.items()}


class ZarrObjects:
    """Objects of a Store of zarr-python; asked on zarr's own loop, where its connections live.

    Parameters
    ----------
    by_size
        A whole object is fetched after its size was asked for, not as a range: the store cannot give a range that is longer
        than the object.
    """

    def __init__(self, location: str, store: "Store", *, by_size: bool = False) -> None:
        self.location, self.requests = location, 0
        self._store, self._by_size = store, by_size

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``."""
        if start is not None and start == end:
            return b""
        outcome = await self._got(safe_key(key), max_bytes, start, end)
        if isinstance(outcome, CatalogError):
            raise outcome
        if outcome is not None and len(outcome) > max_bytes:
            raise oversized(self.location, key, max_bytes)
        wanted = -start if start is not None and start < 0 else end - (start or 0) if end is not None else None
        if outcome is not None and wanted is not None and len(outcome) > wanted:
            raise unavailable(self.location, key, f"answered {len(outcome)} bytes where {wanted} were asked for")
        return outcome

    async def _got(self, key: str, max_bytes: int, start: int | None, end: int | None) -> bytes | CatalogError | None:
        """The bytes; of a whole object no more than one beyond the bound, as long as the store knows ranges."""
        whole = start is None and end is None
        first, last = (0, max_bytes + 1) if whole else (start, end)
        failure: Exception | None = None
        if not (whole and self._by_size):
            try:
                return await self._get(key, _request(first, last))
            except Exception as error:
                failure = error
        if whole and not isinstance(failure, PermissionError | FileNotFoundError):
            # Some stores refuse a range that is longer than the object, or any range of an empty one.
            try:
                size = await self._run(self._store.getsize(key))
                return await self._get(key, None) if size <= max_bytes else oversized(self.location, key, max_bytes)
            except FileNotFoundError:
                return None
            except Exception as error:
                failure = error
        outcome = None if failure is None or isinstance(failure, KeyError) else meaning_of(failure, self.location, key)
        return outcome if isinstance(outcome, CatalogError) else None

    async def _get(self, key: str, wanted: "ByteRequest | None") -> bytes | None:
        from zarr.core.buffer import default_buffer_prototype

        self.requests += 1
        found = await self._run(self._store.get(key, default_buffer_prototype(), wanted))
        return None if found is None else found.to_bytes()

    async def _run[T](self, coroutine: Coroutine[Any, Any, T]) -> T:
        from zarr.core.sync import sync

        return await asyncio.to_thread(sync, coroutine)

    async def measure(self, key: str) -> int | None:
        """The size of an object in bytes; None where there is none."""
        outcome: Any
        try:
            outcome = await self._run(self._store.getsize(safe_key(key)))
            if outcome == 0 and not await self._run(self._store.exists(key)):  # as Icechunk answers
                outcome = None
        except KeyError:
            return None
        except Exception as error:
            outcome = meaning_of(error, self.location, key)
        if isinstance(outcome, CatalogError):
            raise outcome
        return outcome if isinstance(outcome, int) else None

    async def list_folder(self, folder: str) -> Listed:
        """The names in a folder. Such a store does not say which are folders, so all are that are no documents."""
        if not self._store.supports_listing:
            raise unlisted(self.location, folder, "it has no such function")
        self.requests += 1
        names: set[str] = set()
        refusal: CatalogError | None = None
        try:
            names = {name.strip("/") for name in await self._run(self._names(folder))}
        except PermissionError:
            refusal = unlisted(self.location, folder, "it refuses")
        except Exception as error:
            found = meaning_of(error, self.location, folder)
            refusal = found if isinstance(found, CatalogError) else None
        if refusal is not None:
            raise refusal
        files = {name for name in names if name in DOCUMENT_NAMES or name.startswith(".z")}
        return Listed(files, sorted(names - files - {""}))

    async def _names(self, folder: str) -> list[str]:
        return [name async for name in self._store.list_dir(folder)]

    async def close(self) -> None:
        """Leave the store as it is."""


def _request(start: int | None, end: int | None) -> "ByteRequest":
    from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest

    if start is not None and start < 0:
        return SuffixByteRequest(-start)
    return OffsetByteRequest(start or 0) if end is None else RangeByteRequest(start or 0, end)
