"""Which values are in many arrays?

All arrays share one bound on requests and one on memory, and the arrays of one store share its connections. One that cannot be
read leaves the others whole: each has a result of its own, with values or with an error that names array and chunk.

A request is repeated where that helps (a busy server, a broken connection) by the store itself, and nowhere else.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.chunk_plan import ChunkPlan, plan_chunks
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, LEAST_ELEMENT_BYTES, PlanLimits, check_limits
from catalog.bridge.missing import Missing
from catalog.bridge.read import StoreAccess, Values, object_limits, open_documents, read_planned
from catalog.bridge.selection import Selection, select
from catalog.bridge.staleness import CheckLog, Policy, check_fresh
from catalog.errors import CatalogError, LimitExceededError, NotFoundError
from catalog.metadata.layout import array_document
from catalog.stores.arrays import OpenedStore
from catalog.stores.gate import locate
from catalog.stores.source import Source
from catalog.stores.url import StoreUrl
from catalog.stores.way import Way

_AT_ONCE: Final = 10
"""Chunks of one array that zarr-python decodes at the same time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One array, and which part of it.

    Attributes
    ----------
    ref
        The array.
    selection
        The part; everything where None.
    """

    ref: ArrayRef
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class ManyLimits:
    """Bounds on all arrays of one call together.

    Attributes
    ----------
    max_bytes
        All results, and what is decoded at the same time.
    concurrency
        Requests at the same time.
    arrays
        Arrays at the same time.
    """

    max_bytes: int = 2**30
    concurrency: int = 16
    arrays: int = 8


DEFAULT_MANY_LIMITS: Final = ManyLimits()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one array.

    Attributes
    ----------
    wanted
        What was asked for.
    plan
        What it was planned to cost; None where it could not be planned.
    values
        The values; None where there is an error.
    error
        Why there are none; it names the array, and the chunk where one is to blame.
    requests, fetched_bytes
        Requests for chunks, and the bytes that came.
    note
        What is to be known of the array, such as that it grew.
    """

    wanted: Wanted
    plan: ChunkPlan | None = None
    values: Values | None = None
    error: CatalogError | None = None
    requests: int = 0
    fetched_bytes: int = 0
    note: str = ""

    def __repr__(self) -> str:
        """Which array, and what became of it."""
        if self.error is not None:
            return f"<Outcome of {self.wanted.ref.iri}: {type(self.error).__name__}: {self.error}>"
        read = "" if self.values is None else f": {self.values.dtype} {self.values.shape}"
        return f"<Outcome of {self.wanted.ref.iri}{read}{self.note and f'; {self.note}'}>"

    def get(self) -> Values:
        """The values.

        Raises
        ------
        CatalogError
            There are none; why.
        """
        if self.error is not None:
            raise self.error
        assert self.values is not None  # noqa: S101  one of the two is there
        return self.values


