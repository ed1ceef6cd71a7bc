"""What does one array hold? Values as NumPy, xarray, dask or a frame, and where they come from."""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Self

from catalog.client import results
from catalog.client.array_facts import describe, read_channels
from catalog.client.html import chunks_svg, facts_html, link_html, text_html
from catalog.client.query import Found
from catalog.client.recorded import Result, computed, query_text
from catalog.client.selecting import Selecting
from catalog.client.session import Session
from catalog.client.table import Table
from catalog.client.wanted import Wanted, resolve_parts
from catalog.errors import InputError

if TYPE_CHECKING:
    import pyarrow
    import xarray

    from catalog.bridge.array_ref import ArrayRef
    from catalog.bridge.chunk_plan import ChunkPlan
    from catalog.bridge.missing import Missing
    from catalog.bridge.part import Part
    from catalog.bridge.points import PointsPlan
    from catalog.client.points import Samples
    from catalog.services.asking.question import Question
    from catalog.services.provenance import Reading


class ArrayItem(Selecting):
    """One array of an answer, and what is wanted of it; nothing is read before it is asked for.

    Attributes
    ----------
    iri, dataset, path
        The array's IRI, its dataset's IRI, and its path there.
    """

    def __init__(self, session: Session, found: Found, wanted: Wanted | None = None, question: "Question | None" = None) -> None:
        self.iri, self.dataset, self.path = found.iri, found.dataset, found.path
        self._session, self._found, self._wanted, self._question = session, found, wanted or Wanted(), question
        self._siblings: Sequence[ArrayItem] = (self,)
        self._kept: Part | None = None

    def _wanting(self, wanted: Wanted) -> Self:
        return type(self)(self._session, self._found, wanted, self._question)

    @property
    def _query(self) -> str:
        """Text of the query that found it."""
        return query_text(self._question)

    @property
    def part(self) -> "Part":
        """The array, the part that is wanted, and notes on how it was found; asked for together with all of its query.

        Raises
        ------
        InputError
            An axis, position, place or label that the array does not have.
        CatalogError
            What reading a coordinate can cause.
        """
        if self._kept is None:
            _resolve(self._session, self._siblings)
        assert self._kept is not None  # noqa: S101 - just put there
        return self._kept

    @property
    def ref(self) -> "ArrayRef":
        """The array with all that reading it needs."""
        if self._kept is None and not self._wanted.whole and self._wanted.level is None:
            return resolve_parts(self._session, [self.iri], Wanted())[0].ref
        return self.part.ref

    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis of the part that is wanted, before reductions."""
        return self.part.selection.shape

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes of the part that is wanted, before reductions; ``dimN`` where neither array nor image names one."""
        from catalog.bridge.reduction import kept_names

        return tuple(kept_names(self.ref, self.part.selection))

    @property
    def dtype(self) -> str:
        """Name of the data type, as Zarr v3 has it."""
        return self.ref.array.layout.data_type.name

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Elements of a chunk, of an inner chunk with sharding; None where they differ."""
        layout = self.ref.array.layout
        return layout.inner_chunk_shape or layout.chunk_grid.chunk_shape

    @property
    def ndim(self) -> int:
        """Axes of the part that is wanted, before reductions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Elements of the part that is wanted, before reductions."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int | None:
        """Bytes of these elements; None where they vary in size."""
        return self.plan().result_bytes

    @property
    def attrs(self) -> dict[str, Any]:
        """The array's attributes, as far as the graph holds them."""
        return results.stated(self._session, self.ref)

    @property
    def location(self) -> str:
        """URL of the store; ``""`` where this audience is not told."""
        return self.ref.location

    @property
    def notes(self) -> tuple[str, ...]:
        """By which rule world units and labels became positions."""
        return self.part.notes

    def __getitem__(self, key: Any) -> Self:
        """A part by positions, axis after axis, as NumPy has it, but for lists, each of which is of its own axis; as `isel`.

        Raises
        ------
        InputError
            More positions than axes, or a part was selected before.
        """
        if self._wanted.positions or self._wanted.places:
            raise InputError("[ ] counts the axes of the whole array, and a part was selected: use isel with names of axes")
        given = list(key) if isinstance(key, tuple) else [key]
        axes = len(self.ref.array.shape)
        open_at = next((at for at, each in enumerate(given) if each is ...), None)
        if open_at is not None:
            given[open_at : open_at + 1] = [slice(None)] * (axes - len(given) + 1)
        if len(given) > axes:
            raise InputError(f"{len(given)} positions are given, and the array has {axes} axes")
        return self.isel(**{f"dim{at}": each for at, each in enumerate(given)})

    __iter__ = None  # or else Python would count upwards with [ ]

    def plan(self) -> "ChunkPlan":
        """Which chunks would be read, and what that costs; the store is not asked.

        Raises
        ------
        InputError, MetadataError
            The selection, or an array that cannot be read here.
        """
        from catalog.bridge.chunk_plan import plan_chunks

        return plan_chunks(self.ref.array, self.part.selection)

    def compute(self, *, missing: "Missing" = "fill") -> Any:
        """The values, as a NumPy array.

        Parameters
        ----------
        missing
            What becomes of chunks that the store does not have: ``fill``, the fill value; ``error``; ``mask``, a masked array.

        Raises
        ------
        InputError
            A selection or reduction that the array does not have.
        NotFoundError
            A chunk is missing, and must not be.
        LimitExceededError
            It costs too much; nothing was read.
        StaleSnapshotError
            The array changed after it was catalogued.
        CatalogError
            The store, or what it holds.
        """
        return self._read(missing).values

    def result(self, values: Any = None) -> Result:
        """The values, read now, with where they come from; errors as `compute`.

        Parameters
        ----------
        values
            Values that dask computed of this item's `to_dask`, as they are stored, which are not read again. Nobody asked the
            store meanwhile whether the array is still what was catalogued, and the record says so.

        Raises
        ------
        InputError
            Values of another shape than the part that is wanted.
        """
        from catalog.services.provenance import now

        started = now()
        reading = self._read() if values is None else self._told(computed(values, self.dims, self.shape, self._left()))
        return Result(self._session, [reading], started, self._query, checked=values is None)

    def sample(self, points: Any, *, labels: bool | Sequence[str] = False, tolerance: Any = None) -> "Samples":
        """The value at each of many points, read now; errors as `compute`, or of a point, which is named.

        Parameters
        ----------
        points
            A frame or mapping, axis → column, or an array of shape (points, axes); without axes of which one element is selected.
        labels
            The axes whose columns are what `sel` takes, labels, dates, world units …; True: all. Others are positions from 0.
        tolerance
            As `Selecting.sel` takes it.

        Raises
        ------
        InputError
            A point is not there, or an axis is unknown, missing, selected in part, or was reduced.
        """
        from catalog.client.points import sample

        self._not_reduced("sample")
        return sample(self._session, self.part, points, labels=labels, tolerance=tolerance, query=self._query)

    def plan_sample(self, points: Any, *, labels: bool | Sequence[str] = False, tolerance: Any = None) -> "PointsPlan":
        """Which chunks `sample` would read at these points, and how much of them it would use; of the array, nothing is read.

        Arguments and errors as `sample`; coordinates are read where labels are given.
        """
        from catalog.bridge.points import plan_points
        from catalog.client.points import find_points

        self._not_reduced("plan_sample")
        placed = find_points(self._session, self.part, points, labels, tolerance)
        return plan_points(placed.part.ref, placed.places)

    def _read(self, missing: "Missing" = "fill") -> "Reading":
        from catalog.services.recorded import read_part

        part = self.part
        return self._told(read_part(part.ref, part.selection, self._session.reading(), self._wanted.reductions, missing).values)

    def _told(self, values: Any) -> "Reading":
        """Values of the part that is wanted, with how it was asked for."""
        from catalog.services.provenance import Reading

        part, wanted = self.part, self._wanted
        return Reading(
            part.ref, part.selection, values, requested=wanted.text, notes=part.notes, reductions=tuple(wanted.reductions)
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The values, where NumPy wants an array."""
        import numpy as np

        return np.array(self.compute(), dtype=dtype, copy=True if copy is None else copy)

    def to_xarray(self, *, decode: bool = True, lazy: bool = False) -> "xarray.DataArray":
        """The values with coordinates and units; after reductions, with the coordinates of the axes that are left.

        Parameters
        ----------
        decode
            Let xarray apply what CF says of the values. Reductions are of values as they are stored.
        lazy
            Read values when they are computed, by dask.

        Raises
        ------
        InputError
            xarray, or what else is needed, is not installed.
        CatalogError
            As `compute`.
        """
        if not self._wanted.reductions:
            return results.to_dataarray(self._session, self.part, decode=decode, lazy=lazy)
        if not lazy:
            return self.result().to_xarray(decode=decode)
        results.warn_of_packed(self._session, self.ref)
        return results.to_reduced(self._session, self.part, self.to_dask(), self._left(), self._wanted.reductions)

    def _left(self) -> list[str]:
        """The axes that reductions leave."""
        from catalog.bridge.reduction import axes_left

        return axes_left(self._wanted.reductions, self.dims)

    def to_dask(self) -> Any:
        """The values as a dask array: nothing is read yet; errors as `catalog.bridge.results.lazy.to_dask`."""
        return results.to_dask(self._session, self.part, self._wanted.reductions, self.dims)

    def to_pandas(self) -> Any:
        """The values as a frame, one row for each element, labelled by its coordinates; errors as `to_xarray`."""
        return results.to_frame(self.to_xarray())

    def to_arrow(self) -> "pyarrow.Table":
        """The values as an Arrow table; as `Result.to_arrow`."""
        return self.result().to_arrow()

    def channels(self) -> Table:
        """The channels of the image that the array is a level of."""
        return read_channels(self._session, [self._found])

    def __eq__(self, other: object) -> bool:
        """Whether the same part of the same array is wanted."""
        return isinstance(other, ArrayItem) and (self.iri, repr(self._wanted)) == (other.iri, repr(other._wanted))

    def __hash__(self) -> int:
        """As equality has it."""
        return hash(self.iri)

    def _repr_html_(self) -> str:
        ref, part = self.ref, self.part
        array = ref.array
        axes = ", ".join(f"{name}: {size}" for name, size in zip(ref.axes, array.shape, strict=True))
        facts = [
            ("path", text_html(self.path or "/")),
            ("dataset", link_html(self.dataset)),
            ("dimensions", text_html(axes or "scalar")),
            ("data type", text_html(self.dtype)),
            ("chunks", text_html("of several sizes" if self.chunks is None else " x ".join(map(str, self.chunks)) or "one")),
            *((name, text_html(value)) for name, value in self._described()),
        ]
        if part.selection.shape != array.shape:
            facts.append(("selected", text_html(" x ".join(map(str, part.selection.shape)) or "one element")))
        facts += [("then", text_html(str(each))) for each in self._wanted.reductions]
        facts += [("note", text_html(note)) for note in part.notes]
        return facts_html(link_html(self.iri), facts, chunks_svg(array.shape, self.chunks))

    def _described(self) -> list[tuple[str, Any]]:
        [row] = describe(self._session, [self._found])
        return [(name, row[name]) for name in ("title", "units", "standard_name") if row.get(name) is not None]

    def __repr__(self) -> str:
        """Path, data type and shape, where they are known already."""
        known = f" {self.dtype} {self.shape}" if self._kept is not None else ""
        return f"<array {self.path or '/'!r}{known} of {self.dataset}>"


def _resolve(session: Session, items: Sequence[ArrayItem]) -> None:
    """Find the parts of all items that want the same of their arrays."""
    wanted = items[0]._wanted
    parts = resolve_parts(session, [item.iri for item in items], wanted)
    for item, part in zip(items, parts, strict=True):
        item._kept = part
