"""Is this a set of kerchunk references, and what is the store that it describes?

A set of references makes a Zarr store out of files of other formats: the metadata documents stand in the set, and each chunk is
named as a part of some file. It comes as JSON, or as a folder of Parquet files for sets that are too large for that.

The reader is our own, because what a set names is not to be trusted: templates are not run, and each target is held against the
rules of ``TargetRules`` before anything is opened.
Source: kerchunk, "References specification".
"""

from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing
from catalog.stores.objects import Objects, run
from catalog.stores.policy import DEFAULT_READ_LIMITS, Timeouts
from catalog.stores.references_json import DEFAULT_REFERENCE_LIMITS, ReferenceLimits, ReferenceSet, is_references
from catalog.stores.references_objects import ReferenceObjects
from catalog.stores.references_parquet import ParquetReferences, is_parquet_references
from catalog.stores.references_targets import TargetRules, Targets
from catalog.stores.url import StoreUrl

__all__ = [
    "DEFAULT_REFERENCE_LIMITS",
    "ReferenceLimits",
    "ReferenceObjects",
    "is_parquet_references",
    "is_references",
    "open_parquet_references",
    "open_references",
]


def open_references(
    location: str,
    data: bytes,
    *,
    credentials: Credentials | None = None,
    timeouts: Timeouts | None = None,
    concurrency: int = DEFAULT_READ_LIMITS.concurrency,
    outgoing: Outgoing = ANYWHERE,
    limits: ReferenceLimits = DEFAULT_REFERENCE_LIMITS,
) -> ReferenceObjects:
    """The store that a reference file in JSON describes. No target is opened before a chunk is read.

    Parameters
    ----------
    location
        The file's canonical URL. Relative targets lie in its folder.
    data
        Its bytes: JSON, or JSON in gzip or Zstandard.
    credentials, timeouts, concurrency
        For requests to targets. Each target has the credential of its own prefix.
    outgoing
        What targets may be reached, see ``TargetRules``.
    limits
        Bounds on the set.

    Raises
    ------
    LimitExceededError
        The set is larger than the limits.
    MetadataError
        It is no JSON, no set of references, or of a version that is not known.
    """
    rules = TargetRules(credentials or Credentials(), timeouts or Timeouts(), concurrency, outgoing)
    return ReferenceObjects(location, ReferenceSet(location, data, limits), Targets(location, rules))


def open_parquet_references(
    url: StoreUrl,
    objects: Objects,
    *,
    credentials: Credentials | None = None,
    timeouts: Timeouts | None = None,
    concurrency: int = DEFAULT_READ_LIMITS.concurrency,
    outgoing: Outgoing = ANYWHERE,
    document: bytes | None = None,
) -> ReferenceObjects:
    """The store that a folder of references in Parquet describes. A Parquet file is read when a chunk of it is.

    Parameters
    ----------
    url
        The folder. Relative targets lie where the folder itself lies, as they do for a reference file.
    objects
        What is in the folder; closed together with the store.
    credentials, timeouts, concurrency, outgoing
        As for ``open_references``.
    document
        The bytes of ``.zmetadata`` where they were read before.

    Raises
    ------
    NotFoundError, MetadataError
        There is no ``.zmetadata``, or it is none of a set of references.
    InputError
        Once a chunk is read: the package ``pyarrow`` is not installed.
    """
    rules = TargetRules(credentials or Credentials(), timeouts or Timeouts(), concurrency, outgoing)
    lookup = ParquetReferences(
        url.location, objects, run(ParquetReferences.read_document(objects)) if document is None else document
    )
    return ReferenceObjects(url.location, lookup, Targets(url.location, rules))
