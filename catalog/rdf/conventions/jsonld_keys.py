"""What does JSON-LD make of a key?

A key means something to JSON-LD where it is a keyword or an IRI, or where a context defines it. Everything else in a node object
is none of its business, and what stands below such a key neither.
Source: JSON-LD 1.1 API, "IRI Expansion" and "Expansion Algorithm".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.metadata.document import Json

KEYWORDS = frozenset(
    {
        "@base", "@context", "@direction", "@graph", "@id", "@import", "@included", "@index", "@json", "@language", "@list",
        "@nest", "@none", "@prefix", "@propagate", "@protected", "@reverse", "@set", "@type", "@value", "@version", "@vocab",
    }
)  # fmt: skip
_NESTING = {"@nest", "@reverse"}
_MAPS = {"@index", "@id"}


def as_list(value: Json) -> list[Json]:
    """The items of a list, or the value alone; JSON-LD writes one item either way."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class ActiveContext:
    """What the contexts met so far say about keys.

    Attributes
    ----------
    definitions
        Term → definition, as the contexts give them.
    vocab
        Whether every other term belongs to a vocabulary (``@vocab``).
    given
        Whether there is a context at all.
    propagates
        Of the context of a node's types: whether it holds for nodes inside the node too (``@propagate``).
    """

    definitions: Mapping[str, Json] = field(default_factory=dict)
    vocab: bool = False
    given: bool = False
    propagates: bool = False

    def extended(self, context: Json) -> "ActiveContext":
        """The same context with another one on top; None (JSON ``null``) clears what was before."""
        active = self
        for member in as_list(context):
            if member is None:
                active = ActiveContext()
            elif isinstance(member, dict):
                vocab = member["@vocab"] is not None if "@vocab" in member else active.vocab
                active = ActiveContext({**active.definitions, **member}, vocab, True, member.get("@propagate") is True)
        return active

    def of_node(self, node: Mapping[str, Json]) -> "ActiveContext":
        """The same context with those on top that the types of a node object bring along; they reach no further than the node."""
        active = self
        types = {
            name
            for key, value in node.items()
            if key == "@type" or self.definitions.get(key) in ("@type", {"@id": "@type"})
            for name in as_list(value)
            if isinstance(name, str)
        }
        for name in sorted(types):
            definition = self.definitions.get(name)
            if isinstance(definition, dict) and "@context" in definition:
                active = active.extended(definition["@context"])
        return active

    def maps(self, key: str) -> bool:
        """Whether JSON-LD makes something of a key: a keyword, a defined term, an IRI, or a prefixed name with a known prefix."""
        if key.startswith("@"):
            return key in KEYWORDS
        if key in self.definitions:
            return self._defined(key)
        prefix, colon, rest = key.partition(":")
        if colon:
            return is_absolute(key) or (not rest.startswith("//") and prefix in self.definitions and self._defined(prefix))
        return self.vocab

    def _defined(self, term: str) -> bool:
        definition = self.definitions[term]
        return not (definition is None or (isinstance(definition, dict) and definition.get("@id", term) is None))


def is_absolute(key: str) -> bool:
    """Whether a key is meant as an IRI without any context: ``scheme://…`` or ``urn:…``; ``proj:code`` is a plain key."""
    head, found, _ = key.partition("://")
    return (bool(found) and head.isascii() and head.replace("+", "").isalnum()) or key.startswith("urn:")


class KeySieve:
    """Leaves out the keys inside node objects that JSON-LD makes nothing of; contexts must be written out.

    The parser behind this drops such a key, but not all that stands below it.

    Attributes
    ----------
    ignored
        The keys that were left out.
    """

    def __init__(self) -> None:
        self.ignored: list[str] = []

    def sift(self, value: Json, active: ActiveContext | None = None) -> Json:
        """The value without those keys."""
        active = active or ActiveContext()
        if isinstance(value, list):
            return [self.sift(item, active) for item in value]
        if not isinstance(value, dict) or "@value" in value:
            return value
        inner = active.extended(value["@context"]) if "@context" in value else active
        own = inner.of_node(value)
        kept = {}
        for key, member in value.items():
            if key == "@context":
                kept[key] = member
            elif own.maps(key) or ":" in key:
                kept[key] = self._member(key, member, own, inner)
            else:
                self.ignored.append(key)
        return kept

    def _member(self, key: str, member: Json, own: ActiveContext, inner: ActiveContext) -> Json:
        """A member of a node object; contexts of the object's types (``own``) reach no further, unless they say so."""
        definition = own.definitions.get(key)
        meaning = definition.get("@id") if isinstance(definition, dict) else definition
        if key in _NESTING or (isinstance(meaning, str) and meaning in _NESTING):
            return self.sift(member, own)
        below = own if own.propagates else inner
        if isinstance(definition, dict):
            containers = {item for item in as_list(definition.get("@container")) if isinstance(item, str)}
            if definition.get("@type") == "@json" or containers & {"@language", "@type"}:
                return member
            if "@context" in definition:
                below = below.extended(definition["@context"])
            if containers & _MAPS and isinstance(member, dict):
                return {name: self.sift(item, below) for name, item in member.items()}
        return self.sift(member, below)


def step(key: str) -> str:
    """A key as one step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
