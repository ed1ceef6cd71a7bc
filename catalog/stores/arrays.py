"""Which values has this array?

The only module that knows zarr-python. The array is made from the metadata that the caller holds, so nothing is asked of the
store but chunks, and nothing is read that the caller has not planned.
"""

import asyncio
import functools
import itertools
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import zarr
import zarr.core.sync
from zarr.core.chunk_grids import ChunkGrid, DimensionGrid
from zarr.storage import StorePath

from catalog.errors import CatalogError, InputError, LimitExceededError, MetadataError
from catalog.stores.bounded import bound_codecs, bound_of
from catalog.stores.chunk_store import ChunkStore, Fetch, FetchNow, Watch
from catalog.stores.container import check_chunks, open_store
from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing, locate
from catalog.stores.local import LocalFolder
from catalog.stores.objects import run, run_elsewhere
from catalog.stores.pipeline import PipelineName, make_array
from catalog.stores.policy import (
    DEFAULT_CODECS,
    DEFAULT_READ_LIMITS,
    ReadLimits,
    Timeouts,
    check_codecs,
    check_sizes,
    chunk_bytes,
)
from catalog.stores.url import StoreUrl, safe_key
from catalog.stores.way import Way

Selection = tuple[slice | int, ...]
Positions = tuple[slice | npt.NDArray[np.intp], ...]
"""One slice, or ascending positions, for each axis."""
Place = tuple[int, ...]

_WARNINGS = threading.Lock()
_MAX_BLAMED = 1000


