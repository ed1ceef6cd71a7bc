"""How are the documents of a store read that is not on this machine?

Many at a time, folder by folder: a folder's documents say whether it is an array, and below an array nothing is looked for.
"""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import fsspec

from catalog.errors import (
    CatalogError,
    InputError,
    LimitExceededError,
    ListingRefusedError,
    Problem,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
)
from catalog.metadata.document import DEFAULT_LIMITS, DocumentLimits
from catalog.metadata.key import fault_of_key
from catalog.stores.credentials import S3, Basic, Bearer, Credentials, Headers
from catalog.stores.gate import ANYWHERE, Outgoing
from catalog.stores.listing import (
    DOCUMENT_NAMES,
    MAX_DEPTH,
    Found,
    is_array_v3,
    join,
    nested_copy,
    too_deep,
    too_large,
    too_many,
    too_many_folders,
)
from catalog.stores.objects import FOLDER, Container, FsspecObjects, Objects, run, unlisted
from catalog.stores.policy import DEFAULT_READ_LIMITS, Timeouts
from catalog.stores.signs import Glance, Signs
from catalog.stores.url import StoreUrl

_BATCH = 64
_ANONYMOUS: Final[Mapping[str, Mapping[str, Any]]] = {
    **{protocol: {"token": "anon"} for protocol in ("gs", "gcs")},
    **{protocol: {"anon": True} for protocol in ("s3a", "abfs", "abfss", "adl", "az", "oss")},
    "hf": {"token": False},
}
"""What makes file systems of fsspec, which otherwise take whatever rights they find, ask as nobody."""


def open_objects(
    url: StoreUrl,
    *,
    credentials: Credentials | None = None,
    filesystem: Any = None,
    timeouts: Timeouts | None = None,
    concurrency: int = DEFAULT_READ_LIMITS.concurrency,
    outgoing: Outgoing = ANYWHERE,
) -> Objects:
    """The objects of a store that is not a local folder.

    Raises
    ------
    InputError
        The protocol needs a package that is not installed, or an argument that a URL cannot give.
    ForbiddenError
        The URL may not be reached; that of a given file system is its own affair.
    """
    timeouts = timeouts or Timeouts()
    if filesystem is not None:
        return FsspecObjects(url.location, filesystem, url.location if url.protocol.startswith("http") else url.path)
    outgoing.admit(url)
    prefix, credential = (credentials or Credentials()).find(url.place) or ("", None)
    if url.protocol in {"http", "https"}:
        if url.credential is not None:
            prefix, credential = url.location, url.credential
        fitting = credential if isinstance(credential, Basic | Bearer | Headers) else None
        from catalog.stores.http import HttpObjects

        return HttpObjects(url, fitting, prefix, timeouts, concurrency, outgoing)
    if url.protocol == "s3":
        from catalog.stores.s3 import S3Objects

        return S3Objects(url, credential if isinstance(credential, S3) else S3(), timeouts, concurrency, outgoing)
    reason = ""
    try:
        system = fsspec.filesystem(url.protocol, **_options(url, outgoing))
    except (ImportError, TypeError, ValueError) as error:
        reason = str(error)
    if reason:
        raise InputError(f"{url.location}: the protocol {url.protocol!r} cannot be used: {reason}")
    return FsspecObjects(url.location, system, url.path)


def _options(url: StoreUrl, outgoing: Outgoing) -> dict[str, Any]:
    """How a file system of fsspec is made. The rights of the process are for whoever started it, not for a service's callers."""
    if url.protocol == "memory":
        return {}
    as_nobody = {} if outgoing.private == "allow" else _ANONYMOUS.get(url.protocol, {})
    return {"skip_instance_cache": True, **as_nobody}


@dataclass(slots=True)
class _Visited:
    """One folder: what was found in it, and the folders to be visited next."""

    found: list[Found] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)


