"""Does every selection mean what NumPy means by the same index, whatever the axes are called?"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catalog.bridge.selection import parse_selection, quote_axis, resolve_selection
from catalog.errors import InputError

numbers = st.none() | st.integers(-12, 12)
slices = st.builds(slice, numbers, numbers, numbers.filter(lambda step: step != 0))


def as_text(index: int | slice) -> str:
    """The index as a selection writes it."""
    if isinstance(index, int):
        return str(index)
    parts = ["" if part is None else str(part) for part in (index.start, index.stop, index.step)]
    return ":".join(parts if index.step is not None else parts[:2])


@st.composite
def indexed_arrays(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int | slice, ...]]:
    shape = tuple(draw(st.lists(st.integers(0, 7), max_size=4)))
    index = tuple(draw(slices | st.integers(-size, size - 1)) if size else draw(slices) for size in shape)
    return shape, index


@given(indexed_arrays(), st.data())
def test_a_selection_gives_what_numpy_gives(case: tuple[tuple[int, ...], tuple[int | slice, ...]], data: st.DataObject) -> None:
    shape, index = case
    names = data.draw(st.lists(st.text(max_size=5), min_size=len(shape), max_size=len(shape), unique=True))
    axes = [quote_axis(name) if data.draw(st.booleans()) else f"dim{position}" for position, name in enumerate(names)]
    parts = [f"{axis}={as_text(item)}" for axis, item in zip(axes, index, strict=True)]
    text = ",".join(data.draw(st.permutations(parts)))
    selection = resolve_selection(parse_selection(text), shape, names)

    whole = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    expected = whole[index]
    assert selection.shape == expected.shape
    assert selection.size == expected.size
    found = np.flip(whole[selection.ascending], selection.flips)
    assert found.tolist() == expected.tolist()


@given(st.text())
def test_every_name_is_written_and_read_back(name: str) -> None:
    (request,) = parse_selection(f"{quote_axis(name)}=3")
    assert (request.axis, request.index) == (name, 3)


@given(st.text(alphabet='ab=:,"\\ 01-+d\n', max_size=30))
def test_any_text_is_understood_or_refused(text: str) -> None:
    """What is understood, and written again, is understood the same."""
    try:
        requests = parse_selection(text)
    except InputError:
        return
    again = ",".join(f"{quote_axis(request.axis)}={as_text(request.index)}" for request in requests)
    assert [(r.axis, r.index) for r in parse_selection(again)] == [(r.axis, r.index) for r in requests]
