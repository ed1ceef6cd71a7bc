"""What does the catalogue know about a dataset, beside its nodes?"""

from dataclasses import dataclass
from typing import Literal

Access = Literal["public", "restricted"]
MAX_STALE_SHOWN = 100
"""Keys of stale documents that a snapshot names; its report has more."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The immutable state of a dataset's metadata.

    Attributes
    ----------
    digest
        Its name: sha256 over the paths and digests of all nodes.
    source_digest
        sha256 over keys and exact bytes of the documents read; equal for an unchanged store that is read by the same route.
    route, metadata_key, complete, fresh
        How the documents were read, under which key the consolidated one lies, whether all could be read, and how far that one is
        known to be current.
    zarr_formats, groups, arrays, triples
        What was found, and how much was written about it.
    mapping_version, shapes_digest
        What described and what judged it.
    conforms, accepted
        Whether validation gave no result at all, and whether it gave no violation.
    structure, asserted, documents, report
        sha256 of archived objects: the two graphs, the list of documents, the report with its problems.
    generated
        When, as ISO 8601 in UTC.
    proved
        When the members of the consolidated document were read and compared last, likewise; ``""`` for never.
    disagreements, stale
        How many documents the two did not agree on, and the keys of the first of them.
    consolidated_digest
        sha256 over key and exact bytes of the consolidated document; ``""`` where none was used.
    """

    digest: str
    source_digest: str
    route: str
    metadata_key: str
    complete: bool
    fresh: str
    zarr_formats: tuple[int, ...]
    groups: int
    arrays: int
    triples: int
    mapping_version: str
    shapes_digest: str
    conforms: bool
    accepted: bool
    structure: str
    asserted: str
    documents: str
    report: str
    generated: str
    proved: str = ""
    disagreements: int = 0
    stale: tuple[str, ...] = ()
    consolidated_digest: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody's decision that a shape does not block a dataset for a time.

    Attributes
    ----------
    shape
        IRI of the shape.
    owner
        Who answers for it.
    until
        The last day on which it holds, as ISO 8601 in UTC.
    reason
        Why.
    """

    shape: str
    owner: str
    until: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A hierarchy registered under an id.

    Attributes
    ----------
    id, name
        The opaque id, and a readable name.
    location
        URL of the store's root, without credentials.
    access
        ``public`` or ``restricted``.
    part_of
        IRI of the node or dataset that it lies in, where that is catalogued too.
    current
        The snapshot in force; None where the shapes refused every one so far.
    rejected
        The newest snapshot, where the shapes refused it.
    checked
        When its store was last read, as ISO 8601 in UTC.
    waivers
        Shapes that do not block it for a time, by the IRI of the shape.
    """

    id: str
    name: str
    location: str
    access: Access
    part_of: str | None = None
    current: Snapshot | None = None
    rejected: Snapshot | None = None
    checked: str = ""
    waivers: tuple[Waiver, ...] = ()

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot, accepted or not."""
        return self.rejected or self.current
