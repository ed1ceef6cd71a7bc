"""What are the axes of an image, and how do they look as triples?

A set of axes is written once for all images that have it. An axis is named by its name within the set, so that a name that stands
twice shows as one axis with two places. Source: OME-NGFF 0.3 to 0.6, "axes" metadata.
"""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.metadata.document import Json, as_object, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_metadata import STRINGS, SYSTEMS
from catalog.rdf.conventions.ome_units import is_allowed, unit_iri
from catalog.rdf.conventions.ome_writer import Fact, Writer, literal, shown
from catalog.rdf.prefixes import PREFIXES

HAS_UNIT = f"{PREFIXES['qudt']}hasUnit"
UNIT_TEXT = f"{PREFIXES['schema']}unitText"
DESCRIPTION = f"{PREFIXES['dct']}description"
_OLD_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
_EXPRESSED = {"name", "type", "unit", "discrete", "longName"}
_RANKS = {"time": 0, "space": 2}

Fault = Callable[[str, str], None]
"""Takes a pointer and a message."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis; ``name``, ``type`` and ``unit`` are empty where they are not stated as strings."""

    name: str
    type: str = ""
    unit: str = ""
    stated: Json = None


DEFAULT_AXES = tuple(Axis(name, kind, stated={"name": name, "type": kind}) for name, kind in _OLD_TYPES.items())
"""The axes of versions 0.1 and 0.2, which state none."""


def parse_axes(stated: Json, generation: int, pointer: str, fault: Fault) -> tuple[tuple[Axis, ...], bool]:
    """The axes, and whether each member of them has a meaning here."""
    if not isinstance(stated, list):
        fault(pointer, f"the axes are {shown(stated)}; a list is needed")
        return (), False
    axes: list[Axis] = []
    full = True
    for index, item in enumerate(stated):
        place = f"{pointer}/{index}"
        if generation == STRINGS:
            if not isinstance(item, str) or item not in _OLD_TYPES:
                fault(place, f"the axis is {shown(item)}; up to 0.3 one of the strings t, c, z, y, x is needed")
                continue
            axes.append(Axis(item, _OLD_TYPES[item], stated={"name": item, "type": _OLD_TYPES[item]}))
        elif not isinstance(item, dict):
            fault(place, f"the axis is {shown(item)}; an object with a name is needed")
        else:
            full = full and set(item) <= _EXPRESSED
            axes.append(Axis(_text(item.get("name")), _text(item.get("type")), _text(item.get("unit")), item))
    if generation != SYSTEMS:
        _check_order(axes, pointer, fault)
    return tuple(axes), full


def _check_order(axes: list[Axis], pointer: str, fault: Fault) -> None:
    ranks = [_RANKS.get(axis.type, 1) for axis in axes]
    if ranks != sorted(ranks):
        names = " ".join(axis.name for axis in axes)
        fault(pointer, f"the axes are in the order {names}; time comes first, then channel or others, then space")


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def write_axes(writer: Writer, axes: tuple[Axis, ...]) -> str:
    """The set that these axes make."""
    content = canonical_json([axis.stated for axis in axes])
    name = writer.shared("axes", content)
    if not writer.is_new(name):
        return name
    members = []
    for index, axis in enumerate(axes):
        member = writer.shared("axes", content, axis.name or str(index))
        members.append((terms.AXIS, writer.add(member, terms.CLASS_AXIS, _facts(index, axis))))
    return writer.add(name, terms.CLASS_AXIS_SET, members)


def _facts(index: int, axis: Axis) -> list[Fact]:
    stated = as_object(axis.stated)
    keys = {"name": terms.AXIS_NAME, "type": terms.AXIS_TYPE, "discrete": terms.DISCRETE, "longName": DESCRIPTION}
    facts = [(predicate, literal(stated[key])) for key, predicate in keys.items() if key in stated]
    return [(terms.DIMENSION_INDEX, literals.integer(index)), *facts, *unit_facts(stated.get("unit"))]


def unit_facts(unit: Json) -> list[Fact]:
    """The unit as it is written, and its QUDT IRI where there is one."""
    if unit is None:
        return []
    iri = unit_iri(unit) if isinstance(unit, str) else None
    return [(UNIT_TEXT, literal(unit)), *([(HAS_UNIT, f"<{iri}>")] if iri else [])]


def odd_units(axes: tuple[Axis, ...]) -> list[str]:
    """Units that the specification does not list for axes of their type, each as ``unit (axis, type)``."""
    return [f"{a.unit} ({a.name}, {a.type})" for a in axes if a.unit and not is_allowed(a.unit, a.type)]
