"""Does this connection lead where it may?

A name is judged by what it leads to, at the moment when it counts: each address that a resolver gives is checked, the connection
goes to one of those very addresses, and the socket for it checks once more. So neither a name with two kinds of addresses nor one
that changes its mind between two questions gets further; a number in the URL, which no resolver sees, is checked by the socket.
"""

import asyncio
import socket
from typing import Any, Final

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from catalog.metadata.address import is_public_address

__all__ = ["checked_connections", "refusal_in"]

_ANY_PORT: Final = 9


class _PrivateAddressError(PermissionError):
    """A connection would go to an address that is not public. It names none: that would tell a stranger of the network.

    Raised inside the library, which passes on what an operating system may raise; the callers make a `ForbiddenError` of it.
    """


def checked_connections(watched: bool) -> dict[str, Any]:
    """What makes a connector of aiohttp, or of aiobotocore, connect to public addresses only; nothing where it need not."""
    return {"resolver": _CheckedResolver(), "socket_factory": _checked_socket} if watched else {}


def refusal_in(error: BaseException) -> bool:
    """Whether an error of the library is there because an address was refused."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        if isinstance(each, _PrivateAddressError):
            return True
        seen.add(id(each))
        inner = getattr(each, "os_error", None)
        pending += [each.__cause__, each.__context__, inner if isinstance(inner, BaseException) else None]
    return False


class _CheckedResolver(AbstractResolver):
    """The system's resolver; one address that is not public spoils the whole answer."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await ThreadedResolver(asyncio.get_running_loop()).resolve(host, port, family)
        for each in found:
            _check(each["host"])
        return found

    async def close(self) -> None:
        """Nothing is kept open."""


def _checked_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for an address as ``getaddrinfo`` gives it."""
    family, kind, protocol, _, place = address
    _check(str(place[0]))
    return socket.socket(family, kind, protocol)


def _check(address: str) -> None:
    if not is_public_address(address) or _is_own(address):
        raise _PrivateAddressError("the server's name leads to an address that is not public")


def _is_own(address: str) -> bool:
    """Whether an address is one of this machine's: the system would go there from the same address. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, _ANY_PORT))
            own: str = probe.getsockname()[0]
    except OSError:
        return False  # nothing leads there
    return own == address
