"""Does the benchmark that needs real servers still run, and do requests and bytes still equal the plan?"""

from bench import __main__ as bench
from bench.sizes import TINY


def test_it_gives_figures() -> None:
    figures = bench.run(["requests"], TINY)
    assert figures
    assert all(figure.ours > 0 for figure in figures)
