"""What the tests of the bridge share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.unit.bridge.catalogue import Catalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """An empty catalogue."""
    with EmbeddedGraphStore(tmp_path / "graphs") as store:
        yield Catalogue(store)
