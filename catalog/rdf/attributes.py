"""How do a user's own attributes look as triples?

Every key and value that no convention gave a meaning to becomes one ``zo:Attribute`` node, shared by all nodes that state the
same; no predicate is ever made from a key. An object is taken apart: its members are keyed by JSON pointer (RFC 6901). A list of
scalars is one attribute with each item as ``zo:value`` and the list itself as ``zo:jsonValue``. A list that holds objects or
lists is one as well, and its items are keyed by JSON pointer besides. Together the nodes rebuild the attributes, but for what is
too long.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from catalog.metadata.document import Json, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.iris import Iris, content_hash
from catalog.rdf.prefixes import RDF_TYPE

MAX_STRING = 32_768
"""Characters of a value that the graph holds; longer ones stay in the archive, and the graph has their digest."""
MAX_REPEATED = 4096
"""Characters of a list that the graph holds although it holds the list's items too."""
MAX_ITEMS = 256
"""Items of a list that the graph holds one by one."""
MAX_KEY = 1024
"""Characters of a key; a longer one is cut, and its value stays in the archive."""

_TYPE = f" <{RDF_TYPE}> <{terms.CLASS_ATTRIBUTE}> .\n"
_KEY, _VALUE = f" <{terms.KEY}> ", f" <{terms.VALUE}> "
_JSON_VALUE, _VALUE_DIGEST = f" <{terms.JSON_VALUE}> ", f" <{terms.VALUE_DIGEST}> "
_LINK = f" <{terms.ATTRIBUTE}> "


def flatten(attributes: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    """Key or JSON pointer, and value, of every attribute, in an order that does not depend on the text's.

    A member of the attributes themselves has its own key, unless that could be taken for a pointer.
    """
    for key in sorted(attributes):
        yield from _flatten_member(key, attributes[key])


def _flatten_member(key: str, value: Json) -> Iterable[tuple[str, Json]]:
    if key[:1] != "/" and not isinstance(value, dict | list):
        return ((key, value),)
    pointer = f"/{_step(key)}"
    return _flatten(pointer if key[:1] == "/" else key, pointer, value)


def _flatten(key: str, pointer: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict) and value:
        for member in sorted(value):
            inner = f"{pointer}/{_step(member)}"
            yield from _flatten(inner, inner, value[member])
        return
    yield key, value
    if isinstance(value, list) and _is_apart(value):
        for index, item in enumerate(value):
            inner = f"{pointer}/{index}"
            yield from _flatten(inner, inner, item)


def _is_apart(value: list[Json]) -> bool:
    """Whether a list is taken apart: it holds more than scalars, and not too many items."""
    return len(value) <= MAX_ITEMS and any(isinstance(item, dict | list) for item in value)


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


class AttributeWriter:
    """Names attributes, and writes each distinct one once."""

    def __init__(self, iris: Iris) -> None:
        self._iris = iris
        self._links: dict[tuple[object, ...], list[str]] = {}
        self._keys: dict[str, str] = {}
        self._written: set[str] = set()

    def write(self, attributes: dict[str, Json], lines: list[str]) -> list[str]:
        """What follows a node's name in the lines that link it to its attributes.

        The lines of attributes that were not met before are added to ``lines``.
        """
        found: list[str] = []
        for key in sorted(attributes):
            value = attributes[key]
            kind = type(value)
            identity = (key, kind, value if kind is str or kind is int else canonical_json(value))
            links = self._links.get(identity)
            if links is None:
                links = self._links[identity] = [self._write(*leaf, lines) for leaf in _flatten_member(key, value)]
            found += links
        return found

    def _write(self, key: str, value: Json, lines: list[str]) -> str:
        key_fact = self._keys.get(key)
        if key_fact is None:
            shown = key if len(key) <= MAX_KEY else f"{key[:MAX_KEY]}… {content_hash(key)}"
            key_fact = self._keys[key] = f"{_KEY}{literals.string(shown)} .\n"
        facts = _facts(value) if len(key) <= MAX_KEY else [_digest(canonical_json(value))]
        name = f"<{self._iris.attribute(key_fact + facts[-1])}>"
        if name not in self._written:
            self._written.add(name)
            lines.append(f"{name}{_TYPE}{name}{key_fact}{name}{name.join(facts)}")
        return f"{_LINK}{name} .\n"


def _facts(value: Json) -> list[str]:
    """What follows an attribute's name in the lines that give its value; the last one determines the others."""
    kind = type(value)
    if kind is str and len(value) <= MAX_STRING:
        return [f"{_VALUE}{literals.string(value)} .\n"]
    text = canonical_json(value)
    apart = kind is list and _is_apart(value)
    if len(text) > (MAX_REPEATED if apart else MAX_STRING):
        return [_digest(text)]
    if kind is list or kind is dict or value is None:
        items = value if kind is list and not apart and len(value) <= MAX_ITEMS else []
        values = {f"{_VALUE}{literals.scalar(item)} .\n": None for item in items if item is not None}
        return [*values, f"{_JSON_VALUE}{literals.json(text)} .\n"]
    return [f"{_VALUE}{literals.scalar(value)} .\n"]


def _digest(text: str) -> str:
    return f'{_VALUE_DIGEST}"{sha256(text.encode()).hexdigest()}" .\n'
