"""What do the terms of a search mean, to this catalogue?

Names become lookups, with what the catalogue's own content adds to them; texts from an address become values of the type that
their term wants; and times are compared here (`catalog.services.asking.instants`), so that a graph store only looks terms up.
"""

import csv
import difflib
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from catalog.errors import InputError, LimitExceededError
from catalog.graphstore.bindings import Literal
from catalog.graphstore.compose import Step, part, write_path
from catalog.graphstore.door import Asked
from catalog.rdf.prefixes import PREFIXES
from catalog.services.asking.filter_tree import KINDS, All, Either, Leaf, Not, Same, Tree
from catalog.services.asking.instants import meets, parse_moment, read_moment
from catalog.services.asking.lookup_table import ANY, ARRAY, CHANNEL, DATASET, IMAGE, PLATE, WELL, Term, expand, terms_of
from catalog.services.asking.lookups import Lookup, Vocabulary, parse_way
from catalog.services.asking.ontology_lookups import TERMS
from catalog.services.asking.values import Terms
from catalog.services.asking.vocabulary import read_vocabulary
from catalog.services.search_request import Filter, Negated, Wanted

MAX_LINKS: Final = 5
"""Things on the way of one lookup."""
MAX_KNOWN: Final = 50_000
"""Different values of a term that are looked at."""
_COMPARED: Final = frozenset({"exact", "in", "lt", "lte", "gt", "gte", "between"})
_MANY: Final = frozenset({ARRAY, IMAGE, CHANNEL, WELL})
"""What there are many of in a dataset, a plate and a well."""
_NEAR: Final = 5


