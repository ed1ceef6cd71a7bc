"""What do many images say alike about their levels, and how does it look as triples?

Images of a plate or a collection mostly state the same axes and levels. The statement is read and written once; each image and
each array link to it. Source: OME-NGFF 0.3 to 0.6, "multiscales" metadata.
"""

from dataclasses import dataclass

from catalog.metadata.document import Json, as_object, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_axes import DEFAULT_AXES, Axis, odd_units, parse_axes, unit_facts, write_axes
from catalog.rdf.conventions.ome_metadata import SCALES, STRINGS, SYSTEMS
from catalog.rdf.conventions.ome_scales import Placement, read_mapping, read_placement, within_image
from catalog.rdf.conventions.ome_transformations import check_ends, fault_of
from catalog.rdf.conventions.ome_units import MICROMETRES, SECONDS
from catalog.rdf.conventions.ome_writer import OME, Fact, Writer, literal, shown

SIZES = {axis: f"{OME}physical_size_{axis}" for axis in "xyz"}
"""Pixel size along an axis in micrometres, as the OME model has it by default."""
TIME_INCREMENT = f"{OME}time_increment"
_EXPRESSED = {"name", "version", "axes", "datasets", "coordinateTransformations", "coordinateSystems", "type", "metadata"}
_LEVEL_CLASSES = {STRINGS: terms.CLASS_LEVEL, SCALES: terms.CLASS_SCALED_LEVEL, SYSTEMS: terms.CLASS_MAPPED_LEVEL}


@dataclass(frozen=True, slots=True)
class Level:
    """One level: where its array is, from the image; the thing it is; what is said of its array."""

    path: str
    name: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Multiscale:
    """What an image states of its levels.

    Attributes
    ----------
    name
        The thing, as an N-Triples term.
    axes
        The axes of the levels' own space.
    image_facts
        What follows for the image itself.
    faults
        Pointer below the multiscale, and message.
    doubts
        Messages of what is unusual.
    full
        Whether triples say all of it.
    """

    name: str
    axes: tuple[Axis, ...]
    levels: tuple[Level, ...]
    image_facts: tuple[Fact, ...]
    faults: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]
    full: bool


