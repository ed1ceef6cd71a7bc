"""Which columns and rows has a table, whatever it is stored in?"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.metadata.document import Json
from catalog.rdf.convention import Scalar, Values

MAX_COLUMNS = 1000
"""Columns of a table that is read."""

Row = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table.

    Attributes
    ----------
    columns
        Names, in their order.
    rows
        The first rows.
    count
        How many there are in all.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    count: int


def rows_of_csv(data: bytes, most: int) -> Rows:
    """A CSV file with a header.

    Raises
    ------
    ValueError
        It is not UTF-8, or no CSV, or wider than ``MAX_COLUMNS``.
    """
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    try:
        reader = csv.reader(text)
        columns = _columns(next(reader, []))
        rows: list[Row] = []
        count = 0
        for fields in reader:
            if not fields:
                continue
            count += 1
            if count <= most:
                rows.append({name: _value(field) for name, field in zip(columns, fields, strict=False)})
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return Rows(columns, tuple(rows), count)


def _columns(names: list[str]) -> tuple[str, ...]:
    if len(names) > MAX_COLUMNS:
        raise ValueError(f"it has {len(names)} columns; at most {MAX_COLUMNS} are read")
    return tuple(names)


def _value(field: str) -> Scalar:
    """A number where it is one; None where the field is empty."""
    if not field:
        return None
    try:
        return float(field)
    except ValueError:
        return field


def rows_of_json(stated: Mapping[str, Json], most: int) -> Rows:
    """Columns by name: each a list, or an object by the name of the row.

    Raises
    ------
    ValueError
        A column is neither, or there are too many.
    """
    columns = _columns(list(stated))
    for name, column in stated.items():
        if not isinstance(column, list | dict):
            raise ValueError(f"the column {name!r} is neither a list nor an object")
    values = {name: list(column.values()) if isinstance(column, dict) else column for name, column in stated.items()}
    count = max(map(len, values.values()), default=0)
    rows = [{name: _scalar(column[i]) for name, column in values.items() if i < len(column)} for i in range(min(count, most))]
    return Rows(columns, tuple(rows), count)


def _scalar(value: Json) -> Scalar:
    return value if isinstance(value, int | float | str) and not isinstance(value, bool) else None


def rows_of_anndata(matrix: Values, columns: Values | None, names: Values | None, labels: Values | None) -> Rows:
    """The matrix of an AnnData, with the names of its columns and rows, and the column ``label`` of its rows.

    Raises
    ------
    ValueError
        The names of the columns are missing, or the matrix does not fit them.
    """
    if columns is None:
        raise ValueError("the names of its columns are missing")
    header = _columns([str(name) for name in columns.first])
    width = len(header)
    if not width or len(matrix.first) % width:
        raise ValueError(f"its {len(matrix.first)} values do not make rows of {width}")
    count = len(matrix.first) // width
    rows: list[Row] = []
    for index in range(count):
        row: dict[str, Scalar] = dict(zip(header, matrix.first[index * width : (index + 1) * width], strict=True))
        if names is not None and index < len(names.first):
            row["FieldIndex"] = names.first[index]
        if labels is not None and index < len(labels.first):
            row["label"] = labels.first[index]
        rows.append(row)
    return Rows(header, tuple(rows), count)
