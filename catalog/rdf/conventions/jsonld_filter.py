"""Which statements may a store make about itself in the catalogue?

A store's attributes come from strangers, and what they say lands in the graph that everybody asks. They may describe anything in
the world, and the store's own nodes; they may not pass for the catalogue: its terms say where arrays lie and how they are read,
and its IRIs name other people's datasets.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from catalog.errors import Problem, Severity
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, RDF_TYPE
from catalog.rdf.terms import ZO

ACCESS_TERMS = frozenset(
    DCAT + name
    for name in (
        "accessURL", "downloadURL", "endpointURL", "endpointDescription", "accessService", "servesDataset", "distribution",
        "service",
    )
)  # fmt: skip
"""Where and how data can be had: only the record graph says so."""
ACCESS_CLASSES = frozenset({f"{DCAT}Distribution", f"{DCAT}DataService"})
_TREE_TERMS = frozenset({f"{DCT}hasPart", f"{DCT}isPartOf", f"{DCT}identifier"})
_TREE_NAMESPACES = (PREFIXES["bald"], "http://purl.allotrope.org/ontologies/hdf5/1.8#")

_LEFT_OUT = "{count} statement(s) of the JSON-LD left out, because {reason}; the first: {example}"
_REASONS: dict[str, tuple[Severity, str]] = {
    "structural-term": ("warning", "only the catalogue says where data lies and how it is read"),
    "foreign-subject": ("warning", "their subject is the catalogue's own or another dataset's"),
    "invalid-iri": ("warning", "an IRI has characters that IRIs cannot have, or no scheme"),
    "invalid-literal": ("warning", "the language tag or type of a literal is not valid"),
    "relative-type": ("info", "a type is neither an IRI nor defined by a context"),
}
_CHANGED = {
    "named-graph": "{count} statement(s) of the JSON-LD from its named graphs now stand in one graph; the first: {example}",
    "text-direction": "{count} text(s) without their base direction, which few graph stores know; the first: {example}",
}


@dataclass(slots=True)
class Tally:
    """Counts what was left out or changed, by kind, with the first example of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, example: str) -> None:
        """Count one statement."""
        self.counts[kind] += 1
        self.examples.setdefault(kind, example if len(example) <= 300 else example[:300] + "…")

    def merge(self, other: "Tally") -> None:
        """Take over what another one counted."""
        self.counts.update(other.counts)
        self.examples = {**other.examples, **self.examples}

    def reasons(self) -> str:
        """Why statements were left out, in words."""
        return "; ".join(f"{_REASONS[kind][1]}: {self.examples[kind]}" for kind in sorted(self.counts) if kind in _REASONS)

    def problems(self, path: str) -> Iterator[Problem]:
        """One problem for each kind."""
        for kind, count in sorted(self.counts.items()):
            severity, reason = _REASONS.get(kind, ("info", ""))
            text = _CHANGED.get(kind, _LEFT_OUT).format(count=count, reason=reason, example=self.examples[kind])
            yield Problem(path, kind, text, severity=severity)


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Judges statements of one dataset.

    Attributes
    ----------
    base_iri
        The deployment's base IRI, ending in ``/``.
    dataset_iri
        The dataset that the store belongs to.
    """

    base_iri: str
    dataset_iri: str

    def fault(self, subject: str, predicate: str, type_iri: str | None) -> str | None:
        """The kind of problem that keeps a statement out, or None where it may stay.

        Parameters
        ----------
        subject
            IRI, or ``""`` for a blank node.
        predicate
            IRI.
        type_iri
            The object's IRI where the predicate is ``rdf:type``, the datatype of a literal, else None.
        """
        if predicate.startswith(ZO) or predicate in ACCESS_TERMS:
            return "structural-term"
        if type_iri is not None:
            if predicate == RDF_TYPE and (type_iri in ACCESS_CLASSES or type_iri.startswith(ZO)):
                return "structural-term"
            if self._below_dataset(type_iri):
                return "relative-type"
        if subject.startswith(self.base_iri) or subject == self.base_iri[:-1]:
            if not self._own(subject):
                return "foreign-subject"
            if predicate in _TREE_TERMS or predicate.startswith(_TREE_NAMESPACES):
                return "structural-term"
            if predicate == RDF_TYPE and type_iri is not None and type_iri.startswith((*_TREE_NAMESPACES, f"{DCAT}Dataset")):
                return "structural-term"
        return None

    def _own(self, iri: str) -> bool:
        """Whether an IRI is the dataset's or one of its nodes'; its other documents belong to the catalogue."""
        return "/../" not in iri and (
            iri == self.dataset_iri or iri.startswith((f"{self.dataset_iri}/nodes/", f"{self.dataset_iri}#"))
        )

    def _below_dataset(self, iri: str) -> bool:
        return iri.startswith(f"{self.dataset_iri}/")
