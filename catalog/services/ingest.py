"""From a store's URL to validated linked data in force.

::

    URL ─ stores ─▶ documents ─ metadata ─▶ hierarchy ─ rdf ─▶ graphs ─ validation ─▶ report
        accepted: archive the documents, graphs and report, then replace the dataset's graphs in one transaction
        refused:  the state goes to the rejected graph; the last accepted one stays in force and is marked

An ingest that finds what it found before writes nothing but the time of the look.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from catalog.errors import MetadataError, NotFoundError, Problem, UnavailableError
from catalog.metadata.dataset import Dataset, Snapshot
from catalog.metadata.document import digest_of_documents
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.convention import Given, Wanted
from catalog.rdf.conventions import all_wanted, find_conventions
from catalog.rdf.conventions.jsonld_contexts import contexts_digest
from catalog.rdf.hierarchy import MAPPING_VERSION, Description, describe
from catalog.rdf.iris import CURATED
from catalog.rdf.mapping import mappings_digest
from catalog.rdf.mapping_file import MappingFile
from catalog.services.budget import SupplementLimits
from catalog.services.force import Graphs, link_parts, put_aside, put_in_force, put_records, renew_origins
from catalog.services.harvest import CheckedHarvest, freshness_fields, read_harvest, renew
from catalog.services.judging import Judging
from catalog.services.outcome import ArchivedReport, IngestResult, read_report
from catalog.services.registry import Registry, name_of, new_id, registration
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores.gate import locate
from catalog.stores.url import StoreUrl
from catalog.stores.way import WITHOUT_CHUNKS
from catalog.validation.report import Report, to_problems

Progress = Callable[[str], None]


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
        self.url = locate(self.request.url, self.request.store, self.workspace.outgoing)
        self.registry = Registry(self.workspace.catalog, self.workspace.iris)
        self.known = registration(self.registry, self.url.location, self.request.dataset_id, relocate=self.request.relocate)
        self.dataset = self._registered()
        self.progress(f"reading {self.url.location}")
        harvest = read_harvest(self.workspace, self.request, self.url, self.known)
        curated = self.workspace.catalog.read_graph(self._graph(CURATED))
        source = digest_of_documents(harvest.documents)
        judging = Judging(self.workspace, curated, self.request.require, self.dataset.waivers, self.dataset.location)
        if not self.request.dry_run and self._is_unchanged(source, judging.digest):
            told = self._told_before(harvest)
            if told is not None:
                return self._unchanged(harvest, told)
        hierarchy = parse_hierarchy(harvest.documents, self.workspace.limits)
        self.progress(f"describing {len(hierarchy.groups)} groups and {len(hierarchy.arrays)} arrays")
        description, missed = self._described(hierarchy, harvest.container)
        self.progress(f"validating {description.triples} triples")
        report = judging.judge([description.structure, description.asserted], description.conventions)
        found = (*harvest.problems, *hierarchy.problems, *missed, *description.problems)
        if self.request.strict:
            _refuse_findings(self.url.location, found)
        told = ArchivedReport(found, to_problems(report), harvest.signs)
        if not self.request.dry_run:
            self.progress("writing")
            self._write(harvest, hierarchy, description, report, told, source=source, judging=judging)
        return self._result(
            harvest,
            groups=len(hierarchy.groups),
            arrays=len(hierarchy.arrays),
            triples=description.triples,
            conforms=report.conforms,
            accepted=report.accepted,
            changed=not self.request.dry_run,
            problems=told.problems,
            report=report,
        )

    def _result(self, harvest: CheckedHarvest, **found: Any) -> IngestResult:
        """The outcome: which dataset, how it was read, and what was found."""
        return IngestResult(
            id=self.dataset.id,
            iri=self.workspace.iris.dataset(self.dataset.id),
            location=self.dataset.location,
            access=self.dataset.access,
            container=harvest.container,
            route=harvest.route,
            requests=harvest.requests,
            complete=harvest.complete,
            fresh=harvest.fresh,
            freshness_requests=harvest.freshness_requests,
            disagreements=harvest.disagreements,
            **found,
        )

    def _mapping(self) -> str:
        """What decides how attributes become triples: the mapping's version, contexts, mapping files, and bounds on values."""
        mapped = mappings_digest(self._mappings)
        parts = [MAPPING_VERSION, contexts_digest(self.workspace.contexts)[:16], mapped, self._limits.tag]
        return "-".join(part for part in parts if part)

    @property
    def _limits(self) -> SupplementLimits:
        limits = self.workspace.supplements
        return limits if self.request.extents else replace(limits, values=False)

    @property
    def _mappings(self) -> tuple[MappingFile, ...]:
        return self.workspace.mappings.for_location(self.url.location)

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
            access=self.request.access or ("restricted" if self._needs_credential() else "public"),
            part_of=self.registry.whole_of(location),
        )

    def _needs_credential(self) -> bool:
        """Whether it does, as far as can be told; nobody knows with which rights a store of the caller's is read."""
        return bool(
            self.request.store is not None
            or self.url.credential
            or self.url.query
            or self.workspace.credentials.find(self.url.place)
        )

    def _described(self, hierarchy: Hierarchy, container: str) -> tuple[Description, tuple[Problem, ...]]:
        """The graphs, with what conventions wanted to know beside the metadata, and what of that could not be had."""
        workspace = self.workspace
        wanted, given = all_wanted(hierarchy, find_conventions(hierarchy)), Given()
        problems: tuple[Problem, ...] = ()
        if container in WITHOUT_CHUNKS:
            if self._limits.values and (wanted.ends or wanted.whole):
                message = f"{self.url.location} is one document of metadata: there are no values in it that would tell of extents"
                problems = (Problem("", "no-chunks", message, severity="info"),)
        elif wanted != Wanted():
            # zarr-python is imported only where something is to be read.
            from catalog.bridge.read import StoreAccess  # noqa: PLC0415
            from catalog.services.supplements import read_supplements  # noqa: PLC0415

            access = StoreAccess(workspace.credentials, self.request.store, outgoing=workspace.outgoing)
            given, problems = read_supplements(hierarchy, wanted, self.url, access, self._limits)
        found = describe(
            hierarchy, self.dataset.id, workspace.iris, contexts=workspace.contexts, given=given, mappings=self._mappings
        )
        return found, problems

    def _is_unchanged(self, source: str, shapes: str) -> bool:
        known = self.known
        if not known or not known.latest or replace(self.dataset, checked="") != replace(known, checked=""):
            return False
        latest = known.latest
        return (latest.source_digest, latest.mapping_version, latest.shapes_digest) == (source, self._mapping(), shapes)

    def _told_before(self, harvest: CheckedHarvest) -> ArchivedReport | None:
        """The report of the last ingest; None where the archive has lost it, so that the store is described anew."""
        try:
            report = read_report(self.workspace.archive, self.dataset.latest.report) if self.dataset.latest else None
        except (NotFoundError, UnavailableError):
            return None
        if report is None or any(problem.kind == "values-unavailable" for problem in report.found):
            return None  # what was out of reach then may be within it now
        if self.request.strict and any(map(_is_finding, (*report.found, *harvest.problems))):
            return None
        return report

    def _unchanged(self, harvest: CheckedHarvest, told: ArchivedReport) -> IngestResult:
        """The outcome of the ingest that found the same; only the time of the look, and how fresh it is, are written."""
        latest = self.dataset.latest
        assert latest is not None  # noqa: S101 - _is_unchanged looked
        renewed, problems = renew(latest, told, harvest, self.workspace.archive)
        which = "rejected" if self.dataset.rejected else "current"
        put_records(self.workspace, [replace(self.dataset, checked=_now(), **{which: renewed})])  # type: ignore[arg-type]
        return self._result(
            harvest,
            groups=latest.groups,
            arrays=latest.arrays,
            triples=latest.triples,
            conforms=latest.conforms,
            accepted=latest.accepted,
            changed=False,
            problems=problems,
        )

    def _write(
        self,
        harvest: CheckedHarvest,
        hierarchy: Hierarchy,
        description: Description,
        report: Report,
        told: ArchivedReport,
        *,
        source: str,
        judging: Judging,
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
            zarr_formats=hierarchy.zarr_formats,
            groups=len(hierarchy.groups),
            arrays=len(hierarchy.arrays),
            triples=description.triples,
            mapping_version=self._mapping(),
            shapes_digest=judging.digest,
            conforms=report.conforms,
            accepted=report.accepted,
            structure=archive.write(description.structure),
            asserted=archive.write(description.asserted),
            documents=archive.write_documents(harvest.documents),
            report=told.write(archive),
            generated=now,
            **freshness_fields(harvest),
        )
        if report.accepted:
            dataset = replace(self.dataset, current=snapshot, rejected=None, checked=now)
            graphs = Graphs(description.structure, description.asserted, judging.curated, self.request.derived)
            if self.known and self.known.access == "public" != dataset.access:
                renew_origins(self.workspace, dataset)
            put_in_force(self.workspace, dataset, graphs, self.known, self._content_before())
        else:
            dataset = replace(self.dataset, rejected=snapshot, checked=now)
            put_aside(self.workspace, dataset, description.structure + description.asserted)
        if self.known is None:
            link_parts(self.workspace, self.registry.below(dataset.location))
        elif self.known.access != dataset.access:
            link_parts(self.workspace, self.registry.parts_of(dataset.id), always=True)
            renew_origins(self.workspace, dataset)

    def _content_before(self) -> tuple[bytes | None, bytes | None]:
        """What the two graphs hold now, so that a difference can be sent; None where only the graph store knows."""
        if self.known is None:
            return b"", b""
        before, archive = self.known.current, self.workspace.archive
        if before is None:
            return None, None
        try:
            return archive.read(before.structure), archive.read(before.asserted)
        except (NotFoundError, UnavailableError):
            return None, None


def _is_finding(problem: Problem) -> bool:
    return problem.severity != "info"


def _refuse_findings(location: str, problems: Iterable[Problem]) -> None:
    """Where findings are errors: raise if there is any; what the shapes say is no finding, they have their own gate."""
    findings = [problem for problem in problems if _is_finding(problem)]
    if findings:
        count = f"{len(findings)} finding{'s' * (len(findings) != 1)}"
        raise MetadataError(f"{location} has {count}, and --strict takes none; nothing was written", findings)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
