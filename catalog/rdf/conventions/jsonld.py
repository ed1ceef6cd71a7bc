"""Which statements do the attributes of a node make as JSON-LD?

Linked data in attributes has three forms: expanded (keys are IRIs), compacted (a ``@context`` says what keys mean), and node
objects under a plain key. What JSON-LD makes nothing of stays a plain attribute. Blank nodes become IRIs that depend on dataset,
path and content alone, so that reading the same store twice gives the same lines.
Source: JSON-LD 1.1; JSON-LD 1.1 API, "Deserialize JSON-LD to RDF"; RDF 1.1 Concepts, section 3.5 (skolem IRIs).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyoxigraph

from catalog.errors import Problem, Severity
from catalog.metadata.document import Json, canonical_json
from catalog.rdf.conventions.jsonld_contexts import Inliner, Unreadable, has_non_finite, load_contexts, words_of
from catalog.rdf.conventions.jsonld_filter import StatementFilter, Tally
from catalog.rdf.conventions.jsonld_keys import ActiveContext, KeySieve, is_absolute, step
from catalog.rdf.conventions.jsonld_terms import Skolems, Terms, context_fault, literal_term, parse_json_ld, shown
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import RDF_TYPE

__all__ = ["LinkedData", "holds_linked_data", "load_contexts", "read_linked_data"]

MAX_DEPTH = 100
"""Nested arrays and objects; documents are read to a depth of 64, and the parser below is recursive."""
MAX_STATEMENTS = 200_000
"""Statements in the attributes of one node."""

_MARKS = ("@id", "@type", "@context", "@graph")
_KEYS = {*_MARKS, "@included", "@reverse"}


@dataclass(frozen=True, slots=True)
class LinkedData:
    """What the attributes of one node say as linked data.

    Attributes
    ----------
    lines
        Canonical N-Triples, sorted and distinct, each ending in a line feed; no blank node.
    subjects
        IRIs that the node describes, sorted: every named subject, and every skolem IRI that no statement leads to.
    rest
        The attributes that no JSON-LD used.
    problems
        What could not be read, or was left out.
    """

    lines: tuple[str, ...]
    subjects: tuple[str, ...]
    rest: dict[str, Json]
    problems: tuple[Problem, ...]


def holds_linked_data(attributes: Mapping[str, Json]) -> bool:
    """Whether attributes look like JSON-LD; cheap, and never wrong about attributes that have none."""
    for key, value in attributes.items():
        if key[:1] == "@" and key in _KEYS:
            return True
        if ":" in key and is_absolute(key):
            return True
        kind = type(value)
        if kind is dict or kind is list:
            first = value[0] if kind is list and value else value
            if type(first) is dict and any(mark in first for mark in _MARKS):
                return True
    return False


def read_linked_data(
    attributes: Mapping[str, Json],
    *,
    path: str,
    node_iri: str,
    dataset_iri: str,
    base_iri: str,
    contexts: Mapping[str, Json] | None = None,
) -> LinkedData:
    """The statements that the attributes of one node make.

    Parameters
    ----------
    attributes
        The node's attributes.
    path
        The node's path.
    node_iri
        The node's IRI: what relative references are resolved against, so that ``"@id": ""`` is the node itself.
    dataset_iri, base_iri
        The dataset's IRI, and the deployment's base IRI, ending in ``/``.
    contexts
        Pinned contexts by URL, beside the project's own.

    Returns
    -------
    LinkedData
        Never raises for what attributes hold: each fault is a problem, and the attributes that it touches stay plain.

    Notes ----- Numbers follow JSON-LD: 1.0 becomes the integer 1, 1.5 the double 1.5E0. Direction of text is left out, as JSON-LD
    does by default.
    """
    if not _is_shallow(attributes):
        message = f"JSON-LD nested deeper than {MAX_DEPTH} levels is not read; the attributes stay plain"
        return LinkedData((), (), dict(attributes), (Problem(path, "json-ld-too-deep", message, severity="warning"),))
    known = load_contexts() if contexts is None else {**load_contexts(), **contexts}
    judge = StatementFilter(base_iri, dataset_iri)
    reader = _Reader(path, node_iri, f"{dataset_iri.removeprefix(base_iri)}\n{path}", known, judge)
    rest = reader.read(dict(attributes))
    return reader.result(rest)


def _is_shallow(value: Json) -> bool:
    """Whether nesting stays within the bound, without recursion."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, Mapping) else item)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return True
    return False


