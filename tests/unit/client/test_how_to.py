"""Does the example of the how-to run as it stands?"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from catalog.services.asking.lookup_table import ARRAY, terms_of
from catalog.services.asking.lookups import OPERATORS
from tests.support.sources import ROOT
from tests.unit.client.conftest import write_weather

PAGE = ROOT / "docs" / "how-to" / "python.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    values = write_weather(tmp_path / "weather.zarr")
    monkeypatch.chdir(tmp_path)
    example, points = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(example, str(PAGE), "exec"), made)
    assert "(4, 6, 10) ('time', 'lat', 'lon') float32 (2, 3, 5)" in capsys.readouterr().out
    np.testing.assert_array_equal(made["values"], values[2, 1:4])
    np.testing.assert_array_equal(made["warmest"], values[:, :, :5].max(0))
    np.testing.assert_allclose(made["labelled"].values, values.mean(0))
    assert made["table"]["path"].tolist() == ["ice", "sst"]
    assert len(made["answer"]) == 5
    assert made["hits"][0]["path"] == "sst"
    np.testing.assert_allclose(made["same"], values[2, 1:4].mean(0))
    mean = made["cat"].arrays(dataset="http://localhost:8000/datasets/mean", path="sst").one()
    np.testing.assert_allclose(mean.compute(), made["same"])
    _sample(points, made, values)
    made["cat"].close()


def _sample(lines: str, made: dict[str, Any], values: np.ndarray[Any, Any]) -> None:
    """Run the lines about points: buoys by position, by label, and one whose place is fixed in time."""
    by_position, by_label, fixed, last = lines.strip().splitlines()
    made["buoys"] = pd.DataFrame({"time": [3, 0], "lat": [5, 1], "lon": [9, 2]})
    exec(by_position, made)
    np.testing.assert_array_equal(made["found"].values, [values[3, 5, 9], values[0, 1, 2]])
    made["buoys"] = pd.DataFrame({"time": ["2020-01-04", "2020-01-01"], "lat": [60.2, 52], "lon": [8.6, 2]})
    exec(by_label, made)
    np.testing.assert_array_equal(made["found"].values, [values[3, 5, 9], values[0, 1, 2]])
    exec(fixed, made)
    np.testing.assert_array_equal(made["found"].values, [values[0, 1, 3]])
    exec(last, made)


def test_the_page_names_every_operator_and_synonym() -> None:
    page = PAGE.read_text()
    assert not [name for name in OPERATORS if f"`{name}`" not in page]
    named = re.findall(r"\| what people say \| (.*?) \|", page)[0].replace("`", "").split(", ")
    assert not [name for name in named if name not in terms_of(ARRAY)]
