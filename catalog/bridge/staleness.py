"""Is this still the array that was catalogued?

One metadata request: the array's own document is compared, member by member, with what the graph holds. Attributes play
no part: they do not change what a chunk means. Of a v2 array the dimension names lie with the attributes, so that they
are not compared either.
"""

from collections.abc import Iterator

from catalog.bridge.array_ref import ArrayRef
from catalog.errors import MetadataError, StaleSnapshotError, StoreForbiddenError
from catalog.metadata.array import Array
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, canonical_json
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.stores.source import Source


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
    name = "zarr.json" if ref.array.zarr_format == 3 else ".zarray"
    key = f"{ref.path}/{name}" if ref.path else name
    consolidated = ref.metadata_key if ref.route == "consolidated" and ref.metadata_key != key else ""
    try:
        data = source.read(key, limits.max_bytes)
    except StoreForbiddenError:
        # Some stores refuse what is not there.
        if not consolidated:
            raise
        data = None
    found, fault = _array_in(key, data, ref, limits)
    if found is None and consolidated:
        key = consolidated
        found, fault = _array_in(key, source.read(key, limits.max_bytes), ref, limits)
    if found is None:
        raise StaleSnapshotError(f"{_name(ref)} is not what was catalogued any more: {fault}. Ingest its dataset again")
    changes = list(differences(ref.array, found))
    if changes:
        mend = "consolidate the store's metadata, ingest it again" if consolidated and key != consolidated else "ingest it again"
        message = (
            f"{_name(ref)} changed after it was catalogued: {'; '.join(changes)} (in {key!r}). Either {mend}, or use --force"
        )
        raise StaleSnapshotError(f"{message} to read it as it was catalogued")


def _name(ref: ArrayRef) -> str:
    return f"array {ref.path!r} of {ref.location}"


def _array_in(key: str, data: bytes | None, ref: ArrayRef, limits: DocumentLimits) -> tuple[Array | None, str]:
    """The array that a document describes at the ref's path; else why there is none."""
    if data is None:
        return None, f"{key!r} is gone"
    try:
        nodes = parse_hierarchy([Document(key, data)], limits).nodes
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
    if old.zarr_format == 3 and old.dimension_names != new.dimension_names:
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