class _Reader:
    """Reads the attributes of one node, part by part: what is used together, then each node object under a plain key."""

    def __init__(self, path: str, node_iri: str, place: str, contexts: Mapping[str, Json], judge: StatementFilter) -> None:
        self._path, self._node_iri, self._place = path, node_iri, place
        self._contexts, self._judge = contexts, judge
        self._skolem = Iris(judge.base_iri).skolem
        self._terms = Terms()
        self._tally = Tally()
        self._lines: set[str] = set()
        self._subjects: set[str] = set()
        self._objects: set[str] = set()
        self._problems: list[Problem] = []

    def result(self, rest: dict[str, Json]) -> LinkedData:
        """All that was read."""
        subjects = sorted(iri for iri in self._subjects if not (iri.startswith(self._skolem) and f"<{iri}>" in self._objects))
        problems = (*self._problems, *self._tally.problems(self._path))
        return LinkedData(tuple(sorted(self._lines)), tuple(subjects), rest, problems)

    def read(self, attributes: dict[str, Json]) -> dict[str, Json]:
        """Read what is JSON-LD; returns the attributes that are left."""
        context: Json = None
        active = ActiveContext()
        if "@context" in attributes:
            try:
                context = Inliner(self._contexts, attributes).context(attributes["@context"])
            except Unreadable as fault:
                self._note(fault.kind, str(fault), "/@context")
                return attributes
            active = active.extended(context)
        given = {"@context": context} if active.given else {}
        own = active.of_node(attributes)
        used = {key: value for key, value in attributes.items() if key != "@context" and own.maps(key)}
        rest = {key: value for key, value in attributes.items() if key not in used}
        read_any = bool(used) and self._read_part({**given, **used}, "")
        members = {
            key: self._read_member(value, given, active, f"/{step(key)}") for key, value in rest.items() if _is_node(value)
        }
        if used and not read_any:
            rest = dict(attributes)
        for key, left in members.items():
            read_any = read_any or left is not rest[key]
            rest[key] = left
        if read_any:
            rest.pop("@context", None)
        elif "@context" in attributes and not self._problems:
            self._note("json-ld-without-statement", "a @context gives no other attribute a meaning", "/@context", "info")
        return {key: value for key, value in rest.items() if key not in members or value}

    def _read_member(self, value: Json, given: dict[str, Json], active: ActiveContext, pointer: str) -> Json:
        """Read the node objects under a plain key; returns what is left, the value itself where nothing was used."""
        part, left = value, {}
        if isinstance(value, dict):
            try:
                inner = active
                if "@context" in value:
                    inner = active.extended(Inliner(self._contexts, value).context(value["@context"]))
            except Unreadable as fault:
                self._note(fault.kind, str(fault), pointer)
                return value
            own = inner.of_node(value)
            left = {key: member for key, member in value.items() if not own.maps(key)}
            part = {key: member for key, member in value.items() if key not in left}
        return left if self._read_part({**given, "@graph": part} if given else part, pointer) else value

    def _read_part(self, part: Json, pointer: str) -> bool:
        """Read one part; whether it made any statement."""
        tally, sieve = Tally(), KeySieve()
        inliner = Inliner(self._contexts, part)
        try:
            if has_non_finite(part) and "@json" in words_of(part):
                raise Unreadable("invalid-json-ld", "NaN cannot stand in a JSON literal; the attributes stay plain")
            text = canonical_json(sieve.sift(inliner.value(part)))
            made = self._add(text, pointer, tally)
        except Unreadable as fault:
            self._note(fault.kind, str(fault), pointer)
            return False
        if not made:
            message = f"looks like JSON-LD, but makes no statement ({tally.reasons() or 'nothing is said'}); it stays plain"
            self._note("json-ld-without-statement", message, pointer, "info")
            tally.counts.pop("relative-type", None)
        elif sieve.ignored:
            message = (
                f"{len(sieve.ignored)} key(s) in the JSON-LD that mean nothing to it were left out, such as {sieve.ignored[0]!r}"
            )
            self._note("json-ld-key-ignored", message, pointer, "info")
        self._tally.merge(tally)
        return made

    def _add(self, text: str, pointer: str, tally: Tally) -> bool:
        """Add the statements of one JSON-LD text, or none of them; whether there were any."""
        names = Skolems(self._skolem, f"{self._place}\n{pointer}\n{text}")
        found = False
        for quad in self._quads(text, tally):
            predicate, target = quad.predicate.value, quad.object
            subject = names.name(quad.subject)
            type_iri: str | None = None
            if isinstance(target, pyoxigraph.Literal):
                term, type_iri = literal_term(target), target.datatype.value
                if target.direction is not None:
                    tally.add("text-direction", shown(quad))
            else:
                iri = names.name(target)
                term, type_iri = f"<{iri}>", iri if predicate == RDF_TYPE else None
            about = "" if isinstance(quad.subject, pyoxigraph.BlankNode) else subject
            fault = self._judge.fault(about, predicate, type_iri)
            if fault:
                tally.add(fault, shown(quad))
                continue
            if not isinstance(quad.graph_name, pyoxigraph.DefaultGraph):
                tally.add("named-graph", shown(quad))
            self._lines.add(f"<{subject}> <{predicate}> {term} .\n")
            self._subjects.add(subject)
            self._objects.add(term)
            found = True
        return found

    def _quads(self, text: str, tally: Tally) -> list[Any]:
        """The statements of a text whose terms are valid; the tally has the others."""
        try:
            found = list(islice(parse_json_ld(text, self._node_iri), MAX_STATEMENTS + 1))
        except SyntaxError as error:
            reason = context_fault(text) if '"@context"' in text else None
            message = f"is no valid JSON-LD: {reason or error}; the attributes stay plain"
            raise Unreadable("invalid-json-ld", message) from error
        if len(found) > MAX_STATEMENTS:
            raise Unreadable("json-ld-too-large", f"more than {MAX_STATEMENTS} statements; the attributes stay plain")
        valid = []
        for quad in found:
            fault = self._terms.fault(quad)
            if fault:
                tally.add(fault, shown(quad))
            else:
                valid.append(quad)
        return valid

    def _note(self, kind: str, message: str, pointer: str, severity: Severity = "warning") -> None:
        self._problems.append(Problem(self._path, kind, message, pointer, severity))


def _is_node(value: Json) -> bool:
    """Whether a value is a node object or a list of them."""
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(isinstance(item, dict) and any(mark in item for mark in _MARKS) for item in items)
