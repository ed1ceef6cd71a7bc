"""How large are the pixels of a level, and where is the first?

What the transformations of a level and those of the whole multiscale make together: scale and translation per axis. Anything
else that 0.6 allows is described by ``ome_transformations`` and not computed.
Source: OME-NGFF 0.4 and 0.5, "multiscales" metadata; 0.6, "coordinateTransformations" metadata, Constraints.
"""

from dataclasses import dataclass
from math import isfinite

from catalog.metadata.document import Json, as_object
from catalog.rdf.conventions.ome_axes import Fault
from catalog.rdf.conventions.ome_writer import is_number, shown

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Scale and translation, one number per axis; None where none is stated."""

    scale: Numbers | None = None
    translation: Numbers | None = None

    def after(self, inner: "Placement") -> "Placement":
        """What ``inner`` and then this one make."""
        scale = _multiplied(self.scale, inner.scale)
        moved = _multiplied(self.scale, inner.translation) if inner.translation else None
        if moved is None or self.translation is None:
            return Placement(scale, moved or self.translation)
        same = len(moved) == len(self.translation)
        added = tuple(a + b for a, b in zip(moved, self.translation, strict=False))
        return Placement(scale, added if same else None)


def _multiplied(outer: Numbers | None, inner: Numbers | None) -> Numbers | None:
    if outer is None or inner is None:
        return inner or outer
    if len(outer) != len(inner):
        return None
    return tuple(a * b for a, b in zip(outer, inner, strict=True))


def read_placement(stated: Json, pointer: str, fault: Fault, *, owner: str = "level") -> Placement:
    """Scale and translation of a list of transformations, as 0.4 and 0.5 have them: one scale, then at most one translation."""
    if not isinstance(stated, list) or not stated:
        fault(pointer, f"the transformations of the {owner} are {shown(stated)}; a list with one scale is needed")
        return Placement()
    found: dict[str, Numbers] = {}
    kinds: list[str] = []
    for index, item in enumerate(stated):
        kind = as_object(item).get("type")
        if not isinstance(kind, str) or kind not in {"scale", "translation"}:
            fault(f"{pointer}/{index}", f"the type of the transformation is {shown(kind)}; scale or translation is needed")
            continue
        kinds.append(kind)
        if kind not in item and isinstance(item.get("path"), str):
            continue  # the numbers are in an array beside the image
        numbers = read_numbers(item.get(kind))
        if numbers is None or len(numbers) < 2:
            fault(
                f"{pointer}/{index}/{kind}", f"the {kind} is {shown(item.get(kind))}; a list of numbers is needed, one per axis"
            )
        else:
            found[kind] = numbers
    if kinds.count("scale") != 1 or kinds.count("translation") > 1 or kinds[0] != "scale":
        order = ", ".join(kinds) or "nothing"
        fault(pointer, f"the transformations of the {owner} are {order}; one scale, then at most one translation is needed")
    return Placement(found.get("scale"), found.get("translation"))


def within_image(stated: Json) -> Json:
    """The transformations of a multiscale without those that lead to a coordinate system of their own, an object.

    SpatialData writes those into images of 0.4 and 0.5. They say where the image lies, not how large its pixels are.
    Source: SpatialData, "Design document", Transformations; OME-NGFF RFC-5.
    """
    if not isinstance(stated, list):
        return stated
    return [item for item in stated if not isinstance(as_object(item).get("output"), dict)]


def read_mapping(stated: Json, rank: int) -> Placement:
    """Scale and translation of the one transformation that a level has in 0.6; nothing where it is none of those allowed."""
    only = as_object(stated[0]) if isinstance(stated, list) and len(stated) == 1 else {}
    kind = only.get("type")
    if kind == "identity":
        return Placement((1.0,) * rank)
    parts = only.get("transformations") if kind == "sequence" else [only]
    placement = Placement()
    for part in parts if isinstance(parts, list) else ():
        member = as_object(part)
        if member.get("type") == "scale":
            placement = Placement(read_numbers(member.get("scale"))).after(placement)
        elif member.get("type") == "translation":
            placement = Placement(None, read_numbers(member.get("translation"))).after(placement)
    return placement


def read_numbers(stated: Json) -> Numbers | None:
    """A list of finite numbers; None for anything else."""
    if not isinstance(stated, list) or not stated or not all(is_number(item) for item in stated):
        return None
    try:
        numbers = tuple(float(item) for item in stated)
    except OverflowError:
        return None
    return numbers if all(map(isfinite, numbers)) else None
