"""Does the gate count every test once, under its kind?"""

from types import SimpleNamespace

import pytest

from tests.support.counting import KINDS, count_kinds, format_table, kind_of
from tests.support.sources import ROOT, project_files


def _report(nodeid: str) -> SimpleNamespace:
    return SimpleNamespace(nodeid=nodeid)


def test_the_kind_is_the_folder(request: pytest.FixtureRequest) -> None:
    assert kind_of("tests/unit/stores/test_url.py::test_x[a/b]@group") == "unit"
    assert kind_of("tests/test_x.py::test_x") == ""
    assert kind_of("catalog/errors.py::x") == ""
    assert request.node.get_closest_marker("architecture"), "the marker comes from the folder"


def test_each_test_counts_once_and_a_failed_teardown_fails_it() -> None:
    both = "tests/integration/test_a.py::test_both"
    counts = count_kinds(
        {
            "passed": [_report(both), _report("tests/unit/test_a.py::test_1"), _report("tests/unit/test_a.py::test_2")],
            "error": [_report(both)],
            "skipped": [_report("tests/unit/test_a.py::test_3")],
            "warnings": [_report("tests/unit/test_a.py::test_1")],
        }
    )
    assert counts["integration"] == {"failed": 1}
    assert counts["unit"] == {"passed": 2, "skipped": 1}


def test_the_table_names_every_kind() -> None:
    header, *rows = format_table(count_kinds({}))
    assert header.split() == ["kind", "passed", "failed", "skipped"]
    assert [row.split() for row in rows] == [[kind, "0", "0", "0"] for kind in KINDS]


def test_every_kind_has_tests() -> None:
    named = [path.relative_to(ROOT).parts for path in project_files() if path.name.startswith("test_")]
    assert {parts[1] for parts in named if parts[0] == "tests"} >= set(KINDS)
