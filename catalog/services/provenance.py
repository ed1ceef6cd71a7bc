"""Where do these values come from?

What is written down of a read: which arrays of which snapshots, which parts of them, what came of it, and with which software. No
location of a store and no credential is in it; a query stands there as it was written.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from catalog import __version__
from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.canonical_text import canonical_text, points_text
from catalog.bridge.node_ref import ask_rows, is_own
from catalog.bridge.selection import Selection
from catalog.errors import ConflictError, ForbiddenError, InputError, NotFoundError, UnavailableError
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import write_iri
from catalog.metadata.document import canonical_json
from catalog.metadata.layout import array_document
from catalog.metadata.read_record import PartRead, ReadRecord
from catalog.rdf.iris import Iris
from catalog.rdf.read_record import is_agent_iri, record_statements
from catalog.rdf.record_files import RECORD_SUFFIXES, serialise
from catalog.services.registry import Registry

if TYPE_CHECKING:
    import numpy as np

    from catalog.bridge.reduction import Reduction

PROGRAM: Final = "zarr-linked-catalog"
_LIBRARIES: Final = ("numcodecs", "numpy", "zarr", "zarrs")
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of an array, and the values that were read of it.

    Attributes
    ----------
    ref
        The array.
    selection
        The part of it, in positions.
    values
        What `catalog.services.recorded.read_part` or ``read_places`` gave for the two.
    requested
        The selection as the caller wrote it.
    region
        IRI of the region of interest that was asked for.
    notes
        How world units and labels became positions.
    reductions
        What was done to the elements while they were read.
    points
        Whether the selection's axes have one position for each point, and there is one value for each.
    """

    ref: ArrayRef
    selection: Selection
    values: "np.ndarray[Any, Any]"
    requested: str = ""
    region: str = ""
    notes: tuple[str, ...] = ()
    reductions: "tuple[Reduction, ...]" = ()
    points: bool = False

    @property
    def as_stored(self) -> bool:
        """Whether the values are a part of the array as it is, neither reduced nor single points."""
        return not self.reductions and not self.points


@dataclass(frozen=True, slots=True)
class Unread:
    """One part of an array that was given to somebody and is not read again for its record; members as of `Reading`."""

    ref: ArrayRef
    selection: Selection
    requested: str = ""
    notes: tuple[str, ...] = ()
    points: bool = False

    @property
    def region(self) -> str:
        """None that is known."""
        return ""


def record_reads(
    store: GraphStore,
    iris: Iris,
    readings: Sequence[Reading | Unread],
    *,
    query: str = "",
    agent: str = "",
    started: str = "",
    checked: bool = True,
) -> ReadRecord:
    """The record of a read that was just done.

    Parameters
    ----------
    store
        The graph store that the arrays were found in.
    readings
        What was read, in the order of the results; one or more. Of a part that is `Unread`, the record has no digest of values.
    query
        Text of the query whose answer said what to read.
    agent
        Who read: an IRI, or a name.
    started
        When it began, as `now` writes it; when it ended, where that is not known.
    checked
        Whether the stores were asked if the arrays were still as they were catalogued.

    Raises
    ------
    InputError
        There is nothing to be recorded, the agent or a region is no IRI, or the values have no digest.
    ConflictError
        An array was catalogued anew while it was read: read again.
    LimitExceededError
        A selection picks more single positions than a record can name.
    NotFoundError
        A dataset left the catalogue meanwhile.
    """
    if not readings:
        raise InputError("nothing was read, so there is nothing to record")
    for iri in {agent if is_agent_iri(agent) else "", *(reading.region for reading in readings)} - {""}:
        write_iri(iri)
    snapshots = _snapshots(store, iris, [reading.ref for reading in readings])
    ended = now()
    return ReadRecord(
        id=f"urn:uuid:{uuid.uuid4()}",
        started=started or ended,
        ended=ended,
        parts=tuple(_part(reading, iris, snapshots[reading.ref.dataset_id]) for reading in readings),
        software=software(),
        query=query,
        agent=agent,
        checked=checked,
    )


