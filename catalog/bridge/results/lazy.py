"""How are values read chunk by chunk, when and where they are needed?

One dask task for each stored object that the selection touches. In the process that made it, a task reads with its
credentials. They stay behind when it is sent to another: there, ``access_there`` says how stores are reached, or it
is asked for that credentials travel.

Source: dask, ``dask.array.from_array``.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.chunk_plan import AnyChunks, ChunkPlan, plan_chunks
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits, check_limits
from catalog.bridge.read import StoreAccess, Values, read_array
from catalog.bridge.results.extras import need
from catalog.bridge.selection import AxisSelection, Selection, select
from catalog.errors import ForbiddenError, InputError
from catalog.metadata.layout import array_document
from catalog.stores.credentials import Credentials
from catalog.stores.data_types import numpy_type

if TYPE_CHECKING:
    import dask.array

MAX_TASKS: Final = 1_000_000


@dataclass(frozen=True)
class LazyArray:
    """Values that are read when an index asks for them; what NumPy and dask need of an array.

    Attributes
    ----------
    ref, selection
        The array, and the part; its axes that an integer dropped are absent here, too.
    dtype
        Of the values.
    limits
        Bounds on one piece.
    access
        How stores are reached.
    access_there
        Says how stores are reached, in whichever process reads; takes precedence.
    carried
        Whether the credentials travel to other processes.
    lacking
        Prefix of the credential that stayed behind, in another process; ``""``: none did.
    """

    ref: ArrayRef
    selection: Selection
    dtype: "np.dtype[Any]"
    limits: PlanLimits
    access: StoreAccess
    access_there: Callable[[], StoreAccess] | None = None
    carried: bool = False
    lacking: str = ""

    def _sent(self) -> "LazyArray":
        """The same for another process: without credentials, unless they travel."""
        if self.carried or not self.access.credentials:
            return self
        found = self.access.credentials.find(self.ref.location)
        without = replace(self.access, credentials=Credentials())
        there = self.access_there or self.access.elsewhere
        return replace(self, access=without, access_there=there, lacking=found[0] if found else "")

    def __reduce__(self) -> Any:
        sent = self._sent()
        return LazyArray, tuple(getattr(sent, each.name) for each in fields(sent))

    def __dask_tokenize__(self) -> Any:
        """What tells it from others, without any secret."""
        sent = self._sent()
        return tuple(repr(getattr(sent, each.name)) for each in fields(sent))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return self.selection.shape

    @property
    def ndim(self) -> int:
        """Their dimensions."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> Values:
        given = index if isinstance(index, tuple) else (index,)
        wanted = iter((*given, *[slice(None)] * (self.ndim - len(given))))
        axes = tuple(narrow(axis, next(wanted)) if axis.kept else axis for axis in self.selection.axes)
        access = self.access if self.access_there is None else self.access_there()
        if self.lacking and access.credentials.find(self.ref.location) is None:
            raise ForbiddenError(
                f"the credential for {self.lacking} was given to the process that made this dask array, and does not travel; this"
                " process has none: put it into CATALOG_CREDENTIALS or CATALOG_CREDENTIALS_FILE there"
            )
        return read_array(self.ref, Selection(axes), limits=self.limits, check="never", access=access)


def narrow(axis: AxisSelection, index: slice | int) -> AxisSelection:
    """The elements of an axis that an index into them means."""
    elements = axis.elements
    if not isinstance(index, slice):
        return AxisSelection(elements[index], 1, 1, kept=False)
    part = elements[index]
    if not len(part):
        return AxisSelection(0, 1, 0)
    if isinstance(part, range):
        step = abs(part.step) if len(part) > 1 else 1
        return AxisSelection(min(part[0], part[-1]), step, len(part), flipped=len(part) > 1 and part.step < 0)
    return AxisSelection(min(part), 1, len(part), positions=tuple(part))


def to_dask(
    ref: ArrayRef,
    selection: Selection | None = None,
    *,
    limits: PlanLimits = DEFAULT_PLAN_LIMITS,
    access: StoreAccess | None = None,
    access_there: Callable[[], StoreAccess] | None = None,
    carry_credentials: bool = False,
) -> "dask.array.Array":
    """The values as a dask array: nothing is read, and no store is asked.

    Parameters
    ----------
    ref, selection
        The array, and the part; everything where None.
    limits
        Bounds on each piece; the result as a whole may be of any size.
    access
        How stores are reached. Its credentials do not travel to other processes; there, ``access.elsewhere`` says how, if it can.
    access_there
        A function that can be imported and says how stores are reached, wherever tasks run, such as
        `catalog.bootstrap.access_from_environment`.
    carry_credentials
        Let credentials travel with the tasks, readable for whoever sees those.

    Raises
    ------
    InputError
        dask is not installed, a store was given that cannot travel, or there would be more than a million tasks.
    LimitExceededError
        A single piece would cost too much.
    MetadataError
        The array is described, but cannot be read here.
    """
    array = need("dask.array", "dask")
    access = access or StoreAccess()
    chosen = select(ref.array) if selection is None else selection
    plan = plan_chunks(ref.array, chosen)
    if plan.objects > MAX_TASKS:
        raise InputError(f"{plan.objects:,} stored objects would be as many tasks; at most {MAX_TASKS:,} are made: select less")
    if access.store is not None and not carry_credentials:
        raise InputError("a store that was given by the caller does not travel to other processes: ask for carry_credentials")
    document = array_document(ref.array.layout, ref.array.shape, ref.array.dimension_names)
    lazy = LazyArray(ref, chosen, numpy_type(document, ref.array.zarr_format), limits, access, access_there, carry_credentials)
    chunks = tuple(_pieces(axis, cells) for axis, cells in zip(chosen.axes, plan.grid, strict=True) if axis.kept)
    _check_piece(plan, lazy, chunks, limits)
    made: dask.array.Array = array.from_array(
        lazy, chunks=chunks, asarray=False, meta=np.empty((0,) * lazy.ndim, lazy.dtype), fancy=False
    )
    return made


def _pieces(axis: AxisSelection, cells: AnyChunks) -> tuple[int, ...]:
    """How many of an axis' elements, in the caller's order, lie in the same stored object one after the other."""
    if axis.positions is None:
        counts = [cells.within(*cells.bounds(place)).count for place in cells]
        return tuple(counts[::-1] if axis.flipped else counts) or (0,)
    bounds = [cells.bounds(place) for place in cells]
    starts = [low for low, _ in bounds]
    places = np.searchsorted(starts, np.array(axis.positions), side="right")
    borders = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), len(places)]
    return tuple(end - start for start, end in pairwise(borders))


def _check_piece(plan: ChunkPlan, lazy: LazyArray, chunks: tuple[tuple[int, ...], ...], limits: PlanLimits) -> None:
    """Refuse where the first, which is as large as any but for the edge, costs too much."""
    if not plan.selection.size:
        return
    sizes = iter(max(range(len(each)), key=each.__getitem__) for each in chunks)
    axes = []
    kept = iter(chunks)
    for axis in lazy.selection.axes:
        if axis.kept:
            each, largest = next(kept), next(sizes)
            start = sum(each[:largest])
            axes.append(narrow(axis, slice(start, start + each[largest])))
        else:
            axes.append(axis)
    check_limits(plan_chunks(lazy.ref.array, Selection(tuple(axes))), limits)
