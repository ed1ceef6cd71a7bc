"""How does what OME-XML says of images look as triples?

Only what OME-Zarr metadata cannot say, or do not: instrument, objective, date, description, wavelengths; names and pixel sizes
where the metadata have none. Source: OME model 2016-06.
"""

import re
from collections.abc import Mapping

from catalog.metadata.document import Json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_channels import Extras
from catalog.rdf.conventions.ome_collections import XML_KEY
from catalog.rdf.conventions.ome_multiscales import SIZES
from catalog.rdf.conventions.ome_units import MICROMETRES, name_of_symbol
from catalog.rdf.conventions.ome_writer import NAME, OME, Fact, Writer
from catalog.rdf.conventions.ome_xml import OmeXml, XmlImage, XmlInstrument, XmlRefusedError, losses, parse_ome_xml
from catalog.rdf.prefixes import DCT

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?")
_MAKER = {
    "Manufacturer": "manufacturer",
    "Model": "model",
    "SerialNumber": "serial_number",
    "LotNumber": "lot_number",
    "Type": "type",
}
_OBJECTIVE_TEXTS = {**_MAKER, "Immersion": "immersion", "Correction": "correction"}
_OBJECTIVE_NUMBERS = {
    "NominalMagnification": "nominal_magnification",
    "CalibratedMagnification": "calibrated_magnification",
    "LensNA": "lens_na",
}
_CHANNEL = {"Name": "label", "Fluor": "fluor"}
_WAVELENGTHS = {"EmissionWavelength": "emission_wavelength", "ExcitationWavelength": "excitation_wavelength"}


class XmlDescriber:
    """Describes what one OME-XML says of the images of a collection."""

    def __init__(self, writer: Writer, key: str, data: bytes) -> None:
        self._writer = writer
        self._key = key
        self._base = key.removesuffix(XML_KEY).rstrip("/")
        self._images: dict[str, XmlImage] = {}
        self._named: dict[str, str] = {}
        self.found: OmeXml | None = None
        try:
            self.found = parse_ome_xml(data)
        except XmlRefusedError as error:
            writer.note(key, "ome-xml-refused", f"the OME-XML was not read: {error}")

    def assign(self, paths: tuple[str, ...]) -> None:
        """Say which image of the file is which image of the hierarchy: they are in the same order."""
        if self.found is None:
            return
        images = self.found.images
        if len(images) != len(paths):
            message = f"the OME-XML has {len(images)} images and the hierarchy {len(paths)}; they are matched in order"
            self._writer.note(self._key, "ome-xml-count", message, severity="info")
        self._images = dict(zip(paths, images, strict=False))

    def channels(self, path: str) -> tuple[Extras, ...]:
        """What the file says of the channels of an image, with keys as in ``omero``."""
        image = self._images.get(path)
        return tuple(map(_channel, image.channels)) if image else ()

    def describe(self, sized: set[str], first_levels: Mapping[str, str], named: set[str]) -> None:
        """Write instruments and images; ``sized`` and ``named`` are images whose metadata state pixel sizes or a name."""
        if self.found is None:
            return
        for instrument in self.found.instruments:
            self._instrument(instrument)
        for path, image in self._images.items():
            self._image(path, image, path in named)
            if path not in sized and path in first_levels:
                self._sizes(first_levels[path], image)
        if self.found.lost:
            message = f"these elements of the OME-XML are not in the graph: {losses(self.found)}"
            self._writer.note(self._key, "ome-loss", message, severity="info")

    def _part(self, kind: str, name: str) -> str:
        return self._writer.about.part(self._base, kind, name)

    def _instrument(self, found: XmlInstrument) -> None:
        name = self._part("instrument", found.id)
        facts = _texts(found.microscope, _MAKER)
        for index, objective in enumerate(found.objectives):
            part = self._part("objective", objective.get("ID", f"{found.id} {index}"))
            about = [*_texts(objective, _OBJECTIVE_TEXTS), *_numbers(objective, _OBJECTIVE_NUMBERS)]
            facts.append((f"{DCT}hasPart", self._writer.add(part, f"{OME}Objective", about)))
        for index, detector in enumerate(found.detectors):
            part = self._part("detector", detector.get("ID", f"{found.id} {index}"))
            facts.append((f"{DCT}hasPart", self._writer.add(part, f"{OME}Detector", _texts(detector, _MAKER))))
        self._writer.add(name, f"{OME}Instrument", facts)

    def _image(self, path: str, image: XmlImage, named: bool) -> None:
        writer, node = self._writer, self._writer.node(path)
        if image.name and not named:
            writer.say(node, NAME, literals.string(image.name))
        if image.description:
            writer.say(node, f"{DCT}description", literals.string(image.description))
        if _DATE.fullmatch(image.acquired):
            writer.say(node, f"{OME}acquisition_date", literals.date_time(image.acquired))
        elif image.acquired:
            writer.note(self._key, "ome-doubt", f"the acquisition date {image.acquired[:60]!r} is no date and time of ISO 8601")
        if image.instrument:
            writer.say(node, f"{OME}instrument", self._part("instrument", image.instrument))
        if image.objective:
            writer.say(node, terms.OBJECTIVE, self._part("objective", image.objective))

    def _sizes(self, level: str, image: XmlImage) -> None:
        for axis, predicate in SIZES.items():
            size = _float(image.pixels.get(f"PhysicalSize{axis.upper()}"))
            factor = MICROMETRES.get(name_of_symbol(image.pixels.get(f"PhysicalSize{axis.upper()}Unit", "µm")))
            if size is not None and factor is not None:
                self._writer.say(self._writer.node(level), predicate, literals.double(size if factor == 1 else size * factor))


def _channel(attributes: Mapping[str, str]) -> dict[str, Json]:
    found: dict[str, Json] = {key: attributes[name] for name, key in _CHANNEL.items() if attributes.get(name)}
    for name, key in _WAVELENGTHS.items():
        value = _float(attributes.get(name))
        factor = MICROMETRES.get(name_of_symbol(attributes.get(f"{name}Unit", "nm")))
        if value is not None and factor is not None:
            found[key] = value if factor == 1e-3 else value * factor * 1e3
    return found


def _texts(attributes: Mapping[str, str], names: Mapping[str, str]) -> list[Fact]:
    return [(f"{OME}{name}", literals.string(attributes[key])) for key, name in names.items() if attributes.get(key)]


def _numbers(attributes: Mapping[str, str], names: Mapping[str, str]) -> list[Fact]:
    values = ((name, _float(attributes.get(key))) for key, name in names.items())
    return [(f"{OME}{name}", literals.double(value)) for name, value in values if value is not None]


def _float(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
