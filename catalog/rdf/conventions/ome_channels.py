"""What are the channels of an image, and how is it shown at first?

Channels that many images state alike are written once. Source: OME-NGFF 0.3 to 0.6, "omero" metadata (transitional); ngio,
``wavelength_id``.
"""

from collections.abc import Mapping

from catalog.metadata.document import Json, as_object, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_metadata import STRINGS, Metadata
from catalog.rdf.conventions.ome_writer import NAME, OME, Fact, Writer, double_facts, facts_of, shown

EMISSION, EXCITATION = f"{OME}emission_wavelength", f"{OME}excitation_wavelength"
"""Wavelengths in nanometres, as the OME model has them by default."""
_PLAIN = {
    "label": NAME,
    "color": terms.CHANNEL_COLOR,
    "active": terms.ACTIVE,
    "inverted": terms.INVERTED,
    "family": terms.FAMILY,
    "wavelength_id": terms.WAVELENGTH_ID,
    "fluor": f"{OME}fluor",
}
_DOUBLES = {"coefficient": terms.COEFFICIENT, "emission_wavelength": EMISSION, "excitation_wavelength": EXCITATION}
_WINDOW = {"start": terms.WINDOW_START, "end": terms.WINDOW_END, "min": terms.WINDOW_MIN, "max": terms.WINDOW_MAX}
_DEFAULTS = {"defaultT": terms.DEFAULT_T, "defaultZ": terms.DEFAULT_Z, "model": terms.RENDERING_MODEL}
_IMAGE = {"id": terms.OMERO_ID, "name": terms.OMERO_NAME}

Extras = Mapping[str, Json]
"""What OME-XML says of a channel: keys as in ``omero``."""


def describe_channels(writer: Writer, metadata: Metadata, extras: tuple[Extras, ...] = ()) -> None:
    """Write the channels and rendering defaults of an image; ``extras`` has what OME-XML says of each channel."""
    stated = metadata.members.get("omero")
    if stated is None and not extras:
        return
    omero, pointer = as_object(stated), metadata.pointer("omero")
    channels = omero.get("channels")
    if stated is not None and not isinstance(channels, list):
        writer.fault(metadata.path, f"{pointer}/channels", f"the channels are {shown(channels)}; a list of objects is needed")
        metadata.keep("omero")
        channels = []
    listed = list(channels or [])
    for index in range(max(len(listed), len(extras))):
        own = listed[index] if index < len(listed) else {}
        extra = extras[index] if index < len(extras) else {}
        _describe_channel(writer, metadata, index, own, extra)
    image = writer.node(metadata.path)
    for predicate, value in (*facts_of(omero, _IMAGE), *facts_of(as_object(omero.get("rdefs")), _DEFAULTS)):
        writer.say(image, predicate, value)
    version_differs = omero.get("version", metadata.stated) != metadata.stated
    if (
        set(omero) - {"channels", "rdefs", "version", *_IMAGE}
        or set(as_object(omero.get("rdefs"))) - set(_DEFAULTS)
        or version_differs
    ):
        metadata.keep("omero")


def _describe_channel(writer: Writer, metadata: Metadata, index: int, own: Json, extra: Extras) -> None:
    pointer = f"{metadata.pointer('omero')}/channels/{index}"
    if not isinstance(own, dict):
        writer.fault(metadata.path, pointer, f"the channel is {shown(own)}; an object is needed")
        metadata.keep("omero")
        return
    if set(own) - {"window", *_PLAIN, *_DOUBLES}:
        metadata.keep("omero")
    if metadata.generation == STRINGS and own and {"window", "color"} - set(own):
        writer.fault(metadata.path, pointer, "up to 0.3 a channel needs both a color and a window")
    channel = {**extra, **own}
    content = canonical_json([index, channel])
    name = writer.shared("channels", content)
    writer.say(writer.node(metadata.path), terms.CHANNEL, name)
    if not writer.is_new(name):
        return
    facts: list[Fact] = [
        (terms.LIST_INDEX, literals.integer(index)),
        *facts_of(channel, _PLAIN),
        *double_facts(channel, _DOUBLES),
    ]
    if "window" in channel:
        facts.append((terms.WINDOW, _window(writer, metadata, channel["window"], f"{pointer}/window")))
    writer.add(name, f"{OME}Channel", facts)


def _window(writer: Writer, metadata: Metadata, stated: Json, pointer: str) -> str:
    name = writer.shared("windows", canonical_json(stated))
    if not isinstance(stated, dict):
        writer.fault(metadata.path, pointer, f"the window is {shown(stated)}; an object with start, end, min and max is needed")
    if not isinstance(stated, dict) or set(stated) - set(_WINDOW):
        metadata.keep("omero")
    if writer.is_new(name):
        writer.add(name, terms.CLASS_WINDOW, double_facts(as_object(stated), _WINDOW))
    return name
