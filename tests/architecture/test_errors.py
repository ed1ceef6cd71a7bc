"""Is every error complete: a code of its own, a status, an exit code, the builtin that it stands for?"""

import importlib
import pkgutil

import pytest

import catalog
from catalog import errors
from catalog.errors import EXIT_CODE, STATUS, CatalogError, exit_code_of, status_of
from tests.support.sources import ROOT, text_of


def _descendants(kind: type[CatalogError]) -> list[type[CatalogError]]:
    return [found for child in kind.__subclasses__() for found in (child, *_descendants(child))]


# Whatever a module defines is among them only once the module is imported.
for module in pkgutil.walk_packages(catalog.__path__, "catalog."):
    importlib.import_module(module.name)
ALL = _descendants(CatalogError)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_has_a_status_and_an_exit_code(kind: type[CatalogError]) -> None:
    raised = kind("what was wrong")
    assert 400 <= status_of(raised) < 600
    assert status_of(raised) != 500, "500 is for what is not ours"
    assert exit_code_of(raised) not in {0, 1}, "1 is for what is not ours"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_is_also_the_builtin_it_stands_for(kind: type[CatalogError]) -> None:
    builtins = [base for base in kind.__mro__ if base.__module__ == "builtins" and base not in (Exception, BaseException, object)]
    assert builtins, f"{kind.__name__} derives from no builtin error but Exception"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_is_drawn_in_the_tree(kind: type[CatalogError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in (CatalogError, *ALL)]
    assert sorted(set(codes)) == sorted(codes)


def test_the_two_tables_hold_the_same_families() -> None:
    assert STATUS.keys() == EXIT_CODE.keys()
    assert len(set(EXIT_CODE.values())) == len(EXIT_CODE), "an exit code tells one family"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_has_its_line_in_the_docs(kind: type[CatalogError]) -> None:
    raised = kind("what was wrong")
    assert f"| `{kind.code}` | {status_of(raised)} | {exit_code_of(raised)} |" in text_of(ROOT / "docs/reference/errors.md")


def test_all_errors_live_in_errors() -> None:
    assert {kind.__module__ for kind in ALL} == {"catalog.errors"}
