"""What must be written down of a read, so that somebody else can do it again?"""

from dataclasses import dataclass
from typing import Final

from catalog.metadata.document import Json

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class PartRead:
    """One part of one array that was read, and what came of it.

    Attributes
    ----------
    array, dataset, snapshot
        IRIs of the array, of its dataset, and of the snapshot that was in force.
    snapshot_digest
        Digest of that snapshot.
    digest
        Digest of the array as that snapshot has it, attributes included.
    document
        The array's document without attributes, as canonical JSON.
    dimension_names
        One per dimension; None where one has none.
    selection
        The part, by positions, as `catalog.bridge.canonical_text` writes it; or ``points(…)``.
    shape, data_type
        Of the values, as NumPy has them; no type where they were not read for the record.
    sha256
        Of the values, see `catalog.bridge.value_digest`; ``""`` where they were not read for the record.
    requested
        The selection as the caller wrote it; ``""`` where it is not known.
    region
        IRI of the region of interest that was asked for; ``""`` where there was none.
    notes
        How world units and labels became positions.
    reductions
        What was done to the elements while they were read, in this order: a name such as ``mean``, and the axes that went away;
        none: all of them.
    """

    array: str
    dataset: str
    snapshot: str
    snapshot_digest: str
    digest: str
    document: str
    dimension_names: tuple[str | None, ...]
    selection: str
    shape: tuple[int, ...]
    data_type: str = ""
    sha256: str = ""
    requested: str = ""
    region: str = ""
    notes: tuple[str, ...] = ()
    reductions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def points(self) -> bool:
        """Whether there is one value for each of many points."""
        return self.selection.startswith("points(") and self.selection.endswith(")")

    @property
    def names(self) -> Json:
        """The dimension names as a JSON value."""
        return list(self.dimension_names)


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One read, of one part or of many.

    Attributes
    ----------
    id
        IRI of the read; ``urn:uuid:…``.
    started, ended
        When, as ISO 8601 in UTC.
    parts
        What was read, in the order of the results.
    software
        Name and version of what did it; the first one is this program.
    query
        Text of the query whose answer said what to read; ``""`` where there was none.
    agent
        Who read: an IRI, or a name; ``""`` where that is not said.
    checked
        Whether the stores were asked if the arrays were still as they were catalogued.
    """

    id: str
    started: str
    ended: str
    parts: tuple[PartRead, ...]
    software: tuple[tuple[str, str], ...]
    query: str = ""
    agent: str = ""
    checked: bool = True

    def __repr__(self) -> str:
        """What was read, in short; a file has it all."""
        shown = ", ".join(f"{each.array}[{each.selection:.60}] {each.shape}" for each in self.parts[:_SHOWN])
        more = f" and {len(self.parts) - _SHOWN} more" if len(self.parts) > _SHOWN else ""
        return f"<ReadRecord {self.id} of {self.ended}: {shown}{more}>"
