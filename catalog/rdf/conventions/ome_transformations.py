"""How do the transformations of OME-Zarr 0.6 look as triples, and what is wrong with them?

Each is a thing with a kind, two ends and parameters; those that are made of others link to them. The parameters stand there as
JSON: a matrix is for whoever computes with it, not for queries.
Source: OME-NGFF 0.6, "coordinateTransformations" metadata.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from catalog.metadata.document import Json, as_object, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_axes import Fault
from catalog.rdf.conventions.ome_scales import read_numbers
from catalog.rdf.conventions.ome_writer import NAME, Writer, literal, shown

_NOT_PARAMETERS = {"type", "name", "input", "output", "transformations", "forward", "inverse"}
_MAX_AXES, _MAX_DEPTH = 5, 8
_STORED = {"affine", "rotation", "displacements", "coordinates"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list of transformations stands.

    Attributes
    ----------
    owner
        What states them, as an N-Triples term.
    system
        Gives the thing that an ``input`` or ``output`` means.
    name
        Gives the thing that the transformation with this key is.
    """

    owner: str
    pointer: str
    system: Callable[[Mapping[str, Json]], str | None]
    name: Callable[[str], str]


def write_transformations(writer: Writer, stated: Json, place: Place, fault: Fault) -> None:
    """Write a list of transformations between named coordinate systems."""
    if not isinstance(stated, list) or not stated:
        fault(place.pointer, f"the transformations are {shown(stated)}; a list of objects is needed")
        return
    for index, item in enumerate(stated):
        pointer = f"{place.pointer}/{index}"
        check_ends(item, pointer, fault)
        writer.say(place.owner, terms.TRANSFORMATION, _write(writer, item, place, (str(index), pointer), fault))


def check_ends(item: Json, pointer: str, fault: Fault, needed: tuple[str, str] = ("name", "name")) -> None:
    """Input and output are objects, and have what is needed where they stand."""
    for end, key in zip(("input", "output"), needed, strict=True):
        value = as_object(item).get(end)
        if not isinstance(as_object(value).get(key), str):
            fault(f"{pointer}/{end}", f'the {end} is {shown(value)}; an object with "{key}" is needed')


def _write(writer: Writer, item: Json, place: Place, where: tuple[str, str], fault: Fault, depth: int = 0) -> str:
    """Write one transformation; ``where`` is its key and its pointer."""
    key, pointer = where
    stated = as_object(item)
    message = fault_of(item)
    if message:
        fault(pointer, message)
    parameters = {name: value for name, value in stated.items() if name not in _NOT_PARAMETERS}
    facts = [
        (predicate, literal(stated[name]))
        for name, predicate in (("type", terms.TRANSFORMATION_TYPE), ("name", NAME))
        if name in stated
    ]
    if parameters:
        facts.append((terms.PARAMETERS, literals.json(canonical_json(parameters))))
    for end, predicate in (("input", terms.INPUT_SYSTEM), ("output", terms.OUTPUT_SYSTEM)):
        target = stated.get(end)
        system = place.system({"name": target} if isinstance(target, str) else as_object(target))
        facts += [(predicate, system)] if system else []
    if depth < _MAX_DEPTH:
        for step, member in _members(stated):
            inner = (f"{key}/{step}", f"{pointer}/{step}")
            facts.append((terms.MEMBER_TRANSFORMATION, _write(writer, member, place, inner, fault, depth + 1)))
    facts.append((terms.LIST_INDEX, literals.integer(_index(key))))
    return writer.add(place.name(key), terms.CLASS_TRANSFORMATION, facts)


def _index(key: str) -> int:
    numbers = [step for step in key.split("/") if step.isdigit()]
    return int(numbers[-1]) if numbers else 0


def _members(stated: Mapping[str, Json]) -> list[tuple[str, Json]]:
    kind, inner = stated.get("type"), stated.get("transformations")
    if kind == "bijection":
        return [(key, stated[key]) for key in ("forward", "inverse") if key in stated]
    if not isinstance(inner, list):
        return []
    if kind == "byDimension":
        return [(f"transformations/{i}/transformation", as_object(each).get("transformation")) for i, each in enumerate(inner)]
    return [(f"transformations/{i}", each) for i, each in enumerate(inner)] if kind == "sequence" else []


