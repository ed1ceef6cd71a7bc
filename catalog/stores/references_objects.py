"""How does a set of references answer as a store?

Metadata come out of the set itself. A chunk is a part of some other file: it is fetched from there, and only that part of it.
"""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from catalog.errors import (
    CatalogError,
    ForbiddenError,
    InputError,
    LimitExceededError,
    MetadataError,
    NotFoundError,
    Problem,
    Severity,
)
from catalog.metadata.key import safe_key
from catalog.stores.listing import DOCUMENT_NAMES, MAX_NAMES
from catalog.stores.objects import Listed, oversized
from catalog.stores.references_targets import Target, Targets
from catalog.stores.signs import Signs, Taken
from catalog.stores.taking import cut, look, take

DOCUMENTS: Final = frozenset({*DOCUMENT_NAMES, ".zmetadata"})
"""Names of metadata documents; they are read from the set itself, never from a target."""
MAX_END: Final = 2**63
"""No part of a file ends here or later."""
MAX_PROBLEMS: Final = 100
MAX_CHECKED: Final = 1000
"""Different targets that are checked when a set is opened; the rest when it is read."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A file, or the part of it from ``offset`` on, ``length`` bytes long."""

    url: str
    offset: int = 0
    length: int | None = None

    def part(self, start: int | None, end: int | None) -> tuple[int | None, int | None]:
        """Where a range of the referenced bytes lies in the file, half-open."""
        if self.length is None:
            return start, end
        first = max(0, self.length + start) if start is not None and start < 0 else min(start or 0, self.length)
        last = self.length if end is None else min(end, self.length)
        return self.offset + first, self.offset + max(first, last)


