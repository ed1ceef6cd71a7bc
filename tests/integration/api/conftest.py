"""One service with sample data for all tests of a process; whoever changes its content makes their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fuseki import fuseki_server
from tests.support.service import ServedCatalogue, served, take_in_samples
from tests.support.sparql_service import embedded_sparql, fuseki_sparql

__all__ = ["embedded_sparql", "fuseki_server", "fuseki_sparql"]


@pytest.fixture(scope="session")
def sample_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    """``open-lab`` for everybody, ``closed-lab`` for those with a key."""
    folder: Path = tmp_path_factory.mktemp("service")
    with served(folder) as catalogue:
        take_in_samples(catalogue, folder)
        yield catalogue
