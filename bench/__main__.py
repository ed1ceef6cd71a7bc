"""``python -m bench``: measure, and print a table of ratios."""

import argparse
import importlib
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.measure import Figure, table
from bench.sizes import DEFAULT, TINY, Sizes

BENCHMARKS = (
    *("reading", "conversion", "ingestion", "values", "requests"),
    *("by_uri", "points", "validating", "stations", "growth", "service", "deaths"),
)
"""Modules of this package, each with ``measure(sizes, folder)``."""


def run(names: list[str], sizes: Sizes) -> list[Figure]:
    """The figures of some benchmarks, one after the other; each has a folder of its own, which is removed."""
    figures: list[Figure] = []
    for name in names:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="catalog-bench-") as folder:
            for figure in importlib.import_module(f"bench.{name}").measure(sizes, Path(folder)):
                print("  ".join(filter(None, figure.cells())), file=sys.stderr)
                figures.append(figure)
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return figures


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; a goal that is missed is no error, as the machine may have been busy."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which of {', '.join(BENCHMARKS)}; all where none is named")
    parser.add_argument("--runs", type=int, help=f"how often each call is timed ({DEFAULT.runs})")
    parser.add_argument("--large", action="store_true", help="let the catalogue grow to 1,000,000 arrays (an hour more)")
    parser.add_argument("--tiny", action="store_true", help="only see that everything runs")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    sizes = TINY if chosen.tiny else DEFAULT
    if chosen.large:
        sizes = replace(sizes, datasets=(1, 10, 100, 1000), store_arrays=(1_000, 10_000, 40_000))
    if chosen.runs:
        sizes = replace(sizes, runs=chosen.runs)
    print(table(run(chosen.names or list(BENCHMARKS), sizes)))


if __name__ == "__main__":
    main()
