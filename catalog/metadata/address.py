"""Is this a place on the public internet, or one inside somebody's network?

An address inside is this machine, its network, or what a cloud shows to its own machines only. It is told from its number, so
that no spelling hides it. IPv6 counts as public where addresses are given out for the internet, and nowhere else.
Source: IANA, "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry" (RFC 6890); RFC 6052 (NAT64).
"""

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

__all__ = ["is_public_address", "is_public_host", "is_public_location"]

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_INSIDE_NAMES: Final = (".localhost", ".local", ".internal", ".home.arpa")
"""Ends of names that never are of the public internet. Source: RFC 6761, 6762, 8375; ICANN resolution 2024.07.29.06."""
_INSIDE_V4: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "168.63.129.16/32",  # of Azure: what a virtual machine asks for its own settings
        ),
    )
)  # fmt: skip
_PUBLIC_V6: Final = ipaddress.IPv6Network("2000::/3")
_INSIDE_V6: Final = tuple(
    map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20"))
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")


def is_public_address(text: str) -> bool:
    """Whether a number is one of the public internet; ``text`` is an address as the system writes it, without brackets."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return _is_public(address)


def is_public_host(host: str) -> bool:
    """Whether what stands for a host in a URL can be one of the public internet, as far as the text alone tells.

    An address is understood in every spelling that a resolver knows: ``127.1``, ``0x7f000001``, ``2130706433``, IPv4 in IPv6.
    """
    name = host.lower().rstrip(".")
    if name.endswith(_INSIDE_NAMES):
        return False
    try:
        return _is_public(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return _is_public(ipaddress.IPv4Address(socket.inet_aton(name)))
    except (OSError, ValueError):
        return "." in name and ":" not in name  # a name of one word is one of the own network


def is_public_location(location: str) -> bool:
    """Whether a location means the same on every machine and tells nothing of somebody's own network, so that all may see it."""
    scheme, _, rest = location.partition("://")
    if scheme in {"http", "https"}:
        return is_public_host(urlsplit(location).hostname or "")
    return scheme in {"s3", "gs"} and bool(rest)


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _INSIDE_V4)
    if address in _NAT64 or address in _MAPPED:  # these stand for the IPv4 address that they carry
        return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address.scope_id is not None:
        return False
    return address in _PUBLIC_V6 and not any(address in network for network in _INSIDE_V6)
