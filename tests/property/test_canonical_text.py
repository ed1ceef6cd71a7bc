"""Does the canonical text of a selection mean exactly that selection, as NumPy has it?"""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catalog.bridge.canonical_text import canonical_text
from catalog.bridge.selection import resolve_selection
from catalog.bridge.selection_text import parse_selection, to_requests

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
def test_it_means_the_same_after_the_array_grew(data: st.DataObject) -> None:
    size, more = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    selection = resolve_selection(to_requests({"dim0": data.draw(index(size))}), (size,), ("x",))
    text = canonical_text(selection, ("x",))
    assert resolve_selection(parse_selection(text), (size + more,), ("x",)) == selection
