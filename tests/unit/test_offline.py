"""Are unit tests kept from the network? (That is what the other tests in this folder rely on.)"""

import socket

import pytest


def test_a_connection_is_refused_by_a_failure_that_says_where_such_a_test_belongs() -> None:
    with pytest.raises(AssertionError, match="tests/integration"):
        socket.create_connection(("127.0.0.1", 9), timeout=1)


def test_a_server_is_refused() -> None:
    with pytest.raises(AssertionError, match="tests/integration"):
        socket.create_server(("127.0.0.1", 0))
