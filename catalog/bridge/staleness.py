"""Is this still the array that was catalogued?

One metadata request, of a v2 array two side by side: the array's own documents are compared, member by member, with what the
graph holds. Attributes play no part: they do not change what a chunk means. Dimension names do, for selections go by them;
those of a v2 array lie with its attributes.

An array that only grew along one axis still has every element where it was, so a selection of what was catalogued means the same:
it passes, with a note.

How often an array is looked at is the caller's to say (`Policy`), for each array by itself; a `CheckLog` keeps when each was.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from catalog.bridge.array_ref import ArrayRef
from catalog.errors import CatalogError, InputError, MetadataError, StaleSnapshotError, StoreForbiddenError
from catalog.metadata.array import Array
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, canonical_json, parse_document
from catalog.metadata.hierarchy import parse_node
from catalog.stores.source import Source

Outcomes = Mapping[str, bytes | CatalogError | None]
"""What a store answered, by key."""

MAX_LOGGED: Final = 1_000_000
"""Arrays that one log remembers; the oldest looks are forgotten first."""


@dataclass(frozen=True, slots=True)
class Within:
    """Look at an array again where the last look at it is longer ago.

    Attributes
    ----------
    seconds
        ≥ 0.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise InputError(f"an array cannot be looked at within {self.seconds} seconds: use 0 or more")


Policy = Literal["always", "never"] | Within
"""When to ask the store whether an array is still the one that was catalogued: before each read, never, or now and then."""


class CheckLog:
    """When each array was last found to be as catalogued, and with what note. Threads may share one.

    Parameters
    ----------
    clock
        Seconds that only ever rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._looks: dict[tuple[str, str, str], tuple[float, str]] = {}

    def recent(self, ref: ArrayRef, policy: Policy) -> str | None:
        """The note of the last look, where the policy asks for no new one; else None."""
        if policy == "never":
            return ""
        if policy == "always":
            return None
        with self._lock:
            look = self._looks.get(_identity(ref))
        return look[1] if look is not None and self._clock() - look[0] <= policy.seconds else None

    def record(self, ref: ArrayRef, note: str, began: float) -> None:
        """Keep that an array was as catalogued when a look at it began."""
        with self._lock:
            self._looks.pop(_identity(ref), None)
            self._looks[_identity(ref)] = (began, note)
            if len(self._looks) > MAX_LOGGED:
                del self._looks[next(iter(self._looks))]

    def now(self) -> float:
        """The time that a look is recorded with."""
        return self._clock()


def _identity(ref: ArrayRef) -> tuple[str, str, str]:
    """An array as it was catalogued: another digest or location is another array."""
    return ref.iri, ref.digest, ref.location


def check_by_policy(
    ref: ArrayRef,
    open_source: Callable[[], Source],
    policy: Policy = "always",
    log: CheckLog | None = None,
    limits: DocumentLimits = DEFAULT_LIMITS,
) -> str:
    """Look at an array if the policy says so; a note where it grew, else ``""``.

    Parameters
    ----------
    open_source
        Opens its store; only asked where a look is due.
    log
        What is known of earlier looks; None: nothing.

    Raises
    ------
    StaleSnapshotError, StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
        As `check_fresh`.
    """
    log = log if log is not None else CheckLog()
    known = log.recent(ref, policy)
    if known is not None:
        return known
    began = log.now()
    source = open_source()
    try:
        note = check_fresh(ref, source, limits)
    finally:
        source.close()
    log.record(ref, note, began)
    return note


def check_fresh(ref: ArrayRef, source: Source, limits: DocumentLimits = DEFAULT_LIMITS) -> str:
    """Refuse an array that changed after it was catalogued; a note where it only grew along one axis, else ``""``.

    Where the array has no readable document of its own and was catalogued from a consolidated one, that is compared instead.

    Parameters
    ----------
    ref
        The array as it was catalogued.
    source
        The store at the ref's location.
    limits
        Bounds on the document.

    Raises
    ------
    StaleSnapshotError
        Says what changed, and what to do.
    StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
        The store refused, or did not answer as it should.
    """
    names = ("zarr.json",) if ref.array.zarr_format == 3 else (".zarray", ".zattrs")
    key, *others = (f"{ref.path}/{name}" if ref.path else name for name in names)
    copied = ref.route in {"consolidated", "members"} and ref.metadata_key != key
    consolidated = ref.metadata_key if copied else ""
    outcomes = _read(source, [key, *others], limits, refusable=bool(consolidated))
    found, fault = _array_in(key, outcomes, ref, limits)
    named = all(_is_object(other, outcomes[other], limits) for other in others)
    if found is None and consolidated:
        key, named = consolidated, True
        found, fault = _array_in(key, {key: source.read(key, limits.max_bytes)}, ref, limits)
    if found is None:
        raise StaleSnapshotError(f"{_name(ref)} is not what was catalogued any more: {fault}. Ingest its dataset again")
    if not named and found.dimension_names != ref.array.dimension_names:
        found = replace(found, dimension_names=_other_names(ref, source, outcomes, consolidated, limits))
    axis = grown_axis(ref.array, found)
    if axis is not None:
        was, now = ref.array.shape[axis], found.shape[axis]
        return f"{_name(ref)} grew along axis {axis} after it was catalogued, from {was} to {now}: the selection is of the {was}"
    changes = list(differences(ref.array, found))
    if changes:
        mend = "consolidate the store's metadata, ingest it again" if consolidated and key != consolidated else "ingest it again"
        message = (
            f"{_name(ref)} changed after it was catalogued: {'; '.join(changes)} (in {key!r}). Either {mend}, or use --force"
        )
        raise StaleSnapshotError(f"{message} (from Python connect(check='never')) to read it as it was catalogued")
    return ""


def grown_axis(old: Array, new: Array) -> int | None:
    """The axis along which an array grew, where nothing else that matters changed and every element stayed where it was.

    On a regular grid an element's chunk follows from its own position alone, so a longer axis moves none.
    """
    if len(old.shape) != len(new.shape) or new.layout.chunk_grid.chunk_shape is None:
        return None
    differing = [axis for axis, (was, now) in enumerate(zip(old.shape, new.shape, strict=True)) if was != now]
    if len(differing) != 1 or new.shape[differing[0]] < old.shape[differing[0]]:
        return None
    same = not any(differences(old, replace(new, shape=old.shape)))
    return differing[0] if same else None


def _name(ref: ArrayRef) -> str:
    return f"array {ref.path!r} of {ref.location}"


def _read(source: Source, keys: list[str], limits: DocumentLimits, *, refusable: bool) -> dict[str, bytes | CatalogError | None]:
    """What the store has at each key. The first one must be had, or be told to be gone; some stores refuse what is not there."""
    if len(keys) == 1:
        try:
            return {keys[0]: source.read(keys[0], limits.max_bytes)}
        except StoreForbiddenError as error:
            if not refusable:
                raise
            return {keys[0]: error}
    outcomes = source.read_many(keys, limits.max_bytes)
    first = outcomes[keys[0]]
    if isinstance(first, CatalogError) and not (refusable and isinstance(first, StoreForbiddenError)):
        raise first
    return outcomes


def _is_object(key: str, outcome: bytes | CatalogError | None, limits: DocumentLimits) -> bool:
    return isinstance(outcome, bytes) and isinstance(parse_document(Document(key, outcome), limits).value, dict)


def _other_names(
    ref: ArrayRef, source: Source, outcomes: Outcomes, consolidated: str, limits: DocumentLimits
) -> tuple[str | None, ...]:
    """The dimension names of a v2 array without attributes of its own: those that the consolidated document states, else none.

    Where attributes are there and could not be had, nothing is known against the names that were catalogued.
    """
    if any(isinstance(outcome, CatalogError) for outcome in outcomes.values()):
        return ref.array.dimension_names
    if consolidated:
        copy, _ = _array_in(consolidated, {consolidated: source.read(consolidated, limits.max_bytes)}, ref, limits)
        if copy is not None:
            return copy.dimension_names
    return (None,) * len(ref.array.shape)


def _array_in(key: str, outcomes: Outcomes, ref: ArrayRef, limits: DocumentLimits) -> tuple[Array | None, str]:
    """The array that documents describe at the ref's path; else why there is none, or none that can be read in ``key``."""
    if not isinstance(outcomes[key], bytes):
        return None, f"{key!r} is gone"
    try:
        documents = [Document(each, data) for each, data in outcomes.items() if isinstance(data, bytes)]
        node = parse_node(documents, ref.path, limits)
    except MetadataError as error:
        return None, f"{key!r} cannot be read ({error})"
    if isinstance(node, Array):
        return node, ""
    return None, f"{key!r} {'says that it is a group' if node else 'does not describe it'}"


