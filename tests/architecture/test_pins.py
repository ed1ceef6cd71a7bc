"""Do the pins cover what pyproject.toml asks for, and nothing that belongs to one machine?"""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = PROJECT["project"]["dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]


def _pins(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    matches = [re.fullmatch(r"([\w.-]+)==([\w.!+]+)( ; .+)?", line) for line in lines]
    assert all(matches), f"not a plain pin: {[line for line, match in zip(lines, matches, strict=True) if not match]}"
    return {canonicalize_name(match[1]): match[2] for match in matches if match}


@pytest.mark.parametrize(("name", "wanted"), [("dev.txt", [*RUN, *DEV]), ("run.txt", RUN)])
def test_every_requirement_is_pinned_to_a_version_it_allows(name: str, wanted: list[str]) -> None:
    pins = _pins(name)
    for requirement in map(Requirement, wanted):
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, f"{requirement}: run `make pins`"


def test_the_image_runs_what_was_tested() -> None:
    assert _pins("run.txt").items() <= _pins("dev.txt").items()
