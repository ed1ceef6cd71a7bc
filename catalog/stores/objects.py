"""How are bytes read by key, from whatever is not a local folder?

Each kind of store is one class with two coroutines: fetch an object or a part of it, and name what is in a folder. They run on
fsspec's event loop, so one connection pool serves metadata and chunks alike. What a library raises is translated here, and
nothing of it is kept: its text may hold a signed URL.
"""

import asyncio
import errno
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

import fsspec.asyn

from catalog.errors import (
    CatalogError,
    LimitExceededError,
    ListingRefusedError,
    Problem,
    StoreBusyError,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
    WebPageError,
)
from catalog.metadata.key import safe_key
from catalog.stores.listing import MAX_NAMES
from catalog.stores.signs import Signs, signs_of_entry
from catalog.stores.url import join_key

SETTING = "CATALOG_CREDENTIALS"
"""The setting where credentials belong; named in messages."""


@dataclass(slots=True)
class Listed:
    """Names in one folder: files, and folders. ``complete`` is False where there were more than are read."""

    files: set[str] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Container:
    """What holds the objects of a store, where that is no folder of them.

    Attributes
    ----------
    kind
        ``""`` for a folder, ``zip``, ``tree`` (one document of a whole hierarchy), ``document`` (one consolidated document),
        ``references``, ``icechunk``, ``injected``.
    only
        Key of the one document that there is; ``""`` where there is more.
    immutable
        What names the state that is read, for good; ``""`` where the same location may hold something else later.
    requests
        Requests that it took to open it.
    problems
        What was found wrong on the way.
    """

    kind: str = ""
    only: str = ""
    immutable: str = ""
    requests: int = 0
    problems: tuple[Problem, ...] = ()


FOLDER = Container()


