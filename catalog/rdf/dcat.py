"""How does the catalogue look to other catalogues, as DCAT?

One model is stored; this one is written from it. What no shape asks of a store is filled in here: the title is the name where
nobody gave another one, the description says what the hierarchy holds.

Source: Data Catalog Vocabulary (DCAT) version 3; DCAT-AP 3.0.1.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalog.metadata.address import is_public_location
from catalog.rdf import literals, terms
from catalog.rdf.dataset import ZARR_FORMAT_IRI, location_iri
from catalog.rdf.iris import Iris
from catalog.rdf.paging import page_lines
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, RDF_TYPE
from catalog.rdf.statements import is_iri

_FOAF = PREFIXES["foaf"]
_ACCESS_RIGHTS = "http://publications.europa.eu/resource/authority/access-right/"
_ACCESS = {"public": "PUBLIC", "restricted": "RESTRICTED"}

_STANDARD, _RIGHTS = f"{DCT}Standard", f"{DCT}RightsStatement"
IMAGE_CLASSES = frozenset({terms.CLASS_MULTISCALE_IMAGE, f"{PREFIXES['ome']}Plate"})
"""What viewers of OME-Zarr understand."""

Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a catalogue tells of one dataset.

    Attributes
    ----------
    id, iri, title, description
        ``title`` and ``description`` are never empty.
    access
        ``public`` or ``restricted``.
    root
        IRI of the root node; ``""`` where there is none.
    location
        Where the store lies, as far as this audience is told; else ``""``.
    modified, issued
        When its store was last looked at, and when it was issued or first described as it is now; ISO 8601, ``""`` for unknown.
    groups, arrays
        How many it holds.
    licence, rights
        IRIs or texts; ``""`` where nobody said.
    keywords, creators, publishers, themes, conforms_to
        Texts or IRIs.
    is_image
        Whether its root is an image or a plate of OME-Zarr.
    """

    id: str
    iri: str
    title: str
    description: str
    access: str
    root: str = ""
    location: str = ""
    modified: str = ""
    issued: str = ""
    groups: int = 0
    arrays: int = 0
    licence: str = ""
    rights: str = ""
    keywords: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    conforms_to: tuple[str, ...] = ()
    is_image: bool = False

    @property
    def open_location(self) -> str:
        """The location, where everybody may be told of it; else ``""``."""
        return self.location if is_public_location(self.location) else ""


def catalogue_lines(
    iris: Iris, entries: Iterable[Entry], *, title: str, publisher: str, page: int = 1, pages: int = 1, total: int = 0
) -> list[str]:
    """One page of the catalogue as lines of N-Triples, sorted.

    Parameters
    ----------
    title, publisher
        Of the catalogue; the publisher is a name or an IRI, ``""`` where the operator gave none.
    page, pages, total
        Which page this is, how many there are, and datasets on all pages.
    """
    me = iris.catalogue
    triples: list[Triple] = [
        (me, RDF_TYPE, f"<{DCAT}Catalog>"),
        (me, RDF_TYPE, f"<{terms.CLASS_CATALOG}>"),
        (me, f"{DCT}title", literals.string(title)),
        (me, f"{DCT}description", literals.string("Zarr hierarchies, described as linked data")),
        *_typed(me, f"{_FOAF}homepage", iris.base, f"{_FOAF}Document"),
        (me, f"{DCAT}service", f"<{iris.base}sparql>"),
        *_service(iris),
        *_agent(me, f"{DCT}publisher", publisher, f"{me}#publisher"),
    ]
    for entry in entries:
        triples.append((me, f"{DCAT}dataset", f"<{entry.iri}>"))
        triples += _dataset(iris, entry)
    lines = {f"<{s}> <{p}> {o} .\n" for s, p, o in triples}
    return sorted(lines | set(page_lines(me, page, pages, total)))


