"""Does the embedded store behave as every graph store must, and keep its folder from others?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.support.graphstore import MAX_ANSWER_BYTES, GraphStoreTests


class TestEmbedded(GraphStoreTests):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[EmbeddedGraphStore]:
        with EmbeddedGraphStore(tmp_path, max_answer_bytes=MAX_ANSWER_BYTES) as store:
            yield store
