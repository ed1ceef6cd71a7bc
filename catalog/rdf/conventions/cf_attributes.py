"""What does one attribute of an array or of a group say?

Source: CF Conventions 1.11, chapter 2 "NetCDF Files and Components", 2.6 "Attributes", chapter 3 "Description of the Data", 3.5
"Flags", 7.3 "Cell Methods", 8.1 "Packed Data"; appendix A.
"""

import math
from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import TypeGuard

from catalog.errors import Problem
from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, fact
from catalog.rdf.conventions.cf_calendar import is_time_reference
from catalog.rdf.conventions.cf_names import (
    MODIFIERS,
    find_standard_name,
    near_names,
    split_modifier,
    standard_name_iri,
)
from catalog.rdf.conventions.cf_units import find_unit
from catalog.rdf.conventions.cf_values import decode_fill
from catalog.rdf.places import safe_iri
from catalog.rdf.prefixes import DCT, PREFIXES, RDF_TYPE

MAX_TEXT = 32_768
MAX_FLAGS = 256
_MAX_NEAR = 20
"""Names that others are looked for; it takes a twentieth of a second each."""
FOAF, QUDT, SCHEMA, SKOS = (PREFIXES[name] for name in ("foaf", "qudt", "schema", "skos"))
SOSA = "http://www.w3.org/ns/sosa/"
RDFS_COMMENT = "http://www.w3.org/2000/01/rdf-schema#comment"

_TEXTS = {
    "title": f"{DCT}title",
    "long_name": f"{DCT}title",
    "comment": RDFS_COMMENT,
    "cell_methods": terms.CELL_METHODS,
    "positive": terms.POSITIVE,
    "axis": terms.CF_AXIS,
    "calendar": terms.CALENDAR,
    "featureType": terms.FEATURE_TYPE,
    "grid_mapping_name": terms.GRID_MAPPING_NAME,
}
_TEXTS_OR_LINKS = {
    "source": (terms.PRODUCTION_METHOD, f"{DCT}source"),
    "references": (f"{SCHEMA}citation", f"{DCT}references"),
}
"""Predicate of a text, and of one that is a link and nothing else."""
_NUMBERS = {
    "scale_factor": terms.SCALE_FACTOR,
    "add_offset": terms.ADD_OFFSET,
    "valid_min": terms.VALID_MINIMUM,
    "valid_max": terms.VALID_MAXIMUM,
}
_GROUP_TEXTS = frozenset({"title", "comment", "featureType", "source", "references"})
_ARRAY_TEXTS = frozenset({*_TEXTS, *_TEXTS_OR_LINKS} - {"title", "featureType"})
_ARRAY_KEYS = _ARRAY_TEXTS | {"standard_name", "units", *_NUMBERS, "valid_range", "_FillValue", "missing_value"}
"""Attributes of arrays that say the same of every array that has them."""
_OWN_NODES = frozenset({"institution", "history", "flag_meanings"})
"""Attributes of arrays that depend on the array, or need a node of its own."""
_TWICE = "stated twice"
_CF_VERSION = "http://cfconventions.org/Data/cf-conventions/cf-conventions-{0}/cf-conventions.html"
_ACDD_VERSION = "https://wiki.esipfed.org/Attribute_Convention_for_Data_Discovery_{0}"


@dataclass
class Misses:
    """What did not resolve; each value is told once, with the first array that has it and how many more do."""

    names: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    first: dict[tuple[str, str], str] = field(default_factory=dict)

    def name(self, path: str, name: str) -> None:
        """Note a standard name that the table does not have."""
        self.names[name] += 1
        self.first.setdefault(("standard_name", name), path)

    def unit(self, path: str, unit: str) -> None:
        """Note a unit that has no QUDT unit."""
        self.units[unit] += 1
        self.first.setdefault(("units", unit), path)

    def problems(self) -> list[Problem]:
        """All of it, as problems worth knowing."""
        found = []
        for index, (name, count) in enumerate(sorted(self.names.items())):
            near = near_names(name) if index < _MAX_NEAR else []
            hint = f"near it: {', '.join(near)}" if near else "nothing comes near it"
            message = f"{name!r:.120} is not in the CF standard name table{_others(count)}; {hint}"
            found.append(self._problem("standard_name", name, "unknown-standard-name", message))
        for unit, count in sorted(self.units.items()):
            message = f"{unit!r:.120} has no QUDT unit{_others(count)}; CF asks for UDUNITS, such as 'm s-1', and '1' for none"
            found.append(self._problem("units", unit, "unknown-unit", message))
        return found

    def _problem(self, key: str, value: str, kind: str, message: str) -> Problem:
        return Problem(self.first[key, value], kind, message, f"/{key}", "info")


