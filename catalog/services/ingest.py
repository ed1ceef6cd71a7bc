"""From a store's URL to validated linked data in force.

::

    URL ─ stores ─▶ documents ─ metadata ─▶ hierarchy ─ rdf ─▶ graphs ─ validation ─▶ report
        accepted: archive the documents, graphs and report, then replace the dataset's graphs in one transaction
        refused:  the state goes to the rejected graph; the last accepted one stays in force and is marked

An ingest that finds what it found before writes nothing but the time of the look.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import orjson

from catalog.errors import Problem
from catalog.graphstore.door import GraphUpdate
from catalog.metadata.dataset import Access, Dataset, Snapshot
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.dataset import record_ntriples
from catalog.rdf.hierarchy import MAPPING_VERSION, Description, Subject, describe
from catalog.rdf.iris import ASSERTED, CURATED, RECORD, REJECTED
from catalog.services.outcome import IngestResult, archived_report, report_problems
from catalog.services.registry import Registry, name_of, new_id, registration
from catalog.services.workspace import Workspace
from catalog.stores.credentials import Credential, Credentials
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.source import open_source
from catalog.stores.url import StoreUrl, parse_store_url
from catalog.validation.report import Report

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """What the caller wants.

    Attributes
    ----------
    url
        Where the store lies.
    dataset_id
        The id it shall have; None: the one it has, else a new one.
    access
        Who may learn of it; None: as recorded, else ``restricted`` where the store needs a credential and ``public`` where not.
    metadata_key
        Key of the consolidated document to use; None: found by itself.
    relocate
        The dataset of that id has moved to this URL.
    dry_run
        Read, describe and validate, and write nothing.
    """

    url: str
    dataset_id: str | None = None
    access: Access | None = None
    metadata_key: str | None = None
    relocate: bool = False
    dry_run: bool = False


def ingest(workspace: Workspace, request: IngestRequest, progress: Progress = lambda _: None) -> IngestResult:
    """Read a store's metadata, describe it, judge it, and put it in force.

    Returns
    -------
    IngestResult
        Also where the shapes refuse it (``accepted`` is False) and where nothing changed.

    Raises
    ------
    InputError, ForbiddenError, NotFoundError, ConflictError, LimitExceededError, MetadataError, UnavailableError
        Nothing was written.
    """
    return _Ingest(workspace, request, progress).run()


@dataclass(slots=True)
class _Ingest:
    """One ingest on its way through the stations."""

    workspace: Workspace
    request: IngestRequest
    progress: Progress
    url: StoreUrl = field(init=False)
    known: Dataset | None = field(init=False)
    dataset: Dataset = field(init=False)
    registry: Registry = field(init=False)

    def run(self) -> IngestResult:
        self.url = parse_store_url(self.request.url)
        self.registry = Registry(self.workspace.catalog, self.workspace.iris)
        self.known = registration(self.registry, self.url.location, self.request.dataset_id, relocate=self.request.relocate)
        self.dataset = self._registered()
        self.progress(f"reading {self.url.location}")
        harvest = self._harvest()
        curated = self.workspace.catalog.read_graph(self._graph(CURATED))
        source = _source_digest(harvest.documents)
        shapes = hashlib.sha256(self.workspace.shapes.digest.encode() + curated).hexdigest()
        if self._is_unchanged(source, shapes):
            return self._unchanged(harvest)
        hierarchy = parse_hierarchy(harvest.documents, self.workspace.limits)
        self.progress(f"describing {len(hierarchy.groups)} groups and {len(hierarchy.arrays)} arrays")
        description = describe(
            hierarchy, Subject(self.dataset.id, self.dataset.name), self.workspace.iris, self.workspace.contexts
        )
        self.progress(f"validating {description.triples} triples")
        report = self.workspace.validator.validate([description.structure, description.asserted, curated], self.workspace.shapes)
        problems = (*harvest.problems, *hierarchy.problems, *description.problems, *report_problems(report))
        if not self.request.dry_run:
            self.progress("writing")
            self._write(harvest, hierarchy, description, report, problems, source=source, shapes=shapes, curated=curated)
        return IngestResult(
            id=self.dataset.id,
            iri=self.workspace.iris.dataset(self.dataset.id),
            route=harvest.route,
            requests=harvest.requests,
            groups=len(hierarchy.groups),
            arrays=len(hierarchy.arrays),
            triples=description.triples,
            conforms=report.conforms,
            accepted=report.accepted,
            changed=not self.request.dry_run,
            access=self.dataset.access,
            problems=problems,
            report=report,
            complete=harvest.complete,
            fresh=harvest.fresh,
        )

    def _graph(self, part: str = "") -> str:
        return self.workspace.iris.graph(self.dataset.id, part)

    def _registered(self) -> Dataset:
        """The dataset as it will be recorded, apart from its snapshots."""
        location, known = self.url.location, self.known
        if known:
            return replace(
                known, location=location, access=self.request.access or known.access, part_of=self.registry.whole_of(location)
            )
        return Dataset(
            id=self.request.dataset_id or new_id(location),
            name=name_of(location),
            location=location,
            access=self.request.access or ("restricted" if self._credential() else "public"),
            part_of=self.registry.whole_of(location),
        )

    def _credential(self) -> Credential | None:
        return self.url.credential or self.workspace.credentials.find(self.url.location)

    def _harvest(self) -> Harvest:
        source = open_source(self.url, credentials=self.workspace.credentials, limits=self.workspace.limits)
        try:
            known_key = self.known.latest.metadata_key if self.known and self.known.latest else ""
            return read_documents(
                source, metadata_key=self.request.metadata_key, known_key=known_key or None, limits=self.workspace.limits
            )
        finally:
            source.close()

    def _is_unchanged(self, source: str, shapes: str) -> bool:
        known = self.known
        if not known or not known.latest or replace(self.dataset, checked="") != replace(known, checked=""):
            return False
        latest = known.latest
        return (latest.source_digest, latest.mapping_version, latest.shapes_digest) == (source, MAPPING_VERSION, shapes)

    def _unchanged(self, harvest: Harvest) -> IngestResult:
        """The outcome of the ingest that found the same; only the time of the look is written."""
        latest = self.dataset.latest
        assert latest is not None  # noqa: S101 - _is_unchanged looked
        problems = archived_report(self.workspace.archive, latest.report)
        if not self.request.dry_run:
            record = self._record_update(replace(self.dataset, checked=_now()))
            self.workspace.catalog.apply([record])
        return IngestResult(
            id=self.dataset.id,
            iri=self.workspace.iris.dataset(self.dataset.id),
            route=harvest.route,
            requests=harvest.requests,
            groups=latest.groups,
            arrays=latest.arrays,
            triples=latest.triples,
            conforms=latest.conforms,
            accepted=latest.accepted,
            changed=False,
            access=self.dataset.access,
            problems=problems,
            complete=harvest.complete,
            fresh=harvest.fresh,
        )

    def _write(
        self,
        harvest: Harvest,
        hierarchy: Hierarchy,
        description: Description,
        report: Report,
        problems: tuple[Problem, ...],
        *,
        source: str,
        shapes: str,
        curated: bytes,
    ) -> None:
        """Archive first, then the graphs: a crash between the two loses nothing."""
        archive = self.workspace.archive
        now = _now()
        snapshot = Snapshot(
            digest=hierarchy.digest,
            source_digest=source,
            route=harvest.route,
            metadata_key=harvest.key,
            complete=harvest.complete,
            fresh=harvest.fresh,
            zarr_formats=hierarchy.zarr_formats,
            groups=len(hierarchy.groups),
            arrays=len(hierarchy.arrays),
            triples=description.triples,
            mapping_version=MAPPING_VERSION,
            shapes_digest=shapes,
            conforms=report.conforms,
            accepted=report.accepted,
            structure=archive.write(description.structure),
            asserted=archive.write(description.asserted),
            documents=archive.write_documents(harvest.documents),
            report=archive.write(orjson.dumps([problem.to_dict() for problem in problems])),
            generated=now,
        )
        if report.accepted:
            dataset = replace(self.dataset, current=snapshot, rejected=None, checked=now)
            self._put_in_force(dataset, description, curated)
        else:
            dataset = replace(self.dataset, rejected=snapshot, checked=now)
            rejected = GraphUpdate(self._graph(REJECTED), description.structure + description.asserted)
            self.workspace.catalog.apply([rejected, self._record_update(dataset)])
        if self.known is None:
            self._adopt(dataset)

    def _put_in_force(self, dataset: Dataset, description: Description, curated: bytes) -> None:
        """Replace the dataset's graphs in both audiences; the smaller audience first, so that it never shows too much."""
        old = self._content_before()
        structure, asserted = self._graph(), self._graph(ASSERTED)
        new = [(structure, description.structure), (asserted, description.asserted)]
        public = dataset.access == "public"
        self.workspace.public.apply([
            *(GraphUpdate(name, text if public else None) for name, text in new),
            GraphUpdate(self._graph(CURATED), curated if public and curated else None),
            self._record_update(dataset, "public") if public else GraphUpdate(self._graph(RECORD), None),
        ])
        self.workspace.catalog.apply([
            *(GraphUpdate(name, text, previous=previous) for (name, text), previous in zip(new, old, strict=True)),
            GraphUpdate(self._graph(REJECTED), None),
            self._record_update(dataset),
        ])

    def _content_before(self) -> tuple[bytes | None, bytes | None]:
        """What the two graphs hold now, so that a difference can be sent; None where only the graph store knows."""
        if self.known is None:
            return b"", b""
        before, archive = self.known.current, self.workspace.archive
        return (archive.read(before.structure), archive.read(before.asserted)) if before else (None, None)

    def _record_update(self, dataset: Dataset, audience: str = "catalog") -> GraphUpdate:
        return GraphUpdate(self._graph(RECORD), record_ntriples(dataset, self.workspace.iris, audience))

    def _adopt(self, whole: Dataset) -> None:
        """Link the datasets that lie below a new one to it, where nothing nearer holds them."""
        for part in self.registry.below(whole.location):
            linked = replace(part, part_of=self.registry.whole_of(part.location))
            if linked.part_of != part.part_of:
                name = self.workspace.iris.graph(part.id, RECORD)
                self.workspace.catalog.apply([GraphUpdate(name, record_ntriples(linked, self.workspace.iris))])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _source_digest(documents: tuple[Document, ...]) -> str:
    """sha256 over keys and exact bytes."""
    lines = "".join(f"{document.key}\n{document.digest}\n" for document in documents)
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()
