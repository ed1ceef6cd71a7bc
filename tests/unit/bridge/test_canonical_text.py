"""How is a selection written down for good?"""

import pytest

from catalog.bridge.canonical_text import canonical_text
from catalog.bridge.selection import resolve_selection
from catalog.bridge.selection_text import parse_selection, to_requests
from catalog.errors import InputError, LimitExceededError


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("", "y=0:4,x=0:10"),
        ("x=3", "y=0:4,x=3"),
        ("x=-1", "y=0:4,x=9"),
        ("y=1:,x=::3", "y=1:4,x=0:10:3"),
        ("y=::-1", "y=3::-1,x=0:10"),
        ("y=3:1:-1", "y=3:1:-1,x=0:10"),
        ("x=[7,2,2]", "y=0:4,x=[7,2,2]"),
        ("x=5:5", "y=0:4,x=0:0"),
    ],
)
def test_every_axis_is_named_and_no_end_is_open(given: str, text: str) -> None:
    selection = resolve_selection(parse_selection(given), (4, 10), ("y", "x"))
    assert canonical_text(selection, ("y", "x")) == text


def test_axes_without_a_name_of_their_own_go_by_position() -> None:
    selection = resolve_selection((), (2, 3, 4), ("x", "x", None))
    assert canonical_text(selection, ("x", "x", None)) == "dim0=0:2,dim1=0:3,dim2=0:4"
    assert canonical_text(resolve_selection((), (2,), ("dim0",)), ("dim0",)) == '"dim0"=0:2'
    assert canonical_text(resolve_selection((), (), ()), ()) == ""


def test_what_could_not_be_read_back_is_refused() -> None:
    many = resolve_selection(to_requests({"x": [*range(40_000), 0]}), (50_000,), ("x",))
    with pytest.raises(LimitExceededError, match="in several parts"):
        canonical_text(many, ("x",))
    with pytest.raises(InputError, match="1 axes, and 2 names"):
        canonical_text(resolve_selection((), (2,), ("x",)), ("x", "y"))
