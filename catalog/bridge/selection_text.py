r"""How is a selection written as text?

The grammar, white space between its parts allowed::

    selection = [ part { "," part } ]
    part      = axis "=" index
    axis      = bare name | '"' quoted name '"'
    index     = integer | [integer] ":" [integer] [ ":" [integer] ] | "[" [ integer { "," integer } ] "]"
              | "world(" number [unit] ")" | "world(" [number] ":" [number] [unit] ")"
              | "label(" label [ near ] ")" | "label(" "[" label { "," label } "]" [ near ] ")"
              | range | "label(" range ")"
    near      = "~" [ number [unit of time] ]
    range     = [label] ".." [label]
    label     = bare label | '"' quoted label '"'

An axis is a dimension name, or ``dim0``, ``dim1`` … by position. A bare ``dimN`` is always the position, a quoted axis
always a name: a dimension that is itself called ``dim1`` is reached as ``"dim1"``. A bare name has none of ``, = : "`` and
no white space; inside quotes ``""`` or ``\"`` stands for a quote, and ``\\`` for a backslash. A bare label has none of
``, " ( ) [ ] ~`` and no white space, and no two dots in a row.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from catalog.bridge.axis_request import AxisRequest, Index, LabelAt, LabelRange, Mask, Positions, Tolerance, World, WorldAt
from catalog.bridge.tolerance import to_duration
from catalog.errors import InputError

MAX_TEXT: Final = 65_536
MAX_DIGITS: Final = 100

_BARE: Final = re.compile(r'[^,=:"\s]+')
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.|"")*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r'""|\\(["\\])')
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UNIT: Final = re.compile(r"[^\W\d_]+")
_LABEL: Final = re.compile(r'(?:(?!\.\.)[^,"()\[\]~\s])+')
_RANGE: Final = re.compile(r'(?:"(?:[^"\\]|\\.|"")*"|(?:(?!\.\.)[^,"()\[\]~\s])+)?\s*\.\.', re.DOTALL)
_POSITION: Final = re.compile(r"dim(0|[1-9][0-9]{0,3})")
_SPACE: Final = re.compile(r"\s*")


def parse_selection(text: str, longest: int = MAX_TEXT) -> tuple[AxisRequest, ...]:
    """What a text asks for, axis by axis; ``""`` asks for everything.

    Parameters
    ----------
    longest
        Characters that are read at most.

    Raises
    ------
    InputError
        The text has another form; the message says where and what is allowed.
    """
    if len(text) > longest:
        raise InputError(f"the selection has {len(text)} characters; at most {longest} are read")
    return tuple(_Parser(text).parts())


def asks_for_labels(text: str) -> bool:
    """Whether a selection can be understood only with the values of coordinates; errors as `parse_selection`."""
    return any(isinstance(request.index, LabelAt | LabelRange) for request in parse_selection(text))


def to_requests(parts: str | Mapping[str, Any]) -> tuple[AxisRequest, ...]:
    """What a text or a mapping asks for.

    Parameters
    ----------
    parts
        A text; or axis → integer, slice, list or array of integers or truth values, or one of the classes of
        `catalog.bridge.axis_request`. An axis of a mapping is read as in a text: ``dimN`` is a position, ``'"dimN"'`` a name.

    Raises
    ------
    InputError
        The text, or an index that is none of these.
    """
    if isinstance(parts, str):
        return parse_selection(parts)
    requests = []
    for axis, index in parts.items():
        quoted = len(axis) > 1 and axis[0] == axis[-1] == '"'
        name = _ESCAPE.sub(lambda escape: escape[1] or '"', axis[1:-1]) if quoted else axis
        requests.append(AxisRequest(name, to_index(axis, index), quoted, -1))
    return tuple(requests)


def to_index(axis: str, index: Any) -> Index:
    """A Python or NumPy index as one of ours.

    Raises
    ------
    InputError
        It is none, its step is 0, or it has more than one dimension.
    """
    if isinstance(index, World | WorldAt | LabelAt | LabelRange | Positions | Mask):
        return index
    if isinstance(index, slice):
        ends = [None if end is None else _whole(axis, end) for end in (index.start, index.stop, index.step)]
        if ends[2] == 0:
            raise InputError(f"the step of the axis {axis!r} is 0: use a step ≥ 1, or a negative one to go backwards")
        return slice(*ends)
    plain = index.tolist() if hasattr(index, "tolist") else index
    if isinstance(plain, list | tuple | range):
        if plain and all(isinstance(item, bool) for item in plain):
            return Mask(tuple(bool(item) for item in plain))
        return Positions(tuple(_whole(axis, item) for item in plain))
    return _whole(axis, plain)


def _whole(axis: str, value: Any) -> int:
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, int) and not isinstance(plain, bool):
        return plain
    allowed = "an integer, a slice, a list of integers or of truth values, World, WorldAt, LabelAt or LabelRange"
    raise InputError(f"{str(value)[:40]!r} is no index for the axis {axis!r}: {allowed} is")


def position_of(axis: str) -> int | None:
    """The number of an axis that is called ``dimN``; None where it is called anything else."""
    match = _POSITION.fullmatch(axis)
    return int(match[1]) if match else None


def quote_axis(name: str) -> str:
    """A dimension's name as a selection writes it: in quotes where it must be."""
    if _BARE.fullmatch(name) and not _POSITION.fullmatch(name) and name.isprintable():
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
            return _unescaped(match), True
        if self._text[self._at : self._at + 1] == '"':
            raise self._fault("the closing '\"' of the axis that begins here")
        if match := self._take(_BARE):
            return match[0], False
        raise self._fault("an axis: a dimension's name, in double quotes if it has odd characters, or dim0, dim1, …")

    def _index(self, axis: str) -> Index:
        if self._has("world("):
            return self._world(axis)
        if self._has("label("):
            return self._labels(axis)
        if self._has("["):
            return self._positions(axis)
        if _RANGE.match(self._text, self._at):
            return self._range()
        first = self._integer(axis)
        if not self._has(":"):
            if first is None:
                raise self._fault(
                    f"an integer or start:stop[:step] for the axis {axis!r}, or [integers], world(…), label(…), label..label"
                )
            return first
        stop = self._integer(axis)
        step = self._integer(axis) if self._has(":") else None
        if step == 0:
            raise InputError(f"the step of the axis {axis!r} is 0: use a step ≥ 1, or a negative one to go backwards")
        return slice(first, stop, step)

    def _positions(self, axis: str) -> Positions:
        values: list[int] = []
        while not self._has("]"):
            if values:
                self._expect(",", "',' or ']' in the list of positions")
            value = self._integer(axis)
            if value is None:
                raise self._fault(f"an integer in the list of positions for the axis {axis!r}")
            values.append(value)
        return Positions(tuple(values))

    def _world(self, axis: str) -> World | WorldAt:
        first = self._number()
        if not self._has(":"):
            if first is None:
                raise self._fault(f"a number or start:stop in world units for the axis {axis!r}")
            return WorldAt(first, self._closed_unit())
        stop = self._number()
        return World(first, stop, self._closed_unit())

    def _closed_unit(self) -> str:
        match = self._take(_UNIT)
        self._expect(")", "')' after the world units")
        return match[0] if match else ""

    def _labels(self, axis: str) -> LabelAt | LabelRange:
        if _RANGE.match(self._text, self._at):
            found = self._range()
            self._expect(")", "')' after the range of labels")
            return found
        kept = self._has("[")
        values = [self._label(axis)]
        while kept and not self._has("]"):
            self._expect(",", "',' or ']' in the list of labels")
            values.append(self._label(axis))
        tolerance: Tolerance | None = None
        if self._has("~"):
            given = self._number()
            unit = self._take(_UNIT) if given is not None else None
            tolerance = math.inf if given is None else to_duration(given, unit[0]) if unit else given
        self._expect(")", "')' after the labels")
        return LabelAt(tuple(values), tolerance, kept)

    def _label(self, axis: str) -> str:
        if match := self._take(_QUOTED):
            return _unescaped(match)
        if match := self._take(_LABEL):
            return match[0]
        raise self._fault(f"a label for the axis {axis!r}: a number, a date or a name, in double quotes if it has odd characters")

    def _range(self) -> LabelRange:
        ends: list[str | None] = []
        for _ in range(2):
            if match := self._take(_QUOTED):
                ends.append(_unescaped(match))
            else:
                match = self._take(_LABEL)
                ends.append(match[0] if match else None)
            if len(ends) == 1:
                self._expect("..", "'..' between two labels")
        return LabelRange(*ends)

    def _integer(self, axis: str) -> int | None:
        match = self._take(_INTEGER)
        if match is None:
            return None
        if len(match[0]) > MAX_DIGITS:
            raise InputError(f"a number for the axis {axis!r} has {len(match[0])} digits; at most {MAX_DIGITS} are read")
        return int(match[0])

    def _number(self) -> float | None:
        match = self._take(_NUMBER)
        value = float(match[0]) if match else None
        if value is not None and not math.isfinite(value):
            raise InputError(f"selection {self._text[:80]!r}: {match[0][:40] if match else ''} is too large for a number")
        return value

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
            self._skip()
        return match

    def _has(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._at)
        if found:
            self._at += len(mark)
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


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPE.sub(lambda escape: escape[1] or '"', match[1])
