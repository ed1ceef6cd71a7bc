"""How many ways are there to write a place that nobody outside may reach?

The forms are those that resolvers, browsers and libraries are known to take for an address: RFC 3986 (URI), RFC 6943 section
3.1.1 (numbers of ``inet_aton``), RFC 4291 (IPv6), UTS 46 (letters and digits of other scripts), WHATWG URL (backslashes,
missing slashes, tabs).
"""

import ipaddress

_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_FULLWIDTH = {ord(c): chr(ord(c) - 0x20 + 0xFF00) for c in "0123456789abcdefghijklmnopqrstuvwxyz"}
_ROUND_LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩ")


def numbers(address: str) -> list[str]:
    """What stands for an IPv4 address where a host is expected."""
    parts = [int(part) for part in address.split(".")]
    whole = int(ipaddress.IPv4Address(address))
    last_two, last_three = parts[2] * 256 + parts[3], whole & 0xFFFFFF
    dotted = [
        address,
        f"{address}.",
        ".".join(f"{part:#x}" for part in parts),
        ".".join(f"0X{part:02X}" for part in parts),
        ".".join(f"0{part:o}" for part in parts),
        ".".join(f"{part:07o}" for part in parts),
        f"{parts[0]:#x}.{parts[1]}.0{parts[2]:o}.{parts[3]}",
        f"{parts[0]}.{parts[1]}.{last_two}",
        f"{parts[0]}.{parts[1]:#x}.{last_two:#x}",
        f"{parts[0]}.{last_three}",
        f"{parts[0]:#o}".replace("o", "") + f".{last_three:#x}",
        address.translate(_CIRCLED),
        address.translate(_FULLWIDTH),
        address.replace(".", "。"),
        address.replace(".", "\uff0e"),
        address.replace(".", "｡"),
        "".join(f"%{ord(c):02X}" for c in address),
        address.replace(".", "%2e"),
    ]
    return [*dotted, str(whole), f"{whole:#x}", f"0x{whole:08X}", f"0{whole:o}", f"{whole:014o}", f"{whole + 2**32}"]


def carriers(address: str) -> list[str]:
    """IPv6 addresses that carry an IPv4 address, in brackets."""
    number = int(ipaddress.IPv4Address(address))
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    turned = number ^ 0xFFFFFFFF
    return [
        f"[::ffff:{address}]",
        f"[::FFFF:{high}:{low}]",
        f"[0:0:0:0:0:ffff:{high}:{low}]",
        f"[0000:0000:0000:0000:0000:ffff:{address}]",
        f"[::{address}]",
        f"[::ffff:0:{address}]",
        f"[64:ff9b::{address}]",
        f"[64:ff9b::{high}:{low}]",
        f"[64:ff9b:1::{high}:{low}]",
        f"[2002:{high}:{low}::]",
        f"[2002:{high}:{low}::1]",
        f"[2001:0:4136:e378:8000:63bf:{turned >> 16:x}:{turned & 0xFFFF:x}]",
        f"[fe80::5efe:{address}]",
        f"[fe80::5efe:{high}:{low}%25lo]",
    ]


def long_forms(address: str) -> list[str]:
    """What stands for an IPv6 address where a host is expected."""
    found = ipaddress.IPv6Address(address)
    return [
        f"[{address}]",
        f"[{address.upper()}]",
        f"[{found.exploded}]",
        f"[{address}%25lo]",
        f"[{address}%lo]",
        f"[v6.{address}]",
    ]


def around(host: str, port: int) -> list[str]:
    """Ways to write a URL whose host is meant to be overlooked."""
    place = f"{host}:{port}"
    return [
        f"http://{place}/x.zarr",
        f"HTTP://{place}/x.zarr",
        f"https://{place}/x.zarr",
        f"http://user@{place}/x.zarr",
        f"http://user:word@{place}/x.zarr",
        f"http://example.org@{place}/x.zarr",
        f"http://example.org:80@{place}/x.zarr",
        f"http://example.org%2F@{place}/x.zarr",
        f"http://example.org%40@{place}/x.zarr",
        f"http://example.org\\@{place}/x.zarr",
        f"http://example.org#@{place}/x.zarr",
        f"http:\\\\{place}\\x.zarr",
        f"http:/\\{place}/x.zarr",
        f"http:{place}/x.zarr",
        f"http:/{place}/x.zarr",
        f"http:///{place}/x.zarr",
        f"http:////{place}/x.zarr",
        f"//{place}/x.zarr",
        f"///{place}/x.zarr",
        f"http://{place}/../x.zarr",
        f" http://{place}/x.zarr",
        f"http://{place}/x.zarr ",
        f"ht\ttp://{place}/x.zarr",
        f"http://{place}/x.zarr\n",
        f"http://\t{place}/x.zarr",
        f"http://example.org/\r\nHost: {place}/x.zarr",
        f"http://{place}/x.zarr.zip",
        f"http://{place}/refs.json",
        f"http://{place}/refs.parq",
        f"http://{place}/x.zarr?a=http://example.org/",
        f"url:http://{place}/x.zarr",
        f"view-source:http://{place}/x.zarr",
        f"jar:http://{place}/x.zip!/",
        f"icechunk+http://{place}/x",
        f"icechunk+icechunk+http://{place}/x",
        f"simplecache::http://{place}/x.zarr",
        f"filecache::http://{place}/x.zarr",
        f"blockcache::http://{place}/x.zarr",
        f"zip://x.zarr::http://{place}/x.zip",
        f"tar://x.zarr::http://{place}/x.tar",
        f"reference::http://{place}/refs.json",
        f"https://example.org/x::http://{place}/x.zarr",
        f"simplecache:%3Ahttp://{place}/x.zarr",
        f"reference://http://{place}/refs.json",
        f"dask::http://{place}/x.zarr",
        f"ftp://{place}/x.zarr",
        f"sftp://{place}/x.zarr",
        f"ssh://{place}/x.zarr",
        f"smb://{place}/x.zarr",
        f"hdfs://{place}/x.zarr",
        f"webhdfs://{place}/x.zarr",
        f"webdav://{place}/x.zarr",
        f"jupyter://{place}/x.zarr",
        f"ws://{place}/x.zarr",
        f"gopher://{place}/x.zarr",
        f"dict://{place}/x.zarr",
        f"ldap://{place}/x.zarr",
        f"tftp://{place}/x.zarr",
        f"github://user:name@{place}/x.zarr",
        f"git://{place}/x.zarr",
        f"file://{place}/x.zarr",
        f"s3://user@{place}/x.zarr",
        f"s3://{place}/x.zarr",
        f"data:application/json;base64,{place}",
    ]


NAMES = (
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "a.localhost", "ip6-localhost",
    "localhost".translate(_ROUND_LETTERS), "localhost".translate(_FULLWIDTH), "metadata.google.internal",
    "metadata.google.internal.", "instance-data", "kubernetes.default.svc.cluster.local", "printer.local", "fuseki",
    "host.docker.internal", "router.home.arpa",
)  # fmt: skip
"""Names of places inside a network, by what their text says."""


def forbidden_urls(addresses: tuple[str, ...], port: int) -> list[str]:
    """URLs that lead, or look as if they led, to a port of one of the addresses; all different."""
    found: list[str] = []
    for address in addresses:
        if ":" in address:
            hosts = long_forms(address)
            found += around(f"[{address}]", port)
        else:
            hosts = [*numbers(address), *carriers(address)]
            found += around(address, port)
        found += [f"http://{host}:{port}/x.zarr" for host in hosts]
    found += [f"http://{name}:{port}/x.zarr" for name in NAMES]
    return list(dict.fromkeys(found))
