"""Which values are there?

Plan, check, look, read, in this order: what costs too much is refused before the store hears of it, and what changed since it was
catalogued before a chunk is asked for. The array is opened with the metadata that the graph holds, so the chunks of the plan are
all that is read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.boxes import read_picked
from catalog.bridge.chunk_axis import VaryingChunks
from catalog.bridge.chunk_plan import ChunkPlan, plan_chunks
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits, check_limits
from catalog.bridge.missing import Missing, MissingWatch
from catalog.bridge.selection import Selection, select
from catalog.bridge.staleness import CheckLog, Policy, check_by_policy
from catalog.confined.places import Cancel
from catalog.errors import NotFoundError
from catalog.metadata.document import DEFAULT_LIMITS, DocumentLimits
from catalog.metadata.layout import array_document
from catalog.stores.arrays import ArrayReader, open_array
from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing, locate
from catalog.stores.pipeline import PipelineName
from catalog.stores.policy import DEFAULT_CODECS, DEFAULT_READ_LIMITS, ReadLimits, Timeouts
from catalog.stores.source import Source, open_source
from catalog.stores.url import StoreUrl

Values = npt.NDArray[Any]

_MAX_LISTED: Final = 2**22
"""Picked elements of sharded arrays that are read in one go; zarr-python takes some 100 bytes for each."""
_MAX_CELLS: Final = 1_000_000
"""Chunks along one axis that zarr-python may count when elements are picked."""
_MAX_WALKED: Final = 100_000
"""Chunks between the first and the last along one axis that zarr-python may walk over (about a microsecond each)."""


@dataclass(frozen=True, slots=True)
class ReadTask:
    """What another process reads in place of this one.

    Attributes
    ----------
    ref
        The array, and where its store lies.
    wanted
        A part of it, or points: their positions, shape (points, dimensions).
    limits
        Bounds on the plan.
    result_bytes
        Size of the values, where it is known beforehand.
    look
        Whether to ask the store if the array is still what was catalogued.
    missing
        What becomes of a chunk that the store does not have.
    """

    ref: ArrayRef
    wanted: "Selection | npt.NDArray[np.integer[Any]]"
    limits: PlanLimits
    result_bytes: int | None = None
    look: bool = True
    missing: Missing = "fill"


class ReadDoor(Protocol):
    """Reads values in another process."""

    def read(self, task: ReadTask) -> tuple[Values, str]:
        """The values, and the note of an array that grew, else ``""``; errors as `read_array`."""
        ...

    def asked_by(self, cancel: Cancel) -> "ReadDoor":
        """The same for one asker: what it reads ends when they leave (`CancelledError`)."""
        ...

    def close(self) -> None:
        """End what reads."""
        ...


@dataclass(frozen=True)
class StoreAccess:
    """How stores are reached and what may run, the same for every array.

    Attributes
    ----------
    credentials
        By URL prefix.
    store
        What to read through, in place of what the location names, as ``open_source`` takes it.
    timeouts
        For metadata requests.
    outgoing
        What may be reached.
    allowed_codecs
        Codecs that may run.
    documents
        Bounds on a metadata document.
    objects
        Bounds on stored objects, and on requests at the same time.
    pipeline
        How chunks are decoded (`catalog.stores.pipeline`).
    locations
        Says where the store of a dataset lies, by the dataset's id, where the graph store does not tell; ``""``: nobody does.
    elsewhere
        A function that can be imported, and says in another process how stores are reached there: credentials do not travel.
    workers
        What reads values in place of this process; None: this one does.
    """

    credentials: Credentials = field(default_factory=Credentials)
    store: Any = None
    timeouts: Timeouts | None = None
    outgoing: Outgoing = ANYWHERE
    allowed_codecs: frozenset[str] = DEFAULT_CODECS
    documents: DocumentLimits = DEFAULT_LIMITS
    objects: ReadLimits = DEFAULT_READ_LIMITS
    pipeline: PipelineName = "fused"
    locations: Callable[[str], str] | None = None
    elsewhere: "Callable[[], StoreAccess] | None" = None
    workers: ReadDoor | None = None


def read_array(
    ref: ArrayRef,
    selection: Selection | None = None,
    *,
    limits: PlanLimits = DEFAULT_PLAN_LIMITS,
    check: Policy = "always",
    access: StoreAccess | None = None,
    log: CheckLog | None = None,
    tell: Callable[[str], None] | None = None,
    missing: Missing = "fill",
) -> Values:
    """The selected values of an array.

    Parameters
    ----------
    ref
        The array.
    selection
        The part of it, as `catalog.bridge.selection.select` makes it; everything where None.
    limits
        Bounds on the plan.
    check
        When to ask the store whether the array is still the one that was catalogued.
    access
        How the store is reached; the defaults where None.
    log
        What is known of earlier looks at arrays; needed for `Within`.
    tell
        Is given the note of an array that grew.
    missing
        What becomes of a chunk that the store does not have: it is full of the fill value, or an error, or masked.

    Returns
    -------
    numpy.ndarray
        Of the plan's shape; a `numpy.ma.MaskedArray` where ``missing`` is ``mask``.

    Raises
    ------
    MetadataError
        The array is described, but cannot be read here, or a chunk does not hold what the metadata says.
    LimitExceededError
        The plan costs too much; nothing was asked of the store.
    StaleSnapshotError
        The array changed after it was catalogued.
    NotFoundError
        The store is not there, or this audience is not told where it lies, or a chunk is missing and must not be.
    ForbiddenError
        The protocol or a codec is not allowed, or the store refused.
    StoreUnavailableError
        The store did not answer as it should.
    """
    access = access or StoreAccess()
    plan = plan_chunks(ref.array, select(ref.array) if selection is None else selection)
    check_limits(plan, limits)
    if access.workers is not None:
        task = ReadTask(ref, plan.selection, limits, result_bytes(plan), missing=missing)
        return read_by_workers(task, access, check=check, log=log, tell=tell)
    with open_checked(ref, limits, access, check=check, log=log, tell=tell) as reader:
        return read_planned(reader, plan, missing)


def result_bytes(plan: ChunkPlan) -> int | None:
    """Size of the values that a plan is of; None where that is not known before they are read."""
    return None if plan.item_size is None else plan.selection.size * plan.item_size


def read_by_workers(
    task: ReadTask,
    access: StoreAccess,
    *,
    check: Policy = "always",
    log: CheckLog | None = None,
    tell: Callable[[str], None] | None = None,
) -> Values:
    """Let other processes read; what is known of earlier looks stays here. Errors as `read_array`, and of the processes."""
    assert access.workers is not None  # noqa: S101  for mypy
    log = CheckLog() if log is None else log
    known, began = log.recent(task.ref, check), log.now()
    there = replace(task.ref, location=_location(task.ref, access))
    values, note = access.workers.read(replace(task, ref=there, look=known is None))
    if known is None:
        log.record(task.ref, note, began)
    if tell is not None and (known or note):
        tell(known or note)
    return values


def read_planned(reader: ArrayReader, plan: ChunkPlan, missing: Missing = "fill") -> Values:
    """The values that a plan is of, in the caller's order; `read_array` has the errors."""
    watch = None if missing == "fill" else MissingWatch(plan)
    reader.watch(watch)
    values = _read(reader, plan)
    if watch is not None and missing == "error":
        watch.check(reader.name)
    if watch is not None and missing == "mask":
        values = np.ma.MaskedArray(values, watch.mask())
    values = values.reshape(plan.shape)
    return np.flip(values, plan.selection.flips) if plan.selection.flips else values


