from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.services.workspace import Workspace
from tests.support.workspace import open_test_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_test_workspace(tmp_path / "catalogue") as opened:
        yield opened
