"""A dataset as a Zarr store: what stands at this key?

A metadata document of the snapshot in force, or a chunk of one of its arrays, as it lies in the dataset's own store. No other key
is served: nothing that lies beside is given out. Chunks are neither decoded nor copied; before they are given, and then every now
and then, the store is asked whether the array is still the one that was catalogued. If not, that is an error
(`StaleSnapshotError`), so that nobody decodes chunks of one state by the metadata of another.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from catalog.archive import Archive
from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.read import StoreAccess, look, open_documents
from catalog.bridge.staleness import CheckLog, Within
from catalog.errors import ForbiddenError, InputError, NotFoundError, StaleSnapshotError, UnavailableError
from catalog.graphstore.door import GraphStore
from catalog.metadata.array import Array
from catalog.metadata.dataset import Dataset, Snapshot
from catalog.metadata.document import Document
from catalog.metadata.key import safe_key
from catalog.rdf.iris import Iris
from catalog.services.known_datasets import KnownDatasets
from catalog.services.serve_store_documents import ServedDocuments
from catalog.services.serve_store_errors import reading_store
from catalog.stores.credentials import Credentials, Headers, is_below
from catalog.stores.documents import read_documents
from catalog.stores.gate import locate
from catalog.stores.signs import Signs
from catalog.stores.stored import OpenStores, Passed, StoredObjects, Wanted
from catalog.stores.url import StoreUrl, join_key, parse_recorded_url, parse_store_url
from catalog.stores.way import Way

PRESIGNED: Final = "presigned"
"""In place of a public prefix: a URL that is signed for each request."""
MAX_KEPT_BYTES: Final = 256 * 2**20
"""Size of the documents of all stores that are kept between requests."""
MAX_KEPT: Final = 64
_LOCKS: Final = 64


@dataclass(frozen=True)
class ServeOptions:
    """What an operator may change.

    Attributes
    ----------
    check_s
        Seconds for which an array that was found as catalogued is not looked at again.
    redirects
        Where chunks are to be had without this service: prefix of a location → the public prefix of the same, or ``presigned``
        for S3. Everything else is passed through.
    signed_s
        Seconds for which a presigned URL holds.
    callers_tokens
        URL prefixes of stores to which a caller's own credential is passed on; it is sent nowhere else.

    Raises
    ------
    InputError
        A prefix, or what it leads to, is no URL without a credential.
    """

    check_s: float = 60.0
    redirects: Mapping[str, str] = field(default_factory=dict)
    signed_s: int = 300
    callers_tokens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        found = {_prefix(name): target if target == PRESIGNED else _public(target) for name, target in self.redirects.items()}
        object.__setattr__(self, "redirects", found)
        object.__setattr__(self, "callers_tokens", tuple(map(_prefix, self.callers_tokens)))


def _prefix(text: str) -> str:
    url = parse_store_url(text)
    if url.credential is not None or url.query or url.container:
        raise InputError(f"{url.location} must be a prefix without user, password and query string")
    return url.location


def _public(text: str) -> str:
    location = _prefix(text)
    if not location.startswith(("http://", "https://")):
        raise InputError(f"{location} is no place that a redirect can lead to: use a URL of http or https, or {PRESIGNED!r}")
    return location


@dataclass(frozen=True, slots=True)
class ServedDocument:
    """A metadata document.

    Attributes
    ----------
    data
        Its bytes.
    etag
        Names them, quoted.
    modified
        When its snapshot was taken, as ISO 8601 in UTC.
    """

    data: bytes
    etag: str
    modified: str


class StoreServer:
    """Serves the datasets of one deployment as Zarr stores. Threads share it.

    Parameters
    ----------
    archive, iris
        Of the deployment.
    access
        How stores are reached.
    options
        What an operator may change.
    """

    def __init__(self, archive: Archive, iris: Iris, access: StoreAccess, options: ServeOptions | None = None) -> None:
        self.options = options or ServeOptions()
        self.iris, self.access = iris, access
        self.log = CheckLog()
        self._archive = archive
        self._datasets = KnownDatasets(iris)
        self._stores = OpenStores(max_age_s=self.options.check_s)
        self._kept: OrderedDict[str, ServedDocuments] = OrderedDict()
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._lock = threading.Lock()

    def open(self, shown: GraphStore, everything: GraphStore, dataset_id: str) -> "ServedStore":
        """A dataset as the audience of a graph store sees it.

        Parameters
        ----------
        shown
            The graph store of that audience: what is not in it, is not there.
        everything
            Says where the store of a public dataset lies, where the public is not told.

        Raises
        ------
        NotFoundError
            There is no such dataset, or nothing of it was ever accepted.
        """
        dataset = self._datasets.find(shown, dataset_id)
        if dataset is None or dataset.current is None:
            raise NotFoundError(f"no dataset is called {dataset_id!r}")
        public = shown.audience == "public"
        location = dataset.location
        if public and not location:
            known = self._datasets.find(everything, dataset_id)
            location = known.location if known is not None and known.access == "public" else ""
        return ServedStore(self, dataset, dataset.current, location, public)

    def close(self) -> None:
        """Give connections back."""
        self._stores.close()

    # -- for the stores that it serves

    def documents(self, store: "ServedStore") -> ServedDocuments:
        """The metadata documents of a store: of the archive, or where that lacks them, of the store if it is still the same.

        Raises
        ------
        UnavailableError, StaleSnapshotError
            They are neither here nor there.
        """
        key = store.snapshot.documents
        with self._lock_for(key):
            with self._lock:
                found = self._kept.get(key)
                if found is not None:
                    self._kept.move_to_end(key)
                    return found
            found = self._read_documents(store)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > 1 and (
                    len(self._kept) > MAX_KEPT or sum(each.size for each in self._kept.values()) > MAX_KEPT_BYTES
                ):
                    self._kept.popitem(last=False)
            return found

    def _read_documents(self, store: "ServedStore") -> ServedDocuments:
        documents: tuple[Document, ...] | None = None
        with suppress(NotFoundError, UnavailableError):
            documents = self._archive.read_documents(store.snapshot.documents)
        if documents is not None:
            return ServedDocuments(documents, self.access.documents)
        key = store.snapshot.metadata_key or None
        with store.reading(store.iri), closing(open_documents(self.url(store.location), self.access)) as source:
            found = ServedDocuments(read_documents(source, known_key=key).documents, self.access.documents)
            if found.hierarchy.digest != store.snapshot.digest:
                raise StaleSnapshotError(
                    f"the archive has lost the documents of {store.iri}, and its store has others now: ingest it again"
                )
            return found

    def check(self, store: "ServedStore", array: Array, access: StoreAccess) -> None:
        """Ask the store, where that is due, whether an array is still the one that was catalogued; errors as `look`."""
        snapshot = store.snapshot
        ref = ArrayRef(
            iri=self.iris.node(store.dataset.id, array.path),
            dataset=store.iri,
            dataset_id=store.dataset.id,
            location=store.location,
            path=array.path,
            array=array,
            digest=array.digest,
            route=snapshot.route,
            metadata_key=snapshot.metadata_key,
        )
        policy = Within(self.options.check_s)
        if self.log.recent(ref, policy) is not None:
            return
        with self._lock_for(ref.iri):  # whoever asks for the next chunk waits for this look, in place of looking, too
            look(ref, access, policy, self.log)

    def url(self, location: str) -> StoreUrl:
        """The store at a location that is recorded, let through the gate."""
        access = self.access
        place = location if access.store is not None else parse_recorded_url(location, access.outgoing.protocols)
        return locate(place, access.store, access.outgoing)

    def borrow(self, url: StoreUrl, access: StoreAccess) -> AbstractContextManager[StoredObjects]:
        """The objects of a store; of one that is read with somebody's own rights, for this one request."""
        way = Way(access.credentials, access.store, access.timeouts, access.objects.concurrency, access.outgoing)
        return self._stores.borrow(url, way) if access is self.access else closing(StoredObjects(url, way))

    def _lock_for(self, name: str) -> threading.Lock:
        return self._locks[hash(name) % _LOCKS]