def open_checked(
    ref: ArrayRef,
    limits: PlanLimits,
    access: StoreAccess,
    *,
    check: Policy = "always",
    log: CheckLog | None = None,
    tell: Callable[[str], None] | None = None,
) -> ArrayReader:
    """A reader of an array that is still what was catalogued, as far as the policy asks for that.

    Raises
    ------
    StaleSnapshotError, NotFoundError, ForbiddenError, MetadataError, StoreUnavailableError
        As `read_array`.
    """
    note = look(ref, access, check, log)
    if note and tell is not None:
        tell(note)
    return _opened(ref, _url(ref, access), limits, access)


def look(ref: ArrayRef, access: StoreAccess, check: Policy = "always", log: CheckLog | None = None) -> str:
    """Ask the store, as far as the policy wants it, whether an array is still what was catalogued; a note where it grew.

    Raises
    ------
    StaleSnapshotError, NotFoundError, ForbiddenError, MetadataError, StoreUnavailableError
        As `read_array`.
    """
    url = _url(ref, access)
    return check_by_policy(ref, lambda: open_documents(url, access), check, log, access.documents)


def _location(ref: ArrayRef, access: StoreAccess) -> str:
    location = ref.location or (access.locations(ref.dataset_id) if access.locations is not None else "")
    if not location:
        raise NotFoundError(f"this catalogue does not tell where the store of {ref.iri} lies")
    return location


