"""Which properties hold texts that people look for, and how much does each count?

Fuseki indexes the properties that its configuration lists, which a test compares with these. What a store says of the things
that its nodes describe may use any property; there all texts count.
"""

from collections.abc import Mapping
from typing import Final

from catalog.rdf.prefixes import PREFIXES, RDFS_COMMENT, RDFS_LABEL
from catalog.rdf.terms import CONVENTION_NAME, PATH, PRODUCTION_METHOD, STANDARD_NAME, VALUE

_DCT, _SCHEMA, _SKOS = PREFIXES["dct"], PREFIXES["schema"], PREFIXES["skos"]

NAMES: Final[Mapping[str, float]] = {
    RDFS_LABEL: 4.0,
    f"{_DCT}title": 4.0,
    f"{_DCT}identifier": 3.0,
    f"{PREFIXES['dcat']}keyword": 3.0,
    STANDARD_NAME: 3.0,
    f"{PREFIXES['ome']}name": 3.0,
    f"{_SCHEMA}name": 3.0,
    f"{_SCHEMA}alternateName": 3.0,
    f"{_SKOS}prefLabel": 3.0,
    f"{_SKOS}altLabel": 3.0,
    f"{PREFIXES['foaf']}name": 3.0,
}
"""Properties that name something, with what they weigh."""

TEXTS: Final[Mapping[str, float]] = {
    PATH: 2.0,
    VALUE: 1.0,
    f"{_DCT}description": 1.0,
    f"{_DCT}subject": 1.0,
    f"{_DCT}license": 1.0,
    RDFS_COMMENT: 1.0,
    f"{_SCHEMA}description": 1.0,
    f"{_SCHEMA}keywords": 1.5,
    f"{_SKOS}definition": 1.0,
    CONVENTION_NAME: 1.0,
    PRODUCTION_METHOD: 1.0,
}
"""Properties that say something, likewise."""

OTHER: Final = 1.0
"""What any other property of a described thing weighs."""

INDEXED: Final = (*NAMES, *TEXTS)
"""All of them."""


def weight_of(property_: str) -> float:
    """How much a text counts by its property."""
    return NAMES.get(property_) or TEXTS.get(property_) or OTHER
