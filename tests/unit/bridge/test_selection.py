"""Does a selection's text mean what its grammar says, and is everything else refused with a place and an allowed range?"""

import itertools

import numpy as np
import pytest

from catalog.bridge.selection import (
    AxisRequest,
    AxisSelection,
    Selection,
    parse_selection,
    quote_axis,
    resolve_selection,
    select,
)
from catalog.errors import InputError
from catalog.metadata.array import Array
from catalog.metadata.layout import parse_layout_v2

SHAPE = (10, 4, 3)
NAMES = ("time", "lat", "lon")


def _resolved(text: str, shape: tuple[int, ...] = SHAPE, names: tuple[str | None, ...] = NAMES) -> Selection:
    return resolve_selection(parse_selection(text), shape, names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   ", []),
        ("time=5", [("time", 5)]),
        ("time=-1", [("time", -1)]),
        ("time=+3", [("time", 3)]),
        ("time=007", [("time", 7)]),
        ("time=0:10,lat=5", [("time", slice(0, 10)), ("lat", 5)]),
        ("time=:", [("time", slice(None))]),
        ("time=::", [("time", slice(None))]),
        ("time=2:", [("time", slice(2, None))]),
        ("time=:-2", [("time", slice(None, -2))]),
        ("time=::-1", [("time", slice(None, None, -1))]),
        ("time=1:9:2", [("time", slice(1, 9, 2))]),
        ("  time = 1 : 9 : 2 , lat = 0 ", [("time", slice(1, 9, 2)), ("lat", 0)]),
        ("größe=1", [("größe", 1)]),
        ("a/b.c-d=1", [("a/b.c-d", 1)]),
        ('"x, y"=1:2', [("x, y", slice(1, 2))]),
        ('"a=b:c"=1', [("a=b:c", 1)]),
        ('""=1', [("", 1)]),
        ('"say ""hi"""=1', [('say "hi"', 1)]),
        ('"say \\"hi\\""=1', [('say "hi"', 1)]),
        ('"back\\\\slash"=1', [("back\\slash", 1)]),
        ('"one\\two"=1', [("one\\two", 1)]),
        ('"line\nfeed"=1', [("line\nfeed", 1)]),
        ("time=123456789012345678901234567890", [("time", 123456789012345678901234567890)]),
    ],
)
def test_the_grammar(text: str, expected: list[tuple[str, int | slice]]) -> None:
    assert [(request.axis, request.index) for request in parse_selection(text)] == expected


