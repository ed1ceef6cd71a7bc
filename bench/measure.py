"""How long does a call take, and how does that compare with its peer?"""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["faster", "at most", "information"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio should be.

    Attributes
    ----------
    kind
        ``faster``: the ratio is peer / ours and should be at least ``limit``; ``at most``: it is ours / peer and should be at
        most ``limit``; ``information``: it is ours / peer and nothing is asked of it. Nor is it where ``limit`` is 0.
    """

    kind: Kind = "information"
    limit: float = 0.0

    def ratio(self, ours: float, peer: float) -> float:
        """The ratio that the goal is about."""
        return peer / ours if self.kind == "faster" else ours / peer

    def met(self, ratio: float) -> bool | None:
        """Whether a ratio is as it should be; None where nothing is asked."""
        if self.kind == "information" or not self.limit:
            return None
        return ratio >= self.limit if self.kind == "faster" else ratio <= self.limit

    def __str__(self) -> str:
        if not self.limit:
            return ""
        signs = {"faster": f">= {self.limit:g}", "at most": f"<= {self.limit:g}", "information": ""}
        return signs[self.kind]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    ours, peer
        Medians in seconds; ``peer`` is None where there is nothing to compare with.
    note
        What the line's figures are of, where the name does not say it all.
    unit
        ``s``, or nothing where they are ratios of counts.
    """

    name: str
    ours: float
    peer: float | None = None
    goal: Goal = Goal()
    note: str = ""
    unit: Literal["s", ""] = "s"

    @property
    def ratio(self) -> float | None:
        """The ratio that the goal is about."""
        return None if self.peer is None else self.goal.ratio(self.ours, self.peer)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return None if self.ratio is None else self.goal.met(self.ratio)

    def cells(self) -> tuple[str, ...]:
        """The line's columns as text."""
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}"
        met = {True: "yes", False: "NO", None: ""}[self.met]
        shown = seconds if self.unit else "{:.6g}".format
        peer = "" if self.peer is None else shown(self.peer)
        return self.name, shown(self.ours), peer, ratio, str(self.goal), met, self.note


HEADER = ("name", "ours", "peer", "ratio", "goal", "met?", "note")


def seconds(value: float) -> str:
    """A duration, readable."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} µs"


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines of text."""
    rows = [HEADER, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that a call took, and what it gave; garbage of the calls before is collected first."""
    gc.collect()
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def medians(runs: int, *calls: Callable[[], Any]) -> list[float]:
    """The median of the seconds that each call took.

    The calls take turns, so that what else happens on the machine meets them alike.
    """
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(runs):
        for times, call in zip(taken, calls, strict=True):
            times.append(timed(call)[0])
    return [statistics.median(times) for times in taken]


def median(values: Sequence[float]) -> float:
    """The median of some durations."""
    return statistics.median(values)


def agree(what: str, ours: object, theirs: object) -> None:
    """Stop where both sides did not do the same work.

    Raises
    ------
    RuntimeError
        They gave different results.
    """
    if ours != theirs:
        raise RuntimeError(f"the benchmark compares different things: {what} is {ours!r} here and {theirs!r} there")
