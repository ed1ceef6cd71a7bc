"""What do the elements of a coordinate say, once they are decoded: numbers, moments or names?

Source: CF Conventions 1.11, section 2.5.1 "Missing data", 4.4 "Time Coordinate", 8.1 "Packed Data".
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.labels import Coordinate
from catalog.bridge.node_ref import Row
from catalog.errors import InputError
from catalog.rdf.conventions.cf_calendar import datetime64_axis, is_time_reference, parse_time_axis


def decode(ref: ArrayRef, raw: Any, facts: Sequence[Row]) -> Coordinate:
    """A coordinate from its elements as they are stored.

    Parameters
    ----------
    raw
        The elements.
    facts
        What the graph says of it: units, calendar, scale, offset, values that stand for missing ones.

    Raises
    ------
    InputError
        Its values are neither numbers, times nor names.
    """
    first = facts[0] if facts else {}
    name, units = ref.path.rpartition("/")[2], first.get("units", "")
    if raw.dtype.kind in "OUT":
        texts = np.array([value if isinstance(value, str) else None for value in raw.tolist()], dtype=object)
        return Coordinate(name, texts, np.array([isinstance(value, str) for value in texts.tolist()], dtype=bool), units=units)
    if raw.dtype.kind == "S":
        texts = np.array([value.decode("utf-8", "replace") for value in raw.tolist()], dtype=object)
        return Coordinate(name, texts, np.ones(len(texts), dtype=bool), units=units)
    if raw.dtype.kind == "M":
        return Coordinate(name, raw.astype("datetime64[us]").astype(np.int64), ~np.isnat(raw), datetime64_axis())
    if raw.dtype.kind not in "iuf":
        raise InputError(f"the coordinate {name!r} has values of the type {raw.dtype}, which are no labels: select by position")
    missing = [float(row["missing"]) for row in facts if _is_number(row.get("missing"))]
    present = np.isfinite(raw) & ~np.isin(raw, np.array(missing, dtype=np.float64))
    factor, offset = (
        float(first[key]) if _is_number(first.get(key)) else default for key, default in (("factor", 1), ("offset", 0))
    )
    values = raw * factor + offset if (factor, offset) != (1, 0) else raw
    if not is_time_reference(units):
        return Coordinate(name, values, present, units=units)
    axis = parse_time_axis(units, first.get("calendar", "standard"))
    return Coordinate(name, _microseconds(np.where(present, values, 0), axis.unit), present, axis, units)


def _microseconds(values: Any, unit: Fraction) -> Any:
    """Whole microseconds; of whole numbers without any rounding."""
    if values.dtype.kind in "iu":
        exact = [int(value) * unit.numerator // unit.denominator for value in values.tolist()]
    else:
        exact = [round(value * unit.numerator / unit.denominator) for value in values.tolist()]
    return np.array(exact, dtype=object if any(abs(each) >= 2**62 for each in exact) else np.int64)


def _is_number(text: str | None) -> bool:
    try:
        return text is not None and float(text) == float(text)
    except ValueError:
        return False
