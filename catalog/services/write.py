"""How do values that were read become a file, or a frame, with the record of the same read beside them?

A record has the digest of the values as they were read, so what a file makes of them plays no part in a replay.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from catalog.errors import InputError

if TYPE_CHECKING:
    from catalog.bridge.coordinates import Reading as How
    from catalog.bridge.results.held import Held
    from catalog.graphstore.door import GraphStore
    from catalog.rdf.iris import Iris
    from catalog.services.provenance import Reading

FILE_ENDINGS: Final = (".npy", ".npz", ".nc", ".csv", ".parquet", ".png")
"""What values in memory can be written to; a ``.zarr`` is a store (`catalog.services.derive`)."""

_FOREIGN: Final = frozenset(
    {
        ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".pdf", ".h5", ".hdf", ".hdf5", ".txt", ".tsv", ".json",
        ".xls", ".xlsx", ".ods", ".feather", ".arrow", ".pkl", ".pickle", ".mat", ".zip", ".tar", ".gz",
    }
)  # fmt: skip
"""Endings of files that values are not written to; any other may be part of the name of a folder."""


def check_kind(place: str) -> None:
    """Refuse the name of a file of a kind that cannot be written, which would become a folder; InputError says which can."""
    ending = Path(place).suffix.lower()
    if ending in _FOREIGN:
        raise InputError(f"{place!r} ends in {ending}; values can be written to {', '.join((*FILE_ENDINGS, '.zarr'))}")


def check_file(path: Path, *, points: bool = False) -> None:
    """Refuse a file that values cannot be written to, before they are read.

    Parameters
    ----------
    points
        Whether they are values at points, one after the other.

    Raises
    ------
    InputError
        Its name has another ending, or its folder does not exist.
    """
    endings = FILE_ENDINGS[:-1] if points else FILE_ENDINGS
    if path.suffix not in endings:
        allowed = ", ".join((*endings, ".zarr"))
        raise InputError(f"{str(path)!r} is no file for {'values at points' if points else 'values'}; it can end in {allowed}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{str(path)!r} cannot be written: its folder does not exist")


def write_reading(
    store: "GraphStore",
    iris: "Iris",
    reading: "Reading",
    path: Path,
    how: "How | None" = None,
    columns: Mapping[str, Any] | None = None,
) -> str:
    """Write values to a file, as its ending has it; a word on how comes back, ``""`` where there is nothing to be said.

    Parameters
    ----------
    store
        Where coordinates and attributes are asked for.
    how
        How coordinates are read.
    columns
        Of values at points: the points as they were given, axis → column; None: their positions.

    Raises
    ------
    InputError
        The ending, or values that such a file cannot hold, or a package that is missing.
    CatalogError
        As `catalog.bridge.read.read_array`, of a coordinate; or the file cannot be written.
    """
    from catalog.bridge.results.files import holds_coordinates, write_held  # noqa: PLC0415  NumPy takes its time

    check_file(path, points=reading.points)
    beside = holds_coordinates(path, reading.values.ndim)
    return write_held(hold_reading(store, iris, reading, how, columns, beside=beside), path)


def hold_reading(
    store: "GraphStore",
    iris: "Iris",
    reading: "Reading",
    how: "How | None" = None,
    columns: Mapping[str, Any] | None = None,
    *,
    beside: bool = True,
) -> "Held":
    """Values that were read, with names for their axes, coordinates, and the attributes that hold for them.

    Parameters
    ----------
    how, columns
        As for `write_reading`.
    beside
        Whether coordinates are wanted; they are read now.

    Raises
    ------
    CatalogError
        As `catalog.bridge.read.read_array`, of a coordinate.
    """
    from catalog.bridge.coordinates import Reading as How  # noqa: PLC0415
    from catalog.bridge.derived_metadata import fitting_attributes, reduced_attributes  # noqa: PLC0415
    from catalog.bridge.reduction import reduced_axes  # noqa: PLC0415
    from catalog.bridge.results.described import describe_parts  # noqa: PLC0415
    from catalog.bridge.results.held import Held, hold, hold_points, read_coordinates  # noqa: PLC0415

    how = how or How()
    [described] = describe_parts(store, iris, [(reading.ref, reading.selection)])
    name = described.name or "values"
    if reading.points:
        given = columns or {
            axis: list(chosen.elements) for axis, chosen in zip(described.dimensions, reading.selection.axes, strict=True)
        }
        return hold_points(name, reading.values, given, fitting_attributes(described.attributes, whole=False, present=()))
    if not reading.reductions:
        return hold(described, reading.values, read_coordinates(described, how) if beside else {})
    steps, left = reduced_axes(reading.ref, reading.selection, reading.reductions)
    held = hold(described, reading.values, read_coordinates(described, how, left) if beside else {})
    attributes, _ = reduced_attributes(described.attributes, steps, held.coordinates)
    return Held(name, reading.values, tuple(left), attributes, held.coordinates)
