"""What does zarr-python need of a store, if it is to read chunks and nothing else?

Chunks by key, in whole or in part, and an account of what was asked for. Where the bytes lie in files of this machine they can be
had without an event loop, which zarr-python's fused pipeline makes use of.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype

from catalog.errors import ForbiddenError

Fetch = Callable[[str, int | None, int | None], Awaitable[bytes | None]]
FetchNow = Callable[[str, int | None, int | None], bytes | None]
Watch = Callable[[str, int | None, int | None, bytes | None], None]
"""Is told of each answer: the key, the half-open range that was asked for, and the bytes, or None where there is no object."""


class ChunkStore(Store):
    """Chunks by key. Everything else is refused.

    Parameters
    ----------
    fetch
        Gives an object or a part of it.
    fetch_now
        The same without waiting on an event loop; None where that is not possible.
    gate
        Is entered for each request, so that several readers share one bound.
    """

    supports_writes = False
    supports_deletes = False
    supports_listing = False

    def __init__(
        self, fetch: Fetch, fetch_now: FetchNow | None = None, gate: "AbstractAsyncContextManager[Any] | None" = None
    ) -> None:
        super().__init__(read_only=True)
        self._fetch, self._fetch_now, self._gate = fetch, fetch_now, gate
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self.requests = self.absent = self.fetched_bytes = 0

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @property
    def _supports_sync_io(self) -> bool:
        """What zarr-python asks before it reads without an event loop."""
        return self._fetch_now is not None

    def watch(self, watch: Watch | None) -> None:
        """Tell somebody of each answer from now on; None: nobody."""
        self._watch = watch

    def _count(self, key: str, start: int | None, end: int | None, data: bytes | None) -> None:
        with self._lock:
            self.requests += 1
            self.absent += data is None
            self.fetched_bytes += len(data or b"")
            if self._watch is not None:
                self._watch(key, start, end, data)

    async def fetch(self, key: str, start: int | None, end: int | None) -> bytes | None:
        """An object or a part of it, counted."""
        async with self._gate or nullcontext():
            data = await self._fetch(key, start, end)
        self._count(key, start, end, data)
        return data

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """An object or a part of it, as zarr-python asks for it."""
        data = await self.fetch(key, *bounds_of(byte_range))
        return None if data is None else prototype.buffer.from_bytes(data)

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The same without an event loop."""
        assert self._fetch_now is not None  # noqa: S101  zarr-python asks first
        start, end = bounds_of(byte_range)
        data = self._fetch_now(key, start, end)
        self._count(key, start, end, data)
        return None if data is None else (prototype or default_buffer_prototype()).buffer.from_bytes(data)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Several of them."""
        return list(await asyncio.gather(*(self.get(key, prototype, wanted) for key, wanted in key_ranges)))

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return await self.get(key, default_buffer_prototype(), RangeByteRequest(0, 1)) is not None

    async def set(self, key: str, value: Buffer) -> None:  # noqa: ARG002  the name is zarr's
        """Refused."""
        raise _refusal(key)

    def set_sync(self, key: str, value: Buffer) -> None:  # noqa: ARG002
        """Refused."""
        raise _refusal(key)

    async def delete(self, key: str) -> None:
        """Refused."""
        raise _refusal(key)

    def delete_sync(self, key: str) -> None:
        """Refused."""
        raise _refusal(key)

    def list(self) -> AsyncIterator[str]:
        """Refused."""
        raise ForbiddenError("chunks are not listed")

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Refused."""
        raise ForbiddenError(f"{prefix!r}: chunks are not listed")

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Refused."""
        raise ForbiddenError(f"{prefix!r}: chunks are not listed")


def _refusal(key: str) -> ForbiddenError:
    return ForbiddenError(f"{key!r}: Zarr stores are only read")


def bounds_of(wanted: ByteRequest | None) -> tuple[int | None, int | None]:
    """Start and end of a byte request; a negative start counts from the end of the object."""
    if isinstance(wanted, RangeByteRequest):
        return wanted.start, wanted.end
    if isinstance(wanted, OffsetByteRequest):
        return wanted.offset, None
    if isinstance(wanted, SuffixByteRequest):
        return -wanted.suffix, None
    return None, None
