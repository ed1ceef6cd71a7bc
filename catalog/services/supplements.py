"""What do the conventions want to know that no metadata document says?

Coordinates give the extent of a cube, a file beside the image its instrument. Only what a convention asks for is read, within a
budget, and whatever cannot be had is a reservation: the store is described all the same. Everything is read through the access
that reads the metadata, so that the same store tells the same over every route.
"""

from dataclasses import dataclass, field
from math import prod

from catalog.bridge.read import StoreAccess
from catalog.errors import CatalogError, ForbiddenError, LimitExceededError, Problem, UnavailableError
from catalog.metadata.array import Array
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.layout import array_document
from catalog.rdf.convention import Given, Scalar, Values, Wanted
from catalog.services.budget import DEFAULT_SUPPLEMENT_LIMITS, SupplementLimits
from catalog.stores.arrays import ArrayReader, open_array
from catalog.stores.source import open_source
from catalog.stores.url import StoreUrl

__all__ = ["DEFAULT_SUPPLEMENT_LIMITS", "SupplementLimits", "read_supplements"]


def read_supplements(
    hierarchy: Hierarchy,
    wanted: Wanted,
    url: StoreUrl,
    access: StoreAccess,
    limits: SupplementLimits = DEFAULT_SUPPLEMENT_LIMITS,
) -> tuple[Given, tuple[Problem, ...]]:
    """What is wanted of a store, as far as it can be had, and what could not be had.

    Raises nothing for a store that does not answer: that is among the problems.

    Notes
    -----
    At most two requests per array along one dimension, one after the other.
    """
    problems: list[Problem] = []
    files = _read_files(wanted.files, url, access, limits, problems)
    if not limits.values:
        return Given(files), tuple(problems)
    reader = _ValueReader(url, access, limits)
    reader.read({node.path: node for node in hierarchy.arrays}, wanted)
    return Given(files, reader.values), (*problems, *reader.problems)


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
        outgoing=access.outgoing,
    )
    try:
        found = source.read_many(keys, limits.max_file_bytes)
    finally:
        source.close()
    for key, outcome in found.items():
        if isinstance(outcome, CatalogError):
            problems.append(Problem(key, "file-not-read", f"{key!r} was not read: {outcome}", severity="info"))
    return {key: data for key, data in found.items() if isinstance(data, bytes)}


@dataclass(slots=True)
class _ValueReader:
    """Reads values of arrays within one budget.

    Attributes
    ----------
    spent
        Decoded bytes so far.
    requests, absent
        Chunks asked for, and those of them that the store does not have.
    """

    url: StoreUrl
    access: StoreAccess
    limits: SupplementLimits
    values: dict[str, Values] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    spent: int = 0
    requests: int = 0
    absent: int = 0

    def read(self, arrays: dict[str, Array], wanted: Wanted) -> None:
        paths = [path for path in dict.fromkeys((*wanted.ends, *wanted.whole)) if path in arrays]
        if len(paths) > self.limits.max_arrays:
            message = f"{len(paths)} arrays would tell of extents and regions; {self.limits.max_arrays} were read"
            self.problems.append(Problem("", "supplement-limit", message, severity="info"))
        for path in paths[: self.limits.max_arrays]:
            try:
                self.values[path] = self._read(arrays[path], whole=path in wanted.whole)
            except CatalogError as error:
                message = f"its values were not read, so that extents or regions may be missing: {error}"
                kind = "values-unavailable" if isinstance(error, UnavailableError) else "values-not-read"
                self.problems.append(Problem(path, kind, message, severity="info"))
                if isinstance(error, UnavailableError | ForbiddenError) and not self.values:
                    break  # whoever does not answer, or refuses, does so for all; what was described stands
        if self.requests and self.absent == self.requests:
            self.values.clear()
            message = f"none of the {self.requests} chunks that would tell of extents is in the store: it holds metadata alone"
            self.problems.append(Problem("", "no-chunks", message, severity="info"))

    def _read(self, array: Array, *, whole: bool) -> Values:
        """Elements of one array; whole where that was wanted, or where it has one chunk only along its first dimension.

        Raises
        ------
        LimitExceededError
            What is wanted has more bytes than the limits leave.
        CatalogError
            As ``open_array`` and ``ArrayReader.read``.
        """
        document = array_document(array.layout, array.shape, array.dimension_names)
        with open_array(
            self.url,
            array.path,
            document,
            zarr_format=array.layout.zarr_format,
            credentials=self.access.credentials,
            store=self.access.store,
            timeouts=self.access.timeouts,
            outgoing=self.access.outgoing,
            allowed_codecs=self.access.allowed_codecs,
            limits=self.access.objects,
        ) as reader:
            try:
                return self._ends(array, reader, whole=whole)
            finally:
                self.requests += reader.requests
                self.absent += reader.absent

    def _ends(self, array: Array, reader: ArrayReader, *, whole: bool) -> Values:
        # Of a shard, the inner chunks at its ends are enough.
        chunk = array.layout.inner_chunk_shape or array.layout.chunk_grid.chunk_shape or array.shape
        length, size = prod(array.shape), reader.dtype.itemsize
        if whole or not array.shape or chunk[0] >= array.shape[0]:
            self._spend(array.path, length * size)
            return Values(_scalars(reader, ()), (), whole=True)
        self._spend(array.path, 2 * chunk[0] * prod(array.shape[1:]) * size)
        last = (array.shape[0] - 1) // chunk[0] * chunk[0]
        return Values(_scalars(reader, (slice(0, chunk[0]),)), _scalars(reader, (slice(last, array.shape[0]),)))

    def _spend(self, path: str, size: int) -> None:
        for limit, value, allowed in (
            ("max_bytes", size, self.limits.max_bytes),
            ("max_total_bytes", self.spent + size, self.limits.max_total_bytes),
        ):
            if value > allowed:
                message = f"{path!r} would take {size} bytes, {value} in all; at most {allowed} are read ({limit})"
                raise LimitExceededError(message, limit=limit, value=value, allowed=allowed)
        self.spent += size


def _scalars(reader: ArrayReader, selection: tuple[slice, ...]) -> tuple[Scalar, ...]:
    """Elements as Python has them; times as integers in the unit of their data type."""
    values = reader.read(selection)
    if values.dtype.kind in "mM":
        values = values.astype("int64")
    if values.dtype.kind == "S":
        values = values.astype(str)
    return tuple(item if isinstance(item, int | float | str) else None for item in values.ravel().tolist())
