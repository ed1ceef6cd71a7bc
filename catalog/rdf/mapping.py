"""What do mapping files make of a hierarchy's attributes?

Each mapped value becomes a statement about its node. A value that is not of the type that the mapping states is a problem, and
stays a plain attribute. What the mapping says of the properties themselves (label, type, unit, key) stands in the graph as well,
so that whoever asks can find which properties there are.
"""

from collections.abc import Iterable, Sequence

from catalog.errors import Problem
from catalog.metadata.document import Json
from catalog.metadata.hierarchy import Hierarchy
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings
from catalog.rdf.mapping_file import KeyMapping, MappingFile
from catalog.rdf.prefixes import PREFIXES, RDF_TYPE, RDFS_LABEL

_RANGE = f"{PREFIXES['rdfs']}range"
_PROPERTY = f"<{PREFIXES['rdf']}Property>"
_HAS_UNIT = f"{PREFIXES['qudt']}hasUnit"
_SHOWN = 80


def describe_mapped(hierarchy: Hierarchy, about: About, mappings: Iterable[MappingFile]) -> Findings:
    """What the attributes mean by mapping files."""
    found = Findings()
    for mapping in mappings:
        used: dict[str, KeyMapping] = {}
        firsts = mapping.by_first_step
        for node in hierarchy.nodes:
            for first in firsts.keys() & node.attributes.keys():
                for each in firsts[first]:
                    if _describe(found, about, mapping, each, node.path, node.attributes):
                        used[each.key] = each
        for each in used.values():
            _define(found, each)
    return found


def _describe(
    found: Findings, about: About, mapping: MappingFile, each: KeyMapping, path: str, attributes: dict[str, Json]
) -> bool:
    """Say what one key of one node means; False where it is not there."""
    value: Json = attributes
    for step in each.steps:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    values = value if isinstance(value, list) else [value]
    written = [mapping.context.to_term(item, each.term) for item in values]
    good = [term for term in written if term is not None]
    found.say(about.node(path), each.term.property, *good)
    if len(good) == len(written):
        if len(each.steps) == 1 and values:
            found.consume(path, each.steps)
        return True
    wrong = next(item for item, term in zip(values, written, strict=True) if term is None)
    found.problems.append(_mistyped(path, each, mapping, wrong))
    return True


def _mistyped(path: str, each: KeyMapping, mapping: MappingFile, value: Json) -> Problem:
    wanted = each.term.datatype or {"iri": "an IRI", "vocab": "a term of the vocabulary"}.get(each.term.kind, "a text or number")
    pointer = "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in each.steps)
    message = f"{each.key!r} is {value!r:.{_SHOWN}}; the mapping {mapping.name!r} says that it is {wanted}"
    return Problem(path, "mapped-value", message, pointer, "warning")


def _define(found: Findings, each: KeyMapping) -> None:
    """What the mapping says of a property."""
    name = f"<{each.term.property}>"
    found.say(name, RDF_TYPE, _PROPERTY)
    found.say(name, terms.ATTRIBUTE_KEY, literals.string(each.key))
    found.say(name, RDFS_LABEL, literals.string(each.label or each.steps[-1]))
    if each.term.datatype:
        found.say(name, _RANGE, f"<{each.term.datatype}>")
    if each.unit:
        found.say(name, _HAS_UNIT, f"<{each.unit}>")


def mappings_digest(mappings: Sequence[MappingFile]) -> str:
    """What tells one set of mapping files from another; ``""`` where there is none."""
    return "-".join(mapping.digest[:12] for mapping in sorted(mappings, key=lambda each: each.digest))
