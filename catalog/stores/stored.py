"""How are stored objects passed on as they are: whole or in part, piece by piece, and never held whole?

What a store says of an object goes along: its size, when it was written, a name for its content. Stores stay open for those who
come next; what was opened with somebody's own credential is nobody else's.
"""

import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from catalog.errors import StoreUnavailableError
from catalog.metadata.key import safe_key
from catalog.stores.container import check_chunks, open_store
from catalog.stores.local import LocalFolder
from catalog.stores.objects import Container, Objects, run
from catalog.stores.signs import Signs, Taken, differ
from catalog.stores.taking import look, take
from catalog.stores.url import StoreUrl
from catalog.stores.way import Way

PIECE_BYTES: Final = 8 * 2**20
"""What is held at once of an object that is passed on; smaller ones take one request."""

Wanted = tuple[int, int | None]
"""A range in bytes, half-open; a negative start without end counts from the object's end."""


@dataclass(frozen=True, slots=True)
class Passed:
    """An object, or a part of it, on its way.

    Attributes
    ----------
    signs
        Of the whole object; its size is known, and ``etag`` is a quoted name of its content or ``""``.
    start, end
        Where the part lies in the object; equal where there is nothing.
    pieces
        The bytes, in order. Each is fetched when it is asked for.
    """

    signs: Signs
    start: int
    end: int
    pieces: Iterator[bytes]

    @property
    def size(self) -> int:
        """Bytes of the whole object."""
        return self.signs.size or 0


