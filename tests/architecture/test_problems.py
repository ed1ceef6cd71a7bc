"""Does the page of problems name every kind that the code reports, and no other?"""

import ast
import re

from tests.support.sources import ROOT, python_files, text_of

PAGE = ROOT / "docs" / "reference" / "problems.md"
CALLS = {"Problem": 1, "_add": 1, "_refused": 1, "_note": 0, "_RefusedError": 0}
"""Functions that are told a kind, and at which place."""

KIND = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def _trees() -> list[ast.Module]:
    return [ast.parse(text_of(path)) for path in python_files("catalog")]


def told() -> set[str]:
    """The kinds that stand in calls as they are."""
    found = set()
    for call in (node for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        place = CALLS.get(name)
        if place is None:
            continue
        given = [call.args[place]] if len(call.args) > place else [each.value for each in call.keywords if each.arg == "kind"]
        found |= {each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {kind for kind in found if KIND.fullmatch(kind)}


def listed() -> list[str]:
    """The kinds in the first column of the page's tables below the first heading."""
    sections = text_of(PAGE).partition("\n## ")[2]
    rows = re.findall(r"^\| (`.*?) \|", sections, re.MULTILINE)
    return [kind for row in rows for kind in re.findall(r"`([^`]+)`", row)]


def test_every_kind_that_is_told_is_on_the_page() -> None:
    assert len(told()) > 40
    assert not told() - set(listed())


def test_every_kind_on_the_page_stands_in_the_code_once() -> None:
    texts = {node.value for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert not [kind for kind in listed() if kind not in texts]
    assert len(listed()) == len(set(listed()))
