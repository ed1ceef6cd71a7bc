"""What does a search find? Hits with what helps to choose among them, how many there are, and counts of values."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Matched:
    """The text that words were found in.

    Attributes
    ----------
    text
        Its beginning, 300 characters at most.
    property
        IRI of the property that holds it.
    score
        How much it speaks for the hit; larger is better, comparable within one answer.
    """

    text: str
    property: str
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One dataset, group or array.

    Attributes
    ----------
    iri, kind
        Its IRI; ``dataset``, ``group`` or ``array``.
    name
        The dataset's name; of a node the last step of its path.
    title
        Its title, or ``""``.
    dataset, dataset_name
        IRI and name of its dataset.
    path
        Of the node; ``""`` for a root and a dataset.
    standard_name, units
        What it says of itself, or ``""``.
    shape
        Elements along each axis; None where it is no array.
    data_type
        As Zarr v3 calls it, or ``""``.
    dimension_names
        As long as `shape`; None where an axis has no name.
    matched
        Where words were searched for.
    """

    iri: str
    kind: str
    name: str
    title: str = ""
    dataset: str = ""
    dataset_name: str = ""
    path: str = ""
    standard_name: str = ""
    units: str = ""
    shape: tuple[int, ...] | None = None
    data_type: str = ""
    dimension_names: tuple[str | None, ...] | None = None
    matched: Matched | None = None

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON has it: what is not known is left out."""
        found: dict[str, Any] = {"iri": self.iri, "kind": self.kind, "name": self.name, "dataset": self.dataset}
        for name in ("title", "dataset_name", "standard_name", "units", "data_type"):
            if value := getattr(self, name):
                found[name] = value
        if self.kind != "dataset":
            found["path"] = self.path
        if self.shape is not None:
            found["shape"] = list(self.shape)
            found["dimension_names"] = list(self.dimension_names or ())
        if self.matched is not None:
            found["matched"] = {"text": self.matched.text, "property": self.matched.property, "score": self.matched.score}
        return found


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, and how many of what is found have it.

    Attributes
    ----------
    value
        A text, number or truth value; of a thing its IRI.
    count
        At least 1.
    label
        The name of a thing, or ``""``.
    """

    value: Any
    count: int
    label: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The value as JSON has it."""
        return {"value": self.value, "count": self.count, **({"label": self.label} if self.label else {})}


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of a term, the most frequent first.

    Attributes
    ----------
    more
        Whether there are more values than are shown.
    """

    term: str
    values: tuple[FacetValue, ...]
    more: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The facet as JSON has it."""
        return {"term": self.term, "values": [each.to_dict() for each in self.values], "more": self.more}


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a search found.

    Attributes
    ----------
    kind
        What was searched for.
    hits
        Of this page, in order.
    total
        How many there are in all; at least, where `exact` is false.
    exact
        Whether `total` is exact.
    facets
        As they were asked for.
    next
        Cursor of the next page; ``""``: there is none, or it cannot be told.
    reasons
        Why the answer is cut off; none: it is complete.
    seed
        What chance went by, of a sample.
    """

    kind: str
    hits: tuple[Hit, ...]
    total: int
    exact: bool = True
    facets: tuple[Facet, ...] = ()
    next: str = ""
    reasons: tuple[str, ...] = ()
    seed: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing was cut off."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON has it."""
        found: dict[str, Any] = {
            "kind": self.kind,
            "total": {"value": self.total, "relation": "exact" if self.exact else "at-least"},
            "complete": self.complete,
            "hits": [each.to_dict() for each in self.hits],
            "facets": [each.to_dict() for each in self.facets],
            "next": self.next or None,
        }
        if self.reasons:
            found["reasons"] = list(self.reasons)
        if self.seed:
            found["seed"] = self.seed
        return found
