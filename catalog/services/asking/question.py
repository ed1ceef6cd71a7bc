"""What does a chain of calls ask for, as one SPARQL query?

The parts of the query lie with the other queries; here they are put together (`catalog.graphstore.compose`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from catalog.errors import InputError
from catalog.graphstore.bindings import Term as RdfTerm
from catalog.graphstore.compose import Text, join, part
from catalog.services.asking.conditions import Patterns, of_dataset
from catalog.services.asking.lookup_table import ARRAY
from catalog.services.asking.lookups import Lookup

_STARTS: Final = {ARRAY: "arrays"}


@dataclass(frozen=True, slots=True)
class Condition:
    """The lookups of one call.

    Attributes
    ----------
    lookups
        Each with its value.
    negated
        Whether what meets all of them is left out.
    """

    lookups: tuple[tuple[Lookup, Any], ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What items are ordered by: the least value where there are several; items that have none come first."""

    lookup: Lookup
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What a chain of calls asks for.

    Attributes
    ----------
    root
        The class of the items.
    conditions
        All of them hold.
    orders
        The first counts most; where all are equal, dataset and path decide.
    offset, limit
        Which of the ordered items; None: all that follow.
    """

    root: str
    conditions: tuple[Condition, ...] = ()
    orders: tuple[Order, ...] = ()
    offset: int = 0
    limit: int | None = None

    @property
    def computed(self) -> bool:
        """Whether part of the answer has to be reckoned here: then the query gives all items, in no order."""
        asked = [lookup for condition in self.conditions for lookup, _ in condition.lookups]
        return any(lookup.computed for lookup in (*asked, *(order.lookup for order in self.orders)))

    def to_select(self) -> tuple[str, Mapping[str, Sequence[RdfTerm]]]:
        """The query for the items (columns ``item``, ``dataset``, ``path``), and the values that it takes.

        Raises
        ------
        InputError
            A value does not go with its lookup.
        """
        patterns = Patterns()
        body = self._body(patterns)
        columns: list[Text] = []
        sorting: list[Text] = []
        if not self.computed:
            for number, order in enumerate(self.orders):
                pattern, column = patterns.ordered(order.lookup, f"k{number}")
                body.append(pattern)
                columns.append(column)
                sorting.append(part("descending" if order.descending else "ascending", column=f"k{number}"))
        cut: list[Text] = []
        if not self.computed:
            cut += [part("limit", number=self.limit)] if self.limit is not None else []
            cut += [part("offset", number=self.offset)] if self.offset else []
        text = part("select", columns=join(columns), body=join(body), order=join(sorting), slice=join(cut))
        return text.value, patterns.values

    def to_count(self) -> tuple[str, Mapping[str, Sequence[RdfTerm]]]:
        """The query for how many items there are, offset and limit left out of account; errors as `to_select`."""
        patterns = Patterns()
        return part("count", body=join(self._body(patterns))).value, patterns.values

    def _body(self, patterns: Patterns) -> list[Text]:
        first: list[Text] = []
        pieces = [part(_STARTS.get(self.root, "datasets"))]
        for condition in self.conditions:
            asked = [each for each in condition.lookups if not each[0].computed]
            if not condition.negated:
                for each in list(asked):
                    if (wanted := of_dataset(each[0])) is not None:  # an item has one dataset: no other condition shares it
                        first.append(patterns.of("dataset", wanted, each[1]))
                        asked.remove(each)
            if asked and (len(asked) == len(condition.lookups) or not condition.negated):
                group = patterns.group(asked)
                pieces.append(part("without", body=group) if condition.negated else group)
        return [*first, *pieces]


def check_computed(conditions: Sequence[Condition]) -> None:
    """Refuse what cannot be reckoned after the query.

    Raises
    ------
    InputError
        ``exclude`` mixes what is reckoned with other lookups, or an operator does not go with a number.
    """
    for condition in conditions:
        names = [lookup.name for lookup, _ in condition.lookups if lookup.computed]
        if names and condition.negated and len(names) < len(condition.lookups):
            raise InputError(
                f"exclude takes {names[0]!r} alone: it is reckoned after the query; use another exclude for the rest"
            )
        for lookup, value in condition.lookups:
            if lookup.computed:
                meets(lookup, value, 0)


def meets(lookup: Lookup, value: Any, figure: int | None) -> bool:
    """Whether a figure that was reckoned is as a lookup wants it; None is a figure that is not known.

    Raises
    ------
    InputError
        The operator does not go with a number, or the value is none.
    """
    if lookup.operator == "isnull":
        return (figure is None) is bool(value)
    several = lookup.operator in {"in", "between"}
    values = list(value) if several and not isinstance(value, str) else [value]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in values):
        raise InputError(f"{lookup.name!r} takes {'numbers' if several else 'a number'}, and was given {value!r:.40}")
    if lookup.operator == "between" and len(values) != 2:
        raise InputError(f"{lookup.name!r} takes two values, the least and the greatest")
    if figure is None:
        return False
    wanted = {
        "exact": figure == values[0] if values else False,
        "in": figure in values,
        "lt": bool(values) and figure < values[0],
        "lte": bool(values) and figure <= values[0],
        "gt": bool(values) and figure > values[0],
        "gte": bool(values) and figure >= values[0],
        "between": len(values) == 2 and values[0] <= figure <= values[-1],
    }
    if lookup.operator not in wanted:
        raise InputError(f"{lookup.name!r} is a number; allowed are {', '.join(sorted(wanted))}")
    return wanted[lookup.operator]
