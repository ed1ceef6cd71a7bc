"""What does one attribute of an array or of a group say?

Source: CF Conventions 1.11, chapter 2 "NetCDF Files and Components", 2.6 "Attributes", chapter 3 "Description of the Data", 3.5
"Flags", 7.3 "Cell Methods", 8.1 "Packed Data"; appendix A.
"""

import math
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from typing import TypeGuard

from catalog.errors import Problem
from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings
from catalog.rdf.conventions.cf_names import (
    MODIFIERS,
    find_standard_name,
    near_names,
    split_modifier,
    standard_name_iri,
)
from catalog.rdf.conventions.cf_time import is_time_reference
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
_PACKING = frozenset({*_NUMBERS, "valid_range", "_FillValue", "missing_value"})
_GROUP_TEXTS = frozenset({"title", "comment", "featureType", "source", "references"})
_ARRAY_TEXTS = frozenset({*_TEXTS, *_TEXTS_OR_LINKS} - {"title", "featureType"})
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


class AttributeReader:
    """Turns the attributes of nodes into statements."""

    def __init__(self, found: Findings, about: About, misses: Misses) -> None:
        self._found, self._about, self._misses = found, about, misses

    def group(self, path: str, attributes: dict[str, Json], subjects: tuple[str, ...]) -> None:
        """What a group says of its subjects: the node, and the dataset where the node is its root; N-Triples terms."""
        self._texts(path, attributes, subjects, _GROUP_TEXTS)
        self._conventions(path, attributes, subjects)
        self._shared(path, attributes, subjects)

    def array(self, array: Array) -> None:
        """What an array says."""
        subjects = (self._about.node(array.path),)
        attributes = array.attributes
        self._texts(array.path, attributes, subjects, _ARRAY_TEXTS)
        self._shared(array.path, attributes, subjects)
        self._meaning(array, subjects[0])
        self._unit(array, subjects[0])
        self._packing(array, subjects[0])
        self._flags(array, subjects[0])

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
            value = attributes[key]
            if not is_text(value):
                continue
            text, predicate = literals.string(value), _TEXTS.get(key, "")
            if key in _TEXTS_OR_LINKS:
                link = safe_iri(value.strip(), self._about.iris.base)
                predicate, text = (_TEXTS_OR_LINKS[key][1], link) if link else (_TEXTS_OR_LINKS[key][0], text)
            self._say(path, key, subjects, predicate, text)

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

    def _meaning(self, array: Array, subject: str) -> None:
        text = array.attributes.get("standard_name")
        if not is_text(text):
            return
        name, modifier = split_modifier(text)
        self._say(array.path, "standard_name", (subject,), terms.STANDARD_NAME, literals.string(name))
        if modifier:
            self._found.say(subject, terms.STANDARD_NAME_MODIFIER, literals.string(modifier))
            if modifier not in MODIFIERS:
                self._misses.name(array.path, text)
        used = find_standard_name(name)
        if used is None:
            self._misses.name(array.path, name)
            return
        # What is measured is the same wherever it is: one node for all arrays that measure it.
        iri, measured = f"<{standard_name_iri(used)}>", f"<{self._about.iris.shared('measured', used)}>"
        self._found.say(subject, f"{SOSA}observedProperty", iri)
        self._found.say(subject, f"{SCHEMA}variableMeasured", measured)
        self._found.say(measured, RDF_TYPE, f"<{SCHEMA}PropertyValue>")
        self._found.say(measured, f"{SCHEMA}propertyID", iri)
        self._found.say(measured, f"{SCHEMA}name", literals.string(used))

    def _unit(self, array: Array, subject: str) -> None:
        text = array.attributes.get("units")
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            return
        self._say(array.path, "units", (subject,), terms.UNIT_STRING, literals.string(text))
        if is_time_reference(text):
            if "calendar" not in array.attributes:  # CF 1.11, section 4.4.1: the default
                self._found.say(subject, terms.CALENDAR, literals.string("standard"))
            return
        unit = find_unit(text)
        if unit is None:
            self._misses.unit(array.path, text)
        else:
            self._found.say(subject, f"{QUDT}hasUnit", f"<{PREFIXES['unit']}{unit}>")

    def _packing(self, array: Array, subject: str) -> None:
        attributes = array.attributes
        if not _PACKING & attributes.keys():
            return
        for key, predicate in _NUMBERS.items():
            if _is_number(attributes.get(key)):
                self._say(array.path, key, (subject,), predicate, literals.scalar(attributes[key]))
        bounds = attributes.get("valid_range")
        if isinstance(bounds, list) and len(bounds) == 2 and all(map(_is_number, bounds)):
            if {"valid_min", "valid_max"} & attributes.keys():
                self._found.report(
                    array.path, "valid-range-twice", "valid_range stands beside valid_min or valid_max", "/valid_range"
                )
            else:
                for predicate, value in zip((terms.VALID_MINIMUM, terms.VALID_MAXIMUM), bounds, strict=True):
                    self._say(array.path, "valid_range", (subject,), predicate, literals.scalar(value))
        for key in ("_FillValue", "missing_value"):
            value = decode_fill(array, attributes.get(key))
            values = value if isinstance(value, list) else [value]
            if values and all(isinstance(each, int | float | str) for each in values):
                self._say(array.path, key, (subject,), terms.MISSING_VALUE, *map(literals.scalar, values))

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
