"""Which part of an array does ``.sel(time="2020-01", lat=slice(50, 60))`` want?

By label where a coordinate array labels the axis, in world units where the graph says how the pixels of an image lie, by name for
its channels. Slices are half-open, as everywhere in the catalogue; xarray's are closed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from catalog.client.session import Session
from catalog.errors import InputError, NotFoundError
from catalog.services.asking.values import plain

if TYPE_CHECKING:
    from catalog.bridge.axis_request import Tolerance
    from catalog.bridge.levels import LevelWish
    from catalog.bridge.part import Part
    from catalog.bridge.reduction import Reduction

_BATCH: Final = 1000
_ROW: Final = re.compile(r"^row \d+ \((\S+)\): ")
_LONGEST: Final = 2000
"""Characters of a selection that a record has as it was written; by positions, it has all."""


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each array.

    Attributes
    ----------
    positions, places
        Axis → what `isel` and `sel` were given.
    tolerances
        Axis → how far the nearest label may be away; of others it has to be there.
    reductions
        What is done to the values, in this order.
    level
        Which level of the image that the array is a level of; None: the array itself.
    """

    positions: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Any] = field(default_factory=dict)
    tolerances: "dict[str, Tolerance]" = field(default_factory=dict)
    reductions: "tuple[Reduction, ...]" = ()
    level: "LevelWish | None" = None

    @property
    def whole(self) -> bool:
        """Whether everything is wanted as it is."""
        return not (self.positions or self.places or self.reductions or self.level)

    @property
    def text(self) -> str:
        """What `isel` and `sel` were given, as it was written."""
        near = {"tolerance": {axis: str(each) for axis, each in self.tolerances.items()}} if self.tolerances else {}
        calls = [("isel", self.positions), ("sel", {**near, **self.places} if self.places else {})]
        said = (f"{name}({', '.join(f'{axis}={value!r}' for axis, value in given.items())})" for name, given in calls if given)
        wish = self.level
        chosen = [] if wish is None else [f"level({wish.index if wish.pixel_size is None else dict(wish.pixel_size)})"]
        if wish is not None and wish.max_bytes is not None:
            chosen = [f"level(max_bytes={wish.max_bytes})"]
        return ".".join([*chosen, *said])[:_LONGEST]


def check_axes(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted of axes, with what was wanted before.

    Raises
    ------
    InputError
        An axis was given before.
    """
    twice = sorted(set(given) & set(before))
    if twice:
        raise InputError(f"the axis {twice[0]!r} is selected twice: give each axis once, in one sel or isel")
    return {**before, **given}


def resolve_parts(session: Session, arrays: Sequence[str], wanted: Wanted) -> "list[Part]":
    """The parts of arrays, in their order.

    Parameters
    ----------
    arrays
        IRIs.
    wanted
        What is wanted of each of them.

    Raises
    ------
    InputError
        An axis, position, place, label or level that an array does not have.
    LimitExceededError
        No level is as small as is wanted.
    NotFoundError
        One of the arrays is not in the catalogue any more.
    CatalogError
        What reading a coordinate can cause.
    """
    from catalog.bridge.answer import resolve_answer
    from catalog.bridge.image_facts import ImageFacts
    from catalog.graphstore.bindings import Bindings, Iri

    found: dict[str, Part] = {}
    places, tolerances = wanted.places, wanted.tolerances
    with session.asking() as (store, iris):
        labels = session.labels((store, iris)) if places else None
        samplings = ImageFacts(store, iris).samplings(arrays) if places else {}
        kinds: dict[frozenset[str], list[str]] = {}
        for array in arrays:
            axes = frozenset(each.axis for each in samplings.get(array, ())) & set(places)
            kinds.setdefault(axes, []).append(array)
        for sampled, members in kinds.items():
            named = {axis: _index(axis, value, axis in sampled, tolerances.get(axis)) for axis, value in places.items()}
            asked = {**wanted.positions, **named}
            for begin in range(0, len(members), _BATCH):
                rows = [(Iri(array),) for array in members[begin : begin + _BATCH]]
                try:
                    answer = resolve_answer(
                        store,
                        Bindings(("array",), rows),
                        column="array",
                        iris=iris,
                        select=asked,
                        labels=labels,
                        level=wanted.level,
                    )
                except InputError as error:
                    raise InputError(_ROW.sub(r"\1: ", str(error))) from error
                found |= {each.uri: each.part for each in answer.parts}
    missing = [array for array in arrays if array not in found]
    if missing:
        raise NotFoundError(f"{missing[0]} is no array in the catalogue any more")
    return [found[array] for array in arrays]


def _index(axis: str, value: Any, sampled: bool, tolerance: "Tolerance | None") -> Any:
    """What ``sel`` was given for one axis, as the bridge takes it."""
    from catalog.bridge.axis_request import LabelAt, LabelRange, World, WorldAt

    value = _label(value.values if hasattr(value, "values") and hasattr(value, "dtype") else value)  # xarray's, pandas'
    if isinstance(value, LabelAt | LabelRange | World | WorldAt):
        return value
    if isinstance(value, slice):
        if value.step is not None:
            raise InputError(f"the slice of {axis!r} has a step; steps count positions, so use isel for them")
        start, stop = _label(value.start), _label(value.stop)
        for each in (start, stop):
            if not isinstance(each, str | int | float | None) or isinstance(each, bool):
                raise InputError(f"{each!r:.40} is no label for the axis {axis!r}: a slice of texts, numbers or dates is allowed")
        numbers = all(each is None or isinstance(each, int | float) for each in (start, stop))
        return World(start, stop) if sampled and numbers else LabelRange(start, stop)
    if isinstance(value, list | tuple):
        return LabelAt(tuple(_label(each) for each in value), tolerance)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise InputError(
            f"{value!r:.40} is no label for the axis {axis!r}: a text, number, date, list or slice of these is allowed"
        )
    if sampled and isinstance(value, int | float):
        return WorldAt(float(value))
    return LabelAt((value,), tolerance, kept=False)


def _label(value: Any) -> Any:
    if getattr(getattr(value, "dtype", None), "kind", "") == "M" and getattr(value, "ndim", 0):
        value = list(value)  # NumPy makes numbers of nanoseconds
    value = plain(value)
    dated = isinstance(value, datetime | date) or hasattr(value, "calendar")  # cftime's dates state their calendar
    return value.isoformat() if dated else value
