"""Which part is wanted, and what is to be done to it? The steps that one array and a query for arrays have in common."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from catalog.client.session import Session
from catalog.client.wanted import Wanted, check_axes
from catalog.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.client.recorded import Result
    from catalog.metadata.dataset import Access
    from catalog.metadata.read_record import ReadRecord
    from catalog.services.derive import Saved

_METHODS = frozenset({"nearest", "pad", "ffill", "backfill", "bfill"})
"""What xarray's ``sel`` takes as a method: whoever gives one here means that, and no axis."""


class Selecting:
    """The steps that one array and a query for arrays have in common."""

    _session: Session
    _wanted: Wanted

    def _wanting(self, wanted: Wanted) -> Self:
        raise NotImplementedError

    def result(self) -> "Result":
        """The values, read now, with where they come from: for `Result.record` and `Result.save`; errors as ``compute``."""
        raise NotImplementedError

    def record(self, path: "str | Path | None" = None, *, agent: str = "") -> "ReadRecord":
        """Read, and say where the values come from; as `Result.record`."""
        return self.result().record(path, agent=agent)

    def save(
        self,
        url: "str | Path",
        *,
        register: bool = False,
        dataset_id: str | None = None,
        access: "Access | None" = None,
        agent: str = "",
    ) -> "Saved":
        """Read, and write the values as a new Zarr store; as `Result.save`."""
        self._session.check_writing()
        return self.result().save(url, register=register, dataset_id=dataset_id, access=access, agent=agent)

    def isel(self, **positions: Any) -> Self:
        """A part by positions: axis → integer, slice (half-open), list or mask; an axis without a name is ``dimN``.

        Raises
        ------
        InputError
            An axis was selected before.
        """
        before = self._wanted
        check_axes(positions, before.places)
        self._not_reduced("isel")
        return self._wanting(replace(before, positions=check_axes(positions, before.positions)))

    def sel(self, tolerance: Any = None, **places: Any) -> Self:
        """A part by labels, world units or names of channels: axis → value, list, or slice, half-open.

        A number means a place in world units where the graph states a scale for the axis, else a label of its coordinate.

        Parameters
        ----------
        tolerance
            Take the nearest label that is at most so far away; None: it has to be there. A number in the coordinate's unit; of
            dates a span of time, too, such as ``"1D"``, ``"6h"`` or a ``timedelta``; or a mapping of axes to these.

        Raises
        ------
        InputError
            An axis was selected before, or a tolerance is none, or for an axis that no label is given for.
        """
        from catalog.bridge.tolerance import tolerances_of

        if isinstance(places.get("method"), str) and places["method"] in _METHODS:
            raise InputError("sel has no method: tolerance=0.5 takes the nearest label within that, float('inf') however far")
        before = self._wanted
        tolerances = {**before.tolerances, **tolerances_of(tolerance, list(places))}
        check_axes(places, before.positions)
        self._not_reduced("sel")
        return self._wanting(replace(before, places=check_axes(places, before.places), tolerances=tolerances))

    def level(self, index: int | None = None, *, max_bytes: int | None = None, **pixel_size: float) -> Self:
        """Another level of the image that the array is a level of; selections are of that one.

        Parameters
        ----------
        index
            Its number; 0 is the finest.
        max_bytes
            The finest level of which the part that is wanted has at most so many bytes.
        pixel_size
            Axis → size: the coarsest level whose pixels are at most as large, in the unit of the axis; else the finest.

        Raises
        ------
        InputError
            None of these is given, or several, or a level was chosen before.
        """
        from catalog.bridge.levels import LevelWish

        if self._wanted.level is not None:
            raise InputError("the level is chosen twice: choose it once")
        self._not_reduced("level")
        return self._wanting(replace(self._wanted, level=LevelWish(index, pixel_size or None, max_bytes)))

    def _not_reduced(self, what: str) -> None:
        if self._wanted.reductions:
            raise InputError(f"{what} comes before {self._wanted.reductions[0].name}: select first, then reduce")

    def reduce(self, name: str, *axes: str | Sequence[str]) -> Self:
        """The values along these axes, or along all, made one.

        Parameters
        ----------
        axes
            Names, or lists of them.
        name
            ``max``, ``min``, ``sum``, ``mean``, ``std``, ``var``, ``median``, ``any`` or ``all``.

        Raises
        ------
        InputError
            There is no such reduction.
        """
        from catalog.bridge.reduction import to_steps

        named = [name for each in axes for name in ([each] if isinstance(each, str) else each)]
        return self._wanting(replace(self._wanted, reductions=(*self._wanted.reductions, *to_steps([(name, named)]))))

    def max(self, *axes: str | Sequence[str]) -> Self:
        """The greatest values along these axes, or along all."""
        return self.reduce("max", *axes)

    def min(self, *axes: str | Sequence[str]) -> Self:
        """The least values along these axes, or along all."""
        return self.reduce("min", *axes)

    def sum(self, *axes: str | Sequence[str]) -> Self:
        """The sums along these axes, or along all."""
        return self.reduce("sum", *axes)

    def mean(self, *axes: str | Sequence[str]) -> Self:
        """The means along these axes, or along all."""
        return self.reduce("mean", *axes)

    def std(self, *axes: str | Sequence[str]) -> Self:
        """The standard deviations along these axes, or along all, of the whole population."""
        return self.reduce("std", *axes)

    def median(self, *axes: str | Sequence[str]) -> Self:
        """The medians along these axes, or along all; the selection is read whole."""
        return self.reduce("median", *axes)
