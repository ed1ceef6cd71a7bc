"""Which label images has an image, and what do they say of their values?

Source: OME-NGFF 0.3 to 0.6, "labels" and "image-label" metadata.
"""

from collections.abc import Mapping

from catalog.metadata.document import Json, as_object, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_metadata import Metadata
from catalog.rdf.conventions.ome_writer import Writer, facts_of, literal, resolve, shown
from catalog.rdf.prefixes import PROV, RDF_TYPE

MAX_COLORS = 256
"""Colours of one label image that the graph holds one by one."""
_DERIVED = f"{PROV}wasDerivedFrom"


class LabelDescriber:
    """Describes the label images of one hierarchy."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._listed: dict[str, str] = {}
        self._stated: set[str] = set()

    def describe_list(self, metadata: Metadata) -> None:
        """Write which label images the group ``labels`` of an image lists."""
        writer, stated, pointer = self._writer, metadata.members["labels"], metadata.pointer("labels")
        if not isinstance(stated, list) or not all(isinstance(item, str) for item in stated):
            if metadata.namespaced or metadata.path.rpartition("/")[2] == "labels":
                writer.fault(metadata.path, pointer, f"the labels are {shown(stated)}; a list of paths is needed")
            metadata.keep("labels")
            return
        if metadata.path.rpartition("/")[2] != "labels" and not metadata.namespaced:
            metadata.keep("labels")  # somebody's own key
            return
        image = metadata.path.rpartition("/")[0]
        for index, item in enumerate(stated):
            path = resolve(metadata.path, item)
            if path is None or path not in writer.nodes:
                writer.note(
                    metadata.path, "ome-label-missing", f"the label {shown(item)} is not in the hierarchy", f"{pointer}/{index}"
                )
            if path is not None:
                if image in writer.images:  # SpatialData has such a list beside its images
                    self._listed[path] = image
                    writer.say(writer.node(image), terms.LABEL, writer.node(path))
                writer.say(writer.node(path), RDF_TYPE, f"<{terms.CLASS_LABEL_IMAGE}>")

    def describe_label(self, metadata: Metadata) -> None:
        """Write what a label image says of itself."""
        writer, stated, pointer = self._writer, metadata.members["image-label"], metadata.pointer("image-label")
        label, path = writer.node(metadata.path), metadata.path
        writer.say(label, RDF_TYPE, f"<{terms.CLASS_LABEL_IMAGE}>")
        if metadata.stated is not None:
            writer.say(label, terms.NGFF_VERSION, literal(metadata.stated))
        if not isinstance(stated, dict):
            writer.fault(path, pointer, f"image-label is {shown(stated)}; an object is needed")
            metadata.keep("image-label")
            return
        differs = stated.get("version", metadata.stated) != metadata.stated
        if set(stated) - {"version", "colors", "source"} or differs or set(as_object(stated.get("source"))) - {"image"}:
            metadata.keep("image-label")  # properties are counted, and stay as they are
        if "colors" in stated:
            self._colors(metadata, stated["colors"], f"{pointer}/colors")
        if "properties" in stated:
            self._properties(metadata, stated["properties"], f"{pointer}/properties")
        self._source(metadata, as_object(stated.get("source")), pointer)

    def _source(self, metadata: Metadata, source: Mapping[str, Json], pointer: str) -> None:
        """The image that the label was made from; two groups above it where nothing is said."""
        writer = self._writer
        relative = source.get("image", "../../")
        path = resolve(metadata.path, relative) if isinstance(relative, str) else None
        if path is None or path not in writer.nodes or not (path in writer.images or "image" in source):
            if "image" in source:
                message = f"the source image {shown(relative)} is not in the hierarchy"
                writer.note(metadata.path, "ome-source-missing", message, f"{pointer}/source/image")
                metadata.keep("image-label")
            return
        self._stated.add(metadata.path)
        writer.say(writer.node(metadata.path), _DERIVED, writer.node(path))

    def finish(self) -> None:
        """Where a listed label image says nothing of its source, it is the image that lists it."""
        for path, image in self._listed.items():
            if path not in self._stated:
                self._writer.say(self._writer.node(path), _DERIVED, self._writer.node(image))

    def _colors(self, metadata: Metadata, stated: Json, pointer: str) -> None:
        writer = self._writer
        if not isinstance(stated, list) or not stated:
            writer.fault(metadata.path, pointer, f"the colors are {shown(stated)}; a list with one or more is needed")
            metadata.keep("image-label")
            return
        label = writer.node(metadata.path)
        writer.say(label, terms.LABEL_COLOR_COUNT, literals.integer(len(stated)))
        if len(stated) > MAX_COLORS:
            metadata.keep("image-label")
            message = f"the graph holds the first {MAX_COLORS} of {len(stated)} colours"
            writer.note(metadata.path, "ome-loss", message, pointer, "info")
        for index, item in enumerate(stated[:MAX_COLORS]):
            color = as_object(item)
            if set(color) - {"label-value", "rgba"}:
                metadata.keep("image-label")
            value = color.get("label-value")
            name = writer.about.part(metadata.path, "color", canonical_json(value) if "label-value" in color else f"#{index}")
            facts = [(terms.LIST_INDEX, literals.integer(index)), *facts_of(color, {"label-value": terms.LABEL_VALUE})]
            if "rgba" in color:
                facts.append((terms.RGBA, literals.json(canonical_json(color["rgba"]))))
            writer.say(label, terms.LABEL_COLOR, writer.add(name, terms.CLASS_LABEL_COLOR, facts))

    def _properties(self, metadata: Metadata, stated: Json, pointer: str) -> None:
        writer = self._writer
        if not isinstance(stated, list) or not stated:
            writer.fault(metadata.path, pointer, f"the properties are {shown(stated)}; a list with one or more is needed")
            return
        writer.say(writer.node(metadata.path), terms.LABEL_PROPERTY_COUNT, literals.integer(len(stated)))
        for index, item in enumerate(stated):
            value = as_object(item).get("label-value")
            if not isinstance(value, int) or isinstance(value, bool):
                message = f"the label-value of the properties is {shown(value)}; an integer is needed"
                writer.fault(metadata.path, f"{pointer}/{index}/label-value", message)
