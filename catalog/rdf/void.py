"""What does the catalogue hold, and where can it be asked? As a VoID document, small enough to be fetched by every visitor.

Source: W3C Interest Group Note, Describing Linked Datasets with the VoID Vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.rdf import literals, terms
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, RDF_TYPE

_VOID = PREFIXES["void"]
_FORMATS = ("Turtle", "N-Triples", "JSON-LD", "RDF_XML")
_VOCABULARIES = ("zo", "dcat", "dct", "prov", "skos", "sosa", "qudt", "ome", "geo", "schema", "bald")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a catalogue holds; ``triples`` are those of the hierarchies, ``modified`` is when a store was last looked at."""

    datasets: int
    groups: int
    arrays: int
    triples: int
    modified: str = ""


def void_lines(iris: Iris, counts: Counts, examples: Sequence[str], title: str) -> list[str]:
    """The VoID description as lines of N-Triples, sorted; ``examples`` are IRIs of datasets."""
    me = iris.void
    triples = [
        (me, RDF_TYPE, f"<{_VOID}Dataset>"),
        (me, f"{DCT}title", literals.string(title)),
        (me, f"{PREFIXES['foaf']}homepage", f"<{iris.base}>"),
        (me, f"{_VOID}uriSpace", literals.string(iris.base)),
        (me, f"{_VOID}sparqlEndpoint", f"<{iris.base}sparql>"),
        (me, f"{_VOID}rootResource", f"<{iris.catalogue}>"),
        (me, f"{_VOID}triples", literals.integer(counts.triples)),
        (me, f"{_VOID}entities", literals.integer(counts.datasets + counts.groups + counts.arrays)),
        *((me, f"{_VOID}feature", f"<http://www.w3.org/ns/formats/{name}>") for name in _FORMATS),
        *((me, f"{_VOID}vocabulary", f"<{PREFIXES[prefix]}>") for prefix in _VOCABULARIES),
        *((me, f"{_VOID}exampleResource", f"<{example}>") for example in examples),
    ]
    if counts.modified:
        triples.append((me, f"{DCT}modified", literals.date_time(counts.modified)))
    parts = (("datasets", f"{DCAT}Dataset"), ("groups", terms.CLASS_ZARR_GROUP), ("arrays", terms.CLASS_ZARR_ARRAY))
    for name, kind in parts:
        part = f"{me}#{name}"
        triples += [
            (me, f"{_VOID}classPartition", f"<{part}>"),
            (part, RDF_TYPE, f"<{_VOID}Dataset>"),
            (part, f"{_VOID}class", f"<{kind}>"),
            (part, f"{_VOID}entities", literals.integer(getattr(counts, name))),
        ]
    return sorted(f"<{s}> <{p}> {o} .\n" for s, p, o in triples)
