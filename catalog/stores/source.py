"""How are the metadata documents of one store read?

A source knows one store and nothing about Zarr's meaning: it reads a key, many keys at once, and finds the documents below the
root.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

from catalog.errors import CatalogError, Problem
from catalog.metadata.document import DocumentLimits
from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing, locate
from catalog.stores.listing import Found
from catalog.stores.local import LocalSource
from catalog.stores.policy import DEFAULT_READ_LIMITS, Timeouts
from catalog.stores.signs import Glance, Signs
from catalog.stores.url import StoreUrl
from catalog.stores.way import Way, is_local_folder

__all__ = ["Found", "Source", "open_source"]


class Source(Protocol):
    """Metadata documents of one store.

    Attributes
    ----------
    location
        The store's canonical URL; it holds no credential.
    """

    location: str

    @property
    def container(self) -> str:
        """What holds the store: ``""`` for a folder, else the ``kind`` of `catalog.stores.objects.Container`."""
        ...

    @property
    def only(self) -> str:
        """Key of the one document that there is; ``""`` where there may be more."""
        ...

    @property
    def immutable(self) -> str:
        """What names the state that is read, for good; ``""`` where the store may change while it is read."""
        ...

    @property
    def opening(self) -> int:
        """How many of the requests it took to open the store."""
        ...

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found wrong when the store was opened."""
        ...

    @property
    def requests(self) -> int:
        """Requests for metadata that were really made so far, those to open the store included."""
        ...

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """The bytes at a key; None where the store says that there is nothing.

        Raises
        ------
        InputError
            The key is not safe.
        LimitExceededError
            More than ``max_bytes``.
        StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
            The store refused, or did not answer as it should.
        """
        ...

    def read_many(self, keys: Iterable[str], max_bytes: int) -> dict[str, bytes | CatalogError | None]:
        """The bytes at each key, read side by side; an error stands in the place of what could not be read."""
        ...

    def walk(self, limits: DocumentLimits = ..., known: Mapping[str, bytes] | None = None) -> Iterator[Found]:
        """Every metadata document below the root with its bytes, and every problem on the way, in no order.

        Parameters
        ----------
        limits
            Bounds on bytes for each document, and on nodes.
        known
            Documents that were read before; they are not read again.

        Raises
        ------
        ListingRefusedError
            The store does not list what it holds.
        """
        ...

    def list_documents(self) -> list[str]:
        """The keys of all metadata documents below the root, sorted; errors as ``walk``."""
        ...

    def look(self, keys: Collection[str]) -> dict[str, Signs | CatalogError | None]:
        """What the store says of each document without giving it; None where it says that there is none.

        An error stands in the place of what could not be asked.
        """
        ...

    def glance(self) -> Glance | None:
        """The first names below the root in one request; None where the store has no such list; errors as ``read``."""
        ...

    def seen(self, key: str) -> bool:
        """Whether a key of the root is known to be there, as far as that takes no request."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


def open_source(
    url: str | StoreUrl,
    *,
    credentials: Credentials | None = None,
    store: Any = None,
    timeouts: Timeouts | None = None,
    concurrency: int = DEFAULT_READ_LIMITS.concurrency,
    outgoing: Outgoing = ANYWHERE,
) -> Source:
    """The source of a store's metadata documents.

    Parameters
    ----------
    url
        The store: a local path or a URL, of a folder or of something that holds a whole store (see ``container``).
    credentials
        Those that may be used, by URL prefix. User and password in the URL itself come first.
    store
        What to read through, in place of what ``url`` names: an fsspec file system (its own rights and protocols count), a
        mapping from key to bytes, or a Store of zarr-python. For the last two, ``url`` is but the store's name.
    timeouts
        For each HTTP or S3 request.
    concurrency
        Requests at the same time.
    outgoing
        What may be reached.

    Raises
    ------
    InputError, ForbiddenError
        The URL, see ``locate``.
    NotFoundError
        There is no such local folder.
    CatalogError
        As ``open_store``, where the URL names no folder.

    Notes
    -----
    Cost: nothing for a folder, local or remote, unless its name ends like that of a file.
    """
    url = locate(url, store, outgoing)
    way = Way(credentials, store, timeouts, concurrency, outgoing)
    if is_local_folder(url, way):
        return LocalSource(url)
    from catalog.stores.container import open_store
    from catalog.stores.remote import RemoteSource

    opened = open_store(url, way)
    return LocalSource(url) if opened is None else RemoteSource(*opened, concurrency)
