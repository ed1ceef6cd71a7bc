"""What every graph store must do, whichever it is. Subclasses give the fixture `store`: open to write, empty, answers to 2 MiB.

::

    class TestEmbedded(GraphStoreTests):
        @pytest.fixture
        def store(self, tmp_path):
            with EmbeddedGraphStore(tmp_path, max_answer_bytes=MAX_ANSWER_BYTES) as store:
                yield store
"""

from catalog.graphstore.door import GraphStore, GraphUpdate
from tests.support.graph_content import A, content
from tests.support.graphstore_asking import AskingTests, DefaultGraphTests
from tests.support.graphstore_text import TextTests
from tests.support.graphstore_writing import TermTests, WritingTests

MAX_ANSWER_BYTES = 2 * 1024 * 1024


class GraphStoreTests(WritingTests, TermTests, DefaultGraphTests, AskingTests, TextTests):
    """The behaviour behind the door."""

    def test_it_stands_behind_the_door(self, store: GraphStore) -> None:
        assert isinstance(store, GraphStore)
        assert store.audience == "catalog"

    def test_the_check_finds_nothing_missing(self, store: GraphStore) -> None:
        store.apply([GraphUpdate(A, content(3), b"")])
        found = store.check()
        assert found.usable
        assert {check.outcome for check in found.checks} == {"ok"}, found
        assert {"version", "union-default-graph", "service-closed"} <= {check.name for check in found.checks}
