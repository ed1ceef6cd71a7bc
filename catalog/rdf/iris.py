"""Which IRI names this thing?

The only place where IRIs are minted. What belongs to one dataset lies below the dataset; what datasets may share (layouts,
dimensions, codecs, attributes) is named by content, so that equal things have equal names. A path is percent-encoded UTF-8,
whatever characters it has.
"""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from catalog.errors import InputError

DEFAULT_BASE = "http://localhost:8000/"
RECORD, ASSERTED, CURATED, DERIVED, REJECTED = "record", "asserted", "curated", "derived", "rejected"
HISTORY = "history"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
_BASE = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"{}|\\^`?#]+/")
_NODE_PATH = re.compile(r"datasets/([^/]+)/nodes/(.*)", re.DOTALL)
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9._~/%-]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._-]")
SHARED = (
    "layouts", "codecs", "attributes", "dimensions", "axes", "channels", "windows", "multiscales", "samplings", "measured",
)  # fmt: skip
"""Where things lie, below the base, that datasets share: the kinds of `Iris.shared`, and those with a name of their own."""
PROJECT = "https://w3id.org/zarr-catalog/"
"""Where every IRI begins that does not depend on a deployment: terms, shapes, profiles."""
PROFILES = f"{PROJECT}profiles/"
"""Where the IRIs of profiles begin; a shape of the profile ``cf`` has an IRI that begins with this and ``cf#``."""
DATA_TYPE = "https://w3id.org/zarr-catalog/ns#dtype/"


def safe_id(text: str) -> str:
    """The text, if it can be a dataset's id: 1 to 128 letters, digits, ``.``, ``_``, ``~`` or ``-``, not beginning with a mark.

    Raises
    ------
    InputError
        It has other characters.
    """
    if not _ID.fullmatch(text):
        raise InputError(
            f"{text!r} cannot be a dataset's id: use 1 to 128 letters, digits and . _ ~ -, beginning with a letter or digit"
        )
    return text


def safe_base(text: str) -> str:
    """The text, if it can be a base IRI: ``http`` or ``https``, ending in ``/``, without query or fragment."""
    if not _BASE.fullmatch(text):
        raise InputError(f"{text!r} cannot be the base IRI: it must begin with http:// or https:// and end with '/'")
    return text


def content_hash(text: str) -> str:
    """24 hexadecimal digits that name a content; 96 bits, so a clash is out of reach for any catalogue."""
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def replaced_blank(answer: str, label: str) -> str:
    """What stands for a blank node that another catalogue's answer holds, which has no name outside that answer."""
    return f"{PROJECT}.well-known/genid/{content_hash(f'{answer} {label}')}"


def encoded_path(path: str) -> str:
    """A node path as part of an IRI."""
    return path if _PLAIN_PATH.fullmatch(path) else quote(path, safe="/~")


