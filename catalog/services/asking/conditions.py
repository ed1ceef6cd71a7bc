"""How do lookups and values become patterns of a query?

Lookups of one call that go through the same things speak of the same thing: ``filter(channel__label="DAPI",
channel__active=True)`` wants one channel that is both. Those of several calls may be met by different ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from catalog.errors import InputError
from catalog.graphstore.bindings import Literal
from catalog.graphstore.bindings import Term as RdfTerm
from catalog.graphstore.compose import Step, Text, join, part, write_name, write_path
from catalog.services.asking.lookup_table import DATASET, IDENTIFIER, IN_DATASET, NAMES, Term, expand
from catalog.services.asking.lookups import Lookup
from catalog.services.asking.values import (
    Terms,
    checked_pattern,
    held_terms,
    json_term,
    link_terms,
    plain,
    scalar_term,
    text_term,
)

MAX_VALUES: Final = 10_000
MAX_LOOKUPS: Final = 100
_ORDERED: Final = {"lt": "below", "lte": "at-most", "gt": "above", "gte": "at-least"}
_TEXTUAL: Final = {
    "contains": "contains",
    "icontains": "contains-any-case",
    "iexact": "equals-any-case",
    "startswith": "starts",
    "endswith": "ends",
}
_NUMBERS: Final = {"number": (int, float), "flag": (bool,)}


@dataclass
class Patterns:
    """Patterns in the making, and the values that they take.

    Attributes
    ----------
    values
        Name of a variable → the terms that it may be.
    """

    values: dict[str, Sequence[RdfTerm]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def name(self, letter: str) -> str:
        """A variable's name that is not yet taken."""
        return f"{letter}{next(self._numbers)}"

    def give(self, terms: Iterable[RdfTerm]) -> tuple[str, Text]:
        """A variable that is one of these terms, and the pattern that says so."""
        name = self.name("w")
        self.values[name] = tuple(terms)
        return name, part("values", name=name)

    def group(self, lookups: Sequence[tuple[Lookup, Any]]) -> Text:
        """The patterns of the lookups of one call.

        Raises
        ------
        InputError
            A value does not go with its lookup or operator.
        """
        if len(lookups) > MAX_LOOKUPS:
            raise InputError(f"a call takes at most {MAX_LOOKUPS} lookups, and {len(lookups)} are given")
        group = _Group(self)
        return join([group.condition(lookup, value) for lookup, value in lookups])

    def of(self, name: str, lookup: Lookup, value: Any, *, every: bool = False) -> Text:
        """The patterns that one lookup without links puts on a variable; errors as `group`.

        Parameters
        ----------
        every
            Whether they are read from beginning to end, rather than looked up for one thing after the other.
        """
        group = _Group(self, name)
        group.every = every
        return group.condition(lookup, value)

    def reached(self, lookup: Lookup, *, named: bool = True, backward: bool = False) -> tuple[Text, str]:
        """The pattern that leads from the item to what a lookup names, and the variable that holds it.

        Parameters
        ----------
        named
            Where that is a thing, its name is given in its place.
        backward
            The last steps are written from their end to their beginning: of many items, few values are the better start.
        """
        group = _Group(self)
        group.named, group.backward, group.every = named, backward, backward
        if not named and lookup.leaf is not None:
            lookup = replace(lookup, leaf=replace(lookup.leaf, leads=None))
        return group.reach(lookup)

    def ordered(self, lookup: Lookup, column: str) -> tuple[Text, Text]:
        """The pattern that gives what an order goes by, and the column for it."""
        pattern, value = self.reached(lookup)
        return part("optional", body=pattern), part("least", value=value, column=column)


