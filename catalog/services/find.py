"""Which stores below a prefix could be ingested, and what was left out?"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from catalog.errors import Problem
from catalog.stores.credentials import Credentials
from catalog.stores.find import DEFAULT_FIND_LIMITS, Candidate, FindLimits, find_roots
from catalog.stores.gate import ANYWHERE, Outgoing


@dataclass(frozen=True, slots=True)
class FindResult:
    """The end of a search.

    Attributes
    ----------
    location
        The prefix's canonical URL.
    found, folders, listings, requests
        Candidates, folders looked into, lists of names, and all requests.
    complete
        Whether nothing was left out.
    """

    location: str
    found: int
    folders: int
    listings: int
    requests: int
    complete: bool

    def to_dict(self) -> dict[str, Any]:
        """The object that ``find --json`` prints last."""
        return asdict(self)


def find(
    prefix: str,
    tell: Callable[[Candidate | Problem], None],
    *,
    credentials: Credentials | None = None,
    outgoing: Outgoing = ANYWHERE,
    limits: FindLimits = DEFAULT_FIND_LIMITS,
    only_stores: bool = False,
) -> FindResult:
    """Look for stores below a prefix and tell of each as soon as it is found; nothing is written.

    Parameters
    ----------
    prefix
        A local folder, ``s3://bucket/prefix``, or the URL of a folder that a web server lists.
    tell
        Called with each candidate, and with each problem.
    only_stores
        Leave out what only its name tells: zip files, references.

    Raises
    ------
    InputError, ForbiddenError, NotFoundError, UnavailableError
        The prefix cannot be named, listed or reached.
    """
    search = find_roots(prefix, credentials=credentials, outgoing=outgoing, limits=limits)
    found = 0
    for item in search:
        if isinstance(item, Candidate):
            if only_stores and item.kind != "zarr":
                continue
            found += 1
        tell(item)
    return FindResult(search.location, found, search.folders, search.listings, search.requests, search.complete)
