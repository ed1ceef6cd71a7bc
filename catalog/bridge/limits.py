"""How much may one read cost?

Limits are checked against the plan, so what is too large is refused before the first byte is asked for.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

from catalog.bridge.chunk_plan import ChunkPlan
from catalog.errors import LimitExceededError

LEAST_ELEMENT_BYTES: Final = 16
"""What an element takes in memory at least where its size varies: NumPy keeps this much of each string beside its text."""

MAX_NUMPY: Final = 2**63 - 1

_UNITS: Final = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB")
_LESS: Final = "select less"
_SETTING: Final = "CATALOG_READ__"


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """Bounds on one read; each has a setting of the same name below ``CATALOG_READ__``.

    Attributes
    ----------
    max_chunk_bytes
        What is decoded at once: a chunk, an inner chunk, a shard that can only be read whole, or the index of a shard.
    max_result_bytes
        The array that the caller gets.
    max_chunks
        Chunks to be decoded.
    max_item_bytes
        One element.
    max_dimensions
        Dimensions of the array.
    """

    max_chunk_bytes: int = 512 * 2**20
    max_result_bytes: int = 256 * 2**20
    max_chunks: int = 10_000
    max_item_bytes: int = 64 * 2**10
    max_dimensions: int = 64


DEFAULT_PLAN_LIMITS: Final = PlanLimits()


def check_limits(plan: ChunkPlan, limits: PlanLimits = DEFAULT_PLAN_LIMITS) -> None:
    """Refuse a plan that costs too much.

    Where the size of elements is not known beforehand, the least that they take is counted.

    Raises
    ------
    LimitExceededError
        Names the limit, the figure, what is allowed, and the setting that raises it.
    """
    item = LEAST_ELEMENT_BYTES if plan.item_size is None else max(plan.item_size, 1)
    result = plan.selection.size * item
    where = f"array {plan.path!r}: "
    dimensions = len(plan.selection.axes)
    if dimensions > limits.max_dimensions:
        _refuse(f"{where}it has {dimensions} dimensions", "max_dimensions", dimensions, limits.max_dimensions)
    if item > limits.max_item_bytes:
        _refuse(f"{where}one element has {_bytes(item)}", "max_item_bytes", item, limits.max_item_bytes)
    for what, size in (("one chunk, decoded,", plan.unit_elements * item), ("the index of a shard", plan.index_bytes)):
        if size > limits.max_chunk_bytes:
            _refuse(f"{where}{what} has {_bytes(size)}", "max_chunk_bytes", size, limits.max_chunk_bytes)
    if result > limits.max_result_bytes:
        _refuse(f"{where}the result has {_bytes(result)}", "max_result_bytes", result, limits.max_result_bytes, _LESS)
    if plan.chunks > limits.max_chunks:
        _refuse(f"{where}{plan.chunks:,} chunks would be read", "max_chunks", plan.chunks, limits.max_chunks, _LESS)
    _check_numpy(plan, item)


def _check_numpy(plan: ChunkPlan, item: int) -> None:
    """An empty result costs nothing, but NumPy counts its other axes all the same."""
    spanned = item
    for count in plan.shape:
        spanned *= max(count, 1)
    if spanned > MAX_NUMPY:
        message = f"array {plan.path!r}: the result is empty, but NumPy cannot hold its shape {plan.shape}: select less"
        raise LimitExceededError(message, limit="numpy", value=spanned, allowed=MAX_NUMPY)


def _refuse(what: str, limit: str, value: int, allowed: int, advice: str = "") -> NoReturn:
    shown = _bytes(allowed) if limit.endswith("_bytes") else f"{allowed:,}"
    remedy = f"{advice}, or raise" if advice else "raise"
    message = f"{what}; at most {shown} {'is' if allowed == 1 else 'are'} allowed: {remedy} {_SETTING}{limit.upper()}"
    raise LimitExceededError(message, limit=limit, value=value, allowed=allowed)


def _bytes(size: int) -> str:
    """A size for people: ``4.0 TiB (4,398,046,511,104 bytes)``."""
    if size < 1024:
        return f"{size} bytes"
    if size >= 2**80:
        return "more than 2^80 bytes"
    power = (size.bit_length() - 1) // 10
    return f"{size / 1024**power:,.1f} {_UNITS[power - 1]} ({size:,} bytes)"