@pytest.mark.parametrize(
    ("text", "place", "wanted"),
    [
        ("time", "character 5", "'='"),
        ("time=", "character 6", "an integer or start:stop[:step]"),
        ("time=x", "character 6", "an integer or start:stop[:step]"),
        ("time=1.5", "character 7", "','"),
        ("time=1_0", "character 7", "','"),
        ("time=0x10", "character 7", "','"),
        ("time=1e3", "character 7", "','"),
        ("time=--1", "character 6", "an integer"),
        ("time=٣", "character 6", "an integer"),
        ("time=1:2:3:4", "character 11", "','"),
        ("time=1 lat=2", "character 8", "','"),
        ("time=1;lat=2", "character 7", "','"),
        ("time=1,", "character 8", "an axis"),
        (",time=1", "character 1", "an axis"),
        ("time=1,,lat=2", "character 8", "an axis"),
        ("=1", "character 1", "an axis"),
        ("5", "character 2", "'='"),
        ('"time=1', "character 1", "closing"),
        ('"time"1', "character 7", "'='"),
        ("time==1", "character 6", "an integer"),
        ("[0:10]", "character 3", "'='"),
        ("time=__import__('os')", "character 6", "an integer"),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, place: str, wanted: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_selection(text)
    assert place in str(caught.value)
    assert wanted in str(caught.value)


@pytest.mark.parametrize("text", ["time=::0", "time=1:2:0", "time=::-0"])
def test_a_step_of_zero_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="step of the axis 'time' is 0"):
        parse_selection(text)


def test_long_texts_and_numbers_are_refused_before_they_cost_anything() -> None:
    with pytest.raises(InputError, match="70000 characters; at most 65536"):
        parse_selection("x" * 70_000)
    with pytest.raises(InputError, match="5000 digits; at most 100"):
        parse_selection("time=" + "9" * 5000)


@pytest.mark.parametrize(
    "name",
    [
        "time",
        "x, y",
        "",
        '"',
        "\\",
        '\\"',
        "a\\",
        "dim0",
        "dim12",
        "dim",
        "dimension",
        "a=b",
        "a:b",
        " a ",
        "größe",
        "a\nb",
        "\x00",
    ],
)
def test_every_name_can_be_written(name: str) -> None:
    """Including names that would otherwise be positions: in quotes, ``dim0`` is a name."""
    (request,) = parse_selection(f"{quote_axis(name)}=1")
    assert request.axis == name
    names = (None, name)
    assert resolve_selection([request], (5, 6), names).axes[1] == AxisSelection(1, 1, 1, kept=False)


@pytest.mark.parametrize(
    ("text", "shape", "ascending", "flips"),
    [
        ("", (10, 4, 3), (slice(0, 10, 1), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=0:4,lat=1", (4, 3), (slice(0, 4, 1), 1, slice(0, 3, 1)), ()),
        ("lat=1,time=0:4", (4, 3), (slice(0, 4, 1), 1, slice(0, 3, 1)), ()),
        ("dim0=-1,dim1=-4,dim2=-3", (), (9, 0, 0), ()),
        ("time=2:9:3", (3, 4, 3), (slice(2, 9, 3), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=0:10:4", (3, 4, 3), (slice(0, 9, 4), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=-3:", (3, 4, 3), (slice(7, 10, 1), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=5:100", (5, 4, 3), (slice(5, 10, 1), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=-100:2", (2, 4, 3), (slice(0, 2, 1), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=7:3", (0, 4, 3), (slice(0, 0, 1), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=50:60", (0, 4, 3), (slice(0, 0, 1), slice(0, 4, 1), slice(0, 3, 1)), ()),
        ("time=::-1", (10, 4, 3), (slice(0, 10, 1), slice(0, 4, 1), slice(0, 3, 1)), (0,)),
        ("time=8:2:-3", (2, 4, 3), (slice(5, 9, 3), slice(0, 4, 1), slice(0, 3, 1)), (0,)),
        ("time=3,lon=::-1", (4, 3), (3, slice(0, 4, 1), slice(0, 3, 1)), (1,)),
        ("time=4:5:100", (1, 4, 3), (slice(4, 5, 1), slice(0, 4, 1), slice(0, 3, 1)), ()),
    ],
)
def test_what_is_read(text: str, shape: tuple[int, ...], ascending: tuple[int | slice, ...], flips: tuple[int, ...]) -> None:
    selection = _resolved(text)
    assert (selection.shape, selection.ascending, selection.flips) == (shape, ascending, flips)


def test_every_slice_of_a_short_axis_is_numpys() -> None:
    numbers = [None, *range(-7, 8)]
    for size in range(6):
        whole = np.arange(size)
        for start, stop, step in itertools.product(numbers, numbers, numbers):
            if step == 0:
                continue
            selection = resolve_selection([AxisRequest("dim0", slice(start, stop, step))], (size,))
            found = np.flip(whole[selection.ascending], selection.flips)
            expected = whole[start:stop:step]
            assert found.tolist() == expected.tolist(), (size, start, stop, step)
            assert selection.shape == expected.shape


def test_axes_beyond_64_bits() -> None:
    size = 2**70
    selection = _resolved("dim0=::1000", (size,), ())
    # 2^70 is 1,180,591,620,717,411,303,424: the last multiple of 1,000 below it ends in 303,000.
    assert selection.size == 1_180_591_620_717_411_304
    assert selection.axes[0].last == 1_180_591_620_717_411_303_000
    assert _resolved("dim0=-1", (size,), ()).axes[0].start == size - 1


@pytest.mark.parametrize(
    ("text", "shape", "names", "message"),
    [
        ("depth=1", SHAPE, NAMES, "no axis 'depth' (at character 1); the axes are dim0 or time, dim1 or lat, dim2 or lon"),
        ("time=1,depth=1", SHAPE, NAMES, "no axis 'depth' (at character 8)"),
        ("Time=1", SHAPE, NAMES, "no axis 'Time'"),
        ("dim3=1", SHAPE, NAMES, "no axis 'dim3'"),
        ("dim00=1", SHAPE, NAMES, "no axis 'dim00'"),
        ('"dim0"=1', SHAPE, NAMES, "no axis 'dim0'"),
        ("x=1", (), (), "the array is a scalar and has no axes"),
        ("x=1", (5, 5), ("x", "x"), "the axis 'x' (at character 1) is ambiguous: say which one by dim0, dim1"),
        ("time=1,time=2", SHAPE, NAMES, "axis 0 is given twice, as 'time' (at character 1) and 'time' (at character 8)"),
        ("time=1,dim0=2", SHAPE, NAMES, "axis 0 is given twice, as 'time' (at character 1) and 'dim0' (at character 8)"),
        ("lat=4", SHAPE, NAMES, "'lat' = 4 is out of range for axis 1, which has size 4: allowed are -4 to 3"),
        ("lat=-5", SHAPE, NAMES, "'lat' = -5 is out of range for axis 1, which has size 4: allowed are -4 to 3"),
        ("dim0=0", (0,), (), "the axis has no elements"),
    ],
)
def test_what_does_not_fit_the_array_is_refused(
    text: str, shape: tuple[int, ...], names: tuple[str | None, ...], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        _resolved(text, shape, names)
    assert message in str(caught.value)


def test_repeated_and_missing_names_are_reached_by_position() -> None:
    assert _resolved("dim1=2", (5, 6), ("x", "x")).ascending == (slice(0, 5, 1), 2)
    assert _resolved("dim0=2", (5, 6), (None, None)).ascending == (2, slice(0, 6, 1))


def test_a_bare_position_wins_over_a_name_and_a_quoted_name_over_a_position() -> None:
    swapped = ("dim1", "dim0")
    assert _resolved("dim1=2", (5, 6), swapped).ascending == (slice(0, 5, 1), 2)
    assert _resolved('"dim1"=2', (5, 6), swapped).ascending == (2, slice(0, 6, 1))
    assert _resolved("dim7=2", (5, 6), ("dim7", "y")).ascending == (2, slice(0, 6, 1)), "no position 7: it can only be the name"


def test_messages_show_no_control_characters_and_no_endless_names() -> None:
    with pytest.raises(InputError) as caught:
        _resolved("depth=1", (2, 2), ("\x1b[31mred", "n" * 10_000))
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_select_takes_names_and_shape_from_the_array() -> None:
    layout = parse_layout_v2({"dtype": "<i4", "chunks": [5, 5]}, "{}")
    array = Array("a", (10, 20), layout, ("y", "x"), {})
    assert select(array, "x=3").ascending == (slice(0, 10, 1), 3)
    assert select(array).shape == (10, 20)
    assert select(Array("s", (), layout, (), {})).shape == ()
