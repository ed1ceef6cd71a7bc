"""Which arrays, or which datasets? A question that grows by calls, and is asked once.

Nothing is asked while a query is put together (a name that the table of lookups does not have apart). The first look at the
answer asks, and the answer is kept; each further step makes a new query.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from catalog.client.session import Session
from catalog.errors import InputError, NotFoundError
from catalog.services.asking.lookups import SYMBOLS, Lookup, parse_lookup, parse_way
from catalog.services.asking.question import Condition, Order, Question, check_computed

if TYPE_CHECKING:
    from catalog.client.table import Table

_SHOWN = 5
_OPERATORS = "=, !=, <, <=, >, >=, in, contains, icontains, iexact, startswith, endswith, between, isnull, regex"


@dataclass(frozen=True, slots=True)
class Found:
    """One item of an answer.

    Attributes
    ----------
    iri
        Of the array or dataset.
    dataset
        IRI of its dataset.
    path
        The array's path; of a dataset its name.
    """

    iri: str
    dataset: str
    path: str


class Query[Item]:
    """A question whose answer is a list of items; made by `Catalog`.

    Parameters
    ----------
    session
        How the catalogue is reached.
    question
        What is asked for.
    """

    _what = "item"

    def __init__(self, session: Session, question: Question) -> None:
        self._session, self._question = session, question

    # -- growing -------------------------------------------------------------------------------------------------------

    def filter(self, **lookups: Any) -> Self:
        """Only items that meet all of these lookups.

        Lookups of one call that go through the same things speak of the same thing.

        Raises
        ------
        InputError
            A lookup is unknown (the message has the nearest ones), or its value does not go with it.
        """
        return self._with(Condition(self._parsed(lookups))) if lookups else self

    def exclude(self, **lookups: Any) -> Self:
        """Only items that do not meet all of these lookups together; errors as `filter`."""
        return self._with(Condition(self._parsed(lookups), negated=True)) if lookups else self

    def where(self, way: str, operator: str, value: Any) -> Self:
        """Only items of which a property is so.

        Parameters
        ----------
        way
            A lookup, an IRI, a prefixed name such as ``lab:exposureTime``, or several joined by ``/``, ``^`` before a step that
            goes from object to subject.
        operator
            ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or the name of an operator of lookups, such as ``contains``.

        Raises
        ------
        InputError
            The way or the operator is unknown, or the value does not go with it.
        """
        negated = operator == "!="
        wanted = SYMBOLS.get("=" if negated else operator, operator)
        lookup = parse_way(way, self._question.root, self._session.vocabulary)
        if lookup.operator != "exact":
            raise InputError(f"{way!r} ends with an operator, and {operator!r} is given: name one of them")
        try:
            chosen = replace(lookup, operator=parse_lookup(f"path__{wanted}", "ZarrArray", self._session.vocabulary).operator)
        except InputError:
            raise InputError(f"{operator!r} is no operator; allowed are {_OPERATORS}") from None
        return self._with(Condition(((chosen, value),), negated))

    def order_by(self, *names: str) -> Self:
        """The same items in another order: by these lookups, the first counts most; ``-`` before one turns it round.

        Raises
        ------
        InputError
            A lookup is unknown, or the query was cut before.
        """
        self._not_cut("order_by")
        orders = []
        for name in names:
            lookup = parse_lookup(name.removeprefix("-"), self._question.root, self._session.vocabulary)
            if lookup.operator != "exact":
                raise InputError(f"{name!r} has an operator: order by what comes before it")
            orders.append(Order(lookup, name.startswith("-")))
        return self._changed(replace(self._question, orders=tuple(orders)))

    def _with(self, condition: Condition) -> Self:
        self._not_cut("a condition")
        conditions = (*self._question.conditions, condition)
        check_computed(conditions)
        question = replace(self._question, conditions=conditions)
        question.to_select()  # a value that does not go with its lookup is told here, not when the answer is looked at
        return self._changed(question)

    def _not_cut(self, what: str) -> None:
        if self._question.limit is not None or self._question.offset:
            raise InputError(f"{what} comes before [ : ]: the query was cut already")

    def _changed(self, question: Question) -> Self:
        return type(self)(self._session, question)

    def _parsed(self, lookups: dict[str, Any]) -> tuple[tuple[Lookup, Any], ...]:
        root, ask = self._question.root, self._session.vocabulary
        return tuple((parse_lookup(name, root, ask), value) for name, value in lookups.items())

    # -- the answer ----------------------------------------------------------------------------------------------------

    @cached_property
    def _found(self) -> list[Found]:
        """The answer, asked for at the first look."""
        text, values = self._question.to_select()
        with self._session.asking() as (store, _):
            rows = store.select(text, values).rows
        found = [Found(*(term.value if term else "" for term in row[:3])) for row in rows]
        found = [each for each in found if self._is_own(each)]
        return self._reckoned(found) if self._question.computed else found

    def _is_own(self, found: Found) -> bool:
        """Whether the item is one of the catalogue's, not only called so by somebody."""
        return found.iri == found.dataset or found.iri.startswith(f"{found.dataset}/nodes/")

    def _reckoned(self, found: list[Found]) -> list[Found]:
        """What the query could not do: only arrays have figures that are reckoned."""
        raise NotImplementedError

    def _make(self, found: list[Found]) -> list[Item]:
        raise NotImplementedError

    @cached_property
    def _items(self) -> list[Item]:
        return self._make(self._found)

    def __iter__(self) -> Iterator[Item]:
        """The items, in order."""
        return iter(self._items)

    def __len__(self) -> int:
        """How many items."""
        return len(self._found)

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self._found)

    def __contains__(self, item: object) -> bool:
        """Whether an array or dataset, or its IRI, is among the items."""
        iri = item if isinstance(item, str) else getattr(item, "iri", None)
        return any(each.iri == iri for each in self._found)

    def __getitem__(self, key: int | slice) -> Any:
        """An item by its place, or a query for a part of the items; places count from 0.

        Raises
        ------
        InputError
            A place is negative, or the slice has a step.
        """
        if isinstance(key, slice):
            return self._cut(key)
        if key < 0:
            raise InputError(f"{key} counts from the end; order the other way round instead")
        return self._items[key]

    def _cut(self, key: slice) -> Self:
        begin, end = key.start or 0, key.stop
        if key.step is not None or begin < 0 or (end is not None and end < 0):
            raise InputError("a slice of a query has no step, and counts from the beginning")
        wanted = None if end is None else max(end - begin, 0)
        left = None if self._question.limit is None else max(self._question.limit - begin, 0)
        limit = min(each for each in (wanted, left) if each is not None) if (wanted, left) != (None, None) else None
        return self._changed(replace(self._question, offset=self._question.offset + begin, limit=limit))

    def count(self) -> int:
        """How many items; asked as a number where the items themselves are not there yet."""
        if "_found" in self.__dict__ or self._question.computed:
            return len(self._found)
        text, values = self._question.to_count()
        with self._session.asking() as (store, _):
            [number] = store.select(text, values).values("count")
        left = max(int(number or 0) - self._question.offset, 0)
        return left if self._question.limit is None else min(left, self._question.limit)

    def first(self) -> Item | None:
        """The first item; None where there is none."""
        if "_found" in self.__dict__:
            return self._items[0] if self._found else None
        return next(iter(self[:1]), None)

    def one(self) -> Item:
        """The only item.

        Raises
        ------
        NotFoundError
            There is none; the message says which of the conditions leaves none.
        InputError
            There are several; the message names the first.
        """
        several = self if "_found" in self.__dict__ else self[: _SHOWN + 1]
        if len(several) == 1:
            return several._items[0]
        if several:
            shown = ", ".join(each.iri for each in several._found[:_SHOWN])
            raise InputError(
                f"{self.count()} {self._what}s are found where one is wanted: {shown}{' …' * (len(several) > _SHOWN)}"
            )
        raise NotFoundError(f"no {self._what} is found{self._why_none()}", near=self._near())

    def _why_none(self) -> str:
        """Which condition leaves nothing where the ones before it leave something."""
        for number in range(len(self._question.conditions)):
            shorter = self._changed(Question(self._question.root, self._question.conditions[: number + 1]))
            if not shorter.count():
                names = ", ".join(f"{lookup.name}={value!r:.40}" for lookup, value in self._question.conditions[number].lookups)
                verb = "exclude" if self._question.conditions[number].negated else "filter"
                before = self._changed(Question(self._question.root, self._question.conditions[:number])).count()
                return f": {verb}({names}) leaves none of {before}"
        return ""

    def _near(self) -> tuple[str, ...]:
        """Items that all conditions but the last one find."""
        if not self._question.conditions:
            return ()
        wider = self._changed(Question(self._question.root, self._question.conditions[:-1], limit=_SHOWN))
        return tuple(each.iri for each in wider._found)

    def iris(self) -> list[str]:
        """The items' IRIs."""
        return [each.iri for each in self._found]

    def table(self) -> "Table":
        """What is known of the items, as a table."""
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """What is known of the items, as a pandas frame."""
        return self.table().to_pandas()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        """How many items there are, where they were asked for."""
        asked = f"{len(self._found)} {self._what}s" if "_found" in self.__dict__ else "not asked yet"
        conditions = len(self._question.conditions)
        return f"<{type(self).__name__}: {asked}, {conditions} condition{'s' * (conditions != 1)}>"
