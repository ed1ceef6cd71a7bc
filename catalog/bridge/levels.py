"""Which resolution of an image is to be read?

By its number; by the size that a pixel may have (the coarsest level that is at least as fine); or by the bytes that the result
may have (the finest level that is small enough).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.axis_request import parse_by_axis
from catalog.bridge.limits import LEAST_ELEMENT_BYTES
from catalog.bridge.part import Part
from catalog.bridge.world import Sampling
from catalog.errors import InputError, LimitExceededError

AS_FINE: Final = 1.01
"""A pixel that is larger than wanted by less than a hundredth is as fine: scales are often rounded."""

_INDEX: Final = re.compile(r"[0-9]{1,9}")
_BYTES: Final = re.compile(r"([0-9]{1,15})\s*(B|kB|MB|GB|KiB|MiB|GiB)", re.IGNORECASE)
_SIZE: Final = re.compile(r"[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,3})?")
_UNITS: Final = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


@dataclass(frozen=True, slots=True)
class LevelWish:
    """Which level is wanted: exactly one of these.

    Attributes
    ----------
    index
        Its number; 0 is the finest.
    pixel_size
        Axis → size that a pixel may have, in the axis' unit, > 0.
    max_bytes
        Size that the result may have, ≥ 1.
    """

    index: int | None = None
    pixel_size: Mapping[str, float] | None = None
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        if sum(wish is not None for wish in (self.index, self.pixel_size, self.max_bytes)) != 1:
            raise InputError("a level is chosen by exactly one of index, pixel size and bytes")
        if self.pixel_size is not None and not (self.pixel_size and all(size > 0 for size in self.pixel_size.values())):
            raise InputError(f"the pixel size is {dict(self.pixel_size)}; give a size above 0 for one axis or more")


def parse_level(text: str) -> LevelWish | None:
    """Which level a text wants: ``2``, ``x=0.5,y=0.5`` (size of a pixel), ``64MiB`` (size of the result); None where it is empty.

    Raises
    ------
    InputError
        It is none of these.
    """
    text = text.strip()
    if not text:
        return None
    if _INDEX.fullmatch(text):
        return LevelWish(int(text))
    size = _BYTES.fullmatch(text)
    if size and int(size[1]):
        return LevelWish(max_bytes=int(size[1]) * _UNITS[size[2].lower()])
    refusal = (
        f"the level {text[:80]!r}: a number, sizes of a pixel such as x=0.5,y=0.5, or bytes of the result such as 64MiB,"
        " is allowed"
    )

    def pixel_size(value: str) -> float:
        number = _SIZE.fullmatch(value.strip())
        if not number or not 0 < float(number[0]) < inf:
            raise InputError(refusal)
        return float(number[0])

    return LevelWish(pixel_size=parse_by_axis(text, pixel_size, refusal))


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of an image.

    Attributes
    ----------
    index
        Its number; 0 is the finest.
    ref
        Its array.
    samplings
        How its pixels lie.
    """

    index: int
    ref: ArrayRef
    samplings: tuple[Sampling, ...] = ()


def choose_level(levels: Sequence[Level], wish: LevelWish, part_of: Callable[[Level], Part]) -> tuple[Part, str]:
    """The part of the level that is wanted, and a note that says which one that is.

    Parameters
    ----------
    levels
        From the finest, one or more.
    part_of
        The part that is to be read of a level.

    Raises
    ------
    InputError
        There is no such level, or an axis without a stated scale; the message has the levels that there are.
    LimitExceededError
        Even the coarsest level is too large.
    """
    if wish.index is not None:
        found = next((level for level in levels if level.index == wish.index), None)
        if found is None:
            raise InputError(f"there is no level {wish.index}; the levels are {', '.join(str(level.index) for level in levels)}")
        return part_of(found), ""
    if wish.pixel_size is not None:
        return _by_pixel_size(levels, wish.pixel_size, part_of)
    allowed, size = wish.max_bytes or 1, 0
    for level in levels:
        part = part_of(level)
        size = part.selection.size * (level.ref.array.layout.data_type.item_size or LEAST_ELEMENT_BYTES)
        if size <= allowed:
            return part, f"level {level.index} is the finest of which the part has at most {allowed:,} bytes: {size:,}"
    message = f"even the coarsest level has {size:,} bytes of this part; {allowed:,} are allowed: allow more, or select less"
    raise LimitExceededError(message, limit="max_bytes", value=size, allowed=allowed)


def _by_pixel_size(levels: Sequence[Level], wanted: Mapping[str, float], part_of: Callable[[Level], Part]) -> tuple[Part, str]:
    sizes = [{each.axis: each for each in level.samplings} for level in levels]
    for level, known in zip(levels, sizes, strict=True):
        missing = [axis for axis in wanted if axis not in known]
        if missing:
            stated = ", ".join(sorted(filter(None, known))) or "none"
            raise InputError(f"{level.ref.iri} states no pixel size along {', '.join(missing)}; it does along {stated}")
    fine = [
        place for place, known in enumerate(sizes) if all(known[axis].scale <= size * AS_FINE for axis, size in wanted.items())
    ]
    place = fine[-1] if fine else 0
    shown = ", ".join(f"{axis} {sizes[place][axis].scale:g} {sizes[place][axis].unit}".rstrip() for axis in wanted)
    why = "the coarsest that is as fine as wanted" if fine else "the finest, though coarser than wanted"
    return part_of(levels[place]), f"level {levels[place].index} is {why}: {shown}"