def differences(old: Array, new: Array) -> Iterator[str]:
    """What changed in a way that matters to reading, in words.

    What only looks different (a member that states its default) is no difference.
    """
    if old.zarr_format != new.zarr_format:
        yield f"the Zarr format is {new.zarr_format} and was {old.zarr_format}"
        return
    if old.shape != new.shape:
        yield f"the shape is {_shown(str(list(new.shape)))} and was {_shown(str(list(old.shape)))}"
    if old.dimension_names != new.dimension_names:
        now, once = (_shown(canonical_json(list(array.dimension_names))) for array in (new, old))
        yield f"the dimension names are {now} and were {once}"
    before, after = _facts(old), _facts(new)
    for what, value in after.items():
        if value != before[what]:
            yield f"{what} is {_shown(value)} and was {_shown(before[what])}"


def _facts(array: Array) -> dict[str, str]:
    """What a reader goes by, as canonical JSON, so that NaN equals itself."""
    layout = array.layout
    grid, encoding = layout.chunk_grid, layout.chunk_key_encoding
    codecs: Json = [[codec.name, codec.role, codec.configuration] for codec in layout.codecs]
    facts: dict[str, Json] = {
        "the data type": layout.data_type.document,
        "the chunk shape": [grid.name, grid.chunk_shape],
        "the chunk key encoding": [encoding.name, encoding.separator],
        "the codec pipeline": codecs,
        "the fill value": layout.fill_value,
        "the memory order": layout.order,
        "the list of extensions": layout.extensions,
    }
    return {what: canonical_json(value) for what, value in facts.items()}


def _shown(value: str) -> str:
    return value if len(value) <= 120 else value[:120] + "…"
