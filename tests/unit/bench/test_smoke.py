"""Does every benchmark still run, and do its two sides still do the same work?

Sizes are tiny and no figure is judged: figures mean something only at full size, on a machine that does nothing else.
"""

from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.sizes import TINY

WITH_SERVERS = {"requests", "service", "deaths"}
"""They run in tests/integration/bench."""


@pytest.mark.parametrize("name", [name for name in bench.BENCHMARKS if name not in WITH_SERVERS])
def test_a_benchmark_gives_figures(name: str) -> None:
    figures = bench.run([name], TINY)
    assert figures
    assert all(figure.ours > 0 for figure in figures)
    assert all(figure.peer is None or figure.peer > 0 for figure in figures)


def test_every_module_that_measures_is_run() -> None:
    folder = Path(bench.__file__).parent
    measuring = {path.stem for path in folder.glob("*.py") if "def measure(" in path.read_text(encoding="utf-8")}
    assert measuring == set(bench.BENCHMARKS)


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["reeding"])
    assert "reeding" in capsys.readouterr().err
