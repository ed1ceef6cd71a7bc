"""The servers that hold stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.stores import http
from tests.support.http_server import WebServer
from tests.support.s3_server import S3Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    with WebServer(tmp_path) as running:
        yield running


@pytest.fixture
def other(tmp_path: Path) -> Iterator[WebServer]:
    """A second server with the same content: another origin."""
    with WebServer(tmp_path) as running:
        yield running


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are sent again after milliseconds, where no server says when."""
    monkeypatch.setattr(http, "PAUSE_S", 0.002)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running
