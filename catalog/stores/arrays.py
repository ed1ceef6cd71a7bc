"""Which values has this array?

The only module that knows zarr-python. The array is made from the metadata that the caller holds, so nothing is asked of the store
but chunks, and nothing is read that the caller has not planned.
"""

import asyncio
import threading
import warnings
from collections.abc import AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np
import zarr
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import StorePath

from catalog.errors import CatalogError, ForbiddenError, InputError, LimitExceededError, MetadataError
from catalog.stores.credentials import Credentials
from catalog.stores.local import LocalFolder
from catalog.stores.policy import DEFAULT_CODECS, DEFAULT_PROTOCOLS, DEFAULT_READ_LIMITS, ReadLimits, check_codecs
from catalog.stores.url import StoreUrl, parse_store_url, safe_key

_WARNINGS = threading.Lock()


class _ReadOnlyStore(Store):
    """What zarr needs of a store, with everything but reading refused."""

    supports_writes = False
    supports_deletes = False
    supports_listing = False

    def __init__(self, max_bytes: int) -> None:
        super().__init__(read_only=True)
        self._max_bytes = max_bytes
        self.requests = 0

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        return list(await asyncio.gather(*(self.get(key, prototype, wanted) for key, wanted in key_ranges)))

    async def exists(self, key: str) -> bool:
        return await self.get(key, default_buffer_prototype(), RangeByteRequest(0, 1)) is not None

    async def set(self, key: str, value: Buffer) -> None:
        raise ForbiddenError(f"{key!r}: Zarr stores are only read")

    async def delete(self, key: str) -> None:
        raise ForbiddenError(f"{key!r}: Zarr stores are only read")

    async def list(self) -> AsyncIterator[str]:
        raise ForbiddenError("chunks are not listed")
        yield ""

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        raise ForbiddenError("chunks are not listed")
        yield prefix

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        raise ForbiddenError("chunks are not listed")
        yield prefix


def _bounds(wanted: ByteRequest | None) -> tuple[int | None, int | None]:
    """A byte request as (start, end); a negative start counts from the end of the object."""
    if isinstance(wanted, RangeByteRequest):
        return wanted.start, wanted.end
    if isinstance(wanted, OffsetByteRequest):
        return wanted.offset, None
    if isinstance(wanted, SuffixByteRequest):
        return -wanted.suffix, None
    return None, None


class _LocalStore(_ReadOnlyStore):
    """Chunks in a local folder."""

    def __init__(self, folder: LocalFolder, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self._folder = folder

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        start, end = _bounds(byte_range)
        self.requests += 1
        data = await asyncio.to_thread(self._folder.read, key, self._max_bytes, start, end)
        return None if data is None else prototype.buffer.from_bytes(data)


class ArrayReader:
    """Reads values of one array. A context manager; ``close`` gives connections back."""

    def __init__(self, array: "zarr.Array[Any]", store: _ReadOnlyStore, location: str, path: str) -> None:
        self._array, self._store, self._location, self._path = array, store, location, path

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return tuple(self._array.shape)

    @property
    def requests(self) -> int:
        """Chunks, shards and parts of shards that were asked for so far."""
        return self._store.requests

    def read(self, selection: tuple[slice | int, ...] = ()) -> "np.ndarray[Any, Any]":
        """The selected values.

        Parameters
        ----------
        selection
            One slice (half-open, step ≥ 1) or integer per leading axis; an integer drops its axis; missing axes are taken whole.

        Raises
        ------
        InputError
            The selection does not fit the array.
        MetadataError
            A chunk does not hold what the metadata says; array and chunk are named.
        StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
            The store refused a chunk, or did not answer as it should. A chunk that is not there has the fill value.
        """
        return np.asarray(self._array[selection if selection else ...])

    def close(self) -> None:
        """Give connections back; the reader cannot be used afterwards."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_array(
    url: str | StoreUrl,
    path: str,
    document: Mapping[str, Any],
    *,
    zarr_format: int,
    credentials: Credentials | None = None,
    filesystem: Any = None,
    allowed_codecs: frozenset[str] = DEFAULT_CODECS,
    limits: ReadLimits = DEFAULT_READ_LIMITS,
    allow_protocols: frozenset[str] = DEFAULT_PROTOCOLS,
) -> ArrayReader:
    """A reader for the values of one array, made from its metadata without any request."""
    url = parse_store_url(url, allow_protocols=allow_protocols) if isinstance(url, str) else url
    safe_key(path)
    check_codecs(document, zarr_format, allowed_codecs)
    store = _LocalStore(LocalFolder(url.path), limits.max_object_bytes)
    metadata = {key: value for key, value in document.items() if key != "consolidated_metadata"}
    metadata.setdefault("attributes", {})
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = zarr.Array(zarr.AsyncArray(metadata=metadata, store_path=StorePath(store, path)))  # type: ignore[arg-type]
    return ArrayReader(array, store, url.location, path)
