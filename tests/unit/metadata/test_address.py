"""Which addresses are public? Expected values are those of the IANA registries (RFC 6890)."""

import ipaddress

import pytest

from catalog.metadata.address import is_public_address, is_public_host
from tests.support.forbidden_urls import NAMES, carriers, long_forms, numbers

# IANA IPv4 and IPv6 Special-Purpose Address Registries: first and last address of each block that is not globally reachable.
INSIDE = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/128", "::1/128", "::ffff:0:0/104", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip


@pytest.mark.parametrize("block", INSIDE)
def test_the_ends_of_each_special_block_are_inside(block: str) -> None:
    network = ipaddress.ip_network(block)
    for address in (network[0], network[-1]):
        assert not is_public_address(str(address))
        assert not is_public_host(str(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2000::", "2001:200::1", "2606:4700:4700::1111",
        "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::808:808",
    ],
)  # fmt: skip
def test_their_neighbours_are_public(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize("text", ["", "x", "127.1", "1", "8.8.8.8.", "[::1]", "8.8.8.8/32", "2606:4700::1%eth0", "①.1.1.1"])
def test_what_the_system_does_not_write_so_is_no_public_address(text: str) -> None:
    assert not is_public_address(text)


def test_azure_tells_its_machines_their_settings_from_an_address_that_looks_public() -> None:
    assert not is_public_address("168.63.129.16")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
def test_no_spelling_of_a_number_makes_a_host_public(address: str) -> None:
    hosts = [host for host in numbers(address) if host.isascii() and "%" not in host]
    hosts += [host.strip("[]") for host in carriers(address)]
    assert len(hosts) > 25
    unread = str(int(ipaddress.IPv4Address(address)) + 2**32)  # a word, to inet_aton
    assert [host for host in hosts if is_public_host(host)] == []
    assert unread in hosts


@pytest.mark.parametrize("address", ["::1", "fd00:ec2::254"])
def test_no_spelling_of_ipv6_makes_a_host_public(address: str) -> None:
    assert [host for host in long_forms(address) if is_public_host(host.strip("[]"))] == []


def test_names_inside_are_told_by_their_end() -> None:
    assert [name for name in NAMES if name.isascii() and is_public_host(name)] == []