class RemoteSource:
    """Metadata documents of a store, through its objects.

    Attributes
    ----------
    location
        The store's canonical URL.
    container, only, immutable, opening, problems
        See ``Container``.
    """

    def __init__(
        self, objects: Objects, container: Container = FOLDER, concurrency: int = DEFAULT_READ_LIMITS.concurrency
    ) -> None:
        self.location = objects.location
        self.container, self.only = container.kind, container.only
        self.immutable, self.opening, self.problems = container.immutable, container.requests, container.problems
        self._counted = objects.requests
        self._objects, self._concurrency = objects, concurrency
        self._hides_dots = False
        self._in_root: set[str] = set()

    @property
    def requests(self) -> int:
        """Requests that were made so far, those to open the store included."""
        return self.opening + self._objects.requests - self._counted

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """The bytes at a key, None where there is nothing; errors as ``Objects.fetch``."""
        return run(self._objects.fetch(key, max_bytes))

    def read_many(self, keys: Iterable[str], max_bytes: int) -> dict[str, bytes | CatalogError | None]:
        """The bytes at each key, read side by side; an error stands in the place of what could not be read."""
        wanted = list(dict.fromkeys(keys))
        outcomes = run(self._all([self._objects.fetch(key, max_bytes) for key in wanted]))
        return dict(zip(wanted, outcomes, strict=True))

    def look(self, keys: Collection[str]) -> dict[str, Signs | CatalogError | None]:
        """What the store says of each object, asked side by side; None where it says that there is none."""
        ask = getattr(self._objects, "look", None)
        if ask is None:
            refusal = StoreUnavailableError(f"{self.location}: this kind of store says nothing of a document without giving it")
            return dict.fromkeys(keys, refusal)
        return dict(zip(keys, run(self._all([ask(key) for key in keys])), strict=True))

    def glance(self) -> Glance | None:
        """The first names in one request; None where this kind of store has no such list.

        Raises
        ------
        StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
            The store refused, or did not answer as it should.
        """
        ask = getattr(self._objects, "glance", None)
        return None if ask is None else run(ask())

    def seen(self, key: str) -> bool:
        """Whether a walk saw a key in the root."""
        return key in self._in_root

    def close(self) -> None:
        """Give connections back."""
        run(self._objects.close())

    def list_documents(self) -> list[str]:
        """The keys of all metadata documents below the root, sorted; errors as ``walk``."""
        return sorted(found.key for found in self.walk() if found.data is not None)

    def walk(self, limits: DocumentLimits = DEFAULT_LIMITS, known: Mapping[str, bytes] | None = None) -> Iterator[Found]:
        """Every metadata document below the root, and every problem on the way; see ``Source.walk``."""
        root = run(self._root(limits, known or {}))
        yield from root.found
        pending = root.inner
        folders, nodes = 1, int(_has_document(root))
        while pending:
            if folders > 4 * limits.max_nodes + 1000 or nodes >= limits.max_nodes:
                yield Found("", problem=too_many(limits.max_nodes))
                return
            if nodes == 0 and folders > 10_000:
                yield Found("", problem=too_many_folders(folders))
                return
            batch, pending = pending[-_BATCH:], pending[:-_BATCH]
            for visited in run(self._visit_all(batch, limits)):
                yield from visited.found
                folders += 1
                nodes += _has_document(visited)
                pending.extend(visited.inner)

    async def _all[T](self, coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T | CatalogError]:
        """The outcome of each, so many at a time."""
        places = asyncio.Semaphore(self._concurrency)

        async def one(coroutine: Coroutine[Any, Any, T]) -> T | CatalogError:
            async with places:
                try:
                    return await coroutine
                except CatalogError as error:
                    return error

        return list(await asyncio.gather(*(one(coroutine) for coroutine in coroutines)))

    async def _root(self, limits: DocumentLimits, known: Mapping[str, bytes]) -> _Visited:
        listed = await self._objects.list_folder("")
        self._in_root = listed.files
        if known.keys() - listed.files:
            missing = ", ".join(sorted(known.keys() - listed.files))
            raise unlisted(self.location, "", f"its list does not name {missing}, which is there")
        # Web servers leave out names with a dot in front (nginx, Apache); their documents are then asked for by name.
        web = not self.container and self.location.startswith("http")
        self._hides_dots = web and "zarr.json" not in listed.files and not any(name.startswith(".") for name in listed.files)
        visited = await self._read_folder("", listed.files, listed.folders, limits, known)
        if not listed.complete:
            visited.found.append(Found("", problem=too_many(len(listed.files) + len(listed.folders))))
        return _Visited(visited.found) if web and not _has_document(visited) else visited

    async def _visit_all(self, folders: list[str], limits: DocumentLimits) -> list[_Visited]:
        return [
            _Visited([Found(folder, problem=_problem(folder, outcome))]) if isinstance(outcome, CatalogError) else outcome
            for folder, outcome in zip(folders, await self._all([self._visit(f, limits) for f in folders]), strict=True)
        ]

    async def _visit(self, folder: str, limits: DocumentLimits) -> _Visited:
        listed = await self._objects.list_folder(folder)
        visited = await self._read_folder(folder, listed.files, listed.folders, limits, {})
        if not listed.complete:
            visited.found.append(Found(folder, problem=too_many(len(listed.files) + len(listed.folders))))
        return visited

    async def _read_folder(
        self, folder: str, files: set[str], folders: list[str], limits: DocumentLimits, known: Mapping[str, bytes]
    ) -> _Visited:
        visited = _Visited()
        names = [name for name in DOCUMENT_NAMES if name in files or (self._hides_dots and name != "zarr.json")]
        wanted = [join(folder, name) for name in names if join(folder, name) not in known]
        visited.found.extend(Found(key, data) for key, data in known.items())
        outcomes = await asyncio.gather(*(self._document(key, limits.max_bytes) for key in wanted))
        visited.found.extend(found for found in outcomes if found is not None)
        if any(_is_array(found) for found in visited.found):
            return visited
        if ".zmetadata" in files and folder:
            visited.found.append(Found(folder, problem=nested_copy(folder, ".zmetadata")))
        if folder.count("/") >= MAX_DEPTH and folders:
            visited.found.append(Found(folder, problem=too_deep(folder)))
            return visited
        for name in folders:
            key = join(folder, name)
            fault = fault_of_key(key) if name else "has an empty segment"
            if fault:
                message = f"the folder {key!r} cannot be a node's path: it {fault}; it was left out"
                visited.found.append(Found(folder, problem=Problem(folder, "unsafe-key", message)))
            else:
                visited.inner.append(key)
        return visited

    async def _document(self, key: str, max_bytes: int) -> Found | None:
        try:
            data = await self._objects.fetch(key, max_bytes)
        except LimitExceededError:
            return Found(key, problem=too_large(key, max_bytes))
        except CatalogError as error:
            return Found(key, problem=_problem(key, error))
        if data is not None:
            return Found(key, data)
        return None if self._hides_dots else Found(key, problem=Problem(key, "vanished", f"{key!r} is listed, but not there"))


def _has_document(visited: _Visited) -> bool:
    return any(found.data is not None for found in visited.found)


def _is_array(found: Found) -> bool:
    name = found.key.rpartition("/")[2]
    return found.data is not None and (name == ".zarray" or (name == "zarr.json" and is_array_v3(found.data)))


def _problem(key: str, error: CatalogError) -> Problem:
    kinds: tuple[tuple[type[CatalogError], str], ...] = (
        (ListingRefusedError, "listing-refused"),
        (StoreUnauthorizedError, "forbidden"),
        (StoreForbiddenError, "forbidden"),
        (StoreUnavailableError, "unavailable"),
    )
    return Problem(key, next((kind for cls, kind in kinds if isinstance(error, cls)), "unreadable"), str(error))
