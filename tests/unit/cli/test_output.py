"""What strangers wrote cannot rewrite the screen, and long lists are cut with a count."""

import pytest

from catalog.cli.output import plain, say_problems, say_table
from catalog.errors import Problem


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢", "plain é 漢"),
        ("a\x1b[2Jb", "a\\u001B[2Jb"),
        ("user\u202egnp.exe", "user\\u202Egnp.exe"),
        ("zero\u200bwidth", "zero\\u200Bwidth"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x00\x7f\x9b", "\\u0000\\u007F\\u009B"),
    ],
)
def test_control_and_direction_are_shown_as_escapes(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_the_gravest_problems_come_first_and_the_rest_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem(f"n{i}", f"noted-{i % 8}", "worth knowing", severity="info") for i in range(80)]
    say_problems([*problems, Problem("bad", "broken", "cannot be read", "/shape")])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "  error: /bad at /shape: cannot be read [broken]"
    assert lines[-1] == "  … and 61 more (--json lists them all)"
    assert len(lines) == 21


def test_three_of_a_kind_are_enough(capsys: pytest.CaptureFixture[str]) -> None:
    say_problems([Problem(f"n{i}", "noted", "worth knowing", severity="info") for i in range(30)])
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "  … and 27 more (--json lists them all)"
    assert len(lines) == 4


def test_a_table_in_a_pipe_keeps_its_width(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("iri", "n"), [("http://example.org/" + "x" * 300, 1)])
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["iri", "n"]
    assert row.split() == ["http://example.org/" + "x" * 300, "1"]
