"""Which shapes follow from a mapping file?

What it says of a key beside its meaning: bounds, allowed values, and where the key must be.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from catalog.rdf import literals, terms
from catalog.rdf.mapping_file import KeyMapping, MappingFile
from catalog.validation.shapes import Shapes
from catalog.validation.shapes_file import ShapesFile

MAPPINGS = "https://w3id.org/zarr-catalog/mappings/"
"""Where the IRIs of these shapes begin; then come the mapping's name, ``#``, the key and what is asked of it."""

_TARGETS = {
    "array": f"sh:targetClass <{terms.CLASS_ZARR_ARRAY}>",
    "group": f"sh:targetClass <{terms.CLASS_ZARR_GROUP}>",
    "root": f"sh:targetObjectsOf <{terms.ROOT_NODE}>",
}


def add_mappings(shapes: Shapes, mappings: Sequence[MappingFile]) -> Shapes:
    """Shapes, and those that follow from mapping files."""
    files = [file for file in map(shapes_of, mappings) if file.text]
    return replace(shapes, files=(*shapes.files, *files)) if files else shapes


def shapes_of(mapping: MappingFile) -> ShapesFile:
    """The shapes that follow from a mapping file, as Turtle; empty where it asks for nothing."""
    lines = [text for each in mapping.keys for text in _shapes(mapping, each)]
    head = ["@prefix sh: <http://www.w3.org/ns/shacl#> .", "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."]
    return ShapesFile(f"mappings/{mapping.name}", "\n".join([*head, *lines, ""]).encode() if lines else b"")


def _shapes(mapping: MappingFile, each: KeyMapping) -> list[str]:
    found = []
    values = [
        *([f"sh:minInclusive {_number(each.minimum)}"] if each.minimum is not None else []),
        *([f"sh:maxInclusive {_number(each.maximum)}"] if each.maximum is not None else []),
        *([f"sh:in ( {' '.join(_allowed(mapping, each))} )"] if each.allowed else []),
    ]
    if values:
        asked = _asked(each)
        found.append(_shape(mapping, each, "values", f"sh:targetSubjectsOf <{each.term.property}>", values, asked))
    if each.required:
        asked = f"Give the {each.required} the attribute {each.key!r}."
        found.append(_shape(mapping, each, "required", _TARGETS[each.required], ["sh:minCount 1"], asked))
    return found


def _shape(mapping: MappingFile, each: KeyMapping, what: str, target: str, constraints: list[str], message: str) -> str:
    name = f"<{MAPPINGS}{quote(mapping.name, safe='')}#{quote(each.key.strip('/'), safe='')}-{what}>"
    label = literals.string(f"{each.label or each.key}: {what}")
    return (
        f"{name} a sh:PropertyShape ; {target} ; sh:path <{each.term.property}> ; {' ; '.join(constraints)} ; "
        f"sh:severity sh:{each.severity.capitalize()} ; sh:message {literals.string(message)} ; rdfs:label {label} ."
    )


def _asked(each: KeyMapping) -> str:
    bounds = [f"at least {each.minimum}"] * (each.minimum is not None) + [f"at most {each.maximum}"] * (each.maximum is not None)
    allowed = [f"one of {', '.join(map(str, each.allowed))}"] if each.allowed else []
    return f"Give the attribute {each.key!r} a value that is {' and '.join([*bounds, *allowed])}."


def _number(value: float) -> str:
    return literals.scalar(value)


def _allowed(mapping: MappingFile, each: KeyMapping) -> list[str]:
    written = (mapping.context.to_term(value, each.term) for value in each.allowed)
    return [term for term in written if term is not None]
