"""Which pixels does a box in world units mean?

The rule, the same for every axis, with the scale and translation that OME-Zarr metadata state (a pixel's place is its position
times scale plus translation)::

    position = (value - translation) / scale,  taken as the whole number next to it where it is nearer than 0.01
    [start, stop)  →  pixels from ⌊position of start⌋ up to, not including, ⌈position of stop⌉
    a single value →  pixel ⌊position⌋

So a box never loses a part of a pixel that it covers, and one that was drawn along pixels stays what it was, whatever rounding
the numbers went through. Regions of interest count from the corner of the image: without the translation.

Source: ngio, ``Roi``, ``world_to_pixel`` (rounded within 1e-2); OME-NGFF 0.5, "coordinateTransformations".
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from catalog.bridge.axis_request import AxisRequest, World, WorldAt
from catalog.errors import InputError
from catalog.rdf.conventions.ome_units import MICROMETRES, SECONDS, name_of_symbol

NEAR: Final = 1e-2
"""A position that is nearer than this to a whole number is that number."""
MAX_POSITION: Final = 2**63


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the pixels lie along one axis of an array.

    Attributes
    ----------
    axis
        Its name; ``""`` where it has none.
    position
        Which axis of the array, from 0.
    scale
        Distance between pixels, in the unit.
    translation
        Where the first pixel lies, in the unit.
    unit
        As OME-NGFF names it; ``""`` where none is stated.
    """

    axis: str
    position: int
    scale: float
    translation: float = 0.0
    unit: str = ""

    def to_pixel(self, value: float, *, corner: bool = False) -> float:
        """The position of a value in the axis' unit; whole where it is near enough."""
        position = (value - (0.0 if corner else self.translation)) / self.scale
        whole = round(position)
        return float(whole) if abs(position - whole) < NEAR else position


def to_pixels(request: AxisRequest, sampling: Sampling, size: int) -> tuple[AxisRequest, str]:
    """The positions that a request in world units means, and a note that says how they were found.

    Parameters
    ----------
    request
        Asks for `World` or `WorldAt`.
    size
        Elements along the axis.

    Raises
    ------
    InputError
        The box ends before it starts or lies outside of the axis, the unit is not one of the axis, or the scale is not above 0.
    """
    index = request.index
    if not isinstance(index, World | WorldAt):
        raise InputError(f"the axis {request.where} is not given in world units")
    if not (sampling.scale > 0 and math.isfinite(sampling.scale) and math.isfinite(sampling.translation)):
        raise InputError(f"the axis {request.where} has the scale {sampling.scale}, which must be above 0: select by position")
    factor = unit_factor(index.unit, sampling.unit, request)
    corner = isinstance(index, World) and index.origin == "corner"
    allowed = _allowed(sampling, size, corner=corner)
    if isinstance(index, WorldAt):
        at = math.floor(_position(index.value * factor, sampling, request, corner=corner))
        if not 0 <= at < size:
            raise InputError(f"{request.axis!r} = {index.value:g} is out of range: {allowed}")
        return replace(
            request, index=at
        ), f"{_named(request)} = {index.value:g} is {_rule(sampling, f'pixel {at}', corner=corner)}"
    start = 0.0 if index.start is None else _position(index.start * factor, sampling, request, corner=corner)
    stop = float(size) if index.stop is None else _position(index.stop * factor, sampling, request, corner=corner)
    if stop < start:
        raise InputError(f"{request.axis!r}: the box ends at {index.stop}, before it starts: give start ≤ stop, {allowed}")
    if size and (stop <= 0 or start >= size) and start < stop:
        raise InputError(f"{request.axis!r} = [{_end(index.start)}, {_end(index.stop)}) is out of range: {allowed}")
    low, high = math.floor(start), math.ceil(stop)
    clipped = f", cut at the image from [{low}, {high})" if low < 0 or high > size else ""
    low, high = max(low, 0), max(min(high, size), 0)
    what = f"pixels [{low}, {high}){clipped}"
    note = f"{_named(request)} = [{_end(index.start)}, {_end(index.stop)}) is {_rule(sampling, what, corner=corner)}"
    return replace(request, index=slice(low, high)), note


def unit_factor(given: str, own: str, request: AxisRequest) -> float:
    """How many of an axis' units one of the given units is; 1 where either is not stated.

    Raises
    ------
    InputError
        One cannot be converted into the other.
    """
    if not given or not own or given == own:
        return 1.0
    names = name_of_symbol(given), name_of_symbol(own)
    for lengths in (MICROMETRES, SECONDS):
        if names[0] in lengths and names[1] in lengths:
            return 1.0 if names[0] == names[1] else lengths[names[0]] / lengths[names[1]]
    raise InputError(f"the axis {request.where} has the unit {own!r}, and {given!r} is not one that it can be converted to")


def _position(value: float, sampling: Sampling, request: AxisRequest, *, corner: bool) -> float:
    position = sampling.to_pixel(value, corner=corner)
    if not abs(position) < MAX_POSITION:
        raise InputError(f"{request.axis!r}: {value:g} is no place on the axis")
    return position


def _named(request: AxisRequest) -> str:
    return request.axis


def _end(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _allowed(sampling: Sampling, size: int, *, corner: bool) -> str:
    start = 0.0 if corner else sampling.translation
    return f"allowed is [{start:g}, {start + size * sampling.scale:g}) {sampling.unit}".rstrip()


def _rule(sampling: Sampling, what: str, *, corner: bool) -> str:
    origin = 0.0 if corner else sampling.translation
    shifted = f"(value - {origin:g})" if origin else "value"
    unit = f" {sampling.unit}" if sampling.unit else ""
    return f"{what}: {shifted} / {sampling.scale:g}{unit}, whole where within {NEAR:g}, else the pixels that are covered"
