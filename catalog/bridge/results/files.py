"""How do values become a file?

By the ending of its name. Every file appears as a whole or not at all.

``.npy``      the values
``.npz``      the values and the coordinates, by name; with a mask, where elements are missing, as ``NAME.mask``
``.zarr``     a Zarr store of format 3: the values with coordinates, dimension names and attributes
``.nc``       netCDF by xarray, with coordinates, units and attributes; missing elements are the ``_FillValue``
``.csv``      one- and two-dimensional values; a text that a spreadsheet would run as a formula gets an apostrophe in front
              missing elements are empty
``.parquet``  the same by Arrow; missing elements are null
``.png``      two-dimensional values in grey (`catalog.bridge.results.picture`); missing elements are black
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
from catalog.bridge.missing import Missing
from catalog.bridge.npy import plain_values, to_npy
from catalog.bridge.read import Values
from catalog.bridge.results.columns import to_arrow, to_columns
from catalog.bridge.results.described import Described
from catalog.bridge.results.extras import need
from catalog.bridge.results.held import Held, hold, read_coordinates, read_described
from catalog.bridge.results.json_values import to_plain
from catalog.bridge.results.picture import to_png
from catalog.bridge.whole_file import write_whole
from catalog.errors import InputError
from catalog.stores.writer import NewArray, write_arrays

ENDINGS: Final = (".npy", ".npz", ".zarr", ".nc", ".csv", ".parquet", ".png")
_EXACT: Final = 2**53
"""xarray takes integers with missing ones among them for floats, which hold all up to this."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet runs. Source: OWASP, "CSV Injection"."""


def save_part(
    described: Described, path: Path, reading: Reading | None = None, missing: Missing = "fill"
) -> tuple[tuple[int, ...], str]:
    """Read an array's part, and write it; its shape and a word on how it was written come back.

    Parameters
    ----------
    described
        The part, as `catalog.bridge.results.described` gives it.
    path
        The file, or for ``.zarr`` the folder, which must not exist.
    reading
        How values are read.
    missing
        What becomes of chunks that the store does not have, as `catalog.bridge.read.read_array` takes it.

    Raises
    ------
    InputError
        The ending, or values or a mask that such a file cannot hold, or a package that is missing.
    CatalogError
        As `catalog.bridge.read.read_array`.
    """
    check_ending(path, masked=missing == "mask")
    reading = reading or Reading()
    values = read_described(described, reading, missing)
    coordinates = read_coordinates(described, reading) if holds_coordinates(path, values.ndim) else {}
    return values.shape, write_held(hold(described, values, coordinates), path)


def check_ending(path: Path, *, masked: bool = False) -> None:
    """Refuse a file of another kind, or one that cannot say which elements are missing; InputError names those that can."""
    if masked and path.suffix in {".npy", ".zarr"}:
        allowed = ", ".join(each for each in ENDINGS if each not in {".npy", ".zarr"})
        raise InputError(f"{str(path)!r}: a {path.suffix} cannot say which elements are missing (missing='mask'); {allowed} can")
    if path.suffix not in ENDINGS:
        raise InputError(f"{str(path)!r} ends in {path.suffix!r}; files can end in {', '.join(ENDINGS)}")


def holds_coordinates(path: Path, axes: int) -> bool:
    """Whether a file of values with so many axes has their coordinates, too."""
    return path.suffix in {".npz", ".zarr", ".nc"} or (path.suffix in {".csv", ".parquet"} and axes == 1)


def write_held(held: Held, path: Path) -> str:
    """Write values, as the path's ending has it; a word on how comes back, ``""`` where there is nothing to be said.

    Raises
    ------
    InputError
        The ending, or values that such a file cannot hold, or a package that is missing.
    ForbiddenError, UnavailableError
        The file cannot be written.
    """
    check_ending(path)
    if path.suffix == ".npy":
        to_npy(held.values, path)
    elif path.suffix == ".npz":
        arrays = {key: plain_values(np.ma.getdata(each.values)) for key, each in held.all.items()}
        if isinstance(held.values, np.ma.MaskedArray):
            arrays[f"{held.name}.mask"] = np.ma.getmaskarray(held.values)
        write_whole(path, lambda file: np.savez(file, allow_pickle=False, **arrays))
    elif path.suffix == ".zarr":
        write_arrays(path, _new_arrays(held))
    elif path.suffix == ".nc":
        _write_netcdf(held, path)
    elif path.suffix == ".png":
        data, note = to_png(held.values)
        write_whole(path, lambda file: file.write(data))
        return note
    elif path.suffix == ".csv":
        text = to_csv(held.columns())
        write_whole(path, lambda file: file.write(text.encode()))
    else:
        parquet = need("pyarrow.parquet", "arrow")
        table = to_arrow(held.columns())
        write_whole(path, lambda file: parquet.write_table(table, file))
    return "" if path.suffix in {".nc", ".zarr"} else _as_stored(held.attributes)


