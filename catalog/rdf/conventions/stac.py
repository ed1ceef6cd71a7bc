"""What does a STAC item or collection in the attributes say of the data?

It stands under ``stac_discovery`` or ``stac_item``, or the attributes are one themselves. In the root it speaks of the dataset,
elsewhere of its node. Assets are left out: where data lie is for the record to say.
Source: STAC 1.0.0 and 1.1.0, item, collection and common metadata; extensions eo, projection, processing, product, scientific.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from catalog.metadata.document import Json, as_object
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import terms
from catalog.rdf.convention import About, Findings, Given, Wanted
from catalog.rdf.conventions.stac_extent import describe_extent, describe_footprint, describe_times
from catalog.rdf.conventions.stac_properties import describe_links, describe_properties, describe_providers, describe_text
from catalog.rdf.places import safe_iri
from catalog.rdf.prefixes import DCT, RDF_TYPE

NAME = "stac"

KEYS = ("stac_discovery", "stac_item", "stac_collection")
_CLASSES = {"Feature": terms.CLASS_STAC_ITEM, "Collection": terms.CLASS_STAC_COLLECTION}
_SCHEMA = "https://schemas.stacspec.org/v{}/{}-spec/json-schema/{}.json"
_KINDS = {"Feature": "item", "Collection": "collection"}
_OWN_KEYS = ("type", "id")


class Found(NamedTuple):
    """A STAC object: where it stands, and what it is."""

    node: Node
    key: str
    value: Mapping[str, Json]

    @property
    def pointer(self) -> str:
        """Where it stands in the node's document."""
        return f"/attributes/{self.key}" if self.key else "/attributes"


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:  # noqa: ARG001
    """Whether a node embeds an item or a collection."""
    return "stac_version" in keys or any(key in keys for key in KEYS)


def wants(hierarchy: Hierarchy) -> Wanted:  # noqa: ARG001  the seam is one for all
    """Nothing: it is all in the metadata."""
    return Wanted()


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:  # noqa: ARG001
    """What the embedded items and collections say."""
    found = Findings()
    for node in hierarchy.nodes:
        for stac in _embedded(node, found):
            _describe(stac, about, found)
    return found


def _embedded(node: Node, found: Findings) -> Iterator[Found]:
    attributes = node.attributes
    candidates = [(key, attributes[key]) for key in KEYS if key in attributes]
    if "stac_version" in attributes and str(attributes.get("type")) in _CLASSES:
        candidates.append(("", attributes))
    for key, value in candidates:
        if isinstance(value, dict) and str(value.get("type")) in _CLASSES:
            yield Found(node, key, value)
        else:
            kind = value.get("type") if isinstance(value, dict) else type(value).__name__
            message = f"{key} is {kind!r:.80}; a STAC item (type Feature) or collection (type Collection) is needed"
            found.report(node.path, "invalid-stac", message, f"/attributes/{key}")


def _describe(stac: Found, about: About, found: Findings) -> None:
    node, value, kind = stac.node, stac.value, str(stac.value["type"])
    subject = about.dataset if node.path == "" else about.node(node.path)
    found.say(subject, RDF_TYPE, f"<{_CLASSES[kind]}>")
    describe_text(subject, {"id": value.get("id")}, found)
    if not isinstance(value.get("id"), str):
        found.report(node.path, "invalid-stac", f"the {_KINDS[kind]} has no id, a string", stac.pointer)
    _describe_versions(stac, subject, kind, about, found)
    report = _Reporter(node.path, stac.pointer, found)
    properties = as_object(value.get("properties")) if kind == "Feature" else value
    describe_properties(subject, properties, report)
    describe_providers(subject, properties, about, found)
    if kind == "Feature":
        describe_footprint(subject, value, about, report)
        describe_times(subject, properties, about, report)
    else:
        describe_extent(subject, value, about, report)
    describe_links(subject, value.get("links"), about, found)
    if isinstance(value.get("collection"), str):
        describe_text(subject, {"collection": value["collection"]}, found)
    if not stac.key and isinstance(value.get("id"), str):
        found.consume(node.path, _OWN_KEYS)


def _describe_versions(stac: Found, subject: str, kind: str, about: About, found: Findings) -> None:
    """Say which version of STAC and which extensions it follows."""
    version, extensions = stac.value.get("stac_version"), stac.value.get("stac_extensions")
    parts = version.split("-")[0].split(".") if isinstance(version, str) else []
    if not isinstance(version, str) or len(parts) != 3 or not all(part.isdecimal() and len(part) < 6 for part in parts):
        message = f"stac_version is {version!r:.80}; a version such as 1.1.0 is needed"
        found.report(stac.node.path, "invalid-stac", message, f"{stac.pointer}/stac_version")
    elif iri := safe_iri(_SCHEMA.format(version, _KINDS[kind], _KINDS[kind])):
        found.say(subject, f"{DCT}conformsTo", iri)
    if isinstance(extensions, list):
        iris = [iri for each in extensions if (iri := safe_iri(each, about.iris.base))]
        found.say(subject, f"{DCT}conformsTo", *iris)


class _Reporter:
    """Notes what is wrong in one STAC object; ``found`` takes what it says."""

    def __init__(self, path: str, pointer: str, found: Findings) -> None:
        self._path, self._pointer, self.found = path, pointer, found

    def report(self, kind: str, message: str, pointer: str) -> None:
        """Note that something below the object is wrong."""
        self.found.report(self._path, kind, message, f"{self._pointer}{pointer}")
