"""Where does the service listen? Sockets are bound before anything is said of them: a wrong place is one plain message."""

import errno
import socket

from catalog.errors import InputError

__all__ = ["bind"]

_NOT_HERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def bind(host: str, port: int) -> list[socket.socket]:
    """A bound socket for each address that a host has on this machine; at least one.

    Parameters
    ----------
    host
        Name or address.
    port
        0 to 65535; 0: one that is free.

    Raises
    ------
    InputError
        The host has no address, or none of this machine, or the port is taken or not allowed.
    """
    bound, fault = list[socket.socket](), OSError()
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in places:
            try:
                bound.append(_bound(socket.socket(family, kind, protocol), address))
            except OSError as error:
                fault = error
                if error.errno not in _NOT_HERE:
                    raise
        if not bound:
            raise fault
    except OSError as error:
        for each in bound:
            each.close()
        why = (error.strerror or str(error)).lower()
        raise InputError(
            f"the service cannot listen on {host}, port {port}: {why}; "
            "choose another place with --host and --port, or CATALOG_API__HOST and CATALOG_API__PORT"
        ) from error
    return bound


def _bound(made: socket.socket, address: tuple[object, ...]) -> socket.socket:
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has a socket of its own
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
