"""What does a question with columns give? A small table that a notebook shows and pandas takes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from catalog.client.html import table_html
from catalog.errors import InputError
from catalog.graphstore.bindings import XSD_STRING, Iri, Literal
from catalog.services.asking.values import plain_value

if TYPE_CHECKING:
    import pandas

_SHOWN = 20
_WIDTH = 40


@dataclass(frozen=True)
class Table:
    """Columns and rows.

    Attributes
    ----------
    columns
        Names of the columns.
    rows
        One tuple for each row; numbers and truth values as such, anything else as text, None where there is nothing.
    links
        Rows and columns of the cells that are IRIs.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    links: frozenset[tuple[int, int]] = frozenset()

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each row by column."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    @overload
    def __getitem__(self, key: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: str) -> list[Any]: ...
    def __getitem__(self, key: int | str) -> dict[str, Any] | list[Any]:
        """A row by number, or a column by name.

        Raises
        ------
        InputError
            There is no such column.
        """
        if isinstance(key, int):
            return dict(zip(self.columns, self.rows[key], strict=True))
        if key not in self.columns:
            raise InputError(f"there is no column {key!r}; the columns are {', '.join(self.columns)}")
        at = self.columns.index(key)
        return [row[at] for row in self.rows]

    def to_pandas(self) -> "pandas.DataFrame":
        """The same as a pandas frame."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.columns))

    def _repr_html_(self) -> str:
        return table_html(self.columns, self.rows, self.links)

    def __repr__(self) -> str:
        """The first rows, as text."""
        cells = [[_short(cell) for cell in row] for row in [self.columns, *self.rows[:_SHOWN]]]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
        more = [f"… {len(self.rows) - _SHOWN} more"] if len(self.rows) > _SHOWN else []
        return "\n".join([*lines, *more])


def _short(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def table_from_json(body: bytes) -> Table:
    """The table of an answer in SPARQL 1.1 JSON; of ASK, one row with the column ``answer``."""
    answer = json.loads(body)
    if "boolean" in answer:
        return Table(("answer",), [(bool(answer["boolean"]),)])
    columns = tuple(answer["head"]["vars"])
    rows, links = [], set()
    for number, row in enumerate(answer["results"]["bindings"]):
        links |= {(number, at) for at, name in enumerate(columns) if name in row and row[name]["type"] == "uri"}
        rows.append(tuple(_cell(row.get(name)) for name in columns))
    return Table(columns, rows, frozenset(links))


def _cell(stated: dict[str, str] | None) -> Any:
    if stated is None:
        return None
    if stated["type"] == "uri":
        return plain_value(Iri(stated["value"]))
    return plain_value(Literal(stated["value"], stated.get("datatype", XSD_STRING)))
