"""Which arrays, and what do they hold? Metadata as a table, values of all of them."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Self

from catalog.client import results
from catalog.client.array_facts import describe, read_channels
from catalog.client.array_item import ArrayItem
from catalog.client.query import Found, Query
from catalog.client.recorded import Result, query_text
from catalog.client.selecting import Selecting
from catalog.client.session import Session
from catalog.client.table import Table
from catalog.client.wanted import Wanted
from catalog.errors import InputError
from catalog.services.asking.question import Order, meets

if TYPE_CHECKING:
    from catalog.bridge.chunk_plan import ChunkPlan
    from catalog.bridge.missing import Missing
    from catalog.bridge.read_many import Outcome
    from catalog.services.asking.question import Question

_COLUMNS = ("path", "dataset", "name", "title", "shape", "dims", "dtype", "chunks", "units", "standard_name", "iri")


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

    def compute(self, *, missing: "Missing" = "fill") -> list[Any]:
        """The values of each array, in their order; as `ArrayItem.compute`, errors of the first array that has one."""
        if self._wanted.reductions:
            return [item.compute(missing=missing) for item in self._items]
        return [outcome.get() for outcome in self.read(missing=missing)]

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

    def read(self, *, missing: "Missing" = "fill") -> "list[Outcome]":
        """What became of each array, read several at a time: its values, or the error that leaves the others whole.

        Parameters
        ----------
        missing
            As for `ArrayItem.compute`.

        Raises
        ------
        InputError
            Reductions were asked for, or a selection that an array does not have.
        LimitExceededError
            All of them together cost too much; nothing was read.
        """
        if self._wanted.reductions:
            raise InputError("read gives values as they are stored: use compute for reductions")
        return results.read_parts(self._session, [item.part for item in self._items], missing)

    def to_xarray(self, *, decode: bool = True, lazy: bool = False) -> Any:
        """A Dataset of arrays that lie in one group, or a DataTree of those of one dataset.

        Raises
        ------
        InputError
            The arrays belong to several datasets, or cannot be put together.
        CatalogError
            As `ArrayItem.to_xarray`.
        """
        if self._wanted.reductions:
            return results.merge([(item.ref, item.to_xarray(decode=decode, lazy=lazy)) for item in self._items])
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
