"""Which points does a CSV file hold?"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from catalog.bridge.point_places import numbers_of
from catalog.errors import InputError, LimitExceededError

MAX_POINTS: Final = 10_000_000
"""Points of one file."""


def read_points(path: Path, names: Sequence[str | None]) -> dict[str, npt.NDArray[Any]]:
    """The columns of a CSV file that are called like the axes of an array: by name, or ``dimN``.

    Raises
    ------
    InputError
        It cannot be read, has no header, rows of different length, or something that is no number.
    LimitExceededError
        It has more than ``MAX_POINTS`` rows.
    """
    wanted = {name for name in names if name is not None} | {f"dim{axis}" for axis in range(len(names))}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = [name.strip() for name in next(rows, [])]
            columns = [place for place, name in enumerate(header) if name in wanted]
            texts: list[list[str]] = [[] for _ in columns]
            for number, row in enumerate(rows):
                if not row:
                    continue
                if len(row) != len(header):
                    raise InputError(f"row {number} of {str(path)!r} has {len(row)} fields and the header {len(header)}")
                if texts and len(texts[0]) >= MAX_POINTS:
                    message = f"{str(path)!r} has more than {MAX_POINTS:,} points: read it in parts"
                    raise LimitExceededError(message, limit="max_points", value=MAX_POINTS + 1, allowed=MAX_POINTS)
                for column, place in zip(texts, columns, strict=True):
                    column.append(row[place].strip())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"the file of points {str(path)!r} cannot be read: {error}") from error
    return {header[place]: numbers_of(column, header[place]) for place, column in zip(columns, texts, strict=True)}
