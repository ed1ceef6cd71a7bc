"""Does the canonical text of a selection mean exactly that selection, as NumPy has it?"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.bridge.canonical_text import MAX_POINTS_TEXT, canonical_text, parse_canonical, points_text
from catalog.bridge.selection import resolve_selection
from catalog.bridge.selection_text import parse_selection, to_requests
from catalog.errors import InputError, LimitExceededError

NAMES = st.one_of(
    st.none(), st.sampled_from(["x", "time", "dim0", "dim1", 'a"b', "a, b=c", "ä\\", "x"]), st.text(min_size=1, max_size=4)
)


@st.composite
def index(draw: st.DrawFn, size: int) -> Any:
    ends = st.one_of(st.none(), st.integers(-size - 2, size + 2))
    steps = st.one_of(st.none(), st.integers(-4, 4).filter(bool))
    kinds = [st.builds(slice, ends, ends, steps)]
    if size:
        kinds += [st.integers(-size, size - 1), st.lists(st.integers(-size, size - 1), max_size=6)]
    return draw(st.one_of(kinds))


@given(st.data())
def test_the_text_reads_back_as_the_same_selection(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 7), max_size=4)))
    names = tuple(data.draw(NAMES) for _ in shape)
    wanted = {f"dim{axis}": data.draw(index(size)) for axis, size in enumerate(shape)}
    selection = resolve_selection(to_requests(wanted), shape, names)
    text = canonical_text(selection, names)
    assert resolve_selection(parse_selection(text), shape, names) == selection
    values = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    for axis in reversed(range(len(shape))):
        place = (slice(None),) * axis
        values = values[(*place, np.array(w, dtype=int) if isinstance(w := wanted[f"dim{axis}"], list) else w)]
    assert selection.shape == values.shape


@given(st.data())
def test_points_read_back_as_the_same_points(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 7), min_size=1, max_size=4)))
    names = tuple(data.draw(NAMES) for _ in shape)
    count = data.draw(st.integers(0, 6))
    columns = [data.draw(st.lists(st.integers(0, size - 1), min_size=count, max_size=count)) for size in shape]
    selection = resolve_selection(to_requests({f"dim{axis}": column for axis, column in enumerate(columns)}), shape, names)
    found, points = parse_canonical(points_text(selection, names), shape, names)
    assert points
    assert [list(axis.elements) for axis in found.axes] == columns
    assert parse_canonical(canonical_text(selection, names), shape, names) == (selection, False)


@pytest.mark.parametrize("text", ["points(y=[1,2],x=[1])", "points(y=1,x=1)", "points(y=[1,9],x=[1,2])", "points(z=[1],x=[2])"])
def test_what_is_no_list_of_points_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_canonical(text, (4, 4), ("y", "x"))


def test_points_have_a_bound_and_need_axes() -> None:
    many = resolve_selection(
        to_requests({"dim0": [0, 1] * (MAX_POINTS_TEXT // 4), "dim1": [1, 0] * (MAX_POINTS_TEXT // 4)}), (9, 9)
    )
    with pytest.raises(LimitExceededError, match="read it in several parts"):
        points_text(many, ("y", "x"))
    with pytest.raises(InputError, match="no points"):
        points_text(resolve_selection((), ()), ())


@given(st.data())
def test_it_means_the_same_after_the_array_grew(data: st.DataObject) -> None:
    size, more = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    selection = resolve_selection(to_requests({"dim0": data.draw(index(size))}), (size,), ("x",))
    text = canonical_text(selection, ("x",))
    assert resolve_selection(parse_selection(text), (size + more,), ("x",)) == selection
