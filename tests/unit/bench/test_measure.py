"""Do the figures say what they should?"""

import pytest

from bench.measure import Figure, Goal, agree, medians, seconds, table


@pytest.mark.parametrize(
    ("goal", "ratio", "met"),
    [
        (Goal("faster", 10), 5.0, False),
        (Goal("faster", 4), 5.0, True),
        (Goal("at most", 0.1), 0.2, False),
        (Goal("at most", 0.3), 0.2, True),
        (Goal(), 0.2, None),
    ],
)
def test_two_seconds_against_ten(goal: Goal, ratio: float, met: bool | None) -> None:
    figure = Figure("something", ours=2.0, peer=10.0, goal=goal)
    assert figure.ratio == pytest.approx(ratio)
    assert figure.met is met


def test_without_a_peer_there_is_no_ratio() -> None:
    figure = Figure("something", ours=2.0)
    assert figure.ratio is None
    assert figure.met is None


def test_the_table_has_a_line_for_each_figure() -> None:
    header, first, second = table([Figure("a", 2.0, 10.0, Goal("faster", 10)), Figure("b", 0.002, note="alone")]).splitlines()
    assert header.split() == ["name", "ours", "peer", "ratio", "goal", "met?", "note"]
    assert first.split() == ["a", "2", "s", "10", "s", "5", ">=", "10", "NO"]
    assert second.split() == ["b", "2", "ms", "alone"]


@pytest.mark.parametrize(("value", "text"), [(12.34, "12.3 s"), (0.25, "250 ms"), (0.000_05, "50 µs")])
def test_durations_are_readable(value: float, text: str) -> None:
    assert seconds(value) == text


def test_calls_take_turns() -> None:
    made: list[str] = []
    taken = medians(3, lambda: made.append("ours"), lambda: made.append("peer"))
    assert made == ["ours", "peer"] * 3
    assert len(taken) == 2
    assert min(taken) > 0


def test_sides_that_do_other_work_are_not_compared() -> None:
    agree("the count", 3, 3)
    with pytest.raises(RuntimeError, match="the count is 3 here and 4 there"):
        agree("the count", 3, 4)
