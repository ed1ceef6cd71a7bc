"""What does a laboratory mean by its own attribute keys?

A mapping file says it without any Python: a JSON-LD context names a property, a type and a language for each key, and ``keys``
adds what a context has no words for: unit, bounds, allowed values, and where the key must be.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any, Literal, get_args

from catalog.errors import InputError
from catalog.metadata.document import Json
from catalog.rdf.literals import XSD
from catalog.rdf.mapping_context import Context, Term, parse_context

Place = Literal["array", "group", "root"]
Severity = Literal["violation", "warning", "info"]
_MEMBERS = {"name", "appliesTo", "@context", "keys", "description"}
_FACTS = {"term", "unit", "label", "min", "max", "in", "required", "severity"}
_NUMBERS = {f"{XSD}{name}" for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger", "short")}


@dataclass(frozen=True, slots=True)
class KeyMapping:
    """What one key means.

    Attributes
    ----------
    key
        The attribute's key, or a JSON pointer (it begins with ``/``) to a value inside an attribute.
    term
        Property, type and language.
    unit
        IRI of the unit of the values; ``""`` where they have none.
    label
        The property's name for people; ``""``: the key.
    minimum, maximum
        Bounds, closed; None: none.
    allowed
        The values that may be; empty: any.
    required
        The kind of node that must have it; None: none must.
    severity
        How grave it is when bounds, values or presence are not as said.
    """

    key: str
    term: Term
    unit: str = ""
    label: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[Json, ...] = ()
    required: Place | None = None
    severity: Severity = "warning"

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of the JSON pointer, or the key alone."""
        if not self.key.startswith("/"):
            return (self.key,)
        return tuple(step.replace("~1", "/").replace("~0", "~") for step in self.key[1:].split("/"))


@dataclass(frozen=True)
class MappingFile:
    """A mapping file.

    Attributes
    ----------
    name
        Its name.
    applies_to
        Where the stores lie that it is about, as prefixes of their locations; empty: all stores.
    context
        The context's prefixes, base and vocabulary.
    keys
        What each key means, by key.
    digest
        sha256 of the file's bytes.
    """

    name: str
    applies_to: tuple[str, ...]
    context: Context
    keys: tuple[KeyMapping, ...]
    digest: str

    @cached_property
    def by_first_step(self) -> dict[str, list[KeyMapping]]:
        """The keys by the attribute that they begin at."""
        found: dict[str, list[KeyMapping]] = {}
        for each in self.keys:
            found.setdefault(each.steps[0], []).append(each)
        return found

    def applies(self, location: str) -> bool:
        """Whether it is about the store at a location."""
        return not self.applies_to or any(_lies_below(location, prefix) for prefix in self.applies_to)


def _lies_below(location: str, prefix: str) -> bool:
    return location.startswith(prefix if prefix.endswith("/") else f"{prefix}/") or location == prefix.rstrip("/")


def parse_mapping(data: bytes, name: str) -> MappingFile:
    """A mapping file from its bytes.

    Parameters
    ----------
    name
        The file's name, for messages; without its ending also the mapping's name where it states none.

    Raises
    ------
    InputError
        It is no mapping file; the message names the file, the member and what is allowed.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the mapping file {name!r} is not JSON: {error}") from error
    fault = _Fault(name)
    if not isinstance(value, dict) or "@context" not in value:
        raise fault("it must be an object with a '@context'")
    fault.unknown(value, _MEMBERS, "")
    prefixes = value.get("appliesTo", [])
    if not isinstance(prefixes, list) or not all(isinstance(each, str) and "://" in each for each in prefixes):
        raise fault("'appliesTo' must be a list of URLs such as \"s3://bucket/lab/\"")
    try:
        context, terms = parse_context(value["@context"])
    except InputError as error:
        raise fault(str(error)) from error
    given = value.get("keys", {})
    if not isinstance(given, dict) or not all(isinstance(facts, dict) for facts in given.values()):
        raise fault("'keys' must be an object of objects")
    keys = {key: KeyMapping(key, term) for key, term in terms.items()}
    keys |= {key: _key(key, facts, context, terms, fault) for key, facts in given.items()}
    stated = value.get("name", PurePath(name).stem)
    if not isinstance(stated, str) or not stated:
        raise fault("'name' must be a text")
    mapped = tuple(keys[key] for key in sorted(keys))
    return MappingFile(stated, tuple(prefixes), context, mapped, hashlib.sha256(data).hexdigest())


class _Fault:
    """Makes the errors of one file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, message: str) -> InputError:
        return InputError(f"the mapping file {self._name!r}: {message}")

    def unknown(self, value: Mapping[str, Any], allowed: set[str], where: str) -> None:
        """Refuse members that mean nothing here: a misspelt one would silently never apply."""
        others = sorted(set(value) - allowed)
        if others:
            raise self(f"{where}{others[0]!r} is not known; allowed are {', '.join(sorted(allowed))}")


def _key(key: str, facts: dict[str, Any], context: Context, terms: Mapping[str, Term], fault: _Fault) -> KeyMapping:
    where = f"key {key!r}: "
    fault.unknown(facts, _FACTS, where)
    name = facts.get("term", key)
    if name not in terms:
        raise fault(f"{where}the context has no term {name!r}" + ("; name one by 'term'" if key.startswith("/") else ""))
    term = terms[name]
    unit = facts.get("unit", "")
    if unit:
        try:
            unit = context.expand(unit)
        except InputError as error:
            raise fault(f"{where}'unit': {error}") from error
    _check_bounds([facts.get(word) for word in ("min", "max")], term, where, fault)
    allowed = facts.get("in", [])
    if not isinstance(allowed, list) or any(isinstance(each, dict | list) for each in allowed):
        raise fault(f"{where}'in' must be a list of values")
    for word, values in (("required", get_args(Place)), ("severity", get_args(Severity))):
        if facts.get(word) is not None and facts[word] not in values:
            raise fault(f"{where}{word!r} is {facts[word]!r}; allowed are {', '.join(values)}")
    label = facts.get("label", "")
    if not isinstance(label, str):
        raise fault(f"{where}'label' must be a text")
    return KeyMapping(
        key,
        term,
        unit,
        label,
        minimum=facts.get("min"),
        maximum=facts.get("max"),
        allowed=tuple(allowed),
        required=facts.get("required"),
        severity=facts.get("severity") or "warning",
    )


def _check_bounds(bounds: list[Any], term: Term, where: str, fault: _Fault) -> None:
    if any(type(bound) not in {int, float, type(None)} for bound in bounds):
        raise fault(f"{where}'min' and 'max' must be numbers")
    if any(bound is not None for bound in bounds) and term.kind != "literal":
        raise fault(f"{where}'min' and 'max' need values that are numbers, and the term has links")
    if term.datatype and term.datatype not in _NUMBERS and any(bound is not None for bound in bounds):
        raise fault(f"{where}'min' and 'max' need a type of numbers, and the term has {term.datatype}")
