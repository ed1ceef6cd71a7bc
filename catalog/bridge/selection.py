r"""Which part of an array does ``time=0:10,lat=5`` mean?

The grammar, white space between its parts allowed::

    selection = [ part { "," part } ]
    part      = axis "=" ( integer | [integer] ":" [integer] [ ":" [integer] ] )
    axis      = bare name | '"' quoted name '"'

An axis is a dimension name, or ``dim0``, ``dim1`` … by position. A bare ``dimN`` is always the position, a quoted axis
always a name: a dimension that is itself called ``dim1`` is reached as ``"dim1"``. A bare name has none of ``, = : "`` and
no white space; inside quotes ``""`` or ``\"`` stands for a quote, and ``\\`` for a backslash.

Slices are half-open and clip at the array's ends, negative numbers count from the end, and steps may be negative: all as in
NumPy. An integer drops its axis and must be in range. Axes that are not named are taken whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from catalog.errors import InputError
from catalog.metadata.array import Array

MAX_TEXT: Final = 65_536
MAX_DIGITS: Final = 100
_SHOWN_AXES: Final = 8
_SHOWN_NAME: Final = 60

_BARE: Final = re.compile(r'[^,=:"\s]+')
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.|"")*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r'""|\\(["\\])')
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_POSITION: Final = re.compile(r"dim(0|[1-9][0-9]{0,3})")
_SPACE: Final = re.compile(r"\s*")

Index = int | slice


@dataclass(frozen=True, slots=True)
class AxisRequest:
    """What a caller wants of one axis.

    Attributes
    ----------
    axis
        Name of the dimension, or ``dimN``.
    index
        An integer, or a slice with integers of any size or None.
    quoted
        Whether the axis can only be a name.
    offset
        Where it begins in the text, from 0.
    """

    axis: str
    index: Index
    quoted: bool = False
    offset: int = 0


@dataclass(frozen=True, slots=True)
class AxisSelection:
    """Which elements along one axis, whatever the caller's spelling was.

    The elements ``start, start + step, …`` (``count`` of them) are read in ascending order.

    Attributes
    ----------
    start
        The lowest element, ≥ 0; 0 where there is none.
    step
        Distance between elements, ≥ 1.
    count
        How many, ≥ 0.
    flipped
        The caller wants them in descending order.
    kept
        False where an integer dropped the axis.
    """

    start: int
    step: int
    count: int
    flipped: bool = False
    kept: bool = True

    @property
    def last(self) -> int:
        """The highest element; one below ``start`` where there is none."""
        return self.start + (self.count - 1) * self.step if self.count else self.start - 1

    @property
    def stop(self) -> int:
        """One beyond the highest element."""
        return self.last + 1

    @property
    def ascending(self) -> Index:
        """The index that reads these elements in ascending order."""
        return slice(self.start, self.stop, self.step) if self.kept else self.start


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of an array: one entry per dimension.

    A value; nothing in it depends on the text it came from.
    """

    axes: tuple[AxisSelection, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result; axes that an integer dropped are absent."""
        return tuple(axis.count for axis in self.axes if axis.kept)

    @property
    def size(self) -> int:
        """Elements in the result, of any size."""
        return prod(axis.count for axis in self.axes)

    @property
    def ascending(self) -> tuple[Index, ...]:
        """Index that reads the elements in ascending order along each axis."""
        return tuple(axis.ascending for axis in self.axes)

    @property
    def flips(self) -> tuple[int, ...]:
        """Axes of the result that have to be reversed after an ascending read."""
        kept = [axis for axis in self.axes if axis.kept]
        return tuple(position for position, axis in enumerate(kept) if axis.flipped)


def parse_selection(text: str) -> tuple[AxisRequest, ...]:
    """What a text asks for, axis by axis; ``""`` asks for everything.

    Raises
    ------
    InputError
        The text has another form; the message says where and what is allowed.
    """
    if len(text) > MAX_TEXT:
        raise InputError(f"the selection has {len(text)} characters; at most {MAX_TEXT} are read")
    return tuple(_Parser(text).parts())


class _Parser:
    """Reads one text from left to right; never evaluates anything."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parts(self) -> list[AxisRequest]:
        self._skip()
        found: list[AxisRequest] = []
        while self._at < len(self._text) or found:
            found.append(self._part())
            if self._at == len(self._text):
                break
            self._expect(",", "',' before the next axis, or the end")
        return found

    def _part(self) -> AxisRequest:
        offset = self._at
        axis, quoted = self._axis()
        self._expect("=", f"'=' after the axis {axis!r}")
        return AxisRequest(axis, self._index(axis), quoted, offset)

    def _axis(self) -> tuple[str, bool]:
        if match := self._take(_QUOTED):
            return _ESCAPE.sub(lambda escape: escape[1] or '"', match[1]), True
        if self._text[self._at : self._at + 1] == '"':
            raise self._fault("the closing '\"' of the axis that begins here")
        if match := self._take(_BARE):
            return match[0], False
        raise self._fault("an axis: a dimension's name, in double quotes if it has odd characters, or dim0, dim1, …")

    def _index(self, axis: str) -> Index:
        first = self._integer(axis)
        if not self._has(":"):
            if first is None:
                raise self._fault(f"an integer or start:stop[:step] for the axis {axis!r}")
            return first
        stop = self._integer(axis)
        step = self._integer(axis) if self._has(":") else None
        if step == 0:
            raise InputError(f"the step of the axis {axis!r} is 0: use a step ≥ 1, or a negative one to go backwards")
        return slice(first, stop, step)

    def _integer(self, axis: str) -> int | None:
        match = self._take(_INTEGER)
        if match is None:
            return None
        if len(match[0]) > MAX_DIGITS:
            raise InputError(f"a number for the axis {axis!r} has {len(match[0])} digits; at most {MAX_DIGITS} are read")
        return int(match[0])

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
            self._skip()
        return match

    def _has(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._at)
        if found:
            self._at += 1
            self._skip()
        return found

    def _expect(self, mark: str, wanted: str) -> None:
        if not self._has(mark):
            raise self._fault(wanted)

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _fault(self, wanted: str) -> InputError:
        rest = self._text[self._at :]
        found = f"{rest[:20]!r}{'…' if len(rest) > 20 else ''}" if rest else "the end"
        return InputError(f"selection {self._text[:80]!r}: expected {wanted} at character {self._at + 1}, found {found}")


def quote_axis(name: str) -> str:
    """A dimension's name as a selection writes it: in quotes where it must be."""
    if _BARE.fullmatch(name) and not _POSITION.fullmatch(name) and name.isprintable():
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def resolve_selection(
    requests: Sequence[AxisRequest], shape: tuple[int, ...], dimension_names: Sequence[str | None] = ()
) -> Selection:
    """Find what is asked for in an array.

    Parameters
    ----------
    requests
        At most one per axis, in any order.
    shape
        The array's shape.
    dimension_names
        One per dimension, None where it has none; may be empty where no dimension has a name.

    Raises
    ------
    InputError
        An axis is unknown, ambiguous or given twice, or an integer is out of range; the message names what is allowed.
    """
    names = tuple(dimension_names) or (None,) * len(shape)
    found: dict[int, AxisRequest] = {}
    for request in requests:
        position = _position(request, names)
        if position in found:
            first = found[position]
            twice = f"{_where(first)} and {_where(request)}"
            raise InputError(f"axis {position} is given twice, as {twice}: give each axis once")
        found[position] = request
    axes = []
    for position, size in enumerate(shape):
        request = found.get(position, AxisRequest(f"dim{position}", slice(None)))
        axes.append(_axis_selection(request, position, size))
    return Selection(tuple(axes))


def select(array: Array, text: str = "") -> Selection:
    """What a text means for an array; ``""`` is the whole of it.

    Raises
    ------
    InputError
        As `parse_selection` and `resolve_selection`.
    """
    return resolve_selection(parse_selection(text), array.shape, array.dimension_names)


def _position(request: AxisRequest, names: Sequence[str | None]) -> int:
    match = None if request.quoted else _POSITION.fullmatch(request.axis)
    if match and int(match[1]) < len(names):
        return int(match[1])
    positions = [position for position, name in enumerate(names) if name == request.axis]
    if len(positions) == 1:
        return positions[0]
    if positions:
        choice = ", ".join(f"dim{position}" for position in positions)
        raise InputError(f"the axis {request.axis!r} (at character {request.offset + 1}) is ambiguous: say which one by {choice}")
    raise InputError(f"there is no axis {request.axis!r} (at character {request.offset + 1}); {_axes(names)}")


def _axes(names: Sequence[str | None]) -> str:
    """The axes there are, for a message."""
    if not names:
        return "the array is a scalar and has no axes"
    shown = [f"dim{at}{_or_name(name)}" for at, name in enumerate(names[:_SHOWN_AXES])]
    more = f", … dim{len(names) - 1}" if len(names) > _SHOWN_AXES else ""
    return f"the axes are {', '.join(shown)}{more}"


def _or_name(name: str | None) -> str:
    return "" if name is None or len(name) > _SHOWN_NAME or not name.isprintable() else f" or {quote_axis(name)}"


def _where(request: AxisRequest) -> str:
    return f"{request.axis!r} (at character {request.offset + 1})"


def _axis_selection(request: AxisRequest, position: int, size: int) -> AxisSelection:
    index = request.index
    if isinstance(index, int):
        if not -size <= index < size:
            allowed = f"allowed are {-size} to {size - 1}" if size else "the axis has no elements"
            raise InputError(f"{request.axis!r} = {index} is out of range for axis {position}, which has size {size}: {allowed}")
        return AxisSelection(index % size, 1, 1, kept=False)
    start, stop, step = index.indices(size)
    # Counted by hand: len(range(…)) refuses what does not fit 63 bits, and a shape may hold more.
    count = max(0, -((start - stop) // step) if step > 0 else -((stop - start) // -step))
    if not count:
        return AxisSelection(0, 1, 0)
    if step > 0:
        return AxisSelection(start, step if count > 1 else 1, count)
    return AxisSelection(start + (count - 1) * step, -step if count > 1 else 1, count, flipped=count > 1)