@dataclass(frozen=True)
class ServedStore:
    """One dataset, as one audience sees it; made by `StoreServer.open`.

    Attributes
    ----------
    dataset, snapshot
        What is recorded of it for this audience, and its state in force.
    location
        Where its store lies; for nobody's eyes.
    public
        Whether the audience is the public.
    """

    server: StoreServer = field(repr=False)
    dataset: Dataset
    snapshot: Snapshot
    location: str = field(repr=False)
    public: bool

    @property
    def iri(self) -> str:
        """IRI of the dataset."""
        return self.server.iris.dataset(self.dataset.id)

    def reading(self, what: str) -> AbstractContextManager[None]:
        """Translates errors of the store for the audience."""
        return reading_store(what, public=self.public)

    def find(self, key: str, token: str = "", query: str = "") -> "ServedDocument | ServedChunk":
        """What stands at a key: a metadata document, or a chunk that may be there.

        Parameters
        ----------
        token
            The caller's own credential for the store, as the value of a header ``Authorization``.
        query
            What came behind a ``?``, decoded.

        Raises
        ------
        InputError
            The key is not safe, or a name in it was cut at a ``#``.
        NotFoundError
            It is neither that of a document nor of a chunk.
        ForbiddenError
            This service passes no credential on to that store.
        UnavailableError, StaleSnapshotError, MetadataError
            The documents are neither in the archive nor in the store.
        """
        documents = self.server.documents(self)
        for each in documents.spellings(safe_key(key), query):
            data = documents.read(each)
            if data is not None:
                name = hashlib.sha256(data).hexdigest()[:32]
                return ServedDocument(data, f'"{name}"', self.snapshot.generated)
            place = documents.chunk(each)
            if place is not None:
                return ServedChunk(self, safe_key(each), place.array, self._access(token))
        if documents.is_cut(key):
            raise InputError(f"{key!r} is the beginning of a name in {self.iri}: write '#' in a name as %23")
        raise NotFoundError(f"{self.iri} has neither a metadata document nor a chunk with the key {key!r}")

    def _access(self, token: str) -> StoreAccess:
        access = self.server.access
        if not token:
            return access
        prefixes = [each for each in self.server.options.callers_tokens if is_below(self.location, each)]
        if not prefixes or not self.location.startswith(("http://", "https://")):
            raise ForbiddenError("this service passes no credential of a caller on to the store of this dataset")
        own = Headers({"Authorization": token})
        return replace(access, credentials=Credentials({max(prefixes, key=len): own}))