class MultiscaleReader:
    """Reads each distinct statement once."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._known: dict[str, Multiscale] = {}

    def read(self, stated: dict[str, Json], version: Json, generation: int) -> Multiscale:
        """What a member of ``multiscales`` says."""
        content = canonical_json([version, generation, {key: value for key, value in stated.items() if key != "name"}])
        found = self._known.get(content)
        if found is None:
            found = self._known[content] = _Statement(self._writer, content, stated, version, generation).read()
        return found


class _Statement:
    def __init__(self, writer: Writer, content: str, stated: dict[str, Json], version: Json, generation: int) -> None:
        self.writer = writer
        self.content = content
        self.stated = stated
        self.version = version
        self.generation = generation
        self.name = writer.shared("multiscales", content)
        self.faults: list[tuple[str, str]] = []
        self.doubts: list[str] = []
        self.image_facts: list[Fact] = []
        self.full = set(stated) <= _EXPRESSED

    def read(self) -> Multiscale:
        axes = self._axes()
        facts: list[Fact] = [(terms.AXIS_SET, write_axes(self.writer, axes))] if axes else []
        if self.version is not None:
            facts.append((terms.NGFF_VERSION, literal(self.version)))
        if "type" in self.stated:
            facts.append((terms.DOWNSCALING_METHOD, literals.string(str(self.stated["type"]))))
        if "metadata" in self.stated:
            facts.append((terms.DOWNSCALING_METADATA, literals.json(canonical_json(self.stated["metadata"]))))
        levels = self._levels(axes)
        facts += [(terms.LEVEL, level.name) for level in levels]
        self.writer.add(self.name, terms.CLASS_MULTISCALE, facts)
        self.doubts += [f"the unit {unit} is not one that the specification lists" for unit in odd_units(axes)]
        return Multiscale(self.name, axes, levels, tuple(self.image_facts), tuple(self.faults), tuple(self.doubts), self.full)

    def _fault(self, pointer: str, message: str) -> None:
        self.faults.append((pointer, message))

    def _axes(self) -> tuple[Axis, ...]:
        """The axes of the space that the levels lead to; of 0.6, those of the coordinate system that the first level names."""
        if self.generation == SYSTEMS:
            return self._axes_of_system()
        if "axes" not in self.stated:
            if str(self.version).startswith(("0.1", "0.2")):
                return DEFAULT_AXES
            self._fault("/axes", "the multiscale has no axes; a list of them is needed")
            return ()
        axes, full = parse_axes(self.stated["axes"], self.generation, "/axes", self._fault)
        self.full = self.full and full
        return axes

    def _axes_of_system(self) -> tuple[Axis, ...]:
        systems = self.stated.get("coordinateSystems")
        if not isinstance(systems, list) or not systems:
            self._fault("/coordinateSystems", f"the coordinate systems are {shown(systems)}; a list with one or more is needed")
            return ()
        target = _output_name(self.stated.get("datasets"))
        index = next((i for i, system in enumerate(systems) if as_object(system).get("name") == target), 0)
        pointer = f"/coordinateSystems/{index}/axes"
        axes, full = parse_axes(as_object(systems[index]).get("axes"), self.generation, pointer, lambda *_: None)
        self.full = self.full and full
        return axes

    def _levels(self, axes: tuple[Axis, ...]) -> tuple[Level, ...]:
        datasets = self.stated.get("datasets")
        if not isinstance(datasets, list) or not datasets:
            self._fault("/datasets", f"the datasets are {shown(datasets)}; a list with one level or more is needed")
            return ()
        outer = Placement()
        if self.generation == SCALES and "coordinateTransformations" in self.stated:
            stated = self.stated["coordinateTransformations"]
            own = within_image(stated)
            self.full = self.full and own == stated
            if own or own == stated:
                outer = read_placement(own, "/coordinateTransformations", self._fault, owner="multiscale")
        levels = []
        for index, item in enumerate(datasets):
            dataset, pointer = as_object(item), f"/datasets/{index}"
            self.full = self.full and set(dataset) <= {"path", "coordinateTransformations"}
            placement = outer.after(self._placement(dataset, pointer, len(axes)))
            path = dataset.get("path")
            if not isinstance(path, str):
                self._fault(f"{pointer}/path", f"the path of the level is {shown(path)}; a string is needed")
            levels.append(self._level(index, path if isinstance(path, str) else "", axes, placement))
        return tuple(levels)

    def _placement(self, dataset: Json, pointer: str, rank: int) -> Placement:
        stated, place = dataset.get("coordinateTransformations"), f"{pointer}/coordinateTransformations"
        if self.generation == STRINGS:
            return Placement()
        if self.generation == SCALES:
            return read_placement(stated, place, self._fault)
        self._check_mapping(stated, place)
        return read_mapping(stated, rank)

    def _check_mapping(self, stated: Json, pointer: str) -> None:
        """The one transformation of a level in 0.6. Source: OME-NGFF 0.6, coordinateTransformations, Constraints."""
        if not isinstance(stated, list) or len(stated) != 1:
            self._fault(pointer, f"the transformations of the level are {shown(stated)}; a list of exactly one is needed")
            return
        only, place = as_object(stated[0]), f"{pointer}/0"
        check_ends(only, place, self._fault, ("path", "name"))
        parts = only.get("transformations") if only.get("type") == "sequence" else [only]
        kinds = [as_object(part).get("type") for part in parts] if isinstance(parts, list) else []
        if kinds not in (["scale"], ["identity"], ["scale", "translation"]) or (only.get("type") == "sequence") != (
            len(kinds) == 2
        ):
            allowed = "a scale, an identity, or a sequence of a scale and a translation"
            self._fault(
                place, f"the transformation of the level is {shown(only.get('type'))} of {shown(kinds)}; {allowed} is needed"
            )
        for part in parts if isinstance(parts, list) else ():
            wrong = fault_of(part)
            if wrong:
                self._fault(place, wrong)

    def _level(self, index: int, path: str, axes: tuple[Axis, ...], placement: Placement) -> Level:
        name = self.writer.shared("multiscales", self.content, f"level-{index}")
        direct: list[Fact] = [(terms.LEVEL, name), (terms.LEVEL_INDEX, literals.integer(index))]
        facts: list[Fact] = [(terms.LEVEL_INDEX, literals.integer(index))]
        for numbers, what in ((placement.scale, "scale"), (placement.translation, "translation")):
            if numbers is not None and len(numbers) != len(axes):
                self.doubts.append(
                    f"the {what} of level {index} has {len(numbers)} numbers for {len(axes)} axes, and is not used"
                )
        if placement.scale is not None and len(placement.scale) == len(axes):
            moves = placement.translation if placement.translation and len(placement.translation) == len(axes) else None
            for position, (axis, scale) in enumerate(zip(axes, placement.scale, strict=True)):
                facts.append((terms.AXIS_SAMPLING, self._sampling(position, axis, scale, moves[position] if moves else None)))
                factor = MICROMETRES.get(axis.unit)
                if axis.type == "space" and axis.name in SIZES and factor:
                    direct.append((SIZES[axis.name], literals.double(_product(scale, factor))))
                if axis.type == "time" and axis.unit in SECONDS and index == 0:
                    self.image_facts.append((TIME_INCREMENT, literals.double(_product(scale, SECONDS[axis.unit]))))
        self.writer.add(name, _LEVEL_CLASSES[self.generation], facts)
        return Level(path, name, tuple(direct))

    def _sampling(self, index: int, axis: Axis, scale: float, translation: float | None) -> str:
        unit = as_object(axis.stated).get("unit")
        content = canonical_json([index, axis.name, unit, scale, translation])
        name = self.writer.shared("samplings", content)
        if self.writer.is_new(name):
            facts = [(terms.DIMENSION_INDEX, literals.integer(index)), (terms.SCALE, literals.double(scale)), *unit_facts(unit)]
            facts += [(terms.AXIS_NAME, literals.string(axis.name))] * bool(axis.name)
            facts += [(terms.TRANSLATION, literals.double(translation))] if translation is not None else []
            self.writer.add(name, terms.CLASS_AXIS_SAMPLING, facts)
        return name


def _product(value: float, factor: float) -> float:
    """What is in micrometres already stays exactly as it is."""
    return value if factor == 1 else value * factor


def _output_name(datasets: Json) -> Json:
    """The coordinate system that the first level leads to."""
    first = as_object(datasets[0]) if isinstance(datasets, list) and datasets else {}
    steps = first.get("coordinateTransformations")
    output = as_object(steps[0]).get("output") if isinstance(steps, list) and steps else None
    return output if isinstance(output, str) else as_object(output).get("name")
