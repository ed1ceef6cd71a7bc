"""How is a selection written so that it means the same for ever?

By positions alone, every axis named, no end left open: an array that grows meanwhile still has those elements there. Single
points are written ``points(y=[3,1],x=[7,0])``: as many positions along each axis, which belong together one by one.
"""

from collections.abc import Sequence
from typing import Final

from catalog.bridge.selection import AxisSelection, Selection, parse_selection, quote_axis, resolve_selection
from catalog.bridge.selection_text import MAX_TEXT
from catalog.errors import InputError, LimitExceededError

MAX_POINTS_TEXT: Final = 2**20
"""Characters that the positions of points may take: those of some 50,000 points."""
_BEGIN, _END = "points(", ")"


def canonical_text(selection: Selection, dimension_names: Sequence[str | None], longest: int = MAX_TEXT) -> str:
    """The text that means exactly this selection: `catalog.bridge.selection.select` reads it back.

    Parameters
    ----------
    selection
        Resolved, one entry per dimension.
    dimension_names
        Of the array, in order; None where a dimension has no name.
    longest
        Characters that can be read back.

    Raises
    ------
    InputError
        There are not as many names as axes.
    LimitExceededError
        It picks so many single positions that the text could not be read back.
    """
    if len(dimension_names) != len(selection.axes):
        raise InputError(f"the selection has {len(selection.axes)} axes, and {len(dimension_names)} names are given")
    parts = (f"{_axis(at, dimension_names)}={_index(axis)}" for at, axis in enumerate(selection.axes))
    text = ",".join(parts)
    if len(text) > longest:
        message = f"the selection picks so many positions that its text has {len(text)} characters; at most {longest} are read"
        raise LimitExceededError(f"{message}: read it in several parts", limit="MAX_TEXT", value=len(text), allowed=longest)
    return text


def points_text(points: Selection, dimension_names: Sequence[str | None]) -> str:
    """The text that means exactly these points; errors as `canonical_text`.

    Parameters
    ----------
    points
        As many elements along each axis as there are points.
    """
    if not points.axes:
        raise InputError("an array without axes has no points: read its value")
    return f"{_BEGIN}{canonical_text(points, dimension_names, MAX_POINTS_TEXT)}{_END}"


def is_points_text(text: str) -> bool:
    """Whether a text means points, as `points_text` writes them."""
    return text.startswith(_BEGIN) and text.endswith(_END)


def parse_canonical(text: str, shape: tuple[int, ...], dimension_names: Sequence[str | None]) -> tuple[Selection, bool]:
    """What a canonical text means for an array, and whether it is points.

    Raises
    ------
    InputError
        It is none, does not fit the array, or its axes have different numbers of points.
    """
    points = is_points_text(text)
    inner = text[len(_BEGIN) : -len(_END)] if points else text
    requests = parse_selection(inner, MAX_POINTS_TEXT if points else MAX_TEXT)
    selection = resolve_selection(requests, shape, dimension_names)
    if points and (len({axis.count for axis in selection.axes}) != 1 or not all(axis.kept for axis in selection.axes)):
        raise InputError("the axes of the points have different numbers of positions; one for each point is needed")
    return selection, points


def _axis(at: int, names: Sequence[str | None]) -> str:
    name = names[at]
    return quote_axis(name) if name and names.count(name) == 1 else f"dim{at}"


def _index(axis: AxisSelection) -> str:
    if not axis.kept:
        return str(axis.start)
    if axis.positions is not None:
        return f"[{','.join(map(str, axis.positions))}]"
    if not axis.count:
        return "0:0"
    if axis.flipped:
        # A stop of -1 would mean the last element: below the first one, the end stays open.
        stop = "" if axis.start == 0 else str(axis.start - 1)
        return f"{axis.last}:{stop}:{-axis.step}"
    return f"{axis.start}:{axis.stop}" + (f":{axis.step}" if axis.step != 1 else "")
