"""How do values become tables?

A column is one-dimensional. Two-dimensional values become a column for each element of their second axis, values with fields one
for each field. Masked elements become what the table has for missing ones.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from catalog.bridge.read import Values
from catalog.bridge.results.extras import need
from catalog.errors import InputError

if TYPE_CHECKING:
    import pandas
    import pyarrow

MAX_COLUMNS: Final = 10_000

_ARROW_UNITS: Final = {
    **{f"M8[{unit}]": "M8[D]" for unit in "YMW"},
    **{f"M8[{unit}]": "M8[s]" for unit in "hm"},
    **{f"m8[{unit}]": "m8[s]" for unit in "WDhm"},
    "M8": "i8",
    "m8": "i8",
}
"""The unit of times that holds the same values, where Arrow lacks theirs; without a unit they are numbers."""


def to_columns(values: Mapping[str, Values]) -> dict[str, Values]:
    """Named one-dimensional columns of one length.

    Raises
    ------
    InputError
        Values have no dimension or more than two, more than 10,000 columns would come out, two have one name, or the lengths
        differ.
    """
    found: dict[str, Values] = {}
    for name, each in values.items():
        for column, one in _split(name, each):
            if column in found:
                raise InputError(f"two columns would be called {column!r}; give the values other names")
            found[column] = one
            if len(found) > MAX_COLUMNS:
                raise InputError(f"the table would have more than {MAX_COLUMNS} columns: select less")
    lengths = {name: len(column) for name, column in found.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name!r} has {length}" for name, length in list(lengths.items())[:10])
        raise InputError(f"the columns of a table have one length; {shown}")
    return found


def _split(name: str, values: Values) -> list[tuple[str, Values]]:
    if values.ndim not in {1, 2}:
        raise InputError(f"{name!r} has {values.ndim} dimensions; a table is made of values with one or two: select less")
    if values.dtype.names:
        return [pair for field in values.dtype.names for pair in _split(f"{name}.{field}", values[field])]
    if values.ndim == 1:
        return [(name, values)]
    return [(f"{name}[{position}]", values[:, position]) for position in range(values.shape[1])]


def to_pandas(values: Mapping[str, Values], index: Mapping[str, Values] | None = None) -> "pandas.DataFrame":
    """A data frame; masked elements are ``NA``.

    Parameters
    ----------
    values
        The columns, as `to_columns` takes them.
    index
        What rows are labelled by, likewise.

    Raises
    ------
    InputError
        As `to_columns`, or pandas is not installed.
    """
    pd = need("pandas", "pandas")
    labels = to_columns(index or {})
    columns = to_columns({**labels, **to_columns(values)})
    frame: pandas.DataFrame = pd.DataFrame({name: _series(pd, column) for name, column in columns.items()})
    return frame.set_index(list(labels)) if labels else frame


def _series(pd: Any, column: Values) -> Any:
    plain = np.ma.getdata(column)
    if plain.dtype.byteorder == ">" or (plain.dtype.byteorder == "=" and not plain.dtype.isnative):
        plain = plain.astype(plain.dtype.newbyteorder("="))
    if plain.dtype.kind in "SUT":
        plain = plain.astype(object)
    series = pd.Series(plain)
    mask = np.ma.getmaskarray(column)
    return series.convert_dtypes().mask(mask) if mask.any() else series


def to_arrow(values: Mapping[str, Values]) -> "pyarrow.Table":
    """An Arrow table; masked elements are null.

    Raises
    ------
    InputError
        As `to_columns`, pyarrow is not installed, or it has no type for the values, as for complex numbers.
    """
    pa = need("pyarrow", "arrow")
    arrays = {}
    for name, column in to_columns(values).items():
        plain, mask = np.ma.getdata(column), np.ma.getmaskarray(column)
        if plain.dtype.kind == "T":
            plain = plain.astype(object)
        elif not plain.dtype.isnative:
            plain = plain.astype(plain.dtype.newbyteorder("="))
        fault = ""
        try:
            if plain.dtype.kind in "mM":
                mask = mask | np.isnat(plain)
                plain = plain.astype(_ARROW_UNITS.get(plain.dtype.str[1:], plain.dtype))
            arrays[name] = pa.array(plain, mask=mask if mask.any() else None)
        except (pa.ArrowException, ValueError, TypeError) as error:
            fault = str(error)[:200]
        if fault:
            raise InputError(f"{name!r} has values of the type {plain.dtype}, for which Arrow has none: {fault}")
    table: pyarrow.Table = pa.table(arrays)
    return table


def arrow_stream(values: Mapping[str, Values]) -> bytes:
    """A table in Arrow's streaming format; errors as `to_arrow`.

    Source: Apache Arrow, "Columnar Format", section "IPC Streaming Format".
    """
    pa, table = need("pyarrow", "arrow"), to_arrow(values)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
