"""What of an array's metadata is still true of a part of it?

Attributes are kept where they speak of the values as such, and left out where they speak of the whole, of the array's identity,
or of neighbours that do not come along. Coordinates and what else describes the axes is cut like the array itself. Where an
OME-Zarr image says how its pixels lie, the part says how its own do::

    scale' = scale * step        translation' = translation + scale * first position

Source: CF 1.11, sections 2.5.1, 5 and 7.1; OME-NGFF 0.5, "multiscales" metadata; JSON-LD 1.1, section 3.3.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.bridge.selection import AxisSelection, Selection
from catalog.metadata.array import Array
from catalog.metadata.document import Json, as_object
from catalog.rdf.conventions.ome_scales import Placement, read_placement

_OF_THE_WHOLE: Final = frozenset(
    {"actual_range", "spatial:bbox", "spatial:shape", "spatial:transform", "proj:bbox", "proj:shape", "proj:transform"}
)
_NAMES: Final = ("coordinates", "grid_mapping", "ancillary_variables", "bounds", "climatology")
_ENCODED: Final = frozenset(
    {"scale_factor", "add_offset", "_FillValue", "missing_value", "valid_min", "valid_max", "valid_range"}
)
_CELL_METHODS: Final = {
    "max": "maximum", "min": "minimum", "sum": "sum", "mean": "mean", "std": "standard_deviation", "var": "variance",
    "median": "median",
}  # fmt: skip
_KEEP_UNITS: Final = frozenset({"max", "min", "sum", "mean", "std", "median"})
_XARRAY: Final = frozenset({"_ARRAY_DIMENSIONS"})
MIN_SPACE_AXES: Final = 2
"""Space axes that an OME-Zarr image must have."""


def kept_axes(selection: Selection) -> list[int]:
    """Which axes the result has, ascending."""
    return [at for at, axis in enumerate(selection.axes) if axis.kept]


def is_whole(selection: Selection, shape: Sequence[int]) -> bool:
    """Whether a selection means all elements, in their order."""
    return all(
        axis.kept and axis.positions is None and not axis.flipped and (axis.start, axis.count) == (0, size) and axis.step == 1
        for axis, size in zip(selection.axes, shape, strict=True)
    )


def fitting_attributes(
    attributes: Mapping[str, Json], *, whole: bool, present: Collection[str], as_read: bool = True
) -> dict[str, Json]:
    """The attributes that hold for a part, too.

    Parameters
    ----------
    whole
        Whether the part is all of it.
    present
        Names of the arrays that come along.
    as_read
        False where the values were transformed: how they are encoded is not known then.
    """
    found: dict[str, Json] = {}
    linked = any(key.startswith("@") for key in attributes)
    for key, value in attributes.items():
        if key in _XARRAY or key.startswith("@") or (linked and "://" in key):
            continue  # what JSON-LD says, it says of the other array
        if (key in _OF_THE_WHOLE and not (whole and as_read)) or (key in _ENCODED and not as_read):
            continue
        if key in _NAMES and isinstance(value, str):
            names = [name for name in value.split() if name in present]
            if names and ":" not in value:
                found[key] = " ".join(names)
            continue
        found[key] = value
    return found


def reduced_attributes(
    attributes: Mapping[str, Json], steps: Sequence[tuple[str, Sequence[str]]], present: Collection[str]
) -> tuple[dict[str, Json], str]:
    """The attributes that hold for reduced values, and a note where some do not.

    Parameters
    ----------
    steps
        Name and axes of each reduction; no axis without a name.
    present
        Names of the arrays that come along.

    Notes
    -----
    What the values mean is stated as CF has it: ``cell_methods = "time: mean"``. Units are left out where a reduction changes
    them, and where values are packed, as the stored numbers were reduced.

    Source: CF 1.11, section 7.3 and appendix E.
    """
    found = fitting_attributes(attributes, whole=False, present=present, as_read=False)
    packed = bool({"scale_factor", "add_offset"} & set(attributes))
    if packed or not {name for name, _ in steps} <= _KEEP_UNITS:
        found = {key: value for key, value in found.items() if key not in {"units", "standard_name"}}
    if all(name in _CELL_METHODS for name, _ in steps):
        said = [f"{''.join(f'{axis}: ' for axis in axes)}{_CELL_METHODS[name]}" for name, axes in steps if axes]
        found["cell_methods"] = " ".join([*([str(found["cell_methods"])] if "cell_methods" in found else []), *said])
    return found, "packed values were reduced as they are stored, so units are left out" if packed else ""


def companions(array: Array, nodes: Mapping[str, object]) -> Iterator[Array]:
    """The arrays beside one that say what its axes mean: coordinates, their bounds, and the grid mapping; each once.

    Parameters
    ----------
    nodes
        The nodes of its hierarchy by path.
    """
    parent = array.path.rpartition("/")[0]
    wanted = [name for name in array.dimension_names if name]
    wanted += [name for key in ("coordinates", "grid_mapping") for name in _words(array.attributes.get(key))]
    seen = {array.path}
    while wanted:
        name = wanted.pop(0)
        path = f"{parent}/{name}" if parent else name
        found = nodes.get(path)
        if path in seen or "/" in name or not isinstance(found, Array):
            continue
        seen.add(path)
        if not _shares_axes(found, array):
            continue
        yield found
        wanted += [name for key in ("bounds", "climatology") for name in _words(found.attributes.get(key))]


def companion_selection(companion: Array, array: Array, selection: Selection) -> Selection:
    """The same part of an array that shares axes with another one; its other axes are taken whole."""
    by_name = dict(zip(array.dimension_names, selection.axes, strict=True))
    axes = (
        by_name.get(name, AxisSelection(0, 1, size)) if name else AxisSelection(0, 1, size)
        for name, size in zip(companion.dimension_names, companion.shape, strict=True)
    )
    return Selection(tuple(axes))


def _words(value: Json) -> list[str]:
    return value.replace(":", " ").split() if isinstance(value, str) else []


def _shares_axes(companion: Array, array: Array) -> bool:
    """Whether axes of the same name are of the same length, and none is named twice."""
    own = dict(zip(array.dimension_names, array.shape, strict=True))
    named = [name for name in companion.dimension_names if name]
    sizes = zip(companion.dimension_names, companion.shape, strict=True)
    return len(set(named)) == len(named) and all(name not in own or own[name] == size for name, size in sizes if name)


@dataclass(frozen=True, slots=True)
class Image:
    """What an OME-Zarr image says of one of its levels.

    Attributes
    ----------
    name
        The image's name; ``""`` where it has none.
    axes
        Its axes as they are stated.
    placement
        Scale and translation of the level, those of the whole image included.
    channels
        What ``omero`` says of each channel.
    """

    name: str
    axes: tuple[dict[str, Json], ...]
    placement: Placement
    channels: tuple[Json, ...] = ()


def image_of(array: Array, groups: Mapping[str, Mapping[str, Json]]) -> Image | None:
    """The image that an array is a level of; None where none of the groups above it says so (in OME-NGFF 0.4 or 0.5).

    Parameters
    ----------
    groups
        Attributes of groups by path.
    """
    steps = array.path.split("/") if array.path else []
    for depth in range(len(steps) - 1, -1, -1):
        above, below = "/".join(steps[:depth]), "/".join(steps[depth:])
        attributes = groups.get(above)
        if attributes is None:
            continue
        stated = as_object(attributes.get("ome")) or attributes
        multiscales = stated.get("multiscales")
        for multiscale in multiscales if isinstance(multiscales, list) else ():
            found = _level(as_object(multiscale), below, array)
            if found is not None:
                channels = as_object(stated.get("omero")).get("channels")
                return Image(*found, tuple(channels) if isinstance(channels, list) else ())
    return None


def _level(multiscale: Mapping[str, Json], path: str, array: Array) -> tuple[str, tuple[dict[str, Json], ...], Placement] | None:
    axes, datasets = multiscale.get("axes"), multiscale.get("datasets")
    if not isinstance(axes, list) or not isinstance(datasets, list) or len(axes) != len(array.shape):
        return None
    if not all(isinstance(axis, dict) and isinstance(axis.get("name"), str) for axis in axes):
        return None
    for dataset in map(as_object, datasets):
        if str(dataset.get("path", "")).strip("/") == path:
            placement = read_placement(dataset.get("coordinateTransformations"), "", lambda *_: None)
            if "coordinateTransformations" in multiscale:
                placement = read_placement(multiscale["coordinateTransformations"], "", lambda *_: None).after(placement)
            if placement.scale is None or len(placement.scale) != len(axes):
                return None
            return str(multiscale.get("name") or ""), tuple(axes), placement
    return None


def image_attributes(image: Image, selection: Selection, level: str) -> tuple[dict[str, Json] | None, str]:
    """What the group of a part of an image says (OME-NGFF 0.5), or why it cannot say anything.

    Parameters
    ----------
    level
        Path of the array from that group.
    """
    kept = kept_axes(selection)
    axes = [image.axes[at] for at in kept]
    if sum(axis.get("type") == "space" for axis in axes) < MIN_SPACE_AXES:
        return None, "it is no OME-Zarr image: one has two axes in space or more"
    if any(selection.axes[at].flipped or selection.axes[at].positions is not None for at in kept):
        return None, "it is no OME-Zarr image: its pixels do not follow one another upwards at equal distances"
    assert image.placement.scale is not None  # noqa: S101 - it is no image otherwise
    moves = image.placement.translation
    if moves is None or len(moves) != len(image.axes):
        moves = (0.0,) * len(image.axes)
    scales = [image.placement.scale[at] for at in kept]
    scale: list[Json] = [unit * selection.axes[at].step for at, unit in zip(kept, scales, strict=True)]
    translation: list[Json] = [
        moves[at] + (0 if image.axes[at].get("type") == "channel" else unit * selection.axes[at].start)  # channels are renumbered
        for at, unit in zip(kept, scales, strict=True)
    ]
    steps: list[Json] = [{"type": "scale", "scale": scale}, {"type": "translation", "translation": translation}]
    multiscale: dict[str, Json] = {"axes": list(axes), "datasets": [{"path": level, "coordinateTransformations": steps}]}
    if image.name:
        multiscale["name"] = image.name
    stated: dict[str, Json] = {"version": "0.5", "multiscales": [multiscale]}
    at = next((at for at in kept if image.axes[at].get("type") == "channel"), None)
    if at is not None and image.channels and selection.axes[at].last < len(image.channels):
        stated["omero"] = {"channels": [image.channels[each] for each in selection.axes[at].elements]}
    return {"ome": stated}, ""
