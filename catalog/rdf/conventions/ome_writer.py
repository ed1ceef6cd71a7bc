"""How do the parts of the OME convention write what they found?

One writer per hierarchy: it names things, writes what many nodes share once, and reports a fault that thousands of nodes have
for the first of them only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from catalog.errors import Problem, Severity
from catalog.metadata.document import Json, canonical_json
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, fact
from catalog.rdf.prefixes import PREFIXES, RDF_TYPE

OME = PREFIXES["ome"]
NAME = f"{OME}name"
MAX_REPEATED = 20
"""Nodes for which one and the same problem is told one by one."""

Fact = tuple[str, str]
"""Predicate IRI and N-Triples term."""


def literal(value: Json) -> str:
    """A value as it stands: a scalar by its JSON type, anything else as JSON."""
    return literals.json(canonical_json(value)) if value is None or isinstance(value, dict | list) else literals.scalar(value)


def shown(value: Json) -> str:
    """A value for a message: its JSON, cut where it is long."""
    text = canonical_json(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def is_number(value: Json) -> bool:
    """Whether it is a number, which a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def double(value: Json) -> str:
    """A number as ``xsd:double``; what is none, or too large for one, as it stands."""
    try:
        return literals.double(float(value)) if is_number(value) else literal(value)
    except OverflowError:
        return literal(value)


class Writer:
    """Collects the triples and problems of one hierarchy.

    Attributes
    ----------
    nodes
        Path → node.
    images
        Paths of the groups that state multiscales.
    """

    def __init__(self, hierarchy: Hierarchy, about: About) -> None:
        self.nodes: Mapping[str, Node] = {node.path: node for node in hierarchy.nodes}
        self.images: set[str] = set()
        self.about = about
        self.findings = Findings()
        self._told: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], str] = {}
        self._written: set[str] = set()

    def node(self, path: str) -> str:
        """A group or array."""
        return self.about.node(path)

    def shared(self, kind: str, content: str, name: str = "") -> str:
        """Something that many nodes say alike."""
        return f"<{self.about.iris.shared(kind, content, name)}>"

    def say(self, subject: str, predicate: str, *objects: str) -> None:
        """Add a statement for each object."""
        self.findings.say(subject, predicate, *objects)

    def add(self, subject: str, kind: str, facts: Iterable[Fact]) -> str:
        """Write a thing of a class with its facts; gives the thing."""
        self.findings.tell(subject, [fact(RDF_TYPE, f"<{kind}>"), *(fact(*each) for each in facts)])
        return subject

    def is_new(self, subject: str) -> bool:
        """Whether this shared thing was not asked for before."""
        if subject in self._written:
            return False
        self._written.add(subject)
        return True

    def fault(self, path: str, pointer: str, message: str, subject: str = "") -> None:
        """What is against the specification and no term can hold: a problem, and a result of the profile."""
        self.note(path, "ome-fault", message, pointer)
        self.say(subject or self.node(path), terms.METADATA_FAULT, literals.string(f"{pointer or '/'}: {message}"))

    def note(self, path: str, kind: str, message: str, pointer: str = "", severity: Severity = "warning") -> None:
        """A reservation; beyond ``MAX_REPEATED`` of the same it is only counted."""
        key = (kind, message)
        self._told[key] += 1
        self._first.setdefault(key, path)
        if self._told[key] <= MAX_REPEATED:
            self.findings.problems.append(Problem(path, kind, message, pointer, severity))

    def finish(self) -> Findings:
        """What was found; says how often a problem was met that is not told each time."""
        for (kind, message), count in sorted(self._told.items()):
            if count > MAX_REPEATED:
                text = f"{count - MAX_REPEATED} more nodes have the problem: {message}"
                self.findings.problems.append(Problem(self._first[kind, message], kind, text, severity="info"))
        return self.findings


def facts_of(value: Mapping[str, Json], predicates: Mapping[str, str]) -> list[Fact]:
    """A fact for each member that has a predicate; the value as it stands."""
    return [(predicate, literal(value[key])) for key, predicate in predicates.items() if key in value]


def double_facts(value: Mapping[str, Json], predicates: Mapping[str, str]) -> list[Fact]:
    """A fact for each member that has a predicate; numbers as ``xsd:double``."""
    return [(predicate, double(value[key])) for key, predicate in predicates.items() if key in value]


def resolve(base: str, relative: str) -> str | None:
    """The path that a relative one means from a group; None where it leads out of the hierarchy."""
    parts = base.split("/") if base and not relative.startswith("/") else []
    for step in relative.split("/"):
        if step == "..":
            if not parts:
                return None
            parts.pop()
        elif step not in {"", "."}:
            parts.append(step)
    return "/".join(parts)
