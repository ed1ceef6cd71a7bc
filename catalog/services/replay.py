"""Does this read still give the same array, and if not, what changed?

A record names arrays, snapshots, parts and the digests of values. The arrays are looked up in the catalogue as it is now: nothing
in a record says where a store lies, and nothing of it is taken for the metadata that chunks are decoded by. In this order it is
found out whether

1. the dataset and the array are still catalogued (else: gone),
2. the snapshot in force is the recorded one, or the array in it is as it was, or only grew (else: stale),
3. the store still has what is catalogued (else: stale),
4. the values have the recorded shape, data type and SHA-256 (else: changed), as far as the record has these.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from catalog.bridge.array_ref import ArrayRef, resolve_one
from catalog.bridge.canonical_text import parse_canonical
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits
from catalog.bridge.staleness import differences, grown_axis
from catalog.errors import InputError, LimitExceededError, MetadataError, NotFoundError, StaleSnapshotError, ValuesChangedError
from catalog.graphstore.door import GraphStore
from catalog.metadata.array import Array
from catalog.metadata.document import Document, as_object, canonical_json, parse_document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.metadata.read_record import PartRead, ReadRecord
from catalog.rdf.iris import Iris
from catalog.rdf.read_record import parse_record
from catalog.services.provenance import software
from catalog.services.recorded import read_again
from catalog.services.registry import Registry

if TYPE_CHECKING:
    import numpy as np

    from catalog.bridge.coordinates import Reading
    from catalog.bridge.read import StoreAccess
    from catalog.services.provenance import Reading as Read

MAX_RECORD_BYTES: Final = 64 * 2**20
"""Size of a record's file."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One part, read again: the same values.

    Attributes
    ----------
    part
        What was recorded.
    reading
        The array as it is catalogued now, the same part of it, and the values that were recorded.
    notes
        What is otherwise than it was, and does not matter.
    """

    part: PartRead
    reading: "Read"
    notes: tuple[str, ...]

    @property
    def values(self) -> "np.ndarray[Any, Any]":
        """Those that were recorded."""
        return self.reading.values


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay: every part, in order, and what is to be said of the whole."""

    record: ReadRecord
    parts: tuple[Replayed, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """How many parts came back the same, and what is otherwise."""
        notes = [note for part in self.parts for note in part.notes]
        return f"<Replay of {len(self.parts)}, all as recorded{''.join(f'; {note}' for note in (*self.notes, *notes))}>"

    @property
    def values(self) -> "np.ndarray[Any, Any]":
        """The values of the only part.

        Raises
        ------
        InputError
            There are several.
        """
        if len(self.parts) != 1:
            raise InputError(f"the record has {len(self.parts)} parts: their values are in parts[0].values and so on")
        return self.parts[0].values


def load_record(place: str | Path, access: "StoreAccess | None" = None) -> ReadRecord:
    """The record in a file, or at a web address, as the service gives it.

    Parameters
    ----------
    place
        The file, or an address that begins with ``http://`` or ``https://``.
    access
        With which credentials, and what may be reached.

    Raises
    ------
    InputError
        The file cannot be read, or is no record.
    LimitExceededError
        It is larger than a record can be.
    NotFoundError, ForbiddenError, UnavailableError
        The server has none, refuses, or does not answer as it should.
    """
    if isinstance(place, str) and place.startswith(("http://", "https://")):
        return _fetch_record(place, access)
    path = Path(place)
    try:
        size = path.stat().st_size
        if size > MAX_RECORD_BYTES:
            message = f"{str(path)!r} has {size} bytes; a record has at most {MAX_RECORD_BYTES}"
            raise LimitExceededError(message, limit="record", value=size, allowed=MAX_RECORD_BYTES)
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    return parse_record(data, path.name)


def _fetch_record(url: str, access: "StoreAccess | None") -> ReadRecord:
    from catalog.bridge.read import StoreAccess  # noqa: PLC0415  zarr takes a second
    from catalog.stores.one_file import read_file_at  # noqa: PLC0415

    access = access or StoreAccess()
    data = read_file_at(url, max_bytes=MAX_RECORD_BYTES, credentials=access.credentials, outgoing=access.outgoing)
    # What is no JSON is Turtle, of which N-Triples are a part.
    return parse_record(data, "record.jsonld" if data.lstrip()[:1] == b"{" else "record.ttl")


def replay(
    store: GraphStore,
    iris: Iris,
    record: ReadRecord,
    *,
    limits: PlanLimits = DEFAULT_PLAN_LIMITS,
    access: "StoreAccess | None" = None,
) -> Replay:
    """Read again what a record describes.

    Raises
    ------
    NotFoundError
        A dataset is not in the catalogue (any more), or its store is gone.
    StaleSnapshotError
        An array changed in a way that matters; the message has the difference.
    ValuesChangedError
        The metadata are the same, and the chunks hold other values.
    InputError
        The record's selection does not fit its own array.
    LimitExceededError, ForbiddenError, MetadataError, UnavailableError
        As `catalog.bridge.read.read_array`.
    """
    here = software()
    versions = dict(here)
    notes = [
        f"{name} was {before} and is {versions.get(name, 'not installed')}"
        for name, before in record.software
        if versions.get(name) != before
    ]
    if not record.checked:
        notes.append("the stores were not asked whether arrays had changed, and are not now")
    from catalog.bridge.coordinates import Reading  # noqa: PLC0415  zarr takes a second

    how = Reading(access, "always" if record.checked else "never", limits=limits)
    parts = tuple(_replay_part(store, iris, part, how) for part in record.parts)
    return Replay(record, parts, tuple(notes))


def _replay_part(store: GraphStore, iris: Iris, part: PartRead, how: "Reading") -> Replayed:
    from catalog.bridge.reduction import to_steps  # noqa: PLC0415

    before = _recorded_array(part)
    ref, notes = _array_now(store, iris, part, before)
    selection, points = parse_canonical(part.selection, before.shape, before.dimension_names)
    said: list[str] = []
    found = read_again(ref, selection, replace(how, tell=said.append), to_steps(part.reductions), points=points)
    _check_values(part, found.values)
    if not part.sha256:
        said.append(f"the record has no digest of the values of {part.array}: metadata were compared, values were not")
    return Replayed(part, found, (*notes, *said))


def _recorded_array(part: PartRead) -> Array:
    """The array as the record has it; it is compared, and never read by."""
    data = part.document.encode()
    names = canonical_json({"_ARRAY_DIMENSIONS": part.names})
    stated = as_object(parse_document(Document("document", data)).value)
    documents = [Document("zarr.json", data)]
    if stated.get("zarr_format") == 2:
        documents = [Document(".zarray", data), Document(".zattrs", names.encode())]
    try:
        [node] = parse_hierarchy(documents).nodes
    except (MetadataError, ValueError) as error:
        raise InputError(f"the record's document of {part.array} describes no array: {error}") from error
    if not isinstance(node, Array):
        raise InputError(f"the record's document of {part.array} describes no array")
    return replace(node, dimension_names=part.dimension_names)


def _array_now(store: GraphStore, iris: Iris, part: PartRead, before: Array) -> tuple[ArrayRef, list[str]]:
    """The array as the snapshot in force has it, and what is to be noted of it."""
    dataset_id = iris.dataset_id(part.dataset)
    if dataset_id is None:
        raise NotFoundError(f"{part.dataset} is a dataset of another catalogue; this one's begin with {iris.base}datasets/")
    dataset = Registry(store, iris).by_id(dataset_id)
    if dataset is None or dataset.current is None:
        raise NotFoundError(f"the dataset {dataset_id!r} of the record is not in the catalogue any more")
    snapshot = dataset.current.digest
    other = snapshot != part.snapshot_digest
    changed = f"the snapshot in force of {dataset_id!r} is {snapshot[:12]}…"
    changed += f" and was {part.snapshot_digest[:12]}…" if other else ", as it was"
    try:
        ref = resolve_one(store, part.array, iris)
    except (NotFoundError, InputError) as error:  # gone, or a group with arrays below it
        raise StaleSnapshotError(f"{changed}, and {part.array} is no array in it") from error
    if ref.iri != part.array:
        raise StaleSnapshotError(f"{changed}, and {part.array} is no array in it")
    if ref.digest == part.digest:
        return ref, [f"{changed}; {part.array} is the same in both"] if other else []
    axis = grown_axis(before, ref.array)
    if axis is not None:
        sizes = f"from {before.shape[axis]} to {ref.array.shape[axis]}"
        return ref, [f"{changed}; {part.array} grew along axis {axis} {sizes}, and has the recorded part where it was"]
    found = list(differences(before, ref.array))
    if found:
        raise StaleSnapshotError(f"{changed}, and {part.array} changed: {'; '.join(found)}. What was read is not there any more")
    return ref, [f"{changed}; of {part.array} only attributes changed"]


def _check_values(part: PartRead, values: "np.ndarray[Any, Any]") -> None:
    from catalog.bridge.value_digest import digest_of_values, type_of_values  # noqa: PLC0415

    if values.shape != part.shape:
        raise ValuesChangedError(f"the part {part.selection!r} of {part.array} has the shape {values.shape} and had {part.shape}")
    if not part.sha256:
        return
    kind = type_of_values(values)
    if kind != part.data_type:
        raise ValuesChangedError(f"the values of {part.array} have the type {kind} and had {part.data_type}")
    digest = digest_of_values(values)
    if digest != part.sha256:
        raise ValuesChangedError(
            f"the part {part.selection!r} of {part.array} holds other values: their SHA-256 is {digest} and was {part.sha256}."
            " Its metadata are the same, so chunks were written again or are lost"
        )
