"""Which arrays, and what do they hold? Metadata as a table, values as NumPy, xarray or dask."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Self

from catalog.client import results
from catalog.client.array_facts import describe, read_channels
from catalog.client.html import chunks_svg, facts_html, link_html, text_html
from catalog.client.query import Found, Query
from catalog.client.recorded import Result, query_text
from catalog.client.selecting import Selecting, Wanted
from catalog.client.session import Session
from catalog.client.table import Table
from catalog.client.wanted import resolve_parts
from catalog.errors import InputError
from catalog.services.asking.question import Order, meets

if TYPE_CHECKING:
    import xarray

    from catalog.bridge.array_ref import ArrayRef
    from catalog.bridge.chunk_plan import ChunkPlan
    from catalog.bridge.part import Part
    from catalog.bridge.read_many import Outcome
    from catalog.client.points import Samples
    from catalog.services.asking.question import Question
    from catalog.services.provenance import Reading

_COLUMNS = ("path", "dataset", "name", "title", "shape", "dims", "dtype", "chunks", "units", "standard_name", "iri")


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
        if self._kept is None and not self._wanted.whole:
            return resolve_parts(self._session, [self.iri], {}, {}, None)[0].ref
        return self.part.ref

    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis of the part that is wanted, before reductions."""
        return self.part.selection.shape

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes of the part that is wanted, before reductions; ``dimN`` where one has no name."""
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
    def location(self) -> str:
        """URL of the store; ``""`` where this audience is not told."""
        return self.ref.location

    @property
    def notes(self) -> tuple[str, ...]:
        """By which rule world units and labels became positions."""
        return self.part.notes

    def plan(self) -> "ChunkPlan":
        """Which chunks would be read, and what that costs; the store is not asked.

        Raises
        ------
        InputError, MetadataError
            The selection, or an array that cannot be read here.
        """
        from catalog.bridge.chunk_plan import plan_chunks

        return plan_chunks(self.ref.array, self.part.selection)

    def compute(self) -> Any:
        """The values, as a NumPy array.

        Raises
        ------
        InputError
            A selection or reduction that the array does not have.
        LimitExceededError
            It costs too much; nothing was read.
        StaleSnapshotError
            The array changed after it was catalogued.
        CatalogError
            The store, or what it holds.
        """
        return self._read().values

    def result(self) -> Result:
        """The values, read now, with where they come from; errors as `compute`."""
        from catalog.services.provenance import now

        started = now()
        return Result(self._session, [self._read()], started, query_text(self._question))

    def sample(self, points: Any, *, labels: bool | Sequence[str] = False, tolerance: float | None = None) -> "Samples":
        """The value at each of many points, read now; errors as `compute`, or of a point, which is named.

        Parameters
        ----------
        points
            A frame or mapping, axis → column, or an array of shape (points, axes); without axes of which one element is selected.
        labels
            The axes whose columns are what `sel` takes, labels, dates, world units …; True: all. Others are positions from 0.
        tolerance
            Take the nearest label that is at most so far away; None: it has to be there.

        Raises
        ------
        InputError
            A point is not there, or an axis is unknown, missing, selected in part, or was reduced.
        """
        from catalog.client.points import sample

        self._not_reduced("sample")
        return sample(self._session, self.part, points, labels=labels, tolerance=tolerance, query=query_text(self._question))

    def _read(self) -> "Reading":
        from catalog.services.recorded import read_part

        reading = read_part(self.part.ref, self.part.selection, self._session.reading(), self._wanted.reductions)
        return replace(reading, requested=self._wanted.text, notes=self.part.notes)

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
        values = self.to_dask() if lazy else self.compute()
        return results.to_reduced(self._session, self.part, values, self._left())

    def _left(self) -> list[str]:
        """The axes that reductions leave."""
        from catalog.bridge.reduction import axes_left

        return axes_left(self._wanted.reductions, self.dims)

    def to_dask(self) -> Any:
        """The values as a dask array: nothing is read yet; errors as `catalog.bridge.results.lazy.to_dask`."""
        return results.to_dask(self._session, self.part, self._wanted.reductions, self.dims)

    def to_pandas(self) -> Any:
        """The values as a frame, one row for each element, labelled by its coordinates; errors as `to_xarray`."""
        return self.to_xarray().to_dataframe(name=self.path.rpartition("/")[2] or "values")

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
        names = [name or f"dim{at}" for at, name in enumerate(array.dimension_names)]
        axes = ", ".join(f"{name}: {size}" for name, size in zip(names, array.shape, strict=True))
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
    parts = resolve_parts(session, [item.iri for item in items], wanted.positions, wanted.places, wanted.tolerance)
    for item, part in zip(items, parts, strict=True):
        item._kept = part


class ArrayQuery(Selecting, Query[ArrayItem]):
    """A query for arrays; `sel`, `isel` and reductions are done to each of them."""

    _what = "array"

    def __init__(self, session: Session, question: "Question", wanted: Wanted | None = None) -> None:
        super().__init__(session, question)
        self._wanted = wanted or Wanted()

    def _changed(self, question: "Question") -> Self:
        return type(self)(self._session, question, self._wanted)

    def _wanting(self, wanted: Wanted) -> Self:
        made = type(self)(self._session, self._question, wanted)
        if "_found" in self.__dict__:
            made.__dict__["_found"] = self._found  # the same question: its answer need not be asked for again
        return made

    def _make(self, found: list[Found]) -> list[ArrayItem]:
        items = [ArrayItem(self._session, each, self._wanted, self._question) for each in found]
        for item in items:
            item._siblings = items
        return items

    def _reckoned(self, found: list[Found]) -> list[Found]:
        question = self._question
        items = type(self)(self._session, question)._make(found)
        figures = {item.iri: {"size": prod(item.ref.array.shape), "nbytes": _bytes(item)} for item in items}
        for condition in question.conditions:
            asked = [(lookup, value) for lookup, value in condition.lookups if lookup.computed]
            if asked:
                found = [
                    each
                    for each in found
                    if all(meets(lookup, value, figures[each.iri][lookup.computed]) for lookup, value in asked)
                    is not condition.negated
                ]
        for order in reversed(question.orders):
            if order.lookup.computed:
                kept = {each.iri: figures[each.iri][order.lookup.computed] or 0 for each in found}
            else:
                kept = self._places(order)
            found = sorted(found, key=lambda each: kept.get(each.iri, 0), reverse=order.descending)
        end = None if question.limit is None else question.offset + question.limit
        return found[question.offset : end]

    def _places(self, order: Order) -> dict[str, int]:
        """The place of each array by an order that the graph store knows."""
        question = replace(self._question, conditions=(), orders=(replace(order, descending=False),), offset=0, limit=None)
        return {iri: place for place, iri in enumerate(type(self)(self._session, question).iris())}

    def compute(self) -> list[Any]:
        """The values of each array, in their order; errors as `ArrayItem.compute`, of the first array that has one."""
        if self._wanted.reductions:
            return [item.compute() for item in self._items]
        return [outcome.get() for outcome in self.read()]

    def result(self) -> Result:
        """The values of all arrays, read now, with where they come from.

        Raises
        ------
        LimitExceededError
            All of them together would take too much room; nothing was read.
        CatalogError
            As `ArrayItem.compute`, of the first array that has an error.
        """
        from catalog.services.provenance import now
        from catalog.services.recorded import check_sum

        started = now()
        if not self._wanted.reductions:
            sizes = [plan.result_bytes or 0 for plan in self.plan()]
            check_sum(sizes, self._session.settings.read.max_total_bytes, "max_total_bytes")
        return Result(self._session, [item._read() for item in self._items], started, query_text(self._question))

    def read(self) -> "list[Outcome]":
        """What became of each array, read several at a time: its values, or the error that leaves the others whole.

        Raises
        ------
        InputError
            Reductions were asked for, or a selection that an array does not have.
        LimitExceededError
            All of them together cost too much; nothing was read.
        """
        if self._wanted.reductions:
            raise InputError("read gives values as they are stored: use compute for reductions")
        return results.read_parts(self._session, [item.part for item in self._items])

    def to_xarray(self, *, decode: bool = True, lazy: bool = False) -> Any:
        """A Dataset of arrays that lie in one group, or a DataTree of those of one dataset.

        Raises
        ------
        InputError
            The arrays belong to several datasets, or reductions were asked for.
        CatalogError
            As `ArrayItem.to_xarray`.
        """
        if self._wanted.reductions:
            raise InputError("reductions are done array by array: [each.to_xarray() for each in query]")
        return results.to_labelled(self._session, [item.part for item in self._items], decode=decode, lazy=lazy)

    def to_dask(self) -> list[Any]:
        """The values of each array as a dask array; errors as `ArrayItem.to_dask`."""
        return [item.to_dask() for item in self._items]

    def plan(self) -> "list[ChunkPlan]":
        """What reading each array would cost; errors as `ArrayItem.plan`."""
        return [item.plan() for item in self._items]

    def channels(self) -> Table:
        """The channels of the images that the arrays are levels of."""
        return read_channels(self._session, self._found)

    def table(self) -> Table:
        """Path, dataset, shape, data type and meaning of each array."""
        plain = self if self._wanted.whole else self._wanting(Wanted())
        rows = []
        for item, said in zip(plain._items, describe(self._session, self._found), strict=True):
            shown = {
                "path": item.path,
                "dataset": item.dataset,
                "shape": item.ref.array.shape,
                "dims": item.dims,
                "dtype": item.dtype,
                "chunks": item.chunks,
                "iri": item.iri,
            }
            rows.append(tuple({**said, **shown}.get(name) for name in _COLUMNS))
        at = {name: number for number, name in enumerate(_COLUMNS)}
        return Table(_COLUMNS, rows, frozenset((row, at[name]) for row in range(len(rows)) for name in ("dataset", "iri")))


def _bytes(item: ArrayItem) -> int | None:
    array = item.ref.array
    size = array.layout.data_type.item_size
    return None if size is None else size * prod(array.shape)