def _others(count: int) -> str:
    return f" (and so in {count - 1} more arrays)" if count > 1 else ""


def is_text(value: Json) -> TypeGuard[str]:
    """Whether a value is a text that says something and is not too long for the graph."""
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= MAX_TEXT


@dataclass(slots=True)
class _Said:
    """What a key and its value say of whichever array has them.

    Attributes
    ----------
    facts
        As `fact` gives them; where there are none, the attribute stays as it is.
    unknown_names, unknown_unit
        What did not resolve.
    """

    facts: list[str]
    unknown_names: list[str] = field(default_factory=list)
    unknown_unit: tuple[str, ...] = ()


class AttributeReader:
    """Turns the attributes of nodes into statements.

    Arrays of one collection repeat each other: what a key and its value say is worked out once.
    """

    def __init__(self, found: Findings, about: About, misses: Misses) -> None:
        self._found, self._about, self._misses = found, about, misses
        self._said: dict[tuple[object, ...], _Said] = {}

    def group(self, path: str, attributes: dict[str, Json], subjects: tuple[str, ...]) -> None:
        """What a group says of its subjects: the node, and the dataset where the node is its root; N-Triples terms."""
        self._texts(path, attributes, subjects, _GROUP_TEXTS)
        self._conventions(path, attributes, subjects)
        self._shared(path, attributes, subjects)

    def array(self, array: Array) -> None:
        """What an array says."""
        attributes, path = array.attributes, array.path
        facts: list[str] = []
        told: list[str] = []
        for key, value in attributes.items():
            if key not in _ARRAY_KEYS:
                continue
            context = _CONTEXTS[key](array) if key in _CONTEXTS else None
            if context is _TWICE and _is_range(value):
                self._found.report(path, "valid-range-twice", f"{key} stands beside valid_min or valid_max", f"/{key}")
            identity = (key, value if type(value) is str else (type(value), repr(value)), context)
            said = self._said.get(identity)
            if said is None:
                said = self._said[identity] = self._says(array, key, value)
            if said.facts:
                facts += said.facts
                told.append(key)
            for name in said.unknown_names:
                self._misses.name(path, name)
            for unit in said.unknown_unit:
                self._misses.unit(path, unit)
        subject = self._about.node(path)
        self._found.tell(subject, facts)
        if told:
            self._found.consume(path, told)
        if not _OWN_NODES.isdisjoint(attributes):
            self._shared(path, attributes, (subject,))
            self._flags(array, subject)

    def _says(self, array: Array, key: str, value: Json) -> _Said:
        """What an attribute says of every array that has it, with the same context."""
        if key in _ARRAY_TEXTS:
            return _Said([fact(*pair)] if (pair := self._text(key, value)) else [])
        if key == "standard_name":
            return self._meaning(value)
        if key == "units":
            return self._unit(value, dated="calendar" in array.attributes)
        return _Said(_packing(array, key, value))

    def inherited(self, bounds: Array, parent: Array) -> None:
        """Bounds that state no unit have that of their coordinate. Source: CF 1.11, section 7.1."""
        text = parent.attributes.get("units")
        if isinstance(text, str) and len(text) <= MAX_TEXT and "units" not in bounds.attributes:
            subject, calendar = self._about.node(bounds.path), parent.attributes.get("calendar", "standard")
            self._found.say(subject, terms.UNIT_STRING, literals.string(text))
            if is_time_reference(text):
                self._found.say(subject, terms.CALENDAR, *([literals.string(calendar)] if is_text(calendar) else []))
            elif unit := find_unit(text):
                self._found.say(subject, f"{QUDT}hasUnit", f"<{PREFIXES['unit']}{unit}>")

    def _texts(self, path: str, attributes: dict[str, Json], subjects: tuple[str, ...], keys: Set[str]) -> None:
        for key in keys & attributes.keys():
            if pair := self._text(key, attributes[key]):
                self._say(path, key, subjects, *pair)

    def _text(self, key: str, value: Json) -> tuple[str, str] | None:
        """Predicate and object of a text; None of what is none."""
        if not is_text(value):
            return None
        if key in _TEXTS_OR_LINKS:
            as_text, as_link = _TEXTS_OR_LINKS[key]
            link = safe_iri(value.strip(), self._about.iris.base)
            return (as_link, link) if link else (as_text, literals.string(value))
        return _TEXTS[key], literals.string(value)

    def _shared(self, path: str, attributes: dict[str, Json], subjects: tuple[str, ...]) -> None:
        """What groups and arrays say alike and that needs a node of its own."""
        nodes: dict[str, tuple[str, str, str]] = {
            "institution": (f"{SCHEMA}sourceOrganization", f"{FOAF}Organization", f"{FOAF}name"),
            "history": (f"{DCT}provenance", f"{DCT}ProvenanceStatement", f"{DCT}description"),
        }
        for key, (predicate, kind, naming) in nodes.items():
            value = attributes.get(key)
            if is_text(value):
                node = self._about.part(path, "cf", key)
                self._say(path, key, subjects, predicate, node)
                self._found.say(node, RDF_TYPE, f"<{kind}>")
                self._found.say(node, naming, literals.string(value.strip()))

    def _conventions(self, path: str, attributes: dict[str, Json], subjects: tuple[str, ...]) -> None:
        value = attributes.get("Conventions")
        if not is_text(value):
            return
        names = convention_names(value)
        for name in names:
            self._say(path, "Conventions", subjects, terms.CONVENTION_NAME, literals.string(name))
            if iri := convention_iri(name):
                self._say(path, "Conventions", subjects, f"{DCT}conformsTo", iri)
        if any(name.upper().startswith("CF-") for name in names):
            self._found.say(self._about.node(path), RDF_TYPE, f"<{terms.CLASS_CF_GROUP}>")

    def _meaning(self, text: Json) -> _Said:
        if not is_text(text):
            return _Said([])
        name, modifier = split_modifier(text)
        said = _Said([fact(terms.STANDARD_NAME, literals.string(name))])
        if modifier:
            said.facts.append(fact(terms.STANDARD_NAME_MODIFIER, literals.string(modifier)))
            if modifier not in MODIFIERS:
                said.unknown_names.append(text)
        used = find_standard_name(name)
        if used is None:
            said.unknown_names.append(name)
            return said
        # What is measured is the same wherever it is: one node for all arrays that measure it.
        iri, measured = f"<{standard_name_iri(used)}>", f"<{self._about.iris.shared('measured', used)}>"
        said.facts += (fact(f"{SOSA}observedProperty", iri), fact(f"{SCHEMA}variableMeasured", measured))
        self._found.say(measured, RDF_TYPE, f"<{SCHEMA}PropertyValue>")
        self._found.say(measured, f"{SCHEMA}propertyID", iri)
        self._found.say(measured, f"{SCHEMA}name", literals.string(used))
        return said

    def _unit(self, text: Json, *, dated: bool) -> _Said:
        """What ``units`` say, beside a calendar where the array is dated by one."""
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            return _Said([])
        said = _Said([fact(terms.UNIT_STRING, literals.string(text))])
        if is_time_reference(text):
            if not dated:  # CF 1.11, section 4.4.1: the default
                said.facts.append(fact(terms.CALENDAR, literals.string("standard")))
        elif unit := find_unit(text):
            said.facts.append(fact(f"{QUDT}hasUnit", f"<{PREFIXES['unit']}{unit}>"))
        else:
            said.unknown_unit = (text,)
        return said

    def _flags(self, array: Array, subject: str) -> None:
        attributes = array.attributes
        text = attributes.get("flag_meanings")
        stated = {key: attributes[key] for key in ("flag_values", "flag_masks") if key in attributes}
        if not is_text(text) or not stated:
            return
        meanings = text.split()
        lists = {key: value if isinstance(value, list) else [value] for key, value in stated.items()}
        faults = [key for key, value in lists.items() if len(value) != len(meanings) or not all(map(_is_scalar, value))]
        if faults or len(meanings) > MAX_FLAGS:
            counts = ", ".join(f"{len(value)} {key}" for key, value in lists.items())
            message = f"{len(meanings)} flag_meanings and {counts}; there must be as many of each, at most {MAX_FLAGS}"
            self._found.report(array.path, "flags-do-not-match", message, "/flag_meanings")
            return
        predicates = {"flag_values": terms.FLAG_VALUE, "flag_masks": terms.FLAG_MASK}
        for index, meaning in enumerate(meanings):
            flag = self._about.part(array.path, "flag", str(index))
            self._found.say(subject, terms.FLAG, flag)
            self._found.say(flag, RDF_TYPE, f"<{terms.CLASS_FLAG}>")
            self._found.say(flag, f"{SKOS}prefLabel", literals.string(meaning))
            for key, value in lists.items():
                self._found.say(flag, predicates[key], literals.scalar(value[index]))
        self._found.consume(array.path, ("flag_meanings", *stated))

    def _say(self, path: str, key: str, subjects: tuple[str, ...], predicate: str, *objects: str) -> None:
        for subject in subjects:
            self._found.say(subject, predicate, *objects)
        self._found.consume(path, (key,))