class TermReader:
    """Reads the terms of one search.

    Parameters
    ----------
    store
        Of the audience that asks: names and values that it does not hold are not known.
    kind
        What is searched for.
    """

    def __init__(self, store: Asked, kind: str) -> None:
        self._store, self._root = store, KINDS[kind]
        self._vocabulary: Vocabulary | None = None

    def _ask(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = read_vocabulary(self._store)
        return self._vocabulary

    def lookup(self, term: str) -> Lookup:
        """What a term means.

        Raises
        ------
        InputError
            It is unknown (the message has the nearest ones), or ends with an operator.
        """
        lookup = parse_way(term, self._root, self._ask if ":" not in term else Vocabulary)
        if lookup.operator != "exact":
            raise InputError(f"{term!r} ends with an operator, which stands apart from the term")
        lookup = _step_by_step(lookup)
        if len(lookup.links) > MAX_LINKS:
            raise InputError(f"{term!r} goes through {len(lookup.links)} things, and at most {MAX_LINKS} are allowed")
        if ":" in term and lookup.leaf is not None:
            self._check_known(term, lookup.leaf.steps)
        return lookup

    def plain_lookup(self, term: str, what: str) -> Lookup:
        """What a term means that is counted or sorted by.

        Raises
        ------
        InputError
            As `lookup`, or it is reckoned, or leads from a thing to others of its kind.
        """
        lookup = self.lookup(term)
        if lookup.computed:
            raise InputError(f"{term!r} is reckoned from shape and data type: {what} needs a term that the graph holds")
        leads = [link.leads for link in lookup.links] + [lookup.leaf.leads if lookup.leaf else None]
        outward = next((at for at, each in enumerate(leads) if each in {DATASET, PLATE, WELL}), len(leads))
        spread = any(each in _MANY for each in leads[outward + 1 :])
        if spread or ("/" in term and "^" in term):
            raise InputError(f"{term!r} leads to many others for each that is found: {what} needs a shorter way")
        return lookup

    def _check_known(self, term: str, steps: Iterable[Step]) -> None:
        """Refuse a property that neither the ontology nor anything in the catalogue has."""
        for iri in (iri for step in steps for iri in step.iris):
            if iri in _NAMED or any(iri in mapped for mapped in self._ask().mapped.values()):
                continue
            if not self._store.ask(part("known", path=write_path([Step((iri,))])).value):
                known = {_short(each) for each in (*_NAMED, *(each for some in self._ask().mapped.values() for each in some))}
                near = difflib.get_close_matches(_short(iri), sorted(known), n=_NEAR, cutoff=0.5)
                hint = f"; near are {', '.join(near)}" if near else ""
                raise InputError(f"no property {iri} is known here, in {term!r}{hint}")

    def tree(self, given: Filter) -> Tree:
        """The conditions with what their terms mean.

        Raises
        ------
        InputError
            A term is unknown, or a value does not go with it.
        """
        if isinstance(given, Negated):
            return Not(self.tree(given.part))
        if isinstance(given, Wanted):
            return self._leaf(given)
        parts = tuple(self.tree(each) for each in given.parts)
        if given.how == "same":
            return Same(tuple(each for each in parts if isinstance(each, Leaf)))
        return Either(parts) if given.how == "or" else All(parts)

    def _leaf(self, given: Wanted) -> Leaf:
        lookup = replace(self.lookup(given.term), operator=given.operator, name=given.term)
        value = given.value if given.typed else _typed(lookup, str(given.value))
        kind = lookup.leaf.kind if lookup.leaf is not None else "any"
        if given.operator == "isnull" and not isinstance(value, bool):
            raise InputError(f"{given.term!r} with isnull is true or false, and was given {value!r:.40}")
        if kind == "json" and given.operator in {"lt", "lte", "gt", "gte", "between"}:
            raise InputError(f"{given.term!r} is a list, which has no order: use =, in, or ask for ndim or dimension__size")
        if kind == "time" and given.operator in _COMPARED:
            return self._timed(lookup, value)
        if isinstance(value, list) and given.operator == "exact" and len(value) > 1 and kind == "any" and not given.typed:
            return Leaf(replace(lookup, operator="in"), value)
        return Leaf(lookup, value[0] if isinstance(value, list) and kind == "any" and given.operator == "exact" else value)

    def _timed(self, lookup: Lookup, value: Any) -> Leaf:
        """The condition that its term has one of the values that the catalogue holds, and that are as it wants them."""
        assert lookup.leaf is not None  # noqa: S101 - it has a kind
        operator = lookup.operator
        given = value if operator in {"in", "between"} else [value]
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise InputError(f"{lookup.name!r} takes times such as 2020-06-01, and was given {value!r:.80}")
        if operator == "between" and len(given) != 2:
            raise InputError(f"{lookup.name!r} takes two times, the first and the last, and was given {len(given)}")
        wanted = [parse_moment(each) for each in given]
        path = write_path(lookup.leaf.steps)
        known = self._store.select(part("known-values", path=path, number=MAX_KNOWN + 1).value)
        if len(known) > MAX_KNOWN:
            raise LimitExceededError(
                f"{lookup.name!r} has more than {MAX_KNOWN} different values here, which are too many to compare",
                limit="search-known-values",
                value=len(known),
                allowed=MAX_KNOWN,
            )
        found = []
        for (term,) in known.rows:
            moment = read_moment(term.value) if isinstance(term, Literal) else None
            if moment is None or term is None:
                continue
            if operator == "between":
                fits = wanted[0].first <= moment.first <= wanted[1].last
            else:
                fits = any(meets(operator, moment.first, each) for each in wanted)
            if fits:
                found.append(term)
        return Leaf(replace(lookup, operator="in"), Terms(found))


def _step_by_step(lookup: Lookup) -> Lookup:
    """A way that the caller put together, as one thing after the other."""
    if lookup.leaf is None or lookup.leaf.kind != "thing" or len(lookup.leaf.steps) == 1:
        return lookup
    *before, last = lookup.leaf.steps
    return replace(lookup, links=tuple(Term((step,), "thing", ANY) for step in before), leaf=replace(lookup.leaf, steps=(last,)))


_NAMED: Final = frozenset(
    {
        *(expand(local) for local, *_ in TERMS.values()),
        *(iri for kind in (ARRAY, DATASET) for term in terms_of(kind).values() for step in term.steps for iri in step.iris),
    }
)
"""The properties that the ontology and the table of lookups have."""


def _short(iri: str) -> str:
    return next((f"{prefix}:{iri.removeprefix(space)}" for prefix, space in PREFIXES.items() if iri.startswith(space)), iri)


def _typed(lookup: Lookup, text: str) -> Any:
    """The value that a text in an address stands for, by the kind of its term."""
    kind = lookup.leaf.kind if lookup.leaf is not None else "any"
    if lookup.operator == "isnull":
        return _flag(lookup.name, text)
    if lookup.operator in {"in", "between"}:
        pieces = _json_list(lookup.name, text) if kind == "json" else next(csv.reader(io.StringIO(text), strict=False), [])
        return [each for piece in pieces for each in _values(lookup, kind, piece)]
    found = _values(lookup, kind, text)
    return found if kind == "any" and lookup.operator == "exact" else found[0]


def _values(lookup: Lookup, kind: str, text: Any) -> list[Any]:
    """What one text can stand for; a term of no certain kind takes it as a text and as what it looks like."""
    if kind == "number":
        return [_number(lookup.name, text)]
    if kind in {"flag", "unless"}:
        return [_flag(lookup.name, text)]
    if kind != "any" or lookup.operator in {"contains", "icontains", "iexact", "startswith", "endswith", "regex"}:
        return [text]
    try:
        number = _number(lookup.name, text)
    except InputError:
        return [text, text == "true"] if text in {"true", "false"} and lookup.operator in {"exact", "in"} else [text]
    return [text, number] if lookup.operator in {"exact", "in"} else [number]


def _number(name: str, text: str) -> int | float:
    try:
        number = json.loads(text)
    except (ValueError, RecursionError):
        number = None
    if isinstance(number, bool) or not isinstance(number, int | float) or abs(number) >= 10**100:
        raise InputError(f"{name!r} takes a number, and was given {text!r:.40}")
    return number


def _flag(name: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise InputError(f"{name!r} takes true or false, and was given {text!r:.40}")
    return text == "true"


def _json_list(name: str, text: str) -> list[Any]:
    try:
        found = json.loads(f"[{text}]")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name!r} takes JSON values with commas between them, and was given {text!r:.80}") from error
    return list(found)
