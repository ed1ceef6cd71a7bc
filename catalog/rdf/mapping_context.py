"""Which property and type does a JSON-LD context give a key, and which term does a value become?

The forms of a context that need one step: prefixes, ``@base``, ``@vocab``, and terms with ``@id``, ``@type``, ``@language`` and
``@container`` (``@set`` or ``@list``; the order of a list is not kept). Whatever else a context may hold is refused, so that
nothing is passed over in silence.
Source: JSON-LD 1.1, sections 4.1 "Advanced Context Usage" and 9.15 "Context Definitions".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urljoin

from catalog.errors import InputError
from catalog.metadata.document import Json
from catalog.rdf import literals
from catalog.rdf.curated import catalogue_fault
from catalog.rdf.literals import XSD
from catalog.rdf.prefixes import PREFIXES
from catalog.rdf.statements import Statement

_TERM_MEMBERS = {"@id", "@type", "@language", "@container"}
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_LEXICAL = {
    "integer": r"[+-]?\d+",
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "short": r"[+-]?\d+",
    "nonNegativeInteger": r"\+?\d+",
    "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)",
    "double": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(INF|inf)|NaN|nan",
    "float": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(INF|inf)|NaN|nan",
    "boolean": r"true|false|0|1",
    "date": r"-?\d{4,}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?",
    "dateTime": r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
    "time": r"\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
    "gYear": r"-?\d{4,}(Z|[+-]\d\d:\d\d)?",
    "duration": r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?",
    "anyURI": r"\S+",
    "string": r"[\s\S]*",
}
"""Lexical forms of XSD 1.1 datatypes; a value of another form is not written with that type."""
_FLOATING = {f"{XSD}double", f"{XSD}float"}
_WHOLE = {f"{XSD}{name}" for name in ("integer", "int", "long", "short", "nonNegativeInteger")}


@dataclass(frozen=True, slots=True)
class Term:
    """What a context says of one key.

    Attributes
    ----------
    property
        IRI.
    kind
        ``literal``; ``iri``: the value is an IRI, or a name below ``@base``; ``vocab``: a term of the vocabulary.
    datatype
        IRI of the literals' type; ``""``: by the JSON type.
    language
        Language tag of strings; ``""``: none.
    """

    property: str
    kind: Literal["literal", "iri", "vocab"] = "literal"
    datatype: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Prefixes, base and vocabulary."""

    prefixes: Mapping[str, str] = field(default_factory=lambda: dict(PREFIXES))
    base: str = ""
    vocab: str = ""

    def expand(self, text: Any) -> str:
        """The IRI that an IRI or a prefixed name stands for.

        Raises
        ------
        InputError
            It stands for none.
        """
        if isinstance(text, str):
            prefix, colon, rest = text.partition(":")
            if colon and prefix in self.prefixes and not rest.startswith("//"):
                text = self.prefixes[prefix] + rest
            elif not colon and self.vocab and text:
                text = self.vocab + quote(text, safe="-._~")
            if _IRI.fullmatch(text):
                return str(text)
        raise InputError(f"{text!r} is neither an IRI nor a name with a known prefix")

    def to_term(self, value: Json, term: Term) -> str | None:
        """The N-Triples term that a JSON scalar becomes; None where it is not of the term's type."""
        if value is None or isinstance(value, dict | list):
            return None
        if term.kind != "literal":
            return self._link(value, term) if isinstance(value, str) else None
        if term.datatype:
            return _typed(value, term.datatype)
        if term.language and isinstance(value, str):
            return f"{literals.string(value)}@{term.language.lower()}"
        return literals.scalar(value)

    def _link(self, value: str, term: Term) -> str | None:
        try:
            if term.kind == "vocab" or ":" in value:
                return f"<{self.expand(value)}>"
        except InputError:
            return None
        return f"<{urljoin(self.base, quote(value, safe='/-._~#?=&'))}>" if self.base and value else None


def _typed(value: str | float | bool, datatype: str) -> str | None:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if isinstance(value, float) and datatype in _WHOLE and value.is_integer():
        text = str(int(value))
    form = _LEXICAL.get(datatype.removeprefix(XSD)) if datatype.startswith(XSD) else _LEXICAL["string"]
    if form is None or not re.fullmatch(form, text):
        return None
    if datatype in _FLOATING:  # one text for one number, so that SHACL finds equal what is equal
        text = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}.get(repr(float(text)), repr(float(text)))
    return literals.string(text) if datatype == f"{XSD}string" else f"{literals.string(text)}^^<{datatype}>"


def parse_context(value: Any) -> tuple[Context, dict[str, Term]]:
    """A context's prefixes, and its terms by key.

    Raises
    ------
    InputError
        It holds what is not read; the message names the term.
    """
    if not isinstance(value, dict):
        raise InputError("'@context' must be an object; a context by URL is not fetched")
    prefixes = dict(PREFIXES)
    base, vocab = value.get("@base", ""), value.get("@vocab", "")
    for name, text in (("@base", base), ("@vocab", vocab)):
        if text and not (isinstance(text, str) and _IRI.fullmatch(text)):
            raise InputError(f"{name!r} is {text!r}; it must be an absolute IRI")
    stated = {key: item for key, item in value.items() if not key.startswith("@")}
    others = sorted(set(value) - set(stated) - {"@base", "@vocab", "@version"})
    if others:
        raise InputError(f"{others[0]!r} in the context is not read; @base, @vocab and terms are")
    prefixes |= {key: item for key, item in stated.items() if _is_prefix(item)}
    context = Context(prefixes, base, vocab)
    terms = {key: _term(key, item, context) for key, item in stated.items() if prefixes.get(key) != item}
    return context, terms


def _is_prefix(item: Any) -> bool:
    return isinstance(item, str) and item.endswith(("#", "/", ":")) and _IRI.fullmatch(item) is not None


def _term(key: str, item: Any, context: Context) -> Term:
    definition = {"@id": item} if isinstance(item, str) else item
    if not isinstance(definition, dict):
        raise InputError(f"the term {key!r} is {item!r}; it must be an IRI, a prefixed name or an object")
    others = sorted(set(definition) - _TERM_MEMBERS)
    if others:
        raise InputError(f"the term {key!r} has {others[0]!r}, which is not read; {', '.join(sorted(_TERM_MEMBERS))} are")
    containers = definition.get("@container", [])
    containers = containers if isinstance(containers, list) else [containers]
    if set(containers) - {"@set", "@list"}:
        raise InputError(f"the term {key!r} has the @container {definition['@container']!r}; @set and @list are read")
    language = definition.get("@language") or ""
    if language and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        raise InputError(f"the term {key!r} has the @language {language!r}, which is no language tag")
    kind = definition.get("@type", "")
    try:
        iri = context.expand(definition.get("@id", key))
        if kind == "@id":
            return Term(iri, "iri")
        if kind == "@vocab":
            return Term(iri, "vocab")
        datatype = context.expand(kind) if kind else ""
    except InputError as error:
        raise InputError(f"the term {key!r}: {error}") from error
    fault = catalogue_fault(Statement("", iri, ""))
    if fault:
        raise InputError(f"the term {key!r}: {fault}")
    known = datatype.removeprefix(XSD)
    if datatype.startswith(XSD) and known not in _LEXICAL:
        raise InputError(f"the term {key!r} has the type {kind!r}; of XSD, {', '.join(sorted(_LEXICAL))} are read")
    return Term(iri, datatype=datatype, language="" if datatype else language)