def software() -> tuple[tuple[str, str], ...]:
    """Name and version of this program, and of the libraries that decode chunks."""
    found = [(PROGRAM, __version__)]
    for name in _LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def now() -> str:
    """The time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_record(record: ReadRecord, path: Path) -> None:
    """Write a record to a file; the name's ending says how: ``.jsonld``, ``.json``, ``.ttl`` or ``.nt``.

    Raises
    ------
    InputError
        Another ending, or the folder does not exist.
    ForbiddenError, UnavailableError
        The file cannot be written.
    """
    data = serialise(record_statements(record), path.name)
    try:
        path.write_bytes(data)
    except PermissionError as error:
        raise ForbiddenError(f"{str(path)!r} may not be written: {error.strerror}") from error
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise InputError(f"{str(path)!r} cannot be written: {error.strerror}") from error
    except OSError as error:
        raise UnavailableError(f"{str(path)!r} could not be written: {error.strerror or error}") from error


def check_record_path(path: Path) -> None:
    """Refuse a file that no record can be written to, before anything is read.

    Raises
    ------
    InputError
        Its name has another ending, or its folder does not exist.
    """
    if path.suffix.lower() not in RECORD_SUFFIXES:
        raise InputError(f"--record is {str(path)!r}; a name that ends in {', '.join(RECORD_SUFFIXES)} is allowed")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--record is {str(path)!r}; its folder does not exist")


def _snapshots(store: GraphStore, iris: Iris, refs: Iterable[ArrayRef]) -> dict[str, str]:
    """Digest of the snapshot in force of each dataset, in which each of these arrays is as it was read."""
    digests = {ref.iri: ref.digest for ref in refs}
    registry, ids = Registry(store, iris), sorted({ref.dataset_id for ref in refs})
    for _ in range(_ATTEMPTS):
        found = _current(registry, ids)
        rows = ask_rows(store, iris, "array-facts", "node", list(digests))
        present = {row["node"]: row["digest"] for row in rows if is_own(row)}
        changed = [iri for iri, digest in digests.items() if present.get(iri) != digest]
        if changed:
            raise ConflictError(f"{changed[0]} was catalogued anew while it was read: read it again")
        if found == _current(registry, ids):
            return found
    raise ConflictError("the datasets are catalogued anew again and again while they are read: try again later")


def _current(registry: Registry, ids: Sequence[str]) -> dict[str, str]:
    known = registry.by_ids(ids)
    missing = [each for each in ids if each not in known or known[each].current is None]
    if missing:
        raise NotFoundError(f"the dataset {missing[0]!r} left the catalogue while it was read")
    return {each: dataset.current.digest for each, dataset in known.items() if dataset.current}


def _part(reading: Reading | Unread, iris: Iris, snapshot: str) -> PartRead:
    ref, array = reading.ref, reading.ref.array
    write = points_text if reading.points else canonical_text
    stated = PartRead(
        array=ref.iri,
        dataset=ref.dataset,
        snapshot=iris.snapshot(ref.dataset_id, snapshot),
        snapshot_digest=snapshot,
        digest=ref.digest,
        document=canonical_json(array_document(array.layout, array.shape, array.dimension_names)),
        dimension_names=array.dimension_names,
        selection=write(reading.selection, array.dimension_names),
        shape=reading.selection.shape[:1] if reading.points else reading.selection.shape,
        requested=reading.requested,
        region=reading.region,
        notes=tuple(sorted(set(reading.notes))),
    )
    if isinstance(reading, Unread):
        return stated
    from catalog.bridge.value_digest import digest_of_values, type_of_values  # noqa: PLC0415  NumPy takes its time

    return replace(
        stated,
        shape=tuple(int(size) for size in reading.values.shape),
        data_type=type_of_values(reading.values),
        sha256=digest_of_values(reading.values),
        reductions=tuple((each.name, each.axes) for each in reading.reductions),
    )