def _service(iris: Iris) -> Iterator[Triple]:
    me = f"{iris.base}sparql"
    yield me, RDF_TYPE, f"<{DCAT}DataService>"
    yield me, f"{DCT}title", literals.string("SPARQL endpoint")
    yield me, f"{DCAT}endpointURL", f"<{me}>"
    yield from _typed(me, f"{DCT}conformsTo", "https://www.w3.org/TR/sparql11-protocol/", _STANDARD)


def _dataset(iris: Iris, entry: Entry) -> Iterator[Triple]:
    me, place = entry.iri, iris.distribution(entry.id)
    yield me, RDF_TYPE, f"<{DCAT}Dataset>"
    yield me, f"{DCT}identifier", literals.string(entry.id)
    yield me, f"{DCT}title", literals.string(entry.title)
    yield me, f"{DCT}description", literals.string(entry.description)
    yield from _typed(me, f"{DCAT}landingPage", iris.document(me, "html"), f"{_FOAF}Document")
    yield from _typed(me, f"{DCT}accessRights", f"{_ACCESS_RIGHTS}{_ACCESS[entry.access]}", _RIGHTS)
    for predicate, value in ((f"{DCT}modified", entry.modified), (f"{DCT}issued", entry.issued)):
        if value:
            yield me, predicate, literals.date_time(value)
    for keyword in entry.keywords:
        yield me, f"{DCAT}keyword", literals.string(keyword)
    for theme in filter(_is_iri, entry.themes):
        yield me, f"{DCAT}theme", f"<{theme}>"
    for standard in filter(_is_iri, entry.conforms_to):
        yield from _typed(me, f"{DCT}conformsTo", standard, _STANDARD)
    for name, values in (("creator", entry.creators), ("publisher", entry.publishers)):
        for index, value in enumerate(values):
            yield from _agent(me, f"{DCT}{name}", value, f"{me}#{name}-{index}")
    yield from _distribution(iris, entry, place)


def _distribution(iris: Iris, entry: Entry, place: str) -> Iterator[Triple]:
    yield entry.iri, f"{DCAT}distribution", f"<{place}>"
    yield place, RDF_TYPE, f"<{DCAT}Distribution>"
    yield from _typed(place, f"{DCT}format", ZARR_FORMAT_IRI, f"{DCT}MediaTypeOrExtent")
    yield place, f"{DCT}title", literals.string("Zarr hierarchy")
    yield place, f"{DCT}description", literals.string("The hierarchy's metadata and chunks, key by key over HTTP")
    yield place, f"{DCAT}accessURL", f"<{iris.zarr(entry.id)}>"
    if entry.open_location:
        yield place, f"{DCAT}accessURL", f"<{location_iri(entry.location)}>"
    for predicate, value in ((f"{DCT}license", entry.licence), (f"{DCT}rights", entry.rights)):
        if value:
            yield from _document(place, predicate, value)


def _document(subject: str, predicate: str, value: str) -> Iterator[Triple]:
    """A licence or a statement of rights: its IRI, or one of ours with its text."""
    kind = f"{DCT}LicenseDocument" if predicate.endswith("license") else _RIGHTS
    known = _is_iri(value)
    name = value if known else f"{subject}#{predicate.rpartition('/')[2]}"
    yield from _typed(subject, predicate, name, kind)
    if not known:
        yield name, f"{PREFIXES['rdfs']}label", literals.string(value)


def _typed(subject: str, predicate: str, value: str, kind: str) -> Iterator[Triple]:
    """A link, and what kind of thing is there: DCAT-AP asks for it, and whoever reads the page need not fetch it to know."""
    yield subject, predicate, f"<{value}>"
    yield value, RDF_TYPE, f"<{kind}>"


def _agent(subject: str, predicate: str, value: str, name: str) -> Iterator[Triple]:
    """Somebody, by IRI or by name."""
    if not value:
        return
    known = _is_iri(value)
    agent = value if known else name
    yield subject, predicate, f"<{agent}>"
    yield agent, RDF_TYPE, f"<{_FOAF}Agent>"
    yield agent, f"{_FOAF}name", literals.string(value)


def _is_iri(text: str) -> bool:
    return text.startswith(("http://", "https://", "urn:")) and is_iri(text)
