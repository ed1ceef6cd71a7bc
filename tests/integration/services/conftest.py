"""The real servers that the main job talks to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fuseki import fuseki, fuseki_server  # noqa: F401
from tests.support.s3_server import S3Server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the web server serves."""
    (tmp_path / "served").mkdir()
    return tmp_path / "served"
