"""What can a caller want of one axis?

Positions (`int`, `slice`, `Positions`, `Mask`) mean elements as they are stored. `World` and `WorldAt` are in the unit of the
axis, `LabelAt` and `LabelRange` go by the values of a coordinate array; both become positions before anything is planned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from catalog.errors import InputError

Label = str | int | float
"""A value of a coordinate: a string is a name, a date or the text of a number, whichever the coordinate holds."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Elements by their positions, in this order, repeated ones too; negative ones count from the end."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mask:
    """The elements where it is true; one for each element of the axis."""

    values: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class World:
    """A box in world units, half-open.

    Attributes
    ----------
    start, stop
        Its ends; None is open.
    unit
        Their unit, as OME-NGFF names it or by its symbol; ``""`` is that of the axis.
    origin
        ``space``: where the image's translation puts it; ``corner``: counted from the image's first pixel, as regions are.
    """

    start: float | None
    stop: float | None
    unit: str = ""
    origin: Literal["space", "corner"] = "space"


@dataclass(frozen=True, slots=True)
class WorldAt:
    """The one element at a place in world units; drops its axis."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time, for how far a date may be away.

    Attributes
    ----------
    microseconds
        How long, ≥ 0.
    text
        As it was written.
    """

    microseconds: float
    text: str

    def __str__(self) -> str:
        """As it was written."""
        return self.text


Tolerance = float | Duration
"""How far the nearest label may be away: in the coordinate's unit, or, of dates, a span of time; ≥ 0."""


@dataclass(frozen=True, slots=True)
class LabelAt:
    """Elements by the values of a coordinate.

    Attributes
    ----------
    values
        What is looked for.
    tolerance
        None: the value itself; else the nearest value that is at most so far away.
    kept
        False: the one element is meant, and drops its axis.
    """

    values: tuple[Label, ...]
    tolerance: Tolerance | None = None
    kept: bool = True


@dataclass(frozen=True, slots=True)
class LabelRange:
    """Elements whose coordinate lies in ``[start, stop)``; None is open. Of names: those from one to before the other."""

    start: Label | None
    stop: Label | None


PixelIndex = int | slice | Positions | Mask
Index = PixelIndex | World | WorldAt | LabelAt | LabelRange


@dataclass(frozen=True, slots=True)
class AxisRequest:
    """What a caller wants of one axis.

    Attributes
    ----------
    axis
        Name of the dimension, or ``dimN``.
    index
        Which elements; integers may have any size.
    quoted
        Whether the axis can only be a name.
    offset
        Where it begins in the text, from 0; -1 where it comes from no text.
    """

    axis: str
    index: Index
    quoted: bool = False
    offset: int = 0

    @property
    def where(self) -> str:
        """The axis as a message names it."""
        return f"{self.axis!r} (at character {self.offset + 1})" if self.offset >= 0 else repr(self.axis)


def parse_by_axis[T](text: str, parse: Callable[[str], T], refusal: str) -> dict[str, T]:
    """What a text such as ``lat=0.5,time=1D`` says of each axis that it names.

    Parameters
    ----------
    text
        ``AXIS=VALUE`` for each axis once, joined by commas.
    parse
        Makes something of a value, or refuses it.
    refusal
        What is said of a text of another form.

    Raises
    ------
    InputError
        The refusal, or what ``parse`` says of a value.
    """
    found: dict[str, T] = {}
    for item in text.split(","):
        axis, equals, value = item.rpartition("=")
        axis = axis.strip()
        if not equals or not axis or axis in found:
            raise InputError(refusal)
        found[axis] = parse(value)
    return found