class _Memory:
    """So many bytes, lent and given back; whoever wants more than there are waits."""

    def __init__(self, size: int) -> None:
        self._free, self._size, self._changed = size, size, threading.Condition()

    @contextmanager
    def lent(self, size: int) -> Iterator[None]:
        size = min(size, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()


class _Stores:
    """Each store opened once, for documents and for chunks, when it is first needed."""

    def __init__(self, access: StoreAccess, limits: PlanLimits, concurrency: int) -> None:
        self._access, self._limits = access, limits
        self._objects = replace(object_limits(access, limits), concurrency=concurrency)
        self._gate = asyncio.Semaphore(concurrency)
        self._lock = threading.Lock()
        self._chunks: dict[str, OpenedStore] = {}
        self._documents: dict[str, Source] = {}
        self._locks: dict[str, threading.Lock] = {}

    def url(self, ref: ArrayRef) -> StoreUrl:
        if not ref.location:
            raise NotFoundError(f"this catalogue does not tell where the store of {ref.iri} lies")
        return locate(ref.location, self._access.store, self._access.outgoing)

    def chunks(self, url: StoreUrl, remote: bool) -> OpenedStore:
        way = Way(
            self._access.credentials, self._access.store, self._access.timeouts, self._objects.concurrency,
            self._access.outgoing,
        )  # fmt: skip
        gate = self._gate if remote else None
        return self._once(
            self._chunks, url, lambda: OpenedStore(url, way, self._objects, gate=gate, pipeline=self._access.pipeline)
        )

    def documents(self, url: StoreUrl) -> Source:
        return self._once(self._documents, url, lambda: open_documents(url, self._access))

    def _once[T](self, opened: dict[str, T], url: StoreUrl, make: Callable[[], T]) -> T:
        with self._lock:
            lock = self._locks.setdefault(url.location, threading.Lock())
        with lock:
            if url.location not in opened:
                opened[url.location] = make()
            return opened[url.location]

    def close(self) -> None:
        for store in self._chunks.values():
            store.close()
        for source in self._documents.values():
            source.close()


def read_many(
    wanted: Iterable[Wanted],
    *,
    limits: PlanLimits = DEFAULT_PLAN_LIMITS,
    many: ManyLimits = DEFAULT_MANY_LIMITS,
    check: Policy = "always",
    access: StoreAccess | None = None,
    log: CheckLog | None = None,
    missing: Missing = "fill",
) -> list[Outcome]:
    """The selected values of many arrays.

    Parameters
    ----------
    wanted
        The arrays, each with its part; the same array may come several times.
    limits
        Bounds on each plan.
    many
        Bounds on all of them.
    check, access, log, missing
        As `catalog.bridge.read.read_array`; each array is checked by itself.

    Returns
    -------
    list of Outcome
        One for each that was wanted, in their order.

    Raises
    ------
    LimitExceededError
        The results of all of them take more memory than allowed; nothing was asked of any store.
    """
    access, log = access or StoreAccess(), CheckLog() if log is None else log
    planned = [_planned(each, limits) for each in wanted]
    _check_sum(planned, many)
    stores, memory = _Stores(access, limits, many.concurrency), _Memory(many.max_bytes)

    def read(outcome: Outcome) -> Outcome:
        if outcome.plan is None:
            return outcome
        with memory.lent(_working_bytes(outcome.plan)):
            return _read_one(outcome, outcome.plan, stores, check, access, log, missing)

    try:
        if len(planned) <= 1 or many.arrays <= 1:
            return [read(outcome) for outcome in planned]
        with ThreadPoolExecutor(min(many.arrays, len(planned)), "catalog-arrays") as pool:
            return list(pool.map(read, planned))
    finally:
        stores.close()


def _planned(wanted: Wanted, limits: PlanLimits) -> Outcome:
    array = wanted.ref.array
    try:
        plan = plan_chunks(array, select(array) if wanted.selection is None else wanted.selection)
        check_limits(plan, limits)
    except CatalogError as error:
        return Outcome(wanted, error=error)
    return Outcome(wanted, plan)


def _check_sum(planned: Sequence[Outcome], many: ManyLimits) -> None:
    total = sum(_result_bytes(outcome.plan) for outcome in planned if outcome.plan is not None)
    if total > many.max_bytes:
        message = (
            f"the results of {len(planned)} arrays have {total:,} bytes together; at most {many.max_bytes:,} are allowed: ask for"
            " fewer arrays or less of each, or raise CATALOG_READ__MAX_TOTAL_BYTES"
        )
        raise LimitExceededError(message, limit="max_total_bytes", value=total, allowed=many.max_bytes)


def _result_bytes(plan: ChunkPlan) -> int:
    return plan.selection.size * (LEAST_ELEMENT_BYTES if plan.item_size is None else plan.item_size)


def _working_bytes(plan: ChunkPlan) -> int:
    """What reading one array takes at most: its result, and the chunks that are decoded at the same time."""
    item = LEAST_ELEMENT_BYTES if plan.item_size is None else plan.item_size
    return _result_bytes(plan) + min(plan.chunks, _AT_ONCE) * plan.unit_elements * item


def _read_one(
    outcome: Outcome,
    plan: ChunkPlan,
    stores: _Stores,
    check: Policy,
    access: StoreAccess,
    log: CheckLog,
    missing: Missing,
) -> Outcome:
    ref = outcome.wanted.ref
    array = ref.array
    reader = None
    values: Values | None = None
    failure: CatalogError | None = None
    note = ""
    try:
        url = stores.url(ref)
        note = _look(ref, url, stores, check, access, log)
        store = stores.chunks(url, remote=url.protocol != "file")
        document = array_document(array.layout, array.shape, array.dimension_names)
        reader = store.array(array.path, document, array.zarr_format, access.allowed_codecs)
        values = read_planned(reader, plan, missing)
    except CatalogError as error:
        failure = error
    requests, fetched = (reader.requests, reader.fetched_bytes) if reader is not None else (0, 0)
    return replace(outcome, values=values, error=failure, requests=requests, fetched_bytes=fetched, note=note)


def _look(ref: ArrayRef, url: StoreUrl, stores: _Stores, check: Policy, access: StoreAccess, log: CheckLog) -> str:
    """A note where the array grew, after a look at it if one is due."""
    known = log.recent(ref, check)
    if known is not None:
        return known
    began = log.now()
    note = check_fresh(ref, stores.documents(url), access.documents)
    log.record(ref, note, began)
    return note
