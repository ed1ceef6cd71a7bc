"""How do values become a file?

By the ending of its name. Every file appears as a whole or not at all.

``.npy``      the values; missing elements are the fill value
``.npz``      the values and the coordinates, by name
``.zarr``     a Zarr store of format 3: the values with coordinates, dimension names and attributes
``.nc``       netCDF by xarray, with coordinates, units and attributes
``.csv``      one- and two-dimensional values; a text that a spreadsheet would run as a formula gets an apostrophe in front
``.parquet``  the same by Arrow
``.png``      two-dimensional values in grey (`catalog.bridge.results.picture`)
"""

import base64
import csv
import io
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from catalog.bridge.coordinates import Reading
from catalog.bridge.npy import plain_values, to_npy
from catalog.bridge.read import Values, read_array
from catalog.bridge.results.columns import to_arrow, to_columns
from catalog.bridge.results.described import Described
from catalog.bridge.results.extras import need
from catalog.bridge.results.picture import to_png
from catalog.bridge.whole_file import write_whole
from catalog.errors import InputError
from catalog.stores.writer import NewArray, write_arrays

ENDINGS: Final = (".npy", ".npz", ".zarr", ".nc", ".csv", ".parquet", ".png")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet runs. Source: OWASP, "CSV Injection"."""


def save_part(described: Described, path: Path, reading: Reading | None = None) -> tuple[tuple[int, ...], str]:
    """Read an array's part, and write it; its shape and a word on how it was written come back.

    Parameters
    ----------
    described
        The part, as `catalog.bridge.results.described` gives it.
    path
        The file, or for ``.zarr`` the folder, which must not exist.
    reading
        How values are read.

    Raises
    ------
    InputError
        The ending, or values that such a file cannot hold, or a package that is missing.
    CatalogError
        As `catalog.bridge.read.read_array`.
    """
    if path.suffix not in ENDINGS:
        raise InputError(f"{str(path)!r} ends in {path.suffix!r}; files can end in {', '.join(ENDINGS)}")
    reading = reading or Reading()
    values = _read(described, reading)
    coordinates = {}
    if path.suffix in {".npz", ".zarr", ".nc"} or (path.suffix in {".csv", ".parquet"} and values.ndim == 1):
        coordinates = {name: _read(each, reading) for name, each in described.coordinates.items()}
    note = _write(described, values, coordinates, path)
    return values.shape, note


def _read(described: Described, reading: Reading) -> Values:
    return read_array(
        described.ref, described.selection, limits=reading.limits, check=reading.check, access=reading.access, log=reading.log,
        tell=reading.tell,
    )  # fmt: skip


def _write(described: Described, values: Values, coordinates: Mapping[str, Values], path: Path) -> str:
    name = described.name or "values"
    if path.suffix == ".npy":
        to_npy(values, path)
    elif path.suffix == ".npz":
        arrays = {key: plain_values(each) for key, each in {**coordinates, name: values}.items()}
        write_whole(path, lambda file: np.savez(file, allow_pickle=False, **arrays))
    elif path.suffix == ".zarr":
        write_arrays(path, _new_arrays(described, values, coordinates))
    elif path.suffix == ".nc":
        _write_netcdf(described, values, coordinates, path)
    elif path.suffix == ".png":
        data, note = to_png(values)
        write_whole(path, lambda file: file.write(data))
        return note
    else:
        columns = table_columns(described, values, coordinates)
        if path.suffix == ".csv":
            text = to_csv(columns)
            write_whole(path, lambda file: file.write(text.encode()))
        else:
            parquet = need("pyarrow.parquet", "arrow")
            table = to_arrow(columns)
            write_whole(path, lambda file: parquet.write_table(table, file))
    return ""


def table_columns(described: Described, values: Values, coordinates: Mapping[str, Values]) -> dict[str, Values]:
    """The columns of a table: the coordinates that go with the values one by one, and the values."""
    lengths = {key: each for key, each in coordinates.items() if each.shape == values.shape}
    return {**lengths, described.name or "values": np.atleast_1d(values)}


def _parts(described: Described, values: Values, coordinates: Mapping[str, Values]) -> dict[str, tuple[Described, Values]]:
    found = {name: (described.coordinates[name], each) for name, each in coordinates.items()}
    return {**found, described.name or "values": (described, values)}


def _new_arrays(described: Described, values: Values, coordinates: Mapping[str, Values]) -> dict[str, NewArray]:
    arrays = {}
    for name, (each, held) in _parts(described, values, coordinates).items():
        attributes = dict(each.attributes)
        if isinstance(attributes.get("_FillValue"), int | float) and held.dtype.kind == "f":
            # xarray's way of writing it in format 3.
            packed = struct.pack("<d", float(attributes["_FillValue"]))
            attributes["_FillValue"] = base64.standard_b64encode(packed).decode()
        arrays[name] = NewArray(held, each.kept, attributes)
    return arrays


def _write_netcdf(described: Described, values: Values, coordinates: Mapping[str, Values], path: Path) -> None:
    xr = need("xarray", "xarray")
    variables = {
        name: (each.kept, np.ma.filled(held), _scalar_attributes(each.attributes))
        for name, (each, held) in _parts(described, values, coordinates).items()
    }
    data = xr.Dataset(variables).set_coords(list(coordinates))
    fault = ""
    try:
        content = xr.decode_cf(data, decode_timedelta=False).to_netcdf()
    except (ValueError, TypeError, NotImplementedError) as error:
        fault = str(error)[:300]
    if fault:
        raise InputError(f"{str(path)!r} cannot hold these values: {fault}")
    write_whole(path, lambda file: file.write(content))


def _scalar_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What netCDF can hold: texts, numbers and lists of them; everything else as JSON."""
    found: dict[str, Any] = {}
    for key, value in attributes.items():
        items = value if isinstance(value, list) else [value]
        plain = bool(items) and (
            all(isinstance(item, str) for item in items)
            or all(isinstance(item, int | float) and not isinstance(item, bool) for item in items)
        )
        found[key] = value if plain else json.dumps(value)
    return found


def to_csv(values: Mapping[str, Values]) -> str:
    """A table as text (RFC 4180): every text in quotes, numbers bare, missing elements empty.

    A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an apostrophe in front, for spreadsheets
    would run it.

    Raises
    ------
    InputError
        As `catalog.bridge.results.columns.to_columns`.
    """
    columns = to_columns(values)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([_cell(name) for name in columns])
    for row in zip(*(_cells(column) for column in columns.values()), strict=True):
        writer.writerow(row)
    return text.getvalue()


def _cells(column: Values) -> list[Any]:
    plain: Any = np.ma.getdata(column)
    if plain.dtype.kind in "mM":
        plain = np.datetime_as_string(plain) if plain.dtype.kind == "M" else plain.astype("int64")
    mask = np.ma.getmaskarray(column).tolist()
    return [None if missing else _cell(value) for value, missing in zip(plain.tolist(), mask, strict=True)]


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) or value is None:
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
