"""How does a whole store get to where a URL says: all of it, or nothing?

On this machine it is moved into its place when it is complete. In an object store, the documents come after the chunks and the
root's document last, so that nobody finds half a store; what fails on the way takes back what was written. Nothing that is there
is ever overwritten.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from catalog.errors import CatalogError, ForbiddenError, InputError, StoreForbiddenError, StoreUnavailableError
from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing, locate
from catalog.stores.objects import SETTING, FsspecObjects
from catalog.stores.policy import Timeouts
from catalog.stores.remote import open_objects
from catalog.stores.url import StoreUrl
from catalog.stores.writer import Block, write_store

_SIDE_BY_SIDE: Final = 8
_ROOT: Final = "zarr.json"


@dataclass
class WrittenStore:
    """A store that was just written.

    Attributes
    ----------
    location
        Its canonical URL.
    objects
        How many objects it has.
    """

    location: str
    objects: int
    _remove: Callable[[], None] = field(repr=False)

    def remove(self) -> None:
        """Take back what was written, and nothing else.

        Raises
        ------
        StoreForbiddenError, StoreUnavailableError
            It could not be removed.
        """
        self._remove()


def write_store_at(
    url: str,
    documents: Mapping[str, bytes],
    values: Iterable[tuple[str, Iterable[Block]]] = (),
    *,
    credentials: Credentials | None = None,
    timeouts: Timeouts | None = None,
    outgoing: Outgoing = ANYWHERE,
) -> WrittenStore:
    """Write a whole Zarr v3 store to a path or URL.

    Parameters
    ----------
    url
        A path, or a URL of an allowed protocol that can be written: ``file``, ``s3``, ``memory``, or another of fsspec.
    documents
        Metadata documents by key; the root's among them.
    values
        Path and values of each array that has some, in blocks of whole chunks (or shards).
    credentials, timeouts, outgoing
        As for ``open_source``.

    Raises
    ------
    InputError
        There is something at that place already, or stores of this protocol cannot be written.
    ForbiddenError, StoreForbiddenError, StoreUnavailableError
        It may not or could not be written; nothing is left of it.
    """
    place = check_writable(url, outgoing=outgoing)
    if place.protocol == "file":
        folder = Path(place.path)
        write_store(folder, documents, values)
        count = sum(1 for path in folder.rglob("*") if path.is_file())
        return WrittenStore(place.location, count, lambda: _remove_folder(folder))
    with tempfile.TemporaryDirectory(prefix="catalog-save-") as scratch:
        staged = Path(scratch) / "store"
        write_store(staged, documents, values)
        return _Upload(place, credentials, timeouts, outgoing).run(staged)


def check_writable(url: str, *, outgoing: Outgoing = ANYWHERE) -> StoreUrl:
    """The place that a URL names, if stores can be written there at all.

    Raises
    ------
    InputError, ForbiddenError
        They cannot, or the URL cannot be used.
    """
    place = locate(url, None, outgoing)
    if place.protocol in {"http", "https"} or place.container or place.query:
        raise InputError(f"{place.location} cannot be written: name a folder, or an s3:// URL")
    return place


def _remove_folder(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreUnavailableError(f"{str(folder)!r} could not be removed again: {error.strerror or error}") from error


class _Upload:
    """One store on its way to an object store."""

    def __init__(self, place: StoreUrl, credentials: Credentials | None, timeouts: Timeouts | None, outgoing: Outgoing) -> None:
        objects = open_objects(place, credentials=credentials, timeouts=timeouts, concurrency=_SIDE_BY_SIDE, outgoing=outgoing)
        if not isinstance(objects, FsspecObjects):
            raise InputError(f"{place.location} cannot be written: name a folder, or an s3:// URL")
        self._place, self._objects = place, objects
        self._system, self._root = objects.written_through
        self._done: list[str] = []

    def run(self, staged: Path) -> WrittenStore:
        self._refuse_what_is_there()
        keys = sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
        documents = [key for key in keys if key.rpartition("/")[2] == _ROOT]
        chunks = [key for key in keys if key.rpartition("/")[2] != _ROOT]
        try:
            for batch in (chunks, [key for key in documents if key != _ROOT], [_ROOT]):
                with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
                    # All have ended when the pool closes, so that what is taken back afterwards stays away.
                    for outcome in [pool.submit(self._put, key, staged / key) for key in batch]:
                        outcome.result()
        except BaseException:
            self._take_back()
            raise
        return WrittenStore(self._place.location, len(keys), self._remove)

    def _refuse_what_is_there(self) -> None:
        if self._attempt("", lambda: self._system.exists(self._root)):
            raise InputError(f"there is something at {self._place.location} already; name a place where nothing is yet")

    def _put(self, key: str, file: Path) -> None:
        path = f"{self._root}/{key}"
        self._done.append(key)
        self._attempt(key, lambda: self._system.pipe_file(path, file.read_bytes()))

    def _take_back(self) -> None:
        """Remove what was written, as far as that is possible; the first failure is what is told."""
        for key in reversed(self._done):
            try:
                self._system.rm_file(f"{self._root}/{key}")
            except Exception:  # noqa: S112 - what was never written cannot be removed either
                continue

    def _remove(self) -> None:
        for key in reversed(self._done):
            self._attempt(key, lambda key=key: self._system.rm_file(f"{self._root}/{key}"))  # type: ignore[misc]

    def _attempt(self, key: str, action: Callable[[], Any]) -> Any:
        fault: CatalogError | None = None
        where = f"{self._place.location}/{key}".rstrip("/")
        try:
            return action()
        except FileNotFoundError:
            return None
        except PermissionError:
            reason = f"{where}: the store refuses to have it written; a credential that may belongs in {SETTING}"
            fault = StoreForbiddenError(reason)
        except NotImplementedError:
            fault = ForbiddenError(f"{where}: stores of this protocol cannot be written")
        except Exception as error:  # any library may be behind this door, and its text may hold a signed URL
            fault = StoreUnavailableError(f"{where}: could not be written ({type(error).__name__})")
        raise fault
