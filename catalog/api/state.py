"""What does a running service keep open?

One graph store per audience, opened when it is first asked and shared by all threads, and what is known of the deployment.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from anyio import CapacityLimiter

from catalog.api.keys import parse_digests
from catalog.bootstrap import open_serving_store, open_workspace
from catalog.errors import GraphStoreUnavailableError
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import DEFAULT_BASE, Iris
from catalog.services.deployment import recorded_base
from catalog.settings import Settings
from catalog.stores.gate import Private

if TYPE_CHECKING:
    from catalog.services.workspace import Workspace


class Kept(Protocol):
    """What a service keeps open."""

    def close(self) -> None:
        """Give back what is held."""
        ...


class Service:
    """One deployment, as long as the process serves it.

    Parameters
    ----------
    settings
        Of the deployment.

    Raises
    ------
    InputError
        What the settings hold of a key is no digest; or they name the graph store or credentials in a way that nobody can use.
    """

    def __init__(self, settings: Settings) -> None:
        settings.check()
        self.settings = settings
        self.read_digests = parse_digests(settings.api.read_keys, "CATALOG_API__READ_KEYS")
        self.write_digests = parse_digests(settings.api.write_keys, "CATALOG_API__WRITE_KEYS")
        self._stores: dict[str, GraphStore] = {}
        self._iris: Iris | None = None
        self._opening, self._building = threading.Lock(), threading.Lock()
        self._writing = threading.Lock()
        self._closed = False
        self.limiters: dict[str, CapacityLimiter] = {}
        """Threads for each kind of work that waits (`catalog.api.leaving`); of the event loop."""
        self._kept: dict[Callable[[Service], Kept], Kept] = {}

    def kept[T: Kept](self, build: "Callable[[Service], T]") -> T:
        """What ``build`` makes of this service, made once, shared by all threads, and closed with the service.

        Raises
        ------
        GraphStoreUnavailableError
            The service is being stopped.
        CatalogError
            As ``build`` raises; it is called again then.
        """
        with self._building:
            if self._closed:
                raise GraphStoreUnavailableError("the service is being stopped: ask again in a moment")
            if build not in self._kept:
                self._kept[build] = build(self)
            found = self._kept[build]
        return cast("T", found)

    def store(self, audience: str) -> GraphStore:
        """The graph store of an audience, for reading; safe for threads.

        Raises
        ------
        GraphStoreUnavailableError
            It does not answer, or the service is being stopped.
        """
        with self._opening:
            if self._closed:
                raise GraphStoreUnavailableError("the service is being stopped: ask again in a moment")
            if audience not in self._stores:
                self._stores[audience] = open_serving_store(self.settings, audience)
            return self._stores[audience]

    @property
    def iris(self) -> Iris:
        """The IRIs of the deployment; those of the default base until one is recorded."""
        if self._iris is None:
            base = recorded_base(self.store("catalog"))
            if base is None:
                return Iris(DEFAULT_BASE)
            self._iris = Iris(base)
        return self._iris

    @property
    def root(self) -> str:
        """The path of the first page, by what is known without asking the graph store."""
        return urlsplit(self._iris.base).path if self._iris else "/"

    @contextmanager
    def workspace(self, private: Private = "refuse") -> "Iterator[Workspace]":
        """What a use case that writes needs; one at a time, as each takes the graph store for itself.

        Parameters
        ----------
        private
            ``refuse`` where the request names a store's URL; ``named`` where the URL is the one that the catalogue has.

        Raises
        ------
        GraphStoreUnavailableError
            Others write and do not finish.
        """
        if not self._writing.acquire(timeout=self.settings.lock_timeout_s):
            raise GraphStoreUnavailableError("another request is writing: ask again in a moment")
        try:
            with open_workspace(self.settings, private=private) as workspace:
                yield workspace
        finally:
            self._writing.release()

    def close(self) -> None:
        """Give everything back; calling it again does nothing."""
        with self._opening:
            self._closed = True
            stores, self._stores = list(self._stores.values()), {}
        with self._building:
            kept, self._kept = list(self._kept.values()), {}
        for each in (*kept, *stores):
            each.close()
