r"""How does a Python value become a term of a query, and a term a Python value?

A value is only ever a term: `C/C=C\C`, quotes, newlines and control characters are what they are. What no RDF literal can hold (a
lone surrogate) is refused.
"""

import json
import re
from datetime import UTC, date, datetime
from typing import Any, Final

from catalog.errors import InputError
from catalog.graphstore.bindings import XSD, Literal, Term
from catalog.graphstore.queries import write_literal
from catalog.metadata.document import canonical_json
from catalog.rdf import terms
from catalog.rdf.prefixes import PREFIXES
from catalog.services.asking.lookup_table import expand
from catalog.services.asking.pattern import MAX_PATTERN, read_pattern

MAX_TEXT: Final = 65_536
_NUMBER: Final = re.compile(r"-?[0-9]{1,4000}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_MIME_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\]+")


class Terms(tuple[Term, ...]):
    """Values that are terms already, just as a graph store gave them."""

    __slots__ = ()


def plain(value: Any) -> Any:
    """A value of NumPy or pandas as the Python value it stands for; others as they are."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        found = value.tolist()
        return datetime.fromisoformat(str(value)[:26]) if type(value).__name__ == "datetime64" else found
    return value


def text_term(value: str) -> Literal:
    """A text as a term.

    Raises
    ------
    InputError
        It is too long, or holds a lone surrogate.
    """
    if len(value) > MAX_TEXT:
        raise InputError(f"the value has {len(value)} characters; at most {MAX_TEXT} are compared")
    write_literal(value)
    return Literal(value)


def held_terms(text: str) -> list[Literal]:
    """The literals that an attribute may hold whose text is this one: the text itself, a number, a truth value, JSON.

    Raises
    ------
    InputError
        As `text_term`.
    """
    found = [text_term(text), Literal(text, terms.JSON)]
    if _NUMBER.fullmatch(text):
        found += [Literal(text, f"{XSD}integer")] * text.lstrip("-").isdigit() + [Literal(text, f"{XSD}double")]
    elif text in {"INF", "-INF", "NaN"}:
        found.append(Literal(text, f"{XSD}double"))
    elif text in {"true", "false"}:
        found.append(Literal(text, f"{XSD}boolean"))
    return found


def json_term(value: Any) -> Literal:
    """A value of a property that holds JSON, such as ``shape``: a list or number, or its JSON as text.

    Raises
    ------
    InputError
        It is no JSON.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = str(value)
    try:
        return Literal(canonical_json(_listed(value)), terms.JSON)
    except (TypeError, ValueError) as error:
        raise InputError(f"{value!r:.80} is no JSON: give a list, a number or a text") from error


def _listed(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, list | tuple):
        return [_listed(each) for each in value]
    return value


def scalar_term(value: Any) -> Literal:
    """A text, number, truth value or time as a term.

    Raises
    ------
    InputError
        It is none of these.
    """
    value = plain(value)
    if isinstance(value, str):
        return text_term(value)
    if isinstance(value, bool):
        return Literal("true" if value else "false", f"{XSD}boolean")
    if isinstance(value, int):
        return Literal(_digits(value), f"{XSD}integer")
    if isinstance(value, float):
        special = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}
        return Literal(special.get(repr(value), repr(value)), f"{XSD}double")
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return Literal(value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z", f"{XSD}dateTime")
        return Literal(value.isoformat(), f"{XSD}dateTime")
    if isinstance(value, date):
        return Literal(value.isoformat(), f"{XSD}date")
    raise InputError(f"{value!r:.80} is a {type(value).__name__}; a text, number, truth value, date or time is allowed")


def _digits(value: int) -> str:
    if abs(value) >= 10**100:
        raise InputError("an integer of more than 100 digits is not compared")
    return str(value)


def link_terms(value: str) -> list[Term]:
    """What a text can mean where a thing is expected: its name, its IRI as text, and the IRI that a prefixed name stands for."""
    found: list[Term] = [text_term(value)]
    prefix, colon, local = value.partition(":")
    if colon and prefix in PREFIXES and not local.startswith("//"):
        found.append(text_term(expand(value)))
    return found


def iri_of(name: str, prefixes: dict[str, str]) -> str:
    """The IRI that ``<IRI>``, an IRI or a prefixed name stands for; ``""`` where it is none.

    Parameters
    ----------
    prefixes
        Prefixes of the user's, beside ours.
    """
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    prefix, colon, local = name.partition(":")
    if not colon:
        return ""
    known = {**PREFIXES, **prefixes}
    if prefix in known and not local.startswith("//"):
        return known[prefix] + local
    return name if _MIME_SCHEME.fullmatch(name) and ("//" in local or prefix == "urn") else ""


def plain_value(term: Term | None) -> Any:
    """A term as a Python value: numbers and truth values as such, anything else as text; None where there is none."""
    if not isinstance(term, Literal):
        return None if term is None else term.value
    name = term.datatype.rpartition("#")[2]
    try:
        if name in {"integer", "int", "long", "nonNegativeInteger", "short"}:
            return int(term.value)
        if name in {"double", "float", "decimal"}:
            return float(term.value.replace("INF", "inf"))
    except ValueError:
        return term.value
    return term.value == "true" if name == "boolean" else term.value


def checked_pattern(pattern: Any) -> Literal:
    """A regular expression that no engine can be kept busy with, and that all read alike.

    Raises
    ------
    InputError
        It is no text, or one that `catalog.services.asking.pattern.read_pattern` does not take.
    """
    if not isinstance(pattern, str):
        raise InputError(f"a regular expression is a text of 1 to {MAX_PATTERN} characters, and this is {pattern!r:.40}")
    return text_term(read_pattern(pattern))
