"""Does Fuseki, as the project sets it up, behave as every graph store must?"""

from collections.abc import Iterator

import pytest

from catalog.graphstore.fuseki import FusekiGraphStore
from tests.support.fuseki import FusekiServer
from tests.support.graphstore import MAX_ANSWER_BYTES, GraphStoreTests


class TestFuseki(GraphStoreTests):
    @pytest.fixture
    def store(self, fuseki: FusekiServer) -> Iterator[FusekiGraphStore]:
        with fuseki.store(max_answer_bytes=MAX_ANSWER_BYTES) as store:
            yield store
