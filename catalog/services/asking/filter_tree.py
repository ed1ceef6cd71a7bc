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


def start(kind: str) -> Text:
    """The pattern for everything of a kind, a key of `KINDS`."""
    if kind in {"datasets", "nodes"}:
        return part(kind)
    return part("typed", iri=write_name(expand(KINDS[kind])))


def restrict(kind: str, tree: Tree, patterns: Patterns) -> Text:
    """The patterns for everything of a kind that meets a tree of conditions.

    Raises
    ------
    InputError
        A value does not go with its lookup, or a lookup is one that no query can tell.
    """
    return _Writer(kind, patterns).group(_plain(tree))


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

    def group(self, tree: Tree) -> Text:
        """Patterns beside which the item is bound by everything of the kind."""
        parts = tree.parts if isinstance(tree, All) else (tree,)
        positive = [each for each in parts if not isinstance(each, Not)]
        narrow = [each for each in positive if _is_narrow(each)]
        wide = [each for each in positive if not _is_narrow(each)]
        pieces = [self._found(each) for each in narrow]
        for each in wide:
            if narrow and _is_near(each):
                pieces.append(part("exists", body=self._looked_up(each)))
            else:
                pieces.append(self._found(each))
        for inner in (each.part for each in parts if isinstance(each, Not)):
            near = _is_near(inner)
            pieces.append(part("without", body=self._looked_up(inner)) if near else part("minus", body=self._found(inner)))
        return join([start(self._kind), *pieces])

    def _looked_up(self, tree: Tree) -> Text:
        assert isinstance(tree, Leaf)  # noqa: S101 - what is near
        return self._patterns.of("item", tree.lookup, tree.value)

    def _found(self, tree: Tree) -> Text:
        """A query for the items that meet a condition; there may be things among them that are of no such kind."""
        match tree:
            case Leaf():
                return self._same("item", [(tree.lookup.links, tree)])
            case Same():
                return self._same("item", [(leaf.lookup.links, leaf) for leaf in tree.leaves])
            case One():
                name, given = self._patterns.give(map(Iri, tree.things))
                return _select("item", join([given, part("same", subject="item", object=name)]))
            case Linked():
                name, given = self._patterns.give(map(Iri, tree.things))
                step = part("step", subject="item", path=write_path([Step((tree.property,))]), object=name)
                return _select("item", join([given, step]))
            case Either():
                return join([part("or" if at else "either", body=self._found(each)) for at, each in enumerate(tree.parts)])
        return _select("item", self.group(tree))

    def _same(self, at: str, leaves: Sequence[tuple[Sequence[Term], Leaf]]) -> Text:
        """A query for the things that meet conditions, those that go on through the same things by one of these together."""
        here = [leaf for links, leaf in leaves if not links]
        narrow = any(_is_narrow(leaf) for _, leaf in leaves)
        pieces, filters = [], []
        for leaf in here:
            body = self._patterns.of(at, replace(leaf.lookup, links=()), leaf.value)
            if narrow and not _is_narrow(leaf):
                filters.append(part("exists", body=body))
            else:
                pieces.append(_select(at, body))
        beyond: dict[Term, list[tuple[Sequence[Term], Leaf]]] = {}
        for links, leaf in leaves:
            if links:
                beyond.setdefault(links[0], []).append((links[1:], leaf))
        for link, further in beyond.items():
            name = self._patterns.name("n")
            steps = [self._same(name, further), part("step", subject=at, path=write_path(link.steps), object=name)]
            if link.only:
                steps.append(part("kind", subject=name, iri=write_name(expand(link.only))))
            pieces.append(_select(at, join(steps)))
        return pieces[0] if len(pieces) == 1 and not filters else _select(at, join([*pieces, *filters]))


def _is_near(tree: Tree) -> bool:
    """Whether it can be looked up for one thing at a little cost."""
    return isinstance(tree, Leaf) and not tree.lookup.links


def _select(name: str, body: Text) -> Text:
    return part("distinct", name=name, body=body)
