"""Is docker-compose.yml valid, and does it keep to itself: loopback ports, named volumes, no password?"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.sources import ROOT, text_of

FILE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded = yaml.safe_load(FILE.read_text())
    assert isinstance(loaded, dict)
    return loaded


def _check(path: Path) -> subprocess.CompletedProcess[str]:
    """Validate by the schema of the compose specification, which check-jsonschema carries."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_follows_the_compose_schema() -> None:
    checked = _check(FILE)
    assert checked.returncode == 0, checked.stdout


def test_the_schema_would_refuse_a_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(FILE.read_text().replace("healthcheck:", "health_check:"))
    assert _check(wrong).returncode != 0


def test_what_is_built_is_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert (ROOT / service["build"] / "Dockerfile").is_file(), name


def test_ports_are_open_on_this_machine_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_data_outlives_the_containers_in_declared_volumes(compose: dict[str, Any]) -> None:
    mounts = [mount for service in compose["services"].values() for mount in service["volumes"]]
    named = {mount.partition(":")[0] for mount in mounts if re.match(r"[a-z]", mount)}
    assert named == set(compose["volumes"])


def test_each_server_tells_whether_it_is_well(compose: dict[str, Any]) -> None:
    servers = [service for service in compose["services"].values() if "profiles" not in service]
    assert servers
    assert all("healthcheck" in service for service in servers)


def test_no_secret_is_written_down(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert not [name for name in service.get("environment", {}) if re.search("PASSWORD|SECRET|TOKEN|KEY", name)]
        for file in service.get("env_file", []):
            ignored = subprocess.run(["git", "check-ignore", "--quiet", file], cwd=ROOT, check=False)
            assert ignored.returncode == 0, f"{file} would be committed"


@pytest.mark.parametrize("name", ["Dockerfile", "fuseki/Dockerfile"])
def test_images_do_not_run_as_root(name: str) -> None:
    users = re.findall(r"^USER (\S+)", text_of(ROOT / name), re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}
