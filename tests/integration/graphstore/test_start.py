"""Does the start script say what is wrong, and make secrets that can be used?"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.sources import ROOT


def start(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **settings}
    command = [ROOT / "scripts" / "fuseki", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "x"], "--port takes a number, not 'x'"),
        (["--port"], "--port needs a value"),
        (["--frob"], "unknown option --frob (try --help)"),
        (["secrets"], "unknown option secrets"),
    ],
)
def test_a_wrong_argument_is_named(arguments: list[str], words: str) -> None:
    said = start(*arguments)
    assert said.returncode == 1
    assert words in said.stderr


@pytest.mark.parametrize("value", ["a,b", "a b", "$x", "x\ny", "a=b", "[x]", "ü"])
@pytest.mark.parametrize("name", ["FUSEKI_USER", "FUSEKI_PASSWORD", "FUSEKI_ADMIN_PASSWORD"])
def test_a_secret_that_would_mean_something_in_shiro_ini_is_refused_and_not_repeated(
    tmp_path: Path, name: str, value: str
) -> None:
    said = start("--secrets", "--secrets-in", tmp_path, **{name: value})
    assert said.returncode == 1
    assert name in said.stderr
    assert value not in said.stderr
    assert not (tmp_path / "shiro.ini").exists()


def test_the_admin_is_not_the_writer(tmp_path: Path) -> None:
    assert start("--secrets", "--secrets-in", tmp_path, FUSEKI_USER="admin").returncode == 1


def test_secrets_stay_unless_the_environment_gives_others(tmp_path: Path) -> None:
    def found() -> dict[str, str]:
        return dict(re.findall(r"^(\w+)=(.*)$", (tmp_path / "fuseki.env").read_text(), re.MULTILINE))

    assert start("--secrets", "--secrets-in", tmp_path).returncode == 0
    first = found()
    assert first["FUSEKI_USER"] == "catalog"
    assert len({first["FUSEKI_PASSWORD"], first["FUSEKI_ADMIN_PASSWORD"]}) == 2
    assert all(len(first[name]) >= 32 for name in ("FUSEKI_PASSWORD", "FUSEKI_ADMIN_PASSWORD"))
    assert start("--secrets", "--secrets-in", tmp_path).returncode == 0
    assert found() == first
    assert start("--secrets", "--secrets-in", tmp_path, FUSEKI_PASSWORD="another-one").returncode == 0
    assert found() == first | {"FUSEKI_PASSWORD": "another-one"}
    assert "CATALOG_FUSEKI__PASSWORD=another-one\n" in (tmp_path / "catalog.env").read_text()
    lines = (tmp_path / "shiro.ini").read_text().splitlines()
    assert "catalog = another-one, writer" in lines
    assert not [line for line in lines if re.search(r"@[A-Z_]+@", line)]


def test_without_a_jar_and_maven_it_says_what_to_install(tmp_path: Path) -> None:
    assert "there is no" in start("--fetch", FUSEKI_JAR=str(tmp_path / "none.jar")).stderr


def test_help_tells_every_option() -> None:
    text = start("--help").stdout
    for option in ("--port", "--base", "--secrets", "--secrets-in", "--fetch", "--examples", "--all-interfaces", "JAVA_HOME"):
        assert option in text
