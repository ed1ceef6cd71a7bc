"""What does the caller of an ingest want?"""

from dataclasses import dataclass
from typing import Any, Literal

from catalog.metadata.dataset import Access
from catalog.stores.freshness import Mode


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """One store, and how it is to be taken in.

    Attributes
    ----------
    url
        Where the store lies.
    dataset_id
        The id it shall have; None: the one it has, else a new one.
    access
        Who may learn of it; None: as recorded, else ``restricted`` where the store needs a credential and ``public`` where not.
    metadata_key
        Key of the consolidated document to use; None: found by itself.
    relocate
        The dataset of that id has moved to this URL.
    dry_run
        Read, describe and validate, and write nothing.
    strict
        What is found wrong in documents, in severity error or warning, stops it: nothing is written.
    freshness
        How far consolidated metadata are checked: ``skip``, ``hint`` or ``prove``.
    trust
        What is taken where consolidated metadata and the members disagree: ``members`` or ``consolidated``.
    require
        Names of profiles whose violations block.
    extents
        Read the ends of coordinates, and what else conventions want of arrays' values.
    store
        What to read through, in place of what the URL names: an fsspec file system, a mapping from key to bytes (an ``FSMap``
        too), or a Store of zarr-python. For the last two, the URL is but the store's name.
    derived
        What the catalogue itself knows of where the store comes from, as canonical N-Triples; None: as recorded.
    """

    url: str
    dataset_id: str | None = None
    access: Access | None = None
    metadata_key: str | None = None
    relocate: bool = False
    dry_run: bool = False
    strict: bool = False
    require: tuple[str, ...] = ()
    extents: bool = True
    store: Any = None
    freshness: Mode = "hint"
    trust: Literal["members", "consolidated"] = "members"
    derived: bytes | None = None
