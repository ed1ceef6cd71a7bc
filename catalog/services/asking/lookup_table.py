"""Which way leads from an array or a dataset to what a lookup names?

The one table of lookups. Terms of our ontology are in it by themselves (`ontology_lookups`, generated); here stand the terms of
other vocabularies, the short ways between things, and the names that people use for terms which are called otherwise. What is not
in it, a laboratory's mapped keys and plain attributes, is asked of the graph store (`vocabulary`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from catalog.graphstore.compose import Step
from catalog.rdf.prefixes import PREFIXES
from catalog.services.asking.ontology_lookups import PARENTS, TERMS

ARRAY, DATASET, GROUP, ANY = "ZarrArray", "dcat:Dataset", "ZarrGroup", ""
IMAGE, CHANNEL, WELL, PLATE = "MultiscaleImage", "ome:Channel", "ome:Well", "ome:Plate"


def expand(name: str) -> str:
    """The IRI of a prefixed name of ours; without a prefix it is a term of the ontology."""
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon else PREFIXES["zo"] + name


def _way(text: str) -> tuple[Step, ...]:
    """Steps from a text such as ``^resolutionLevel/channel`` or ``unitString|schema:unitText``."""
    return tuple(Step(tuple(map(expand, step.lstrip("^").split("|"))), step.startswith("^")) for step in text.split("/"))


@dataclass(frozen=True, slots=True)
class Term:
    """What a lookup names.

    Attributes
    ----------
    steps
        The way to it.
    kind
        What is there: ``text``, ``number``, ``flag``, ``time``, ``json``, ``link`` (to something that can have a name), ``any``,
        or ``unless`` (a truth value that is only stated where it is false).
    leads
        The class of what is there, for further lookups; None: none lead on.
    only
        The class that what is there must have, or ``""``.
    """

    steps: tuple[Step, ...]
    kind: str = "any"
    leads: str | None = None
    only: str = ""


NAMES: Final = tuple(map(expand, ("rdfs:label", "ome:name", "schema:name", "skos:prefLabel", "foaf:name")))
"""The properties that hold the name of a thing."""
IDENTIFIER: Final = expand("dct:identifier")
"""The property that holds the id of a dataset."""
IN_DATASET: Final = (Step((expand("inDataset"),)),)
"""The way from a node to its dataset."""

_ABOVE: Final[Mapping[str, tuple[str, ...]]] = {
    "ome:Well": ("ZarrGroup", "ZarrNode"),
    "ome:Plate": ("ZarrGroup", "ZarrNode"),
    "MultiscaleImage": ("ome:Image", "ome:WellSample", "ZarrGroup", "ZarrNode"),
}
"""What things of a class are as well, beside what the ontology says: in OME-Zarr, wells and images are groups."""

_LINKS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    ARRAY: {
        "dataset": ("inDataset", DATASET),
        "root": ("inDataset/rootNode", GROUP),
        "image": ("^resolutionLevel", IMAGE),
        "channel": ("^resolutionLevel/channel", CHANNEL),
        "well": ("^resolutionLevel/^field", WELL),
        "plate": ("^resolutionLevel/^field/^well", PLATE),
        "codec": ("layout/codecPipeline", "Codec"),
        "coordinate": ("^coordinateFor", ARRAY),
        "roi": ("^resolutionLevel/^regionOf", "RegionOfInterest"),
    },
    DATASET: {
        "root": ("rootNode", GROUP),
        "array": ("^inDataset", ARRAY),
        "image": ("^inDataset", IMAGE),
        "channel": ("^inDataset/channel", CHANNEL),
        "plate": ("^inDataset", PLATE),
        "well": ("^inDataset/well", WELL),
        "snapshot": ("currentSnapshot", "Snapshot"),
    },
    IMAGE: {"well": ("^field", WELL), "plate": ("^field/^well", PLATE), "roi": ("^regionOf", "RegionOfInterest")},
    WELL: {"plate": ("^well", PLATE)},
    PLATE: {"image": ("well/field", IMAGE)},
    "ZarrNode": {"dataset": ("inDataset", DATASET), "group": ("dct:isPartOf", GROUP)},
    ANY: {
        "extent": ("dct:spatial", "dct:Location"),
        "period": ("dct:temporal", "dct:PeriodOfTime"),
        "variable": ("schema:variableMeasured", "schema:PropertyValue"),
        "geometry": ("dct:spatial/geo:hasGeometry", "geo:Geometry"),
        "describes": ("describes", ANY),
    },
}
"""Class → lookup → the way, and the class that it leads to."""

_TYPED: Final = {(DATASET, "array"): ARRAY, (DATASET, "image"): IMAGE, (DATASET, "plate"): PLATE}
"""Where the way leads to other things as well, the class that is meant."""

_PULLED: Final[Mapping[str, Mapping[str, str]]] = {
    ARRAY: {"Layout": "layout", "dct:Location": "dct:spatial"},
    DATASET: {"Snapshot": "currentSnapshot", "dct:Location": "dct:spatial"},
}
"""Class → another class whose lookups it has too, by this way."""

_SYNONYMS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    ARRAY: {
        "dtype": ("layout/dataTypeName", "text"),
        "data_type": ("layout/dataTypeName", "text"),
        "ndim": ("dimensionCount", "number"),
        "dims": ("dimension/rdfs:label", "text"),
        "chunks": ("layout/chunkShape", "json"),
        "shards": ("layout/shardShape", "json"),
        "codecs": ("layout/codecPipeline/codecName", "text"),
        "start": ("dct:temporal/dcat:startDate", "time"),
        "end": ("dct:temporal/dcat:endDate", "time"),
        "readable": ("readable", "unless"),
    },
    DATASET: {
        "id": ("dct:identifier", "text"),
        "convention_name": ("conventionName", "text"),
        "start": ("dct:temporal/dcat:startDate", "time"),
        "end": ("dct:temporal/dcat:endDate", "time"),
    },
    CHANNEL: {"color": ("channelColor", "text"), "index": ("listIndex", "number")},
    "dct:PeriodOfTime": {"start": ("dcat:startDate", "time"), "end": ("dcat:endDate", "time")},
    ANY: {
        "label": ("rdfs:label|ome:name|schema:name|skos:prefLabel|foaf:name", "any"),
        "name": ("rdfs:label|ome:name|schema:name|skos:prefLabel|foaf:name", "any"),
        "title": ("dct:title|rdfs:label", "any"),
        "keywords": ("dcat:keyword", "any"),
        "units": ("unitString|schema:unitText", "any"),
        "unit": ("qudt:hasUnit", "link"),
        "type": ("rdf:type", "link"),
        "pixel_size_x": ("ome:physical_size_x", "number"),
        "pixel_size_y": ("ome:physical_size_y", "number"),
        "pixel_size_z": ("ome:physical_size_z", "number"),
    },
}
"""Class → what people say → the way, and what is there."""

_TEXTS = """
dct:abstract dct:date dct:description dct:identifier dct:provenance dct:source dcat:keyword dcat:version schema:citation
schema:creditText schema:identifier schema:propertyID schema:roleName schema:unitText ome:name ome:fluor rdfs:label rdfs:comment
geo:asWKT dcat:bbox skos:prefLabel foaf:name
"""
_TIMES = """
dct:created dct:issued dct:modified schema:dateModified prov:generatedAtTime dcat:startDate dcat:endDate ome:acquisition_date
ome:start_time ome:end_time
"""
_NUMBERS = """
dcat:spatialResolutionInMeters ome:columns ome:rows ome:physical_size_x ome:physical_size_y ome:physical_size_z
ome:time_increment ome:maximum_field_count ome:emission_wavelength ome:excitation_wavelength ome:significant_bits
bald:arrayFirstValue bald:arrayLastValue
"""
_THINGS = """
dct:conformsTo dct:contributor dct:creator dct:format dct:hasPart dct:isPartOf dct:license dct:publisher dct:references dct:rights
dct:rightsHolder dct:spatial dct:subject dct:temporal dcat:accessURL dcat:contactPoint dcat:distribution dcat:theme
foaf:homepage foaf:mbox foaf:page geo:hasGeometry ome:instrument prov:wasDerivedFrom prov:wasGeneratedBy qudt:hasUnit
schema:affiliation schema:isPartOf schema:sourceOrganization schema:variableMeasured sosa:hasFeatureOfInterest
sosa:madeBySensor sosa:observedProperty
"""


def snake(name: str) -> str:
    """``dimensionIndex`` becomes ``dimension_index``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _foreign() -> dict[str, Term]:
    """The terms of other vocabularies that conventions use, by local name; one that several have means each of them."""
    kinds = {"any": _TEXTS, "time": _TIMES, "number": _NUMBERS, "link": _THINGS}
    ways: dict[str, tuple[str, str]] = {}
    for kind, names in kinds.items():
        for name in names.split():
            local = snake(name.partition(":")[2])
            before = ways.get(local)
            ways[local] = (f"{before[0]}|{name}" if before else name, kind)
    return {local: Term(_way(way), kind, ANY if kind == "link" else None) for local, (way, kind) in ways.items()}


