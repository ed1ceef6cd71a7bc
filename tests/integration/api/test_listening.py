"""Does the service listen where it is told to, and say plainly where it cannot?"""

import socket

import pytest

from catalog.api.listening import bind
from catalog.errors import InputError
from tests.support.service import listening_socket


def test_a_free_port_of_this_machine() -> None:
    [bound] = bind("127.0.0.1", 0)
    with bound:
        bound.listen()
        with socket.create_connection(bound.getsockname(), timeout=10):
            pass


def test_a_port_that_is_taken() -> None:
    with listening_socket() as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"on 127\.0\.0\.1, port {port}: address already in use; choose another place"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["198.51.100.7", "no-such-host.invalid"])  # of documentation (RFC 5737), of nobody
def test_a_host_that_is_not_this_machine(host: str) -> None:
    with pytest.raises(InputError, match=f"cannot listen on {host}"):
        bind(host, 0)
