"""Are chunks that an event loop fetches decoded rightly, few at once, and not fetched in vain?"""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
import zarr
from zarr.codecs import ZstdCodec
from zarr.storage import MemoryStore, StorePath

from catalog.errors import StoreUnavailableError
from catalog.stores.chunk_store import ChunkStore
from catalog.stores.pipeline import make_array

Fetch = Callable[[str, int | None, int | None], Awaitable[bytes | None]]


def _written() -> tuple["zarr.Array", np.ndarray, dict[str, bytes]]:
    values = np.arange(100 * 6, dtype="i4").reshape(100, 6) + 1
    store = MemoryStore()
    array = zarr.create_array(store, data=values, chunks=(1, 6), compressors=ZstdCodec(), fill_value=-1)
    return array, values, {key: bytes(data.to_bytes()) for key, data in store._store_dict.items()}


def _opened(array: "zarr.Array", fetch: Fetch) -> "zarr.Array":
    return make_array(array.metadata, StorePath(ChunkStore(fetch), ""), "fused", now=False)


def test_so_many_chunks_are_under_way_as_zarr_allows_and_absent_ones_are_filled() -> None:
    array, values, objects = _written()
    now = most = 0

    async def fetch(key: str, start: int | None, end: int | None) -> bytes | None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.002)
        now -= 1
        return None if key == "c/7/0" else objects[key]

    expected = values.copy()
    expected[7] = -1
    opened = _opened(array, fetch)
    np.testing.assert_array_equal(opened[...], expected)
    assert most == zarr.config.get("async.concurrency")
    np.testing.assert_array_equal(opened[5:40:3, 4], expected[5:40:3, 4])
    np.testing.assert_array_equal(opened.oindex[[3, 7, 99], 1:3], expected[[3, 7, 99], 1:3])
    np.testing.assert_array_equal(opened.vindex[[3, 7, 99], [0, 5, 2]], expected[[3, 7, 99], [0, 5, 2]])


def test_the_first_error_ends_the_read() -> None:
    array, _, objects = _written()
    asked = []

    async def fetch(key: str, start: int | None, end: int | None) -> bytes | None:
        asked.append(key)
        await asyncio.sleep(0.002)
        if len(asked) > 5:
            raise StoreUnavailableError("gone")
        return objects[key]

    with pytest.raises(ExceptionGroup) as caught:
        _opened(array, fetch)[...]
    assert caught.value.subgroup(StoreUnavailableError) is not None
    assert len(asked) <= 2 * zarr.config.get("async.concurrency")
