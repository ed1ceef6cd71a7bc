"""The servers of these tests."""

from tests.support.fuseki import fuseki, fuseki_server

__all__ = ["fuseki", "fuseki_server"]
