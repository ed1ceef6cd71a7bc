"""Which Zarr stores lie below this prefix?

Folder by folder, and never into a store: what lies in one costs nothing, however much it is. A folder with a metadata document in
it is the root of a store. Zip files, references and Icechunk repositories are told by their names, as candidates.
"""

import asyncio
import contextlib
import os
import re
import stat
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from catalog.errors import CatalogError, ForbiddenError, LimitExceededError, Problem, StoreForbiddenError, StoreUnavailableError
from catalog.metadata.key import fault_of_key
from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing, locate
from catalog.stores.listing import join
from catalog.stores.local import LocalFolder
from catalog.stores.objects import Listed, Objects, run
from catalog.stores.policy import DEFAULT_READ_LIMITS, Timeouts
from catalog.stores.url import StoreUrl, join_key

Kind = Literal["zarr", "zip", "references", "icechunk"]

MARKS = {"zarr.json": 3, ".zgroup": 2, ".zarray": 2, ".zmetadata": 2, ".all_metadata": 2, "zmetadata": 2}
"""Documents in the root of a store, and the Zarr format that each tells."""

_ASKED = ("zarr.json", ".zgroup", ".zarray")
_DOTTED = (".zgroup", ".zarray")
_STORE_NAME = re.compile(r"\.(ome\.)?zarr[23]?$", re.IGNORECASE)
_ZIP_NAME = re.compile(r"\.(zip|ozx)$", re.IGNORECASE)
_REFERENCES_NAME = re.compile(r"(kerchunk|\brefs?\b|references?|_refs?).*\.json(\.gz|\.zst)?$", re.IGNORECASE)
_PARQUET_NAME = re.compile(r"\.(parq|parquet)$", re.IGNORECASE)
_BATCH = 32


@dataclass(frozen=True, slots=True)
class FindLimits:
    """Bounds on one search.

    Attributes
    ----------
    max_folders
        Folders that are looked into.
    max_depth
        Folders below each other; the prefix itself is 0.
    max_seconds
        Time for the whole search.
    """

    max_folders: int = 10_000
    max_depth: int = 16
    max_seconds: float = 600.0


