"""What did the shapes find, where in the Zarr hierarchy, and what is to be done?

A report is a value with three ways out: text for people, JSON for programs, Turtle for whoever knows SHACL. It tells two things
apart: SHACL's ``conforms`` (nothing at all was found) and the catalogue's ``accepted`` (nothing that blocks was found).
Source: SHACL, section 3.6 "Validation Report".
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from catalog.errors import Problem
from catalog.errors import Severity as ProblemSeverity
from catalog.rdf.iris import profile_name
from catalog.rdf.prefixes import PREFIXES
from catalog.validation.property_path import PropertyPath, shown_iri

Severity = Literal["violation", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("violation", "warning", "info")
"""Worst first."""

_PROBLEM: dict[Severity, ProblemSeverity] = {"violation": "error", "warning": "warning", "info": "info"}
_SH = PREFIXES["sh"]
_LEXICAL = re.compile(r'"(.*)"(?:\^\^<[^<>]*>|@[A-Za-z0-9-]+)?', re.DOTALL)
MAX_SHOWN_VALUE = 80
MAX_SHOWN_PATH = 100
"""Characters of a property path that people are shown; a longer one tells them less than the message does."""


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a shape found.

    Attributes
    ----------
    focus
        IRI of what was looked at; where it is no IRI, its N-Triples text.
    path
        Path of the Zarr node that it concerns; ``""`` is the root, and what concerns no node. Layouts, dimensions and attributes
        are shared by many nodes: then it is the first of these.
    shape
        IRI of the shape; of a nameless one, of the named shape around it.
    message
        What to do.
    severity
        ``violation``, ``warning`` or ``info``, as the shape states it.
    component
        IRI of the constraint component, such as ``sh:MinCountConstraintComponent``.
    property_path
        The property that the shape looks at; None where it looks at the focus itself.
    value
        The value that was found wrong, as N-Triples; None where one is missing.
    attribute
        Key of the attribute that it concerns; ``""`` where it concerns none.
    paths
        Paths of the first few nodes concerned, sorted.
    nodes
        How many nodes are concerned.
    """

    focus: str
    path: str
    shape: str
    message: str
    severity: Severity
    component: str
    property_path: PropertyPath | None = None
    value: str | None = None
    attribute: str = ""
    paths: tuple[str, ...] = ()
    nodes: int = 0

    @property
    def profile(self) -> str:
        """Name of the profile that the shape belongs to; ``""`` where it belongs to none."""
        return profile_name(self.shape)

    @property
    def shape_name(self) -> str:
        """What people call the shape, see `shape_name`."""
        return shape_name(self.shape, self.profile)

    def to_dict(self) -> dict[str, Any]:
        """The result as a JSON object; ``value`` is the plain text of a literal or IRI."""
        return {
            "path": self.path,
            "paths": list(self.paths),
            "nodes": self.nodes,
            "attribute": self.attribute,
            "property": self.property_path.to_sparql() if self.property_path else "",
            "value": None if self.value is None else plain_value(self.value),
            "severity": self.severity,
            "message": self.message,
            "shape": self.shape,
            "profile": self.profile,
            "component": self.component,
            "focus": self.focus,
        }


@dataclass(frozen=True)
class Report:
    """What came of a validation.

    Attributes
    ----------
    results
        Worst first, then by path.
    required
        Names of the profiles whose violations block; those of others are told, and no more.
    waived
        IRIs of shapes that do not block, because somebody answers for it.
    """

    results: tuple[Result, ...] = field(default=())
    required: tuple[str, ...] = field(default=())
    waived: frozenset[str] = field(default=frozenset())

    @property
    def conforms(self) -> bool:
        """SHACL's ``sh:conforms``: no result at all, not even an ``info``."""
        return not self.results

    @cached_property
    def accepted(self) -> bool:
        """Whether nothing blocks: there is no violation, but for waived ones and those of profiles that nobody required."""
        return not any(map(self.blocks, self.results))

    def blocks(self, result: Result) -> bool:
        """Whether a result keeps the data from being loaded."""
        counts = not result.profile or result.profile in self.required
        return counts and result.severity == "violation" and result.shape not in self.waived

    @cached_property
    def counts(self) -> dict[Severity, int]:
        """How many results of each severity, worst first."""
        found = Counter(result.severity for result in self.results)
        return {severity: found[severity] for severity in SEVERITIES}


def shape_name(iri: str, profile: str) -> str:
    """The last part of a shape's IRI, after the profile where it belongs to one: ``array-shape``, ``cf/units``."""
    name = re.split(r"[#/]", iri)[-1] or iri
    return f"{profile}/{name}" if profile else name


def plain_value(term: str) -> str:
    """The text of an N-Triples term without its marks: of a literal its lexical form, of an IRI the IRI."""
    match = _LEXICAL.fullmatch(term)
    if match is None:
        return term[1:-1] if term.startswith("<") else term
    try:
        return str(json.loads(f'"{match[1]}"', strict=False))
    except ValueError:  # escapes that JSON does not know
        return match[1]