FOREIGN: Final = _foreign()


def above(kind: str) -> tuple[str, ...]:
    """A class and all classes above it."""
    found = (kind, *PARENTS.get(kind, ()), *_ABOVE.get(kind, ()))
    return tuple(dict.fromkeys(found))


def _related(one: str, other: str) -> bool:
    """Whether something can be of both classes, as far as the ontology says."""
    return not one or not other or one in above(other) or other in above(one)


def terms_of(kind: str) -> Mapping[str, Term]:
    """Every lookup that things of a class have, from the table; of ``""`` those that anything can have.

    Where a name has several senses, the short ways and what people say come first, then what is said of the class itself, then
    what it has through another.
    """
    if kind not in _KNOWN:
        _KNOWN[kind] = _terms_of(kind)
    return _KNOWN[kind]


_KNOWN: dict[str, Mapping[str, Term]] = {}


def _terms_of(kind: str) -> dict[str, Term]:
    found: dict[str, Term] = dict(FOREIGN)
    for through, way in _PULLED.get(kind, {}).items():
        found |= {name: _term(name, way) for name, (_, _, about, _) in TERMS.items() if about == through}
    found |= {name: _term(name) for name, (_, _, about, _) in TERMS.items() if _related(about, kind)}
    for each in (ANY, *reversed(above(kind))):
        for name, (way, values) in _SYNONYMS.get(each, {}).items():
            found[name] = Term(_way(way), values, ANY if values == "link" else None)
        for name, (way, leads) in _LINKS.get(each, {}).items():
            found[name] = Term(_way(way), "link", leads, _TYPED.get((kind, name), ""))
    return found


def _term(name: str, way: str = "") -> Term:
    local, kind, _, leads = TERMS[name]
    return Term(_way(f"{way}/{local}" if way else local), kind, leads if kind == "link" else None)
