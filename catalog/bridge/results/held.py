"""What was read, with names for its axes, its attributes and its coordinates: what files, tables and frames are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from catalog.bridge.coordinates import Reading
from catalog.bridge.missing import Missing
from catalog.bridge.read import Values, read_array
from catalog.bridge.results.described import Described
from catalog.bridge.results.extras import need
from catalog.errors import InputError

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Held:
    """Values in memory.

    Attributes
    ----------
    name
        What they are called.
    values
        As they are stored, reduced where that was wanted.
    axes
        A name for each axis.
    attributes
        As far as they are known, and hold for these values.
    coordinates
        By name; their axes are among those of the values.
    """

    name: str
    values: Values
    axes: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    coordinates: "dict[str, Held]" = field(default_factory=dict)

    @property
    def all(self) -> "dict[str, Held]":
        """Coordinates and values by name, the values last."""
        return {**self.coordinates, self.name: self}

    def columns(self) -> dict[str, Values]:
        """The columns of a table: the coordinates that go with the values one by one, and the values."""
        lengths = {key: each.values for key, each in self.coordinates.items() if each.values.shape == self.values.shape}
        return {**lengths, self.name: np.atleast_1d(self.values)}


def hold(described: Described, values: Values, coordinates: Mapping[str, Values]) -> Held:
    """Values that were read of a part and its coordinates."""
    beside = {
        name: Held(name, each, described.coordinates[name].kept, described.coordinates[name].attributes)
        for name, each in coordinates.items()
    }
    return Held(described.name or "values", values, described.kept, described.attributes, beside)


def hold_points(name: str, values: Values, columns: Mapping[str, Any], attributes: Mapping[str, Any] | None = None) -> Held:
    """Values at points, one after the other, and the columns of the points."""
    beside = {key: Held(key, _column(column), ("point",)) for key, column in columns.items() if key != name}
    return Held(name, values, ("point",), dict(attributes or {}), beside)


def _column(column: Any) -> Values:
    """A column as an array; what is neither number, time nor text stands as text."""
    found = np.asarray(column)
    return np.array([str(value) for value in found.tolist()]) if found.dtype.kind == "O" else found


def read_described(described: Described, reading: Reading, missing: Missing = "fill") -> Values:
    """The values of a part; ``missing`` and errors as `catalog.bridge.read.read_array`."""
    return read_array(
        described.ref, described.selection, limits=reading.limits, check=reading.check, access=reading.access, log=reading.log,
        tell=reading.tell, missing=missing,
    )  # fmt: skip


def read_coordinates(described: Described, reading: Reading, among: Sequence[str] | None = None) -> dict[str, Values]:
    """The values of a part's coordinates; where only some axes are left, of those that speak of no other."""
    return {
        name: read_described(each, reading)
        for name, each in described.coordinates.items()
        if among is None or set(each.kept) <= set(among)
    }


def decode_cf(raw: "xarray.Dataset") -> "xarray.Dataset":
    """What CF says of values, applied by xarray: times, durations that were written as such, scale and offset, missing values.

    Raises
    ------
    ValueError
        xarray cannot apply it.
    """
    xr = need("xarray", "xarray")
    # A plain "days" may as well be a quantity.
    durations = xr.coders.CFTimedeltaCoder(decode_via_units=False)
    decoded: xarray.Dataset = xr.decode_cf(raw, use_cftime=None, decode_timedelta=durations)
    return decoded


def to_xarray(held: Held, *, decode: bool = True) -> "xarray.DataArray":
    """The values with coordinates and attributes.

    Parameters
    ----------
    decode
        Let xarray apply what CF says of the values: times, scale and offset, missing values.

    Raises
    ------
    InputError
        xarray is not installed, or cannot put values and coordinates together.
    """
    xr = need("xarray", "xarray")
    variables = {name: (each.axes, each.values, each.attributes) for name, each in held.all.items()}
    fault = ""
    try:
        raw = xr.Dataset(variables).set_coords(list(held.coordinates))
        found: xarray.DataArray = (decode_cf(raw) if decode else raw)[held.name].load()
    except ValueError as error:
        fault = str(error)[:300]
    if fault:
        raise InputError(f"values and coordinates cannot be put together: {fault}; decode=False leaves values as they are")
    return found
