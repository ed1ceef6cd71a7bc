"""Which points does a CSV file hold?"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from catalog.errors import InputError, LimitExceededError

MAX_POINTS: Final = 10_000_000
"""Points of one file."""


def read_points(path: Path, names: Sequence[str | None]) -> dict[str, list[str]]:
    """The columns of a CSV file that are called like the axes of an array: by name, or ``dimN``; as texts.

    Raises
    ------
    InputError
        It cannot be read, has no header, or rows of different length.
    LimitExceededError
        It has more than ``MAX_POINTS`` rows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return parse_points(file, names, repr(str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file of points {str(path)!r} cannot be read: {error}") from error


def parse_points(lines: Iterable[str], names: Sequence[str | None], what: str = "the table") -> dict[str, list[str]]:
    """The same of lines of CSV; ``what`` is what messages call them. Errors as `read_points`."""
    wanted = {name for name in names if name is not None} | {f"dim{axis}" for axis in range(len(names))}
    try:
        rows = csv.reader(lines)
        header = [name.strip() for name in next(rows, [])]
        columns = [place for place, name in enumerate(header) if name in wanted]
        texts: list[list[str]] = [[] for _ in columns]
        for number, row in enumerate(rows):
            if not row:
                continue
            if len(row) != len(header):
                raise InputError(f"row {number} of {what} has {len(row)} fields and the header {len(header)}")
            if texts and len(texts[0]) >= MAX_POINTS:
                message = f"{what} has more than {MAX_POINTS:,} points: read it in parts"
                raise LimitExceededError(message, limit="max_points", value=MAX_POINTS + 1, allowed=MAX_POINTS)
            for column, place in zip(texts, columns, strict=True):
                column.append(row[place].strip())
    except csv.Error as error:
        raise InputError(f"{what} is no CSV: {error}") from error
    twice = sorted({header[place] for place in columns if header.count(header[place]) > 1})
    if twice:
        raise InputError(f"{what} has two columns {twice[0]!r}: give each axis one")
    return {header[place]: column for place, column in zip(columns, texts, strict=True)}