class Problems:
    """Collects what is wrong with a set, up to a bound."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._more = 0

    def add(self, path: str, kind: str, message: str, severity: Severity = "error") -> None:
        """One thing more; beyond the bound it is only counted."""
        if len(self.found) < MAX_PROBLEMS:
            self.found.append(Problem(path, kind, message, severity=severity))
            return
        self._more += 1
        self.found[MAX_PROBLEMS:] = [
            Problem("", "more-problems", f"{self._more} more of this kind were left out", severity=severity)
        ]


class Lookup(Protocol):
    """What stands at a key."""

    @property
    def keys(self) -> Sequence[str]:
        """All keys that are known without reading more, sorted."""
        ...

    @property
    def problems(self) -> Problems:
        """What is wrong with the set."""
        ...

    @property
    def requests(self) -> int:
        """Requests that it took so far."""
        ...

    async def find(self, key: str) -> bytes | Reference | None:
        """What stands at a key: its bytes, where they are, or nothing; MetadataError where that cannot be used."""
        ...

    def urls(self) -> Iterator[tuple[str, str]]:
        """The different targets that are known without reading more, each with a key that points there."""
        ...

    def filled(self, key: str, url: str) -> str:
        """The target of a key, with its templates filled in; MetadataError names what is not read."""
        ...

    async def close(self) -> None:
        """Give back what is held."""
        ...


class ReferenceObjects:
    """The objects of a set of references.

    Attributes
    ----------
    location
        The reference file's, or folder's, canonical URL.
    requests
        Requests that were made so far, to targets and for references.
    container
        What kind of container the store is in: ``references``.
    problems
        What is wrong with the set; the rest of it can be read. A target that must not be read is among them.
    """

    container: Final = "references"

    def __init__(self, location: str, lookup: Lookup, targets: Targets) -> None:
        self.location, self.requests = location, lookup.requests
        self._lookup, self._targets = lookup, targets
        self._check_targets()
        self.problems = tuple(lookup.problems.found)

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``; None only where the set has no such key.

        Raises
        ------
        ForbiddenError
            The target must not be read.
        NotFoundError
            There is no such target.
        MetadataError
            The reference cannot be used, or leads beyond the target's end.
        """
        try:
            found = await self._lookup.find(safe_key(key))
            if isinstance(found, Reference):
                return await self._fetch(key, found, max_bytes, start, end)
        finally:
            self.requests = self._lookup.requests + self._targets.requests
        if found is not None:
            found = found[start:end]
            if len(found) > max_bytes:
                raise oversized(self.location, key, max_bytes)
        return found

    async def take(self, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
        """A part of what stands at a key, and what is known of the whole; errors as ``fetch``."""
        try:
            found = await self._lookup.find(safe_key(key))
            if isinstance(found, Reference):
                return await self._take(key, found, max_bytes, start, end)
        finally:
            self.requests = self._lookup.requests + self._targets.requests
        return None if found is None else cut(found, start, end, Signs())

    async def _take(self, key: str, reference: Reference, max_bytes: int, start: int, end: int | None) -> Taken:
        first, last = reference.part(start, end)

        async def ask(target: Target) -> Taken | None:
            if first == last:
                signs: Signs | None = await self._targets.asked(target, lambda objects: look(objects, target.key))
                return None if signs is None else Taken(b"", first or 0, signs)
            return await self._targets.asked(target, lambda objects: take(objects, target.key, max_bytes, first or 0, last))

        taken = await self._reach(key, reference, ask)
        self._check_end(key, reference, (first, last), len(taken.data))
        if reference.length is None:
            return taken
        signs = taken.signs
        # The whole file's name names a part of it, too, together with where the part lies.
        etag = f'{signs.etag[:-1]}-{reference.offset:x}-{reference.length:x}"' if signs.etag.endswith('"') else ""
        return Taken(taken.data, taken.start - reference.offset, Signs(signs.modified, reference.length, etag))

    async def _fetch(self, key: str, reference: Reference, max_bytes: int, start: int | None, end: int | None) -> bytes:
        first, last = reference.part(start, end)
        wanted = last - (first or 0) if last is not None and (first or 0) >= 0 else None
        if wanted == 0:
            return b""
        if wanted is not None and wanted > max_bytes:
            raise oversized(self.location, key, max_bytes)
        data = await self._reach(key, reference, lambda target: self._targets.fetch(target, max_bytes, first, last))
        self._check_end(key, reference, (first, last), len(data))
        return data

    async def _reach[T](self, key: str, reference: Reference, ask: Callable[[Target], Awaitable[T | None]]) -> T:
        """What the target of a reference answers."""
        target = self._place(key, reference.url)
        where = f"{self.location}: {key!r} is in {target.url.location}"
        try:
            found = await ask(target)
        except LimitExceededError:
            raise
        except CatalogError as error:
            raise type(error)(f"{where}, which could not be read: {error}") from error
        if found is None:
            raise NotFoundError(f"{where}, which is not there")
        return found

    def _check_end(self, key: str, reference: Reference, part: tuple[int | None, int | None], size: int) -> None:
        """Refuse a part of a file that is shorter than the reference says."""
        first, last = part[0] or 0, part[1]
        if reference.length is None or last is None or first < 0 or size >= last - first:
            return
        where = f"{self.location}: {key!r} is in {self._place(key, reference.url).url.location}"
        raise MetadataError(f"{where}, bytes {part[0]} to {last}, but that has no more than {first + size} bytes")

    def _place(self, key: str, url: str) -> Target:
        fault = ""
        try:
            return self._targets.place(url)
        except ForbiddenError as error:
            raise ForbiddenError(f"{self.location}: {key!r} is in a file that is not read: {error}") from error
        except InputError as error:
            fault = str(error)
        raise MetadataError(f"{self.location}: {key!r} has no target that can be read: {fault}")

    def _check_targets(self) -> None:
        """Note what cannot be read, without opening anything."""
        kinds = ((ForbiddenError, "forbidden-target"), (InputError, "invalid-target"), (MetadataError, "unsupported-template"))
        for count, (key, url) in enumerate(self._lookup.urls()):
            if count >= MAX_CHECKED:
                break
            try:
                self._targets.place(self._lookup.filled(key, url))
            except (ForbiddenError, InputError, MetadataError) as error:
                kind = next(kind for cls, kind in kinds if isinstance(error, cls))
                message = f"the target of {key!r} cannot be read: {error}"
                self._lookup.problems.add(key, kind, message, "warning")

    async def list_folder(self, folder: str) -> Listed:
        """The names in a folder, from the keys of the set; this takes no request."""
        keys, prefix = self._lookup.keys, f"{folder}/" if folder else ""
        listed, place = Listed(), bisect_left(self._lookup.keys, prefix)
        while place < len(keys) and keys[place].startswith(prefix):
            if len(listed.files) + len(listed.folders) >= MAX_NAMES:
                listed.complete = False
                break
            name, slash, _ = keys[place][len(prefix) :].partition("/")
            if slash:
                listed.folders.append(name)
                place = bisect_left(keys, f"{prefix}{name}0", place)  # '0' is what follows '/'
            else:
                listed.files.add(name)
                place += 1
        return listed

    async def close(self) -> None:
        """Give connections back."""
        await self._targets.close()
        await self._lookup.close()
