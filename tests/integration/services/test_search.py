"""Does the search find on a real Fuseki what brute force finds, and what the embedded store finds?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fuseki import FusekiServer
from tests.support.search_cases import SearchCatalogue, SearchTests, fill
from tests.support.workspace import open_test_workspace


@pytest.fixture(scope="module")
def catalogue(fuseki_server: FusekiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchCatalogue]:
    folder: Path = tmp_path_factory.mktemp("search")
    fuseki_server.clear()
    with fuseki_server.store() as store, open_test_workspace(folder, stores=[store, store]) as workspace:
        yield fill(workspace, folder, 12)
    fuseki_server.clear()


class TestFuseki(SearchTests):
    """The same as on the embedded store."""

    requests = SearchTests.requests // 2