@dataclass(frozen=True, slots=True)
class Iris:
    """Mints the IRIs of one deployment.

    Attributes
    ----------
    base
        The deployment's base IRI, ending in ``/``.
    """

    base: str = DEFAULT_BASE

    def dataset(self, dataset_id: str) -> str:
        """A dataset; also the name of its structure graph."""
        return f"{self.base}datasets/{dataset_id}"

    def graph(self, dataset_id: str, part: str = "") -> str:
        """A named graph of a dataset: its structure, or the part named (``record``, ``asserted`` …)."""
        return f"{self.dataset(dataset_id)}/{part}" if part else self.dataset(dataset_id)

    def node(self, dataset_id: str, path: str) -> str:
        """A group or an array."""
        return f"{self.base}datasets/{dataset_id}/nodes/{encoded_path(path)}"

    def part(self, dataset_id: str, path: str, kind: str, name: str) -> str:
        """Something that a node says and that is no node itself: a channel, a region, a coordinate system."""
        return f"{self.node(dataset_id, path)}#{kind}-{quote(name, safe='')}"

    @property
    def skolem(self) -> str:
        """Where the IRIs begin that stand for blank nodes."""
        return f"{self.base}.well-known/genid/"

    @property
    def references(self) -> str:
        """The graph that lists the reference graphs: ontologies, taxonomies and exports that people loaded."""
        return f"{self.base}references"

    def distribution(self, dataset_id: str) -> str:
        """Where a dataset can be had."""
        return f"{self.dataset(dataset_id)}/distribution"

    def snapshot(self, dataset_id: str, digest: str) -> str:
        """A snapshot of a dataset."""
        return f"{self.dataset(dataset_id)}/snapshots/{digest}"

    def waiver(self, dataset_id: str, shape: str) -> str:
        """The waiver of a shape that a dataset has."""
        return f"{self.dataset(dataset_id)}/waivers/{content_hash(shape)}"

    def reference(self, name: str) -> str:
        """A reference graph."""
        return f"{self.references}/{name}"

    def layout(self, digest: str) -> str:
        """A layout, by its digest."""
        return f"{self.base}layouts/{digest[:24]}"

    def codec(self, content: str) -> str:
        """A codec at its place in a pipeline, by its content."""
        return f"{self.base}codecs/{content_hash(content)}"

    def attribute(self, content: str) -> str:
        """A key with its value, by its content."""
        return f"{self.base}attributes/{content_hash(content)}"

    def shared(self, kind: str, content: str, name: str = "") -> str:
        """Something that many nodes say alike, by its content, such as the axes of images; ``name`` is a part of it."""
        return f"{self.base}{kind}/{content_hash(content)}" + (f"#{quote(name, safe='')}" if name else "")

    def dimension(self, index: int, size: int, name: str | None) -> str:
        """A dimension; readable where its name is short."""
        if name is None:
            return f"{self.base}dimensions/{index}-{size}"
        label = quote(name, safe="").replace("~", "%7E") if len(name) <= 64 else f"~{content_hash(name)}"
        return f"{self.base}dimensions/{index}-{size}-{label}"

    def zarr(self, dataset_id: str) -> str:
        """A dataset as a Zarr store over HTTP, as the service offers it."""
        return f"{self.dataset(dataset_id)}/zarr"

    @property
    def catalogue(self) -> str:
        """The catalogue as a ``dcat:Catalog``."""
        return f"{self.base}catalog"

    @property
    def void(self) -> str:
        """What the catalogue holds, as a ``void:Dataset``."""
        return f"{self.base}void"

    @property
    def sparql(self) -> str:
        """Where the catalogue is asked with SPARQL, and the ``sd:Service`` that does it."""
        return f"{self.base}sparql"

    def document(self, iri: str, ending: str = "", page: int = 1) -> str:
        """The document about something of this deployment.

        Parameters
        ----------
        iri
            What it is about; a fragment does not count, as a document tells of all that its own thing consists of.
        ending
            Of a format, such as ``ttl`` or ``html``; ``""`` names the document whatever its format.
        page
            From 1, where it is about something with many members.
        """
        about = iri.partition("#")[0].removeprefix(self.base)
        return f"{self.base}data/{about}{'.' if ending else ''}{ending}{f'?page={page}' if page > 1 else ''}"

    def published(self, iri: str) -> str:
        """Where this deployment tells of a term, a shape or a profile of the project; ``""`` for any other IRI.

        Their own IRIs do not depend on where a catalogue runs; whoever answers at them can send people here.
        """
        name = iri.removeprefix(PROJECT)
        return "" if name == iri else f"{self.base}{name.replace('#', '/', 1)}"

    def from_path(self, path: str) -> str:
        """The IRI that a request's path asks about, however the client chose to encode it.

        Parameters
        ----------
        path
            Below the base, percent-encoded, without a slash at the beginning.
        """
        found = _NODE_PATH.fullmatch(path)
        if found:
            return self.node(found[1], unquote(found[2]))
        return self.base + _ENCODED.sub(_same_encoding, path)

    def dataset_id(self, iri: str) -> str | None:
        """The id in the IRI of a dataset, or of anything below one; None for any other IRI."""
        prefix = f"{self.base}datasets/"
        if not iri.startswith(prefix):
            return None
        found = iri[len(prefix) :].split("/", 1)[0]
        return found if _ID.fullmatch(found) else None


def node_path(dataset: str, iri: str) -> str | None:
    """The path of a node of a dataset, by the IRIs of both; None where the IRI is none of a node of it."""
    begin = f"{dataset}/nodes/"
    return unquote(iri.removeprefix(begin)) if iri.startswith(begin) and "#" not in iri else None


def _same_encoding(found: re.Match[str]) -> str:
    """A character of a path as IRIs are minted: ``~`` alone has a sense of its own where it is encoded."""
    if not found[0].startswith("%"):
        return quote(found[0], safe="")
    plain = chr(int(found[0][1:], 16))
    return plain if _UNRESERVED.fullmatch(plain) else found[0].upper()


def profile_iri(name: str) -> str:
    """A profile, which is also the name of the convention that it belongs to."""
    return f"{PROFILES}{name}"


def profile_name(iri: str) -> str:
    """The name in a profile's IRI, or in the IRI of a shape of it; ``""`` where it is neither."""
    return iri.removeprefix(PROFILES).partition("#")[0] if iri.startswith(PROFILES) else ""


def object_iri(digest: str) -> str:
    """An archived object, by the SHA-256 of its bytes."""
    return f"urn:sha256:{digest}"


def object_digest(iri: str) -> str:
    """The SHA-256 in the IRI of an archived object."""
    return iri.removeprefix("urn:sha256:")


def data_type(name: str) -> str:
    """The concept of a data type; unknown names are encoded like any other, very long ones by their hash."""
    return DATA_TYPE + (quote(name, safe="").replace("~", "%7E") if len(name) <= 128 else f"~{content_hash(name)}")


def reference_system(authority: str, version: str, code: str) -> str:
    """A coordinate reference system, as the OGC names it; ``0`` is no particular version of a register."""
    return f"http://www.opengis.net/def/crs/{quote(authority, safe='')}/{quote(version, safe='')}/{quote(code, safe='')}"


def tile_matrix_set(name: str) -> str:
    """A well-known tile matrix set, as the OGC names it."""
    return f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{quote(name, safe='')}"


def neurodata_type(namespace: str, name: str) -> str:
    """A data type of the NWB schema or of an extension of it; very long names by their hash."""
    steps = (quote(step, safe="") if len(step) <= 128 else f"~{content_hash(step)}" for step in (namespace, name))
    return f"https://w3id.org/zarr-catalog/ns#neurodata/{'/'.join(steps)}"