class _Taking(Protocol):
    """What gives parts of objects to whoever waits for them; errors as `catalog.stores.taking`."""

    def take(self, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None: ...

    def look(self, key: str) -> Signs | None: ...

    def sign(self, key: str, seconds: int) -> str | None: ...

    def close(self) -> None: ...


class _Elsewhere:
    """Objects that are asked for on fsspec's event loop."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def take(self, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
        return run(take(self._objects, key, max_bytes, start, end))

    def look(self, key: str) -> Signs | None:
        return run(look(self._objects, key))

    def sign(self, key: str, seconds: int) -> str | None:
        maker = getattr(self._objects, "sign", None)
        return None if maker is None else str(run(maker(key, seconds)))

    def close(self) -> None:
        run(self._objects.close())


class _Files:
    """The files of a local folder, read where the caller is: to change threads takes longer than to read."""

    def __init__(self, url: StoreUrl) -> None:
        self._folder = LocalFolder(url.path)

    def take(self, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
        descriptor = self._folder.open(key)
        if descriptor is None:
            return None
        failure = ""
        try:
            status = os.fstat(descriptor)
            first, last, _ = slice(start, end).indices(status.st_size)
            data = os.pread(descriptor, min(max_bytes, max(0, last - first)), first)
            etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"'
            return Taken(data, first, Signs(status.st_mtime, status.st_size, etag))
        except OSError as error:
            failure = error.strerror or "input or output error"
        finally:
            os.close(descriptor)
        raise StoreUnavailableError(f"{key!r} could not be read: {failure}")

    def look(self, key: str) -> Signs | None:
        found = self.take(key, 0, 0, 0)
        return None if found is None else found.signs

    def sign(self, key: str, seconds: int) -> None:
        """Nobody else can read a file of this machine."""

    def close(self) -> None:
        """Nothing is kept open."""


class StoredObjects:
    """The objects of one store that is open. Threads may share it.

    Parameters
    ----------
    url, way
        The store, and how it is reached.

    Raises
    ------
    NotFoundError
        There is no such local folder, or the store is one document, which holds no chunks.
    CatalogError
        As ``open_store``, where the URL names no folder.
    """

    def __init__(self, url: StoreUrl, way: Way) -> None:
        opened = open_store(url, way)
        self._container = opened[1] if opened is not None else Container()
        self._objects: _Taking = _Elsewhere(opened[0]) if opened is not None else _Files(url)
        try:
            check_chunks(url.location, self._container)
        except BaseException:
            self.close()
            raise

    @property
    def container(self) -> str:
        """What holds the objects: ``""`` for a folder, else the ``kind`` of `catalog.stores.objects.Container`."""
        return self._container.kind

    def look(self, key: str) -> Signs | None:
        """What the store says of an object; None where there is none; errors as `take`."""
        signs = self._objects.look(safe_key(key))
        return None if signs is None else self._named(signs)

    def open(self, key: str, wanted: Wanted = (0, None)) -> Passed | None:
        """An object or a part of it; None where there is no such object.

        Of an object that changes while it is passed on, nothing more is given: StoreUnavailableError comes out of ``pieces``.

        Raises
        ------
        InputError
            The key is not safe.
        CatalogError
            As ``Objects.fetch``.
        """
        start, end = wanted
        if start < -PIECE_BYTES:  # the end of an object, longer than a piece: where it begins has to be known
            signs = self._objects.look(safe_key(key))
            if signs is None:
                return None
            start, end = max(0, (signs.size or 0) + start), signs.size
        bound = None if start < 0 else start + PIECE_BYTES if end is None else min(end, start + PIECE_BYTES)
        first = self._objects.take(safe_key(key), PIECE_BYTES, start, bound)
        if first is None:
            return None
        size = first.signs.size
        if size is None:
            known = self._objects.look(safe_key(key))
            if known is None or known.size is None:
                raise StoreUnavailableError(f"{key!r}: the store does not say how large it is")
            size = known.size
        begin = min(first.start, size)
        last = size if end is None or start < 0 else max(begin, min(end, size))
        pieces = self._pieces(key, replace(first, start=begin), last)
        return Passed(self._named(replace(first.signs, size=size)), begin, last, pieces)

    def _pieces(self, key: str, first: Taken, last: int) -> Iterator[bytes]:
        data, at = first.data[: last - first.start], first.start
        while True:
            if data:
                yield data
            at += len(data)
            if at >= last:
                return
            found = self._objects.take(key, PIECE_BYTES, at, min(last, at + PIECE_BYTES))
            if found is None or not found.data or differ(found.signs, first.signs):
                raise StoreUnavailableError(f"{key!r} changed while it was read, or its store stopped giving it")
            data = found.data

    def _named(self, signs: Signs) -> Signs:
        """The same with a name that shows nothing of the store: a server's own may hold what is nobody's business."""
        given = signs.etag or (f'"{self._container.immutable}"' if self._container.immutable else "")
        if not given:
            return signs
        name = hashlib.blake2b(f"{given} {signs.size}".encode(), digest_size=12).hexdigest()
        return replace(signs, etag=f'{"W/" if given.startswith("W/") else ""}"{name}"')

    def sign(self, key: str, seconds: int) -> str | None:
        """A URL at which anybody can read an object for so long; None where the store signs none."""
        return None if self.container else self._objects.sign(safe_key(key), seconds)

    def close(self) -> None:
        """Give connections back."""
        self._objects.close()


@dataclass(slots=True)
class _Opened:
    objects: StoredObjects
    since: float
    users: int = 0
    dropped: bool = False


@dataclass
class OpenStores:
    """Stores that stay open between requests.

    Attributes
    ----------
    most
        So many, at most; the one that was not asked for longest is closed.
    max_age_s
        A zip, references or a repository are opened anew after so long: what is known of them may be outdated.
    clock
        Seconds that only ever rise.
    """

    most: int = 64
    max_age_s: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _open: "OrderedDict[str, _Opened]" = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def borrow(self, url: StoreUrl, way: Way) -> Iterator[StoredObjects]:
        """The objects of a store; they are not closed while they are borrowed.

        Two calls for one location have to reach it in the same way, with the same rights.
        """
        opened = self._found(url.location) or self._added(url, way)
        try:
            yield opened.objects
        finally:
            with self._lock:
                opened.users -= 1
                unused = opened.dropped and not opened.users
            if unused:
                opened.objects.close()

    def close(self) -> None:
        """Close all; those in use when they are given back."""
        self._drop([*self._open])

    def _found(self, location: str) -> _Opened | None:
        with self._lock:
            opened = self._open.get(location)
            outdated = opened is not None and opened.objects.container and self.clock() - opened.since > self.max_age_s
            if opened is not None and not outdated:
                opened.users += 1
                self._open.move_to_end(location)
                return opened
        if outdated:
            self._drop([location])
        return None

    def _added(self, url: StoreUrl, way: Way) -> _Opened:
        opened = _Opened(StoredObjects(url, way), self.clock(), 1)
        with self._lock:
            taken = url.location in self._open  # by somebody who was faster
            if taken:
                opened.dropped = True
            else:
                self._open[url.location] = opened
            oldest = list(self._open)[: max(0, len(self._open) - self.most)]
        self._drop(oldest)
        return opened

    def _drop(self, locations: list[str]) -> None:
        unused = []
        with self._lock:
            for location in locations:
                opened = self._open.pop(location, None)
                if opened is not None:
                    opened.dropped = True
                    unused += [opened] if not opened.users else []
        for opened in unused:
            opened.objects.close()
