"""What do OME-Zarr metadata say: plates, wells, images, levels, channels, labels, tables, collections?

Versions 0.3 to 0.5, and of 0.6 what its release candidate names: coordinate systems, transformations, scenes. The parts are in
``ome_…``: ``ome_metadata`` finds what a group states, one part describes each kind of thing, ``ome_writer`` writes. A key of the
attributes is consumed where triples say all of it. Source: https://ngff.openmicroscopy.org
"""

from collections.abc import Collection, Iterator

from catalog.metadata.document import as_object
from catalog.metadata.hierarchy import Hierarchy
from catalog.rdf.convention import About, Findings, Given, Wanted
from catalog.rdf.conventions.ome_channels import describe_channels
from catalog.rdf.conventions.ome_collections import LAYOUT, XML_KEY, describe_collection, describe_scene
from catalog.rdf.conventions.ome_images import ImageDescriber
from catalog.rdf.conventions.ome_instruments import XmlDescriber
from catalog.rdf.conventions.ome_labels import LabelDescriber
from catalog.rdf.conventions.ome_metadata import KEYS, NAMESPACE, Metadata, read_metadata
from catalog.rdf.conventions.ome_plates import PlateDescriber
from catalog.rdf.conventions.ome_tables import describe_tables, wanted_of_tables
from catalog.rdf.conventions.ome_writer import Writer
from catalog.rdf.prefixes import DCT

NAME = "ome"
MAX_XML_FILES = 16
"""OME-XML files of one hierarchy that are read."""
_SPECIFIC = {"multiscales", "plate", "image-label", LAYOUT, NAMESPACE}
_SPECIFICATION = "https://ngff.openmicroscopy.org/{}/"
_KNOWN = ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6")


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:
    """Whether any group states what only OME-Zarr has; ``well`` alone, or ``labels``, could be anybody's."""
    found = _SPECIFIC.intersection(keys)
    if found - {NAMESPACE, "multiscales"}:
        return True
    return bool(found or "well" in keys) and any(_is_ome(group.attributes) for group in hierarchy.groups)


def _is_ome(attributes: dict[str, object]) -> bool:
    inner = attributes.get(NAMESPACE)
    images = as_object(attributes.get("well")).get("images")
    geozarr = isinstance(attributes.get("multiscales"), dict)  # another convention has an object under this key
    stated = "multiscales" in attributes and not geozarr
    return stated or isinstance(images, list) or bool(set(as_object(inner)).intersection((*KEYS, "version", "coordinateSystems")))


def wants(hierarchy: Hierarchy) -> Wanted:
    """The OME-XML of collections, and the tables."""
    tables = wanted_of_tables(hierarchy)
    bases = [group.path for group in hierarchy.groups if _is_collection(group.attributes)]
    files = [f"{base}/{XML_KEY}".lstrip("/") for base in bases[:MAX_XML_FILES]]
    return Wanted(files=(*files, *tables.files), whole=tables.whole)


def _is_collection(attributes: dict[str, object]) -> bool:
    return LAYOUT in attributes or LAYOUT in as_object(attributes.get(NAMESPACE))


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:
    """What the attributes mean. Bad metadata makes problems, never an error."""
    writer = Writer(hierarchy, about)
    stated = {found.path: found for group in hierarchy.groups if (found := read_metadata(group)) is not None}
    writer.images.update(path for path, each in stated.items() if "multiscales" in each.members)
    _say_versions(writer, stated)
    files = _describe_collections(writer, stated, given)
    images, plates, labels = ImageDescriber(writer), PlateDescriber(writer), LabelDescriber(writer)
    for metadata in stated.values():
        _check_namespace(writer, metadata, stated)
        members = metadata.members
        if "plate" in members:
            plates.describe_plate(metadata)
        if "well" in members:
            plates.describe_well(metadata)
        if "multiscales" in members:
            images.describe(metadata)
        extras = next((channels for each in files if (channels := each.channels(metadata.path))), ())
        if "multiscales" in members or "omero" in members:
            describe_channels(writer, metadata, extras)
        if "labels" in members:
            labels.describe_list(metadata)
        if "image-label" in members:
            labels.describe_label(metadata)
        if "tables" in members:
            describe_tables(writer, metadata, given)
        if "scene" in members:
            describe_scene(writer, metadata)
    labels.finish()
    for each in files:
        each.describe(images.sized, images.first_levels, images.named)
    for metadata in stated.values():
        writer.findings.consume(metadata.path, metadata.consumed())
    return writer.finish()


def _describe_collections(writer: Writer, stated: dict[str, Metadata], given: Given) -> list[XmlDescriber]:
    files = []
    for path, metadata in stated.items():
        if LAYOUT not in metadata.members:
            continue
        inner = stated.get(f"{path}/OME".lstrip("/"))
        paths = describe_collection(writer, metadata, inner)
        key = f"{path}/{XML_KEY}".lstrip("/")
        if key in given.files:
            file = XmlDescriber(writer, key, given.files[key])
            file.assign(paths)
            files.append(file)
    return files


def _check_namespace(writer: Writer, metadata: Metadata, others: dict[str, Metadata]) -> None:
    """From 0.5 on, ``ome`` has a version, and something that the version is of. Source: OME-NGFF 0.5, "OME-Zarr Metadata".

    ome-zarr-py and SpatialData leave it out of the list of labels. A version is the same all over a hierarchy, so nothing is
    lost where the groups around or below state it.
    """
    inner = metadata.group.attributes.get(NAMESPACE)
    if not isinstance(inner, dict):
        return
    pointer = "/attributes/ome" if metadata.group.zarr_format == 3 else "/ome"
    listed = inner.get("labels")
    near = [
        *_above(metadata.path),
        *(f"{metadata.path}/{name}".lstrip("/") for name in (listed if isinstance(listed, list) else ())),
    ]
    if set(inner) == {"labels"} and any(others[path].stated for path in near if path in others):
        message = (
            'ome has no version; it is taken to be that of the groups around and below, and a string such as "0.5" belongs there'
        )
        writer.note(metadata.path, "ome-doubt", message, f"{pointer}/version", severity="info")
    elif not isinstance(inner.get("version"), str):
        writer.fault(metadata.path, f"{pointer}/version", 'ome has no version; a string such as "0.5" is needed')
        metadata.kept.add(NAMESPACE)
    if not metadata.members:
        writer.fault(metadata.path, pointer, f"ome has none of the keys {', '.join(KEYS[:-1])}; one of them is needed")


def _above(path: str) -> Iterator[str]:
    """The paths of the groups around, the nearest first."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _say_versions(writer: Writer, stated: dict[str, Metadata]) -> None:
    versions = {str(each.stated)[:3] for each in stated.values() if isinstance(each.stated, str)}
    for version in sorted(versions.intersection(_KNOWN)):
        writer.say(writer.about.dataset, f"{DCT}conformsTo", f"<{_SPECIFICATION.format(version)}>")