def _url(ref: ArrayRef, access: StoreAccess) -> StoreUrl:
    return locate(_location(ref, access), access.store, access.outgoing)


def open_documents(url: StoreUrl, access: StoreAccess) -> Source:
    """The metadata of a store."""
    return open_source(
        url,
        credentials=access.credentials,
        store=access.store,
        timeouts=access.timeouts,
        outgoing=access.outgoing,
    )


def _opened(ref: ArrayRef, url: StoreUrl, limits: PlanLimits, access: StoreAccess) -> ArrayReader:
    array = ref.array
    return open_array(
        url,
        array.path,
        array_document(array.layout, array.shape, array.dimension_names),
        zarr_format=array.zarr_format,
        credentials=access.credentials,
        store=access.store,
        timeouts=access.timeouts,
        outgoing=access.outgoing,
        allowed_codecs=access.allowed_codecs,
        limits=object_limits(access, limits),
        pipeline=access.pipeline,
    )


def object_limits(access: StoreAccess, limits: PlanLimits) -> ReadLimits:
    """The bounds on stored objects that go with those on a plan."""
    return replace(access.objects, max_item_bytes=limits.max_item_bytes, max_chunk_bytes=limits.max_chunk_bytes)


def _read(reader: ArrayReader, plan: ChunkPlan) -> Values:
    """The elements in ascending order; no axis is dropped yet, so that every piece has the array's own data type."""
    axes = plan.selection.axes
    if not plan.selection.size:
        # zarr-python would walk over all chunks of the other axes, however many.
        return np.empty(tuple(axis.count for axis in axes), reader.dtype)
    if plan.selection.picked and _fetches_shards_once(plan, reader.shape):
        return _read_positions(reader, plan)
    if plan.selection.picked:
        return read_picked(plan, reader.dtype, lambda box: _read_box(reader, plan, box))
    return _read_box(reader, plan, tuple(slice(axis.start, axis.stop, axis.step) for axis in axes))


def _fetches_shards_once(plan: ChunkPlan, shape: tuple[int, ...]) -> bool:
    """Whether picked elements are read in one go: each shard's index is then asked for once, but NumPy lists every element.

    Chunks of several sizes are read so in any case, as boxes are cut for chunks of one size.
    """
    if any(isinstance(cells, VaryingChunks) for cells in plan.grid):
        return True
    counted = max((size // cells.extent for size, cells in zip(shape, plan.grid, strict=True)), default=0)
    return plan.sharded and plan.selection.size <= _MAX_LISTED and counted < _MAX_CELLS


def _read_positions(reader: ArrayReader, plan: ChunkPlan) -> Values:
    """The distinct elements along each axis, put into the caller's order."""
    distinct: list[Any] = []
    orders: list[Any] = []
    for axis in plan.selection.axes:
        if axis.positions is None:
            distinct.append(slice(axis.start, axis.stop, axis.step))
            orders.append(None)
        else:
            found, order = np.unique(np.array(axis.positions, np.int64), return_inverse=True)
            distinct.append(found)
            orders.append(order)
    values = reader.read_positions(tuple(distinct))
    for position, order in enumerate(orders):
        if order is not None:
            values = np.take(values, order, axis=position)
    return values


def _read_box(reader: ArrayReader, plan: ChunkPlan, box: tuple[slice, ...]) -> Values:
    """Read slices with ends and steps ≥ 1.

    zarr-python walks over every chunk between the first and the last along an axis, also over those that a long step leaves out.
    Where that would take long, the elements along that axis, each in a chunk of its own, are read one by one.
    """
    for position, (part, cells) in enumerate(zip(box, plan.grid, strict=True)):
        walked = (part.stop - 1) // cells.extent - part.start // cells.extent + 1
        if part.step > cells.extent and walked > _MAX_WALKED:
            elements = range(part.start, part.stop, part.step)
            pieces = [_read_box(reader, plan, (*box[:position], slice(at, at + 1, 1), *box[position + 1 :])) for at in elements]
            return np.concatenate(pieces, axis=position)
    return reader.read(box)
