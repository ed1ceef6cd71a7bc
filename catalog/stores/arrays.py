"""Which values has this array?

The only module that knows zarr-python. The array is made from the metadata that the caller holds, so nothing is asked of the
store but chunks, and nothing is read that the caller has not planned.
"""

import asyncio
import itertools
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import zarr
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import StorePath

from catalog.errors import CatalogError, ForbiddenError, InputError, MetadataError
from catalog.stores.bounded import bound_codecs, bound_of
from catalog.stores.container import check_chunks, open_store
from catalog.stores.credentials import Credentials
from catalog.stores.local import LocalFolder
from catalog.stores.objects import run, run_elsewhere
from catalog.stores.policy import (
    DEFAULT_CODECS,
    DEFAULT_PROTOCOLS,
    DEFAULT_READ_LIMITS,
    ReadLimits,
    Timeouts,
    check_codecs,
    check_sizes,
    chunk_bytes,
)
from catalog.stores.url import StoreUrl, locate, safe_key
from catalog.stores.way import Way

Selection = tuple[slice | int, ...]
_Fetch = Callable[[str, int | None, int | None], Awaitable[bytes | None]]

_WARNINGS = threading.Lock()
_MAX_BLAMED = 1000


class _Chunks(Store):
    """What zarr needs of a store: chunks by key. Everything else is refused."""

    supports_writes = False
    supports_deletes = False
    supports_listing = False

    def __init__(self, fetch: _Fetch) -> None:
        super().__init__(read_only=True)
        self._fetch = fetch
        self.requests = self.absent = 0

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        start, end = _bounds(byte_range)
        self.requests += 1
        data = await self._fetch(key, start, end)
        self.absent += data is None
        return None if data is None else prototype.buffer.from_bytes(data)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        return list(await asyncio.gather(*(self.get(key, prototype, wanted) for key, wanted in key_ranges)))

    async def exists(self, key: str) -> bool:
        return await self.get(key, default_buffer_prototype(), RangeByteRequest(0, 1)) is not None

    async def set(self, key: str, value: Buffer) -> None:  # noqa: ARG002  the name is zarr's
        raise ForbiddenError(f"{key!r}: Zarr stores are only read")

    async def delete(self, key: str) -> None:
        raise ForbiddenError(f"{key!r}: Zarr stores are only read")

    def list(self) -> AsyncIterator[str]:
        raise ForbiddenError("chunks are not listed")

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        raise ForbiddenError(f"{prefix!r}: chunks are not listed")

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        raise ForbiddenError(f"{prefix!r}: chunks are not listed")


def _bounds(wanted: ByteRequest | None) -> tuple[int | None, int | None]:
    """Start and end of a byte request; a negative start counts from the end of the object."""
    if isinstance(wanted, RangeByteRequest):
        return wanted.start, wanted.end
    if isinstance(wanted, OffsetByteRequest):
        return wanted.offset, None
    if isinstance(wanted, SuffixByteRequest):
        return -wanted.suffix, None
    return None, None


