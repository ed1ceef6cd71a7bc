"""What has a convention to give, so that attributes become triples?

A convention is one module in ``catalog/rdf/conventions``, found by its name; it has ``NAME``, ``applies``, ``wants`` and
``describe`` as `Convention` says. It is chosen by what the metadata says, several may apply to one hierarchy, and none knows of
another.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from catalog.errors import Problem
from catalog.metadata.hierarchy import Hierarchy
from catalog.rdf.iris import Iris

Scalar = float | int | str | None
"""One element as Python has it; None is a fill value or NaT."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a convention would like to know that no metadata document says.

    Attributes
    ----------
    files
        Keys of other files in the store, such as ``OME/METADATA.ome.xml``.
    ends
        Paths of arrays whose first and last chunk along their first dimension are wanted, whole along the others.
    whole
        Paths of arrays that are wanted whole; they should be small.
    """

    files: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Values:
    """Elements of an array, as stored: no scale or offset is applied.

    Attributes
    ----------
    first, last
        Elements of the first and the last chunk, flat in C order. Of an array that was read whole, ``first`` has all.
    whole
        Whether ``first`` has all elements.
    """

    first: tuple[Scalar, ...]
    last: tuple[Scalar, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What could be read of what was wanted: files by key, elements by path. What is missing was not there or not affordable."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    values: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class About:
    """Names, as N-Triples terms, of what a hierarchy holds."""

    dataset_id: str
    iris: Iris
    _nodes: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def dataset(self) -> str:
        """The dataset."""
        return f"<{self.iris.dataset(self.dataset_id)}>"

    def node(self, path: str) -> str:
        """A group or an array."""
        name = self._nodes.get(path)
        if name is None:
            name = self._nodes[path] = f"<{self.iris.node(self.dataset_id, path)}>"
        return name

    def part(self, path: str, kind: str, name: str) -> str:
        """Something that a node says and that is no node itself, such as the ``channel`` ``0`` of an image."""
        return f"<{self.iris.part(self.dataset_id, path, kind, name)}>"


def fact(predicate: str, value: str) -> str:
    """What follows a subject's name in an N-Triples line; ``value`` is an N-Triples term, ``predicate`` is an IRI."""
    return f" <{predicate}> {value} .\n"


@dataclass(slots=True)
class Findings:
    """What a convention makes of a hierarchy.

    Attributes
    ----------
    facts
        Subject, as an N-Triples term → what follows it in its lines of the structure graph, each with its line end. What the
        structure itself says of a node (its type as group or array, path, label, place, digest, shape, layout, dimensions) is
        never among them.
    consumed
        Node path → keys of attributes that the facts say in full; they get no key-value node.
    problems
        What was found wrong, or is lost.
    """

    facts: dict[str, set[str]] = field(default_factory=dict)
    consumed: dict[str, set[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def say(self, subject: str, predicate: str, *objects: str) -> None:
        """Add a statement for each object; ``subject`` and ``objects`` are N-Triples terms, ``predicate`` is an IRI."""
        if objects:
            known = self.facts.get(subject)
            if known is None:
                known = self.facts[subject] = set()
            for each in objects:
                known.add(f" <{predicate}> {each} .\n")

    def tell(self, subject: str, facts: Collection[str]) -> None:
        """Add what follows the subject's name in its lines, as `fact` gives it; the same facts may be told of many subjects."""
        if facts:
            known = self.facts.get(subject)
            if known is None:
                self.facts[subject] = set(facts)
            else:
                known.update(facts)

    @property
    def lines(self) -> set[str]:
        """The facts as N-Triples lines, each with its line end."""
        return {subject + each for subject, facts in self.facts.items() for each in facts}

    def consume(self, path: str, keys: Iterable[str]) -> None:
        """Note that the lines say these attributes of a node in full."""
        self.consumed.setdefault(path, set()).update(keys)

    def report(self, path: str, kind: str, message: str, pointer: str = "") -> None:
        """Note a reservation; ``pointer`` leads into the node's document."""
        self.problems.append(Problem(path, kind, message, pointer, "warning"))


class Convention(Protocol):
    """What a module in ``catalog/rdf/conventions`` offers.

    Attributes
    ----------
    NAME
        Its name, which is also the name of its profile (``shapes/profiles/NAME``).
    """

    NAME: str

    def applies(self, hierarchy: Hierarchy, keys: Collection[str]) -> bool:
        """Whether the metadata says that it follows the convention; ``keys`` has the keys of all nodes' attributes. Cheap."""
        ...

    def wants(self, hierarchy: Hierarchy) -> Wanted:
        """What it would like to know beside the metadata."""
        ...

    def describe(self, hierarchy: Hierarchy, about: About, given: Given) -> Findings:
        """What the attributes mean. Bad metadata makes problems, never an error."""
        ...
