"""What every test gets: its kind from its folder, a clean environment, no network below integration, the corpora."""

import gc
import os
import socket
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import hypothesis
import pytest

from tests.support.corpora import find_corpora
from tests.support.counting import KINDS, count_kinds, format_table, kind_of

OFFLINE = {"unit", "property"}
CI = os.environ.get("CI") == "true"

# Cores are shared, so time says nothing about a test; what continuous integration tries must be the same each time.
hypothesis.settings.register_profile("catalog", deadline=None, derandomize=CI, print_blob=True)
hypothesis.settings.load_profile("catalog")


def pytest_configure(config: pytest.Config) -> None:
    for kind in KINDS:
        config.addinivalue_line("markers", f"{kind}: given by the folder tests/{kind}")
    for name in list(os.environ):
        if name.startswith("AWS_") or (name.startswith("CATALOG_") and name != "CATALOG_CORPORA"):
            del os.environ[name]
    # A server in Java runs for seconds here: it costs half the processor time where little is compiled.
    os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector off thousands of tests, which stay to the end: it would look at each of them again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its kind."""
    for item in items:
        if kind := kind_of(item.nodeid):
            item.add_marker(kind)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let a test that is meant to be offline fail when it reaches for the network."""
    if kind_of(item.nodeid) not in OFFLINE:
        return (yield)
    with mock.patch.object(socket.socket, "connect", _refuse), mock.patch.object(socket.socket, "bind", _refuse):
        return (yield)


def _refuse(sock: socket.socket, address: object) -> NoReturn:
    sock.close()  # else the complaint about an open socket would come on top
    raise AssertionError(f"a unit or property test opened a socket ({address!r}): tests with servers belong in tests/integration")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_sep("=", "tests by kind")
    for line in format_table(count_kinds(terminalreporter.stats)):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the user's own catalogue."""
    with mock.patch.dict(os.environ, {"XDG_DATA_HOME": str(tmp_path_factory.mktemp("data"))}):
        yield


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Folder of the corpora; without it the test is skipped, and in continuous integration it fails."""
    folder = find_corpora()
    if not folder.is_dir():
        reason = f"no corpora at {folder}: set CATALOG_CORPORA to their folder"
        pytest.fail(reason) if CI else pytest.skip(reason)
    return folder