def _packing(array: Array, key: str, value: Json) -> list[str]:
    """What says how numbers are packed, which of them are valid, and which mean that there is none."""
    if key in _NUMBERS:
        return [fact(_NUMBERS[key], literals.scalar(value))] if _is_number(value) else []
    if key == "valid_range":
        pairs = zip((terms.VALID_MINIMUM, terms.VALID_MAXIMUM), value if _is_range(value) else (), strict=False)
        return [] if _ends_beside(array) else [fact(predicate, literals.scalar(end)) for predicate, end in pairs]
    decoded = decode_fill(array, value)
    values = decoded if isinstance(decoded, list) else [decoded]
    if not all(isinstance(each, int | float | str) for each in values):
        return []
    return [fact(terms.MISSING_VALUE, literals.scalar(each)) for each in values]


def _is_range(value: Json) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _ends_beside(array: Array) -> str:
    return _TWICE if "valid_min" in array.attributes or "valid_max" in array.attributes else ""


_CONTEXTS: dict[str, Callable[[Array], object]] = {
    "units": lambda array: "calendar" in array.attributes,
    "valid_range": _ends_beside,
    "_FillValue": lambda array: array.layout.data_type.name,
    "missing_value": lambda array: array.layout.data_type.name,
}
"""What else decides what an attribute says."""


def convention_names(text: str) -> list[str]:
    """The names in a ``Conventions`` attribute: between commas where there are any, else between blanks (CF 1.11, 2.6.1)."""
    parts = text.split(",") if "," in text else text.split()
    return [name for part in parts if (name := part.strip())]


def convention_iri(name: str) -> str:
    """Where a convention of that name and version is written, as an N-Triples term; ``""`` where that is not known."""
    kind, _, version = name.partition("-")
    digits = version.split(".")
    if not (1 < len(digits) <= 3 and all(part.isascii() and part.isdigit() and len(part) < 4 for part in digits)):
        return ""
    if kind.upper() == "CF":
        return f"<{_CF_VERSION.format(version)}>"
    return f"<{_ACDD_VERSION.format('-'.join(digits))}>" if kind.upper() == "ACDD" else ""


def _is_number(value: Json) -> bool:
    return type(value) in {int, float} and (type(value) is int or math.isfinite(value))


def _is_scalar(value: Json) -> bool:
    return isinstance(value, str) or _is_number(value)
