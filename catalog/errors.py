"""What can go wrong, by who must act.

::

    CatalogError
    ├── InputError              400  the caller's argument is wrong                      (ValueError)
    ├── ForbiddenError          403  a policy, or a missing right                        (PermissionError)
    │   ├── StoreUnauthorizedError   the store answered 401: no credential, or a wrong one
    │   ├── StoreForbiddenError      the store answered 403: the credential may not do this
    │   │   ├── ListingRefusedError  the store gives documents by name, but no list of names
    │   │   └── WebPageError         a web page came where data belong: a login page, or one for whatever is not there
    │   ├── LinkOutsideError         a link leads out of a local store
    │   └── NotAFileError            something that is no regular file stands where a document or chunk should be
    ├── NotFoundError           404  no such dataset, node, store or URI                 (LookupError)
    ├── ConflictError           409  it contradicts what is recorded                     (RuntimeError)
    │   ├── StaleSnapshotError       the array changed after it was catalogued
    │   └── ValuesChangedError       a record says that the same read gave other values
    ├── LimitExceededError      413  a limit, named with its figure                      (ValueError)
    ├── MetadataError           422  what was read is wrong; ``problems`` lists it all   (ValueError)
    ├── NonConformantError      422  the shapes refuse it; ``report`` says why           (ValueError)
    └── UnavailableError        503  try again: network, graph store, lock               (ConnectionError)
        ├── StoreUnavailableError    the Zarr store did not answer as it should
        │   └── StoreBusyError       it asks to be asked later (429, SlowDown); ``retry_after`` has the seconds
        ├── GraphStoreUnavailableError
        │   └── NoSuchServiceError  the server answers, but has no SPARQL service at this address
        └── EndpointUnavailableError a SPARQL endpoint of somebody else, which a query names, did not answer as it should

A message says what was wrong, the value, what is allowed and what to do. It never holds a credential.
``code`` is stable; ``STATUS`` and ``EXIT_CODE`` map every family to an HTTP status and a process exit code.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found wrong in what was read; the rest is still described.

    Attributes
    ----------
    path
        Path of the node or document inside the hierarchy; ``""`` is the root.
    kind
        Stable word for the kind of problem, kebab-case, such as ``invalid-json``.
    message
        What was wrong, the value, and what is allowed.
    pointer
        JSON pointer inside the document (RFC 6901); ``""`` is the whole document.
    severity
        ``error``: a node or document could not be described as it stands; ``warning``: described with a reservation;
        ``info``: worth knowing.
    line, column
        Where it stands in the text of its document, both from 1; 0 where that is not known.
    """

    path: str
    kind: str
    message: str
    pointer: str = ""
    severity: Severity = "error"
    line: int = 0
    column: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The problem as the JSON object that reports print."""
        return asdict(self)


class CatalogError(Exception):
    """Base of every error that this package raises on purpose."""

    code = "catalog"


class InputError(CatalogError, ValueError):
    """The caller's argument is wrong: another value is needed."""

    code = "input"


class ForbiddenError(CatalogError, PermissionError):
    """A policy forbids it, or a right is missing."""

    code = "forbidden"


class StoreUnauthorizedError(ForbiddenError):
    """The Zarr store asked for a credential (401)."""

    code = "store-unauthorized"


class StoreForbiddenError(ForbiddenError):
    """The Zarr store refused the request (403)."""

    code = "store-forbidden"


class ListingRefusedError(StoreForbiddenError):
    """The store gives documents by name, but no list of names."""

    code = "listing-refused"


class WebPageError(StoreForbiddenError):
    """A web page came where data belong: a login page, or a page for whatever is not there."""

    code = "web-page"


class LinkOutsideError(ForbiddenError):
    """A link leads out of the store's root."""

    code = "link-outside"


class NotAFileError(ForbiddenError):
    """Something that is no regular file stands where a document or chunk should be."""

    code = "not-a-file"


class NotFoundError(CatalogError, LookupError):
    """Nothing has that name; ``near`` holds names that come close."""

    code = "not-found"

    def __init__(self, message: str, near: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.near = tuple(near)


class ConflictError(CatalogError, RuntimeError):
    """It contradicts what is recorded."""

    code = "conflict"


class StaleSnapshotError(ConflictError):
    """The array's structure changed in its store after it was catalogued: ingest it again."""

    code = "stale-snapshot"


class ValuesChangedError(ConflictError):
    """A read that a record describes gives other values now, though the array's metadata are the same."""

    code = "values-changed"


class LimitExceededError(CatalogError, ValueError):
    """A limit would be exceeded; nothing was read."""

    code = "limit-exceeded"

    def __init__(self, message: str, *, limit: str = "", value: int = 0, allowed: int = 0) -> None:
        super().__init__(message)
        self.limit, self.value, self.allowed = limit, value, allowed


class MetadataError(CatalogError, ValueError):
    """What was read cannot be described at all; ``problems`` lists everything that was found."""

    code = "metadata"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NonConformantError(CatalogError, ValueError):
    """The shapes refuse it; ``report`` is the validation report."""

    code = "non-conformant"

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class UnavailableError(CatalogError, ConnectionError):
    """Something outside did not answer; the same call may succeed later."""

    code = "unavailable"


class StoreUnavailableError(UnavailableError):
    """The Zarr store did not answer as it should; where ``broken``, the connection ended in mid-answer, so it is asked again."""

    code = "store-unavailable"
    broken = False


class StoreBusyError(StoreUnavailableError):
    """The Zarr store asks to be asked later; ``retry_after`` holds the seconds where it says how many."""

    code = "store-busy"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class GraphStoreUnavailableError(UnavailableError):
    """The graph store did not answer, or another process is writing to it."""

    code = "graph-store-unavailable"


class NoSuchServiceError(GraphStoreUnavailableError):
    """The graph store's server answers, but has no SPARQL service at this address."""

    code = "no-such-service"


class EndpointUnavailableError(UnavailableError):
    """A SPARQL endpoint of somebody else, which a query names, did not answer as it should."""

    code = "endpoint-unavailable"


# One row per family: HTTP status, process exit code. Exit code 1 is any other failure, 2 wrong usage (as in every shell tool).
STATUS: dict[type[CatalogError], int] = {
    InputError: 400,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    LimitExceededError: 413,
    MetadataError: 422,
    NonConformantError: 422,
    UnavailableError: 503,
}
EXIT_CODE: dict[type[CatalogError], int] = {
    InputError: 2,
    ForbiddenError: 3,
    NotFoundError: 4,
    ConflictError: 5,
    LimitExceededError: 6,
    MetadataError: 7,
    NonConformantError: 8,
    UnavailableError: 9,
}


def _by_family(table: dict[type[CatalogError], int], error: BaseException, default: int) -> int:
    return next((table[kind] for kind in type(error).__mro__ if kind in table), default)


def status_of(error: BaseException) -> int:
    """HTTP status of an error; 500 for what is not ours."""
    return _by_family(STATUS, error, 500)


def exit_code_of(error: BaseException) -> int:
    """Process exit code of an error; 1 for what is not ours."""
    return _by_family(EXIT_CODE, error, 1)
