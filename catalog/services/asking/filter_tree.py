"""How do conditions that are joined by and, or, not become patterns of a query?

Each condition is a query of its own for the things that meet it, asked from its end to its beginning; what is found is joined. So
the work grows with the sum of the conditions, however they are put together, and never with their product. Where another
condition already leaves few things, a condition is looked up for each of these instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from catalog.errors import InputError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.compose import Step, Text, join, part, write_name, write_path
from catalog.services.asking.conditions import Patterns, is_exact
from catalog.services.asking.lookup_table import ARRAY, DATASET, GROUP, IMAGE, PLATE, WELL, Term, expand
from catalog.services.asking.lookups import Lookup

KINDS: Final = {
    "datasets": DATASET,
    "nodes": "ZarrNode",
    "groups": GROUP,
    "arrays": ARRAY,
    "images": IMAGE,
    "plates": PLATE,
    "wells": WELL,
}
"""What can be searched for → the class of it."""
MANY: Final = frozenset({"nodes", "groups", "arrays", "images", "wells"})
"""Kinds of which a catalogue has many."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition."""

    lookup: Lookup
    value: Any


@dataclass(frozen=True, slots=True)
class Same:
    """Several conditions; those that go through the same things are met by one of these together."""

    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """What leads to one of these things by one step."""

    property: str
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class One:
    """Is itself one of these things."""

    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """All of them hold."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them holds."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: "Tree"


Tree = Leaf | Same | Linked | One | All | Either | Not


def start(kind: str, *, every: bool = False, alone: bool = True, recorded: bool = True) -> Text:
    """The pattern for everything of a kind, a key of `KINDS`.

    Parameters
    ----------
    every
        Whether most of them are wanted. Then what says so is read from its beginning to its end and joined; otherwise an engine
        looks it up for each thing, which costs several times as much.
    alone
        Whether nothing stands before it. Jena joins in the order given, and datasets share nothing with other conditions.
    recorded
        Whether it says as well that the catalogue records the dataset; else the caller does, of what he has counted by dataset.
    """
    every = every and kind in MANY
    if kind in {"datasets", "nodes"}:
        return part("all-nodes" if every else kind)
    name = write_name(expand(KINDS[kind]))
    if not every:
        return part("typed", iri=name)
    pieces = [*([part("all-datasets")] if recorded else []), part("all-typed", iri=name)]
    return join(pieces if alone else pieces[::-1])


def is_few(tree: Tree) -> bool:
    """Whether a tree of conditions says which things it leaves, so that all else is looked up for each."""
    plain = _plain(tree)
    return any(isinstance(each, One) for each in (plain.parts if isinstance(plain, All) else (plain,)))


def narrow_parts(kind: str, tree: Tree) -> "Sequence[tuple[Tree, Text, Patterns]]":
    """The conditions that can be looked up by themselves, each with its patterns; what they find may be of another kind."""
    plain = _plain(tree)
    found = []
    for each in plain.parts if isinstance(plain, All) else (plain,):
        if not isinstance(each, Not | One) and _is_narrow(each):
            patterns = Patterns()
            found.append((each, _Writer(kind, patterns).found(each), patterns))
    return found


def without(tree: Tree, parts: "Sequence[Tree]", things: Sequence[str]) -> Tree:
    """The same where some of its parts are known to leave these things."""
    plain = _plain(tree)
    kept = [each for each in (plain.parts if isinstance(plain, All) else (plain,)) if each not in parts]
    return All((One(tuple(things)), *kept))


def split(tree: Tree) -> "tuple[tuple[Tree, ...], tuple[Tree, ...]]":
    """What has to hold, and what must not; all of the one and none of the other."""
    plain = _plain(tree)
    parts = plain.parts if isinstance(plain, All) else (plain,)
    return tuple(each for each in parts if not isinstance(each, Not)), tuple(each.part for each in parts if isinstance(each, Not))


def restrict(kind: str, tree: Tree, patterns: Patterns, *, few: bool = False, alone: bool = True, recorded: bool = True) -> Text:
    """The patterns for everything of a kind that meets a tree of conditions.

    Parameters
    ----------
    few
        Whether patterns of the caller's leave few things, so that all else is looked up for each.
    alone, recorded
        Whether no patterns of the caller's stand before these, and whether these say that datasets are recorded; see `start`.

    Raises
    ------
    InputError
        A value does not go with its lookup, or a lookup is one that no query can tell.
    """
    return _Writer(kind, patterns).group(_plain(tree), few=few, alone=alone, recorded=recorded)


def _plain(tree: Tree) -> Tree:
    """The same with conditions that say what is not there as a `Not`."""
    match tree:
        case Leaf():
            return _positive(tree)
        case Same():
            kept = [_positive(leaf) for leaf in tree.leaves]
            others = tuple(each for each in kept if isinstance(each, Not))
            same = Same(tuple(each for each in kept if isinstance(each, Leaf)))
            return All((*((same,) if same.leaves else ()), *others))
        case All():
            flat = [_plain(each) for each in tree.parts]
            return All(tuple(inner for each in flat for inner in (each.parts if isinstance(each, All) else (each,))))
        case Either():
            return Either(tuple(map(_plain, tree.parts)))
        case Not():
            inner = _plain(tree.part)
            return inner.part if isinstance(inner, Not) else Not(inner)
    return tree


def _positive(leaf: Leaf) -> "Leaf | Not":
    lookup = leaf.lookup
    if lookup.computed:
        raise InputError(f"{lookup.name!r} is reckoned from shape and data type; search by shape, ndim or dtype")
    if leaf.value is True and lookup.operator == "isnull":
        return Not(replace(leaf, value=False))
    if leaf.value is True and lookup.operator == "exact" and lookup.leaf is not None and lookup.leaf.kind == "unless":
        return Not(replace(leaf, value=False))
    return leaf


def _is_narrow(tree: Tree) -> bool:
    """Whether few things are left by it, or at least they are found without looking at others."""
    match tree:
        case Leaf():
            return is_exact(tree.lookup, tree.value)
        case Same():
            return any(_is_narrow(leaf) for leaf in tree.leaves)
        case One() | Linked():
            return True
        case All():
            return any(_is_narrow(each) for each in tree.parts)
        case Either():
            return all(_is_narrow(each) for each in tree.parts)
    return False


class _Writer:
    """Writes the patterns of one query."""

    def __init__(self, kind: str, patterns: Patterns) -> None:
        self._kind, self._patterns = kind, patterns

    def group(self, tree: Tree, *, few: bool = False, alone: bool = True, recorded: bool = True) -> Text:
        """Patterns beside which the item is bound by everything of the kind."""
        parts = tree.parts if isinstance(tree, All) else (tree,)
        positive = [each for each in parts if not isinstance(each, Not)]
        few = few or any(isinstance(each, One) for each in positive)
        found = [self.found(each) for each in positive if not (few and _is_near(each))]
        begin = [start(self._kind, every=not few, alone=alone and not found, recorded=recorded)]
        pieces = [*begin, *found] if few else [*found, *begin]  # Jena keeps the order, and what is found is less than everything
        pieces += [part("exists", body=self._looked_up(each)) for each in positive if few and _is_near(each)]
        for inner in (each.part for each in parts if isinstance(each, Not)):
            looked_up = few and _is_near(inner)
            pieces.append(part("without", body=self._looked_up(inner)) if looked_up else part("minus", body=self.found(inner)))
        return join(pieces)

    def _looked_up(self, tree: Tree) -> Text:
        """Patterns that one thing meets, for an engine to try for each."""
        match tree:
            case Leaf():
                return self._patterns.of("item", tree.lookup, tree.value)
            case Same():
                return join([self._looked_up(leaf) for leaf in tree.leaves])
            case Either():
                return join([part("or" if at else "either", body=self._looked_up(each)) for at, each in enumerate(tree.parts)])
        assert isinstance(tree, All)  # noqa: S101 - what is near
        return join([self._looked_up(each) for each in tree.parts])

    def found(self, tree: Tree) -> Text:
        """A query for the items that meet a condition; there may be things among them that are of no such kind."""
        match tree:
            case Leaf():
                return self._same("item", [(tree.lookup.links, tree)])
            case Same():
                return self._same("item", [(leaf.lookup.links, leaf) for leaf in tree.leaves])
            case One() if "item" not in self._patterns.values:
                self._patterns.values["item"] = tuple(map(Iri, tree.things))
                return part("values", name="item")  # beside what is asked of them, for an engine to look it up for each
            case One():
                name, given = self._patterns.give(map(Iri, tree.things))
                return _select("item", join([given, part("same", subject="item", object=name)]))
            case Linked():
                name, given = self._patterns.give(map(Iri, tree.things))
                step = part("step", subject="item", path=write_path([Step((tree.property,))]), object=name)
                return _select("item", join([given, step]))
            case Either():
                return join([part("or" if at else "either", body=self.found(each)) for at, each in enumerate(tree.parts)])
        return _select("item", self.group(tree))

    def _same(self, at: str, leaves: Sequence[tuple[Sequence[Term], Leaf]]) -> Text:
        """A query for the things that meet conditions, those that go on through the same things by one of these together."""
        here = [leaf for links, leaf in leaves if not links]
        narrow = any(_is_narrow(leaf) for _, leaf in leaves)
        pieces, filters = [], []
        for leaf in here:
            looked_up = narrow and not _is_narrow(leaf)
            here_only = replace(leaf, lookup=replace(leaf.lookup, links=()))
            body = self._patterns.of(at, here_only.lookup, leaf.value) if looked_up else self._of_every(at, here_only)
            if looked_up:
                filters.append(part("exists", body=body))
            else:
                pieces.append(_select(at, body))
        beyond: dict[Term, list[tuple[Sequence[Term], Leaf]]] = {}
        for links, leaf in leaves:
            if links:
                beyond.setdefault(links[0], []).append((links[1:], leaf))
        for link, further in beyond.items():
            name = self._patterns.name("n")
            steps = [self._beyond(name, further), part("step", subject=at, path=write_path(link.steps), object=name)]
            if link.only:
                steps.append(part("kind", subject=name, iri=write_name(expand(link.only))))
            pieces.append(_select(at, join(steps)))
        return pieces[0] if len(pieces) == 1 and not filters else _select(at, join([*pieces, *filters]))

    def _of_every(self, at: str, leaf: Leaf) -> Text:
        """The patterns of a condition that is not looked up; steps to it one after the other, from the end."""
        steps = leaf.lookup.leaf.steps if leaf.lookup.leaf is not None and leaf.lookup.leaf.leads is None else ()
        if len(steps) < 2 or _is_narrow(leaf) or leaf.lookup.leaf is None:
            return self._patterns.of(at, leaf.lookup, leaf.value, every=True)
        name = self._patterns.name("n")
        rest = replace(leaf, lookup=replace(leaf.lookup, leaf=replace(leaf.lookup.leaf, steps=steps[1:])))
        step = part("step", subject=at, path=write_path(steps[:1]), object=name)
        return join([_select(name, self._of_every(name, rest)), step])

    def _beyond(self, at: str, leaves: Sequence[tuple[Sequence[Term], Leaf]]) -> Text:
        """As `_same`; what is looked up directly stands beside what leads to it, so that engines go on from there."""
        if len(leaves) == 1 and not leaves[0][0] and _is_narrow(leaves[0][1]):
            leaf = leaves[0][1]
            return self._patterns.of(at, replace(leaf.lookup, links=()), leaf.value)
        return self._same(at, leaves)


def _is_near(tree: Tree) -> bool:
    """Whether it can be looked up for one thing at a little cost."""
    match tree:
        case Leaf():
            leaf = tree.lookup.leaf
            return not tree.lookup.links and leaf is not None and len(leaf.steps) == 1 and leaf.leads is None
        case Same():
            return all(map(_is_near, tree.leaves))
        case All() | Either():
            return bool(tree.parts) and all(map(_is_near, tree.parts))
    return False


def _select(name: str, body: Text) -> Text:
    return part("distinct", name=name, body=body)