class ArrayReader:
    """Reads values of one array. A context manager; ``close`` gives connections back."""

    def __init__(self, array: "zarr.Array[Any]", chunks: _Chunks, name: str, close: Callable[[], None]) -> None:
        self._array, self._chunks, self._name, self._close = array, chunks, name, close

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return tuple(self._array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The data type of the values, as numpy has it."""
        return np.dtype(self._array.dtype)

    @property
    def requests(self) -> int:
        """Chunks, shards and parts of shards that were asked for so far."""
        return self._chunks.requests

    @property
    def absent(self) -> int:
        """How many of them the store does not have: their elements are the fill value."""
        return self._chunks.absent

    def read(self, selection: Selection = ()) -> npt.NDArray[Any]:
        """The selected values.

        Parameters
        ----------
        selection
            One slice (half-open, step ≥ 1, negative ends count from the axis' end) or integer per leading axis; an integer drops
            its axis; missing axes are taken whole.

        Raises
        ------
        InputError
            The selection does not fit the array.
        MetadataError
            A chunk does not hold what the metadata says; array and chunk are named.
        StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
            The store refused a chunk, or did not answer as it should. A chunk that is not there has the fill value.
        """
        wanted = self._checked(selection)
        outcome = self._attempt(wanted)
        if not isinstance(outcome, Exception):
            return outcome
        if isinstance(outcome, CatalogError):
            raise outcome
        chunk = self._chunk_to_blame(wanted)
        where = f"chunk {chunk!r} of {self._name}" if chunk else f"a chunk of {self._name}"
        reason = f"{type(outcome).__name__}: {str(outcome)[:200]}"
        raise MetadataError(f"{where} does not hold what the array's metadata says; it cannot be decoded ({reason})")

    def close(self) -> None:
        """Give connections back; the reader cannot be used afterwards."""
        self._chunks.close()
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _checked(self, selection: Selection) -> Selection:
        if not isinstance(selection, tuple) or len(selection) > len(self.shape):
            raise InputError(f"{selection!r} does not select from {self._name}, which has {len(self.shape)} axes")
        for axis, (item, size) in enumerate(zip(selection, self.shape, strict=False)):
            if isinstance(item, slice):
                if item.step is not None and item.step < 1:
                    raise InputError(f"axis {axis} of {self._name}: the step {item.step} is not read; it must be 1 or more")
            elif isinstance(item, bool) or not isinstance(item, int | np.integer) or not -size <= item < size:
                raise InputError(f"axis {axis} of {self._name} has {size} elements; {item!r} is none of them")
        return (*selection, *[slice(None)] * (len(self.shape) - len(selection)))

    def _attempt(self, selection: Selection) -> npt.NDArray[Any] | Exception:
        """The values, or why there are none; an error of ours comes out of whatever zarr wrapped it in."""
        try:
            return np.asarray(self._array[selection if selection else ...])
        except ExceptionGroup as group:
            ours = group.subgroup(CatalogError)
            return next(_leaves(ours if ours is not None else group))
        except Exception as error:
            return error

    def _chunk_to_blame(self, selection: Selection) -> str:
        """The key of the first selected chunk that cannot be decoded, by decoding them one by one; ``""`` if none is found."""
        grid = self._array.shards or self._array.chunks
        axes = [_touched(item, size, step) for item, size, step in zip(selection, self.shape, grid, strict=True)]
        for place in itertools.islice(itertools.product(*axes), _MAX_BLAMED):
            region = tuple(slice(i * step, (i + 1) * step) for i, step in zip(place, grid, strict=True))
            outcome = self._attempt(region)
            if isinstance(outcome, Exception) and not isinstance(outcome, CatalogError):
                return self._array.metadata.encode_chunk_key(place)
        return ""


def _leaves(group: BaseExceptionGroup[Any]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _touched(item: slice | int, size: int, step: int) -> Iterable[int]:
    """Places along one axis of the chunk grid that a selection touches, in order."""
    indices = range(*item.indices(size)) if isinstance(item, slice) else range(int(item) % size, int(item) % size + 1)
    return range(indices[0] // step, indices[-1] // step + 1) if indices else ()


def open_array(  # noqa: PLR0913  how the store is reached, and what is read of it
    url: str | StoreUrl,
    path: str,
    document: Mapping[str, Any],
    *,
    zarr_format: int,
    credentials: Credentials | None = None,
    store: Any = None,
    timeouts: Timeouts | None = None,
    allow_protocols: frozenset[str] = DEFAULT_PROTOCOLS,
    allowed_codecs: frozenset[str] = DEFAULT_CODECS,
    limits: ReadLimits = DEFAULT_READ_LIMITS,
) -> ArrayReader:
    """A reader for the values of one array, made from its metadata; the store is not asked for any metadata.

    Parameters
    ----------
    url
        The store. One whose protocol is not allowed by default comes as a ``StoreUrl``.
    path
        The array's path in the hierarchy; ``""`` is the root.
    document
        Its ``zarr.json`` (attributes may be missing) or ``.zarray``.
    zarr_format
        2 or 3.
    credentials, store, timeouts, allow_protocols
        As for ``open_source``; the protocols are those that references may name, too.
    allowed_codecs
        Names of codecs that may run, at every level.
    limits
        Bounds on elements and chunks.

    Raises
    ------
    InputError
        The URL or the path.
    ForbiddenError
        The array needs a codec that is not allowed.
    LimitExceededError
        An element or chunk is larger than the limits.
    MetadataError
        zarr-python cannot read such an array, though the catalogue may describe it; the message has its reason.
    NotFoundError
        There is no such local folder, or the store is one document, which holds no chunks.
    CatalogError
        As ``open_store``, where the URL names no folder.
    """
    url = locate(url, store)
    name = f"{url.location}, array {safe_key(path)!r}"
    check_codecs(document, zarr_format, allowed_codecs)
    check_sizes(document, zarr_format, limits)
    way = Way(credentials, store, timeouts, limits.concurrency, allow_protocols)
    fetch, close = _opened(url, way, limits)
    chunks = _Chunks(fetch)
    bound = bound_of(chunk_bytes(document, zarr_format), limits.max_chunk_bytes)
    try:
        array = _made(document, StorePath(chunks, path), name, bound)
    except MetadataError:
        close()
        raise
    return ArrayReader(array, chunks, name, close)


def _made(document: Mapping[str, Any], place: StorePath, name: str, bound: int) -> "zarr.Array[Any]":
    metadata: Any = {key: value for key, value in document.items() if key != "consolidated_metadata"}
    metadata.setdefault("attributes", {})
    try:
        # zarr warns of what is not (yet) in the specification; that is said by the catalogue's own report.
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed: Any = zarr.AsyncArray(metadata=metadata, store_path=place).metadata
            bound_codecs(parsed, bound)
            return zarr.Array(zarr.AsyncArray(metadata=parsed, store_path=place))
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:400]}"
    raise MetadataError(f"{name} can be described, but not be read here ({reason})")


def _opened(url: StoreUrl, way: Way, limits: ReadLimits) -> tuple[_Fetch, Callable[[], None]]:
    """How to fetch from the store, and how to give its connections back."""
    opened = open_store(url, way)
    if opened is None:
        folder = LocalFolder(url.path)

        async def fetch_file(key: str, start: int | None, end: int | None) -> bytes | None:
            return await asyncio.to_thread(folder.read, key, limits.max_object_bytes, start, end)

        return fetch_file, lambda: None

    objects, container = opened
    check_chunks(url.location, container)

    async def fetch_object(key: str, start: int | None, end: int | None) -> bytes | None:
        return await run_elsewhere(objects.fetch(key, limits.max_object_bytes, start, end))

    return fetch_object, lambda: run(objects.close())
