"""How many tests of each kind passed? A kind is a folder below ``tests``."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

KINDS = ("unit", "architecture", "property", "conformance", "integration")

# What pytest calls it. A fixture that failed is a failure; a failure that was expected is as good as a pass.
_WORDS = {"failed": ("failed", "error", "xpassed"), "passed": ("passed", "xfailed"), "skipped": ("skipped",)}
_COLUMNS = ("passed", "failed", "skipped")


def kind_of(nodeid: str) -> str:
    """The kind of a test, from its node id (``tests/unit/…`` is ``unit``); ``""`` outside the folders of kinds."""
    parts = nodeid.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "tests" and parts[1] in KINDS else ""


def count_kinds(stats: Mapping[str, Sequence[Any]]) -> dict[str, Counter[str]]:
    """Count the reports that pytest's terminal keeps, by kind and outcome.

    A test counts once: one that passed and then failed in its teardown is a failure.
    """
    outcome_of: dict[str, str] = {}
    for outcome, words in _WORDS.items():
        for report in (report for word in words for report in stats.get(word, ())):
            outcome_of.setdefault(report.nodeid, outcome)
    counts = {kind: Counter[str]() for kind in (*KINDS, "")}
    for nodeid, outcome in outcome_of.items():
        counts[kind_of(nodeid)][outcome] += 1
    return counts


def format_table(counts: Mapping[str, Counter[str]]) -> Iterable[str]:
    """Lines of a table with one row for each kind; a row for tests without a kind only where there are any."""
    yield f"{'kind':<14}" + "".join(f"{column:>9}" for column in _COLUMNS)
    for kind, row in counts.items():
        if kind or row:
            yield f"{kind or '(none)':<14}" + "".join(f"{row[column]:>9}" for column in _COLUMNS)