class _Group:
    """The lookups of one call, which share what they go through."""

    def __init__(self, patterns: Patterns, start: str = "item") -> None:
        self._patterns, self._start = patterns, start
        self._reached: dict[tuple[object, ...], str] = {(): start}
        self.named = self.backward = self.every = False

    def condition(self, lookup: Lookup, value: Any) -> Text:
        """One lookup's patterns."""
        value = plain(value)
        if lookup.operator == "isnull":
            return self._is_null(lookup, value)
        if lookup.leaf is not None and lookup.leaf.kind == "unless":
            return self._unless(lookup, value)
        if lookup.leaf is not None and not lookup.leaf.steps:
            return self._called(lookup.leaf, lookup, value)
        exact = _exact_terms(lookup, value)
        if exact is not None:
            return self._same(lookup, exact)
        texts = _exact_texts(lookup, value)
        if texts is not None and (*lookup.links, "attribute", lookup.key) not in self._reached:
            return self._holds(lookup, texts)
        pattern, name = self.reach(lookup)
        compared = self._compare(lookup, name, value)
        direct = lookup.leaf is not None and lookup.leaf.leads is None and not lookup.links
        if self.every and direct and lookup.leaf is not None and lookup.operator in {*_TEXTUAL, "regex"}:
            holder = self._patterns.name("n")  # each value is compared once, however many things have it
            values = part("step", subject=holder, path=write_path(lookup.leaf.steps), object=name)
            body = join([part("distinct", name=name, body=values), *compared])
            held = part("step", subject=self._start, path=write_path(lookup.leaf.steps), object=name)
            return join([part("distinct", name=name, body=body), part("rows", first=self._start, second=name, body=held)])
        return join([pattern, *compared])

    def reach(self, lookup: Lookup) -> tuple[Text, str]:
        """The patterns that lead to what is compared, as far as they are not there yet, and its variable."""
        pieces, at, key = self._follow(lookup.links)
        if lookup.leaf is None:
            key = (*key, "attribute", lookup.key)
            if key not in self._reached:
                node, value = self._patterns.name("n"), self._patterns.name("v")
                name, given = self._patterns.give([text_term(lookup.key)])
                if self.every:
                    pieces.append(part("attribute-of-all", subject=at, node=node, key=name, object=value, given=given))
                else:
                    pieces += [given, part("attribute", subject=at, node=node, key=name, object=value)]
                self._reached[key] = value
        else:
            steps = self._leaf(lookup.leaf, lookup.operator)
            key = (*key, steps)
            if key not in self._reached:
                self._reached[key] = self._patterns.name("v")
                pieces.append(self._step(at, steps, self._reached[key]))
        return join(pieces), self._reached[key]

    def _step(self, at: str, steps: Sequence[Step], to: str) -> Text:
        if not self.backward or any(step.optional for step in steps):
            return part("step", subject=at, path=write_path(steps), object=to)
        back = [replace(step, inverse=not step.inverse) for step in reversed(steps)]
        return part("step", subject=to, path=write_path(back), object=at)

    def _leaf(self, leaf: Term, operator: str) -> tuple[Step, ...]:
        """What is compared; of a thing, itself or its name."""
        if leaf.leads is None:
            return leaf.steps
        names = NAMES if self.named else _names(leaf, operator)
        return (*leaf.steps, Step(names, optional=not self.named and leaf.kind in {"link", "thing"}))

    def _called(self, leaf: Term, lookup: Lookup, value: Any) -> Text:
        """A dataset that is itself, or by its name, as it should be; datasets are few, and all are read."""
        name, path = self._patterns.name("v"), write_path([Step(_names(leaf, lookup.operator))])
        called = part("dataset-called", dataset=self._start, path=path, name=name)
        return part("distinct", name=self._start, body=join([called, *self._compare(lookup, name, value)]))

    def _follow(self, links: Sequence[Term]) -> tuple[list[Text], str, tuple[object, ...]]:
        pieces: list[Text] = []
        key: tuple[object, ...] = ()
        for link in links:
            at, key = self._reached[key], (*key, link)
            if key not in self._reached:
                self._reached[key] = self._patterns.name("n")
                pieces.append(part("step", subject=at, path=write_path(link.steps), object=self._reached[key]))
                if link.only:
                    pieces.append(part("kind", subject=self._reached[key], iri=write_name(expand(link.only))))
        return pieces, self._reached[key], key

    def _same(self, lookup: Lookup, terms: Sequence[RdfTerm]) -> Text:
        """What must be one of these very terms: the engine looks it up, and compares nothing."""
        assert lookup.leaf is not None  # noqa: S101 - plain attributes are compared
        pieces, at, _ = self._follow(lookup.links)
        name, given = self._patterns.give(terms)
        step = part("step", subject=at, path=write_path(lookup.leaf.steps), object=name)
        return join([*pieces, given, step])

    def _holds(self, lookup: Lookup, texts: Sequence[str]) -> Text:
        """A plain attribute that holds one of these texts: literals that have such a text are looked up, whatever their kind."""
        pieces, at, way = self._follow(lookup.links)
        node, text = self._patterns.name("n"), self._patterns.name("w")
        key, key_given = self._patterns.give([text_term(lookup.key)])
        candidates = self._patterns.give(term for each in texts for term in held_terms(each))
        self._patterns.values[text] = tuple(map(text_term, texts))
        self._reached[(*way, "attribute", lookup.key)] = candidates[0]
        held = part(
            "attribute-is", subject=at, node=node, key=key, object=candidates[0], text=text,
            candidates=candidates[1], given=part("values", name=text),
        )  # fmt: skip
        return join([*pieces, key_given, held])

    def _is_null(self, lookup: Lookup, value: Any) -> Text:
        if not isinstance(value, bool):
            raise InputError(f"{lookup.name!r} is True or False, and was given {value!r:.40}")
        fresh = _Group(self._patterns)
        pattern, _ = fresh.reach(lookup)
        return part("without", body=pattern) if value else pattern

    def _unless(self, lookup: Lookup, value: Any) -> Text:
        """A truth value that is stated only where it is false."""
        if lookup.operator != "exact" or not isinstance(value, bool):
            raise InputError(f"{lookup.name!r} is True or False, and was given {value!r:.40}")
        stated = _Group(self._patterns)._same(lookup, [scalar_term(False)])
        return part("without", body=stated) if value else stated

    def _compare(self, lookup: Lookup, name: str, value: Any) -> list[Text]:
        operator = lookup.operator
        if operator in {"exact", "in"}:
            given = _several(lookup, value) if operator == "in" else [value]
            value_name, values = self._patterns.give(term for each in given for term in _terms(lookup, each))
            if all(isinstance(plain(each), str) for each in given):
                return [part("text", object=name, value=value_name), values]  # the engine joins, and compares no pairs
            return [values, part("equals", object=name, value=value_name)]
        if operator == "regex":
            value_name, values = self._patterns.give([checked_pattern(value)])
            return [values, part("like", object=name, value=value_name)]
        if operator in _TEXTUAL:
            if not isinstance(value, str):
                raise InputError(f"{lookup.name!r} takes a text, and was given {value!r:.40}")
            value_name, values = self._patterns.give([text_term(value)])
            return [values, part(_TEXTUAL[operator], object=name, value=value_name)]
        bounds = _several(lookup, value) if operator == "between" else [value]
        if operator == "between" and len(bounds) != 2:
            raise InputError(f"{lookup.name!r} takes two values, the least and the greatest, and was given {len(bounds)}")
        operators = ("gte", "lte") if operator == "between" else (operator,)
        return [text for each, bound in zip(operators, bounds, strict=True) for text in self._bound(lookup, each, name, bound)]

    def _bound(self, lookup: Lookup, operator: str, name: str, value: Any) -> list[Text]:
        [term] = _terms(lookup, value)[:1]
        value_name, values = self._patterns.give([term])
        textual = isinstance(plain(value), str)
        return [values, part(f"{'text-' * textual}{_ORDERED[operator]}", object=name, value=value_name)]


