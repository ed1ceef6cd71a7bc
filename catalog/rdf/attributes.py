"""How do a user's own attributes look as triples?

Every key and value that no convention gave a meaning to becomes one ``zo:Attribute`` node, shared by all nodes that state the same;
no predicate is ever made from a key. Objects, and lists that hold more than scalars, are taken apart: their members are keyed by JSON
pointer (RFC 6901). A list of scalars is one attribute with each item as ``zo:value`` and the list itself as ``zo:jsonValue``.
"""

from collections.abc import Iterator
from hashlib import sha256

from catalog.metadata.document import Json, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import RDF_TYPE

MAX_STRING = 32_768
"""Characters of a string that the graph holds; longer ones stay in the archive, and the graph has their digest."""
MAX_ITEMS = 256
"""Items of a list of scalars that the graph holds."""

_Leaf = tuple[str, Json]


def flatten(attributes: dict[str, Json]) -> Iterator[_Leaf]:
    """Key or JSON pointer, and value, of every attribute; values are scalars, lists of scalars, or empty containers."""
    for key, value in attributes.items():
        if _is_leaf(value):
            yield (key if key[:1] != "/" else f"/{_step(key)}"), value
        else:
            yield from _members(f"/{_step(key)}", value)


def _members(pointer: str, value: Json) -> Iterator[_Leaf]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in pairs:
        here = f"{pointer}/{_step(str(key))}"
        if _is_leaf(member):
            yield here, member
        else:
            yield from _members(here, member)


def _is_leaf(value: Json) -> bool:
    if isinstance(value, dict):
        return not value
    return not isinstance(value, list) or not any(isinstance(item, dict | list) for item in value)


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


class AttributeWriter:
    """Names attributes, and writes each distinct one once."""

    def __init__(self, iris: Iris) -> None:
        self._iris = iris
        self._names: dict[tuple[str, type, str], str] = {}

    def write(self, attributes: dict[str, Json], lines: list[str]) -> list[str]:
        """IRIs of the attributes as ``<…>`` terms; the lines of those not met before are added to ``lines``."""
        found: list[str] = []
        for key, value in flatten(attributes):
            text = value if isinstance(value, str) else canonical_json(value)
            identity = (key, type(value), text)
            name = self._names.get(identity)
            if name is None:
                kind = "s" if isinstance(value, str) else "j"
                name = f"<{self._iris.attribute(f'{key}\n{kind}{text}')}>"
                self._names[identity] = name
                lines += _attribute_lines(name, key, value, text)
            found.append(name)
        return found


def _attribute_lines(name: str, key: str, value: Json, text: str) -> list[str]:
    head = [
        f"{name} <{RDF_TYPE}> <{terms.CLASS_ATTRIBUTE}> .\n",
        f"{name} <{terms.KEY}> {literals.string(key)} .\n",
    ]
    if len(text) > MAX_STRING or (isinstance(value, list) and len(value) > MAX_ITEMS):
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return [*head, f'{name} <{terms.VALUE_DIGEST}> "{digest}" .\n']
    if value is None or isinstance(value, dict | list):
        items = [item for item in value if item is not None] if isinstance(value, list) else []
        values = dict.fromkeys(f"{name} <{terms.VALUE}> {literals.scalar(item)} .\n" for item in items)
        return [*head, *values, f"{name} <{terms.JSON_VALUE}> {literals.json(text)} .\n"]
    return [*head, f"{name} <{terms.VALUE}> {literals.scalar(value)} .\n"]
