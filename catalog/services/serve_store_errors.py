"""What may be said of a store that could not be read?

Messages of the floors below name the store, its folder, its host: that is for those who run it. Whoever only sees what is public
is told what happened, and to what they asked for, and nothing of where that lies.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from catalog.errors import (
    CatalogError,
    ConflictError,
    ForbiddenError,
    GraphStoreUnavailableError,
    InputError,
    LimitExceededError,
    MetadataError,
    NotFoundError,
    StaleSnapshotError,
    StoreBusyError,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
)

WORKER_LIMITS: Final = frozenset({"read_s", "read_memory_bytes"})
"""Limits of the processes that read (`catalog.bridge.read_workers`)."""
_PLACE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:^|[\s'\"(<\[=])/[^\s/]")
"""What looks like a URL, or like a path from the root of a machine."""


@contextmanager
def reading_store(what: str, *, public: bool) -> Iterator[None]:
    """Translate what comes out of a store for the caller of the service.

    A store that is not there, or is no store any more, is no fault of the caller and no absent chunk: `StoreUnavailableError`.

    Parameters
    ----------
    what
        What was asked for: an IRI.
    public
        Whether nothing may be said of where the store lies.
    """
    try:
        yield
    except GraphStoreUnavailableError:
        raise
    except CatalogError as error:
        found = _Translated(what, error).told() if public else None
        if found is None and isinstance(error, NotFoundError | InputError):
            found = StoreUnavailableError(str(error))
        if found is None:
            raise
    else:
        return
    raise found


def shown_to_public(error: CatalogError, what: str, known: tuple[str, ...] = ()) -> CatalogError:
    """The error itself where its message tells of no place but those ``known``, else one that does not."""
    text = str(error)
    for each in known:
        text = text.replace(each, "")
    return _Translated(what, error).told() if _PLACE.search(text) else error


class _Translated:
    """One error, in words that name what was asked for and nothing else."""

    def __init__(self, what: str, error: CatalogError) -> None:
        self._what, self._error = what, error

    def told(self) -> CatalogError:
        """The error for the public."""
        what, error = self._what, self._error
        if isinstance(error, ConflictError):
            return StaleSnapshotError(f"{what} changed in its store after it was catalogued; ingest its dataset again")
        if isinstance(error, LimitExceededError) and error.limit in WORKER_LIMITS:
            return error  # names the IRI and a setting alone
        if isinstance(error, LimitExceededError):
            message = f"{what}: what is stored is larger than what is passed on or decoded ({error.limit})"
            return LimitExceededError(message, limit=error.limit, value=error.value, allowed=error.allowed)
        if isinstance(error, StoreUnauthorizedError):
            return StoreUnauthorizedError(f"{what}: its store asks for a valid credential")
        if isinstance(error, StoreForbiddenError):
            return StoreForbiddenError(f"{what}: its store refuses to give it")
        if isinstance(error, ForbiddenError):
            return ForbiddenError(f"{what}: what is stored there may not be read by this service")
        if isinstance(error, MetadataError):
            return MetadataError(f"{what}: what is stored there is not what its metadata say")
        if isinstance(error, StoreBusyError):
            return StoreBusyError(f"{what}: its store is busy; ask again later", error.retry_after)
        return StoreUnavailableError(f"{what}: its store did not answer as it should; ask again later")
