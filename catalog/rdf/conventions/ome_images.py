"""What is an image, and which arrays hold it?

An image is a group; its levels are arrays. What many images say alike is linked, so that an array costs seven triples at most.
Source: OME-NGFF 0.3 to 0.6, "multiscales" metadata.
"""

from collections.abc import Mapping

from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_axes import parse_axes, write_axes
from catalog.rdf.conventions.ome_metadata import SYSTEMS, Metadata
from catalog.rdf.conventions.ome_multiscales import Multiscale, MultiscaleReader
from catalog.rdf.conventions.ome_transformations import Place, write_transformations
from catalog.rdf.conventions.ome_writer import NAME, OME, Writer, literal, resolve, shown
from catalog.rdf.prefixes import DCT, RDF_TYPE


class ImageDescriber:
    """Describes the images of one hierarchy."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._reader = MultiscaleReader(writer)
        self.sized: set[str] = set()
        """Paths of images whose first level has a physical size."""
        self.named: set[str] = set()
        """Paths of images with a name."""
        self.first_levels: dict[str, str] = {}
        """Path of an image → path of its finest level."""

    def describe(self, metadata: Metadata) -> None:
        """Write an image with its levels."""
        writer, stated, pointer = self._writer, metadata.members["multiscales"], metadata.pointer("multiscales")
        image = writer.node(metadata.path)
        writer.say(image, RDF_TYPE, f"<{terms.CLASS_MULTISCALE_IMAGE}>")
        if metadata.stated is not None:
            writer.say(image, terms.NGFF_VERSION, literal(metadata.stated))
        if not isinstance(stated, list) or not stated:
            writer.fault(metadata.path, pointer, f"the multiscales are {shown(stated)}; a list with one or more is needed")
            metadata.keep("multiscales")
            return
        for index, item in enumerate(stated):
            if not isinstance(item, dict):
                writer.fault(metadata.path, f"{pointer}/{index}", f"the multiscale is {shown(item)}; an object is needed")
                metadata.keep("multiscales")
            elif index and item in stated[:index]:
                writer.fault(metadata.path, f"{pointer}/{index}", "the multiscale stands twice; each has to be different")
                metadata.keep("multiscales")
            else:
                self._describe_one(metadata, index, item)

    def _describe_one(self, metadata: Metadata, index: int, stated: dict[str, Json]) -> None:
        writer, path = self._writer, metadata.path
        image = writer.node(path)
        if index:  # the first is the image itself, any other a part of it
            image = writer.about.part(path, "multiscale", str(index))
            writer.add(image, terms.CLASS_MULTISCALE_IMAGE, [(f"{DCT}isPartOf", writer.node(path))])
        version = stated.get("version", metadata.stated)
        pointer = f"{metadata.pointer('multiscales')}/{index}"
        found = self._reader.read(stated, version, metadata.generation)
        if not found.full or version != metadata.stated:
            metadata.keep("multiscales")
        for below, message in found.faults:
            writer.note(path, "ome-fault", message, f"{pointer}{below}")
            writer.say(found.name, terms.METADATA_FAULT, literals.string(f"{below}: {message}"))  # once for all images
            metadata.keep("multiscales")
        for message in found.doubts:
            writer.note(path, "ome-doubt", message, pointer)
        writer.say(image, terms.MULTISCALE, found.name)
        if "name" in stated:
            writer.say(image, NAME, literal(stated["name"]))
            self.named.add(path)
        for predicate, value in found.image_facts:
            writer.say(image, predicate, value)
        self._describe_levels(metadata, image, found, pointer)
        if metadata.generation == SYSTEMS:
            describe_systems(writer, metadata, stated, (pointer, image))

    def _describe_levels(self, metadata: Metadata, image: str, found: Multiscale, pointer: str) -> None:
        writer = self._writer
        for index, level in enumerate(found.levels):
            path = resolve(metadata.path, level.path) if level.path else None
            place = f"{pointer}/datasets/{index}/path"
            if path is None:
                if level.path:
                    writer.fault(metadata.path, place, f"the path {shown(level.path)} leads out of the hierarchy", image)
                continue
            name = writer.node(path)
            writer.say(image, terms.RESOLUTION_LEVEL, name)
            writer.add(name, f"{OME}Pixels", level.facts)
            if index == 0:
                self.first_levels[metadata.path] = path
                if len(level.facts) > 2:
                    self.sized.add(metadata.path)
            node = writer.nodes.get(path)
            if not isinstance(node, Array):
                what = "a group" if node else "not in the hierarchy"
                writer.note(
                    metadata.path, "ome-level-missing", f"the level {shown(level.path)} is {what}; an array is needed", place
                )
            elif found.axes and len(node.shape) != len(found.axes):
                message = f"the array {shown(level.path)} has {len(node.shape)} dimensions and the image {len(found.axes)} axes"
                writer.fault(metadata.path, place, message, image)


def system_name(writer: Writer, path: str, name: str) -> str:
    """The coordinate system of a group by its name."""
    return writer.about.part(path, "system", name)


def describe_systems(writer: Writer, metadata: Metadata, stated: Mapping[str, Json], where: tuple[str, str]) -> None:
    """Write named coordinate systems and the transformations between them; ``where`` is the pointer and what states them.

    Source: OME-NGFF 0.6, "coordinateSystems" and "coordinateTransformations" metadata.
    """
    path, (pointer, owner) = metadata.path, where

    def fault(place: str, message: str) -> None:
        writer.fault(path, place, message, owner)
        for key in ("multiscales", "scene"):
            metadata.keep(key)

    systems = stated.get("coordinateSystems")
    for index, system in enumerate(systems if isinstance(systems, list) else ()):
        place = f"{pointer}/coordinateSystems/{index}"
        if not isinstance(system, dict):
            fault(place, f"the coordinate system is {shown(system)}; an object with name and axes is needed")
            continue
        text = system.get("name")
        name = system_name(writer, path, text if isinstance(text, str) else f"#{index}")
        writer.say(owner, terms.COORDINATE_SYSTEM, name)
        facts = [(terms.SYSTEM_NAME, literal(text))] if "name" in system else []
        if "axes" in system:
            axes, _ = parse_axes(system["axes"], SYSTEMS, f"{place}/axes", fault)
            facts.append((terms.AXIS_SET, write_axes(writer, axes)))
        writer.add(name, terms.CLASS_COORDINATE_SYSTEM, [*facts, (terms.LIST_INDEX, literals.integer(index))])
    if "coordinateTransformations" in stated:

        def target(end: Mapping[str, Json]) -> str | None:
            base = resolve(path, end["path"]) if isinstance(end.get("path"), str) else path
            return system_name(writer, base, end["name"]) if base is not None and isinstance(end.get("name"), str) else None

        def part(key: str) -> str:
            return writer.about.part(path, "transformation", f"{pointer.rpartition('/')[2]}/{key}")

        listed = Place(owner, f"{pointer}/coordinateTransformations", target, part)
        write_transformations(writer, stated["coordinateTransformations"], listed, fault)