class ArrayReader:
    """Reads values of one array. A context manager; ``close`` gives connections back.

    Attributes
    ----------
    name
        The array as messages name it: its store's location and its path.
    """

    def __init__(self, array: "zarr.Array[Any]", chunks: ChunkStore, name: str, close: Callable[[], None]) -> None:
        self._array, self._chunks, self.name, self._close = array, chunks, name, close

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

    @property
    def fetched_bytes(self) -> int:
        """Bytes of chunks that were fetched so far."""
        return self._chunks.fetched_bytes

    @property
    def fill_value(self) -> Any:
        """What the elements of a chunk have that the store does not have."""
        value = self._array.fill_value
        return np.zeros((), self.dtype)[()] if value is None else value

    def watch(self, watch: Watch | None) -> None:
        """Tell somebody of each answer of the store from now on: key, range and bytes. None: nobody."""
        self._chunks.watch(watch)

    def fetch(self, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
        """A part of a stored object, as ``Objects.fetch`` gives it; the key is one below the store's root."""
        return zarr.core.sync.sync(self._chunks.fetch(key, start, end))

    def read_positions(self, positions: Positions) -> npt.NDArray[Any]:
        """The values at every combination of positions along the axes; each stored object is fetched once.

        Raises
        ------
        CatalogError
            As `read`.
        """
        return self._values(lambda: self._array.oindex[positions], lambda: self._combined(positions))

    def read_points(self, places: npt.NDArray[np.integer[Any]]) -> npt.NDArray[Any]:
        """The value at each of some points; of each shard that is read in parts, its index is fetched once.

        Parameters
        ----------
        places
            Shape (points, dimensions), with at least one dimension: positions from 0, which the array has.

        Raises
        ------
        CatalogError
            As `read`.
        """
        return self._values(lambda: self._array.vindex[tuple(places.T)], lambda: self._touched(places))

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
        return self._values(lambda: self._array[wanted if wanted else ...], lambda: self._combined(wanted))

    def _values(self, read: Callable[[], Any], chunks: Callable[[], Iterable[Place]]) -> npt.NDArray[Any]:
        outcome = self._attempt(read)
        if not isinstance(outcome, Exception):
            return outcome
        if isinstance(outcome, CatalogError):
            raise outcome
        if isinstance(outcome, MemoryError):
            raise LimitExceededError(f"{self.name}: reading takes more memory than there is: select less", limit="memory")
        chunk = self._chunk_to_blame(chunks())
        where = f"chunk {chunk!r} of {self.name}" if chunk else f"a chunk of {self.name}"
        reason = f"{type(outcome).__name__}: {str(outcome)[:200]}"
        raise MetadataError(f"{where} does not hold what the array's metadata says; it cannot be decoded ({reason})")

    def owning(self, close: Callable[[], None]) -> Self:
        """The same reader, which closes its store, too."""
        self._close = close
        return self

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
            raise InputError(f"{selection!r} does not select from {self.name}, which has {len(self.shape)} axes")
        for axis, (item, size) in enumerate(zip(selection, self.shape, strict=False)):
            if isinstance(item, slice):
                if item.step is not None and item.step < 1:
                    raise InputError(f"axis {axis} of {self.name}: the step {item.step} is not read; it must be 1 or more")
            elif isinstance(item, bool) or not isinstance(item, int | np.integer) or not -size <= item < size:
                raise InputError(f"axis {axis} of {self.name} has {size} elements; {item!r} is none of them")
        return (*selection, *[slice(None)] * (len(self.shape) - len(selection)))

    def _attempt(self, read: Callable[[], Any]) -> npt.NDArray[Any] | Exception:
        """The values, or why there are none; an error of ours comes out of whatever zarr wrapped it in."""
        try:
            return np.asarray(read())
        except ExceptionGroup as group:
            ours = group.subgroup(CatalogError)
            return next(_leaves(ours if ours is not None else group))
        except Exception as error:
            return error

    @property
    def _grid(self) -> ChunkGrid:
        return ChunkGrid.from_metadata(self._array.metadata)

    def _combined(self, wanted: Selection | Positions) -> Iterable[Place]:
        """Places in the chunk grid that a selection axis by axis touches, in order."""
        dimensions = self._grid.dimensions
        return itertools.product(*(_touched(*axis) for axis in zip(wanted, self.shape, dimensions, strict=True)))

    def _touched(self, places: npt.NDArray[np.integer[Any]]) -> Iterable[Place]:
        """Places in the chunk grid that points lie in, in their order."""
        columns = [cells.indices_to_chunks(column) for cells, column in zip(self._grid.dimensions, places.T, strict=True)]
        return dict.fromkeys(zip(*(column.tolist() for column in columns), strict=True))

    def _chunk_to_blame(self, places: Iterable[Place]) -> str:
        """The key of the first of some chunks that cannot be decoded, by decoding them one by one; ``""`` if none is found."""
        grid = self._grid
        for place in itertools.islice(places, _MAX_BLAMED):
            cell = grid[place]
            outcome = None if cell is None else self._attempt(functools.partial(self._array.__getitem__, cell.slices or ...))
            if isinstance(outcome, Exception) and not isinstance(outcome, CatalogError):
                return self._array.metadata.encode_chunk_key(place)
        return ""


def _leaves(group: BaseExceptionGroup[Any]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _touched(item: Any, size: int, cells: DimensionGrid) -> Iterable[int]:
    """Places along one axis of the chunk grid that a selection touches, in order."""
    if isinstance(item, np.ndarray):
        return dict.fromkeys(map(int, cells.indices_to_chunks(item)))
    indices = range(*item.indices(size)) if isinstance(item, slice) else range(int(item) % size, int(item) % size + 1)
    return range(cells.index_to_chunk(indices[0]), cells.index_to_chunk(indices[-1]) + 1) if indices else ()


class OpenedStore:
    """A store whose chunks many readers read, all through one set of connections. A context manager.

    Parameters
    ----------
    url, way
        The store, and how it is reached.
    limits
        Bounds on elements, chunks and requests.
    gate
        Is entered for each request, where several stores share one bound.
    pipeline
        How chunks are decoded.

    Raises
    ------
    NotFoundError
        There is no such local folder, or the store is one document, which holds no chunks.
    CatalogError
        As ``open_store``, where the URL names no folder.
    """

    def __init__(
        self, url: StoreUrl, way: Way, limits: ReadLimits, *, gate: Any = None, pipeline: PipelineName = "fused"
    ) -> None:
        self.location, self._limits, self._gate, self._pipeline = url.location, limits, gate, pipeline
        self._fetch, self._now, self._close = _opened(url, way, limits)

    def array(
        self, path: str, document: Mapping[str, Any], zarr_format: int, allowed_codecs: frozenset[str] = DEFAULT_CODECS
    ) -> ArrayReader:
        """A reader of one array; closing it leaves the store open. Arguments and errors as `open_array`."""
        check_codecs(document, zarr_format, allowed_codecs)
        check_sizes(document, zarr_format, self._limits)
        name = f"{self.location}, array {safe_key(path)!r}"
        chunks = ChunkStore(self._fetch, None if self._gate else self._now, self._gate)
        bound = bound_of(chunk_bytes(document, zarr_format), self._limits.max_chunk_bytes)
        array = _made(document, StorePath(chunks, path), name, bound, self._pipeline)
        return ArrayReader(array, chunks, name, lambda: None)

    def close(self) -> None:
        """Give connections back."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_array(  # noqa: PLR0913  how the store is reached, and what is read of it
    url: str | StoreUrl,
    path: str,
    document: Mapping[str, Any],
    *,
    zarr_format: int,
    credentials: Credentials | None = None,
    store: Any = None,
    timeouts: Timeouts | None = None,
    outgoing: Outgoing = ANYWHERE,
    allowed_codecs: frozenset[str] = DEFAULT_CODECS,
    limits: ReadLimits = DEFAULT_READ_LIMITS,
    pipeline: PipelineName = "fused",
) -> ArrayReader:
    """A reader for the values of one array, made from its metadata; the store is not asked for any metadata.

    Parameters
    ----------
    url
        The store.
    path
        The array's path in the hierarchy; ``""`` is the root.
    document
        Its ``zarr.json`` (attributes may be missing) or ``.zarray``.
    zarr_format
        2 or 3.
    credentials, store, timeouts, outgoing
        As for ``open_source``; what references name is held against it, too.
    allowed_codecs
        Names of codecs that may run, at every level.
    limits
        Bounds on elements and chunks.
    pipeline
        How chunks are decoded.

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
    url = locate(url, store, outgoing)
    safe_key(path)
    check_codecs(document, zarr_format, allowed_codecs)
    check_sizes(document, zarr_format, limits)
    way = Way(credentials, store, timeouts, limits.concurrency, outgoing)
    opened = OpenedStore(url, way, limits, pipeline=pipeline)
    try:
        reader = opened.array(path, document, zarr_format, allowed_codecs)
    except MetadataError:
        opened.close()
        raise
    return reader.owning(opened.close)


def _made(document: Mapping[str, Any], place: StorePath, name: str, bound: int, pipeline: PipelineName) -> "zarr.Array[Any]":
    metadata: Any = {key: value for key, value in document.items() if key != "consolidated_metadata"}
    metadata.setdefault("attributes", {})
    now = place.store._supports_sync_io  # type: ignore[attr-defined]
    try:
        # zarr warns of what is not (yet) in the specification; that is said by the catalogue's own report.
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed: Any = make_array(metadata, place, pipeline, now=now).metadata
            bound_codecs(parsed, bound)
            return make_array(parsed, place, pipeline, now=now)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:400]}"
    raise MetadataError(f"{name} can be described, but not be read here ({reason})")


def _opened(url: StoreUrl, way: Way, limits: ReadLimits) -> tuple[Fetch, FetchNow | None, Callable[[], None]]:
    """How to fetch from the store, and how to give its connections back."""
    opened = open_store(url, way)
    if opened is None:
        folder = LocalFolder(url.path)

        def read_file(key: str, start: int | None, end: int | None) -> bytes | None:
            return folder.read(key, limits.max_object_bytes, start, end)

        async def fetch_file(key: str, start: int | None, end: int | None) -> bytes | None:
            return await asyncio.to_thread(read_file, key, start, end)

        return fetch_file, read_file, lambda: None

    objects, container = opened
    check_chunks(url.location, container)

    here = False
    if url.protocol in {"http", "https"}:
        from catalog.stores.http import HttpObjects

        here = isinstance(objects, HttpObjects)  # these can be asked on any event loop, which saves two changes of thread

    async def fetch_object(key: str, start: int | None, end: int | None) -> bytes | None:
        asked = objects.fetch(key, limits.max_object_bytes, start, end)
        return await (asked if here else run_elsewhere(asked))

    return fetch_object, None, lambda: run(objects.close())