def fault_of(item: Json) -> str | None:
    """What is wrong with a transformation itself, its members and ends apart; None where nothing is."""
    if not isinstance(item, dict):
        return f"the transformation is {shown(item)}; an object is needed"
    kind = item.get("type")
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        return f"the type of the transformation is {shown(kind)}; one of {', '.join(sorted(_CHECKS))} is needed"
    if kind in _STORED and isinstance(item.get("path"), str):
        return None
    return check(item)


def _numbers(item: Mapping[str, Json]) -> str | None:
    kind = str(item["type"])
    numbers = read_numbers(item.get(kind))
    if numbers is None:
        return f"the {kind} is {shown(item.get(kind))}; a list of numbers is needed, one per axis"
    if kind == "scale" and min(numbers) <= 0:
        return f"the scale is {shown(item[kind])}; numbers above 0 are needed"
    return None


def _matrix(item: Mapping[str, Json]) -> str | None:
    kind = str(item["type"])
    rows = item.get(kind)
    numbers = [read_numbers(row) for row in rows] if isinstance(rows, list) else []
    lengths = {len(row) for row in numbers if row}
    if not numbers or None in numbers or len(lengths) != 1:
        return f'the {kind} is {shown(rows)}; a list of rows of numbers is needed, or the "path" of an array'
    if kind == "rotation" and lengths != {len(numbers)}:
        return f"the rotation has {len(numbers)} rows of {lengths.pop()} numbers; as many numbers as rows are needed"
    return None


def _indices(item: Mapping[str, Json], key: str, least: int, most: int) -> str | None:
    value: Json = item.get(key, ())
    fits = isinstance(value, list) and least <= len(value) <= most
    whole = fits and all(isinstance(i, int) and not isinstance(i, bool) and 0 <= i < _MAX_AXES for i in value)
    if whole and len(set(value)) == len(value):
        return None
    return f"{key} is {shown(item.get(key))}; {least} to {most} different indices from 0 to {_MAX_AXES - 1} are needed"


def _map_axis(item: Mapping[str, Json]) -> str | None:
    wrong = _indices(item, "mapAxis", 2, _MAX_AXES)
    value: Json = item.get("mapAxis", ())
    if wrong is None and sorted(value) != list(range(len(value))):
        return f"mapAxis is {shown(value)}; each index from 0 to {len(value) - 1} is needed once"
    return wrong


def _project_axis(item: Mapping[str, Json]) -> str | None:
    keys = [key for key in ("droppedInputs", "createdOutputs") if key in item]
    if not keys:
        return "a projectAxis has neither droppedInputs nor createdOutputs; one of them is needed"
    return next((wrong for key in keys if (wrong := _indices(item, key, 1, 3))), None)


def _sequence(item: Mapping[str, Json]) -> str | None:
    value = item.get("transformations")
    return None if isinstance(value, list) else f"the transformations are {shown(value)}; a list of transformations is needed"


def _by_dimension(item: Mapping[str, Json]) -> str | None:
    value = item.get("transformations")
    parts = value if isinstance(value, list) else [None]
    for part in map(as_object, parts):
        axes = [part.get(key) for key in ("inputAxes", "outputAxes")]
        if "transformation" not in part or not all(read_numbers(each) is not None for each in axes):
            return f"a part of byDimension is {shown(dict(part))}; a transformation, inputAxes and outputAxes by index are needed"
    return None


def _bijection(item: Mapping[str, Json]) -> str | None:
    missing = [key for key in ("forward", "inverse") if key not in item]
    return f"the bijection has no {missing[0]}; forward and inverse are needed" if missing else None


def _stored(item: Mapping[str, Json]) -> str | None:
    return f'a transformation of type {item["type"]} has no "path"; the path of an array is needed'


_CHECKS: dict[str, Callable[[Mapping[str, Json]], str | None]] = {
    "identity": lambda _: None,
    "scale": _numbers,
    "translation": _numbers,
    "affine": _matrix,
    "rotation": _matrix,
    "mapAxis": _map_axis,
    "projectAxis": _project_axis,
    "sequence": _sequence,
    "byDimension": _by_dimension,
    "bijection": _bijection,
    "displacements": _stored,
    "coordinates": _stored,
}
