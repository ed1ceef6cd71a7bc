"""What does a SELECT answer look like to our own code? Column names and rows of typed terms, free of any library."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

XSD = "http://www.w3.org/2001/XMLSchema#"
XSD_STRING = XSD + "string"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


@dataclass(frozen=True, slots=True)
class Iri:
    """An IRI, absolute, without angle brackets."""

    value: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal.

    Attributes
    ----------
    value
        The lexical form. A graph store may have normalised it (``"01"^^xsd:integer`` comes back as ``"1"``).
    datatype
        IRI of the datatype; ``rdf:langString`` when `language` is set.
    language
        Language tag, or `None`.
    """

    value: str
    datatype: str = XSD_STRING
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank node; its label means something inside one answer only."""

    value: str


Term = Iri | Literal | Blank
Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Bindings:
    """The result table of a SELECT.

    Attributes
    ----------
    columns
        Names of the projected variables, in the query's order, without ``?``.
    rows
        One tuple per solution, as long as `columns`; `None` where a variable is unbound.
    """

    columns: tuple[str, ...]
    rows: Sequence[Row]

    def __len__(self) -> int:
        """Count of solutions."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Mapping[str, Term | None]]:
        """Each solution as a mapping from column to term (`None` where unbound)."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    def values(self, column: str) -> list[str | None]:
        """The plain values of one column, row by row; `None` where unbound.

        Raises
        ------
        KeyError
            No such column.
        """
        if column not in self.columns:
            raise KeyError(column)
        at = self.columns.index(column)
        return [None if (term := row[at]) is None else term.value for row in self.rows]
