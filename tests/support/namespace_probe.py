"""Who is reached from a network of one's own, where every forbidden address is somebody's?

Run as ``unshare --net python -m tests.support.namespace_probe``. It gives this (new, empty) network the addresses, puts a canary
on each, tries every form, and prints as JSON how often each was visited: with the gate closed, and, as a control, with it open.
"""

import contextlib
import json
import logging
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

from catalog.errors import CatalogError, ForbiddenError, InputError
from catalog.stores.arrays import open_array
from catalog.stores.gate import ANYWHERE, Outgoing
from catalog.stores.policy import Timeouts
from catalog.stores.references_targets import TargetRules, Targets
from catalog.stores.source import open_source
from tests.support.canary import Canary
from tests.support.forbidden_urls import forbidden_urls

ADDRESSES = ("127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254")
PORT = 80  # where a cloud's metadata are
TIMEOUTS = Timeouts(connect=2, read=2, total=4, retry=0)
ARRAY = {
    "zarr_format": 3, "node_type": "array", "shape": [1], "data_type": "uint8", "fill_value": 0, "attributes": {},
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1]}},
    "chunk_key_encoding": {"name": "default"}, "codecs": [{"name": "bytes"}],
}  # fmt: skip
_ask = socket.getaddrinfo


def _answers(host: str) -> list[str]:
    """What names lead to here: ``to-127-0-0-1.example.org`` to that address, ``mixed-…`` to a public one, too."""
    first, _, domain = host.partition(".")
    kind, _, number = first.partition("-")
    if domain != "example.org" or kind not in {"to", "mixed"}:
        return []
    address = number.replace("x", ":") if "x" in number else number.replace("-", ".")
    return [address] if kind == "to" else ["93.184.215.14", address]


def _resolve(host: Any, port: Any, *args: Any, **more: Any) -> Any:
    found = _answers(host) if isinstance(host, str) else []
    if not found:
        return _ask(host, port, *args, **more)
    return [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
        if ":" in each
        else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
        for each in found
    ]


def names() -> list[str]:
    """URLs whose text says nothing, and whose name leads inside."""
    numbers = [each.replace(":", "x").replace(".", "-") for each in ADDRESSES]
    return [f"http://{kind}-{number}.example.org/x.zarr" for kind in ("to", "mixed") for number in numbers]


def read_source(url: str, outgoing: Outgoing) -> None:
    """As an ingest begins."""
    source = open_source(url, outgoing=outgoing, timeouts=TIMEOUTS)
    try:
        source.read("zarr.json", 1000)
    finally:
        source.close()


def read_chunk(url: str, outgoing: Outgoing) -> None:
    """As a read of values goes."""
    with open_array(url, "", ARRAY, zarr_format=3, outgoing=outgoing, timeouts=TIMEOUTS) as reader:
        reader.read((slice(0, 1, 1),))


def read_target(url: str, outgoing: Outgoing) -> None:
    """As references of a stranger are followed, whoever reads them."""
    targets = Targets("https://example.org/d/refs.json", TargetRules(timeouts=TIMEOUTS, outgoing=outgoing))

    async def fetch() -> None:
        try:
            await targets.fetch(targets.place(url), 1000, None, None)
        finally:
            await targets.close()

    from catalog.stores.objects import run

    run(fetch())


WAYS: dict[str, Callable[[str, Outgoing], None]] = {"source": read_source, "chunk": read_chunk, "target": read_target}


def probe(outgoing: Outgoing, ways: list[str], urls: list[str]) -> dict[str, Any]:
    """How often each canary was visited, and which URLs were neither refused nor unreadable."""
    let_through: list[str] = []
    with contextlib.ExitStack() as stack:
        canaries = {each: stack.enter_context(Canary(each, PORT)) for each in ADDRESSES}
        for way in ways:
            for url in urls:
                try:
                    WAYS[way](url, outgoing)
                except (InputError, ForbiddenError):
                    continue
                except CatalogError:
                    pass
                let_through.append(f"{way} {url}")
    return {"visits": {each: canary.visits for each, canary in canaries.items()}, "let_through": let_through}


def main() -> None:
    """Prepare the network, try, print."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    run = ["ip", "link", "set", "lo", "up"]
    subprocess.run(run, check=True)
    for address in ADDRESSES:
        if address not in {"127.0.0.1", "::1"}:
            width = ["/128", "nodad"] if ":" in address else ["/32"]
            subprocess.run(["ip", "addr", "add", address + width[0], "dev", "lo", *width[1:]], check=True)
    urls = [*forbidden_urls(ADDRESSES, PORT), *names()]
    with mock.patch.object(socket, "getaddrinfo", _resolve):
        closed = probe(Outgoing(private="refuse"), list(WAYS), urls)
        strangers = probe(ANYWHERE, ["target"], urls)
        control = probe(ANYWHERE, ["source"], urls)
    json.dump({"urls": len(urls), "closed": closed, "strangers": strangers, "control": control}, sys.stdout)


if __name__ == "__main__":
    main()
