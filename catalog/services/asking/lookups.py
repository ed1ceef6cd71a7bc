"""What does ``dataset__title__contains`` ask for?

A lookup is names joined by two underscores: ways from thing to thing, what is asked of the last one, and perhaps an operator.
A name is looked up in the table (`lookup_table`), then among the keys that mapping files gave a meaning, then among plain
attributes. ``attribute__KEY`` always is the plain attribute. An unknown name is an error that says which names come near.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from catalog.errors import InputError
from catalog.graphstore.compose import Step
from catalog.services.asking.lookup_table import ANY, ARRAY, DATASET, GROUP, Term, above, terms_of
from catalog.services.asking.values import iri_of

OPERATORS: Final = (
    *("exact", "iexact", "in", "contains", "icontains", "startswith", "endswith"),
    *("lt", "lte", "gt", "gte", "between", "isnull", "regex"),
)
SYMBOLS: Final[Mapping[str, str]] = {
    "=": "exact", "==": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "≤": "lte", "≥": "gte",
}  # fmt: skip
"""What `where` takes beside the operators' names; ``!=`` too, which leaves out what ``=`` finds."""
COMPUTED: Final = ("size", "nbytes")
"""Lookups of arrays that are reckoned from shape and data type: the elements, and their bytes where all have the same size."""
_NEAR: Final = 5
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|urn:|tag:")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the catalogue's own content adds to the table.

    Attributes
    ----------
    mapped
        Attribute key → the properties that mapping files gave it.
    attributes
        Keys of plain attributes.
    prefixes
        Prefixes of the user's, beside ours.
    """

    mapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    prefixes: Mapping[str, str] = field(default_factory=dict)


Ask = Callable[[], Vocabulary]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is asked for, and how it is compared.

    Attributes
    ----------
    name
        As the caller wrote it.
    links
        The things on the way.
    leaf
        What is compared; None: a plain attribute.
    operator
        One of `OPERATORS`.
    key
        Key of the plain attribute.
    computed
        The name where it is one of `COMPUTED`, else "".
    """

    name: str
    links: tuple[Term, ...] = ()
    leaf: Term | None = None
    operator: str = "exact"
    key: str = ""
    computed: str = ""


def parse_lookup(name: str, root: str, ask: Ask) -> Lookup:
    """What a lookup asks for.

    Parameters
    ----------
    name
        Such as ``standard_name`` or ``image__channel__label__startswith``.
    root
        The class that it begins at.
    ask
        Gives what the catalogue's content adds; called only where the table does not have a name.

    Raises
    ------
    InputError
        A name is unknown; the message has the nearest ones.
    """
    segments = name.split("__")
    kind = root
    links: list[Term] = []
    while True:
        head, rest = segments[0], segments[1:]
        if root == ARRAY and not links and head in COMPUTED and len(rest) < 2:
            return Lookup(name, operator=_operator(name, rest, ()), computed=head)
        if head == "attribute" and _is_node(kind) and rest:
            return _attribute(name, tuple(links), rest)
        found = terms_of(kind).get(head)
        if found is None:
            return _from_content(name, tuple(links), kind, segments, ask)
        if found.leads is None or not rest or (len(rest) == 1 and rest[0] in OPERATORS and rest[0] not in terms_of(found.leads)):
            allowed = () if found.leads is None else tuple(terms_of(found.leads))
            return Lookup(name, tuple(links), found, _operator(name, rest, allowed))
        links.append(found)
        kind, segments = found.leads, rest


def _is_node(kind: str) -> bool:
    return kind in {ANY, ARRAY, GROUP} or "ZarrNode" in above(kind)


def _attribute(name: str, links: tuple[Term, ...], rest: list[str]) -> Lookup:
    """A plain attribute: what is left is its key, an operator at the end apart."""
    operator = rest[-1] if len(rest) > 1 and rest[-1] in OPERATORS else "exact"
    key = "__".join(rest[:-1] if len(rest) > 1 and rest[-1] in OPERATORS else rest)
    return Lookup(name, links, None, operator, key=key)


