"""What do the conventions want to know that no metadata document says?

Coordinates give the extent of a cube, a file beside the image its instrument. Only what a convention asks for is read, within a
budget, and whatever cannot be had is a reservation: the store is described all the same.
"""

from dataclasses import dataclass
from math import prod

from catalog.bridge.read import StoreAccess
from catalog.errors import CatalogError, LimitExceededError, Problem
from catalog.metadata.array import Array
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.layout import array_document
from catalog.rdf.convention import Given, Scalar, Values, Wanted
from catalog.stores.arrays import ArrayReader, open_array
from catalog.stores.source import open_source
from catalog.stores.url import StoreUrl


@dataclass(frozen=True, slots=True)
class SupplementLimits:
    """What may be read of a store beside its metadata.

    Attributes
    ----------
    max_arrays
        Arrays that are opened.
    max_bytes
        Decoded bytes of one array's chunks that are read.
    max_file_bytes
        Bytes of one file.
    """

    max_arrays: int = 64
    max_bytes: int = 16 * 2**20
    max_file_bytes: int = 16 * 2**20


DEFAULT_SUPPLEMENT_LIMITS = SupplementLimits()


def read_supplements(
    hierarchy: Hierarchy,
    wanted: Wanted,
    url: StoreUrl,
    access: StoreAccess,
    limits: SupplementLimits = DEFAULT_SUPPLEMENT_LIMITS,
) -> tuple[Given, tuple[Problem, ...]]:
    """What is wanted of a store, as far as it can be had, and what could not be had.

    Raises nothing for a store that does not answer: that is among the problems.
    """
    problems: list[Problem] = []
    files = _read_files(wanted.files, url, access, limits, problems)
    arrays = {node.path: node for node in hierarchy.arrays}
    values: dict[str, Values] = {}
    paths = [path for path in dict.fromkeys((*wanted.whole, *wanted.ends)) if path in arrays]
    if len(paths) > limits.max_arrays:
        message = f"{len(paths)} arrays would be read for what they tell of extents and regions; {limits.max_arrays} were"
        problems.append(Problem("", "supplement-limit", message, severity="info"))
    for path in paths[: limits.max_arrays]:
        try:
            values[path] = _read_values(arrays[path], url, access, limits, whole=path in wanted.whole)
        except CatalogError as error:
            message = f"its values were not read, so that extents or regions may be missing: {error}"
            problems.append(Problem(path, "values-not-read", message, severity="info"))
    return Given(files, values), tuple(problems)


def _read_files(
    keys: tuple[str, ...], url: StoreUrl, access: StoreAccess, limits: SupplementLimits, problems: list[Problem]
) -> dict[str, bytes]:
    if not keys:
        return {}
    source = open_source(
        url,
        credentials=access.credentials,
        store=access.store,
        timeouts=access.timeouts,
        allow_protocols=access.allow_protocols,
    )
    try:
        found = source.read_many(keys, limits.max_file_bytes)
    finally:
        source.close()
    for key, outcome in found.items():
        if isinstance(outcome, CatalogError):
            problems.append(Problem(key, "file-not-read", f"{key!r} was not read: {outcome}", severity="info"))
    return {key: data for key, data in found.items() if isinstance(data, bytes)}


def _read_values(array: Array, url: StoreUrl, access: StoreAccess, limits: SupplementLimits, *, whole: bool) -> Values:
    """Elements of one array; whole where it is small, or has one chunk only.

    Raises
    ------
    LimitExceededError
        What is wanted has more bytes than the limit.
    CatalogError
        As ``open_array`` and ``ArrayReader.read``.
    """
    document = array_document(array.layout, array.shape, array.dimension_names)
    with open_array(
        url,
        array.path,
        document,
        zarr_format=array.layout.zarr_format,
        credentials=access.credentials,
        store=access.store,
        allowed_codecs=access.allowed_codecs,
        limits=access.objects,
    ) as reader:
        length, chunk = prod(array.shape), (array.layout.chunk_grid.chunk_shape or array.shape)
        if whole or len(array.shape) != 1 or chunk[0] >= length:
            _within_bytes(array.path, length * reader.dtype.itemsize, limits)
            return Values(_scalars(reader, ()), (), whole=True)
        _within_bytes(array.path, 2 * chunk[0] * reader.dtype.itemsize, limits)
        last = (length - 1) // chunk[0] * chunk[0]
        return Values(_scalars(reader, (slice(0, chunk[0]),)), _scalars(reader, (slice(last, length),)))


def _within_bytes(path: str, size: int, limits: SupplementLimits) -> None:
    if size > limits.max_bytes:
        message = f"{path!r} would take {size} bytes; at most {limits.max_bytes} are read"
        raise LimitExceededError(message, limit="supplements", value=size, allowed=limits.max_bytes)


def _scalars(reader: ArrayReader, selection: tuple[slice, ...]) -> tuple[Scalar, ...]:
    """Elements as Python has them; times as integers in the unit of their data type."""
    values = reader.read(selection)
    if values.dtype.kind in "mM":
        values = values.astype("int64")
    if values.dtype.kind == "S":
        values = values.astype(str)
    return tuple(item if isinstance(item, int | float | str) else None for item in values.ravel().tolist())
