"""How is an Icechunk repository read, in one state of it?

A session of one snapshot, which cannot change; what it gives is a Store of zarr-python. References of the repository to files
elsewhere are not followed: they would be read with rights that nobody gave for them.
Source: Icechunk, "Version control" and "Storage".
"""

import importlib
from typing import Any, Final

from catalog.errors import CatalogError, InputError, NotFoundError
from catalog.stores.credential import S3
from catalog.stores.credentials import Credentials
from catalog.stores.injected import ZarrObjects
from catalog.stores.objects import Container, Objects, forbidden, unavailable
from catalog.stores.policy import Timeouts
from catalog.stores.url import StoreUrl

_PROTOCOLS: Final = ("file", "s3")


def open_repository(url: StoreUrl, credentials: Credentials | None, timeouts: Timeouts | None) -> tuple[Objects, Container]:
    """The objects of a repository in the state that its URL names; ``immutable`` of the container is the snapshot's id.

    Raises
    ------
    InputError
        The package ``icechunk`` is not installed, or such a place is not read.
    NotFoundError
        There is no repository, or no such branch, tag or snapshot in it.
    StoreForbiddenError, StoreUnavailableError
        The store refused, or did not answer as it should.
    """
    if url.protocol not in _PROTOCOLS:
        raise InputError(
            f"{url.location}: an Icechunk repository is read from {' and '.join(_PROTOCOLS)}, not from {url.protocol}"
        )
    library = _library(url)
    kind, name = url.version
    outcome: Any
    try:
        repository = library.Repository.open(_storage(library, url, credentials, timeouts or Timeouts()))
    except library.IcechunkError as error:
        outcome = _meaning(library, error, url, "there is no Icechunk repository")
    else:
        try:
            outcome = repository.readonly_session(**{"snapshot_id" if kind == "snapshot" else kind: name})
        except library.IcechunkError as error:
            outcome = _meaning(library, error, url, f"the Icechunk repository has no {kind} {name!r:.200}")
    if isinstance(outcome, CatalogError):
        raise outcome
    # Its store panics, and prints so, where a range of a document ends behind the document.
    return ZarrObjects(url.location, outcome.store, by_size=True), Container("icechunk", immutable=outcome.snapshot_id)


def _library(url: StoreUrl) -> Any:
    try:
        library = importlib.import_module("icechunk")
    except ImportError:
        library = None
    if library is None:
        message = f"{url.location} is an Icechunk repository; to read it, install zarr-linked-catalog[icechunk]"
        raise InputError(f"{message}, or the package icechunk")
    library.set_logs_filter("error")  # it would tell of what only writers need to know
    return library


def _storage(library: Any, url: StoreUrl, credentials: Credentials | None, timeouts: Timeouts) -> Any:
    """Where the repository lies. Requests are anonymous unless a credential is named, as for every store in S3."""
    if url.protocol == "file":
        return library.local_filesystem_storage(url.path)
    _, credential = (credentials or Credentials()).find(url.place) or ("", None)
    found = credential if isinstance(credential, S3) else S3()
    bucket, _, prefix = url.path.partition("/")
    signed = {
        "access_key_id": found.key,
        "secret_access_key": found.secret,
        "session_token": found.token or None,
    }
    return library.s3_storage(
        bucket=bucket,
        prefix=prefix,
        region=found.region or ("us-east-1" if found.endpoint_url else None),
        endpoint_url=found.endpoint_url or None,
        allow_http=found.endpoint_url.startswith("http:"),
        force_path_style=bool(found.endpoint_url),
        network_stream_timeout_seconds=max(1, round(timeouts.read)),
        **({"from_env": True} if found.ambient else signed if found.key and not found.anonymous else {"anonymous": True}),
    )


def _meaning(library: Any, error: Exception, url: StoreUrl, absent: str) -> CatalogError:
    """What an exception of the library means. Its text goes on for pages; the first line says it."""
    if isinstance(error, library.NotFoundError | library.InvalidInputError):
        return NotFoundError(f"{url.location}: {absent}")
    if "AccessDenied" in str(error) or "status: 403" in str(error):
        return forbidden(url.place, "", "access denied")
    reason = str(error).partition("\n")[0][:200]
    return unavailable(url.place, "", f"the Icechunk repository could not be read ({type(error).__name__}: {reason})")