class Objects(Protocol):
    """Objects of one store.

    Attributes
    ----------
    location
        The store's canonical URL.
    requests
        Requests that were made so far.
    """

    location: str
    requests: int

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """The bytes of an object, or of the half-open range; a negative ``start`` without ``end`` counts from the end.

        The key ``""`` is the object that the location itself names.

        Returns
        -------
        bytes or None
            None where the store says that there is no such object. Never other bytes than those asked for.

        Raises
        ------
        LimitExceededError
            More than ``max_bytes``.
        StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
            The store refused, or did not answer as it should.
        """
        ...

    async def list_folder(self, folder: str) -> Listed:
        """The names in a folder; ListingRefusedError where the store does not list."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that runs on fsspec's loop, for a caller outside that loop."""
    future = asyncio.run_coroutine_threadsafe(coroutine, fsspec.asyn.get_loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


async def run_elsewhere[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that runs on fsspec's loop, for a coroutine on another loop."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, fsspec.asyn.get_loop()))


def unauthorized(location: str, key: str, reason: str) -> StoreUnauthorizedError:
    """The store wants to know who asks, or does not believe it."""
    return StoreUnauthorizedError(
        f"{join_key(location, key)}: the store asks for a valid credential ({reason}); give one for {location} in {SETTING}"
    )


def forbidden(location: str, key: str, reason: str) -> StoreForbiddenError:
    """The store knows who asks, and refuses."""
    return StoreForbiddenError(
        f"{join_key(location, key)}: the store refuses to give it ({reason}); a credential that may read it belongs in {SETTING}"
    )


def unavailable(location: str, key: str, reason: str) -> StoreUnavailableError:
    """The store did not answer as it should; the same request may succeed later."""
    return StoreUnavailableError(f"{join_key(location, key)}: {reason}")


def busy(location: str, key: str, reason: str, retry_after: float | None = None) -> StoreBusyError:
    """The store has too much to do; ``retry_after`` are the seconds that it wants to be left alone for."""
    when = "" if retry_after is None else f"; it asks to be left alone for {retry_after:g} seconds"
    return StoreBusyError(f"{join_key(location, key)}: the store is busy ({reason}){when}", retry_after)


def web_page(location: str, key: str) -> WebPageError:
    """A page for people came in place of data."""
    return WebPageError(
        f"{join_key(location, key)}: a web page came in place of data: a login page, for which a credential belongs in {SETTING},"
        " or a page that the server shows for whatever is not there"
    )


def unlisted(location: str, folder: str, reason: str) -> ListingRefusedError:
    """The store does not name what is in a folder."""
    return ListingRefusedError(f"{join_key(location, folder)}/: the store does not list what it holds ({reason}).")


def oversized(location: str, key: str, max_bytes: int) -> LimitExceededError:
    """More bytes than the caller wants."""
    message = f"{join_key(location, key)} has more than {max_bytes} bytes, the most that is read of it"
    return LimitExceededError(message, limit="max_bytes", allowed=max_bytes)


class FsspecObjects:
    """Objects behind any fsspec file system.

    Parameters
    ----------
    location
        The store's canonical URL, for messages.
    filesystem
        The file system; one that is bound to a foreign event loop is made again for ours.
    root
        The store's root, as the file system calls it.
    """

    def __init__(self, location: str, filesystem: Any, root: str) -> None:
        if filesystem.async_impl and filesystem.asynchronous:
            options = {**filesystem.storage_options, "asynchronous": False, "skip_instance_cache": True}
            filesystem = type(filesystem)(*filesystem.storage_args, **options)
        self.location, self.requests = location, 0
        self._fs, self._root = filesystem, root.rstrip("/")

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``."""
        path = f"{self._root}/{safe_key(key)}" if key else self._root
        # A bounded range in place of "all": one request, and no more bytes than the bound on any store that knows ranges.
        first, last = (0, max_bytes + 1) if start is None and end is None else (start, end)
        self.requests += 1
        try:
            data = await self._cat(path, first, last)
        except Exception as error:  # any library may be behind this door
            outcome = self._outcome(error, key)
        else:
            outcome = bytes(data)
        if isinstance(outcome, CatalogError):
            raise outcome
        if outcome is None:
            return None
        if len(outcome) > max_bytes:
            raise oversized(self.location, key, max_bytes)
        wanted = -start if start is not None and start < 0 else end - (start or 0) if end is not None else None
        if (start is not None or end is not None) and wanted is not None and len(outcome) > wanted:
            raise unavailable(self.location, key, f"answered {len(outcome)} bytes where {wanted} were asked for")
        return outcome

    async def _cat(self, path: str, start: int | None, end: int | None) -> Any:
        """The bytes, by the one way that every file system knows; many say that they are asynchronous and are not."""
        return await asyncio.to_thread(self._fs.cat_file, path, start=start, end=end)

    async def look(self, key: str) -> Signs | None:
        """What the file system says of an object without giving it; errors as ``fetch``."""
        self.requests += 1
        try:
            entry = await asyncio.to_thread(self._fs.info, f"{self._root}/{safe_key(key)}")
        except Exception as error:  # any library may be behind this door
            outcome = self._outcome(error, key)
        else:
            return signs_of_entry(entry)
        if isinstance(outcome, CatalogError):
            raise outcome
        return None

    async def list_folder(self, folder: str) -> Listed:
        """See ``Objects.list_folder``."""
        path = f"{self._root}/{folder}" if folder else self._root
        self.requests += 1
        entries: list[dict[str, Any]] = []
        refusal: CatalogError | None = None
        try:
            entries = await asyncio.to_thread(self._fs.ls, path, detail=True)
        except NotImplementedError:
            refusal = unlisted(self.location, folder, "it has no such function")
        except Exception as error:
            refusal = self._list_outcome(error, folder)
        if refusal is not None:
            raise refusal
        listed = Listed(complete=len(entries) <= MAX_NAMES)
        for entry in entries[:MAX_NAMES]:
            name = str(entry["name"]).rstrip("/").rpartition("/")[2]
            if entry.get("type") == "directory":
                listed.folders.append(name)
            else:
                listed.files.add(name)
        return listed

    @property
    def written_through(self) -> tuple[Any, str]:
        """The file system, and the root as it calls it, for what writes a whole store."""
        return self._fs, self._root

    async def close(self) -> None:
        """Leave the file system as it is: it belongs to whoever made it."""

    def _list_outcome(self, error: Exception, folder: str) -> CatalogError | None:
        outcome = self._outcome(error, folder)
        if isinstance(outcome, StoreForbiddenError | StoreUnauthorizedError):
            return unlisted(self.location, folder, "it refuses")
        return outcome if isinstance(outcome, CatalogError) else None

    def _outcome(self, error: Exception, key: str) -> CatalogError | bytes | None:
        return meaning_of(error, self.location, key)


def meaning_of(error: Exception, location: str, key: str) -> CatalogError | bytes | None:
    """What an exception of a library means: nothing there (None), nothing in that range (no bytes), or an error of ours."""
    status = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError) or status in {404, 410}:
        return None
    if isinstance(error, CatalogError):
        return error
    if status == 401:
        return unauthorized(location, key, "401")
    if isinstance(error, PermissionError) or status == 403:
        return forbidden(location, key, "permission denied")
    word = type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        word = errno.errorcode.get(error.errno, word)
    return unavailable(location, key, f"could not be read ({word})")
