"""Does the search find what brute force finds, on the embedded store?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.search_cases import SearchCatalogue, SearchTests, fill
from tests.support.workspace import open_test_workspace


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchCatalogue]:
    folder: Path = tmp_path_factory.mktemp("search")
    with open_test_workspace(folder) as workspace:
        yield fill(workspace, folder)


class TestEmbedded(SearchTests):
    """The same as on Fuseki."""
