"""What was asked for, read so that it can be recorded."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.selection import Selection
from catalog.errors import InputError, LimitExceededError
from catalog.services.provenance import Reading
from catalog.services.read import DEFAULT_OPTIONS, Planned, ReadOptions

if TYPE_CHECKING:
    import numpy as np

    from catalog.bridge.coordinates import Reading as How
    from catalog.bridge.missing import Missing
    from catalog.bridge.reduction import Reduction


def read_planned(planned: Sequence[Planned], options: ReadOptions = DEFAULT_OPTIONS, *, requested: str = "") -> list[Reading]:
    """Read parts of arrays, all of them into memory.

    Parameters
    ----------
    planned
        As `catalog.services.read.plan_read` and ``plan_query`` make it.
    requested
        The selection as the caller wrote it.

    Raises
    ------
    LimitExceededError
        One of them, or all together, would take too much room; nothing was read.
    CatalogError
        As `catalog.bridge.read.read_array`.
    """
    if options.missing == "mask":
        raise InputError("a record knows no mask, and a replay gives the fill value: read without missing='mask'")
    how = options.reading()
    check_sum([each.plan.result_bytes or 0 for each in planned], how.limits.max_result_bytes)
    found = (read_part(each.ref, each.plan.selection, how, missing=options.missing) for each in planned)
    return [
        replace(reading, requested=requested, region=each.region, notes=each.notes)
        for each, reading in zip(planned, found, strict=True)
    ]


def check_sum(sizes: Sequence[int], allowed: int, limit: str = "max_result_bytes") -> None:
    """Refuse results that would take too much room together.

    Parameters
    ----------
    sizes
        Bytes of each.
    allowed, limit
        How many bytes are allowed, and by which limit.

    Raises
    ------
    LimitExceededError
        It says how many.
    """
    total = sum(sizes)
    if total > allowed:
        message = f"the {len(sizes)} results have {total} bytes together; at most {allowed} are read at once for a record"
        raise LimitExceededError(f"{message}: ask for less", limit=limit, value=total, allowed=allowed)


def read_part(
    ref: ArrayRef, selection: Selection, how: "How", reductions: "Sequence[Reduction]" = (), missing: "Missing" = "fill"
) -> Reading:
    """Read one part of an array, reduced where that is wanted.

    Parameters
    ----------
    missing
        What becomes of chunks that the store does not have, as `catalog.bridge.read.read_array` takes it.

    Raises
    ------
    InputError
        A reduction does not go with the array, or with ``missing``.
    CatalogError
        As `catalog.bridge.read.read_array`.
    """
    return Reading(ref, selection, _values(ref, selection, how, reductions, missing), reductions=tuple(reductions))


def _values(
    ref: ArrayRef, selection: Selection, how: "How", reductions: "Sequence[Reduction]", missing: "Missing"
) -> "np.ndarray[Any, Any]":
    from catalog.bridge.missing import parse_missing

    parse_missing(missing)
    if reductions and missing != "fill":
        raise InputError(
            "reductions are of values as they are stored, fill values too: leave missing out, or reduce what is masked"
        )
    if reductions:
        from catalog.bridge.reduction import reduce_array

        return reduce_array(ref, selection, reductions, how)
    from catalog.bridge.read import read_array

    return read_array(
        ref, selection, limits=how.limits, check=how.check, access=how.access, log=how.log, tell=how.tell, missing=missing
    )


def read_places(ref: ArrayRef, places: "np.ndarray[Any, Any]", how: "How", notes: Sequence[str] = ()) -> Reading:
    """Read the value at each of some positions, shape (points, dimensions); errors as `catalog.bridge.points.sample`."""
    from catalog.bridge.point_places import selection_of
    from catalog.bridge.points import sample

    values = sample(ref, places, reading=how)
    return Reading(ref, selection_of(ref, places), values, notes=tuple(notes), points=True)


def read_again(ref: ArrayRef, selection: Selection, how: "How", reductions: "Sequence[Reduction]", *, points: bool) -> Reading:
    """Read what a record describes; errors as `read_part` and `catalog.bridge.points.sample`."""
    if not points:
        return read_part(ref, selection, how, reductions)
    import numpy as np

    return read_places(ref, np.stack([np.asarray(axis.elements, dtype=np.int64) for axis in selection.axes], axis=1), how)
