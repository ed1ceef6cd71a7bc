"""What came of an ingest or a validation, for people and for programs?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from catalog.archive import Archive
from catalog.errors import CatalogError, MetadataError, Problem
from catalog.stores.signs import Signs
from catalog.stores.url import parse_store_url
from catalog.validation.report import Report


@dataclass(frozen=True, slots=True)
class IngestResult:
    """The outcome for one store.

    Attributes
    ----------
    id, iri
        The dataset; empty where none could be named.
    location
        Where its store lies, without credentials.
    container
        What held the store, as ``zip``; ``""`` where it is a folder.
    route, requests, complete, fresh
        How its metadata was read, with how many requests, whether whole, and how far it is known to be current.
    freshness_requests, disagreements
        Requests that it took to know that, and how many documents consolidated metadata and members did not agree on.
    groups, arrays, triples
        What was found and written.
    conforms, accepted
        Whether the shapes found nothing at all, and nothing that blocks.
    changed
        Whether anything but the time of the look was written.
    access
        ``public`` or ``restricted``.
    problems
        What was found wrong in documents, mapping and by the shapes.
    report
        The validation report; None where nothing was validated.
    error
        What stopped it; None where it went through.
    """

    id: str = ""
    iri: str = ""
    location: str = ""
    container: str = ""
    route: str = ""
    requests: int = 0
    groups: int = 0
    arrays: int = 0
    triples: int = 0
    conforms: bool = False
    accepted: bool = False
    changed: bool = False
    access: str = ""
    problems: tuple[Problem, ...] = ()
    report: Report | None = field(default=None, repr=False)
    complete: bool = False
    fresh: str = "unproven"
    freshness_requests: int = 0
    disagreements: int = 0
    error: CatalogError | None = None

    def __repr__(self) -> str:
        """What came of it, in short; the problems themselves are in `problems`."""
        if self.error is not None:
            return f"<IngestResult {self.location}: failed, {self.error}>"
        outcome = ("accepted" if self.changed else "accepted, nothing new") if self.accepted else "refused"
        whole = "" if self.complete else ", perhaps not all of them"
        kinds = Counter(each.severity for each in self.problems)
        found = "".join(f", {count} x {kind}" for kind, count in sorted(kinds.items()))
        return f"<IngestResult {self.id}: {outcome}, {self.groups} groups, {self.arrays} arrays{whole}, {self.access}{found}>"

    def to_dict(self) -> dict[str, Any]:
        """The object that ``ingest --json`` prints, one on a line."""
        shown = {
            name: getattr(self, name)
            for name in (
                "id", "iri", "location", "container", "route", "requests", "complete", "fresh",
                "freshness_requests", "disagreements", "groups", "arrays", "triples",
                "conforms", "accepted", "changed", "access",
            )
        }  # fmt: skip
        shown["problems"] = [problem.to_dict() for problem in self.problems]
        if self.error is not None:
            shown["error"] = {"code": self.error.code, "message": str(self.error)}
        return shown


def failed(error: CatalogError, url: str) -> IngestResult:
    """The outcome where an error stopped the ingest of a store; nothing was written."""
    found = error.problems if isinstance(error, MetadataError) else ()
    return IngestResult(location=_location(url), problems=found or (Problem("", error.code, str(error)),), error=error)


def _location(url: str) -> str:
    """The location that a text names; nothing where it names none."""
    try:
        return parse_store_url(url).location
    except CatalogError:
        return ""


@dataclass(frozen=True, slots=True)
class ArchivedReport:
    """What an ingest found, as the archive keeps it.

    Attributes
    ----------
    found
        Problems of reading and describing.
    judged
        What the shapes said.
    signs
        What was seen of members of a consolidated document without reading them, by key; the next look compares.
    """

    found: tuple[Problem, ...]
    judged: tuple[Problem, ...]
    signs: Mapping[str, Signs] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them."""
        return (*self.found, *self.judged)

    def write(self, archive: Archive) -> str:
        """Keep it; its digest comes back."""
        rows: dict[str, Any] = {name: [each.to_dict() for each in getattr(self, name)] for name in ("found", "judged")}
        rows["signs"] = {key: asdict(self.signs[key]) for key in sorted(self.signs)}
        return archive.write(orjson.dumps(rows))


def read_report(archive: Archive, digest: str) -> ArchivedReport:
    """The report of an earlier ingest.

    Raises
    ------
    NotFoundError, UnavailableError
        The archive has lost it, or cannot be read.
    """
    rows = orjson.loads(archive.read(digest))
    found, judged = (tuple(Problem(**row) for row in rows[name]) for name in ("found", "judged"))
    return ArchivedReport(found, judged, {key: Signs(**signs) for key, signs in rows["signs"].items()})
