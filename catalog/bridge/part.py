"""Which part of one array do positions, world units, labels and regions mean together?

Nothing is read here: how the pixels lie comes from the graph, and labels are looked up by whoever is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.axis_request import AxisRequest, LabelAt, LabelRange, PixelIndex, Positions, World, WorldAt
from catalog.bridge.selection import Selection, find_axis, resolve_selection
from catalog.bridge.selection_text import position_of, to_requests
from catalog.bridge.world import Sampling, to_pixels
from catalog.errors import InputError

CHANNEL_AXES: Final = frozenset({"c", "channel"})


class Labels(Protocol):
    """Looks labels up; `catalog.bridge.coordinates.Coordinates` does."""

    def positions(self, ref: ArrayRef, request: AxisRequest) -> tuple[int, PixelIndex, str]:
        """Which axis is meant, which elements of it, and a note."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an array.

    Attributes
    ----------
    ref
        The array.
    selection
        The part of it.
    notes
        How world units and labels became positions, where that takes a rule.
    """

    ref: ArrayRef
    selection: Selection
    notes: tuple[str, ...] = ()


def select_part(
    ref: ArrayRef,
    parts: str | Mapping[str, Any] | Sequence[AxisRequest] = "",
    *,
    samplings: Sequence[Sampling] = (),
    labels: Labels | None = None,
    channels: Mapping[str, Sequence[int]] | None = None,
    optional: frozenset[str] = frozenset(),
) -> Part:
    """What a selection of any kind means for an array.

    Parameters
    ----------
    parts
        A text, a mapping as `to_requests` takes it, or requests.
    samplings
        How the pixels lie along its axes, where the graph says so. An axis is known by the name that they give it, too.
    labels
        Looks labels up; None: there are none.
    channels
        Places of the image's channels by name.
    optional
        Names of axes that are passed over where the array has none of that name, as a region's z is in a plane.

    Raises
    ------
    InputError
        An axis, position, place or label that the array does not have; the message has what is allowed.
    CatalogError
        As ``labels`` raises.
    """
    requests = to_requests(parts) if isinstance(parts, str | Mapping) else parts
    names = axis_names(ref, samplings)
    found: list[AxisRequest] = []
    notes: list[str] = []
    for request in requests:
        if request.axis in optional and request.axis not in names:
            notes.append(f"{request.axis} is no axis of the array and plays no part")
            continue
        resolved, note = _in_positions(ref, request, names, samplings, labels, channels)
        found.append(resolved)
        if note:
            notes.append(note)
    return Part(ref, resolve_selection(found, ref.array.shape, names), tuple(notes))


def axis_names(ref: ArrayRef, samplings: Sequence[Sampling]) -> tuple[str | None, ...]:
    """The names of an array's dimensions; where one has none, or all are called otherwise, those that the image's axes have."""
    own = ref.array.dimension_names
    image: list[str | None] = [None] * len(own)
    for sampling in samplings:
        if sampling.position < len(image) and sampling.axis:
            image[sampling.position] = sampling.axis
    taken = {name for name in own if name is not None}
    return tuple(
        name if name is not None else (other if other not in taken else None) for name, other in zip(own, image, strict=True)
    )


def _in_positions(
    ref: ArrayRef,
    request: AxisRequest,
    names: Sequence[str | None],
    samplings: Sequence[Sampling],
    labels: Labels | None,
    channels: Mapping[str, Sequence[int]] | None,
) -> tuple[AxisRequest, str]:
    """The same request in positions, and a note."""
    request = _renamed(request, names, samplings)
    index = request.index
    if isinstance(index, World | WorldAt):
        axis = find_axis(request, names)
        sampling = next((each for each in samplings if each.position == axis), None)
        if sampling is None:
            raise InputError(
                f"the axis {request.where} is given in world units, and the graph states no scale of {ref.iri} along it:"
                " select by position, or by label(…)"
            )
        return to_pixels(request, sampling, ref.array.shape[axis])
    if isinstance(index, LabelAt) and channels and label_name(request, names) in CHANNEL_AXES:
        return replace(request, index=_channel(request, index, channels)), ""
    if isinstance(index, LabelAt | LabelRange):
        if labels is None:
            raise InputError(f"the axis {request.where} is given by labels, which are not looked up here: select by position")
        named = label_name(request, names)
        axis, positions, note = labels.positions(ref, replace(request, axis=named) if named else request)
        return replace(request, axis=f"dim{axis}", quoted=False, index=positions), note
    return request, ""


def label_name(request: AxisRequest, names: Sequence[str | None]) -> str:
    """The name that a request's labels go by: that of the axis, also where it is given as ``dimN``."""
    numbered = None if request.quoted else position_of(request.axis)
    if numbered is not None and numbered < len(names):
        return names[numbered] or request.axis
    return request.axis


def _renamed(request: AxisRequest, names: Sequence[str | None], samplings: Sequence[Sampling]) -> AxisRequest:
    """The same request by position, where only the image calls an axis so."""
    if request.axis in names or (not request.quoted and position_of(request.axis) is not None):
        return request
    positions = [each.position for each in samplings if each.axis == request.axis and each.position < len(names)]
    return replace(request, axis=f"dim{positions[0]}", quoted=False) if len(positions) == 1 else request


def _channel(request: AxisRequest, index: LabelAt, channels: Mapping[str, Sequence[int]]) -> PixelIndex:
    found = []
    for label in index.values:
        places = channels.get(str(label), ())
        if len(places) > 1:
            at = ", ".join(map(str, places))
            raise InputError(
                f"{request.axis!r} = {label!r} is ambiguous: the channels {at} have that name; give one of these numbers"
            )
        if not places:
            raise InputError(f"{request.axis!r} = {label!r} is no channel; the channels are {', '.join(map(repr, channels))}")
        found.append(places[0])
    return Positions(tuple(found)) if index.kept else found[0]