DEFAULT_FIND_LIMITS = FindLimits()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that can be ingested.

    Attributes
    ----------
    location
        Its canonical URL.
    kind
        ``zarr``: a metadata document lies in it; ``zip``, ``references``, ``icechunk``: by its name, or the names in it.
    zarr_format
        2 or 3; 0 where its name does not tell.
    """

    location: str
    kind: Kind
    zarr_format: int = 0


@dataclass(slots=True)
class Seen:
    """One folder: the marks of a store in it, other names, and what is worth knowing."""

    marks: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _Places(Protocol):
    """Where folders are looked into."""

    location: str
    listings: int

    @property
    def requests(self) -> int: ...

    def look(self, folders: list[str]) -> list[Seen | CatalogError]: ...

    def close(self) -> None: ...


class Search:
    """One search, which yields while it goes on.

    Attributes
    ----------
    location
        The prefix's canonical URL.
    folders, listings, requests
        Folders that were looked into, listings among the requests, and requests, so far.
    complete
        Whether nothing was left out, so far.
    """

    def __init__(self, places: _Places, limits: FindLimits) -> None:
        self._places, self._limits = places, limits
        self.location = places.location
        self.folders, self.complete = 0, True

    @property
    def listings(self) -> int:
        """Lists of names that were asked for."""
        return self._places.listings

    @property
    def requests(self) -> int:
        """Requests that were made; on a local disk, files and folders that were asked for."""
        return self._places.requests

    def __iter__(self) -> Iterator[Candidate | Problem]:
        """What is found, and what is left out and why; breadth is walked before depth only as far as one batch.

        Raises
        ------
        ListingRefusedError, StoreUnauthorizedError, StoreUnavailableError
            The prefix itself cannot be listed.
        """
        try:
            for item in self._found():
                # A link is named, so that nobody misses what is behind it; the rest was left out though it may hold stores.
                self.complete = self.complete and not (isinstance(item, Problem) and item.severity != "info")
                yield item
        finally:
            self._places.close()

    def _found(self) -> Iterator[Candidate | Problem]:
        pending, end = [""], time.monotonic() + self._limits.max_seconds
        while pending:
            if time.monotonic() > end:
                yield _left_out("out-of-time", len(pending), f"the search took more than {self._limits.max_seconds:g} seconds")
                return
            left = self._limits.max_folders - self.folders
            if left <= 0:
                yield _left_out("too-many-folders", len(pending), f"more than {self._limits.max_folders} folders (max_folders)")
                return
            count = min(_BATCH, left)
            batch, pending = pending[-count:], pending[:-count]
            self.folders += len(batch)
            for folder, seen in zip(batch, self._places.look(batch), strict=True):
                if isinstance(seen, CatalogError):
                    if not folder:
                        raise seen
                    yield Problem(folder, _kind_of(seen), str(seen), severity="warning")
                    continue
                yield from seen.problems
                inner = yield from self._inside(folder, seen)
                pending.extend(inner)

    def _inside(self, folder: str, seen: Seen) -> Generator[Candidate | Problem, None, list[str]]:
        """What one folder is or holds; the folders to be looked into next come back."""
        here = join_key(self.location, folder)
        if seen.marks:
            if _PARQUET_NAME.search(folder):
                yield Candidate(here, "references")
            else:
                yield Candidate(here, "zarr", 3 if "zarr.json" in seen.marks else 2)
            return []
        if "snapshots" in seen.folders and ("refs" in seen.folders or "repo" in seen.files):
            yield Candidate(here, "icechunk")
            return []
        for name in sorted(seen.files):
            kind: Kind | None = "zip" if _ZIP_NAME.search(name) else "references" if _REFERENCES_NAME.search(name) else None
            if kind and not fault_of_key(join(folder, name)):
                yield Candidate(join_key(self.location, join(folder, name)), kind)
        inner = []
        for name in sorted(seen.folders, reverse=True):
            path = join(folder, name)
            fault = fault_of_key(path) if name else "has an empty segment"
            if fault:
                yield Problem(folder, "unsafe-key", f"the folder {path!r} {fault}; it was left out", severity="warning")
            elif path.count("/") >= self._limits.max_depth:
                message = f"lies more than {self._limits.max_depth} folders deep (max_depth); what is in it was left out"
                yield Problem(path, "too-deep", message, severity="warning")
            else:
                inner.append(path)
        return inner


def _left_out(kind: str, count: int, reason: str) -> Problem:
    return Problem("", kind, f"{reason}; {count} folders and what is in them were left out", severity="warning")


def _kind_of(error: CatalogError) -> str:
    if isinstance(error, StoreUnavailableError):
        return "unavailable"
    return error.code if isinstance(error, ForbiddenError) else "unreadable"


def find_roots(
    prefix: str | StoreUrl,
    *,
    credentials: Credentials | None = None,
    filesystem: Any = None,
    timeouts: Timeouts | None = None,
    concurrency: int = DEFAULT_READ_LIMITS.concurrency,
    outgoing: Outgoing = ANYWHERE,
    limits: FindLimits = DEFAULT_FIND_LIMITS,
) -> Search:
    """A search for stores below a prefix; it begins when it is iterated over.

    Parameters
    ----------
    prefix
        A folder: local, in a bucket, or of a web server that lists.
    credentials, filesystem, timeouts, concurrency, outgoing
        As for ``open_source``.

    Raises
    ------
    InputError, ForbiddenError
        The prefix, see ``locate``.
    NotFoundError
        There is no such local folder.

    Notes
    -----
    Cost: one listing for each folder that is no store. A store costs at most one listing and two requests by name, whatever it
    holds; one whose name ends in ``.zarr`` costs no listing.
    """
    url = locate(prefix, filesystem, outgoing)
    if url.protocol == "file" and filesystem is None:
        return Search(_LocalPlaces(url), limits)
    from catalog.stores.remote import open_objects

    objects = open_objects(
        url,
        credentials=credentials,
        filesystem=filesystem,
        timeouts=timeouts,
        concurrency=concurrency,
        outgoing=outgoing,
    )
    return Search(_RemotePlaces(objects, concurrency), limits)


class _LocalPlaces:
    """Folders of this machine. Links are named and not followed, for they may lead in circles, or anywhere."""

    def __init__(self, url: StoreUrl) -> None:
        self.location = url.location
        self._root = LocalFolder(url.path)
        self.listings = self.requests = 0

    def look(self, folders: list[str]) -> list[Seen | CatalogError]:
        return [self._look(folder) for folder in folders]

    def close(self) -> None:
        """Nothing is kept open."""

    def _look(self, folder: str) -> Seen | CatalogError:
        failure = ""
        try:
            descriptor = self._root.open_folder(folder)
            try:
                return self._names(folder, descriptor)
            finally:
                os.close(descriptor)
        except PermissionError as error:
            return StoreForbiddenError(f"{join_key(self.location, folder)} may not be listed by this user: {error.strerror}")
        except OSError as error:
            failure = error.strerror or str(error)
        return StoreUnavailableError(f"{join_key(self.location, folder)} could not be listed: {failure}")

    def _names(self, folder: str, descriptor: int) -> Seen:
        seen = Seen()
        for name in MARKS:
            self.requests += 1
            with contextlib.suppress(OSError):
                if stat.S_ISREG(os.stat(name, dir_fd=descriptor).st_mode):
                    seen.marks.add(name)
                    return seen
        self.requests += 1
        self.listings += 1
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if entry.is_symlink():
                    message = "is a link, which is not followed; name it itself to look into it"
                    seen.problems.append(Problem(join(folder, entry.name), "link", message, severity="info"))
                elif entry.is_dir(follow_symlinks=False):
                    seen.folders.append(entry.name)
                elif entry.is_file(follow_symlinks=False):
                    seen.files.add(entry.name)
        return seen


class _RemotePlaces:
    """Folders of a bucket or of a web server."""

    def __init__(self, objects: Objects, concurrency: int) -> None:
        self.location = objects.location
        self._objects, self._concurrency = objects, concurrency
        self._shows_dots = not objects.location.startswith("http")
        self.listings = 0

    @property
    def requests(self) -> int:
        return self._objects.requests

    def look(self, folders: list[str]) -> list[Seen | CatalogError]:
        return run(self._all(folders))

    def close(self) -> None:
        run(self._objects.close())

    async def _all(self, folders: list[str]) -> list[Seen | CatalogError]:
        places = asyncio.Semaphore(self._concurrency)

        async def one(folder: str) -> Seen | CatalogError:
            async with places:
                try:
                    return await self._look(folder)
                except CatalogError as error:
                    return error

        return list(await asyncio.gather(*(one(folder) for folder in folders)))

    async def _look(self, folder: str) -> Seen:
        is_likely = _STORE_NAME.search(folder or self.location)
        marks = await self._marks(folder, _ASKED) if is_likely else set()
        if marks:
            return Seen(marks)
        listed = await self._start(folder)
        marks = listed.files & MARKS.keys()
        if not marks and not listed.complete and not is_likely:
            marks = await self._marks(folder, _ASKED[:1])  # its name comes late in the list
        if not marks and not listed.complete:
            self.listings += 1
            listed = await self._objects.list_folder(folder)
            marks = listed.files & MARKS.keys()
        self._shows_dots = self._shows_dots or any(name.startswith(".") for name in listed.files)
        if not marks and not self._shows_dots and not is_likely:
            marks = await self._marks(folder, _DOTTED)  # nginx and Apache leave out names that begin with a dot
        seen = Seen(marks, listed.files, listed.folders)
        if not listed.complete and not marks:
            message = f"holds more than {len(listed.files) + len(listed.folders)} names; the rest was left out"
            seen.problems.append(Problem(folder, "too-many-names", message, severity="warning"))
        return seen

    async def _start(self, folder: str) -> Listed:
        """The first names of a folder, or all where they come in one answer."""
        self.listings += 1
        begin = getattr(self._objects, "list_start", self._objects.list_folder)
        listed: Listed = await begin(folder)
        return listed

    async def _marks(self, folder: str, names: tuple[str, ...]) -> set[str]:
        """Which of these documents are there; one byte of each is asked for, for consolidated ones are large."""
        outcomes = await asyncio.gather(*(self._begins(join(folder, name)) for name in names))
        return {name for name, there in zip(names, outcomes, strict=True) if there}

    async def _begins(self, key: str) -> bool:
        try:
            start = await self._objects.fetch(key, 2**16, 0, 1)
        except LimitExceededError:
            return True  # the server ignores ranges, and the document is large
        except StoreForbiddenError:
            return False  # some servers refuse what is not there
        return start is not None and start[:1] in {b"{", b" ", b"\n", b"\r", b"\t", b"\xef"}
