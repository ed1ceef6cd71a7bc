"""Which images belong together: the series of a converted file, and the images of a scene?

Source: OME-NGFF 0.4 to 0.6, "bioformats2raw.layout" (transitional); 0.6, "scene" metadata.
"""

from catalog.metadata.document import as_object
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_images import describe_systems
from catalog.rdf.conventions.ome_metadata import Metadata
from catalog.rdf.conventions.ome_writer import Writer, literal, resolve, shown
from catalog.rdf.prefixes import RDF_TYPE

LAYOUT = "bioformats2raw.layout"
XML_KEY = "OME/METADATA.ome.xml"


def describe_collection(writer: Writer, metadata: Metadata, inner: Metadata | None) -> tuple[str, ...]:
    """Write a collection; gives the paths of its images in the order of the series. ``inner`` is of its group ``OME``."""
    collection = writer.node(metadata.path)
    if LAYOUT in metadata.members:
        writer.say(collection, RDF_TYPE, f"<{terms.CLASS_IMAGE_COLLECTION}>")
        writer.say(collection, terms.BIOFORMATS2RAW_LAYOUT, literal(metadata.members[LAYOUT]))
    paths = _listed(writer, metadata, inner)
    if paths is None:
        if "plate" in metadata.members:
            return ()
        paths = _numbered(writer, metadata.path) or ([metadata.path] if metadata.path in writer.images else [])
    for index, path in enumerate(paths):
        if path != metadata.path:
            writer.say(collection, terms.SERIES, writer.node(path))
            writer.say(writer.node(path), terms.SERIES_INDEX, literals.integer(index))
    return tuple(paths)


def _listed(writer: Writer, metadata: Metadata, inner: Metadata | None) -> list[str] | None:
    """The images that the group ``OME`` lists; None where it lists none."""
    if inner is None or "series" not in inner.members:
        return None
    stated, pointer = inner.members["series"], inner.pointer("series")
    if not isinstance(stated, list) or not all(isinstance(item, str) for item in stated):
        writer.fault(inner.path, pointer, f"the series are {shown(stated)}; a list of paths is needed")
        inner.keep("series")
        return None
    paths = []
    for index, item in enumerate(stated):
        path = resolve(metadata.path, item)
        if path is None or path not in writer.nodes:
            writer.note(
                inner.path, "ome-series-missing", f"the series {shown(item)} is not in the hierarchy", f"{pointer}/{index}"
            )
        if path is not None:
            paths.append(path)
    return paths


def _numbered(writer: Writer, base: str) -> list[str]:
    paths: list[str] = []
    while (path := f"{base}/{len(paths)}".lstrip("/")) in writer.images:
        paths.append(path)
    return paths


def describe_scene(writer: Writer, metadata: Metadata) -> None:
    """Write the coordinate systems of a scene, and how those of its images relate to them."""
    stated, pointer, scene = metadata.members["scene"], metadata.pointer("scene"), writer.node(metadata.path)
    writer.say(scene, RDF_TYPE, f"<{terms.CLASS_SCENE}>")
    if metadata.stated is not None:
        writer.say(scene, terms.NGFF_VERSION, literal(metadata.stated))
    if not isinstance(stated, dict) or "coordinateTransformations" not in stated:
        message = f"the scene is {shown(stated)}; an object with coordinateTransformations is needed"
        writer.fault(metadata.path, pointer, message)
        metadata.keep("scene")
    if set(as_object(stated)) - {"coordinateSystems", "coordinateTransformations"}:
        metadata.keep("scene")
    describe_systems(writer, metadata, as_object(stated), (pointer, scene))
