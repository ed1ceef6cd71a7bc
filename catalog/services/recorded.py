"""What was planned, read so that it can be recorded."""

from collections.abc import Sequence

from catalog.bridge.read import read_array
from catalog.errors import LimitExceededError
from catalog.services.provenance import Reading
from catalog.services.read import DEFAULT_OPTIONS, Planned, ReadOptions


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
    how = options.reading()
    total, allowed = sum(each.plan.result_bytes or 0 for each in planned), how.limits.max_result_bytes
    if total > allowed:
        message = f"the {len(planned)} results have {total} bytes together; at most {allowed} are read at once for a record"
        raise LimitExceededError(f"{message}: ask for less", limit="max_result_bytes", value=total, allowed=allowed)
    return [
        Reading(
            ref=each.ref,
            selection=each.plan.selection,
            values=read_array(
                each.ref, each.plan.selection, limits=how.limits, check=how.check, access=how.access, tell=how.tell
            ),
            requested=requested,
            region=each.region,
            notes=each.notes,
        )
        for each in planned
    ]
