"""What does the OME-XML beside the images say that OME-Zarr metadata cannot?

Read as a stream by the standard library's parser, with nothing that could reach outside or grow: a document type declaration is
refused before anything else is looked at, so that there are no entities to expand. What is understood becomes values; elements
that are not are counted, so that the loss can be told. Source: OME model 2016-06; OME-NGFF 0.4, "bioformats2raw.layout".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat  # a document type declaration is refused below, before any entity could be declared

MAX_DEPTH = 64
MAX_ELEMENTS = 500_000
MAX_IMAGES = 20_000
MAX_TEXT = 4096
"""Characters of a text that are taken."""

_TEXTS = {"AcquisitionDate", "Description"}
_TARGETS = {"Image", "Instrument", "Objective", "Microscope", "Pixels", "Channel", "Detector"}
_STRUCTURE = {
    "OME", "InstrumentRef", "ObjectiveSettings", "MetadataOnly", "TiffData", "BinData", "UUID", "Plate", "Well", "WellSample",
    "ImageRef", "PlateAcquisition", "WellSampleRef",
}  # fmt: skip
"""Elements that say nothing more, or that OME-Zarr says by itself."""

Attributes = dict[str, str]


class XmlRefusedError(ValueError):
    """The file is not read: it is no OME-XML, declares entities, or is too deep or too large."""


@dataclass(slots=True)
class XmlInstrument:
    """A microscope with its objectives and detectors, by their attributes."""

    id: str
    microscope: Attributes = field(default_factory=dict)
    objectives: list[Attributes] = field(default_factory=list)
    detectors: list[Attributes] = field(default_factory=list)


@dataclass(slots=True)
class XmlImage:
    """An image, by the attributes of its elements.

    Attributes
    ----------
    acquired
        ISO 8601 text, or empty.
    """

    name: str = ""
    acquired: str = ""
    description: str = ""
    instrument: str = ""
    objective: str = ""
    pixels: Attributes = field(default_factory=dict)
    channels: list[Attributes] = field(default_factory=list)


@dataclass(slots=True)
class OmeXml:
    """What was understood, and how often each other element stands in the file."""

    images: list[XmlImage] = field(default_factory=list)
    instruments: list[XmlInstrument] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)


def parse_ome_xml(data: bytes) -> OmeXml:
    """Read a file.

    Raises
    ------
    XmlRefusedError
        See there.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlRefusedError(f"it is not well-formed XML: {error}") from error
    except (LookupError, ValueError) as error:
        raise error if isinstance(error, XmlRefusedError) else XmlRefusedError(f"it cannot be decoded: {error}") from error
    return reader.found


def _refuse(*_: object) -> int:
    raise XmlRefusedError("it has a document type declaration, which could define entities; take it out")


class _Reader:
    def __init__(self) -> None:
        self.found = OmeXml()
        self._stack: list[str] = []
        self._count = 0
        self._text: list[str] = []
        self._image: XmlImage | None = None
        self._instrument: XmlInstrument | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        local = name.rpartition(" ")[2]
        self._count += 1
        if not self._stack and local != "OME":
            raise XmlRefusedError(f"its first element is {local[:80]!r}; OME is needed")
        if len(self._stack) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise XmlRefusedError(f"it is deeper than {MAX_DEPTH} levels or has more than {MAX_ELEMENTS} elements")
        self._stack.append(local)
        self._text.clear()
        short = {key.rpartition(" ")[2]: value[:MAX_TEXT] for key, value in attributes.items()}
        if local in _TARGETS and self._fits(local):
            self._take(local, short)
        elif local == "InstrumentRef" and self._image:
            self._image.instrument = short.get("ID", "")
        elif local == "ObjectiveSettings" and self._image:
            self._image.objective = short.get("ID", "")
        elif local not in _STRUCTURE and not (local in _TEXTS and self._image):
            self.found.lost[local[:80]] += 1

    def _fits(self, local: str) -> bool:
        parent = self._stack[-2] if len(self._stack) > 1 else ""
        wanted = {"Image": "OME", "Instrument": "OME", "Pixels": "Image", "Channel": "Pixels"}
        return wanted.get(local, "Instrument") == parent

    def _take(self, local: str, attributes: Attributes) -> None:
        if local == "Image":
            if len(self.found.images) >= MAX_IMAGES:
                raise XmlRefusedError(f"it has more than {MAX_IMAGES} images")
            self._image = XmlImage(name=attributes.get("Name", ""))
            self.found.images.append(self._image)
        elif local == "Instrument":
            self._instrument = XmlInstrument(attributes.get("ID", ""))
            self.found.instruments.append(self._instrument)
        elif self._image and local in {"Pixels", "Channel"}:
            self._image.pixels = attributes if local == "Pixels" else self._image.pixels
            self._image.channels += [attributes] if local == "Channel" else []
        elif self._instrument:
            parts = {"Objective": self._instrument.objectives, "Detector": self._instrument.detectors}
            if local in parts:
                parts[local].append(attributes)
            else:
                self._instrument.microscope = attributes

    def text(self, data: str) -> None:
        if self._stack[-1] in _TEXTS:
            self._text.append(data)

    def end(self, _: str) -> None:
        local = self._stack.pop()
        if local in _TEXTS and self._image and self._stack[-1] == "Image":
            value = "".join(self._text).strip()[:MAX_TEXT]
            if local == "AcquisitionDate":
                self._image.acquired = value
            else:
                self._image.description = value
        elif local == "Image":
            self._image = None
        elif local == "Instrument":
            self._instrument = None


def losses(found: OmeXml) -> str:
    """The elements that were not understood, as ``Plane (12), Filter (2)``; the most frequent first."""
    listed: Iterable[tuple[str, int]] = sorted(found.lost.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} ({count})" for name, count in list(listed)[:20])
