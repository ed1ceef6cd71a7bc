"""From an IRI to values: which array is meant, what would it cost, and what does it hold?"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.bridge.array_ref import ArrayRef, resolve_one
from catalog.bridge.chunk_plan import ChunkPlan, plan_chunks
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits
from catalog.bridge.selection import select as select_part
from catalog.errors import InputError
from catalog.graphstore.door import GraphStore

if TYPE_CHECKING:
    from catalog.bridge.read import StoreAccess


@dataclass(frozen=True, slots=True)
class Planned:
    """One array, what is wanted of it, and what that costs.

    Attributes
    ----------
    ref
        The array.
    plan
        The chunks that the selection touches.
    """

    ref: ArrayRef
    plan: ChunkPlan


def plan_read(store: GraphStore, iri: str, select: str = "") -> Planned:
    """Say what a read would cost, from the graph alone.

    Raises
    ------
    InputError
        The IRI or the selection, or the IRI leads to several arrays.
    NotFoundError
        It leads to no array.
    MetadataError
        The array is described but cannot be read here.
    """
    ref = resolve_one(store, iri)
    return Planned(ref, plan_chunks(ref.array, select_part(ref.array, select)))


def save(
    planned: Planned,
    path: Path,
    *,
    limits: PlanLimits = DEFAULT_PLAN_LIMITS,
    access: "StoreAccess | None" = None,
    force: bool = False,
) -> tuple[int, ...]:
    """Read what was planned and write it as ``.npy``; the shape of what was written comes back.

    Parameters
    ----------
    force
        Read even where the array is no longer what the graph says.

    Raises
    ------
    LimitExceededError
        Nothing was read.
    InputError
        The path cannot be written.
    StaleSnapshotError
        The array changed since it was catalogued.
    ForbiddenError, UnavailableError, MetadataError
        The store, or what it holds.
    """
    from catalog.bridge.npy import to_npy  # zarr and NumPy take a second that a plan does not need
    from catalog.bridge.read import read_array

    if path.suffix != ".npy":
        raise InputError(f"--save is {str(path)!r}; a name that ends in .npy is allowed")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--save is {str(path)!r}; its folder does not exist")
    part = planned.plan.selection
    values = read_array(planned.ref, part, limits=limits, check="never" if force else "always", access=access)
    to_npy(values, path)
    return values.shape