def _groups(report: Report) -> Iterator[list[Result]]:
    """Results that say the same of different nodes, together; in the order of the report."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for result in report.results:
        groups.setdefault((result.severity, result.shape, result.message), []).append(result)
    yield from groups.values()


def to_text(report: Report, examples: int = 3) -> str:
    """The report for people.

    Parameters
    ----------
    examples
        How many places are named per shape, ≥ 1; the rest is counted.

    Returns
    -------
    str
        Lines without a newline at the end: a sentence, then per shape what to do and where.
    """
    lines = [_headline(report)]
    for group in _groups(report):
        first, count = group[0], len(group)
        lines.append(f"{first.severity} {first.shape_name}{f' ({count} times)' if count > 1 else ''}: {first.message}")
        lines += [f"  {_place(result)}" for result in group[:examples]]
        if count > examples:
            lines.append(f"  … and {count - examples} more")
    return "\n".join(lines)


def _headline(report: Report) -> str:
    if report.conforms:
        return "The shapes accept it and found nothing."
    found = ", ".join(f"{count} {severity}{'s' * (count != 1)}" for severity, count in report.counts.items() if count)
    if not report.accepted:
        return f"The shapes refuse it: {found}."
    lenient = " (violations that are waived, or of profiles that were not required)" if report.counts["violation"] else ""
    return f"The shapes accept it: {found}{lenient}."


def _place(result: Result) -> str:
    """Where a result lies: the Zarr path as seen from the root, then attribute or property, then the value."""
    shown = f"/{result.path}" if result.nodes else shown_iri(result.focus)
    if result.nodes > 1:
        shown += f" and {result.nodes - 1} more node{'s' * (result.nodes > 2)}"
    if result.attribute:
        shown += f", attribute {result.attribute!r}"
    elif result.property_path and len(path := result.property_path.to_sparql()) <= MAX_SHOWN_PATH:
        shown += f", {path}"
    if result.value is not None and result.property_path:
        value = plain_value(result.value)
        shown += f" = {value if len(value) <= MAX_SHOWN_VALUE else value[:MAX_SHOWN_VALUE] + '…'}"
    return shown


def to_problems(report: Report, examples: int = 10) -> tuple[Problem, ...]:
    """The report as problems: at most ``examples`` per shape, then one that counts the rest."""
    problems = []
    for group in _groups(report):
        for result in group[:examples]:
            pointer = result.attribute if result.attribute.startswith("/") else ""
            kind = result.shape_name
            problems.append(Problem(result.path, kind, _with_attribute(result), pointer, _severity(report, result)))
        if len(group) > examples:
            last = group[examples]
            message = f"… and {len(group) - examples} more: {last.message}"
            problems.append(Problem(last.path, last.shape_name, message, severity=_severity(report, last)))
    return tuple(problems)


def _severity(report: Report, result: Result) -> ProblemSeverity:
    """How bad a result is; a violation of a profile that nobody required is a reservation."""
    return "warning" if result.severity == "violation" and not report.blocks(result) else _PROBLEM[result.severity]


def _with_attribute(result: Result) -> str:
    return f"attribute {result.attribute!r}: {result.message}" if result.attribute else result.message


def to_dict(report: Report) -> dict[str, Any]:
    """The report as a JSON object: ``conforms``, ``accepted``, ``counts`` by severity, and ``results``."""
    return {
        "conforms": report.conforms,
        "accepted": report.accepted,
        "counts": dict(report.counts),
        "results": [result.to_dict() for result in report.results],
    }


def to_json(report: Report) -> str:
    """The report as JSON text, one line."""
    return json.dumps(to_dict(report), ensure_ascii=False)


def to_turtle(report: Report) -> str:
    """The report as SHACL describes it: one ``sh:ValidationReport`` in Turtle.

    The node paths, which SHACL has no word for, are ``zo:path`` of each result.
    """
    lines = ["@prefix sh: <http://www.w3.org/ns/shacl#> .", f"@prefix zo: <{PREFIXES['zo']}> .", "", "[] a sh:ValidationReport ;"]
    lines += [f"    sh:result {_turtle_of(result)} ;" for result in report.results]
    lines.append(f"    sh:conforms {str(report.conforms).lower()} .")
    return "\n".join(lines) + "\n"


def _turtle_of(result: Result) -> str:
    pairs = [
        ("a", "sh:ValidationResult"),
        ("sh:focusNode", _term(result.focus)),
        ("sh:resultSeverity", f"sh:{result.severity.capitalize()}"),
        ("sh:sourceConstraintComponent", f"<{result.component}>"),
        ("sh:sourceShape", _term(result.shape)),
        ("sh:resultMessage", _quoted(result.message)),
        *(("zo:path", _quoted(path)) for path in result.paths),
    ]
    if result.property_path:
        pairs.append(("sh:resultPath", result.property_path.to_turtle()))
    if result.value is not None:
        pairs.append(("sh:value", result.value))
    return "[\n" + "".join(f"        {name} {value} ;\n" for name, value in pairs) + "    ]"


def _term(text: str) -> str:
    return text if text.startswith(('"', "_:")) else f"<{text}>"


def _quoted(text: str) -> str:
    """A string in Turtle; JSON's escapes are among Turtle's, half characters apart, which no text here has."""
    return json.dumps(text, ensure_ascii=False)
