"""Do the texts for people still match the tree: links, files, make targets?"""

import re
from pathlib import Path

import pytest

from tests.support.sources import ROOT, project_files, text_of

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PLACE = re.compile(r"`((?:catalog|docs|fuseki|ontology|requirements|scripts|shapes|tests)/[\w./-]*)`")

PAGES = [path for path in project_files() if path.suffix == ".md"]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _make_targets() -> set[str]:
    rules = re.findall(r"^([a-z ]+):(?!=)", text_of(ROOT / "Makefile"), re.MULTILINE)
    return {target for rule in rules for target in rule.split()}


def _commands(text: str) -> list[str]:
    """What stands in code: indented or fenced lines, and `spans`."""
    return re.findall(r"`([^`\n]+)`", text) + [
        line for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
    ]


def test_the_pages_exist() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= {_name(path) for path in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [
        link.partition("#")[0] for link in LINK.findall(text_of(page)) if "://" not in link and not link.startswith("mailto:")
    ]
    assert not [target for target in targets if target and not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_named_are_targets(page: Path) -> None:
    named = {
        word
        for command in _commands(text_of(page))
        if (match := re.match(r"(?:\$ )?make ([^#]*)", command))
        for word in match[1].split()
        if re.fullmatch(r"[a-z-]+", word)
    }
    assert named <= _make_targets()


def test_places_named_for_contributors_exist() -> None:
    named = PLACE.findall(text_of(ROOT / "CONTRIBUTING.md"))
    assert not [place for place in named if "<" not in place and not (ROOT / place).exists()]
