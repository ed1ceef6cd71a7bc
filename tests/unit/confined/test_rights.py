"""Does a confined process really reach nobody, gain nothing, and become nobody else's user?"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from catalog.confined.process import Confinement, NotStartedError, Process
from catalog.confined.rights import FIRST_USER, NOBODY, Rights

ROOT = str(Path(__file__).resolve().parents[3])


def can(*namespaces: str) -> bool:
    """Whether the system gives a process namespaces of its own, as util-linux asks for them."""
    try:
        return subprocess.run(["unshare", *namespaces, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


NO_NETWORK = can("--user", "--net") or can("--net")


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process("catalog.confined.trial", Confinement(2**28))
    process.wait_until_ready()
    yield process
    process.close()


def test_no_right_is_gained_any_more(process: Process) -> None:
    assert "NoNewPrivs:\t1\n" in Path(f"/proc/{process.pid}/status").read_text()
    assert process.has_network is not NO_NETWORK


def test_who_may_not_have_a_network_does_not_start_with_one() -> None:
    process = Process("catalog.confined.trial", Confinement(2**28, rights=Rights(must_be_alone=True)))
    if NO_NETWORK:
        process.wait_until_ready()
        assert not process.has_network
    else:
        with pytest.raises(NotStartedError):
            process.wait_until_ready()
    process.close()


def test_who_needs_the_network_keeps_it() -> None:
    process = Process("catalog.confined.trial", Confinement(2**28, network=True, rights=Rights(must_be_alone=True)))
    process.wait_until_ready()
    assert process.has_network
    assert Path(f"/proc/{process.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink()
    process.close()


CODE = f"""
import json, os, sys
sys.path.insert(0, {ROOT!r})
from catalog.confined.rights import Rights, confine
del sys.path[:]  # nothing but what the test names has to be readable
kept, closed = sys.argv[1:]
given = confine(2**30, 0, network=False, rights=Rights(own_user=True), reads=[kept])
def refused(act, *arguments):
    try:
        act(*arguments)
    except OSError:
        return True
    return False
print(json.dumps({{'pid': os.getpid(), 'given': [given.network, given.user], 'user': os.getresuid(), 'group': os.getresgid(),
    'groups': os.getgroups(), 'read': open(kept + '/file').read(), 'open': refused(open, closed),
    'remove': refused(os.unlink, closed), 'signal': refused(os.kill, os.getppid(), 0), 'back': refused(os.setuid, 0)}}))
"""


def confined(kept: Path, closed: Path) -> dict[str, Any]:
    arguments = [sys.executable, "-I", "-S", "-c", CODE, str(kept), str(closed)]
    found: dict[str, Any] = json.loads(subprocess.run(arguments, capture_output=True, check=True, text=True).stdout)
    return found


@pytest.fixture
def places() -> Iterator[tuple[Path, Path]]:
    """A folder that everybody may read, and a file that its owner alone may. Pytest lets nobody else into its own folders."""
    with TemporaryDirectory(prefix="catalog-rights-") as folder:
        Path(folder).chmod(0o755)
        kept = Path(folder) / "kept"
        kept.mkdir(mode=0o755)
        (kept / "file").write_text("open")
        closed = Path(folder) / "closed"
        closed.write_text("closed")
        closed.chmod(0o600)
        yield kept, closed


root_alone = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; these tests do not run as root")


@root_alone
def test_of_root_it_becomes_a_user_that_nobody_else_is(places: tuple[Path, Path]) -> None:
    found = confined(*places)
    assert found["given"] == [NO_NETWORK, True]
    (user,) = {*found["user"], *found["group"]}
    assert user in {FIRST_USER + found["pid"], NOBODY}
    assert (found["groups"], found["read"]) == ([], "open")
    assert [found[what] for what in ("open", "remove", "signal", "back")] == [True] * 4


@root_alone
def test_it_stays_who_it_is_where_it_could_not_read(places: tuple[Path, Path]) -> None:
    kept, closed = places
    kept.chmod(0o700)
    found = confined(kept, closed)
    assert (found["given"][1], found["read"], found["groups"]) == (False, "open", os.getgroups())