@dataclass(frozen=True)
class ServedChunk:
    """A stored object of an array, a chunk or a shard, of which nobody knows yet whether it is there."""

    store: ServedStore
    key: str
    array: Array
    access: StoreAccess = field(repr=False)

    @property
    def iri(self) -> str:
        """IRI of its array."""
        return self.store.server.iris.node(self.store.dataset.id, self.array.path)

    def redirect(self) -> str | None:
        """Where it is to be had without this service; None where it is passed through.

        Never where a caller's own credential came along: a client might send it on.

        Raises
        ------
        StaleSnapshotError, ForbiddenError, UnavailableError
            As `open`.
        """
        server, location = self.store.server, self.store.location
        fitting = [prefix for prefix in server.options.redirects if location and is_below(location, prefix)]
        if not fitting or self.access is not server.access:
            return None
        prefix = max(fitting, key=len)
        target = server.options.redirects[prefix]
        with self._objects() as objects, self.store.reading(self.iri):
            if objects.container:
                return None
            if target == PRESIGNED:
                return objects.sign(self.key, server.options.signed_s)
        return join_key(target.rstrip("/") + location[len(prefix.rstrip("/")) :], self.key)

    def look(self) -> Signs:
        """What its store says of it without giving it; errors as `open`."""
        with self._objects() as objects, self.store.reading(self.iri):
            found = objects.look(self.key)
        if found is None:
            raise self._absent()
        return found

    @contextmanager
    def open(self, wanted: Wanted = (0, None)) -> Iterator[Passed]:
        """The object, or a part of it, while the block runs.

        Raises
        ------
        NotFoundError
            There is no such object: its elements are the fill value.
        StaleSnapshotError
            The array changed in its store after it was catalogued.
        ForbiddenError, UnavailableError, MetadataError, LimitExceededError
            The store refused, or did not answer as it should.
        """
        with self._objects() as objects:
            with self.store.reading(self.iri):
                found = objects.open(self.key, wanted)
            if found is None:
                raise self._absent()
            yield found

    def _absent(self) -> NotFoundError:
        return NotFoundError(f"{self.iri} has no object at the key {self.key!r}: its elements are the fill value")

    @contextmanager
    def _objects(self) -> Iterator[StoredObjects]:
        server, location = self.store.server, self.store.location
        with self.store.reading(self.iri):
            if not location:
                raise NotFoundError(f"this catalogue does not tell where the store of {self.store.iri} lies")
            url = server.url(location)
            server.check(self.store, self.array, self.access)
            borrowed = server.borrow(url, self.access)
            objects = borrowed.__enter__()
        try:
            yield objects
        finally:
            borrowed.__exit__(None, None, None)
