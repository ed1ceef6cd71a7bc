"""Who made a dataset, what is it about, and under which terms may it be used?

Source: Attribute Convention for Data Discovery 1.3. What it has of places and times is told with the coordinates (``cf_stated``);
what it has of units and names, with the arrays.
"""

import re
from collections.abc import Collection
from datetime import date

from catalog.metadata.document import Json
from catalog.metadata.hierarchy import Hierarchy
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, Given, Wanted
from catalog.rdf.literals import XSD
from catalog.rdf.places import safe_iri
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, PROV, RDF_TYPE, RDFS_LABEL

NAME = "acdd"

FOAF, SCHEMA, SOSA = PREFIXES["foaf"], PREFIXES["schema"], "http://www.w3.org/ns/sosa/"
MAX_TEXT = 32_768
MAX_KEYWORDS = 256

_OWN_KEYS = frozenset(
    {
        "summary", "naming_authority", "creator_name", "creator_email", "creator_url", "creator_institution", "publisher_name",
        "publisher_email", "publisher_url", "contributor_name", "date_created", "date_issued", "date_modified",
        "standard_name_vocabulary", "keywords_vocabulary", "acknowledgement", "acknowledgment", "metadata_link",
        "geospatial_lat_min", "time_coverage_start", "processing_level", "cdm_data_type", "product_version",
    }
)  # fmt: skip
"""Keys that nothing else uses."""
_TEXTS = {
    "summary": f"{DCT}description",
    "acknowledgement": f"{SCHEMA}creditText",
    "acknowledgment": f"{SCHEMA}creditText",
    "product_version": f"{DCAT}version",
    "standard_name_vocabulary": terms.STANDARD_NAME_VOCABULARY,
}
_DATES = {
    "date_created": f"{DCT}created",
    "creation_date": f"{DCT}created",
    "date_issued": f"{DCT}issued",
    "date_modified": f"{SCHEMA}dateModified",
}
"""``date_modified`` is not dct:modified: that says when the catalogue last looked at a dataset."""
_LINKS = {"metadata_link": f"{FOAF}page", "infoUrl": f"{FOAF}page", "further_info_url": f"{FOAF}page"}
_THINGS = {
    "project": (f"{PROV}wasGeneratedBy", f"{FOAF}Project", f"{FOAF}name"),
    "platform": (terms.PLATFORM, f"{SOSA}Platform", RDFS_LABEL),
    "instrument": (terms.INSTRUMENT, f"{SOSA}Sensor", RDFS_LABEL),
}
_AGENTS = {"creator": f"{DCT}creator", "publisher": f"{DCT}publisher"}
_AGENT_KINDS = {"person": "Person", "group": "Group", "institution": "Organization", "position": "Agent"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:
    """Whether a group's ``Conventions`` names ACDD, or it has a key that only ACDD has, or ``Conventions`` and any such key."""
    if not ("Conventions" in keys or any(key in keys for key in _OWN_KEYS)):
        return False
    return any(_speaks(group.attributes) for group in hierarchy.groups)


def _speaks(attributes: dict[str, Json]) -> bool:
    if "ACDD" in str(attributes.get("Conventions", "")).upper() or _OWN_KEYS & attributes.keys():
        return True
    return "Conventions" in attributes and bool({"license", "keywords", "creation_date", "project"} & attributes.keys())


def wants(hierarchy: Hierarchy) -> Wanted:  # noqa: ARG001  the seam is one for all
    """Nothing: attributes say it all."""
    return Wanted()


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:  # noqa: ARG001
    """What groups say of the data as a whole; of the root it is said of the dataset too."""
    found = Findings()
    for group in hierarchy.groups:
        if _speaks(group.attributes):
            _Group(group.path, group.attributes, about, found).describe()
    return found


class _Group:
    """Describes one group."""

    def __init__(self, path: str, attributes: dict[str, Json], about: About, found: Findings) -> None:
        self._path, self._attributes, self._about, self._found = path, attributes, about, found
        node = about.node(path)
        self._node, self._subjects = node, (node,) if path else (node, about.dataset)

    def describe(self) -> None:
        if "ACDD" in str(self._attributes.get("Conventions", "")).upper():
            self._found.say(self._node, RDF_TYPE, f"<{terms.CLASS_ACDD_GROUP}>")
        for key, predicate in _TEXTS.items():
            if text := self._text(key):
                self._say(key, predicate, literals.string(text))
        for key, predicate in _DATES.items():
            if text := self._text(key):
                self._say(key, predicate, date_literal(text))
        for key, predicate in _LINKS.items():
            if link := safe_iri(self._text(key), self._about.iris.base):
                self._say(key, predicate, link)
        for key, (predicate, kind, naming) in _THINGS.items():
            if text := self._text(key):
                thing = self._thing(key, kind, naming, text)
                self._say(key, predicate, thing)
        self._license()
        self._keywords()
        self._identifier()
        for role, predicate in _AGENTS.items():
            self._agent(role, predicate)
        self._contributors()

    def _text(self, key: str) -> str:
        value = self._attributes.get(key)
        return value.strip() if isinstance(value, str) and len(value) <= MAX_TEXT else ""

    def _say(self, key: str, predicate: str, *objects: str) -> None:
        for subject in self._subjects:
            self._found.say(subject, predicate, *objects)
        self._found.consume(self._path, (key,))

    def _thing(self, name: str, kind: str, naming: str, text: str) -> str:
        node = self._about.part(self._path, "acdd", name)
        self._found.say(node, RDF_TYPE, f"<{kind}>")
        self._found.say(node, naming, literals.string(text))
        return node

    def _license(self) -> None:
        if text := self._text("license"):
            self._say("license", f"{DCT}license", safe_iri(text, self._about.iris.base) or literals.string(text))

    def _keywords(self) -> None:
        value = self._attributes.get("keywords")
        items = value if isinstance(value, list) else re.split(r"[,;]", value) if isinstance(value, str) else []
        words = {item.strip(): None for item in items if isinstance(item, str) and item.strip()}
        if words and len(words) <= MAX_KEYWORDS and max(map(len, words)) <= MAX_TEXT:
            self._say("keywords", f"{DCAT}keyword", *map(literals.string, words))

    def _identifier(self) -> None:
        text, authority = self._text("id"), self._text("naming_authority")
        if not text:
            return
        node = self._thing("id", f"{SCHEMA}PropertyValue", f"{SCHEMA}value", text)
        self._say("id", f"{SCHEMA}identifier", node)
        if authority:
            self._found.say(node, f"{SCHEMA}propertyID", literals.string(authority))
            self._found.consume(self._path, ("naming_authority",))

    def _agent(self, role: str, predicate: str) -> None:
        """A person or organisation; ``creator_name`` names whom the other attributes describe."""
        name = self._text(f"{role}_name")
        if not name:
            return
        kind = _AGENT_KINDS.get(self._text(f"{role}_type").lower(), "Agent")
        node = self._thing(role, f"{FOAF}{kind}", f"{FOAF}name", name)
        self._say(f"{role}_name", predicate, node)
        if kind != "Agent":
            self._found.consume(self._path, (f"{role}_type",))
        if _MAIL.fullmatch(self._text(f"{role}_email")):
            self._found.say(node, f"{FOAF}mbox", f"<mailto:{self._text(f'{role}_email')}>")
            self._found.consume(self._path, (f"{role}_email",))
        if link := safe_iri(self._text(f"{role}_url"), self._about.iris.base):
            self._found.say(node, f"{FOAF}homepage", link)
            self._found.consume(self._path, (f"{role}_url",))
        if institution := self._text(f"{role}_institution"):
            place = self._thing(f"{role}-institution", f"{FOAF}Organization", f"{FOAF}name", institution)
            self._found.say(node, f"{SCHEMA}affiliation", place)
            self._found.consume(self._path, (f"{role}_institution",))

    def _contributors(self) -> None:
        """Names between commas; roles are taken where there are as many of them."""
        names = [name for part in self._text("contributor_name").split(",") if (name := part.strip())]
        roles = [role for part in self._text("contributor_role").split(",") if (role := part.strip())]
        for index, name in enumerate(names[:MAX_KEYWORDS]):
            node = self._thing(f"contributor-{index}", f"{FOAF}Agent", f"{FOAF}name", name)
            self._say("contributor_name", f"{DCT}contributor", node)
            if len(roles) == len(names):
                self._found.say(node, f"{SCHEMA}roleName", literals.string(roles[index]))
                self._found.consume(self._path, ("contributor_role",))


def date_literal(text: str) -> str:
    """A date or a date and time as a typed literal; anything else stays a text."""
    match = _MOMENT.fullmatch(text)
    day = match[1] if match else text
    try:
        date.fromisoformat(day)
    except ValueError:
        return literals.string(text)
    if match:
        return literals.date_time(text)
    return f'"{text}"^^<{XSD}date>' if _DAY.fullmatch(text) else literals.string(text)