def _as_stored(attributes: Mapping[str, Any]) -> str:
    """What stored numbers mean, for files that hold no attributes; ``""`` where they mean themselves."""
    scale, offset = attributes.get("scale_factor", 1), attributes.get("add_offset", 0)
    if (scale, offset) == (1, 0):
        return ""
    missing = f", and {attributes['_FillValue']} that there is none" if "_FillValue" in attributes else ""
    return f"the numbers are as they are stored: they mean number * {scale} + {offset}{missing}; .nc and .zarr say so themselves"


def _new_arrays(held: Held) -> dict[str, NewArray]:
    arrays = {}
    for name, each in held.all.items():
        attributes = dict(each.attributes)
        if isinstance(attributes.get("_FillValue"), int | float) and each.values.dtype.kind == "f":
            # xarray's way of writing it in format 3.
            packed = struct.pack("<d", float(attributes["_FillValue"]))
            attributes["_FillValue"] = base64.standard_b64encode(packed).decode()
        arrays[name] = NewArray(each.values, each.axes, attributes)
    return arrays


def _write_netcdf(held: Held, path: Path) -> None:
    xr = need("xarray", "xarray")
    variables = {}
    for name, each in held.all.items():
        values, attributes = _filled(each)
        variables[name] = each.axes, values, _scalar_attributes(attributes)
    fault = ""
    try:
        data = xr.Dataset(variables).set_coords(list(held.coordinates))
        content = xr.decode_cf(data, decode_times=False).to_netcdf()  # times stay the numbers that they are stored as
    except (ValueError, TypeError, NotImplementedError) as error:
        fault = str(error)[:300]
    if fault:
        raise InputError(f"{str(path)!r} cannot hold these values: {fault}")
    write_whole(path, lambda file: file.write(content))


def _filled(held: Held) -> tuple[Values, dict[str, Any]]:
    """Values whose missing elements are the ``_FillValue``, and the attributes with that.

    Source: CF Conventions 1.11, section 2.5.1; netCDF Users' Guide, "Fill Values".
    """
    plain, mask = np.ma.getdata(held.values), np.ma.getmaskarray(held.values)
    if not mask.any():
        return plain, held.attributes
    kind, stated = plain.dtype.kind, held.attributes.get("_FillValue")
    if kind not in "iuf":
        raise InputError(f"netCDF has no mark for missing values of the type {plain.dtype}: write .npz, .csv or .parquet")
    fill = stated if isinstance(stated, int | float) else float("nan") if kind == "f" else _unused(plain[~mask])
    filled = np.where(mask, np.asarray(fill, plain.dtype), plain)
    return filled, {**held.attributes, "_FillValue": fill}


def _unused(values: Values) -> int:
    """An integer of the type of some values that is none of them: at the end of its range."""
    limits = np.iinfo(values.dtype)
    candidates = [limits.max, limits.max - 1] if limits.min == 0 else [limits.min, limits.min + 1, limits.max]
    found = next((each for each in candidates if not (values == each).any()), None)
    if found is None or (values.size and max(abs(int(values.min())), abs(int(values.max()))) > _EXACT):
        raise InputError("netCDF has no mark for missing values beside these integers: write .npz, .csv or .parquet")
    return found


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
    plain = np.ma.getdata(column)
    values = to_plain(plain) if plain.dtype.kind in "mM" else plain.tolist()
    mask = np.ma.getmaskarray(column).tolist()
    return [None if missing else _cell(value) for value, missing in zip(values, mask, strict=True)]


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) or value is None:
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
