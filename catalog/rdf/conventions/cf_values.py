"""What do the elements of a coordinate say, once they are decoded?

Fill values are left out; scale and offset are applied. Of a coordinate along one dimension the ends say where it begins, where it
ends, and how wide the outermost cells are.

Source: CF Conventions 1.11, section 2.5.1 "Missing data", 7.1 "Cell Boundaries", 8.1 "Packed Data".
"""

import base64
import binascii
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.rdf.convention import Scalar, Values

_NAT = -(2**63)
_UNIT = re.compile(r"\[(\d*)([A-Za-zμ]+)\]")
_PACKED = {8: "<d", 4: "<f", 2: "<e"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded elements.

    Attributes
    ----------
    first, last
        Of the first and of the last chunk, missing ones left out; of a coordinate that was read whole, both are all elements.
    whole
        Whether they are all there is.
    """

    first: tuple[float, ...]
    last: tuple[float, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Where a coordinate along one dimension begins and ends.

    Attributes
    ----------
    start, end
        Its first and its last value.
    direction
        1 where values rise along the dimension, -1 where they fall.
    first_step, last_step
        Distance between the two outermost values at either end, ≥ 0; 0 where there is one value only.
    """

    start: float
    end: float
    direction: int
    first_step: float
    last_step: float


def decode(array: Array, values: Values | None) -> Decoded | None:
    """The elements of a coordinate as numbers; None where nothing usable was read."""
    if values is None:
        return None
    missing = missing_values(array)
    factor, offset = number(array.attributes.get("scale_factor"), 1), number(array.attributes.get("add_offset"), 0)
    first = _decode(values.first, missing, factor, offset)
    last = first if values.whole else _decode(values.last, missing, factor, offset)
    return Decoded(first, last, values.whole) if first and last else None


def _decode(values: tuple[Scalar, ...], missing: set[float], factor: float, offset: float) -> tuple[float, ...]:
    kept = [each for each in values if isinstance(each, int | float) and math.isfinite(each) and each not in missing]
    if factor == 1 and offset == 0:
        return tuple(kept)
    return tuple(each * factor + offset for each in kept)


def missing_values(array: Array) -> set[float]:
    """Numbers that stand for missing ones among the elements as they are stored.

    A fill value of the array itself counts too, except 0, which many writers set without meaning that zeros are missing.
    """
    stated = [decode_fill(array, array.attributes.get(key)) for key in ("_FillValue", "missing_value")]
    found = {float(item) for each in stated for item in (each if isinstance(each, list) else [each]) if _is_number(item)}
    own = array.layout.fill_value
    if _is_number(own) and own != 0:
        found.add(float(own))
    return found | ({float(_NAT)} if array.layout.data_type.name == "numpy.datetime64" else set())


def decode_fill(array: Array, value: Json) -> Json:
    """A ``_FillValue`` as a number; xarray writes those of v3 arrays of floats as base64 of the bytes of a float.

    That float is a double whatever the array holds, so that only the length tells what it is.
    Source: xarray, ``backends/zarr.py``, ``FillValueCoder``.
    """
    if not isinstance(value, str) or not array.layout.data_type.name.startswith("float"):
        return value
    try:
        packed = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value
    return struct.unpack(_PACKED[len(packed)], packed)[0] if len(packed) in _PACKED else value


def line_of(decoded: Decoded, *, circle: float = 0) -> Line | None:
    """Where a coordinate begins and ends; None where its values do not run one way.

    Parameters
    ----------
    circle
        Values that are this far apart mean the same place, such as 360 for longitudes; 0: there is no such thing.
    """
    first, last = decoded.first, decoded.last
    steps = [wrap(b - a, circle) for part in ((first,) if decoded.whole else (first, last)) for a, b in pairwise(part)]
    signs = {(step > 0) - (step < 0) for step in steps}
    if 0 in signs or len(signs) > 1:
        return None
    direction = signs.pop() if signs else 1
    if decoded.whole:
        end = first[0] + math.fsum(steps)
    else:
        distance = last[-1] - first[0]
        if not signs and not steps:
            direction = 1 if distance >= 0 or circle else -1
        if distance * direction < 0:
            if not circle:
                return None
            distance += circle * direction
        end = first[0] + distance
    first_step = abs(wrap(first[1] - first[0], circle)) if len(first) > 1 else 0.0
    last_step = abs(wrap(last[-1] - last[-2], circle)) if len(last) > 1 else first_step
    return Line(first[0], end, direction, first_step or last_step, last_step)


def wrap(step: float, circle: float) -> float:
    """A step around a circle the short way."""
    if circle and abs(step) > circle / 2:
        return step - math.copysign(circle, step)
    return step


def datetime64_unit(array: Array) -> tuple[str, int]:
    """Unit and count of the steps of a ``datetime64`` array; ``("", 1)`` where its data type does not say."""
    document = array.layout.data_type.document
    if isinstance(document, str):
        match = _UNIT.search(document)
        return (match[2].replace("μs", "us"), int(match[1] or 1)) if match else ("", 1)
    configuration: Json = document.get("configuration") if isinstance(document, Mapping) else None
    if not isinstance(configuration, Mapping):
        return "", 1
    unit, scale = configuration.get("unit"), configuration.get("scale_factor", 1)
    return (unit.replace("μs", "us") if isinstance(unit, str) else ""), scale if type(scale) is int and scale > 0 else 1


def number(value: Json, default: float) -> float:
    """A finite number, also as the only item of a list; ``default`` where it is anything else."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if _is_number(value) and math.isfinite(value) else default


def _is_number(value: Json) -> bool:
    return type(value) in {int, float}
