"""Is this still the array that was catalogued?

One metadata request, of a v2 array two side by side: the array's own documents are compared, member by member, with what the
graph holds. Attributes play no part: they do not change what a chunk means. Dimension names do, for selections go by them;
those of a v2 array lie with its attributes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from catalog.bridge.array_ref import ArrayRef
from catalog.errors import CatalogError, MetadataError, StaleSnapshotError, StoreForbiddenError
from catalog.metadata.array import Array
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, canonical_json, parse_document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.source import Source

Outcomes = Mapping[str, bytes | CatalogError | None]
"""What a store answered, by key."""


def check_fresh(ref: ArrayRef, source: Source, limits: DocumentLimits = DEFAULT_LIMITS) -> None:
    """Refuse an array that changed after it was catalogued.

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
    changes = list(differences(ref.array, found))
    if changes:
        mend = "consolidate the store's metadata, ingest it again" if consolidated and key != consolidated else "ingest it again"
        message = (
            f"{_name(ref)} changed after it was catalogued: {'; '.join(changes)} (in {key!r}). Either {mend}, or use --force"
        )
        raise StaleSnapshotError(f"{message} to read it as it was catalogued")


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
        nodes = parse_hierarchy(documents, limits).nodes
    except MetadataError as error:
        return None, f"{key!r} cannot be read ({error})"
    node = next((node for node in nodes if node.path == ref.path), None)
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
