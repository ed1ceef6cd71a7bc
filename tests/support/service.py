"""The service, run by a real uvicorn, over a catalogue that tests make."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from catalog.api.keys import digest_of, make_key
from catalog.api.server import make_server
from catalog.bootstrap import open_workspace
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.sample import write_sample
from catalog.settings import Settings, load_settings


@dataclass(frozen=True)
class ServedCatalogue:
    """A running service with its keys.

    Attributes
    ----------
    base
        Its address, ending in ``/``; the base of its IRIs too unless another one was asked for.
    port
        Where it listens.
    read_key, write_key
        Keys that it knows.
    settings
        Its settings: `open_workspace` on them changes what it serves.
    """

    base: str
    port: int
    read_key: str
    write_key: str
    settings: Settings

    def client(self, key: str = "", **options: object) -> httpx.Client:
        """An HTTP client of it, anonymous unless a key is given."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.base, headers=headers, timeout=60, **options)  # type: ignore[arg-type]


def listening_socket() -> socket.socket:
    """A socket on a free port of this machine."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio sends at once
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("127.0.0.1", 0))
    return found


@contextmanager
def running(settings: Settings, listener: socket.socket) -> Iterator[None]:
    """The service on a socket, as long as the block runs."""
    server = make_server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        assert time.monotonic() < deadline, "the service did not start within a minute"
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
        assert not thread.is_alive(), "the service did not stop"


@contextmanager
def served(folder: Path, base: str = "", **settings: object) -> Iterator[ServedCatalogue]:
    """A service over the catalogue below a folder, new where there is none; embedded unless ``graph_store`` says otherwise.

    Its base IRI is its address unless one is given; other settings are as given (``api`` excepted, which may hold more members).
    """
    listener = listening_socket()
    port = listener.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    read_key, write_key = make_key(), make_key()
    keys = {"read_keys": digest_of(read_key), "write_keys": digest_of(write_key)}
    more = settings.pop("api", {})
    given = {"graph_store": f"embedded:{folder / 'graphs'}", "archive": str(folder / "archive"), **settings}
    made = load_settings(**given, api={**keys, **more})  # type: ignore[dict-item]
    with open_workspace(made, base=base or address):
        pass
    with running(made, listener):
        yield ServedCatalogue(address, port, read_key, write_key, made)


def take_in(catalogue: ServedCatalogue, url: str | Path, dataset_id: str, access: str = "public", **more: object) -> None:
    """Ingest a store while the service runs."""
    with open_workspace(catalogue.settings) as workspace:
        result = ingest(workspace, IngestRequest(str(url), dataset_id=dataset_id, access=access, **more))  # type: ignore[arg-type]
        assert result.accepted, result


def take_in_samples(catalogue: ServedCatalogue, folder: Path) -> None:
    """Two stores of a laboratory: ``open-lab`` for everybody, ``closed-lab`` for those with a key."""
    for name, access, seed in (("open-lab", "public", 1), ("closed-lab", "restricted", 2)):
        write_sample(folder / f"{name}.zarr", samples=2, seed=seed)
        take_in(catalogue, folder / f"{name}.zarr", name, access)
