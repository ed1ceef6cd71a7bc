"""Which property, or path of properties, does a shape look at?

A path is a value that can be written as SPARQL writes it (for people) and as SHACL's Turtle does (for programs).
Source: SHACL, section 2.3.1 "SHACL Property Paths".
"""

from dataclasses import dataclass
from typing import Literal

from catalog.rdf.prefixes import PREFIXES

Operator = Literal["property", "sequence", "alternative", "inverse", "zero-or-more", "one-or-more", "zero-or-one"]

_SH = PREFIXES["sh"]
_PARAMETER: dict[Operator, str] = {
    "alternative": f"<{_SH}alternativePath>",
    "inverse": f"<{_SH}inversePath>",
    "zero-or-more": f"<{_SH}zeroOrMorePath>",
    "one-or-more": f"<{_SH}oneOrMorePath>",
    "zero-or-one": f"<{_SH}zeroOrOnePath>",
}
_SUFFIX: dict[Operator, str] = {"zero-or-more": "*", "one-or-more": "+", "zero-or-one": "?"}


def shown_iri(iri: str) -> str:
    """An IRI as people write it: with one of the project's prefixes where one fits, else in angle brackets."""
    for prefix, namespace in PREFIXES.items():
        local = iri[len(namespace) :]
        if iri.startswith(namespace) and local.replace("-", "").replace("_", "").isalnum():
            return f"{prefix}:{local}"
    return f"<{iri}>"


@dataclass(frozen=True, slots=True)
class PropertyPath:
    """A property, or an operator over paths.

    Attributes
    ----------
    operator
        What the path is; ``property`` is a single one.
    iri
        The property, where it is a single one.
    parts
        What the operator works on: two or more paths for ``sequence`` and ``alternative``, one for the others.
    """

    operator: Operator
    iri: str = ""
    parts: tuple["PropertyPath", ...] = ()

    def to_sparql(self) -> str:
        """The path in SPARQL's notation, with the project's prefixes: ``zo:attribute/zo:key``."""
        if self.operator == "property":
            return shown_iri(self.iri)
        unary = self.operator not in {"sequence", "alternative"}
        plain = {"property"} if unary else {"property", "inverse", *_SUFFIX}
        parts = [part.to_sparql() if part.operator in plain else f"({part.to_sparql()})" for part in self.parts]
        if not unary:
            return ("/" if self.operator == "sequence" else "|").join(parts)
        return f"^{parts[0]}" if self.operator == "inverse" else f"{parts[0]}{_SUFFIX[self.operator]}"

    def to_turtle(self) -> str:
        """The path as an object in Turtle, without prefixes."""
        if self.operator == "property":
            return f"<{self.iri}>"
        listed = f"( {' '.join(part.to_turtle() for part in self.parts)} )"
        if self.operator == "sequence":
            return listed
        return f"[ {_PARAMETER[self.operator]} {listed if self.operator == 'alternative' else self.parts[0].to_turtle()} ]"
