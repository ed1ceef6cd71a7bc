"""How are terms shown to people, and where do their links lead?"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from urllib.parse import unquote, urlsplit

from catalog.graphstore.bindings import LANG_STRING, XSD_STRING, Iri, Term
from catalog.rdf import terms
from catalog.rdf.formats import MEDIA_TYPES
from catalog.rdf.iris import Iris, object_digest
from catalog.rdf.prefixes import PREFIXES
from catalog.services.describe import Said

MAX_TEXT: Final = 2000
"""Characters of a text that a page shows."""
MAX_VALUES: Final = 50
"""Values of one property that a page shows."""
_FORMAT_NAMES: Final = {"ttl": "Turtle", "jsonld": "JSON-LD", "nt": "N-Triples", "rdf": "RDF/XML"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One value: its text, where it leads (``""``: nowhere), the rest of what it is, and its language."""

    text: str
    href: str = ""
    note: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A property with its values; ``more`` counts those that are not shown."""

    name: Shown
    values: tuple[Shown, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Format:
    """A document in another format."""

    name: str
    media_type: str
    href: str


class Shower:
    """Shows terms to one deployment's visitors.

    Parameters
    ----------
    iris
        Of the deployment.
    """

    def __init__(self, iris: Iris) -> None:
        self._iris = iris
        parts = urlsplit(iris.base)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self.root = parts.path
        """The path of the home page; it ends in a slash."""

    def href(self, iri: str) -> str:
        """Where a link to an IRI leads: within this service by path, so that it works under whatever name the service is reached.

        Only what begins with ``http`` is linked to: anything else in a store's metadata could be a script.
        """
        here = self._iris.published(iri) or iri
        if here.startswith(self._iris.base):
            return here.removeprefix(self._origin)
        return here if here.startswith(("http://", "https://")) else ""

    def name(self, iri: str) -> str:
        """A short name of an IRI: by prefix, by its place in the deployment, else as it stands."""
        for prefix, namespace in PREFIXES.items():
            if iri.startswith(namespace) and len(iri) > len(namespace):
                return f"{prefix}:{unquote(iri.removeprefix(namespace))}"
        if iri.startswith(self._iris.base):
            return unquote(iri.removeprefix(self._iris.base)) or "/"
        return iri if object_digest(iri) == iri else f"sha256:{object_digest(iri)[:16]}…"

    def link(self, iri: str, text: str = "") -> Shown:
        """An IRI as a link."""
        return Shown(text or self.name(iri), self.href(iri), iri)

    def value(self, term: Term) -> Shown:
        """A term."""
        if isinstance(term, Iri):
            return self.link(term.value)
        kind = getattr(term, "datatype", XSD_STRING)
        text = term.value if len(term.value) <= MAX_TEXT else f"{term.value[:MAX_TEXT]}…"
        note = "" if kind in {XSD_STRING, LANG_STRING, terms.JSON} else self.name(kind)
        return Shown(text, note=note, language=getattr(term, "language", None) or "")

    def rows(self, statements: Iterable[Said], without: Iterable[str] = ()) -> list[Row]:
        """Statements about one thing as a table, by property."""
        left_out = set(without)
        about = sorted((each for each in statements if each.predicate not in left_out), key=lambda each: each.predicate)
        found = []
        for predicate, same in groupby(about, key=lambda each: each.predicate):
            values = [self.value(each.target) for each in same]
            found.append(Row(self.link(predicate), tuple(values[:MAX_VALUES]), max(0, len(values) - MAX_VALUES)))
        return found

    def formats(self, iri: str, page: int = 1) -> list[Format]:
        """The documents about a thing in the formats of linked data."""
        return [
            Format(name, MEDIA_TYPES[ending], self.href(self._iris.document(iri, ending, page)))
            for ending, name in _FORMAT_NAMES.items()
        ]
