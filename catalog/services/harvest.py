"""What does this store say of itself now, and how far is that known to be current?

Opens the store that a request names, reads its metadata, and compares what is consolidated with what it was made from. Where the
two disagree, the members count unless the caller says otherwise; what was found then stays in force until the consolidated
document changes or is compared again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from catalog.archive import Archive
from catalog.errors import NotFoundError, Problem, UnavailableError
from catalog.metadata.dataset import MAX_STALE_SHOWN, Dataset, Snapshot
from catalog.metadata.document import Document, digest_of_documents
from catalog.services.outcome import ArchivedReport, read_report
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.freshness import PROVEN, STALE, SUSPECT, Verdict, check_freshness
from catalog.stores.signs import Signs
from catalog.stores.source import Source, open_source
from catalog.stores.url import StoreUrl

_KINDS = ("stale-", "suspect-", "freshness-")


@dataclass(frozen=True, slots=True)
class CheckedHarvest(Harvest):
    """What was read of a store's metadata, and how far it is known to be current.

    Attributes
    ----------
    freshness_requests
        Requests that the check took; ``requests`` are those for the metadata alone.
    disagreements, stale
        How many documents consolidated metadata and members do not agree on, and the first of their keys.
    consolidated_digest
        `digest_of_documents` of the consolidated document; ``""`` on other routes. Where ``route`` is ``members``, ``documents``
        are others.
    proved
        When all members were read and compared last, for this same consolidated document; ISO 8601 in UTC, ``""`` for never.
    signs
        What was seen of members without reading them, the first time since they were compared or the document changed.
    """

    freshness_requests: int = 0
    disagreements: int = 0
    stale: tuple[str, ...] = ()
    consolidated_digest: str = ""
    proved: str = ""
    signs: Mapping[str, Signs] = field(default_factory=dict)


def read_harvest(
    workspace: Workspace,
    request: IngestRequest,
    url: StoreUrl,
    known: Dataset | None,
    watch: Callable[[Source], Source] = lambda source: source,
) -> CheckedHarvest:
    """The metadata documents of a store, how they were read, and how far they are known to be current.

    Parameters
    ----------
    known
        What is recorded about the dataset; says where the documents were last time.
    watch
        Stands between the store and whoever asks it.

    Raises
    ------
    CatalogError
        As ``read_documents`` and ``open_source``.
    """
    source = watch(open_source(url, credentials=workspace.credentials, store=request.store, outgoing=workspace.outgoing))
    try:
        latest = known.latest if known else None
        harvest = read_documents(
            source,
            metadata_key=request.metadata_key,
            known_key=(latest.metadata_key or None) if latest else None,
            known_digest=(latest.consolidated_digest or latest.source_digest) if latest else None,
            limits=workspace.limits,
        )
        return _Check(workspace, request, source, harvest, latest).run()
    finally:
        source.close()


@dataclass(slots=True)
class _Check:
    """One check of one harvest, in the light of the last one."""

    workspace: Workspace
    request: IngestRequest
    source: Source
    harvest: Harvest
    latest: Snapshot | None

    def run(self) -> CheckedHarvest:
        """The harvest with its verdict, and with the documents that count."""
        harvest, latest = self.harvest, self.latest
        digest = digest_of_documents(harvest.documents) if harvest.route == "consolidated" else ""
        before = latest if latest and digest and latest.consolidated_digest == digest else None
        since = datetime.fromisoformat(before.proved).timestamp() if before and before.proved else None
        seen = _signs_before(self.workspace.archive, before)
        verdict = check_freshness(
            self.source, harvest, self.request.freshness, since=since, seen=seen, limits=self.workspace.limits
        )
        kept, disagreements = None, len(verdict.stale)
        if before and not verdict.compared and verdict.fresh != PROVEN:
            if before.route == "members" and self.request.trust == "members":
                kept = self._documents_before(before)
            if before.route == "members" and self.request.trust == "members" and kept is None:
                again = check_freshness(self.source, harvest, "prove", limits=self.workspace.limits)
                verdict = replace(again, requests=verdict.requests + again.requests)
                disagreements = len(verdict.stale)
            elif before.fresh == STALE or (before.fresh == SUSPECT and self.request.freshness == "skip"):
                verdict, disagreements = self._remembered(before, verdict), before.disagreements
        documents = kept or (verdict.documents if self.request.trust == "members" else None)
        given = {each.name: getattr(harvest, each.name) for each in fields(Harvest)}
        given |= {"fresh": verdict.fresh, "problems": (*harvest.problems, *verdict.problems)}
        if documents is not None:
            given |= {"documents": documents, "route": "members"}
        return CheckedHarvest(
            **given,
            freshness_requests=verdict.requests,
            disagreements=disagreements,
            stale=verdict.stale[:MAX_STALE_SHOWN],
            consolidated_digest=digest,
            proved=_now() if verdict.compared else before.proved if before else "",
            signs={} if verdict.compared else {**verdict.signs, **seen},
        )

    def _remembered(self, before: Snapshot, verdict: Verdict) -> Verdict:
        """The verdict, where less was looked at than last time: what was found to be stale stays so as long as it is the same."""
        report = _report_before(self.workspace.archive, before)
        old = [problem for problem in report.found if problem.kind.startswith(before.fresh)] if report else []
        problems = (*old, *(problem for problem in verdict.problems if problem not in old))
        return replace(verdict, fresh=before.fresh, stale=before.stale, problems=problems)

    def _documents_before(self, before: Snapshot) -> tuple[Document, ...] | None:
        """What the members gave last time; None where the archive has lost it."""
        try:
            return tuple(self.workspace.archive.read_documents(before.documents))
        except (NotFoundError, UnavailableError):
            return None


def _report_before(archive: Archive, snapshot: Snapshot) -> ArchivedReport | None:
    try:
        return read_report(archive, snapshot.report)
    except (NotFoundError, UnavailableError):
        return None


def _signs_before(archive: Archive, snapshot: Snapshot | None) -> Mapping[str, Signs]:
    report = _report_before(archive, snapshot) if snapshot else None
    return report.signs if report else {}


def renew(
    snapshot: Snapshot, told: ArchivedReport, harvest: CheckedHarvest, archive: Archive
) -> tuple[Snapshot, tuple[Problem, ...]]:
    """The snapshot of an unchanged store with what its check found this time, and all problems; a new report is archived.

    Parameters
    ----------
    told
        The report of that snapshot.
    """
    found = tuple(problem for problem in told.found if not problem.kind.startswith(_KINDS))
    fresh = tuple(problem for problem in harvest.problems if problem.kind.startswith(_KINDS))
    report = ArchivedReport((*found, *fresh), told.judged, harvest.signs)
    renewed = replace(snapshot, **freshness_fields(harvest), report=report.write(archive))
    return renewed, report.problems


def freshness_fields(harvest: CheckedHarvest) -> dict[str, Any]:
    """The members of a snapshot that say how far it is known to be current."""
    return {
        "fresh": harvest.fresh,
        "proved": harvest.proved,
        "disagreements": harvest.disagreements,
        "stale": harvest.stale,
        "consolidated_digest": harvest.consolidated_digest,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
