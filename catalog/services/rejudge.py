"""What do the shapes say of a dataset now that people decided something about it?

The store is not asked: its graphs are as the archive keeps them. A refused state that passes now comes into force.
"""

from dataclasses import dataclass, replace

from catalog.errors import NotFoundError, UnavailableError
from catalog.metadata.dataset import Dataset, Snapshot
from catalog.rdf.hierarchy import read_conventions
from catalog.services.force import Graphs
from catalog.services.judging import Judging
from catalog.services.outcome import ArchivedReport, read_report
from catalog.services.workspace import Workspace
from catalog.validation.report import Report, to_problems


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of judging one snapshot again.

    Attributes
    ----------
    snapshot
        The snapshot with its new verdict; the report is archived.
    graphs
        What was judged.
    report
        What the shapes said.
    """

    snapshot: Snapshot
    graphs: Graphs
    report: Report


def rejudge(workspace: Workspace, dataset: Dataset, snapshot: Snapshot | None, curated: bytes) -> Verdict | None:
    """Judge a snapshot of a dataset again, with its waivers and what people added.

    Returns
    -------
    Verdict or None
        None where there is no snapshot, or the archive has lost what it holds; the next ingest judges it.
    """
    kept = _archived(workspace, snapshot) if snapshot else None
    if snapshot is None or kept is None:
        return None
    structure, asserted, told = kept
    judging = Judging(workspace, curated, waivers=dataset.waivers, location=dataset.location)
    report = judging.judge([structure, asserted], read_conventions(structure))
    found = ArchivedReport(told.found, to_problems(report), told.signs)
    judged = replace(
        snapshot,
        conforms=report.conforms,
        accepted=report.accepted,
        shapes_digest=judging.digest,
        report=found.write(workspace.archive),
    )
    return Verdict(judged, Graphs(structure, asserted, curated), report)


def _archived(workspace: Workspace, snapshot: Snapshot) -> tuple[bytes, bytes, ArchivedReport] | None:
    archive = workspace.archive
    try:
        told = read_report(archive, snapshot.report)
        return archive.read(snapshot.structure), archive.read(snapshot.asserted), told
    except (NotFoundError, UnavailableError):
        return None