def of_dataset(lookup: Lookup) -> Lookup | None:
    """What a lookup that compares the item's dataset asks of the dataset itself; None: it asks something else."""
    leaf = lookup.leaf
    if lookup.links or leaf is None or leaf.leads != DATASET or leaf.steps != IN_DATASET or lookup.operator == "isnull":
        return None
    return replace(lookup, leaf=replace(leaf, steps=()))


def _names(leaf: Term, operator: str) -> tuple[str, ...]:
    """The properties whose text stands for a thing; of a dataset that must be a certain one also its id."""
    return (*NAMES, IDENTIFIER) if leaf.leads == DATASET and operator in {"exact", "in"} else NAMES


def is_exact(lookup: Lookup, value: Any) -> bool:
    """Whether the terms that a lookup wants are known, so that a graph store looks them up and compares nothing.

    Raises
    ------
    InputError
        The value does not go with the lookup.
    """
    value = plain(value)
    return lookup.operator != "isnull" and (_exact_terms(lookup, value) is not None or _exact_texts(lookup, value) is not None)


def _exact_texts(lookup: Lookup, value: Any) -> list[str] | None:
    """The texts one of which a plain attribute must hold; None where it is compared in another way."""
    if lookup.leaf is not None or lookup.computed or lookup.operator not in {"exact", "in"}:
        return None
    given = [plain(each) for each in (_several(lookup, value) if lookup.operator == "in" else [value])]
    return given if all(isinstance(each, str) for each in given) else None


def _exact_terms(lookup: Lookup, value: Any) -> list[RdfTerm] | None:
    """The very terms one of which must be there, where the ontology says which they are; None where it does not."""
    if isinstance(value, Terms):
        return list(value)
    if lookup.operator not in {"exact", "in"} or lookup.leaf is None or lookup.leaf.kind not in {"text", "json"}:
        return None
    given = _several(lookup, value) if lookup.operator == "in" else [value]
    if lookup.leaf.kind == "json":
        return [json_term(each) for each in given]
    plains = [plain(each) for each in given]
    return [text_term(each) for each in plains] if all(isinstance(each, str) for each in plains) else None


def _terms(lookup: Lookup, value: Any) -> list[RdfTerm]:
    """The terms that a value can be, for a lookup."""
    value = plain(value)
    kind = "any" if lookup.leaf is None else lookup.leaf.kind
    if kind in {"link", "thing"} and isinstance(value, str):
        return link_terms(value)
    if kind == "json":
        return [json_term(value), Literal(json_term(value).value)]
    if kind in _NUMBERS and (not isinstance(value, _NUMBERS[kind]) or (kind == "number" and isinstance(value, bool))):
        wanted = "a number" if kind == "number" else "True or False"
        raise InputError(f"{lookup.name!r} takes {wanted}, and was given {value!r:.40}")
    if value is None:
        raise InputError(f"{lookup.name!r} was given None: use {lookup.name.removesuffix('__exact')}__isnull=True")
    return [scalar_term(value)]


def _several(lookup: Lookup, value: Any) -> list[Any]:
    """The values of ``in`` and ``between``."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InputError(f"{lookup.name!r} takes a list of values, and was given {value!r:.40}")
    found = list(value)
    if len(found) > MAX_VALUES:
        raise InputError(f"{lookup.name!r} takes at most {MAX_VALUES} values, and was given {len(found)}")
    return found