def _operator(name: str, rest: list[str], allowed: Iterable[str]) -> str:
    if not rest:
        return "exact"
    if len(rest) == 1 and rest[0] in OPERATORS:
        return rest[0]
    raise _unknown(name, rest[0], [*allowed, *OPERATORS])


def _from_content(name: str, links: tuple[Term, ...], kind: str, segments: list[str], ask: Ask) -> Lookup:
    """A lookup by a key: one that a mapping file gave a meaning, else a plain attribute's."""
    known = ask()
    ends = segments[-1] in OPERATORS and len(segments) > 1
    operator = segments[-1] if ends else "exact"
    key = "__".join(segments[:-1] if ends else segments)
    if properties := known.mapped.get(key):
        return Lookup(name, links, Term((Step(properties),), "any"), operator)
    if _is_node(kind) and key in known.attributes:
        return Lookup(name, links, None, operator, key=key)
    candidates = [*terms_of(kind), *known.mapped, *known.attributes]
    if kind != ARRAY and not links and _is_node(kind) and (segments[0] in terms_of(ARRAY) or segments[0] in COMPUTED):
        raise InputError(f"{segments[0]!r} in {name!r} is a lookup of arrays: ask for arrays alone (kind=arrays)")
    raise _unknown(name, segments[0], [*candidates, *(COMPUTED if kind == ARRAY else ())])


def _unknown(name: str, segment: str, candidates: Iterable[str]) -> InputError:
    names = sorted(set(candidates))
    near = difflib.get_close_matches(segment[:100], names, n=_NEAR, cutoff=0.5)
    near += [each for each in names if len(segment) > 2 and segment in each and each not in near][: _NEAR - len(near)]
    hint = (
        f"near are {', '.join(near)}"
        if near
        else "attribute__KEY asks for a plain attribute, where('PREFIX:NAME', …) for a property"
    )
    where = f" in {name!r}" if segment != name else ""
    return InputError(f"there is no lookup {segment!r}{where}; {hint}")


def parse_way(text: str, root: str, ask: Ask) -> Lookup:
    """What the first argument of `where` asks for: a lookup, an IRI, a prefixed name, or several of these joined by ``/``.

    ``^`` before a step goes from object to subject. An IRI that has a ``/`` stands in ``<>`` when it is a step of several.

    Raises
    ------
    InputError
        A step is none of these.
    """
    if not set(":/^<") & set(text):  # a lookup, which may be known without asking
        return parse_lookup(text, root, ask)
    prefixes = dict(ask().prefixes)
    pieces = [text] if _ABSOLUTE.match(text) and iri_of(text, prefixes) else _split(text)
    if len(pieces) == 1 and not pieces[0].startswith("^") and not iri_of(pieces[0], prefixes):
        return parse_lookup(text, root, ask)
    steps: list[Step] = []
    kind: str | None = root
    for piece in pieces:
        bare = piece.removeprefix("^")
        if iri := iri_of(bare, prefixes):
            steps.append(Step((iri,), bare != piece))
            kind = ANY
            continue
        found = terms_of(kind or ANY).get(bare)
        if found is None or bare != piece:
            raise _unknown(text, piece, terms_of(kind or ANY))
        steps += found.steps
        kind = found.leads
    return Lookup(text, leaf=Term(tuple(steps), "thing", ANY))


def _split(text: str) -> list[str]:
    """The steps of a path; a ``/`` inside ``<>`` is part of an IRI."""
    pieces, depth, begin = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "<") - (sign == ">")
        if sign == "/" and not depth:
            pieces.append(text[begin:at])
            begin = at + 1
    return [*pieces, text[begin:]]


ROOTS: Final = {"arrays": ARRAY, "datasets": DATASET}
"""What a query can begin with → the class of it."""
