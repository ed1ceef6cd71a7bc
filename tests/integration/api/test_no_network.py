"""Do processes that need no network have none, and does the service say so and insist on it where it is told to?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.confined.process import Confinement, Process
from tests.support.canary import Canary

COMMAND = Path(sys.executable).with_name("catalog")
WITHOUT = ["unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"', "sh"]
"""Runs a command that gets no network namespaces from the system, as in many a container."""


def visit(network: bool, canary: Canary) -> tuple[bytes, bool]:
    """What becomes of a connection to the canary from inside a confined process, and whether that has a network."""
    process = Process("tests.support.confined_work", Confinement(2**29, network=network))
    try:
        (said,) = process.ask(json.dumps(["connect", ["127.0.0.1", canary.port]]).encode(), 20)
        return bytes(said), process.has_network
    finally:
        process.close()


def test_nobody_is_reached_from_inside_not_even_this_machine() -> None:
    with Canary() as canary:
        assert visit(True, canary) == (b"connected", True)
        assert canary.visits == 1
        said, has_network = visit(False, canary)
        if has_network:
            pytest.skip(
                "the kernel gives processes no network namespace: user namespaces are forbidden here, and this is no root"
            )
        assert said == b"Network is unreachable"
        assert canary.visits == 1


def serve(tmp_path: Path, before: list[str], **settings: str) -> subprocess.CompletedProcess[str]:
    place = {"CATALOG_GRAPH_STORE": f"embedded:{tmp_path / 'graphs'}", "CATALOG_API__HOST": "host.invalid"}
    given = {**os.environ, **place, **settings}
    return subprocess.run([*before, str(COMMAND), "serve"], env=given, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("required", [False, True])
def test_a_service_says_whether_they_have_one_and_starts_only_without_where_it_has_to(tmp_path: Path, required: bool) -> None:
    try:
        probe = subprocess.run([*WITHOUT, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        pytest.skip(f"util-linux is not installed: {error}")
    if probe.returncode:
        pytest.skip(f"the kernel gives no user namespace in which network namespaces can be forbidden: {probe.stderr.strip()}")
    ended = serve(tmp_path, WITHOUT, CATALOG_WORKERS__REQUIRE_NO_NETWORK=str(required).lower())
    assert ended.returncode != 0, "there is no such host to listen on"
    assert ("CATALOG_WORKERS__REQUIRE_NO_NETWORK" in ended.stderr) is required
    assert ('"without_network": false' in ended.stderr) is not required
