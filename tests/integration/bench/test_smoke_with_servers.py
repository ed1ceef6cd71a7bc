"""Do the benchmarks that need real servers still run, and do requests and bytes still equal the plan?"""

import pytest

from bench import __main__ as bench
from bench.sizes import TINY


@pytest.mark.parametrize("name", ["requests", "service", "deaths"])
def test_it_gives_figures(name: str) -> None:
    figures = bench.run([name], TINY)
    assert figures
    assert all(figure.ours > 0 for figure in figures)
