"""How is a selection written so that it means the same for ever?

By positions alone, every axis named, no end left open: an array that grows meanwhile still has those elements there.
"""

from collections.abc import Sequence

from catalog.bridge.selection import AxisSelection, Selection, quote_axis
from catalog.bridge.selection_text import MAX_TEXT
from catalog.errors import InputError, LimitExceededError


def canonical_text(selection: Selection, dimension_names: Sequence[str | None]) -> str:
    """The text that means exactly this selection: `catalog.bridge.selection.select` reads it back.

    Parameters
    ----------
    selection
        Resolved, one entry per dimension.
    dimension_names
        Of the array, in order; None where a dimension has no name.

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
    if len(text) > MAX_TEXT:
        message = f"the selection picks so many positions that its text has {len(text)} characters; at most {MAX_TEXT} are read"
        raise LimitExceededError(f"{message}: read it in several parts", limit="MAX_TEXT", value=len(text), allowed=MAX_TEXT)
    return text


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
